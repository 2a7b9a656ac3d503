# SPDX-License-Identifier: GPL-2.0-or-later
"""namespaces, keyrings, devices, clocks, acpi and dmi: against what the guests' /proc and /sys said."""

import os
import re
import unittest
from collections import Counter

from altered import Altered
from dumps import SAMPLE, SHARED, opened, vmcores
from pykd.kernel import smbios
from pykd.session.session import Session
from truths import archive

BRIEF = {"guest", "sh", "sleep", "kd-orphans"}
"""Processes that may have come or gone since the truth; and one whose leader has ended, of which /proc says less"""


def guests():
    """(dump, {path: bytes} of its guest's proc/)."""
    yield SAMPLE, archive()
    for name in ("arm64-6.12", "riscv64-6.12", "s390x-6.12"):
        path = os.path.join(SHARED, "vmcores-other", f"vmcore-{name}")
        if os.path.exists(path):
            yield path, archive(os.path.join(SHARED, "oracle", "other", name, "truth.tar.xz"))


class Namespaces(unittest.TestCase):
    def test_all_tasks(self):
        for path, truth in guests():
            session = Session(opened(path))
            comms = {row["pid"]: row["comm"] for row in session.rows("ps -G")}
            wanted = Counter()
            for name, data in truth.items():
                match = re.fullmatch(r"proc/(\d+)/ns", name)
                if match and comms.get(int(match[1]), "guest") not in BRIEF:
                    # pid_for_children and time_for_children are of children to come
                    wanted.update(set(re.findall(r"^(?:time|cgroup|pid|user|uts|ipc|net|mnt) -> (\w+):\[(\d+)\]$", data.decode(), re.MULTILINE)))
            found = {(row["kind"], str(row["inode"])): sum(comms[pid] not in BRIEF for pid in row["pids"]) for row in session.rows("namespaces")}
            with self.subTest(path):
                self.assertEqual({kind: number for kind, number in wanted.items() if kind in found}, {kind: found[kind] for kind in wanted if kind in found})
                self.assertEqual(set(), set(wanted) - set(found))
                self.assertGreater(len(wanted), 10)

    def test_of_one(self):
        session = Session(opened(SAMPLE))
        rows = list(session.rows("namespaces 1"))
        self.assertEqual({"time", "cgroup", "pid", "user", "uts", "ipc", "net", "mnt"}, {row["kind"] for row in rows})
        self.assertTrue(all(1 in row["pids"] for row in rows))
        self.assertIsNone(next(row for row in rows if row["kind"] == "user")["owner"])


class Keyrings(unittest.TestCase):
    def test_as_proc_keys(self):
        for path, truth in guests():
            if not (said := truth.get("proc/keys")):
                continue
            found = {row["serial"]: row for row in Session(opened(path)).rows("keyrings")}
            with self.subTest(path):
                for line in said.decode().splitlines():
                    serial, flags, usage, expiry, permissions, uid, gid, kind, what = line.split(None, 8)
                    row = found[int(serial, 16)]
                    self.assertEqual((flags, int(usage), int(permissions, 16), int(uid)), (row["letters"], row["usage"], row["permissions"], row["uid"]), line)
                    self.assertEqual(int(gid), 65534 if row["gid"] == 0xFFFFFFFF else row["gid"])
                    self.assertEqual((expiry == "perm", kind), (row["expires"] is None, row["type"][:9]))
                    self.assertTrue(what.startswith(row["description"]), line)
                    if kind == "keyring":
                        self.assertEqual(what.rpartition(": ")[2], str(row["contents"] or "empty"))

    def test_states(self):
        """A key that was revoked, that is negative, that expires."""
        altered = Altered(SAMPLE)
        dump = altered.dump
        (row, *_) = Session(dump).rows("keyrings")
        layout = dump.type("struct key")
        altered.write(row["key"] + layout.offset_of("state"), (0xFFFF).to_bytes(2, "little"))
        altered.word(row["key"] + layout.offset_of("flags"), 1 << 1)
        altered.word(row["key"] + layout.offset_of("expiry"), 1_800_000_000)
        (changed, *_) = Session(altered.open(self)).rows("keyrings")
        self.assertEqual(("-R---N-", 1_800_000_000, None), (changed["letters"], changed["expires"], changed["contents"]))


