#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Ratios and sets of the bench, where a mistake would look like a figure. Run by tests/scenario/20-bench-run.sh."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../bench"))
from harness import appliance, capacity, compare, cores, echo, hugepages, idle, log_writer, peers, plots, processes, reloads, report, rows, sets, signatures, stages, targets  # noqa: E402


def sample(who, cpu_us, kind="html", size="1K", form="204", number=0, errors=0):
    return {"who": who, "kind": kind, "size": size, "form": form, "round": number, "cpu_us": cpu_us, "errors": errors}


def both(who, html, elf, **keys):
    return [sample(who, html, "html", **keys), sample(who, elf, "elf", **keys)]


# A turn: core.c calls icap, whose function begins with a header's line; libhs calls back; who serves all is the caller's.
PROFILE = """events: Ir
ob=(1) /x/sluice-dataplane
fl=(1) /x/dataplane/core.c
fn=(1) core_run
1 10
fi=(2) /x/./common/base/list.h
5 3
fe=(1)
+1 2
cfi=(2)
cfn=(2) icap_next
calls=4 5
* 1000
cob=(2) /x/libc.so.6
cfi=(3) ./memmove.S
cfn=(3) memcpy
calls=1 0
* 50
cfi=(4) /x/dataplane/inspect/inspect.c
cfn=(4) core_turn
calls=3 0
* 7

fl=(2)
fn=(2)
1 4
fi=(5) /x/dataplane/icap/parse.c
2 40
fe=(2)
3 6
cob=(3) /x/libhs.so.5
cfi=(6) ???
cfn=(5) hs_scan
calls=1 0
4 900

fl=(4)
fn=(4)
1 7

ob=(2)
fl=(3)
fn=(3)
0 50

ob=(3)
fl=(6)
fn=(5)
0 900

ob=(4) /x/ld.so
fl=(7) rtld.c
fn=(6) start
0 11
cob=(1)
cfi=(1)
cfn=(1)
calls=1 0
0 2000
totals: 1033
"""


class Stages(unittest.TestCase):
    FOUND = [{"size": "1K", "stages": dict.fromkeys(stages.STAGES, 0) | {"icap": 60.0, "scan": 939.5, "tls": 0.5}}]

    def test_each_instruction_once_and_those_of_helpers_to_who_called(self):
        costs, turns = stages.read(PROFILE)
        self.assertEqual({k: v for k, v in costs.items() if v},
                         {"loop": 10 + 3 + 2 + 50, "icap": 50, "scan": 900, "inspect, answer": 7, "rest": 11})
        self.assertEqual((sum(costs.values()), turns), (1033, 3))

    def test_turns_without_work_are_taken_off(self):
        none = dict.fromkeys(stages.STAGES, 0)
        each = stages.of_object((none | {"tcp": 1000, "icap": 500, "loop": 90}, 12), (none | {"tcp": 40, "loop": 200}, 4), 2, 10)
        self.assertEqual((each["tcp"], each["icap"], each["loop"]), (90, 50, 0))

    def test_the_table_leaves_out_what_took_nothing(self):
        text = stages.table(self.FOUND)
        self.assertIn("| scan | 940 |", text)
        self.assertIn("| all | 1,000 |", text)
        self.assertNotIn("http", text)
        self.assertIsNone(plots.stage_plot([]))


class Echo(unittest.TestCase):
    def test_is_of_the_frames_that_an_object_brought(self):
        samples = [dict(s, rx_packets=n) for n, s in zip((1.0, 1.5, 9), both("object", 10, 20) + [sample("object", 1, size="1M")])]
        self.assertEqual((echo.frames_of(samples, "1K"), echo.frames_of(samples, "1M"), echo.frames_of([], "1K")), (1.25, 9, None))
        found = {"packets": 100, "ns": 400.0, "core_share": 1, "empty_share": 0}
        row = echo.row_of("1K", 1.25, found)
        self.assertEqual((row["name"], row["value"]), ("echo_frames_1k_us", 0.5))
        self.assertEqual(targets.over_echo(samples, [row], "1K", "echo_frames_1k_us"), 30)
        self.assertIsNone(targets.over_echo(samples, [row], "1M", "echo_frames_1m_us"))
        self.assertIsNone(echo.row_of("1K", 1, dict(found, packets=0))["value"])


class TcpAlone(unittest.TestCase):
    FOUND = {"packets": 9, "ns": 2000.0, "core_share": 0.9, "empty_share": 0.5}

    def test_what_an_object_costs_without_anything_above_tcp(self):
        row = echo.tcp_row("1K", {"objects": 9, "errors": {"body": 0}, "first_error": ""}, self.FOUND)
        self.assertEqual((row["name"], row["value"], row["errors"]), ("tcp_alone_1k_us", 2.0, 0))
        self.assertEqual(targets.over_echo(both("object", 10, 30), [row], "1K", "tcp_alone_1k_us"), 10)

    def test_errors_and_nothing_are_no_figures(self):
        for told, note in (({"objects": 9, "errors": {"body": 2}, "first_error": "changed"}, "changed"),
                           ({"objects": 0, "errors": {"body": 0}, "first_error": ""}, "no object came through")):
            row = echo.tcp_row("1M", told, self.FOUND)
            self.assertEqual((row["value"], row["note"]), (None, note))


