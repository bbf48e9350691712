#!/usr/bin/env bash
# Runs the checks in stages and stops at the first that fails, with its name.
#
#   tools/test.sh                  all stages
#   tools/test.sh format clippy    these stages only
#
# The last stage prints the test runner's own output, so that a full run ends with the runner's closing line.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=tools/paths.sh
. tools/paths.sh
# shellcheck source=tools/test-services.sh
. tools/test-services.sh

# A dependency is compiled once to be checked (clippy, doc) and once to be linked (build, unit, integration): the
# same packages, features and profile in each of the two groups, so nothing is compiled a third time.
all_stages=(setup lockfile format modules panel size clippy doc deny build unit integration)
# A run of all stages makes these beside the ones that follow, up to the first that needs what they make: the panel's compiler ends on one core, and so
# do clippy and rustdoc.
beside=(panel size)
needs_them=build

export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
export CARGO_TERM_PROGRESS_WHEN=never
# Incremental files help the next build of a person at work; a run on a clean clone only pays for them.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0

# The service embeds dist/; it may be empty where no stage needs the panel.
mkdir -p dist

# what STAGE: one line for the log.
what() {
    case $1 in
    setup) echo "install what is missing" ;;
    lockfile) echo "Cargo.lock is complete; fetch the crates" ;;
    format) echo "rustfmt, shellcheck" ;;
    modules) echo "the panel's JavaScript modules, by node --test" ;;
    panel) echo "build the panel (Trunk, WebAssembly)" ;;
    size) echo "size report and crates of the panel" ;;
    clippy) echo "clippy, warnings are errors" ;;
    doc) echo "rustdoc, warnings are errors" ;;
    deny) echo "licences, banned crates, sources" ;;
    build) echo "build the server and the tests" ;;
    unit) echo "unit and documentation tests" ;;
    integration) echo "real servers, databases and browsers" ;;
    esac
}

stage_setup() { tools/setup.sh test; }

stage_lockfile() { cargo fetch --quiet --locked; }

