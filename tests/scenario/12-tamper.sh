#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The kernel as peer over a wire that loses 1 %, disorders 2 % and doubles 0.1 % of the frames, each
# way: 1 MiB there and back, byte for byte, on four connections at once. SLUICE_TRANSFERS=1000 runs
# the long form. Then worse loss, and the smallest and largest frames.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
each=$(((${SLUICE_TRANSFERS:-120} + 3) / 4))

# Four clients at once, `count` transfers each, to a host.
transfers() {
	local host=$1 count=$2 client clients=()
	for _ in 1 2 3 4; do
		in_lab python3 tests/scenario/icap.py "$host" "$ICAP_PORT" bulk "$count" 1048576 &
		clients+=($!)
	done
	for client in "${clients[@]}"; do
		wait "$client" || fail "a transfer to $host, $count each, $*"
	done
}

# What the wire did, so that a run without loss is no proof.
tampered() {
	local link
	link=$(pgrep -P "$(cat "/run/sluice/$lab_name/lab/tamper.supervisor")" sluice-tamper)
	kill -USR1 "$link"
	eventually grep -qE 'lost [1-9][0-9]*, reordered [1-9][0-9]*, doubled [1-9]' "/var/log/sluice/$lab_name/tamper.out"
}

lab_up --tamper loss=1%,reorder=2%,dup=0.1%
transfers "$ICAP_HOST" "$each"
tampered
transfers "$ICAP_HOST6" 8
tools/lab down --name "$lab_name"
for mtu in 1280 9000; do
	lab_up --mtu $mtu --tamper loss=5%,reorder=5%,dup=1% --seed $mtu
	transfers "$ICAP_HOST" 5
	tools/lab down --name "$lab_name"
done
if tools/lab up --name "$lab_name" --tamper loss=3 2>/dev/null; then fail "a bad spec was taken"; fi
