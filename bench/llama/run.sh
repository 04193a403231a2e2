#!/usr/bin/env bash
# Compares a local model in overt with the bare llama.cpp loop on the same weights and threads.
#
#   bench/llama/run.sh [MODEL.gguf] [fastest|as-shipped|f16|bf16] [THREADS] [SEQUENCES]
#
# The machine should be otherwise idle. The two sides take turns, and the ratio is what counts.
set -euo pipefail
cd "$(dirname "$0")/../.."

home="${OVERT_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/overt}"
model="${1:-$home/models/SmolLM2-135M-Instruct.Q4_1.gguf}"
cache="${OVERT_BENCH_CACHE:-$home/cache}"

cargo run --quiet --release -p overt-model --example llama_raw -- "$model" "$cache" "${@:2}"
