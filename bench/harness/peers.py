# SPDX-License-Identifier: BSD-3-Clause
"""c-icap on core 0 and on loopback, which is the best it can have, asked by the kernel-socket generator."""
import json
import os
import shutil
import subprocess
import time

from harness.signatures import MARKER
from harness.processes import LAST, children, cpu_ns, end, favoured, free_port

MODULES = "/usr/lib/x86_64-linux-gnu/c_icap"
CLAMD = "clamd"
START_S = 60
WRONG_MAX = 10  # runs with wrong answers and no right one, until it is given up
LIMIT_S = 60  # of a run of the generator beyond its time; it waits 30 s for an answer
# name: service, the configurations behind c-icap.conf, the engine's module
KINDS = {"echo": ("echo", (), None),
         "clam": ("avscan", ("virus_scan.conf", "clamav_mod.conf"), "clamav_mod.so"),
         "clamd": ("avscan", ("virus_scan.conf", "clamd_mod.conf"), "clamd_mod.so")}


class Missing(Exception):
    """The peer is not there: its column is n/a, and that is no error."""


class Failed(Exception):
    """The peer is there and does not work."""


class Peer:
    """`name`: echo, which scans nothing; clam, libclamav in its process, or clamd, a daemon beside it, with the run's
    signatures."""

    def __init__(self, name, program, root, place, made):
        self.name, self.program, self.root, self.made, self.process, self.daemon = name, program, root, made, None, None
        self.service, self.files, self.module = KINDS[name]
        self.port = free_port()
        self.place = os.path.join(place, name)
        os.makedirs(self.place)

    def config(self, *files):
        """A configuration of the run's, put together from those of bench/peers."""
        text = ""
        for name in files:
            with open(os.path.join(self.root, "bench/peers", name)) as f:
                text += f.read()
        text = text.replace("PLACE", self.place).replace("ADDRESS:1344", "127.0.0.1:%d" % self.port)
        path = os.path.join(self.place, files[0])
        with open(path, "w") as f:
            f.write(text.replace("SIGNATURES", self.made["set"]))
        return path

    def start_daemon(self):
        if shutil.which(CLAMD) is None:
            raise Missing("%s is not installed (package clamav-daemon)" % CLAMD)
        with open(os.path.join(self.place, "clamd.out"), "w") as log:
            self.daemon = subprocess.Popen([CLAMD, "--config-file", self.config("clamd.conf")], stdout=log, stderr=log,
                                           preexec_fn=favoured(0))
        deadline = time.monotonic() + START_S
        while not os.path.exists(os.path.join(self.place, "clamd.sock")):
            if self.daemon.poll() is not None:
                raise Failed("clamd ended: " + self.words())
            if time.monotonic() > deadline:
                raise Failed("clamd is not ready within %d s: %s" % (START_S, self.words()))
            time.sleep(0.1)

    def start(self):
        if shutil.which(self.program) is None:
            raise Missing("%s is not installed (package c-icap)" % self.program)
        if self.module is not None and not os.path.exists(os.path.join(MODULES, self.module)):
            raise Missing("c-icap has no %s (package libc-icap-mod-virus-scan)" % self.module)
        command = [self.program, "-N", "-f", self.config("c-icap.conf", *self.files)]
        if self.name == "clamd":
            self.start_daemon()
        if self.name == "clam":
            os.makedirs("/var/lib/clamav", exist_ok=True)
            command = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /var/lib/clamav && exec "$@"',
                       self.made["set"]] + command
        with open(os.path.join(self.place, "out"), "w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=favoured(0))
        self.wait()
        if self.module is not None:
            self.prove()

    def words(self):
        found = []
        for name in ("out", "server.log", "clamd.out", "clamd.log"):
            try:
                with open(os.path.join(self.place, name), errors="replace") as f:
                    found += f.read().strip().splitlines()[-1:]
            except OSError:
                pass
        return "; ".join(found) or "no reason given"

    def check_alive(self, what):
        if any(p is not None and p.poll() is not None for p in (self.process, self.daemon)):
            raise Failed(what + self.words())

    def wait(self):
        deadline, why, wrong = time.monotonic() + START_S, "it does not listen", 0
        while time.monotonic() < deadline and wrong < WRONG_MAX:
            self.check_alive("it ended: ")
            try:
                found = self.run(None, "1K", 1, 10)
                if found["objects"] > 0:
                    return
                why = found["note"]
                wrong += found["wrong"] > 0
            except Failed as failed:
                why = failed
            time.sleep(0.1)
        raise Failed("no right answer within %d s: %s: %s" % (START_S, why, self.words()))

    def prove(self):
        """It must find what it is there to find, or its figure is of no scan."""
        path = os.path.join(self.place, "bad.bin")
        with open(path, "wb") as f:
            f.write((b"\x01\x02 some bytes " * 40 + MARKER) * 4)
        body = {"path": path, "type": "application/octet-stream"}
        r = self.run(body, "1K", 1, 10)
        if r["by_204"] > 0:
            raise Failed("it passes an object with a signature in it")
        if r["by_200"] + r["changed"] == 0:
            raise Failed("it has no answer to an object with a signature in it: %s" % r["note"])

    def run(self, body, size, connections, milliseconds):
        """`size` "0": REQMOD without a body."""
        command = [os.path.join(self.root, "build/release/sluice-bench"), "--json", "--port", str(self.port), "--path",
                   self.service, *(["--reqmod"] if size == "0" else ["--bytes", size]), "--warmup", "0", "--connections", str(connections),
                   "--milliseconds", str(milliseconds)]
        if body is not None:
            command += ["--body", body["path"], "--type", body["type"]]
        try:
            done = subprocess.run(command + ["127.0.0.1"], capture_output=True, text=True, preexec_fn=favoured(LAST),
                                  timeout=milliseconds / 1000 + LIMIT_S)
        except subprocess.TimeoutExpired:
            raise Failed("the generator did not end")
        if not done.stdout.startswith("{"):
            raise Failed(done.stderr.strip() or "the generator said nothing")
        r = json.loads(done.stdout)
        return {"objects": r["objects"], "rate": r["objects_per_second"], "p50_us": r["p50_us"], "p99_us": r["p99_us"],
                "p999_us": r["p999_us"], "max_us": r["max_us"], "by_204": r["answered_204"], "by_200": r["answered_200"], "errors": sum(r["errors"].values()), "changed": r["errors"]["body"],
                "wrong": sum(r["errors"][kind] for kind in ("malformed", "status", "body")),
                "note": done.stderr.strip()}

    def measure(self, body, size, connections, milliseconds):
        pids = [p for top in (self.process, self.daemon) if top is not None for p in [top.pid] + children(top.pid)]
        before = cpu_ns(pids)
        r = self.run(body, size, connections, milliseconds)
        self.check_alive("it died: ")
        if r["objects"] == 0:
            raise Failed("no object came through: %s" % (r["note"] or self.words()))
        r["cpu_us"] = (cpu_ns(pids) - before) / 1e3 / max(r["objects"], 1)
        return r

    def stop(self):
        end(self.process)
        end(self.daemon)
