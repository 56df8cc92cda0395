#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# The log is rotated by size, moved away with SIGHUP as logrotate does, and followed by sluicectl, all
# under traffic: each object has its line exactly once. Those of which a control that had no processor
# could not hear are counted in a line of their own.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up --set log.bytes_max=65536 --set log.keep=1000 --set log.json=true
here=$(mktemp -d)
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
directory=$(dirname "$LOG")
"${ctl[@]}" log -f >"$here/followed" &
follower=$!
in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" load 6 >"$here/asked" &
load=$!
for i in 1 2 3 4 5; do
	sleep 1
	eventually mv "$LOG" "$directory/moved.$i" # for a moment there is none: it may be rotated by size
	kill -HUP "$(cat "$CONTROL_PID")"
done
wait $load || fail "an answer was wrong: $(cat "$here/asked")"
asked=$(grep -oE '[0-9]+' "$here/asked" | head -1)
everything() { cat "$directory"/sluice.log* "$directory"/moved.*; }
lines() { everything | grep 'RESPMOD: Finish processing file'; }
lost() { everything | awk '/ records lost on core / { for (i = 1; i < NF; i++) if ($(i + 1) == "records") n += $i } END { print n + 0 }'; }
complete() { [ $(($(lines | wc -l) + $(lost))) = "$asked" ]; }
eventually complete
told=$((asked - $(lost)))
[ $told -gt 0 ] || fail "no line at all"
[ "$(lines | grep -o 'uuid: [0-9a-f]*' | sort -u | wc -l)" = $told ] || fail "a line stands twice"
[ "$(cat "$directory"/sluice.jsonl* | wc -l)" = $told ] || fail "the JSON twin has not as many"
rotated=("$directory"/sluice.log.*)
[ ${#rotated[@]} -ge 3 ] || fail "nothing was rotated by size"
for file in "$directory"/sluice.log* "$directory"/moved.*; do
	[ "$(tail -c 1 "$file" | wc -l)" = 1 ] || [ ! -s "$file" ] || fail "$file ends within a line"
done
kill $follower
wait $follower || true
followed=$(grep -o 'uuid: [0-9a-f]*' "$here/followed" | sort -u | wc -l)
[ "$followed" -gt 0 ] || fail "log -f showed nothing"
echo "asked $asked, lost $(lost), in ${#rotated[@]} files rotated by size and 5 moved; followed $followed"
