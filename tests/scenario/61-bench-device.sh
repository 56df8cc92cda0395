#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The generator of our own TCP on devices of the kernel's, where there is no vhost-user socket: af_packet, which sends
# what is in one buffer only as its driver can, and af_xdp. Every answer is checked; bodies go both ways.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
value() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$@"; }

for wrong in "--device net_af_packet0,iface=none --address 10.0.0.1/24 10.0.0.2" \
	"--device net_null0 --queues 2 --socket /x --address 10.0.0.1/24 10.0.0.2" "--device none --address 10.0.0.1/24 10.0.0.2"; do
	# shellcheck disable=SC2086
	if build/release/sluice-bench-wire $wrong >/dev/null 2>&1 </dev/null; then fail "'$wrong' was taken"; fi
done

lab_up
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
device=$(ip -n "$NETNS" -o link show type veth | sed -n 's/^[0-9]*: \([^@:]*\).*/\1/p')
for kind in net_af_packet0,iface= net_af_xdp0,iface=; do
	printf '%s\n' "--json --milliseconds 200 --connections 4" "--json --milliseconds 200 --connections 4 --bytes 64K --no-204" \
		"--json --milliseconds 300 --connections 8 --rate 300" "--json --milliseconds 300 --connections 8 --mix --threats 20" |
		in_lab build/release/sluice-bench-wire --device "$kind$device" --address "${ICAP_HOST%.*}.77/24" "$ICAP_HOST" \
			>"$here/told" 2>"$here/err" || fail "$kind: $(cat "$here/told" "$here/err")"
	mapfile -t told < <(grep '^{' "$here/told")
	[ "${#told[@]}" = 4 ] || fail "$kind: ${#told[@]} plans of 4: $(cat "$here/err")"
	[ "$(value "${told[0]}" answered_204)" -gt 0 ] || fail "$kind: nothing was answered by 204"
	[ "$(value "${told[1]}" answered_200)" -gt 0 ] || fail "$kind: nothing came back"
	[ "$(value "${told[2]}" objects)" -gt 0 ] || fail "$kind: nothing at a rate"
	[ "$(value "${told[3]}" objects)" -gt 0 ] || fail "$kind: nothing of a mix"
	echo "${kind%0,*}: ok"
done
