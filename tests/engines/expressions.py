# SPDX-License-Identifier: BSD-3-Clause
"""Bytes that a regular expression of ClamAV's matches, by the tree that Python's own reader makes of it.

What look-around and anchors ask for besides is left to chance: both engines are asked of what comes out.
"""

import re
import re._constants as op
import re._parser as parser

MORE = 6  # of what may be repeated without end, or often
FLAGS = {"i": re.I, "s": re.S, "m": re.M, "x": re.X}
CATEGORIES = {
    op.CATEGORY_DIGIT: re.compile(rb"\d"), op.CATEGORY_NOT_DIGIT: re.compile(rb"\D"),
    op.CATEGORY_SPACE: re.compile(rb"\s"), op.CATEGORY_NOT_SPACE: re.compile(rb"\S"),
    op.CATEGORY_WORD: re.compile(rb"\w"), op.CATEGORY_NOT_WORD: re.compile(rb"\W"),
}
LIKELY = bytes(range(0x20, 0x7f))  # bytes that are taken first where a class leaves a choice


def split(text, by):
    """Fields, a separator within /…/ being none: what ClamAV's reader does."""
    fields, begin, within = [], 0, False
    for at, c in enumerate(text):
        if c == "/" and at > begin and text[at - 1] != "\\":
            within = not within
        elif c == by and not within:
            fields.append(text[begin:at])
            begin = at + 1
    return fields + [text[begin:]]


def as_python(text):
    """Perl's spelling of a named group, and letter case that counts from somewhere on."""
    return re.sub(r"\(\?-?i\)", "", re.sub(r"\(\?<(\w+)>", r"(?P<\1>", text))


class Expression:
    """OFFSET:TRIGGER/REGEX/FLAGS. ValueError: it is not read."""

    def __init__(self, part):
        fields = split(part, ":")
        if len(fields) > 2:
            raise ValueError("a regular expression with modifiers")
        self.offset = fields[0] if len(fields) == 2 else "*"
        body = fields[-1]
        begin, end = body.index("/"), body.rindex("/")
        flags = body[end + 1:]
        try:
            text = as_python(body[begin + 1:end]).encode("latin-1")
            self.tree = parser.parse(text, sum(FLAGS.get(f, 0) for f in set(flags)))
        except (re.error, OverflowError):
            raise ValueError("a regular expression that Python does not read")
        self.is_nocase = "i" in flags and "(?-i)" not in body

    def make(self, rng, is_wrong=False):
        self.groups = {}
        out = b"".join(self.one(rng, o, a) for o, a in self.tree)
        if self.is_nocase:
            out = bytes(c ^ 0x20 if chr(c).isalpha() and c < 0x80 and rng.random() < 0.3 else c for c in out)
        return out + b"/" if is_wrong else out

    def all(self, rng, tree):
        return b"".join(self.one(rng, o, a) for o, a in tree)

    def one(self, rng, o, a):
        if o is op.LITERAL:
            return bytes([a])
        if o is op.NOT_LITERAL:
            return bytes([rng.choice([c for c in LIKELY if c != a])])
        if o is op.ANY:
            return bytes([rng.choice(LIKELY)])
        if o is op.IN:
            return self.of_class(rng, a)
        if o is op.BRANCH:
            return self.all(rng, rng.choice(a[1]))
        if o in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            low, high, tree = a
            times = rng.randint(low, max(low, min(high, low + MORE)))
            return b"".join(self.all(rng, tree) for _ in range(times))
        if o is op.SUBPATTERN:
            out = self.all(rng, a[3])
            self.groups[a[0]] = out
            return out
        if o is op.ATOMIC_GROUP:
            return self.all(rng, a)
        if o is op.GROUPREF:
            return self.groups.get(a, b"")
        if o is op.GROUPREF_EXISTS:
            return self.all(rng, a[1] if a[0] in self.groups else a[2] or [])
        return b""  # anchors, look-around

    @staticmethod
    def of_class(rng, items):
        is_negated, chosen = False, set()
        for o, a in items:
            if o is op.NEGATE:
                is_negated = True
            elif o is op.LITERAL:
                chosen.add(a)
            elif o is op.RANGE:
                chosen.update(range(a[0], a[1] + 1))
            elif o is op.CATEGORY:
                chosen.update(c for c in range(256) if CATEGORIES[a].match(bytes([c])))
        if is_negated:
            chosen = set(range(256)) - chosen
        likely = [c for c in LIKELY if c in chosen]
        return bytes([rng.choice(likely or sorted(chosen) or [0])])
