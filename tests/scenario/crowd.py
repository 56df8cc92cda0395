#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clients that take places and give nothing, for scenarios.

    crowd.py HOST PORT idle COUNT     COUNT idle connections, one busy; then a newcomer each for some
    crowd.py HOST PORT slow COUNT     COUNT connections that send a byte of their body each second
    crowd.py HOST PORT heads COUNT    COUNT connections that send half of a head, one busy; then newcomers
    crowd.py HOST PORT codings COUNT  COUNT connections that send half of a compressed body; then newcomers
    crowd.py HOST PORT flood SOURCE   SYNs from SOURCE.x.y:z until killed, as fast as they go (raw)
Exit 0 only if everything was as it should be.
"""
import gzip
import os
import resource
import socket
import struct
import sys
import time

from icap import Client, request

PATIENCE_SECONDS = 120  # far more than the appliance's, and far less than any deadline of those who stand still


def ask(host, port, body):
    """A client that was answered, and the code."""
    c = Client(host, port)
    c.s.sendall(request(body))
    return c, c.reply()[0]


def idle(host, port, count):
    """Every place is taken; each newcomer gets that of the connection that was idle longest."""
    crowd = []
    for _ in range(count):
        c = Client(host, port)
        c.s.sendall(request(b"harmless"))
        assert c.reply()[0] == 204
        crowd.append(c)
    busy = crowd.pop()
    body = request(b"harmless" * 100)
    busy.s.sendall(body[:-200])
    time.sleep(1.5)
    busy.s.sendall(body[-200:-100])
    newcomers = []  # so that their places stay taken
    end = time.monotonic() + PATIENCE_SECONDS
    for i in range(count // 2):
        c, code = ask(host, port, b"harmless %d" % i)
        while i == 0 and code == 503 and time.monotonic() < end:  # a starved appliance's second is longer
            time.sleep(0.5)
            c, code = ask(host, port, b"harmless")
        newcomers.append(c)
        assert code == 204, "newcomer %d: %d" % (i, code)
        assert crowd[i].s.recv(1) == b"", "not the one that was idle longest"
    busy.s.sendall(body[-100:])
    assert busy.reply()[0] == 204, "one in mid-request had to go"


def let_in(host, port, message):
    """Sooner or later one gets what it came for, and all behind it do."""
    def code(i):
        c = Client(host, port)
        c.s.sendall(message(i))
        return c.reply()[0]
    end = time.monotonic() + PATIENCE_SECONDS
    while code(0) != 204:
        assert time.monotonic() < end, "nobody gave way"
        time.sleep(0.2)
    for i in range(1, 50):
        assert code(i) == 204, "newcomer %d" % i


def heads(host, port, count):
    """Room for heads is taken, though there are places: who does not send the rest of its head gives way."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 200, count + 200))
    crowd = [Client(host, port) for _ in range(count)]
    for c in crowd:
        c.s.sendall(b"RESPMOD icap://s/av/re")
    let_in(host, port, lambda i: request(b"harmless"))
    busy = Client(host, port)
    body = request(b"harmless" * 1000)
    busy.s.sendall(body[:-5000])
    let_in(host, port, lambda i: request(b"harmless %d" % i))
    busy.s.sendall(body[-5000:])
    assert busy.reply()[0] == 204, "one in mid-request had to go"
    ended = 0
    for c in crowd:
        c.s.setblocking(False)
        try:
            ended += c.s.recv(1) == b""
        except BlockingIOError:
            pass
        except ConnectionResetError:
            ended += 1
    assert 0 < ended < count / 2, "%d of %d half heads had to go" % (ended, count)


def compressed(body, cut=0):
    """a RESPMOD of a gzip'd page, less `cut` bytes at its end"""
    message = request(gzip.compress(body))
    was, now = b"Content-Type: application/octet-stream\r\n", b"Content-Type: text/html\r\nContent-Encoding: gzip\r\n"
    at = message.rindex(b"res-body=") + 9
    end = message.index(b"\r", at)
    message = message[:at] + b"%d" % (int(message[at:end]) + len(now) - len(was)) + message[end:]
    message = message.replace(was, now)
    return message[:len(message) - cut]


def codings(host, port, count):
    """There are decoders for 512 bodies: who stands still with one for ten seconds gives way to others' bodies."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 200, count + 200))
    half, whole = compressed(b"harmless" + bytes(range(256)) * 4, 100), compressed(b"harmless")
    crowd = [Client(host, port) for _ in range(count)]
    for c in crowd:
        c.s.sendall(half)
    c = Client(host, port)
    c.s.sendall(whole)
    assert c.reply()[0] == 200, "a decoder was free"
    let_in(host, port, lambda i: whole)


def slow(host, port, count):
    """Every place is taken by who sends a byte a second: after ten seconds they give way."""
    crowd = [Client(host, port) for _ in range(count)]
    whole = request(b"x" * 4096)
    for c in crowd:
        c.s.sendall(whole[:-4000])
    c = Client(host, port)
    c.s.sendall(request(b"harmless"))
    assert c.reply()[0] == 503, "a place was free"
    for second in range(PATIENCE_SECONDS):
        for c in crowd:
            try:
                c.s.sendall(whole[second - 4000 : second - 3999])
            except OSError:
                pass  # it had to go
        time.sleep(1)
        c = Client(host, port)
        c.s.sendall(request(b"harmless"))
        if c.reply()[0] == 204:
            break
        assert second < PATIENCE_SECONDS - 1, "nobody gave way"
    newcomers = [Client(host, port) for _ in range(count // 2)]  # so that their places stay taken
    for c in newcomers:
        c.s.sendall(request(b"harmless"))
        assert c.reply()[0] == 204, "one of many gave way"


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def flood(host, port, source):
    """A few thousand SYNs are made once and sent over and over."""
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    there, packets = socket.inet_aton(host), []
    for i in range(8192):
        here = socket.inet_aton("%s.%d.%d" % (source, i >> 8, i & 255))
        tcp = struct.pack("!HHIIBBHHH", 1024 + i, port, i * 77, 0, 0x50, 2, 65535, 0, 0)
        total = checksum(here + there + struct.pack("!HH", 6, len(tcp)) + tcp)
        tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
        packets.append(struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, here, there) + tcp)
    while True:
        for p in packets:
            try:
                s.sendto(p, (host, 0))
            except OSError:
                pass  # the wire is full


def main():
    host, port, what, argument = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    if what == "idle":
        idle(host, port, int(argument))
    elif what == "heads":
        heads(host, port, int(argument))
    elif what == "codings":
        codings(host, port, int(argument))
    elif what == "slow":
        slow(host, port, int(argument))
    else:
        os.nice(5)
        flood(host, port, argument)
    return 0


if __name__ == "__main__":
    sys.exit(main())
