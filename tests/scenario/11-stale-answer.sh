#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The dataplane dies while the sandbox works. What it lent is judged all the same: what was delivered
# and convicted raises its alert; and no answer is taken for the verdict of the new dataplane's
# first object, whose job has the same number.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up --set sandbox.workers=1
control=$(cat "$CONTROL_PID")
packed() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" packed "$@"; }
new() { [ "$(cat "$DATAPLANE_PID")" != "$old" ] && "${ctl[@]}" --json status | grep -q '"dataplane":true'; }
answers() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" clean 1; }

# The one worker stands still with an object: `worker` is its process.
stop_worker() {
	(packed "$1" large >/dev/null 2>&1 || true) &
	worker=
	for _ in $(seq 3000); do
		worker=$(pgrep -P "$control" sluice-deepscan | head -1 || true)
		[ -z "$worker" ] || break
	done
	[ -n "$worker" ] || fail "no worker was seen"
	kill -STOP "$worker"
}

kill_dataplane() {
	old=$(cat "$DATAPLANE_PID")
	kill -9 "$old"
	eventually new
	eventually answers
}

"${ctl[@]}" mode advanced
stop_worker slow.zip
kill_dataplane
packed threat.zip >"/tmp/$lab_name.code" &
threat=$!
sleep 1
kill -CONT "$worker"
wait $threat
code=$(cat "/tmp/$lab_name.code")
rm -f "/tmp/$lab_name.code"
[ "$code" = 200 ] || fail "the threat was answered $code, by another object's verdict"

"${ctl[@]}" mode standard
stop_worker slower.zip
code=$(packed delivered.zip)
[ "$code" = 204 ] || fail "standard mode answered $code"
kill_dataplane
kill -CONT "$worker"
convicted() { "${ctl[@]}" --json alerts | grep -q '"blocked":false'; }
eventually convicted
wait
