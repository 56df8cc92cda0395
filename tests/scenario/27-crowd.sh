#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# More clients than there are places: who is idle, or stuck in its request, gives way to who comes. So does, where there are
# places and no room for heads, who does not send the rest of its own, and where there is no decoder who stands still.
# Then SYNs from 8,192 addresses that nobody has, as fast as they go: clients come in all the same, and
# open connections do not notice.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
crowd=(python3 tests/scenario/crowd.py)
icap=(python3 tests/scenario/icap.py)

lab_up --set icap.connections_max=20
in_lab "${crowd[@]}" "$ICAP_HOST" "$ICAP_PORT" idle 20 || fail "idle connections kept their places"
in_lab "${crowd[@]}" "$ICAP_HOST6" "$ICAP_PORT" slow 20 || fail "stuck requests kept their places"
tools/lab down --name "$lab_name"

# 4,096 requests at once have room for their heads, of 10,000 connections.
lab_up --set icap.head_timeout_ms=600000
in_lab "${crowd[@]}" "$ICAP_HOST" "$ICAP_PORT" heads 4200 || fail "half heads kept others out"
tools/lab down --name "$lab_name"
lab_up --set icap.body_timeout_ms=600000
in_lab "${crowd[@]}" "$ICAP_HOST" "$ICAP_PORT" codings 540 || fail "half bodies kept others' from being looked into"
tools/lab down --name "$lab_name"

lab_up
in_lab "${icap[@]}" "$ICAP_HOST" "$ICAP_PORT" load 8 &
load=$!
in_lab "${crowd[@]}" "$ICAP_HOST" "$ICAP_PORT" flood 198.51 &
flood=$!
for _ in $(seq 10); do
	in_lab "${icap[@]}" "$ICAP_HOST" "$ICAP_PORT" clean 5 || fail "a client did not get in"
done
wait "$load" || fail "an open connection was harmed"
received=$(in_lab curl -sS --max-time 10 "http://$HTTP/metrics" | sed -n 's/^sluice_rx_packets_total[^ ]* //p')
[ "$received" -gt 20000 ] || fail "there was no flood: $received frames"
pkill -P "$flood" || true
kill "$flood" 2>/dev/null || true
wait "$flood" || true
in_lab "${icap[@]}" "$ICAP_HOST6" "$ICAP_PORT" clean 5 || fail "what is left of the flood is in the way"
