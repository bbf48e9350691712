#!/usr/bin/env bash
# Builds what browsers receive into dist/: the panel (Rust to WebAssembly, by Trunk) and the minified scripts.
#
#   dist/panel-<hash>.js, dist/panel-<hash>_bg.wasm    the panel and its glue, each also as .br and .gz
#   dist/widget.js, dist/boot.js                       the server fills in their free identifiers
#   dist/panel.css                                     the panel's style, minified; the document carries it
#   dist/embed.js                                      what the loader imports on intent; also as .br and .gz
#
# Does nothing when the inputs are the same as last time, by content. Needs tools/setup.sh run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=tools/paths.sh
. tools/paths.sh
# shellcheck source=tools/panel-compiler.sh
. tools/panel-compiler.sh

stop() {
    printf 'panel: %s\n' "$*" >&2
    exit 1
}

# The WebAssembly build has a target folder of its own, so that it and the native build do not invalidate each other.
panel_target=$ROOT/target/panel
trunk_output=$panel_target/trunk-output
mkdir -p "$panel_target"
if command -v flock > /dev/null; then
    exec 9> "$panel_target/.build-lock"
    flock 9
fi

choose_panel_compiler
[ "$PANEL_COMPILER" != none ] || stop "no compiler for WebAssembly; run tools/setup.sh run"
for command in trunk wasm-bindgen wasm-opt esbuild; do
    command -v "$command" > /dev/null || stop "no $command; run tools/setup.sh run"
done
grep -q "wasm_bindgen *= *\"$WASM_BINDGEN_VERSION\"" Trunk.toml ||
    stop "Trunk.toml must pin wasm_bindgen = \"$WASM_BINDGEN_VERSION\", the version in Cargo.lock"

# checksum_of PATH…: one line that changes with the content or the name of any file below.
checksum_of() {
    find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 cksum | cksum
}

wasm_inputs="$(checksum_of Cargo.toml Cargo.lock Trunk.toml widget/Cargo.toml widget/build.rs widget/index.html widget/src shared/Cargo.toml shared/src \
    tools/build-panel.sh tools/panel-compiler.sh tools/versions.sh tools/npm) $PANEL_COMPILER $(rustc --version)"
all_inputs="$wasm_inputs $(checksum_of public/widget.js public/embed.js widget/boot.js widget/boot widget/modules widget/panel.css tools/pack-panel.mjs tools/panel-module.mjs)"
wasm_stamp=$panel_target/trunk-output.stamp
all_stamp=$panel_target/dist.stamp

# A stamp counts only while everything it stands for is still there: its first line is the inputs, the rest the outputs.
stamp_holds() {
    local stamp=$1 inputs=$2 output
    [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" = "$inputs" ] || return 1
    while read -r output; do
        [ -f "$output" ] || return 1
    done < <(tail -n +2 "$stamp")
}

write_stamp() {
    local stamp=$1 inputs=$2
    shift 2
    printf '%s\n' "$inputs" "$@" > "$stamp"
}

if stamp_holds "$all_stamp" "$all_inputs"; then
    echo "panel: up to date"
    exit 0
fi

if ! stamp_holds "$wasm_stamp" "$wasm_inputs"; then
    echo "panel: building with the $PANEL_COMPILER compiler (about 2 minutes the first time)"
    rm -f "$wasm_stamp"
    (
        export_panel_compiler
        export CARGO_TARGET_DIR=$panel_target CARGO_TERM_QUIET=true
        # Trunk reads NO_COLOR as its own flag and refuses the value 1.
        unset NO_COLOR
        # Its own backtrace would bury the compiler's message.
        export RUST_BACKTRACE=0
        # Trunk.toml builds offline. The first brings the crates of Cargo.lock, the second those of the standard library.
        cargo fetch --quiet --locked
        cargo fetch --quiet --locked --target wasm32-unknown-unknown
        trunk --quiet build --release --cargo-profile panel --skip-version-check --dist "$trunk_output"
    )
    write_stamp "$wasm_stamp" "$wasm_inputs" "$trunk_output"/*.js "$trunk_output"/*.wasm
fi

node tools/pack-panel.mjs "$trunk_output" "$NPM_TOOLS_DIR"
write_stamp "$all_stamp" "$all_inputs" dist/widget.js dist/boot.js dist/panel.css dist/embed.js* dist/panel-*