class Reloads(unittest.TestCase):
    def round(self, before, during, **keys):
        made = {p: {"p99_us": v, "own_p99_us": v, "objects": 9, "errors": 0} for p, v in zip(reloads.PHASES, (before, during, before))}
        made["during"].update(reload_s=1.0, **keys)
        return made

    def test_of_the_same_round_and_none_that_ended_late_or_with_errors(self):
        found = [self.round(10, 20), self.round(30, 30), self.round(10, 90, late=True), self.round(10, 90, errors=1),
                 self.round(10, 90, objects=0)]
        self.assertEqual(reloads.ratios(found), [2.0, 1.0])
        self.assertIn("clients=1.50 core=1.50 (2 of 5 rounds); reload=1 (1\u20131) s; errors=1", reloads.last_line(found, 5))
        self.assertIn("clients=n/a core=n/a (0 of 1 rounds)", reloads.last_line([self.round(0, 5)], 1))

    def test_a_share_of_the_new_turns_lies_below_a_bound(self):
        page = 'sluice_turn_seconds_bucket{core="%d",le="%s"} %d\n'
        before = reloads.counts_of("".join(page % (c, le, n) for c, le, n in [
            (0, "0.000001024", 5), (0, "0.000002048", 6), (0, "0.000004096", 6), (1, "0.000002048", 1), (1, "0.000004096", 1)]), "turn")
        after = reloads.counts_of("".join(page % (c, le, n) for c, le, n in [
            (0, "0.000001024", 6), (0, "0.000002048", 8), (0, "0.000004096", 8), (1, "0.000002048", 1), (1, "0.000004096", 1)]), "turn")
        self.assertAlmostEqual(reloads.bound_us(before, dict(after), 1000), 2.048)
        self.assertAlmostEqual(reloads.bound_us(before, dict(after), 500), 1.024)
        self.assertIsNone(reloads.bound_us(before, before, 1000))
        self.assertEqual(reloads.counts_of(page % (0, "0.000001024", 5), "object"), {})

    def test_processing_times_are_those_of_whole_lines_since_the_last_look(self):
        with tempfile.NamedTemporaryFile() as f:
            times = reloads.Times(f.name)
            f.write(b"x processing time: 1.002ms, y\nx processing time: 0.0")
            f.flush()
            self.assertEqual(times.take(), [1002])
            f.write(b"09ms, y\n")
            f.flush()
            self.assertEqual((times.take(), times.take()), ([9], []))
        self.assertEqual((reloads.quantile([3, 1, 2], 990), reloads.quantile([], 500)), (3, None))


class Ratios(unittest.TestCase):
    def test_of_one_round_and_mean_of_kinds(self):
        bare, _ = report.ratios(both("object", 20, 30) + both("bare", 10, 10))
        self.assertAlmostEqual(bare["1k"], 2.5)

    def test_median_of_the_rounds_ratios(self):
        found = []
        for number, (ours, theirs) in enumerate([(10, 10), (40, 20), (90, 30)]):  # 1, 2, 3
            found += both("object", ours, ours, number=number) + both("bare", theirs, theirs, number=number)
        self.assertAlmostEqual(report.ratios(found)[0]["1k"], 2.0)

    def test_a_kind_that_was_not_measured_makes_no_ratio(self):
        self.assertIsNone(report.ratios([sample("object", 20), sample("bare", 10)])[0]["1k"])

    def test_samples_with_errors_and_of_no_cost_are_no_figures(self):
        for wrong in (both("object", 20, 30, errors=1), both("object", 0, 0), [dict(s, objects=0) for s in both("object", 20, 30)]):
            self.assertIsNone(report.ratios(wrong + both("bare", 10, 10))[0]["1k"])

    def test_forms_are_not_mixed(self):
        found = (both("object", 8, 8, size="1M") + both("object", 6, 6, size="1M", form="single") +
                 both("object", 4, 4, size="1M", form="whole") + both("bare", 2, 2, size="1M"))
        bare, _ = report.ratios(found)
        self.assertEqual([bare[n] for n in ("1m", "single1m", "echo1m")], [4, 3, 2])

    def test_peers_are_over_ours(self):
        _, peers = report.ratios(both("object", 10, 10) + both("echo", 50, 70) + both("clam", 100, 100))
        self.assertEqual((peers["echo1k"], peers["clam1k"], peers["clam1m"]), (6, 10, None))

    def test_the_last_line(self):
        line = report.last_line(both("object", 20, 30) + both("bare", 10, 10) + both("echo", 1, 1, errors=3), 1)
        self.assertEqual(line, "object/bare: 1k=2.50 16k=n/a 1m=n/a single1m=n/a echo1m=n/a; peers/object: echo1k=n/a "
                               "echo16k=n/a clam1k=n/a clam16k=n/a clam1m=n/a; errors=7")

    def test_rounds_that_are_lacking_are_told(self):
        self.assertIn("(1 of 3 rounds)", report.table(both("object", 20, 30), 3))
        self.assertNotIn("rounds)", report.table(both("object", 20, 30), 1))


