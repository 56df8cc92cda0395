#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sluice's parsers on messages that others made: 522 HTTP cases and 200 recorded ICAP connections.

They lie below SLUICE_SHARED (default ../shared), data/http and data/icap; where that is absent the
test skips itself (exit 77). Each case must be read as its index says, or differ for a reason that
stands in reasons.py. Recorded ICAP is compared with reference.py besides.

usage: cases.py [--program FILE] [--verbose]
"""

import argparse
import base64
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import io

import reasons
import records
import reference


def latin(text):
    return text.encode("latin-1")


def unpacked(path):
    return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout


class Reader:
    """Reads a stream of messages with Sluice's parsers, framed as RFC 9112 §6.3 says."""

    def __init__(self, parser):
        self.parser = parser

    def read(self, stream, is_response, bodiless=()):
        """[message], how it ended: whole, cut, refused. Messages have fields and a body."""
        messages = []
        while True:
            stream = stream.lstrip(b"\r\n") if messages else re.sub(rb"^(\r\n)+", b"", stream)
            if not stream:
                return messages, "whole"
            end = stream.find(b"\r\n\r\n")
            if end < 0:
                return messages, "cut"
            head = self.parser.one("S" if is_response else "Q", stream[: end + 4])
            stream = stream[end + 4 :]
            messages.append(head)
            how, used = self.body(head, stream, is_response)
            stream = stream[used:]
            if how != "whole":
                return messages, how

    def body(self, head, rest, is_response):
        fields = [(n.lower(), v) for n, v in head["fields"]]
        codings = ",".join(v for n, v in fields if n == "transfer-encoding").lower().split(",")
        lengths = [v for n, v in fields if n == "content-length"]
        head["body"] = ""
        if is_response and (head["status"] < 200 or head["status"] in (204, 304)):
            return "whole", 0
        if codings[-1].strip() == "chunked":
            got = self.parser.one("C", rest)
            head["body"] = got["data"]
            return {"end": "whole", "more": "cut", "bad": "refused"}[got["result"]], got["used"]
        if lengths and re.fullmatch("[0-9]{1,18}", lengths[0]):
            size = int(lengths[0])
            head["body"] = rest[:size].decode("latin-1")
            return "whole" if len(rest) >= size else "cut", size
        if lengths:
            return "refused", 0
        if is_response or codings[-1]:
            head["body"] = rest.decode("latin-1")
            return "whole", len(rest)
        return "whole", 0


def outcome_of(messages, how):
    """In a word: refused, cut, odd (read, and flagged), or read."""
    if how == "whole" and any(m["odd"] for m in messages):
        return "odd"
    return "read" if how == "whole" else how


# What the index calls an error is refused here, or never whole, or taken and flagged: an oddity is
# how a head that the proxy let through is marked.
NOT_ACCEPTED = ("refused", "cut", "odd")


class Checked:
    """Counts cases; prints those that are neither as the index says nor reasoned."""

    def __init__(self, verbose):
        self.verbose, self.counts, self.failed = verbose, collections.Counter(), 0
        self.used = set()

    def case(self, group, name, outcome, expected, keys=()):
        """`keys`: what reasons.DIFFER may know it by, besides its name."""
        kind = "as the index says" if outcome in expected else None
        for key in (name, *keys):
            if kind is None and (key, outcome) in reasons.DIFFER:
                self.used.add((key, outcome))
                kind = "differs for a reason"
        self.counts[group, kind or "differs"] += 1
        if kind is None:
            self.failed += 1
            print(f"FAIL {group}, {name}: {outcome}, expected {expected} {keys}")
        elif self.verbose:
            print(f"{group}, {name}: {outcome}, {kind}")

    def finish(self):
        """A reason for what does not differ is wrong too."""
        for key, outcome in sorted(set(reasons.DIFFER) - self.used):
            self.failed += 1
            print(f"FAIL a reason that no case needs: {key}, {outcome}")


def gunicorn(folder, reader, checked):
    for line in (folder / "gunicorn-requests.jsonl").read_text().splitlines():
        case = json.loads(line)
        name = "/".join(case["origin"].split("/")[-2:])
        stream = latin(case["data"])
        messages, how = reader.read(stream, False)
        outcome = outcome_of(messages, how)
        if not case["valid"]:
            checked.case("gunicorn, not valid", name, outcome, NOT_ACCEPTED, (case["error"],))
            continue
        wanted = case.get("bodies", [None] * case["requests"])
        found = [m["body"] for m in messages[: case["requests"]]]
        same = len(found) == case["requests"] and (
            "bodies" not in case or [b.strip() for b in found] == [
                b.replace("\\r\\n", "\r\n").strip() for b in wanted])
        checked.case("gunicorn, valid", name, outcome if same else f"{outcome}, other bodies", ("read",))


SPAN = re.compile(r"off=([0-9]+) len=([0-9]+) span\[([a-z_.]+)\]=")
OFF = re.compile(r"off=([0-9]+)(?: len=([0-9]+))?")


