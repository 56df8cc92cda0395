#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each combination of what an ICAP client may choose about one object, against what RFC 3507 makes of it.

    shapes.py HOST PORT all SEED   every combination below, in an order and with chunks, segments, names' case and
                                   further fields that follow from SEED; many on a connection, some pipelined
    shapes.py HOST PORT odd        single requests that are odd, and the status of each
Exit 0 only if every answer was the expected one.
"""
import itertools
import os
import random
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "clients"))
from wire import Target, Wire, parts  # noqa: E402

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" b"$EICAR-STANDARD-" b"ANTIVIRUS-TEST-FILE!$H+H*"
GET = b"GET http://www.example.test/a.bin HTTP/1.1\r\nHost: www.example.test\r\n\r\n"
POST = b"POST http://www.example.test/up HTTP/1.1\r\nHost: www.example.test\r\nX-Odd : a\r\n\r\n"
RES = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"
LAST = b"0\r\n\r\n"

METHODS = ("REQMOD", "RESPMOD")
HEADS = ("both", "own", "none")  # RESPMOD: with the request's head, without, no head at all
PREVIEWS = (None, 0, 1, 1024, 4096)
ALLOWS = (b"", b"204", b"204, 206, trailers", b"206, trailers")
SIZES = (None, 0, 1, 1023, 1024, 1025, 4096, 5000, 70000)  # None: null-body
THREATS = (False, True)  # EICAR is the body's end
PIPELINED_MAX = 8


def shapes():
    for shape in itertools.product(METHODS, HEADS, PREVIEWS, ALLOWS, SIZES, THREATS):
        method, heads, _, _, size, threat = shape
        if (threat and (size is None or size < len(EICAR))) or (heads == "none" and size is None):
            continue
        if method == "REQMOD" and heads == "own":
            continue
        yield shape


class Transaction:
    def __init__(self, shape, rng, closes):
        self.shape, self.rng, self.closes = shape, rng, closes
        self.method, heads, self.preview, self.allow, size, self.threat = shape
        own = {"REQMOD": b"req", "RESPMOD": b"res"}[self.method]
        head = RES if self.method == "RESPMOD" else GET if size is None else POST
        self.heads = [(own + b"-hdr", head)] if heads != "none" else []
        self.echo = head if self.heads else b""
        if heads == "both" and self.method == "RESPMOD":
            self.heads.insert(0, (b"req-hdr", GET))
        self.own = own
        self.body = None
        if size is not None:
            self.body = bytes(rng.randrange(97, 123) for _ in range(size - (len(EICAR) if self.threat else 0)))
            self.body += EICAR if self.threat else b""

    def has_whole_preview(self):
        """All that there is lies in the preview, and its end says so."""
        return self.preview is not None and (self.body is None or len(self.body) <= self.preview)

    def waits(self):
        return self.preview is not None and not self.has_whole_preview()

    def chunks(self, data):
        out, at = b"", 0
        while at < len(data):
            n = self.rng.choice((1, 7, 100, 4096, 65536)) if at < 4096 else len(data)
            piece = data[at:at + n]
            at += n
            out += self.rng.choice((b"%x", b"%X", b"00%x")) % len(piece) + self.rng.choice((b"", b"", b"; a=\"b c\""))
            out += b"\r\n" + piece + b"\r\n"
        return out

    def first(self):
        """what is sent before an answer is waited for"""
        offset, encapsulated = 0, []
        for name, head in self.heads:
            encapsulated.append(b"%s=%d" % (name, offset))
            offset += len(head)
        encapsulated.append(b"%s=%d" % (b"null-body" if self.body is None else self.own + b"-body", offset))
        fields = [(b"Host", b"s"), (b"Encapsulated", self.rng.choice((b", ", b",", b" ,  ")).join(encapsulated))]
        fields += [(b"Allow", self.allow)] if self.allow else []
        fields += [(b"Preview", b"%d" % self.preview)] if self.preview is not None else []
        fields += [(b"Connection", b"close")] if self.closes else []
        fields += [(b"X-Further-%d" % i, b"v" * i) for i in range(self.rng.choice((0, 0, 3, 40)))]
        self.rng.shuffle(fields)
        case = self.rng.choice((bytes, bytes.lower, bytes.upper))
        start = b"%s icap://s/av/%smod ICAP/1.0" % (self.method.encode(), {b"req": b"req", b"res": b"resp"}[self.own])
        lines = [start] + [case(name) + self.rng.choice((b":", b": ", b":\t")) + value for name, value in fields]
        message = b"\r\n".join(lines) + b"\r\n\r\n" + b"".join(head for _, head in self.heads)
        if self.body is None:
            return message
        if self.preview is None:
            return message + self.chunks(self.body) + LAST
        if self.has_whole_preview():
            return message + self.chunks(self.body) + b"0; ieof\r\n\r\n"
        return message + self.chunks(self.body[:self.preview]) + LAST

    def rest(self):
        return self.chunks(self.body[self.preview:]) + LAST

    def expected(self):
        if self.threat:
            return "blocked"
        return "204" if b"204" in self.allow or self.has_whole_preview() else "echoed"

    def received(self, w, tags):
        """what came, in the words of expected(), or what is wrong with it"""
        code, _, fields = w.head()
        if code == 100:
            if not self.waits() or fields:
                return "a 100 that nobody waits for, or with fields"
            send_cut(w, self.rest(), self.rng)
            code, _, fields = w.head()
        tags.add(fields[b"ISTag"])
        if (fields.get(b"Connection") == b"close") != self.closes:
            return "Connection: %s" % fields.get(b"Connection")
        if code == 204:
            return "204"
        if code != 200:
            return str(code)
        listed = parts(fields)
        head = w.exactly(listed[-1][1])
        body = w.chunks() if listed[-1][0] != b"null-body" else None
        if b"X-Infection-Found" in fields:
            right = [n for n, _ in listed] == [b"res-hdr", b"res-body"] and head.startswith(b"HTTP/1.1 403 ")
            return "blocked" if right and EICAR not in body else "a block page that is none"
        if head != self.echo or body != self.body or listed[0][1] != 0 or len(listed) != bool(self.echo) + 1:
            return "another object came back, %s" % listed
        return "echoed"


def send_cut(w, data, rng):
    """in a few segments"""
    w.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    cuts = [0, *sorted(rng.sample(range(1, len(data)), rng.choice((0, 1, 3)))), len(data)]
    for begin, end in zip(cuts, cuts[1:]):
        w.send(data[begin:end])


def groups(transactions, rng):
    """Those that wait for nothing may be sent behind each other; one that waits is a group's last."""
    while transactions:
        group = [transactions.pop()]
        while transactions and len(group) < rng.randrange(1, PIPELINED_MAX + 1) and not group[-1].waits():
            group.append(transactions.pop())
        yield group


