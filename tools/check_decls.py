#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check the declarations of globals in frozen/decls/ against the DWARF of kernels: check_decls.py VMLINUX...

BTF has no types for globals, so frozen/decls/ declares them; here each declaration meets the truth. A vmlinux with debug
information is read by gdb (which must have Python); the same file is this program outside gdb and inside. For each
symbol that the vmlinux has, the first declaration that fits its types must be of the type that DWARF gives: qualifiers do
not count, a length that is left open ("[]") is not compared, and text ("char name[8]") may be the start of a struct.

Exit status 1 if any kernel disagrees with any declaration.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

DECLS = Path(__file__).resolve().parent.parent / "frozen" / "decls"

HAS = re.compile(r"\[\[has:\s*(.*?)\.(.*?)\]\]\s*(.*)", re.S)
OPEN_LENGTH = re.compile(r"\[\s*\]")
QUALIFIERS = re.compile(r"\b(?:const|volatile)\b")


class Declaration:
    """One declaration of one name."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        self.condition: tuple[str, str] | None = None
        if has := HAS.fullmatch(self.text):
            self.condition = has[1], has[2]
            text = has[3]
        self.body = " ".join(text.split())
        outline = re.sub(r"\{.*\}", "", self.body)
        pointer = re.search(r"\(\s*\*+\s*(?:const\s*)?(\w+)", outline)
        name = pointer or re.search(r"(\w+)\s*(?:\[.*)?$", outline)
        if not name:
            raise SystemExit(f"check_decls: no name in {self.text!r}")
        self.name = name[1]


def read_declarations(folder: Path) -> dict[str, list[Declaration]]:
    """All declarations by name, in the order that the core tries them."""
    found: dict[str, list[Declaration]] = {}
    for path in sorted(folder.glob("*.h")):
        text = re.sub(r"/\*.*?\*/", " ", path.read_text(), flags=re.S)
        depth, start = 0, 0
        for place, character in enumerate(text):
            depth += {"{": 1, "}": -1}.get(character, 0)
            if character == ";" and not depth:
                declaration = Declaration(text[start:place])
                found.setdefault(declaration.name, []).append(declaration)
                start = place + 1
        if text[start:].strip():
            raise SystemExit(f"check_decls: {path.name} ends in the middle of a declaration")
    return found


def inside_gdb() -> None:
    """Compare, and print one JSON object as the last line."""
    import gdb

    def spelled(type_: "gdb.Type") -> str:
        """The type without qualifiers and typedefs of its core."""
        text = QUALIFIERS.sub("", str(type_))
        return re.sub(r"\s+", "", text)

    def same(ours: "gdb.Type", theirs: "gdb.Type") -> bool:
        if spelled(ours) == spelled(theirs):
            return True
        a, b = ours.strip_typedefs(), theirs.strip_typedefs()
        if a.code == gdb.TYPE_CODE_ARRAY and a.target().sizeof == 1 and b.code == gdb.TYPE_CODE_STRUCT:
            # Text may stand for a struct that begins with it.
            first = b.fields()[0].type.strip_typedefs()
            return first.code == gdb.TYPE_CODE_ARRAY and first.target().sizeof == 1
        if a.code != b.code or a.sizeof != b.sizeof:
            return False
        if a.code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ARRAY):
            return same(a.target(), b.target())
        return spelled(a) == spelled(b)

    def has(type_: str, path: str) -> bool:
        try:
            gdb.parse_and_eval(f"sizeof((({type_} *)0)->{path})")
        except gdb.error:
            return False
        return True

    def agrees(declaration: Declaration, theirs: "gdb.Type") -> bool | None:
        """None: this declaration does not fit the kernel, the next one is tried."""
        if declaration.condition and not has(*declaration.condition):
            return None
        body = declaration.body
        if members := re.match(r"(?:struct|union)\s*\{(.*)\}", body):
            for member in members[1].split(";"):
                words = member.split()
                if words:
                    try:
                        gdb.lookup_type(" ".join(words[:-1]))
                    except gdb.error:
                        return None
            names = [member.split()[-1].lstrip("*") for member in members[1].split(";") if member.strip()]
            return names == [field.name for field in theirs.strip_typedefs().fields()][: len(names)]
        if OPEN_LENGTH.search(body):
            body = OPEN_LENGTH.sub("", body, count=1)
            theirs = theirs.strip_typedefs()
            if theirs.code != gdb.TYPE_CODE_ARRAY:
                return False
            theirs = theirs.target()
        pointer = re.sub(rf"\b{declaration.name}\b(?!.*\b{declaration.name}\b)", "(*)", body)
        try:
            ours = gdb.parse_and_eval(f"({pointer})0").type.target()
            if ours.strip_typedefs().sizeof == 0:
                return None
        except gdb.error:
            return None
        return same(ours, theirs)

    wrong: list[str] = []
    nr = 0
    for name, declarations in read_declarations(DECLS).items():
        symbol = gdb.lookup_global_symbol(name)
        # Static names may repeat; one of them is meant.
        symbols = [symbol] if symbol else gdb.lookup_static_symbols(name)
        types = [symbol.type for symbol in symbols if symbol.is_variable]
        if not types:
            continue
        nr += 1
        known = " or ".join(sorted({str(type_) for type_ in types}))
        for declaration in declarations:
            verdicts = [agrees(declaration, type_) for type_ in types]
            if all(verdict is None for verdict in verdicts):
                continue
            if not any(verdicts):
                wrong.append(f"{declaration.text}: is {known}")
            break
        else:
            wrong.append(f"{name}: no declaration fits; is {known}")
    print(json.dumps({"symbols": nr, "wrong": wrong}))


def check(vmlinux: str) -> bool:
    """Run gdb on one vmlinux; say what disagrees."""
    command = ["gdb", "-batch", "-nx", "-iex", "set auto-load off", "-x", __file__, vmlinux]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = run.stdout.splitlines()
    if run.returncode or not lines or not lines[-1].startswith("{"):
        print(f"{vmlinux}: gdb failed: {run.stderr.strip()[-300:]}", file=sys.stderr)
        return False
    result = json.loads(lines[-1])
    print(f"{vmlinux}: {result['symbols']} symbols, {len(result['wrong'])} wrong")
    for line in result["wrong"]:
        print(f"    {line}")
    return not result["wrong"]


def main() -> None:
    """Outside gdb."""
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    sys.exit(not all(check(vmlinux) for vmlinux in sys.argv[1:]))


if __name__ == "__main__":
    try:
        import gdb
    except ImportError:
        main()
    else:
        inside_gdb()
