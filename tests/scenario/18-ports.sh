#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# Every kind of port that needs no spare NIC beside af_packet, which all other scenarios use: ping,
# ping6, clean objects, EICAR, and 1 MiB there and back byte for byte (a body sent back lies in the
# shared arena by then, which not every driver may read).
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
ask() {
	in_lab python3 tests/scenario/icap.py "$1" "$ICAP_PORT" "${@:2}"
}
answers() {
	local kind=$1 cores=$2
	lab_up --port "$kind" --cores "$cores"
	in_lab ping -q -c 3 -i 0.2 "$ICAP_HOST" >/dev/null || fail "$kind, $cores cores: ping"
	in_lab ping -q -c 3 -i 0.2 "$ICAP_HOST6" >/dev/null || fail "$kind, $cores cores: ping6"
	ask "$ICAP_HOST" clean 20 || fail "$kind, $cores cores: clean objects"
	ask "$ICAP_HOST6" eicar 5 || fail "$kind, $cores cores: EICAR"
	ask "$ICAP_HOST" bulk 5 1048576 || fail "$kind, $cores cores: 1 MiB"
	tools/lab down --name "$lab_name"
	echo "$kind, $cores cores: ok"
}
# The interface of an af_xdp port has addresses of the kernel's, too: both answer. A dataplane that was
# killed is in nobody's way; somebody else's program is.
shares_with_the_kernel() {
	local plane=sluice-$lab_name-dp device address address6
	lab_up --port af_xdp --cores 2 --set dataplane.router_advertisements=false
	address=${ICAP_HOST%.*}.9 address6=${ICAP_HOST6%::*}::9
	device=$(ip -n "$plane" -o link show | sed -n 's/^[0-9]*: \(sld[^@:]*\).*/\1/p')
	ip netns exec "$plane" sysctl -qw "net.ipv6.conf.$device.disable_ipv6=0"
	ip -n "$plane" address add "$address/24" dev "$device"
	ip -n "$plane" address add "$address6/64" dev "$device" nodad
	for _ in 1 2; do
		for host in "$ICAP_HOST" "$ICAP_HOST6" "$address" "$address6"; do
			eventually in_lab ping -q -c 1 -W 1 "$host"
		done
		ask "$ICAP_HOST" eicar 5 || fail "shared: EICAR"
		kill -9 "$(cat "$DATAPLANE_PID")"
		sleep 1
	done
	eventually in_lab ping -q -c 1 -W 1 "$ICAP_HOST"
	ip -n "$plane" -d link show "$device" | grep -q 'name sluice_xdp' || fail "not our program"
	tools/lab down --name "$lab_name"
	echo "shared with the kernel: ok"
}
for kind in af_xdp tap virtio; do answers $kind 2; done
answers virtio 1
shares_with_the_kernel
if pgrep -f "sluice-$lab_name-vhost" >/dev/null; then fail "the lab left its forwarder behind"; fi
