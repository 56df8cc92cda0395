# SPDX-License-Identifier: BSD-3-Clause
"""Hugepages for the time of a run."""
HUGEPAGES = "/proc/sys/vm/nr_hugepages"
WANTED = 320


def reserve():
    """So many that the dataplane takes them; returns what was there before, to be given back."""
    with open(HUGEPAGES) as f:
        before = int(f.read())
    if before < WANTED:
        with open(HUGEPAGES, "w") as f:
            f.write(str(WANTED))
    return before


def give_back(before):
    with open(HUGEPAGES, "w") as f:
        f.write(str(before))
