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
address=(--set dataplane.addresses=192.0.2.2/24)
# What it is, what its line says, and the settings that make it so.
while IFS='|' read -r what says settings others; do
	sets=()
	for setting in $settings; do sets+=(--set "dataplane.$setting"); done
	for setting in $others; do sets+=(--set "$setting"); done
	refused "$what" build/release/sluice-dataplane "${dirs[@]}" --config "$here/good.yaml" "${address[@]}" "${sets[@]}"
	grep -qF -- "$says" "$here/out" || fail "$what: expected '$says'"
done <<-EOF
	no interface named|dataplane.port.interface|port.kind=af_packet
	no such interface|interface none0: there is none of this name|port.kind=af_xdp port.interface=none0
	no PCI device|PCI device 0000:ff:1f.7: there is none|port.kind=pci port.pci=0000:ff:1f.7
	no PCI address|dataplane.port.pci|port.kind=pci
	no vhost socket|none.sock: no vhost-user socket there yet|port.kind=virtio port.socket=$here/none.sock
	a socket that is a file|good.yaml: no vhost-user socket there yet|port.kind=virtio port.socket=$here/good.yaml
	a group's address|dataplane.port.mac: '01:00:5e:00:00:01'|port.interface=lo port.mac=01:00:5e:00:00:01
	no address|dataplane.port.mac: '02:00:00:00:00'|port.interface=lo port.mac=02:00:00:00:00
	no hugepages|MiB are needed and|port.interface=lo hugepages=on memory_mib=1000000
	no such CPU|dataplane.first_cpu: CPU 1000 is not one|port.interface=lo first_cpu=1000
	too few queues|interface lo has 1 receive queues for 2 cores|port.kind=af_xdp port.interface=lo cores=2
	no certificate|icaps.certificate: /nowhere: No such file or directory|port.interface=lo|icaps.port=11344 icaps.certificate=/nowhere icaps.key=/nowhere
	too large a frame|dataplane.port.mtu: 9000 is above|port.kind=af_xdp port.interface=lo port.mtu=9000
EOF
for kind in af_packet af_xdp tap; do
	mkdir -p "$here/nobody" && chown nobody "$here" "$here/nobody"
	refused "$kind without privileges" setpriv --reuid=nobody --clear-groups build/release/sluice-dataplane \
		--run-directory "$here/nobody" --state-directory "$here/nobody" --config "$here/good.yaml" "${address[@]}" \
		--set dataplane.port.kind=$kind --set dataplane.port.interface=lo
	grep -qE 'missing privilege: .*CAP_|/dev/net/tun' "$here/out" || fail "$kind: no privilege is named"
done
# shellcheck disable=SC2016
refused "somebody's XDP program" unshare -n bash -c 'ip link set lo up xdpgeneric obj "$1" sec xdp && shift && exec "$@"' - \
	/usr/lib/x86_64-linux-gnu/bpf/xdpfilt_alw_all.o build/release/sluice-dataplane "${dirs[@]}" \
	--config "$here/good.yaml" "${address[@]}" --set dataplane.port.kind=af_xdp --set dataplane.port.interface=lo
grep -q 'interface lo has the XDP program .* on it' "$here/out" || fail "whose program is not said"
refused "no control process" build/release/sluicectl --name "$lab_name" mode
refused "unknown command" build/release/sluicectl foo
grep -q "no command 'foo'" "$here/out" || fail "which command is not said"
refused "unknown option" build/release/sluicectl --bogus status
grep -q "no option '--bogus'" "$here/out" || fail "which option is not said"
refused "an option without its value" build/release/sluicectl status --name
grep -q -- '--name: expected a value' "$here/out" || fail "which option lacks its value is not said"
refused "unknown word" build/release/sluicectl cache foo
grep -qF 'not understood: cache foo; usage: sluicectl cache [clear]' "$here/out" || fail "its usage is not said"
refused "no time to sum up" build/release/sluicectl --name "$lab_name" top --seconds 0
grep -q -- '--seconds: expected 1 to 3600' "$here/out" || fail "what top takes is not said"
refused "no configuration" build/release/sluicectl --name "$lab_name" config check
refused "bad configuration" build/release/sluicectl config check "$here/bad.yaml"
# What a configuration names is looked for, and is told with its line, as what it says is.
whole='dataplane: {port: {interface: eth1}, addresses: [192.0.2.10/24]}'
while IFS='|' read -r says key value; do
	printf '%s\n%s:\n  %s: %s\n' "$whole" "${key%.*}" "${key#*.}" "$value" >"$here/names.yaml"
	refused "$key: $value" build/release/sluicectl config check "$here/names.yaml"
	grep -qF "names.yaml:3: $key: $says" "$here/out" || fail "$key: expected '$says'"
done <<-EOF
	'zzz', expected the name of a profile|profiles.fallback|zzz
	'/a', expected what to go by, a blank, and a profile|profiles.paths|[/b squid, /a]
	'/nowhere', expected a directory|profiles.directory|/nowhere
	'-1', expected a language, as en or pt-BR|pages.language|-1
	/nowhere: No such file|pages.directory|/nowhere
	'here', expected an address as https|pages.redirect|here
	'/nowhere': No such file|signatures.sources|[/tmp, /nowhere]
	'/nowhere': No such file|reputation.bad|[/nowhere]
	'/nowhere': No such file|reputation.good|[/nowhere]
	'/nowhere': No such file|sandbox.passwords|/nowhere
	'/nowhere': No such file|icaps.certificate|/nowhere
	'/nowhere': No such file|icaps.key|/nowhere
	'/nowhere': No such file|icaps.client_ca|/nowhere
EOF
head -c 5000000 /dev/zero | tr '\0' '#' >"$here/large.yaml"
refused "a file of 5 MB" build/release/sluicectl config check "$here/large.yaml"
grep -q 'large.yaml: cannot be read: File too large' "$here/out" || fail "no size"
printf 'mode: standard\n\0\n' >"$here/nul.yaml"
refused "a NUL" build/release/sluicectl config check "$here/nul.yaml"
grep -q 'nul.yaml:2: not YAML: control characters' "$here/out" || fail "no control character"
lab_up
for words in '--json status' 'status --json'; do
	read -ra asked <<<"$words"
	"${ctl[@]}" "${asked[@]}" | grep -q '^{"ok":true,' || fail "'$words' is no JSON"
done
[ "$("${ctl[@]}" help status)" = "$("${ctl[@]}" status --help)" ] || fail "help of a command"
refused "second instance" build/release/sluice-control --instance "$lab_name" --config "$here/good.yaml" \
	--set dataplane.port.interface=none0 --set dataplane.addresses=192.0.2.2/24
refused "second dataplane" build/release/sluice-dataplane --instance "$lab_name" --config "$here/good.yaml" \
	--set dataplane.port.interface=none0 "${address[@]}"
grep -q "already has a dataplane: process $(cat "$DATAPLANE_PID") " "$here/out" || fail "which one runs is not said"
in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" clean 1 || fail "the first one is harmed"
