#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# EICAR in a zip in a tar.gz. Standard: the first passes, an alert names who has it, the second is
# blocked from the cache. Advanced: the first is held and blocked; a clean one is held and passes. A
# control killed while objects are held settles them when it is back. A YARA rule that only libyara can
# judge sends an object there whose format would not.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up
packed() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" packed "$@"; }
late() { "${ctl[@]}" --json alerts | grep -q '"source":"sandbox"'; }
[ "$(packed a.zip)" = 204 ] || fail "standard held it"
eventually late
"${ctl[@]}" --json alerts | grep -q '"client":"192.0.2.7"' || fail "the alert names nobody"
[ "$(packed a.zip)" = 200 ] || fail "the second download passed"
eventually grep -q 'in blocking_simple mode .*verdict: bad (cached)' "$LOG"

"${ctl[@]}" mode advanced
[ "$(packed b.zip)" = 200 ] || fail "advanced let it through"
eventually grep -q 'in blocking_advanced mode .*verdict: bad (sandbox)' "$LOG"
[ "$(packed c.zip clean)" = 204 ] || fail "a clean archive was blocked"
eventually grep -q 'in blocking_advanced mode .*verdict: clean (sandbox)' "$LOG"

# The same in a form: the sandbox judges a part that it would judge as a download.
form() { in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" form "$@"; }
[ "$(form e.zip)" = 200 ] || fail "an upload in a form passed"
eventually grep -q 'REQMOD: .*in blocking_advanced mode .*verdict: bad (sandbox)' "$LOG"
uuid=$(sed -n 's/.*REQMOD: .*uuid: \([0-9a-f]*\),.*bad (sandbox).*/\1/p' "$LOG" | head -1)
layer() { "${ctl[@]}" explain "$uuid" | grep -qF 'form:e.zip -> gz -> tar:e.zip -> zip:eicar.com'; }
eventually layer
[ "$(form f.zip clean)" = 204 ] || fail "a clean upload in a form was blocked"

packed d.zip >/tmp/"$lab_name".held &
held=$!
kill -9 "$(cat "$CONTROL_PID")"
wait $held
[ "$(cat /tmp/"$lab_name".held)" = 200 ] || fail "the held object was not settled: $(cat /tmp/"$lab_name".held)"
rm -f /tmp/"$lab_name".held

here=$(mktemp -d)
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
# shellcheck disable=SC2016 # $a is YARA's
printf 'rule Deep_Marker { strings: $a = /evil-[0-9]{3}-marker/ condition: $a and filesize < 1KB }\n' >"$here/deep.yar"
printf 'signatures: {sources: [%s]}\n' "$here" >"/run/sluice/$lab_name/lab/sluice.yaml"
"${ctl[@]}" reload
is() { [ "$(in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" body "$1")" = "$2" ]; }
eventually is 'xx evil-123-marker xx' 200
is 'xx evil-12-marker xx' 204 || fail "what libyara does not find was blocked"
is 'xx evil-123 xx' 204 || fail "what no gate lets through was blocked"
eventually grep -q 'size: 21, .*verdict: bad (sandbox)' "$LOG"
eventually grep -q 'size: 20, .*verdict: clean (sandbox)' "$LOG"
eventually grep -q 'size: 14, .*verdict: clean (scanned)' "$LOG"
