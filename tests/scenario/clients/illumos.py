# SPDX-License-Identifier: BSD-3-Clause
"""illumos vscan: OPTIONS with fields it insists on, RESPMOD, and a 200 that is not "clean"."""
from wire import Wire, chunked, guarded


def transact(w, target, data, allow):
    req = b"GET http://%s/x HTTP/1.1\r\n\r\n" % target.host.encode()
    res = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    # Rule: the Encapsulated line is padded with blanks.
    w.send(b"RESPMOD icap://%s:%d/%s ICAP/1.0\r\nHost: nas\r\n%s"
           b"Encapsulated: req-hdr=0, res-hdr=%d, res-body=%d      \r\n\r\n" %
           (target.host.encode(), target.port, target.path.encode(), b"Allow: 204\r\n" if allow else b"", len(req),
            len(req) + len(res)))
    w.send(req + res + chunked(data, 4096) + b"0\r\n\r\n")
    code, _, fields = w.head()
    if code == 204:
        return "clean"
    if code not in (200, 201):
        return "error %d" % code
    status = w.line()
    # Rule: an encapsulated status of another version is no reply.
    if not status.startswith(b"HTTP/1.1 "):
        return "error %r" % status
    violations = fields.get(b"X-Violations-Found", b"0").split(b"\n")
    if int(violations[0]) > 0:
        # Rule: four lines for each: file, threat, id, resolution.
        if len(violations) != 1 + 4 * int(violations[0]):
            return "error %d lines of violations" % len(violations)
        return "infected " + violations[2].decode()
    # Rule: a 200 without a violation means that the file was cleaned: it is denied.
    return "error denied, as cleaned"


@guarded
def check(target, data):
    w = Wire(target)
    w.send(b"OPTIONS icap://%s:%d/%s ICAP/1.0\r\nHost: nas\r\n\r\n" %
           (target.host.encode(), target.port, target.path.encode()))
    _, _, fields = w.head()
    # Rule: these three, with their case.
    if not fields[b"ISTag"] or b"RESPMOD" not in fields[b"Methods"] or int(fields[b"Options-TTL"]) <= 0:
        return "error options"
    results = {transact(Wire(target), target, data, allow) for allow in (True, False)}
    w.close()
    return results.pop() if len(results) == 1 else "error differs by Allow: %s" % sorted(results)
