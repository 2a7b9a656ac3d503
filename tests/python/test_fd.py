# SPDX-License-Identifier: GPL-2.0-or-later
"""The command fd, against the guests' /proc/PID/fdinfo, and kinds that were planted."""

import os
import re
import unittest

from dumps import SAMPLE, SHARED, made, opened, vmcores
from elfcores import with_user_memory
from other_machines import whole
from pykd.core.errors import UsageError
from pykd.kernel.fs import descriptors
from pykd.session.session import Session
from truths import archive, folder_of

STILL = {"kd-epoll", "kd-eventfd", "kd-inotify", "kd-timerfd", "kd-pipe-writer", "kd-pipe-reader", "kd-memory", "kd-poll", "kd-tcp", "kd-udp", "kd-unix", "u-files"}
"""Processes that sleep from the truth to the crash"""

DRIVERS = """
uts release=6.1.0-test
types
    struct list_head { struct list_head *next, *prev; };
    struct file_operations { void *owner; };
    struct file { struct file_operations *f_op; void *private_data; };
    struct net_device { char name[16]; };
    struct tun_struct { unsigned int flags; unsigned int numqueues; struct net_device *dev; };
    struct tun_file { void *sk; struct tun_struct *tun; };
    struct task_struct { unsigned int __state; int pid; char comm[16]; struct list_head tasks; };
    struct vhost_worker { struct task_struct *task; };
    struct vhost_dev { void *mm; int nvqs; struct vhost_worker *worker; };
text
    vfs_read  c3
data
    struct file_operations tun_fops = { 0 }, vhost_net_fops = { 0 };
    struct file with_device = { &tun_fops, &used }, without = { &tun_fops, &fresh }, vhost = { &vhost_net_fops, &net };
    struct tun_file used = { 0, &tap }, fresh = { 0, 0 };
    struct tun_struct tap = { 0x1002, 1, &device };
    struct net_device device = { "tap0" };
    struct vhost_dev net = { &device, 2, &worker };
    struct vhost_worker worker = { &thread };
    struct task_struct thread = { 1, 77, "vhost-1" };
"""


def guests():
    """(dump, {path: bytes} of proc/) of each dump with its truth."""
    yield SAMPLE, archive()
    for name in ("arm64-6.12", "riscv64-6.12", "s390x-6.12", "ppc64le-6.12"):
        path = whole(name) if name.startswith("ppc") else os.path.join(SHARED, "vmcores-other", f"vmcore-{name}")
        if path and os.path.exists(path):
            yield path, archive(os.path.join(SHARED, "oracle", "other", name, "truth.tar.xz"))
    try:
        found = with_user_memory()
    except unittest.SkipTest:
        return
    yield from ((path, folder_of(truth)) for _, path, truth in found)


def described(text):
    """{fd: (values of single lines, lines of several)} of what the guest wrote about a process's files."""
    found = {}
    for part in text.split("FD ")[1:]:
        number, _, rest = part.partition("\n")
        values, lines = {}, []
        for line in rest.splitlines():
            key, separator, value = line.partition(":")
            if separator and key not in ("tfd", "inotify wd"):
                values[key.strip()] = value.strip()
            else:
                lines.append(line)
        found[int(number)] = values, lines
    return found


