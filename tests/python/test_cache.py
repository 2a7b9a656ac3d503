# SPDX-License-Identifier: GPL-2.0-or-later
"""The command cache: what the sample's guest had, and files whose pages were planted: large ones, swapped, missing, not filled."""

import os
import tempfile
import unittest

from dumps import PAGE, SAMPLE, opened
from planting import Planting
from pykd.core.errors import CommandError, UsageError
from pykd.kernel.fs.dentries import resolve
from pykd.kernel.lists.xarray import xa_runs
from pykd.kernel.mm import contents, pagecache, pages
from pykd.session.session import Session

DISK = "sysfs"
"""A type of file system that is in no list of those in memory"""


class Real(unittest.TestCase):
    def setUp(self):
        self.session = Session(opened(SAMPLE))

    def test_files(self):
        rows = list(self.session.rows("cache -a"))
        found = {row["path"]: row for row in rows}
        self.assertEqual((8556, 3 * PAGE, "rootfs"), tuple(found["/init"][key] for key in ("size", "cached", "type")))
        self.assertEqual(sorted((row["cached"] for row in rows), reverse=True), [row["cached"] for row in rows])
        self.assertEqual(sum(row["cached"] for row in rows), sum(row["cached"] for row in self.session.rows("cache -m")))
        self.assertEqual(rows[:2], list(self.session.rows("cache -n 2")))

    def test_processes(self):
        first = next(self.session.rows("cache -p"))
        self.assertEqual((1, "init"), (first["pid"], first["comm"]))
        self.assertGreater(first["cached"], 1 << 20)

    def test_folder(self):
        found = {row["name"]: row for row in self.session.rows("cache ls /")}
        self.assertEqual(("REG", 8556, 0o755), tuple(found["init"][key] for key in ("type", "size", "mode")))
        self.assertEqual("DIR", found["etc"]["type"])
        with self.assertRaisesRegex(CommandError, "no directory"):
            list(self.session.rows("cache ls /init"))
        with self.assertRaisesRegex(CommandError, "/init2 is not in the cache"):
            list(self.session.rows("cache cat /init2"))

    def test_excluded(self):
        (row,) = self.session.rows("cache cat /init")
        self.assertEqual((0, 8556, "excluded"), (row["offset"], row["size"], row["missing"]))
        self.assertIn("(missing: 8556 bytes at 0: page excluded)", self.session.capture("cache cat /init")[0])

    def test_usage(self):
        for line in ("cache cat", "cache ls / /etc", "cache rm /init", "cache -n many", "cache -o file"):
            with self.subTest(line), self.assertRaises(UsageError):
                list(self.session.rows(line))


