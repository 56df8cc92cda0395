# SPDX-License-Identifier: BSD-3-Clause
"""What an object may be packed in that both engines take apart."""

import base64
import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib

NAME = "member.bin"
BY_LIBARCHIVE = {"7z": "7zip", "iso": "iso9660", "cpio": "cpio"}


def zipped(data, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        z.writestr(NAME, data)
    return out.getvalue()


def tarred(data, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as t:
        member = tarfile.TarInfo(NAME)
        member.size = len(data)
        t.addfile(member, io.BytesIO(data))
    return out.getvalue()


def quoted(data):
    """Each byte is written out, so that no line end is one of the text's."""
    return b"=\n".join("".join("=%02X" % c for c in data[i:i + 24]).encode() for i in range(0, len(data), 24))


def mailed(data, coding):
    body = base64.encodebytes(data) if coding == "base64" else quoted(data)
    return (b"From: a@example.test\r\nTo: b@example.test\r\nSubject: c\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/mixed; boundary="limit"\r\n\r\n--limit\r\n'
            b"Content-Type: text/plain\r\n\r\nhello\r\n--limit\r\n"
            b'Content-Type: application/octet-stream; name="member.bin"\r\n'
            b'Content-Disposition: attachment; filename="member.bin"\r\n'
            b"Content-Transfer-Encoding: " + coding.encode() + b"\r\n\r\n"
            + body.replace(b"\n", b"\r\n") + b"\r\n--limit--\r\n")


def in_pdf(data):
    packed = zlib.compress(data)
    return (b"%PDF-1.4\n1 0 obj\n<< /Type /EmbeddedFile /Filter /FlateDecode /Length "
            + str(len(packed)).encode() + b" >>\nstream\n" + packed + b"\nendstream\nendobj\n"
            b"trailer\n<< /Root 1 0 R >>\n%%EOF\n")


MADE = {
    "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zip": zipped,
    "zip stored": lambda d: zipped(d, zipfile.ZIP_STORED), "tar": tarred,
    "tar.gz": lambda d: tarred(d, "w:gz"), "zip in zip": lambda d: zipped(zipped(d)),
    "tar in gz in zip": lambda d: zipped(tarred(d, "w:gz")), "mail base64": lambda d: mailed(d, "base64"),
    "mail quoted": lambda d: mailed(d, "quoted-printable"), "pdf": in_pdf,
}
ALL = tuple(MADE) + tuple(BY_LIBARCHIVE)
