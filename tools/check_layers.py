#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check that data flows one way: no include and no import against the order of the layers.

usage: check_layers.py [TOP]

C: a file of src/LAYER/ includes headers of its own layer and of those before it, written as "LAYER/file.h".
Python: pykd knows nothing of pykdump, LinuxDump and the programs; only pykd's commands and what runs programs reach up, and only
where a function does it when it is called. No one imports a program.
"""

import ast
import re
import sys
from pathlib import Path

LAYERS = ("base", "dump", "xlat", "sym", "types", "module", "code", "kernel", "py", "main")
"""The folders of src/, each may use those before it."""

UPPER = ("pykdump", "crash", "LinuxDump")
"""Python packages on top of pykd."""


def check_c(top: Path) -> list[str]:
    problems = []
    folders = {folder.name for folder in (top / "src").iterdir() if folder.is_dir()}
    problems += [f"src/{name}: not among the layers of tools/check_layers.py" for name in sorted(folders - set(LAYERS))]
    for file in sorted((top / "src").glob("*/*.[ch]")):
        layer = file.parent.name
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"/]+)/', line)
            if not match or layer not in LAYERS or match[1] not in LAYERS:
                continue
            if LAYERS.index(match[1]) > LAYERS.index(layer):
                problems.append(f"{file.relative_to(top)}:{number}: {layer} may not use {match[1]}")
    return problems


def imports(tree: ast.Module, whole: bool) -> list[tuple[int, str]]:
    """(line, module) of what a module imports; *whole*: also what its functions do."""
    found = []
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append((node.lineno, node.module or ""))
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo += node.orelse
        elif whole or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)
    return sorted(found)


def check_python(top: Path) -> list[str]:
    problems = []
    programs = {file.stem for file in (top / "progs").glob("*.py")}
    files = [*sorted((top / "frozen").rglob("*.py")), *sorted((top / "progs").rglob("*.py"))]
    for file in files:
        name = file.relative_to(top)
        in_pykd = name.parts[:2] == ("frozen", "pykd")
        tree = ast.parse(file.read_text(encoding="utf-8"), str(name))
        for line, module in imports(tree, whole=False):
            package = module.partition(".")[0]
            if in_pykd and package in UPPER:
                problems.append(f"{name}:{line}: pykd may not use {package} when it is imported")
        for line, module in imports(tree, whole=True):
            if module in programs and name.parts[0] == "frozen":
                problems.append(f"{name}:{line}: imports the program {module}")
    return problems


def main(top: str = ".") -> int:
    problems = check_c(Path(top)) + check_python(Path(top))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
