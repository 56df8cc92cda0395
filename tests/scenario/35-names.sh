#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# YARA rules that hang on an object's name, one that the scan decides and one for the sandbox: bad
# under that name and no other, whatever of the same bytes was judged before, in advanced mode, in
# standard mode's late alerts and in sluicectl scan.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cat >"$here/names.yar" <<'END'
rule Deep_Named { strings: $a = /evil-[0-9]{3}-marker/ condition: $a and filename matches /^a[.]exe$/ }
rule Scan_Named { strings: $a = "marker-of-the-scan" condition: $a and extension == ".scr" }
END
lab_up
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
printf 'signatures: {sources: [%s]}\n' "$here" >"/run/sluice/$lab_name/lab/sluice.yaml"
"${ctl[@]}" reload

# The answers to the same bytes under these names, one after the other.
codes() {
	local body=$1 urls=()
	shift
	for name in "$@"; do urls+=("http://www.example.test/dir/$name"); done
	in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" body "$body" "${urls[@]}" | tr '\n' ' '
}
says() {
	local expected=$1 got
	shift
	got=$(codes "$@")
	[ "$got" = "$expected " ] || fail "$*: $got, not $expected"
}
logged() { eventually grep -q "filename: '$1', .*verdict: $2" "$LOG"; }
loaded() { [ "$(codes "$scan" x.SCR)" = '200 ' ]; }
deep='xx evil-123-marker xx' late='yy evil-456-marker yy' scan='xx marker-of-the-scan xx'

"${ctl[@]}" mode advanced
eventually loaded
says '200 204 200' "$scan" x.SCR x.txt y.scr
logged x.SCR 'bad (cached)'
logged y.scr 'bad (scanned)'
says '204 200 204 200' "$deep" b.exe a.exe b.exe a.exe
logged b.exe 'clean (scanned)'
logged a.exe 'bad (sandbox)'
logged b.exe 'clean (cached)'
logged a.exe 'bad (cached)'

"${ctl[@]}" mode standard
says '204 204 204' "$late" b.exe a.exe c.exe
alerted() { "${ctl[@]}" --json alerts | grep -q '"filename":"a.exe".*"mode":"standard"'; }
eventually alerted
"${ctl[@]}" mode advanced
says '200 204' "$late" a.exe c.exe
if "${ctl[@]}" --json alerts | grep -Eq '"filename":"[bc].exe"'; then fail "an alert for another name"; fi

printf '%s' "$deep" | tee "$here/a.exe" >"$here/b.exe"
code=0
"${ctl[@]}" --json scan "$here/a.exe" >"$here/said" || code=$?
if [ "$code" != 4 ] || ! grep -q '"threat":"Deep_Named"' "$here/said"; then
	fail "scan: exit $code, $(cat "$here/said")"
fi
"${ctl[@]}" scan "$here/b.exe" >/dev/null || fail "scan found it under another name"
"${ctl[@]}" scan - <"$here/a.exe" >/dev/null || fail "scan found it under no name"
