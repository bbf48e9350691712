#!/usr/bin/env bash
# Installs what this machine lacks to build and test Cornerdesk.
#
#   tools/setup.sh run     what `make run` needs: the WebAssembly target and the tools of the panel build
#   tools/setup.sh test    the same, and what `make test` needs: Chromium, Firefox, PostgreSQL, the linters (default)
#
# Prints a line per thing, does nothing the second time, and stops with the name of what is missing.
# Expected to be there already: Rust, Node with npm, a way to reach the package registries; root or sudo for apt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=tools/paths.sh
. tools/paths.sh
# shellcheck source=tools/setup/install.sh
. tools/setup/install.sh

level=${1:-test}
case $level in
run | test) ;;
*) missing "a known level, not '$level'" "use: tools/setup.sh run | test" ;;
esac

one_setup_at_a_time

# shellcheck source=tools/setup/prerequisites.sh
. tools/setup/prerequisites.sh
# shellcheck source=tools/setup/wasm.sh
. tools/setup/wasm.sh
# shellcheck source=tools/setup/panel-tools.sh
. tools/setup/panel-tools.sh

if [ "$level" = test ]; then
    # shellcheck source=tools/setup/lint-tools.sh
    . tools/setup/lint-tools.sh
    # shellcheck source=tools/setup/browser.sh
    . tools/setup/browser.sh
    # shellcheck source=tools/setup/fonts.sh
    . tools/setup/fonts.sh
    # shellcheck source=tools/setup/firefox.sh
    . tools/setup/firefox.sh
    # shellcheck source=tools/setup/host-libraries.sh
    . tools/setup/host-libraries.sh
    # shellcheck source=tools/setup/widget-package.sh
    . tools/setup/widget-package.sh
    # shellcheck source=tools/setup/sign-in-provider.sh
    . tools/setup/sign-in-provider.sh
    # shellcheck source=tools/setup/contract-proxy.sh
    . tools/setup/contract-proxy.sh
    # shellcheck source=tools/setup/postgres.sh
    . tools/setup/postgres.sh
    # shellcheck source=tools/setup/schemathesis.sh
    . tools/setup/schemathesis.sh
    # shellcheck source=tools/setup/webhooks.sh
    . tools/setup/webhooks.sh
    # shellcheck source=tools/setup/object-store.sh
    . tools/setup/object-store.sh
    # shellcheck source=tools/setup/faults.sh
    . tools/setup/faults.sh
    # shellcheck source=tools/setup/disk.sh
    . tools/setup/disk.sh
    # shellcheck source=tools/setup/network.sh
    . tools/setup/network.sh
    # shellcheck source=tools/setup/clamav.sh
    . tools/setup/clamav.sh
    # shellcheck source=tools/setup/pictures.sh
    . tools/setup/pictures.sh
    # shellcheck source=tools/setup/languages.sh
    . tools/setup/languages.sh
    # shellcheck source=tools/setup/mail.sh
    . tools/setup/mail.sh
    # shellcheck source=tools/setup/balancer.sh
    . tools/setup/balancer.sh
fi

rm -rf "$TOOLS/.compiled"