class Peers(unittest.TestCase):
    ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")

    def start_daemon(self, program):
        with tempfile.TemporaryDirectory() as place:
            peer = peers.Peer("clamd", "c-icap", self.ROOT, place, {"set": "/none"})
            was, peers.CLAMD = (peers.CLAMD, peers.favoured), program
            peers.favoured = lambda core: None
            try:
                peer.start_daemon()
            finally:
                peers.CLAMD, peers.favoured = was
                peer.stop()

    def test_a_daemon_that_is_missing_and_one_that_ends_are_told_apart(self):
        with self.assertRaisesRegex(peers.Missing, "no-such-clamd is not installed"):
            self.start_daemon("no-such-clamd")
        with self.assertRaisesRegex(peers.Failed, "clamd ended"):
            self.start_daemon("false")

    def test_nothing_is_left_to_be_filled_in(self):
        with tempfile.TemporaryDirectory() as place:
            for name, (_, files, _) in peers.KINDS.items():
                peer = peers.Peer(name, "c-icap", self.ROOT, place, {"set": "/none"})
                for path in [peer.config("c-icap.conf", *files)] + ([peer.config("clamd.conf")] if name == "clamd" else []):
                    with open(path) as f:
                        lines = [line for line in f if not line.startswith("#")]
                    self.assertNotRegex("".join(lines), "PLACE|ADDRESS|SIGNATURES", path)

    def test_only_one_that_answers_for_a_signature_is_proved(self):
        with tempfile.TemporaryDirectory() as place:
            peer = peers.Peer("clam", "c-icap", self.ROOT, place, {"set": "/none"})
            for answer, reason in (({"by_204": 1, "by_200": 0, "changed": 0}, "passes"), ({"by_204": 0, "by_200": 0, "changed": 0}, "no answer"),
                                   ({"by_204": 0, "by_200": 0, "changed": 1}, None)):
                peer.run = lambda *_, answer=answer: dict(answer, note="")
                if reason is None:
                    peer.prove()
                else:
                    self.assertRaisesRegex(peers.Failed, reason, peer.prove)

    def test_what_a_table_tells_of_a_sample(self):
        whole = dict(sample("echo", 20.0, size="16K"), rate=1e6, p50_us=1, p99_us=2, p999_us=3, max_us=4)
        line = report.table([whole, dict(whole, errors=1, round=1)], 2).splitlines()[-1]
        self.assertTrue(line.startswith("| echo (1 of 2 rounds) | html | 16K | 204 | 20.00 (20.00–20.00) | 1000000 (1000000–1000000) | 131.07 "), line)
        self.assertTrue(line.endswith("| 1 (1–1) | 2 (2–2) | 3 (3–3) | 4 (4–4) | n/a | n/a | n/a | 1 |"), line)

    def test_those_beside_the_closing_line(self):
        found = report.peer_ratios(both("object", 10, 10, size="0") + both("echo", 300, 100, size="0"), report.MORE_PEERS)
        self.assertEqual(found["echo, REQMOD"], 20)


class FalsePeers(unittest.TestCase):
    """Real processes, and the real generator: what a peer does wrong is told, and never a figure."""
    ROOT = Peers.ROOT
    PROGRAM = os.path.join(ROOT, "tests/scenario/false_peer.py")

    def setUp(self):
        self.place = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.place)
        kept = (peers.WRONG_MAX, peers.LIMIT_S)
        peers.WRONG_MAX = 2
        self.addCleanup(lambda: (setattr(peers, "WRONG_MAX", kept[0]), setattr(peers, "LIMIT_S", kept[1])))

    def started(self, fault, good):
        os.environ.update(FAULT=fault, GOOD=str(good))
        peer = peers.Peer("echo", self.PROGRAM, self.ROOT, self.place, {"set": "/none"})
        self.addCleanup(peer.stop)
        peer.start()
        return peer

    def measured(self, fault):
        """Works when it is started, and for the first 20 objects of what is measured. A machine that stands still may not come to
        the twenty-first in that time: it is asked again then."""
        peer = self.started(fault, 1 << 40)
        for _ in range(20):
            os.kill(peer.process.pid, signal.SIGUSR1)
            found = peer.measure(None, "1K", 2, 300)
            if found["errors"] > 0:
                break
        return found

    def test_one_that_works(self):
        found = self.started("none", 0).measure(None, "1K", 2, 100)
        self.assertEqual((found["errors"], found["objects"] > 0, found["cpu_us"] > 0, found["max_us"] >= found["p99_us"]), (0, True, True, True))

    def test_one_that_never_answers_rightly_is_told_with_its_words(self):
        for fault, reason in (("500", "answered ICAP 500"), ("body", "the body came back changed"), ("die", "it ended")):
            with self.subTest(fault), self.assertRaisesRegex(peers.Failed, reason):
                self.started(fault, 0)
            shutil.rmtree(os.path.join(self.place, "echo"))

    def test_one_that_dies_in_the_middle(self):
        with self.assertRaisesRegex(peers.Failed, "it died"):
            self.measured("die")

    def test_one_that_errs_in_the_middle(self):
        found = self.measured("500")
        self.assertTrue(found["errors"] > 0 and "answered ICAP 500" in found["note"], found)
        self.assertEqual(report.costs([dict(found, who="echo", kind="html", size="1K", form="204", round=0)], "echo", "html", "1K", "204"), {})

    def test_one_that_hangs(self):
        peer = self.started("none", 0)
        os.kill(peer.process.pid, signal.SIGSTOP)
        peers.LIMIT_S = 1
        with self.assertRaisesRegex(peers.Failed, "the generator did not end"):
            peer.measure(None, "1K", 2, 100)


