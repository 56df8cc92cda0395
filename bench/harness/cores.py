# SPDX-License-Identifier: BSD-3-Clause
"""Whether an object costs a dataplane core more while a second one works beside it.

An appliance with two cores, a queue of the wire for each. A plan sends to the first core alone, then to both, in turns:
told is what an object cost the first, which has its processor to itself both times; cores share nothing on an object's
way, so the second should not show. Where there are only two processors the second core and the generator share one, so
its own cost is no figure, and is not told; how many objects it had and its share of the processor stand in the row.
"""
import shutil
import tempfile
import time

from harness import appliance
from harness.processes import cpu_ns_of

CASES = {"1K": "cores_ratio", "16K": "cores_16k_ratio"}
THREAD = "rte-worker-%d"  # DPDK's name of a core's thread; the first core is 1
COUNTERS = ("sluice_busy_ns_total", "sluice_objects_respmod_total")


def read(server):
    """For each core: (ns since when does not matter, ns of processor time, ns of turns with work, objects)."""
    busy, objects = (server.metrics(name) for name in COUNTERS)
    now = time.monotonic_ns()
    return [(now, cpu_ns_of(server.dataplane.pid, THREAD % (core + 1)), busy[core], objects[core]) for core in range(len(busy))]


def costs(before, after):
    """[(µs of processor time an object, objects, share of its processor)] for each core; no cost without objects. As an
    appliance's: turns with work, of the time that the core really had."""
    found = []
    for one, other in zip(before, after):
        wall, cpu, busy, objects = (b - a for a, b in zip(one, other))
        share = min(1.0, cpu / wall) if wall else 0.0
        found.append((busy / 1e3 * share / objects if objects else None, objects, share))
    return found


def ratio_row(number, name, alone, both, errors, note):
    """From costs() of a plan to the first core alone, and of one to both; pure."""
    row = {"name": name, "round": number, "value": None, "errors": errors, "note": note, "alone_us": alone[0][0], "cost_us": both[0][0],
           "objects": both[0][1], "core_share": both[0][2], "second_objects": both[1][1], "second_share": both[1][2]}
    idle = [core for core in (0, 1) if both[core][1] == 0]
    if alone[0][0] and both[0][0] and not idle:
        row["value"] = both[0][0] / alone[0][0]
    elif not errors:
        row["note"] = "no object came to core %d" % (idle[0] if idle else 0)
    return row


def one_round(server, body, number, connections, milliseconds):
    found = []
    for size, name in CASES.items():
        words = "--json --bytes %s --body %s --type %s --milliseconds %d " % (size, body["path"], body["type"], milliseconds)
        marks, told = [read(server)], []
        for queues in (1, 2):
            told.append(server.run_plan(words + "--queues %d --connections %d" % (queues, queues * connections)))
            marks.append(read(server))
        found.append(ratio_row(number, name, costs(*marks[0:2]), costs(*marks[1:3]), sum(t["errors"] for t in told),
                               "; ".join(t["note"] for t in told if t["note"])))
    return found


def measure(root, signatures, body, rounds, connections, milliseconds):
    """The rows of all rounds. appliance.Failed."""
    place, found = tempfile.mkdtemp(prefix="sluice-cores-"), []
    server = appliance.Appliance(root, place, signatures, cores=2)
    try:
        server.start()
        server.run_plan("--json --bytes 1K --body %s --type %s --milliseconds 100 --connections %d" % (body["path"], body["type"], 2 * connections))
        for number in range(rounds):
            found += one_round(server, body, number, connections, milliseconds)
    finally:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)
    return found
