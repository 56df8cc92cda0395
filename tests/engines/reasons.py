# SPDX-License-Identifier: BSD-3-Clause
"""Why the two engines may differ over an object: differential.py counts these, and fails on others."""

import re

REWRITTEN = "clamscan finds it only as it has rewritten it (--normalize=no --scan-html=no)"
NOT_REWRITTEN = "clamscan misses it as it has rewritten it"
NO_GAP = "{0} is no gap, as the manual says; to clamscan it is one without end"
PIECES = "in pieces of a byte its gaps cost more comparisons than a byte brings: the class error"
COUNTS = "a pattern with gaps is counted once for each way that it matches"
BUILT_IN = "EICAR's built-in name is told first"
FORMS = "found in the text as the sandbox has it: in UTF-8, or rewritten (docs/formats.md)"
AT_THE_END = "clamscan misses 24 zero bytes and Mz that begin 32 bytes before the end; not understood"


def has_zero_gap(line):
    return re.search(r"\{(0|0-0|-0)\}", line) is not None


def asks_for_counts(line):
    return re.search(r"[0-9)][=<>][0-9]", line.split(";")[2] if ";" in line else "") is not None


def of(obj, is_bad, theirs, theirs_as_it_is):
    """The reason, or None: there is none. theirs_as_it_is: what clamscan finds in the bytes alone."""
    if obj.cut.startswith("1 1 failed"):
        return PIECES
    if obj.cut != "same":
        return None
    if obj.verdict[2] == "Eicar-Test-Signature":
        return BUILT_IN
    if is_bad and not theirs and obj.verdict[3].split("->")[-1] in ("utf16", "text", "html", "notags"):
        return FORMS
    if is_bad == bool(theirs_as_it_is) and bool(theirs) != bool(theirs_as_it_is):
        return REWRITTEN if theirs else NOT_REWRITTEN
    if theirs and not is_bad and has_zero_gap(obj.line):
        return NO_GAP
    if theirs and not is_bad and obj.word == "again" and asks_for_counts(obj.line):
        return COUNTS
    if is_bad and ";EOF-32:0000000000000000000000000000000000000000000000004D7A" in obj.line:
        return AT_THE_END
    return None
