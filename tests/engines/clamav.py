# SPDX-License-Identifier: BSD-3-Clause
"""Objects made of a ClamAV signature's text, .ndb or .ldb: hits, near misses, and what lies between.

A reading of its own, which shares nothing with sluice-sigc. It need not be exact: both engines are
asked of every object, so an object that misses what it was made for is only one that tells less.
"""

import re

import expressions

HEADS = {  # by target type; what is not there is any
    "1": b"MZ" + bytes(62), "2": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(56),
    "3": b"<html><body>\n", "4": b"From: a@example.test\nSubject: b\n\n",
    "5": b"\x89PNG\r\n\x1a\n" + bytes(24), "6": b"\x7fELF\x01\x01\x01" + bytes(57),
    "9": b"\xfe\xed\xfa\xce" + bytes(60), "10": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
    "7": b"text, \n",
    "11": b"FWS\x08" + bytes(28), "12": b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(24),
}
PLAIN = (b"", b"\x00\x01\x02\xff\xfe\x80", b"MZ" + bytes(62), b"\x7fELF\x02\x01\x01" + bytes(57))
TOKEN = re.compile(r"\((?:[BLW])\)|!?\(|\)|\||\{[-0-9]*\}|\[[-0-9]*\]|\*|[0-9a-fA-F?]{2}|!\([BLW]\)")
SIZE_MAX = 1 << 18
TEXTS = ("3", "4", "7")  # targets: HTML, mail, text
BINARY_FILLER, TEXT_FILLER = b"\x01\x02\x03\x04\x80\x81\x90\xa0\xf0\xfe#~", b"qxzjkQXZ_,~"


class Unmade(Exception):
    """A signature of which no object is made; says why."""


def filler(rng, n):
    return bytes(rng.choice(getattr(rng, "filler", BINARY_FILLER)) for _ in range(n))


def gap(rng, text, is_wrong):
    """Bytes between two pieces: as few, as many, or some number that the text allows, or not."""
    low, dash, high = text.partition("-")
    least = int(low or 0)
    most = int(high) if high else least if not dash else least + 30
    if is_wrong:
        return filler(rng, most + 1 if high or not dash else max(least - 1, 0))
    return filler(rng, rng.choice((least, most, rng.randint(least, most), rng.randint(least, most))))


def edge(rng, kind):
    return rng.choice({"B": (b" ", b"\n", b"."), "L": (b"\n", b"\r\n"), "W": (b" ", b"-", b"\n")}[kind])


def byte(rng, text):
    return int("".join(c if c != "?" else rng.choice("0123456789abcdef") for c in text), 16)


class Pattern:
    """Tokens of a hexadecimal pattern; make() writes bytes that it should match."""

    def __init__(self, text):
        self.tokens, at = [], 0
        while at < len(text):
            m = TOKEN.match(text, at)
            if not m:
                raise Unmade("a pattern that is not read: " + text[at:at + 12])
            self.tokens.append(m.group())
            at = m.end()

    def make(self, rng, wrong_gap=False):
        self.at, self.wrong_gap = 0, wrong_gap
        pieces = self.sequence(rng)
        if self.at != len(self.tokens):
            raise Unmade("parentheses that do not fit")
        return b"".join(pieces)

    def sequence(self, rng):
        out = []
        while self.at < len(self.tokens) and self.tokens[self.at] not in ("|", ")"):
            token = self.tokens[self.at]
            self.at += 1
            if token in ("(B)", "(L)", "(W)"):
                out.append(edge(rng, token[1]))
            elif token in ("!(B)", "!(L)", "!(W)"):
                out.append(b"a")
            elif token in ("(", "!("):
                out.append(self.alternatives(rng, token == "!("))
            elif token[0] in "{[":
                out.append(gap(rng, token[1:-1], self.wrong_gap and rng.random() < 0.5))
            elif token == "*":
                out.append(gap(rng, "-", False))
            else:
                out.append(bytes([byte(rng, token)]))
        return out

    def alternatives(self, rng, is_negated):
        choices = []
        while True:
            choices.append(b"".join(self.sequence(rng)))
            if self.at == len(self.tokens):
                raise Unmade("parentheses that do not fit")
            token = self.tokens[self.at]
            self.at += 1
            if token == ")":
                break
        if not is_negated:
            return rng.choice(choices)
        while True:
            other = filler(rng, len(choices[0]))
            if other not in choices:
                return other


