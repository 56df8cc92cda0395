#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Everything at once, over a wire that loses and disorders: clients of every kind, and meanwhile reloads, tries, promotions
# and rollbacks, captures, a cache that is cleared, control killed; first with modes that change, then in advanced mode.
# Each answer is right, and at the end all is given back: sessions, holds, blocks, buffers, descriptors; and memory does
# not grow from one half to the other. SLUICE_ENDURANCE_S=1800: for an hour.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
seconds=${SLUICE_ENDURANCE_S:-10} seed=${SLUICE_ENDURANCE_SEED:-$RANDOM}
here=$(mktemp -d)
printf 'Endurance.One\tnobody-sends-this-marker\n' >"$here/one.lit"
printf 'Endurance.Tried\tnor-does-anybody-send-this\n' >"$here/tried.lit"
printf 'no line of its format\n' >"$here/wrong.lit"
lab_up --cores 2 --tamper loss=0.3%,reorder=1%,dup=0.1% --seed "$seed" --set "signatures.sources=$here/one.lit" \
	--set icap.head_timeout_ms=8000 --set icap.body_timeout_ms=8000 --set icap.idle_timeout_ms=8000 # a reset may be lost
trap 'touch "$here/end"; wait; tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
client() { in_lab python3 tests/scenario/endurance.py "$ICAP_HOST" "$ICAP_PORT" "$@"; }
sum() { in_lab curl -sS --max-time 10 "http://$HTTP/metrics" | awk -v p="$1" 'index($0, p) == 1 { n += $NF; m = 1 } END { if (m) printf "%d\n", n }'; }
idle() { [ "$(sum sluice_sessions_busy_now) $(sum sluice_held_now) $(sum sluice_connections_now) $(sum sluice_jobs_)" = '0 0 0 0' ]; }
descriptors() { find "/proc/$(cat "$1")/fd" -mindepth 1 | wc -l; }
resident_kib() { awk '/^RssAnon/ {print $2}' "/proc/$(cat "$1")/status"; }

gone='control closed the connection|no control process|no dataplane is attached' # where control was just killed

# Until the file `end` is there, one after the other; what is refused is told.
again() {
	until [ -e "$here/end" ]; do
		"$@" >"$here/$1.out" 2>&1 || echo "$1: $(tail -n 1 "$here/$1.out")" >>"$here/refused"
	done
}
mode() { "${ctl[@]}" mode "$(shuf -n 1 -e standard advanced)" && sleep 0.2; }
signatures() {
	"${ctl[@]}" sig reload && "${ctl[@]}" sig try "$here/tried.lit" && "${ctl[@]}" sig promote && "${ctl[@]}" sig rollback &&
		sleep 0.5 && ! "${ctl[@]}" sig try "$here/wrong.lit"
}
look() {
	"${ctl[@]}" tcp --limit 5 && "${ctl[@]}" alerts 3 && "${ctl[@]}" cache clear && "${ctl[@]}" top --count 1 &&
		"${ctl[@]}" capture -o "$here/frames.pcapng" --seconds 1 && "${ctl[@]}" scan "$here/wrong.lit"
}
# Twice, or every 30 s: what is asked of it just then is refused.
crash() {
	until [ -e "$here/end" ]; do
		sleep $((seconds < 60 ? seconds : 30))
		kill -9 "$(cat "$CONTROL_PID")" && eventually "${ctl[@]}" status
	done
}

# half NAME [held]: clients for that time, beside all that goes on; then all is as it was.
half() {
	client "$seconds" "$seed" "${@:2}" >"$here/came" || fail "seed $seed, $1: $(cat "$here/came")"
	eventually idle
	[ "$(sum sluice_arena_free_now) blocks, $(sum sluice_mbufs_free_now) buffers" = "$free" ] ||
		fail "seed $seed, $1: $free were free, and now $(sum sluice_arena_free_now) and $(sum sluice_mbufs_free_now)"
}
# grown WHAT BEFORE NOW BY
grown() { [ "$3" -le $(($2 + $4)) ] || fail "seed $seed: $1: $2, and later $3"; }

# All that is made once, whatever comes: pools' caches, the store.
client 2 1 >"$here/came" || fail "at first: $(cat "$here/came")"
eventually idle
free="$(sum sluice_arena_free_now) blocks, $(sum sluice_mbufs_free_now) buffers"
files=$(descriptors "$DATAPLANE_PID")
again signatures &
again look &
crash &
again mode &
half 'modes that change'
kill $!
kib=$(resident_kib "$DATAPLANE_PID") control_kib=$(resident_kib "$CONTROL_PID") control_files=$(descriptors "$CONTROL_PID")
eventually "${ctl[@]}" mode advanced
half 'advanced mode' held
touch "$here/end"
wait
if refused=$(grep -vE "$gone" "$here/refused"); then fail "seed $seed: $refused"; fi
eventually "${ctl[@]}" status
grown 'descriptors of the dataplane' "$files" "$(descriptors "$DATAPLANE_PID")" 4
grown "descriptors of control" "$control_files" "$(descriptors "$CONTROL_PID")" 4
grown "the dataplane's KiB" "$kib" "$(resident_kib "$DATAPLANE_PID")" 65536
grown "control's KiB" "$control_kib" "$(resident_kib "$CONTROL_PID")" 16384
