#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Freeze what frozen/manifest.py lists: compile every module, pack every source, write what main/files.h declares.

usage: freeze.py TOP LIBRARY LICENCES ZSTD OUT

TOP is the root of the repository, LIBRARY the standard library of the interpreter that runs this (which must be the one that
goes into the executable: code objects are tied to its version), ZSTD the program that packs. Writes to OUT:

    frozen.c        the table
    code.bin        the marshalled code objects, one after another; packed, but for those that a start needs
    files.bin       the packed files: sources and data, in blocks, since files pack better together and few are ever read
    code.dict       what code objects resemble, for the packer
    cache/          the pieces by the hash of their source, so that a changed file costs one compilation
    table.json      what was packed to which size, for tools/size.py

Same sources, same bytes: no time, no path and no order of a directory shows in the result. Code objects carry their place in
the virtual tree as file name; the importer puts the path of the executable before it.
"""

import hashlib
import json
import marshal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import manifest

FORMAT = 3
"""Of the cache; raise it when the pieces are made in another way."""

DICTIONARY_SIZE = 110 << 10
"""Bytes; more gains nothing."""
DICTIONARY_SAMPLES = 100
"""With fewer files than this there is no dictionary."""

SOURCES_IN_BLOCK = 1 << 20
"""Bytes of sources that are packed together: a traceback waits for that much, some milliseconds."""
DATA_IN_BLOCK = 64 << 10
"""And of data: help and schemas."""


class Packed(NamedTuple):
    """Bytes in the executable."""

    stored: bytes
    size: int
    """Unpacked; where the same as stored, nothing is packed."""


class Place(NamedTuple):
    """Of a file in the blocks."""

    block: int
    offset: int
    size: int


class Piece(NamedTuple):
    """One file of the virtual tree."""

    path: str
    source: Place
    code: Packed | None
    """None for a data file, and for a module that is compiled when it is imported."""


def hold(value: Any, held: list[Any]) -> None:
    """Refer once more to everything in a code object that may be shared.

    marshal writes an object that has one reference in a shorter way, and whether another module happens to use the same
    interned string must not show.
    """
    held.append(value)
    if isinstance(value, CodeType):
        for part in (
            value.co_consts,
            value.co_names,
            value.co_varnames,
            value.co_cellvars,
            value.co_freevars,
            value.co_name,
            value.co_qualname,
            value.co_filename,
            value.co_linetable,
            value.co_exceptiontable,
        ):
            hold(part, held)
    elif isinstance(value, tuple | frozenset):
        for item in value:
            hold(item, held)


def compile_module(path: str, source: bytes) -> bytes:
    code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    held: list[Any] = []
    hold(code, held)
    return marshal.dumps(code)


def write_at_once(file: Path, data: bytes) -> None:
    """So that a build that was interrupted leaves no half of it."""
    partial = file.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(file)


def compiled(path: str, source: bytes, cache: Path) -> bytes:
    """The marshalled code of a module."""
    key = hashlib.sha256(b"%d %s %s\0" % (FORMAT, MAGIC_NUMBER, path.encode()) + source).hexdigest()
    file = cache / f"{key}.code"
    if not file.exists():
        write_at_once(file, compile_module(path, source))
    return file.read_bytes()


class Packer:
    """Packs pieces, each so that it can be unpacked alone; with a dictionary those that resemble each other."""

    def __init__(self, zstd: str, cache: Path, samples: Sequence[bytes]) -> None:
        """:param samples: what the dictionary is made of. Files that seldom change, or every change packs everything anew."""
        self._zstd = zstd
        self._cache = cache
        self.dictionary = self._train(samples) if len(samples) >= DICTIONARY_SAMPLES else b""

    def _run(self, *words: str | Path, files: Sequence[Path], folder: Path) -> None:
        names = folder / "files"
        names.write_text("".join(f"{file}\n" for file in files))
        subprocess.run([self._zstd, "-qq", "-f", *words, "--filelist", names], check=True)

    def _train(self, samples: Sequence[bytes]) -> bytes:
        key = hashlib.sha256(b"%d %d\0" % (FORMAT, DICTIONARY_SIZE))
        for sample in samples:
            key.update(b"%d\0" % len(sample) + sample)
        kept = self._cache / f"{key.hexdigest()}.dict"
        if not kept.exists():
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                files = [folder / f"{number:06}" for number in range(len(samples))]
                for file, sample in zip(files, samples, strict=True):
                    file.write_bytes(sample)
                method = "--train-fastcover=k=200,d=8,f=20,accel=1,split=100"
                self._run(method, f"--maxdict={DICTIONARY_SIZE}", "-o", folder / "dict", files=files, folder=folder)
                write_at_once(kept, (folder / "dict").read_bytes())
        return kept.read_bytes()

    def pack(self, pieces: Sequence[bytes]) -> list[Packed]:
        dictionary = hashlib.sha256(b"%d\0" % FORMAT + self.dictionary).digest()
        kept = [self._cache / f"{hashlib.sha256(dictionary + piece).hexdigest()}.zst" for piece in pieces]
        missing = {file: piece for file, piece in zip(kept, pieces, strict=True) if not file.exists()}
        if missing:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                for file, piece in missing.items():
                    (folder / file.stem).write_bytes(piece)
                words: list[str | Path] = ["-19", "--no-check", "--no-progress", "--output-dir-flat", folder]
                if self.dictionary:
                    (folder / "dict").write_bytes(self.dictionary)
                    words += ["-D", folder / "dict"]
                self._run(*words, files=[folder / file.stem for file in missing], folder=folder)
                for file in missing:
                    write_at_once(file, (folder / file.name).read_bytes())
        return [Packed(file.read_bytes(), len(piece)) for file, piece in zip(kept, pieces, strict=True)]


def in_blocks(sources: dict[str, bytes]) -> tuple[list[bytes], dict[str, Place]]:
    """The files one after another in blocks, sources apart from data, and where each is."""
    blocks: list[bytearray] = []
    places: dict[str, Place] = {}
    for most, of_modules in ((SOURCES_IN_BLOCK, True), (DATA_IN_BLOCK, False)):
        blocks.append(bytearray())
        for path, data in sources.items():
            if path.endswith(".py") != of_modules:
                continue
            if blocks[-1] and len(blocks[-1]) + len(data) > most:
                blocks.append(bytearray())
            places[path] = Place(len(blocks) - 1, len(blocks[-1]), len(data))
            blocks[-1] += data
    return [bytes(block) for block in blocks], places


def write_if_changed(path: Path, data: bytes) -> bool:
    if path.exists() and path.read_bytes() == data:
        return False
    path.write_bytes(data)
    return True


TEMPLATE = """\
/* Generated by tools/freeze.py from frozen/manifest.py; do not edit. */
#include "main/files.h"

