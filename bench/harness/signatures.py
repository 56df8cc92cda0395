# SPDX-License-Identifier: BSD-3-Clause
"""The signatures of a run: whole rows of ClamAV's sets, until they hold 10,000 different literals.

A row is taken as it stands, with its target, offsets and expression, if it is of a kind that Sluice and
libclamav both honour whole: all its patterns are of hexadecimal digits and reach REACH_MAX bytes at most,
and its target is one that is told by a file's first bytes. No literal of a row stands in a body, because
a body that is blocked is no clean object. What the bare call looks for is
the longest run of whole bytes of each of a row's patterns. `any` instead of `real` makes a signature for
every kind of object of each of these runs: the hardest set of that size.
"""
import itertools
import os
import random
import re
import subprocess

LITERALS = 10000
LENGTH_MIN, LENGTH_MAX = 4, 48
ANY_LENGTH_MIN = 10  # as text for any object, shorter ones are words of scripts as ClamAV rewrites them
SEED = 20261125
KINDS = ("real", "any")
TARGETS = ("0", "1", "2", "5", "6", "9", "10", "11", "12")
REACH_MAX = 1000
PATTERN = r"[0-9a-fA-F?{}()|!\-]+"
MARKER = bytes.fromhex("536c75696365206d61726b6572207de1a0c3f59b0e4488d1")  # what a peer must find


def unpack_zstd(path):
    return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout


def longest_run(pattern):
    """The longest run of whole bytes of one of ClamAV's patterns, as bytes."""
    best = run = ""
    for pair in re.findall(r"([0-9a-fA-F?]{2})|\{[^}]*\}|\[[^\]]*\]|!?\([^)]*\)|.", pattern):
        run = run + pair if pair and "?" not in pair else ""
        best = run if len(run) > len(best) else best
    return bytes.fromhex(best)


def part_literal(part):
    """The run of a part of an .ldb row, or of an .ndb row's pattern; None: a part of another kind."""
    text, _, modifiers = part.partition("::")
    offset, _, pattern = text.rpartition(":")
    reach = sum(int(n) for n in re.findall(r"([0-9]+)\}", pattern))
    if not re.fullmatch(PATTERN, pattern) or reach + len(pattern) // 2 > REACH_MAX or not re.fullmatch(r"[0-9,*]*|EOF-[0-9]+", offset):
        return None
    found = longest_run(pattern)
    if "w" in modifiers and "a" in modifiers:
        return None
    return (b"".join(bytes((b, 0)) for b in found) if "w" in modifiers else found)[:LENGTH_MAX]


def of_ndb(line):
    """(target, literals) of a row; None: it is none that is taken."""
    f = line.split(":")
    if len(f) != 4 or f[1] not in TARGETS:
        return None
    return f[1], [part_literal(f[2] + ":" + f[3])]


def of_ldb(line):
    f = line.split(";")
    target = re.fullmatch(r"(?:Engine:[0-9-]+,|FileSize:[0-9-]+,)*Target:([0-9]+)", f[1]) if len(f) > 3 else None
    if target is None or target[1] not in TARGETS:
        return None
    return target[1], [part_literal(p) for p in f[3:]]


def rows_of(shared):
    """(name of the file, row, literals) of all sets."""
    folder = os.path.join(shared, "data/clamav")
    for name, read in (("rfxn.ndb", of_ndb), ("official-daily.ndb", of_ndb), ("official-main.ldb.zst", of_ldb),
                       ("twinclams.ldb", of_ldb), ("ditekshen.ldb", of_ldb), ("ditekshen-rmm.ldb", of_ldb)):
        path = os.path.join(folder, name)
        if name.endswith(".zst"):
            text = unpack_zstd(path)
        else:
            with open(path, "rb") as f:
                text = f.read()
        for line in text.decode("latin-1").splitlines():
            row = None if line.startswith("#") else read(line.strip())
            if row is not None and all(l is not None and len(l) >= LENGTH_MIN for l in row[1]):
                yield ("ndb" if read is of_ndb else "ldb"), line.strip(), row[1]


def literals_generated():
    rng = random.Random(SEED)
    while True:
        yield bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz0123456789(){}=;./$_%") for _ in range(rng.randint(10, 32)))


def plain_row(number, literal):
    return "ndb", "Bench.%d:0:*:%s" % (number, literal.hex()), [literal]


def choose(rows, haystack):
    """Rows in a fixed random order until they have LITERALS different literals, none of them in the haystack."""
    rows = list(rows)
    random.Random(SEED).shuffle(rows)
    chosen, seen = [], {}
    for row in rows:
        if len(seen) >= LITERALS:
            break
        if any(l in haystack for l in row[2]):
            continue
        chosen.append(row)
        seen.update(dict.fromkeys(row[2]))
    return chosen, list(seen)


def chosen_of(shared, haystack, kind):
    """(rows, literals, where from)"""
    try:
        rows = list(rows_of(shared))
        origin = "shared data"
    except (OSError, subprocess.CalledProcessError):
        made = itertools.islice(literals_generated(), LITERALS + LITERALS // 5)
        return choose([plain_row(i, l) for i, l in enumerate(made)], haystack) + ("generated",)
    if kind == "any":
        unique = dict.fromkeys(l for r in rows for l in r[2] if len(l) >= ANY_LENGTH_MIN and len(set(l)) > 3)
        return choose([plain_row(i, l) for i, l in enumerate(unique)], haystack) + (origin,)
    return choose(rows, haystack) + (origin,)


def write(place, shared, haystack, kind):
    """The folder `set` for servers, `set.lit` for the bare call; the facts of both."""
    rows, literals, origin = chosen_of(shared, haystack, kind)
    folder = os.path.join(place, "set")
    os.makedirs(folder)
    rows = [("ndb", "Bench.Marker:0:*:" + MARKER.hex(), [MARKER])] + rows
    for k in ("ndb", "ldb"):
        lines = [line + "\n" for of, line, _ in rows if of == k]
        if lines:
            with open(os.path.join(folder, "set." + k), "w", encoding="latin-1") as f:
                f.writelines(lines)
    with open(os.path.join(place, "set.lit"), "w") as lit:
        lit.writelines("Bench.%d\thex:%s\n" % (i, l.hex()) for i, l in enumerate([MARKER] + literals))
    return {"lit": os.path.join(place, "set.lit"), "set": folder, "rows": len(rows), "literals": len(literals) + 1,
            "origin": origin, "kind": kind}
