#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# ping and ping6 at MTU 1500 and 9000, whole and just below the MTU.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
for mtu in 1500 9000; do
	lab_up --mtu $mtu
	in_lab ping -c 3 -i 0.2 "$ICAP_HOST"
	in_lab ping -c 3 -i 0.2 "$ICAP_HOST6"
	in_lab ping -M "do" -c 2 -i 0.2 -s $((mtu - 28)) "$ICAP_HOST"
	in_lab ping -M "do" -c 2 -i 0.2 -s $((mtu - 48)) "$ICAP_HOST6"
	tools/lab down --name "$lab_name"
done
