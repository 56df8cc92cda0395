# SPDX-License-Identifier: BSD-3-Clause
"""What manuals, bug lists and captures say of products that are not written out elsewhere, a class each.

Each sends what the product sends and concludes as it does; a rule of the product that our answer
breaks is an error by name.
"""
import base64
import email.utils
import re
import time

from wire import Wire, guarded, parts

GET = b"GET http://www.example.test/x.bin HTTP/1.1\r\nHost: www.example.test\r\n\r\n"
PUT = b"POST http://www.example.test/up HTTP/1.1\r\nHost: www.example.test\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"
NAMES = (b"X-Infection-Found", b"X-Virus-ID", b"X-Violations-Found")


class Product:
    method, headers, head, preview, query, coding = b"RESPMOD", b"Allow: 204\r\n", GET, None, b"", b""

    def uri(self, target):
        return b"icap://%s:%d/%s%s" % (target.host.encode(), target.port, target.path.encode(), self.query)

    def options(self, target):
        w = Wire(target)
        w.send(b"OPTIONS %s ICAP/1.0\r\nHost: s\r\nConnection: close\r\n\r\n" % self.uri(target))
        code, _, fields = w.head()
        w.close()
        if code != 200:
            raise ValueError("OPTIONS: %d" % code)
        return fields

    def start(self, target, preview=None):
        """The head of a request, and those within it"""
        ok = OK.replace(b"\r\n\r\n", b"\r\n" + self.coding + b"\r\n")
        if self.method == b"REQMOD":
            heads, where = self.head, b"req-hdr=0, req-body=%d" % len(self.head)
        elif self.head:
            heads, where = self.head + ok, b"req-hdr=0, res-hdr=%d, res-body=%d" % (len(self.head), len(self.head + ok))
        else:
            heads, where = ok, b"res-hdr=0, res-body=%d" % len(ok)
        ahead = b"" if preview is None else b"Preview: %d\r\n" % preview
        return b"%s %s ICAP/1.0\r\nHost: s\r\n%s%sEncapsulated: %s\r\n\r\n%s" % (
            self.method, self.uri(target), self.headers, ahead, where, heads)

    def send(self, w, target, data, preview=None):
        """One object; what the answer's head says"""
        chunk = b"%x\r\n%s\r\n" % (len(data), data) if data else b""
        if preview is None:
            w.send(self.start(target) + chunk + b"0\r\n\r\n")
        elif len(data) <= preview:
            w.send(self.start(target, preview) + chunk + b"0; ieof\r\n\r\n")
        else:
            w.send(self.start(target, preview) + b"%x\r\n%s\r\n0\r\n\r\n" % (preview, data[:preview]))
            code, phrase, fields = w.head()
            if code != 100:
                return self.take(w, code, fields)
            rest = data[preview:]
            w.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(rest), rest))
        code, phrase, fields = w.head()
        return self.take(w, code, fields)

    def take(self, w, code, fields):
        status, self.back = b"", None
        if code == 200:
            where = parts(fields)
            status = w.exactly(where[-1][1]).split(b"\r\n")[0]
            if where[-1][0] != b"null-body":
                self.back = w.chunks()
        return code, fields, status

    def conclude(self, code, fields, status):
        if code == 204:
            return "clean"
        if code == 200 and NAMES[0] in fields:
            return "infected " + fields[NAMES[0]].split(b"Threat=")[1].split(b";")[0].decode()
        return "error %d %s" % (code, status.decode())

    def talk(self, target, data):
        w = Wire(target)
        result = self.conclude(*self.send(w, target, data, self.preview))
        w.close()
        return result

    @property
    def check(self):
        return guarded(self.talk)


class Squid(Product):
    """Keeps options by our clock; previews only what Transfer-Preview names; Allow: 204 below 64 KiB alone."""
    CONNECT = b"CONNECT www.example.test:443 HTTP/1.1\r\nHost: www.example.test:443\r\n\r\n"

    def sensed(self, target):
        o = self.options(target)
        # Rule: options are good until Date and Options-TTL; a clock behind by more leaves the service down.
        made = email.utils.parsedate_to_datetime(o[b"Date"].decode()).timestamp()
        if made + int(o[b"Options-TTL"]) < time.time() + 30:
            return "error the options are stale"
        if o[b"Methods"] not in (b"REQMOD", b"RESPMOD"):
            return "error more than one method: %s" % o[b"Methods"].decode()
        if o.get(b"Transfer-Preview") != b"*" or b"Transfer-Ignore" in o or b"Transfer-Complete" in o:
            return "error what is not named is sent without a preview"
        if not (o[b"ISTag"][:1] == o[b"ISTag"][-1:] == b'"' and 2 < len(o[b"ISTag"]) <= 34):
            return "error ISTag %s" % o[b"ISTag"].decode()
        self.limit = min(int(o[b"Preview"]), 65536)
        return None

    def bodiless(self, w, target, head):
        """A request without a body: a preview of 0 of which no chunk follows; never a 100"""
        w.send(b"REQMOD %s ICAP/1.0\r\nHost: s\r\nPreview: 0\r\nAllow: 204, trailers\r\nEncapsulated: req-hdr=0, "
               b"null-body=%d\r\n\r\n%s" % (self.uri(target).replace(b"av/respmod", b"av/reqmod"), len(head), head))
        return self.conclude(*self.take(w, *w.head()[::2]))

    def talk(self, target, data):
        if (wrong := self.sensed(target)) is not None:
            return wrong
        w = Wire(target)
        for head in (GET, self.CONNECT):
            if (found := self.bodiless(w, target, head)) != "clean":
                return "error without a body: " + found
        self.headers = b"Allow: 204, trailers\r\n" if len(data) < 65536 else b"Allow: 206, trailers\r\n"
        code, fields, status = self.send(w, target, data, self.limit)
        if w.buf or b"Trailer" in fields:
            return "error behind the last chunk: %r" % (w.buf or fields[b"Trailer"])
        if code == 200 and status == b"HTTP/1.1 200 OK":
            return "clean" if self.back == data else "error another object came back"
        if code == 204 and len(data) >= 65536:
            return "error 204 behind the preview"
        # Rule: the connection is good for the next one.
        again = self.bodiless(w, target, GET)
        w.close()
        return self.conclude(code, fields, status) if again == "clean" else "error afterwards: " + again


