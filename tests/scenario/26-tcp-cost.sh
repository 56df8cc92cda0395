#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What the TCP library costs, in instructions: no figure passes its ceiling, on a machine however busy.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=build/release/sluice-bench-tcp
if nm "$program" | grep -q __asan_init; then
	echo "built with sanitizers: their instructions would be counted too"
	exit 77
fi
bench/tcp/run --ceilings bench/tcp/ceilings
bytes=$("$program" --json --case idle --flows 100000 --count 1 | sed -n 's/.*"bytes_per_connection":\([0-9]*\).*/\1/p')
if [ "$bytes" -gt 2048 ]; then
	echo "FAIL: an idle connection of 100,000 has $bytes bytes" >&2
	exit 1
fi
for wrong in "--case none" "--flows 0" "--count x" "more"; do
	# shellcheck disable=SC2086
	if "$program" $wrong >/dev/null 2>&1; then
		echo "FAIL: '$wrong' was taken" >&2
		exit 1
	fi
done
# A ceiling that is passed is a failure, and is told.
echo 'idle 1 1' >"/tmp/sluice-$$-ceiling"
if bench/tcp/run --ceilings "/tmp/sluice-$$-ceiling" >/dev/null; then
	echo "FAIL: one instruction was enough for a turn" >&2
	exit 1
fi
rm -f "/tmp/sluice-$$-ceiling"
