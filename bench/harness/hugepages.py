# SPDX-License-Identifier: BSD-3-Clause
"""Hugepages for the time of a run. Runs may go on side by side: who holds some, and what was there before the first came,
stands in a file that is changed under a lock. One that was killed gives its own back with the next change.
"""
import contextlib
import fcntl
import json
import os

POOL = "/sys/kernel/mm/hugepages/hugepages-2048kB"
HOLDERS = "/run/sluice-bench-hugepages"
WANTED = 320


class Held:
    """Of one run: how many pages there are for it, at most WANTED, and the ids of other runs that held some when it began."""

    def __init__(self, key, got, others):
        self.key, self.got, self.others = key, got, others


def read(path):
    with open(path) as f:
        return int(f.read())


def begun(pid):
    """When a process was started, in ticks, so that another one of the same id is told apart; None: there is none."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return int(f.read().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None


@contextlib.contextmanager
def state(path):
    """{before, free, held: {"pid:number": ticks}} of those that live; what is changed in it is kept."""
    with open(path, "a+") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        f.seek(0)
        try:
            found = json.load(f)
            found["held"] = {key: ticks for key, ticks in found["held"].items() if begun(int(key.split(":")[0])) == ticks}
        except (ValueError, KeyError, TypeError, AttributeError):
            found = {"held": {}, "before": None}
        yield found
        f.seek(0)
        f.truncate()
        json.dump(found, f)


def set_pages(found, pool):
    """As many as all holders want, beyond what was in use before; without holders, what was there."""
    lacking = max(0, WANTED * len(found["held"]) - found["free"]) if found["held"] else 0
    with open(os.path.join(pool, "nr_hugepages"), "w") as f:
        f.write(str(found["before"] + lacking))
    return lacking


def reserve(pool=POOL, holders=HOLDERS):
    """So many that the dataplane takes them, for give_back(); fewer where the machine has no room for more."""
    pages = os.path.join(pool, "nr_hugepages")
    with state(holders) as found:
        if not found["held"] and found["before"] is not None and found["left"] == read(pages):
            set_pages(found, pool)  # the last holder was killed: what it added still lies there
        if not found["held"]:
            found.update(before=read(pages), free=read(os.path.join(pool, "free_hugepages")))
        others = sorted({int(key.split(":")[0]) for key in found["held"]})
        number = max((int(key.split(":")[1]) for key in found["held"]), default=0) + 1
        key = "%d:%d" % (os.getpid(), number)
        found["held"][key] = begun(os.getpid())
        lacking = set_pages(found, pool)
        found["left"] = read(pages)
        short = max(0, found["before"] + lacking - found["left"])
    return Held(key, max(0, WANTED - short), others)


def give_back(held, pool=POOL, holders=HOLDERS):
    """The pages of one reserve(); the last holder leaves as many as the first found."""
    with state(holders) as found:
        found["held"].pop(held.key, None)
        set_pages(found, pool)
        found["left"] = read(os.path.join(pool, "nr_hugepages"))
        if not found["held"]:
            found["before"] = None
