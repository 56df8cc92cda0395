#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A small origin for the lab: pages that Squid fetches.  origin.py ADDRESS PORT"""
import http.server
import io
import sys
import zipfile

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" b"$EICAR-STANDARD-" b"ANTIVIRUS-TEST-FILE!$H+H*"
BIG = bytes((i * 7 + i // 251) & 255 for i in range(3 << 20))


def archive(member):
    """A zip of one member, the same bytes each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo("member"), member, zipfile.ZIP_DEFLATED)
    return out.getvalue()


PAGES = {
    "/": (b"<!doctype html><title>hello</title><p>A clean page.\n", "text/html"),
    "/eicar.com": (EICAR, "application/octet-stream"),
    "/big.bin": (BIG, "application/octet-stream"),
    "/bad.bin": (BIG + EICAR, "application/octet-stream"),
    "/good.zip": (archive(b"hello"), "application/zip"),
    "/bad.zip": (archive(EICAR), "application/zip"),
}


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms for the ACK of its head

    def answer(self, code, body, kind):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body)

    def do_GET(self):
        body, kind = PAGES.get(self.path.split("?")[0], (b"not here\n", "text/plain"))
        self.answer(200 if self.path.split("?")[0] in PAGES else 404, body, kind)

    do_HEAD = do_GET

    def do_POST(self):
        n = int(self.headers.get("Content-Length", 0))
        self.answer(200, b"received %d bytes\n" % len(self.rfile.read(n)), "text/plain")

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Origin).serve_forever()
