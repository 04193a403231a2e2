#!/usr/bin/env bash
# Start-up: `overt --version`, and an evaluation of one sample against a local server, in milliseconds (median of 20).
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
python3 "$kit/make_samples.py" 1 >"$work/samples.jsonl"
python3 - "$overt" "$work" "$url" <<'PYTHON'
import statistics, subprocess, sys, time
overt, work, url = sys.argv[1:]
def milliseconds(*arguments):
    times = []
    for _ in range(20):
        began = time.perf_counter()
        subprocess.run([overt, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append((time.perf_counter() - began) * 1e3)
    return f"median {statistics.median(times):.1f} ms, least {min(times):.1f} ms"
print("overt --version        ", milliseconds("--version"))
print("one sample, start to end", milliseconds("eval", work + "/task.yaml", "--model", "mock@" + url, "--runs", work + "/runs", "--quiet"))
PYTHON
