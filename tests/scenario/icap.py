#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A raw ICAP client for scenarios.

    icap.py HOST PORT clean|eicar|bulk COUNT [BYTES]   that many RESPMODs on one connection
    icap.py HOST PORT body TEXT [URL]... | url URL     the code of one RESPMOD (each), of one REQMOD
    icap.py HOST PORT istag                            that of OPTIONS
    icap.py HOST PORT bodies TEXT...                   the codes of RESPMODs, one after the other
    icap.py HOST PORT packed NAME [clean|large]        the code of EICAR in a zip in a tar.gz
    icap.py HOST PORT form NAME [clean|large]          the same file uploaded in a form
    icap.py HOST PORT file|upload PATH...              the codes of these files' bytes, each alone
    icap.py HOST PORT drain PID                        SIGTERM in mid-body: the answer must still come
    icap.py HOST PORT load SECONDS                     one after the other; prints how many, and errors
    icap.py HOST PORT replay FILE...                   each captured message alone: some answer must come
ICAP_CA=FILE in the environment: over TLS, trusting that one; ICAP_CERTIFICATE=FILE: showing that
certificate and key; ICAP_TLS=1.2 or 1.3: this version only.
Exit 0 only if every answer was the expected one.
"""
import gzip
import io
import os
import random
import signal
import socket
import ssl
import sys
import tarfile
import time
import zipfile

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" b"$EICAR-STANDARD-" b"ANTIVIRUS-TEST-FILE!$H+H*"
RES = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"


def request(body, allow=True, url=b"http://www.example.test/a.bin"):
    req = b"GET " + url + b" HTTP/1.1\r\nHost: www.example.test\r\n\r\n"
    head = b"RESPMOD icap://s/av/respmod ICAP/1.0\r\nHost: s\r\nX-Client-IP: 192.0.2.7\r\n"
    head += b"Allow: 204\r\n" if allow else b""
    head += b"Encapsulated: req-hdr=0, res-hdr=%d, res-body=%d\r\n\r\n" % (len(req), len(req) + len(RES))
    return head + req + RES + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"


def upload(name, file):
    """a REQMOD of a form with a value and a file"""
    body = b"--xYz\r\nContent-Disposition: form-data; name=\"v\"\r\n\r\n1\r\n--xYz\r\n"
    body += b"Content-Disposition: form-data; name=\"f\"; filename=\"%s\"\r\n\r\n" % name.encode()
    body += file + b"\r\n--xYz--\r\n"
    req = b"POST http://www.example.test/up HTTP/1.1\r\nHost: www.example.test\r\n"
    req += b"Content-Type: multipart/form-data; boundary=xYz\r\nContent-Length: %d\r\n\r\n" % len(body)
    head = b"REQMOD icap://s/av/reqmod ICAP/1.0\r\nHost: s\r\nX-Client-IP: 192.0.2.7\r\nAllow: 204\r\n"
    head += b"Encapsulated: req-hdr=0, req-body=%d\r\n\r\n" % len(req)
    return head + req + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"


def connect(host, port):
    s = socket.create_connection((host, port), timeout=30)
    if "ICAP_CA" not in os.environ:
        return s
    tls = ssl.create_default_context(cafile=os.environ["ICAP_CA"])
    if "ICAP_CERTIFICATE" in os.environ:
        tls.load_cert_chain(os.environ["ICAP_CERTIFICATE"])
    if "ICAP_TLS" in os.environ:
        tls.minimum_version = tls.maximum_version = ssl.TLSVersion["TLSv1_" + os.environ["ICAP_TLS"][2:]]
    return tls.wrap_socket(s, server_hostname="icap.test")


class Client:
    def __init__(self, host, port):
        self.s = connect(host, port)
        self.buf = b""

    def upto(self, sep):
        while sep not in self.buf:
            d = self.s.recv(262144)
            if not d:
                raise EOFError(self.buf[:80])
            self.buf += d
        head, self.buf = self.buf.split(sep, 1)
        return head

    def exactly(self, n):
        parts, have = [self.buf], len(self.buf)
        while have < n:
            d = self.s.recv(262144)
            if not d:
                raise EOFError("%d of %d" % (have, n))
            parts.append(d)
            have += len(d)
        whole = b"".join(parts)
        self.buf = whole[n:]
        return whole[:n]

    def reply(self):
        """(code, body): the body of a 200, without its encapsulated head"""
        head = self.upto(b"\r\n\r\n")
        code = int(head.split()[1])
        if code != 200:
            return code, b""
        enc = [l for l in head.split(b"\r\n") if l.startswith(b"Encapsulated:")][0]
        self.exactly(int(enc.rsplit(b"=", 1)[1]))
        body = []
        while True:
            n = int(self.upto(b"\r\n"), 16)
            body.append(self.exactly(n + 2)[:-2])
            if n == 0:
                return code, b"".join(body)


def send_all(sock, data):
    """sends while reading nothing: the appliance must take it all"""
    sock.sendall(data)


def main():
    host, port, what = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if what == "replay":
        bad = 0
        for path in sys.argv[4:]:
            c = Client(host, port)
            send_all(c.s, open(path, "rb").read())
            try:
                code = int(c.upto(b"\r\n").split()[1])
            except (EOFError, OSError) as e:
                code = repr(e)
            if code not in (100, 200, 204):
                print(os.path.basename(path), code)
                bad += 1
            c.s.close()
        return bad != 0
    if what == "load":
        end, done, errors = time.monotonic() + float(sys.argv[4]), 0, 0
        c = Client(host, port)
        while time.monotonic() < end:
            c.s.sendall(request(b"harmless %d" % done))
            errors += c.reply()[0] != 204
            done += 1
        print("%d objects, %d errors" % (done, errors))
        return errors != 0 or done == 0
    if what == "istag":
        c = Client(host, port)
        c.s.sendall(b"OPTIONS icap://s/av/respmod ICAP/1.0\r\nHost: s\r\n\r\n")
        print([l for l in c.upto(b"\r\n\r\n").decode().split("\r\n") if l.startswith("ISTag: ")][0][7:])
        return 0
    if what == "bodies":
        c = Client(host, port)
        codes = []
        for text in sys.argv[4:]:
            c.s.sendall(request(text.encode()))
            codes.append(str(c.reply()[0]))
        print(" ".join(codes))
        return 0
    if what in ("packed", "form"):  # EICAR in a zip in a tar.gz; the name makes the digest
        c = Client(host, port)
        inner, outer = io.BytesIO(), io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as z:
            kind = sys.argv[5] if len(sys.argv) > 5 else "eicar"
            member = {"eicar": EICAR, "clean": b"harmless", "large": bytes(96 << 20)}[kind]
            z.writestr(zipfile.ZipInfo("eicar.com"), member, zipfile.ZIP_DEFLATED)
        with tarfile.open(fileobj=outer, mode="w") as t:
            info = tarfile.TarInfo(sys.argv[4])
            info.size = len(inner.getvalue())
            t.addfile(info, io.BytesIO(inner.getvalue()))
        file = gzip.compress(outer.getvalue(), mtime=0)
        c.s.sendall(request(file) if what == "packed" else upload(sys.argv[4], file))
        print(c.reply()[0])
        return False
    if what in ("file", "upload"):
        for path in sys.argv[4:]:
            with open(path, "rb") as f:
                data = f.read()
            c = Client(host, port)
            c.s.sendall(request(data) if what == "file" else upload(os.path.basename(path), data))
            print(c.reply()[0])
        return False
    if what == "drain":  # the process is asked to end in the middle of a body
        c, whole = Client(host, port), request(b"harmless")
        c.s.sendall(whole[:-10])
        time.sleep(0.3)
        os.kill(int(sys.argv[4]), signal.SIGTERM)
        time.sleep(0.5)
        c.s.sendall(whole[-10:])
        return c.reply()[0] != 204
    if what == "body":
        for at in [{"url": u.encode()} for u in sys.argv[5:]] or [{}]:
            c = Client(host, port)
            c.s.sendall(request(sys.argv[4].encode(), **at))
            print(c.reply()[0])
        return False
    if what == "url":
        c = Client(host, port)
        head = b"GET %s HTTP/1.1\r\n\r\n" % sys.argv[4].encode()
        c.s.sendall(b"REQMOD icap://s/av/reqmod ICAP/1.0\r\nHost: s\r\nAllow: 204\r\n"
                    b"Encapsulated: req-hdr=0, null-body=%d\r\n\r\n" % len(head) + head)
        print(c.reply()[0])
        return False
    seed = os.getpid()
    rng, c = random.Random(seed), Client(host, port)
    for i in range(int(sys.argv[4])):
        if what == "bulk":
            body = rng.randbytes(int(sys.argv[5]))
            c.s.sendall(request(body, allow=False))
            if c.reply() != (200, body):
                print("object %d differs, seed %d" % (i, seed))
                return True
        else:
            if what == "passes":  # EICAR that is excluded, on a connection each
                c.s.close()
                c = Client(host, port)
            c.s.sendall(request(b"plain text %d" % i if what == "clean" else EICAR))
            code, body = c.reply()
            print(code)
            if code != (200 if what == "eicar" else 204) or EICAR in body:
                return True
    return False


if __name__ == "__main__":
    sys.exit(main())
