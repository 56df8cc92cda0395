# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2119,SC2120
# Sourced by every scenario: a lab of its own, taken down however the scenario ends.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
scenario=$(basename "$0" .sh)
lab_name=${SLUICE_TEST_LAB:-test}-${scenario%%-*} # two trees may test side by side
ctl=(build/release/sluicectl --name "$lab_name")
shared=${SLUICE_SHARED:-../shared}

lab_up() {
	tools/lab up --name "$lab_name" "$@"
	trap 'tools/lab down --name "$lab_name"' EXIT
	eval "$(tools/lab env --name "$lab_name")"
}

in_lab() {
	tools/lab exec --name "$lab_name" -- "$@"
}

skip() {
	echo "$*"
	exit 77
}

fail() {
	echo "FAIL: $*" >&2
	tail -n 5 "/var/log/sluice/$lab_name/"*.out >&2 || true
	exit 1
}

# Waits until a command succeeds, at most 15 s.
eventually() {
	for _ in $(seq 150); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	fail "never: $*"
}
