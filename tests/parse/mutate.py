# SPDX-License-Identifier: BSD-3-Clause
"""Messages that are right, and ways to make them wrong: each from its number alone."""

import random

TOKENS = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\n\n", b" ", b"\t", b"\0", b":", b";", b",", b"=", b"\"",
    b"\r\n ", b"\r\n\t", b" :", b"0\r\n\r\n", b"0; ieof\r\n\r\n", b";ieof", b"; a=b", b";\"", b"5\r\nhello\r\n", b"ffffffffffffffff",
    b"1000000000000", b"1000000000001", b"-1", b"+5", b"0x5", b"\xff", b"\x7f", b"\xc3\xa9", b"[::1]",
    b"user:pw@", b"?a=b", b"#f", b"://", b"HTTP/1.1", b"HTTP/2", b"ICAP/1.0", b"ICAP/2.0",
    b"Content-Length: 5\r\n", b"content-length:6\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip,\r\n deflate\r\n", b"Allow: 204\r\n", b"Allow: 206, 204\r\n", b"Preview: 0\r\n",
    b"Preview: 5\r\n", b"Connection: close\r\n", b"Encapsulated: null-body=0\r\n", b"req-hdr=0, ",
    b"res-hdr=0, ", b"req-body=0", b"res-body=0", b"opt-body=0", b"null-body=0", b"OPTIONS ", b"REQMOD ",
    b"RESPMOD ", b"X-A: " + 300 * b"a" + b"\r\n",
)

REQUESTS = (
    b"GET http://example.test/a?b=c HTTP/1.1\r\nHost: example.test\r\nUser-Agent: a/1 (b; c)\r\n"
    b"Accept: */*\r\n\r\n",
    b"POST /form HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Type: multipart/form-data;\r\n"
    b" boundary=x\r\n\r\n",
    b"CONNECT example.test:443 HTTP/1.0\r\n\r\n",
    b"PUT /a b HTTP/1.1\r\nX :1\r\n: 2\r\nno colon\r\nY:\r\n\t\r\n z\r\n\r\n",
)
RESPONSES = (
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"HTTP/1.1 404 Not Found\r\nServer: s\r\nContent-Type: text/html\r\nContent-Length: 10\r\n"
    b"Set-Cookie: a=b; path=/\r\nSet-Cookie: c=d\r\n\r\n",
    b"HTTP/1.0 302 Moved\nLocation: http://h/\nX: a\r\n\tb\r\n \r\n\r\n",
    b"HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes 0-1/9\r\n\r\n",
)
BODIES = (
    b"5\r\nhello\r\n0\r\n\r\n",
    b"5;a=\"b c\"\r\nhello\r\n6 ; x\r\n world\r\n000\r\nX-A: b\r\nY:\r\n\r\n",
    b"1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0; ieof\r\n\r\n",
    b"0\r\n\r\n",
    b"A  \r\n0123456789\r\n0\r\n\r\n",
)
TARGETS = (
    b"http://user:pw@example.test:8080/a/b?c=d&e#f", b"/a?b?c", b"example.test:443", b"[2001:db8::1]:443",
    b"https://[::1]/", b"*", b"ftp://u@h", b"icap://h/av/respmod?x=1", b"//h/p", b"http:///x",
)
HEADERS = (
    b"Host: h\r\n", b"Allow: 204\r\n", b"Allow: 204, 206, trailers\r\n", b"User-Agent: t\r\n",
    b"X-Client-IP: 192.0.2.1\r\n", b"Connection: close\r\n", b"Preview: 5\r\n", b"Preview: 0\r\n",
    b"Preview: 1024\r\n", b"X-Empty:\r\n",
)


def many_fields(r):
    names = (b"A: b\r\n", b"Content-Length: 3\r\n", b"C:\r\n d\r\n", b"no colon\r\n", b"\tx\r\n")
    return b"".join(r.choice(names) for _ in range(r.randrange(120, 140)))


def a_head(r, is_response):
    h = r.choice(RESPONSES if is_response else REQUESTS)
    if r.random() < 0.02:
        h = h[:-2] + many_fields(r) + b"\r\n"
    return mutated(r, h) if r.random() < 0.2 else h


def an_icap_request(r):
    """One whose Encapsulated is true, for most."""
    method, path = r.choice(((b"REQMOD", b"av/reqmod"), (b"RESPMOD", b"av/respmod"),
                             (b"OPTIONS", b"av/respmod")))
    kind = b"req" if method == b"REQMOD" else b"res"
    parts, block = [], b""
    if method != b"OPTIONS":
        for name, is_response in ((b"req-hdr", False), (b"res-hdr", True)):
            if r.random() < 0.8 and not (is_response and kind == b"req"):
                parts.append(b"%s=%d" % (name, len(block)))
                block += a_head(r, is_response)
    has_body = method != b"OPTIONS" and r.random() < 0.7
    parts.append(b"%s=%d" % (kind + b"-body" if has_body else b"null-body", len(block)))
    headers = b"".join(r.sample(HEADERS, r.randrange(4)))
    body = r.choice(BODIES) if has_body else b""
    if b"Preview" in headers and has_body and b"ieof" not in body:
        body += r.choice(BODIES)
    return (method + b" icap://h/" + path + b" ICAP/1.0\r\n" + headers + b"Encapsulated: " +
            b", ".join(parts) + b"\r\n\r\n" + block + body)


def mutated(r, message):
    """One to four small changes."""
    m = bytearray(message)
    for _ in range(r.choice((1, 1, 1, 2, 2, 3, 4))):
        at = r.randrange(len(m) + 1)
        end = min(len(m), at + r.choice((1, 1, 2, 4, 16, 64)))
        change = r.randrange(7)
        if change == 0 and m:
            m[at - 1] = r.randrange(256)
        elif change == 1:
            del m[at:end]
        elif change == 2:
            m[at:at] = m[at:end]
        elif change == 3:
            del m[at:]
        elif change == 4 and m:
            m[at - 1] ^= 1 << r.randrange(8)
        else:
            m[at:at] = r.choice(TOKENS)
    return bytes(m)


def message(seed):
    """(kind, bytes) of a number: the same for all time."""
    r = random.Random(seed)
    kind = r.choice("QSCUIIII")
    if kind in "QS":
        m = a_head(r, kind == "S")
    elif kind == "C":
        m = b"".join(r.choice(BODIES) for _ in range(r.randrange(1, 3)))
    elif kind == "U":
        m = r.choice(TARGETS)
    else:
        m = b"".join(an_icap_request(r) + r.choice((b"", b"", b"\r\n"))
                     for _ in range(r.randrange(1, 4)))
    return kind, mutated(r, m) if r.random() < (0.5 if kind == "I" else 0.9) else m
