#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A wire that stands still for a while, in both directions: the dataplane keeps what it cannot send
# (tx_waits) and loses none of it (tx_dropped), and every object comes back byte for byte.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
[ "$(nproc)" -ge 2 ] || skip "one processor: the dataplane and the generator need one each"
python3 tests/scenario/behind.py || fail "a wire that stood still"
