# shellcheck shell=bash disable=SC2034
# Chooses the compiler of the panel from what is on the disk. Sourced; sets PANEL_COMPILER and, on request, the environment.
#
#   rustup   rustup's compiler and rust-src: the standard library is built with the panel, a third smaller
#   debian   the same with Debian's rustc-web, where rustup cannot fetch the target
#   plain    rustup's compiler and its ready-made standard library: works, but larger
#   none     no way yet: run tools/setup.sh
#
# Nothing is recorded: a toolchain that was updated or removed would make a record a lie.

choose_panel_compiler() {
    local sysroot
    sysroot=$(rustc --print sysroot)/lib/rustlib
    if [ -d "$sysroot/wasm32-unknown-unknown/lib" ] && [ -f "$sysroot/src/rust/library/Cargo.lock" ]; then
        PANEL_COMPILER=rustup
    elif [ -d "$sysroot/wasm32-unknown-unknown/lib" ]; then
        PANEL_COMPILER=plain
    elif debian_compiler_is_there; then
        PANEL_COMPILER=debian
    else
        PANEL_COMPILER=none
    fi
}

debian_compiler_is_there() {
    [ -x /usr/bin/rustc ] && [ -f "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ] &&
        /usr/bin/rustc --print target-list | grep -q '^wasm32-unknown-unknown$' && dpkg -s rustc-web > /dev/null 2>&1
}

# Exports what cargo (called by Trunk) must know. With the standard library built from source a panic becomes a bare
# trap: no message, no formatting code, about a tenth of the panel's bytes. RUSTC_BOOTSTRAP lets a stable compiler do that.
export_panel_compiler() {
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS
    [ "$PANEL_COMPILER" = plain ] && return 0
    [ "$PANEL_COMPILER" = debian ] && export RUSTC=/usr/bin/rustc
    export RUSTC_BOOTSTRAP=1
    export CARGO_UNSTABLE_BUILD_STD=std,panic_abort
    export CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-Zunstable-options -Cpanic=immediate-abort"
}
