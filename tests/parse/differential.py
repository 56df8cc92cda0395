#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sluice's HTTP and ICAP parsers beside an independent reading of the same bytes (reference.py).

Each seed is a message, mostly mutated (mutate.py). Both must accept or refuse it, and find the same
fields, bodies and statuses in it. Prints a table of kinds and what became of them; a difference
prints its seed, and that seed alone can be run again.

usage: differential.py [--program FILE] [--first SEED] [--messages N] [--scan KIND]
"""

import argparse
import collections
import json
import sys

import mutate
import records
import reference

SHOWN_MAX = 5

READ = {
    "Q": lambda b: reference.head(b, False),
    "S": lambda b: reference.head(b, True),
    "C": reference.chunks,
    "U": reference.url,
    "I": reference.icap,
}
KINDS = {"Q": "request heads", "S": "response heads", "C": "chunks", "U": "targets", "I": "ICAP"}

# Where the two may differ, and why. Each takes both findings and makes them alike.


def body_of_an_aborted_object(found):
    """Of an object that never came to its end, how much was handed on depends on the segments."""
    for request in found.get("requests", ()):
        if request["end"] == "aborted":
            request["body"] = None


def end_of_unfinished_chunks(found):
    """How far it went, and ieof, mean nothing unless the last chunk and its trailer were whole."""
    if found.get("result") in ("bad", "more"):
        found.pop("ieof", None)
        found.pop("used", None)


def order_of_oddities(found):
    """A set, printed in our order."""
    for head in (found, *(r.get(k) for r in found.get("requests", ())
                          for k in ("request_head", "response_head"))):
        if head and "odd" in head:
            head["odd"].sort()


ALIKE = (body_of_an_aborted_object, end_of_unfinished_chunks, order_of_oddities)


def compared(found):
    for make_alike in ALIKE:
        make_alike(found)
    return found


def outcome(kind, found):
    if kind == "I":
        last = found["statuses"][-1] if found["statuses"] else "none"
        return f"{len(found['requests'])} objects, last answer {last}"
    return found["result"] + (", odd" if found.get("odd") else "")


def show(seed, kind, message, ours, theirs):
    print(f"seed {seed}, {KINDS[kind]}: {message!r}")
    for key in sorted(set(ours) | set(theirs)):
        if ours.get(key) != theirs.get(key):
            print(f"  {key}:\n    sluice    {json.dumps(ours.get(key))}\n"
                  f"    reference {json.dumps(theirs.get(key))}")


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default="build/asan/tests/parse-lines")
    options.add_argument("--first", type=int, default=1, metavar="SEED")
    options.add_argument("--messages", type=int, default=100000, metavar="N")
    options.add_argument("--scan", default="auto", help="auto, scalar, sse4.2 or avx2")
    o = options.parse_args()
    if o.messages < 1:
        options.error("--messages: at least one")
    parser, seen, differ = records.Parser(o.program, o.scan), collections.Counter(), 0
    for first in range(o.first, o.first + o.messages, records.BATCH):
        seeds = range(first, min(first + records.BATCH, o.first + o.messages))
        messages = [mutate.message(s) for s in seeds]
        for seed, (kind, message), ours in zip(seeds, messages, parser.parse(messages)):
            ours, theirs = compared(ours), compared(READ[kind](message))
            seen[KINDS[kind], outcome(kind, theirs)] += 1
            if ours != theirs:
                differ += 1
                if differ <= SHOWN_MAX:
                    show(seed, kind, message, ours, theirs)
    for (kind, what), count in sorted(seen.items()):
        if count * 2000 >= o.messages:
            print(f"{kind:<16} {what:<32} {count:>7}")
    print(f"{o.messages} messages from seed {o.first}, {differ} read differently")
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
