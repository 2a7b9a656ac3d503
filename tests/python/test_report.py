# SPDX-License-Identifier: GPL-2.0-or-later
"""The report: its first lines on real dumps and on copies with something planted, what it says when pages are missing, its command lines."""

import json
import os
import random
import re
import signal
import subprocess
import tempfile
import unittest

import pykd
from altered import Altered, sleeping_users
from dumps import PAGE, PYKD, SAMPLE, SHARED, opened, vmcores
from planting import Planting
from pykd.kernel import timekeeping
from pykd.kernel.fs.superblocks import for_each_super_block, sb_frozen
from pykd.kernel.task import threads
from pykd.kernel.waits.filesystems import writers_queued
from pykd.report import findings, json_text, sections
from pykd.report.build import document
from pykd.report.facts import Facts
from pykd.report.finding import STOPS
from pykd.report.limits import Deadline, OutOfTimeError
from pykd.report.ranking import find_all
from pykd.report.text import lines


def words(report):
    return "\n".join(lines(report))


class Real(unittest.TestCase):
    def test_cause(self):
        """In the dumps of ../shared a file system is frozen and two threads wait; nothing is wrong with the sample."""
        for path in vmcores():
            report = document(opened(path))
            with self.subTest(path):
                self.assertEqual(report["verdict"]["kind"], "sysrq")
                self.assertEqual([one for one in report["unknown"] if not re.search("page was excluded|threads are not in the dump", one["why"])], [])
                if path == SAMPLE:
                    self.assertIsNone(report["cause"])
                    self.assertFalse([finding for finding in report["findings"] if finding["severity"] == STOPS])
                    self.assertIn("none is proven. Excluded: ", words(report))
                else:
                    self.assertEqual((report["cause"]["key"], report["cause"]["proof"], report["cause"]["victims"]), ("I1", "exact", 2))
                    self.assertEqual(report["findings"][0], report["cause"])
                    self.assertIn("CAUSE    likely reason for the request: The file system", words(report))
                self.assertIn("(who asked for it)", words(report))

    def test_sections(self):
        for path in vmcores():
            report = document(opened(path))
            for section in report["sections"]:
                with self.subTest(path, section=section["name"]):
                    self.assertNotIn("error", section)
                    self.assertTrue(section["blocks"])

    def test_memory_adds_up(self):
        for path in vmcores():
            (section,) = document(opened(path), names=("memory",))["sections"]
            bar = next(block["data"] for block in section["blocks"] if block["type"] == "picture")
            self.assertEqual(sum(bar.values()), Facts(opened(path)).total_pages * PAGE)
            self.assertLess(bar["not accounted for"], 0.2 * sum(bar.values()))

    def test_text_is_narrow(self):
        for path in vmcores():
            wide = [line for line in lines(document(opened(path))) if len(line) > 100]
            self.assertEqual(wide, [])

    def test_signature(self):
        """It is the same of the same crash of three kernels."""
        signatures = {document(opened(path), names=())["signature"]["hash"] for path in vmcores() if path.startswith(SHARED)}
        self.assertLessEqual(len(signatures), 1)
        self.assertNotIn(document(opened(SAMPLE), names=())["signature"]["hash"], signatures)


