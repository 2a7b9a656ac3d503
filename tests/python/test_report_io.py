# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of the report about I/O that something holds back before a driver has it: arrays, limits of cgroups, locked pages."""

import types
import unittest
import unittest.mock

from test_storage import ARRAYS

from altered import Altered, sleeping_users
from dumps import SAMPLE, made, opened, with_texts
from pykd.kernel.block import throttle
from pykd.kernel.block.throttle import Held
from pykd.kernel.mm import pages
from pykd.report import findings
from pykd.report.facts import Facts
from pykd.report.findings import h10_throttled

THROTTLED = """
uts release=6.1.0-test
types
    struct list_head { struct list_head *next, *prev; };
    struct cgroup { int level; };
    struct cgroup_subsys_state { struct cgroup *cgroup; };
    struct blkcg { struct cgroup_subsys_state css; };
    struct blkcg_policy { int plid; };
    struct throtl_service_queue { COUNTERS };
    struct throtl_grp { long pd; struct throtl_service_queue service_queue; unsigned long bps[NUMBER]; unsigned int iops[NUMBER]; };
    struct blkcg_gq { struct list_head q_node; struct blkcg *blkcg; struct throtl_grp *pd[2]; };
    struct request_queue { struct list_head blkg_list; };
data
    struct blkcg_policy blkcg_policy_throtl = { 1 };
    struct request_queue queue = { { &with.q_node, &without.q_node } };
    struct blkcg_gq with = { { &without.q_node, &queue.blkg_list }, &blkcg, { 0, &group } };
    struct blkcg_gq without = { { &queue.blkg_list, &with.q_node }, &blkcg, { 0, 0 } };
    struct blkcg blkcg = { { &cgroup } };
    struct cgroup cgroup = { 1 };
    struct throtl_grp group = { 0, { VALUES }, LIMITS };
"""  # fmt: skip


def found_by(name, facts):
    """What the rule of a file finds."""
    return list(findings.find(name).rule(facts))


