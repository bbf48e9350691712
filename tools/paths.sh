# shellcheck shell=bash disable=SC2034
# Where the project and its tools are. Sourced by every script; puts the tools in front of PATH.
#
# Tools live in a per-user cache, one folder per name and version, so that a second clone installs nothing
# and two branches with different versions do not fight. CORNERDESK_TOOLS moves it.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOOLS=${CORNERDESK_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/cornerdesk/tools}

# shellcheck source=tools/versions.sh
. "$ROOT/tools/versions.sh"

# Empty while Cargo.lock does not name the crate; set-up then says so.
WASM_BINDGEN_VERSION=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' "$ROOT/Cargo.lock")

TRUNK_DIR=$TOOLS/trunk-$TRUNK_VERSION
WASM_BINDGEN_DIR=$TOOLS/wasm-bindgen-cli-$WASM_BINDGEN_VERSION
CARGO_DENY_DIR=$TOOLS/cargo-deny-$CARGO_DENY_VERSION
GECKODRIVER_DIR=$TOOLS/geckodriver-$GECKODRIVER_VERSION
# Several packages behind one lock file: keyed by the lock file's checksum.
SCHEMATHESIS_DIR=$TOOLS/schemathesis-$(cksum < "$ROOT/tools/python/schemathesis.txt" | cut -d ' ' -f 1)
HELPDESK_DIR=$TOOLS/django-helpdesk-$(cksum < "$ROOT/tools/python/django-helpdesk.txt" | cut -d ' ' -f 1)
WEBHOOKS_DIR=$TOOLS/webhooks-$(cksum < "$ROOT/tools/python/standardwebhooks.txt" | cut -d ' ' -f 1)
MOTO_DIR=$TOOLS/moto-$(cksum < "$ROOT/tools/python/moto.txt" | cut -d ' ' -f 1)
NPM_TOOLS_DIR=$TOOLS/npm-$(cksum < "$ROOT/tools/npm/package-lock.json" | cut -d ' ' -f 1)
WIDGET_PACKAGE_DIR=$TOOLS/widget-package-$(cksum < "$ROOT/npm/package-lock.json" | cut -d ' ' -f 1)
HOST_LIBRARIES_DIR=$TOOLS/host-libraries-$(cksum < "$ROOT/tests/browser/hosts/package-lock.json" | cut -d ' ' -f 1)
SIGN_IN_PROVIDER_DIR=$TOOLS/sign-in-provider-$(cksum < "$ROOT/tests/sign_in_provider/package-lock.json" | cut -d ' ' -f 1)
CONTRACT_PROXY_DIR=$TOOLS/contract-proxy-$(cksum < "$ROOT/tests/contract_proxy/package-lock.json" | cut -d ' ' -f 1)
WIDGET_PEERS_DIR=$TOOLS/widget-peers-$(cksum < "$ROOT/tests/bench/panel/peers/package-lock.json" | cut -d ' ' -f 1)

export PATH="$TRUNK_DIR/bin:$WASM_BINDGEN_DIR/bin:$CARGO_DENY_DIR/bin:$GECKODRIVER_DIR/bin:$NPM_TOOLS_DIR/node_modules/.bin:$PATH"
