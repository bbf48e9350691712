#!/usr/bin/env bash
# Fails when something that is known to be expensive has come into the panel.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tree() { cargo tree --quiet --locked -p cornerdesk-widget --target wasm32-unknown-unknown "$@"; }

# serde's derived code and serde_json cost 16 KB after brotli. Leptos names both for its server functions, which the
# linker throws away; what counts is that the panel and cornerdesk-shared, as the panel uses it, do not.
# (Resolved from the panel, so that features which the service turns on in cornerdesk-shared do not show.)
ours=$(tree -e normal --depth 2 --prefix depth | awk '/^1/ { shared = /^1cornerdesk-shared / } /^1/ || (shared && /^2/)')
if printf '%s\n' "$ours" | grep -E '^[12](serde|serde_json|serde-wasm-bindgen|gloo-utils) v'; then
    echo "the panel uses the crates above for JSON; cornerdesk-shared has its own (shared/src/json.rs)" >&2
    exit 1
fi

# Event delegation registers listeners on the document and changes the order of events.
if tree -e features --prefix none | grep -E '^tachys feature "delegation"'; then
    echo "the panel turns on tachys' feature \"delegation\"" >&2
    exit 1
fi
echo "panel crates: no serde of our own, no event delegation"