class OwnCloud(Product):
    """REQMOD; a version before 1.2.2 sends a preview if it is offered one, and can't go on after 100."""
    method, head, headers = b"REQMOD", PUT, b"Allow: 204\r\nX-Client-IP: 192.0.2.9\r\n"

    def talk(self, target, data):
        preview = self.options(target).get(b"Preview")
        if preview is not None:
            return "error a preview is offered"
        w = Wire(target)
        w.send(self.start(target) + (b"%x\r\n%s\r\n" % (len(data), data) if data else b"") + b"0\r\n\r\n")
        code, _, fields = w.head()  # Rule: it reads the headers and no further.
        w.close()
        return self.conclude(code, fields, b"")


class ProxySG(Product):
    """Sense settings; extensions it announces; an object broken off in its middle, and asked for again."""
    headers = (b"Allow: 204\r\nX-Client-IP: 192.0.2.9\r\nX-Server-IP: 192.0.2.80\r\nX-Client-Abandon-Supported: 1\r\n"
               b"X-Scan-Progress-Interval: 10\r\nX-Authenticated-User: " +
               base64.b64encode(b"WinNT://EXAMPLE/berta") + b"\r\n")

    def talk(self, target, data):
        sensed = self.options(target)
        for name in (b"Methods", b"Max-Connections", b"Preview", b"ISTag"):
            if name not in sensed:
                return "error nothing to sense: %s" % name.decode()
        w = Wire(target)
        w.send(self.start(target) + b"%x\r\n%s" % (len(data) + 9, data))
        w.close()
        w = Wire(target)
        code, fields, status = self.send(w, target, data, int(sensed[b"Preview"]))
        w.close()
        # Rule: COMMUNICATION_ERROR is any 5xx; its policy reads the code.
        if code // 100 == 5 and b"X-Error-Code" in fields:
            return "unscannable " + fields[b"X-Error-Code"].decode()
        return self.conclude(code, fields, status)


class Damaged(ProxySG):
    coding = b"Content-Encoding: gzip\r\n"


class F5(Product):
    """Sends the next request early; both are answered, in order."""

    def talk(self, target, data):
        w = Wire(target)
        one = self.start(target) + (b"%x\r\n%s\r\n" % (len(data), data) if data else b"") + b"0\r\n\r\n"
        w.send(one + one)
        first, second = [self.conclude(*self.take(w, *w.head()[::2])) for _ in range(2)]
        w.close()
        return first if first == second else "error %s, then %s" % (first, second)


class Citrix(Product):
    """The lesser of its own preview and ours; query parameters; several objects on a connection."""
    query = b"?arg=val"

    def talk(self, target, data):
        preview = min(4096, int(self.options(target)[b"Preview"]))
        w = Wire(target)
        found = {self.conclude(*self.send(w, target, data, preview)) for _ in range(3)}
        w.close()
        return found.pop() if len(found) == 1 else "error %s" % sorted(found)


class FortiGate(Product):
    """A health check; responses without the request's head; infection, virus id and violations are logged."""
    head = b""
    headers = b"Allow: 204\r\nX-Client-IP: 192.0.2.9\r\nX-Scan-Progress-Interval: 10\r\n"

    def talk(self, target, data):
        if b"Preview" in self.options(target):
            return "error a preview is offered"
        return super().talk(target, data)

    def conclude(self, code, fields, status):
        if code == 200 and any(n not in fields for n in NAMES):
            return "error only %s" % sorted(fields)
        return super().conclude(code, fields, status)


class CheckPoint(Product):
    """Blocks by the page's status line alone, which must be of HTTP/1.0; trusts nothing else here."""
    preview = 1024

    def conclude(self, code, fields, status):
        if code == 200:
            return "infected" if status == b"HTTP/1.0 403 Forbidden" else "error " + status.decode()
        return super().conclude(code, fields, status)


