#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The load generator counts what came through, and never passes an error off as a figure.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up
bench() { in_lab build/release/sluice-bench --warmup 0 --seconds 1 --connections 4 "$@"; }
value() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

[ "$(bench --json "$ICAP_HOST" | value answered_204)" -gt 0 ] || fail "nothing was answered by 204"
[ "$(bench --json --no-204 --bytes 64K "$ICAP_HOST6" | value answered_200)" -gt 0 ] || fail "nothing came back"
if bench --path av/none "$ICAP_HOST" >/dev/null 2>"/tmp/$lab_name.err"; then fail "404 was taken for a figure"; fi
grep -q 'answered ICAP 404' "/tmp/$lab_name.err" || fail "the error is not told: $(cat "/tmp/$lab_name.err")"
if bench --port 9 "$ICAP_HOST" >/dev/null 2>"/tmp/$lab_name.err"; then fail "nobody answered, and yet a figure"; fi
grep -q 'Connection refused' "/tmp/$lab_name.err" || fail "the refusal is not told"
for wrong in "--bytes 0" "--connections x" "--seconds 0" "--port 70000" ""; do
	# shellcheck disable=SC2086
	if build/release/sluice-bench $wrong >/dev/null 2>&1; then fail "'$wrong' was taken"; fi
done
rm -f "/tmp/$lab_name.err"
