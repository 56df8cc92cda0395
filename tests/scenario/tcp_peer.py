#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's TCP as the appliance's client, each thing a client's TCP may do, byte for byte.

    tcp_peer.py HOST PORT all [SCALE]    every kind below at once, each on connections of its own
    tcp_peer.py HOST PORT KIND [SCALE]   one kind: bulk, upload, pingpong, short, half, reset, stall, deaf, pause
    tcp_peer.py HOST PORT options [WORD...]   one transfer; what the kernel says was agreed on must be
                                         just these of ts, sack, wscale, ecn
    tcp_peer.py HOST PORT cell SCALE [WORD...]   options, and then all
    tcp_peer.py HOST PORT marks          transfers under a wire that sets CE: prints what either side heard
    tcp_peer.py HOST PORT hold N         opens N connections, prints how many were served, each byte for byte

CONGESTION in the environment names the kernel's congestion control: reno, cubic, bbr (its own where it has no such).
SCALE multiplies the amounts (1). Bodies are sequences of their own: the n-th of a connection never
equals another, so a byte of the wrong object shows. Exit 0 only if all came out right.
"""
import fcntl
import os
import random
import socket
import struct
import sys
import termios
import threading
import time

import icap
from icap import request

TCP_INFO_WORDS = {"ts": 1, "sack": 2, "wscale": 4, "ecn": 8}
KIB, MIB = 1 << 10, 1 << 20
CONGESTION = os.environ.get("CONGESTION", "")
RUN = random.SystemRandom().getrandbits(32)


class Wrong(Exception):
    pass


def choose_congestion(sock):
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, CONGESTION.encode())
    except FileNotFoundError:
        pass


class Client(icap.Client):
    def __init__(self, host, port):
        super().__init__(host, port)
        if CONGESTION:
            choose_congestion(self.s)


def small_window(host, port):
    client = Client.__new__(Client)
    client.buf, client.s = b"", socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    client.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * KIB)
    client.s.settimeout(60)
    client.s.connect((host, port))
    return client


def body_of(name, number, size):
    return random.Random("%d %s %d" % (RUN, name, number)).randbytes(size)


def expect(client, body, what):
    code, back = client.reply()
    if code != 200:
        raise Wrong("%s: answered %d" % (what, code))
    if back != body:
        at = next((i for i, (a, b) in enumerate(zip(back, body)) if a != b), min(len(back), len(body)))
        raise Wrong("%s: %d bytes back of %d, different from %d on" % (what, len(back), len(body), at))


def send(client, data):
    """All of it, read or not: a second thread, where the answer must be read meanwhile."""
    client.s.sendall(data)


def bulk(host, port, scale):
    client = Client(host, port)
    for i in range(max(1, int(3 * scale))):
        body = body_of("bulk", i, int(MIB * min(1, scale)) + i)
        send(client, request(body, allow=False))
        expect(client, body, "bulk %d" % i)


def upload(host, port, scale):
    client = Client(host, port)
    for i in range(max(1, int(3 * scale))):
        send(client, request(body_of("upload", i, int(MIB * min(1, scale)) + i)))
        code = client.reply()[0]
        if code != 204:
            raise Wrong("upload %d: answered %d" % (i, code))


def pingpong(host, port, scale):
    client = Client(host, port)
    for i in range(int(100 * scale)):
        body = body_of("pingpong", i, 1 + i % 3000)
        send(client, request(body, allow=False))
        expect(client, body, "request %d" % i)


def short(host, port, scale):
    """A connection each; every third ends by a reset, every third by the appliance's FIN."""
    for i in range(int(300 * scale)):
        client, body = Client(host, port), body_of("short", i, 1 + i % 2000)
        if i % 3 == 1:
            client.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        send(client, request(body, allow=False))
        if i % 3 == 2:
            client.s.shutdown(socket.SHUT_WR)
        expect(client, body, "connection %d" % i)
        if i % 3 == 2 and client.s.recv(1) != b"":
            raise Wrong("connection %d: bytes behind the answer" % i)
        client.s.close()


def half(host, port, scale):
    """The request, our FIN at once, and the whole answer still comes, and then the appliance's FIN."""
    for i in range(max(2, int(4 * scale))):
        client, body = Client(host, port), body_of("half", i, int(300 * KIB * min(1, scale)) + i)
        send(client, request(body, allow=False))
        client.s.shutdown(socket.SHUT_WR)
        expect(client, body, "half-closed %d" % i)
        if client.buf != b"" or client.s.recv(1) != b"":
            raise Wrong("half-closed %d: bytes behind the answer" % i)
        client.s.close()


