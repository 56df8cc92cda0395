# SPDX-License-Identifier: BSD-3-Clause
"""A second reading of HTTP heads, chunks and ICAP streams, to compare Sluice's parsers with.

Written from RFC 3507, RFC 9112 and the comments of dataplane/http/http.h, not from the parsers: by
splitting and regular expressions where they walk. Slow and simple. What it returns is what
tests/parse/main.c prints, with bytes as Latin-1 text.
"""

import re

BLANKS = b" \t"
FIELDS_MAX = 128
HEAD_BYTES_MAX = 65536
ICAP_HEAD_BYTES_MAX = 65536
CHUNK_LINE_BYTES_MAX = 4096
CHUNK_SIZE_MAX = 1 << 48
TRAILER_BYTES_MAX = 8192
SERVICES = {b"av/reqmod": "REQMOD", b"av/respmod": "RESPMOD"}

STRICT_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\0\r\n]*)\r\n")
SIZE_LINE = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(;[^\0\r\n]*)?\r\n")
SIZE_LINE_BEGUN = re.compile(rb"([0-9A-Fa-f]*)((?<=[0-9A-Fa-f])[ \t]*(;[^\0\r\n]*)?\r?)?")
TRAILER_LINE = re.compile(rb"[\x21-\x39\x3b-\x7e]+:[^\0\r\n]*\r\n")
TRAILER_LINE_BEGUN = re.compile(rb"([\x21-\x39\x3b-\x7e]+(:[^\0\r\n]*\r?)?)?|\r")


def text(b):
    return b.decode("latin-1")


# Heads (RFC 9112 §2 to §5), tolerant.


def start_line_of(line, is_response):
    """Method, target, version, status, and whether the line is odd."""
    if is_response:
        version, _, rest = line.partition(b" ")
        code = rest.split(b" ", 1)[0]
        status = int(re.match(rb"[0-9]{0,3}", code)[0] or 0)
        return b"", b"", version, status, len(code) != 3 or not version.startswith(b"HTTP/")
    method, _, rest = line.partition(b" ")
    target, blank, version = rest.rpartition(b" ")
    if not blank:
        target, version = rest, b""
    return method, target, version, 0, not target or not version.startswith(b"HTTP/")


def unfolded(lines, odd):
    """(line, lines that go on with it), empty lines left out."""
    groups = []
    for start, line in lines:
        if not line:
            continue
        if line[:1] in (b" ", b"\t"):
            odd.add("folded")
            if groups:
                groups[-1].append((start, line))
                continue
        groups.append([(start, line)])
    return groups


def field_of(group, block, odd):
    start, line = group[0]
    name, colon, value = line.partition(b":")
    if not colon:
        odd.add("no colon")
        name, value, value_at = b"", line, start
    else:
        value_at = start + len(name) + 1
        if name != name.strip(BLANKS) or not name:
            odd.add("name")
    first = value_at + len(value) - len(value.lstrip(BLANKS))
    last = first + len(value.strip(BLANKS))
    for at, more in group[1:]:  # what was folded stays in the value as it came
        if not more.strip(BLANKS):
            continue
        begin = at + len(more) - len(more.lstrip(BLANKS))
        if first == last:
            first = begin
        last = begin + len(more.strip(BLANKS))
    return name.strip(BLANKS), block[first:last]


def lengths_differ(fields):
    """RFC 9112 §6.3: two lengths that are not the same, or a length beside a coding."""
    lengths = [v for n, v in fields if n.lower() == b"content-length"]
    coded = any(n.lower() == b"transfer-encoding" for n, _ in fields)
    return len(set(lengths)) > 1 or (coded and bool(lengths))


