# SPDX-License-Identifier: BSD-3-Clause
"""Our side: a process of engine-tell, asked line by line (main.c)."""

import subprocess


class Ours:
    def __init__(self, program):
        self.program, self.source, self.process = program, None, None
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)

    def line(self, words):
        self.process.stdin.write((" ".join(words) + "\n").encode())
        self.process.stdin.flush()
        return self.process.stdout.readline().decode("latin-1").rstrip("\n")

    def ask(self, *words):
        """Its answer, or "died": libyara's assertions end the process, as they would a worker. The
        next question is for a new one, which knows the last source."""
        if words[0] == "source":
            self.source = words
        answer = self.line(words)
        if answer:
            return answer
        self.process.wait()
        self.start()
        if words[0] != "source" and self.source:
            self.line(self.source)
        return "died"

    def close(self):
        self.process.stdin.close()
        self.process.wait()