class Planted(Planting):
    """/init has three pages in one node; others stand in for them, whose memory the dump has."""

    def setUp(self):
        super().setUp()
        self.inode = resolve(self.dump, "/init")[0].d_inode
        self.tree = int(self.inode.i_mapping) + self.inode.i_mapping.fieldOffset("i_pages")
        self.node = self.dump.read_unsigned(self.tree + self.dump.type("struct xarray").offset_of("xa_head")) - 2
        self.slots = self.node + self.dump.type("struct xa_node").offset_of("slots")
        self.uptodate = 1 << self.dump.enumerator("PG_uptodate")
        start = self.dump.translate(self.dump.symbol("_stext").address)
        self.memory = [self.dump.read_physical(start + number * PAGE, PAGE) for number in range(4)]
        self.page = [pages.page_of(self.dump, start + number * PAGE) for number in range(4)]
        for page in self.page:
            self.altered.word(page, self.uptodate)

    def on_disk(self):
        """Let the file be of a file system that is on disk."""
        block = self.inode.i_sb
        kinds = self.dump.read_unsigned(self.dump.symbol("file_systems").address)
        offset = self.dump.type("struct file_system_type").offset_of("next")
        found, _ = self.dump.follow(kinds, offset, stop=0)
        kind = next(address for address in found if str(self.dump.object("struct file_system_type", address).name) == DISK)
        self.set("super_block", int(block), "s_type", kind)

    def opened(self):
        dump = self.altered.open(self)
        return dump, dump.object("struct inode", int(self.inode))

    def pieces(self):
        return [tuple(piece)[:4] for piece in contents.pieces(*self.opened())]

    def test_pages_one_by_one(self):
        self.altered.word(self.slots, *self.page[2::-1])
        size = int(self.inode.i_size)
        self.assertEqual(
            [(0, PAGE, self.memory[2], ""), (PAGE, PAGE, self.memory[1], ""), (2 * PAGE, size - 2 * PAGE, self.memory[0][: size - 2 * PAGE], "")], self.pieces()
        )

    def test_swapped_hole_and_reserved(self):
        self.altered.word(self.slots, (3 << 58 | 77) << 1 | 1, 0, self.page[0])
        self.altered.word(self.page[0], 0)
        dump, inode = self.opened()
        found = list(contents.pieces(dump, inode))
        self.assertEqual([("swapped", "swap 3 page 77"), ("", ""), ("", "")], [(piece.missing, piece.detail) for piece in found])
        self.assertEqual([None] * 3, [piece.data for piece in found])
        self.assertEqual([PAGE, int(inode.i_size) - PAGE], [piece.size for piece in contents.joined(iter(found))])

    def test_of_a_disk_what_is_not_there_is_missing(self):
        self.on_disk()
        self.altered.word(self.slots, 0x1235 << 8 | 1, 0, self.page[0])
        self.altered.word(self.page[0], 0)
        self.assertEqual(["uncached", "uncached", "unread"], [missing for _, _, _, missing in self.pieces()])

    def large(self):
        self.altered.word(self.page[0], self.uptodate | 1 << self.dump.enumerator("PG_head"))
        offset, size = contents._order_at(self.dump)
        self.altered.write(self.page[0] + offset, (1).to_bytes(size, "little"))

    def test_large_page_with_its_head_in_each_slot(self):
        self.large()
        self.altered.word(self.slots, self.page[0], self.page[0], self.page[3])
        self.assertEqual([*self.memory[:2], self.memory[3][: int(self.inode.i_size) - 2 * PAGE]], [data for _, _, data, _ in self.pieces()])

    def test_large_page_that_is_one_entry(self):
        self.large()
        self.altered.word(self.slots, self.page[0], 0 << 2 | 2, self.page[3])
        self.assertEqual([(0, 2, self.page[0]), (2, 1, self.page[3])], list(xa_runs(self.opened()[0], self.tree)))
        self.assertEqual([b"".join(self.memory[:2]), self.memory[3][: int(self.inode.i_size) - 2 * PAGE]], [data for _, _, data, _ in self.pieces()])

    def test_lost_node(self):
        self.altered.exclude(self.dump.translate(self.node) // PAGE)
        self.assertEqual([(0, int(self.inode.i_size), None, "lost")], self.pieces())

    def test_endless_tree(self):
        self.altered.word(self.slots, self.node + 2, self.page[0], self.page[1])
        self.assertEqual("lost", self.pieces()[0][3])

    def test_written(self):
        self.altered.word(self.slots, self.page[0], 0, (1 << 58 | 5) << 1 | 1)
        session = Session(self.altered.open(self))
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "init")
        (row,) = session.rows(f"cache cat /init -o {path}")
        size = int(self.inode.i_size)
        self.assertEqual((size, PAGE, PAGE), (row["size"], row["known"], row["holes"]))
        self.assertEqual([{"offset": 2 * PAGE, "size": size - 2 * PAGE, "missing": "swapped", "where": "swap 1 page 5"}], row["parts"])
        with open(path, "rb") as file:
            self.assertEqual(self.memory[0] + bytes(size - PAGE), file.read())
        self.assertIn(f"missing, and zeros in the file: {size - 2 * PAGE} bytes at {2 * PAGE}: in swap space", session.capture(f"cache cat {int(self.inode):x} -o {path}")[0])

    def test_text(self):
        banner = self.dump.symbol("linux_banner").address
        physical = self.dump.translate(banner)
        page = pages.page_of(self.dump, physical // PAGE * PAGE)
        self.altered.word(page, self.uptodate)
        self.altered.word(self.slots, page, 0, 0)
        text = Session(self.altered.open(self)).capture("cache cat /init")[0]
        self.assertIn("Linux version 5.10", text)
        self.assertTrue(all(char.isprintable() or char in "\n\t" for char in text))
        self.assertTrue(text.endswith("(hole: 4460 zeros at 4096)\n"), text[-100:])

    def test_dirty(self):
        self.on_disk()
        self.altered.word(self.slots, *self.page[:3])
        for number, name in ((0, "PG_dirty"), (1, "PG_writeback"), (2, "PG_dirty")):
            self.altered.word(self.page[number], self.uptodate | 1 << self.dump.enumerator(name))
        self.assertEqual([], list(Session(self.altered.open(self)).rows("cache -d")))  # nothing in the tree says so
        flags = self.dump.type("struct xarray").offset_of("xa_flags")
        self.altered.write(self.tree + flags, (3 << pagecache.MARKS).to_bytes(4, "little"))
        (row,) = Session(self.altered.open(self)).rows("cache -d")
        self.assertEqual((int(self.inode), 2 * PAGE, PAGE), tuple(row[key] for key in ("inode", "dirty", "writeback")))


if __name__ == "__main__":
    unittest.main()