def logged(case):
    """The messages that llhttp's log tells of, and the bytes: the conversion from Markdown lost a
    last line end, as the log shows where it goes past them."""
    data, last = latin(case["data"]), 0
    for line in case["log"]:
        at = OFF.match(line)
        if at:
            last = max(last, int(at[1]) + int(at[2] or 0))
    if last > len(data) or (case["error"] and re.search(rb"[^\n]\r\n$", data)):
        data += b"\r\n"
    messages = []
    for line in case["log"]:
        if line.endswith("message begin"):
            messages.append({"fields": [], "body": b"", "url": b"", "complete": False, "whole": False})
        if "headers complete" in line:
            messages[-1]["complete"] = True
        if "message complete" in line:
            messages[-1]["whole"] = True
        span = SPAN.match(line)
        if not span or not messages:
            continue
        kind, text = span[3], data[int(span[1]) : int(span[1]) + int(span[2])]
        m = messages[-1]
        if kind == "header_field":
            if not m["fields"] or m["fields"][-1][2]:
                m["fields"].append([b"", b"", False])
            m["fields"][-1][0] += text
        elif kind == "header_value":
            m["fields"][-1][1] += text
            m["fields"][-1][2] = True
        elif kind in ("body", "url"):
            m[kind] += text
    return data, messages


def plain(value):
    """Without the line ends of folds and the blanks around: llhttp leaves out the former."""
    return latin(value).replace(b"\r\n", b"").replace(b"\n", b"").strip(b" \t")


def same_message(ours, logged_one):
    theirs = [(n, v.strip(b" \t")) for n, v, _ in logged_one["fields"]]
    count = len(theirs)  # trailer fields are in the log too, behind those of the head
    mine = [(latin(n), plain(v)) for n, v in ours["fields"]]
    return (mine == theirs[: len(mine)] and count >= len(mine)
            and (not logged_one["url"] or latin(ours["target"]) == logged_one["url"])
            and latin(ours["body"]) == logged_one["body"])


def llhttp(folder, reader, checked):
    for line in (folder / "llhttp-cases.jsonl").read_text().splitlines():
        case = json.loads(line)
        if case["type"] == "url":
            llhttp_url(case, reader.parser, checked)
            continue
        data, theirs = logged(case)
        messages, how = reader.read(data, case["type"].startswith("response"))
        outcome = outcome_of(messages, how)
        group = "llhttp, " + case["type"].split("-")[0]
        name = f"{case['type']}: {case['title']}"
        if case["error"]:
            error = re.search('reason="(.*)"', case["log"][-1])[1]
            checked.case(group + ", not valid", name, outcome, NOT_ACCEPTED, (error,))
            continue
        pairs = zip(messages, [m for m in theirs if m["complete"]])
        if not all(same_message(a, b) for a, b in pairs):
            outcome += ", other fields"
        if len(messages) != len([m for m in theirs if m["complete"]]):
            outcome += ", other messages"
        whole = all(m["whole"] for m in theirs)
        checked.case(group + ", valid", name, outcome, ("read",) if whole else ("read", "cut"))


def llhttp_url(case, parser, checked):
    found = parser.one("U", latin(case["data"]))
    parts = {}
    for line in case["log"]:
        span = SPAN.match(line)
        if span:
            parts[span[3][4:]] = case["data"][int(span[1]) : int(span[1]) + int(span[2])]
    mine = {"schema": found["scheme"], "path": found["path"], "query": found["query"]}
    fragment = "#" + parts.pop("fragment", "")
    for key in ("path", "query"):  # we leave a fragment where it stands
        if fragment != "#" and mine[key].endswith(fragment):
            mine[key] = mine[key][: -len(fragment)]
    host = parts.pop("host", "").rpartition("@")[2]
    same = found["host"] in (host, host.strip("[]"), host.rpartition(":")[0].strip("[]"))
    same = same and all(mine[k] == parts.get(k, "") for k in mine)
    outcome = "read" if same else "read, other parts"
    checked.case("llhttp, url", f"url: {case['title']}", outcome, ("read",))


GZIP_USUAL = "whole: The five boxing wizards jump quickly."


def sides_of(text):
    """A connection of libhtp's: what the client sent, what the server did."""
    sides = {b">>>": b"", b"<<<": b""}
    for mark, part in re.findall(rb"(?:^|\r?\n)(>>>|<<<)\r?\n(.*?)(?=\r?\n(?:>>>|<<<)\r?\n|\Z)", text, re.S):
        sides[mark] += part
    return sides[b">>>"], sides[b"<<<"]


def libhtp(folder, reader, checked):
    files = tarfile.open(fileobj=io.BytesIO(unpacked(folder / "libhtp-files.tar.zst")))
    for member in sorted(files.getnames()):
        data = files.extractfile(member)
        name = member.split("/")[-1]
        if data is None or not files.getmember(member).isfile():
            continue
        text = data.read()
        if name.endswith(".gz"):
            found = reader.parser.one("Z", text)
            checked.case(
                "libhtp, gzip", name, found["result"] + ": " + found["data"], (GZIP_USUAL,))
            continue
        outcomes = [outcome_of(*reader.read(side, is_response)) if side else "silent"
                    for side, is_response in zip(sides_of(text), (False, True))]
        checked.case("libhtp", name, ", ".join(outcomes), ("read, read",))


