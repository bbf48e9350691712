#!/usr/bin/env bash
# The long form of the tests of faults: the same tests as in tools/test.sh, with many more kills, power cuts and restarts,
# one after the other. Prints a table at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=tools/paths.sh
. tools/paths.sh
# shellcheck source=tools/test-services.sh
. tools/test-services.sh

find_postgres
if [ -z "$CORNERDESK_POSTGRES_BIN" ]; then
    echo "no PostgreSQL server; run tools/setup.sh test" >&2
    exit 1
fi

mkdir -p dist target
log=target/soak.log
echo "soak: about half an hour; everything that is said goes to $log"
verdict=0
CORNERDESK_SOAK=1 cargo test --quiet --locked -p cornerdesk-tests --test faults -- --nocapture --test-threads=1 \
    crashes:: power_cut:: disk_full:: failing_disk:: database_restarts:: shutdown_under_load:: replicas:: backup:: move_to_postgres:: object_store:: aborted_uploads:: clock_jumps:: upgrades:: > "$log" 2>&1 || verdict=$?

# Each test that holds leaves one line: soak, fault, rounds, acknowledged, outcome, with tabs between.
printf '\n%-29s %7s %13s  %s\n' fault rounds acknowledged outcome
{ grep -o $'soak\t.*' "$log" || true; } | while IFS=$'\t' read -r _ fault rounds acknowledged outcome; do
    printf '%-29s %7s %13s  %s\n' "$fault" "$rounds" "$acknowledged" "$outcome"
done

if [ "$verdict" != 0 ]; then
    grep -A 1 -e panicked -e '^error' "$log" >&2 || true
    echo "something did not hold; the details are in $log" >&2
fi
exit "$verdict"
