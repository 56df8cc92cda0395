#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2119
# ICAPS: both versions, tickets, a renewed certificate under traffic, clients' certificates, access
# lists, garbage, a flood of handshakes beside plain traffic, and Squid's icaps://.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
# shellcheck source=tools/squid.sh
. tools/squid.sh
tls=$(mktemp -d)
chmod 755 "$tls"
finish() {
	squid_down
	tools/lab down --name "$lab_name"
	rm -rf "$tls"
}
# signed NAME CA: a key and a certificate for that name; without CA it signs itself.
signed() {
	local by=()
	[ $# -eq 1 ] || by=(-CA "$tls/$2.pem" -CAkey "$tls/$2.key")
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
		-addext "subjectAltName=DNS:$1" "${by[@]}" -keyout "$tls/$1.key" -out "$tls/$1.pem" 2>"$tls/openssl"
	cat "$tls/$1.key" "$tls/$1.pem" >"$tls/$1.both"
	chmod 644 "$tls/$1".*
}
ask() { ICAP_CA=$tls/icap.test.pem in_lab python3 tests/scenario/icap.py "$ICAP_HOST" 11344 "$@" >/dev/null; }
refused() { if "$@" 2>/dev/null; then fail "was taken: $*"; fi; }
serial() {
	in_lab openssl s_client -connect "$ICAP_HOST:11344" </dev/null 2>/dev/null | openssl x509 -noout -serial
}
counter() { "${ctl[@]}" stats | sed -n "s/^ *$1 *//p"; }

signed icap.test
lab_up --cores 2 --set icaps.port=11344 --set "icaps.certificate=$tls/icap.test.pem" \
	--set "icaps.key=$tls/icap.test.key"
trap finish EXIT
for version in 1.2 1.3; do
	export ICAP_TLS=$version
	ask clean 20 || fail "TLS $version: clean objects"
	ask eicar 5 || fail "TLS $version: EICAR"
	ask bulk 5 4194304 || fail "TLS $version: 4 MiB there and back"
done
unset ICAP_TLS
refused in_lab openssl s_client -tls1_1 -cipher ALL:@SECLEVEL=0 -connect "$ICAP_HOST:11344" </dev/null >/dev/null
eventually test "$(counter tls_failed)" -ge 1

in_lab openssl s_client -connect "$ICAP_HOST:11344" -tls1_2 -sess_out "$tls/session" </dev/null >/dev/null 2>&1
for _ in 1 2 3; do # whichever core it comes to
	in_lab openssl s_client -connect "$ICAP_HOST:11344" -tls1_2 -sess_in "$tls/session" </dev/null 2>/dev/null |
		grep -q '^Reused' || fail "the ticket was not taken"
done

# A certificate is renewed: who is connected stays so, who comes next is shown the new one; a file
# that is no certificate changes nothing, and is told.
before=$(serial)
ICAP_CA=$tls/icap.test.pem in_lab python3 tests/scenario/icap.py "$ICAP_HOST" 11344 load 4 >"$tls/load" 2>&1 &
load=$!
cp "$tls/icap.test.pem" "$tls/first.pem"
sleep 1
signed icap.test
"${ctl[@]}" reload >/dev/null
changed() { [ "$(serial)" != "$before" ]; }
eventually changed
now=$(serial)
echo nonsense >"$tls/icap.test.pem"
"${ctl[@]}" reload >/dev/null
eventually grep -q 'icaps.certificate' <("${ctl[@]}" status)
[ "$(serial)" = "$now" ] || fail "a broken file took the certificate away"
wait "$load" || fail "under reload: $(cat "$tls/load")"

# What is no handshake is closed, and nobody else notices.
for _ in $(seq 20); do
	in_lab timeout 5 bash -c "exec 3<>/dev/tcp/$ICAP_HOST/11344; printf 'OPTIONS icap://h/av/reqmod ICAP/1.0\r\n\r\n' >&3; cat <&3" >/dev/null ||
		fail "garbage was not closed"
done
in_lab python3 - "$ICAP_HOST" <<'EOF' || fail "plain requests beside a flood of handshakes"
# 60 clients that shake hands and leave, as fast as they can, while plain requests go on.
import socket, ssl, subprocess, sys, threading, time
over = time.time() + 4
def flood():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    while time.time() < over:
        try:
            tls.wrap_socket(socket.create_connection((sys.argv[1], 11344), 20)).close()
        except OSError:
            pass
threads = [threading.Thread(target=flood) for _ in range(60)]
for t in threads: t.start()
rc = subprocess.call([sys.executable, "tests/scenario/icap.py", sys.argv[1], "1344", "load", "3"], stdout=subprocess.DEVNULL)
for t in threads: t.join()
sys.exit(rc)
EOF
tools/lab down --name "$lab_name"

# Clients with certificates: of our CA, and of a name that we let in; and from a subnet that may.
signed icap.test
signed ca
signed good.client ca
signed other.client ca
signed stranger
lab_up --cores 2 --set icaps.port=11344 --set "icaps.certificate=$tls/icap.test.pem" \
	--set "icaps.key=$tls/icap.test.key" --set "icaps.client_ca=$tls/ca.pem" \
	--set icaps.client_names=good.client --set icaps.version_min=1.3 --set icap.allow=10.79.0.0/16
trap finish EXIT
ICAP_CERTIFICATE=$tls/good.client.both ask clean 5 || fail "a client with its certificate"
refused ask clean 1
ICAP_CERTIFICATE=$tls/other.client.both refused ask clean 1
ICAP_CERTIFICATE=$tls/stranger.both refused ask clean 1
ICAP_CERTIFICATE=$tls/good.client.both ICAP_TLS=1.2 refused ask clean 1
said=$(printf 'OPTIONS icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\n\r\n' |
	in_lab bash -c "exec 3<>/dev/tcp/$ICAP_HOST6/1344; cat >&3; timeout 5 cat <&3" | head -n 1)
[[ $said == "ICAP/1.0 403 Forbidden"* ]] || fail "not of the subnet: '$said'"
tools/lab down --name "$lab_name"

if ! squid_with_openssl; then
	echo "no Squid with OpenSSL: its part is left out"
	exit 0
fi
lab_up --set icaps.port=11344 --set "icaps.certificate=$tls/icap.test.pem" --set "icaps.key=$tls/icap.test.key"
trap finish EXIT
squid_up "$lab_name" "$ICAP_HOST" "/^icap_service /s|icap://\(.*\):1344\(.*\)|icaps://\1:11344\2 tls-cafile=$tls/icap.test.pem tls-domain=icap.test|"
[ "$(squid_fetch http://127.0.0.1:8080/)" = 200 ] || fail "Squid: a clean page"
[ "$(squid_fetch http://127.0.0.1:8080/eicar.com)" = 403 ] || fail "Squid: EICAR"
[ "$(squid_fetch http://127.0.0.1:8080/big.bin)" = 200 ] || fail "Squid: 3 MiB"
[ "$(stat -c %s "$squid_work/body")" = 3145728 ] || fail "Squid: 3 MiB came back changed"
[ "$(counter tls_handshakes)" -gt 0 ] || fail "Squid spoke no TLS"
