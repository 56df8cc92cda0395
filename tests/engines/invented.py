# SPDX-License-Identifier: BSD-3-Clause
"""Logical signatures that nobody wrote: expressions, patterns, modifiers and places by chance.

What is published asks for little of what the language can say; these ask for all of it, and each is
one that clamscan takes."""

import random
import re

BYTES = b"abABxyzQ0\x00\xff\x90 -"
PLACES = ("64", "70", "64,10", "100,4000")  # behind the heads of HEADS
WHERE = ("", "", "", "64", "90", "64,10", "100,4000", "EOF-60", "EOF-80,30")
FLAGS = ("", "", "g", "r", "e", "re", "gi", "s", "i", "ge", "gr", "gre", "U", "A", "gA", "mE", "x")
MODIFIERS = ("i", "f", "w", "a", "wa", "iw", "if", "wf", "iwf", "iwa")
TERM = re.compile(r"(?:^|[(&|])(\d+)")


def literal(rng, least, most):
    return bytes(rng.choice(BYTES) for _ in range(rng.randint(least, most))).hex()


def between(rng):
    """What may stand between two literals."""
    low = rng.randint(1, 8)
    size = rng.randint(1, 3)
    choices = "|".join(literal(rng, size, size) for _ in range(rng.randint(2, 4)))
    return rng.choice(("??", "%x?" % rng.randrange(16), "?%x" % rng.randrange(16), "{%d}" % low,
                       "{%d-%d}" % (low, low + rng.randint(1, 60)), "{-%d}" % low, "{%d-}" % low, "*",
                       "(%s)" % choices, "!(%s)" % choices))


def pattern(rng):
    return literal(rng, 3, 8) + "".join(between(rng) + literal(rng, 3, 5) for _ in range(rng.choice((0, 1, 1, 2))))


def regex(rng, before):
    """With so many parts before it. It never matches nothing, which clamscan counts without end with `g`."""
    text = ""
    for _ in range(rng.randint(1, 3)):
        text += rng.choice(("%s", "%s+", "[%s]", "[^%s]", "%s{1,3}", "(?:%s|Z)*?", "(%s)\\1?", "%s.*", "%s.{0,9}?")) % (
            r"\x%02x" % rng.choice(BYTES))
        text += r"\x%02x" % rng.choice(BYTES) + rng.choice(("", "", "", "", "$", r"\b", "(?=.)", "+?"))
    trigger = str(rng.randrange(before)) + count(rng, False)
    if rng.random() < 0.3:
        trigger = "(%s)%s" % (expression(rng, before), count(rng, True))
    where = rng.choice(WHERE)
    return "%s%s/%s/%s" % (where + ":" if where else "", trigger, rng.choice(("", "", "^", r"\A")) + text, rng.choice(FLAGS))


def part(rng):
    if rng.random() < 0.3:
        return "%s::%s" % (literal(rng, 3, 8), rng.choice(MODIFIERS))
    return rng.choice(("", "", "", rng.choice(PLACES) + ":")) + pattern(rng)


def count(rng, is_block):
    if rng.random() < 0.6:
        return ""
    kinds = ",%d" % rng.randint(1, 3) if is_block and rng.random() < 0.4 else ""
    return "%s%d%s" % (rng.choice("=<>>"), rng.choice((0, 1, 1, 2, 3)), kinds)


def expression(rng, parts, depth=0):
    """At least two terms, since ClamAV reads brackets around one in its own way."""
    terms = []
    for _ in range(rng.randint(2, 4)):
        if depth < 2 and rng.random() < 0.3:
            terms.append("(%s)%s" % (expression(rng, parts, depth + 1), count(rng, True)))
        else:
            terms.append("%d%s" % (rng.randrange(parts), count(rng, False)))
    return terms[0] + "".join(rng.choice("&|") + t for t in terms[1:])


def logical(seed):
    rng = random.Random(seed)
    parts = rng.randint(2, 5)
    text = expression(rng, parts)
    while len(set(TERM.findall(text))) < parts:  # clamscan wants each part named
        text = expression(rng, parts)
    target = rng.choice(("0", "0", "0", "2", "5", "10", "11", "12"))
    return "Invented;Engine:81-255,Target:%s;%s;%s" % (target, text, ";".join(
        regex(rng, i) if i > 0 and rng.random() < 0.2 else part(rng) for i in range(parts)))
