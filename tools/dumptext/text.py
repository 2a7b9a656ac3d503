# SPDX-License-Identifier: GPL-2.0-or-later
"""Statements of a text, what they say of the machine, and the file that comes of it. The language is described in the package."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from . import btf, files, kallsyms
from .cdecl import Declarations, Definition, Function, TextError, encode
from .image import Memory
from .machines import MACHINES, Machine

TEXT, DATA, TABLES, IMAGE_LEN = 0, 2 << 20, 4 << 20, 8 << 20
"""Where code, variables and (read-only) BTF and kallsyms begin, and _end; in bytes from _text."""
_UTS = ("sysname", "nodename", "release", "version", "machine", "domainname")
_NT_PRSTATUS = 1


@dataclass
class Statement:
    """A line that begins in column 0, and the indented ones below it."""

    line: int
    words: list[str]
    block: str


def statements(text: str) -> Iterator[Statement]:
    found: Statement | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            if found is None:
                raise TextError(f"line {number}: an indented line belongs to the one before, and there is none")
            found.block += line + "\n"
            continue
        if found:
            yield found
        words = shlex.split(line, comments=True)
        found = Statement(number, words, "")
    if found:
        yield found


def _size(text: str) -> int:
    unit = {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper(), 0)
    return int(text[: -1 if unit else None], 0) << unit


def _bytes(text: str) -> bytes:
    """Of hexadecimal digits and texts in quotes."""
    out = b""
    for string, digits in re.findall(r'"((?:\\.|[^"\\])*)"|([0-9a-fA-F]+)', text):
        out += bytes.fromhex(digits) if digits else string.encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1")
    return out


def _settings(words: list[str]) -> dict[str, str]:
    return dict(word.partition("=")[::2] for word in words)


@dataclass
class Made:
    """A dump in the making. *symbols* and *labels* (of ``heap``) say where things are."""

    machine: Machine
    memory: Memory
    symbols: dict[str, int] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    vmcoreinfo: str = ""
    _contents: files.Contents | None = None
    _format: tuple[str, ...] = ("kdump",)
    _changes: list[tuple[int, bytes]] = field(default_factory=list)
    _cut: int | None = None

    def file(self, *words: str) -> bytes:
        """The file. *words* as behind ``format`` take the place of the text's."""
        words = words or self._format
        assert self._contents
        self._contents.status = files.INCOMPLETE if "incomplete" in words else 0
        compression = "zlib" if "zlib" in words else "none"
        data = bytearray(files.elf(self._contents) if "elf" in words else files.kdump(self._contents, compression))
        for offset, new in self._changes:
            data[offset : offset + len(new)] = new
        whole = bytes(data[: self._cut])
        return files.flattened(whole) if "flattened" in words else whole


