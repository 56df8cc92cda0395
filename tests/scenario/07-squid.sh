#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# Real Squid with the reference configuration: the demonstration of `make run`, ended once shown.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
command -v squid >/dev/null || skip "no squid"
ONCE=1 LAB_NAME=$lab_name tools/demo
