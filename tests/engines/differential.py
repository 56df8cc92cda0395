#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The scan engine beside clamscan and yara, on objects made of each signature.

Of every N-th signature or file of rules, published or invented, that is taken, objects are made that it should
find, nearly find, or find not, and its hits are packed: in what both engines take apart, and in what only ours does, where it must
say what it says of the hit alone. --layers bounds how many of each a signature takes; where they are fewer than
all, the next signature goes on with the next ones. Each object is asked of ours in one piece and cut, and of the
other engine; what differs and has no reason in reasons.py fails.

usage: differential.py --program FILE [--every N] [--first N] [--jobs N] [--layers N] clamav|yara
"""

import argparse
import collections
import concurrent.futures
import gzip
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import zlib

import clamav
import invented
import invented_rules
import layers
import layers_ours
import reasons
import rules
from ours import Ours

BATCH = 300
INVENTED = 20000
INVENTED_FILES, INVENTED_FILES_OFTENER, FILES_BATCH = 8000, 4, 20
STREAM_KEEPS = 3028  # the first KiB and the last 2,004 bytes
RULE_LAYERS = 4  # of ours, a rule: libyara is asked of each
SHOWN_MAX = 20
CLAMAV = ("official-main.ldb.zst", "twinclams.ldb", "ditekshen.ldb", "ditekshen-rmm.ldb",
          "official-daily.ndb", "rfxn.ndb")


class Result:
    """Counts, and what differs."""

    def __init__(self):
        self.counts, self.differs = collections.Counter(), []

    def add(self, other):
        self.counts.update(other.counts)
        self.differs += other.differs


def text_of(path):
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dqc", path], stdout=subprocess.PIPE, check=True).stdout
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def work_directory():
    return tempfile.mkdtemp(prefix="sluice-engines-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)


class Object:
    """A file, what it was made as, what ours says of it, and the names that the other must say."""

    def __init__(self, path, signature, word, line, within=None):
        self.path, self.signature, self.word, self.line = path, signature, word, line
        self.within = within or path  # the file that is packed in it
        self.verdict = self.cut = self.theirs = None

    def ask(self, ours):
        self.verdict = ours.ask("object", self.path).split(" ")
        self.cut = ours.ask("cut", self.path) if self.word not in layers.ALL else "same"

    def settle(self, result, theirs, as_it_is):
        """theirs: the names of what the other engine found; ours is bad by one of them or by none.
        as_it_is(self): the same of the bytes as they are."""
        is_bad = self.verdict[0] == "bad"
        result.counts["objects"] += 1
        result.counts["hits" if theirs else "misses"] += 1
        if self.word in layers.ALL and theirs:
            result.counts["hits in " + self.word] += 1
        why = None
        if self.cut != "same":
            why = "cut otherwise: " + self.cut
        elif is_bad != bool(theirs) or (is_bad and self.verdict[2] not in theirs):
            why = "ours %s, theirs %s" % (" ".join(self.verdict), sorted(theirs) or "nothing")
        if why is None:
            return
        reason = reasons.of(self, is_bad, theirs, as_it_is(self) if is_bad != bool(theirs) else theirs)
        if reason:
            result.counts["differ: " + reason] += 1
        else:
            result.differs.append("%s, %s: %s" % (self.line[:100], self.word, why))


def pack(ours, kinds, layer, data, path):
    """kinds: layers, or layers_ours."""
    if layer in kinds.MADE:
        write(path, kinds.MADE[layer](data))
        return
    write(path + ".in", data)
    answer = ours.ask("pack", kinds.BY_LIBARCHIVE[layer], path + ".in", path)
    os.unlink(path + ".in")
    if answer != "done":
        raise SystemExit("libarchive writes no " + layer)


def turn(words, number, count):
    """`count` of the words, or all; the next number has the next ones."""
    count = min(count, len(words))
    return [words[(number * count + i) % len(words)] for i in range(count)]


def pack_hit(ours, directory, number, data, alone, count):
    """The hit, alone.path, in layers that both take apart."""
    for i, layer in enumerate(turn(layers.ALL, number, count)):
        path = os.path.join(directory, "%d.l%d" % (number, i))
        pack(ours, layers, layer, data, path)
        yield Object(path, alone.signature, layer, alone.line, alone.path)


EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
STEPS = {}  # of a layer's path down to what is packed in it


def steps_of(path):
    return 0 if path == "-" else path.count("->") + 1


def steps_to(ours, layer, path):
    """How many views lie around what is packed in that layer, as the path of a threat that is always known tells. It
    is compressed, so that nothing around it holds it."""
    if layer not in STEPS:
        pack(ours, layers_ours, layer, gzip.compress(EICAR), path)
        STEPS[layer] = steps_of(ours.ask("object", path).split(" ")[3]) - (layer not in layers_ours.STORES)
    return STEPS[layer]


def check_ours(ours, directory, number, data, alone, count, result):
    """The hit in layers that ours alone takes apart. alone: what it says of the hit itself."""
    if alone.verdict[0] != "bad":
        return
    path = os.path.join(directory, "ours")
    for layer in turn(layers_ours.ALL, number, count):
        steps = steps_to(ours, layer, path)
        pack(ours, layers_ours, layer, gzip.compress(data) if layer in layers_ours.STORES else data, path)
        verdict = ours.ask("object", path).split(" ")
        result.counts["objects"] += 1
        result.counts["hits in " + layer] += verdict[0] == "bad"
        if verdict[0] == "bad" and steps_of(verdict[3]) < steps:
            result.counts["hits of another rule in what is around it"] += 1
        elif verdict[0] != "bad" or verdict[2] != alone.verdict[2]:
            result.differs.append("%s, in %s: %s, alone %s"
                                  % (alone.line[:100], layer, " ".join(verdict), " ".join(alone.verdict)))
        os.unlink(path)


def renamed(line, kind, number):
    """Named by its number, so that no other signature has its name."""
    name, by, rest = line.partition(";" if kind == "ldb" else ":")
    return "S%d%s%s" % (number, by, rest)


def clamav_objects(ours, directory, kind, lines, options, result):
    """What ours takes of these lines, and the objects made of them."""
    source = os.path.join(directory, "one." + kind)
    objects, taken = [], []
    for number, line in lines:
        line = renamed(line, kind, number)
        write(source, line.encode("latin-1") + b"\n")
        said = ours.ask("source", source)
        result.counts["signatures"] += 1
        if not said.startswith("taken"):
            result.counts[said] += 1
            continue
        rng = random.Random(number)
        try:
            made = list(clamav.Signature(line, kind).objects(rng))
        except clamav.Unmade as e:
            result.counts["unmade, " + str(e)] += 1
            continue
        result.counts["taken"] += 1
        taken.append(line)
        of_it = []
        for k, (word, data) in enumerate(made):
            path = os.path.join(directory, "%d.%d" % (number, k))
            write(path, data)
            of_it.append(Object(path, "S%d" % number, word, line))
        of_it += pack_hit(ours, directory, number, made[0][1], of_it[0], options.layers)
        for o in of_it:
            o.ask(ours)
        check_ours(ours, directory, number, made[0][1], of_it[0], options.layers, result)
        objects += of_it
    os.unlink(source)
    return taken, objects


def clamscan(directory, kind, lines, *options):
    """The names found in each file; None: it refuses the signatures."""
    database = os.path.join(directory, "all." + kind)
    found = collections.defaultdict(set)
    write(database, "\n".join(lines).encode("latin-1") + b"\n")
    done = subprocess.run(["clamscan", "--no-summary", "-i", "-z", *options, "-d", database, directory],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    os.unlink(database)
    if done.returncode == 2:
        return None
    for line in done.stdout.decode("latin-1").splitlines():
        path, _, said = line.rpartition(": ")
        if said.endswith(" FOUND"):
            found[path].add(said[:-len(" FOUND")].removesuffix(".UNOFFICIAL"))
    return found


def clamav_batch(options, kind, lines):
    result, directory, ours = Result(), work_directory(), Ours(options.program)
    try:
        taken, objects = clamav_objects(ours, directory, kind, lines, options, result)
        found = clamscan(directory, kind, taken) if taken else {}
        if found is None:
            refused = [l for l in taken if clamscan(work_directory_of(directory), kind, [l]) is None]
            result.differs += ["clamscan refuses " + l[:100] for l in refused]
            found = clamscan(directory, kind, [l for l in taken if l not in refused]) or {}
            objects = [o for o in objects if o.line not in refused]

        def as_it_is(o):
            alone = work_directory_of(directory)
            shutil.copy(o.path, alone)
            names = clamscan(alone, kind, [o.line], "--normalize=no", "--scan-html=no")
            os.unlink(os.path.join(alone, os.path.basename(o.path)))
            return {n for found_there in names.values() for n in found_there}

        for o in objects:
            o.settle(result, {n for n in found.get(o.path, ()) if n == o.signature}, as_it_is)
    finally:
        ours.close()
        shutil.rmtree(directory)
    return result


def work_directory_of(directory):
    """An empty one in it."""
    inner = os.path.join(directory, "empty")
    os.makedirs(inner, exist_ok=True)
    return inner


def clamav_jobs(options, shared):
    for name in CLAMAV:
        kind = name.removesuffix(".zst")[-3:]
        lines = text_of(os.path.join(shared, "data/clamav", name)).decode("latin-1").splitlines()
        numbered = [(i, l.strip()) for i, l in enumerate(lines, 1) if l.strip() and l[0] != "#"]
        chosen = numbered[options.first % options.every::options.every]
        for at in range(0, len(chosen), BATCH):
            yield clamav_batch, options, kind, chosen[at:at + BATCH]
    seeds = range(options.first % options.every, INVENTED, options.every)
    for at in range(0, len(seeds), BATCH):
        yield clamav_batch, options, "ldb", [(seed, invented.logical(seed)) for seed in seeds[at:at + BATCH]]


def yara_batch(options, path, name):
    result, directory, ours = Result(), work_directory(), Ours(options.program)
    try:
        yara_file(ours, directory, path, name, options, result)
    finally:
        ours.close()
        shutil.rmtree(directory)
    return result


def yara_file(ours, directory, path, name, options, result):
    with open(path, "rb") as f:
        text = f.read().decode("latin-1")
    if rules.asks_for_names(text):
        result.counts["files that ask for names"] += 1
        return
    said = ours.ask("source", path)
    result.counts["files"] += 1
    if not said.startswith("taken"):
        result.counts[said[:60]] += 1
        return
    objects, inner = [], os.path.join(directory, "objects")
    os.mkdir(inner)
    for number, rule in enumerate(rules.of(text)):
        if rule.is_private:
            continue
        result.counts["rules"] += 1
        rng = random.Random(number)
        made = list(rule.objects(rng))
        of_it = []
        for k, (word, data) in enumerate(made):
            where = os.path.join(inner, "%d.%d" % (number, k))
            write(where, data)
            of_it.append(Object(where, rule.name, word, "%s: %s" % (name, rule.name)))
        for o in of_it:
            o.ask(ours)
        check_ours(ours, directory, zlib.crc32(name.encode()) + number, made[0][1], of_it[0],
                   min(options.layers, RULE_LAYERS), result)
        objects += of_it
    found, quiet = collections.defaultdict(set), rules.private_names(text)
    done = subprocess.run(["yara", "-w", "-r", path, inner], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        result.differs.append("%s: yara: %s" % (name, done.stderr.decode()[:200]))
        return
    for line in done.stdout.decode("latin-1").splitlines():
        rule, _, where = line.partition(" ")
        if rule not in quiet:
            found[where].add(rule)
    for o in objects:
        result.counts["rules found"] += o.word == "whole" and o.signature in found.get(o.path, ())
        theirs = found.get(o.path, set())
        o.settle(result, theirs, lambda _, theirs=theirs: theirs)


def yara_says(source, directory):
    """The rules found in each file, and the files over which it fails; None: it refuses the rules."""
    found, failed = collections.defaultdict(set), set()
    done = subprocess.run(["yara", "-w", "-r", source, directory], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for line in done.stderr.decode("latin-1").splitlines():
        failed.update(re.findall(r"^error scanning (\S+): ", line))
    if done.returncode != 0 and not failed:
        return None
    for line in done.stdout.decode("latin-1").splitlines():
        rule, _, where = line.partition(" ")
        found[where].add(rule)
    return found, failed


def invented_batch(options, seeds):
    result, directory, ours = Result(), work_directory(), Ours(options.program)
    try:
        for seed in seeds:
            invented_file(ours, directory, seed, invented_rules.File(seed, options.shared), result)
    finally:
        ours.close()
        shutil.rmtree(directory)
    return result


def invented_file(ours, directory, seed, file, result):
    source, inner = os.path.join(directory, "one.yar"), os.path.join(directory, "objects")
    shutil.rmtree(inner, ignore_errors=True)
    os.mkdir(inner)
    write(source, file.text.encode("latin-1"))
    for number, (_, data) in enumerate(file.objects):
        write(os.path.join(inner, str(number)), data)
    said, theirs = ours.ask("source", source), yara_says(source, inner)
    result.counts["files"] += 1
    if theirs is None:
        result.counts["refused by yara"] += 1
        return
    if not said.startswith("taken"):
        result.counts["no rule: " + said] += 1
        return
    words = said.split(" ")
    result.counts["rules judged on the way"] += int(words[1])
    result.counts["rules judged in the sandbox"] += int(words[2])
    if words[3] != "0":
        result.counts["files that lack a rule, a string of it can't stand where it is asked for"] += 1
        return
    for number, (word, _) in enumerate(file.objects):
        path = os.path.join(inner, str(number))
        settle_invented(ours, "seed %d, %s" % (seed, word), path, theirs[0][path] - file.quiet, path in theirs[1], result)


def settle_invented(ours, where, path, found, yara_fails, result):
    """What is packed in the object, yara does not look at. Where it fails, what it found before hangs on its
    order; ours has either said error, or was not to be asked."""
    verdict, cut = ours.ask("object", path).split(" "), ours.ask("cut", path)
    named = {verdict[2]} if verdict[0] == "bad" and verdict[3] == "-" else set()
    result.counts["objects"] += 1
    result.counts["hits" if found else "misses"] += 1
    is_kept = os.path.getsize(path) <= STREAM_KEEPS
    if not is_kept and (" failed, not " in cut or cut.endswith(" for the sandbox, not nothing")):
        result.counts["differ: " + reasons.NOT_KEPT] += 1
    elif cut != "same":
        result.differs.append("%s: cut otherwise: %s" % (where, cut))
    if yara_fails:
        result.counts["yara fails, ours says %s (%s)" % (verdict[0], verdict[1])] += 1
    elif verdict[1::2] == ["error", "-"] or bool(named) != bool(found) or not named <= found:
        result.differs.append("%s: ours %s, theirs %s" % (where, " ".join(verdict), sorted(found) or "nothing"))


def invented_jobs(options):
    every = max(1, options.every // INVENTED_FILES_OFTENER)
    seeds = range(options.first % every, INVENTED_FILES, every)
    for at in range(0, len(seeds), FILES_BATCH):
        yield invented_batch, options, seeds[at:at + FILES_BATCH]


def yara_jobs(options, shared):
    base = os.path.join(shared, "data/yara")
    unpacked, found = options.unpacked, []
    for entry in sorted(os.listdir(base)):
        if entry.endswith(".tar.zst"):
            subprocess.run(["tar", "--zstd", "-xf", os.path.join(base, entry), "-C", unpacked], check=True)
        elif os.path.isdir(os.path.join(base, entry)):
            shutil.copytree(os.path.join(base, entry), os.path.join(unpacked, entry))
    for folder, _, names in sorted(os.walk(unpacked)):
        for name in sorted(names):
            if name.endswith((".yar", ".yara")):
                path = os.path.join(folder, name)
                found.append((yara_batch, options, path, os.path.relpath(path, unpacked)))
    return found[options.first % options.every::options.every] + list(invented_jobs(options))


def run(job):
    return job[0](*job[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default="build/release/tests/engine-tell")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--layers", type=int, default=len(layers_ours.ALL))
    parser.add_argument("engine", choices=("clamav", "yara"))
    options = parser.parse_args()
    options.shared = shared = os.environ.get("SLUICE_SHARED", "../shared")
    other = "clamscan" if options.engine == "clamav" else "yara"
    if not os.path.isdir(os.path.join(shared, "data", options.engine)) or shutil.which(other) is None:
        print("no data/%s below SLUICE_SHARED, or no %s" % (options.engine, other))
        return 77
    total, options.unpacked = Result(), work_directory()
    try:
        jobs = (clamav_jobs if options.engine == "clamav" else yara_jobs)(options, shared)
        with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
            for result in pool.map(run, jobs):
                total.add(result)
                for line in result.differs[:SHOWN_MAX]:
                    print(line, flush=True)
    finally:
        shutil.rmtree(options.unpacked)
    for word, count in sorted(total.counts.items()):
        print("%8d  %s" % (count, word))
    print("%d objects, %d hits, %d differ" % (total.counts["objects"], total.counts["hits"], len(total.differs)))
    return 0 if total.counts["hits"] and not total.differs else 1


if __name__ == "__main__":
    sys.exit(main())
