#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# SIGTERM: an answer in progress is still given, then the dataplane ends in order.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up
pid=$(cat "$DATAPLANE_PID")
kill -9 "$(cat "$(dirname "$DATAPLANE_PID")/lab/dataplane.supervisor")" # it neither ends it nor starts it again
in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" drain "$pid" || fail "the answer was lost"
gone() { ! kill -0 "$pid" 2>/dev/null; }
eventually gone
[ ! -e "$DATAPLANE_PID" ] || fail "it did not end in order: its pid file is still there"
