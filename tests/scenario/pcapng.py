#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reads a capture, and checks what every pcapng file must hold to.

    pcapng.py FILE     one line: packets in out longest-kept longest-frame ports statistics-lost
Exit 1 with a reason where the file is not sound. No library: the format is checked, not trusted.
"""
import struct
import sys
import time


def options(data):
    out = {}
    while data:
        code, length = struct.unpack_from("<HH", data)
        if code == 0:
            return out
        out[code] = data[4:4 + length]
        data = data[4 + (length + 3) // 4 * 4:]
    return out


def blocks(data):
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length >= 12 and length % 4 == 0 and at + length <= len(data), (at, kind, length)
        assert struct.unpack_from("<I", data, at + length - 4)[0] == length, "length at the end"
        yield kind, data[at + 8:at + length - 4]
        at += length


def ends(frame):
    """Ports of a TCP frame over IPv4, else None."""
    if frame[12:14] != b"\x08\x00" or len(frame) < 38 or frame[23] != 6:
        return None
    at = 14 + (frame[14] & 15) * 4
    return struct.unpack_from(">HH", frame, at) if len(frame) >= at + 4 else None


def main():
    interfaces, packets, lost, last = [], [], 0, {}
    for n, (kind, body) in enumerate(blocks(open(sys.argv[1], "rb").read())):
        if n == 0:
            assert kind == 0x0a0d0d0a and body[:4] == b"\x4d\x3c\x2b\x1a", "section header"
            assert b"Sluice" in options(body[16:])[4], "application"
        elif kind == 1:
            link, _, snaplen = struct.unpack_from("<HHI", body)
            o = options(body[8:])
            assert link == 1 and o[9] == b"\x09" and o[2] == b"core%d" % len(interfaces), o
            interfaces.append(snaplen)
        elif kind == 6:
            core, high, low, kept, length = struct.unpack_from("<IIIII", body)
            direction = struct.unpack("<I", options(body[20 + (kept + 3) // 4 * 4:])[2])[0]
            assert core < len(interfaces) and direction in (1, 2), (core, direction)
            assert kept <= length and kept <= interfaces[core], (kept, length)
            ns = high << 32 | low
            assert abs(ns / 1e9 - time.time()) < 600, "not the time of now: %d" % ns
            assert ns >= last.get(core, 0), "a core's time went back"
            last[core] = ns
            packets.append((direction, kept, length, ends(body[20:20 + kept])))
        elif kind == 5:
            core = struct.unpack_from("<I", body)[0]
            assert core < len(interfaces)
            lost += struct.unpack("<Q", options(body[12:])[5])[0]
        else:
            raise AssertionError("block type %d" % kind)
    ports = sorted({p for x in packets if x[3] for p in x[3]})
    print(len(packets), sum(x[0] == 1 for x in packets), sum(x[0] == 2 for x in packets),
          max((x[1] for x in packets), default=0), max((x[2] for x in packets), default=0),
          ",".join(map(str, ports[:4])) or "-", lost)


try:
    main()
except (AssertionError, struct.error, KeyError) as e:
    sys.exit("%s: %r" % (sys.argv[1], e))
