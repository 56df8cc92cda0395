#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clients with the patience or the body that 29-by-hand.sh needs.

    hand.py HOST PORT endless SECONDS   a body that never ends is answered then, and the connection goes on
    hand.py HOST PORT crowd N           N connections: how many are served, how many told 503
    hand.py HOST PORT size BYTES        the code of one object of that size
    hand.py HOST PORT far AT BYTES      the code of a marker at that offset of so many zeros, deflated
    hand.py HOST PORT asleep SECONDS    1 MiB must come back whole to one who slept with a small window
Exit 0 only if it was as it says.
"""
import random
import socket
import sys
import time
import zlib

from icap import RES, Client, request

MARKER = b"a-marker-that-is-far"
ENDLESS = b"RESPMOD icap://s/av/respmod ICAP/1.0\r\nHost: s\r\nAllow: 204\r\nEncapsulated: res-hdr=0, res-body=%d\r\n\r\n" % len(RES)


def endless(host, port, seconds):
    c = Client(host, port)
    c.s.sendall(ENDLESS + RES)
    c.s.settimeout(0.1)
    begun, sent = time.monotonic(), 0
    while time.monotonic() - begun < seconds + 20:
        c.s.sendall(b"400\r\n" + bytes(1024) + b"\r\n")
        sent += 1
        try:
            c.buf += c.s.recv(4096)
            if c.buf == b"":
                print("closed")
                return False
            break
        except TimeoutError:
            pass
    took = time.monotonic() - begun
    c.s.settimeout(30)
    code = c.reply()[0]
    print("answered %d after %.1f s and %d chunks" % (code, took, sent))
    # It ends after all, and the next request finds the connection in step.
    c.s.sendall(b"5\r\nhello\r\n0\r\n\r\n" + request(b"the next"))
    return code == 204 and seconds <= took + 0.1 and took < seconds + 5 and c.reply() == (204, b"")


def crowd(host, port, count):
    clients, codes = [], []
    for _ in range(count):
        c = Client(host, port)
        c.s.sendall(request(b"one of a crowd"))
        codes.append(c.reply()[0])
        clients.append(c)
    print("%d served, %d refused" % (codes.count(204), codes.count(503)))
    return codes.count(204) + codes.count(503) == count


def size(host, port, count):
    c = Client(host, port)
    c.s.sendall(request(random.Random(count).randbytes(count)))
    print(c.reply()[0])
    return True


def deflated(at, count):
    """raw DEFLATE of `count` zeros with the marker at `at`; a run of zeros is made once and repeated"""
    def run(data):
        z = zlib.compressobj(9, zlib.DEFLATED, -15)
        return z.compress(data) + z.flush(zlib.Z_FULL_FLUSH)
    mebibyte = run(bytes(1 << 20))

    def zeros(n):
        return mebibyte * (n >> 20) + run(bytes(n & ((1 << 20) - 1)))
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    return zeros(at) + run(MARKER) + zeros(count - at - len(MARKER)) + end


def far(host, port, at, count):
    body = deflated(at, count)
    res = RES[:-2] + b"Content-Encoding: deflate\r\n\r\n"
    c = Client(host, port)
    c.s.settimeout(200)
    c.s.sendall(ENDLESS[:ENDLESS.index(b"res-body=")] + b"res-body=%d\r\n\r\n" % len(res) + res +
                b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
    print(c.reply()[0])
    return True


def asleep(host, port, seconds):
    c = Client.__new__(Client)
    c.buf, c.s = b"", socket.socket(socket.AF_INET)
    c.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    c.s.settimeout(60)
    c.s.connect((host, port))
    body = random.Random(29).randbytes(1 << 20)
    c.s.sendall(request(body, allow=False))
    time.sleep(seconds)
    whole = c.reply() == (200, body)
    print("whole" if whole else "changed")
    return whole


if __name__ == "__main__":
    what = {f.__name__: f for f in (endless, crowd, size, far, asleep)}[sys.argv[3]]
    sys.exit(not what(sys.argv[1], int(sys.argv[2]), *map(int, sys.argv[4:])))
