# SPDX-License-Identifier: GPL-2.0-or-later
"""The command journal, and journal files themselves: made here by their documented format, whole and damaged, and planted in the sample."""

import os
import struct
import tempfile
import unittest
from unittest import mock

from dumps import PAGE
from planting import Planting
from pykd.core.errors import CommandError, UsageError
from pykd.kernel.fs.dentries import resolve
from pykd.kernel.mm import logfiles, pages
from pykd.session.session import Session
from pykd.values import journalfile
from pykd.values.journalfile import Journal, JournalError

LONG = "text " * 60
START = 1_700_000_000_000_000


def zstd(data):
    """A frame of one block that is not compressed."""
    return b"\x28\xb5\x2f\xfd\x60" + struct.pack("<H", len(data) - 256) + (1 | len(data) << 3).to_bytes(3, "little") + data


def lz4(data):
    """A block: the first 5 letters, a copy of them that overlaps with itself, a last letter."""
    copied = len(data) - 6
    more, rest = divmod(copied - 4 - 15, 255)
    return struct.pack("<Q", len(data)) + b"\x5f" + data[:5] + b"\x05\0" + b"\xff" * more + bytes([rest]) + b"\x10" + data[-1:]


class Maker:
    """A journal of the entries that are added."""

    def __init__(self, compact=True):
        self.compact = compact
        self.data = bytearray(272)
        self.entries = []

    def object(self, kind, flags, body):
        self.data += bytes(-len(self.data) % 8)
        at = len(self.data)
        self.data += struct.pack("<BB6xQ", kind, flags, 16 + len(body)) + body
        return at

    def field(self, payload, flags=0):
        if flags:
            payload = {journalfile.ZSTD: zstd, journalfile.LZ4: lz4, journalfile.XZ: bytes}[flags](payload)
        return self.object(journalfile.DATA, flags, bytes(56 if self.compact else 48) + payload)

    def entry(self, *fields):
        number = len(self.entries)
        items = b"".join(struct.pack("<I" if self.compact else "<Q8x", field) for field in fields)
        body = struct.pack("<QQQ16sQ", number + 1, START + number * 1_000_000, 5_000_000 + number, bytes(range(16)), 0) + items
        self.entries.append(self.object(journalfile.ENTRY, 0, body))

    def bytes(self):
        """Two arrays: the first has two entries."""
        arrays = []
        for part in (self.entries[:2], self.entries[2:]):
            arrays.append(self.object(journalfile.ENTRY_ARRAY, 0, bytes(8) + struct.pack(f"<{len(part)}{'I' if self.compact else 'Q'}", *part)))
        struct.pack_into("<Q", self.data, arrays[0] + 16, arrays[1])
        count = len(self.entries)
        struct.pack_into("<8sIIB", self.data, 0, journalfile.SIGNATURE, 0, journalfile.COMPACT if self.compact else 0, 1)
        struct.pack_into("<QQ", self.data, 88, 272, len(self.data) - 272)
        struct.pack_into("<6Q", self.data, 152, count, count, 1, arrays[0], START, START + count * 1_000_000)
        return bytes(self.data)


def made(compact=True):
    maker = Maker(compact)
    common = [maker.field(text) for text in (b"_HOSTNAME=vmtest", b"SYSLOG_IDENTIFIER=daemon", b"_PID=17", b"_SYSTEMD_UNIT=a.service")]
    maker.entry(*common, maker.field(b"MESSAGE=first"), maker.field(b"PRIORITY=6"))
    maker.entry(*common, maker.field(b"MESSAGE=" + LONG.encode(), journalfile.ZSTD), maker.field(b"PRIORITY=3"))
    maker.entry(common[0], maker.field(b"ABCD=" * 60 + b"!", journalfile.LZ4), maker.field(b"MESSAGE=two\nlines\x1b[1m"), maker.field(b"_TRANSPORT=kernel"))
    maker.entry(common[0], maker.field(b"MESSAGE=fourth"), maker.field(b"PRIORITY=7"), maker.field(b"nothing", journalfile.XZ))
    return maker


def read(data):
    return Journal(lambda offset, count: data[offset : offset + count], len(data))


