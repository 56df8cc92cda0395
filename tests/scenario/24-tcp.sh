#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# sluicectl tcp: connections of both cores with their numbers, filters, limits, sums, the kernel's
# counter names; many at once; and answers when there is no dataplane, or none that answers.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
lab_up --cores 2
holder=
trap '[ -z "$holder" ] || kill "$holder" 2>/dev/null; rm -rf "$here"; tools/lab down --name "$lab_name"' EXIT

# Connections that stay: the first is in the middle of a body, 100 bytes of it.
hold() {
	in_lab python3 -c '
import socket, sys, time
n = int(sys.argv[3])
held = [socket.create_connection((sys.argv[1], int(sys.argv[2]))) for _ in range(n)]
http = b"HTTP/1.1 200 OK\r\n\r\n"
held[0].sendall(b"RESPMOD icap://s/av/respmod ICAP/1.0\r\nHost: s\r\nAllow: 204\r\n"
                b"Encapsulated: res-hdr=0, res-body=%d\r\n\r\n" % len(http) + http + b"3e8\r\n" + 100 * b"x")
print(held[0].getsockname()[1], flush=True)
time.sleep(600)
' "$ICAP_HOST" "$ICAP_PORT" "$1" >"$here/port" &
	holder=$!
}
hold 50
eventually test -s "$here/port"
port=$(cat "$here/port")

count() { "${ctl[@]}" --json tcp "$@" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["tcp_connections"]))'; }
has() { [ "$(count "${@:2}")" = "$1" ]; }
eventually has 50 state established
has 50 state established and port "$ICAP_PORT" || fail "by port: $(count state established and port "$ICAP_PORT")"
has 1 port "$port" || fail "one: $("${ctl[@]}" tcp port "$port")"
has 0 host 203.0.113.1 || fail "a stranger"
has 0 state syn-received,last-ack || fail "in other states"
has 7 --limit 7 state established || fail "limited"
"${ctl[@]}" --json tcp --limit 7 state established | grep -q '"connections": *50' || fail "a limit must not change the sums"
"${ctl[@]}" --json tcp port "$port" >"$here/one"
python3 - "$here/one" "$ICAP_PORT" "$port" <<'EOS' || fail "one connection: $(cat "$here/one")"
import json, sys
a = json.load(open(sys.argv[1]))
c = a["tcp_connections"][0]
assert c["state"] == "ESTABLISHED" and c["local"].endswith(":" + sys.argv[2]), c
assert c["peer"].endswith(":" + sys.argv[3]) and c["sid"] > 0 and c["core"] in (0, 1), c
assert c["received_bytes"] > 200 and c["sent_bytes"] == 0 and c["mss_bytes"] == 1448, c
assert c["options"][:2] == ["ts", "sack"] and c["options"][2].startswith("wscale:"), c
assert 0 < c["rtt_us"] < 5000000 and c["rto_us"] >= 200000 and c["cwnd_bytes"] == 14480, c
assert c["receive_window_bytes"] > 1 << 20, "a body of 1 MiB and its head in one window: %s" % c
assert c["send_window_bytes"] > 0 and c["age_ms"] >= 0, c
assert a["summary"]["states"]["ESTABLISHED"] == 1, a["summary"]
EOS
"${ctl[@]}" tcp port "$port" >"$here/text"
grep -Eq "^ESTABLISHED +0 +0 +.*:$ICAP_PORT +.*:$port" "$here/text" || fail "the line: $(cat "$here/text")"
grep -Eq 'ts sack wscale:[0-9]+,[0-9]+ rto:[0-9.]+ rtt:[0-9.]+/[0-9.]+ mss:1448 cwnd:10 ' "$here/text" || fail "its details"

# The kernel's names beside ours; what the two ends of the wire counted agrees.
"${ctl[@]}" tcp --summary >"$here/summary"
grep -Eq 'ESTABLISHED 50' "$here/summary" || fail "the states: $(cat "$here/summary")"
grep -Eq '^TcpPassiveOpens +passive_opens +[1-9]' "$here/summary" || fail "no TcpPassiveOpens"
for name in TcpRetransSegs TcpExtSyncookiesSent TcpActiveOpens TcpOutRsts; do
	grep -Eq "^$name " "$here/summary" || fail "no $name"
done
opens=$(awk '$1 == "TcpPassiveOpens" { print $3 }' "$here/summary")
has_metric() { in_lab curl -s "http://$HTTP/metrics" | awk '/^sluice_tcp_passive_opens_total/ { n += $2 } END { exit n != '"$opens"' }'; }
eventually has_metric

# One that closed first is in TIME-WAIT, with what remains of it.
in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" clean 1
waits() { "${ctl[@]}" tcp state time-wait | grep -Eq '^TIME-WAIT .*timewait,[0-9]+ms'; }
in_lab python3 -c '
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
s.sendall(b"GARBAGE\r\n\r\n")
while s.recv(4096): pass' "$ICAP_HOST" "$ICAP_PORT"
eventually waits

# Many lists at once are all answered.
pids=()
for i in $(seq 6); do
	"${ctl[@]}" --json tcp state established >"$here/many.$i" &
	pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail "a list among many"; done
for i in $(seq 6); do
	[ "$(grep -o '"peer"' "$here/many.$i" | wc -l)" = 50 ] || fail "list $i: $(head -c 300 "$here/many.$i")"
done

# What can't be.
refused() {
	if "${ctl[@]}" tcp "${@:2}" >/dev/null 2>"$here/err"; then fail "taken: ${*:2}"; fi
	grep -qF "$1" "$here/err" || fail "${*:2}: $(cat "$here/err")"
}
refused "'hots' in the filter: expected host, net, port or state" hots 10.0.0.1
refused "'10.0.0.300' in the filter: expected an IPv4 or IPv6 address" host 10.0.0.300
refused "'open' in the filter: expected a state such as" state open
refused "limit: expected a number from 1 to 10000" --limit 10001
refused "unknown option" --wide

# A core that stands still is told of, and so is a dataplane that is gone; then all is well again.
dataplane=$(cat "$DATAPLANE_PID")
kill -STOP "$dataplane"
refused "a core did not answer in 5 seconds" port 1
kill -CONT "$dataplane"
eventually has 50 state established
kill -STOP "$(cat "/run/sluice/$lab_name/lab/dataplane.supervisor")"
kill -9 "$dataplane"
gone() {
	local said
	said=$("${ctl[@]}" tcp 2>&1 || true)
	grep -q "no dataplane is attached" <<<"$said"
}
eventually gone
kill -CONT "$(cat "/run/sluice/$lab_name/lab/dataplane.supervisor")"
eventually has 0 state established
