# SPDX-License-Identifier: BSD-3-Clause
"""oCIS and its ICAP library: OPTIONS, then REQMOD of a POST, on connections of their own."""
import re

from wire import Wire, chunked, guarded

CONTINUE = b"ICAP/1.0 100 Continue\r\n\r\n"


def read_reply(w):
    # Rule: whole is what ends so, is just the 100, contains that phrase, or ended. Else it waits on.
    while not (w.buf.endswith(b"0\r\n\r\n") or w.buf == CONTINUE or b"ICAP/1.0 204 No modifications" in w.buf):
        if not w.more():
            break
    return w.buf


@guarded
def check(target, data):
    w = Wire(target)
    uri = b"icap://%s:%d/%s" % (target.host.encode(), target.port, target.path.encode())
    w.send(b"OPTIONS %s ICAP/1.0\r\nHost: %s\r\n\r\n" % (uri, target.host.encode()))
    # Rule: the OPTIONS reply has no body that would end it: `null-body=0` must be its last header.
    options = read_reply(w)
    w.close()
    preview = re.search(rb"\r\nPreview: (\d+)\r\n", options)
    post = b"POST / HTTP/1.1\r\nHost: ocis\r\nContent-Length: %d\r\n\r\n" % len(data)
    w = Wire(target)
    first, rest = data, b""
    if preview:
        first, rest = data[:int(preview[1])], data[int(preview[1]):]
    w.send(b"REQMOD %s ICAP/1.0\r\nHost: %s\r\nAllow: 204\r\n%sEncapsulated: req-hdr=0, req-body=%d\r\n\r\n%s" %
           (uri, target.host.encode(), b"Preview: %d\r\n" % len(first) if preview else b"", len(post), post))
    w.send(chunked(first, 1 << 20) + (b"0; ieof\r\n\r\n" if preview and not rest else b"0\r\n\r\n"))
    reply = read_reply(w)
    if reply == CONTINUE:
        w.buf = b""
        w.send(chunked(rest, 1 << 20) + b"0\r\n\r\n")
        reply = read_reply(w)
    w.close()
    # Rule: X-Infection-Found and nothing else makes a file infected.
    found = re.search(rb"\r\nX-Infection-Found: .*Threat=([^;]*);", reply)
    if found:
        return "infected " + found[1].decode()
    return "clean" if re.match(rb"ICAP/1.0 20[04] ", reply) else "error %r" % reply[:40]
