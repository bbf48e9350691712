# shellcheck shell=bash
# The commands of the panel build: esbuild and wasm-opt from npm, wasm-bindgen and Trunk from crates.io.

if [ -x "$NPM_TOOLS_DIR/node_modules/.bin/esbuild" ] && [ -x "$NPM_TOOLS_DIR/node_modules/.bin/wasm-opt" ]; then
    have "esbuild, wasm-opt and what tests need"
else
    npm_folder "esbuild, wasm-opt and what tests need" npm tools/npm "$NPM_TOOLS_DIR" "20 s"
    mv "$NPM_TOOLS_DIR.building" "$NPM_TOOLS_DIR"
fi

[ -n "$WASM_BINDGEN_VERSION" ] || missing "the crate wasm-bindgen in Cargo.lock" "The panel depends on it; is Cargo.lock complete?"
if has_version "$WASM_BINDGEN_VERSION" wasm-bindgen --version; then
    have "wasm-bindgen $WASM_BINDGEN_VERSION"
else
    cargo_tool wasm-bindgen-cli "$WASM_BINDGEN_VERSION" "$WASM_BINDGEN_DIR" "2 min"
fi

if has_version "$TRUNK_VERSION" trunk --version; then
    have "Trunk $TRUNK_VERSION"
else
    cargo_tool trunk "$TRUNK_VERSION" "$TRUNK_DIR" "4 min"
fi
