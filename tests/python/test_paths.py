# SPDX-License-Identifier: GPL-2.0-or-later
"""Paths of mounts and open files, against crash's."""

import unittest

import dumps
from pykd.kernel.fs.paths import dentry_path


class Paths(unittest.TestCase):
    def test_mounts(self):
        for path, text in dumps.by_crash("mount", "mount"):
            dump = dumps.opened(path)
            mount = dump.struct_class("struct mount")
            rows = [line.split() for line in text.splitlines()[1:]]
            self.assertGreater(len(rows), 5)
            for row in rows:
                entry = mount(int(row[0], 16))
                self.assertEqual(dentry_path(dump, entry.mnt.mnt_root, int(entry.mnt)), row[-1])

    def test_files(self):
        for file, text in dumps.by_crash("foreach files", "foreach_files"):
            dump = dumps.opened(file)
            checked = 0
            for row in map(str.split, text.splitlines()):
                # FD FILE DENTRY INODE TYPE [PATH]
                if len(row) in (5, 6) and row[0].isdigit() and row[4].isupper():
                    path = dump.object("struct file", int(row[1], 16)).f_path
                    self.assertEqual(dentry_path(dump, path.dentry, int(path.mnt)), "".join(row[5:]), row)
                    checked += 1
            self.assertGreater(checked, 50)


if __name__ == "__main__":
    unittest.main()
