#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# c-icap-client itself: OPTIONS, previews and none, with and without 204, uploads, EICAR, 5 MiB, fields
# of its own, TLS. Each line says what it is called with, what it must print, and what it must hand
# back: nothing, the file, or a page that is not the file.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
command -v c-icap-client >/dev/null || skip "no c-icap-client"
here=$(mktemp -d)
chmod 755 "$here"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=icap.test \
	-addext subjectAltName=DNS:icap.test -keyout "$here/key" -out "$here/pem" 2>"$here/openssl"
lab_up --set log.json=true --set 'profiles.agents=C-ICAP-Client* c-icap' --set icaps.port=11344 \
	--set "icaps.certificate=$here/pem" --set "icaps.key=$here/key"
trap 'rm -rf "$here"; tools/lab down --name "$lab_name"' EXIT
python3 - "$here" <<'EOF'
import random, sys
sys.path.insert(0, "tests/scenario")
import icap
body = random.Random(38).randbytes(5 << 20)
for name, data in (("clean", b"harmless\n"), ("empty", b""), ("eicar", icap.EICAR), ("short", body[:4095]), ("fits", body[:4096]),
                   ("beyond", body[:4097]), ("large", body), ("late", body[:1 << 20] + icap.EICAR)):
    open(sys.argv[1] + "/" + name, "wb").write(data)
EOF

# asks FILE WHAT PRINTED [ARGUMENT]...: WHAT is none, same or page; PRINTED a pattern.
asks() {
	local file=$here/$1 what=$2 printed=$3
	shift 3
	rm -f "$here/got"
	in_lab timeout 20 c-icap-client -i "$ICAP_HOST" -f "$file" -o "$here/got" -v "$@" >"$here/said" 2>&1 ||
		fail "c-icap-client $*: exit $?"
	grep -qE -- "$printed" "$here/said" || fail "${file##*/} $*: no '$printed' in: $(cat "$here/said")"
	case $what in
	none) [ ! -s "$here/got" ] || fail "${file##*/} $*: something came back" ;;
	same) cmp "$file" "$here/got" || fail "${file##*/} $*: another file came back" ;;
	page)
		grep -q '<title>Access blocked' "$here/got" || fail "${file##*/} $*: no page"
		grep -q 'HTTP/1.1 403 Forbidden' "$here/said" || fail "${file##*/} $*: no 403"
		grep -qF 'EICAR-STANDARD' "$here/got" && fail "${file##*/} $*: the object came back"
		;;
	esac
	total=$((total + 1))
}
total=0
respmod=(-s av/respmod) reqmod=(-s av/reqmod -req http://www.example.test/up -method PUT)

for service in respmod reqmod; do # without a file it asks for OPTIONS alone
	in_lab timeout 20 c-icap-client -i "$ICAP_HOST" -s "av/$service" -v >"$here/said" 2>&1 || fail "OPTIONS: exit $?"
	for line in 'Allow 204: Yes' 'Allow 206: No' 'Preview: 4096' 'Keep alive: Yes' "Methods: ${service^^}"; do
		grep -q "$line" "$here/said" || fail "OPTIONS of $service: no '$line' in: $(cat "$here/said")"
	done
done

while read -r file what printed arguments; do
	read -ra more <<<"$arguments"
	asks "$file" "$what" "${printed//_/ }" "${respmod[@]}" "${more[@]}"
	asks "$file" "$what" "${printed//_/ }" "${reqmod[@]}" "${more[@]}"
done <<'EOF'
	clean   none  ICAP/1.0_204_No_modifications
	clean   none  ICAP/1.0_204                   -nopreview
	clean   none  ICAP/1.0_204                   -no204
	clean   same  ICAP/1.0_200_OK                -no204 -nopreview
	clean   none  ICAP/1.0_204                   -206
	clean   same  ICAP/1.0_200_OK                -no204 -w 3
	empty   none  ICAP/1.0_204
	short   none  ICAP/1.0_204                   -no204
	fits    same  ICAP/1.0_200_OK                -no204
	beyond  same  ICAP/1.0_200_OK                -no204
	beyond  none  ICAP/1.0_204                   -w 1
	large   none  ICAP/1.0_204
	large   same  ICAP/1.0_200_OK                -no204
	eicar   page  Threat=Eicar-Test-Signature;
	eicar   page  X-Virus-ID:_Eicar              -nopreview
	eicar   page  X-Violations-Found:_1          -no204 -w 5
	late    page  X-Response-Info:_Blocked       -no204
EOF
# Bodies without their heads, and heads with a field of its own.
asks clean same 'Encapsulated: res-body=0' "${respmod[@]}" -noreshdr -no204 -nopreview
asks eicar page 'res-hdr=0, res-body=' "${respmod[@]}" -noreshdr
asks clean same 'X-Odd: yes' "${reqmod[@]}" -hx 'X-Odd: yes' -no204 -nopreview
asks clean same 'X-Odd: yes' "${respmod[@]}" -rhx 'X-Odd: yes' -no204 -nopreview

# Fields of its own: whom the record names, and the address.
asks eicar page X-Infection-Found "${respmod[@]}" -resp http://www.example.test/named.bin \
	-x 'X-Client-IP: 2001:db8::38' -x 'X-Client-Username: V2luTlQ6Ly9FWEFNUExFL2JlcnRh'
eventually grep -q '"url": *"www.example.test/named.bin".*"user": *"berta".*"domain": *"EXAMPLE".*"client": *"2001:db8::38"' \
	"${LOG%.log}.jsonl"

# Over TLS; without trust in the certificate it gives up.
asks eicar page X-Infection-Found "${respmod[@]}" -p 11344 -tls -tls-no-verify
asks large same 'ICAP/1.0 200 OK' "${respmod[@]}" -p 11344 -tls -tls-no-verify -no204
if in_lab timeout 20 c-icap-client -i "$ICAP_HOST" -p 11344 -tls "${respmod[@]}" -f "$here/clean" >"$here/said" 2>&1; then
	fail "a certificate that nobody signed: $(cat "$here/said")"
fi

# A service that is not there is told by its status, and only by that: it ends with 0 all the same.
in_lab timeout 20 c-icap-client -i "$ICAP_HOST" -s nowhere -v >"$here/said" 2>&1 || fail "a wrong service: exit $?"
grep -q 'ICAP/1.0 404' "$here/said" || fail "a wrong service: $(cat "$here/said")"
if in_lab timeout 20 c-icap-client -i "$ICAP_HOST" -p 1 -s av/respmod >/dev/null 2>&1; then fail "nobody listens, and it ends with 0"; fi

# One line of the log for each object, and none of them an error.
logged() { [ "$(grep -c 'Finish processing' "$LOG")" = "$total" ]; }
eventually logged
[ "$(grep -cE 'verdict: (clean|bad) \((scanned|cached)\)' "$LOG")" = "$total" ] || fail "verdicts: $(cut -d: -f8- "$LOG")"
