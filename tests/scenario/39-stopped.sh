#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A dataplane that is stopped for longer than every deadline of its clients, as a machine that is paused or moved: what they
# sent meanwhile waits in the port's queue, more of it than a turn takes, and none of them is given up for it. The
# deadlines hold all the same for who sends nothing while it runs.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up --set icap.head_timeout_ms=1000 --set icap.body_timeout_ms=6000 --set tcp.user_timeout_s=6 \
	--set limits.object_timeout_ms=6000 --set policy.timeout=block
dataplane=$(cat "$DATAPLANE_PID")
said=$(in_lab python3 tests/scenario/stopped.py "$ICAP_HOST" "$ICAP_PORT" "$dataplane" 8 160 4) || fail "$said"
echo "$said"
[ "$(cat "$DATAPLANE_PID")" = "$dataplane" ] || fail "the dataplane was started again"
