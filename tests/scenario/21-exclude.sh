#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# Exclusions added while requests run: they hold at once, on both cores, are counted, and outlive the
# restart of either process; a rule that can't be is refused.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up --cores 2
judge() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" "$1" 8; }
hits() { "${ctl[@]}" --json exclude | python3 -c 'import json,sys; print(sum(x["hits"] for x in json.load(sys.stdin)["exclusions"]))'; }

judge eicar || fail "EICAR was not blocked"
"${ctl[@]}" exclude add url '*example.test/*' | grep -q 'url  *enabled  *0' || fail "not listed"
eventually judge passes
[ "$(hits)" -ge 8 ] || fail "hits: $(hits)"
grep -q 'clean (excluded)' "$LOG" || fail "the log does not say excluded"
# What excluded it is known, also when the rule is gone.
names_rule() { "${ctl[@]}" explain "$1" | grep -qE '^  rule +url \*example\.test/\*$'; }
excluded=$(grep 'clean (excluded)' "$LOG" | grep -oE 'uuid: [0-9a-f]{32}' | head -n 1)
eventually names_rule "${excluded#uuid: }"

kill -9 "$(cat "$CONTROL_PID")"
sleep 1
eventually "${ctl[@]}" status
judge passes || fail "gone with control"
kill -9 "$(cat "$DATAPLANE_PID")"
sleep 1
eventually judge passes

# A dataplane that starts while there is no control knows the rules, too.
supervisor=$(cat "/run/sluice/$lab_name/lab/control.supervisor")
control=$(cat "$CONTROL_PID") dataplane=$(cat "$DATAPLANE_PID")
kill -STOP "$supervisor"
kill -9 "$control" "$dataplane"
sleep 1
eventually judge passes
if "${ctl[@]}" status >/dev/null 2>&1; then fail "there is a control process"; fi
kill -CONT "$supervisor"
eventually "${ctl[@]}" status

"${ctl[@]}" exclude disable 1 | grep -q disabled || fail "not disabled"
eventually judge eicar
"${ctl[@]}" exclude remove 1 | grep -q 'no exclusions' || fail "not removed"
names_rule "${excluded#uuid: }" || fail "explain does not name a rule that was removed"
if "${ctl[@]}" exclude add source 10.0.0.0/99 2>"/tmp/$lab_name.err"; then fail "a bad subnet was taken"; fi
grep -q "'10.0.0.0/99' is not an address or subnet" "/tmp/$lab_name.err" || fail "no reason is given"
rm "/tmp/$lab_name.err"
