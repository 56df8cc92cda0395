#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The failures people reported (scenario 02) once more, in other words: a case that held for the letters it was written
# in, and not for what it is about, is none that holds.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
[ -r "$shared/cases/icapcases.py" ] || skip "no shared cases"
lab_up
for seed in 1 2 $RANDOM; do
	said=$(in_lab python3 tests/scenario/cases_varied.py "$shared/cases" "$seed" "$ICAP_HOST" "$ICAP_PORT") ||
		fail "$(grep -v ' ok ' <<<"$said")"
	tail -n 1 <<<"$said"
done
