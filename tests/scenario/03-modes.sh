#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# EICAR in each mode; the mode switched a hundred times under load with no failed request; the log's
# shape; an alert that names the client.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up
client=(in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT")
passes() { [ "$("${client[@]}" eicar 1 || true)" = 204 ]; }
for mode in standard advanced; do
	"${ctl[@]}" mode $mode
	"${client[@]}" eicar 2
done
"${ctl[@]}" mode monitor
passes || fail "monitor blocked"
eventually grep -q 'in monitoring mode .*verdict: bad' "$LOG"
"${ctl[@]}" mode disabled
passes || fail "disabled blocked"
# Whoever keeps what was let through by its ISTag must ask again: it is another in each mode, and the same again in one.
istag() { "${client[@]}" istag; }
changed() { [ "$(istag)" != "$1" ]; }
same() { [ "$(istag)" = "$1" ]; }
disabled=$(istag)
seen=$disabled
for mode in monitor standard advanced; do
	"${ctl[@]}" mode $mode >/dev/null
	eventually changed "${seen##* }"
	seen+=" $(istag)"
done
[ "$(tr ' ' '\n' <<<"$seen" | sort -u | wc -l)" = 4 ] || fail "ISTag in the modes: $seen"
"${ctl[@]}" mode disabled >/dev/null
eventually same "$disabled"
if "${ctl[@]}" mode nonsense 2>/dev/null; then fail "a wrong mode was taken"; fi

"${client[@]}" load 6 >/tmp/"$lab_name".load &
load=$!
for _ in $(seq 25); do
	for mode in disabled monitor standard advanced; do "${ctl[@]}" mode $mode >/dev/null; done
done
wait $load || fail "load: $(cat /tmp/"$lab_name".load)"
cat /tmp/"$lab_name".load
rm -f /tmp/"$lab_name".load

"${ctl[@]}" --json alerts | grep -q '"client":"192.0.2.7"' || fail "no alert names the client"
line='^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} INF [0-9]+ dataplane/inspect/respmod\.c:[0-9]+ \[sid: 0x[0-9a-f]{8}\] RESPMOD: Finish processing file in blocking_simple mode \(request url: .www\.example\.test/a\.bin., size: [0-9]+, filename: .a\.bin., uuid: [0-9a-f]{32}, md5: [0-9a-f]{32}, format: [A-Za-z0-9]+\), processing time: [0-9]+\.[0-9]{3}ms, verdict: (clean|bad) \([a-z]+\)$'
grep -qE "$line" "$LOG" || fail "the log's shape: $(tail -1 "$LOG")"
uuid=$(sed -n 's/.*uuid: \([0-9a-f]*\),.*/\1/p' "$LOG" | tail -1)
"${ctl[@]}" explain "$uuid" | grep -q sha256 || fail "explain"
