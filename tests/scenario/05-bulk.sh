#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# The kernel as peer: transfers of 1 MiB both ways, byte for byte, over IPv4 and IPv6, and on two cores.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up
in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" bulk 60 1048576
in_lab python3 tests/scenario/icap.py "$ICAP_HOST6" "$ICAP_PORT" bulk 20 1048576
tools/lab down --name "$lab_name"
lab_up --cores 2
for _ in 1 2 3 4; do
	in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" bulk 10 1048576
done