class Hugepages(unittest.TestCase):
    """A machine that has seven pages of which four are free, and gives at most `most`."""

    def setUp(self):
        self.place = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.place)
        self.holders = os.path.join(self.place, "holders")
        for name, count in (("nr_hugepages", 7), ("free_hugepages", 4)):
            self.write(name, count)

    def write(self, name, count):
        with open(os.path.join(self.place, name), "w") as f:
            f.write(str(count))

    def pages(self):
        return hugepages.read(os.path.join(self.place, "nr_hugepages"))

    def reserve(self):
        return hugepages.reserve(self.place, self.holders)

    def give_back(self, held):
        hugepages.give_back(held, self.place, self.holders)

    def test_two_at_once_and_the_last_leaves_what_the_first_found(self):
        first, second = self.reserve(), self.reserve()
        self.assertEqual((self.pages(), first.got, second.got), (7 + 2 * hugepages.WANTED - 4, hugepages.WANTED, hugepages.WANTED))
        self.assertEqual((first.others, second.others), ([], [os.getpid()]))
        self.give_back(first)
        self.assertEqual(self.pages(), 7 + hugepages.WANTED - 4)
        self.give_back(second)
        self.assertEqual(self.pages(), 7)

    def killed(self):
        child = os.fork()
        if child == 0:
            self.reserve()
            os._exit(0)
        os.waitpid(child, 0)

    def test_one_that_was_killed_leaves_nothing_with_the_next(self):
        self.killed()
        self.assertEqual(self.pages(), 7 + hugepages.WANTED - 4)
        held = self.reserve()
        self.assertEqual((self.pages(), held.others), (7 + hugepages.WANTED - 4, []))
        self.give_back(held)
        self.assertEqual(self.pages(), 7)

    def test_what_somebody_else_set_meanwhile_stays(self):
        self.killed()
        self.write("nr_hugepages", 1000)
        self.write("free_hugepages", 990)
        held = self.reserve()
        self.assertEqual(self.pages(), 1000)
        self.give_back(held)
        self.assertEqual(self.pages(), 1000)

    def test_a_machine_without_room_for_more_is_told(self):
        os.unlink(os.path.join(self.place, "nr_hugepages"))
        os.symlink("/dev/null", os.path.join(self.place, "nr_hugepages"))
        was, hugepages.read = hugepages.read, lambda path: 4
        try:
            self.assertEqual(self.reserve().got, 4)
        finally:
            hugepages.read = was

    def test_a_file_of_holders_that_is_none(self):
        with open(self.holders, "w") as f:
            f.write("{")
        self.give_back(self.reserve())
        self.assertEqual(self.pages(), 7)


class FakeServer:
    """Answers plans as the appliance would: 10 us an object, more with a connection for each and with many, all from the cache."""

    def __init__(self, **changes):
        self.plans, self.changes = [], changes

    def run_plan(self, plan):
        self.plans.append(plan)
        sample = {"cpu_us": 20.0 if "--anew" in plan else 12.5 if "--connections 512" in plan else 10.0, "p50_us": 5.0, "p99_us": 50.0, "errors": 0, "note": "", "objects": 100,
                  "cache_hits": 100, "beside": 1, "core_share": 1.0, "gbits": 2.0, "blocked": 1, "continued": 9,
                  "lag_p50_us": 0.0, "lag_p99_us": 0.0, "lag_max_us": 0.0}
        return dict(sample, **self.changes)

    def run_aside(self, plan):
        return dict(self.run_plan(plan), lag_p50_us=1.0, lag_p99_us=9.0, lag_max_us=12.0, core_p50_us=4.0, core_p99_us=8.0, turn_max_us=16.0,
                    generator_had=0.75, unsent=3, records_lost=4, real_time=True, p999_us=60.0, max_us=70.0, aside=True)


