#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The fleet's simulator as its users call it: a seed is a result, sharing saves judging, and what cannot be is
# refused with a sentence. What a fleet comes to is in its unit tests.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
fleet=build/release/sluice-bench-fleet
few=(--objects 2000 --warmup-seconds 10 --seconds 5)

for wrong in "--nodes 0" "--nodes 1001" "--zipf 0" "--balance none" "--nodes 1 --failures 1" "--nodes 1000 --cache 4194304" "more"; do
	# shellcheck disable=SC2086
	if $fleet $wrong >/dev/null 2>"$here/err"; then fail "'$wrong' was taken"; fi
	grep -q '^sluice-bench-fleet: ' "$here/err" || fail "'$wrong': no reason is told"
done
for wrong in "$here/none" "--nodes 0" "--nodes 1,x" "--per-node 0" "-- --zipf 0"; do
	# shellcheck disable=SC2086
	if bench/fleet $wrong >/dev/null 2>"$here/err"; then fail "'$wrong' was taken by bench/fleet"; fi
done
$fleet --help | grep -q -- '--balance KIND' || fail "no help"

$fleet "${few[@]}" --nodes 1000 --failures 20 --json >"$here/a" || fail "a thousand nodes"
$fleet "${few[@]}" --nodes 1000 --failures 20 --json >"$here/b"
$fleet "${few[@]}" --nodes 1000 --failures 20 --json --seed 2 >"$here/c"
cmp -s "$here/a" "$here/b" || fail "a seed made two results"
if cmp -s "$here/a" "$here/c"; then fail "two seeds made one result"; fi
bench/fleet --nodes 1,4 --per-node 500 -- --warmup-seconds 5 >"$here/table" || fail "bench/fleet"
[ "$(grep -cE '^\| [14] \| (yes|no) \| [0-9.]+ % \|' "$here/table")" = 4 ] || fail "the table: $(cat "$here/table")"
