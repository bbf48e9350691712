#!/usr/bin/env bash
# Fails when something that is known to be expensive has come into the panel.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tree() { cargo tree --quiet --locked -p cornerdesk-widget --target wasm32-unknown-unknown -e "$1" --prefix none; }

# serde_json costs 16 KB after brotli; the panel has cornerdesk-shared's own JSON.
if tree normal,no-proc-macro | grep -E '^serde_json v'; then
    echo "the panel depends on serde_json; see: cargo tree -p cornerdesk-widget --target wasm32-unknown-unknown -i serde_json" >&2
    exit 1
fi

# Event delegation registers listeners on the document and changes the order of events.
if tree features | grep -E '^tachys feature "delegation"'; then
    echo "the panel turns on tachys' feature \"delegation\"" >&2
    exit 1
fi
echo "panel crates: no serde_json, no event delegation"
