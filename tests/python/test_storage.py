# SPDX-License-Identifier: GPL-2.0-or-later
"""Device mapper, md and NVMe on kernels made for them: what the dumps at hand have not."""

import os
import re
import subprocess
import unittest

from test_programs import lines_of, rows_of

import dumps
from golden import without_times
from pykd.core.errors import UsageError
from pykd.kernel.block import dm, dmtarget, md
from pykd.session.session import Session

COMMON = """
uts release=6.1.0-test
types
    struct list_head { struct list_head *next, *prev; };
    struct rb_node { unsigned long __rb_parent_color; struct rb_node *rb_right; struct rb_node *rb_left; };
    struct rb_root { struct rb_node *rb_node; };
    typedef struct { int counter; } atomic_t;
    struct kobject { const char *name; struct list_head entry; struct kobject *parent; };
    struct device { struct kobject kobj; void *driver_data; };
    struct queue_limits { unsigned int logical_block_size; };
    struct request_queue { void *queuedata; struct queue_limits limits; };
    struct gendisk { int major; int first_minor; char disk_name[32]; struct block_device *part0; struct request_queue *queue; void *private_data; };
    struct block_device { unsigned long bd_nr_sectors; unsigned char bd_partno; unsigned int bd_dev; struct gendisk *bd_disk; };
"""

