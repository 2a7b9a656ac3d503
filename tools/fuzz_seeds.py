# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the inputs that fuzzing begins with, for each target in tests/fuzz: small, whole, of every kind that there is.

    ./pykd --run tools/fuzz_seeds.py [FOLDER]          default: tests/fuzz/corpus

They are made as tools/dumptext makes dumps. What fuzzing has found beside them stays in these folders.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from dumptext import btf, cdecl, files, kallsyms, machines, make  # noqa: E402

RODATA, TEXT = 0xFFFFFFFF82000000, 0xFFFFFFFF81000000
"""Of tests/c/make_kallsyms.h"""
PAGE = b"".join(struct.pack("<QQ", 0xFFFF888000000000 + 64 * number, number) for number in range(256))
DUMP = """
    memory 24M
    uts release=6.1.0-test
    cpu pid=1
    kallsyms none
    btf none
    data
        unsigned long word = 1;
"""
TYPES = """
    typedef unsigned int u32;
    enum colour { RED = 1, GREEN, FAR = -5 };
    enum wide { WIDE = 0x100000000 };
    union word { unsigned long whole; unsigned char bytes[8]; };
    struct flags { unsigned a : 3, b : 7; int last : 31; char c; };
    struct n1 { struct n1 *m1; union word m2[3]; struct { int m3; u32 m4; }; int (*call)(const char *, ...); enum colour m5; };
"""


def _types() -> Iterator[tuple[str, bytes]]:
    texts = (
        "struct n1 *[3]", "unsigned long long int", "int (*(*)(struct n1 *, int))[4]", "struct { struct n1 a; n2 b[NR + 1]; } [2]", "const volatile char *const *",
        "union { int m1 : 3; unsigned : 0; enum n3 e; }", "mod!struct n1#2", "struct list_head modules; extern unsigned long volatile jiffies; int a[sizeof(struct n1)], *b;",
        "[[has: struct n1.m2.m1]] struct n1 *a; /* text */ int b; // more\n", "struct n1 a __attribute__((aligned(64))) __section(\".data\"); typeof(int) b;",
    )  # fmt: skip
    for number, text in enumerate(texts):
        yield f"text{number}", text.encode()


def _btf() -> Iterator[tuple[str, bytes]]:
    for mark, name in (("<", "little"), (">", "big")):
        known = cdecl.Declarations()
        known.parse(textwrap.dedent(TYPES))
        yield name, btf.Writer(mark).section(known, [("n5", known.ints["unsigned"], 64, False)])


def _kallsyms() -> Iterator[tuple[str, bytes]]:
    symbols = [(TEXT + 64 * number, "T" if number % 2 else "t", name) for number, name in enumerate(("_text", "_stext", *(f"name_{n}" for n in range(40)), "schedule"))]
    for encoding in kallsyms.ENCODINGS:
        for last, seqs in ((True, True), (False, True), (False, False)):
            data, places = kallsyms.make(symbols, RODATA, TEXT, "<", kallsyms.Layout(encoding, last, seqs))
            lines = "".join(f"SYMBOL({name})={address:x}\n" for name, address in {"_stext": TEXT + 64, **places}.items() if "markers" not in name and "seqs" not in name)
            yield f"{encoding}-{'last' if last else 'first'}{'' if seqs else '-noseqs'}", lines.encode() + b"\0" + data


def _orc() -> Iterator[tuple[str, bytes]]:
    rows = ((0x100, 5, 8, 0, 0, 2), (0x200, 4, 16, 1, -16, 2), (0x300, 0, 0, 0, 0, 0), (0x400, 5, 0, 0, 0, 3 | 8), (0x500, 5, 0, 1, -16, 4), (0x600, 0, 0, 0, 0, 1))
    for flags in (0, 1, 3, 7):
        out = bytes((flags,))
        for number, (at, sp_reg, sp, bp_reg, bp, rest) in enumerate(rows):
            out += struct.pack("<ihhBB", TEXT + at - (0xFFFFFFFF82000000 + 4 * number), sp, bp, sp_reg | bp_reg << 4, rest)
        yield f"layout{flags}", out


