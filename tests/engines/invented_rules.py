# SPDX-License-Identifier: BSD-3-Clause
"""YARA rules that nobody wrote, a file of them a seed, and the objects that they are asked about.

A file has a rule that is looked for and, for it to name, others that may be private or global. Every
other seed keeps to the forms that are judged on the way (docs/signatures.md, "YARA"); the others ask for what only
libyara judges, behind a gate. Strings stand where conditions ask for them, at borders, in one another, and behind
real programs."""

import hashlib
import os
import random
import re

import rules

LETTERS = "abABxyzQ0_"
PLACES = (0, 1, 2, 5, 16, 63, 64, 100, 500, 1000, 1022, 1023, 1024, 1025, 1500, 2004)
SIZES = (30, 64, 120, 700, 1023, 1024, 1025, 2004, 3028)
FAR_SIZES = (3100, 5000, 9000)  # a stream of these has bytes that are not kept
LARGE = ("0x7fffffff", "0x80000000", "0xffffffff", "0x100000000", "0x7fffffffffffffff", "4611686018427387904", "1KB", "2MB")
ALPHABET = "!@#$%^&*(){}[].,|ABCDEFGHIJ:LMNOPQRSTUVWXYZabcdefghijklmnopqrstu"
PROGRAMS = ("debian/crt1.o", "file-type/fixture.elf", "magika/mitra/elf/elf.elf", "magika/mitra/elf/elf64.elf",
            "magika/mitra/pebin/pe32.exe", "magika/mitra/pebin/pe64.exe", "debian/nsis-nsDialogs-amd64.dll", "debian/hello")
HEADS = (b"MZ" + bytes(62), b"\x7fELF\x02\x01\x01" + bytes(57), b"\x7fELF", b"MZ")
PROGRAMS_ASKED = (
    "pe.is_pe", "pe.number_of_sections == 3", "pe.number_of_sections > 1", "pe.machine == pe.MACHINE_AMD64",
    "pe.entry_point < filesize", "pe.characteristics & pe.DLL", "pe.is_dll()", "pe.is_32bit()",
    "pe.sections[0].raw_data_offset == 512", "pe.sections[1].name == \".rdata\"", "pe.imports(\"KERNEL32.dll\")",
    "pe.imphash() == \"d41d8cd98f00b204e9800998ecf8427e\"", "pe.overlay.size > 0", "pe.timestamp == 0",
    "for any s in pe.sections : ( s.name == \".text\" )", "for any i in (0..pe.number_of_sections - 1) : ( pe.sections[i].virtual_size > 16 )",
    "pe.rva_to_offset(0x1000) == 512", "pe.checksum == pe.calculate_checksum()", "elf.type == elf.ET_REL", "elf.type == elf.ET_EXEC",
    "elf.machine == elf.EM_X86_64", "elf.number_of_sections > 5", "elf.entry_point == 0x60", "elf.sections[1].name == \".text\"",
    "for any i in (0..elf.number_of_sections - 1) : ( elf.sections[i].type == elf.SHT_NOTE )", "elf.number_of_segments == 1")


class Unfit(Exception):
    """The seed makes no rule."""


def strings_for(rng, here):
    """Declarations without their names."""
    for _ in range(rng.randint(2, 5)):
        kind = rng.random()
        if kind < 0.55:
            yield text_string(rng, here)
        elif kind < 0.85 or here:
            yield hex_string(rng, here)
        else:
            yield regex_string(rng)


def word(rng, least, most):
    if rng.random() < 0.15:
        return rng.choice(LETTERS) * rng.randint(least, most)  # overlaps itself
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(least, most)))


def text_string(rng, here):
    kind = "" if here else rng.choice(("", "", "xor", "base64"))
    text = word(rng, 4 if kind == "base64" else 2, 10)
    if rng.random() < 0.2:
        text = "\\x%02x" % rng.choice((0, 0x20, 0xff, 0x5c, 0x22)) + text
    words = [w for w in ("wide", "private") if rng.random() < 0.3]
    if "wide" not in words or rng.random() < (0.1 if here else 0.5):  # counts of one form are judged on the way
        words += ["ascii"] * (rng.random() < 0.5)
    if kind == "base64":
        coding = "(\"%s\")" % ALPHABET if rng.random() < 0.4 else ""
        words += rng.choice((["base64" + coding], ["base64wide" + coding], ["base64" + coding, "base64wide" + coding]))
    elif kind == "xor":
        low = rng.randint(0, 250)
        words.append(rng.choice(("xor", "xor(%d)" % low, "xor(%d-%d)" % (low, rng.randint(low, 255)), "xor(0x00-0x07)")))
    elif rng.random() < 0.4:
        words.append("nocase")
    if kind != "base64" and rng.random() < 0.3:
        words.append("fullword")
    rng.shuffle(words)
    return "\"%s\" %s" % (text, " ".join(words))


