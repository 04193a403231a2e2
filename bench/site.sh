#!/usr/bin/env bash
# What the public site and the viewer cost under load: a statement with a million signatories, a run of a million samples,
# and people who sign by mail. The site is made once and kept; every visitor, the server's own processor time and its
# memory are counted apart from the load generator, which shares the machine.
#   bench/site.sh                        everything
#   bench/site.sh read                   reading alone; also: view, sign
#   BENCH_PEOPLE=10000 BENCH_SAMPLES=10000 BENCH_SECONDS=2 BENCH_DIR=/mnt/disk bench/site.sh
source "$(dirname "$0")/../script/common.sh"
people=${BENCH_PEOPLE:-1000000} samples=${BENCH_SAMPLES:-1000000} seconds=${BENCH_SECONDS:-5}
signers=${BENCH_SIGNERS:-4000}
place="${BENCH_DIR:-$HOME/.cache/overt}/bench-site/$people-$samples"
overt="${OVERT:-$CARGO_TARGET_DIR/release/overt}"
[ -x "$overt" ] || die "no release build: run \`cargo build --release -p overt\` (or script/demo) first"
have wrk || { echo "SKIPPED: no wrk, which asks for the pages (apt-get install wrk)"; exit 0; }
load=$(cargo bench -q -p overt-site --bench site_load --no-run --message-format=json |
    sed -n 's/.*"executable":"\([^"]*site_load[^"]*\)".*/\1/p' | tail -1)
[ -x "$load" ] || die "the load program site_load was not built"
mkdir -p "$place"
cd "$place"
export OVERT_HOME="$place/home"

make_site() {
    # A proxy names whoever asks: so those who sign can come from as many networks as people would.
    printf '[site]\nname = "A benchmark"\nbehind_proxy = true\n' >overt.toml
    step "a site with $people signatories under one statement"
    rm -rf site home statements
    "$overt" site init --data site --no-passphrase
    "$load" crowd site home "$people" >statement.new
    step "its index"
    time "$overt" index rebuild --data site
    mv statement.new statement
}
make_run() {
    step "a run of $samples samples"
    rm -rf runs
    "$load" answer >address &
    local answering=$!
    until [ -s address ]; do sleep 0.1; done
    python3 - "$samples" >large.jsonl <<'PYTHON'
import json, sys
for i in range(int(sys.argv[1])):
    print(json.dumps({"id": f"sample-{i:07}", "question": f"What about {'x' * (i % 50)}?", "lang": ["en", "fr", "de", "ja"][i % 4]}))
PYTHON
    cat >large.yaml <<'YAML'
name: large
title: A task of very many samples
description: For measuring the pages of runs; the score says nothing.
version: "1"
licence: CC0-1.0
dataset: { path: large.jsonl }
prompt: { user: "{{ question }}" }
scorers: [{ kind: match, pattern: 'ANSWER: (yes|no)', group: 1, target: "yes" }]
metrics: [{ name: rate, title: Says yes, kind: rate, scorer: match, direction: higher }]
YAML
    "$overt" eval large.yaml --model "table@$(cat address)" --concurrency 64 --runs runs --quiet
    kill "$answering"
    ls -d "$place"/runs/* >run
}
[ -s statement ] || make_site
[ -s run ] || make_run
statement=$(cat statement) run=$(basename "$(cat run)")

server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null' EXIT
# Starts a server and waits for its address.
start() {
    "$overt" "$@" --listen 127.0.0.1:0 >said 2>&1 &
    server=$!
    until grep -q 'Ctrl-C' said; do
        kill -0 "$server" 2>/dev/null || { cat said; die "the server did not start"; }
        sleep 0.1
    done
    url=$(sed -n 's/.* at  *\(http:[^ ]*[0-9]\).*/\1/p' said)
}
stop() {
    printf '\npeak memory %s MB, of it not shared with files %s MB at the end\n' "$(status VmHWM)" "$(status RssAnon)"
    kill -TERM "$server"
    wait "$server" || true
    server=
}
status() { awk -v name="$1:" '$1 == name { printf "%.0f", $2 / 1024 }' "/proc/$server/status"; }
# Processor time of the server so far, in clock ticks.
ticks() { sed 's/.*) //' "/proc/$server/stat" | awk '{ print $12 + $13 }'; }
heading() {
    printf '\n| %-46s | a second |  p50 ms |  p99 ms | server, µs a request | kB |\n|---|---|---|---|---|---|\n' "$1"
}
# measure WHAT PATH [option of wrk and curl...]: 32 connections that ask one after the other.
measure() {
    local what=$1 path=$2 size
    shift 2
    size=$(curl -fs -o /dev/null -w '%{size_download}' "$@" "$url$path") ||
        { echo "$what: $url$path does not answer"; return; }
    ask "$what" "$size" "$@" "$url$path"
}
# any WHAT PATH: the same for another address each time, so that nothing helps that was made for the one before. PATH is an
# expression of Lua, in which below(n) is a number and one_of{...} one of several words.
any() {
    printf '%s\n' 'below = function(n) return math.random(0, n - 1) end' \
        'one_of = function(all) return all[math.random(#all)] end' \
        "request = function() return wrk.format('GET', $2) end" >any.lua
    ask "$1" - --script any.lua "$url"
}
# ask WHAT SIZE [option of wrk...] URL
ask() {
    local what=$1 size=$2 begin end
    shift 2
    begin=$(ticks)
    wrk -t1 -c32 -d"${seconds}s" --latency "$@" >wrk.out
    end=$(ticks)
    python3 - "$what" "$size" $((end - begin)) "$(getconf CLK_TCK)" <<'PYTHON'
import re, sys
what, size, ticks, hertz = *sys.argv[1:3], *map(int, sys.argv[3:])
size = "" if size == "-" else f"{int(size) / 1000:.1f}"
said = open("wrk.out").read()
scale = {"us": 1e-3, "ms": 1.0, "s": 1e3}
def quantile(percent):
    number, unit = re.search(rf"\s{percent}%\s+([\d.]+)(us|ms|s)", said).groups()
    return float(number) * scale[unit]
rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
count = int(re.search(r"(\d+) requests in", said)[1])
print(f"| {what:46} | {rate:8.0f} | {quantile(50):7.2f} | {quantile(99):7.2f} | {ticks / hertz / max(count, 1) * 1e6:8.0f} | {size} |")
for wrong in re.findall(r"(?:Non-2xx|Socket errors).*", said):
    print("    ", wrong)
PYTHON
}

