# SPDX-License-Identifier: BSD-3-Clause
"""g3proxy's ICAP client: strict about OPTIONS, a preview without Allow, a user's name in base64."""
import base64

from wire import Wire, chunked, guarded, parts


def strict_options(w):
    code, _, fields = w.head()
    # Rule: a tag that is there, numbers only in Allow, and no part but null-body or opt-body.
    if code != 200 or not fields[b"ISTag"].strip(b'"'):
        raise ValueError("OPTIONS %d" % code)
    for word in fields.get(b"Allow", b"204").split(b","):
        int(word)
    if any(name not in (b"null-body", b"opt-body") for name, _ in parts(fields)):
        raise ValueError("OPTIONS Encapsulated")
    int(fields[b"Options-TTL"])  # Rule: without one it is never asked for again
    return int(fields[b"Preview"])


def take_200(w, fields, data):
    # Rule: one head part at 0, exactly one body part.
    listed = parts(fields)
    if listed[0][1] != 0 or len(listed) != 2 or not listed[1][0].endswith(b"-body"):
        raise ValueError("Encapsulated %r" % fields[b"Encapsulated"])
    head = w.exactly(listed[1][1])
    body = w.chunks() if listed[1][0] != b"null-body" else b""
    if b" 403 " in head.split(b"\r\n")[0]:
        return "infected " + fields[b"X-Virus-ID"].decode()
    return "clean" if body == data else "error changed"


@guarded
def check(target, data):
    w = Wire(target)
    uri = b"icap://%s:%d/%s" % (target.host.encode(), target.port, target.path.encode())
    w.send(b"OPTIONS %s ICAP/1.0\r\nHost: %s\r\n\r\n" % (uri, target.host.encode()))
    preview = strict_options(w)
    req, res = b"GET http://www.example.test/x HTTP/1.1\r\nHost: www.example.test\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"
    user = base64.b64encode(b"Local://" + target.user.encode())
    first, rest = data[:preview], data[preview:]
    w.send(b"RESPMOD %s ICAP/1.0\r\nHost: %s\r\nX-Client-IP: 192.0.2.9\r\nX-Client-Port: 4711\r\n"
           b"X-Authenticated-User: %s\r\nPreview: %d\r\nEncapsulated: req-hdr=0, res-hdr=%d, res-body=%d\r\n\r\n" %
           (uri, target.host.encode(), user, preview, len(req), len(req) + len(res)))
    w.send(req + res + chunked(first, 65536) + (b"0\r\n\r\n" if rest else b"0; ieof\r\n\r\n"))
    code, _, fields = w.head()
    if code == 100:
        w.send(chunked(rest, 65536) + b"0\r\n\r\n")
        code, _, fields = w.head()
        # Rule: after a 100, neither 204 nor 206 is an answer.
        if code in (204, 206):
            return "error %d after 100" % code
    if code == 204:
        return "clean"
    return take_200(w, fields, data) if code == 200 else "error %d" % code
