# SPDX-License-Identifier: BSD-3-Clause
"""What connections that are idle cost the whole dataplane: memory, buffers, and processor time (bench/idle tells how)."""
import os
import shutil
import statistics
import tempfile
import time

from harness import appliance
from harness.processes import cpu_ns

FEW = 5000  # more than the objects at once that a core has tables for, whatever connections there are
CONNECTIONS = 100000  # that a target is of
SETTLE_S = 2.0
WORK = "--json --bytes 1K --connections 32 --milliseconds %d"  # what others do meanwhile


class Server:
    """An appliance with room for so many connections, of which a crowd is opened."""

    def __init__(self, root, room, crowd):
        self.place = tempfile.mkdtemp(prefix="sluice-idle-")
        self.appliance = appliance.Appliance(root, self.place, "", crowd=crowd)
        self.appliance.settings.update({"icap.connections_max": str(room), "icap.connections_per_source_max": str(room),
                                        "dataplane.idle": "adaptive"})

    def __enter__(self):
        try:
            self.appliance.start()
        except BaseException:
            self.__exit__()
            raise
        time.sleep(SETTLE_S)
        return self

    def __exit__(self, *_):
        self.appliance.stop()
        shutil.rmtree(self.place, ignore_errors=True)

    def memory(self):
        """Resident bytes (not of files, which the kernel takes back), bytes in hugepages, buffers that are free."""
        with open("/proc/%d/status" % self.appliance.dataplane.pid) as f:
            words = dict(line.split(":", 1) for line in f.read().splitlines())
        kib = {name: 1024 * int(words[name].split()[0]) for name in ("RssAnon", "RssShmem", "HugetlbPages")}
        return kib["RssAnon"] + kib["RssShmem"], kib["HugetlbPages"], sum(self.appliance.metrics("sluice_mbufs_free_now"))

    def resting(self, seconds):
        """Milliseconds of processor time a second, and turns a second."""
        pid = [self.appliance.dataplane.pid]
        begun, cpu, turns = time.monotonic(), cpu_ns(pid), self.appliance.ask("stats")["counters"]["turns"]
        time.sleep(seconds)
        took = time.monotonic() - begun
        return (cpu_ns(pid) - cpu) / 1e6 / took, (self.appliance.ask("stats")["counters"]["turns"] - turns) / took

    def working(self, seconds):
        """What the generator and the dataplane say of objects of 1 KiB on connections of their own."""
        return self.appliance.run_plan(WORK % (1000 * seconds))


def measure(root, connections, seconds, rounds):
    """
    {small, empty, full: memory() without room for them, with room, and with them; none, none_room, crowd: resting() of
    each; before, beside: working() without them and with them; standing, failed, still: how many were opened, could not
    be, and are open at the end}. appliance.Failed.
    """
    found = {"asked": connections}
    with Server(root, FEW, min(FEW, connections)) as few:
        found.update(small=few.memory(), none=[few.resting(seconds) for _ in range(rounds)])
    with Server(root, connections + FEW, connections) as server:
        found["before"] = [server.working(seconds) for _ in range(rounds)]
        found.update(empty=server.memory(), none_room=[server.resting(seconds) for _ in range(rounds)])
        found["standing"], found["failed"] = server.appliance.open_crowd()
        time.sleep(SETTLE_S)
        found.update(full=server.memory(), crowd=[server.resting(seconds) for _ in range(rounds)],
                     beside=[server.working(seconds) for _ in range(rounds)])
        found["still"], _ = server.appliance.open_crowd()
    return found


def rows(found):
    """Of a run; pure. No figure where not all stood to the end. Work is told by the time of turns that had some, as it is:
    a core that sleeps between them is not one that was taken away."""
    lost = found["asked"] - min(found["asked"], found["still"])
    all_bytes = found["full"][0] - found["small"][0]
    values = {"idle_mib": all_bytes / (1 << 20), "idle_bytes_each": all_bytes / max(found["standing"], 1),
              "idle_cpu_us": 1000 * min(ms for ms, _ in found["crowd"]), "idle_none_cpu_us": 1000 * min(ms for ms, _ in found["none_room"])}
    wrong = sum(s["errors"] for s in found["before"] + found["beside"])
    costs = [[s["busy_us"] for s in found[key] if s["objects"] > 0] for key in ("before", "beside")]
    values["idle_cost_ratio"] = statistics.median(costs[1]) / statistics.median(costs[0]) if all(costs) else None
    note = "%d of %d connections did not stand to the end" % (lost, found["asked"]) if lost else ""
    return [{"name": name, "round": 0, "value": value, "errors": lost + (wrong if name == "idle_cost_ratio" else 0),
             "note": note or ("no object came through in the time" if value is None else ""), "connections": found["asked"],
             "buffers": found["small"][2] - found["full"][2]} for name, value in values.items()]
