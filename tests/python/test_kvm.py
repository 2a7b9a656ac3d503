# SPDX-License-Identifier: GPL-2.0-or-later
"""The command kvm, on kernels made for it: guests with CPUs in an array, as until Linux 5.16, and in an xarray."""

import unittest

from dumps import SAMPLE, made, opened, with_texts
from pykd.core.errors import CommandError
from pykd.session.session import Session

TEXT = """
uts release=6.1.0-test
types
    struct list_head { struct list_head *next, *prev; };
    typedef struct { int counter; } atomic_t;
    struct upid { int nr; void *ns; };
    struct pid { unsigned int level; struct upid numbers[1]; };
    struct kvm_vcpu_arch { int mp_state; };
    struct kvm_vcpu { int cpu; int vcpu_id; int mode; struct pid *pid; struct kvm_vcpu_arch arch; };
    struct xarray { unsigned int xa_lock; unsigned int xa_flags; void *xa_head; };
    struct xa_node { unsigned char shift, offset, count, nr_values; void *parent; void *array; void *slots[64]; };
    struct kvm { int userspace_pid; atomic_t online_vcpus; MEMBER struct list_head vm_list; };
    struct task_struct { unsigned int __state; int pid; char comm[16]; struct list_head tasks; };
text
    kvm_vcpu_block  c3
data
    struct list_head vm_list = { &one.vm_list, &two.vm_list };
    struct kvm one = { 1, { 2 }, FIRST, .vm_list = { &two.vm_list, &vm_list } };
    struct kvm two = { 99, { 0 }, NONE, .vm_list = { &vm_list, &one.vm_list } };
    struct kvm_vcpu boot = { 1, 0, 1, &running, { 0 } }, other = { -1, 1, 0, 0, { 1 } };
    struct pid running = { 0, { { 0, 0 } } };
    struct xa_node node = { 0, 0, 2, 0, .slots = { &boot, &other } };
"""
KINDS = {
    "array": ("struct kvm_vcpu *vcpus[8];", "{ &boot, &other }", "{ 0 }"),
    "xarray": ("struct xarray vcpu_array; unsigned long nr_memslot_pages;", "{ 0, 0, &node + 2 }, 256", "{ 0, 0, 0 }, 0"),
}


class Guests(unittest.TestCase):
    def test_guests(self):
        for kind, (member, first, none) in KINDS.items():
            path, at = made(self, with_texts(TEXT.replace("MEMBER", member).replace("FIRST", first).replace("NONE", none)))
            rows = list(Session(opened(path)).rows("kvm"))
            with self.subTest(kind):
                self.assertEqual([at["one"], at["two"]], [row["kvm"] for row in rows])
                self.assertEqual((1, 1 << 20 if kind == "xarray" else None), (rows[0]["pid"], rows[0]["memory"]))
                self.assertEqual(
                    [(0, 1, "in guest", "runnable", 0), (1, None, "outside", "uninitialized", None)],
                    [(one["number"], one["cpu"], one["mode"], one["state"], one["pid"]) for one in rows[0]["vcpus"]],
                )
                self.assertEqual((99, None, []), (rows[1]["pid"], rows[1]["comm"], rows[1]["vcpus"]))
                text = Session(opened(path)).capture("kvm")[0]
                self.assertIn("CPU   1", text)
                self.assertIn("PID 99 (which is gone)", text)

    def test_none(self):
        session = Session(opened(SAMPLE))
        self.assertEqual([], list(session.rows("kvm")))
        self.assertEqual("no guests\n", session.capture("kvm")[0])
        with self.assertRaises(CommandError):
            list(session.rows("kvm 1"))


if __name__ == "__main__":
    unittest.main()
