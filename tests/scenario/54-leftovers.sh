#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Of a lab nothing stays but its state and log: not after `down`, and not where its supervisors and all their
# processes, or the supervisors alone, were killed before.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
processes() { pgrep -f -- "$lab_name" | while read -r p; do
	grep -qz "^sluice-\|/sluice-\|^dpdk-testpmd" "/proc/$p/cmdline" 2>/dev/null && tr '\0' ' ' <"/proc/$p/cmdline" && echo
done || true; }
nothing_is_left() {
	local left
	left=$(processes)
	left+=$(find /run/sluice /run/netns /run/dpdk -maxdepth 1 -name "*$lab_name*" 2>/dev/null || true)
	left+=$(ip -o link | grep -F "$interface" || true)
	[ -z "$left" ] || fail "$1 left: $left"
}
# What can't be says so at once, in a line, and leaves nothing either.
refused() {
	local says=$1 said
	shift
	if said=$(timeout 60 "$@" 2>&1); then fail "$*: went well"; fi
	[[ $(wc -l <<<"$said") = 1 && $said == *"$says"* ]] || fail "$*: expected '$says', got: $said"
	[ -z "$(find /run/sluice /run/netns -maxdepth 1 -name "*$lab_name*" 2>/dev/null)" ] || fail "$*: left something"
}
mine=(--name "$lab_name")
refused "'$lab_name' is not up" tools/lab env "${mine[@]}"
refused "'$lab_name' is not up" tools/lab exec "${mine[@]}" -- true
refused "/nowhere can't be read" tools/lab up "${mine[@]}" --config /nowhere
refused "it does not start: sluice-dataplane: --set mode: 'fast' is not one of" tools/lab up "${mine[@]}" --set mode=fast
refused "needs root" setpriv --reuid=nobody --clear-groups tools/lab down "${mine[@]}"

kinds=(af_packet)
[ -z "$(command -v dpdk-testpmd)" ] || kinds+=(virtio)
for kind in "${kinds[@]}"; do
	for killed in nobody supervisors everybody; do
		lab_up --port "$kind" --tamper loss=0.1%
		[ -n "$(processes)" ] || fail "no process is seen"
		interface=$(in_lab ip -o link | grep -o 'slc[0-9a-f]*')
		lab=/run/sluice/$lab_name/lab
		[ "$killed" = nobody ] || cat "$lab"/*.supervisor | xargs kill -9
		[ "$killed" != everybody ] || cat "$lab"/*.child | xargs kill -9
		tools/lab down --name "$lab_name"
		nothing_is_left "$kind, killed: $killed"
	done
done
