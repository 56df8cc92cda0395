#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Signatures and lists of our own: found, a URL blocked in REQMOD; a new source by reload with no lost
# request; a malformed one leaves the old generation serving and says where; they survive a restart.
# A reload asked while the compiler runs is not lost; sources that are named no more judge no more.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
printf 'Test.Marker\tevil-marker-one\n' >"$here/one.lit"
printf '# bad sites\nbad.example\nhttp://half.example/dir/\n' >"$here/bad.txt"
printf 'signatures: {sources: [%s]}\nreputation: {bad: [%s/bad.txt]}\n' "$here" "$here" >"$here/sluice.yaml"
said=$(build/release/sluice-sigc --report xml --output "$here/x.gen" 2>&1) && fail "a report of no kind was made"
[[ $said == *"--report 'xml': expected text or json"* ]] || fail "sluice-sigc said: $said"
lab_up --config "$here/sluice.yaml"
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
code() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" body "$1"; }
url() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" url "$1"; }
is() { [ "$(code "$1")" = "$2" ]; }
eventually is 'xx evil-marker-one xx' 200
"${ctl[@]}" --json status | grep -qE '"literals": ?2[,}]' || fail "one literal and EICAR are not two"
uuid=$(grep -o 'uuid: [0-9a-f]*.*bad (scanned)' "$LOG" | head -1 | cut -c7-38)
why() { "${ctl[@]}" explain "$uuid" | tr -s ' ' | grep -qF "$1"; }
for line in 'rule Test.Marker' 'rule_at one.lit:1' 'action blocked (mode standard)' 'layer the body as sent'; do
	eventually why "$line"
done
[ "$(code 'xx evil-marker-two xx')" = 204 ] || fail "found what nobody described"
[ "$(url http://www.bad.example/x)" = 200 ] || fail "a bad domain passed"
[ "$(url http://half.example/dir/a)" = 200 ] || fail "a bad path passed"
[ "$(url http://half.example/other)" = 204 ] || fail "a good path was blocked"
eventually grep -q "Finish processing url in blocking_simple mode ('www.bad.example/x').*verdict: bad (reputation)" "$LOG"
url_alert() { "${ctl[@]}" alerts | grep -F 'blocked    bad.txt:2 ' | grep -E ' www\.bad\.example/x  [0-9a-f]{32}$'; }
eventually url_alert
uuid=$(url_alert | grep -oE '[0-9a-f]{32}$')
for line in 'rule bad.txt:2' 'url www.bad.example/x' 'alerts:'; do
	why "$line" || fail "a blocked URL is not explained by its alert's UUID: no '$line'"
done

in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" load 4 &
load=$!
printf 'Test.Second\tevil-marker-two\n' >"$here/two.lit"
"${ctl[@]}" reload
eventually is 'xx evil-marker-two xx' 200
wait $load || fail "a request failed during the reload"

printf 'no tab here\n' >"$here/three.lit"
"${ctl[@]}" sig reload
told() { "${ctl[@]}" sig | grep -q 'three.lit:1: expected'; }
eventually told
[ "$(code 'xx evil-marker-two xx')" = 200 ] || fail "the old generation does not serve"

kill -9 "$(cat "$DATAPLANE_PID")"
eventually is 'xx evil-marker-one xx' 200

rm "$here/three.lit"
# The compiler waits at a pipe, its list of files made, while the next source and reload come.
mkfifo "$here/gate.lit"
"${ctl[@]}" reload
exec 9>"$here/gate.lit"
printf 'Test.Late\tevil-marker-late\n' >"$here/late.lit"
rm "$here/gate.lit"
"${ctl[@]}" reload
exec 9>&-
eventually is 'xx evil-marker-late xx' 200

: >"/run/sluice/$lab_name/lab/sluice.yaml"
"${ctl[@]}" reload
# Bodies of their own: what was judged bad stays in the cache, whatever generation comes.
eventually is 'yy evil-marker-one yy' 204
[ "$(url http://www.bad.example/x)" = 204 ] || fail "a list that is named no more still blocks"
kill -9 "$(cat "$DATAPLANE_PID")"
eventually is 'xx nothing xx' 204
is 'zz evil-marker-one zz' 204 || fail "a restart brought the old signatures back"

# What is named is compiled, however many files that is.
mkdir "$here/many"
for n in $(seq 100 399); do printf 'Test.Many%s\tone-of-many-%s\n' "$n" "$n" >"$here/many/$n.lit"; done
printf 'signatures: {sources: [%s]}\n' "$(printf '%s, ' "$here"/many/*.lit | sed 's/, $//')" >"/run/sluice/$lab_name/lab/sluice.yaml"
"${ctl[@]}" reload
eventually is 'zz one-of-many-399 zz' 200
[ "$(code 'zz one-of-many-100 zz')" = 200 ] || fail "the first of 300 sources is not compiled"
