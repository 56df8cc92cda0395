#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Both ends of a goodput measurement over kernel sockets, in ICAP's form.

    goodput.py client HOST PORT --seconds N --connections N --bytes N [--congestion NAME] [--sink]
    goodput.py server HOST PORT [--congestion NAME] [--digests]

The client sends a body as RESPMOD without Allow: 204, takes it back, and compares every byte; bodies
differ in each transfer. It prints one JSON object: bytes and seconds of both ways, the transfers, and
what differed. Way up: from the first byte sent to the first byte of the answer. Way down: from there to
the last. The server does what the appliance does with such a body, without judging it: it holds all of
it, then answers; with --digests it takes their MD5 and SHA-256 first, as the appliance does. One process a
connection.
With --sink the client allows a 204, and right behind the body it asks for OPTIONS. Whoever answers that has
received all of the body, and need not have held, judged or returned a byte of it: an appliance in mode
disabled does none of it, nor does the server. Way up: until the answer to OPTIONS begins. No way down.
"""
import argparse
import hashlib
import json
import os
import random
import socket
import sys
import time

RES = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"
REQ = b"GET http://www.example.test/a.bin HTTP/1.1\r\nHost: www.example.test\r\n\r\n"
HEAD = (b"RESPMOD icap://s/av/respmod ICAP/1.0\r\nHost: s\r\n"
        b"Encapsulated: req-hdr=0, res-hdr=%d, res-body=%d\r\n\r\n" % (len(REQ), len(REQ) + len(RES)) + REQ + RES)
SINK = HEAD.replace(b"Host: s\r\n", b"Host: s\r\nAllow: 204\r\n", 1)
OPTIONS = b"OPTIONS icap://s/av/respmod ICAP/1.0\r\nHost: s\r\n\r\n"
NO_CONTENT = b"ICAP/1.0 204 No Content\r\n\r\n"
OPTIONS_ANSWER = b"ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nEncapsulated: null-body=0\r\n\r\n"
ANSWER = b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=%d\r\n\r\n" % len(RES) + RES


def choose(sock, congestion):
    if congestion:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion.encode())
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Reader:
    """A chunked ICAP message after its head, without a copy more than is needed."""

    def __init__(self, sock):
        self.sock, self.buf = sock, bytearray()

    def more(self):
        data = self.sock.recv(1 << 18)
        if not data:
            raise EOFError
        self.buf += data

    def upto(self, mark, start=0):
        while True:
            at = self.buf.find(mark, start)
            if at >= 0:
                return at
            start = max(0, len(self.buf) - len(mark))
            self.more()

    def drop(self, count):
        del self.buf[:count]

    def chunks(self):
        """The body, its chunk lines taken out."""
        body = bytearray()
        while True:
            end = self.upto(b"\r\n")
            size = int(self.buf[:end], 16)
            while len(self.buf) < end + 2 + size + 2:
                self.more()
            body += self.buf[end + 2:end + 2 + size]
            self.drop(end + 2 + size + 2)
            if size == 0:
                return body

    def head(self, status):
        """Time of the first byte of an answer that has this status; its head is taken."""
        if not self.buf:
            self.more()
        first = time.monotonic()
        end = self.upto(b"\r\n\r\n")
        head = bytes(self.buf[:end])
        if status not in head[:20]:
            raise ValueError(head[:40])
        self.drop(end + 4)
        return first

    def answer(self):
        """Time of the first byte, and the body."""
        first = self.head(b" 200 ")
        self.drop(self.upto(b"\r\n\r\n") + 4)  # the encapsulated head
        return first, self.chunks()


def transfers(args):
    seed = random.SystemRandom().getrandbits(64)
    sock = socket.create_connection((args.host, args.port), timeout=120)
    choose(sock, args.congestion)
    reader, found = Reader(sock), {"up_s": 0.0, "down_s": 0.0, "bytes": 0, "transfers": 0, "differ": 0}
    end = time.monotonic() + args.seconds
    while time.monotonic() < end:
        body = random.Random(seed + found["transfers"]).randbytes(args.bytes)
        message = b"".join((SINK if args.sink else HEAD, b"%x\r\n" % len(body), body, b"\r\n0\r\n\r\n",
                            OPTIONS if args.sink else b""))
        begun = time.monotonic()
        sock.sendall(message)
        if args.sink:
            reader.head(b" 204 ")
            first, back = reader.head(b" 200 "), body
        else:
            first, back = reader.answer()
        found["up_s"] += first - begun
        found["down_s"] += time.monotonic() - first
        found["bytes"] += len(body)
        found["transfers"] += 1
        found["differ"] += back != body
    return found


def client(args):
    pipes = []
    for _ in range(args.connections):
        out, into = os.pipe()
        if os.fork() == 0:
            try:
                os.write(into, json.dumps(transfers(args)).encode())
            except (OSError, EOFError, ValueError) as why:
                os.write(into, json.dumps({"failed": repr(why)}).encode())
            os._exit(0)
        os.close(into)
        pipes.append(out)
    total, failed = {}, []
    for pipe in pipes:
        with os.fdopen(pipe, "rb") as f:
            found = json.loads(f.read())
        failed += [found.pop("failed")] if "failed" in found else []
        for key, value in found.items():
            total[key] = total.get(key, 0) + value
    total["failed"] = failed
    print(json.dumps(total))
    return bool(failed or total.get("differ") or not total.get("transfers"))


def serve(sock, congestion, digests):
    choose(sock, congestion)
    reader = Reader(sock)
    while True:
        at = reader.upto(b"\r\n\r\n")
        if reader.buf.startswith(b"OPTIONS "):
            reader.drop(at + 4)
            sock.sendall(OPTIONS_ANSWER)
            continue
        sink = reader.buf.find(b"Allow: 204", 0, at) >= 0
        at = reader.upto(b"res-body=")
        end = reader.upto(b"\r\n\r\n", at)
        reader.upto(b"\r\n", end)  # wait for what the head says is encapsulated
        encapsulated = int(reader.buf[at + 9:end])
        while len(reader.buf) < end + 4 + encapsulated:
            reader.more()
        reader.drop(end + 4 + encapsulated)
        body = reader.chunks()
        if sink:
            sock.sendall(NO_CONTENT)
            continue
        if digests:
            hashlib.md5(body).digest()
            hashlib.sha256(body).digest()
        sock.sendall(b"".join((ANSWER, b"%x\r\n" % len(body), body, b"\r\n0\r\n\r\n")))


def server(args):
    family = socket.AF_INET6 if ":" in args.host else socket.AF_INET
    listener = socket.create_server((args.host, args.port), family=family, backlog=64)
    import signal
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        sock = listener.accept()[0]
        if os.fork() == 0:
            listener.close()
            try:
                serve(sock, args.congestion, args.digests)
            except (OSError, EOFError, ValueError):
                pass
            os._exit(0)
        sock.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("role", choices=("client", "server"))
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--bytes", type=int, default=1 << 20)
    parser.add_argument("--congestion", default="")
    parser.add_argument("--digests", action="store_true")
    parser.add_argument("--sink", action="store_true")
    args = parser.parse_args()
    return client(args) if args.role == "client" else server(args)


if __name__ == "__main__":
    sys.exit(main())
