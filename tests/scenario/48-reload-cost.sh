#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What the compiler costs those who wait for objects, and its options; the bench of a reload under load
# runs and tells its figures, which are not looked at.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
for wrong in 0 20 -1 x ""; do
	if build/release/sluice-sigc --output "$here/x.gen" --nice "$wrong" 2>"$here/err"; then fail "--nice '$wrong' was taken"; fi
	grep -q "^sluice-sigc: --nice '$wrong': expected 1 to 19$" "$here/err" || fail "--nice '$wrong': $(cat "$here/err")"
done
if build/release/sluice-sigc --output "$here/x.gen" --threads 17 2>"$here/err"; then fail "--threads 17 was taken"; fi
grep -q "^sluice-sigc: --threads '17': expected 1 to 16$" "$here/err" || fail "--threads 17: $(cat "$here/err")"
printf 'A;Target:1;0;6162636465\nB;Target:6;0;7172737475\n' >"$here/two.ldb"
build/release/sluice-sigc --output "$here/one.gen" --threads 1 "$here/two.ldb" | grep -q ', 1 threads, the busiest [0-9]* ms$' ||
	fail "how many threads is not told"
build/release/sluice-sigc --output "$here/four.gen" --threads 4 "$here/two.ldb" >"$here/told"
cmp "$here/one.gen" "$here/four.gen" || fail "four threads make another generation"
build/release/sluice-sigc --output "$here/again.gen" --reuse "$here/one.gen" "$here/two.ldb" |
	grep -qE '^databases: ([1-9]+), of these \1 of the earlier generation$' || fail "nothing was reused"
cmp "$here/one.gen" "$here/again.gen" || fail "a generation with reused databases is another one"
mkfifo "$here/fifo" # nobody waits for it, and it has nothing to give
timeout 20 build/release/sluice-sigc --output "$here/again.gen" --reuse "$here/fifo" "$here/two.ldb" >"$here/told" || fail "--reuse of a FIFO"
[ "$(SLUICE_SHARED=/none bench/sigc 2>"$here/err")" = "sigc: n/a" ] || fail "bench/sigc without the sets"
grep -q 'no signatures at /none' "$here/err" || fail "why there are none is not told"
if bench/sigc --rounds 0 2>/dev/null; then fail "'--rounds 0' was taken by bench/sigc"; fi
for n in $(seq 60000); do printf 'Name.%d\tsome-literal-%d\n' "$n" "$n"; done >"$here/slow.lit" # some seconds of work
build/release/sluice-sigc --output "$here/x.gen" --nice 7 "$here/slow.lit" >"$here/told" &
sigc=$!
steps_back() { [ "$(ps -o ni= -p "$sigc" | tr -d ' ')" = 7 ]; }
eventually steps_back
wait "$sigc" || fail "it did not end well: $(cat "$here/told")"
grep -q '^loaded: 60001$' "$here/told" || fail "what was loaded: $(cat "$here/told")"
grep -q '^databases: 1, ' "$here/told" || fail "a large set has a database for blocks: $(cat "$here/told")"

for wrong in "--rounds 0" "--milliseconds x" "--load 101" "--rest 0" "--signatures none" "more"; do
	# shellcheck disable=SC2086
	if bench/reload $wrong >/dev/null 2>&1; then fail "'$wrong' was taken by bench/reload"; fi
done
[ "$(nproc)" -ge 2 ] || skip "one processor: the dataplane and the generator need one each"
SLUICE_SHARED=/none bench/reload --rounds 1 --milliseconds 100 --load 5 --out "$here/out" >"$here/told" 2>"$here/err" || {
	cat "$here/err" && fail "bench/reload: a run is no error"
}
tail -n 1 "$here/told" | grep -qE '^reload: p99 during/before: clients=(n/a|[0-9.]+) core=(n/a|[0-9.]+)( \(0 of 1 rounds\))?; reload=[0-9.]+ .* s; errors=0$' ||
	fail "the last line: $(tail -n 1 "$here/told")"
grep -qE '^\| during \| [0-9]' "$here/out/reload.md" || fail "reload.md"
python3 -c 'import json, sys; f = json.load(open(sys.argv[1])); assert len(f["rounds"]) == 1 and f["facts"]["rate"] > 0' "$here/out/reload.json" ||
	fail "reload.json"
