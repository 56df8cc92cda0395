# SPDX-License-Identifier: BSD-3-Clause
"""Why the two engines may differ over an object: differential.py counts these, and fails on others."""

import re
import subprocess
import tempfile

REWRITTEN = "clamscan finds it only as it has rewritten it (--normalize=no --scan-html=no)"
NOT_REWRITTEN = "clamscan misses it as it has rewritten it"
NO_GAP = "{0} is no gap, as the manual says; to clamscan it is one without end"
PIECES = "in pieces of a byte its gaps cost more comparisons than a byte brings: the class error"
COUNTS = "a pattern with gaps is counted once for each way that it matches"
FORMS_OVERLAP = "a part as it is and wide, one over the other, is counted twice by clamscan, once here"
BUILT_IN = "EICAR's built-in name is told first"
FORMS = "found in the text as the sandbox has it: in UTF-8, or rewritten (docs/formats.md)"
NO_HEADER = "clamscan has no offsets from the end in a program whose header it can't read"
SCRIPT = "clamscan finds it in the script that it takes out of a page and rewrites (docs/formats.md)"
SCRIPT_TAG = re.compile(rb"<script", re.I)
NOT_KEPT = "in pieces a rule asks for bytes of the middle that a stream does not keep: the class error, or the sandbox"
PROGRAMS = (b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce")
FIRST_LINE = "what begins as a script is text here, whatever follows; to clamscan it is binary data"
FIRST_WORDS = (b"#!", b"<?")
UTF16 = "clamscan takes the page for UTF-16, which it is not"
LONG_LINES = "clamscan breaks a mail's lines of more than 1,000 bytes in two: another size"
LINE_END = "of a mail's part in quoted-printable clamscan keeps the line's end before the boundary: EOF is elsewhere"


def has_long_line(path):
    with open(path, "rb") as f:
        return max(map(len, f.read().split(b"\n"))) > 1000


def has_zero_gap(line):
    return re.search(r"\{(0|0-0|-0)\}", line) is not None


def has_gap(line):
    return re.search(r"\{[-0-9]*\}|\[[-0-9]*\]|[0-9a-fA-F?)]\*", line) is not None


def asks_for_counts(line):
    return re.search(r"[0-9)][=<>][0-9]", line.split(";")[2] if ";" in line else "") is not None


def is_program(path):
    with open(path, "rb") as f:
        return f.read(4).startswith(PROGRAMS)


def is_of_a_form(line):
    """For HTML, mail or text: clamscan never matches the bytes as they are, but of mail."""
    if ";" in line:
        return re.search(r"Target:[347]\b", line.split(";")[1]) is not None
    return line.split(":")[1] in ("3", "4", "7")


def has_script(path):
    with open(path, "rb") as f:
        return SCRIPT_TAG.search(f.read()) is not None


def is_binary_script(path):
    with open(path, "rb") as f:
        data = f.read()
    return data.startswith(FIRST_WORDS) and b"\0" in data


def is_utf16_to_clamscan(path):
    """Without a mark of it; clamscan --debug tells."""
    with open(path, "rb") as f:
        data = f.read()
    with tempfile.NamedTemporaryFile(suffix=".ndb") as database:
        database.write(b"Nothing:0:0:00112233445566778899\n")
        database.flush()
        said = subprocess.run(["clamscan", "--debug", "-d", database.name, path], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE).stderr
    return b"Recognized UTF-16" in said and not data.startswith((b"\xff\xfe", b"\xfe\xff"))


def asks_for_scripts(line):
    """By a regular expression for HTML."""
    return re.search(r"Target:3\b.*/[^;]*<script", line) is not None


def has_two_forms(line):
    return any("w" in m and "a" in m for m in re.findall(r"::(\w+)", line))


def of(obj, is_bad, theirs, theirs_as_it_is):
    """The reason, or None: there is none. theirs_as_it_is: what clamscan finds in the bytes alone."""
    if obj.cut.startswith("1 1 failed"):
        return PIECES
    if obj.cut != "same":
        return None
    if obj.verdict[2] == "Eicar-Test-Signature":
        return BUILT_IN
    views, form = ("utf16", "text", "html", "notags"), obj.verdict[3].split("->")[-1]
    if is_bad and not theirs and form in (views[2:] if is_of_a_form(obj.line) else views):
        return FORMS
    if is_bad and not theirs and form == "text" and is_of_a_form(obj.line) and is_binary_script(obj.within):
        return FIRST_LINE
    if theirs and not is_bad and is_of_a_form(obj.line) and is_utf16_to_clamscan(obj.within):
        return UTF16
    if not is_of_a_form(obj.line) and is_bad == bool(theirs_as_it_is) and bool(theirs) != bool(theirs_as_it_is):
        return REWRITTEN if theirs else NOT_REWRITTEN
    if theirs and not is_bad and has_zero_gap(obj.line):
        return NO_GAP
    if theirs and not is_bad and asks_for_scripts(obj.line) and has_script(obj.within):
        return SCRIPT
    if is_bad != bool(theirs) and obj.word == "again" and asks_for_counts(obj.line) and has_gap(obj.line):
        return COUNTS
    if is_bad != bool(theirs) and asks_for_counts(obj.line) and has_two_forms(obj.line):
        return FORMS_OVERLAP
    if is_bad != bool(theirs) and obj.word == "as a mail" and "FileSize:" in obj.line and has_long_line(obj.path):
        return LONG_LINES
    if is_bad != bool(theirs) and obj.word == "mail quoted" and "EOF-" in obj.line:
        return LINE_END
    if is_bad != bool(theirs) and "EOF-" in obj.line and is_program(obj.within):
        return NO_HEADER
    return None
