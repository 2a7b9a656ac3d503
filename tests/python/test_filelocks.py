# SPDX-License-Identifier: GPL-2.0-or-later
"""Locks on files, I/O memory and ports, system calls and the directory cache, against what the guest's own /proc said."""

import re
import shutil
import unittest

import dumps
from dumps import SAMPLE, opened, vmcores
from pykd import Error
from pykd.core.walk import caught
from pykd.kernel import resources, syscalls
from pykd.kernel.fs import dentries, filelocks, kernfs, mounts
from pykd.kernel.task import threads
from truths import archive


class Proc(unittest.TestCase):
    """Of the sample."""

    @classmethod
    def setUpClass(cls):
        cls.dump = opened(SAMPLE)
        if shutil.which("xz") is None:
            raise unittest.SkipTest("no xz here")
        wanted = re.compile(r"proc/(locks|iomem|ioports|\d+/task/\d+/syscall)")
        cls.proc = {name.removeprefix("proc/"): data.decode() for name, data in archive().items() if wanted.fullmatch(name)}

    def test_locks(self):
        expected = []
        for line in self.proc["locks"].splitlines():
            waits, kind, _, mode, pid, where, start, end = re.fullmatch(
                r"\d+: (->)? *(\S+) +(\S+) +(\S+) (\S+) (\S+) (\S+) (\S+)", line
            ).groups()
            expected.append((bool(waits), kind, mode, int(pid), int(where.split(":")[2]), int(start), None if end == "EOF" else int(end)))
        found = []
        rows = list(filelocks.lock_rows(self.dump))
        held = {row["lock"] for row in rows if "waits_for" not in row}
        # Of the kd-… files there is one that waits for one that waits, which /proc/locks shows since v5.13.
        self.assertEqual(sum("waits_for" in row and row["waits_for"] not in held for row in rows), 3)
        for row in rows:
            self.assertNotIn("error", row)
            if "waits_for" in row and row["waits_for"] not in held:
                continue
            kind = next(name for name in ("OFDLCK", "LEASE", "FLOCK", "POSIX") if name in row["flags"])
            inode = self.dump.object("struct inode", row["inode"]).i_ino
            found.append(("waits_for" in row, kind, row["type"], -1 if kind == "OFDLCK" else row["pid"], inode, row["start"], row["end"]))
        self.assertGreater(len(found), 6)
        self.assertEqual(sorted(found, key=str), sorted(expected, key=str))

    def test_resources(self):
        for name, root in (("iomem", "iomem_resource"), ("ioports", "ioport_resource")):
            found = []
            for depth, one, lost in list(resources.for_each_resource(self.dump, self.dump.symbol(root).address))[1:]:
                digits = 4 if name == "ioports" else 8
                self.assertIsNone(lost)
                found.append(f"{'  ' * (depth - 1)}{one.start:0{digits}x}-{one.end:0{digits}x} : {one.name}")
            self.assertEqual(found, self.proc[name].splitlines())

    def test_system_calls(self):
        """Threads that slept then and sleep now are in the same call, with the same arguments."""
        compared = 0
        for name, text in self.proc.items():
            words = text.split()
            if not name.endswith("syscall") or len(words) < 9:
                continue
            try:
                task = threads.find(int(name.split("/")[2]), self.dump)
            except Error:
                continue
            call = syscalls.call_of(self.dump, int(task))
            if call is None or call.number != int(words[0]) or self.dump.unwind(int(task)).user_registers["rsp"] != int(words[-2], 16):
                continue  # it went on meanwhile
            self.assertEqual([value for *_, value in call.arguments], [int(word, 16) for word in words[1 : 1 + len(call.arguments)]])
            compared += 1
        self.assertGreater(compared, 80)

    def test_names_of_calls(self):
        self.assertEqual(syscalls.bare_name(syscalls.names(self.dump)[34]), "sys_pause")
        self.assertEqual(syscalls.names(self.dump)[0], "__x64_sys_read")


class Trees(unittest.TestCase):
    """Of every dump at hand, as far as it has the pages."""

    def test_sysfs(self):
        for path in vmcores():
            dump = opened(path)
            with self.subTest(path):
                root = dump.object("struct kernfs_node", dump.read_unsigned(dump.symbol("sysfs_root_kn").address))
                nodes = [node for node in caught(kernfs.children(dump, root)) if not isinstance(node, Error)]
                names = {str(node.name) for node in nodes}
                if nodes:
                    self.assertLessEqual({"block", "bus", "class", "devices", "fs", "kernel", "module"}, names)
                    self.assertEqual({kernfs.node_type(node) for node in nodes}, {kernfs.KERNFS_DIR})
                    self.assertIn("/kernel", {kernfs.path(node) for node in nodes})

    def test_lookup(self):
        """Every child of a directory that can be read is found again by its path."""
        found = 0
        for path in vmcores():
            dump = opened(path)
            with self.subTest(path):
                try:
                    top, _ = dentries.lookup(dump, "/dev")
                    children = list(dentries.d_children(dump, top)) if top is not None else []
                except Error:
                    continue
                for child in [one for one in children if one.d_hash.pprev][:10]:
                    name = dump.read(int(child.d_name.Eval("name")), child.d_name.len).decode()
                    again, mount = dentries.lookup(dump, f"/dev/{name}")
                    if mounts.mount_path(dump, mount) == "/dev":  # and nothing is mounted on it
                        self.assertEqual(int(again), int(child))
                        found += 1
        self.assertGreater(found, 4)

    def test_nothing_there(self):
        dump = dumps.opened(SAMPLE)
        self.assertIsNone(dentries.lookup(dump, "/no/such/file")[0])


if __name__ == "__main__":
    unittest.main()
