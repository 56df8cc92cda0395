#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# sluicectl capture: a file that others can read, both directions, filtered, cut, counted, ended in
# every way. And tcp.log: the flight of a connection that came to harm, and none of one that did not.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
lab_up --cores 2 --mtu 3000
trap 'rm -rf "$here"; tools/lab down --name "$lab_name"' EXIT
client=(in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT")
file=$here/a.pcapng
said=$here/said
attached() { "${ctl[@]}" --json status | grep -q '"dataplane":true'; }
eventually attached # the lab is up when clients are served, which control is not needed for

# Starts a capture and waits until its file has a head.
begin() {
	rm -f "$file"
	"${ctl[@]}" --json capture -o "$file" "$@" >"$said" 2>"$here/err" &
	capture=$!
	eventually test -s "$file"
}
# What the capture that was begun said when it ended.
ended() {
	wait "$capture" || fail "capture: $(cat "$here/err")"
	grep -q "\"ended_by\": *\"$1\"" "$said" || fail "ended otherwise than by $1: $(cat "$said")"
}
number() { sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" "$said"; }
facts() { python3 tests/scenario/pcapng.py "$file" || fail "the file is not sound"; }

# Both directions; whole objects there and back; by SIGINT, in order.
begin port "$ICAP_PORT"
"${client[@]}" bulk 3 400000
kill -INT "$capture"
ended client
read -r packets in out kept length ports lost <<<"$(facts)"
[ "$packets" = "$(number frames)" ] || fail "$packets packets: $(cat "$said")"
# What passed the filter after the end and before the cores knew of it is in neither.
[ "$((packets + $(number lost)))" -le "$(number matched)" ] || fail "the sums: $(cat "$said")"
[ "$lost" = "$(number lost)" ] || fail "statistics say $lost lost: $(cat "$said")"
[[ $in -gt 300 && $out -gt 300 ]] || fail "$in in, $out out"
[[ $kept = "$length" && $length -gt 2000 ]] || fail "longest $kept of $length"
[[ $ports = $ICAP_PORT,* ]] || fail "ports $ports"
[ "$(stat -c %s "$file")" = "$(number file_bytes)" ] || fail "the file's size: $(cat "$said")"
if command -v tcpdump >"$here/which"; then
	tcpdump -nr "$file" 2>"$here/err" >"$here/dump" || fail "tcpdump: $(cat "$here/err")"
	[ "$(wc -l <"$here/dump")" = "$packets" ] || fail "tcpdump reads $(wc -l <"$here/dump") of $packets"
	grep -q 'RESPMOD' <<<"$(tcpdump -Anr "$file" 2>&1)" || fail "no request is in it"
else
	echo "tcpdump is absent: it was not asked"
fi

# Exactly so many, of so many bytes; the filter keeps others out.
begin --count 20 --snaplen 96
"${client[@]}" bulk 1 400000
ended count
read -r packets _ _ kept length _ <<<"$(facts)"
[[ $packets = 20 && $kept = 96 && $length -gt 2000 ]] || fail "$packets packets, $kept of $length"
begin host 203.0.113.9 --seconds 1
"${client[@]}" clean 3
ended seconds
[[ $(number frames) = 0 && $(number matched) = 0 ]] || fail "a stranger's frames: $(cat "$said")"
begin net "$ICAP_HOST"/24 and port "$ICAP_PORT"
"${client[@]}" clean 3
kill -INT "$capture"
ended client
[ "$(number frames)" -gt 10 ] || fail "by subnet and port: $(cat "$said")"

# One at a time; who dies leaves room for the next.
begin
if "${ctl[@]}" capture -o "" 2>"$here/err"; then fail "a file without a name"; fi
grep -q 'expected -o FILE' "$here/err" || fail "a file without a name: $(cat "$here/err")"
if "${ctl[@]}" capture -o "$here/b" 2>"$here/err"; then fail "two at once"; fi
grep -q 'another capture runs' "$here/err" || fail "two at once: $(cat "$here/err")"
[ ! -e "$here/b" ] || fail "a capture that was refused left a file"
kill -9 "$capture"
wait "$capture" 2>/dev/null || true
again() { "${ctl[@]}" capture -o "$here/b" --seconds 1 >"$here/err" 2>&1; }
eventually again

# One that is refused leaves a file as it was.
[ -s "$here/b" ] || fail "the capture before is empty"
cp "$here/b" "$here/kept"
if "${ctl[@]}" capture prot 1344 -o "$here/b" 2>"$here/err"; then fail "a filter that is none"; fi
grep -q "'prot' in the filter" "$here/err" || fail "a filter that is none: $(cat "$here/err")"
cmp "$here/b" "$here/kept" || fail "a capture that was refused emptied its file"
head -c 5000000 /dev/zero >"$here/b"
again
[ "$(stat -c %s "$here/b")" -lt 1000000 ] || fail "the next capture did not begin anew"

# Control dies: the cores stop by themselves, and the next control can have one.
captured() { in_lab curl -s "http://$HTTP/metrics" | awk '/^sluice_frames_captured_total/ { n += $2 } END { print n + 0 }'; }
begin
kill -9 "$(cat "$CONTROL_PID")"
if wait "$capture"; then fail "an answer from the dead"; fi
eventually "${ctl[@]}" status
eventually again
before=$(captured)
"${client[@]}" clean 20
sleep 1 # gauges and counters are told as they are
[ "$(captured)" = "$before" ] || fail "the cores capture on for nobody"

# What can't be, with the reason.
refused() {
	local code=0
	"${ctl[@]}" capture "${@:2}" >"$said" 2>"$here/err" || code=$?
	[ "$code" != 0 ] || fail "taken: ${*:2}"
	grep -qF "$1" "$here/err" || fail "${*:2}: $(cat "$here/err")"
}
refused "expected -o FILE" port 1344
refused "'hots' in the filter: expected host, net or port" hots 1 -o "$file"
refused "'state' in the filter: expected host, net or port" state established -o "$file"
refused "not a regular one" -o /dev/null
refused "No such file or directory" -o "$here/none/x"
refused "snaplen: expected a number of bytes from 14 to 65535" --snaplen 5 -o "$file"
refused "seconds: expected a number from 1 to 86400" --seconds 0 -o "$file"

# A reset in mid-object: its flight is told once, with the sid that sluice.log has for the object.
flights=$(dirname "$LOG")/tcp.log
fall() {
	in_lab python3 -c '
import socket, struct, sys, time
for _ in range(int(sys.argv[3])):
    s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    http = b"HTTP/1.1 200 OK\r\n\r\n"
    s.sendall(b"RESPMOD icap://s/av/respmod ICAP/1.0\r\nHost: s\r\nAllow: 204\r\nX-Client-IP: 192.0.2.7\r\n"
              b"Encapsulated: res-hdr=0, res-body=%d\r\n\r\n" % len(http) + http + b"3e8\r\n" + 100 * b"x")
    time.sleep(float(sys.argv[4]))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
' "$ICAP_HOST" "$ICAP_PORT" "$1" "$2"
}
[ ! -e "$flights" ] || fail "a flight of those that came to no harm: $(head -n 1 "$flights")"
# The object must have begun when the reset comes: on a busy machine that may take another try.
falls() {
	fall 1 "$1"
	sleep 0.2
	grep -q 'TCP: reset by peer' "$flights"
}
eventually falls 0.2
head -n 1 "$flights" | grep -Eq ' WRN [0-9]+ tcp \[sid: 0x[0-9a-f]{8}\] TCP: reset by peer \(peer: [0-9.]+:[0-9]+, local: .*state: ESTABLISHED' ||
	fail "the first line: $(head -n 1 "$flights")"
sid=$(sed -n '1s/.*\(\[sid: 0x[0-9a-f]*\]\).*/\1/p' "$flights")
[ "$(grep -c . "$flights")" = "$(grep -c 'tcp \[sid: 0x' "$flights")" ] || fail "a line without a sid"
grep -F "$sid" "$flights" >"$here/flight"
grep -Eq '  opened their first [0-9]+, ours [0-9]+ ESTABLISHED$' "$flights" || fail "no opening: $(cat "$flights")"
grep -Eq '  in \[P?\.\] seq 1:[0-9]+ ack 1 win [0-9]+ len [0-9]+' "$flights" || fail "no segment in: $(cat "$flights")"
grep -Eq '  out \[\.\] seq 1 ack [0-9]+ win [0-9]+ len 0' "$flights" || fail "no segment out: $(cat "$flights")"
tail -n 1 "$here/flight" | grep -Eq '  in \[R\.?\]' || fail "the last is not the reset: $(tail -n 1 "$here/flight")"
in_log() { grep -F "$sid" "$LOG" | grep -q 'verdict: '; }
eventually in_log

# Many at once: some are told, the rest counted, and what is told is in the file.
sum() { in_lab curl -s "http://$HTTP/metrics" | awk -v p="^sluice_$1_total" '$0 ~ p "{" { n += $2 } END { print n + 0 }'; }
before=$(($(sum flights) + $(sum flights_lost)))
fall 100 0.02
more() { [ "$(($(sum flights) + $(sum flights_lost)))" -gt "$before" ]; }
eventually more
whole() { [ "$(grep -c ' WRN .* TCP: ' "$flights")" = "$(sum flights)" ]; }
eventually whole

# Moved away and opened anew, as the other logs.
mv "$flights" "$here/moved"
"${ctl[@]}" log reopen
eventually falls 0.2
