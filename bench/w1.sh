#!/usr/bin/env bash
# Workload W1, overt beside its peers in one go: 10 000 one-turn samples against a local mock server.
#   bench/w1.sh [options of the bench kit, for example --runs 3 --concurrency 64,512 --latency 0,50]
# Needs the bench kit at ../shared/bench (or $BENCH_KIT), set up with its setup.sh; says so and stops if it is absent.
source "$(dirname "$0")/../script/common.sh"
kit=${BENCH_KIT:-../shared/bench}
[ -f "$kit/bench.py" ] || { echo "SKIPPED: no bench kit at $kit; set BENCH_KIT"; exit 0; }
overt="$CARGO_TARGET_DIR/release/overt"
[ -x "$overt" ] || die "no release build: run \`cargo build --release -p overt\` (or script/demo) first"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp bench/w1/task.yaml "$work/"
# The bench kit makes its samples with the same script and seed.
n=10000
for ((i = 1; i <= $#; i++)); do [ "${!i}" = --n ] && { j=$((i + 1)); n=${!j}; }; done
python3 "$kit/make_samples.py" "$n" >"$work/samples.jsonl"
python3 "$kit/bench.py" w1 overt "$@" -- "$overt" eval "$work/task.yaml" --model 'mock@{base_url}' \
    --concurrency '{concurrency}' --runs '{out}' --quiet
