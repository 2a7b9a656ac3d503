# SPDX-License-Identifier: GPL-2.0-or-later
"""maps, cmdline, env, auxv and strings: what the guests' /proc said of every process."""

import os
import re
import struct
import unittest
from unittest import mock

import pykd
from altered import Altered
from dumps import SAMPLE, SHARED, opened
from elfcores import with_user_memory
from other_machines import whole
from pykd.commands.tasks import strings
from pykd.core.errors import UsageError
from pykd.kernel import machine
from pykd.kernel.mm import dumplevel, userspace
from pykd.kernel.mm.userspace import Piece, UserSpace, zero_pages
from pykd.kernel.task import threads
from pykd.session import redaction
from pykd.session.session import Session
from truths import archive, folder_of

MOVING = {"guest", "init", "sh", "sleep"}
"""Who did more between the truth and the crash"""


def sources(user_memory=False):
    """(dump, {path: bytes} of the guest's truth); with *user_memory* only of dumps that have it."""
    if not user_memory:
        yield SAMPLE, archive()
    for name in ("arm64-6.12", "riscv64-6.12", "s390x-6.12") if not user_memory else ():
        path = os.path.join(SHARED, "vmcores-other", f"vmcore-{name}")
        if os.path.exists(path):
            yield path, archive(os.path.join(SHARED, "oracle", "other", name, "truth.tar.xz"))
    if path := whole("ppc64le-6.12"):
        yield path, archive(os.path.join(SHARED, "oracle", "other", "ppc64le-6.12", "truth.tar.xz"))
    try:
        found = with_user_memory()
    except unittest.SkipTest:
        return
    yield from ((path, folder_of(folder)) for _, path, folder in found)


class Truth(unittest.TestCase):
    def processes(self, path, truth):
        session = Session(opened(path))
        for row in session.rows("ps -G"):
            # A leader that has ended has no memory, though its process has: we show that.
            if row["pid"] and row["pid"] == row["tgid"] and truth.get(f"proc/{row['pid']}/maps") and row["comm"] not in MOVING:
                yield session, row["pid"], f"proc/{row['pid']}"

    def test_maps(self):
        for path, truth in sources():
            compared = set()
            for session, pid, folder in self.processes(path, truth):
                (row,) = session.rows(f"maps {pid}")
                wanted = [line.split(None, 5) for line in truth[f"{folder}/maps"].decode().splitlines()]
                found = [
                    [f"{area['start']:08x}-{area['end']:08x}", area["permissions"], f"{area['offset']:08x}", area["device"], f"{area['inode']}", *filter(None, [area["name"]])]
                    for area in row["maps"]
                ]
                with self.subTest(path, pid=pid):
                    self.assertEqual([[word.strip() for word in words] for words in wanted], found)
                compared.add(folder)
            there = {name.removesuffix("/maps") for name, text in truth.items() if re.fullmatch(r"proc/\d+/maps", name) and text}
            names = {folder: truth[f"{folder}/task/{folder.removeprefix('proc/')}/comm"].decode().strip() for folder in there}
            self.assertEqual({folder for folder in there if names[folder] not in MOVING}, compared)

    def test_auxv(self):
        for path, truth in sources():
            for session, pid, folder in self.processes(path, truth):
                if not (data := truth.get(f"{folder}/auxv")):
                    continue
                (row,) = session.rows(f"auxv {pid}")
                words = struct.unpack(f"{'>' if session.dump.byteorder == 'big' else '<'}{len(data) // 8}Q", data)
                with self.subTest(path, pid=pid):
                    self.assertEqual(list(zip(words[::2], words[1::2], strict=True))[:-1], [(entry["type"], entry["value"]) for entry in row["auxv"]])

    def test_words(self):
        """Where the dump has user memory."""
        some = False
        for path, truth in sources(user_memory=True):
            some = True
            for session, pid, folder in self.processes(path, truth):
                for command, key, name in (("cmdline", "arguments", "cmdline"), ("env", "environment", "environ")):
                    if f"{folder}/{name}" not in truth:
                        continue
                    (row,) = session.rows(f"{command} {pid}")
                    data = truth[f"{folder}/{name}"]
                    with self.subTest(path, pid=pid, command=command):
                        self.assertEqual(data.removesuffix(b"\0").split(b"\0") if data else [], [word.encode() for word in row[key]])
        if not some:
            self.skipTest("no dump with user memory is at hand")

    def test_redacted(self):
        """What processes have in memory, and what names a machine, does not leave a site."""
        known = redaction.Redaction(())
        rows = [{"address": 1, "string": "password=1"}, {"environment": ["A=1"]}, {"fields": {"Serial Number": "S1", "UUID": "1-2", "Vendor": "QEMU"}, "texts": ["S1"]}]
        text = f"{[known.value(row) for row in rows]}"
        self.assertNotRegex(text, "password|A=1|S1|1-2")
        self.assertIn("QEMU", text)

    def test_missing(self):
        """The sample has no user memory: nothing is said of it, and nothing is wrong."""
        session = Session(opened(SAMPLE))
        for command, key in (("cmdline", "arguments"), ("env", "environment")):
            (row,) = session.rows(f"{command} 1")
            self.assertEqual((None, "excluded"), (row[key], row["error"]["reason"]))
            (row,) = session.rows(f"{command} 2")
            self.assertEqual([], row[key])
        (row,) = session.rows("auxv 1")
        self.assertEqual([None, None], [entry["text"] for entry in row["auxv"] if "text" in entry])
        lost = [row for row in session.rows("strings 1") if "missing" in row]
        self.assertEqual(["excluded"], [row["reason"] for row in lost])