/* sha256 of what is included:
{hashes}
*/
__asm__(".section .rodata\\n"
	".balign 16\\n"
	"kd_code_data: .incbin \\"code.bin\\"\\n"
	".balign 16\\n"
	"kd_files_data: .incbin \\"files.bin\\"\\n"
	".balign 16\\n"
	"kd_code_dictionary_data: .incbin \\"code.dict\\"\\n"
	".previous");
extern const uint8_t kd_code_data[], kd_files_data[], kd_code_dictionary_data[];

const struct kd_bytes kd_code_dictionary = {{ kd_code_dictionary_data, {code_dictionary_len} }};

const struct kd_block kd_blocks[] = {{
{blocks}
}};

const struct kd_file kd_files[] = {{
{files}
}};
const size_t kd_file_nr = sizeof(kd_files) / sizeof(kd_files[0]);
"""


def shares(blocks: Sequence[Packed], pieces: Sequence[Piece]) -> dict[str, int]:
    """The bytes in the executable that each file stands for: its part of a block."""
    found = {}
    for piece in pieces:
        block, (_, offset, size) = blocks[piece.source.block], piece.source
        stored = len(block.stored)
        found[piece.path] = stored * (offset + size) // block.size - stored * offset // block.size if size else 0
    return found


def write(pieces: list[Piece], blocks: Sequence[Packed], dictionary: bytes, out: Path) -> None:
    code, files = bytearray(), bytearray()
    places, rows, sizes = [], [], []
    for block in blocks:
        places.append(f"\t{{ kd_files_data + {len(files)}, {len(block.stored)}, {block.size} }},")
        files += block.stored
    share = shares(blocks, pieces)
    for piece in pieces:
        row = f"{piece.source.block}, {piece.source.offset}, {piece.source.size}"
        if piece.code is not None:
            row += f", kd_code_data + {len(code)}, {len(piece.code.stored)}, {piece.code.size}"
            code += piece.code.stored
        rows.append(f'\t{{ "{piece.path}", {row} }},')
        sizes.append((piece.path, share[piece.path], piece.source.size, len(piece.code.stored) if piece.code else 0,
                      piece.code.size if piece.code else 0))  # fmt: skip
    contents = {"code.bin": bytes(code), "files.bin": bytes(files), "code.dict": dictionary}
    text = TEMPLATE.format(
        hashes="\n".join(f" * {name} {hashlib.sha256(data).hexdigest()}" for name, data in contents.items()),
        code_dictionary_len=len(dictionary),
        blocks="\n".join(places),
        files="\n".join(rows),
    )
    for name, data in contents.items():
        write_if_changed(out / name, data)
    write_if_changed(out / "table.json", json.dumps(sizes, indent=0).encode())
    write_if_changed(out / "frozen.c", text.encode())


def main(top: str, library: str, licences: str, zstd: str, out_name: str) -> None:
    out = Path(out_name)
    cache = out / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    contents = manifest.load(Path(top) / "frozen" / "manifest.py", Path(top), Path(library), Path(licences))
    paths = sorted(contents.files, key=str.encode)
    sources = {path: contents.files[path].read_bytes() for path in paths}
    codes: dict[str, bytes] = {}
    for path in paths:
        if path.endswith(".py") and path not in contents.as_source:
            try:
                codes[path] = compiled(path, sources[path], cache)
            except SyntaxError as error:
                sys.exit(f"{contents.files[path]}:{error.lineno}: {error.msg}")

    # The library's modules alone make the dictionary, since they do not change.
    samples = [path for path in paths if path.startswith("pylib/") and sources[path]]
    blocks, places = in_blocks(sources)
    of_code = Packer(zstd, cache, [codes[path] for path in samples if path in codes and path not in contents.at_start])
    packed_blocks = Packer(zstd, cache, []).pack(blocks)
    packed_code = {path: Packed(code, len(code)) for path, code in codes.items() if path in contents.at_start}
    cold = [path for path in codes if path not in packed_code]
    packed_code.update(zip(cold, of_code.pack([codes[path] for path in cold]), strict=True))
    pieces = [Piece(path, places[path], packed_code.get(path)) for path in paths]
    write(pieces, packed_blocks, of_code.dictionary, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
