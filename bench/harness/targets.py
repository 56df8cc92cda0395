# SPDX-License-Identifier: BSD-3-Clause
"""What the product is to reach, beside what a run measured. Pure functions over the samples and rows of a run.

A target is (what, how it is told, bound, whether the bound is the least or the most, value of a run or None).
"""
import statistics

from harness import idle, report


ONCE = ("idle_mib", "idle_cost_ratio", "idle_bytes_each", "idle_cpu_us", "idle_none_cpu_us", "cores_instructions_ratio", "log_lines", "echo_frames_1k_us", "echo_frames_1m_us", "tcp_alone_1k_us",
        "tcp_alone_1m_us")  # measured once a run, not once a round


def values(rows, name):
    """Of rows without errors."""
    return [r["value"] for r in rows if r["name"] == name and not r["errors"] and r["value"] is not None]


def middle(rows, name):
    found = values(rows, name)
    return statistics.median(found) if found else None


def clocks(samples):
    """{round: GHz}, as the floor saw them."""
    return {s["round"]: s["clock_ghz"] for s in samples if s["who"] == "bare" and s.get("clock_ghz")}


def cycles_over_best(samples):
    """Of 1 KiB, what is neither scan nor digests; mean of the kinds, by the clock of the same round."""
    clock, means = clocks(samples), []
    for kind in report.KINDS:
        ours, best = (report.costs(samples, who, kind, "1K", "204") for who in ("object", "best"))
        found = [(ours[r] - best[r]) * clock[r] * 1000 for r in ours if r in best and r in clock]
        if not found:
            return None
        means.append(statistics.median(found))
    return statistics.mean(means)


def cached_cycles(samples, rows):
    """Of an object that the cache knows, over its digests in lanes."""
    clock = clocks(samples)
    digests = {s["round"]: s["lanes_us"] for s in samples
               if (s["who"], s["kind"], s["size"]) == ("bare", report.KINDS[0], "1K") and "lanes_us" in s}
    found = [(r["value"] - digests[r["round"]]) * clock[r["round"]] * 1000 for r in rows
             if r["name"] == "cached_us" and not r["errors"] and r["value"] is not None and r["round"] in digests and r["round"] in clock]
    return statistics.median(found) if found else None


def over_echo(samples, rows, size, name):
    """An object over a floor of its size; the mean of the kinds' medians."""
    floor = middle(rows, name)
    found = [list(report.costs(samples, "object", kind, size, "204").values()) for kind in report.KINDS]
    return statistics.mean(statistics.median(f) for f in found) / floor if floor and all(found) else None


def targets(samples, rows):
    bare, peers = report.ratios(samples)
    more = report.peer_ratios(samples, report.MORE_PEERS)
    most, least = "at most", "at least"
    idle_count = "{:,}".format(next((r["connections"] for r in rows if r["name"] == "idle_mib" and "connections" in r), idle.CONNECTIONS))
    return [
        ("1 KiB RESPMOD, over bare", "%.2f", 0.85, most, bare["1k"]),
        ("16 KiB, over bare", "%.2f", 0.52, most, bare["16k"]),
        ("1 MiB, 32 connections, over bare", "%.2f", 0.48, most, bare["1m"]),
        ("1 MiB, one connection, over bare", "%.2f", 0.82, most, bare["single1m"]),
        ("1 MiB sent back, over bare", "%.2f", 0.58, most, bare["echo1m"]),
        ("c-icap + libclamav over ours, 1 KiB", "%.1f", 70, least, peers["clam1k"]),
        ("the same, 16 KiB", "%.1f", 20, least, peers["clam16k"]),
        ("the same, 1 MiB", "%.1f", 8, least, peers["clam1m"]),
        ("c-icap + clamd over ours, 1 KiB", "%.1f", None, least, more["clamd 1k"]),
        ("the same, 16 KiB", "%.1f", None, least, more["clamd 16k"]),
        ("the same, 1 MiB", "%.1f", None, least, more["clamd 1m"]),
        ("c-icap echo over ours, 1 KiB", "%.1f", 15, least, peers["echo1k"]),
        ("c-icap echo over ours, REQMOD without a body", "%.1f", 30, least, more["echo, REQMOD"]),
        ("1 KiB: cycles over best (scan and digests alone)", "%.0f", 6000, most, cycles_over_best(samples)),
        ("1 KiB over a bare DPDK echo of its frames", "%.1f", None, most, over_echo(samples, rows, "1K", "echo_frames_1k_us")),
        ("1 MiB over the same", "%.1f", None, most, over_echo(samples, rows, "1M", "echo_frames_1m_us")),
        ("1 KiB over our TCP alone, with the same requests", "%.1f", None, most, over_echo(samples, rows, "1K", "tcp_alone_1k_us")),
        ("1 MiB over our TCP alone", "%.1f", None, most, over_echo(samples, rows, "1M", "tcp_alone_1m_us")),
        ("a cached object of 1 KiB: cycles over its digests in lanes", "%.0f", 6000, most, cached_cycles(samples, rows)),
        ("1 KiB, one in flight: p50, µs", "%.1f", 8, most, middle(rows, "one_p50_us")),
        ("1 KiB at 70 % load, 100 MiB beside it: p99, µs", "%.0f", 300, most, middle(rows, "beside_p99_us")),
        ("a connection for each object: share of the warm rate", "%.2f", 0.6, least, middle(rows, "anew_share")),
        ("a mix of a proxy's objects: µs of CPU each", "%.1f", None, most, middle(rows, "mix_us")),
        ("the same: Gbit/s of bodies", "%.2f", None, least, middle(rows, "mix_gbits")),
        ("%s idle connections: MiB" % idle_count, "%.0f", 200 if idle_count == "100,000" else None, most, middle(rows, "idle_mib")),
        ("1 KiB with %s idle connections beside, over that without" % idle_count, "%.2f", None, most, middle(rows, "idle_cost_ratio")),
        ("an idle connection: bytes", "%.0f", 2048, most, middle(rows, "idle_bytes_each")),
        ("%s idle connections: µs of CPU a second" % idle_count, "%.0f", None, most, middle(rows, "idle_cpu_us")),
        ("the same appliance without them: µs of CPU a second", "%.0f", None, most, middle(rows, "idle_none_cpu_us")),
        ("two dataplane cores: instructions of 1 KiB over those on one", "%.2f", 1.0, most, middle(rows, "cores_instructions_ratio")),
        ("two dataplane cores: cost of 1 KiB on the first over that without the second", "%.2f", 1.0, most, middle(rows, "cores_ratio")),
        ("the same of 16 KiB", "%.2f", 1.0, most, middle(rows, "cores_16k_ratio")),
        ("sluice.log: lines a second of a core of control's", "%.0f", 100000, least, middle(rows, "log_lines")),
    ]