class Tables(unittest.TestCase):
    def test_page_by_page(self):
        """Ranges of a process's page tables are what a walk to each page finds, on every machine."""
        for path, _ in sources():
            dump = opened(path)
            of = machine.of(dump)
            for task in list(threads.processes(dump))[:200:20]:
                if not task.mm:
                    continue
                space = UserSpace(dump, task.mm)
                for start, end, _ in space.areas():
                    end = min(end, start + 700 * dump.page_size)
                    found = list(space.tables.ranges(start, end))
                    self.assertEqual([start, *(one.end for one in found)], [*(one.start for one in found), end])
                    for one in found:
                        for at in range(one.start, one.end, dump.page_size):
                            steps, result = dump.walk(at, pgd=space.pgd)
                            value = steps[-1][2] if steps else 0
                            if isinstance(result, int) or (steps[-1][0] == "PTE" and of.is_present(value)):
                                kind = "mapped"
                            elif of.is_none(value):
                                kind = "empty"
                            else:
                                kind = "entry" if result.reason == "untranslatable" else "lost"
                            self.assertEqual(kind, one.kind, f"{path} {task.comm} {at:#x}")

    def test_text_behind_pointers(self):
        """Pointers of a process lead into its memory, where its page table is the one in force (C10)."""
        altered = Altered(SAMPLE)
        dump = altered.dump
        task = threads.find(1, dump)
        space = UserSpace(dump, task.mm)
        at = int(task.mm.start_stack) & -4096
        banner = dump.translate(dump.symbol("linux_banner").address)
        altered.word(dump.direct(dump.walk(at, pgd=space.pgd)[0][-1][1]), banner & -4096 | 0x067)
        place = int(task.mm) + task.mm.fieldOffset("arg_start")
        altered.word(place, at | banner & 4095)
        changed = altered.open(self)
        with self.assertRaises(pykd.FaultError):
            _ = changed.object("void *", place).text
        changed.pgd = UserSpace(changed, threads.find(1, changed).mm).pgd
        self.assertRegex(str(changed.object("void *", place).text), "^Linux version ")
        self.assertEqual(ord("L"), changed.object("unsigned char *", place).Deref)

    def planted(self, entry_of, *excluded):
        """Pieces of a page of init's stack whose entry is changed, and the memory that it then maps."""
        altered = Altered(SAMPLE)
        dump = altered.dump
        task = threads.find(1, dump)
        space = UserSpace(dump, task.mm)
        at = int(task.mm.start_stack) & -4096
        kernel = dump.translate(dump.symbol("init_task").address) & -4096
        where = dump.walk(at, pgd=space.pgd)[0][-1][1]
        altered.word(dump.direct(where), entry_of(kernel))
        for physical in excluded:
            altered.exclude(physical >> 12)
        changed = altered.open(self)
        task = threads.find(1, changed)
        space = UserSpace(changed, task.mm)
        return list(space.pieces(space.area_at(at), at, at + 4096)), changed.read_physical(kernel, 4096)

    def test_without_access(self):
        """PROT_NONE on x86: not present, and the address inverted."""
        ((_, _, data, lost),), memory = self.planted(lambda physical: ~physical & 0x000F_FFFF_FFFF_F000 | 0x160)
        self.assertEqual(("", memory), (lost, data))

    def test_pages_of_zeros_alone(self):
        """Of a dump of level 1 or 17 what was left out of a process is zeros, and known; of one of level 31 it is anything."""
        dump = opened(SAMPLE)
        task = threads.find(1, dump)
        space = UserSpace(dump, task.mm)
        area = space.area_at(int(task.mm.start_stack))
        start = int(task.mm.start_stack) & -4096
        for level, known in ((31, False), (17, True), (1, True), (0, False), (9, False), (None, False)):
            with mock.patch.object(userspace, "leaves_out_zeros_only", lambda _, level=level: dumplevel.only_zeros(level)):
                (piece,) = space.pieces(area, start, start + 4096)
            with self.subTest(level):
                self.assertEqual(("" if known else "excluded", None), (piece.lost, piece.data))

    def test_marks(self):
        """An entry that is neither a page nor of a swap device: a page that is moved, a mark."""
        ((_, _, data, lost),), _ = self.planted(lambda _: 31 << 59 | 2)
        self.assertEqual((None, "special"), (data, lost))

    def test_page_of_zeros(self):
        """makedumpfile leaves it out, as all pages of zeros."""
        (zeros,) = zero_pages(opened(SAMPLE))
        ((_, _, data, lost),), _ = self.planted(lambda _: zeros | 0x8000_0000_0000_0025, zeros)
        self.assertEqual((None, ""), (data, lost))