def hex_bytes(rng, least, most):
    return " ".join("%02x" % ord(rng.choice(LETTERS)) for _ in range(rng.randint(least, most)))


def hex_between(rng):
    low = rng.randint(0, 6)
    size = rng.randint(1, 3)
    return rng.choice(("??", "6?", "?1", "[%d]" % max(low, 1), "[%d-%d]" % (low, low + rng.randint(1, 40)),
                       "[%d-]" % low if rng.random() < 0.1 else "[2]",
                       "( %s | %s )" % (hex_bytes(rng, size, size), hex_bytes(rng, size, size)),
                       "( %s | %s ?? )" % (hex_bytes(rng, 1, 3), hex_bytes(rng, 1, 2))))


def hex_string(rng, here):
    least = 3 if here else 1
    pieces = [hex_bytes(rng, least, 5)]
    for _ in range(rng.choice((0, 1, 1, 2))):
        pieces += [hex_between(rng), hex_bytes(rng, least, 4)]
    return "{ %s }%s" % (" ".join(pieces), " private" if rng.random() < 0.1 else "")


def regex_string(rng):
    pieces = [word(rng, 2, 5)]
    for _ in range(rng.randint(1, 3)):
        pieces.append(rng.choice(("[ab]", "[^x]", ".", "\\d", "\\w+", "a{1,3}", "(ab|xy)", "Q?", "b*", ".{0,8}", "\\s?", "[a-z]{2}", "\\bab", "x+")))
        pieces.append(word(rng, 1, 4))
    words = " ".join(w for w in ("wide", "ascii", "nocase", "fullword") if rng.random() < 0.2)
    return "/%s/%s %s" % ("".join(pieces), rng.choice(("", "i", "s", "is")), words)


