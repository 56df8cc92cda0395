#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What goes wrong in a run of the bench is told beside its figures, and never passes for one: a peer that dies in the
# middle, a disk that is full, two runs at once.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
[ "$(nproc)" -ge 2 ] || skip "one processor: the dataplane and the generator need one each"
run() { SLUICE_SHARED=/none bench/run --rounds 1 --milliseconds 50 --idle 100 "$@"; }

# Two at once: the second is one whose results have no room, and whose peers are not there.
mkdir "$here/full"
ln -s /dev/full "$here/full/table.md"
run --c-icap no-such-c-icap --out "$here/full" >"$here/full.told" 2>"$here/full.err" &
second=$!
# A peer that answers 2,000 objects and ends. As c-icap's modules may not be there, only `echo` is looked at.
if FAULT=die GOOD=2000 run --c-icap tests/scenario/false_peer.py --out "$here/dies" >"$here/told" 2>"$here/err"; then
	fail "a peer died, and yet no error: $(cat "$here/err")"
fi
tail -n 1 "$here/told" | grep -qE '^object/bare: 1k=[0-9.]+ .*; peers/object: echo1k=n/a echo16k=n/a .*; errors=[1-9]' ||
	fail "a peer died: $(tail -n 1 "$here/told"): $(cat "$here/err")"
grep -q '^c-icap echo: n/a: it died' "$here/dies/table.md" || fail "that a peer died is not in the table"
python3 -c 'import json, sys; f = json.load(open(sys.argv[1])); assert any("it died" in r for r in f["reasons"]); assert all(s["who"] != "echo" for s in f["samples"])' "$here/dies/results.json" ||
	fail "that a peer died is not in results.json"

if wait "$second"; then fail "nothing could be written, and yet no error"; fi
grep -q "table.md: n/a: not written to .*No space left" "$here/full.err" || fail "a full disk: $(cat "$here/full.err")"
tail -n 1 "$here/full.told" | grep -qE '^object/bare: 1k=[0-9.]+ .*; errors=1$' || fail "a full disk: $(tail -n 1 "$here/full.told")"
cat "$here/err" "$here/full.err" | grep -q 'another run measures here (process [0-9]' || fail "that two ran at once is not told"
