#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A file that a list of digests alone knows, wrapped so that some clients have it and others more: gzip
# members and ends, zlib under gzip's name, a boundary that goes on, mail under another type. Then an
# archive that only the sandbox knows, under a coding that browsers ignore, and bytes that were clean
# before as text.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 - >"$here/known.hdb" <<'EOF'
import hashlib
known = b"what a list knows, and nothing at all\n"
print("%s:%d:Listed" % (hashlib.md5(known).hexdigest(), len(known)))
EOF
lab_up --set signatures.sources="$here/known.hdb"
trap 'rm -rf "$here"; tools/lab down --name "$lab_name"' EXIT
"${ctl[@]}" mode advanced >/dev/null
advanced() { "${ctl[@]}" status | grep -q advanced; }
eventually advanced

cat >"$here/wrapped.py" <<'EOF'
import base64, gzip, io, sys, zipfile, zlib
sys.path.insert(0, "tests/scenario")
from icap import EICAR, Client

KNOWN = b"what a list knows, and nothing at all\n"
z = gzip.compress(KNOWN)
packed = io.BytesIO()
with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as f:
    f.writestr("a.com", EICAR)
FORM = b"Content-Type: multipart/form-data; boundary=xYz\r\n"
MAIL = (b"Received: from a by b\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n"
        b"Content-Disposition: attachment; filename=a\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
        base64.encodebytes(KNOWN) + b"--i--\r\n")


def form(file):
    return b"--xYz\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\n" + file + b"\r\n--xYz--\r\n"


def code(fields, body):
    req = b"POST http://www.example.test/up HTTP/1.1\r\nHost: www.example.test\r\n" + fields + b"\r\n"
    c = Client(sys.argv[1], int(sys.argv[2]))
    c.s.sendall(b"REQMOD icap://s/av/reqmod ICAP/1.0\r\nHost: s\r\nAllow: 204\r\nEncapsulated: req-hdr=0, req-body=%d\r\n\r\n"
                % len(req) + req + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
    return c.reply()[0]


G = b"Content-Encoding: gzip\r\n"
ROWS = (
    ("as it is", b"", KNOWN, 200),
    ("one byte more", b"", KNOWN + b"x", 204),
    ("one member", G, z, 200),
    ("a member behind it", G, z + gzip.compress(b"x"), 200),
    ("a member before it", G, gzip.compress(b"x") + z, 200),
    ("neither of two", G, gzip.compress(KNOWN[:9]) + gzip.compress(KNOWN[9:] + b"x"), 204),
    ("no trailer", G, z[:-8], 200),
    ("a wrong checksum", G, z[:-8] + bytes([z[-8] ^ 1]) + z[-7:], 200),
    ("a header's checksum that is wrong", G, z[:3] + bytes([z[3] | 2]) + z[4:10] + b"xy" + z[10:], 200),
    ("zlib as gzip", G, zlib.compress(KNOWN), 200),
    ("gzip as deflate", b"Content-Encoding: deflate\r\n", z, 200),
    ("in a form", FORM, form(KNOWN), 200),
    ("a boundary that goes on", FORM, form(KNOWN + b"\r\n--xYzz\r\nmore"), 200),
    ("a boundary told twice", FORM.replace(b"\r\n", b"; boundary=xYz\r\n"), form(KNOWN), 200),
    ("two types in a field", FORM.replace(b"\r\n", b", text/plain\r\n"), form(KNOWN), 200),
    ("mail", b"Content-Type: message/rfc822\r\n", MAIL, 200),
    ("mail under another type", b"Content-Type: application/octet-stream\r\n", MAIL, 200),
    ("mail of no type in a form", FORM, form(MAIL), 200),
    ("base64 goes on behind its end", b"Content-Type: message/rfc822\r\n",
     MAIL.replace(b"--i--", b"eA==\r\n\r\n--i--"), 200),
    ("no mail", b"", b"Dear all,\r\n" + MAIL, 204),
    ("an archive as text before", b"Content-Type: text/plain\r\n", form(packed.getvalue()), 204),
    ("and as a form", FORM, form(packed.getvalue()), 200),
    ("an unknown coding", b"Content-Encoding: aws-chunked\r\n", packed.getvalue() + b"x", 200),
)
wrong = 0
for name, fields, body, expected in ROWS:
    had = code(fields, body)
    if had != expected:
        print("%s: %d, expected %d" % (name, had, expected))
        wrong += 1
print("%d wrapped, %d wrong" % (len(ROWS), wrong))
sys.exit(wrong != 0)
EOF
in_lab python3 "$here/wrapped.py" "$ICAP_HOST" "$ICAP_PORT" || fail "see above"
has_part() { grep -q 'bad (scanned)' "$LOG"; }
eventually has_part