class Part:
    """A pattern with its offset and modifiers."""

    def __init__(self, text):
        body, _, modifiers = text.partition("::")
        self.modifiers = modifiers
        offset, colon, pattern = body.partition(":")
        self.offset, pattern = (offset, pattern) if colon else ("*", body)
        if "/" in pattern or "#" in text or "$" in text or "(" in self.offset:
            raise Unmade("a part that is no pattern")
        if "VI" in self.offset:
            raise Unmade("version information")
        self.pattern = Pattern(pattern)

    def make(self, rng, wrong_gap=False):
        out = self.pattern.make(rng, wrong_gap)
        if "i" in self.modifiers:
            out = bytes(c ^ 0x20 if chr(c).isalpha() and c < 0x80 and rng.random() < 0.5 else c for c in out)
        if "w" in self.modifiers and not ("a" in self.modifiers and rng.random() < 0.5):
            out = b"".join(bytes([c, 0]) for c in out)
        if "f" in self.modifiers:
            out = b"  " + out + b"  "
        return out


def part_of(text):
    if "/" not in text:
        return Part(text)
    try:
        return expressions.Expression(text)
    except ValueError as e:
        raise Unmade(str(e))


class Signature:
    """What an .ndb or .ldb line asks for. Raises Unmade."""

    def __init__(self, line, kind):
        self.least, self.most = 0, SIZE_MAX
        if kind == "ndb":
            fields = line.split(":")
            if len(fields) < 4:
                raise Unmade("a line that is none")
            self.target = fields[1]
            self.parts = [Part(fields[2] + ":" + fields[3])]
            return
        *fields, parts = line.split(";", 3)
        conditions = dict(c.partition(":")[::2] for c in fields[1].split(","))
        self.target = conditions.get("Target", "0")
        if "FileSize" in conditions:
            low, _, high = conditions["FileSize"].partition("-")
            self.least, self.most = int(low or 0), int(high or 1 << 40)
        self.parts = [part_of(p) for p in expressions.split(parts, ";")]

    def objects(self, rng):
        """Pairs of a word and bytes."""
        parts = self.parts
        if self.target in TEXTS:
            rng.filler = TEXT_FILLER
        yield "whole", self.put_together(rng, parts)
        yield "backwards", self.put_together(rng, parts[::-1])
        yield "side by side", self.put_together(rng, parts, space=0)
        yield "again", self.put_together(rng, [p for p in parts for _ in range(rng.randint(2, 6))])
        if len(parts) > 1:
            left = rng.randrange(len(parts))
            yield "one left out", self.put_together(rng, parts[:left] + parts[left + 1:])
            yield "half", self.put_together(rng, [p for p in parts if rng.random() < 0.5])
        yield "a byte changed", self.put_together(rng, parts, changed=rng.randrange(len(parts)))
        yield "gaps beyond", self.put_together(rng, parts, wrong_gap=True)
        if self.target in TEXTS:
            yield "as text", self.put_together(rng, parts, head=HEADS["7"])
            yield "as HTML", self.put_together(rng, parts, head=HEADS["3"])
            yield "as a mail", self.put_together(rng, parts, head=HEADS["4"])
            yield "in capitals", self.put_together(rng, parts).upper()
        yield "another kind", self.put_together(rng, parts, head=rng.choice(PLAIN))
        if self.least > 0 or self.most < SIZE_MAX:
            yield "another size", self.put_together(rng, parts, is_sized=False)

    def put_together(self, rng, parts, space=12, changed=None, wrong_gap=False, head=None, is_sized=True):
        any_head = head if head is not None else HEADS.get(self.target) or rng.choice(PLAIN)
        out, fixed, end, places = bytearray(any_head), [], [], Places()
        for i, part in enumerate(parts):
            made = part.make(rng, wrong_gap)
            if i == changed and made:
                at = rng.randrange(len(made))
                made = made[:at] + bytes([made[at] ^ (1 << rng.randrange(8))]) + made[at + 1:]
            first, _, shift = part.offset.partition(",")
            move = rng.choice((0, int(shift))) if shift.isdigit() else 0
            if first.isdigit():
                fixed.append((int(first) + move, made))
            elif first.startswith("EOF-"):
                end.append((max(int(first[4:]) - move, 0), made))
            elif first[:1] in "ES" and first != "*":
                places.add(first, move, made)
            else:
                out += filler(rng, rng.randint(1, space) if space else 0) + made
        if head is None and self.target in ("1", "0") and places.wanted:
            out = places.program(out)
        out += filler(rng, rng.randint(0, space) if space else 0)
        if is_sized and len(out) < self.least <= SIZE_MAX:
            out += filler(rng, 64) * ((self.least - len(out)) // 64 + 1)
            del out[rng.choice((self.least, min(self.most, len(out)))):]
        for at, made in fixed:
            if at + len(made) > SIZE_MAX:
                raise Unmade("a place too far from the start")
            out += bytes(max(0, at + len(made) - len(out)))
            out[at:at + len(made)] = made
        for back, made in end:
            if back > SIZE_MAX:
                raise Unmade("a place too far from the end")
            out += filler(rng, max(0, back - len(out) + len(any_head)))  # a class file must stay one
            out += filler(rng, max(0, len(made) - back))
            at = len(out) - back if back else len(out)
            out[at:at + len(made)] = made
        return bytes(out) or b"x"


class Places:
    """A program with three sections, and patterns where its headers say."""

    SECTIONS, ROOM, FIRST = 3, 0x600, 0x400
    ENTRY = FIRST + 0x80

    def __init__(self):
        self.wanted = []

    def add(self, offset, move, made):
        self.wanted.append((offset, move, made))

    def where(self, offset, size):
        word, sign, n = re.match(r"([A-Z]+\d*)([-+]?)(\d*)", offset).groups()
        n = int(n or 0) * (-1 if sign == "-" else 1)
        if word == "EP":
            return self.ENTRY + n
        if word.startswith("SE"):
            section = int(word[2:] or 0)
            return self.FIRST + section * self.ROOM + (self.ROOM - size) // 2
        section = self.SECTIONS - 1 if word == "SL" else int(word[1:] or 0)
        return self.FIRST + section * self.ROOM + n

    def program(self, rest):
        room = self.ROOM
        pe = bytearray(b"MZ" + bytes(58) + (0x40).to_bytes(4, "little") + b"PE\0\0")
        pe += b"\x4c\x01" + self.SECTIONS.to_bytes(2, "little") + bytes(12) + b"\xe0\x00\x02\x01"
        optional = bytearray(0xe0)
        optional[0:2] = b"\x0b\x01"
        for at, value in ((16, 0x1080), (20, 0x1000), (28, 0x400000), (32, 0x1000), (36, 0x200),
                          (56, 0x1000 * (self.SECTIONS + 2)), (60, self.FIRST), (92, 16)):
            optional[at:at + 4] = value.to_bytes(4, "little")
        optional[40:42] = optional[48:50] = b"\x04\x00"
        optional[68:70] = b"\x02\x00"
        pe += optional
        for i in range(self.SECTIONS):
            pe += b".s%d\0\0\0\0\0" % i + b"".join(v.to_bytes(4, "little") for v in (
                room, 0x1000 * (i + 1), room, self.FIRST + i * room)) + bytes(12) + b"\x20\x00\x00\x60"
        pe += bytes(self.FIRST + self.SECTIONS * room - len(pe))
        for offset, move, made in self.wanted:
            at = self.where(offset, len(made)) + move
            if at < 0 or at + len(made) > SIZE_MAX:
                raise Unmade("a place that is not in the program")
            pe += bytes(max(0, at + len(made) - len(pe)))
            pe[at:at + len(made)] = made
        return pe + rest[64:]
