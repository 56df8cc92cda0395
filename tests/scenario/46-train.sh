#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What `make release PGO=1` lets the dataplane do while its profile is made: each plan comes through without
# an error, a build that is not there is told, and so is a value of PGO that means nothing.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT

for wrong in "PGO=2" "PGO=1 BUILD=asan" "PGO=yes"; do
	# shellcheck disable=SC2086
	if make release $wrong >"$here/told" 2>&1; then fail "'$wrong' was taken by make release"; fi
	grep -q 'expected 0 or 1, with BUILD=release' "$here/told" || fail "$wrong: $(cat "$here/told")"
done
for wrong in "" "--milliseconds 0 build/release" "--milliseconds x build/release" "$here/none"; do
	# shellcheck disable=SC2086
	if bench/train $wrong >"$here/told" 2>&1; then fail "'$wrong' was taken by bench/train"; fi
	if grep -q Traceback "$here/told"; then fail "'$wrong': $(cat "$here/told")"; fi
done
[ "$(nproc)" -ge 2 ] || skip "one processor: the dataplane and the generator need one each"

SLUICE_SHARED=/none bench/train --milliseconds 20 build/release 2>"$here/told" || fail "$(cat "$here/told")"
