# SPDX-License-Identifier: BSD-3-Clause
"""What a run scans: bodies (HTML, ELF), and for what: signatures.py.

From the project's shared data where SLUICE_SHARED has it, so that figures of different machines are of
the same bytes; else generated, and the report says so.
"""
import html
import io
import os
import random
import subprocess
import tarfile

from harness import signatures
from harness.signatures import SEED, unpack_zstd

BODY_BYTES_MAX = 4 << 20
WINDOW = 6
SYSTEM_PROGRAMS = ("/usr/bin/bash", "/usr/bin/python3", "/usr/lib/x86_64-linux-gnu/libcrypto.so.3")


def joined(paths):
    found = []
    for path in paths:
        with open(path, "rb") as f:
            found.append(f.read())
    return b"".join(found)


def html_of(shared):
    """The pages, scripts and style sheets of web-bodies.tar.zst, in the order of their names."""
    path = os.path.join(shared, "data/text/web-bodies.tar.zst")
    with tarfile.open(fileobj=io.BytesIO(unpack_zstd(path))) as t:
        names = sorted(m.name for m in t.getmembers() if m.isfile() and m.name.endswith((".html", ".js", ".css")))
        return b"".join(t.extractfile(n).read() for n in names)


def programs_of(shared):
    """The ELF programs and libraries of the corpus."""
    folder = os.path.join(shared, "data/corpus")
    found = []
    with open(os.path.join(folder, "labels.tsv"), errors="replace") as f:
        for line in f:
            fields = line.split("\t")
            if len(fields) > 3 and fields[3].startswith(("application/x-sharedlib", "application/x-pie-executable")):
                found.append(os.path.join(folder, "files", fields[0]))
    return joined(sorted(found))


def html_generated():
    rng = random.Random(SEED)
    words = ["".join(rng.choice("aeioubcdfglmnprst") for _ in range(rng.randint(2, 9))) for _ in range(5000)]
    tags = ("p", "div", "span", "li", "td", "h2", "em")
    out = []
    for _ in range(40000):
        tag = rng.choice(tags)
        out.append("<%s class=\"%s\">%s</%s>\n" % (tag, rng.choice(words), " ".join(rng.choices(words, k=12)), tag))
    return "".join(out).encode()


def programs_generated():
    return joined(p for p in SYSTEM_PROGRAMS if os.path.exists(p))


def bodies(shared):
    """{kind: (bytes, content type, where from)}"""
    try:
        pages, elf, origin = html_of(shared), programs_of(shared), "shared data"
        if not pages or not elf:
            raise OSError("empty")
    except (OSError, subprocess.CalledProcessError):
        pages, elf, origin = html_generated(), programs_generated(), "generated"
    return {"html": (pages[:BODY_BYTES_MAX], "text/html", origin),
            "elf": (elf[:BODY_BYTES_MAX], "application/octet-stream", origin)}


def squeezed(content):
    """As ClamAV may look at pages and scripts, roughly: entities read, one letter case and quote, no blanks."""
    content = html.unescape(content.decode("latin-1")).encode("latin-1", "replace")
    return content.lower().replace(b"'", b'"').translate(None, b" \t\r\n")


class Haystack:
    """Whether a literal may be found in some bytes; most are told by their windows, without a search."""

    def __init__(self, content):
        self.content = squeezed(content)
        self.windows = {self.content[i:i + WINDOW] for i in range(len(self.content) - WINDOW + 1)}

    def __contains__(self, literal):
        literal = squeezed(literal)
        return (all(literal[i:i + WINDOW] in self.windows for i in range(len(literal) - WINDOW + 1)) and
                literal in self.content)


def write(place, shared, kind):
    """All files into `place`: the bodies {kind: {path, type}}, and what signatures.write() tells."""
    made_bodies = bodies(shared)
    made = signatures.write(place, shared, Haystack(b"\0".join(b for b, _, _ in made_bodies.values())), kind)
    made["bodies"] = {}
    made["origin"] = "signatures %s, bodies %s" % (made["origin"], made_bodies["html"][2])
    for name, (content, content_type, _) in made_bodies.items():
        path = os.path.join(place, name + ".bin")
        with open(path, "wb") as f:
            f.write(content)
        made["bodies"][name] = {"path": path, "type": content_type}
    return made
