# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of input: how they are cut, and where they go on."""

import unittest

from pykd.session import line


class Commands(unittest.TestCase):
    def test_semicolons(self):
        self.assertEqual(line.split_commands("ps; bt 1 ;; log"), ["ps", "bt 1", "log"])
        self.assertEqual(line.split_commands('search -c "a;b"; p (x;y)'), ['search -c "a;b"', "p (x;y)"])
        self.assertEqual(line.split_commands("ps | head; ls"), ["ps | head; ls"])
        self.assertEqual(line.split_commands("!ls; pwd"), ["!ls; pwd"])
        self.assertEqual(line.split_commands("py a = 1; b = 2"), ["py a = 1; b = 2"])

    def test_python_takes_the_rest(self):
        self.assertEqual(line.split_commands("sys; py a = 1; print(a)"), ["sys", "py a = 1; print(a)"])

    def test_pipes(self):
        for text, command, shell in (
            ("ps | grep UN", "ps", "grep UN"),
            ("ps ! wc -l", "ps", "wc -l"),
            ("p (a | b)", "p (a | b)", None),
            ("p a != b", "p a != b", None),
            ("py [a | b for a in x]", "py [a | b for a in x]", None),
            ("search -c 'a|b' | cat", "search -c 'a|b'", "cat"),
            ("ls | wc", "ls | wc", None),
            ("!ls | wc", "!ls | wc", None),
        ):
            found = line.parse(text)
            self.assertEqual((found.command, found.shell), (command, shell), text)

    def test_redirections(self):
        for text, command, file, append in (
            ("ps > out", "ps", "out", False),
            ("ps >> out", "ps", "out", True),
            ("p x->y", "p x->y", None, False),
            ("p (x > 5)", "p (x > 5)", None, False),
            ('ps > "a file"', "ps", "a file", False),
            ("ps>>out", "ps", "out", True),
            ("bt -f>out", "bt -f", "out", False),
            ("eval 5>3", "eval 5>3", None, False),
            ("print a->b>=c", "print a->b>=c", None, False),
            ("struct foo->bar", "struct foo->bar", None, False),
        ):
            found = line.parse(text)
            self.assertEqual((found.command, found.file, found.append), (command, file, append), text)
        for text in ("p x > 5", "ps >", "ps > a b", 'ps > "a', "ps |", "p jiffies > 0x10"):
            with self.subTest(text), self.assertRaises(line.LineError):
                line.parse(text)

    def test_words(self):
        self.assertEqual(line.words("rd (jiffies + 8) 2"), ["rd", "(jiffies + 8)", "2"])
        self.assertEqual(line.words('foreach "a b" bt'), ["foreach", "a b", "bt"])
        for text in ('p "a', "p (1"):
            with self.assertRaises(line.LineError):
                line.words(text)


class Logical(unittest.TestCase):
    def lines(self, text):
        return list(line.logical(text.split("\n")))

    def test_comments_and_blanks(self):
        self.assertEqual(self.lines("# a; b\n\n  // c\n ps \n"), ["ps"])

    def test_continuation(self):
        self.assertEqual(self.lines("struct task_struct \\\n -o\nps"), ["struct task_struct  -o", "ps"])
        self.assertEqual(self.lines("p (1 +\n2)\nps"), ["p (1 + 2)", "ps"])
        self.assertEqual(self.lines("!echo (\nps"), ["!echo (", "ps"])
        self.assertEqual(self.lines("log | grep '(\nps"), ["log | grep '(", "ps"])
        self.assertEqual(self.lines("echo it's (\nps"), ["echo it's (", "ps"])

    def test_python(self):
        block = "py for a in b:\n    if a:\n        c\n\n    else:\n        d"
        self.assertEqual(self.lines(block + "\nps"), [block, "ps"])
        clauses = "py try:\n    a\nexcept B:\n    c\nfinally:\n    d"
        self.assertEqual(self.lines(clauses + "\n\nps"), [clauses, "ps"])
        self.assertEqual(self.lines("py x = (1,\n2)\npy y"), ["py x = (1,\n2)", "py y"])
        self.assertEqual(self.lines("py x = 1\n  ps"), ["py x = 1", "ps"])
        self.assertEqual(self.lines("py x = 1 +\nps"), ["py x = 1 +", "ps"])  # an error is Python's to tell

    def test_a_line_is_not_waited_for(self):
        def typed():
            yield "ps"
            raise AssertionError("the next line was asked for")

        self.assertEqual(next(iter(line.logical(typed()))), "ps")

    def test_at_the_prompt(self):
        for text in ("p (1 +", 'search -c "a', "ps \\", "py for a in b:", "py for a in b:\n    c", "py x = [", "py def f():", "ps\np (1"):
            self.assertTrue(line.goes_on(text), text)
        for text in ("", "ps", "py 1", "py for a in b: c", "py for a in b:\n    c\n", "py x = [\n1]", "# (", "!echo (", "ps | grep '(", "p (1\n",
                     "py 1 +", "p (1)\nps"):  # fmt: skip
            self.assertFalse(line.goes_on(text), text)


if __name__ == "__main__":
    unittest.main()
