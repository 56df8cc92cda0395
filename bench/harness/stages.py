# SPDX-License-Identifier: BSD-3-Clause
"""Instructions of an object by stage: callgrind counts one dataplane on fixed plans, so a busy machine changes nothing.

An instruction belongs to the stage whose source file it stands in; those of a header that serves all, of the C
library, of common/base and of DPDK's pools to the stage that called. What turns without work took is measured by
itself and taken off. Under callgrind there are neither AVX-512 nor SHA-NI: digests and scan take the way of a
processor without them, whose databases the compiler then makes (it runs under valgrind, too).
"""
import glob
import json
import os
import re
import shutil
import subprocess
import time

from harness import appliance

CASES = {"1K": "--bytes 1K --connections 32", "1M": "--bytes 1M --connections 8"}
TWO_CORES = {"1K": "--bytes 1K --connections 64"}  # as many for each core
ENOUGH = {"1K": 256, "1M": 4}  # objects: with fewer, what a connection's opening and an unfinished object cost is all there is
LENGTHS_MS = (400, 2000, 8000)  # the next one where fewer came through: a busy machine
IDLE_S = 0.3
LIMIT_S = 300  # of a start, and of a plan: all is fifty times as slow
OURS = re.compile(r"(?:^|/)((?:common|dataplane|scanners)/[^ ]*)$")
A_TURN = "core_turn"  # never inlined

# the first that fits; None: it belongs to whoever called
FOLDERS = [("dataplane/port", "port driver"), ("dataplane/bell", "port driver"), ("dataplane/net/link/", "link"), ("dataplane/net/tcp/", "tcp"),
           ("dataplane/net/", "buffers"), ("dataplane/tls/", "tls"), ("dataplane/icap/", "icap"), ("dataplane/http/", "http"),
           ("dataplane/inspect/report", "records"), ("dataplane/inspect/hashing", "digests"), ("dataplane/inspect/scanning", "scan"),
           ("dataplane/inspect/", "inspect, answer"), ("dataplane/client", "inspect, answer"), ("dataplane/stream", "inspect, answer"),
           ("dataplane/", "loop"), ("scanners/format/", "format"), ("scanners/digest/", "digests"), ("scanners/decode/", "decode"),
           ("scanners/", "scan"), ("common/channel/ring", "records"), ("common/channel/record", "records"), ("common/", None)]
LIBRARIES = [("librte_net_virtio", "port driver"), ("librte_ethdev", "port driver"), ("librte_vhost", "port driver"), ("libhs", "scan"),
             ("libcrypto", "digests"), ("libssl", "tls"), ("libisal", "decode"), ("libbrotli", "decode"), ("libzstd", "decode")]
STAGES = list(dict.fromkeys(s for _, s in FOLDERS + LIBRARIES if s)) + ["rest"]


class Failed(Exception):
    """No figure, and why."""


def stage_of(library, path):
    """None: it is the caller's."""
    found = OURS.search(path)
    if found:
        return next(stage for begin, stage in FOLDERS if found[1].startswith(begin))
    return next((stage for begin, stage in LIBRARIES if os.path.basename(library).startswith(begin)), None)


class Names:
    """callgrind's names, "(7) name" the first time and "(7)" from then on."""

    def __init__(self):
        self.known = {}

    def get(self, text):
        number, _, name = text.partition(" ")
        if name:
            self.known[number] = name
        return self.known.get(number, text)


def lines_of(text):
    """Of each line of costs: (library, function, file, instructions, None), or of a call, with what the callee took:
    (library, function, file, instructions, (library, function, how many calls))."""
    objects, files, functions = Names(), Names(), Names()
    library = own_file = file = function = callee = callee_library = ""
    call = None
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key == "ob":
            library = objects.get(value)
        elif key == "fl":
            own_file = file = files.get(value)
        elif key in ("fi", "fe"):
            file = files.get(value)
        elif key == "fn":
            file, function, callee_library = own_file, functions.get(value), library
        elif key == "cob":
            callee_library = objects.get(value)
        elif key in ("cfi", "cfl"):
            files.get(value)
        elif key == "cfn":
            callee = functions.get(value)
        elif key == "calls":
            call, callee_library = (callee_library, callee, int(value.split()[0])), library
        elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
            fields = line.split()
            yield library, function, file, int(fields[1]) if len(fields) > 1 else 0, call
            call = None


def stages_of_functions(lines):
    """{(library, function): stage}, the one that most of its instructions are of; not those that serve all. The file
    that callgrind names for a function may be a header, of which its first instruction was."""
    found = {}
    for library, function, file, cost, call in lines:
        stage = stage_of(library, file)
        if call is None and stage is not None:
            of = found.setdefault((library, function), {})
            of[stage] = of.get(stage, 0) + cost
    return {key: max(of, key=of.get) for key, of in found.items()}


def read(text):
    """({stage: instructions}, calls of A_TURN) of a callgrind profile. What no stage calls is rest."""
    lines = list(lines_of(text))
    where = stages_of_functions(lines)
    costs, turns, total = dict.fromkeys(STAGES, 0), 0, 0
    for library, function, file, cost, call in lines:
        stage = stage_of(library, file) or where.get((library, function))
        if call is None:
            total += cost
        else:
            turns += call[2] if call[1] == A_TURN else 0
        if stage is not None and (call is None or call[:2] not in where):
            costs[stage] += cost
    costs["rest"] += max(0, total - sum(costs.values()))
    return costs, turns


