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
from pykd.report.pictures import PICTURES

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