class Format(unittest.TestCase):
    def test_entries(self):
        for compact in (True, False):
            with self.subTest(compact=compact):
                journal = read(made(compact).bytes())
                entries = [journal.entry(offset) for offset in journal.offsets()]
                self.assertEqual([[b"first"], [LONG.encode()], [b"two\nlines\x1b[1m"], [b"fourth"]], [entry.fields["MESSAGE"] for entry in entries])
                self.assertEqual([b"ABCD=" * 59 + b"!"], entries[2].fields["ABCD"])
                self.assertEqual([[], [], [], ["a field is compressed with XZ, which pykd does not read"]], [[str(error) for error in entry.errors] for entry in entries])
                self.assertEqual((4, START + 3_000_000, 5_000_003, bytes(range(16)).hex()), tuple(entries[3])[1:5])

    def test_wanted(self):
        journal = read(made().bytes())
        self.assertEqual({"MESSAGE": [b"first"]}, journal.entry(next(journal.offsets()), frozenset(["MESSAGE"])).fields)

    def test_what_the_list_lost_is_found(self):
        maker = made()
        data = maker.bytes()
        self.assertEqual(maker.entries, list(read(data).scan(data, 0)))
        self.assertEqual([offset for offset in maker.entries if offset >= 512], list(read(data).scan(data[512:], 512)))

    def test_no_journal(self):
        for data in (b"", bytes(300), journalfile.SIGNATURE):
            with self.subTest(data), self.assertRaises(JournalError):
                read(data)

    def test_lists_that_run_back(self):
        data = bytearray(made().bytes())
        array = read(data)._array
        struct.pack_into("<Q", data, array + 16, array)
        *good, last = read(data).offsets()
        self.assertEqual((2, JournalError), (len(good), type(last)))

    def test_damage(self):
        """Whatever a byte of it is, an entry is read or a JournalError."""
        whole = made().bytes()
        for place in range(len(whole)):
            for value in (0, 0x80, 0xFF):
                data = bytearray(whole)
                data[place] = value
                try:
                    journal = read(data)
                    for offset in journal.offsets():
                        if isinstance(offset, int):
                            journal.entry(offset)
                except JournalError:
                    continue

    def test_lz4(self):
        size = (10).to_bytes(8, "little")
        self.assertEqual(b"abcabcabcX", journalfile.expanded(journalfile.LZ4, size + b"\x32abc\x03\0\x10X"))
        for data in (b"\x32abc\x04\0\x10X", b"\x32abc\0\0\x10X", b"\xf0", b"\x3fabc\x03\0\xff\xff", b"\x32abc"):
            with self.subTest(data), self.assertRaises(JournalError):
                journalfile.expanded(journalfile.LZ4, size + data)