def of_object(profile, idle, busy_turns, objects):
    """{stage: instructions of an object}, without what turns without work took."""
    costs, turns = profile
    idle_costs, idle_turns = idle
    empty = max(0, turns - busy_turns)
    if idle_turns == 0:
        raise Failed("no call of %s is in the profile" % A_TURN)
    each = {stage: costs[stage] - idle_costs[stage] / idle_turns * empty for stage in costs}
    return {stage: max(0.0, value) / objects for stage, value in each.items()}


class Dataplane:
    """An appliance whose dataplane runs under callgrind, from start() to stop()."""

    def __init__(self, root, place, signatures, cores):
        self.out = os.path.join(place, "callgrind")
        self.server = appliance.Appliance(root, place, signatures, cores=cores)
        compiler = os.path.join(place, "sigc")
        with open(compiler, "w") as f:
            f.write('#!/bin/sh\nexec valgrind -q --tool=none %s "$@"\n' % self.server.compiler)
        os.chmod(compiler, 0o700)
        self.server.compiler = compiler
        self.server.limits = (LIMIT_S, LIMIT_S)
        self.server.under = {"sluice-dataplane": ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no",
                                                  "--callgrind-out-file=" + self.out]}
        # EAL reserves more addresses for hugepages than valgrind has; the compiler's limit is of the addresses, too
        self.server.settings.update({"dataplane.hugepages": "off", "signatures.compile_memory_mib": "1048576"})

    def control(self, *words):
        done = subprocess.run(["callgrind_control", *words, str(self.server.dataplane.pid)], capture_output=True, text=True)
        if done.returncode != 0 or "Error" in done.stdout:
            raise Failed("callgrind_control: " + (done.stderr or done.stdout).strip()[-200:])

    def profile(self, run):
        """What is counted while `run` is called, and what that returns."""
        for path in glob.glob(self.out + ".*"):
            os.unlink(path)
        self.control("--zero")
        result = run()
        self.control("--dump")
        for _ in range(100):  # it is written by the dataplane, when it comes to it
            for path in glob.glob(self.out + ".*"):
                with open(path) as f:
                    text = f.read()
                if "\ntotals:" in text:
                    return read(text), result
            time.sleep(0.1)
        raise Failed("callgrind wrote no profile")


def measure(root, place, made, cores=1, cases=CASES):
    """[{size, objects, stages: {stage: instructions of an object}}], of all cores together. Failed: none, and why."""
    if shutil.which("callgrind_control") is None:
        raise Failed("valgrind is not installed")
    os.makedirs(place, exist_ok=True)
    dataplane, found = Dataplane(root, place, made["set"], cores), []
    server, body = dataplane.server, made["bodies"]["html"]
    words = "--json --body %s --type %s " % (body["path"], body["type"])
    try:
        server.start()
        server.run_plan(words + "--bytes 1K --connections %d --milliseconds 100" % (32 * cores))
        dataplane.control("--instr=on")
        idle, _ = dataplane.profile(lambda: time.sleep(IDLE_S))
        for size, plan in cases.items():
            for length in LENGTHS_MS:
                profile, sample = dataplane.profile(lambda: server.run_plan(words + plan + " --milliseconds %d" % length))
                if sample["errors"] or sample["objects"] >= ENOUGH[size]:
                    break
            if sample["errors"] or sample["objects"] < ENOUGH[size]:
                raise Failed("%s: %d objects, %s" % (size, sample["objects"], sample["note"]))
            found.append({"size": size, "objects": sample["objects"], "turns": profile[1], "busy_turns": sample["busy_turns"],
                          "stages": of_object(profile, idle, sample["busy_turns"], sample["objects"])})
    except (appliance.Failed, json.JSONDecodeError) as why:
        raise Failed(str(why))
    finally:
        server.stop()
    return found


def cores_row(one, two, why=""):
    """What measure() told of one core and of two, as a row: the ratio of an object's instructions of 1 KiB; of [], n/a and why."""
    whole = [sum(f["stages"].values()) for found in (one, two) for f in found if f["size"] == "1K"]
    value = whole[1] / whole[0] if len(whole) == 2 else None
    return {"name": "cores_instructions_ratio", "round": 0, "value": value, "errors": 0, "note": why, "instructions": whole}


def table(found):
    """Stages that took nothing are left out."""
    lines = ["| instructions of an object, by callgrind | %s |" % " | ".join(f["size"] for f in found), "|---" * (len(found) + 1) + "|"]
    for stage in STAGES:
        cells = [f["stages"][stage] for f in found]
        if any(c >= 0.5 for c in cells):
            lines.append("| %s | %s |" % (stage, " | ".join("{:,.0f}".format(c) for c in cells)))
    lines.append("| all | %s |" % " | ".join("{:,.0f}".format(sum(f["stages"].values())) for f in found))
    return "\n".join(lines)
