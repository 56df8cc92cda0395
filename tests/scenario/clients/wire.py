# SPDX-License-Identifier: BSD-3-Clause
"""What the small clients share: a socket that reads as little as they ask for, and messages.

A client's check(target, data) returns what the product would conclude: "clean", "infected NAME",
"unscannable WORD", or "error WHY". Nothing here is more tolerant than the product is.
"""
import collections
import re
import socket

Target = collections.namedtuple("Target", "host port path wait user")  # wait: seconds


class Wire:
    def __init__(self, target, receive_bytes=None):
        self.s = socket.socket(socket.AF_INET)
        if receive_bytes is not None:
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.s.settimeout(target.wait)
        self.s.connect((target.host, target.port))
        self.buf = b""

    def send(self, data):
        self.s.sendall(data)

    def more(self):
        """True: something came; False: the end"""
        d = self.s.recv(65536)
        self.buf += d
        return d != b""

    def line(self):
        while b"\r\n" not in self.buf:
            if not self.more():
                raise EOFError("the end in the middle of a line: %r" % self.buf[:60])
        text, self.buf = self.buf.split(b"\r\n", 1)
        return text

    def exactly(self, n):
        while len(self.buf) < n:
            if not self.more():
                raise EOFError("%d of %d bytes" % (len(self.buf), n))
        data, self.buf = self.buf[:n], self.buf[n:]
        return data

    def head(self):
        """(code, phrase, fields): names as they came, folded lines joined by newlines"""
        status = re.fullmatch(rb"ICAP/1\.\d (\d+) (\S.*)", self.line())
        if status is None:
            raise ValueError("no status line with code and phrase")
        fields, last = {}, None
        while (text := self.line()) != b"":
            if text[:1] in b" \t" and last:
                fields[last] += b"\n" + text.strip()
            else:
                last, value = text.split(b": ", 1)
                fields[last] = value
        return int(status[1]), status[2], fields

    def chunks(self):
        body = []
        while True:
            n = int(self.line(), 16)
            body.append(self.exactly(n))
            if self.line() != b"":
                raise ValueError("a chunk longer than its size")
            if n == 0:
                return b"".join(body)

    def rest(self):
        while self.more():
            pass
        return self.buf

    def close(self):
        self.s.close()


def chunked(data, size):
    pieces = [data[i:i + size] for i in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)


def parts(fields):
    """Encapsulated as a list of (name, offset)"""
    return [(n.strip(), int(o)) for n, o in
            (p.split(b"=") for p in fields[b"Encapsulated"].split(b","))]


def guarded(check):
    """What a client shows its user when the transaction breaks"""
    def run(target, data):
        try:
            return check(target, data)
        except (OSError, EOFError, ValueError, KeyError) as e:
            return "error %s: %s" % (type(e).__name__, e)
    return run