class Rows(unittest.TestCase):
    BODY = {"path": "/x", "type": "text/html"}

    def measure(self, server, cpu_us=10.0, share=0.5, errors=0):
        warm = {"cpu_us": cpu_us, "core_share": share, "errors": errors}
        return {r["name"]: r for r in rows.measure(server, self.BODY, 0, warm, 32, 100)}

    def test_rates_are_parts_of_what_the_core_can_do_in_the_time_it_has(self):
        server = FakeServer(core_share=0.5)
        found = self.measure(server)
        self.assertEqual(found["anew_share"]["value"], 0.5)
        self.assertEqual([found[n]["value"] for n in ("one_p50_us", "load70_p99_us", "beside_p99_us", "cached_us")], [5, 50, 50, 10])
        self.assertEqual(sum("--rate 28000 " in p + " " for p in server.plans), 2)
        self.assertEqual(sum("--beside 100M" in p for p in server.plans), 1)

    def test_what_the_generator_was_late_itself_is_told_and_not_taken_off(self):
        lines = targets.latency_table(list(self.measure(FakeServer()).values())).splitlines()
        self.assertEqual(len(lines), 2 + len(rows.LOADS) + 1)
        self.assertEqual(lines[-1], "| beside | 5 | 50 | 60 | 70 | 1 | 9 | 12 | 4 | 8 | 16 | 75 % | 3 | 4 | 1 of 1 |")
        self.assertEqual(targets.latency_table(list(self.measure(FakeServer(errors=1)).values())), "")

    def test_what_runs_at_real_time_is_short(self):
        server = FakeServer()
        rows.measure(server, self.BODY, 0, {"cpu_us": 10.0, "core_share": 0.5, "errors": 0}, 32, 1500)
        self.assertEqual({"--milliseconds %d " % processes.REAL_TIME_MS in p for p in server.plans if "--rate" in p}, {True})
        self.assertEqual({"--milliseconds 1500 " in p for p in server.plans if "--anew" in p}, {True})

    def test_pollers_have_real_time_while_they_are_measured_and_no_longer(self):
        with subprocess.Popen(["sleep", "60"]) as one:
            before = os.sched_getscheduler(one.pid)
            with processes.real_time([one.pid]) as allowed:
                self.assertEqual(os.sched_getscheduler(one.pid) == os.SCHED_FIFO, allowed)
            self.assertEqual(os.sched_getscheduler(one.pid), before)
            one.kill()

    def test_what_did_not_happen_is_no_figure(self):
        found = self.measure(FakeServer(cache_hits=80, beside=0))
        self.assertEqual((found["cached_us"]["value"], found["beside_p99_us"]["value"], found["anew_share"]["value"]), (None, None, 0.5))
        self.assertEqual(targets.notes(list(found.values())), ["beside_p99_us: n/a: no body of 100M came through beside",
                                                               "cached_us: n/a: only 80 of 100 came from the cache"])

    def test_a_mix_without_threats_or_previews_is_none(self):
        self.assertEqual([self.measure(FakeServer())[n]["value"] for n in ("mix_us", "mix_gbits")], [10, 2])
        for changes in ({"blocked": 0}, {"continued": 0}):
            found = self.measure(FakeServer(**changes))
            self.assertEqual((found["mix_us"]["value"], found["mix_gbits"]["value"]), (None, None))

    def test_no_object_is_no_figure(self):
        found = self.measure(FakeServer(objects=0, cache_hits=0, p99_us=0.0))
        self.assertEqual({r["value"] for r in found.values()}, {None})
        self.assertIn("one_p50_us: n/a: no object came through in the time", targets.notes(list(found.values())))

    def test_without_a_warm_rate_its_share_is_not_known(self):
        for found in (self.measure(FakeServer(), errors=1), self.measure(FakeServer(), cpu_us=0)):
            self.assertEqual([(n, r["note"]) for n, r in found.items() if r["value"] is None],
                             [("anew_share", "one of the two costs is not known")])

    def test_a_row_is_never_lost(self):
        names = list(self.measure(FakeServer()))
        for changes in ({"errors": 3}, {"cpu_us": 0.0}, {"objects": 0, "cpu_us": 0.0}):
            found = self.measure(FakeServer(**changes))
            self.assertEqual(list(found), names)
            self.assertEqual([n for n, r in found.items() if r["value"] is None and not r["note"]], [])
            unknown = [r for n, r in found.items() if n.startswith("load") or n == "beside_p99_us"]
            self.assertEqual({(r["value"], r["errors"]) for r in unknown}, {(None, 0)})


class Cores(unittest.TestCase):
    """A reading of a core: wall ns, ns of processor time, ns of turns with work, objects."""
    BEFORE = [(0, 0, 0, 0), (0, 0, 0, 0)]

    def test_a_core_costs_what_its_turns_took_of_the_time_it_had(self):
        self.assertEqual(cores.costs(self.BEFORE, [(1000000, 500000, 400000, 20), (1000000, 0, 0, 0)]), [(10.0, 20, 0.5), (None, 0, 0.0)])

    def test_the_first_core_with_and_without_the_second(self):
        alone = [(10.0, 100, 1.0), (None, 0, 0.5)]
        row = cores.ratio_row(3, "cores_ratio", alone, [(11.0, 80, 1.0), (30.0, 40, 0.5)], 0, "")
        self.assertEqual([row[k] for k in ("name", "round", "value", "second_objects", "second_share")], ["cores_ratio", 3, 1.1, 40, 0.5])

    def test_a_second_core_without_objects_is_no_figure(self):
        row = cores.ratio_row(0, "cores_ratio", [(10.0, 100, 1.0), (None, 0, 0.5)], [(10.0, 80, 1.0), (None, 0, 0.5)], 0, "")
        self.assertEqual((row["value"], row["note"]), (None, "no object came to core 1"))

    def test_instructions_of_one_and_of_two(self):
        one, two = ([{"size": "1K", "stages": {"tcp": n, "icap": 100}}, {"size": "1M", "stages": {"tcp": 9}}] for n in (100, 80))
        self.assertEqual(stages.cores_row(one, two)["value"], 0.9)
        self.assertEqual([stages.cores_row(one, [], "8 objects")[k] for k in ("value", "note", "errors")], [None, "8 objects", 0])


class Idle(unittest.TestCase):
    FOUND = {"asked": 1000, "standing": 1000, "failed": 0, "still": 1000, "small": (1 << 20, 0, 500), "full": (3 << 20, 0, 400),
             "before": [{"busy_us": 4.0, "objects": 9, "errors": 0}], "beside": [{"busy_us": 5.0, "objects": 9, "errors": 0}],
             "none_room": [(2.0, 9), (1.0, 9)], "crowd": [(3.0, 9), (1.5, 9)]}

    def test_memory_is_beyond_an_appliance_without_room_and_time_the_least(self):
        found = {r["name"]: (r["value"], r["errors"]) for r in idle.rows(self.FOUND)}
        self.assertEqual(found, {"idle_mib": (2.0, 0), "idle_bytes_each": ((2 << 20) / 1000, 0), "idle_cpu_us": (1500.0, 0),
                                 "idle_none_cpu_us": (1000.0, 0), "idle_cost_ratio": (1.25, 0)})

    def test_work_beside_that_failed_is_its_rows_error_alone(self):
        for changes, value in (({"errors": 3}, 3), ({"objects": 0}, 0)):
            found = {r["name"]: r for r in idle.rows(dict(self.FOUND, beside=[dict(self.FOUND["beside"][0], **changes)]))}
            self.assertEqual((found["idle_cost_ratio"]["errors"], found["idle_mib"]["errors"]), (value, 0))
        self.assertIsNone(found["idle_cost_ratio"]["value"])

    def test_connections_that_went_are_errors(self):
        for changes in ({"still": 990}, {"standing": 990, "failed": 10, "still": 990}):
            found = idle.rows(dict(self.FOUND, **changes))
            self.assertTrue(all(r["errors"] >= 10 and "did not stand" in r["note"] for r in found), found)