def head(block, is_response):
    if not block.endswith(b"\r\n\r\n"):
        return {"result": "bad"}
    odd, lines, at = set(), [], 0
    for raw in block.split(b"\n")[:-2]:
        if not raw.endswith(b"\r"):
            odd.add("bare LF")
        lines.append((at, raw[:-1] if raw.endswith(b"\r") else raw))
        at += len(raw) + 1
    first = lines[0][1]
    fields = [field_of(g, block, odd) for g in unfolded(lines[1:], odd)]
    method, target, version, status, is_odd = start_line_of(first, is_response)
    if is_odd:
        odd.add("start line")
    if len(fields) > FIELDS_MAX:
        odd.add("fields over")
    if lengths_differ(fields):
        odd.add("lengths")
    return {
        "result": "done", "odd": sorted(odd), "start_line": text(first), "method": text(method),
        "target": text(target), "version": text(version), "status": status,
        "fields": [[text(n), text(v)] for n, v in fields],
    }


# Targets (RFC 9112 §3.2, RFC 3986 §3).

ABSOLUTE = re.compile(rb"([A-Za-z0-9+.\-]+)://(.*)", re.S)
AUTHORITY = re.compile(rb"([^/?#]*)(.*)", re.S)
LITERAL = re.compile(rb"\[([^\]]*)\](.*)", re.S)


def host_and_port(authority):
    bracketed = LITERAL.fullmatch(authority)
    if bracketed:
        rest = bracketed[2]
        return bracketed[1], rest[1:] if rest.startswith(b":") else b""
    host, _, port = authority.partition(b":")
    return host, port


def url(target):
    if not target:
        return {"result": "bad"}
    scheme, host, port, rest = b"", b"", b"", target
    absolute = ABSOLUTE.fullmatch(target)
    if absolute:
        scheme, rest = absolute[1], absolute[2]
    named = b"host.test"
    if absolute or not target.startswith(b"/"):
        authority, rest = AUTHORITY.fullmatch(rest).groups()
        named = authority.rpartition(b"@")[2]
        host, port = host_and_port(named)
    path, _, query = rest.partition(b"?")
    return {
        "result": "done", "scheme": text(scheme), "host": text(host), "port": text(port),
        "path": text(path), "query": text(query), "authority": not absolute and not rest,
        "log": text((named + (b"" if rest == b"/" else rest))[:256]),
    }


# Chunks (RFC 9112 §7.1; RFC 3507 §4.5 for ieof), strict.


def too_large(digits):
    return int(digits or b"0", 16) > CHUNK_SIZE_MAX


def chunks(stream):
    data, at, used_by_line = b"", 0, 0

    def ended(result, ieof=False):
        return {"data": text(data), "result": result, "used": at, "ieof": ieof}

    while True:
        line = SIZE_LINE.match(stream, at)
        if line is None or line.end() - at + used_by_line > CHUNK_LINE_BYTES_MAX:
            rest = stream[at:]
            begun = SIZE_LINE_BEGUN.fullmatch(rest)
            fits = len(rest) + used_by_line <= CHUNK_LINE_BYTES_MAX
            return ended("more" if begun and fits and not too_large(begun[1]) else "bad")
        if too_large(line[1]):
            return ended("bad")
        at, size, extension = line.end(), int(line[1], 16), line[2] or b""
        if size == 0:
            break
        data += stream[at : at + size]
        if len(stream) - at < size:
            return ended("more")
        at += size
        if stream[at : at + 2] != b"\r\n":
            return ended("more" if b"\r\n".startswith(stream[at : at + 2]) else "bad")
        at, used_by_line = at + 2, 2  # a line's bound counts the line end before it
    names = re.sub(rb'"(\\.?|[^"\\])*("|$)', b'"', extension, flags=re.S).split(b";")[1:]
    ieof = b"ieof" in [n.strip(BLANKS).lower() for n in names]
    trailer = at
    while True:
        over = len(stream) - trailer > TRAILER_BYTES_MAX
        if stream[at : at + 2] == b"\r\n" and at + 2 - trailer <= TRAILER_BYTES_MAX:
            at += 2
            return ended("end", ieof)
        line = TRAILER_LINE.match(stream, at)
        if line is None or line.end() - trailer > TRAILER_BYTES_MAX:
            begun = TRAILER_LINE_BEGUN.fullmatch(stream, at)
            return ended("more" if begun and not over else "bad", ieof)
        at = line.end()