def all_shapes(target, seed):
    rng, bad, tags, count = random.Random(seed), 0, set(), 0
    order = list(shapes())
    rng.shuffle(order)
    while order:
        mine, order = order[:200], order[200:]
        transactions = [Transaction(s, rng, i == 0) for i, s in enumerate(mine)]
        w = Wire(target)
        for group in groups(transactions, rng):
            send_cut(w, b"".join(t.first() for t in group), rng)
            for t in group:
                count += 1
                if (came := t.received(w, tags)) != t.expected():
                    print("seed %d: %s: %s, expected %s" % (seed, t.shape, came, t.expected()))
                    bad += 1
        if w.rest() != b"":
            print("seed %d: bytes behind the last answer" % seed)
            bad += 1
        w.close()
    print("%d transactions, %d wrong, %d ISTag" % (count, bad, len(tags)))
    return bad != 0 or len(tags) != 1


# What it is, what is sent, the statuses that come; `end`: and then the connection's.
Q = b" ICAP/1.0\r\nHost: s\r\nAllow: 204\r\nEncapsulated: req-hdr=0, null-body=%d\r\n\r\n" % len(GET) + GET
REQMOD, RESPMOD, OPTIONS = b"REQMOD icap://s/av/reqmod", b"RESPMOD icap://s/av/respmod", b"OPTIONS icap://s/av/respmod ICAP/1.0\r\n"
FIVE = b"5\r\nhello\r\n" + LAST


