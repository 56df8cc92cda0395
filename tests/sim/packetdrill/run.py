#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs packetdrill scripts against our TCP library: passed, differs, failed or skipped, with reasons.

Each script runs in a network and a mount namespace of its own: what its shell lines would set on the
machine goes to a directory that stands in for /proc/sys, and is read from there by the plug.
"""

import argparse
import collections
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from normalise import is_foreign, normalise  # noqa: E402 (the folder is not a package)

# Time is virtual: a script takes a second, on a busy machine many; one that is stuck takes for ever. Of
# those that name what is not there most are stuck.
SECONDS_MAX = 60
SECONDS_MAX_ABSENT = 20
STUCK = "no end"
V4 = ["--ip_version=ipv4", "--local_ip=192.168.0.1", "--gateway_ip=192.168.0.2",
      "--netmask_ip=255.255.0.0", "--remote_ip=192.0.2.1"]
V6 = ["--ip_version=ipv6", "--mtu=1520", "--local_ip=fd3d:0a0b:17d6::1",
      "--gateway_ip=fd3d:0a0b:17d6:8888::1", "--remote_ip=fd3d:fa7b:d17d::1"]

# What the library or the plug does not have: a script that names one of these and fails is skipped. One
# that passes is none of them: it asks for no more than that the feature is declined as it should be.
ABSENT = [
    (r"MSG_FASTOPEN|TCP_FASTOPEN|\bFO(?:EXP)? ?[0-9a-fA-F]*\b|tcp_fastopen|fastopen\.", "TCP Fast Open (RFC 7413)"),
    (r"ZEROCOPY", "MSG_ZEROCOPY"),
    (r"MSG_ERRQUEUE|SO_TIMESTAMPING", "the socket error queue"),
    (r"\bepoll_", "epoll"),
    (r"\b(?:sendfile|splice|pipe)\(", "sendfile() and splice() between kernel descriptors"),
    (r"TCP_MD5SIG|\bmd5\b", "TCP-MD5 (RFC 2385)"),
    (r"udp_encapsulation|udp_tunneling", "TCP over UDP"),
    (r"accecn|\bacc[0-9]|ecn3|E1b|AccECN|tcp_ecn=[345]\b", "AccECN"),
    (r"tcp_mtu_probing", "path MTU probing (RFC 4821)"),
    (r"MSG_EOR", "record marks in a stream (MSG_EOR)"),
    (r"TCP_NOTSENT_LOWAT|tcp_notsent_lowat", "TCP_NOTSENT_LOWAT"),
    (r"tc qdisc [a-z]+ dev tun0 root pfifo limit 0", "a queue of the host's that drops"),
    (r"SK_MEMINFO", "the memory of a kernel (SO_MEMINFO)"),
    (r"TCP_REPAIR|TCP_ULP|TCP_TX_DELAY|SO_TXTIME", "options of Linux alone"),
]
STUBS = {
    "sysctl": """#!/bin/sh
for word; do case $word in
-*) ;;
*=*) name=$(echo "${word%%=*}" | tr . /); mkdir -p "$SLUICE_SYSCTL/${name%/*}"
	echo "${word#*=}" >"$SLUICE_SYSCTL/$name" ;;
*) cat "$SLUICE_SYSCTL/$(echo "$word" | tr . /)" 2>/dev/null || true ;;
esac; done
""",
}
for name in ("ip", "tc", "ethtool", "nstat", "ss", "sockstat", "tcpdrop", "iptables", "nft", "modprobe"):
    STUBS[name] = "#!/bin/sh\nexit 0\n"
# A private /proc/sys; /sys/module is empty, so that no parameter of a kernel module is reached.
START = """mount --bind "$SLUICE_SYSCTL" /proc/sys && mount -t tmpfs none /sys/module || exit 99
mkdir -p /sys/module/tcp_cubic/parameters
cd "$1" && shift && exec env LD_PRELOAD="$SLUICE_PRELOAD" "$@"
"""


def scripts_below(paths):
    """Every script that was named, or stands in a folder that was."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, _, names in sorted(os.walk(path)):
            yield from (os.path.join(folder, n) for n in sorted(names) if n.endswith(".pkt"))


