#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Bodies of 1 MiB echoed over 64 connections, while the generator is stopped now and then; see 37-wire-behind.sh."""
import os
import shutil
import signal
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
sys.path.insert(0, os.path.join(ROOT, "bench"))
from harness import appliance, hugepages  # noqa: E402

PLAN = "--json --bytes 1M --connections 64 --milliseconds 500 --no-204"
RUNS = 2  # each of which lost 800 to 2,500 frames while TCP did not wait
STOPPED_S = 0.15


def stand_still(pid, over):
    while not over.wait(0.1):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(STOPPED_S)
        os.kill(pid, signal.SIGCONT)


def one_run(server):
    over = threading.Event()
    stopper = threading.Thread(target=stand_still, args=(server.wire.pid, over))
    stopper.start()
    try:
        return server.run_plan(PLAN)
    finally:
        over.set()
        stopper.join()


def main():
    place, held = tempfile.mkdtemp(prefix="sluice-behind-"), hugepages.reserve()
    server = appliance.Appliance(ROOT, place, "")
    try:
        server.start()
        waits = 0
        for number in range(1, RUNS + 1):
            run = one_run(server)
            print("run %d: %d objects, %d turns waited, %d errors %s" % (
                number, run["objects"], run["tx_waits"], run["errors"], run["note"]))
            if run["errors"] or not run["by_200"] or run["by_204"]:
                return 1
            waits += run["tx_waits"]
        return 0 if waits > 0 else 1
    finally:
        server.stop()
        hugepages.give_back(held)
        shutil.rmtree(place, ignore_errors=True)


sys.exit(main())
