# SPDX-License-Identifier: BSD-3-Clause
"""Makes a packetdrill script that was written for another stack say only what every stack must do.

Taste and no standard: where PSH is set (but at the end of what is sent), the order and choice of the
options on a stack's own SYNs, the window it announces, what SO_SNDBUF and SO_RCVBUF read back, what a
kernel has counted. They are taken out of what the script expects of the stack under test; what it
sends to it stays as it is. The plug is told to send no PSH at all ("nopush").
"""

import re

# "+0.00 > S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK>": a segment of the stack under test.
OURS = re.compile(r"^\s*[-+*~0-9.\s]*>\s")
FLAGS = re.compile(r"(>\s+(?:\([^)]*\)\s+)*(?:\[[^]]*\]\s+)*)([FSRPUEWA.]+)(\s)")
WINDOW = re.compile(r"\s+win\s+\d+")
OPTIONS = re.compile(r"<[^<>]*>")
BUFFER_READ = re.compile(r"getsockopt\([^)]*SO_(?:SND|RCV)BUF")
NSTAT = re.compile(r"`nstat\b")
BSD = re.compile(r"net\.inet6?\.")


def is_foreign(text):
    """Whether a script was written for a BSD: then it has that stack's options and windows."""
    return BSD.search(text) is not None


def without_push(match):
    """The flags of a segment, and no PSH among them; "." is ACK, and none at all is "none"."""
    return match.group(1) + (match.group(2).replace("P", "") or "-") + match.group(3)


def normalise_line(line):
    """One line of a script; empty where nothing of it is left."""
    at = line.find("//")
    event, comment = (line, "") if at < 0 else (line[:at], line[at:])
    if BUFFER_READ.search(event) or NSTAT.search(event):
        return ""
    if not OURS.match(event):
        return line
    flags = FLAGS.search(event)
    if flags and "S" in flags.group(2):
        event = OPTIONS.sub("<...>", event)
    event = WINDOW.sub("", event)
    return FLAGS.sub(without_push, event, count=1) + comment


def normalise(text):
    """The whole script. A line that is left out leaves an empty one: line numbers stay."""
    return "\n".join(normalise_line(line) for line in text.split("\n"))