class Targets(unittest.TestCase):
    def told(self, samples, found):
        return {line.split(" | ")[0][2:]: line.split(" | ")[2:] for line in targets.table(samples, found).splitlines()[2:]}

    def row(self, name, value, errors=0, number=0):
        return {"name": name, "value": value, "errors": errors, "round": number, "note": ""}

    def test_reached_missed_and_not_measured(self):
        told = self.told(both("object", 8, 8) + both("bare", 10, 10) + both("clam", 400, 400),
                         [self.row("anew_share", 0.5), self.row("one_p50_us", 8.0), self.row("beside_p99_us", 1, errors=1)])
        self.assertEqual(told["1 KiB RESPMOD, over bare"], ["0.80", "reached |"])
        self.assertEqual(told["c-icap + libclamav over ours, 1 KiB"], ["50.0", "missed |"])
        self.assertEqual(told["a connection for each object: share of the warm rate"], ["0.50", "missed |"])
        self.assertEqual(told["1 KiB, one in flight: p50, µs"], ["8.0", "reached |"])
        self.assertEqual(told["1 KiB at 70 % load, 100 MiB beside it: p99, µs"], ["n/a", "n/a |"])

    def test_rows_without_a_figure_lose_nothing_else(self):
        names = list(rows.measure(FakeServer(), Rows.BODY, 0, {"cpu_us": 10.0, "core_share": 1.0, "errors": 0}, 32, 100))
        found = [dict(r, value=None) for r in names] + [dict(self.row(n, None), connections=5) for n in targets.ONCE]
        bare = [dict(s, clock_ghz=2.0, lanes_us=1.0) for s in both("bare", 10, 10)]
        told = self.told(both("object", 8, 8) + bare, found)
        self.assertEqual((told["1 KiB RESPMOD, over bare"], told["a cached object of 1 KiB: cycles over its digests in lanes"]),
                         (["0.80", "reached |"], ["n/a", "n/a |"]))
        self.assertEqual(targets.row_table(found, 1).count("| n/a | 0"), len(found))
        self.assertEqual((targets.latency_table(found), plots.latencies(found)), ("", []))

    def test_a_target_is_held_by_what_was_measured_not_as_it_is_told(self):
        self.assertEqual([targets.word(1.0, "at most", 1.0), targets.word(1.0, "at most", 1.004), targets.word(0.6, "at least", 0.5977)],
                         ["reached", "missed", "missed"])

    def test_cycles_are_of_the_clock_of_their_round(self):
        bare = [dict(s, clock_ghz=2.0, lanes_us=1.0) for s in both("bare", 10, 10)]
        samples = both("object", 5, 7) + both("best", 2, 3) + bare
        self.assertEqual(targets.cycles_over_best(samples), 7000)
        self.assertEqual(targets.cached_cycles(samples, [self.row("cached_us", 4.0), self.row("cached_us", 9.0, number=1)]), 6000)
        self.assertEqual(targets.cached_cycles(samples, [self.row("cached_us", 4.0), self.row("cached_us", None)]), 6000)
        self.assertIsNone(targets.cycles_over_best(both("object", 5, 7) + bare))
        self.assertIsNone(targets.cached_cycles(samples, []))

    def test_rounds_that_are_lacking_are_told(self):
        lines = targets.row_table([self.row("cached_us", 4.0), self.row("cached_us", 5.0, errors=2, number=1), self.row("idle_mib", 1)], 2)
        self.assertIn("| cached_us | 4 (4–4) | 1 of 2 | 2 |", lines)
        self.assertIn("| idle_mib | 1 (1–1) | 1 | 0 |", lines)

    def test_best_is_read_from_what_the_scan_printed(self):
        text = ("10,000 literals; ours\nhtml.bin                 1k 3.26 us 0.40, 16k 29.10 us 0.29, 1m 1521.02 us 0.25, "
                "single1m 2000.00 us 0.47\nscan/bare: 1k=0.40\n")
        self.assertEqual(list(report.best_of(text)), [("html", "1K", 3.26), ("html", "16K", 29.1), ("html", "1M", 1521.02)])
        self.assertEqual(list(report.best_of("nothing of the kind")), [])


