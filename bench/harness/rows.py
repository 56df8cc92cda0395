# SPDX-License-Identifier: BSD-3-Clause
"""What else a round measures of the appliance: latencies, a connection for each object, objects that come again.

Each row is a dictionary: name, round, value (in the unit that the name ends with), errors, note; and what the
generator said of it. A plan at a rate is an open loop: latency counts from when an object was due.
"""
from harness.processes import REAL_TIME_MS

LOADS = (10, 30, 50, 70, 80, 90)  # per cent of what one core carries, by what an object costs on these connections
BESIDE = "100M"
CONNECTIONS = 512  # of plans at a rate: so many that it is time that they wait for, not each other
SHORT = "--json --bytes 1K --body %s --type %s --milliseconds %d "


def rate_at(percent, full):
    """Objects a second: of what the core can do in the time that it really gets."""
    return max(1, int(percent / 100 * 1e6 / full["cpu_us"] * min(full["core_share"], 1.0)))


def row(name, number, value, sample):
    found = {k: sample[k] for k in ("p50_us", "p99_us", "p999_us", "max_us", "lag_p50_us", "lag_p99_us", "lag_max_us", "core_p50_us",
                                    "core_p99_us", "turn_max_us", "real_time", "generator_had", "records_lost", "rate", "unsent", "objects", "cpu_us", "empty_share",
                                    "core_share", "generator_busy", "beside", "gbits", "bodies_bytes", "blocked", "continued",
                                    "by_204", "by_200", "cache_hits") if k in sample}
    found.update(name=name, round=number, value=value, errors=sample["errors"], note=sample["note"])
    return found if sample["objects"] > 0 else without(found, "no object came through in the time")


def without(found, why):
    """No figure, though nothing went wrong: a machine that had no time for it."""
    found.update(value=None, note="; ".join(n for n in (found["note"], why) if n))
    return found


def of_one(server, words, number):
    """One connection, one object in flight: what a client waits where nobody else is."""
    sample = server.run_plan(words + "--connections 1")
    return [row("one_p50_us", number, sample["p50_us"], sample), row("one_p99_us", number, sample["p99_us"], sample)]


def at_loads(server, body, number, milliseconds):
    """Latency over load, and at 70 % with a large body on its way beside it; control does not take the generator's time.
    The load is of what the core carries with as many connections, all of them busy."""
    words = SHORT % (body["path"], body["type"], min(milliseconds, REAL_TIME_MS)) + "--connections %d " % CONNECTIONS
    full = server.run_plan(words)
    found = [row("crowd_us", number, full["cpu_us"], full)]
    if full["errors"] or full["cpu_us"] <= 0:
        return found + [without(row(name, number, None, dict(full, errors=0)), "how much the core carries is not known")
                        for name in ["load%d_p99_us" % percent for percent in LOADS] + ["beside_p99_us"]]
    for percent in LOADS:
        sample = server.run_aside(words + "--rate %d" % rate_at(percent, full))
        found.append(row("load%d_p99_us" % percent, number, sample["p99_us"], sample))
    sample = server.run_aside(words + "--rate %d --beside %s" % (rate_at(70, full), BESIDE))
    found.append(row("beside_p99_us", number, sample["p99_us"], sample))
    if sample["beside"] == 0:
        without(found[-1], "no body of %s came through beside" % BESIDE)
    return found


def anew(server, words, number, warm, connections):
    """How much of the warm rate is left with a connection for each object: the ratio of what they cost."""
    sample = server.run_plan(words + "--connections %d --anew" % connections)
    if warm["errors"] or warm["cpu_us"] <= 0 or sample["cpu_us"] <= 0:
        return [without(row("anew_share", number, None, sample), "one of the two costs is not known")]
    return [row("anew_share", number, warm["cpu_us"] / sample["cpu_us"], sample)]


def again(server, words, number, connections):
    """Objects whose verdict the cache knows; no figure where it did not."""
    sample = server.run_plan(words + "--connections %d --repeat" % connections)
    found = row("cached_us", number, sample["cpu_us"], sample)
    if sample["cache_hits"] < 0.9 * sample["objects"]:
        without(found, "only %d of %d came from the cache" % (sample["cache_hits"], sample["objects"]))
    return [found]


def of_mix(server, body, number, connections, milliseconds):
    """A mix of objects as a proxy may bring them (bench/mix.h), a fourth of them again, five of 1,000 threats; no figure
    where none was blocked or no preview went on, for then it was no such mix."""
    sample = server.run_plan("--json --mix --repeats 250 --threats 5 --body %s --milliseconds %d --connections %d" % (
        body["path"], 2 * milliseconds, connections))
    found = [row("mix_us", number, sample["cpu_us"], sample), row("mix_gbits", number, sample["gbits"], sample)]
    if sample["objects"] > 0 and not (sample["blocked"] and sample["continued"]):
        found = [without(r, "%d objects, of them %d blocked and %d beyond their preview" % (
            sample["objects"], sample["blocked"], sample["continued"])) for r in found]
    return found


def measure(server, body, number, warm, connections, milliseconds):
    """All rows of a round, each with a figure or with why it has none. `warm`: the sample of 1 KiB on connections that stay, of this round and body."""
    words = SHORT % (body["path"], body["type"], milliseconds)
    return (of_one(server, words, number) + at_loads(server, body, number, milliseconds) +
            anew(server, words, number, warm, connections) + again(server, words, number, connections) +
            of_mix(server, body, number, connections, milliseconds))