def without_comments(text):
    """The script's events alone."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"(?m)^\s*//.*$|\s//.*$", "", text)


def absent_feature(text):
    """Why a script is not run, or None."""
    for pattern, name in ABSENT:
        if re.search(pattern, text):
            return name
    return None


class Runner:
    """What all scripts share: programs, folders, known differences."""

    def __init__(self, options, folder):
        self.options = options
        self.stubs = os.path.join(folder, "bin")
        self.folder = folder
        self.differs = read_differs(options.differs)
        os.mkdir(self.stubs)
        for stub, body in STUBS.items():
            path = os.path.join(self.stubs, stub)
            with open(path, "w", encoding="ascii") as out:
                out.write(body)
            os.chmod(path, 0o755)

    def prepare(self, path, text, edited):
        """The folder that stands for /proc/sys, and the script to run; both in a folder of its own."""
        work = tempfile.mkdtemp(dir=self.folder)
        sysctls = os.path.join(work, "sysctl")
        for name in re.findall(r"/proc/sys/([a-z0-9_/]+)", text) + ["net/ipv4/tcp_ecn"]:
            os.makedirs(os.path.join(sysctls, os.path.dirname(name)), exist_ok=True)
            with open(os.path.join(sysctls, name), "w", encoding="ascii"):
                pass
        if not edited:
            return work, sysctls, os.path.abspath(path)
        script = os.path.join(work, os.path.basename(path))
        with open(script, "w", encoding="utf-8") as out:
            out.write(normalise(text))
        return work, sysctls, script

    def command(self, path, script, text, edited):
        """The command line for one script."""
        mtu = re.search(r"--mtu=(\d+)", text)
        v6 = re.search(r"--ip_version=ipv6", text)
        flags = "local=fd3d:0a0b:17d6::1" if v6 else "local=192.168.0.1"
        flags += f" mtu={mtu.group(1) if mtu else 1520 if v6 else 1500}"
        merged = re.search(r"(?m)^--mss=(\d+)", text)
        flags += f" merged={merged.group(1)}" if merged else ""
        if is_foreign(text):
            flags += " bsd"
        if edited:
            flags += " nopush"
        plug = os.path.abspath(self.options.plug)
        return ["unshare", "-n", "-m", "sh", "-c", START, "sh", os.path.dirname(os.path.abspath(path)),
                self.options.packetdrill, f"--so_filename={plug}", f"--so_flags={flags}",
                *(V6 if v6 else V4), script]

    def run(self, path):
        """(word, reason) for one script."""
        with open(path, encoding="utf-8", errors="replace") as source:
            text = source.read()
        result = ("failed", "") if is_foreign(text) else self.play(path, text, False)
        if result[0] == "failed" and not result[1].startswith(STUCK):
            result = self.play(path, text, True)
        return self.excuse(path, text, result) if result[0] == "failed" else result

    def excuse(self, path, text, result):
        """A script that failed: on purpose, for want of something, or indeed."""
        for name, reason in self.differs.items():
            if path.endswith(name):
                return "differs", reason
        reason = absent_feature(without_comments(text))
        return ("skipped", f"not there: {reason}") if reason else result

    def play(self, path, text, edited):
        """Runs it as it stands, or normalised."""
        seconds = SECONDS_MAX_ABSENT if absent_feature(without_comments(text)) else SECONDS_MAX
        work, sysctls, script = self.prepare(path, text, edited)
        environment = dict(os.environ, SLUICE_SYSCTL=sysctls, PATH=f"{self.stubs}:{os.environ['PATH']}",
                           SLUICE_PRELOAD=f"{self.options.preload} {os.path.abspath(self.options.plug)}".strip(),
                           PYTHONDONTWRITEBYTECODE="1")
        try:
            done = subprocess.run(self.command(path, script, text, edited), env=environment, check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=seconds)
            code, output = done.returncode, done.stdout.decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            code, output = 1, f"{STUCK} after {seconds} s"
        shutil.rmtree(work, ignore_errors=True)
        word, reason = self.judge(code, output)
        return ("normalised" if edited and word == "passed" else word), reason

    def judge(self, code, output):
        """What an exit code and what was printed mean."""
        if code == 0:
            return "passed", ""
        if code == 99:
            return "skipped", "no namespaces: not root?"
        if re.search(r"parse error|syntax error|unknown option|unrecognized option", output):
            return "skipped", "this packetdrill does not parse it: " + first_line(output)
        if "error executing `sockstat" in output:
            return "skipped", "not there: sockstat, by which a BSD's script looks into its kernel"
        return "failed", output.strip() if self.options.verbose else first_line(output)


def first_line(output):
    """The line of packetdrill's output that says what went wrong."""
    lines = [line.strip() for line in output.split("\n") if line.strip()]
    told = [line for line in lines if re.search(r"error|expected|Expected|plug:|actual", line)]
    return (told or lines or ["failed in silence"])[0]


