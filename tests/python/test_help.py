# SPDX-License-Identifier: GPL-2.0-or-later
"""``help`` about more than a command: topics, what has to do with a word, what a command answers."""

import os
import unittest

import dumps
from pykd.core.errors import CommandError
from pykd.session import command as commands
from pykd.session import manual, topics
from pykd.session.session import Session

SESSION = Session(dumps.opened(dumps.SAMPLE))


def rows(line):
    found = commands.find("help")
    return list(found.rows(SESSION, found.parse(line.split())))


def page(line):
    return rows(line)[0]["page"]


class Topics(unittest.TestCase):
    def test_each_has_a_page(self):
        self.assertGreater(len(topics.names()), 8)
        for name in topics.names():
            with self.subTest(name):
                text = page(name)
                self.assertGreater(len(text.splitlines()), 10)
                self.assertNotIn("```", text)
                self.assertNotRegex(text, r"\]\(\w+\.md\)")

    def test_they_are_the_pages_of_docs(self):
        with open(os.path.join(dumps.ROOT, "docs", "dumps.md"), encoding="utf-8") as file:
            first = file.readline().strip("# \n")
        self.assertEqual(topics.title("dumps"), first)
        self.assertIn(first.upper(), page("dumps"))

    def test_none_hides_a_command(self):
        self.assertEqual(set(topics.names()) & set(commands.names()), set())

    def test_markdown(self):
        shown = list(topics.shown("# Title\n\nA [link](x.md) and **more**.\nOn.\n\n| a | b |\n|---|---|\n| c | d |\n\n```pykd\npykd> x\n```\n"))
        self.assertEqual(shown, ["TITLE", "", "A link and more. On.", "", "  a  b", "  c  d", "", "    pykd> x", ""])


class Words(unittest.TestCase):
    def test_names_come_first(self):
        found = [row["name"] for row in rows("-k socket")]
        self.assertLess(found.index("sockets"), found.index("python"))

    def test_of_what_is_in_pages(self):
        self.assertIn("search", [row["name"] for row in rows("-k memory")])
        with self.assertRaisesRegex(CommandError, "nothing has to do with xyzzyx"):
            rows("-k xyzzyx")

    def test_what_is_no_command(self):
        with self.assertRaisesRegex(CommandError, "there is no command tcp; these have to do with it.* sockets"):
            rows("tcp")

    def test_alone_it_is_of_the_kernel(self):
        self.assertIn("field", rows("-k")[0])


class Answers(unittest.TestCase):
    def test_pages_show_what_commands_answer(self):
        for name in ("swap", "mount", "ps", "struct"):
            with self.subTest(name):
                self.assertIn(f"pykd> {name}", page(name))
        self.assertEqual(manual.example("no-such"), "")


if __name__ == "__main__":
    unittest.main()
