#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The objects of bench/deepscan: archives and documents of one text and one program, the same each time.

    bench/deepscan/objects.py DIRECTORY TEXT PROGRAM
"""
import base64
import bz2
import gzip
import io
import lzma
import os
import sys
import tarfile
import zipfile
import zlib

PIECE = 32 << 10
WHEN = (2026, 11, 29, 0, 0, 0)


def slices(data, count):
    """(name, bytes) of `count` pieces, of PIECE bytes, a half, a quarter and an eighth by turns."""
    for i in range(count):
        begin = i * PIECE % (len(data) - PIECE)
        yield "part%03d.bin" % i, data[begin:begin + (PIECE >> i % 4)]


def zipped(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, WHEN), data, method)
    return out.getvalue()


def tarred(members, compress):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as t:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return compress(plain.getvalue())


def office(text):
    """As Word writes it: many small XML parts."""
    parts = [("[Content_Types].xml", b'<?xml version="1.0"?><Types/>'), ("_rels/.rels", b"<Relationships/>"),
             ("word/document.xml", text[:300000])]
    return zipped(parts + [("word/theme/%d.xml" % i, text[i * 999:i * 999 + 4000]) for i in range(12)])


def pdf(text):
    out = [b"%PDF-1.7\n"]
    for i in range(40):
        data = zlib.compress(text[i * 7001:i * 7001 + 20000])
        out.append(b"%d 0 obj <</Length %d /Filter /FlateDecode>> stream\n" % (i + 1, len(data)) + data +
                   b"\nendstream endobj\n")
    return b"".join(out) + b"trailer <<>>\n%%EOF\n"


def mail(attached):
    return (b"From: a@example.org\r\nSubject: b\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\nSee below.\r\n--bb\r\n"
            b'Content-Type: application/zip; name="a.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
            base64.encodebytes(attached).replace(b"\n", b"\r\n") + b"--bb--\r\n")


def main(directory, text, program):
    with open(text, "rb") as f:
        text = f.read()
    with open(program, "rb") as f:
        program = f.read()
    pages = list(slices(text, 40))
    objects = {
        "one-page.zip": zipped(pages[:1]),
        "pages.zip": zipped(pages),
        "programs.zip": zipped(slices(program, 40)),
        "pages.tar.gz": tarred(pages, lambda data: gzip.compress(data, mtime=0)),
        "programs.tar.xz": tarred(slices(program, 40), lzma.compress),
        "pages.tar.bz2": tarred(pages, bz2.compress),
        "report.docx": office(text),
        "report.pdf": pdf(text),
        "mail.eml": mail(zipped(pages[:8])),
    }
    for name, data in objects.items():
        with open(os.path.join(directory, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
