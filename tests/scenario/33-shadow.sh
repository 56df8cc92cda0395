#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Signatures tried on live traffic: what they find is reported and nothing is blocked; promoted they
# block; rolled back they do not, what they had judged included. A malformed file changes nothing and
# is named by its own name; the try outlives both processes, each killed.
# shellcheck source=tests/scenario/lib.sh disable=SC2119,SC2016
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
printf 'Test.Serving\tevil-marker-one\n' >"$here/one.lit"
printf 'signatures: {sources: [%s/one.lit]}\n' "$here" >"$here/sluice.yaml"
lab_up --config "$here/sluice.yaml"
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
bodies() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" bodies "$@"; }
are() { [ "$(bodies "${@:2}")" = "$1" ]; }
told() { grep -qF -- "$1" <<<"$("${ctl[@]}" --json sig)"; }
must_tell() { told "$1" || fail "not told: $1 in $("${ctl[@]}" --json sig)"; }
refused() {
	local said
	said=$("${ctl[@]}" sig "${@:2}" 2>&1) && fail "sig ${*:2} was not refused"
	[[ $said == *"$1"* ]] || fail "sig ${*:2} said: $said"
}
eventually are 200 'xx evil-marker-one xx'
served=$("${ctl[@]}" --json sig | grep -oE '"generation":"[0-9a-f]{16}"')

# Nothing to do it with, or to.
refused 'nothing is tried' promote
refused 'nothing is tried' drop
refused 'nothing is promoted' drop promoted
refused 'no generation before this one is kept' rollback
refused 'No such file or directory' try "$here/none.lit"
refused 'not a regular file' try "$here"
refused 'expected status, reload' try
refused 'expected status, reload' undo

printf 'Tried.Eicar-Like\tX5O!P%%@AP[4\\QZX54\nTried.Other\tnobody-sends-this\n' >"$here/new.lit"
"${ctl[@]}" sig try "$here/new.lit" | grep -qE '^loaded +2$' || fail "two literals were not loaded"
must_tell '"tried":{"files":["'"$here/new.lit"'"]'
must_tell '"running":true'
must_tell '"objects":0'
like='X5O!P%@AP[4\QZX54(P^)7CC)7}$EICAR-LIKE'
are '204 204 200' "$like" 'xx nothing xx' "evil-marker-one $like" || fail "what is tried changed an answer"
eventually told '"objects":3,"clean":1,"bad":2,'
must_tell '"rules":[{"threat":"Tried.Eicar-Like","objects":2,"new":1,'
must_tell '"new":true,"verdict":"clean","source":"scanned","client":"192.0.2.7","url":"www.example.test/a.bin"'
eventually grep -q "SHADOW: 'Tried.Eicar-Like' is tried and would make it bad (request url: 'www.example.test/a.bin'" "$LOG"
"${ctl[@]}" sig | grep -qE "^ +2 +1 +[0-9TZ:.-]+ +Tried.Eicar-Like$" || fail "no line for the rule"
uuid=$("${ctl[@]}" --json sig | grep -oE '"uuid":"[0-9a-f]{32}"' | head -n 1 | cut -d'"' -f4)
"${ctl[@]}" --json explain "$uuid" | grep -qF '"shadow_threat":"Tried.Eicar-Like"' || fail "explain does not tell"
"${ctl[@]}" --json stats | grep -qF '"shadow_new":1,' || fail "it is not counted"

# A file with an error: by its own name and line, and the try goes on.
printf 'no tab here\n' >"$here/wrong.lit"
refused "sluicectl: $here/wrong.lit:1: expected NAME" try "$here/new.lit" "$here/wrong.lit"
printf 'Own.Section:9:S0+0:4142434445464748\n' >"$here/none.ndb" # in a Mach-O's sections
refused "nothing in these files can be tried: $here/none.ndb:1: Own.Section: " try "$here/none.ndb"
must_tell '"running":true'
must_tell '"objects":3,'

# YARA rules come with what they include, below their folder.
mkdir "$here/rules" "$here/rules/sub"
printf 'include "sub/one.yar"\n' >"$here/rules/all.yar"
printf 'rule Tried_Included { strings: $a = "included-marker" condition: $a }\n' >"$here/rules/sub/one.yar"
"${ctl[@]}" sig try "$here/rules/all.yar" | grep -qE '^loaded +1$' || fail "an included rule was not loaded"
are 204 'xx included-marker xx' || fail "an included rule changed an answer"
eventually told '"rules":[{"threat":"Tried_Included","objects":1,'
printf 'include "../new.lit"\n' >"$here/rules/all.yar"
refused 'only files below the folder of the rules can be tried with them' try "$here/rules/all.yar"
printf 'include "sub/none.yar"\n' >"$here/rules/all.yar"
refused "$here/rules/sub/none.yar: No such file or directory" try "$here/rules/all.yar"
"${ctl[@]}" sig try "$here/new.lit" >/dev/null
are '204 204 200' "$like" 'xx nothing xx' "evil-marker-one $like" || fail "the first try anew changed an answer"
eventually told '"objects":3,"clean":1,"bad":2,'

# Both processes die; the file goes, its copy stays.
rm "$here/new.lit"
kill -9 "$(cat "$CONTROL_PID")" "$(cat "$DATAPLANE_PID")"
eventually are 200 'yy evil-marker-one yy'
eventually told '"running":true'
are 204 "again $like" || fail "what is only tried was blocked after a restart"
eventually told '{"threat":"Tried.Eicar-Like","objects":3,"new":2,'

"${ctl[@]}" sig promote >/dev/null
must_tell '"promoted":["'"$here/new.lit"'"],"tried":null'
must_tell "${served/generation/before}"
are '200 200' "$like" 'zz evil-marker-one zz' || fail "what was promoted, or configured, does not block"
# The next start compiles it with what is configured.
kill -9 "$(cat "$CONTROL_PID")"
eventually told '"compiling":false'
are 200 "b $like" || fail "a restart of control lost what was promoted"

"${ctl[@]}" sig rollback >/dev/null
must_tell "$served"
must_tell '"rolled_back":true,"promoted":[]'
are '204 200' "$like" 'zz evil-marker-one zz' || fail "taken back, it still blocks, or what is configured does not"
refused 'no generation before this one is kept' rollback
kill -9 "$(cat "$CONTROL_PID")" "$(cat "$DATAPLANE_PID")"
eventually are 200 'c evil-marker-one c'
are 204 "c $like" || fail "a restart brought back what was taken back"