def respmod(response, *fields, body=FIVE):
    lines = (RESPMOD + b" ICAP/1.0",) + fields + (b"Encapsulated: req-hdr=0, res-hdr=%d, res-body=%d" % (
        len(GET), len(GET) + len(response)), b"", b"")
    return b"\r\n".join(lines) + GET + response + body


def reqmod(request):
    return b"REQMOD icap://s/av/reqmod ICAP/1.0\r\nAllow: 204\r\nEncapsulated: req-hdr=0, null-body=%d\r\n\r\n%s" % (
        len(request), request)


ODD = [
    ("a URI with a port", b"REQMOD icap://s:1344/av/reqmod" + Q, "204"),
    ("of an IPv6 host", b"REQMOD icap://[2001:db8::1]:1344/av/reqmod" + Q, "204"),
    ("with a scheme in capitals", b"REQMOD ICAP://S/av/reqmod" + Q, "204"),
    ("icaps:", b"REQMOD icaps://s:11344/av/reqmod" + Q, "204"),
    ("a path alone", b"REQMOD /av/reqmod" + Q, "204"),
    ("with parameters", b"REQMOD icap://s/av/reqmod?mode=simple&x=1" + Q, "204"),
    ("with a user", b"REQMOD icap://u:p@s/av/reqmod" + Q, "204"),
    ("a slash too many at its end", b"REQMOD icap://s/av/reqmod/" + Q, "404 end"),
    ("of another case", b"REQMOD icap://s/AV/reqmod" + Q, "404 end"),
    ("no path", b"REQMOD icap://s" + Q, "404 end"),
    ("OPTIONS of everything", b"OPTIONS * ICAP/1.0\r\n\r\n", "404 end"),
    ("OPTIONS with null-body", OPTIONS + b"Encapsulated: null-body=0\r\n\r\n", "200"),
    ("OPTIONS with a body", OPTIONS + b"Encapsulated: opt-body=0\r\n\r\n" + FIVE, "200"),
    ("OPTIONS with a preview", OPTIONS + b"Preview: 0\r\nEncapsulated: null-body=0\r\n\r\n", "200"),
    ("OPTIONS with a previewed body", OPTIONS + b"Preview: 5\r\nEncapsulated: opt-body=0\r\n\r\n" + FIVE, "200"),
    ("a Transfer-Encoding in the ICAP head", respmod(RES, b"Allow: 204", b"Transfer-Encoding: chunked"), "204"),
    ("Allow with quotes is no 204", respmod(RES, b"Allow: \"204\""), "200"),
    ("Allow in two lines", respmod(RES, b"Allow: trailers", b"Allow: 204"), "204"),
    ("an empty Allow", respmod(RES, b"Allow:"), "200"),
    ("keep-alive", respmod(RES, b"Allow: 204", b"Connection: keep-alive"), "204"),
    ("close in a list ends it", respmod(RES, b"Allow: 204", b"Connection: TE, Close"), "204 end"),
    ("a preview with zeros before it", respmod(RES, b"Preview: 05") + LAST, "100 200"),
    ("one that says plus", respmod(RES, b"Preview: +5"), "400 end"),
    ("a preview that ends where the body does, unsaid", respmod(RES, b"Preview: 5") + LAST, "100 200"),
    ("ieof without a blank", respmod(RES, b"Preview: 9", body=b"5\r\nhello\r\n0;ieof\r\n\r\n"), "204"),
    ("IEOF", respmod(RES, b"Preview: 9", body=b"5\r\nhello\r\n0; IEOF\r\n\r\n"), "204"),
    ("ieof behind another extension", respmod(RES, b"Preview: 9", body=b"5\r\nhello\r\n0; a=b; ieof\r\n\r\n"), "204"),
    ("ieof and a trailer", respmod(RES, b"Preview: 9", body=b"5\r\nhello\r\n0; ieof\r\nX: y\r\n\r\n"), "204"),
    ("ieof without a preview", respmod(RES, b"Allow: 204", body=b"5\r\nhello\r\n0; ieof\r\n\r\n"), "204"),
    ("a body without any head", RESPMOD + b" ICAP/1.0\r\nAllow: 204\r\nEncapsulated: res-body=0\r\n\r\n" + FIVE, "204"),
    ("nothing at all", REQMOD + b" ICAP/1.0\r\nAllow: 204\r\nEncapsulated: null-body=0\r\n\r\n", "204"),
    ("parts in capitals", REQMOD + Q.replace(b"req-hdr", b"REQ-HDR").replace(b"null", b"Null"), "204"),
    ("parts behind blanks", REQMOD + Q.replace(b"req-hdr", b"   req-hdr").replace(b", ", b" ,\t"), "204"),
    ("parts in the wrong order", RESPMOD + b" ICAP/1.0\r\nEncapsulated: res-hdr=0, req-hdr=%d, res-body=%d\r\n\r\n" % (
        len(RES), len(RES + GET)) + RES + GET + FIVE, "400 end"),
    ("HTTP/2", respmod(b"HTTP/2 200\r\n\r\n", b"Allow: 204"), "204"),
    ("ICY", respmod(b"ICY 200 OK\r\n\r\n", b"Allow: 204"), "204"),
    ("a 101", respmod(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"Allow: 204"), "204"),
    ("CONNECT to an IPv6 address", reqmod(b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n"), "204"),
    ("OPTIONS of HTTP", reqmod(b"OPTIONS * HTTP/1.1\r\n\r\n"), "204"),
    ("FTP", reqmod(b"GET ftp://u:p@h.test/a%20b.zip HTTP/1.1\r\n\r\n"), "204"),
    ("a blank in a URL", reqmod(b"GET http://h.test/a b HTTP/1.1\r\n\r\n"), "204"),
    ("a URL of 60,000 bytes", reqmod(b"GET http://h.test/" + b"x" * 60000 + b" HTTP/1.1\r\n\r\n"), "204"),
    ("a ticket of 48,000 bytes", REQMOD + Q.replace(b"Allow", b"Proxy-Authorization: Negotiate " + b"a" * 64000 + b"\r\nAllow"), "204"),
    ("ICAP/1.1", (REQMOD + Q).replace(b"ICAP/1.0", b"ICAP/1.1"), "505 end"),
]


def statuses(target, sent):
    """Those of the answers in order, up to the connection's end."""
    w, came = Wire(target), []
    w.send(sent)
    while w.buf or w.more():
        code, _, fields = w.head()
        came.append(str(code))
        if code == 200 and (listed := parts(fields))[-1][0] != b"null-body":
            w.exactly(listed[-1][1])
            w.chunks()
    w.close()
    return " ".join(came)


def odd(target):
    bad = 0
    for name, sent, expected in ODD:
        # The next request is its connection's last; where it is not answered, the one before was.
        came = statuses(target, sent + REQMOD + Q.replace(b"Host: s", b"Connection: close"))
        if came != (expected[:-4] if expected.endswith(" end") else expected + " 204"):
            print("%s: %s, expected %s" % (name, came, expected))
            bad += 1
    print("%d odd requests, %d wrong" % (len(ODD), bad))
    return bad != 0


def main():
    target = Target(sys.argv[1], int(sys.argv[2]), "", 20, "")
    return odd(target) if sys.argv[3] == "odd" else all_shapes(target, int(sys.argv[4]))


if __name__ == "__main__":
    sys.exit(main())
