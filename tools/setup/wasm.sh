# shellcheck shell=bash
# A compiler for WebAssembly: rustup's if it can be had, else Debian's, which brings matching library sources.

# shellcheck source=tools/panel-compiler.sh
. "$ROOT/tools/panel-compiler.sh"

# rustup asks the network; without one it may hang rather than fail.
rustup_gives() {
    command -v rustup > /dev/null && quietly rustup timeout 300 rustup "$@"
}

choose_panel_compiler
if [ "$PANEL_COMPILER" = none ] || [ "$PANEL_COMPILER" = plain ]; then
    if command -v rustup > /dev/null; then
        installing "the WebAssembly target and the library sources, by rustup" "20 s"
        if rustup_gives target add wasm32-unknown-unknown; then
            rustup_gives component add rust-src || echo "note        rustup has no rust-src for this toolchain: the panel will be larger"
        else
            echo "note        rustup cannot fetch the target here: trying Debian's compiler"
        fi
        choose_panel_compiler
    fi
fi
if [ "$PANEL_COMPILER" = none ]; then
    apt_packages "the WebAssembly target, by Debian" "1 min" rustc-web rust-web-src rust-web-llvm lld-22 ||
        missing "a compiler for wasm32-unknown-unknown" "Neither \`rustup target add wasm32-unknown-unknown\` nor \`apt-get install rustc-web rust-web-src rust-web-llvm lld-22\` worked.
$(tail_of apt-install)"
    choose_panel_compiler
fi

case $PANEL_COMPILER in
rustup) have "the WebAssembly target, with library sources (rustup)" ;;
debian) have "the WebAssembly target, with library sources (Debian's rustc-web)" ;;
plain) have "the WebAssembly target (rustup, without library sources)" ;;
none) missing "a compiler for wasm32-unknown-unknown" "Try: rustup target add wasm32-unknown-unknown && rustup component add rust-src" ;;
esac