REQUEST_LINE = re.compile(rb"(OPTIONS|REQMOD|RESPMOD) (icap://[^/ ]+)/[^ ]* ICAP/1\.0\r\n")
STATUS_LINE = re.compile(rb"ICAP/1\.0 ([0-9]{3})[^\r\n]*\r\n")


def ours(sent):
    """The services were called otherwise where it was recorded."""
    return REQUEST_LINE.sub(
        lambda m: b"%s %s/av/%s ICAP/1.0\r\n" % (
            m[1], m[2], b"reqmod" if m[1] == b"REQMOD" else b"respmod"), sent)


def previews_of(methods, statuses):
    """For each object "c" or "a": whether the server that was recorded continued its preview."""
    told, continued = [], False
    for status in statuses:
        if status == b"100":
            continued = True
            continue
        told.append("c" if continued else "a")
        continued = False
    return "".join(t for m, t in zip(methods, told) if m != b"OPTIONS")


# data/INDEX.md's counts.
INDEXED = {
    ("squid-cicap-avscan", "REQMOD"): 34, ("squid-cicap-avscan", "RESPMOD"): 33,
    ("squid-cicap-echo-ex206", "REQMOD"): 28, ("squid-cicap-echo-ex206", "RESPMOD"): 28,
    ("cicap-client", "OPTIONS"): 193, ("cicap-client", "REQMOD"): 21, ("cicap-client", "RESPMOD"): 168,
}


def icap_streams(folder, parser, checked):
    totals = collections.Counter()
    for number, line in enumerate(unpacked(folder / "streams.jsonl.zst").splitlines()):
        c = json.loads(line)
        client, server = base64.b64decode(c["client"]), base64.b64decode(c["server"])
        methods = REQUEST_LINE.findall(client)
        methods = [m for m, _ in methods]
        previews = previews_of(methods, STATUS_LINE.findall(server))
        sent = ours(client)
        found = parser.one("P", bytes([len(previews)]) + previews.encode() + sent)
        same = found == order_alike(reference.icap(sent, previews), found)
        objects = [r["method"].encode() for r in found["requests"]]
        totals.update((c["capture"], m.decode()) for m in methods)
        fine = (objects == [m for m in methods if m != b"OPTIONS"]
                and all(r["end"] != "aborted" for r in found["requests"])
                and not any(s >= 400 for s in found["statuses"]))
        aborted = any(r["end"] == "aborted" for r in found["requests"])
        outcome = ("read" if fine else "aborted" if aborted else "refused") + ("" if same else ", not as the reference")
        checked.case("ICAP, " + c["capture"], f"connection {number}", outcome, ("read",))
        if not same:
            print(c["client"], found)
    for key, count in INDEXED.items():
        checked.case("ICAP, counted", " ".join(key), str(totals[key]), (str(count),))


def order_alike(theirs, mine):
    """Oddities are a set."""
    for r in (*theirs["requests"], *mine["requests"]):
        for key in ("request_head", "response_head"):
            if r.get(key):
                r[key]["odd"].sort()
    return theirs


def icap_messages(folder, parser, checked):
    for number, line in enumerate((folder / "messages.jsonl").read_text().splitlines()):
        case = json.loads(line)
        if case["kind"] != "request":
            checked.counts["ICAP, messages", "a server's, which a server does not read"] += 1
            continue
        found = parser.one("I", ours(latin(case["data"])))
        outcome = " ".join(str(s) for s in found["statuses"])
        checked.case("ICAP, messages", f"message {number}", outcome, ("200",))


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default="build/asan/tests/parse-lines")
    options.add_argument("--verbose", action="store_true", help="a line for each case")
    o = options.parse_args()
    shared = pathlib.Path(os.environ.get("SLUICE_SHARED", "../shared")) / "data"
    if not (shared / "http").is_dir() or not (shared / "icap").is_dir():
        print("no shared HTTP and ICAP messages")
        sys.exit(77)
    checked = Checked(o.verbose)
    with records.Session(o.program) as parser:
        reader = Reader(parser)
        gunicorn(shared / "http", reader, checked)
        llhttp(shared / "http", reader, checked)
        libhtp(shared / "http", reader, checked)
        icap_streams(shared / "icap", parser, checked)
        icap_messages(shared / "icap", parser, checked)
    checked.finish()
    for (group, kind), count in sorted(checked.counts.items()):
        print(f"{count:>5}  {group}: {kind}")
    total = sum(checked.counts.values())
    print(f"{total} cases, {checked.failed} not as expected")
    sys.exit(1 if checked.failed or total < 700 else 0)


if __name__ == "__main__":
    main()
