# SPDX-License-Identifier: BSD-3-Clause
"""A floor: a bare DPDK echo of the frames that an object brings, on the wire of the run (sluice-bench-echo).

What a frame costs to be received and sent back with its addresses swapped, times the frames that an object of that
size brought the dataplane in this run. Nothing of it is read, and no stack is above it.
"""
import json
import os
import statistics

from harness.processes import favoured, out

FRAMES = {"1K": 1490, "1M": 1514}  # bytes of a frame of such an object
ROWS = {"1K": "echo_frames_1k_us", "1M": "echo_frames_1m_us"}


class Failed(Exception):
    """No figure, and why."""


def frames_of(samples, size):
    """How many an object brought, the median of the rounds; None where no object of that size was measured."""
    found = [s["rx_packets"] for s in samples if (s["who"], s["size"], s["form"]) == ("object", size, "204") and not s["errors"] and "rx_packets" in s]
    return statistics.median(found) if found else None


def row_of(size, frames, found):
    row = {"name": ROWS[size], "round": 0, "value": None, "errors": 0, "note": "", "frames": frames}
    row.update({k: found[k] for k in ("packets", "ns", "core_share", "empty_share")})
    if found["packets"] > 0:
        row["value"] = frames * found["ns"] / 1000
    else:
        row["note"] = "no frame came back"
    return row


def measure(root, place, samples, milliseconds):
    """The rows; sizes that were not measured have none. Failed, with a reason."""
    rows = []
    for size, frame in FRAMES.items():
        frames = frames_of(samples, size)
        if frames is None:
            continue
        text = out(os.path.join(root, "build/release/sluice-bench-echo"), "--huge", "--frame", str(frame), "--milliseconds", str(milliseconds),
                   os.path.join(place, "echo.sock"), check=False, prepare=favoured(None))
        try:
            rows.append(row_of(size, frames, json.loads(text)))
        except json.JSONDecodeError as why:
            raise Failed("sluice-bench-echo said nothing") from why
    return rows
