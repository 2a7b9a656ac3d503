# SPDX-License-Identifier: GPL-2.0-or-later
"""What the records have that helpers give: ``Wheel``, ``Socket``, ``Frame``. Their own classes say it; here it is found for those who ask for help."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def record(helper: Any) -> tuple[str, str, list[tuple[str, str]]] | None:
    """Of the record that a helper gives its name, what it is, and (name, what it is) of its attributes; None if it gives none."""
    for word in re.findall(r"(?<!struct )\b[A-Z]\w+", helper.arguments.gives):
        cls = _class(helper.arguments.module, word)
        if cls is not None and not issubclass(cls, Exception):
            return word, (cls.__doc__ or "").strip(), list(_attributes(cls))
    return None


def _class(module: str, word: str) -> Any:
    import sys

    import _pykd

    return getattr(sys.modules[module], word, None) or getattr(_pykd, word, None)


def _attributes(cls: Any) -> Iterator[tuple[str, str]]:
    if cls.__module__ in ("_pykd", "pykd"):  # of the core: descriptors, whose docstrings have the type in front
        for name, value in vars(cls).items():
            if name[:1] != "_" and (told := getattr(value, "__doc__", None)):
                yield name, _first(told.partition("\n\n")[2] or told)
        return
    import ast
    import inspect

    outer = ast.parse(inspect.getsource(cls)).body[0]
    assert isinstance(outer, ast.ClassDef)
    body = list(outer.body)
    for node in outer.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            body = [*node.body, ast.Pass(), *body]
    for node, after in zip(body, [*body[1:], None]):
        if isinstance(node, ast.FunctionDef):
            if node.name[0] != "_":
                shown = node.name if any("property" in ast.unparse(one) for one in node.decorator_list) else f"{node.name}()"
                yield shown, _first(ast.get_docstring(node) or "")
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        name = target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else "_"
        if name[0] != "_":
            told = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            yield name, _first(str(told) or (ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""))


def _first(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())
