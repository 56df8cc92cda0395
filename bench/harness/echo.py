# SPDX-License-Identifier: BSD-3-Clause
"""Two floors on the wire of the run (sluice-bench-echo).

A bare DPDK echo of the frames that an object brings: what a frame costs to be received and sent back with its addresses
swapped, times the frames that an object of that size brought the dataplane in this run. Nothing of it is read, and no
stack is above it. And our TCP alone: the same requests to a core that lets go of what comes and answers each body by 204.
"""
import json
import os
import select
import statistics
import subprocess

from harness.processes import LAST, end, favoured, out

FRAMES = {"1K": 1490, "1M": 1514}  # bytes of a frame of such an object
CONNECTIONS = 32  # of TCP alone
LIMIT_S = 60
TCP_ROWS = {"1K": "tcp_alone_1k_us", "1M": "tcp_alone_1m_us"}
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
    """A row for each size; no figure where no object of it was measured. Failed, with a reason."""
    rows = []
    for size, frame in FRAMES.items():
        frames = frames_of(samples, size)
        if frames is None:
            rows.append({"name": ROWS[size], "round": 0, "value": None, "errors": 0, "note": "no object of that size was measured"})
            continue
        text = out(os.path.join(root, "build/release/sluice-bench-echo"), "--huge", "--frame", str(frame), "--milliseconds", str(milliseconds),
                   os.path.join(place, "echo.sock"), check=False, prepare=favoured(None))
        try:
            rows.append(row_of(size, frames, json.loads(text)))
        except json.JSONDecodeError as why:
            raise Failed("sluice-bench-echo said nothing") from why
    return rows


def tcp_row(size, told, found):
    """From what the generator said and what the core's end did; pure."""
    row = {"name": TCP_ROWS[size], "round": 0, "value": None, "errors": sum(told["errors"].values()), "note": told["first_error"]}
    row.update({k: found[k] for k in ("core_share", "empty_share")}, objects=told["objects"])
    if not row["errors"] and told["objects"] == 0:
        row["note"] = "no object came through"
    elif not row["errors"]:
        row["value"] = found["ns"] / 1000
    return row


def said(process, word, limit_s=LIMIT_S):
    """Its next line; Failed where none comes or, with a word, another."""
    line = process.stdout.readline().strip() if select.select([process.stdout], [], [], limit_s)[0] else ""
    if line == "" or (word is not None and line != word):
        raise Failed("the generator did not say '%s'" % (word or "figures"))
    return line


def tcp_alone(root, place, size, body, milliseconds):
    """The row of one size. Failed, with a reason."""
    bin_folder, path = os.path.join(root, "build/release"), os.path.join(place, "tcp.sock")
    wire = stack = None
    try:
        wire = subprocess.Popen([os.path.join(bin_folder, "sluice-bench-wire"), "--socket", path, "--address", "10.83.0.1/24", "10.83.0.2"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, preexec_fn=favoured(LAST))
        said(wire, "listening")
        with open(os.path.join(place, "tcp.err"), "w") as err:
            stack = subprocess.Popen([os.path.join(bin_folder, "sluice-bench-echo"), "--tcp", "10.83.0.2/24", "--huge", path],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, text=True, preexec_fn=favoured(0))
        said(wire, "ready")
        wire.stdin.write("--json --bytes %s --body %s --connections %d --milliseconds %d\n" % (size, body["path"], CONNECTIONS, milliseconds))
        told = json.loads(said(wire, None))
        return tcp_row(size, told, json.loads(stack.communicate(timeout=LIMIT_S)[0]))
    except (OSError, ValueError, subprocess.TimeoutExpired) as why:
        raise Failed("our TCP alone: %s" % why) from why
    finally:
        end(stack)
        if wire is not None:
            wire.stdin.close()
        end(wire)
