# SPDX-License-Identifier: BSD-3-Clause
"""Our side: a process of engine-tell, asked line by line (main.c)."""

import subprocess


class Ours:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, *words):
        self.process.stdin.write((" ".join(words) + "\n").encode())
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("engine-tell ended at: " + " ".join(words))
        return line.decode("latin-1").rstrip("\n")

    def close(self):
        self.process.stdin.close()
        self.process.wait()