def _notes() -> Iterator[tuple[str, bytes]]:
    # By their place in kd_machines, the length of an elf_prstatus and the byte order of the note.
    for number, (name, length, order) in enumerate((("x86_64", 336, "x86_64"), ("aarch64", 392, "x86_64"), ("riscv64", 376, "x86_64"), ("s390x", 336, "s390x"),
                                                    ("ppc64le", 504, "x86_64"), ("ppc64", 504, "s390x"))):  # fmt: skip
        machine = machines.MACHINES[order]
        note = files.note(machine, "CORE", 1, (bytes(range(256)) * 2)[:length])
        other = files.note(machine, "QEMU", 0, struct.pack(machine.mark + "II", 1, 440) + bytes(range(216)) * 2)
        yield name, bytes((2 * number + (machine.order == "big"),)) + note + other + files.note(machine, "VMCOREINFO", 0, b"OSRELEASE=6.1\nPAGESIZE=4096\n")


def _vmcoreinfo() -> Iterator[tuple[str, bytes]]:
    lines = "OSRELEASE=6.1.0\nPAGESIZE=4096\nSYMBOL(_stext)=ffffffff81000000\nSYMBOL(init_uts_ns)=ffffffff81000100\nNUMBER(phys_base)=-16777216\nKERNELOFFSET=0\n"
    uts = bytes(4) + b"".join(text.encode().ljust(65, b"\0") for text in ("Linux", "host", "6.1.0", "#1", "x86_64", "(none)"))
    yield "x86_64", (lines.encode() + b"\0").ljust(256, b"\0") + uts
    yield "aarch64", b"OSRELEASE=6.1\r\nNUMBER(VA_BITS)=48\nNUMBER(kimage_voffset)=0xffff7fffc0000000\nSYMBOL(init_uts_ns)=ffff800080000000\n"


def _pages() -> Iterator[tuple[str, bytes]]:
    yield "zlib", b"\0" + zlib.compress(PAGE, 9)
    yield "zlib-stored", b"\0" + zlib.compress(PAGE, 0)[:64]
    yield "lzo", b"\1" + bytes((17 + 4,)) + b"abcd" + b"\x11\0\0"
    yield "lzo-copy", b"\1" + bytes((17 + 8,)) + b"abcdefgh" + b"\x2c\x1c\0" + b"\x11\0\0"
    yield "snappy", b"\2" + b"\x80\x20\0x" + b"\xfe\x01\0" * 63 + b"\xfa\x01\0"
    yield "snappy-offsets", b"\2\x0e\x08abc\x0a\x03\0\x0b\x03\0\0\0\x05\x03"
    done = subprocess.run([ROOT / "build" / "x86_64" / "bin" / "zstd"], input=PAGE, stdout=subprocess.PIPE, check=False)
    if done.returncode == 0:
        yield "zstd", b"\3" + done.stdout


def _dump() -> Iterator[tuple[str, bytes]]:
    text = textwrap.dedent(DUMP)
    for name, words, change in (
        ("kdump", ("kdump", "zlib"), ""), ("elf", ("elf",), ""), ("flattened", ("kdump", "zlib", "flattened"), ""), ("elf-flattened", ("elf", "flattened"), ""),
        ("qemu", ("elf",), "qemu cr4=0xa0\nvmcoreinfo none\n"), ("split", ("kdump", "zlib"), "part 0 4096\n"),
        ("s390x", ("kdump", "zlib"), "machine s390x\n"),
    ):  # fmt: skip
        yield name, make(text + change).file(*words)


SEEDS = {"btf": _btf, "types": _types, "kallsyms": _kallsyms, "orc": _orc, "notes": _notes, "vmcoreinfo": _vmcoreinfo, "pages": _pages, "dump": _dump}


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "fuzz" / "corpus"
    for target, seeds in SEEDS.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, data in seeds():
            (folder / target / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
