# SPDX-License-Identifier: BSD-3-Clause
"""A reload of signatures under load: what clients wait before it, while it runs, and after it.

A round is three plans of one length at one rate, in the open loop, so that an answer that comes late because
the core stood still is late by all of that. The reload begins with the second plan and must have ended, with the
new generation serving, before that plan has. Beside the clients' view, which has the generator's own waits in it,
stands the core's: the processing times in sluice.log, from an object's first byte to its verdict, and the histogram
of turns (sluice_turn_seconds of the metrics page), since nothing on a core waits longer than its longest turn takes.
"""
import os
import re
import statistics
import time
import urllib.request

from harness.processes import real_time

PHASES = ("before", "during", "after")
POLL_S = 0.1
SETTLE_S = 0.3  # for records on their way into the log
TIME = re.compile(rb"processing time: ([0-9]+)\.([0-9]{3})ms")
BUCKET = r'^sluice_%s_seconds_bucket\{.*le="([0-9.]+)"\} ([0-9]+)$'


class Failed(Exception):
    """The reload did not do what the run needs of it."""


def counts_of(page, name):
    """{upper bound in microseconds: turns, or objects, below it} of a metrics page, all cores together."""
    found = {}
    for bound, count in re.findall(BUCKET % name, page, re.M):
        at = float(bound) * 1e6
        found[at] = found.get(at, 0) + int(count)
    return found


def bound_us(before, after, per_mille):
    """The least bound, a power of two of nanoseconds, that so many of those between two readings lie below; None: there
    was none between them."""
    counts = [(bound, after[bound] - before.get(bound, 0)) for bound in sorted(after)]
    total = counts[-1][1] if counts else 0
    return next((bound for bound, below in counts if below * 1000 >= total * per_mille), None) if total > 0 else None


def quantile(values, per_mille):
    """None where there are none."""
    return sorted(values)[min(len(values) - 1, len(values) * per_mille // 1000)] if values else None


class Times:
    """The processing times in microseconds of what a log file gains; it is read on from where it ended before."""

    def __init__(self, path):
        self.path, self.at = path, 0

    def take(self):
        with open(self.path, "rb") as f:
            f.seek(self.at)
            text = f.read()
        whole = text.rfind(b"\n") + 1
        self.at += whole
        return [int(ms) * 1000 + int(us) for ms, us in TIME.findall(text[:whole])]


class Source:
    """The signatures that serve, and one that each reload brings anew."""

    def __init__(self, folder):
        self.folder, self.number = folder, 0

    def change(self):
        self.number += 1
        with open(os.path.join(self.folder, "reload.lit"), "w") as f:
            f.write("Bench.Reload-%d\tmarker-of-reload-%d-of-the-bench\n" % (self.number, self.number))


class Reloader:
    def __init__(self, server, source, http):
        self.server, self.source, self.http = server, source, http
        self.times = Times(os.path.join(server.place, "log/sluice.log"))
        self.took_s = None

    def turns(self):
        with urllib.request.urlopen("http://%s/metrics" % self.http, timeout=10) as page:
            return counts_of(page.read().decode(), "turn")

    def reload(self, limit_s):
        """From the request until the dataplane serves the new generation; how long is kept."""
        self.source.change()
        before, begun = self.server.ask("status"), time.monotonic()
        self.server.ask("sig", "reload")
        while True:
            now = self.server.ask("status")
            self.took_s = time.monotonic() - begun
            if now["generation"] != before["generation"]:
                return
            if now.get("compile_error"):
                raise Failed("the reload: " + now["compile_error"])
            if self.took_s > limit_s:
                raise Failed("no new generation within %d s" % limit_s)
            time.sleep(POLL_S)

    def phase(self, words, milliseconds, reloads):
        """One plan; `reloads`: with a reload in it, which takes the plan's whole time at most. The generator, which rests whenever
        nothing came, has its core when it wakes: what it waits for the compiler, no client would."""
        self.times.take()
        turns = self.turns()
        with real_time([self.server.wire.pid]) as allowed:
            sample = self.server.run_plan("%s --milliseconds %d" % (words, milliseconds),
                                          (lambda: self.reload(milliseconds / 1e3 + 60)) if reloads else lambda: None)
        sample["real_time"] = allowed
        sample["longest_turn_us"] = bound_us(turns, self.turns(), 1000)
        time.sleep(SETTLE_S)
        times = self.times.take()
        sample.update(own_lines=len(times), own_p50_us=quantile(times, 500), own_p99_us=quantile(times, 990), own_max_us=max(times, default=None))
        if reloads:
            sample["reload_s"] = self.took_s
            if self.took_s > milliseconds / 1e3:
                sample["late"] = True
        return sample


def round_of(reloader, words, milliseconds):
    """{phase: sample}"""
    return {phase: reloader.phase(words, milliseconds, phase == "during") for phase in PHASES}


def ratios(rounds, key="p99_us"):
    """p99 during over p99 before, of rounds without errors whose reload ended within its plan."""
    return [r["during"][key] / r["before"][key] for r in rounds
            if not any(r[p]["errors"] or r[p]["objects"] == 0 for p in PHASES) and not r["during"].get("late")
            and r["before"].get(key) and r["during"].get(key) is not None]


def middle(values):
    return "n/a" if not values else "%.4g (%.4g–%.4g)" % (statistics.median(values), min(values), max(values))


def table(rounds):
    lines = ["| | clients: p50 µs | p99 µs | max µs | core: p50 µs | p99 µs | max µs | longest turn, below µs | unsent | had of its core | errors |",
             "|---" * 11 + "|"]
    for phase in PHASES:
        found = [r[phase] for r in rounds]
        cells = [middle([s[k] for s in found if s.get(k) is not None])
                 for k in ("p50_us", "p99_us", "max_us", "own_p50_us", "own_p99_us", "own_max_us", "longest_turn_us", "unsent", "core_share")]
        lines.append("| %s | %s | %d |" % (phase, " | ".join(cells), sum(s["errors"] for s in found)))
    return "\n".join(lines)


def errors(rounds):
    return sum(r[p]["errors"] for r in rounds for p in PHASES)


def last_line(rounds, asked):
    found = ratios(rounds)
    short = "" if len(found) == asked else " (%d of %d rounds)" % (len(found), asked)
    words = ["n/a" if not r else "%.2f" % statistics.median(r) for r in (found, ratios(rounds, "own_p99_us"))]
    return "reload: p99 during/before: clients=%s core=%s%s; reload=%s s; errors=%d" % (
        *words, short, middle([r["during"]["reload_s"] for r in rounds]), errors(rounds))