MAPPER = COMMON + """
    struct dm_dev { struct block_device *bdev; char name[16]; };
    struct target_type { const char *name; };
    struct dm_target { struct target_type *type; unsigned long begin; unsigned long len; unsigned int num_discard_bios; void *private; };
    struct dm_table { unsigned int num_targets; struct dm_target *targets; };
    struct mapped_device { struct dm_table *map; unsigned long flags; struct gendisk *disk; atomic_t open_count; void *interface_ptr; };
    struct hash_cell { struct rb_node name_node; char *name; char *uuid; struct mapped_device *md; };
    struct linear_c { struct dm_dev *dev; unsigned long start; };
    struct stripe { struct dm_dev *dev; unsigned long physical_start; };
    struct stripe_c { unsigned int stripes; unsigned int chunk_size; struct stripe stripe[2]; };
    struct crypt_config { struct dm_dev *dev; unsigned long start; char *cipher_string; char *key_string; unsigned int key_size; unsigned long iv_offset;
                          unsigned long flags; unsigned short sector_size; };
    enum flags { DM_CRYPT_SUSPENDED, DM_CRYPT_KEY_VALID, DM_CRYPT_SAME_CPU, DM_CRYPT_NO_OFFLOAD };
    struct path_selector_type { char *name; unsigned int table_args; };
    struct path_selector { struct path_selector_type *type; };
    struct dm_path { struct dm_dev *dev; void *pscontext; };
    struct pgpath { struct list_head list; unsigned int fail_count; struct dm_path path; unsigned char is_active : 1; };
    struct priority_group { struct list_head list; struct path_selector ps; unsigned int pg_num; unsigned int nr_pgpaths; struct list_head pgpaths; };
    struct multipath { unsigned long flags; struct priority_group *current_pg, *next_pg; const char *hw_handler_name; char *hw_handler_params;
                       unsigned int nr_priority_groups; struct list_head priority_groups; atomic_t nr_valid_paths; unsigned int pg_init_retries; };
    struct thin_c { struct dm_dev *pool_dev; struct dm_dev *origin_dev; unsigned long dev_id; };
    struct task_struct { unsigned int __state; int pid; char comm[16]; struct list_head tasks; };
text
    dm_table_create  c3
data
    struct rb_root name_rb_tree = { &lv.name_node };
    struct hash_cell lv = { { 0, &mp.name_node, &secret.name_node }, $"my--vg-data", $"LVM-0123456789abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ012345", &lv_md };
    struct hash_cell mp = { { &lv.name_node }, $"mpatha", $"mpath-360000000000000001", &mp_md };
    struct hash_cell secret = { { &lv.name_node, 0, &strange.name_node }, $"secret", $"CRYPT-LUKS2-x", &secret_md };
    struct hash_cell strange = { { &secret.name_node }, $"strange", 0, &strange_md };
    struct mapped_device lv_md = { &lv_table, 0x82, &dm0, { 1 }, &lv }, mp_md = { &mp_table, 0, &dm1, { 2 }, &mp };
    struct mapped_device secret_md = { &secret_table, 0, &dm2, { 0 }, &secret }, strange_md = { 0, 0, &dm3, { 0 }, &strange };
    struct gendisk dm0 = { 253, 0, "dm-0", &part_dm0, &queue_512, &lv_md }, dm1 = { 253, 1, "dm-1", &part_dm1, &queue_512, &mp_md };
    struct gendisk dm2 = { 253, 2, "dm-2", &part_dm2, &queue_512, &secret_md }, dm3 = { 253, 3, "dm-3", &part_dm3, &queue_512, &strange_md };
    struct block_device part_dm0 = { 16384, 0, 253 << 20, &dm0 }, part_dm1 = { 204800, 0, 253 << 20 | 1, &dm1 };
    struct block_device part_dm2 = { 8, 0, 253 << 20 | 2, &dm2 }, part_dm3 = { 0, 0, 253 << 20 | 3, &dm3 };
    struct request_queue queue_512 = { 0, { 512 } }, queue_4k = { 0, { 4096 } };
    struct gendisk sda = { 8, 0, "sda", &part_a, &queue_4k }, nvme = { 259, 0, "nvme0n1", &part_n, &queue_512 };
    struct block_device part_a = { 409600, 0, 8 << 20, &sda }, part_a2 = { 204800, 2, 8 << 20 | 2, &sda };
    struct block_device part_n = { 409600, 0, 259 << 20, &nvme }, part_n1 = { 4096, 1, 259 << 20 | 1, &nvme };
    struct dm_dev on_a2 = { &part_a2, "8:2" }, on_n1 = { &part_n1, "259:1" }, on_mp = { &part_dm1, "253:1" }, on_a = { &part_a, "8:0" };
    struct target_type linear = { $"linear" }, striped = { $"striped" }, multipath = { $"multipath" }, crypt = { $"crypt" }, thin = { $"thin" }, odd = { $"vdo" };
    struct dm_table lv_table = { 3, lv_targets }, mp_table = { 1, mp_targets }, secret_table = { 2, secret_targets };
    struct dm_target lv_targets[] = { { &linear, 0, 8192, 0, &first }, { &striped, 8192, 8192, 0, &second }, { &linear, 16384, 8, 0, &third } };
    struct dm_target mp_targets[] = { { &multipath, 0, 204800, 0, &paths } };
    struct dm_target secret_targets[] = { { &crypt, 0, 8, 1, &config }, { &odd, 8, 8, 0, 0 } };
    struct linear_c first = { &on_a2, 2048 }, third = { &on_mp, 0 };
    struct stripe_c second = { 2, 128, { { &on_a2, 10240 }, { &on_n1, 0 } } };
    struct crypt_config config = { &on_n1, 32768, $"aes-xts-plain64", 0, 4, 0, 4, 4096 };
    struct multipath paths = { 10, 0, 0, $"alua", $"1 alua", 1, { &group.list, &group.list }, { 1 }, 3 };
    struct path_selector_type round_robin = { $"round-robin", 1 };
    struct priority_group group = { { &paths.priority_groups, &paths.priority_groups }, { &round_robin }, 1, 1, { &path.list, &path.list } };
    struct pgpath path = { { &group.pgpaths, &group.pgpaths }, 2, { &on_a, 0 }, 1 };
"""  # fmt: skip

ARRAYS = COMMON + """
    struct md_rdev { struct list_head same_set; unsigned long sectors; struct kobject kobj; unsigned long flags; int desc_nr; int raid_disk; atomic_t read_errors; };
    struct mddev { void *pers; struct list_head disks; unsigned long flags; unsigned long sb_flags; struct gendisk *gendisk; int ro; int major_version;
                   int minor_version; int persistent; int external; char metadata_type[17]; int chunk_sectors; long ctime; long utime; int raid_disks;
                   char clevel[16]; unsigned long dev_sectors; unsigned long array_sectors; int degraded; unsigned long recovery; int in_sync;
                   unsigned int safemode; struct list_head all_mddevs; };
data
    struct list_head all_mddevs = { &mirror.all_mddevs, &stopped.all_mddevs };
    struct gendisk md0 = { 9, 0, "md0" }, md1 = { 9, 1, "md1" };
    struct mddev mirror = { 1, { &good.same_set, &spare.same_set }, 0, 0, &md0, 0, 1, 2, 1, 0, "", 128, 1000000000, 1000000060, 2, "raid1", 2048, 4194304, 1, 5,
                            0, 0, { &stopped.all_mddevs, &all_mddevs } };
    struct mddev stopped = { 0, { &stopped.disks, &stopped.disks }, 0, 0, &md1, 0, 0, 90, 0, 1, "imsm", 0, 0, 0, 0, "", 0, 0, 0, 0, 0, 0, { &all_mddevs, &mirror.all_mddevs } };
    struct md_rdev good = { { &bad.same_set, &mirror.disks }, 4194304, { $"dev-vdb" }, 2, 0, 0, { 0 } };
    struct md_rdev bad = { { &spare.same_set, &good.same_set }, 4194304, { $"dev-vdc" }, 1, 1, -1, { 7 } };
    struct md_rdev spare = { { &mirror.disks, &bad.same_set }, 4194304, { $"dev-vdd" }, 0, 2, -1, { 0 } };
"""  # fmt: skip