class Plots(unittest.TestCase):
    SAMPLES = both("object", 10, 20) + both("object", 100, 100, size="16K") + both("clam", 500, 500) + [sample("echo", 50)]

    def row(self, percent, **keys):
        return dict({"name": "load%d_p99_us" % percent, "errors": 0, "value": 9, "p50_us": 5, "p99_us": 9, "p999_us": 20}, **keys)

    def test_only_what_was_measured_of_both_kinds_is_drawn(self):
        self.assertEqual(plots.curves(self.SAMPLES), {"object": [(1024, 15), (16384, 100)], "clam": [(1024, 500)]})
        self.assertIsNone(plots.cost_plot([]))

    def test_latencies_are_medians_of_rounds_without_errors(self):
        found = [self.row(10), self.row(10, p50_us=7, p99_us=11), self.row(30, errors=1), self.row(50, value=None)]
        self.assertEqual(plots.latencies(found), [(10, 6, 10, 20)])
        self.assertIsNone(plots.latency_plot(found))

    @unittest.skipIf(shutil.which("gnuplot") is None, "gnuplot is not installed")
    def test_gnuplot_takes_what_is_made(self):
        with tempfile.TemporaryDirectory() as where:
            drawn, why = plots.draw(self.SAMPLES, [self.row(10), self.row(90)], Stages.FOUND, where)
            self.assertEqual((drawn, why), (["cost.svg", "latency.svg", "stages.svg"], None))
            with open(os.path.join(where, "cost.svg")) as f:
                self.assertIn("Sluice", f.read())
            self.assertEqual(plots.draw([], [], [], where), ([], None))

    def test_without_gnuplot_the_reason_is_told(self):
        was, os.environ["PATH"] = os.environ["PATH"], "/none"
        try:
            self.assertEqual(plots.draw(self.SAMPLES, [], [], "/none"), ([], "gnuplot is not installed (package gnuplot-nox)"))
        finally:
            os.environ["PATH"] = was


class LogWriter(unittest.TestCase):
    FED = {"rate": 100, "due": 100, "put": 90, "lost": 10, "seconds": 1.0}

    def test_lines_a_second_of_its_time(self):
        row = log_writer.row_of(self.FED, 90, 1, 0.001)
        self.assertEqual((row["value"], row["errors"], row["lost"]), (90000, 0, 10))

    def test_lines_that_are_lacking_and_losses_that_are_not_told_are_errors(self):
        self.assertEqual(log_writer.row_of(self.FED, 89, 1, 1)["errors"], 1)
        self.assertEqual(log_writer.row_of(self.FED, 90, 0, 1)["errors"], 1)
        self.assertIsNone(log_writer.row_of(self.FED, 90, 1, 0)["value"])

    def test_what_is_a_line_of_an_object_and_what_of_a_loss(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("sluice.log", "a Finish processing file\nb 5 records of objects were dropped\n"), ("sluice.log.1", "c Finish processing url\n")):
                with open(os.path.join(folder, name), "w") as f:
                    f.write(text)
            self.assertEqual(log_writer.lines_of(folder), (2, 1))


class Notes(unittest.TestCase):
    def test_an_error_is_told_by_its_kind_and_words(self):
        result = {"errors": {"closed": 0, "reset": 2, "body": 1}, "first_error": "reset by the server"}
        self.assertEqual(appliance.note(result, 0), "reset: 2; body: 1; the first: reset by the server")
        self.assertEqual(appliance.note({"errors": {"reset": 0}, "first_error": ""}, 3),
                         "frames dropped by the dataplane: 3")


def run_of(object_costs, bare_costs, **machine):
    samples = []
    for number, (ours, bare) in enumerate(zip(object_costs, bare_costs)):
        samples += both("object", ours, ours, number=number) + both("bare", bare, bare, number=number)
    return {"machine": machine, "samples": samples}


