#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What an operator is told: why control can't be asked; why a request was refused, in the log and in JSON; who asked for
# what was blocked, where the client names no end user; how many verdicts `cache clear` forgot, and that they are gone.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up --set log.json=true --set icap.connections_max=20
json=${LOG%/*}/sluice.jsonl
said() { "${ctl[@]}" --json "$1" "${@:3}" | python3 -c 'import json,sys; print(eval(sys.argv[1], {"a": json.load(sys.stdin)}))' "$2"; }
is() { [ "$(said "${@:2}")" = "$1" ]; }

# Each program tells where its options are told.
for program in dataplane control sigc; do
	told=$("build/release/sluice-$program" --bogus 2>&1) && fail "sluice-$program took --bogus"
	[[ $told == *'see --help'* ]] || fail "sluice-$program --bogus: $told"
done

# What was not understood is repeated, what is allowed is told.
not_taken() {
	local rc=0
	told=$("${ctl[@]}" "${@:3}" 2>&1) || rc=$?
	[[ $rc$told == "$1"*"$2"* ]] || fail "${*:3}: not '$2' but $rc: $told"
}
not_taken 1 "'loud' is not one of disabled, monitor, standard, advanced" mode loud
not_taken 2 'sluicectl: not understood: mode loud advanced; usage: sluicectl mode [' mode loud advanced
not_taken 2 'sluicectl: alerts: expected how many, 1 to 1000, or --since AGE' alerts many

# What a program of ours says of a wrong file comes as it was said: nothing in it has to be escaped.
wrong=$(mktemp --suffix .lit)
echo 'Name:text' >"$wrong"
not_taken 1 "$wrong:1: expected NAME, a tab, and a text, or hex: and digits" sig try "$wrong"
rm "$wrong"

# Why control can't be asked: nobody there, no right, a path that no socket can have.
unasked() {
	local rc=0
	told=$("${@:2}" status 2>&1) || rc=$?
	[[ $rc$told == 3*"$1"* ]] || fail "not '$1' but $rc: $told"
}
unasked 'no control process at /run/sluice/nobody-here/control.sock: is sluice-control running' \
	build/release/sluicectl --name nobody-here
unasked 'Permission denied: only root may ask' \
	setpriv --reuid=65534 --regid=65534 --clear-groups build/release/sluicectl --control "$CTL"
unasked 'File name too long' build/release/sluicectl --control "/run/$(printf %0200d 0)"

# A request by hand, its lines each with its end; what status it gets first.
ask() {
	# shellcheck disable=SC2016
	in_lab timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"; printf "%s\r\n" "${@:2}" >&3; head -n 1 <&3' \
		"$ICAP_HOST" "$ICAP_PORT" "${@:2}" | grep -q "^ICAP/1.0 $1 " || fail "not $1: ${*:2}"
}
causes=('no Encapsulated' 'Preview is no number' 'no list NAME=OFFSET' 'parts that the method has not' 'is folded')
ask 400 'RESPMOD icap://s/av/respmod ICAP/1.0' 'Host: s' ''
ask 400 'RESPMOD icap://s/av/respmod ICAP/1.0' 'Preview: many' ''
ask 400 'RESPMOD icap://s/av/respmod ICAP/1.0' 'Encapsulated: res-hdr' ''
ask 400 'RESPMOD icap://s/av/respmod ICAP/1.0' 'Encapsulated: req-body=0' ''
ask 400 'RESPMOD icap://s/av/respmod ICAP/1.0' 'X-Client-IP: 192.0.2.7' ' , 192.0.2.8' ''
ask 400 'RESPMOD icap://s/av/respmod ICAP/1.0' 'Encapsulated: res-hdr=0, res-body=19' '' 'HTTP/1.1 200 OK' '' '0x5' hello 0 ''
causes+=('not chunked')
for cause in "${causes[@]}"; do
	eventually grep -q "Refused with 400 (request: 'RESPMOD icap://s/av/respmod ICAP/1.0', from: .*, cause: .*$cause" "$LOG"
	eventually grep -q "\"icap_status\":400.*\"cause\":\"[^\"]*$cause\|\"cause\":\"[^\"]*$cause.*\"icap_status\":400" "$json"
done

# shellcheck disable=SC2016
eicar='X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-''ANTIVIRUS-TEST-FILE!$H+H*'
ask 200 'RESPMOD icap://s/av/respmod ICAP/1.0' 'Host: s' 'Encapsulated: res-hdr=0, res-body=19' '' 'HTTP/1.1 200 OK' '' \
	44 "$eicar" 0 ''
eventually grep -q '"verdict":"bad"' "$json"
grep '"verdict":"bad"' "$json" | grep -q '"cause"' && fail "an object has a cause"
eventually is 1 alerts 'len(a["alerts"])' 1
peer=$(said alerts 'a["alerts"][0]["peer"]' 1)
is '' alerts 'a["alerts"][0]["client"]' 1 || fail "an end user was told"
[ -n "$peer" ] || fail "no ICAP client in the alert"
"${ctl[@]}" alerts 1 | grep -q "Z  $peer  *blocked  *Eicar" || fail "who asked: $("${ctl[@]}" alerts 1)"
[[ $(in_lab curl -sf "http://$HTTP/") == *"<td class=\"wire\">$peer"* ]] || fail "the page says not who asked"

eventually is True cache 'a["entries"] > 0'
kept=$(said cache 'a["entries"]')
"${ctl[@]}" cache clear | grep -Eq "^cleared  *$kept$" || fail "not $kept cleared"
eventually is 0 cache 'a["entries"]'
"${ctl[@]}" cache clear | grep -Eq '^cleared  *0$' || fail "a clear cache is not said to be"

# Who finds no place is answered, and told, though nothing was read of it.
in_lab python3 - "$ICAP_HOST" "$ICAP_PORT" <<-'EOF' || fail "none of 25 connections was turned away"
	import socket, sys
	all = [socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) for _ in range(25)]
	sys.exit(0 if all[-1].recv(1000).startswith(b"ICAP/1.0 503 ") else 1)
EOF
eventually grep -q "Refused with 503 (request: '', from: .*, cause: no place for its connection: icap.connections_max" "$LOG"
