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
for kind in af_xdp tap virtio; do answers $kind 2; done
answers virtio 1
if pgrep -f "sluice-$lab_name-vhost" >/dev/null; then fail "the lab left its forwarder behind"; fi
