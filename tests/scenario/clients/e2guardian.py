# SPDX-License-Identifier: BSD-3-Clause
"""e2guardian's icapscan: heads of HTTP/1.0 without fields, the object in one chunk, a connection each."""
from wire import Wire, guarded, parts


@guarded
def check(target, data):
    uri = b"icap://%s:%d/%s" % (target.host.encode(), target.port, target.path.encode())
    w = Wire(target)
    w.send(b"OPTIONS %s ICAP/1.0\r\nHost: %s\r\n\r\n" % (uri, target.host.encode()))
    _, _, options = w.head()
    w.close()
    # Rule: the infection header is looked at only if OPTIONS announces it.
    announced = b"X-Infection-Found" in options.get(b"X-Allow-Out", b"")
    req, res = b"GET http://www.example.test/x HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n"
    w = Wire(target)
    w.send(b"RESPMOD %s ICAP/1.0\r\nHost: %s\r\nAllow: 204\r\nEncapsulated: req-hdr=0, res-hdr=%d, res-body=%d\r\n\r\n" %
           (uri, target.host.encode(), len(req), len(req) + len(res)))
    w.send(req + res + b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))
    code, _, fields = w.head()
    if code == 204:
        return "clean"
    if code != 200:
        return "error %d" % code
    if parts(fields)[0] != (b"res-hdr", 0):
        return "error %r" % fields[b"Encapsulated"]
    if announced and b"X-Infection-Found" in fields:
        return "infected " + fields[b"X-Infection-Found"].split(b"Threat=")[1].split(b";")[0].decode()
    return "clean"  # Rule: a 200 by itself says nothing to it