def read_differs(path):
    """Lines "NAME  REASON": scripts that ask for what we do differently, on purpose."""
    differs = {}
    with open(path, encoding="utf-8") as source:
        for line in source:
            if line.strip() and not line.startswith("#"):
                name, reason = line.strip().split(None, 1)
                differs[name] = reason
    return differs


def print_sums(results):
    """How many of each, and how often each reason came."""
    count = collections.Counter(word for word, _ in results)
    reasons = collections.Counter(result for result in results if result[0] in ("differs", "skipped"))
    for (word, reason), number in sorted(reasons.items(), key=lambda item: (item[0][0], -item[1])):
        print(f"{number:4} {word}: {reason}")
    print(f"{count['passed']} as they stand, {count['normalised']} normalised")
    print(f"{count['passed'] + count['normalised']} passed, {count['differs']} differ on purpose, "
          f"{count['failed']} failed, {count['skipped']} skipped")


def parse_arguments():
    """Options; `scripts` may be empty."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--plug", required=True, help="libsluice_packetdrill.so")
    parser.add_argument("--packetdrill", default="", help="the program; without it all is skipped")
    parser.add_argument("--differs", default=os.path.join(HERE, "differs.txt"), help="known differences")
    parser.add_argument("--preload", default="", help="libraries before the plug: a sanitizer's")
    parser.add_argument("--jobs", type=int, default=2, help="scripts at a time (2)")
    parser.add_argument("--verbose", action="store_true", help="all that packetdrill printed")
    parser.add_argument("--quiet", action="store_true", help="list only what failed")
    parser.add_argument("scripts", nargs="*", help="scripts, or folders of them")
    return parser.parse_args()


def main():
    """0: nothing failed."""
    options = parse_arguments()
    if not options.packetdrill or not os.access(options.packetdrill, os.X_OK):
        print("skipped: no packetdrill (make test-packetdrill PACKETDRILL=/path/to/packetdrill SCRIPTS=DIR)")
        return 0
    scripts = list(scripts_below(options.scripts))
    if not scripts:
        print("no scripts: SCRIPTS=DIR names a folder of .pkt files", file=sys.stderr)
        return 2
    options.packetdrill = os.path.abspath(options.packetdrill)
    results = []
    with tempfile.TemporaryDirectory(prefix="sluice-packetdrill-") as folder:
        runner = Runner(options, folder)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for path, (word, reason) in zip(scripts, pool.map(runner.run, scripts)):
                results.append((word, reason))
                if word == "failed" or (word in ("differs", "skipped") and not options.quiet):
                    print(f"{word:8} {path}: {reason}", flush=True)
    print_sums(results)
    return 1 if any(word == "failed" for word, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main())
