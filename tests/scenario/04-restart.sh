#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# kill -9 of control under traffic: no connection lost, no alert lost. kill -9 of the dataplane:
# control serves its CLI and attaches to the new one.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up
client=(in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT")
"${client[@]}" load 5 >/tmp/"$lab_name".load &
load=$!
"${ctl[@]}" --json top --count 7 >/tmp/"$lab_name".top 2>&1 & # goes on through all three
top=$!
kill_control() { kill -9 "$(cat "$CONTROL_PID")" 2>/dev/null; } # once it is there again
for _ in 1 2 3; do
	sleep 1
	eventually kill_control
done
"${client[@]}" eicar 3
wait $load || fail "load: $(cat /tmp/"$lab_name".load)"
wait $top || fail "top did not outlive control: $(cat /tmp/"$lab_name".top)"
tail -n 1 /tmp/"$lab_name".top | grep -q '"respmod_per_s"' || fail "top shows nothing: $(cat /tmp/"$lab_name".top)"
rm -f /tmp/"$lab_name".load /tmp/"$lab_name".top
eventually "${ctl[@]}" status
three() { [ "$("${ctl[@]}" --json alerts | grep -o Eicar-Test-Signature | wc -l)" = 3 ]; }
eventually three

old=$(cat "$DATAPLANE_PID")
kill -9 "$old"
"${ctl[@]}" status >/dev/null || fail "control does not serve without a dataplane"
again() { "${client[@]}" clean 1; }
eventually again
attached() { "${ctl[@]}" --json status | grep -q '"dataplane":true'; }
eventually attached
[ "$(cat "$DATAPLANE_PID")" != "$old" ] || fail "the same dataplane"
"${client[@]}" eicar 1
