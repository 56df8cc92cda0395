# SPDX-License-Identifier: BSD-3-Clause
"""Objects made of a YARA rule's text: its strings, as they are, in part, changed, behind the head
that its condition asks for. As with clamav.py, a reading that only has to be near."""

import base64
import re
import re._parser as sre

from clamav import Pattern, Unmade, filler

RULE = re.compile(r"^((?:(?:private|global)[ \t]+)*)rule[ \t]+(\w+)", re.M)
STRING = re.compile(r"\$(\w*)\s*=\s*")


def without_comments(text):
    """Comments are blanks, but not in texts, patterns and expressions."""
    token = re.compile(r'"(?:\\.|[^"\\\n])*"|(?<=[=(\s])/(?![/*])(?:\\.|[^/\\\n])+/|//[^\n]*|/\*.*?\*/', re.S)
    return token.sub(lambda m: m.group() if m.group()[0] == '"' or m.group()[:2] not in ("//", "/*")
                     else " ", text)


def asks_for_names(text):
    return re.search(r"\b(filename|filepath|extension|filetype|owner)\b", strip_texts(without_comments(text))) is not None


def strip_texts(text):
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def of(text):
    """The rules of a file, in their order."""
    text = without_comments(text)
    found = list(RULE.finditer(text))
    for i, m in enumerate(found):
        end = found[i + 1].start() if i + 1 < len(found) else len(text)
        yield Rule(m.group(2), m.group(1), text[m.end():end])


def private_names(text):
    return {r.name for r in of(text) if r.is_private}


class Rule:
    def __init__(self, name, words, body):
        self.name, self.is_private = name, "private" in words
        strings, _, self.condition = body.rpartition("condition:")
        at = strings.rfind("strings:")
        self.strings = list(strings_of(strings[at:])) if at >= 0 else []
        self.heads = list(heads_of(self.condition))

    def objects(self, rng):
        """Pairs of a word and bytes."""
        strings = self.strings
        head = rng.choice(self.heads) if self.heads else b""
        yield "whole", self.put_together(rng, strings, head)
        yield "bare", self.put_together(rng, strings, b"")
        yield "program", self.put_together(rng, strings, b"MZ" + bytes(62))
        yield "again", self.put_together(rng, [s for s in strings for _ in range(rng.randint(1, 4))], head)
        for _ in range(3):
            share = rng.random()
            yield "in part", self.put_together(rng, [s for s in strings if rng.random() < share], head)
        yield "changed", self.put_together(rng, strings, head, is_changed=True)
        yield "side by side", self.put_together(rng, strings, head, space=0)

    def put_together(self, rng, strings, head, space=12, is_changed=False):
        out = bytearray(head)
        for s in strings:
            made = bytearray(s(rng))
            if is_changed and made:
                made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
            out += (filler(rng, rng.randint(1, space)) if space else b"") + made
        return bytes(out) + filler(rng, 3)


def heads_of(condition):
    """Bytes that "uint16(0) == 0x5a4d" and the like want at the start."""
    for kind, order, value in re.findall(r"uint(8|16|32)(be)?\s*\(\s*0(?:x0+)?\s*\)\s*==\s*(0x[0-9a-fA-F]+|\d+)", condition):
        size = int(kind) // 8
        value = int(value, 0) & ((1 << int(kind)) - 1)
        yield value.to_bytes(size, "big" if order else "little") + bytes(60)


def strings_of(text):
    """A maker of bytes for each string; one that cannot be made makes none."""
    for m in STRING.finditer(text):
        rest = text[m.end():]
        if rest.startswith('"'):
            literal = re.match(r'"((?:\\.|[^"\\\n])*)"([^\n$]*)', rest)
            if literal:
                yield text_maker(unescaped(literal.group(1)), literal.group(2))
        elif rest.startswith("{"):
            yield hex_maker(rest[1:rest.find("}")])
        elif rest.startswith("/"):
            expression = re.match(r"/((?:\\.|[^/\\\n])+)/([is]*)([^\n$]*)", rest)
            if expression:
                yield regex_maker(*expression.groups())