class Condition:
    """The grammar. `names`: of strings; `others`: of rules that stand before."""

    def __init__(self, rng, here, names, others, digests):
        self.rng, self.here, self.names, self.others, self.digests = rng, here, names, others, digests
        self.loops = []

    def name(self):
        return self.rng.choice(self.names)

    def chosen(self, here, wide):
        return self.rng.choice(here if self.here else here + wide)()

    def of_both(self, depth=0):
        rng = self.rng
        if depth < 3 and rng.random() < 0.65 - 0.15 * depth:
            terms = [self.of_both(depth + 1) for _ in range(rng.randint(2, 3))]
            text = (" %s " % rng.choice(("and", "and", "or"))).join(terms)
            return "(%s)" % text if rng.random() < 0.8 else "not (%s)" % text
        return ("not " if rng.random() < 0.2 else "") + "(%s)" % self.term()

    def term(self):
        return self.chosen([self.found, self.found, self.at, self.within, self.of, self.of, self.compared, self.compared,
                            self.compared, self.read, self.rule],
                           [self.loop, self.loop_strings, self.of_within, self.module, self.rules_of, self.defined,
                            self.share, self.counted_within])

    def found(self):
        return "$" + self.name()

    def place(self):
        rng = self.rng
        return rng.choice(("%d" % rng.choice(PLACES), "%d" % rng.choice(PLACES), "filesize - %d" % rng.choice((24, 40, 64, 100))))

    def at(self):
        where = self.place() if self.here or self.rng.random() < 0.6 else self.number()
        return "$%s at %s" % (self.name(), where)

    def span(self):
        rng = self.rng
        if self.here or rng.random() < 0.6:
            low = rng.choice(PLACES)
            return rng.choice(("(%d..%d)" % (low, low + rng.choice((0, 1, 5, 100, 2000))), "(0..%d)" % rng.choice(SIZES),
                               "(filesize - %d..filesize)" % rng.choice((30, 50, 100, 2000))))
        return rng.choice(("(0..filesize)", "(%s..%s)" % (self.number(), self.number())))

    def within(self):
        return "$%s in %s" % (self.name(), self.span())

    def set_of(self):
        rng = self.rng
        if rng.random() < 0.5:
            return "them"
        chosen = rng.sample(self.names, rng.randint(1, len(self.names)))
        return "(%s)" % ", ".join(rng.choice(("$" + n, "$" + n[0] + "*")) if len(chosen) > 1 else "$" + n for n in chosen)

    def quantity(self):
        rng = self.rng
        return rng.choice(("any", "all", "none", "1", "2", "3") + (() if self.here else ("0", "#%s" % self.name(), "#%s - 1" % self.name())))

    def of(self):
        return "%s of %s" % (self.quantity(), self.set_of())

    def of_within(self):
        return "%s of %s in %s" % (self.quantity(), self.set_of(), self.span())

    def share(self):
        return "%d%% of %s" % (self.rng.choice((1, 34, 50, 99, 100)), self.set_of())

    def rule(self):
        return self.rng.choice(self.others) if self.others else self.found()

    def rules_of(self):
        return "%s of (%s)" % (self.rng.choice(("any", "all", "none", "1", "2")), ", ".join(self.others)) \
            if self.others else self.of()

    def defined(self):
        return "defined " + self.rng.choice(("@%s" % self.name(), "@%s[2]" % self.name(), "uint32(filesize - %d)" % self.rng.randint(1, 6),
                                             "(%s)" % self.number(), "pe.number_of_sections", "elf.type"))

    def compared(self):
        return "%s %s %s" % (self.number(), self.rng.choice(("==", "!=", "<", "<=", ">", ">=")), self.number())

    def counted_within(self):
        return "#%s in %s %s %d" % (self.name(), self.span(), self.rng.choice(("==", ">", "<", "!=")), self.rng.randint(0, 3))

    def read(self):
        rng = self.rng
        kind = rng.choice(("uint8", "uint16", "uint32", "int8", "int16", "int32", "uint16be", "uint32be", "int16be", "int32be", "int8be", "uint8be"))
        where = rng.choice((self.place, self.place, self.number))()
        return "%s(%s) %s %s" % (kind, where, rng.choice(("==", "!=", "<", ">")),
                                 rng.choice(("0x5a4d", "0x464c457f", "0x4d5a", "0x61", "-1", "0x6162", self.number())))

    def number(self, depth=0):
        rng = self.rng
        if depth < 2 and rng.random() < 0.4:
            return self.computed(depth)
        here = ["#" + self.name(), "#" + self.name(), "@" + self.name(), "filesize", str(rng.randint(0, 4)), str(rng.choice(PLACES)),
                str(rng.choice(SIZES)), rng.choice(LARGE), "uint8(%d)" % rng.choice(PLACES), "int16(%d)" % rng.choice(PLACES),
                "uint32be(@%s)" % self.name(), "int8(filesize - %d)" % rng.randint(0, 3)]
        wide = ["@%s[%s]" % (self.name(), rng.choice(("1", "2", "3", "0", "#" + self.name()))), "!%s" % self.name(),
                "!%s[%s]" % (self.name(), rng.choice(("1", "2", "9"))), "pe.number_of_sections", "elf.number_of_sections",
                "math.count(0x61)", "math.abs(#%s - 2)" % self.name(), "math.mode(0, filesize)", "math.max(#%s, 1)" % self.name(),
                "pe.entry_point", "math.to_number(#%s > 1)" % self.name()]  # no entrypoint: yara keeps that of the file before
        found = rng.choice(here if self.here else here + wide + self.loops * 6)
        return found

    def computed(self, depth):
        rng = self.rng
        left, right = self.number(depth + 1), self.number(depth + 1)
        op = rng.choice(("+", "+", "-", "*", "\\", "%", "&", "|", "^", "<<", ">>", "~", "-1"))
        if op == "~":
            return "~(%s)" % left
        if op == "-1":
            return "-(%s)" % left
        if not re.search(r"[#@!]|filesize|int|\.|\b[ij]\b", left):
            left = "#" + self.name()  # the compiler refuses what it can compute and has no value
        return "(%s %s %s)" % (left, op, right)

    def loop(self):
        rng = self.rng
        variable = "ij"[len(self.loops)] if len(self.loops) < 2 else None
        if variable is None:
            return self.compared()
        over = rng.choice(("(0..%d)" % rng.randint(0, 9), "(1..#%s)" % self.name(), "(1, 2, 3)", "(%s, filesize - 4)" % rng.choice(PLACES),
                           "(filesize - 3..filesize)", "(0..pe.number_of_sections - 1)", "(2..1)"))
        quantity = rng.choice(("any", "all", "none", "2"))
        self.loops.append(variable)
        name = self.name()
        body = rng.choice((self.compared, lambda: "$%s at %s" % (name, variable), lambda: "@%s[%s] < %s" % (name, variable, self.number()),
                           lambda: "$%s in (%s..%s + 40)" % (name, variable, variable), lambda: "uint8(%s) == 0x61" % variable,
                           lambda: "!%s[%s] > 3" % (name, variable), self.of_both))()
        self.loops.pop()
        return "for %s %s in %s : ( %s )" % (quantity, variable, over, body)

    def loop_strings(self):
        rng = self.rng
        body = rng.choice(("$", "$ at %s" % self.place(), "$ in %s" % self.span(), "# > %d" % rng.randint(0, 2), "@ < %s" % self.number(),
                           "@[2] > %s" % self.number(), "! == %d" % rng.randint(2, 8), "# == 1 and @ > 10", "not $"))
        return "for %s of %s : ( %s )" % (rng.choice(("any", "all", "none", "2")), self.set_of(), body)

    def module(self):
        rng = self.rng
        if rng.random() < 0.5:
            return rng.choice(PROGRAMS_ASKED)
        return rng.choice((
            "math.entropy(0, filesize) > %s" % rng.choice(("1.5", "4.0", "6.1")), "math.mean(0, filesize) < 80.5",
            "math.in_range(math.deviation(0, filesize, 97.0), 10.0, 60.0)", "math.monte_carlo_pi(0, filesize) < 0.3",
            "math.serial_correlation(0, filesize) > 0.1", "math.percentage(0x61) > 0.05", "math.entropy(@%s, 16) > 2.0" % self.name(),
            "1.5 * #%s > 2.9" % self.name(), "#%s \\ 2.0 > 0.4" % self.name(),
            "hash.md5(0, filesize) == \"%s\"" % rng.choice(self.digests), "hash.crc32(0, 4) != %s" % self.number(),
            "hash.sha1(filesize, 1) == \"00\"", "hash.md5(@%s, 3) != hash.md5(0, 3)" % self.name(), "hash.checksum32(0, filesize) > 0x9000"))


