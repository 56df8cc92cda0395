#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The cases of SLUICE_SHARED/cases with other bytes of the same meaning, so that none holds for its letters alone.

    cases_varied.py FOLDER SEED HOST PORT [OPTION]...   options as icapcases.py has them

By SEED: fields of the ICAP head in another order and case, with other blanks and further fields; chunks cut, their sizes
in capitals, with zeros before and extensions behind; other segments; another host, other HTTP heads, another clean body.
Cases whose point is the framing itself keep it: only what says the same to every reader is changed.
"""
import random
import sys
import time

FOLDER, SEED = sys.argv[1], int(sys.argv[2])
sys.path.insert(0, FOLDER)
import icapcases as cases  # noqa: E402

RNG = random.Random(SEED)
MESSAGE, CHUNK, SEND = cases.icap, cases.chunk, cases.Peer.send
SEGMENTED_BYTES_MAX, SEGMENT_GAP_S = 50_000, 0.001
CUT_BYTES_MAX = 20_000
HEADS = (b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nX: y\r\n\r\n",
         b"HTTP/1.1 404 Not Found\r\nServer: x\r\nContent-Length: 9\r\n\r\n")
REQUESTS = (b"GET / HTTP/1.0\r\n\r\n", b"GET http://a.test:81/b?c=d HTTP/1.1\r\nhost: a.test:81\r\nRange: bytes=0-\r\n\r\n")


def field(line):
    if b":" not in line:
        return line
    name, value = line.split(b":", 1)
    name = RNG.choice((bytes, bytes.lower, bytes.upper, bytes.swapcase))(name)
    return name + b":" + RNG.choice((b"", b" ", b"  ", b"\t")) + value.strip(b" ") + RNG.choice((b"", b" ", b"\t "))


def message(*args, **kwargs):
    head, _, rest = MESSAGE(*args, **kwargs).partition(b"\r\n\r\n")
    start, *fields = head.split(b"\r\n")
    fields = [field(f) for f in fields] + [b"X-Further-%d: %s" % (i, b"v" * i) for i in range(RNG.randrange(40))]
    RNG.shuffle(fields)
    return b"\r\n".join([start] + fields) + b"\r\n\r\n" + rest


def chunk(data, ext=b"", size=None):
    if size is not None or ext or not 2 <= len(data) <= CUT_BYTES_MAX:
        return CHUNK(data, ext, size)
    out, at = b"", 0
    while at < len(data):
        piece = data[at:at + RNG.choice((1, 2, 7, 100, 5000))]
        at += len(piece)
        number = RNG.choice((b"%x", b"%X", b"0000%x")) % len(piece)
        out += number + RNG.choice((b"", b";a", b"; a=b", b";q=\"x y\"")) + b"\r\n" + piece + b"\r\n"
    return out


def send(peer, data):
    at = 0
    while at < len(data):
        n = RNG.choice((1, 3, 20, 200, 1460, len(data))) if len(data) <= SEGMENTED_BYTES_MAX else len(data)
        SEND(peer, data[at:at + n])
        at += n
        if at < len(data) and RNG.random() < 0.1:
            time.sleep(SEGMENT_GAP_S)


def main():
    cases.icap, cases.chunk, cases.Peer.send = message, chunk, send
    cases.HOST = RNG.choice((b"s", b"sluice.test:1344", b"[2001:db8::1]:1344", b"10.1.2.3"))
    cases.OK, cases.GET = RNG.choice((cases.OK,) + HEADS), RNG.choice((cases.GET,) + REQUESTS)
    cases.CLEAN = bytes(RNG.randrange(32, 127) for _ in range(RNG.choice((5, 16, 17, 63, 300, 3000))))
    del sys.argv[1:3]
    print("seed %d" % SEED)
    return cases.main()


if __name__ == "__main__":
    sys.exit(main())
