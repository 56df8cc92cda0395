#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What an ICAP client may choose, in each combination: method, parts, preview, Allow, the body's size, a threat; chunks,
# segments and pipelines by a seed. Then single requests that are odd, and the log's line for each that is refused.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up
shapes() { in_lab python3 tests/scenario/shapes.py "$ICAP_HOST" "$ICAP_PORT" "$@"; }
for seed in 1 2 $RANDOM; do shapes all "$seed" || fail "a combination"; done
grep -q ' ICAP: Refused with ' "$LOG" && fail "refused: $(grep -m1 ' ICAP: Refused with ' "$LOG")"
shapes odd || fail "an odd request"
told() { grep -qE "ICAP: Refused with $1 \(request: '$2 ICAP/1.$3', from: [0-9.]+, cause: $4\)" "$LOG"; }
eventually told 404 'REQMOD icap://s/AV/reqmod' 0 'no service has that path'
eventually told 404 'OPTIONS \*' 0 'no service has that path'
eventually told 505 'REQMOD icap://s/av/reqmod' 1 'a version other than ICAP/1.0'
refused=$(grep -c ' ICAP: Refused with ' "$LOG")
[ "$("${ctl[@]}" --json stats | python3 -c 'import json,sys; print(json.load(sys.stdin)["counters"]["answers_error"])')" = "$refused" ] ||
	fail "not all that were refused have a line: $refused"
