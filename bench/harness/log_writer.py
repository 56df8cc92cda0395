# SPDX-License-Identifier: BSD-3-Clause
"""Control's own part: a line of sluice.log and a row of its store for each object, fed at a set rate with no dataplane.

sluice-bench-log stands in for the dataplane on core 0; sluice-control has the last core to itself. Told is how many
lines a second of its processor time makes, and how many records found no room, which control tells in the log.
"""
import json
import os
import select
import subprocess
import time

from harness.processes import LAST, cpu_ns, end, favoured

RATE = 100000
SETTLE_S = 20  # for what waits in the ring at the end


class Failed(Exception):
    """Control does not do what the run needs of it."""


def arguments(place):
    for folder in ("run", "state", "log"):
        os.makedirs(os.path.join(place, folder), exist_ok=True)
    config = os.path.join(place, "sluice.yaml")
    with open(config, "w") as f:
        f.write("mode: standard\n")
    found = ["--instance", "bench-log", "--config", config, "--set", "sandbox.kind=none", "--set", "dataplane.addresses=10.83.0.2/24",
             "--set", "dataplane.port.kind=virtio", "--set", "dataplane.port.socket=" + os.path.join(place, "vhost.sock")]
    for what in ("run", "state", "log"):
        found += ["--%s-directory" % what, os.path.join(place, what)]
    return found


def lines_of(folder):
    """(objects' lines, lines that tell of losses) of sluice.log and of what was rotated."""
    objects = losses = 0
    for name in os.listdir(folder):
        if name.startswith("sluice.log"):
            with open(os.path.join(folder, name), "rb") as f:
                for line in f:
                    objects += b"Finish processing" in line
                    losses += b"records" in line and b"Finish processing" not in line
    return objects, losses


def row_of(found, lines, losses, cpu_s):
    """From what was fed and what control made of it; pure."""
    row = {"name": "log_lines", "round": 0, "value": lines / cpu_s if cpu_s > 0 else None, "errors": 0, "note": "", "lost": found["lost"],
           "put": found["put"], "rate": found["rate"], "seconds": found["seconds"], "lines": lines}
    if lines != found["put"]:
        row.update(errors=1, note="%d records were put and %d lines written" % (found["put"], lines))
    elif found["lost"] > 0 and losses == 0:
        row.update(errors=1, note="%d records were lost, and the log does not say so" % found["lost"])
    elif row["value"] is None:
        row["note"] = "no processor time of control was counted"
    return row


def measure(root, place, milliseconds):
    """The row. Failed, with a reason."""
    bin_folder, common = os.path.join(root, "build/release"), arguments(place)
    socket, log = os.path.join(place, "run/dataplane.sock"), os.path.join(place, "log")
    feed = control = None
    try:
        feed = subprocess.Popen([os.path.join(bin_folder, "sluice-bench-log"), "--rate", str(RATE), "--milliseconds", str(milliseconds), socket],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=favoured(0))
        if feed.stdout.readline() != "listening\n":
            raise Failed("sluice-bench-log does not listen")
        with open(os.path.join(place, "control.err"), "w") as err:
            control = subprocess.Popen([os.path.join(bin_folder, "sluice-control")] + common + [
                "--worker", os.path.join(bin_folder, "sluice-deepscan"), "--compiler", os.path.join(bin_folder, "sluice-sigc")],
                stderr=err, preexec_fn=favoured(LAST))
        before = cpu_ns([control.pid])
        while not select.select([feed.stdout], [], [], 0.2)[0] and control.poll() is None:
            pass
        text = feed.stdout.readline() if control.poll() is None else ""
        if not text:
            raise Failed("sluice-bench-log said nothing: %s" % open(os.path.join(place, "control.err")).read().strip()[-200:])
        found = json.loads(text)
        deadline = time.monotonic() + SETTLE_S
        while lines_of(log)[0] < found["put"] and time.monotonic() < deadline and control.poll() is None:
            time.sleep(0.2)
        spent = (cpu_ns([control.pid]) - before) / 1e9
        return row_of(found, *lines_of(log), spent)
    finally:
        end(control)
        if feed is not None:
            feed.stdin.close()
        end(feed)
