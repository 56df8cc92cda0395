#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119,SC2154
# What users see, through Squid: a page in their language; a template that is wrong is refused with its
# line and the old pages stay; a held download shows a browser the page that asks again, and the retry
# gets the object or the block page; curl as itself never sees it.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
# shellcheck source=tools/squid.sh
. tools/squid.sh
command -v squid >/dev/null || skip "no squid"
work=$(mktemp -d)
mkdir "$work/pages"
cp config/pages/*.html "$work/pages"
lab_up --set mode=advanced --set pages.directory="$work/pages" --set delivery.page_after_ms=200 \
	--set delivery.page_retry_s=1 --set sandbox.workers=1
trap 'squid_down; tools/lab down --name "$lab_name"; rm -rf "$work"' EXIT
squid_up "$lab_name" "$ICAP_HOST"

url=http://127.0.0.1:8080
[ "$(squid_fetch -H 'Accept-Language: de-AT,de;q=0.9,en;q=0.5' $url/eicar.com)" = 403 ] || fail "EICAR passed"
grep -q 'Zugriff gesperrt' "$squid_work/body" || fail "not in German"
[ "$(squid_fetch -H 'Accept-Language: fr' "$url/eicar.com?<b>")" = 403 ] || fail "EICAR passed"
grep -q 'Access blocked' "$squid_work/body" || fail "not in English"

printf '<p>{{nonsense}}' >"$work/pages/blocked.fr.html"
if "${ctl[@]}" reload 2>"$work/err"; then fail "a wrong template was taken"; fi
grep -q 'blocked.fr.html:1: unknown variable' "$work/err" || fail "no reason: $(cat "$work/err")"
squid_fetch $url/eicar.com >/dev/null
grep -q 'Access blocked' "$squid_work/body" || fail "the old page is gone"
printf '<p>Acc\xc3\xa8s refus\xc3\xa9: {{threat}}' >"$work/pages/blocked.fr.html"
"${ctl[@]}" reload >/dev/null
french() { squid_fetch -H 'Accept-Language: fr' $url/eicar.com && grep -q 'refus.*: Eicar-Test-Signature' "$squid_work/body"; }
eventually french

# A held download: control, and with it the sandbox, stands still, so the hold lasts for certain.
browser=(-A 'Mozilla/5.0 (X11; Linux x86_64)' -H 'Accept: text/html,*/*;q=0.8')
control=$(cat "$CONTROL_PID")
kill -STOP "$control"
[ "$(squid_fetch "${browser[@]}" -D "$work/head" $url/bad.zip)" = 503 ] || fail "no page for the browser"
grep -q 'Being inspected' "$squid_work/body" || fail "another page"
grep -qi '^refresh: 1' "$work/head" || fail "no Refresh: $(cat "$work/head")"
grep -qi '^cache-control: no-store' "$work/head" || fail "the page may be cached"
[ "$(squid_fetch "${browser[@]}" $url/good.zip)" = 503 ] || fail "no page for the clean one"
tools/lab exec --name "$lab_name" -- curl -s -o "$work/curl" -w '%{http_code}' --max-time 20 \
	-x http://127.0.0.1:3128 $url/good.zip >"$work/status" &
asks=$!
sleep 1
[ ! -s "$work/status" ] || fail "curl was answered: $(cat "$work/status")"
kill -CONT "$control"
wait $asks
[ "$(cat "$work/status")" = 200 ] || fail "curl got $(cat "$work/status")"
cmp -s -n 2 "$work/curl" <(printf PK) || fail "curl did not get the archive"
again() { [ "$(squid_fetch "${browser[@]}" "$1")" = "$2" ]; }
eventually again $url/good.zip 200
cmp -s "$work/curl" "$squid_work/body" || fail "the browser got something else"
eventually again $url/bad.zip 403
grep -q 'Eicar-Test-Signature' "$squid_work/body" || fail "no block page"
eventually grep -q 'verdict: unknown (sandbox)' "$LOG"
