# SPDX-License-Identifier: BSD-3-Clause
"""What a run scans, and for what: bodies (HTML, ELF) and 10,000 literals, each in every form a server takes.

From the project's shared data where SLUICE_SHARED has it, so that figures of different machines are of
the same bytes; else generated, and the report says so. The literals are the longest whole run of each of
ClamAV's patterns, spread over its sets; those that stand in one of the bodies are left out, because a
body that is blocked is no clean object.
"""
import html
import io
import itertools
import os
import random
import re
import subprocess
import tarfile

LITERALS = 10000
LENGTH_MIN, LENGTH_MAX = 10, 48  # shorter ones are words of scripts, as ClamAV rewrites them
BODY_BYTES_MAX = 4 << 20
WINDOW = 6
SEED = 20261125
SYSTEM_PROGRAMS = ("/usr/bin/bash", "/usr/bin/python3", "/usr/lib/x86_64-linux-gnu/libcrypto.so.3")


def joined(paths):
    found = []
    for path in paths:
        with open(path, "rb") as f:
            found.append(f.read())
    return b"".join(found)


def unpack_zstd(path):
    return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout


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


def longest_run(pattern):
    """The longest run of whole bytes of one of ClamAV's patterns, as bytes."""
    best = run = ""
    for pair in re.findall(r"([0-9a-fA-F?]{2})|\{[^}]*\}|\[[^\]]*\]|!?\([^)]*\)|.", pattern):
        run = run + pair if pair and "?" not in pair else ""
        best = run if len(run) > len(best) else best
    return bytes.fromhex(best)[:LENGTH_MAX]


def patterns_of(shared):
    """Every hexadecimal pattern of the shared sets, whole .ndb first."""
    folder = os.path.join(shared, "data/clamav")
    with open(os.path.join(folder, "rfxn.ndb"), errors="replace") as f:
        yield from (line.split(":")[3].strip() for line in f if line.count(":") >= 3)
    for line in unpack_zstd(os.path.join(folder, "official-main.ldb.zst")).decode("latin-1").splitlines():
        for part in line.split(";")[3:]:
            text = part.split("::")[0].rsplit(":", 1)[-1]
            if "/" not in part and re.fullmatch(r"[0-9a-fA-F?*{}\[\]()|!\-]+", text):
                yield text


def literals_generated():
    rng = random.Random(SEED)
    while True:
        yield bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz0123456789(){}=;./$_%") for _ in range(rng.randint(10, 32)))


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


def choose(found, haystack):
    """LITERALS of them, spread evenly, none of which stands in the haystack or equals another."""
    unique = list(dict.fromkeys(l for l in found if len(l) >= LENGTH_MIN and len(set(l)) > 3))
    wanted = unique[::max(1, len(unique) // (LITERALS + LITERALS // 5))]
    random.Random(SEED).shuffle(wanted)
    return [l for l in wanted if l not in haystack][:LITERALS]


def literals(shared, haystack):
    """(literals, where from)"""
    try:
        return choose((longest_run(p) for p in patterns_of(shared)), haystack), "shared data"
    except (OSError, subprocess.CalledProcessError):
        return choose(itertools.islice(literals_generated(), LITERALS + LITERALS // 5), haystack), "generated"


def write(place, shared):
    """All files into `place`; {"bodies": {kind: {path, type}}, "lit", "ndb", "count", "origin"}"""
    all_bodies = bodies(shared)
    chosen, origin = literals(shared, Haystack(b"\0".join(b for b, _, _ in all_bodies.values())))
    made = {"bodies": {}, "lit": os.path.join(place, "set.lit"), "ndb": os.path.join(place, "set.ndb"),
            "count": len(chosen), "origin": "literals %s, bodies %s" % (origin, all_bodies["html"][2])}
    with open(made["lit"], "w") as lit, open(made["ndb"], "w") as ndb:
        for i, literal in enumerate(chosen):
            lit.write("Bench.%d\thex:%s\n" % (i, literal.hex()))
            ndb.write("Bench.%d:0:*:%s\n" % (i, literal.hex()))
    for kind, (content, content_type, _) in all_bodies.items():
        path = os.path.join(place, kind + ".bin")
        with open(path, "wb") as f:
            f.write(content)
        made["bodies"][kind] = {"path": path, "type": content_type}
    return made
