#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Puts each fault of tests/sim/faults.txt into a copy of the tree, and shows what tells of it: the first
seed, and where none does, the packet scripts, and where none of these does, the hostile peers, and the
library's unit tests at last. What is of another folder is told by that folder's unit tests: the others
have no link and no clients.

usage: tests/sim/faults.py [--runs N] [WORD]...     WORD: only faults whose names have one
       tests/sim/faults.py --fit                    only whether each fault's lines stand in the tree, once
Exit: 0 each was told of by something, 1 some were not, 2 faults.txt does not fit the tree.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FAULTS = Path("tests/sim/faults.txt")
# Folders that the simulator knows nothing of: their unit tests, and what these are called.
APART = {
    "dataplane/net/link": ("dataplane_net_link", "link"),
    "dataplane/icap": ("dataplane_icap", "icap"),
    "dataplane": ("dataplane", "dataplane"),
}
SECONDS_MAX = 120  # of a run: a fault may be that nothing ends
BUILD_SECONDS_MAX = 1800


def read_faults(text):
    """[(name, [(file, old, new), …]), …]"""
    faults = []
    for line in text.splitlines():
        if line.startswith("= "):
            faults.append((line[2:], []))
        elif line.startswith("@ "):
            faults[-1][1].append((line[2:], [], []))
        elif line.startswith("-"):
            faults[-1][1][-1][1].append(line[1:])
        elif line.startswith("+"):
            faults[-1][1][-1][2].append(line[1:])
        elif line and not line.startswith("#"):
            raise SystemExit(f"{FAULTS}: what is this: {line!r}")
    return [(name, [(f, "\n".join(old), "\n".join(new)) for f, old, new in places]) for name, places in faults]


def faulty(tree, name, places):
    """{path: its text with the fault}, or None where a place does not stand there exactly once."""
    texts = {}
    for file, old, new in places:
        path = tree / file
        text = texts.get(path) or path.read_text()
        if text.count(old) != 1:
            print(f"{name}: stands {text.count(old)} times in {file}:\n{old}", file=sys.stderr)
            return None
        texts[path] = text.replace(old, new)
    return texts


def put_in(tree, name, places):
    """Changes the files; what they were, or None where the fault does not fit."""
    texts = faulty(tree, name, places)
    if texts is None:
        return None
    before = {path: path.read_text() for path in texts}
    restore(texts)
    return before


def restore(before):
    for path, text in before.items():
        path.write_text(text)


def run(tree, *command, seconds=SECONDS_MAX):
    """Exit code and what was printed; 124 where it did not end."""
    try:
        done = subprocess.run(command, cwd=tree, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds, check=False)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        return 124, "does not end"


def build(tree, target):
    """Without optimization over files, which takes longer than all the rest."""
    rc, out = run(tree, "make", "-s", "-j2", "BUILD=release", "LTO_FOLDERS=", target, seconds=BUILD_SECONDS_MAX)
    if rc != 0:
        raise ValueError(f"does not build:\n{out}")


def among(names, kind=""):
    return f"`{names[0]}`, {len(names)} {kind}in all" if len(names) > 1 else f"`{names[0]}` alone"


def how_it_ended(rc):
    return "that does not end" if rc == 124 else f"that ends with {rc}"


def told_by_seed(tree, runs):
    build(tree, "tcp-sim")
    rc, out = run(tree, "build/release/tests/tcp-sim", "--runs", str(runs))
    if rc == 0:
        return None
    found = re.search(r"FAIL seed (\d+)(?: at [0-9.]+)?:? ?(.*)", out)
    if found:
        return f"seed {found[1]}: {found[2]}"
    lines = out.strip().splitlines()
    return f"a seed: {lines[-1]}" if lines else "a seed " + how_it_ended(rc)


def told_by_script(tree):
    build(tree, "tcp-script")
    rc, out = run(tree, "build/release/tests/tcp-script", "tests/tcp")
    if rc == 0:
        return None
    names = list(dict.fromkeys(re.findall(r"FAIL tests/tcp/(\S+)\.pkt", out)))
    return among(names, "scripts ") if names else "a script " + how_it_ended(rc)


def told_by_unit(tree, folder, who):
    program = "build/release/tests/unit/" + folder
    build(tree, program)
    rc, out = run(tree, program)
    if rc == 0:
        return None
    names = []
    for file, line in re.findall(r"^ *\d+\. (tests/unit/\S+):(\d+)", out, re.MULTILINE):
        above = "\n".join((tree / file).read_text().splitlines()[: int(line)])
        names += re.findall(r"^TEST\((\w+)\)", above, re.MULTILINE)[-1:]
    names = list(dict.fromkeys(names))
    return f"{who}: {among(names)}" if names else f"{who}: one {how_it_ended(rc)}"


def told_by_any(tree, places, runs):
    folders = {os.path.dirname(file) for file, _, _ in places}
    if len(folders) == 1 and folders <= APART.keys():
        return told_by_unit(tree, *APART[folders.pop()])
    return (told_by_seed(tree, runs) or told_by_script(tree)
            or told_by_unit(tree, "tests_sim_hostile", "hostile peers")
            or told_by_unit(tree, "dataplane_net_tcp", "unit tests"))


def fit():
    return 0 if all([faulty(Path("."), *fault) is not None for fault in read_faults(FAULTS.read_text())]) else 2


def main(words, runs):
    faults = [f for f in read_faults(FAULTS.read_text()) if not words or any(w in f[0] for w in words)]
    tree = Path(tempfile.mkdtemp(prefix="sluice-faults-"))
    os.environ["CCACHE_NOHASHDIR"] = "1"
    missed = misfits = 0
    try:
        for name in subprocess.run(["git", "ls-files", "-z"], stdout=subprocess.PIPE, check=True).stdout.split(b"\0"):
            source = Path(os.fsdecode(name))
            if name and source.is_file():
                (tree / source).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, tree / source)
        print("| fault | told by |\n|---|---|")
        for name, places in faults:
            before = put_in(tree, name, places)
            if before is None:
                misfits += 1
                continue
            try:
                told = told_by_any(tree, places, runs)
                missed += told is None
                print(f"| {name} | {told or '**nothing**'} |", flush=True)
            except ValueError as error:
                print(f"{name}: {error}", file=sys.stderr)
                misfits += 1
            restore(before)
    finally:
        shutil.rmtree(tree)
    print(f"{len(faults) - missed - misfits} told, {missed} not, {misfits} do not fit")
    return 2 if misfits else 1 if missed else 0


if __name__ == "__main__":
    arguments, seeds = sys.argv[1:], 2000
    if arguments == ["--fit"]:
        sys.exit(fit())
    if arguments[:1] == ["--runs"] and len(arguments) > 1 and arguments[1].isdigit():
        seeds, arguments = int(arguments[1]), arguments[2:]
    if any(a.startswith("-") for a in arguments):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(arguments, seeds))