NVME = COMMON + """
    struct klist_node { struct list_head n_node; };
    struct klist { struct list_head k_list; };
    struct device_private { struct klist_node knode_class; struct device *device; };
    struct subsys_private { struct klist klist_devices; struct kobject subsys; };
    struct class { const char *name; struct subsys_private *p; };
    enum nvme_ctrl_state { NVME_CTRL_NEW, NVME_CTRL_LIVE, NVME_CTRL_RESETTING, NVME_CTRL_CONNECTING };
    enum nvme_quirks { NVME_QUIRK_STRIPE_SIZE = 1, NVME_QUIRK_IDENTIFY_CNS = 2, NVME_QUIRK_NO_DEEPEST_PS = 32 };
    struct nvme_subsystem { struct device dev; struct list_head ctrls; char subnqn[64]; char serial[20]; char model[40]; char firmware_rev[8]; };
    struct nvme_ctrl_ops { const char *name; };
    struct nvme_ctrl { const struct nvme_ctrl_ops *ops; enum nvme_ctrl_state state; struct request_queue *admin_q; struct request_queue *connect_q; int instance;
                       struct list_head namespaces; struct device *device; struct list_head subsys_entry; struct nvme_subsystem *subsys;
                       unsigned int max_hw_sectors; unsigned int max_segments; unsigned int queue_count; unsigned long quirks; unsigned short cntlid; };
    struct nvme_ns_head { unsigned int ns_id; int instance; unsigned char lba_shift; unsigned short ms; };
    struct nvme_ns { struct list_head list; struct nvme_ctrl *ctrl; struct request_queue *queue; struct gendisk *disk; struct list_head siblings;
                     struct nvme_ns_head *head; unsigned long flags; };
    struct blk_mq_tag_set { unsigned int nr_hw_queues; unsigned int queue_depth; int numa_node; unsigned int flags; };
    struct nvme_queue { struct nvme_dev *dev; void *sq_cmds; void *cqes; unsigned int q_depth; unsigned short cq_vector; unsigned short sq_tail;
                        unsigned short last_sq_tail; unsigned short cq_head; unsigned short qid; unsigned char cq_phase; unsigned long flags; };
    struct nvme_dev { struct nvme_queue *queues; struct blk_mq_tag_set tagset; struct blk_mq_tag_set admin_tagset; unsigned int online_queues;
                      unsigned int max_qid; unsigned int io_queues[3]; unsigned int num_vecs; unsigned int q_depth; unsigned int db_stride; struct nvme_ctrl ctrl; };
data
    struct class *nvme_class = &the_class;
    struct class the_class = { $"nvme", &private };
    struct subsys_private private = { { { &node.knode_class.n_node, &node.knode_class.n_node } } };
    struct device_private node = { { { &private.klist_devices.k_list, &private.klist_devices.k_list } }, &device };
    struct device device = { { $"nvme0" }, &box.ctrl };
    struct nvme_ctrl_ops nvme_pci_ctrl_ops = { $"pcie" };
    struct nvme_dev box = { queues, { 2, 1023, -1, 1 }, { 1, 30, -1, 0 }, 3, 2, { 2, 0, 0 }, 3, 1024, 1,
        { &nvme_pci_ctrl_ops, NVME_CTRL_RESETTING, &admin, 0, 0, { &ns.list, &ns.list }, &device, { &subsystem.ctrls, &subsystem.ctrls }, &subsystem, 256, 33, 3, 33, 5 } };
    struct nvme_queue queues[] = { { &box, 0x1000, 0x2000, 32, 0, 7, 7, 7, 0, 1, 4 }, { &box, 0x3000, 0x4000, 1024, 1, 100, 99, 98, 1, 0, 4 },
                                   { &box, 0x5000, 0x6000, 1024, 2, 0, 0, 0, 2, 1, 0 } };
    struct request_queue admin = { 0 }, queue = { &ns };
    struct nvme_subsystem subsystem = { { { $"nvme-subsys0" } }, { &box.ctrl.subsys_entry, &box.ctrl.subsys_entry }, "nqn.2019-08.org.qemu:x", "deadbeef            ",
                                        "QEMU NVMe Ctrl                          ", "8.0     " };
    struct nvme_ns ns = { { &box.ctrl.namespaces, &box.ctrl.namespaces }, &box.ctrl, &queue, &disk, { &ns.siblings, &ns.siblings }, &head, 1 };
    struct nvme_ns_head head = { 1, 1, 12, 8 };
    struct gendisk disk = { 259, 0, "nvme0n1", &part, &queue, &ns };
    struct block_device part = { 2097152, 0, 259 << 20, &disk };
"""  # fmt: skip


