#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# Sixteen clients at once behind Squid as docs/clients/squid.md has it: no object is lost, changed or cut.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
# shellcheck source=tools/squid.sh
. tools/squid.sh
command -v squid >/dev/null || skip "no squid"
lab_up
trap 'squid_down; tools/lab down --name "$lab_name"' EXIT
squid_up "$lab_name" "$ICAP_HOST"
in_lab timeout 200 python3 tests/scenario/squid_crowd.py 3128 8081 3000 16 >"$squid_work/told" || fail "$(cat "$squid_work/told")"
