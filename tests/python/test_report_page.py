# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of the report: whole, by itself, and in a real browser."""

import os
import re
import shutil
import tempfile
import unittest

from altered import Altered, Tasks, sleeping_users
from browser import Browser
from dumps import SAMPLE, opened, vmcores
from pykd.report import html
from pykd.report.build import document
from pykd.report.pictures import PICTURES, WAITS

HOSTILE = b"<img src=x onerr\0"
"""A name that a process could give itself, all 16 bytes of it"""


def saved(test, report):
    folder = tempfile.mkdtemp()
    test.addCleanup(shutil.rmtree, folder)
    path = os.path.join(folder, "report.html")
    with open(path, "w", encoding="utf-8") as file:
        file.write(html.page(report))
    return path


def pictures(report):
    return [block["picture"] for section in report["sections"] for block in section["blocks"] if block["type"] == "picture"]


class Page(unittest.TestCase):
    def test_needs_nothing_else(self):
        for path in vmcores():
            page = html.page(document(opened(path)))
            with self.subTest(path):
                self.assertIn("default-src 'none'", page)
                self.assertEqual(re.findall(r'(?:src|href)="(?!#|data:)([^"]*)"', page), [])
                self.assertEqual(page.count("<svg"), len(pictures(document(opened(path)))))

    def test_every_picture_is_used(self):
        used = {name for path in vmcores() for name in pictures(document(opened(path)))}
        self.assertEqual(used, set(PICTURES))

    def test_colours_and_arrows_are_explained(self):
        """Each colour of threads, CPUs, disks and states that a picture uses has a word of its own below it; arrows have heads."""
        edges = [
            {"from": "PID 1 (a)", "what": "mutex", "to": ["PID 2 (b)"], "threads": True, "seconds": 1.0, "proof": "exact", "held": "exact"},
            {"from": "PID 2 (b)", "what": "rwsem", "to": ["PID 3 (c)"], "threads": True, "seconds": 1.0, "proof": "guess", "held": "guess"},
            {"from": "PID 4 (d)", "what": "queue", "to": ["a freeze"], "threads": False, "seconds": 1.0, "proof": "exact", "held": "exact"},
        ]
        drawn = str(PICTURES["waits"](edges, "title"))
        for kind, words in WAITS:
            self.assertRegex(drawn, rf'(?s)class="{kind}".*>{words}</text>')
        # of five different ways between boxes, one of them dashed twice, and two in the legend
        self.assertEqual(drawn.count('class="head"'), 6 + 2)
        self.assertEqual(drawn.count('class="waiting"'), 3 + 1 + 1)  # those on the left, the holder that waits itself, the legend
        for name, data, words in (
            ("cpus", [{"cpu": 0, "name": "x", "seconds": 20.0, "runnable": 1, "behind": 0.0}], "has run one for more than 10 s"),
            ("cpus", [{"cpu": 0, "name": "(idle)", "seconds": 20.0, "runnable": 0, "behind": 20.0}], "idle"),
            ("disks", [{"name": "vda", "inflight": 1, "oldest": 20.0}], "has one that is older than 10 s"),
            ("states", {"UN": 3}, "blocked (UN) 3"),
        ):
            self.assertIn(f">{words}", str(PICTURES[name](data, "title")))
        self.assertIn('class="state UN"', str(PICTURES["states"]({"UN": 3, "IN": 9}, "title")))

    def test_what_is_counted_twice_agrees(self):
        """Of each thread that waits all say the same time; threads, and memory, are said to be what they are counts of."""
        for path in vmcores():
            report = document(opened(path))
            said = "\n".join(words for one in report["findings"] for words in (one["text"], *one["evidence"]))
            told = dict(re.findall(r"(PID \d+ \(\S+\)) (?:has waited|waits) (\d+\.\d) s", said))
            blocks = {section["name"]: section["blocks"] for section in report["sections"]}
            edges = [edge for block in blocks["blocked"] if block.get("picture") == "waits" for edge in block["data"]]
            with self.subTest(path):
                self.assertTrue(edges)
                self.assertEqual([edge for edge in edges if told.get(edge["from"], f"{edge['seconds']:.1f}") != f"{edge['seconds']:.1f}"], [])
                tasks = dict(blocks["system"][0]["fields"])["Tasks"]
                if "incomplete" not in tasks:
                    every, idle = map(int, re.fullmatch(r"(\d+) \((\d+) idle ones? of the CPUs among them\)", tasks).groups())
                    self.assertIn(f"States of {every - idle} threads, without the idle ones of the CPUs", [block["title"] for block in blocks["blocked"]])
                whole = dict(blocks["system"][0]["fields"])["Memory"]
                self.assertTrue(any(f"of the machine's {whole}" in block["title"] for block in blocks["memory"]))

    def test_names_are_text(self):
        altered = Altered(SAMPLE)
        task = sleeping_users(altered.dump, 1)[0]
        altered.write(task + altered.dump.type("struct task_struct").offset_of("comm"), HOSTILE)
        Tasks(altered).put_to_sleep(task)
        page = html.page(document(altered.open(self)))
        self.assertIn("&lt;img src=x onerr", page)
        self.assertNotIn("<img", page)


