# SPDX-License-Identifier: GPL-2.0-or-later
"""Where tests find dumps: the sample in the repository, and the large ones beside it where they are."""

import os
import random
import re
import shutil
import struct
import subprocess
import tempfile
import unittest
from unittest import mock

import _pykd
import docs  # noqa: F401 (tests of the documentation take it from here)
import dumptext
import golden
import pykd

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

os.environ["TZ"] = "UTC"  # in which all outputs that tests compare with are
SAMPLE = golden.SAMPLE
PAGE = 4096
SHARED = os.path.join(os.path.dirname(ROOT), "shared")
PYKD = os.environ.get("PYKD", os.path.join(ROOT, "pykd"))


def shared(*path):
    """A file in ../shared, or a skipped test."""
    name = os.path.join(SHARED, *path)
    if not os.path.exists(name):
        raise unittest.SkipTest(f"../shared/{'/'.join(path)} is not here")
    return name


def as_pykdump(test):
    """What follows in a test is a program of PyKdump's: ``str()`` and ``repr()`` of typed objects are what it knows."""
    pykdump = mock.patch.object(_pykd, "describe", None)
    pykdump.start()
    test.addCleanup(pykdump.stop)


def kept(command):
    """What a command is to print of the sample; tools/golden.py keeps it."""
    with open(golden.path(command), encoding="utf-8") as file:
        return file.read()


def theirs(tool, vmcore, name):
    """(dump, what *tool* printed of it), if both are in ../shared."""
    output, dump = os.path.join(SHARED, "oracle", tool, name + ".txt"), os.path.join(SHARED, "vmcores", vmcore)
    if os.path.exists(output) and os.path.exists(dump):
        with open(output, encoding="utf-8", errors="replace") as file:
            yield dump, golden.without_times(file.read())


def by_crash(command, name):
    """(dump, what a command of crash's is to print of it): the sample, and what there is in ../shared."""
    return [(SAMPLE, kept(command)), *theirs("crash-6.1", "vmcore-6.1-zstd", name)]


def by_pykdump(command, name):
    """The same of a program of PyKdump's."""
    return [(SAMPLE, kept(command)), *theirs("pykdump-5.10", "vmcore-5.10-zlib", name)]


_UNPACKERS = {".xz": "xz", ".zst": "zstd"}


def unpacked(source):
    """The path of what is in a packed file, unpacked once into the build folder; "" where it, or the program for it, is not here."""
    name, kind = os.path.splitext(os.path.basename(source))
    if not (os.path.exists(source) and shutil.which(_UNPACKERS[kind])):
        return ""
    path = os.path.join(ROOT, "build", name)
    if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(source):
        with open(f"{path}.{os.getpid()}", "wb") as file:
            subprocess.run([_UNPACKERS[kind], "-dqc", source], stdout=file, check=True)
        os.rename(file.name, path)
    return path


def busy():
    """The path of the sample of a guest that does more: storage, NFS, groups, and all memory of its processes; a skipped test without xz."""
    path = unpacked(os.path.join(ROOT, "tests", "sample", "vmcore-busy.xz"))
    if not path:
        raise unittest.SkipTest("xz is not installed")
    return path


def vmcores():
    """Every dump that is at hand, the repository's first; or a skipped test."""
    found = []
    for folder in (os.path.join(ROOT, "tests", "sample"), os.path.join(SHARED, "vmcores")):
        if os.path.isdir(folder):
            paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.startswith("vmcore")]
            found += [path for path in (unpacked(path) if path.endswith(".xz") else path for path in paths) if path]
    if not found:
        raise unittest.SkipTest("no dump is at hand")
    return found


def with_texts(text):
    """The text with each ``$"TEXT"`` in its data, for what C would have as a pointer to a text: an array of characters, and its name."""
    found = {}
    text = re.sub(r'\$("[^"]*")', lambda match: found.setdefault(match[1], f"text_{len(found)}"), text)
    return f"{text}data\n" + "".join(f"    char {name}[] = {string};\n" for string, name in found.items())


def made(test, text, *words):
    """The path of the dump that a text describes (tools/dumptext), and where its symbols and labels are. It goes away with the test."""
    folder = tempfile.mkdtemp()
    test.addCleanup(shutil.rmtree, folder)
    dump = dumptext.make(text)
    path = os.path.join(folder, "vmcore")
    with open(path, "wb") as file:
        file.write(dump.file(*words))
    return path, {**dump.labels, **dump.symbols}


def _pages(source):
    """Of a kdump file: where its bitmap and its descriptors begin, and the page frames that it has."""
    sub_blocks, bitmap_blocks = struct.unpack_from("<II", source, 432)
    bits = (1 + sub_blocks + bitmap_blocks // 2) * PAGE
    first = (1 + sub_blocks + bitmap_blocks) * PAGE
    return bits, first, [8 * place + bit for place, byte in enumerate(source[bits:first]) if byte for bit in range(8) if byte >> bit & 1]


def without(source, *pfns):
    """The dump that ``makedumpfile`` would have written had it left out these pages."""
    bits, first, present = _pages(source)
    lost = set(pfns)
    out = bytearray(source)
    for pfn in lost:
        out[bits + pfn // 8] &= ~(1 << pfn % 8)
    kept = b"".join(source[first + 24 * place : first + 24 * place + 24] for place, pfn in enumerate(present) if pfn not in lost)
    out[first : first + 24 * len(present)] = kept.ljust(24 * len(present), b"\0")
    return bytes(out)


def without_some(source, percent, seed):
    """The dump without so many of its pages, whichever; always the same ones."""
    present = _pages(source)[2]
    return without(source, *random.Random(seed).sample(present, len(present) * percent // 100))


def have_one_open():
    """Open a dump unless one is: ``pykdump.API`` can be imported only then. PYKD_DUMP in the environment chooses it."""
    try:
        return pykd.current()
    except pykd.Error:
        return pykd.open(os.environ.get("PYKD_DUMP") or vmcores()[0])


def opened(path):
    """That dump, and the current one stays what it is: ``pykdump.API`` keeps to the dump for which it was imported."""
    before = have_one_open()
    if before.path == path:
        return before
    dump = pykd.open(path)
    pykd.set_current(before)
    return dump


def _on_others(pattern):
    """Run the tests of that name once more, on each dump at hand but the one that is open, each in a process of its own: (dump, status, what it printed)."""
    for dump in vmcores():
        if dump == pykd.current().path:
            continue
        result = subprocess.run(
            [PYKD, "--run", os.path.join(ROOT, "tests", "run.py"), pattern],
            env={**os.environ, "PYKD_DUMP": dump},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=300,
        )
        yield dump, result.returncode, result.stdout.decode(errors="replace")


def run_on_others(pattern):
    """Run the tests of that name once more, on each dump at hand but the one that is open."""
    if "PYKD_DUMP" in os.environ:
        raise unittest.SkipTest("this is one of them")
    failed = [f"{dump}:\n{text[-3000:]}" for dump, status, text in _on_others(pattern) if status]
    if failed:
        raise AssertionError("\n".join(failed))


def need_another(test, lacks):
    """The dump that is open has nothing of what a test is about: it is run on the first one at hand that has, and skipped where all lack it."""
    for dump, status, text in () if "PYKD_DUMP" in os.environ else _on_others(test.id()):
        if status:
            raise AssertionError(f"{dump}:\n{text[-3000:]}")
        if "\n1 passed" in text:
            return
    test.skipTest(lacks)