read_site() {
    start serve --data site
    local style one
    style=$(curl -fs "$url/" | sed -n 's/.*href="\(\/assets\/[^"]*\.css\)".*/\1/p' | head -1)
    one=$(curl -fs "$url/statements/$statement/signatures?after=$((people / 2))" |
        sed -n 's/.*\/signatures\/\([0-9a-f]\{64\}\).*/\1/p' | head -1)
    local name='q=anna+me&lang=en' gzip=(--header 'Accept-Encoding: gzip')
    heading "static"
    measure "checkpoint" /checkpoint
    measure "tile of hashes" /tile/0/000
    measure "tile of entries" /tile/entries/000
    measure "style sheet" "$style"
    measure "style sheet, gzip" "$style" "${gzip[@]}"
    heading "pages"
    measure "body of an entry" "/body/$((people / 2))"
    measure "front page" /
    measure "front page, gzip" / "${gzip[@]}"
    measure "statement" "/statements/$statement"
    measure "statement, gzip" "/statements/$statement" "${gzip[@]}"
    measure "badge" "/statements/$statement/badge.svg"
    measure "its signatures" "/statements/$statement/signatures"
    measure "its signatures, in the middle" "/statements/$statement/signatures?after=$((people / 2))"
    measure "its signatures, gzip" "/statements/$statement/signatures" "${gzip[@]}"
    any "its signatures, anywhere" "'/statements/$statement/signatures?after=' .. below($people)"
    measure "a search that finds many" "/statements/$statement/signatures?q=anna"
    measure "a search for what all have" "/statements/$statement/signatures?q=university"
    measure "a search that finds few" "/statements/$statement/signatures?q=amara+gogo"
    measure "a search that finds nobody" "/statements/$statement/signatures?q=nobody"
    any "searches, each another" "'/statements/$statement/signatures?q=' .. one_of{'anna', 'li', 'jose', 'wei', 'maria', 'yuki'} \
        .. '+' .. one_of{'da', 're', 'fi', 'go', 'ku', 'la'} .. one_of{'da', 're', 'fi', 'go', 'ku', 'la'} .. '&after=' .. below($people)"
    measure "one signature" "/statements/$statement/signatures/$one"
    measure "a record: that signature" "/records/$one"
    measure "a record: the statement" "/records/$statement"
    measure "its bundle" "/records/$one.overt.json"
    measure "log" /log
    stop
}

view_run() {
    start view runs --no-open
    heading "viewer"
    measure "run" "/runs/$run"
    measure "its samples" "/runs/$run/samples"
    measure "page 10 000" "/runs/$run/samples?page=$((samples / 100))"
    any "any page" "'/runs/$run/samples?page=' .. below($((samples / 50)))"
    measure "a filter" "/runs/$run/samples?score=0"
    any "a filter, any page" "'/runs/$run/samples?score=0&page=' .. below($((samples / 200)))"
    measure "a filter by tag and score, sorted" "/runs/$run/samples?tag=lang%3Dfr&score=1&sort=-tokens"
    measure "the same, deep inside" "/runs/$run/samples?tag=lang%3Dfr&score=1&sort=-tokens&page=$((samples / 1000))"
    measure "one sample" "/runs/$run/samples/large/sample-$(printf '%07d' $((samples / 2)))/0"
    any "any sample" "string.format('/runs/$run/samples/large/sample-%07d/0', below($samples))"
    stop
}

# On a copy: what people sign stays in a site.
sign() {
    step "signing by mail: $signers people, and as many again, over 64 connections"
    rm -rf signed
    mkdir signed
    cp overt.toml signed/
    cp -r --reflink=auto home signed/home
    # A site of its own with the statements that nobody signed; the million would only be copied.
    (cd signed && OVERT_HOME="$PWD/home" "$overt" site init --data site --no-passphrase >/dev/null 2>&1 &&
        OVERT_HOME="$PWD/home" "$load" crowd site home 1000 >/dev/null)
    cd signed
    OVERT_HOME="$PWD/home" start serve --data site
    local begin
    begin=$(ticks)
    "$load" sign "$url" site/mails statements "$signers" 64
    python3 -c "print('server: %.2f ms of processor time for a signature, from form to log' % (($(ticks) - $begin) / $(getconf CLK_TCK) / (2 * $signers) * 1e3))"
    stop
    OVERT_HOME="$PWD/home" "$overt" log fsck site/log | tail -3
    cd ..
}

case ${1:-all} in
    read) read_site ;;
    view) view_run ;;
    sign) sign ;;
    all) read_site; view_run; sign ;;
    *) die "read, view, sign, or nothing for all of them" ;;
esac
