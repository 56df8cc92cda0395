#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What connections cost on the fast wire: opened with and without cookies, and idle ones. Of what that is only the bound
# of an idle one's memory is looked at.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT

for wrong in "--rounds 0" "--connections 0" "--connections 200001" "--seconds x" "more"; do
	# shellcheck disable=SC2086
	if bench/idle $wrong >/dev/null 2>&1; then fail "'$wrong' was taken by bench/idle"; fi
done
for wrong in "--rounds 0" "--milliseconds x" "--connections 5000" "more"; do
	# shellcheck disable=SC2086
	if bench/connections $wrong >/dev/null 2>&1; then fail "'$wrong' was taken by bench/connections"; fi
done
[ "$(nproc)" -ge 2 ] || skip "one processor: the dataplane and the generator need one each"

bench/connections --rounds 1 --milliseconds 30 >"$here/told" 2>"$here/err" || {
	cat "$here/err" && fail "connections: a run is no error"
}
grep -qE '^\| OPTIONS \| no cookies \| [0-9.]+ .* \| 0 % \|' "$here/told" || fail "connections without cookies: $(cat "$here/told")"
grep -qE '^\| OPTIONS \| cookies \| [0-9.]+ .* \| [1-9][0-9]* % \|' "$here/told" || fail "connections by cookie: $(cat "$here/told")"
tail -n 1 "$here/told" | grep -q '^errors=0' || fail "connections, the last line: $(tail -n 1 "$here/told")"

# Two addresses' worth of idle connections, all open to the end, and each within docs/tcp-cost.md's 2,048 bytes.
bench/idle --connections 26000 --seconds 1 --rounds 1 >"$here/told" 2>"$here/err" || { cat "$here/err" && fail "idle: a run is no error"; }
tail -n 1 "$here/told" | grep -q '^failed=0; still open at the end: 26000;' || fail "idle, the last line: $(tail -n 1 "$here/told")"
each=$(sed -n 's/^each: .*, \([0-9]*\) with their share.*/\1/p' "$here/told")
[ "$each" -le 2048 ] || fail "an idle connection costs $each bytes: $(cat "$here/told")"
