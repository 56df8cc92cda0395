#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What the parsers cost, in instructions: no figure passes its ceiling, on a machine however busy.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=build/release/sluice-bench-parse
if nm "$program" | grep -q __asan_init; then
	echo "built with sanitizers: their instructions would be counted too"
	exit 77
fi
bench/parse/run --ceilings bench/parse/ceilings
for wrong in "--case none" "--scan mmx" "--count 0" "/nonexistent" "--case request /dev/null"; do
	# shellcheck disable=SC2086
	if "$program" $wrong >/dev/null 2>&1; then
		echo "FAIL: '$wrong' was taken" >&2
		exit 1
	fi
done
# A ceiling that is passed is a failure, and is told.
low=$(mktemp)
trap 'rm -f "$low"' EXIT
echo 'url auto 1' >"$low"
if bench/parse/run --ceilings "$low" >/dev/null; then
	echo "FAIL: one instruction was enough for a URL" >&2
	exit 1
fi