class Strings(unittest.TestCase):
    def found(self, *pieces, least=4):
        space = mock.Mock()
        space.pieces.return_value = iter(pieces)
        area = mock.Mock(vm_file=None, vm_flags=3)
        lost = {}
        pattern = strings.pattern_of(least)
        with mock.patch.object(strings, "area_name", return_value="[heap]"):
            rows = list(strings.of_area(space, 0, 1 << 20, area, pattern, True, lost))
        return [(row["address"], row["string"]) for row in rows], lost

    def test_across_pieces(self):
        found, _ = self.found(Piece(0, 8, b"\0\0\0\0abcd"), Piece(8, 8, b"efgh\0xyz"), Piece(16, 4, b"w\0\0\0"))
        self.assertEqual([(4, "abcdefgh"), (13, "xyzw")], found)

    def test_a_gap_ends_it(self):
        found, lost = self.found(Piece(0, 4, b"abcd"), Piece(4, 4, lost="excluded"), Piece(8, 4, b"efgh"), Piece(12, 8), Piece(20, 3, b"abc"))
        self.assertEqual([(0, "abcd"), (8, "efgh")], found)
        self.assertEqual({"excluded": 4}, lost)

    def test_long(self):
        """Memory without an end is shown in parts, once each."""
        found, _ = self.found(*(Piece(4096 * number, 4096, b"a" * 4096) for number in range(16)))
        self.assertEqual(16 * 4096, sum(len(text) for _, text in found))
        self.assertEqual(sorted(set(found)), found)
        self.assertLessEqual(max(len(text) for _, text in found), strings.MAX_TEXT)

    def test_number(self):
        self.assertEqual([(0, "ab")], self.found(Piece(0, 4, b"ab\0c"), least=2)[0])
        for wrong in ("0", "x", "5000"):
            with self.assertRaisesRegex(UsageError, "no number of characters"):
                list(Session(opened(SAMPLE)).rows(f"strings -n {wrong} 1"))


if __name__ == "__main__":
    unittest.main()
