#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What each shipped profile does on the wire, beside what its file says.

    settings.py HOST PORT answers RECORDS   every key of docs/profiles.md, seen from outside
    settings.py HOST PORT holds OFFSET      when the hold of each profile ends, by a clock we advance
    settings.py HOST PORT busy FILLING      what one too many is told, by the address it comes from

Each profile NAME answers at /p-NAME. A key is looked at in every profile: where its file is silent the
manual's default must be seen. RECORDS is the JSON log; OFFSET a file of one signed 64-bit number,
seconds that the appliance's monotonic clock is ahead; FILLING the connections that fill the appliance,
and the n-th profile of the alphabet is that of HOST's network, address 100 + n.
"""
import base64
import concurrent.futures
import glob
import io
import json
import os
import re
import select
import socket
import struct
import sys
import time
import zipfile

from wire import Target, Wire, parts

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" b"$EICAR-STANDARD-" b"ANTIVIRUS-TEST-FILE!$H+H*"
MANUAL = open("docs/profiles.md").read().split("## What a profile says")[1].split("**Identity")[0]
KEYS = re.findall(r"^\| `([a-z_0-9]+)` \| (?:`(.*?)`)? *\|", MANUAL, re.M)
RES = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"


def profiles():
    """name -> key -> value, as a file says or the manual, blank where that has none"""
    out = {}
    for path in sorted(glob.glob("config/profiles/*.yaml")):
        lines = [l.rstrip("\n").split(": ", 1) for l in open(path) if l.strip() and not l.startswith("#")]
        own = {key: value.strip("\"'") for key, value in lines}
        assert set(own) <= {key for key, _ in KEYS}, path
        out[os.path.basename(path)[:-5]] = {**dict(KEYS), **own}
    return out


def respmod(target, body, fields=b"Allow: 204\r\n", head=b"", url=b"http://www.example.test/x"):
    req, res = b"GET " + url + b" HTTP/1.1\r\nHost: www.example.test\r\n", RES + head + b"\r\n"
    req += b"X-Forwarded-For: 203.0.113.1, 203.0.113.2\r\n\r\n"
    return b"RESPMOD icap://s/%s ICAP/1.0\r\nHost: s\r\n%sEncapsulated: req-hdr=0, res-hdr=%d, res-body=%d\r\n\r\n" % (
        target.path.encode(), fields, len(req), len(req + res)) + req + res + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def answer(w):
    """(code, fields, status line of what is within)"""
    code, _, fields = w.head()
    where, status = parts(fields) if b"Encapsulated" in fields else [], b""
    if where and where[-1][0] != b"null-body":
        status = w.exactly(where[-1][1]).split(b"\r\n")[0]
        w.chunks()
    return code, fields, status


def asked(target, *args, **more):
    w = Wire(target)
    w.send(respmod(target, *args, **more))
    result = answer(w)
    w.close()
    return result


def options(target):
    w = Wire(target)
    w.send(b"OPTIONS icap://s/%s ICAP/1.0\r\nHost: s\r\n\r\n" % target.path.encode())
    _, _, fields = w.head()
    w.close()
    return fields


def shared_segment(target):
    """
    Sixty requests from one whose window is small and shut for a while, so that replies queue up: does
    a segment with the end of one reply have the start of another?
    """
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire:
        wire.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE: others are on the wire, too
        w = Wire(target, receive_bytes=2048)
        port = w.s.getsockname()[1]
        w.send(respmod(target, b"harmless") * 60)
        time.sleep(0.2)
        codes = {answer(w)[0] for _ in range(60)}
        w.close()
        stream, segments, first = bytearray(), [], None
        while select.select([wire], [], [], 0.05)[0]:
            frame, where = wire.recvfrom(65536)
            if frame[12:14] != b"\x08\x00" or frame[23] != 6 or where[2] == socket.PACKET_OUTGOING:
                continue
            at = 14 + (frame[14] & 15) * 4
            to, sequence = struct.unpack_from(">HI", frame, at + 2)
            payload = frame[at + (frame[at + 12] >> 4) * 4:14 + struct.unpack_from(">H", frame, 16)[0]]
            if to == port and payload:
                first = sequence if first is None else first
                begins = (sequence - first) % (1 << 32)
                segments.append((begins, begins + len(payload)))
                stream[begins:begins + len(payload)] = payload  # sent again: the same
    starts = [m.start() for m in re.finditer(rb"ICAP/1\.0 2", stream)]
    assert len(codes) == 1 and len(starts) == 60, (codes, len(starts))
    return any(begins < start < ends for start in starts for begins, ends in segments)


class Seen:
    """What one profile shows: a method a key, which returns the value that explains what was seen"""

    def __init__(self, target, name, records):
        self.target, self.name, self.records, self.count = target, name, records, 0
        self.options = options(target)
        self.harmless, self.bad = asked(target, b"harmless"), asked(target, EICAR)
        self.damaged = asked(target, b"no gzip", head=b"Content-Encoding: gzip\r\n")

    def record(self, **fields):
        """What is recorded of a harmless object whose request has these fields"""
        self.count += 1
        url = "www.example.test/%s-%d" % (self.name, self.count)
        lines = b"".join(b"%s: %s\r\n" % (k.replace("_", "-").encode(), v) for k, v in fields.items())
        asked(self.target, b"harmless", b"Allow: 204\r\n" + lines, url=b"http://" + url.encode())
        for _ in range(200):
            for line in open(self.records):
                if url in line and line.endswith("\n"):
                    return json.loads(line)
            time.sleep(0.05)
        raise ValueError("no record of " + url)

    def preview(self):
        return str(b"Preview" in self.options).lower()

    def preview_bytes(self):
        return "" if self.options.get(b"Preview", b"4096") == b"4096" else "another"

    def options_ttl_s(self):
        return "" if self.options[b"Options-TTL"] == b"3600" else "another"

    def connections_max(self):
        return "" if self.options[b"Max-Connections"] == b"200" else "another"

    def offer_204(self):
        return str(self.options.get(b"Allow") == b"204").lower()

    def allow_out(self):
        return str(b"X-Infection-Found" in self.options.get(b"X-Allow-Out", b"")).lower()

    def methods(self):
        w = Wire(self.target)
        w.send(b"REQMOD icap://s/%s ICAP/1.0\r\nHost: s\r\nAllow: 204\r\nEncapsulated: req-hdr=0, null-body=18\r\n\r\n"
               b"GET / HTTP/1.1\r\n\r\n" % self.target.path.encode())
        code = w.head()[0]
        w.close()
        known = {(b"REQMOD, RESPMOD", False): "both", (b"RESPMOD", True): "respmod"}
        return known[(self.options[b"Methods"], code == 405)]

    def clean(self):
        codes = self.harmless[0], asked(self.target, b"harmless", b"")[0]
        return {(204, 200): "as_allowed", (204, 204): "204", (200, 200): "object"}[codes]

    def one_reply_a_segment(self):
        return str(not shared_segment(self.target)).lower()

    def infection_header(self):
        return next(k for k, v in self.bad[1].items() if b"Threat=Eicar-Test-Signature;" in v).decode()

    def virus_header(self):
        return next(k for k, v in self.bad[1].items() if v == b"Eicar-Test-Signature" and k != b"X-Response-Desc").decode()

    def violations(self):
        value = self.bad[1].get(b"X-Violations-Found")
        return "none" if value is None else "count" if value == b"1" else "records" if value.count(b"\n") == 4 else value

    def response_info(self):
        told = [b"X-Response-Info" in a[1] for a in (self.harmless, self.bad)]
        return {(True, True): "always", (False, True): "blocked", (False, False): "none"}[tuple(told)]

    def unjudged(self):
        code, fields, status = self.damaged
        if fields.get(b"X-Error-Code") != b"decode_error":
            return "no reason"
        return {(200, b"403 Forbidden"): "page", (500, b""): "code"}[(code, status[9:])]

    def page_version(self):
        return self.bad[2][5:8].decode()

    def client_ip_header(self):
        return "X-Client-IP" if self.record(X_Client_IP=b"192.0.2.77")["client"] == "192.0.2.77" else "another"

    def user_headers(self):
        told = {"X-Client-Username": base64.b64encode(b"Local://name"),
                "X-Authenticated-User": base64.b64encode(b"Local://auth")}
        found = {"name": "X-Client-Username", "auth": "X-Authenticated-User", "": None}
        first = found[self.record(**told)["user"]]
        del told[first]
        return ", ".join(filter(None, (first, found[self.record(**told)["user"]])))

    def user_coding(self):
        names = [self.record(**dict.fromkeys(("X-Client-Username", "X-Authenticated-User"), base64.b64encode(n)))["user"]
                 for n in (b"berta", b"Local://berta")]
        return {("berta", "berta"): "base64", ("YmVydGE=", "berta"): "detect"}.get(tuple(names), "plain")

    def forwarded_for(self):
        return {"": "ignore", "203.0.113.1": "first", "203.0.113.2": "last"}[self.record()["client"]]

    def delivery(self):
        """What is configured here is hold: of a large object nothing comes before its end."""
        w = Wire(self.target)
        w.send(respmod(self.target, bytes(600_000), b"")[:-100])
        early = select.select([w.s], [], [], 0.2)[0]
        w.close()
        return "another" if early else "configured"


def compared(target, name, says, records):
    """What is seen of one profile and is not as said, a line each"""
    profile, lines = Seen(target, name, records), []
    for key, value in says.items():
        if key not in ("hold_timeout_s", "busy_status") and (got := getattr(profile, key)()) != value:
            lines.append("%s: %s: '%s', on the wire '%s'" % (name, key, value, got))
    return lines


def answers(host, port, records):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(compared, Target(host, port, "p-" + name, 20, None), name, says, records)
                for name, says in profiles().items()]
        wrong = [line for job in jobs for line in job.result()]
    print("\n".join(wrong + ["%d keys of %d profiles, %d wrong" % (len(KEYS) - 2, len(jobs), len(wrong))]))
    return bool(wrong)


def archive(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(zipfile.ZipInfo("a.txt"), b"held for " + name.encode())
    return out.getvalue()


def holds(host, port, offset):
    """All are held at once; the clock goes to a second before each end, and to a second behind it."""
    ends = {name: int(says["hold_timeout_s"] or 900) for name, says in profiles().items()}
    held, ahead, wrong = {}, 0, 0
    for name in ends:
        target = Target(host, port, "p-" + name, 20, None)
        held[name] = Wire(target)
        held[name].send(respmod(target, archive(name)))
    begun = time.monotonic()

    def clock_to(seconds):
        nonlocal ahead
        ahead = max(ahead, seconds - (time.monotonic() - begun))
        with open(offset, "r+b") as f:
            f.write(struct.pack("q", int(ahead * 1000)))

    def answered(wait):
        end, out = time.monotonic() + wait, set()
        while time.monotonic() < end and len(out) < len(held):
            ready = select.select([w.s for w in held.values()], [], [], 0.05)[0]
            out = {name for name, w in held.items() if w.s in ready}
        return out

    for moment in sorted(set(ends.values())):
        clock_to(moment - 0.7)
        if early := answered(0.2):
            print("before %d s: %s" % (moment, early))
            wrong += 1
        clock_to(moment + 1)
        due = {name for name, end in ends.items() if end == moment}
        for _ in range(50):
            if (now := answered(0.1)) >= due:
                break
        if now != due:
            print("at %d s: %s, expected %s" % (moment, now, due))
            wrong += 1
        for name in now:
            code, fields, _ = answer(held[name])
            if code not in (200, 500) or fields.get(b"X-Error-Code") != b"scan_timeout":
                print("%s: %d %s" % (name, code, fields))
                wrong += 1
            held.pop(name).close()
    print("%d holds, %d wrong" % (len(ends), wrong))
    return wrong != 0


def busy(host, port, filling):
    wrong = 0
    full = [Wire(Target(host, port, "", 20, None)) for _ in range(int(filling))]
    for w in full:
        w.send(b"OPTIONS icap://s/av/respmod ICAP/1.0\r\nHost: s\r\n\r\n")
        assert w.head()[0] == 200
    for n, (name, says) in enumerate(profiles().items()):
        source = host.rsplit(".", 1)[0] + ".%d" % (100 + n)
        with socket.create_connection((host, port), timeout=20, source_address=(source, 0)) as s:
            line = s.makefile("rb").readline()
        if line.split()[1].decode() != says["busy_status"]:
            print("%s: busy_status: '%s', on the wire '%s'" % (name, says["busy_status"], line.decode()))
            wrong += 1
    print("%d times refused, %d wrong" % (len(profiles()), wrong))
    return wrong != 0


if __name__ == "__main__":
    sys.exit({"answers": answers, "holds": holds, "busy": busy}[sys.argv[3]](sys.argv[1], int(sys.argv[2]), sys.argv[4]))
