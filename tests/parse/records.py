# SPDX-License-Identifier: BSD-3-Clause
"""Asks build/…/tests/parse-lines what Sluice's parsers make of messages (tests/parse/main.c)."""

import json
import struct
import subprocess

BATCH = 4000


class Parser:
    def __init__(self, program, scan="auto"):
        self.program, self.scan = program, scan

    def parse(self, records):
        """[(kind, bytes)] to what the program printed for each, in order."""
        records = list(records)
        found = []
        for first in range(0, len(records), BATCH):
            found += self.parse_batch(records[first : first + BATCH])
        return found

    def parse_batch(self, records):
        packed = b"".join(
            kind.encode() + struct.pack("<I", len(data)) + data for kind, data in records)
        run = subprocess.run(
            [self.program, self.scan], input=packed, capture_output=True, check=False)
        lines = run.stdout.decode("ascii").splitlines()
        if run.returncode != 0 or len(lines) != len(records):
            at = records[len(lines)] if len(lines) < len(records) else None
            raise SystemExit(f"{self.program} ended with {run.returncode} at {at}:\n"
                             f"{run.stderr.decode(errors='replace')[-4000:]}")
        return [json.loads(line) for line in lines]



class Session:
    """One run of the program for records that depend on what was found before."""

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        self.run = subprocess.Popen(
            [self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        self.run.stdin.close()
        if self.run.wait() != 0 and _ == (None, None, None):
            raise SystemExit(f"{self.program} ended with {self.run.returncode}")

    def one(self, kind, data):
        self.run.stdin.write(kind.encode() + struct.pack("<I", len(data)) + data)
        self.run.stdin.flush()
        line = self.run.stdout.readline()
        if not line:
            raise SystemExit(f"{self.program} ended at {(kind, data)}")
        return json.loads(line)
