#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What malware comes in these days is taken apart by the sandbox as it is configured by default: a note of
# OneNote, a disc's image, a PDF's script in hex, and, where pages are submitted, HTML smuggling. A disk's
# image that nothing here reads says that it was not: by the policy for what is unsupported.
# shellcheck source=tests/scenario/lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"
here=$(mktemp -d)
lab_up --set sandbox.formats=archive,document,executable,markup --set policy.unsupported=block
trap 'tools/lab down --name "$lab_name"; rm -rf "$here"' EXIT
python3 -B - "$here" <<'EOP'
import base64, gzip, os, struct, sys
here = sys.argv[1]
eicar = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*").encode()
packed = gzip.compress(eicar, mtime=0)


def put(name, data):
    with open(os.path.join(here, name), "wb") as f:
        f.write(data)


def note(inside):
    return (bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + b"notes" * 40
            + bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac") + struct.pack("<QIQ", len(inside), 0, 0) + inside)


def entry(block, inside):
    """A file's entry of UDF with its bytes in it (ECMA-167 4/14.9)."""
    e = bytearray(2048)
    struct.pack_into("<H", e, 0, 261)
    struct.pack_into("<I", e, 12, block)
    e[27], e[34] = 5, 3
    struct.pack_into("<Q", e, 56, len(inside))
    struct.pack_into("<I", e, 172, len(inside))
    e[176:176 + len(inside)] = inside
    e[4] = sum(e[:16]) & 255
    return bytes(e)


def disc(inside):
    marks = b"".join(b"\0" + m + bytes(2042) for m in (b"BEA01", b"NSR02", b"TEA01"))
    return bytes(32768) + marks + bytes(2048) * 4 + entry(2, inside) + bytes(2048)


def pdf(script):
    return b"%PDF-1.7\n1 0 obj <</S/JavaScript/JS<" + script.hex().encode() + b">>> endobj\ntrailer <<>>\n%%EOF\n"


def page(inside):
    return b"<html><script>save(atob('" + base64.b64encode(inside) + b"'))</script></html>"


for name, make in (("one", note), ("img", disc), ("pdf", pdf)):
    put("bad." + name, make(packed))
    put("good." + name, make(gzip.compress(b"nothing of the kind", mtime=0)))
more = " ".join(map(str, range(300))).encode()  # a run of base64 is 128 letters and more
put("bad.html", page(gzip.compress(eicar + more, mtime=0)))
put("good.html", page(gzip.compress(more, mtime=0)))
put("disk.vhdx", b"vhdxfile" + os.urandom(4000))
EOP
code() {
	local got
	got=$(in_lab python3 tests/scenario/icap.py "$ICAP_HOST" "$ICAP_PORT" file "$here/$1" | tr '\n' ' ')
	[ "$got" = "$2 " ] || fail "$1: $got, not $2"
}
"${ctl[@]}" mode advanced
for kind in one img pdf html; do
	code "bad.$kind" 200
	code "good.$kind" 204
done
code disk.vhdx 200
said() { grep -q "format: $1), .*verdict: $2" "$LOG" || fail "no '$1 … $2' in the log: $(grep -c verdict "$LOG") lines"; }
eventually grep -q 'unsupported' "$LOG"
for word in OneNote Iso Pdf GeneralHtml; do
	said "$word" 'bad (sandbox)'
	said "$word" 'clean (sandbox)'
done
layers() { "${ctl[@]}" --json scan "$here/bad.$1" || true; } # exits with 4: it is bad
grep -q 'onenote:1 -> gz' <<<"$(layers one)" || fail "$(layers one)"
grep -q 'udf:23 -> gz' <<<"$(layers img)" || fail "$(layers img)"
grep -q 'base64:25 -> gz' <<<"$(layers html)" || fail "$(layers html)"
