# SPDX-License-Identifier: BSD-3-Clause
"""What became slower from one run of bench/run to another. Pure functions over what results.json holds.

The machine's speed changes by half within minutes, so costs are not compared, but their ratios to the
bare calls of the same round and bodies. Whether two sets of ratios differ is asked of their ranks
(Mann and Whitney, exactly where there are few), which needs no idea of how noise is distributed.
"""
import itertools
import math
import statistics

from harness import report

ALIKE = ("signatures", "literals", "origin", "connections")  # else the runs measured different work
SURE = 0.01        # how often two equal runs may be told apart, for a line
WORTH_TELLING = 0.03
ROUNDS_LEAST = 5   # fewer cannot be that sure, however far apart
EXACT_MAX = 200000  # arrangements that are counted one by one


def ratios_by_round(samples, kind, size, form):
    """Object over bare for each round that has both."""
    ours, bare = (report.costs(samples, who, kind, size, f) for who, f in (("object", form), ("bare", "204")))
    return [ours[r] / bare[r] for r in sorted(ours) if r in bare]


def rank_sum(values, others):
    """How often a value is above one of the others; ties count half."""
    return sum((v > o) + 0.5 * (v == o) for v in values for o in others)


def chance(a, b):
    """How likely two samples of one distribution lie at least as far apart as these, either way round."""
    n, m = len(a), len(b)
    mean = n * m / 2
    far = abs(rank_sum(a, b) - mean)
    if math.comb(n + m, n) > EXACT_MAX:
        deviation = math.sqrt(n * m * (n + m + 1) / 12)
        return math.erfc(max(far - 0.5, 0) / deviation / math.sqrt(2))
    together, count, as_far = a + b, 0, 0
    for places in itertools.combinations(range(n + m), n):
        chosen = set(places)
        first = [together[i] for i in places]
        rest = [together[i] for i in range(n + m) if i not in chosen]
        count += 1
        as_far += abs(rank_sum(first, rest) - mean) >= far - 1e-9
    return as_far / count


def verdict(a, b):
    """(change, word) of two lists of ratios; change is None where one is empty."""
    if not a or not b:
        return None, "n/a"
    change = statistics.median(b) / statistics.median(a) - 1
    if min(len(a), len(b)) < ROUNDS_LEAST:
        return change, "too few rounds to tell"
    if abs(change) < WORTH_TELLING or chance(a, b) > SURE:
        return change, "same, within the noise"
    return change, "SLOWER" if change > 0 else "faster"


def differences(a, b):
    """What two runs did not have in common and must have."""
    return ["%s: %s and %s" % (k, a["machine"].get(k), b["machine"].get(k))
            for k in ALIKE if a["machine"].get(k) != b["machine"].get(k)]


def told(values):
    return "n/a" if not values else "%.2f (%.2f–%.2f)" % (statistics.median(values), min(values), max(values))


def compare(a, b):
    """(lines of a table, how many became slower)"""
    lines = ["| object/bare | bodies | A | B | change | |", "|---|---|---|---|---|---|"]
    slower = 0
    for name, (size, form) in report.OBJECTS.items():
        for kind in report.KINDS:
            first, second = (ratios_by_round(run["samples"], kind, size, form) for run in (a, b))
            change, word = verdict(first, second)
            slower += word == "SLOWER"
            lines.append("| %s | %s | %s | %s | %s | %s |" % (
                name, kind, told(first), told(second), "n/a" if change is None else "%+.0f %%" % (100 * change), word))
    return lines, slower
