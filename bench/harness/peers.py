# SPDX-License-Identifier: BSD-3-Clause
"""c-icap on core 0 and on loopback, which is the best it can have, asked by the kernel-socket generator."""
import json
import os
import shutil
import subprocess
import time

from harness.signatures import MARKER
from harness.processes import LAST, children, cpu_ns, end, favoured

MODULES = "/usr/lib/x86_64-linux-gnu/c_icap"
PORTS = {"echo": 13441, "clam": 13442}
SERVICES = {"echo": "echo", "clam": "avscan"}
START_S = 60


class Missing(Exception):
    """The peer is not there: its column is n/a, and that is no error."""


class Failed(Exception):
    """The peer is there and does not work."""


class Peer:
    """`name`: echo, which scans nothing, or clam, libclamav in its process with the run's signatures."""

    def __init__(self, name, program, root, place, made):
        self.name, self.program, self.root, self.made, self.process = name, program, root, made, None
        self.place = os.path.join(place, name)
        os.makedirs(self.place)

    def config(self):
        with open(os.path.join(self.root, "bench/peers/c-icap.conf")) as f:
            text = f.read()
        if self.name == "clam":
            with open(os.path.join(self.root, "bench/peers/virus_scan.conf")) as f:
                text += f.read()
        text = text.replace("PLACE", self.place).replace("ADDRESS:1344", "127.0.0.1:%d" % PORTS[self.name])
        path = os.path.join(self.place, "c-icap.conf")
        with open(path, "w") as f:
            f.write(text)
        return path

    def start(self):
        if shutil.which(self.program) is None:
            raise Missing("%s is not installed (package c-icap)" % self.program)
        command = [self.program, "-N", "-f", self.config()]
        if self.name == "clam":
            if not os.path.exists(os.path.join(MODULES, "clamav_mod.so")):
                raise Missing("c-icap has no clamav_mod.so (package libc-icap-mod-virus-scan)")
            os.makedirs("/var/lib/clamav", exist_ok=True)
            command = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /var/lib/clamav && exec "$@"',
                       self.made["set"]] + command
        with open(os.path.join(self.place, "out"), "w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=favoured(0))
        self.wait()
        if self.name == "clam":
            self.prove()

    def words(self):
        found = []
        for name in ("out", "server.log"):
            try:
                with open(os.path.join(self.place, name), errors="replace") as f:
                    found += f.read().strip().splitlines()[-1:]
            except OSError:
                pass
        return "; ".join(found) or "no reason given"

    def wait(self):
        for _ in range(10 * START_S):
            if self.process.poll() is not None:
                raise Failed("it ended: " + self.words())
            try:
                if self.run(None, "1K", 1, 10)["objects"] > 0:
                    return
            except Failed:
                pass
            time.sleep(0.1)
        raise Failed("no answer within %d s: %s" % (START_S, self.words()))

    def prove(self):
        """It must find what it is there to find, or its figure is of no scan."""
        path = os.path.join(self.place, "bad.bin")
        with open(path, "wb") as f:
            f.write((b"\x01\x02 some bytes " * 40 + MARKER) * 4)
        body = {"path": path, "type": "application/octet-stream"}
        if self.run(body, "1K", 1, 10)["by_204"] > 0:
            raise Failed("it passes an object with a signature in it")

    def run(self, body, size, connections, milliseconds):
        command = [os.path.join(self.root, "build/release/sluice-bench"), "--json", "--port", str(PORTS[self.name]), "--path",
                   SERVICES[self.name], "--bytes", size, "--warmup", "0", "--connections", str(connections),
                   "--milliseconds", str(milliseconds)]
        if body is not None:
            command += ["--body", body["path"], "--type", body["type"]]
        done = subprocess.run(command + ["127.0.0.1"], capture_output=True, text=True, preexec_fn=favoured(LAST))
        if not done.stdout.startswith("{"):
            raise Failed(done.stderr.strip() or "the generator said nothing")
        r = json.loads(done.stdout)
        return {"objects": r["objects"], "rate": r["objects_per_second"], "p50_us": r["p50_us"], "p99_us": r["p99_us"],
                "by_204": r["answered_204"], "by_200": r["answered_200"], "errors": sum(r["errors"].values()),
                "note": done.stderr.strip()}

    def measure(self, body, size, connections, milliseconds):
        pids = [self.process.pid] + children(self.process.pid)
        before = cpu_ns(pids)
        r = self.run(body, size, connections, milliseconds)
        if self.process.poll() is not None:
            raise Failed("it died: " + self.words())
        r["cpu_us"] = (cpu_ns(pids) - before) / 1e3 / max(r["objects"], 1)
        return r

    def stop(self):
        end(self.process)