stage_format() {
    # Names of files only: the remedy is `make fmt`, not reading the difference.
    cargo fmt --all -- --check --files-with-diff || { echo "these files are not formatted; run make fmt"; return 1; }
    shellcheck --external-sources tools/*.sh tools/setup/*.sh .ci/run
}

stage_modules() { node --test --test-reporter=dot widget/modules widget/boot; }

stage_panel() { tools/build-panel.sh; }

stage_size() {
    node tools/size-report.mjs
    tools/check-panel-crates.sh
}

stage_clippy() { cargo clippy --quiet --locked --workspace --all-targets -- -D warnings; }

# Nothing is published, so the documentation is for us: with private items, and links to them.
stage_doc() { RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --quiet --locked --workspace --no-deps --document-private-items; }

# Offline: the crates are here since the stage lockfile. Advisories need their database from the network, so they are
# a command of their own: make advisories.
stage_deny() { cargo deny --offline --log-level warn check --hide-inclusion-graph bans licenses sources; }

stage_build() { cargo build --quiet --locked --workspace --all-targets; }

stage_unit() {
    cargo test --quiet --locked --workspace --lib --bins --no-fail-fast
    cargo test --quiet --locked --workspace --doc
}

# The tests fail, rather than skip, without a browser or a PostgreSQL: say early which is missing.
stage_integration() {
    find_browser
    find_postgres
    find_clamd
    if [ -z "$CHROMIUM" ] || [ -z "$CHROMEDRIVER" ] || [ -z "$FIREFOX" ] || [ -z "$GECKODRIVER" ] || [ -z "$CORNERDESK_POSTGRES_BIN" ]; then
        echo "no Chromium, Firefox, driver of one of them or PostgreSQL server; run tools/setup.sh test" >&2
        return 1
    fi
    stage_build
    # The binary just built, so that the harness does not ask cargo for one with other features.
    export CORNERDESK_BIN=${CORNERDESK_BIN:-${CARGO_TARGET_DIR:-$ROOT/target}/debug/cornerdesk}
    # One more than there are cores, since tests wait for each other's servers as well as for their own. Browsers are two at the most.
    export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(nproc) + 1))}
    local log=target/stage-integration.log verdict=0
    mkdir -p target
    cargo test --locked --workspace --test '*' --no-fail-fast 2>&1 | tee "$log" || verdict=$?
    [ "$verdict" = 0 ] || once_more_alone "$log"
}

# once_more_alone LOG: of the browser's tests that failed by LOG, three at most, each runs once more, with nothing beside it; what fails then has
# failed. Every other failure is one (docs/decisions/0045).
once_more_alone() {
    local plain targets failed
    plain=$(sed 's/\x1b\[[0-9;]*m//g' "$1")
    targets=$(grep -oE -e '^    .-p [^ ]+ --[a-z]+.*' <<< "$plain" | tr -d ' `')
    mapfile -t failed < <(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' <<< "$plain")
    if [ "$targets" != "-pcornerdesk-tests--testbrowser" ] || [ ${#failed[@]} = 0 ] || [ ${#failed[@]} -gt 3 ]; then
        return 1
    fi
    printf '== UNSTEADY, once more and alone: %s\n' "${failed[@]}"
    cargo test --locked --workspace --test browser -- --exact --test-threads=1 "${failed[@]}"
}

seconds_as_text() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }

# Quiet stages show their output only when they fail; in the others a person wants to see progress.
is_quiet() { case $1 in lockfile | format | clippy | doc | deny | build) true ;; *) false ;; esac; }

run_stage() {
    local number=$1 count=$2 stage=$3 started=$SECONDS verdict=0 log
    printf '== stage %d/%d %s: %s\n' "$number" "$count" "$stage" "$(what "$stage")"
    # A new shell for each stage: `set -e` does not act inside a function whose verdict is asked for.
    if is_quiet "$stage"; then
        mkdir -p target
        log=target/stage-$stage.log
        "$0" --only "$stage" > "$log" 2>&1 || verdict=$?
        [ "$verdict" = 0 ] || cat "$log"
    else
        "$0" --only "$stage" || verdict=$?
    fi
    if [ "$verdict" != 0 ]; then
        printf '== stage %s FAILED after %s\n' "$stage" "$(seconds_as_text $((SECONDS - started)))" >&2
        exit "$verdict"
    fi
    # Nothing may follow the runner's closing line.
    [ "$stage" = integration ] || printf '   %s: %s\n' "$stage" "$(seconds_as_text $((SECONDS - started)))"
}

if [ "${1:-}" = --only ]; then
    "stage_$2"
    exit
fi

stages=("$@")
[ $# -gt 0 ] || stages=("${all_stages[@]}")
for stage in "${stages[@]}"; do
    [[ " ${all_stages[*]} " == *" $stage "* ]] || { echo "no stage '$stage'; there are: ${all_stages[*]}" >&2; exit 2; }
done
number=0
next_stage() {
    number=$((number + 1))
    run_stage "$number" "${#stages[@]}" "$1"
}

# Those beside the others end before this script does, also when another stage has failed.
beside_pid=
trap '[ -z "$beside_pid" ] || wait "$beside_pid"' EXIT

start_beside() {
    for stage in "${beside[@]}"; do next_stage "$stage"; done > target/stages-beside.log 2>&1 &
    beside_pid=$!
    number=$((number + ${#beside[@]}))
}

end_beside() {
    local verdict=0
    wait "$beside_pid" || verdict=$?
    beside_pid=
    cat target/stages-beside.log
    [ "$verdict" = 0 ] || exit "$verdict"
}

for stage in "${stages[@]}"; do
    if [ $# -gt 0 ]; then
        next_stage "$stage"
        continue
    fi
    [ "$stage" != "${beside[0]}" ] || start_beside
    [ "$stage" != "$needs_them" ] || end_beside
    [[ " ${beside[*]} " == *" $stage "* ]] || next_stage "$stage"
done