def word(bound, sense, value):
    if value is None:
        return "n/a"
    if bound is None:
        return ""
    reached = value <= bound if sense == "at most" else value >= bound
    return "reached" if reached else "missed"


def table(samples, rows):
    lines = ["| what | target | measured | |", "|---|---|---|---|"]
    for what, form, bound, sense, value in targets(samples, rows):
        lines.append("| %s | %s | %s | %s |" % (what, "–" if bound is None else "%s %s" % (sense, form % bound),
                                                "n/a" if value is None else form % value, word(bound, sense, value)))
    return "\n".join(lines)


def row_table(rows, rounds):
    """Every row with its spread and errors; those with fewer rounds than were asked for are marked."""
    lines = ["| row | median (min–max) | rounds | errors |", "|---|---|---|---|"]
    for name in dict.fromkeys(r["name"] for r in rows):
        found = values(rows, name)
        told = "n/a" if not found else "%.4g (%.4g–%.4g)" % (statistics.median(found), min(found), max(found))
        short = "" if len(found) >= rounds or name in ONCE else " of %d" % rounds
        lines.append("| %s | %s | %d%s | %d |" % (name, told, len(found), short, sum(r["errors"] for r in rows if r["name"] == name)))
    return "\n".join(lines)


LATENCY = (("p50", "p50_us"), ("p99", "p99_us"), ("p99.9", "p999_us"), ("max", "max_us"), ("generator's lag p50", "lag_p50_us"),
           ("lag p99", "lag_p99_us"), ("lag max", "lag_max_us"), ("core's own p50 below", "core_p50_us"), ("p99 below", "core_p99_us"),
           ("longest turn below", "turn_max_us"))


def latency_table(rows):
    """Of plans at a rate, medians of the rounds, in µs: what clients saw, what of it the generator was late itself (not taken
    off), and the dataplane's own times. Empty where there are none."""
    lines = ["| latency at a rate, µs | %s | generator had of its core | due and not begun | records lost | at real time |" %
             " | ".join(head for head, _ in LATENCY), "|---" * (len(LATENCY) + 5) + "|"]
    for name in dict.fromkeys(r["name"] for r in rows if "core_p99_us" in r and not r["errors"] and r["value"] is not None):
        found = [r for r in rows if r["name"] == name and not r["errors"] and r["value"] is not None]
        of = {key: report.middle(found, key)[0] for key in [k for _, k in LATENCY] + ["generator_had", "unsent", "records_lost"]}
        lines.append("| %s | %s | %.0f %% | %.0f | %.0f | %d of %d |" % (
            name.replace("_p99_us", ""), " | ".join("n/a" if of[key] is None else "%.0f" % of[key] for _, key in LATENCY),
            100 * of["generator_had"], of["unsent"], of["records_lost"], sum(r["real_time"] for r in found), len(found)))
    return "\n".join(lines) if len(lines) > 2 else ""


def notes(rows):
    """Why rows are no figures, each reason once."""
    return list(dict.fromkeys("%s: n/a: %s" % (r["name"], r["note"]) for r in rows if (r["errors"] or r["value"] is None) and r["note"]))
