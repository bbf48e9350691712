# shellcheck shell=bash
# The commands of the panel build: esbuild and wasm-opt from npm, wasm-bindgen and Trunk from crates.io.

if [ -x "$NPM_TOOLS_DIR/node_modules/.bin/esbuild" ] && [ -x "$NPM_TOOLS_DIR/node_modules/.bin/wasm-opt" ]; then
    have "esbuild, wasm-opt and what tests take from npm"
else
    installing "esbuild, wasm-opt and what tests take from npm" "20 s"
    rm -rf "$NPM_TOOLS_DIR" "$NPM_TOOLS_DIR.building"
    mkdir -p "$NPM_TOOLS_DIR.building"
    cp tools/npm/package.json tools/npm/package-lock.json "$NPM_TOOLS_DIR.building/"
    # No package needs its install script: esbuild finds its binary without.
    quietly npm npm ci --prefix "$NPM_TOOLS_DIR.building" --ignore-scripts --no-audit --no-fund ||
        missing "esbuild and wasm-opt" "\`npm ci\` in a copy of tools/npm failed.
$(tail_of npm)"
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