class Devices(unittest.TestCase):
    def test_pci(self):
        """/proc/bus/pci/devices: bus and function, vendor and device, IRQ."""
        for path, truth in guests():
            if not (said := truth.get("proc/bus/pci/devices")):
                continue
            rows = list(Session(opened(path)).rows("devices -b pci"))
            wanted = {}
            for line in said.decode().splitlines():
                place, numbers, irq, *rest = line.split()
                driver = rest[-1] if not re.fullmatch("[0-9a-f]+", rest[-1]) else None
                place = int(place, 16)
                wanted[f"0000:{place >> 8:02x}:{place >> 3 & 31:02x}.{place & 7}"] = (int(numbers[:4], 16), int(numbers[4:], 16), int(irq, 16), driver)
            with self.subTest(path):
                self.assertEqual(wanted, {row["name"]: (row["pci"]["vendor"], row["pci"]["device"], row["pci"]["irq"], row["driver"]) for row in rows})

    def test_tree(self):
        for path in vmcores():
            session = Session(opened(path))
            rows = list(session.rows("devices"))
            by_address = {row["device"]: row for row in rows if "device" in row}
            with self.subTest(path):
                self.assertGreater(len(rows), 100)
                self.assertEqual(len([row for row in rows if "device" in row]), len(by_address), "each once")
                for row in by_address.values():
                    parent = by_address.get(row.get("parent"))
                    self.assertEqual(0 if parent is None else parent["depth"] + 1, row["depth"], row)
                if any("error" in row for row in rows):
                    continue
                shown = {(row["vendor"], row["device"]) for bus in session.rows("dev -p") for row in [bus] if "vendor" in bus}
                self.assertLessEqual(shown, {(row["pci"]["vendor"], row["pci"]["device"]) for row in rows if "pci" in row})

    def test_a_circle(self):
        """Two devices that are each other's parents are shown once each."""
        altered = Altered(SAMPLE)
        rows = [row for row in Session(altered.dump).rows("devices") if row.get("bus") == "pci"][:2]
        offset = altered.dump.type("struct device").offset_of("parent")
        for one, other in (rows, rows[::-1]):
            altered.word(one["device"] + offset, other["device"])
        found = [row["device"] for row in Session(altered.open(self)).rows("devices")]
        self.assertEqual(len(set(found)), len(found))
        self.assertLessEqual({row["device"] for row in rows}, set(found))


class Clocks(unittest.TestCase):
    def test_what_ticks(self):
        """/proc/timer_list has the clock event device of each CPU."""
        for path, truth in guests():
            if not (said := truth.get("proc/timer_list")):
                continue
            text = said.decode()
            wanted = {int(cpu): name for cpu, name in re.findall(r"Per CPU device: (\d+)\nClock Event Device: (\S+)", text)}
            found = {row["cpu"]: row for row in Session(opened(path)).rows("clocks") if row["kind"] == "event" and row["cpu"] is not None}
            with self.subTest(path):
                self.assertEqual(wanted, {cpu: row["name"] for cpu, row in found.items()})
                self.assertTrue(wanted)

    def test_sources(self):
        for path in vmcores():
            rows = [row for row in Session(opened(path)).rows("clocks") if row["kind"] == "source"]
            if any("error" in row for row in rows):
                continue
            with self.subTest(path):
                self.assertEqual(1, sum(row["current"] for row in rows))
                self.assertIn("jiffies", [row["name"] for row in rows])
                self.assertEqual(sorted((row["rating"] for row in rows), reverse=True), [row["rating"] for row in rows])


class Firmware(unittest.TestCase):
    def test_acpi(self):
        rows = list(Session(opened(SAMPLE)).rows("acpi"))
        self.assertEqual({"FACP", "DSDT", "FACS", "APIC", "HPET", "WAET"}, {row["signature"] for row in rows})
        self.assertEqual({"absent"}, {row["error"]["reason"] for row in rows})

    def test_kept(self):
        (row,) = Session(opened(SAMPLE)).rows("dmi")
        self.assertEqual("QEMU", row["fields"]["DMI_SYS_VENDOR"])
        self.assertEqual("absent", row["error"]["reason"])

    def test_structures(self):
        system = bytes((1, 27, 0x00, 0x01, 1, 2, 3, 4)) + bytes(range(16)) + bytes((6, 5, 6))
        memory = bytes((17, 0x20, 0, 0x11)) + bytes(8) + (0x7FFF).to_bytes(2, "little") + bytes(2) + bytes((1, 2)) + bytes(10) + (65536).to_bytes(4, "little")
        data = system + b"Maker\0Box \0\x31.0\0S1\0SKU\0Family\0\0" + memory + b"DIMM 0\0Bank 0\0\0" + bytes((127, 4, 0, 0x7F, 0, 0)) + b"beyond"
        found = list(smbios.structures(data))
        self.assertEqual([(0x100, 1), (0x1100, 17), (0x7F00, 127)], [(one.handle, one.type) for one in found])
        self.assertEqual(
            {
                "Manufacturer": "Maker", "Product Name": "Box", "Version": "1.0", "Serial Number": "S1", "SKU Number": "SKU", "Family": "Family",
                "UUID": "03020100-0504-0706-0809-0a0b0c0d0e0f",
            },
            smbios.fields(found[0]),
        )  # fmt: skip
        self.assertEqual({"Locator": "DIMM 0", "Bank Locator": "Bank 0", "Size": "65536 MB"}, smbios.fields(found[1]))

    def test_damaged(self):
        self.assertEqual([], list(smbios.structures(b"\1\3\0\0\0\0")))
        self.assertEqual([], list(smbios.structures(b"\1\x1b\0\1" + b"x" * 40)))
        self.assertEqual({}, smbios.fields(smbios.Structure(0, 1, b"\1\5\0\0\x09", ("one",))))


if __name__ == "__main__":
    unittest.main()
