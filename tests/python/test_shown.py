# SPDX-License-Identifier: GPL-2.0-or-later
"""Names and messages of a dump are shown and never obeyed, and end no line, whatever command or program prints them."""

import io
import json
import os
import re
import subprocess
import tempfile
import unittest

import dumps
import fuzz
import patched
import pykd
from _pykd import is_plain
from dumps import PYKD, SAMPLE
from pykd.core import shown
from pykd.kernel import printk
from pykd.kernel.fs import files, mounts
from pykd.kernel.mm import slabs
from pykd.kernel.net import devices, namespaces

dumps.have_one_open()

HOSTILE = b"\x1b[31mA\n\xff\xc2\x9b\x07\r\t\x7f" + "é\u202e".encode()
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
COMMANDS = (
    *fuzz.COMMANDS, "ps -a", "ps -p 1", "ps -c", "ps -g", "ps -t", "ps -r", "ps -S", "ps -y", "foreach task", "task 1", "set 1", "sys -c", "mod -t",
    "help -t", "log -T", "log -m", "files 1", "fuser /dev/console", "kmem -s", "kmem -S", "net -n", "net -s 1", "sym -m ext4", "sym schedule",
    "p init_task", "p linux_banner", "p init_uts_ns", "struct uts_namespace init_uts_ns", "rd -a init_uts_ns 64", "rd init_uts_ns 64", "waitq",
    "timer", "irq", "runq -t", "bt -l 1", "bt -f 1", "foreach sig", "vm 1", "vm -p 1", "dev -D", "search -c vmtest", "list modules -s module.name",
    "tree -t radix irq_desc_tree", "hanginfo", "taskinfo --pidinfo=1", "taskinfo --ns", "taskinfo --files", "taskinfo --recent=1000",
    "taskinfo --longer=0", "pstree -p -s -t", "modinfo --show=1", "x/s init_uts_ns", "printf \"%s\\n\", init_task.comm", "py pykd.tasks.find(1).comm",
    "py print(pykd.tasks.find(1).comm)", "whatis init_task", "eval 1", "mount -f", "mount -i", "ipcs", "swap", "sys",
)  # fmt: skip
"""What prints names."""


def hostile_changes(dump):
    """By address what to write there: names of every kind that a dump has, as long as those that they replace."""
    changes = {}

    def name(address, text, space=None):
        data = dump.read_string(address) if text is None and dump.readable(address, address + 1) else str(text).encode()
        if address and len(data) > 2 and dump.readable(address, address + len(data)):
            changes[address] = HOSTILE[: (space or len(data) + 1) - 1]

    def pointed(struct, member):
        name(dump.read_unsigned(int(struct) + struct.fieldOffset(member)), None)

    for task in pykd.tasks.threads(dump):
        name(task.comm.addr, "x" * 15, 16)
    uts = dump.object("struct uts_namespace", dump.symbol("init_uts_ns").address).name
    name(uts.nodename.addr, "x" * 20, 64)
    for module in dump.modules():
        found = dump.object("struct module", module.address)
        name(found.name.addr, "x" * 15, 16)
    for cache in slabs.caches(dump)[0]:
        pointed(cache, "name")
    for mount in mounts.for_each_mount(dump, mounts.mnt_namespace_of(dump)):
        pointed(mount, "mnt_devname")
        pointed(mount.mnt_mountpoint.d_name, "name")
    for net in namespaces.for_each_net(dump):
        for device in devices.for_each_netdev(dump, net):
            name(device.name.addr, "x" * 15, 16)
    for task in pykd.tasks.threads(dump):
        for _, address in files.for_each_open_file(dump, int(task)):
            dentry = dump.object("struct file", address).f_path.dentry
            pointed(dentry.d_name, "name")
    return changes