ORACLE = {
    "scsishow": "scsishow", "scsishow -d": "scsishow__d", "scsishow --check": "scsishow___check", "scsishow -c": "scsishow__c",
    "scsishow -q": "scsishow__q", "scsishow -r": "scsishow__r", "scsishow -s": "scsishow__s", "scsishow -h": "scsishow__h",
    "dmshow": "dmshow", "dmshow --lvs": "dmshow___lvs", "dmshow --pvs": "dmshow___pvs", "dmshow -m": "dmshow__m", "dmshow -h": "dmshow__h",
    "mdadm": "mdadm", "nvme": "nvme", "scsi": "scsi",
}  # fmt: skip
"""What PyKdump printed of the dump of 5.10, whose modules have no types"""
COLOUR = re.compile(r"\x1b\[\d*m")


class Oracle(unittest.TestCase):
    def test_as_theirs(self):
        for command, name in ORACLE.items():
            for dump, wanted in dumps.theirs("pykdump-5.10", "vmcore-5.10-zlib", name):
                with self.subTest(command):
                    result = subprocess.run(
                        [dumps.PYKD, "--isolated", dump, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                        env={**os.environ, "COLUMNS": "80"},
                    )  # fmt: skip
                    self.assertEqual(COLOUR.sub("", wanted), without_times(result.stdout))


class OfKernel(unittest.TestCase):
    def make(self, text):
        path, self.at = dumps.made(self, dumps.with_texts(text))
        self.dump = dumps.opened(path)
        self.session = Session(self.dump)

    def rows(self, program, line=""):
        return rows_of(self, self.session, program, line)

    def text(self, program, line=""):
        return lines_of(self, self.session, program, line)


class Mapper(OfKernel):
    def setUp(self):
        self.make(MAPPER)

    def test_devices(self):
        rows = self.rows("dmshow", "-d open_count.counter,disk")
        self.assertEqual(["my--vg-data", "mpatha", "secret", "strange"], [row["name"] for row in rows])
        self.assertEqual(["suspended", "suspended internally"], rows[0]["flags"])
        self.assertEqual([1, self.at["dm0"]], [field["value"] for field in rows[0]["fields"]])
        self.assertTrue(self.text("dmshow")[1].endswith("flags: 0x82      [Device suspended][Device suspended internally]"))

    def test_table(self):
        self.assertEqual(
            [
                "my--vg-data: 0 8192 linear 8:2 [sda2] 2048",
                "my--vg-data: 8192 8192 striped 2 128 8:2 [sda2] 10240 259:1 [nvme0n1p1] 0",
                "my--vg-data: 16384 8 linear 253:1 [dm-1] 0",
                "mpatha: 0 204800 multipath 4 queue_if_no_path pg_init_retries 3 retain_attached_hw_handler 3 alua 1 alua 1 1 round-robin 0 1 1 8:0 [sda]",
                "secret: 0 8 crypt aes-xts-plain64 00000000 0 259:1 [nvme0n1p1] 32768 3 allow_discards same_cpu_crypt sector_size:4096",
                "secret: 8 8 vdo (not yet supported by this command)",
                "strange: ",
            ],
            self.text("dmshow", "--table"),
        )

    def test_volumes(self):
        rows = self.rows("dmshow", "--lvs")
        self.assertEqual([("my-vg", "data", 16384 * 512)] * 3, [(row["group"], row["name"], row["size"]) for row in rows])
        self.assertEqual(["sda2", "nvme0n1p1"], [device["name"] for device in rows[1]["devices"]])
        self.assertEqual([("mpatha (dm-1)", self.at["mp_md"], 204800 * 512)], [tuple(device.values()) for device in rows[2]["devices"]])
        (uuid,) = self.rows("dmshow", "--lvuuid")
        self.assertEqual(("0123456789abcdefghijklmnopqrstuv", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"), (uuid["group_uuid"], uuid["uuid"]))
        self.assertEqual(["sda2", "sda2", "nvme0n1p1", "mpatha (dm-1)"], [row["name"] for row in self.rows("dmshow", "--pvs")])
        self.text("dmshow", "--lvuuid")
        self.assertIn("100.00", self.text("dmshow", "--pvs")[1])

    def test_multipath(self):
        (row,) = self.rows("dmshow", "-m")
        self.assertEqual(("mpatha", 1, True), (row["name"], row["paths"], row["queues_if_no_path"]))
        self.assertTrue(self.text("dmshow", "-m")[1].endswith(f"{self.at['paths']:#x}               1            Enabled"))
        (listing,) = self.rows("dmshow", "-ll")
        (path,) = listing["groups"][0]["paths"]
        self.assertEqual(("sda", 8, 0, True, 2), tuple(path[key] for key in ("disk", "major", "minor", "active", "failures")))
        self.assertEqual("360000000000000001", listing["uuid"])
        # the dump has no types of SCSI
        self.assertEqual("unknown", path["error"]["reason"])
        self.assertIn("size=100.00M  (queue_if_no_path enabled)  hwhandler=alua hwhandler params=1 alua  ", self.text("dmshow", "-ll"))

    def test_names(self):
        self.assertEqual(("my-vg", "a-b"), dm.split_lvm_name("my--vg-a--b"))
        self.assertEqual(("", ""), dm.split_lvm_name("plain"))
        self.assertEqual(("vg", "pool-tpool"), dm.split_lvm_name("vg-pool-tpool"))

    def test_legs(self):
        cells, errors = dm.mapped_devices(self.dump)
        self.assertEqual([], errors)
        (target,) = dm.targets(self.dump, dm.table_of(self.dump, cells[1].md))
        self.assertEqual([self.at["part_a"]], [int(bdev) for bdev in dmtarget.legs(self.dump, target)])


class Arrays(OfKernel):
    def setUp(self):
        self.make(ARRAYS)

    def test_arrays(self):
        mirror, stopped = self.rows("mdadm")
        self.assertEqual(("md0", "raid1", "1.2", 2 << 30, "active", "recover", 1), tuple(
            mirror[key] for key in ("name", "level", "version", "size", "state", "sync", "degraded")))
        self.assertEqual([["in_sync"], ["faulty"], ["spare"]], [member["state"] for member in mirror["members"]])
        self.assertEqual([("dev-vdb", 0), ("dev-vdc", -1), ("dev-vdd", -1)], [(member["name"], member["raid_disk"]) for member in mirror["members"]])
        self.assertEqual((None, "clear", "imsm", "idle"), (stopped["size"], stopped["state"], stopped["metadata_type"], stopped["sync"]))

    def test_text(self):
        text = self.text("mdadm")
        self.assertIn("Array Size : 2048.00MB  (2.00GB)    Total Devices : 3", text)
        self.assertIn("Size : NA", text)
        self.assertIn(f"disk1 : dev-vdc    size: 2.00GB    md_rdev {self.at['bad']:x}    faulty", text)
        details = self.text("mdadm", "-d")
        for line in ("State : active, degraded, recover", "Active Devices : 1", "Working Devices : 2", "Failed Devices : 1", "Spare Devices : 1",
                     "Chunk Size : 64.0K", "Creation Time : Sun Sep  9 01:46:40 2001"):  # fmt: skip
            self.assertIn(line, details)
        self.assertIn("dev-vdb             0               0    in_sync", details)

    def test_states(self):
        array = next(md.for_each_mddev(self.dump))

        class With:
            pers, flags, sb_flags, ro, in_sync, safemode, raid_disks, dev_sectors = 1, 0, 0, 0, 0, 0, 2, 8

            def hasField(self, name):
                return hasattr(self, name)

        for change, wanted in (({"ro": 1}, "readonly"), ({"ro": 2}, "read-auto"), ({"sb_flags": 4}, "write-pending"), ({"in_sync": 1}, "clean"),
                               ({"safemode": 1}, "active-idle"), ({"flags": 1 << 10}, "inactive"),
                               ({"in_sync": 1, "flags": 1 << 11}, "broken"), ({"pers": 0}, "inactive")):  # fmt: skip
            one = With()
            vars(one).update(change)
            self.assertEqual(wanted, md.state(self.dump, one))
        self.assertEqual("active", md.state(self.dump, array))


class Nvme(OfKernel):
    def setUp(self):
        self.make(NVME)

    def test_controllers(self):
        (row,) = self.rows("nvme")
        self.assertEqual(("nvme0", "pci", "NVME_CTRL_RESETTING", 3, "QEMU NVMe Ctrl", "deadbeef", "8.0"), tuple(
            row[key] for key in ("name", "transport", "state", "queues", "model", "serial", "firmware")))
        self.assertEqual(["NVME_QUIRK_STRIPE_SIZE", "NVME_QUIRK_NO_DEEPEST_PS"], row["quirks"])
        text = self.text("nvme")
        self.assertIn("CtrlState:\tNVME_CTRL_RESETTING", text)
        self.assertIn("PageSize:\t<unavailable>", text)
        self.assertEqual(["WARNING: nvme0 in state NVME_CTRL_RESETTING"], self.text("nvme", "-k"))

    def test_namespaces(self):
        (row,) = self.rows("nvme", "-l")
        self.assertEqual(("nvme0n1", 1, 1 << 30, 4096, 8), tuple(row[key] for key in ("name", "id", "capacity", "block", "metadata")))
        self.assertRegex(self.text("nvme", "-l nvme0n1")[-1], r"^/dev/nvme0n1     deadbeef +QEMU NVMe Ctrl +1         1   GiB +4   KiB \+ 8 B +8\.0")
        (row,) = self.rows("nvme", "-n")
        self.assertEqual((self.at["head"], self.at["queue"], self.at["disk"], 1), tuple(row[key] for key in ("head", "queue", "gendisk", "flag_bits")))
        self.text("nvme", "-n")

    def test_devices(self):
        (row,) = self.rows("nvme", "-d")
        values = {one["name"]: one["value"] for one in [*row["columns"], *row["details"]]}
        self.assertEqual((self.at["box"], self.at["queues"], 3, 2, [2, 0, 0], 3), tuple(
            values[key] for key in ("DevAddr", "Queues", "OnlineQueues", "MaxQID", "IOQueues", "NumVecs")))
        self.assertNotIn("PagePool", values)
        self.assertEqual([1023, 30], [one["QDepth"] for one in row["tag_sets"]])
        self.assertIn("IOQueues:\t{2, 0, 0}", self.text("nvme", "-d"))

    def test_queues(self):
        rows = self.rows("nvme", "-q")
        self.assertEqual([0, 1, 2], [row["number"] for row in rows])
        (row,) = self.rows("nvme", "-q nvme0 -i 1")
        details = {one["name"]: one["value"] for one in row["details"]}
        self.assertEqual((100, 99, 98, 0, 1024, 4), tuple(details[key] for key in ("SQTail", "LastSQTail", "CQHead", "CQPhase", "QDepth", "Flags")))
        self.assertIn("SQTail:\t\t100           \tLastSQTail:\t99", self.text("nvme", "-q nvme0 -i 1"))
        for line in ("-i 1", "-q nvme1", "-q nvme0 -i x"):
            with self.assertRaises(UsageError):
                self.rows("nvme", line)

    def test_subsystems(self):
        (row,) = self.rows("nvme", "-s")
        self.assertEqual(("nvme-subsys0", "nqn.2019-08.org.qemu:x", ["nvme0n1"]), (row["name"], row["nqn"], [path["namespace"] for path in row["paths"]]))
        self.assertEqual(f"`-+-nvme0: [{self.at['box'] + self.dump.type('struct nvme_dev').offset_of('ctrl'):#x}] nvme0n1: [{self.at['ns']:#x}]", self.text("nvme", "-s")[-1])


if __name__ == "__main__":
    unittest.main()