# ICAP (RFC 3507 §4), the server's side.


class Refused(Exception):
    """A request is answered with that status, and the connection ends."""


def listed(value):
    """The items of a list; a comma at its very end is no item."""
    items = value.split(b",")
    if not items[-1]:
        items.pop()
    return [i.strip(BLANKS) for i in items]


def number(b):
    return int(b) if re.fullmatch(rb"[0-9]{1,9}", b) else None


def request_line(line):
    words = line.split(b" ", 2)
    if len(words) < 3:
        raise Refused(400)
    method, uri, version = words
    if version != b"ICAP/1.0":
        raise Refused(505 if re.fullmatch(rb"ICAP/.\..", version, re.S) else 400)
    if method not in (b"OPTIONS", b"REQMOD", b"RESPMOD"):
        raise Refused(501)
    path = url(uri).get("path", "").encode("latin-1")
    service = SERVICES.get(path[1:] if path.startswith(b"/") else path)
    if service is None:
        raise Refused(404)
    if method != b"OPTIONS" and text(method) != service:
        raise Refused(405)
    return text(method), uri


PARTS = (b"req-hdr", b"res-hdr", b"req-body", b"res-body", b"opt-body", b"null-body")


def encapsulated(value):
    """[(part, offset)], the body last (RFC 3507 §4.4.1)."""
    parts = []
    for item in listed(value):
        name, _, digits = item.partition(b"=")
        offset = number(digits)
        if name.lower() not in PARTS or offset is None or offset > 2 * HEAD_BYTES_MAX:
            raise Refused(400)
        parts.append((text(name.lower()), offset))
    names, offsets = [p for p, _ in parts], [o for _, o in parts]
    if not 1 <= len(parts) <= 3 or not names[-1].endswith("-body"):
        raise Refused(400)
    if any(n.endswith("-body") for n in names[:-1]):
        raise Refused(400)
    if offsets[0] != 0 or any(a >= b for a, b in zip(offsets, offsets[1:])):
        raise Refused(400)
    return parts


def check_parts(method, parts):
    """What a method may carry, in that order (RFC 3507 §4.8.1, §4.9.1)."""
    heads, body = [p for p, _ in parts[:-1]], parts[-1][0]
    kind = {"REQMOD": "req", "RESPMOD": "res"}[method]
    allowed = ([], ["req-hdr"]) if kind == "req" else (
        [], ["req-hdr"], ["res-hdr"], ["req-hdr", "res-hdr"])
    if heads not in allowed or body not in ("null-body", kind + "-body"):
        raise Refused(400)


def icap_head(raw):
    """A request's facts from its head, blank line included."""
    line, _, rest = raw.partition(b"\r\n")
    method, uri = request_line(line)
    r = {"method": method, "uri": text(uri), "allow_204": False, "allow_206": False,
         "close": False, "preview": -1, "fields": [], "parts": None}
    at = 0
    while at < len(rest) - 2:
        field = STRICT_LINE.match(rest, at)
        if field is None:
            raise Refused(400)
        at = field.end()
        take_field(r, field[1], field[2].strip(BLANKS))
    if r["parts"] is None:
        if method != "OPTIONS":
            raise Refused(400)
        r["parts"] = [("null-body", 0)]
    if method != "OPTIONS":
        check_parts(method, r["parts"])
    r["has_body"] = r["parts"][-1][0] != "null-body"
    return r