class Planted(Planting):
    """/modules.list of the sample is a journal, or a text; it has the pages of /init."""

    def head(self, path):
        """(inode, address of the head of the tree of its pages)"""
        inode = resolve(self.dump, path)[0].d_inode
        return inode, int(inode.i_mapping) + inode.i_mapping.fieldOffset("i_pages") + self.dump.type("struct xarray").offset_of("xa_head")

    def setUp(self):
        super().setUp()
        self.inode, head = self.head("/modules.list")
        node = self.dump.read_unsigned(self.head("/init")[1])
        self.altered.word(head, node)
        self.slots = node - 2 + self.dump.type("struct xa_node").offset_of("slots")
        for name, value in (("JOURNALS", ("/",)), ("ENDS", ("/modules.list",)), ("TEXTS", "/"), ("NAMES", ("modules.list",))):
            patch = mock.patch.object(logfiles, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def plant(self, data):
        self.set("inode", int(self.inode), "i_size", len(data))
        start = self.dump.symbol("_stext").address
        self.altered.write(start, data)
        for number in range(3):
            page = pages.page_of(self.dump, self.dump.translate(start + number * PAGE))
            self.altered.word(page, 1 << self.dump.enumerator("PG_uptodate"))
            self.altered.word(self.slots + 8 * number, page if number * PAGE < len(data) else 0)

    def session(self):
        return Session(self.altered.open(self))

    def test_rows_and_text(self):
        self.plant(made().bytes())
        session = self.session()
        rows = list(session.rows("journal"))
        self.assertEqual(["first", LONG, "two\nlines\x1b[1m", "fourth"], [row["text"] for row in rows])
        first = rows[0]
        self.assertEqual(("/modules.list", 1, START // 1_000_000, "vmtest"), tuple(first[key] for key in ("file", "sequence", "date", "host")))
        self.assertEqual(("daemon", 17, 6, "a.service"), tuple(first[key] for key in ("identifier", "pid", "priority", "unit")))
        self.assertEqual(["first"], first["fields"]["MESSAGE"])
        self.assertTrue(rows[3]["error"]["partial"])
        lines = session.capture("journal")[0].splitlines()
        self.assertEqual("Nov 14 22:13:20 vmtest daemon[17]: first", lines[0])
        self.assertRegex(lines[3], "^ {32}lines")
        self.assertNotIn("\x1b", "".join(lines))

    def test_choice(self):
        self.plant(made().bytes())
        session = self.session()
        many = (("-n 1", [4]), ("-n 3", [2, 3, 4]), ("/modules.list -n 2", [3, 4]))
        for options, numbers in (*many, ("-p err", [2]), ("-p 6", [1, 2]), ("-k", [3]), ("-u a", [1, 2]), ("-u a.service -n 1", [2])):
            with self.subTest(options):
                self.assertEqual(numbers, [row["sequence"] for row in session.rows(f"journal {options}")])
        (row,) = session.rows("journal -l")
        self.assertEqual(("/modules.list", "journal", 4, "online"), tuple(row[key] for key in ("file", "kind", "entries", "state")))
        for options in ("-n few", "-p loud"):
            with self.assertRaises(UsageError):
                list(session.rows(f"journal {options}"))

    def test_page_with_the_list_is_missing(self):
        maker = made()
        maker.data += bytes(PAGE - len(maker.data) % PAGE)
        data = maker.bytes()
        self.plant(data)
        self.altered.word(self.slots + 8, 0)  # the arrays are there
        rows = list(self.session().rows("journal"))
        self.assertNotIn("sequence", rows[0])
        self.assertIn("damaged", rows[0]["error"]["message"])  # a hole in tmpfs: zeros
        self.assertEqual([1, 2, 3, 4], [row["sequence"] for row in rows if row.get("recovered")])

    def test_written(self):
        data = made().bytes()
        self.plant(data)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "system.journal")
        self.assertIn(f"{len(data)} bytes to {path}: {len(data)} from memory, 0 of holes, 0 missing", self.session().capture(f"journal -o {path}")[0])
        with open(path, "rb") as file:
            self.assertEqual(data, file.read())

    def test_text_file(self):
        text = b"".join(b"Nov 30 10:00:%02d vmtest daemon: message %d\n" % (number, number) for number in range(60)) * 4
        self.plant(text)
        with mock.patch.object(logfiles, "JOURNALS", ()):
            session = self.session()
            self.assertEqual(text.decode(), session.capture("journal")[0])
            self.assertEqual(text.decode().splitlines()[-2:], [row["text"] for row in session.rows("journal -n 2")])
            self.assertEqual([text.index(b"\n") + 1], [row["offset"] for row in session.rows("journal")][1:2])
            self.altered.word(self.slots + 8, (1 << 58 | 5) << 1 | 1)
            rows = list(self.session().rows("journal /modules.list"))
            lost = next(row for row in rows if "missing" in row)
            self.assertEqual((PAGE, PAGE, "swapped"), tuple(lost[key] for key in ("offset", "size", "missing")))
            self.assertEqual(text[:PAGE].decode().splitlines(), [row["text"] for row in rows[: rows.index(lost)]])

    def test_nothing(self):
        with mock.patch.object(logfiles, "JOURNALS", ()), mock.patch.object(logfiles, "TEXTS", "/nowhere"):
            session = self.session()
            self.assertEqual([], list(session.rows("journal")))
            self.assertIn("no journal", session.capture("journal")[0])
            with self.assertRaisesRegex(CommandError, "no log"):
                list(session.rows("journal -o file"))


if __name__ == "__main__":
    unittest.main()
