#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What is served over HTTP: metrics that agree with what was sent and with docs/metrics.md, the JSON
# answers, only to be read, from where http.listen says and nowhere else.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
printf 'Needle\tneedle-in-a-haystack\n' >"$here/some.lit"
lab_up --cores 2 --set signatures.sources="$here/some.lit"
trap 'rm -rf "$here"; tools/lab down --name "$lab_name"' EXIT
client=(in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT")

get() {
	in_lab curl -sS --max-time 10 "http://$HTTP$1"
}
# The value of all samples whose line begins so, summed up.
sum() {
	get /metrics | awk -v p="$1" 'index($0, p) == 1 { n += $NF } END { printf "%d\n", n }'
}
is() {
	[ "$(sum "$1")" = "$2" ]
}

eventually is sluice_dataplane_attached 1
"${client[@]}" clean 5
"${client[@]}" eicar 3
eventually is sluice_objects_respmod_total 8
eventually is sluice_verdicts_bad_total 3
eventually is sluice_blocked_total 3
eventually is sluice_object_seconds_count 8
eventually is 'sluice_object_seconds_bucket{core="0",le="+Inf"}' "$(sum 'sluice_object_seconds_count{core="0"}')"
turns_agree() { # the turn that runs is counted when it has ended
	local n busy
	n=$(sum sluice_turn_seconds_count)
	busy=$(sum sluice_turns_busy_total)
	[ "$n" -ge 8 ] && [ "$n" -le "$busy" ] && [ $((n + 20)) -ge "$busy" ]
}
eventually turns_agree
eventually is sluice_log_lines_total 8
eventually is sluice_alerts 3
has_literals() { [ "$(sum 'sluice_signatures{kind="literals"}')" -gt 0 ]; }
eventually has_literals
is 'sluice_mode{mode="standard"}' 1 || fail "the mode: $(get /metrics | grep sluice_mode)"
for core in 0 1; do
	is "sluice_mbufs_free_now{core=\"$core\"}" 0 && fail "core $core tells no gauge"
done

# The names are those of docs/metrics.md, and Prometheus' own parser takes all of it.
get /metrics >"$here/metrics"
sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$here/metrics" | while read -r name; do
	grep -qF "\`$name\`" docs/metrics.md || fail "$name is not in docs/metrics.md"
done
# shellcheck disable=SC2016 # backquotes of Markdown
sed -n 's/^| `\(sluice_[a-z_]*\)` .*/\1/p' docs/metrics.md | while read -r name; do
	grep -q "^# TYPE $name " "$here/metrics" || fail "docs/metrics.md has $name, which is not told"
done
# Debian's Python has it, whichever comes first in PATH.
if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
	/usr/bin/python3 - "$here/metrics" <<'EOF' || fail "prometheus_client does not take it"
import sys
from prometheus_client.parser import text_string_to_metric_families as parse
families = {f.name: f for f in parse(open(sys.argv[1]).read())}
assert len(families) > 50, len(families)
for f in families.values():
    assert f.type in ("counter", "gauge", "histogram"), (f.name, f.type)
    assert f.documentation and f.samples, f.name
for name in ("sluice_object_seconds", "sluice_scan_seconds", "sluice_hold_seconds"):
    for core in "01":
        buckets = [s.value for s in families[name].samples
                   if s.name.endswith("_bucket") and s.labels["core"] == core]
        assert buckets == sorted(buckets) and len(buckets) == 31, (name, buckets)
EOF
else
	echo "python3-prometheus-client is absent: its parser was not asked"
fi

# The JSON answers are those of sluicectl.
grep -q '"mode": "standard"' <<<"$(get /api/status)" || fail "status: $(get /api/status)"
grep -q '"bad (scanned)": [13]' <<<"$(get /api/stats)" || fail "stats: $(get /api/stats)"
next=$(get '/api/alerts?limit=2' | sed -n 's/.*"next": "\([0-9.]*\)".*/\1/p')
[ "$(get "/api/alerts?limit=2&before=$next" | grep -c '"uuid"')" = 1 ] || fail "the second page of alerts"

# The page: what was alerted on, in the words of the wire and in no element of their making.
url='http://evil.example/<script>alert(1)</script>'
[ "$("${client[@]}" body 'a needle-in-a-haystack' "$url")" = 200 ] || fail "the needle was not found"
page_has() { grep -qF "$1" <<<"$(get /)"; }
eventually page_has 'evil.example/&lt;script&gt;alert(1)&lt;/script&gt;'
if page_has '<script'; then fail "an element from the wire"; fi
uuid=$(get '/api/alerts?limit=1' | sed -n 's/.*"uuid": "\([0-9a-f]*\)".*/\1/p')
page_has "<a href=\"/object?uuid=$uuid\">" || fail "the alert is no link to its object"
get "/object?uuid=$uuid" >"$here/object"
for words in '<dt>rule</dt><dd><code>Needle</code>' '<dt>rule at</dt><dd><code>some.lit:1</code>' \
	'evil.example/&lt;script&gt;' '<span class="pill bad">bad (scanned)</span>'; do
	grep -qF "$words" "$here/object" || fail "the object's page has no $words"
done
grep -q '<script' "$here/object" && fail "an element from the wire, on the object's page"
page_has '<span class="pill">standard</span>' || fail "the page does not name the mode"
page_has '<title>Sluice ' || fail "the page's title: $(get / | grep title)"
page_has 'http-equiv="refresh"' || fail "the page does not ask for itself anew"
in_lab curl -sI "http://$HTTP/" | grep "^Content-Security-Policy: default-src 'none'" >"$here/policy" || fail "no policy for scripts"

# Only to be read, within bounds, and for nobody who came by a foreign name.
answers() {
	local code
	code=$(in_lab curl -sS --max-time 10 -o /dev/null -w '%{http_code}' "${@:2}")
	[ "$code" = "$1" ] || fail "${*:2}: $code, expected $1"
}
answers 405 -X POST -d '{"command":"mode","mode":"disabled"}' "http://$HTTP/api/status"
answers 404 "http://$HTTP/api/mode"
answers 400 "http://$HTTP/api/alerts?limit=0"
answers 404 "http://$HTTP/object?uuid=00000000000000000000000000000000"
answers 421 -H 'Host: evil.example' "http://$HTTP/metrics"
answers 200 -H 'Host: localhost:9' "http://$HTTP/metrics"
head -c 20000 /dev/zero | tr '\0' a >"$here/long"
code=$(in_lab curl -s --max-time 10 -o /dev/null -w '%{http_code}' -H "X: $(cat "$here/long")" "http://$HTTP/" || true)
[[ $code = 4* || $code = 000 ]] || fail "a head of 20,000 bytes: $code"
"${ctl[@]}" status | grep -q 'mode *standard' || fail "the mode was changed"

# The dataplane goes away: what is not known is not told.
kill -STOP "$(cat "/run/sluice/$lab_name/lab/dataplane.supervisor")"
kill -9 "$(cat "$DATAPLANE_PID")"
eventually is sluice_dataplane_attached 0
grep -q 'core=' <<<"$(get /metrics)" && fail "a core's numbers without a dataplane"
answers 503 "http://$HTTP/api/stats"
page_has 'No dataplane.' || fail "the page does not say that the dataplane is gone"
kill -CONT "$(cat "/run/sluice/$lab_name/lab/dataplane.supervisor")"
eventually is sluice_dataplane_attached 1

# Elsewhere by --set, as the lab's word says; a taken address costs one line and nothing else.
tools/lab down --name "$lab_name"
lab_up --set 'http.listen=[::1]:9001'
[ "$HTTP" = '[::1]:9001' ] || fail "the lab says HTTP=$HTTP"
eventually get /api/status
in_lab curl -s --max-time 5 "http://127.0.0.1:8344/" && fail "it listens at the default, too"
tools/lab down --name "$lab_name"
lab_up --set http.listen=
[ -z "$HTTP" ] || fail "the lab says HTTP=$HTTP"
in_lab curl -s --max-time 5 "http://127.0.0.1:8344/" && fail "it listens, though it is off"
tools/lab down --name "$lab_name"
lab_up
eventually get /api/status
said=$(in_lab timeout 2 build/release/sluice-control --instance "$lab_name-b" \
	--config "/run/sluice/$lab_name/lab/sluice.yaml" --set dataplane.addresses=192.0.2.1/24 \
	--set dataplane.port.interface=none0 --set http.listen="$HTTP" --run-directory "$here/run" \
	--state-directory "$here/state" --log-directory "$here/log" 2>&1 || true)
[ "$(grep -c "http.listen: $HTTP: Address already in use" <<<"$said")" = 1 ] || fail "in use: $said"
grep -q ready <<<"$said" || fail "control did not start: $said"
