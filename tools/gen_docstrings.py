#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turn the docstrings of frozen/_pykd.pyi into a C header: one macro KD_DOC_[CLASS_]NAME for each.

usage: gen_docstrings.py PYI HEADER
"""

import ast
import sys
from pathlib import Path


def c_string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("?", "\\?")
    return f'"{escaped}"'


def documented(body: list[ast.stmt], prefix: str) -> list[tuple[str, str]]:
    """(macro suffix, text) for every function, class and annotated attribute in *body*."""
    found = []
    for node, after in zip(body, [*body[1:], None]):
        if isinstance(node, ast.FunctionDef):
            arguments = ast.unparse(node.args)
            returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            text = f"{node.name}({arguments}){returns}"
            if doc := ast.get_docstring(node):
                text += "\n\n" + doc
            found.append((prefix + node.name, text))
        elif isinstance(node, ast.ClassDef):
            found.append((prefix + node.name, ast.get_docstring(node) or node.name))
            found += documented(node.body, f"{prefix}{node.name}_")
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            text = f"{node.target.id}: {ast.unparse(node.annotation)}"
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                text += f"\n\n{after.value.value}"
            found.append((prefix + node.target.id, text))
    return found


def main(pyi: str, header: str) -> None:
    tree = ast.parse(Path(pyi).read_text(encoding="utf-8"))
    macros: dict[str, str] = {}
    for name, text in documented(tree.body, ""):
        macros.setdefault(name, text)  # of several overloads the first documents the name
    lines = ["/* Generated from frozen/_pykd.pyi by tools/gen_docstrings.py */"]
    lines += [f"#define KD_DOC_{name} {c_string(text)}" for name, text in macros.items()]
    Path(header).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
