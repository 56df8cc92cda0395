# SPDX-License-Identifier: BSD-3-Clause
"""Sluice on the fast wire: sluice-bench-wire (net_vhost) on the last core, one dataplane core (virtio) on core 0.

What an object costs is taken from busy_ns, the time of turns that had work. Where other processes took
a share of the core meanwhile, that time holds it, busy turns and empty ones alike; so it is scaled by the
processor time that the dataplane really had.
"""
import json
import os
import select
import signal
import subprocess
import time
import urllib.request

from harness.processes import LAST, cpu_ns, end, favoured, free_port, real_time, signal_all
from harness import reloads

CLIENT, SERVER = "10.83.0.1", "10.83.0.2"
START_S = 60
LIMIT_S = 90  # of a plan, with what waits for its timers
SETTINGS = {"dataplane.port.kind": "virtio", "dataplane.addresses": SERVER + "/24", "dataplane.idle": "spin",
            "dataplane.first_cpu": "0", "dataplane.hugepages": "auto",
            "cache.entries": "64",     # the least there is: no body comes twice within so few
            "sandbox.kind": "none"}    # no peer has one


class Failed(Exception):
    """The appliance does not do what a run needs of it."""


def note(result, tx_dropped):
    """What the errors of a run are: the generator's by kind with its first words, and frames that the dataplane lost."""
    words = ["%s: %d" % (kind, n) for kind, n in result["errors"].items() if n]
    if result.get("first_error"):
        words.append("the first: " + result["first_error"])
    if tx_dropped:
        words.append("frames dropped by the dataplane: %d" % tx_dropped)
    return "; ".join(words)