def reset(host, port, scale):
    """Resets in the middle of a body, of an answer, of a head; whoever comes next is served."""
    for i in range(max(3, int(12 * scale))):
        client, body = Client(host, port), body_of("reset", i, 200 * KIB)
        whole = request(body, allow=False)
        client.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if i % 3 == 0:
            send(client, whole[:len(whole) // 2])
        elif i % 3 == 1:
            send(client, whole)
            client.s.recv(1000)
        else:
            send(client, whole[:50])
        client.s.close()
    client, body = Client(host, port), body_of("after resets", 0, 10 * KIB)
    send(client, request(body, allow=False))
    expect(client, body, "after resets")


def until_full(sock, seconds):
    """What can be read stands still for so long: the window is shut, and was probed."""
    seen, since = 0, time.monotonic()
    while time.monotonic() < since + (seconds if seen > 0 else 10):
        unread = struct.unpack("i", fcntl.ioctl(sock, termios.FIONREAD, bytes(4)))[0]
        if unread != seen:
            seen, since = unread, time.monotonic()
        time.sleep(0.02)


def stall(host, port, scale):
    """A reader that stops: its window shuts, is probed, opens a little, shuts, opens."""
    client = small_window(host, port)
    body = body_of("stall", 0, max(256 * KIB, int(MIB * min(1, scale))))
    send(client, request(body, allow=False))
    until_full(client.s, 1.5 if scale >= 1 else 0.7)
    client.buf += client.s.recv(20 * KIB)
    until_full(client.s, 0.7 if scale >= 1 else 0.4)
    expect(client, body, "after a stall")


def unacknowledged(sock):
    return struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0]


def deaf(host, port, scale):
    """A sender that reads nothing before all is sent, while the appliance streams its body back
    (delivery.stall_ms) into a window that is shut: the ACKs must come through all the same."""
    client = small_window(host, port)
    body = body_of("deaf", 0, 600 * KIB)
    whole = request(body, allow=False)
    send(client, whole[:400 * KIB])
    until_full(client.s, 1 if scale >= 1 else 0.5)
    send(client, whole[400 * KIB:])
    end = time.monotonic() + 60  # a kernel without SACK and timestamps backs off, seconds each time
    while unacknowledged(client.s) > 0:
        if time.monotonic() > end:
            raise Wrong("deaf: %d bytes of ours are not acknowledged" % unacknowledged(client.s))
        time.sleep(0.02)
    expect(client, body, "by a deaf sender")


def pause(host, port, scale):
    """A sender that stops in the middle of a body, longer than any RTO of a good path."""
    client, body = Client(host, port), body_of("pause", 0, 300 * KIB)
    whole = request(body, allow=False)
    send(client, whole[:1000])
    for part in (whole[1000:140000], whole[140000:]):
        time.sleep(0.9 if scale >= 1 else 0.5)
        send(client, part)
    expect(client, body, "after a pause")


KINDS = {f.__name__: f for f in (bulk, upload, pingpong, short, half, reset, stall, deaf, pause)}


def run(kinds, host, port, scale):
    wrong = []

    def one(kind):
        begun = time.monotonic()
        try:
            KINDS[kind](host, port, scale)
        except (Wrong, OSError, EOFError, ValueError, IndexError) as why:
            wrong.append("%s (after %.1f s): %r" % (kind, time.monotonic() - begun, why))

    threads = [threading.Thread(target=one, args=(kind,)) for kind in kinds]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for line in wrong:
        print(line)
    return bool(wrong)


def tcp_info(sock):
    """(words that were agreed on, segments delivered with CE as the peer echoed it)"""
    raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return {w for w, bit in TCP_INFO_WORDS.items() if raw[5] & bit}, struct.unpack_from("I", raw, 196)[0]


def options(host, port, wanted):
    client, body = Client(host, port), body_of("options", 0, 200 * KIB)
    send(client, request(body, allow=False))
    expect(client, body, "options")
    agreed = tcp_info(client.s)[0]
    if agreed != set(wanted):
        print("agreed on: %s; expected: %s" % (" ".join(sorted(agreed)), " ".join(sorted(wanted))))
    return agreed != set(wanted)


def marked_frames():
    """Of all frames that came to this namespace: those that IP saw marked (IpExt's InCEPkts)."""
    with open("/proc/net/netstat") as f:
        lines = [l.split() for l in f if l.startswith("IpExt:")]
    return int(lines[1][lines[0].index("InCEPkts")])


def cwr_heard(host, stop, count):
    """Counts data segments from the appliance that say CWR, as they arrive."""
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * MIB)
    sniffer.settimeout(0.1)
    source = socket.inet_aton(host)
    while not stop.is_set():
        try:
            ip = sniffer.recv(80)
        except TimeoutError:
            continue
        at = (ip[0] & 15) * 4
        if ip[12:16] == source and ip[9] == 6 and len(ip) >= at + 14 and ip[at + 13] & 0x80 and not ip[at + 13] & 2:
            count[0] += 1


def marks(host, port):
    """IPv4 only: what CE on either way leads to."""
    stop, cwr, before = threading.Event(), [0], marked_frames()
    sniffer = threading.Thread(target=cwr_heard, args=(host, stop, cwr))
    sniffer.start()
    client = Client(host, port)
    for i in range(4):
        body = body_of("marks", i, MIB)
        send(client, request(body, allow=False))
        expect(client, body, "marks %d" % i)
    agreed, echoed = tcp_info(client.s)
    stop.set()
    sniffer.join()
    print("ecn %s, marked to us %d, the appliance's CWR %d, our marks echoed %d" % (
        "yes" if "ecn" in agreed else "no", marked_frames() - before, cwr[0], echoed))
    return False


def hold(host, port, count):
    held = []
    for i in range(count):
        client, body = Client(host, port), body_of("hold", i, 3000)
        send(client, request(body, allow=False))
        expect(client, body, "connection %d" % i)
        held.append(client)
    print("%d served" % len(held))
    return False


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    host, port, what, rest = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    try:
        if what == "options":
            return options(host, port, rest)
        if what == "cell":
            return options(host, port, rest[1:]) or run(KINDS, host, port, float(rest[0]))
        if what == "marks":
            return marks(host, port)
        if what == "hold":
            return hold(host, port, int(rest[0]))
    except (Wrong, OSError, EOFError) as why:
        print("%s: %r" % (what, why))
        return True
    if what != "all" and what not in KINDS:
        sys.exit(__doc__)
    return run(KINDS if what == "all" else [what], host, port, float(rest[0]) if rest else 1.0)


if __name__ == "__main__":
    sys.exit(main())
