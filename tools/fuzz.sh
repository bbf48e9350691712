#!/usr/bin/env bash
# Drives what reads strangers' texts with a fuzzer (libFuzzer), which sees which branches an input takes and goes on from those that take new ones.
#
#   tools/fuzz.sh              each target for a minute
#   tools/fuzz.sh 600          each for ten
#   tools/fuzz.sh 600 NAME     one of fuzz/targets
#
# Stable Rust and a C++ compiler are all that it needs. What it learns is kept in target/fuzz/corpus; an input that breaks something is in
# target/fuzz/found, and is given to the same program again as an argument.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=tools/paths.sh
. tools/paths.sh

seconds=${1:-60}
targets=${2:-policy_toml policy_vectors holidays_ics}
host=$(rustc -vV | sed -n 's/^host: //p')
build=$PWD/target/fuzz

# What a target begins with.
seeds() {
    case $1 in
    policy_toml) cp policies/*.toml policies/*/*.toml "$2" ;;
    policy_vectors) node fuzz/seeds/vectors.mjs "$2" ;;
    holidays_ics) cp fuzz/seeds/holidays_ics/* "$2" ;;
    esac
}

echo "fuzz: building with counters in every branch"
# Not for build scripts: --target keeps those apart.
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
flags="$flags -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
RUSTFLAGS=$flags cargo build --quiet --locked --release --manifest-path fuzz/Cargo.toml --target "$host" --target-dir "$build" --bins

for target in $targets; do
    echo "fuzz: $target for $seconds s"
    mkdir -p "$build/corpus/$target" "$build/seeds/$target" "$build/found"
    seeds "$target" "$build/seeds/$target"
    log=$build/$target.log
    if ! "$build/$host/release/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
        -artifact_prefix="$build/found/$target-" "$build/corpus/$target" "$build/seeds/$target" > "$log" 2>&1; then
        tail -n 40 "$log"
        echo "fuzz: $target broke; the input is in $build/found" >&2
        exit 1
    fi
    grep -E '(INITED|DONE) |stat::(number|slowest)' "$log"
done
