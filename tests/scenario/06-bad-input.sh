#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# What must not start says why in one line and exits non-zero.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
refused() {
	local what=$1
	shift
	if "$@" >"$here/out" 2>&1; then fail "$what: started"; fi
	[ "$(wc -l <"$here/out")" = 1 ] || fail "$what: not one line: $(cat "$here/out")"
	cat "$here/out"
}
dirs=(--instance "$lab_name" --run-directory "$here/run" --state-directory "$here/state" --log-directory "$here/log")
printf 'mode: standrad\n' >"$here/bad.yaml"
printf 'mode: standard\n' >"$here/good.yaml"
refused "bad mode" build/release/sluice-dataplane "${dirs[@]}" --config "$here/bad.yaml"
grep -q 'bad.yaml:1:.*standrad.*monitor' "$here/out" || fail "no file, line and expectation"
refused "no file" build/release/sluice-control "${dirs[@]}" --config "$here/none.yaml"
refused "no interface" build/release/sluice-dataplane "${dirs[@]}" --config "$here/good.yaml" \
	--set dataplane.port.interface=none0 --set dataplane.addresses=192.0.2.2/24
refused "unknown flag" build/release/sluicectl --name "$lab_name" mode
lab_up
refused "second instance" build/release/sluice-control --instance "$lab_name" --config "$here/good.yaml" \
	--set dataplane.port.interface=none0 --set dataplane.addresses=192.0.2.2/24