class Avi(Product):
    """Buffers the whole request; a preview of what it may hold."""
    method, head, preview = b"REQMOD", PUT, 1024


class Wsa(Product):
    """DLP: uploads, many on a connection that stays."""
    method, head = b"REQMOD", PUT
    headers = b"Allow: 204\r\nX-Client-IP: 192.0.2.9\r\nX-Authenticated-User: " + base64.b64encode(b"Local://anna") + b"\r\n"
    talk = Citrix.talk


class Zscaler(Product):
    """A copy of what went by: writes ten objects and looks at no answer; all are answered all the same."""

    def talk(self, target, data):
        w = Wire(target)
        one = self.start(target) + (b"%x\r\n%s\r\n" % (len(data), data) if data else b"") + b"0\r\n\r\n"
        for _ in range(10):
            w.send(one)
        found = {self.conclude(*self.take(w, *w.head()[::2])) for _ in range(10)}
        w.close()
        return found.pop() if len(found) == 1 else "error %s" % sorted(found)


class MoveIt(Product):
    """Its self-test: a GET, a response of Content-Length 0 and yet a body, no preview."""
    coding = b"Content-Length: 0\r\n"


class Isilon(Product):
    """Scans anew what was scanned under another ISTag: it is the same in OPTIONS and in each answer."""

    def talk(self, target, data):
        tags = {self.options(target)[b"ISTag"]}
        w = Wire(target)
        for _ in range(2):
            code, fields, status = self.send(w, target, data)
            tags.add(fields[b"ISTag"])
        w.close()
        return self.conclude(code, fields, status) if len(tags) == 1 else "error %s" % sorted(tags)


class Axway(Product):
    """Parameters behind the service, Basic credentials, a PUT; one object after the other."""
    method, head = b"REQMOD", PUT.replace(b"POST", b"PUT")
    query = b"?allow204=on&force=on&sizelimit=off&mode=simple"
    headers = (b"Allow: 204\r\nAuthorization: Basic " + base64.b64encode(b"u:p") +
               b"\r\nX-Client-IP: 192.0.2.9\r\nX-Server-IP: 192.0.2.80\r\n")


class CIcapClient(Product):
    """c-icap-client without HTTP heads: a preview of the size announced, and a body alone."""
    headers = b"User-Agent: C-ICAP-Client-Library/0.5.10\r\nAllow: 204, 206, trailers\r\n"

    def start(self, target, preview=None):
        return b"RESPMOD %s ICAP/1.0\r\nHost: s\r\n%sPreview: %d\r\nEncapsulated: res-body=0\r\n\r\n" % (
            self.uri(target), self.headers, preview)

    def talk(self, target, data):
        w = Wire(target)
        result = self.send(w, target, data, int(self.options(target)[b"Preview"]))
        w.close()
        return self.judge(data, *result)

    def judge(self, data, code, fields, status):
        if code in (204, 206) and b"204" not in self.headers:
            return "error %d was not allowed" % code
        if code == 200 and NAMES[0] not in fields:
            return "clean" if self.back == data else "error another object came back"
        return self.conclude(code, fields, status)


class CIcapClientNo204(CIcapClient):
    """The same with -no204: a file that went beyond its preview comes back whole."""
    headers = b"User-Agent: C-ICAP-Client-Library/0.5.10\r\n"

    def judge(self, data, code, fields, status):
        if code == 204 and len(data) > 1024:
            return "error 204 behind the preview"
        return self.conclude(code, fields, status) if code == 204 else super().judge(data, code, fields, status)


class Rspamd(Product):
    """A part of a mail: OPTIONS, then a body alone, on one connection; it reads no further than a head."""
    def talk(self, target, data):
        w = Wire(target)
        w.send(b"OPTIONS %s ICAP/1.0\r\nHost:%s\r\nUser-Agent: Rspamd\r\nEncapsulated: null-body=0\r\n\r\n" %
               (self.uri(target), target.host.encode()))
        code, _, fields = w.head()
        # Rule: 2xx with RESPMOD among Methods, else the part counts as not scanned; 204 is asked for where offered.
        if code // 100 != 2 or b"RESPMOD" not in fields.get(b"Methods", b""):
            return "error options %d" % code
        allow = b"Allow: 204\r\n" if b"204" in fields.get(b"Allow", b"") else b""
        # Rule: no Host; no HTTP head; no preview, whatever was offered.
        w.send(b"RESPMOD %s ICAP/1.0\r\n%sEncapsulated: res-body=0\r\n\r\n%x\r\n" % (self.uri(target), allow, len(data)) +
               data + b"\r\n0\r\n\r\n")
        code, _, fields = w.head()
        w.close()
        if code // 100 != 2:
            return "error %d" % code
        # Rule: names in exact case; the threat stands before a semicolon.
        if b"X-Infection-Found" not in fields:
            return "infected " + fields[b"X-Virus-ID"].decode() if b"X-Virus-ID" in fields else "clean"
        said = re.fullmatch(rb"Type=\d; .* Threat=(.*?);+", fields[b"X-Infection-Found"])
        return "infected " + said[1].decode() if said else "error %r" % fields[b"X-Infection-Found"]