class Appliance:
    def __init__(self, root, place, signatures, crowd=0, cores=1):
        self.bin, self.place, self.served = os.path.join(root, "build/release"), place, None
        self.control_socket = os.path.join(place, "run/control.sock")
        self.settings = dict(SETTINGS)
        self.settings["dataplane.port.socket"] = os.path.join(place, "vhost.sock")
        self.settings["signatures.sources"] = signatures
        self.compiler = os.path.join(self.bin, "sluice-sigc")
        self.limits = (START_S, LIMIT_S)  # of a start, of a plan
        self.under = {}  # {program: words before it}, such as a profiler
        self.wire = self.dataplane = self.control = None
        self.crowd, self.cores = crowd, cores  # connections that open_crowd() makes; of the dataplane, a queue for each
        self.settings["dataplane.cores"] = str(cores)
        self.http = "127.0.0.1:%d" % free_port()
        self.settings["http.listen"] = self.http

    def spawn(self, name, arguments, **keys):
        log = open(os.path.join(self.place, name + ".err"), "w")
        return subprocess.Popen(self.under.get(name, []) + [os.path.join(self.bin, name)] + arguments, stderr=log, text=True, **keys)

    def start(self):
        for folder in ("run", "state", "log"):
            os.makedirs(os.path.join(self.place, folder), exist_ok=True)
        config = os.path.join(self.place, "sluice.yaml")
        with open(config, "w") as f:
            f.write("mode: standard\n")
        common = ["--instance", "bench", "--config", config]
        for what in ("run", "state", "log"):
            common += ["--%s-directory" % what, os.path.join(self.place, what)]
        for key, value in self.settings.items():
            common += ["--set", "%s=%s" % (key, value)]
        self.wire = self.spawn("sluice-bench-wire", ["--socket", self.settings["dataplane.port.socket"], "--address",
                                                     CLIENT + "/24", "--queues", str(self.cores), SERVER] +
                               (["--crowd", str(self.crowd)] if self.crowd else []), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, preexec_fn=favoured(LAST))
        self.expect("listening")
        self.dataplane = self.spawn("sluice-dataplane", common, preexec_fn=favoured(None))
        self.expect("ready")
        self.control = self.spawn("sluice-control", common + [
            "--worker", os.path.join(self.bin, "sluice-deepscan"), "--compiler", self.compiler],
            preexec_fn=favoured(LAST))
        self.wait_for_signatures()

    def words(self):
        """The last line that each program wrote as an error."""
        found = []
        for name in ("sluice-dataplane", "sluice-control", "sluice-bench-wire"):
            try:
                with open(os.path.join(self.place, name + ".err")) as f:
                    found += [line for line in f.read().splitlines() if "ready" not in line][-1:]
            except OSError:
                pass
        return "; ".join(found) or "no reason given"

    def line(self, limit_s):
        """The next line of the generator's."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            if select.select([self.wire.stdout], [], [], 0.2)[0]:
                text = self.wire.stdout.readline()
                if text == "":
                    break
                return text.strip()
            if self.dataplane is not None and self.dataplane.poll() is not None:
                break
        raise Failed("no answer from the generator: " + self.words())

    def expect(self, word):
        if self.line(self.limits[0]) != word:
            raise Failed("the generator did not say '%s'" % word)

    def ask(self, *command):
        done = subprocess.run([os.path.join(self.bin, "sluicectl"), "--control", self.control_socket, "--json"] +
                              list(command), capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(done.stderr.strip())
        return json.loads(done.stdout)

    def wait_for_signatures(self):
        """Until a dataplane is attached and, where there are sources, more than the built-in signature serves; how many
        literals that are is kept in `served`."""
        status, self.served = {}, -1
        for _ in range(10 * self.limits[0]):
            try:
                status = self.ask("status")
                self.served = status.get("signatures", {}).get("literals", 0) if status["dataplane"] else -1
            except Failed:
                pass
            if self.served > (1 if self.settings["signatures.sources"] else -1) or status.get("compile_error"):
                break
            time.sleep(0.1)
        if self.served < 0:
            raise Failed("no dataplane is attached: " + self.words())
        if self.settings["signatures.sources"] and self.served <= 1:
            raise Failed("no signatures serve: " + (status.get("compile_error") or self.words()))

    def read(self):
        stats = self.ask("stats")
        counters = dict(stats["counters"], opened_by_cookie=stats["tcp"]["syn_cookies_recv"])
        return time.monotonic_ns(), cpu_ns([self.dataplane.pid]), counters

    def metrics(self, name):
        """A value for each core, from the metrics page; of a gauge or counter that no core has, one for all."""
        with urllib.request.urlopen("http://%s/metrics" % self.http, timeout=10) as page:
            lines = page.read().decode().splitlines()
        return [int(float(line.split()[-1])) for line in lines if line.startswith((name + " ", name + "{"))]

    def measure(self, body, size, allow, connections, milliseconds):
        """One run; what an object cost, and how far the figure can be believed. `size` "0": REQMOD without a body."""
        what = "--reqmod --path av/reqmod" if size == "0" else "--bytes %s --body %s --type %s" % (size, body["path"], body["type"])
        plan = "--json %s --connections %d --milliseconds %d%s" % (what, connections, milliseconds, "" if allow else " --no-204")
        return self.run_plan(plan)

    def generate(self, plan, meanwhile, aside):
        """What the generator says of a plan, and the share of its core that it had."""
        if aside:
            signal_all([self.control.pid], signal.SIGSTOP)
        try:
            cpu, wall = cpu_ns([self.wire.pid]), time.monotonic_ns()
            self.wire.stdin.write(plan + "\n")
            self.wire.stdin.flush()
            meanwhile()
            result = json.loads(self.line(self.limits[1]))
            return result, (cpu_ns([self.wire.pid]) - cpu) / (time.monotonic_ns() - wall)
        finally:
            if aside:
                signal_all([self.control.pid], signal.SIGCONT)

    def run_plan(self, plan, meanwhile=lambda: None, aside=False):
        """A line for the generator; what came of it for each object. `meanwhile` is called once it has begun. `aside`: with
        control standing still."""
        wall, cpu, before = self.read()
        result, generator_had = self.generate(plan, meanwhile, aside)
        end_wall, end_cpu, after = self.read()
        delta = {k: after[k] - before.get(k, 0) for k in after}
        had = (end_cpu - cpu) / (end_wall - wall)
        busy_us, n = delta["busy_ns"] / 1e3, max(result["objects"], 1)
        return {"cpu_us": busy_us * min(had, 1.0) / n, "busy_us": busy_us / n, "core_share": had,
                "empty_share": max(0.0, 1 - busy_us / 1e6 / result["seconds"]),
                "generator_busy": result["client_cpu_us"] * n / 1e6 / result["seconds"],
                "rate": result["objects_per_second"], "objects": result["objects"], "p50_us": result["p50_us"],
                "p99_us": result["p99_us"], "p999_us": result["p999_us"], "max_us": result["max_us"], "unsent": result["unsent"],
                "lag_p50_us": result["lag_p50_us"], "lag_p99_us": result["lag_p99_us"], "lag_max_us": result["lag_max_us"],
                "gbits": result["bodies_bytes"] * 8 / 1e9 / result["seconds"], "bodies_bytes": result["bodies_bytes"] / n,
                "blocked": result["blocked"], "continued": result["continued"],
                "beside": result["beside"], "by_204": result["answered_204"], "by_200": result["answered_200"],
                "errors": sum(result["errors"].values()) + delta["tx_dropped"], "note": note(result, delta["tx_dropped"]),
                "tx_waits": delta["tx_waits"], "busy_turns": delta["turns_busy"],
                "rx_packets": delta["rx_packets"] / n, "tx_packets": delta["tx_packets"] / n,
                "generator_us": result["client_cpu_us"], "generator_had": generator_had,
                "cookies": delta["opened_by_cookie"] / n,
                "cache_hits": delta["cache_hits"], "records_lost": delta["records_lost"]}

    def run_aside(self, plan):
        """A plan whose latencies count, of REAL_TIME_MS at most. The two pollers have their cores before all else that runs
        there (real_time: whether that was allowed). Control, which shares the generator's core, stands still. Its ring loses
        records then, which is counted. Beside the clients' figures stand the dataplane's own: core_p50_us and core_p99_us,
        from an object's first byte to its verdict, and turn_max_us: bounds that they lie below."""
        before = self.own_times()
        with real_time([self.dataplane.pid, self.wire.pid]) as allowed:
            sample = self.run_plan(plan, aside=True)
        sample["real_time"] = allowed
        after = self.own_times()
        for key, name, per_mille in (("core_p50_us", "object", 500), ("core_p99_us", "object", 990), ("turn_max_us", "turn", 1000)):
            sample[key] = reloads.bound_us(before[name], after[name], per_mille)
        return sample

    def own_times(self):
        """{turn, object: {bound in microseconds: how many below it}}, from the metrics page."""
        with urllib.request.urlopen("http://%s/metrics" % self.http, timeout=10) as page:
            text = page.read().decode()
        return {name: reloads.counts_of(text, name) for name in ("turn", "object")}

    def open_crowd(self):
        """Idle connections, the first time; how many stand, and how many failed."""
        self.wire.stdin.write("crowd\n")
        self.wire.stdin.flush()
        told = json.loads(self.line(LIMIT_S))
        return told["standing"], told["failed"]

    def pause(self):
        signal_all([self.dataplane.pid], signal.SIGSTOP)

    def go_on(self):
        signal_all([self.dataplane.pid], signal.SIGCONT)

    def stop(self):
        if self.wire is not None and self.wire.poll() is None:
            try:
                self.wire.stdin.close()
            except OSError:
                pass
        for process in (self.control, self.dataplane, self.wire):
            end(process)
