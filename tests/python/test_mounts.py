# SPDX-License-Identifier: GPL-2.0-or-later
"""Mounts and paths, on kernels made for it: places of readers among the mounts, directories that run in a circle."""

import unittest

import dumps
import pykd
from pykd.core.walk import caught
from pykd.kernel.fs.mounts import for_each_mount, mount_options, mount_row
from pykd.kernel.fs.paths import CIRCLE, dentry_path

KERNEL = """
uts release=6.1.0-test
types
    struct list_head { struct list_head *next, *prev; };
    struct qstr { union { struct { unsigned int hash; unsigned int len; }; unsigned long hash_len; }; const unsigned char *name; };
    struct dentry { struct dentry *d_parent; struct qstr d_name; struct super_block *d_sb; };
    struct file_system_type { const char *name; };
    struct super_block { unsigned long s_flags; struct file_system_type *s_type; const char *s_subtype; };
    struct vfsmount { struct dentry *mnt_root; struct super_block *mnt_sb; int mnt_flags; };
    struct mount { struct mount *mnt_parent; struct dentry *mnt_mountpoint; struct vfsmount mnt; struct list_head mnt_mounts; struct list_head mnt_child;
                   const char *mnt_devname; struct list_head mnt_list; };
    struct mnt_namespace { struct mount *root; struct list_head list; };
data
    char proc_name[] = "proc", root_name[] = "rootfs", slash[] = "/", dir[] = "dir", odd[] = "odd", sub[] = "mtp";
    struct file_system_type proc_fs = { proc_name }, root_fs = { root_name };
    struct super_block proc_sb = { 0, &proc_fs, sub }, root_sb = { 1, &root_fs };
    struct dentry root_dentry = { &root_dentry, { .len = 1, .name = slash }, &root_sb };
    struct dentry place = { &root_dentry, { .len = 3, .name = dir }, &root_sb };
    struct dentry proc_dentry = { &proc_dentry, { .len = 1, .name = slash }, &proc_sb };
    struct dentry first = { &second, { .len = 3, .name = odd }, &root_sb };
    struct dentry second = { &first, { .len = 3, .name = dir }, &root_sb };
    struct mnt_namespace space = { &root_mount, { &root_mount.mnt_list, 0 } };
    struct mount root_mount = {&root_mount, &root_dentry, { &root_dentry, &root_sb, 0 }, { &proc_mount.mnt_child, 0 }, { 0, 0 }, root_name, { &cursor.mnt_list, 0 } };
    struct mount cursor = { .mnt.mnt_flags = 0x10000000, .mnt_list = { NEXT, 0 } };
    struct mount proc_mount = {&root_mount, &place, { &proc_dentry, &proc_sb, 0x2b }, { &proc_mount.mnt_mounts, 0 }, { &root_mount.mnt_mounts, 0 }, proc_name, { &space.list, 0 } };
"""


class Mounts(unittest.TestCase):
    def walk(self, after_cursor):
        path, names = dumps.made(self, KERNEL.replace("NEXT", after_cursor))
        dump = dumps.opened(path)
        return dump, names, list(caught(for_each_mount(dump, dump.object("struct mnt_namespace", names["space"]))))

    def test_the_place_of_a_reader_is_no_mount(self):
        dump, names, found = self.walk("&proc_mount.mnt_list")
        self.assertEqual([names["root_mount"], names["proc_mount"]], list(map(int, found)))
        row = mount_row(dump, found[1])
        self.assertEqual(("proc.mtp", "proc", "/dir"), (row["type"], row["device"], row["directory"]))
        self.assertEqual("ro", ",".join(mount_options(found[0])))
        self.assertEqual("rw,nosuid,nodev,noatime,relatime", ",".join(mount_options(found[1])))

    def test_a_list_that_is_cut_off_is_made_up_for(self):
        _, names, found = self.walk("0xffff888100000000")
        mounts = [int(one) for one in found if not isinstance(one, pykd.Error)]
        self.assertEqual([names["root_mount"], names["proc_mount"]], mounts)
        self.assertIsInstance(found[-1], pykd.FaultError)

    def test_a_list_in_a_circle_ends(self):
        _, names, found = self.walk("&cursor.mnt_list")
        self.assertEqual([names["root_mount"], names["proc_mount"]], list(map(int, found[:-1])))
        self.assertIsInstance(found[-1], pykd.LimitError)

    def test_directories_in_a_circle_are_marked(self):
        dump, names, _ = self.walk("&proc_mount.mnt_list")
        self.assertEqual(f"{CIRCLE}/dir/odd", dentry_path(dump, names["first"]))


if __name__ == "__main__":
    unittest.main()
