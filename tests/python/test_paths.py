# SPDX-License-Identifier: GPL-2.0-or-later
"""Paths of mounts and open files, against crash's."""

import unittest

import pykd
from dumps import shared
from pykd.kernel.fs.paths import path_of


class Paths(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dump = pykd.Dump(shared("vmcores", "vmcore-6.1-zstd"))

    def rows(self, name):
        with open(shared("oracle", "crash-6.1", name)) as file:
            return [line.split() for line in file]

    def test_mounts(self):
        mount = self.dump.struct_class("struct mount")
        rows = self.rows("mount.txt")[1:]
        self.assertGreater(len(rows), 5)
        for row in rows:
            entry = mount(int(row[0], 16))
            self.assertEqual(path_of(self.dump, entry.mnt.mnt_root, int(entry.mnt)), row[-1])

    def test_files(self):
        checked = 0
        for row in self.rows("foreach_files.txt"):
            # FD FILE DENTRY INODE TYPE [PATH]
            if len(row) in (5, 6) and row[0].isdigit() and row[4].isupper():
                path = self.dump.object("struct file", int(row[1], 16)).f_path
                self.assertEqual(path_of(self.dump, path.dentry, int(path.mnt)), "".join(row[5:]), row)
                checked += 1
        self.assertGreater(checked, 50)


if __name__ == "__main__":
    unittest.main()
