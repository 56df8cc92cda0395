#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Clients written after Nextcloud, oCIS, Apache Traffic Server, illumos, e2guardian and g3proxy, and after
# the manuals of those whose source nobody has, each with the profile of its name: what each concludes
# of clean, infected and damaged files. Then users that they named in base64, and rules that a reload
# changes.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
lab_up --set log.json=true --set policy.corrupt=block \
	--set "profiles.paths=/nextcloud nextcloud,/ocis ocis,/avscan trafficserver,/vscan illumos,/e2g e2guardian,/g3 g3proxy,/owncloud owncloud,/bluecoat proxysg,/f5 f5,/citrix citrix,/forti fortigate,/cp checkpoint,/avi avi,/wsa wsa,/zscaler zscaler,/moveit moveit,/isilon isilon,/AVSCAN axway,/cicap c-icap"
in_lab python3 tests/scenario/clients/run.py "$ICAP_HOST" "$ICAP_PORT" || fail "a client was not served"
eventually grep -q '"user": *"berta".*"client": *"192.0.2.9"' "${LOG%.log}.jsonl"
eventually grep -q '"user": *"anna".*"client": *"192.0.2.9"' "${LOG%.log}.jsonl"

options() {
	in_lab python3 - "$ICAP_HOST" "$ICAP_PORT" <<'EOF'
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10)
s.sendall(b"OPTIONS icap://s/av/respmod ICAP/1.0\r\nHost: s\r\nConnection: close\r\n\r\n")
print(s.makefile().read())
EOF
}
grep -q '^Allow: 204' <<<"$(options)" || fail "no Allow before the reload"
config=/run/sluice/$lab_name/lab/sluice.yaml
printf 'profiles:\n  sources: ["0.0.0.0/0 trafficserver"]\n' >>"$config"
"${ctl[@]}" reload >/dev/null || fail "no reload"
changed() { ! grep -q '^Allow: 204' <<<"$(options)"; }
eventually changed
sed -i 's/trafficserver"/trafficsaver"/' "$config"
# The dataplane refuses a policy that can't be; what serves stays.
"${ctl[@]}" reload >/dev/null || true
sleep 0.5
changed || fail "a broken rule changed what serves"
printf 'dataplane: {port: {interface: eth1}, addresses: [192.0.2.10/24]}\n' >>"$config.check"
tail -n 2 "$config" >>"$config.check"
if said=$("${ctl[@]}" config check "$config.check" 2>&1); then fail "config check took a profile that is not there"; fi
grep -q "profiles.sources: '0.0.0.0/0 trafficsaver', expected the name of a profile" <<<"$said" || fail "it says: $said"
