# SPDX-License-Identifier: BSD-3-Clause
"""Apache Traffic Server's icap plugin: RESPMOD to a path that is built in, no Allow, all written first."""
import re

from wire import Wire, guarded


@guarded
def check(target, data):
    w = Wire(target)
    req = b"GET http://www.example.test/x HTTP/1.1\r\nHost: www.example.test\r\n\r\n"
    res = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data)
    w.send(b"RESPMOD icap://127.0.0.1/%s ICAP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
           b"Encapsulated: req-hdr=0, res-hdr=%d, res-body=%d\r\n\r\n" %
           (target.path.encode(), len(req), len(req) + len(res)))
    # Rule: the body ends in "ieof" though no preview was announced.
    w.send(req + res + b"%x\r\n%s\r\n0; ieof\r\n\r\n" % (len(data), data))
    # Rule: it reads only now, and to the end.
    reply = w.rest()
    status = reply.split(b"\r\n", 1)[0]
    if b"506" in status:
        return "error busy"
    # Rule: names are compared with their case, in the ICAP head.
    head, _, rest = reply.partition(b"\r\n\r\n")
    found = re.search(rb"\r\nX-Infection-Found: .*Threat=([^;]*);", head)
    if found or b"\r\nX-Violations-Found: " in head:
        return "infected " + found[1].decode()
    # Rule: 204 is a failure to it; a clean object must come back.
    if not status.startswith(b"ICAP/1.0 200"):
        return "error %s" % status.decode()
    inner, _, body = rest.partition(b"\r\n\r\n")
    # Rule: its length is that of the encapsulated head; it ends in the last chunk.
    length = int(re.search(rb"Content-Length: (\d+)", inner)[1])
    if not body.endswith(b"\r\n0\r\n\r\n"):
        return "error no last chunk"
    # Rule: a chunk's size is hexadecimal digits between line ends, with no extension.
    plain, at = b"", 0
    while True:
        size = re.compile(rb"([0-9a-f]+)\r\n").match(body, at)
        n = int(size[1], 16)
        plain += body[size.end():size.end() + n]
        at = size.end() + n + 2
        if n == 0:
            break
    return "clean" if plain == data and length == len(data) else "error changed"
