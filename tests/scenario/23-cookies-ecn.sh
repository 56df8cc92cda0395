#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# Against the kernel: SYN cookies, with all options and with few, and ECN, marked on the way in both
# directions. That a cookie was the answer shows without timestamps: then, and only then, a cookie can carry
# neither SACK nor window scale (dataplane/net/tcp/cookies.c), and the kernel says what was agreed on.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

peer() {
	in_lab python3 tests/scenario/tcp_peer.py "$@"
}
kernel() {
	local setting
	for setting in "$@"; do in_lab sysctl -qw "net.ipv4.$setting"; done
}
agrees() {
	peer "$1" "$ICAP_PORT" options "${@:2}" || fail "$1: $*"
}

# Without a flood there is no cookie: SACK and scale stand without timestamps.
lab_up --tamper loss=1%,reorder=1% --set tcp.half_open_max=8
kernel tcp_timestamps=0
agrees "$ICAP_HOST" sack wscale

# Strangers who never answer keep the table full: from here on all are answered by cookies.
in_lab python3 tests/scenario/syn_flood.py "$ICAP_HOST" "$ICAP_PORT" 32
(exec tools/lab exec --name "$lab_name" -- python3 tests/scenario/syn_flood.py "$ICAP_HOST" "$ICAP_PORT" 20 600) >/dev/null &
flood=$!
for host in "$ICAP_HOST" "$ICAP_HOST6"; do
	kernel tcp_timestamps=0 tcp_sack=1 tcp_window_scaling=1 tcp_ecn=2
	agrees "$host"
	kernel tcp_timestamps=1
	agrees "$host" ts sack wscale
	kernel tcp_sack=0
	agrees "$host" ts wscale
	kernel tcp_sack=1 tcp_window_scaling=0
	agrees "$host" ts sack
	kernel tcp_window_scaling=1 tcp_ecn=1 tcp_ecn_fallback=0 # a lost SYN asks for ECN again
	agrees "$host" ts sack wscale ecn
	peer "$host" "$ICAP_PORT" bulk 1 || fail "$host: bodies over a connection that a cookie opened"
done
kernel tcp_ecn=2 tcp_timestamps=0
agrees "$ICAP_HOST" # and the table is full still
kill "$flood"
wait "$flood" || true

# A real flood, 20,000 a second, and an honest client's connections meanwhile.
kernel tcp_timestamps=1
in_lab python3 tests/scenario/syn_flood.py "$ICAP_HOST" "$ICAP_PORT" 20000 6 &
flood=$!
sleep 1
peer "$ICAP_HOST" "$ICAP_PORT" short 0.3 || fail "short connections during a flood"
peer "$ICAP_HOST" "$ICAP_PORT" hold 50 || fail "connections during a flood"
wait $flood
[ "$("${ctl[@]}" --json status | python3 -c 'import json, sys; print(json.load(sys.stdin)["connections"] < 60)')" = True ] ||
	fail "the flood left connections"
tools/lab down --name "$lab_name"

# ECN: 2 % of what may be marked is, each way. The kernel hears our marks, we echo its, and say that we
# slowed down (CWR). Switched off, nobody agrees on it.
heard='^ecn yes, marked to us [1-9][0-9]*, the appliance.s CWR [1-9][0-9]*, our marks echoed [1-9]'
lab_up --tamper ce=2%,delay=1ms
kernel tcp_ecn=1 tcp_ecn_fallback=0
export CONGESTION=cubic
told=$(peer "$ICAP_HOST" "$ICAP_PORT" marks) || fail "$told"
grep -qE "$heard" <<<"$told" || fail "ECN: $told"
echo "$told"
kernel tcp_ecn=0
told=$(peer "$ICAP_HOST" "$ICAP_PORT" marks) || fail "$told"
[ "$told" = "ecn no, marked to us 0, the appliance's CWR 0, our marks echoed 0" ] || fail "without ECN: $told"
tools/lab down --name "$lab_name"
lab_up --set tcp.ecn=off
kernel tcp_ecn=1
agrees "$ICAP_HOST" ts sack wscale
