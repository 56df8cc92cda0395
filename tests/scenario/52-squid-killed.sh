#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# kill -9 behind Squid, as docs/clients/squid.md has it. Of the dataplane: every answer is right or says that it is
# none, nobody waits for one that will not come, and all are served again. Of control: nobody notices.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
# shellcheck source=tools/squid.sh
. tools/squid.sh
command -v squid >/dev/null || skip "no squid"
lab_up
trap 'squid_down; tools/lab down --name "$lab_name"' EXIT
squid_up "$lab_name" "$ICAP_HOST"
"${ctl[@]}" mode advanced
killed() {
	local what=$1
	shift
	in_lab timeout 300 python3 tests/scenario/squid_killed.py 3128 8081 24 "$@" >"$squid_work/told" ||
		fail "$what: $(cat "$squid_work/told")"
	echo "$what: $(cat "$squid_work/told")"
}
killed dataplane "$DATAPLANE_PID" 6 may-fail "$CONTROL_PID"
old=$(cat "$DATAPLANE_PID")
killed control "$CONTROL_PID" 5 must-not
[ "$(cat "$DATAPLANE_PID")" = "$old" ] || fail "the dataplane ended with control"
