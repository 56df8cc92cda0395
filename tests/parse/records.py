# SPDX-License-Identifier: BSD-3-Clause
"""Asks build/…/tests/parse-lines what Sluice's parsers make of messages (tests/parse/main.c)."""

import json
import struct
import subprocess

BATCH = 4000


class Parser:
    def __init__(self, program):
        self.program = program

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
        run = subprocess.run([self.program], input=packed, capture_output=True, check=False)
        lines = run.stdout.decode("ascii").splitlines()
        if run.returncode != 0 or len(lines) != len(records):
            at = records[len(lines)] if len(lines) < len(records) else None
            raise SystemExit(f"{self.program} ended with {run.returncode} at {at}:\n"
                             f"{run.stderr.decode(errors='replace')[-4000:]}")
        return [json.loads(line) for line in lines]

    def one(self, kind, data):
        return self.parse_batch([(kind, data)])[0]
