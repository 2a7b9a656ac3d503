# SPDX-License-Identifier: GPL-2.0-or-later
"""Add to frozen/pykd/session/shapes.txt what commands and programs answer with on some dumps, and is not there yet.

    ./pykd --trust-cwd --run tools/shapes.py [--only NAME]... [DUMP...]

What it guesses is to be read: of which kind a number is (an address, a mask, a date) is known to whoever wrote the command.
"""

import contextlib
import os
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "python"))
FILE = os.path.join(ROOT, "frozen", "pykd", "session", "shapes.txt")

HEAD = """\
# SPDX-License-Identifier: GPL-2.0-or-later
# What rows may have, by command: PATH KIND[|KIND]..., as pykd/session/contract.py says. tools/shapes.py adds what it meets.
"""
MAPS = {"counters", "counts", "registers", "user_registers", "states", "models", "sheaves", "statistics", "enumerators", "timeouts", "commands", "metrics"}
"""Objects whose keys are no names of ours."""
ANY = {"value", "structs[].value", "members[].value", "data"}
"""Ends of paths of values of C types."""
OF_TYPES = ("p", "struct", "union", "tree", "list", "task", "whatis", "foreach")
"""Commands that show such values."""
ADDRESSES = {"address", "task", "physical", "virtual", "pte", "vma", "mm", "pgd", "mapping", "handler", "peer", "accept_queue", "object"}
BITS = {"mask", "flags", "flag_bits", "feature_bits", "taints", "mode_bits"}
DATES = {"date"}
KERNEL = 0xFF00000000000000


def kind_of(key, value):
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        if key in ADDRESSES or value >= KERNEL:
            return "address"
        return "bits" if key in BITS or key.endswith("_bits") else "date" if key in DATES else "integer"
    if isinstance(value, float):
        return "number"
    return "verbatim" if key in ("text", "lines", "line", "value", "page") else "string"


def note(shape, key, path, value, command):
    """Have *shape* allow *value*."""
    if value is None or (key == "error" and isinstance(value, dict)):
        return
    if any(path == end or path.endswith("." + end) for end in ANY) and (isinstance(value, (dict, list)) or command in OF_TYPES):
        shape.kinds.add("any")
    elif isinstance(value, dict):
        if key in MAPS:
            for one in value.values():
                note(shape.at("{}"), key, path + "{}", one, command)
        elif not value:
            shape.members = shape.members or {}
        for name, one in () if key in MAPS else value.items():
            note(shape.at(name), name, f"{path}.{name}" if path else name, one, command)
    elif isinstance(value, (list, tuple)):
        element = shape.at("[]")
        for one in value:
            note(element, key, path + "[]", one, command)
    else:
        kind = kind_of(key, value)
        if kind == "integer" and "address" in shape.kinds:
            kind = "address"
        if kind == "address":
            shape.kinds.discard("integer")
        if kind == "integer" and shape.kinds & {"bits", "date"}:
            return
        shape.kinds.add(kind)
        if {"integer", "number"} <= shape.kinds:
            shape.kinds.discard("integer")


def lines(shape, path=""):
    """Those of the file that say what *shape* is."""
    if shape.kinds:
        yield f"{path} {'|'.join(sorted(shape.kinds))}"
    for key, one in sorted((shape.members or {}).items()):
        yield from lines(one, f"{path}.{key}" if path else key)
    if shape.others is not None:
        yield from lines(shape.others, path + "{}")
    if shape.element is not None:
        yield from lines(shape.element, path + "[]")


def command_lines():
    """Lines that together show what each command answers with."""
    from test_programs import SHOWN, declared
    from test_rows import LINES

    from pykd.session import command, program

    yield from LINES
    for name in command.names():
        yield from (line for line, _ in command.find(name).examples)
    for name in declared():
        yield from (f"{name} {options}".strip() for options in SHOWN.get(name, ()))
        found = program.find(name)
        yield from (line for line, _ in found.examples) if found is not None else ()


def quiet(line):
    """Whether it asks and does nothing else."""
    return not any(sign in line for sign in "|><!;") and line.split()[0] not in ("repeat", "py", "wr", "extend", "set", "alias", "q", "gdb", "report")


def main():
    from pykd.session import contract

    known = {}
    if os.path.exists(FILE):
        with open(FILE, encoding="utf-8") as file:
            known = contract.parse(file.read())
    words, only = sys.argv[1:], set()
    while words[:1] == ["--only"]:
        only.add(words[1])
        words = words[2:]
    learn(known, [os.path.abspath(word) for word in words], only)
    with open(FILE, "w", encoding="utf-8") as file:
        file.write(HEAD)
        for name in sorted(known):
            file.write(f"\n[{name}]\n")
            file.writelines(f"{line}\n" for line in lines(known[name]))


@contextlib.contextmanager
def elsewhere():
    """Some of the lines write files where they are run."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield


@elsewhere()
def learn(known, paths, only):
    """Note what is answered of the dumps at *paths*."""
    import pykd
    from pykd.core.output import buffer, output_to
    from pykd.session import command, contract
    from pykd.session.session import Session

    for path in paths:
        session = Session(pykd.open(path))
        for line in dict.fromkeys(command_lines()):
            if not quiet(line) and line.split()[0] not in ("gdb", "set", "alias", "extend"):
                continue
            name = line.split()[0]
            if only and name not in only:
                continue
            if name == "foreach" and line.split()[1] not in ("bt", "ps"):
                continue  # the rows of another command
            try:
                with output_to(buffer(), buffer()):
                    rows = list(session.rows(line))
            except Exception as error:
                sys.stderr.write(f"{line}: {error}\n")
                continue
            name = session.resolve(line)[1].name if session.resolve(line)[1] is not None else name
            if line.startswith("epython ") and command.find(line.split()[1]) is not None:
                name = " ".join(line.split()[:2])
            for row in rows:
                note(known.setdefault(name, contract.Shape()), "", "", row, name)


if __name__ == "__main__":
    main()
