#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# The Linux kernel as peer, in every mood: bulk both ways, requests and answers, short connections,
# half-closes, resets, stalls (tests/scenario/tcp_peer.py), with each TCP option on and off, over MTU,
# IP version, VLAN, loss and reordering. Every body is compared byte for byte, and what was agreed on is
# asked of the kernel. Here a short matrix; SLUICE_MATRIX=full runs all of it, SLUICE_MATRIX="576 1500"
# that of these MTUs (docs/tcp-peer.md). Three wires at once, each a lab: nearly all of it is waiting.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
scale=0.3 lanes=3 wires=()

peer() {
	in_lab python3 tests/scenario/tcp_peer.py "$@"
}

# The client's kernel from here on: `moods` names each set of switches.
declare -A moods=(
	[default]="" [no-ts]="tcp_timestamps=0" [no-sack]="tcp_sack=0" [no-wscale]="tcp_window_scaling=0"
	[bare]="tcp_timestamps=0 tcp_sack=0 tcp_window_scaling=0" [ecn]="tcp_ecn=1 tcp_ecn_fallback=0"
	[reno]="" [cubic]="" # chosen by tcp_peer.py for each connection
)
declare -A agreed=(
	[default]="ts sack wscale" [no-ts]="sack wscale" [no-sack]="ts wscale" [no-wscale]="ts sack"
	[bare]="" [ecn]="ts sack wscale ecn" [reno]="ts sack wscale" [cubic]="ts sack wscale"
)
all_moods=(default no-ts no-sack no-wscale bare ecn reno cubic)
usual=(tcp_timestamps=1 tcp_sack=1 tcp_window_scaling=1 tcp_ecn=2)

mood() {
	local setting rto_max_ms=120000
	# shellcheck disable=SC2086
	for setting in "${usual[@]}" ${moods[$1]}; do in_lab sysctl -qw "net.ipv4.$setting"; done
	# What the kernel, as sender, does with nothing but duplicate ACKs: each loss of a flight costs a
	# timeout, doubled, for minutes, whoever answers (docs/tcp-peer.md). From 6.15 on it can be capped.
	[ "$1" != bare ] || rto_max_ms=1000
	in_lab sysctl -qw net.ipv4.tcp_rto_max_ms=$rto_max_ms 2>/dev/null || true
	export CONGESTION=''
	[[ $1 != reno && $1 != cubic ]] || CONGESTION=$1
}

# One cell: mood, then `4` or `6`.
cell() {
	local host=$ICAP_HOST out
	[ "$2" = 4 ] || host=$ICAP_HOST6
	mood "$1"
	# shellcheck disable=SC2086
	out=$(peer "$host" "$ICAP_PORT" cell "$scale" ${agreed[$1]}) ||
		fail "$where, IPv$2, $1: $out"
}

# A wire: scale, MTU, VLAN (0: none), what it does (empty: nothing); then the cells on it, as MOOD:VERSION.
wire() {
	scale=$1
	shift
	# A reset that the wire lost is found out by keepalive.
	local one options=(--mtu "$1" --vlan "$2" --set tcp.keepalive_idle_s=2 --set tcp.keepalive_interval_s=1)
	local since=$SECONDS
	where="MTU $1, VLAN $2, ${3:-a good wire}"
	[ -z "$3" ] || options+=(--tamper "$3" --seed "$1")
	lab_up "${options[@]}"
	for one in "${@:4}"; do cell "${one%:*}" "${one#*:}"; done
	[ -z "$3" ] || tampered
	eventually none_left
	tools/lab down --name "$lab_name"
	echo "$where: $(($# - 3)) cells, $((SECONDS - since)) s"
}

# What the wire did: a run without loss would be no proof.
tampered() {
	kill -USR1 "$(pgrep -P "$(cat "/run/sluice/$lab_name/lab/tamper.supervisor")" sluice-tamper)"
	eventually grep -qE 'lost [1-9][0-9]*, reordered [1-9]' "/var/log/sluice/$lab_name/tamper.out"
}

# Later, in one of the lanes: a wire.
later() {
	wires+=("$(printf '%q ' "$@")")
}

# The wires of a lane, one after the other; the lanes' lengths are alike where the list alternates.
lane() {
	local i words
	lab_name+=-$1 ctl=(build/release/sluicectl --name "$lab_name")
	for ((i = $1; i < ${#wires[@]}; i += lanes)); do
		eval "words=(${wires[i]})"
		wire "${words[@]}"
	done
}

all_lanes() {
	local i bad=0 running=()
	for ((i = 0; i < lanes; i++)); do
		lane "$i" &
		running+=($!)
	done
	for i in "${running[@]}"; do wait "$i" || bad=1; done
	[ "$bad" = 0 ] || exit 1
}

# Every connection, reset or closed, is gone.
none_left() {
	"${ctl[@]}" --json status | python3 -c 'import json, sys; sys.exit(json.load(sys.stdin)["connections"] != 0)'
}

# Loss and reordering; a tagged wire takes the two ends of the list.
losses_of() {
	if [ "$1" = 0 ]; then echo 0 1 5 10; else echo 0 5; fi
}

if [ -n "${SLUICE_MATRIX:-}" ]; then
	lab_up
	peer "$ICAP_HOST" "$ICAP_PORT" short 10 || fail "3,000 short connections"
	tools/lab down --name "$lab_name"
	[ "$SLUICE_MATRIX" != full ] || SLUICE_MATRIX="576 1280 1500 9000"
	for mtu in $SLUICE_MATRIX; do
		versions=(4 6)
		[ "$mtu" -ge 1280 ] || versions=(4)
		chosen=()
		for version in "${versions[@]}"; do
			for one in "${all_moods[@]}"; do chosen+=("$one:$version"); done
		done
		for vlan in 0 100; do
			for loss in $(losses_of $vlan); do
				scale=1 tamper=''
				[ "$loss" = 0 ] || scale=0.3 tamper="loss=$loss%,reorder=$loss%,dup=0.1%"
				[ "$loss" != 10 ] || scale=0.1
				later "$scale" "$mtu" "$vlan" "$tamper" "${chosen[@]}"
			done
		done
	done
else
	later 0.3 1500 0 '' default:4 no-ts:6 no-sack:4 no-wscale:6 bare:4 ecn:4
	later 0.1 1500 0 'loss=10%,reorder=10%' default:6
	later 0.1 1280 100 'loss=5%,reorder=5%' ecn:6 no-ts:4
	later 0.1 9000 100 '' cubic:6 reno:4
	later 0.1 576 0 'loss=1%,reorder=2%,dup=0.1%' default:4 bare:4
fi
all_lanes
