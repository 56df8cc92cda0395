#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# Squid and an origin that fills its pipe at once: a download of 3 MiB comes whole though we hold it
# (docs/notes/squid-stall.md); under `stream` a threat at its end cuts it, and the next request for
# it gets the page, on whichever of two cores it lands.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
# shellcheck source=tools/squid.sh
. tools/squid.sh
command -v squid >/dev/null || skip "no squid"

counter() {
	"${ctl[@]}" --json stats | python3 -c "import json,sys; print(json.load(sys.stdin)['counters']['$1'])"
}

fetch() {
	squid_fetch "http://127.0.0.1:8080$1"
}

fetch_code() {
	[ "$(fetch "$2")" = "$1" ]
}

whole=$(python3 -c 'import hashlib; print(hashlib.sha256(bytes((i*7+i//251)&255 for i in range(3<<20))).hexdigest())')
expect_whole() {
	fetch_code 200 /big.bin || fail "$1: not fetched"
	[ "$(sha256sum <"$squid_work/body")" = "$whole  -" ] || fail "$1: came back changed"
}

lab_up
trap 'squid_down; tools/lab down --name "$lab_name"' EXIT
squid_up "$lab_name" "$ICAP_HOST"
for _ in 1 2 3; do expect_whole hold; done
[ "$(counter stalls)" -gt 0 ] || fail "the origin was too slow to fill Squid's pipe"
echo "held: 3 of 3 came whole, $(counter stalls) stood still"
squid_down
tools/lab down --name "$lab_name"

lab_up --cores 2 --set delivery.kind=stream
trap 'squid_down; tools/lab down --name "$lab_name"' EXIT
squid_up "$lab_name" "$ICAP_HOST"
for _ in 1 2 3; do expect_whole stream; done
if fetch /bad.bin >/dev/null; then fail "a bad download ended as a good one does"; fi
got=$(stat -c %s "$squid_work/body")
((got > 0 && got < 3 << 20)) || fail "$got bytes of a bad download arrived"
[ "$(counter cut)" = 1 ] || fail "cut: $(counter cut)"
"${ctl[@]}" alerts | grep -q 'cut off .*Eicar.*bad\.bin' || fail "no alert says it was cut off"
eventually grep -q "bad.bin.*bad (scanned)" "$LOG"
sleep 0.2 # control tells the other core
for _ in 1 2 3 4 5 6; do
	fetch_code 403 /bad.bin || fail "the guard let it begin once more"
	grep -q 'Access blocked' "$squid_work/body" || fail "no page"
done
[ "$(counter guarded)" -ge 6 ] || fail "guarded: $(counter guarded)"
echo "streamed: 3 of 3 came whole; cut after $got bytes, then 6 of 6 got the page"