def unescaped(text):
    one = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
    return re.sub(r"\\(x([0-9a-fA-F]{2})|.)",
                  lambda m: chr(int(m.group(2), 16)) if m.group(2) else one.get(m.group(1), m.group(1)),
                  text).encode("latin-1", "replace")


def wide(data):
    return b"".join(bytes([c, 0]) for c in data)


def dressed(rng, data, words):
    """As one of the modifiers has it."""
    if "nocase" in words:
        data = bytes(c ^ 0x20 if chr(c).isalpha() and c < 0x80 and rng.random() < 0.5 else c for c in data)
    if "wide" in words and not ("ascii" in words and rng.random() < 0.5):
        data = wide(data)
    if "base64wide" in words or "base64" in words:
        coded = base64.b64encode(filler(rng, rng.randint(0, 2)) + data + filler(rng, 3))
        data = wide(coded) if "base64wide" in words and not ("base64" in words and rng.random() < 0.5) else coded
    if "xor" in words:
        key = rng.randint(1, 255)
        limits = re.search(r"xor\s*\(\s*(\w+)\s*(?:-\s*(\w+))?", words["xor"])
        if limits:
            key = rng.randint(int(limits.group(1), 0), int(limits.group(2) or limits.group(1), 0))
        data = bytes(c ^ key for c in data)
    return b" " + data + b" " if "fullword" in words else data


def words_of(modifiers):
    return {w: modifiers for w in re.findall(r"\w+", modifiers)}


def text_maker(data, modifiers):
    words = words_of(modifiers)
    return lambda rng: dressed(rng, data, words)


def hex_maker(text):
    """ClamAV's spelling is near: jumps are gaps, alternatives the same."""
    text = re.sub(r"\s+", "", text)
    text = re.sub(r"\[([-0-9]*)\]", lambda m: "*" if m.group(1) in ("-", "0-") else "{%s}" % m.group(1), text)

    def make(rng):
        try:
            return Pattern(text).make(rng)
        except (Unmade, IndexError):
            return b""
    return make


def regex_maker(expression, flags, modifiers):
    words = words_of(modifiers)
    if "i" in flags:
        words["nocase"] = modifiers
    try:
        tree = sre.parse(expression.encode("latin-1", "replace").decode("latin-1"), re.S if "s" in flags else 0)
    except (re.error, OverflowError):
        return lambda rng: b""
    return lambda rng: dressed(rng, "".join(match_of(rng, tree)).encode("latin-1", "replace"), words)


def match_of(rng, tree):
    """Characters that a parsed expression matches."""
    for op, value in tree:
        op = str(op)
        if op == "LITERAL":
            yield chr(value)
        elif op == "NOT_LITERAL":
            yield "a" if value != ord("a") else "b"
        elif op == "ANY":
            yield rng.choice("abc .-_")
        elif op == "IN":
            yield one_in(rng, value)
        elif op == "BRANCH":
            yield from match_of(rng, rng.choice(value[1]))
        elif op == "SUBPATTERN":
            yield from match_of(rng, value[3])
        elif op in ("MAX_REPEAT", "MIN_REPEAT"):
            low, high, inner = value
            for _ in range(rng.choice((low, min(int(high), low + 1), min(int(high), low + 3)))):
                yield from match_of(rng, inner)


CATEGORIES = {"CATEGORY_DIGIT": "0123456789", "CATEGORY_SPACE": " \t\n", "CATEGORY_WORD": "abcXYZ019_",
              "CATEGORY_NOT_DIGIT": "abc .", "CATEGORY_NOT_SPACE": "abc01.", "CATEGORY_NOT_WORD": " .-"}


def one_in(rng, choices):
    is_negated = str(choices[0][0]) == "NEGATE"
    found = set()
    for op, value in choices[is_negated:]:
        if str(op) == "LITERAL":
            found.add(chr(value))
        elif str(op) == "RANGE":
            found.update(chr(c) for c in range(value[0], min(value[1], 255) + 1))
        else:
            found.update(CATEGORIES[str(value)])
    if is_negated:
        found = {chr(c) for c in range(1, 256)} - found
    return rng.choice(sorted(found)) if found else ""