class Compared(unittest.TestCase):
    def lines(self, a, b):
        lines, slower = compare.compare(run_of(*a), run_of(*b))
        return [line for line in lines if line.startswith("| 1k |")], slower

    def test_slower_and_faster_are_told(self):
        even, up = [10, 11, 10, 11, 10], [13, 14, 13, 14, 13]
        bare = [10] * 5
        lines, slower = self.lines((even, bare), (up, bare))
        self.assertEqual((slower, "+30 % | SLOWER" in lines[0]), (2, True))
        lines, slower = self.lines((up, bare), (even, bare))
        self.assertEqual((slower, "-23 % | faster" in lines[0]), (0, True))

    def test_noise_is_not_slower(self):
        lines, slower = self.lines(([10, 12, 14, 11, 13], [10] * 5), ([11, 13, 15, 12, 14], [10] * 5))
        self.assertEqual((slower, "+8 % | same" in lines[0]), (0, True))

    def test_a_slower_machine_is_not_slower(self):
        _, slower = self.lines(([10] * 5, [10] * 5), ([20] * 5, [20] * 5))
        self.assertEqual(slower, 0)

    def test_a_sure_change_that_is_small_is_not_told(self):
        _, slower = self.lines(([100] * 5, [100] * 5), ([102] * 5, [100] * 5))
        self.assertEqual(slower, 0)

    def test_few_rounds_and_none(self):
        lines, slower = self.lines(([10] * 4, [10] * 4), ([20] * 4, [10] * 4))
        self.assertEqual((slower, "+100 % | too few" in lines[0]), (0, True))
        lines, slower = self.lines(([], []), ([20] * 5, [10] * 5))
        self.assertEqual((slower, "n/a | n/a" in lines[0]), (0, True))

    def test_chances(self):
        self.assertAlmostEqual(compare.chance([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 2 / 252)
        self.assertAlmostEqual(compare.chance([1, 2], [1, 2]), 1.0)
        many = list(range(30))  # by the normal distribution: 30 of 30 above the others, and none
        self.assertLess(compare.chance(many, [v + 30 for v in many]), 1e-9)
        self.assertGreater(compare.chance(many, many), 0.9)

    def test_other_work_is_not_compared(self):
        a, b = run_of([1], [1], literals=10), run_of([1], [1], literals=11)
        self.assertEqual(compare.differences(a, b), ["literals: 10 and 11"])
        self.assertEqual(compare.differences(a, a), [])


class Capacity(unittest.TestCase):
    SAMPLES = (both("object", 10, 10) + both("object", 40, 40, size="16K") + both("object", 2056, 2056, size="1M") +
               both("object", 3056, 3056, size="1M", form="whole"))

    def test_sizes(self):
        self.assertEqual([capacity.size_bytes(t) for t in ("7", "16K", "2m")], [7, 16384, 2 << 20])
        for wrong in ("", "K", "0", "-1K", "1G", "x"):
            with self.assertRaises(ValueError):
                capacity.size_bytes(wrong)

    def test_costs_lie_on_straight_lines(self):
        points = capacity.costs_by_size(self.SAMPLES)
        slope = (2056 - 40) / (1048576 - 16384)
        for size, cost in ((1, 10), (1024, 10), (8704, 25), (16384, 40), (1048576, 2056), (2 << 20, 2056 + slope * 1048576)):
            self.assertAlmostEqual(capacity.cost_of(points, size), cost)

    def test_cores_and_wire(self):
        found = capacity.need(self.SAMPLES, 10000, [(1024, 0.9), (1 << 20, 0.1)], 0.5, 0.5)
        # 9,000 of 10 us, and 1,000 of 2,056 us and half of 1,000 us more, at half a core; sending back 1 KiB costs 0.98/2 us
        self.assertAlmostEqual(found["cores"], (9000 * (10 + 0.5 * 1000 / 1024) + 1000 * 2556) / 1e6 / 0.5)
        frames = 9000 * 2 + 1000 * 725
        self.assertAlmostEqual(found["gbits_in"], (9000 * 1624 + 1000 * 1049176 + frames * 90) * 8 / 1e9)
        self.assertAlmostEqual(found["gbits_out"], found["gbits_in"] / 2)

    def test_what_was_not_measured_is_not_told(self):
        with self.assertRaises(ValueError):
            capacity.need(both("object", 10, 10), 1, [(1024, 1)], 0, 0.7)
        with self.assertRaises(ValueError):
            capacity.need(self.SAMPLES[:6], 1, [(1024, 1)], 0.1, 0.7)
        self.assertGreater(capacity.need(self.SAMPLES[:6], 1, [(1024, 1)], 0, 0.7)["cores"], 0)


class Sets(unittest.TestCase):
    def test_the_longest_run_of_a_pattern(self):
        rows = (("61626364", b"abcd"), ("6162??63646566", b"cdef"), ("61{2-4}626364*65", b"bcd"), ("6?62636465", b"bcde"),
                ("616263(64|65)66", b"abc"), ("??", b""))
        for pattern, expected in rows:
            self.assertEqual(signatures.longest_run(pattern), expected, pattern)

    def test_rows_whose_patterns_can_be_told_are_taken_whole(self):
        rows = ((signatures.of_ndb, "A:1:EOF-9:616263??64", ("1", [b"abc"])), (signatures.of_ndb, "A:3:*:61626364", None),
                (signatures.of_ndb, "A:1:EP+0:61626364", ("1", [None])), (signatures.of_ndb, "A:0:*:61*6263", ("0", [None])),
                (signatures.of_ndb, "A:0:*:61626364{990-999}65", ("0", [None])),
                (signatures.of_ldb, "A;Engine:51-255,Target:1;0&1;61626364;0:7a7a::w", ("1", [b"abcd", b"z\0z\0"])),
                (signatures.of_ldb, "A;Engine:51-255,Container:CL_TYPE_ZIP,Target:0;0;61626364", None),
                (signatures.of_ldb, "A;Target:0;0&1;61626364;0/regex/", ("0", [b"abcd", None])))
        for read, line, expected in rows:
            self.assertEqual(read(line), expected, line)

    def test_rows_are_chosen_whole_and_without_what_stands_in_a_body(self):
        rows = [signatures.plain_row(i, bytes(("literal %04d" % i).encode())) for i in range(30)]
        chosen, literals = signatures.choose(rows, sets.Haystack(b"with literal 0007 in it"))
        self.assertEqual(sorted(literals), sorted(r[2][0] for i, r in enumerate(rows) if i != 7))
        self.assertEqual(len(chosen), 29)

    def test_what_stands_in_a_body_is_not_chosen(self):
        body = sets.Haystack(b"some function () { return 'x' } text")
        for literal, stands in ((b"function () {", True), (b"FUNCTION(){", True), (b'return "x"', True), (b"function [] {", False)):
            self.assertEqual(literal in body, stands, literal)

    def test_generated_sets_are_the_same_each_time(self):
        self.assertEqual(sets.bodies("/none")["html"][0], sets.bodies("/none")["html"][0])
        rows, literals, origin = signatures.chosen_of("/none", sets.Haystack(b"no such thing"), "real")
        self.assertEqual((len(rows), len(set(literals)), origin), (signatures.LITERALS, signatures.LITERALS, "generated"))


if __name__ == "__main__":
    unittest.main()