class File:
    """The text, the rule that is asked for, the names that are told of no object, and the objects."""

    def __init__(self, seed, shared):
        rng = random.Random(seed)
        self.here = seed % 2 == 0
        self.far = seed % 10 == 9
        objects = random.Random(seed + 1)
        plain = made_plainly(objects, self.far)
        digests = [hashlib.md5(plain).hexdigest(), hashlib.md5(b"").hexdigest()]
        texts, others, self.quiet, makers = [], [], set(), []
        for number in range(rng.choice((1, 1, 2, 3))):
            name = "o%d" % number
            kind = rng.choice(("private", "private", "", "global private" if not self.here and rng.random() < 0.3 else ""))
            texts.append(self.rule(rng, kind, name, others, digests, makers))
            others.append(name)
            if "private" in kind:
                self.quiet.add(name)
        texts.append(self.rule(rng, "", "asked", others, digests, makers))
        self.text = "\n".join(["import \"%s\"" % m for m in ("pe", "elf", "math", "hash") if not self.here] + texts)
        self.objects = [("plain", plain)] + list(objects_of(objects, makers, self.far, shared))

    def rule(self, rng, kind, name, others, digests, makers):
        letters = "ab" if rng.random() < 0.7 else "a"
        declared = {rng.choice(letters) + str(i): text for i, text in enumerate(strings_for(rng, self.here))}
        condition = Condition(rng, self.here, sorted(declared), others, digests).of_both()
        if self.here and rng.random() < 0.8:  # what may hold without a match is not judged on the way
            condition = "$%s and %s" % (rng.choice(sorted(declared)), condition)
        if "them" not in condition:
            asked = set(re.findall(r"[$#@!]([ab]\d)", condition)) | {n for w in re.findall(r"\$([ab])\*", condition) for n in declared if n[0] == w}
            declared = {n: text for n, text in declared.items() if n in asked}
        lines = "\n".join("\t\t$%s = %s" % d for d in sorted(declared.items()))
        makers += rules.strings_of(lines + "\n")
        strings = "\tstrings:\n%s\n" % lines if declared else ""
        return "%s rule %s {\n%s\tcondition:\n\t\t%s\n}\n" % (kind, name, strings, condition)


def made_plainly(rng, far):
    return bytes(ord(rng.choice(LETTERS + "\x00 ")) for _ in range(rng.choice(FAR_SIZES if far else SIZES)))


def objects_of(rng, makers, far, shared):
    for i in range(10):
        out = bytearray(made_plainly(rng, far) if rng.random() < 0.4 else bytes(rng.choice(FAR_SIZES if far else SIZES)))
        head = rng.choice(HEADS + (b"", b"", b""))
        out[:len(head)] = head[:len(out)]
        chosen = [m for m in makers if i == 0 or rng.random() < 0.6]
        for make in chosen * rng.choice((1, 1, 2, 3)):
            put(rng, out, make(rng))
        if i >= 7:
            with open(os.path.join(shared, "data/corpus/files", rng.choice(PROGRAMS)), "rb") as f:
                program = f.read()
            out = bytearray(program) + (out if rng.random() < 0.5 else b"")
            for make in chosen[:rng.randint(0, 3)]:
                put(rng, out, make(rng))
        yield "made %d" % i, bytes(out)


def put(rng, out, data):
    """Where conditions ask, at the end, or anywhere; the object keeps its size."""
    data = data[:len(out)]
    places = [p for p in PLACES if p + len(data) <= len(out)] + [len(out) - len(data), rng.randint(0, len(out) - len(data))]
    at = rng.choice(places)
    out[at:at + len(data)] = data