class Builder:
    """One text. The order of the statements does not matter, but of C within its blocks."""

    def __init__(self, text: str) -> None:
        self._by_word: dict[str, list[Statement]] = {}
        known = {name[4:] for name in dir(self) if name.startswith("_do_")}
        for statement in statements(text):
            if statement.words[0] not in known:
                raise TextError(f"line {statement.line}: no statement {statement.words[0]}; there are {', '.join(sorted(known))}")
            self._by_word.setdefault(statement.words[0], []).append(statement)
        self.machine = MACHINES["x86_64"]
        self.kallsyms: kallsyms.Layout | None = kallsyms.Layout()
        self.has_btf = True
        self.page_nr = 0
        self.uts = {"sysname": "Linux", "nodename": "host", "release": "6.1.0-test", "version": "#1", "domainname": "(none)"}
        self.declarations = Declarations()
        self.cpus: list[dict[str, str]] = []
        self.qemu: list[dict[str, str]] = []
        self.notes: list[tuple[str, int, bytes]] = []
        self.info: dict[str, str] | None = {}
        self.absent: set[int] = set()
        self.part: tuple[int, int] | None = None
        self.headers = ""
        self.letters: dict[str, str] = {}
        self._pending: list[tuple[int, Definition, int]] = []  # address, what, CPU
        self._percpu: list[tuple[int, Definition]] = []  # offset in the section
        self._format: tuple[str, ...] = ("kdump",)
        self._at = 0

    # Running statements.

    def _each(self, *words: str) -> None:
        for word in words:
            for statement in self._by_word.get(word, ()):
                run: Callable[[Statement], None] = getattr(self, "_do_" + word)
                try:
                    run(statement)
                except (TextError, ValueError, KeyError, IndexError) as error:
                    raise TextError(f"line {statement.line}: {word}: {error}") from error

    def make(self) -> Made:
        self._each("machine")
        machine = self.machine
        self.page_nr = (machine.image_physical + IMAGE_LEN + (8 << 20)) // machine.page_size
        self.uts["machine"] = machine.name
        self._each("memory", "uts", "format", "headers", "kallsyms", "btf", "part")
        self.memory = Memory(machine, IMAGE_LEN)
        self.made = Made(machine, self.memory)
        self.made._format = self._format
        self._at = machine.image
        self._symbol("_text", "T", self._at)
        self._symbol("_stext", "T", self._at)
        self._symbol("_end", "B", machine.image + IMAGE_LEN)
        self._symbol(machine.top, "D", machine.image + IMAGE_LEN - max(2 * machine.page_size, machine.table_len(0)))
        self.memory.top = self.memory.physical(self.made.symbols[machine.top])
        self.memory.clear_table(self.memory.top, 0)
        for start, end, allowed in ((TEXT, DATA, "x"), (DATA, TABLES, "w"), (TABLES, IMAGE_LEN, "")):
            self.memory.map_large(machine.image + start, machine.image_physical + start, end - start, allowed)
        self.memory.map_large(machine.direct, 0, self.page_nr * machine.page_size, "w")
        self._put(self._at, b"\xcc" * 16)
        self._at += 16
        self._each("text")
        self._symbol("_etext", "T", self._align(16))
        self._go(DATA)
        self._each("cpu", "types", "symbols", "data", "heap", "percpu")
        self._place_percpu()
        self._each("map")
        for address, definition, cpu in self._pending:
            self._store(address, definition, cpu)
        self._put_tables()
        self._each("bytes", "excluded", "absent", "vmcoreinfo", "qemu", "note", "file", "cut")
        self.made._contents = self._contents()
        return self.made

    def _number(self, text: str) -> int:
        return self.declarations.number(text, self._address)

    def _address(self, name: str) -> int | None:
        found = self.made.symbols.get(name)
        return self.made.labels.get(name) if found is None else found

    def _symbol(self, name: str, letter: str, address: int) -> None:
        self.made.symbols[name] = address
        self.letters[name] = letter

    def _align(self, align: int) -> int:
        self._at = -(-self._at // align) * align
        return self._at

    def _go(self, offset: int) -> None:
        """To the next part of the image."""
        if self._at > self.machine.image + offset:
            raise TextError(f"more than {offset >> 20} MiB in the image")
        self._at = self.machine.image + offset

    def _put(self, address: int, data: bytes) -> None:
        self.memory.write(address, data)

    # What is set before memory is there.

    def _do_machine(self, statement: Statement) -> None:
        self.machine = MACHINES[statement.words[1]]

    def _do_headers(self, statement: Statement) -> None:
        self.headers = statement.words[1]

    def _do_memory(self, statement: Statement) -> None:
        self.page_nr = _size(statement.words[1]) // self.machine.page_size

    def _do_uts(self, statement: Statement) -> None:
        self.uts.update(_settings(statement.words[1:]))

    def _do_format(self, statement: Statement) -> None:
        unknown = {*statement.words[1:]} - {"kdump", "elf", "flattened", "zlib", "none", "incomplete"}
        if unknown:
            raise TextError(f"no format {', '.join(unknown)}")
        self._format = tuple(statement.words[1:])

    def _do_part(self, statement: Statement) -> None:
        self.part = (int(statement.words[1], 0), int(statement.words[2], 0))

    def _do_kallsyms(self, statement: Statement) -> None:
        words = statement.words[1:]
        if words == ["none"]:
            self.kallsyms = None
            return
        encoding = next((word for word in words if word in kallsyms.ENCODINGS), "percpu")
        self.kallsyms = kallsyms.Layout(encoding, "first" not in words, "noseqs" not in words)

    def _do_btf(self, statement: Statement) -> None:
        self.has_btf = statement.words[1] != "none"

    def _do_cpu(self, statement: Statement) -> None:
        self.cpus.append(_settings(statement.words[1:]))

    # What is in memory.

    def _do_text(self, statement: Statement) -> None:
        for line in statement.block.splitlines():
            name, _, rest = line.strip().partition(" ")
            code = b"\xcc" * int(rest.strip()[1:], 0) if rest.strip().startswith("+") else _bytes(rest)
            self._symbol(name, "T", self._align(16))
            self._put(self._at, code + b"\xcc" * (-len(code) % 16))
            self._at += len(code)

    def _do_symbols(self, statement: Statement) -> None:
        for line in statement.block.splitlines():
            address, letter, name = line.split()
            self._symbol(name, letter, int(address, 16))

    def _do_types(self, statement: Statement) -> None:
        if self.declarations.parse(statement.block):
            raise TextError("a variable is defined in data, heap or percpu")

    def _definitions(self, statement: Statement) -> Iterator[Definition]:
        for definition in self.declarations.parse(statement.block):
            if isinstance(definition.type, Function):
                raise TextError(f"{definition.name}: code is put into text")
            yield definition

    def _do_data(self, statement: Statement) -> None:
        """``data at ADDRESS`` leaves the place where data otherwise goes on alone."""
        kept = self._at
        if statement.words[1:2] == ["at"]:
            self._at = self._number(" ".join(statement.words[2:]))
        for definition in self._definitions(statement):
            self._pending.append((self._align(max(8, definition.type.align)), definition, 0))
            letter = "D" if definition.initialisers else "B"
            if 0 <= self._at - self.machine.image < IMAGE_LEN:
                self._symbol(definition.name, letter.lower() if definition.static else letter, self._at)
            else:
                self.made.labels[definition.name] = self._at
            self._at += max(1, definition.type.size)
        if statement.words[1:2] == ["at"]:
            self._at = kept

    def _do_heap(self, statement: Statement) -> None:
        """Slab objects begin at multiples of 64 in the direct map."""
        room = at = 0
        for definition in self._definitions(statement):
            at = -(-at // 64) * 64
            if definition.type.size > room - at:
                pages = -(-definition.type.size // self.machine.page_size)
                at = self.memory.take(pages)
                room = at + pages * self.machine.page_size
            self._pending.append((self.machine.direct + at, definition, 0))
            self.made.labels[definition.name] = self.machine.direct + at
            at += definition.type.size

    def _do_percpu(self, statement: Statement) -> None:
        at = self._percpu_end() or 64
        for definition in self._definitions(statement):
            align = max(8, definition.type.align)
            at = -(-at // align) * align
            self._symbol(definition.name, "d" if definition.static else "D", at)
            self._percpu.append((at, definition))
            at += definition.type.size

    def _percpu_end(self) -> int:
        return self._percpu[-1][0] + self._percpu[-1][1].type.size if self._percpu else 0

    def _place_percpu(self) -> None:
        """Copies of the section, one a CPU, and the table of their distances from it."""
        end = self._percpu_end()
        if not end:
            return
        self._symbol("__per_cpu_start", "D", 0)
        self._symbol("__per_cpu_end", "D", end)
        self._symbol("__per_cpu_offset", "D", self._align(8))
        offsets = b""
        for cpu in range(max(1, len(self.cpus))):
            area = self.machine.direct + self.memory.take(-(-end // self.machine.page_size))
            offsets += area.to_bytes(8, self.machine.order)  # type: ignore[arg-type]
            self._pending += [(area + place, definition, cpu) for place, definition in self._percpu]
        self._put(self._at, offsets)
        self._at += len(offsets)

    def _store(self, address: int, definition: Definition, cpu: int) -> None:
        if definition.initialisers:
            value = definition.initialisers[min(cpu, len(definition.initialisers) - 1)]
            try:
                data = encode(definition.type, value, self._address, self.machine.order)
            except (TextError, OverflowError) as error:
                raise TextError(f"{definition.name}: {error}") from error
        else:
            data = bytes(definition.type.size)
        self._put(address, data)

    def _put_tables(self) -> None:
        """BTF and kallsyms, which end the image."""
        self._symbol("_edata", "D", self._align(self.machine.page_size))
        self._go(TABLES)
        if self.has_btf:
            variables = [(each.name, each.type, at, each.static) for at, each in self._percpu]
            section = btf.Writer(self.machine.mark).section(self.declarations, variables)
            self._symbol("__start_BTF", "R", self._at)
            self._symbol("__stop_BTF", "R", self._at + len(section))
            self._put(self._at, section)
            self._at += len(section)
        places: dict[str, int] = {}
        if self.kallsyms:
            symbols = sorted((address, self.letters[name], name) for name, address in self.made.symbols.items())
            start = self._align(self.machine.page_size)
            tables, places = kallsyms.make(symbols, start, self.machine.image, self.machine.mark, self.kallsyms)
            self._put(start, tables)
            self._at += len(tables)
        self._go(self.made.symbols[self.machine.top] - self.machine.image)
        noted = {"_stext": self.made.symbols["_stext"], self.machine.top: self.made.symbols[self.machine.top]}
        noted |= {name: address for name, address in self.made.symbols.items() if name == "init_uts_ns"}
        noted |= {name: places[name] for name in places if name not in ("kallsyms_markers", "kallsyms_seqs_of_names")}
        self.info = {"OSRELEASE": self.uts["release"], "PAGESIZE": str(self.machine.page_size)}
        self.info |= {f"SYMBOL({name})": f"{address:x}" for name, address in noted.items()}
        self.info |= self.machine.vmcoreinfo(self.machine)

    def _do_map(self, statement: Statement) -> None:
        virtual, physical = " ".join(statement.words[1:]).split("=")
        self.memory.map(self._number(virtual), self._number(physical))

    def _do_bytes(self, statement: Statement) -> None:
        words = statement.words[1:]
        if words[0] == "physical":
            self.memory.write_physical(self._number(" ".join(words[1:])), _bytes(statement.block))
        else:
            self._put(self._number(" ".join(words)), _bytes(statement.block))

    def _pfns(self, statement: Statement) -> Iterator[int]:
        """``WHERE [LENGTH]``, or ``physical WHERE [LENGTH]``; LENGTH in bytes."""
        words = statement.words[1:]
        physical = words[0] == "physical"
        words = words[physical:]
        start = self._number(words[0])
        end = start + (self._number(words[1]) if len(words) > 1 else 1)
        size = self.machine.page_size
        for address in range(start // size * size, end, size):
            yield (address if physical else self.memory.physical(address)) // size

    def _do_excluded(self, statement: Statement) -> None:
        for pfn in self._pfns(statement):
            self.memory.pages.pop(pfn, None)

    def _do_absent(self, statement: Statement) -> None:
        for pfn in self._pfns(statement):
            self.memory.pages.pop(pfn, None)
            self.absent.add(pfn)

    # What is beside memory.

    def _do_vmcoreinfo(self, statement: Statement) -> None:
        """``none``, ``only`` these lines, or these lines too; a key without a value is left out."""
        if statement.words[1:] == ["none"]:
            self.info = None
            return
        if statement.words[1:] == ["only"]:
            self.info = {}
        for line in statement.block.splitlines():
            key, equals, value = line.strip().partition("=")
            assert self.info is not None
            if equals:
                self.info[key] = value
            else:
                self.info.pop(key)

    def _do_qemu(self, statement: Statement) -> None:
        self.qemu.append(_settings(statement.words[1:]))

    def _do_note(self, statement: Statement) -> None:
        _, name, type_, *rest = statement.words
        self.notes.append((name, int(type_, 0), _bytes(" ".join(rest)) + _bytes(statement.block)))

    def _do_file(self, statement: Statement) -> None:
        self.made._changes.append((int(statement.words[1], 0), _bytes(" ".join(statement.words[2:]) + statement.block)))

    def _do_cut(self, statement: Statement) -> None:
        self.made._cut = _size(statement.words[1])

    def _contents(self) -> files.Contents:
        machine = replace(self.machine, order=self.headers or self.machine.order)
        notes = b""
        for registers in self.cpus:
            values = {name: self._number(value) for name, value in registers.items()}
            notes += files.note(machine, "CORE", _NT_PRSTATUS, machine.prstatus(values))
        for registers in self.qemu:
            if machine.qemu is None:
                raise TextError(f"qemu: not for {machine.name}")
            values = {"cr3": self.memory.top} | {name: self._number(value) for name, value in registers.items()}
            notes += files.note(machine, "QEMU", 0, machine.qemu(values))
        info = (0, 0)
        if self.info is not None:
            self.made.vmcoreinfo = "".join(f"{key}={value}\n" for key, value in self.info.items())
            raw = self.made.vmcoreinfo.encode("latin-1")
            info = (len(notes) + 12 + 12, len(raw))
            notes += files.note(machine, "VMCOREINFO", 0, raw)
        for name, type_, data in self.notes:
            notes += files.note(machine, name, type_, data)
        pages = {pfn: bytes(page) for pfn, page in self.memory.pages.items()}
        uts = [self.uts[name] for name in _UTS]
        return files.Contents(machine, pages, self.absent, self.page_nr, notes, max(1, len(self.cpus)), uts, info, part=self.part)
