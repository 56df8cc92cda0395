#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# ping and ping6 at MTU 1500 and 9000: small, just below the MTU, and in fragments there and back.
# Then an IPv6 address that another host has: not used, and told.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
for mtu in 1500 9000; do
	lab_up --mtu $mtu
	in_lab ping -c 3 -i 0.2 "$ICAP_HOST"
	in_lab ping -c 3 -i 0.2 "$ICAP_HOST6"
	in_lab ping -M "do" -c 2 -i 0.2 -s $((mtu - 28)) "$ICAP_HOST"
	in_lab ping -M "do" -c 2 -i 0.2 -s $((mtu - 48)) "$ICAP_HOST6"
	in_lab ping -c 2 -i 0.2 -s 4000 "$ICAP_HOST"
	in_lab ping -c 2 -i 0.2 -s 9000 "$ICAP_HOST6"
	tools/lab down --name "$lab_name"
done

lab_up --set dataplane.duplicate_address_detection=true
grep -q "instance $lab_name, 1 core, ready$" "/var/log/sluice/$lab_name/dataplane.out" || fail "the ready line"
eventually in_lab ping -c 1 -W 1 "$ICAP_HOST6"
device=$(in_lab ip -o -4 route get "$ICAP_HOST" | sed 's/.* dev \([^ ]*\).*/\1/')
in_lab ip addr add "$ICAP_HOST6/64" dev "$device" nodad
kill -9 "$(cat "$DATAPLANE_PID")"
eventually grep -q "WRN address $ICAP_HOST6 is in use by another host" "/var/log/sluice/$lab_name/dataplane.out"
eventually in_lab ping -c 1 -W 1 "$ICAP_HOST"
