#!/usr/bin/env bash
# Renews what the tests compare with: tests/browser/baselines/*.png and docs/accessibility.md. A picture that is still right is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=tools/paths.sh
. tools/paths.sh
# shellcheck source=tools/test-services.sh
. tools/test-services.sh

find_browser
find_postgres
tools/build-panel.sh
cargo build --quiet --locked -p cornerdesk-ingest --bin cornerdesk
CORNERDESK_RENEW=1 cargo test --quiet --locked -p cornerdesk-tests --test browser -- baselines:: accessibility::
git status --short tests/browser/baselines docs/accessibility.md
