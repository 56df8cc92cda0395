#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# Cases seen elsewhere that need hands: streams that never end, sizes that no stage scanned, parts of
# an expression, a stored database that is damaged, helpers beside a running dataplane, a reader that
# pins the store's log, a log cut under its writer, a window that stays shut. 31-later.sh has the rest.
# SLUICE_CASES=full: with the counts and times of the reports, some twelve minutes, started by hand.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
helpers=300 load_s=6 pinned_s=3
[ "${SLUICE_CASES:-}" != full ] || helpers=1000 load_s=20 pinned_s=600
state=/var/lib/sluice/$lab_name
printf '%s\n' 'T.Two;Engine:81-255,Target:0;0&1&2&3;6b65793d;0(>>4#db2#=42);6c656e3d;2(>>4#db2#=7)' \
	'T.And;Engine:81-255,Target:0;0&1;616c706861;6f6d656761' >"$here/logical.ldb"
lab_up --set "signatures.sources=$here" --set limits.object_timeout_ms=4000 --set limits.object_bytes_max=1048576 \
	--set icap.connections_max=40
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
hand() { in_lab python3 tests/scenario/hand.py "$ICAP_HOST" "$ICAP_PORT" "$@"; }
icap() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" "$@"; }
body() { [ "$(icap body "$1")" = "$2" ]; }
verdicts() { "${ctl[@]}" --json stats | python3 -c 'import json,sys; print(json.load(sys.stdin)["verdicts"].get(sys.argv[1], 0))' "$1"; }
counter() { "${ctl[@]}" --json stats | python3 -c "import json,sys; print(json.load(sys.stdin)['counters']['$1'])"; }
eventually body 'omega alpha' 200

# P37: the answer is final, the connection goes on; Max-Connections is what is served.
hand endless 4 || fail "an endless body"
eventually grep -q 'verdict: clean (timeout)' "$LOG"
[ "$(hand crowd 50)" = '40 served, 10 refused' ] || fail "Max-Connections is not true: $(hand crowd 50)"

# A window that stays shut for longer than the body's timeout; it goes on beside all that follows.
hand asleep 65 >"$here/asleep" 2>&1 &
asleep=$!

# P38: what no stage scanned is not called scanned, and not remembered as clean.
[ "$(hand size 1048576)" = 204 ] || fail "an object of the limit's size was blocked"
[ "$(verdicts 'clean (oversize)')" = 0 ] || fail "the limit itself is over it"
for n in 1 2; do
	hand size 1048577 >/dev/null
	[ "$(verdicts 'clean (oversize)')" = $n ] || fail "larger than the limit: $("${ctl[@]}" --json stats | grep -o '"verdicts".*')"
done
printf 'dataplane: {port: {interface: eth1}, addresses: [192.0.2.10/24]}\nsandbox: {object_bytes_max: 8589934592}\n' >"$here/large.yaml"
said=$("${ctl[@]}" config check "$here/large.yaml" 2>&1 || true)
grep -q 'large.yaml:2: sandbox.object_bytes_max: 8589934592 is more than dataplane.arena_mib: 128 can hold' <<<"$said" ||
	fail "a limit that is none: $said"

# P39: the whole expression or nothing; what can't be honoured is named.
body alpha 204 || fail "a part of T.And was enough"
body 'omega alpha' 200 || fail "T.And was not found"
body 'key=42 len=99' 204 || fail "T.Two was approximated"
body 'key=42 len=07' 204 || fail "T.Two was loaded though it is said not to be"
build/release/sluice-sigc --report text --output "$here/x.gen" "$here/logical.ldb" | grep -q 'T.Two.*comparison of bytes' ||
	fail "T.Two is not named as left out"

# P42: no helper is a DPDK process, and a thousand of them beside a load cost nothing.
for program in sluicectl sluice-control sluice-sigc sluice-deepscan; do
	if ldd "build/release/$program" | grep -q librte_; then fail "$program links DPDK"; fi
done
missed=$(counter rx_missed)
icap load $load_s >"$here/load" &
load=$!
for _ in $(seq $helpers); do "${ctl[@]}" status >/dev/null || fail "sluicectl failed beside a load"; done
wait $load || fail "a helper cost a transaction: $(cat "$here/load")"
[ "$(counter rx_missed)" = "$missed" ] || fail "a helper cost frames"

# P45: a reader that keeps the store's log from being emptied: nobody waits, and it is cut back once that goes.
alerts() { "${ctl[@]}" --json status | grep -o '"alerts": *[0-9]*' | grep -o '[0-9]*'; }
before=$(alerts)
python3 - "$state/sluice.db" "$here/pinned" <<'EOF' &
import os, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN")
db.execute("SELECT count(*) FROM objects").fetchone()
open(sys.argv[2], "w").close()
while os.path.exists(sys.argv[2]):
    time.sleep(0.05)
EOF
pin=$!
eventually test -e "$here/pinned"
icap eicar 200 >/dev/null || fail "threats were not blocked while the store was pinned"
icap load $pinned_s >/dev/null || fail "load while the store was pinned"
rm "$here/pinned"
wait $pin
written() { [ "$(alerts)" = $((before + 200)) ]; }
eventually written
cut_back() { icap clean 1 && [ "$(stat -c %s "$state/sluice.db-wal")" -lt $((64 << 20)) ]; }
eventually cut_back

# P46: the log cut under its writer begins with the next line, not with a hole.
: >"$LOG"
icap clean 1 >/dev/null
eventually test -s "$LOG"
[[ $(head -c 1 "$LOG") == [0-9] ]] || fail "after truncation the log begins with $(head -c 4 "$LOG" | od -An -tx1)"

# P48: it has slept for longer than any timer of ours.
wait $asleep || fail "the sleeper: $(cat "$here/asleep")"

# P41: a stored database that is damaged is made anew from its sources.
printf '\xff' | dd of="$state/current.gen" bs=1 seek=64 conv=notrunc status=none
kill -9 "$(cat "$DATAPLANE_PID")"
alive() { icap eicar 1; }
eventually alive
eventually body 'omega alpha' 200
grep -q "WRN generation $state/current.gen: " "/var/log/sluice/$lab_name/dataplane.out" || fail "nobody was told of the damage"
tools/lab down --name "$lab_name"
