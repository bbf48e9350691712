#!/usr/bin/env bash
# Measures the service, built as it is shipped, beside what it is compared with; prints tables and writes target/bench/*.json.
#
#   tools/bench.sh            every part (about fifteen minutes)
#   tools/bench.sh intake     these parts only
#
# On a quiet machine: figures of a busy one tell of the others.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=tools/paths.sh
. tools/paths.sh
# shellcheck source=tools/test-services.sh
. tools/test-services.sh

find_postgres
find_browser
if [ -z "$CORNERDESK_POSTGRES_BIN" ]; then
    echo "no PostgreSQL server; run tools/setup.sh test" >&2
    exit 1
fi
# shellcheck source=tools/setup/install.sh
. tools/setup/install.sh
# shellcheck source=tools/setup/django-helpdesk.sh
. tools/setup/django-helpdesk.sh
# shellcheck source=tools/setup/widget-peers.sh
. tools/setup/widget-peers.sh
export CORNERDESK_PEERS=$WIDGET_PEERS_DIR
tools/build-panel.sh
echo "bench: building the service and the bench as a release (several minutes the first time)"
cargo build --quiet --locked --release --workspace --bin cornerdesk
export CORNERDESK_BIN=${CORNERDESK_BIN:-${CARGO_TARGET_DIR:-$ROOT/target}/release/cornerdesk}
# A quarter of 4 GB, as PostgreSQL's manual advises; tests have less.
export CORNERDESK_SHARED_BUFFERS=1GB
exec cargo bench --quiet --locked --workspace --bench figures -- "$@"
