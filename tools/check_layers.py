#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check that data flows one way: no include and no import against the order of the layers, and none in a circle.

usage: check_layers.py [TOP]

C: a file of src/LAYER/ includes headers of its own layer and of those before it, written as "LAYER/file.h"; no file pairs (x.c and x.h)
need each other.
Python: each room of ROOMS uses those before it; imports inside functions and under TYPE_CHECKING count like any other. Within a room
and within the programs no imports go in a circle. What a package's name stands for in an import is its ``__init__``.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

LAYERS = ("base", "dump", "xlat", "debug", "sym", "types", "module", "code", "arch", "kernel", "py", "main")
"""The folders of src/, each may use those before it."""

ROOMS = (
    "_pykd", "pykd.boot", "pykd.core", "pykd.values",
    "pykd.kernel.machine", "pykd.kernel.lists", "pykd.kernel.cpus", "pykd.kernel.timekeeping", "pykd.kernel.devices", "pykd.kernel.task",
    "pykd.kernel.fs", "pykd.kernel.net", "pykd.kernel.block", "pykd.kernel.mm", "pykd.kernel.stack", "pykd.kernel",
    "pykd.compat.parts", "pykd.compat.old", "pykd.compat",
    "pykd",
    "pykd.report",
    "crash", "pykdump", "LinuxDump",
    "pykd.session",
    "pykd.commands.tools", "pykd.commands.data", "pykd.commands.kernel", "pykd.commands.files", "pykd.commands.memory", "pykd.commands.network",
    "pykd.commands.system", "pykd.commands.tasks", "pykd.commands.session", "pykd.commands",
    "pykd.programs",
    "pykd.terminal", "pykd.app",
    "programs",
)  # fmt: skip
"""The rooms of the Python code, each may use those before it. A module is in the room with the longest name that begins its own. ``pykd``
is the package itself: its ``__init__`` is the public face of the rooms before it. ``programs`` are the files of progs/."""


def includes(file: Path) -> Iterator[tuple[int, str]]:
    """(line, header) of what a C file includes of ours, as it is written: from src on."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+/[^"]+)"', line)
        if match:
            yield number, match[1]


def check_c(top: Path) -> list[str]:
    """Between the folders by their order; between units of one folder no circle. A unit is a file pair (x.c and x.h); those that share
    their folder's private.h are parts of one."""
    problems = []
    source = top / "src"
    folders = {folder.name for folder in source.iterdir() if folder.is_dir()}
    problems += [f"src/{name}: not among the layers of tools/check_layers.py" for name in sorted(folders - set(LAYERS))]
    files = {file: list(includes(file)) for file in sorted(source.rglob("*.[ch]"))}
    units: dict[str, str] = {}
    for file, found in files.items():
        pair = file.relative_to(source).with_suffix("")
        shared = pair.with_name("private")
        if any(header == f"{shared}.h" for _, header in found):
            units[str(pair)] = str(shared)
    graph: dict[str, set[str]] = {}
    for file, found in files.items():
        layer = file.relative_to(source).parts[0]
        name = str(file.relative_to(source).with_suffix(""))
        arrows = graph.setdefault(units.get(name, name), set())
        for number, header in found:
            other = header.partition("/")[0]
            target = header.removesuffix(".h")
            arrows.add(units.get(target, target))
            if layer in LAYERS and other in LAYERS and LAYERS.index(other) > LAYERS.index(layer):
                problems.append(f"{file.relative_to(top)}:{number}: {layer} may not use {other}")
        arrows.discard(units.get(name, name))
    for target in set().union(*graph.values()):
        graph.setdefault(target, set())
    problems += [f"src: {', '.join(group)} need each other" for group in circles(graph)]
    return problems


class Module:
    """A Python file: its dotted name, where it lies, and what it imports as (line, name)."""

    def __init__(self, name: str, file: Path, room: str) -> None:
        self.name = name
        self.file = file
        self.room = room
        self.imports: list[tuple[int, str]] = []


def room_of(name: str) -> str:
    """"" of what is in no room."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        room = ".".join(parts[:end])
        if room in ROOMS and (room != "pykd" or end == len(parts)):
            return room
    return ""


def modules(top: Path) -> dict[str, Module]:
    """Ours by their names; other people's packages stay outside."""
    found = {}
    for base in (top / "frozen", top / "progs"):
        for file in sorted(base.rglob("*.py")):
            parts = file.relative_to(base).with_suffix("").parts
            if parts[0] == "dist-packages" or file == top / "frozen" / "manifest.py":
                continue
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            room = "programs" if base.name == "progs" and len(parts) == 1 else room_of(name)
            found[name] = Module(name, file, room)
    return found


def imported(module: Module, known: dict[str, Module]) -> Iterator[tuple[int, str]]:
    """(line, name of the module) of every import, wherever it stands."""
    package = module.name if module.file.name == "__init__.py" else module.name.rpartition(".")[0]
    for node in ast.walk(ast.parse(module.file.read_text(encoding="utf-8"), str(module.file))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parent, base] if base else parent)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield node.lineno, inner if inner in known else base


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of nodes that reach each other (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group: list[str] = []
            while not group or group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1 or node in graph[node]:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def check_python(top: Path) -> list[str]:
    problems = []
    known = modules(top)
    graph: dict[str, set[str]] = {name: set() for name in known}
    for module in known.values():
        where = module.file.relative_to(top)
        if not module.room:
            problems.append(f"{where}: in none of the rooms of tools/check_layers.py")
            continue
        for line, name in imported(module, known):
            if name in known:
                other = known[name].room
            elif name.startswith("pykd."):
                problems.append(f"{where}:{line}: there is no module {name}")
                continue
            else:
                continue
            graph[module.name].add(name)
            if other and ROOMS.index(other) > ROOMS.index(module.room):
                problems.append(f"{where}:{line}: {module.room} may not use {other} ({name})")
            if other == "programs":
                problems.append(f"{where}:{line}: imports the program {name}")
    problems += [f"a circle: {' '.join(group)}" for group in circles(graph)]
    return problems


def main(top: str = ".") -> int:
    problems = check_c(Path(top)) + check_python(Path(top))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
