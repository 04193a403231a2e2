# Sourced by the scripts: where things are built, and how they speak.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/overt/target}"
# With AVX-512 a signature is checked in 31 instead of 53 µs. Where the processor has none, it is as ever: curve25519-dalek finds
# out when it runs. Its build script is told as `--cfg` in RUSTFLAGS would tell it, which would compile everything else anew, too;
# a plain `cargo build` goes without.
[ "$(uname -m)" != x86_64 ] || export CARGO_CFG_CURVE25519_DALEK_BACKEND=avx512
export OVERT_HOME="${OVERT_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/overt}"
# Other people's programs that tests are held against.
export OVERT_INTEROP="${OVERT_INTEROP:-$HOME/.cache/overt/interop}"
export PATH="$HOME/.cargo/bin:$HOME/.local/bin:$PATH"

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
