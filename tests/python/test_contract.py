# SPDX-License-Identifier: GPL-2.0-or-later
"""frozen/_pykd.pyi is what the C core promises: the same names, the same docstrings, nothing more and nothing less."""

import ast
import builtins
import inspect
import os
import unittest

import _pykd
from dumps import ROOT

INHERITED = {name for base in (object, int, str, type, Exception, OSError, KeyError) for name in dir(base)}
"""Names that every class of such a base has; the contract may repeat them, the module need not add them."""


def contract():
    with open(os.path.join(ROOT, "frozen", "_pykd.pyi"), encoding="utf-8") as file:
        return ast.parse(file.read())


def named(body):
    """(name, docstring or None) of what a module's or class's body declares."""
    for node, after in zip(body, [*body[1:], None]):
        if isinstance(node, ast.FunctionDef):
            yield node.name, ast.get_docstring(node)
        elif isinstance(node, ast.AnnAssign):
            text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else None
            yield node.target.id, inspect.cleandoc(text) if isinstance(text, str) else None


class Contract(unittest.TestCase):
    def setUp(self):
        self.body = contract().body
        self.classes = {node.name: node for node in self.body if isinstance(node, ast.ClassDef)}

    def test_classes(self):
        real = {name for name, value in vars(_pykd).items() if isinstance(value, type) and not name.startswith("_")}
        self.assertEqual(set(self.classes), real)

    def test_module(self):
        promised = {name for name, _ in named(self.body)}
        real = {
            name for name, value in vars(_pykd).items() if not name.startswith("_") and not isinstance(value, type)
        } - {"annotations"}
        self.assertEqual(promised, real)

    def test_bases(self):
        for name, node in self.classes.items():
            for base in node.bases:
                expected = getattr(_pykd, base.id, None) or getattr(builtins, base.id)
                self.assertTrue(issubclass(getattr(_pykd, name), expected), f"{name} is no {base.id}")

    def test_members(self):
        for class_name, node in self.classes.items():
            cls = getattr(_pykd, class_name)
            promised = {name for name, _ in named(node.body)}
            # pykdump adds to them what is written in Python.
            real = {name for name, value in vars(cls).items() if name[0] != "_" and not inspect.isfunction(value)}
            with self.subTest(class_name):
                if not issubclass(cls, BaseException):
                    # Errors get their attributes when they are raised.
                    missing = {name for name in promised - INHERITED if not hasattr(cls, name)}
                    # Of a class of typed objects they belong to the classes made of it; and members are found without __getattr__.
                    self.assertEqual(set(), {name for name in missing if not name.startswith("PYT_") and name != "__getattr__"})
                self.assertEqual(set(), real - promised - INHERITED - {"PYT_sinfo"})

    def test_docstrings(self):
        for class_name, node in self.classes.items():
            cls = getattr(_pykd, class_name)
            with self.subTest(class_name):
                self.assertEqual(ast.get_docstring(node), inspect.getdoc(cls) if "__doc__" in vars(cls) else None)
            for name, text in named(node.body):
                found = vars(cls).get(name)
                if text is None or found is None or name.startswith("__"):  # Python describes operators itself
                    continue
                with self.subTest(f"{class_name}.{name}"):
                    self.assertIn(" ".join(text.split()), " ".join((inspect.getdoc(found) or "").split()))


if __name__ == "__main__":
    unittest.main()
