#!/usr/bin/env bash
# What the transparency log costs, on this machine's disk: see crates/overt-log/benches/log.rs.
#   bench/log.sh            a million entries in the large log
#   BENCH_DIR=/mnt/disk BENCH_LARGE=100000 bench/log.sh
source "$(dirname "$0")/../script/common.sh"
export BENCH_DIR="${BENCH_DIR:-$HOME/.cache/overt}"
mkdir -p "$BENCH_DIR"
exec cargo bench -q -p overt-log --bench log
