# SPDX-License-Identifier: BSD-3-Clause
"""From samples to ratios, a table, and the closing line. Pure functions over a list of dictionaries:

    who (object, bare, best, echo, clam, clamd), kind (html, elf), size (0: REQMOD without a body), form (204, single, whole),
    round, cpu_us, errors
"""
import re
import statistics

SIZE_BYTES = {"0": 0, "1K": 1 << 10, "16K": 1 << 14, "1M": 1 << 20}
SIZES = tuple(SIZE_BYTES)
KINDS = ("html", "elf")
# name in the closing line: (size, form) of ours
OBJECTS = {"1k": ("1K", "204"), "16k": ("16K", "204"), "1m": ("1M", "204"), "single1m": ("1M", "single"), "echo1m": ("1M", "whole")}
PEERS = {"echo1k": ("echo", "1K"), "echo16k": ("echo", "16K"), "clam1k": ("clam", "1K"), "clam16k": ("clam", "16K"),
         "clam1m": ("clam", "1M")}
# beside those of the closing line
MORE_PEERS = {"echo, REQMOD": ("echo", "0"), "clamd 1k": ("clamd", "1K"), "clamd 16k": ("clamd", "16K"), "clamd 1m": ("clamd", "1M")}


def costs(samples, who, kind, size, form):
    """{round: cost} of samples without errors and with objects: a run without any has no cost of one."""
    return {s["round"]: s["cpu_us"] for s in samples
            if (s["who"], s["kind"], s["size"], s["form"]) == (who, kind, size, form) and not s["errors"] and s["cpu_us"] > 0 and s.get("objects", 1) > 0}


def ratio(samples, over, under):
    """The median of the rounds' ratios, mean of the kinds; None where a kind was not measured on both sides."""
    means = []
    for kind in KINDS:
        a, b = (costs(samples, who, kind, size, form) for who, size, form in (over, under))
        pairs = [a[r] / b[r] for r in sorted(a) if r in b]
        if not pairs:
            return None
        means.append(statistics.median(pairs))
    return statistics.mean(means)


def ratios(samples):
    """({name: object/bare}, {name: peer/object})"""
    bare = {n: ratio(samples, ("object", size, form), ("bare", size, "204")) for n, (size, form) in OBJECTS.items()}
    return bare, peer_ratios(samples, PEERS)


def peer_ratios(samples, which):
    return {n: ratio(samples, (who, size, "204"), ("object", size, "204")) for n, (who, size) in which.items()}


def errors(samples):
    return sum(s["errors"] for s in samples)


def last_line(samples, failures):
    """`failures`: how many columns failed as a whole, beside the samples' own errors."""
    def words(found):
        return " ".join("%s=%s" % (n, "n/a" if r is None else "%.2f" % r) for n, r in found.items())
    bare, peers = ratios(samples)
    return "object/bare: %s; peers/object: %s; errors=%d" % (words(bare), words(peers), errors(samples) + failures)


def best_of(text):
    """(kind, size, microseconds) from what sluice-bench-scan printed of whole objects, "html.bin  1k 2.10 us 0.41, ..."."""
    for kind, found in re.findall(r"^(\w+)\.bin +((?:\w+ [0-9.]+ us [0-9.]+,? ?)+)$", text, re.M):
        for name, cost in re.findall(r"(\w+) ([0-9.]+) us", found):
            if name in OBJECTS and OBJECTS[name][1] == "204":
                yield kind, OBJECTS[name][0], float(cost)


def middle(rows, key):
    values = [r[key] for r in rows if r.get(key) is not None]
    return (statistics.median(values), min(values), max(values)) if values else (None, None, None)


def cell(rows, key, form="%.2f"):
    mid, low, high = middle(rows, key)
    return "n/a" if mid is None else ("%s (%s–%s)" % (form, form, form)) % (mid, low, high)


def gbits(sample):
    """Of bodies alone, a second; None where no rate was measured, or there are no bodies."""
    size = SIZE_BYTES[sample["size"]]
    return sample["rate"] * size * 8 / 1e9 if sample.get("rate") is not None and size > 0 else None


def table(samples, rounds):
    lines = ["| who | bodies | size | form | CPU of an object, µs (min–max) | objects/s | Gbit/s of bodies | p50 µs | p99 µs | p99.9 µs | "
             "max µs | empty turns | generator busy | had of its core | errors |", "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    keys = dict.fromkeys((s["who"], s["kind"], s["size"], s["form"]) for s in samples)
    for who, kind, size, form in sorted(keys, key=lambda k: (SIZES.index(k[2]), k[3], k[1])):
        rows = [dict(s, gbits=gbits(s)) for s in samples if (s["who"], s["kind"], s["size"], s["form"]) == (who, kind, size, form)]
        whole = sum(not s["errors"] for s in rows)
        short = "" if whole >= rounds else " (%d of %d rounds)" % (whole, rounds)
        share = ["n/a" if middle(rows, k)[0] is None else "%.0f %%" % (100 * middle(rows, k)[0])
                 for k in ("empty_share", "generator_busy", "core_share")]
        lines.append("| %s%s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %d |" % (
            who, short, kind, size, form, cell(rows, "cpu_us"), cell(rows, "rate", "%.0f"), cell(rows, "gbits"),
            *(cell(rows, key, "%.0f") for key in ("p50_us", "p99_us", "p999_us", "max_us")), " | ".join(share), errors(rows)))
    return "\n".join(lines)
