#!/usr/bin/env bash
# Peak memory of 10 000 and of 100 000 samples against the bench kit's mock server: it must not grow with samples.
source "$(dirname "$0")/../script/common.sh"
kit=${BENCH_KIT:-../shared/bench}
tools=${BENCH_HOME:-$HOME/.cache/overt-bench}/target/release
[ -x "$tools/mockllm" ] || { echo "SKIPPED: no mock server at $tools; run $kit/setup.sh tools"; exit 0; }
overt="$CARGO_TARGET_DIR/release/overt"
[ -x "$overt" ] || die "no release build: run \`cargo build --release -p overt\` (or script/demo) first"
work=$(mktemp -d)
"$tools/mockllm" --port 0 >"$work/address" &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
sleep 0.5
url=$(grep -o 'http://[^ ]*' "$work/address" | head -1); url=${url%/v1}/v1
cp bench/w1/task.yaml "$work/"
for n in 10000 100000; do
    python3 "$kit/make_samples.py" "$n" >"$work/samples.jsonl"
    rm -f "$work/report"
    "$tools/measure" "$work/report" "$overt" eval "$work/task.yaml" --model "mock@$url" --concurrency 64 \
        --runs "$work/runs" --quiet >/dev/null
    printf '%7s samples  ' "$n"
    cat "$work/report"
done
