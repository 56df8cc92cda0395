#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clients of every kind at once, until the time is up; each answer is looked at.

    endurance.py HOST PORT SECONDS SEED [held]
Whoever else changes modes, signatures or processes meanwhile: EICAR as it is never passes, and what is harmless
comes back whole or is allowed. What only a sandbox can find may pass, unless it is held. Prints what came, a kind
and word a line; exit 0 only if every answer was right and every kind had some.
"""
import collections
import gzip
import io
import os
import random
import socket
import struct
import sys
import threading
import time
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "clients"))
from icap import EICAR, request, upload  # noqa: E402
from shapes import Transaction, groups, send_cut, shapes  # noqa: E402
from wire import Target, Wire, parts  # noqa: E402

SHAPES = list(shapes())
BULK = (100_000, 300_000, 1_048_576, 3_000_000)


class Kind:
    """What one client does again and again; a subclass yields a word for each answer, "wrong …" for one that is none."""

    def __init__(self, target, held, seed):
        self.target, self.held, self.rng = target, held, random.Random(seed)

    def answer(self, w, body):
        """of one RESPMOD or form whose body is known: "allowed", "blocked", or "whole" """
        code, _, fields = w.head()
        if code == 204:
            return "allowed"
        if code != 200:
            return "wrong: %d" % code
        listed = parts(fields)
        w.exactly(listed[-1][1])
        came = w.chunks() if listed[-1][0] != b"null-body" else b""
        if b"X-Infection-Found" in fields:
            return "blocked"
        return "whole" if came == body else "wrong: another body, %d bytes of %d" % (len(came), len(body))


class Shapes(Kind):
    """what an ICAP client may choose, pipelined, many on a connection"""

    def turn(self):
        w = Wire(self.target)
        transactions = [Transaction(self.rng.choice(SHAPES), self.rng, i == 0) for i in range(self.rng.randrange(1, 60))]
        for group in groups(transactions, self.rng):
            send_cut(w, b"".join(t.first() for t in group), self.rng)
            for t in group:
                came = t.received(w, set())
                yield came if came == t.expected() else "wrong: %s: %s" % (t.shape, came)
        w.close()


class Bulk(Kind):
    """large bodies, back whole, read slowly or not"""

    def turn(self):
        w = Wire(self.target, self.rng.choice((None, 20_000)))
        for _ in range(self.rng.randrange(1, 4)):
            body = self.rng.randbytes(self.rng.choice(BULK))
            sender = threading.Thread(target=w.send, args=(request(body, allow=False),))
            sender.start()
            if self.rng.random() < 0.3:
                time.sleep(self.rng.random())
            came = self.answer(w, body)
            sender.join()
            yield came if came == "whole" else "wrong: a body that was %s" % came
        w.close()


class Packed(Kind):
    """what the sandbox alone can judge, each another object"""

    def turn(self):
        w, bad, kept = Wire(self.target), self.rng.random() < 0.5, io.BytesIO()
        with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("%d.txt" % self.rng.getrandbits(64), EICAR if bad else b"harmless")
        file = gzip.compress(kept.getvalue(), mtime=0)
        w.send(request(file) if self.rng.random() < 0.7 else upload("a.gz", file))
        came = self.answer(w, file)
        w.close()
        if (came == "blocked" and not bad) or (came == "allowed" and bad and self.held):
            came = "wrong: an archive, bad %s: %s" % (bad, came)
        yield came


class Leavers(Kind):
    """who goes in the middle: a FIN, a reset, or nothing more and then a reset"""

    def turn(self):
        w = Wire(self.target)
        whole = request(self.rng.randbytes(self.rng.choice((10, 3000, 200_000))) + self.rng.choice((b"", EICAR)), allow=False)
        w.send(whole[:self.rng.randrange(1, len(whole))])
        if self.rng.random() < 0.3:
            time.sleep(self.rng.random())
        if self.rng.random() < 0.5:
            w.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        w.close()
        yield "left"


class Coded(Kind):
    """gzip on the way, EICAR behind it or not"""

    def turn(self):
        w = Wire(self.target)
        for _ in range(self.rng.randrange(1, 20)):
            bad = self.rng.random() < 0.3
            plain = bytes(self.rng.choices(b"abcdefgh \n", k=self.rng.choice((10, 2000, 60_000)))) + (EICAR if bad else b"")
            body = gzip.compress(plain, mtime=0)
            sent = request(body)
            head = b"Content-Type: application/octet-stream\r\n\r\n"
            grown = head.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
            at = sent.index(b"res-body=") + 9
            end = sent.index(b"\r\n", at)
            sent = sent[:at] + b"%d" % (int(sent[at:end]) + len(grown) - len(head)) + sent[end:].replace(head, grown, 1)
            w.send(sent)
            came = self.answer(w, body)
            yield came if (came == "blocked") == bad else "wrong: gzip, bad %s: %s" % (bad, came)
        w.close()


KINDS = {"shapes": Shapes, "bulk": Bulk, "packed": Packed, "leavers": Leavers, "coded": Coded}


def run(kind, end, counts, lock):
    name = type(kind).__name__.lower()
    while time.monotonic() < end:
        try:
            for word in kind.turn():
                with lock:
                    counts[name, word] += 1
        except (OSError, EOFError, ValueError, KeyError) as e:
            with lock:
                counts[name, "wrong: %s: %s" % (type(e).__name__, str(e)[:80])] += 1
            time.sleep(0.1)


def main():
    target, seconds, seed = Target(sys.argv[1], int(sys.argv[2]), "", 60, ""), float(sys.argv[3]), int(sys.argv[4])
    held = sys.argv[5:] == ["held"]
    counts, lock, end = collections.Counter(), threading.Lock(), time.monotonic() + seconds
    threads = [threading.Thread(target=run, args=(kind(target, held, "%d %s %d" % (seed, name, i)), end, counts, lock))
               for name, kind in KINDS.items() for i in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for (name, word), n in sorted(counts.items()):
        print("%s: %s: %d" % (name, word, n))
    missing = set(KINDS) - {name for name, word in counts if not word.startswith("wrong")}
    if missing:
        print("seed %d: none of %s" % (seed, ", ".join(sorted(missing))))
    return bool(missing) or any(word.startswith("wrong") for _, word in counts)


if __name__ == "__main__":
    sys.exit(main())
