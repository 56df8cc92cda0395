# SPDX-License-Identifier: BSD-3-Clause
"""Plots of a run as SVG, by gnuplot: an object's cost by its size beside floors and peers, latency over
load, and an object's instructions by stage.
What was not measured is not drawn; a plot that would be empty is not written.
"""
import os
import shutil
import statistics
import subprocess

from harness import capacity, report, rows as row_kinds, stages, targets

WHO = {"object": "Sluice", "bare": "bare library calls", "best": "our scan and digests alone", "echo": "c-icap echo, no scan",
       "clam": "c-icap + libclamav", "clamd": "c-icap + clamd"}
# told apart without colours too: each has a point of its own
STYLES = {"object": "lc rgb '#0b5fa5' lw 3 pt 7", "bare": "lc rgb '#666666' lw 2 pt 4", "best": "lc rgb '#999999' lw 2 pt 6 dt 2",
          "echo": "lc rgb '#2a8a4a' lw 2 pt 8", "clam": "lc rgb '#c2571a' lw 2 pt 10", "clamd": "lc rgb '#8a2a6a' lw 2 pt 12"}
# of the stages, in their order: neighbours differ
COLOURS = ("0b5fa5", "8cbbe0", "2a8a4a", "a5d6b0", "c2571a", "f0b48c", "8a2a6a", "d9a0c6", "444444", "bbbbbb", "b8a200", "efe39a", "5b4bb0",
           "b9b2e6", "00857c", "9adbd5")
HEAD = "set terminal svg size 760,480 dynamic font 'sans,13' background '#ffffff'\nset key outside bottom center horizontal\nset grid\n"


def curves(samples):
    """{who: [(bytes, microseconds)]}, mean of the kinds of their medians; only sizes that both kinds have."""
    found = {}
    for who in WHO:
        for size in ("1K", "16K", "1M"):
            kinds = [list(report.costs(samples, who, kind, size, "204").values()) for kind in report.KINDS]
            if all(kinds):
                found.setdefault(who, []).append((capacity.size_bytes(size), statistics.mean(statistics.median(k) for k in kinds)))
    return found


def latencies(rows):
    """[(per cent, p50, p99, p99.9)] in microseconds, medians of the rounds."""
    found = []
    for percent in row_kinds.LOADS:
        of_load = [r for r in rows if r["name"] == "load%d_p99_us" % percent and not r["errors"] and r["value"] is not None]
        if of_load:
            found.append((percent,) + tuple(statistics.median(r[k] for r in of_load) for k in ("p50_us", "p99_us", "p999_us")))
    return found


def block(name, lines):
    return "$%s << EOD\n%s\nEOD\n" % (name, "\n".join(" ".join("%.6g" % v if isinstance(v, (int, float)) else v for v in line) for line in lines))


def cost_plot(samples):
    found = curves(samples)
    if not found:
        return None
    return (HEAD + "".join(block(who, points) for who, points in found.items()) +
            "set title 'Processor time of an object, clean, Allow: 204'\nset logscale xy\nset xrange [700:1500000]\n"
            "set xtics ('1 KiB' 1024, '16 KiB' 16384, '1 MiB' 1048576)\nset xlabel 'body'\nset ylabel 'µs'\nplot " +
            ", ".join("$%s with linespoints %s title '%s'" % (who, STYLES[who], WHO[who]) for who in found) + "\n")


def latency_plot(rows):
    found = latencies(rows)
    if len(found) < 2:
        return None
    beside = targets.middle(rows, "beside_p99_us")
    extra = ", $beside with points pt 2 ps 1.5 lw 2 lc rgb '#c2571a' title 'p99, 100 MiB beside'" if beside else ""
    return (HEAD + block("load", found) + (block("beside", [(70, beside)]) if beside else "") +
            "set title 'Latency of 1 KiB over load, from when each was due'\nset logscale y\nset xrange [0:100]\n"
            "set xlabel '%% of what the core carries'\nset ylabel 'µs'\nplot "
            "$load using 1:2 with linespoints lc rgb '#0b5fa5' lw 2 pt 7 title 'p50', "
            "$load using 1:3 with linespoints lc rgb '#2a8a4a' lw 2 pt 8 title 'p99', "
            "$load using 1:4 with linespoints lc rgb '#666666' lw 2 pt 4 title 'p99.9'%s\n" % extra).replace("%%", "%")


def stage_plot(found):
    """Shares of an object's instructions, a bar for each size; what is below 1 % of all is put together."""
    if not found:
        return None
    named = [s for s in stages.STAGES if any(f["stages"][s] >= 0.01 * sum(f["stages"].values()) for f in found)]
    lines = []
    for f in found:
        whole = sum(f["stages"].values())
        shares = [100 * f["stages"][s] / whole for s in named]
        lines.append(['"%s: %s"' % (f["size"], "{:,.0f}".format(whole))] + shares + [max(0, 100 - sum(shares))])
    columns = ["$stages using %d%s title '%s' lc rgb '#%s'" % (i + 2, ":xtic(1)" if i == 0 else "", name, COLOURS[i % len(COLOURS)])
               for i, name in enumerate(named + ["below 1 %"])]
    return (HEAD + block("stages", lines) +
            "set title 'Instructions of an object by stage (callgrind)'\nset style data histograms\nset style histogram rowstacked\n"
            "set style fill solid 0.8 border -1\nset boxwidth 0.6\nset yrange [0:100]\nset ylabel '%'\nplot " + ", ".join(columns) + "\n")


def draw(samples, rows, found, where):
    """Writes what can be drawn into `where`: ([names of files], reason why there are none or None)."""
    if shutil.which("gnuplot") is None:
        return [], "gnuplot is not installed (package gnuplot-nox)"
    drawn = []
    for name, script in (("cost", cost_plot(samples)), ("latency", latency_plot(rows)), ("stages", stage_plot(found))):
        if script is None:
            continue
        path = os.path.join(where, name + ".svg")
        done = subprocess.run(["gnuplot"], input="set output '%s'\n%s" % (path.replace("'", "''"), script), capture_output=True, text=True)
        if done.returncode != 0:
            return drawn, "gnuplot: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        drawn.append(name + ".svg")
    return drawn, None
