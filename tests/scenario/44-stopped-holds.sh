#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A dataplane that is stopped for longer than its longest hold, while the sandbox judges what it holds: more verdicts wait
# for it than a turn takes, and no hold ends by the time in which nobody looked.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
holds=160
lab_up --set sandbox.hold_timeout_s=20 --set sandbox.workers=1 --set policy.timeout=block
dataplane=$(cat "$DATAPLANE_PID")
control=$(cat "$CONTROL_PID")
out=$(mktemp)
worker=
trap 'kill -CONT $dataplane $worker 2>/dev/null || true; tools/lab down --name "$lab_name"; rm -f "$out"' EXIT
gauge() { in_lab curl -sS "http://$HTTP/metrics" | awk -v p="sluice_$1" '$1 == p || index($1, p "{") == 1 { n += $NF } END { printf "%d\n", n }'; }
all_held() { [ "$(gauge held_now)" -ge 150 ]; }
all_judged() { [ "$(gauge jobs_running)" -eq 0 ] && [ "$(gauge jobs_waiting)" -eq 0 ]; }
"${ctl[@]}" mode advanced

# The one worker stands still with a large object, so that the others wait behind it.
(in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" packed slow.zip large >/dev/null 2>&1 || true) &
for _ in $(seq 3000); do
	worker=$(pgrep -P "$control" sluice-deepscan | head -1 || true)
	[ -z "$worker" ] || break
done
[ -n "$worker" ] || fail "no worker was seen"
kill -STOP "$worker"

in_lab python3 tests/scenario/stopped_holds.py "$ICAP_HOST" "$ICAP_PORT" $holds >"$out" &
clients=$!
eventually all_held
kill -STOP "$dataplane"
kill -CONT "$worker"
sleep 21
eventually all_judged
kill -CONT "$dataplane"
wait $clients || fail "of $holds that were held: $(tail -1 "$out")"
[ "$(gauge held_timeout_total)" -eq 0 ] || fail "holds ended by time: $(gauge held_timeout_total)"
[ "$(cat "$DATAPLANE_PID")" = "$dataplane" ] || fail "the dataplane was started again"
echo "$holds holds, 21 s stopped: $(tail -1 "$out")"