class InBrowser(unittest.TestCase):
    def setUp(self):
        self.browser = Browser(self)

    def test_opens(self):
        for path in vmcores():
            report = document(opened(path))
            self.browser.open(saved(self, report))
            with self.subTest(path):
                self.assertEqual(self.browser.complaints, [])
                shown = "[...document.querySelectorAll('svg')].filter(one => one.getBoundingClientRect().height > 5).length"
                self.assertEqual(self.browser.value(shown), len(pictures(report)))
                self.assertFalse(self.browser.value("document.documentElement.scrollWidth > window.innerWidth"))

    def test_search_and_sort(self):
        self.browser.open(saved(self, document(opened(SAMPLE))))
        visible = "[...document.querySelectorAll('tbody tr:not(.hidden)')].length"
        every = self.browser.value(visible)
        self.browser.value("search.value = 'kernfs_node_cache'; search.dispatchEvent(new Event('input'))")
        self.assertEqual(self.browser.value(visible), 1)
        self.browser.value("search.value = ''; search.dispatchEvent(new Event('input'))")
        self.assertEqual(self.browser.value(visible), every)
        column = "[...document.querySelectorAll('#blocked tbody td:nth-child(2)')].map(cell => Number(cell.textContent))"
        self.browser.value("document.querySelector('#blocked th:nth-child(2)').click()")
        self.assertEqual(self.browser.value(column), sorted(self.browser.value(column)))
        self.browser.value("document.querySelector('#blocked th:nth-child(2)').click()")
        self.assertEqual(self.browser.value(column), sorted(self.browser.value(column), reverse=True))
        self.browser.value("document.querySelector('.addr').click()")
        self.assertRegex(self.browser.value("String(window.getSelection())"), "^(0x)?f[0-9a-f]+$")
        self.assertEqual(self.browser.complaints, [])

    def test_sizes_are_sorted_by_what_they_are(self):
        """Not by how they are written, and what has none comes last, both ways."""
        self.browser.open(saved(self, document(opened(SAMPLE))))
        for table, size, number in (("memory", 4, 2), ("disks", 3, 2)):
            rows = f"[...document.querySelector('#{table} table').tBodies[0].rows]"
            numbers = f"{rows}.map(row => Number(row.cells[{number - 1}].textContent))"
            for down in (False, True):
                self.browser.value(f"document.querySelector('#{table} th:nth-child({size})').click()")
                with self.subTest(table, down=down):
                    self.assertEqual(self.browser.value(numbers), sorted(self.browser.value(numbers), reverse=down))
        self.assertEqual(html.sort_key("1.6 MB"), 1.6 * 1024 * 1024)
        self.assertIsNone(html.sort_key("MB 1.6"))

    def test_search_keeps_the_verdict(self):
        self.browser.open(saved(self, document(opened(SAMPLE))))
        self.browser.value("search.value = 'kernfs_node_cache'; search.dispatchEvent(new Event('input'))")
        self.assertTrue(self.browser.value("[...document.querySelectorAll('.verdict dd')].every(one => one.getBoundingClientRect().height > 0)"))

    def test_heads_over_columns_in_print(self):
        self.browser.open(saved(self, document(opened(SAMPLE))))
        self.browser.ask("Emulation.setEmulatedMedia", media="print")
        loose = """[...document.querySelectorAll('table')].filter(table => table.tBodies[0].rows.length && [...table.tHead.rows[0].cells].some((head, place) => {
            const one = head.getBoundingClientRect(), other = table.tBodies[0].rows[0].cells[place].getBoundingClientRect();
            return Math.abs(one.left - other.left) > 1 || Math.abs(one.right - other.right) > 1; })).length"""
        self.assertEqual(self.browser.value(loose), 0)
        self.assertEqual(self.browser.value("getComputedStyle(document.querySelector('table')).whiteSpace"), "normal")

    def test_light_dark_and_print(self):
        self.browser.open(saved(self, document(opened(SAMPLE))))
        colours = set()
        for scheme in ("light", "dark"):
            self.browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            colours.add(self.browser.value("getComputedStyle(document.body).backgroundColor"))
        self.assertEqual(len(colours), 2)
        self.browser.ask("Emulation.setEmulatedMedia", media="print")
        self.assertEqual(self.browser.value("getComputedStyle(search).display"), "none")
        self.assertEqual(self.browser.complaints, [])

    def test_many(self):
        """A page of a system with very many of everything still opens, and is not much larger."""
        report = document(opened(SAMPLE))
        for section in report["sections"]:
            for block in section["blocks"]:
                if block["type"] == "picture" and block["picture"] == "waits":
                    block["data"] = block["data"] * 1000
                if block["type"] == "picture" and block["picture"] == "flame":
                    block["data"] = {f"a;b{number // 50};c{number}": 1 for number in range(5000)}
        self.browser.open(saved(self, report))
        self.assertEqual(self.browser.complaints, [])
        self.assertLess(self.browser.value("document.querySelectorAll('svg *').length"), 30000)


if __name__ == "__main__":
    unittest.main()