def take_field(r, name, value):
    r["fields"].append([text(name), text(value)])
    key = name.lower()
    if key == b"encapsulated":
        if r["parts"] is not None:
            raise Refused(400)
        r["parts"] = encapsulated(value)
    elif key == b"preview":
        before, r["preview"] = r["preview"], number(value)
        if r["preview"] is None or before not in (-1, r["preview"]):
            raise Refused(400)
    elif key == b"allow":
        r["allow_204"] |= b"204" in listed(value)
        r["allow_206"] |= b"206" in listed(value)
    elif key == b"connection":
        r["close"] |= b"close" in (i.lower() for i in listed(value))


def sections(r, block):
    """The encapsulated heads: each ends in its blank line, and has none before."""
    r["request_head"] = r["response_head"] = None
    bounds = [o for _, o in r["parts"]]
    for (part, begin), end in zip(r["parts"][:-1], bounds[1:]):
        section = block[begin:end]
        if section.find(b"\r\n\r\n") != len(section) - 4 or not 4 <= len(section) <= HEAD_BYTES_MAX:
            raise Refused(400)
        key = "response_head" if part == "res-hdr" else "request_head"
        r[key] = head(section, part == "res-hdr")


class Stream:
    """A client's bytes, read as a server does: what it was told, and what it answered."""

    def __init__(self, sent, previews=""):
        self.sent, self.at, self.previews = sent, 0, previews
        self.requests, self.statuses, self.closed = [], [], False

    def read(self):
        try:
            while self.one():
                pass
        except Refused as refusal:
            self.statuses.append(refusal.args[0])
            self.closed = True
        return {"requests": self.requests, "statuses": self.statuses, "closed": self.closed}

    def one(self):
        """Reads one request; False: the client has no more, or it is the last."""
        skipped = self.sent[self.at : self.at + 2] == b"\r\n"
        self.at += 2 if skipped else 0
        rest = self.sent[self.at :]
        if not rest or (rest == b"\r" and not skipped):
            return False
        if not b"A" <= rest[:1] <= b"Z":
            raise Refused(400)
        end = rest[:ICAP_HEAD_BYTES_MAX].find(b"\r\n\r\n")
        if end < 0 and len(rest) >= ICAP_HEAD_BYTES_MAX:
            raise Refused(400)
        if end < 0:
            return False
        r = icap_head(rest[: end + 4])
        self.at += end + 4
        wanted = r["parts"][-1][1]
        if len(self.sent) - self.at < wanted:
            return False
        sections(r, self.sent[self.at : self.at + wanted])
        self.at += wanted
        go_on = self.options(r) if r["method"] == "OPTIONS" else self.object(r)
        self.closed |= go_on and r["close"]
        return go_on and not r["close"]

    def body(self):
        got = chunks(self.sent[self.at :])
        self.at += got["used"]
        return got

    def options(self, r):
        """Answered at once; a body is read past."""
        self.statuses.append(200)
        got = self.body() if r["has_body"] else {"result": "end"}
        self.closed |= got["result"] == "bad"
        return got["result"] == "end"

    def object(self, r):
        del r["parts"]
        self.requests.append(r)
        r["body"], r["end"] = "", "aborted"
        preview, continued, ieof = r["preview"] >= 0, False, not r["has_body"]
        while r["has_body"]:
            got = self.body()
            r["body"] += got["data"]
            if got["result"] == "bad":
                raise Refused(400)
            if got["result"] == "more":
                return False
            ieof = got["ieof"] and preview and not continued
            if not preview or continued or ieof:
                break
            if self.previews[len(self.requests) - 1 : len(self.requests)] == "a":
                r["end"] = "answered early"
                self.statuses.append(204)
                return True
            self.statuses.append(100)
            continued = True
        r["end"] = "whole"
        lawful = r["allow_204"] or (preview and not continued and ieof)
        self.statuses.append(204 if lawful else 200)
        return True


def icap(sent, previews=""):
    """`previews`: for each object in order, "a" where its preview is answered, not continued."""
    return Stream(sent, previews).read()