class HeldBack(unittest.TestCase):
    def test_arrays(self):
        """Suspended as a whole or in part, with somebody who waits in its queue; degraded, and broken."""
        text = ARRAYS.replace("struct list_head all_mddevs; };", "struct list_head all_mddevs; int suspended; long suspend_lo; long suspend_hi; void *sb_wait; };")
        for suspended, held in (("1, 0, 0, 0", "all of it"), ("0, 8, 16, 0", "writes to sectors 8 to 15"), ("0, 0, 0, 0", "")):
            path, at = made(self, with_texts(text.replace("0, 0, { &stopped.all_mddevs, &all_mddevs } };", f"0, 0, {{ &stopped.all_mddevs, &all_mddevs }}, {suspended} }};")))
            dump = opened(path)
            queue = at["mirror"] + dump.type("struct mddev").offset_of("sb_wait")
            for wait, seconds, severity in ((queue, 40, 1), (queue, 6, 2), (8, 40, 3)):
                waits = {1: types.SimpleNamespace(thing=types.SimpleNamespace(address=wait), functions=("md_handle_request",))}
                facts = types.SimpleNamespace(dump=dump, graph=types.SimpleNamespace(waits=waits), note=self.fail, seconds=lambda task, s=seconds: s, who=lambda task: "PID 1 (dd)")
                with self.subTest(held=held, seconds=seconds):
                    found = found_by("h9_arrays", facts)
                    self.assertEqual([severity, 2] if held else [2], [one.severity for one in found])
                    self.assertIn("md0 is degraded: 1 member of 2 missing or faulty", found[-1].text)
                    self.assertTrue(not held or f"md0 is suspended ({held})" in found[0].text)

    def test_limits_of_io(self):
        """What is held back of which disk, and who waits for that one."""
        held = Held(None, (0, 4), ("writes to 1000 bytes/s",))
        wait = types.SimpleNamespace(function="folio_wait_bit_common")
        for device, seconds, severity in (("ext4 on /dev/vdc at /mnt", 40, 1), ("ext4 on /dev/vdc at /mnt", 6, 2), ("ext4 on /dev/vdb at /mnt", 40, 3)):
            facts = types.SimpleNamespace(graph=types.SimpleNamespace(waits={1: wait}), seconds=lambda task, s=seconds: s, waited=lambda *words: "")
            with (
                self.subTest(device, seconds=seconds), unittest.mock.patch.multiple(
                    h10_throttled, held_back=lambda facts: [("vdc", held)], waiting_for_io=lambda facts: [1], device_of=lambda facts, task, d=device: d,
                    cgroups=types.SimpleNamespace(path=lambda group: "/slow")),
            ):  # fmt: skip
                (found,) = found_by("h10_throttled", facts)
                self.assertEqual((severity, "exact"), (found.severity, found.proof))
                self.assertIn("The cgroup /slow has used up what it may do to vdc (writes to 1000 bytes/s): 4 bios of it are held back", found.text)

    def test_held_back(self):
        """By both ways of counting, and limits with and without a lower one before each."""
        everything = (1 << 64) - 1
        for counters, values, limits in (
            ("unsigned int nr_queued[2];", "{ 0, 4 }", f"{{ {everything}, 1000 }}, {{ 4294967295, 7 }}"),
            ("unsigned int nr_queued_bps[2]; unsigned int nr_queued_iops[2];", "{ 0, 3 }, { 0, 1 }", f"{{ {everything}, 1000 }}, {{ 4294967295, 7 }}"),
            ("unsigned int nr_queued[2];", "{ 0, 4 }", f"{{ 1, {everything}, 1, 1000 }}, {{ 1, 4294967295, 1, 7 }}"),
        ):
            number = limits.count(",") // 2 + 1
            path, at = made(self, THROTTLED.replace("COUNTERS", counters).replace("VALUES", values).replace("NUMBER", str(number)).replace("LIMITS", limits))
            dump = opened(path)
            with self.subTest(values, limits=limits):
                (held,) = throttle.for_each_held(dump, dump.object("struct request_queue", at["queue"]))
                self.assertEqual((at["cgroup"], (0, 4), ("writes to 1000 bytes/s", "writes to 7 requests/s")), (int(held.group), *held[1:]))

    def test_page_that_is_locked(self):
        """Locked, up to date and not written: no I/O of it is under way."""
        altered = Altered(SAMPLE)
        task, holder = sleeping_users(altered.dump, 2)
        bits = {name.removeprefix("PG_"): 1 << bit for name, bit in pages.flags(altered.dump)}
        page = int(pages.pfn_to_page(altered.dump, 16))
        altered.word(page + altered.dump.type("struct page").offset_of("mapping"), 0)
        for flags, functions, told in (
            (("locked", "uptodate"), ("folio_wait_bit_common",), True), (("locked",), ("folio_wait_bit_common",), False),
            (("locked", "uptodate", "writeback"), ("folio_wait_bit_common",), False), (("locked", "uptodate"), ("folio_wait_writeback",), False),
        ):  # fmt: skip
            altered.word(page, sum(bits[name] for name in flags))
            wait = types.SimpleNamespace(thing=types.SimpleNamespace(kind="folio", address=page), function=functions[0], functions=functions)
            facts = self.facts(altered.open(self), task, wait)
            with self.subTest(flags=flags, functions=functions):
                found = found_by("d16_page_lock", facts)
                self.assertEqual([(1, "found")] if told else [], [(one.severity, one.proof) for one in found])
        altered.word(page, bits["locked"] | bits["uptodate"])
        altered.word(altered.dump.stack_of_task(holder)[1] - 64, page)
        facts = self.facts(altered.open(self), task, wait)
        wait.functions = ("folio_wait_bit_common",)
        self.assertIn(f"{facts.who(holder)} has it on its stack", found_by("d16_page_lock", facts)[0].text)

    def facts(self, dump, task, wait):
        """Of a dump in which one thread has waited for 40 s."""
        facts = Facts(dump)
        facts._graph = types.SimpleNamespace(unsure=None, waits={task: wait})
        facts.seconds = lambda task: 40.0
        return facts


if __name__ == "__main__":
    unittest.main()
