#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The bench on the fast wire: figures come out and are told apart from errors; a peer that is not there
# is n/a with the reason. What the figures are is not looked at.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 tests/unit/bench/harness_report.py >"$here/unit" 2>&1 || { cat "$here/unit" && fail "the harness's own tests"; }

for wrong in "--socket /x" "--address 10.0.0.1 --socket /x 10.0.0.2" "--address 10.0.0.1/24 --socket /x nobody" \
	"--address 10.0.0.1/24 --socket /x --queues 9 10.0.0.2" "--address 10.0.0.1/24 --socket /x --crowd 0 10.0.0.2" "--address 10.0.0.200/24 --socket /x --crowd 100001 10.0.0.2" ""; do
	# shellcheck disable=SC2086
	if build/release/sluice-bench-wire $wrong >/dev/null 2>&1; then fail "'$wrong' was taken by sluice-bench-wire"; fi
done
for wrong in "--rate 1000 127.0.0.1" "--rate 0 127.0.0.1" "--rate 5 --anew 127.0.0.1" \
	"--repeat 127.0.0.1" "--beside 0 127.0.0.1" "--beside 1M --empty 127.0.0.1" "--reqmod --options 127.0.0.1" "--queues 1 127.0.0.1" \
	"--mix 127.0.0.1" "--threats 5 127.0.0.1" "--mix --repeats 1001 127.0.0.1" "--mix --options 127.0.0.1"; do
	# shellcheck disable=SC2086
	if build/release/sluice-bench $wrong >/dev/null 2>&1; then fail "'$wrong' was taken by sluice-bench"; fi
done
for wrong in "" "--rate 0 /x" "--milliseconds x /x" "/none/dataplane.sock" "/a /b"; do
	# shellcheck disable=SC2086
	if build/release/sluice-bench-log $wrong >/dev/null 2>&1; then fail "'$wrong' was taken by sluice-bench-log"; fi
done
for wrong in "--bytes 1K" "--literals /none" "--literals /dev/null --bytes 0"; do
	# shellcheck disable=SC2086
	if build/release/sluice-bench-floor $wrong >/dev/null 2>&1; then fail "'$wrong' was taken by sluice-bench-floor"; fi
done
for wrong in "--rounds 0" "--rounds -1" "--milliseconds 0" "--connections 1025" "--idle x" "--signatures none" "--out /proc/none/x" "more"; do
	# shellcheck disable=SC2086
	if bench/run $wrong >/dev/null 2>&1; then fail "'$wrong' was taken by bench/run"; fi
done
echo '{"samples": 1}' >"$here/no-results"
for wrong in "" "$here" "$here/none $here/none" "$here/no-results $here/no-results"; do
	# shellcheck disable=SC2086
	if bench/compare $wrong >/dev/null 2>&1; then fail "'$wrong' was taken by bench/compare"; fi
done
for wrong in "" "$here/none --objects 1 --mix 1K=100" "$here/no-results --objects 1 --mix 1K=100" "$here/out --objects 0 --mix 1K=100" \
	"$here/out --objects 1 --mix 1K=99" "$here/out --objects 1 --mix 1X=100"; do
	# shellcheck disable=SC2086
	if bench/capacity $wrong >/dev/null 2>&1; then fail "'$wrong' was taken by bench/capacity"; fi
done
for wrong in "" "--frame 59 /x" "--frame 1515 /x" "--window 0 /x" "--milliseconds 0 /x" "/a /b" "--tcp 10.0.0.1 /x" "--tcp x/24 /x"; do
	# shellcheck disable=SC2086
	if build/release/sluice-bench-echo $wrong >/dev/null 2>&1; then fail "'$wrong' was taken by sluice-bench-echo"; fi
done
[ "$(nproc)" -ge 2 ] || skip "one processor: the dataplane and the generator need one each"

# Without the shared sets it takes literals of its own, which spares the choice among 200,000.
SLUICE_SHARED=/none bench/run --c-icap no-such-c-icap --rounds 1 --milliseconds 50 --idle 3000 --out "$here/out" >"$here/told" 2>"$here/err" || {
	cat "$here/err" && fail "a run without peers is no error"
}
tail -n 1 "$here/told" | grep -qE '^object/bare: 1k=[0-9.]+ 16k=[0-9.]+ 1m=[0-9.]+ single1m=[0-9.]+ echo1m=[0-9.]+; peers/object: echo1k=n/a echo16k=n/a clam1k=n/a clam16k=n/a clam1m=n/a; errors=0$' ||
	fail "the last line: $(tail -n 1 "$here/told")"
grep -q 'c-icap echo: n/a: no-such-c-icap is not installed' "$here/err" || fail "the reason is not told"
python3 -c 'import json, sys; f = json.load(open(sys.argv[1])); assert len(f["samples"]) == 24 and len(f["rows"]) == 26 + bool(f["stages"]) and f["line"]' "$here/out/results.json" ||
	fail "results.json"
grep -qE '^\| 1 KiB, one in flight: p50, µs \| at most 8.0 \| ([0-9.]+|n/a) \| (reached|missed|n/a) \|$' "$here/out/table.md" ||
	fail "table.md: no targets"
grep -qE '^\| anew_share \| ([0-9.]+ .* \| 1|n/a \| 0 of 1) \| 0 \|$' "$here/out/table.md" || fail "table.md: no rows"
grep -qE '^\| 1 KiB over a bare DPDK echo of its frames \| – \| ([0-9.]+|n/a) \|' "$here/out/table.md" || fail "table.md: no echo"
grep -qE '^\| 1 KiB over our TCP alone, with the same requests \| – \| ([0-9.]+|n/a) \|' "$here/out/table.md" || fail "table.md: no TCP alone"
grep -qE '^\| a mix of .*: µs of CPU each \| – \| ([0-9.]+|n/a) \|' "$here/out/table.md" || fail "table.md: no mix"
grep -qE '^\| 3,000 idle connections: MiB \| – \| [0-9]+ \|  \|$' "$here/out/table.md" || fail "table.md: no idle connections"
grep -qE '^\| the same of 16 KiB \| at most 1.00 \| [0-9.]+ \| (reached|missed) \|$' "$here/out/table.md" || fail "table.md: no second core"
if command -v callgrind_control >/dev/null; then
	grep -qE '^\| tcp \| [1-9][0-9,]* \| [1-9][0-9,]* \|$' "$here/out/table.md" || fail "table.md: no stages: $(cat "$here/err")"
else
	grep -q 'instructions by stage: n/a: valgrind is not installed' "$here/err" || fail "why there are no stages is not told"
fi
if bench/run --out "$here/out" >/dev/null 2>"$here/err"; then fail "a run's results were written over"; fi
grep -q "results are there already" "$here/err" || fail "why nothing was measured is not told: $(cat "$here/err")"
python3 -c 'import json, sys; r = json.load(open(sys.argv[1]))["rows"]; sys.exit("a row of no figure, and no reason" if [x for x in r if x["value"] is None and not x["note"]] else 0)' \
	"$here/out/results.json" || fail "results.json"
bench/capacity "$here/out" --objects 1000 --mix 1K=50,1M=50 --back 10 | tail -n 1 | grep -qE '^dataplane cores: [1-9]' ||
	fail "no cores are told"
[ "$(build/release/sluice-bench compare "$here/out" "$here/out/results.json" | tail -n 1)" = slower=0 ] || fail "a run is slower than itself"