class Truth(unittest.TestCase):
    def test_every_file(self):
        seen = set()
        for path, truth in guests():
            session = Session(opened(path))
            for row in session.rows("ps -G"):
                said = truth.get(f"proc/{row['pid']}/fdinfo")
                if row["comm"] not in STILL or not said:
                    continue
                (found,) = session.rows(f"fd {row['pid']}")
                wanted = described(said.decode())
                with self.subTest(path, comm=row["comm"]):
                    self.assertEqual(sorted(wanted), [one["fd"] for one in found["fds"]])
                    for one in found["fds"]:
                        self.assertNotIn("error", one)
                        values, lines = wanted[one["fd"]]
                        self.assertEqual((int(values["flags"], 8), int(values["pos"])), (one["flag_bits"], one["position"]), one)
                        if "ino" in values:
                            self.assertEqual(int(values["ino"]), one["inode"])
                        compare = getattr(self, f"compare_{one['kind']}", None)
                        if compare is not None:
                            seen.add(one["kind"])
                            compare(one[one["kind"]], values, lines)
        self.assertLessEqual({"epoll", "eventfd", "timerfd", "inotify"} if os.path.isdir(SHARED) else set(), seen)

    def compare_epoll(self, found, _, lines):
        pattern = r"tfd: +(\d+) events: +(\w+) data: +(\w+) +pos:(\d+) ino:(\w+)"
        wanted = [tuple(int(word, base) for word, base in zip(re.match(pattern, line).groups(), (10, 16, 16, 10, 16), strict=True)) for line in lines if line.startswith("tfd")]
        keys = ("fd", "event_bits", "data", "position", "inode")
        self.assertEqual(sorted(wanted), sorted(tuple(one[key] for key in keys) for one in found["waits_for"]))

    def compare_eventfd(self, found, values, _):
        self.assertEqual(int(values["eventfd-count"], 16), found["count"])
        if "eventfd-id" in values:
            self.assertEqual(int(values["eventfd-id"]), found["id"])
        if "eventfd-semaphore" in values:
            self.assertEqual(bool(int(values["eventfd-semaphore"])), found["semaphore"])

    def compare_timerfd(self, found, values, _):
        clock = {"0": "REALTIME", "1": "MONOTONIC", "7": "BOOTTIME"}[values["clockid"]]
        self.assertEqual((clock, int(values["ticks"])), (found["clock"], found["ticks"]))
        seconds, nanoseconds = map(int, re.findall(r"\d+", values["it_interval"]))
        self.assertEqual(seconds * 1_000_000_000 + nanoseconds, found["interval"])
        self.assertEqual(any(map(int, re.findall(r"\d+", values["it_value"]))), found["armed"])

    def compare_signalfd(self, found, values, _):
        self.assertEqual(int(values["sigmask"], 16), found["signal_bits"])

    def compare_inotify(self, found, _, lines):
        pattern = r"inotify wd:(\w+) ino:(\w+) sdev:\w+ mask:(\w+)"
        wanted = [tuple(int(word, 16) for word in re.match(pattern, line).groups()) for line in lines if line.startswith("inotify")]
        user = 0xFFF | 1 << 26 | 1 << 31  # what the kernel adds is not shown
        self.assertEqual([(wd, inode, mask & user) for wd, inode, mask in wanted], [(one["wd"], one["inode"], one["mask_bits"] & user) for one in found["watches"]])

    def compare_pidfd(self, found, values, _):
        self.assertEqual(int(values["Pid"]), found["pid"])

    def compare_io_uring(self, found, values, _):
        self.assertEqual({"POLL_ADD", "READ"}, {one["operation"] for one in found["requests"]}, values)
        self.assertEqual({0x1234, 0x5678}, {one["user_data"] for one in found["requests"]})


class Shown(unittest.TestCase):
    def test_all_processes_of_all_dumps(self):
        """Every open file has a kind and no kind fails."""
        for path in vmcores():
            session = Session(opened(path))
            pids = [str(row["pid"]) for row in session.rows("ps -G") if row.get("pid")]
            with self.subTest(path):
                for row in session.rows(f"fd {' '.join(pids)}"):
                    for one in row["fds"]:
                        if "error" in one:
                            self.assertIn(one["error"]["reason"], ("excluded", "absent"), one)
                        else:
                            self.assertNotEqual("unknown", one["kind"])

    def test_one_kind(self):
        session = Session(opened(SAMPLE))
        pids = " ".join(str(row["pid"]) for row in session.rows("ps -G") if row["pid"])
        every = [one["kind"] for row in session.rows(f"fd {pids}") for one in row["fds"]]
        self.assertGreater(every.count("socket"), 5)
        found = [one["kind"] for row in session.rows(f"fd -k socket {pids}") for one in row["fds"]]
        self.assertEqual(["socket"] * every.count("socket"), found)
        self.assertEqual([], list(session.rows("fd -k bpf 1")))

    def test_all(self):
        rows = list(Session(opened(SAMPLE)).rows("fd -a -k epoll"))
        self.assertTrue(all(one["kind"] == "epoll" for row in rows for one in row["fds"]))
        every = list(Session(opened(SAMPLE)).rows("fd -a"))
        self.assertGreater(len(every), 50)
        self.assertTrue(all(row["fds"] for row in every))
        with self.assertRaises(UsageError):
            list(Session(opened(SAMPLE)).rows("fd -a 1"))

    def test_drivers(self):
        """tun and vhost, on a kernel made for them."""
        path, at = made(self, DRIVERS)
        dump = opened(path)
        found = {}
        for name in ("with_device", "without", "vhost"):
            file = dump.object("struct file", at[name])
            kind = descriptors.kind_of(dump, file)
            found[name] = kind, descriptors.details(dump, file, kind)
        self.assertEqual(("tun", {"interface": "tap0", "tun": at["tap"], "flag_bits": 0x1002, "flags": ["TAP", "NO_PI"], "queues": 1}), found["with_device"])
        self.assertEqual(("tun", {"interface": None}), found["without"])
        self.assertEqual(("vhost", {"device": at["net"], "queues": 2, "owned": True, "worker": 77}), found["vhost"])

    def test_names(self):
        self.assertEqual(["EPOLLIN", "EPOLLET"], descriptors.names_of(descriptors.EVENTS, 1 << 31 | 1))


if __name__ == "__main__":
    unittest.main()
