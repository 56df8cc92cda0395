#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# kill -9 of the dataplane: clients that wait for an answer, or for nothing, and have nothing to send are told by the
# next one, over IPv4 and IPv6, whatever the number of cores was, also on a VLAN with an IPv6 address that must first be
# found to be nobody else's. What is no list of connections stops nobody; an orderly end leaves none, nor does a lab.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
waiting=60 idle=40
out=$(mktemp)

stand() {
	: >"$out"
	in_lab python3 tests/scenario/bereaved.py "$ICAP_PORT" $waiting $idle "$ICAP_HOST" "$ICAP_HOST6" >"$out" 2>&1 &
	clients=$!
	eventually grep -q ready "$out"
}

told() {
	wait "$clients" || fail "$1: $(cat "$out")"
	tail -1 "$out" | grep -q "^$2;" || fail "$1: $(tail -1 "$out"), expected $2"
	echo "$1: $(tail -1 "$out")"
}

counter() { "${ctl[@]}" stats | awk -v c="$1" '$1 == c { n += $NF } END { print n + 0 }'; }
attached() { "${ctl[@]}" --json status | grep -q '"dataplane":true'; }
serves() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" clean 1; }
other() { [ "$(cat "$DATAPLANE_PID")" != "$old" ] && serves; }
dies() {
	old=$(cat "$DATAPLANE_PID")
	kill -9 "$old"
	eventually other
	eventually attached
}

lines_of() { grep -c -- "$1" "/var/log/sluice/$lab_name/dataplane.out" || true; }

all=$((2 * (waiting + idle)))
labs=("--cores 1" "--cores 2" "--cores 1 --vlan 7 --set dataplane.duplicate_address_detection=true")
for options in "${labs[@]}"; do
	read -ra words <<<"$options"
	lab_up "${words[@]}"
	trap 'tools/lab down --name "$lab_name"; rm -f "$out"' EXIT
	list=$(dirname "$DATAPLANE_PID")/connections
	stand
	dies
	told "killed, $options" "$all reset"
	[ "$(counter connections_left)" -eq $all ] || fail "$(counter connections_left) of $all were found"
	[ "$(counter connections_left_reset)" -eq $all ] || fail "$(counter connections_left_reset) of $all were reset"
	"${ctl[@]}" status | grep -Eq "^connections_left +$all\$" || fail "status does not say how many were left"
	"${ctl[@]}" status | grep -Eq "^connections_left_reset +$all\$" || fail "status does not say how many were reset"

	# They say themselves that they have gone, and the one after this one finds nobody.
	done_with() { [ "$(lines_of "of $all connections that were left $all were reset")" -eq 1 ]; }
	eventually done_with
	dies
	[ "$(counter connections_left)" -eq 0 ] || fail "$(counter connections_left) were found, all of which had gone"

	# An orderly end tells everybody itself: who is idle at once, who is within a request after the drain.
	stand
	old=$(cat "$DATAPLANE_PID")
	kill "$old"
	ended() { [ "$(cat "$DATAPLANE_PID")" != "$old" ] && serves && attached; }
	told "stopped, $options" "$((2 * idle)) closed, $((2 * waiting)) reset"
	eventually ended
	[ "$(counter connections_left)" -eq 0 ] || fail "an orderly end left $(counter connections_left)"
	[ "$options" = "${labs[-1]}" ] || tools/lab down --name "$lab_name"
done

# Garbage of every kind in its place: it starts, and says so where it is none of its own.
for bytes in 0 7 24 100000; do
	lost=$(lines_of "no list of connections")
	dies_with() {
		old=$(cat "$DATAPLANE_PID")
		kill -STOP "$old"
		rm -f "$list"
		head -c "$bytes" /dev/urandom >"$list"
		kill -9 "$old"
	}
	dies_with
	eventually other
	eventually attached
	[ "$(counter connections_left)" -eq 0 ] || fail "$bytes bytes of noise: $(counter connections_left) found"
	[ "$(lines_of "no list of connections")" -eq $((lost + 1)) ] || fail "$bytes bytes of noise: nothing was said"
done

# A list half of whose entries are noise: the others hold.
stand
old=$(cat "$DATAPLANE_PID")
kill -STOP "$old"
python3 - "$list" <<'END'
import random, sys
with open(sys.argv[1], "r+b") as f:
    head, entries = f.read(24), f.read()
    for at in range(0, len(entries), 40):
        if entries[at + 36:at + 40] == bytes(4):
            f.seek(24 + at)
            f.write(random.randbytes(40))
END
kill -9 "$old"
told "killed, noise between" "$all reset"
tools/lab down --name "$lab_name"
[ ! -e "$(dirname "$list")" ] || fail "left by the lab: $(ls "$(dirname "$list")")"
