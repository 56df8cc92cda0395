#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Hyperscan's own patterns and inputs, with the ends of their matches, as strings of YARA rules.

Each N-th pattern that YARA's language can say becomes a rule; of each of its inputs the sandbox must
say what stands there, match or none, and the scan before it, whole and cut, must ask the sandbox
where there is one. A pattern that is not taken is counted with the reason, its flags or libyara's
refusal. Where the answer is another, yara must say the same of rule and input: its dialect differs
from PCRE's in what is a line's end, a word's, and a match of nothing.

usage: hyperscan.py [--program FILE] [--every N] [--first N]
"""

import argparse
import base64
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

from ours import Ours

PATTERN = re.compile(rb"^(\d+):/(.*)/([a-zA-Z0-9]*)(\{.*\})?\s*$", re.S)
INPUT = re.compile(rb'^(\d+)="(.*)":\s*([\d, ]*)$', re.S)
UNANSWERED = re.compile(rb"^\d+:") # only to be compared with another engine
ESCAPE = re.compile(rb"\\(x([0-9a-fA-F]{2})|.)", re.S)
LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"0": b"\0", b"a": b"\a", b"f": b"\f", b"v": b"\v", b"e": b"\x1b"}

FLAGS = {"8": "UTF-8", "W": "properties of Unicode", "m": "several lines", "P": "for a first look only",
         "V": "matches of nothing", "C": "a combination of others", "Q": "a part of a combination",
         "x": "blanks that are none"}

def unescaped(text):
    return ESCAPE.sub(lambda m: bytes([int(m.group(2), 16)]) if m.group(2) else LETTERS.get(m.group(1), m.group(1)), text)


def lines_of(archive, folder):
    listing = subprocess.run(["tar", "--zstd", "-xOf", archive, "--wildcards", "*/%s/*.txt" % folder],
                             stdout=subprocess.PIPE, check=True)
    return [line for line in listing.stdout.split(b"\n") if line and line[:1].isdigit()]


def why_not(pattern, flags, extras):
    """Why YARA's language cannot say it; None: it can."""
    for flag in flags:
        if flag in FLAGS:
            return "flags: " + FLAGS[flag]
    if extras:
        return "flags: bounds of a match"
    if pattern == b"":
        return "an empty pattern"
    return None


def rule_of(pattern, flags):
    slashes = re.sub(rb"(?<!\\)((?:\\\\)*)/", rb"\1\\/", pattern)
    return b"rule R { strings: $a = /" + slashes + b"/" + b"".join(f for f in (b"i", b"s") if f.decode() in flags) + b" condition: $a }\n"


class Cases:
    def __init__(self, ours, directory):
        self.ours, self.directory = ours, directory
        self.counts, self.differs = collections.Counter(), []

    def write(self, name, data):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def take(self, number, pattern, flags, extras):
        """Whether it is a rule now; counts why it is none."""
        self.counts["patterns"] += 1
        why = why_not(pattern, flags, extras)
        if why is None:
            said = self.ours.ask("source", self.write("a.yar", rule_of(pattern, flags)))
            if said.startswith("taken"):
                self.counts["patterns taken"] += 1
                return True
            why = said.removeprefix("left ") if said.startswith("left") else "no YARA: " + re.sub(r"^.*a.yar:\d+: ", "", said)
        self.counts["left out, " + why] += 1
        return False

    def is_in_decoded(self, data):
        path = self.write("decoded", base64.b64decode(data[:len(data) // 4 * 4]))
        done = subprocess.run(["yara", "-w", os.path.join(self.directory, "a.yar"), path],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return done.stdout.startswith(b"R ")

    def ask(self, number, data, ends):
        if not data:
            self.counts["inputs of nothing"] += 1
            return
        path = self.write("object", data)
        self.counts["inputs"] += 1
        self.counts["inputs that match"] += bool(ends)
        verdict, cut = (self.ours.ask("object", path) + " -").split(" "), self.ours.ask("cut", path)
        is_bad = verdict[0] == "bad"
        if cut == "same" and is_bad == bool(ends) and verdict[1] == "sandbox":
            return
        done = subprocess.run(["yara", "-w", os.path.join(self.directory, "a.yar"), path],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if (verdict[0] == "died" or verdict[1] == "error") and done.returncode != 0:
            self.counts["inputs over which yara, too, fails: the class error"] += 1
        elif cut == "same" and is_bad and verdict[3].startswith("base64:") and self.is_in_decoded(data):
            self.counts["inputs that are base64 of what matches"] += 1
        elif cut == "same" and verdict[1] == "sandbox" and is_bad == done.stdout.startswith(b"R "):
            self.counts["inputs that yara, too, reads otherwise than PCRE"] += 1
        else:
            self.differs.append("%d %r: ours %s, %s; %s" % (number, data[:40], " ".join(verdict), cut, ends or "no match"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default="build/release/tests/engine-tell")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    archive = os.path.join(os.environ.get("SLUICE_SHARED", "../shared"), "data/regex/hyperscan-hscollider-cases.tar.zst")
    if not os.path.exists(archive) or shutil.which("yara") is None:
        print("no data/regex below SLUICE_SHARED, or no yara")
        return 77
    inputs = collections.defaultdict(list)
    unread = 0
    for line in lines_of(archive, "corpora"):
        m = INPUT.match(line)
        if UNANSWERED.match(line):
            continue
        if m:
            inputs[int(m.group(1))].append((unescaped(m.group(2)), m.group(3).strip().decode()))
        else:
            unread += 1
    ours = Ours(options.program)
    with tempfile.TemporaryDirectory() as directory:
        cases = Cases(ours, directory)
        for line in lines_of(archive, "pcre")[options.first % options.every::options.every]:
            m = PATTERN.match(line)
            if not m:
                unread += 1
                continue
            number, flags = int(m.group(1)), m.group(3).decode()
            if cases.take(number, m.group(2), flags, m.group(4)):
                for data, ends in inputs[number]:
                    cases.ask(number, data, ends)
    ours.close()
    for line in cases.differs[:60]:
        print(line)
    for word, count in sorted(cases.counts.items()):
        print("%8d  %s" % (count, word))
    print("%d patterns, %d inputs, %d differ, %d lines not read" % (
        cases.counts["patterns"], cases.counts["inputs"], len(cases.differs), unread))
    return 0 if cases.counts["patterns"] and not cases.differs and not unread else 1


if __name__ == "__main__":
    sys.exit(main())