class Everything(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dump = dumps.opened(SAMPLE)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.hostile, cls.tame = os.path.join(folder.name, "hostile"), os.path.join(folder.name, "tame")
        changes = hostile_changes(cls.dump)
        patched.write(cls.dump, cls.hostile, changes)
        patched.write(cls.dump, cls.tame, {address: b"A" * len(data) for address, data in changes.items()})

    def asked(self, dump, *words, commands=COMMANDS):
        """What all commands print, each behind a line that names it."""
        asked = [word for number, command in enumerate(commands) for word in ("-c", f"py print('==', {number})", "-c", command)]
        result = subprocess.run([PYKD, "--isolated", *words, dump, *asked], capture_output=True, check=False, timeout=300, stdin=subprocess.DEVNULL)
        return result.stdout, result.stderr

    def check(self, data, *allowed):
        text = COLOURS.sub("", data.decode()) if allowed else data.decode()
        for line in text.split("\n"):
            if not line.replace("\t", "").isprintable():
                self.fail(f"{line!r}")

    def test_nothing_is_obeyed(self):
        output, messages = self.asked(self.hostile)
        self.assertIn(b"\\x1b[31mA\\n\\xff", output)
        self.check(output)
        self.check(messages)

    def test_but_our_colours(self):
        output, messages = self.asked(self.hostile, "--color", "always")
        self.assertIn(b"\x1b[36m", output)
        self.assertNotRegex(output, rb"\x1b\[31mA")
        self.check(output, "colours")
        self.check(messages, "colours")

    def test_no_line_is_broken(self):
        """As many lines as with names of letters."""
        answers = []
        for dump in (self.hostile, self.tame):
            parts = re.split(r"^== (\d+)\n", self.asked(dump)[0].decode(), flags=re.MULTILINE)
            answers.append({COMMANDS[int(number)]: text.count("\n") for number, text in zip(parts[1::2], parts[2::2], strict=True)})
        hostile, tame = answers
        for command in COMMANDS:
            if command.startswith(("py ", "printf ")):
                continue  # who prints a name as it is means it
            with self.subTest(command):
                self.assertEqual(tame[command], hostile[command])

    def test_json_is_exact(self):
        output, _ = self.asked(self.hostile, "--json", commands=("ps 1", "sys", "mount"))
        self.check(output)
        ps = json.loads(next(line for line in output.decode().splitlines() if '"ps 1"' in line))
        self.assertEqual(ps["rows"][0]["comm"], str(pykd.tasks.find(1, dumps.opened(self.hostile)).comm))
        self.assertIn("\x1b[31mA\n", ps["rows"][0]["comm"])

    def test_files_and_pipes(self):
        out = self.hostile + ".out"
        self.asked(self.hostile, "-o", out, commands=("ps", f"sys > {out}2", f"taskinfo --ofile={out}3", f"ps | cat > {out}4"))
        for name in ("", "2", "3", "4"):
            with self.subTest(name), open(out + name, "rb") as file:
                data = file.read()
                self.assertIn(b"\\x1b[31mA", data)
                self.check(data)

    def test_headers(self):
        """What is in the headers of the file and the messages about it."""
        path = self.hostile + "\x1b[31m"
        os.symlink("/nowhere", path)
        self.addCleanup(os.unlink, path)
        for words in ((path,), ("id", path), (SAMPLE, "-c", f"< {path}"), (SAMPLE, "-c", path), (SAMPLE, path)):
            result = subprocess.run([PYKD, *words], capture_output=True, check=False, stdin=subprocess.DEVNULL)
            self.check(result.stdout)
            self.check(result.stderr)


class Log(unittest.TestCase):
    def test_messages(self):
        dump = dumps.opened(SAMPLE)
        changes = {}
        texts = [record.text for record in printk.records(dump)]
        ring = dump.object("struct printk_ringbuffer", dump.read_unsigned(dump.symbol("prb").address)).text_data_ring
        start = dump.read_unsigned(int(ring) + ring.fieldOffset("data"))
        data = dump.read(start, 1 << ring.size_bits)
        for text in texts[10:200:7]:
            at = data.find(text.encode())
            if at >= 0 and len(text) > 30:
                changes[start + at] = HOSTILE
        self.assertTrue(changes)
        path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "vmcore")
        patched.write(dump, path, changes)
        result = subprocess.run([PYKD, path, "-c", "log", "-c", "log -T", "-c", "tslog", "-c", "sys"], capture_output=True, check=False)
        self.assertIn(b".[31mA", result.stdout)  # as crash has it
        for line in (result.stdout + result.stderr).decode().split("\n"):
            self.assertTrue(line.replace("\t", "").isprintable(), repr(line))


class Function(unittest.TestCase):
    def test_shown(self):
        for text, expected in (
            ("plain é €", "plain é €"), ("a\tb\nc", "a\tb\nc"), ("\x1b[31m\x07\r\0\x7f", "\\x1b[31m\\x07\\x0d\\x00\\x7f"), ("\x9b1m\x85", "\\x9b1m\\x85"),
            ("\udcff", "\\xff"), ("\u202e\u2028\ufeff", "\\u202e\\u2028\\ufeff"), ("\U000e0001", "\\U000e0001"), ("a\xa0b", "a\xa0b"), ("", ""),
        ):  # fmt: skip
            self.assertEqual(expected, shown.shown(text))
        self.assertEqual("a\\nb\\tc\\r\\x1b", shown.one_line("a\nb\tc\r\x1b"))

    def test_rows(self):
        row = {"pid": 1, "comm": "a", "tree": [{"name": "b"}], "text": "x\ny"}
        self.assertIs(row, shown.named(row))
        self.assertEqual({"comm": "a\\n", "tree": [{"name": "\\x1b"}], "text": "x\ny"}, shown.named({"comm": "a\n", "tree": [{"name": "\x1b"}], "text": "x\ny"}))

    def test_plain(self):
        """What is not plain is just what is named otherwise, or tells of a fault."""
        long = [{"frames": [{"pc": 1 << 63, "name": "é €", "sure": True, "at": None, "cpus": (0, 1.5)}]}]
        for value in (1, "", "a b", {}, {"a": "b", "stack": long}, [["a"], ("b",)]):
            self.assertTrue(is_plain(value), value)
        for value in ("\x1b", "a\n", "\u202e", "\udcff", {"a": "\t"}, [["a", "\x7f"]], {"a": ({"b": ["c", "\u200b"]},)}, {"reason": 1}, {"a": [{"error": {"reason": "x"}}]}):
            self.assertFalse(is_plain(value), value)
        circle = []
        circle.append(circle)
        self.assertRaises(RecursionError, is_plain, circle)

    def test_painters(self):
        """Colours that a program prints within its text pass; the same characters of somebody else do not."""
        file = io.BytesIO()
        stream = shown.Shown(file, encoding="utf-8", write_through=True)
        red = shown.mark("\x1b[31m")
        stream.write(f"{red}\x1b[31m\n")
        stream.own("\x1b[0m")
        self.assertEqual(b"\x1b[31m\\x1b[31m\n\x1b[0m", file.getvalue())


if __name__ == "__main__":
    unittest.main()