class Planted(Planting):
    def test_deadlock(self):
        first, second, third = sleeping_users(self.dump, 3)
        rtnl, cgroup = (self.dump.address_of(name) for name in ("rtnl_mutex", "cgroup_mutex"))
        self.tasks.wait_for_mutex(rtnl, first, second, third)
        self.tasks.wait_for_mutex(cgroup, second, first)
        cause = self.report()["cause"]
        self.assertEqual((cause["key"], cause["victims"], cause["proof"]), ("D3", 3, "exact"))
        self.assertIn("cgroup_mutex", "".join(cause["evidence"]))

    def test_holder_that_sleeps(self):
        for seconds, key in ((200, "D1"), (0, None)):
            with self.subTest(seconds=seconds):
                self.setUp()
                first, second = sleeping_users(self.dump, 2)
                self.tasks.wait_for_mutex(self.dump.address_of("rtnl_mutex"), first, second)
                self.age(seconds, first, second)
                report = self.report()
                self.assertEqual(report["cause"] and report["cause"]["key"], key)
                self.assertEqual("E1" in {finding["key"] for finding in report["findings"]}, seconds > 120)

    def test_holder_that_is_gone(self):
        (task,) = sleeping_users(self.dump, 1)
        self.tasks.wait_for_mutex(self.dump.address_of("rtnl_mutex"), self.dump.symbol("init_mm").address & ~7, task)
        self.age(30, task)
        self.assertIn("whose owner exists no more", self.report()["cause"]["text"])

    def test_holder_whose_memory_is_another_s(self):
        """Whoever began after the others had waited cannot hold it; whoever began before can."""
        now = timekeeping.ktime(self.dump)
        for born, gone in ((now - 2 * 10**9, True), (1, False)):
            with self.subTest(born=born):
                self.setUp()
                first, second = sleeping_users(self.dump, 2)
                self.tasks.wait_for_mutex(self.dump.address_of("rtnl_mutex"), first, second)
                self.age(10, first, second)
                self.set("task_struct", first, "start_time", born)
                self.assertEqual("whose owner exists no more" in self.report()["cause"]["text"], gone)

    def test_waiters_that_are_lost(self):
        """The lock's own word says that somebody waits: its holder sleeps, and the list leads to a page that is not there."""
        first, second = sleeping_users(self.dump, 2)
        self.tasks.wait_for_mutex(self.dump.address_of("rtnl_mutex"), first, second)
        self.tasks.put_to_sleep(first)
        for seconds, key in ((30, "D1"), (5, None)):
            self.age(seconds, first, second)
            self.altered.exclude(self.dump.translate(self.tasks.top(second)) // PAGE)
            cause = self.report()["cause"]
            with self.subTest(seconds=seconds):
                self.assertEqual(cause and cause["key"], key)
                self.assertTrue(key is None or "At least one thread, which is lost, waits for mutex" in cause["text"])

    def test_lost_wakeup(self):
        (task,) = sleeping_users(self.dump, 1)
        self.tasks.wait_for_mutex(self.dump.address_of("rtnl_mutex"), 0, task)
        self.age(30, task)
        self.assertEqual(self.report()["cause"]["key"], "D2")

    def test_not_known_is_not_free(self):
        (task,) = sleeping_users(self.dump, 1)
        rtnl = self.dump.address_of("rtnl_mutex")
        self.tasks.wait_for_mutex(rtnl, 0, task)
        self.age(30, task)
        self.altered.exclude(self.dump.translate(rtnl) // PAGE)
        cause = self.report()["cause"]
        self.assertFalse(cause and cause["key"] == "D2")

    def test_stack_overflow(self):
        task = next(int(task) for task in threads.threads(self.dump) if task.mm)
        self.altered.word(self.dump.stack_of_task(task)[0], 0x4141414141414141)
        cause = self.report()["cause"]
        self.assertEqual(cause["key"], "P1")

    def test_log(self):
        for text, key in (
            ("BUG: kernel NULL pointer dereference, address: 0000000000000010", None),  # no oops with a number follows
            ("list_del corruption, ffff8881\u00e9 is LIST_POISON1", "P"),
            ("refcount_t: underflow; use-after-free.", "P"),
            ("mce: [Hardware Error]: Machine Check Exception", "M1"),
        ):
            with self.subTest(text):
                self.setUp()
                self.say(3, text)
                cause = self.report()["cause"]
                self.assertEqual(cause and cause["key"], key)

    def test_hostile_text(self):
        """What a process calls itself is shown, and does nothing."""
        task = sleeping_users(self.dump, 1)[0]
        self.altered.write(task + self.dump.type("struct task_struct").offset_of("comm"), b"\x1b[2J<script>\n\0")
        self.tasks.put_to_sleep(task)
        report = document(self.altered.open(self))
        self.assertTrue(all(line.isprintable() for line in lines(report)))


class Frozen(unittest.TestCase):
    """The frozen file system of the dumps of ../shared, where pages that tell of it are missing."""

    def frozen(self):
        for path in vmcores():
            if path.startswith(SHARED):
                self.altered = Altered(path)
                self.block = next(block for block in for_each_super_block(self.altered.dump) if sb_frozen(block))
                self.waiters = writers_queued(self.altered.dump, self.block).tasks
                yield path

    def page(self, address):
        return self.altered.dump.translate(address) // PAGE

    def test_waiters_are_in_no_list(self):
        """Their task_structs are lost: the queue in the super_block has them."""
        for path in self.frozen():
            for task in self.waiters:
                for address in range(task, task + self.altered.dump.type("struct task_struct").size, PAGE):
                    self.altered.exclude(self.page(address))
            cause = document(self.altered.open(self), names=())["cause"]
            with self.subTest(path):
                self.assertEqual((cause["key"], cause["victims"]), ("I1", 2))
                self.assertIn("is in its queue of writers", "\n".join(cause["evidence"]))

    def test_stacks_of_waiters_are_lost(self):
        """That somebody waits is known by the head of the queue; nothing is said to be excluded that their stacks would tell."""
        for path in self.frozen():
            for task in self.waiters:
                low, high = self.altered.dump.stack_of_task(task)
                for address in range(low, high, PAGE):
                    self.altered.exclude(self.page(address))
            report = document(self.altered.open(self), names=())
            with self.subTest(path):
                self.assertEqual(report["cause"]["key"], "I1")
                self.assertIn("at least one thread waits", report["cause"]["text"])
                self.assertNotIn("deadlock", [one["title"] for one in report["excluded"]])
                self.assertIn("deadlock", [one["title"] for one in report["unknown"]])

    def test_super_block_is_lost(self):
        """Where the writers wait says that it is frozen, most likely."""
        for path in self.frozen():
            self.altered.exclude(self.page(int(self.block)))
            report = document(self.altered.open(self), names=())
            with self.subTest(path):
                self.assertIsNone(report["cause"])
                (found,) = [one for one in report["findings"] if one["key"] == "I1"]
                self.assertEqual((found["proof"], found["victims"]), ("guess", 2))
                self.assertIn("To look at first: 2 threads wait to write to a file system, which most likely is frozen", " ".join(words(report).split()))


class Lossy(unittest.TestCase):
    """With pages missing at random the report ends, and says what is lost."""

    def test_missing_pages(self):
        for path in vmcores():
            for share in (100, 10):
                altered = Altered(path)
                chance = random.Random(share)
                # That of the kernel itself (types, names) is kept: without it there is no report, and another test's business.
                kept = self.image(altered.dump)
                present = [pfn for pfn in range(altered.dump.max_pfn) if pfn not in kept and altered.dump.page_status(pfn) == "present"]
                for pfn in chance.sample(present, len(present) // share):
                    altered.exclude(pfn)
                report = document(altered.open(self))
                with self.subTest(path, share=share):
                    self.assertIn(report["verdict"]["kind"], ("sysrq", "unknown", "alive"))
                    self.assertIn(report["cause"] and report["cause"]["key"], (None, "I1"))
                    self.assertTrue(words(report))

    def test_missing_pages_of_the_kernel(self):
        """Types and names are lost too: little is known then, and nothing is said that is not so."""
        present = [pfn for pfn in range(opened(SAMPLE).max_pfn) if opened(SAMPLE).page_status(pfn) == "present"]
        done = 0
        for seed in range(6):
            altered = Altered(SAMPLE)
            for pfn in random.Random(seed).sample(present, len(present) // (100, 10)[seed % 2]):
                altered.exclude(pfn)
            try:
                dump = altered.open(self)
                self.assertTrue(dump.layout)
            except pykd.Error:
                continue  # it cannot even be opened
            report = document(dump)
            with self.subTest(seed):
                self.assertIn(report["verdict"]["kind"], ("sysrq", "unknown"))
                self.assertIsNone(report["cause"])
                self.assertIn("Not known: ", words(report))
                done += 1
        self.assertGreater(done, 2)

    @staticmethod
    def image(dump):
        start, end = dump.layout["image_start"], dump.layout["image_end"]
        first = dump.translate(dump.symbol("_stext").address) // PAGE
        return range(first, first + (end - start) // PAGE if end > start else first + 16384)


class Rules(unittest.TestCase):
    def test_every_finding_is_whole(self):
        keys = []
        for name in findings.names():
            rule = findings.find(name)
            with self.subTest(name):
                self.assertTrue(rule.key and rule.title and rule.false_alarm and rule.advice)
                self.assertTrue(name.startswith(rule.key.lower()) or name[0] in "gpn")
                keys.append(rule.key)
        self.assertEqual(len(keys), len(set(keys)))
        self.assertGreater(len(keys), 24)

    def test_without_a_log(self):
        """That it has no message proves nothing then."""
        facts = Facts(opened(SAMPLE))
        facts._records, facts.log_error = [], pykd.Error("lost")
        found = find_all(facts, Deadline(60), ["a3_oops", "a4_warning", "p_corruption", "e1_hung", "d3_deadlock"])
        self.assertEqual([title for title, _ in found.excluded], ["deadlock"])
        self.assertEqual(len(found.unknown), 4)

    def test_sections_are_found(self):
        for name in sections.NAMES:
            self.assertTrue(sections.find(name).title)

    def test_a_rule_that_fails_costs_itself(self):
        class Broken(Facts):
            records = property(lambda self: 1 // 0)

        found = find_all(Broken(opened(SAMPLE)), Deadline(60), ["a3_oops", "p1_stack", "d3_deadlock"])
        self.assertEqual([title for title, _ in found.unknown], ["oops", "stack overflow"])

    def test_time_is_up(self):
        report = document(opened(SAMPLE), limit=1e-9)
        self.assertEqual(report["findings"], [])
        self.assertTrue(all("time" in section["error"] for section in report["sections"]))

    def test_time_of_a_part(self):
        """Its share is of the CPU's time; the clock on the wall ends it too, later, and before the time of all is up."""
        timers = {signal.SIGPROF: signal.ITIMER_PROF, signal.SIGALRM: signal.ITIMER_REAL}
        before = {number: signal.getsignal(number) for number in timers}
        for number, said in ((signal.SIGPROF, "600.0 s of the CPU's time"), (signal.SIGALRM, "800.0 s")):
            with self.subTest(number.name), self.assertRaisesRegex(OutOfTimeError, f"more than {said}$"), Deadline(1000.01).part(0.6):
                self.assertTrue(all(signal.getitimer(timer)[0] for timer in timers.values()))
                signal.raise_signal(number)
            self.assertEqual([signal.getitimer(timer)[0] for timer in timers.values()], [0, 0])
            self.assertEqual({number: signal.getsignal(number) for number in timers}, before)


class Validator:
    """As much of JSON schema as ours uses. What is wrong is in :attr:`problems`."""

    TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}

    def __init__(self, schema):
        self.schema = schema

    def problems(self, value, rule, path="$"):
        if "$ref" in rule:
            return self.problems(value, self.schema["$defs"][rule["$ref"].rpartition("/")[2]], path)
        found = []
        for way, wanted in (("anyOf", lambda count: count > 0), ("oneOf", lambda count: count == 1)):
            if way in rule and not wanted(sum(not self.problems(value, one, path) for one in rule[way])):
                found.append(f"{path}: fits not {way}")
        types = rule.get("type", ())
        types = [types] if isinstance(types, str) else types
        if types and not any(isinstance(value, self.TYPES[name]) and not (name in ("integer", "number") and value is True) for name in types):
            return [*found, f"{path}: {value!r} is no {types}"]
        if ("const" in rule and value != rule["const"]) or ("enum" in rule and value not in rule["enum"]):
            found.append(f"{path}: {value!r}")
        if "pattern" in rule and not re.search(rule["pattern"], value):
            found.append(f"{path}: {value!r} does not match")
        if isinstance(value, dict):
            known = rule.get("properties", {})
            found += [f"{path}: no {name}" for name in rule.get("required", ()) if name not in value]
            found += [f"{path}: {name} is not known" for name in value if name not in known and rule.get("additionalProperties") is False]
            for name in value.keys() & known.keys():
                found += self.problems(value[name], known[name], f"{path}.{name}")
        if isinstance(value, list) and "items" in rule:
            for number, item in enumerate(value):
                found += self.problems(item, rule["items"], f"{path}[{number}]")
        return found


class Schema(unittest.TestCase):
    def test_documents(self):
        schema = json.loads(json_text.schema())
        validator = Validator(schema)
        for path in vmcores():
            for report in (document(opened(path)), document(opened(path), limit=1e-9)):
                with self.subTest(path):
                    report = json.loads(json_text.encode(report))
                    self.assertEqual(validator.problems(report, schema), [])
        self.assertTrue(validator.problems({**report, "more": 1, "pykd": 2}, schema))


class CommandLine(unittest.TestCase):
    def run_report(self, *words, status=0):
        result = subprocess.run([PYKD, "--isolated", "report", *words], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stdout

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.run_report(SAMPLE, "-o", os.path.join(folder, "new")), "")
            with open(os.path.join(folder, "new", "report.json"), encoding="utf-8") as file:
                report = json.load(file)
            with open(os.path.join(folder, "new", "report.txt"), encoding="utf-8") as file:
                self.assertEqual(file.read(), words(report) + "\n")
            self.assertEqual(report["schema"], "pykd-report-1")

    def test_brief(self):
        text = self.run_report(SAMPLE, "--brief")
        self.assertTrue(text.startswith("STOPPED  Somebody asked for this crash"))
        self.assertLess(len(text.splitlines()), 40)

    def test_never_over_the_dump(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "vmcore")
            os.symlink(SAMPLE, path)
            self.run_report(path, "--text", path, status=1)

    def test_usage(self):
        for words in ((), ("--nosuch",), (SAMPLE, "--section", "nosuch"), (SAMPLE, "--time-limit", "x"), (SAMPLE, SAMPLE), (SAMPLE, "--html")):
            self.run_report(*words, status=2)
        self.run_report("/nonexistent", status=3)
        self.assertIn("usage:", self.run_report("--help"))


if __name__ == "__main__":
    unittest.main()
