#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ClamAV's signatures of members (.cdb) on the wire: a program in an encrypted ZIP is blocked by its name
# alone, and explain tells rule, line and member; another encrypted one passes as the policy says. A
# malformed line leaves the old generation serving and says where.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
mkdir "$here/sources"
printf '# encrypted programs\nPolicy.Enc.Program:CL_TYPE_ZIP:*:(?i)\\.(exe|scr)$:*:*:1:*:*:*\n' >"$here/sources/own.cdb"
printf 'signatures: {sources: [%s/sources]}\npolicy: {encrypted: allow}\n' "$here" >"$here/sluice.yaml"
printf 'harmless' >"$here/Bill.EXE"
printf 'harmless' >"$here/bill.txt"
(cd "$here" && zip -q -P secret program.zip bill.txt Bill.EXE && zip -q -P secret text.zip bill.txt && zip -q open.zip Bill.EXE)
lab_up --config "$here/sluice.yaml"
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
"${ctl[@]}" mode advanced
is() { [ "$(in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" file "$here/$1")" = "$2" ]; }
eventually is program.zip 200
is text.zip 204 || fail "an encrypted text was blocked"
is open.zip 204 || fail "a program that is not encrypted was blocked"
uuid=$(sed -n 's/.*uuid: \([0-9a-f]*\),.*bad (sandbox).*/\1/p' "$LOG" | head -1)
why() { "${ctl[@]}" explain "$uuid" | tr -s ' ' | grep -qF "$1"; }
for line in 'rule Policy.Enc.Program' 'rule_at own.cdb:2' 'layer zip:Bill.EXE'; do
	eventually why "$line"
done

printf 'Policy.Broken:CL_TYPE_ZIP:*:(exe:*:*:1:*:*:*\n' >"$here/sources/own.cdb"
"${ctl[@]}" reload
told() { "${ctl[@]}" sig | grep -q "own.cdb:1: names are neither '\*' nor a regular expression"; }
eventually told
printf 'again' >>"$here/bill.txt"
(cd "$here" && rm program.zip && zip -q -P secret program.zip bill.txt Bill.EXE)
is program.zip 200 || fail "the old generation does not serve"
