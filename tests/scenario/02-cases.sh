#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# The failures people reported, as raw ICAP; and every message Squid 5.7 was recorded to send.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
[ -r "$shared/cases/icapcases.py" ] || skip "no shared cases"
lab_up
in_lab python3 "$shared/cases/icapcases.py" "$ICAP_HOST" "$ICAP_PORT"
in_lab python3 "$shared/cases/icapcases.py" "$ICAP_HOST6" "$ICAP_PORT" --only P02,P12,P32
in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" replay "$shared"/data/captures/squid-5.7/*.icap
