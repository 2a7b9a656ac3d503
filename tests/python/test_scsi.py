# SPDX-License-Identifier: GPL-2.0-or-later
"""SCSI on a kernel made for it: a host in trouble, a disk with commands at its driver, in its scheduler and in error handling, a changer."""

import unittest

from test_programs import lines_of, rows_of

import dumps
import pykd
from pykd.compat import lookup
from pykd.kernel.block import hba, scsi, scsicheck
from pykd.session.session import Session

KERNEL = """
uts release=6.1.0-test
types
    struct list_head { struct list_head *next, *prev; };
    typedef struct { int counter; } atomic_t;
    struct kobject { const char *name; struct list_head entry; struct kobject *parent; };
    struct device { struct kobject kobj; struct device *parent; void *type; void (*release)(struct device *); };
    struct klist_node { struct list_head n_node; };
    struct klist { struct list_head k_list; };
    struct device_private { struct klist_node knode_class; struct device *device; };
    struct subsys_private { struct klist klist_devices; struct kobject subsys; };
    struct class { const char *name; struct subsys_private *p; };
    struct module { char name[56]; const char *version; unsigned long taints; };
    struct workqueue_struct { char name[24]; };
    struct sbitmap_word { unsigned long word; unsigned long cleared; };
    struct sbitmap { unsigned int depth; unsigned int shift; unsigned int map_nr; struct sbitmap_word *map; };
    struct sbitmap_queue { struct sbitmap sb; };
    struct bvec_iter { unsigned long bi_sector; };
    struct bio { struct bvec_iter bi_iter; };
    struct blk_mq_tags { unsigned int nr_tags; unsigned int nr_reserved_tags; struct sbitmap_queue bitmap_tags; struct sbitmap_queue breserved_tags;
                         struct request **rqs; struct request **static_rqs; };
    struct blk_mq_tag_set { unsigned int nr_hw_queues; struct blk_mq_tags **tags; };
    struct blk_mq_hw_ctx { struct blk_mq_tags *sched_tags; };
    struct elevator_type { const char *elevator_name; };
    struct elevator_queue { struct elevator_type *type; };
    struct queue_limits { unsigned short max_segments; };
    struct request_queue { void *mq_ops; struct blk_mq_tag_set *tag_set; unsigned int nr_hw_queues; struct blk_mq_hw_ctx **queue_hw_ctx;
                           struct elevator_queue *elevator; struct queue_limits limits; };
    struct request { struct request_queue *q; struct bio *bio; int state; atomic_t ref; unsigned int timeout; unsigned long deadline;
                     unsigned long start_time_ns; };
    enum scsi_host_state { SHOST_CREATED = 1, SHOST_RUNNING, SHOST_CANCEL, SHOST_DEL, SHOST_RECOVERY };
    enum scsi_device_state { SDEV_CREATED = 1, SDEV_RUNNING, SDEV_CANCEL, SDEV_DEL, SDEV_QUIESCE, SDEV_OFFLINE };
    enum scsi_target_state { STARGET_CREATED = 1, STARGET_RUNNING };
    enum fc_port_state { FC_PORTSTATE_ONLINE = 2, FC_PORTSTATE_BLOCKED = 6 };
    struct sg_table { unsigned int nents; };
    struct scsi_data_buffer { struct sg_table table; };
    struct scsi_cmnd { struct scsi_device *device; struct list_head eh_entry; unsigned long jiffies_at_alloc; int retries; unsigned short cmd_len;
                       unsigned char cmnd[32]; struct scsi_data_buffer sdb; unsigned long state; int result; };
    struct pair { struct request request; struct scsi_cmnd command; };
    struct scsi_host_template { struct module *module; const char *name; void *eh_host_reset_handler; };
    struct Scsi_Host { struct list_head __devices; struct list_head __targets; struct scsi_host_template *hostt; struct blk_mq_tag_set tag_set;
                       atomic_t host_blocked; unsigned int host_failed; unsigned int host_eh_scheduled; unsigned int host_no; int eh_deadline;
                       unsigned long last_reset; unsigned long max_lun; short cmd_per_lun; unsigned short sg_tablesize;
                       unsigned int host_self_blocked : 1; struct workqueue_struct *work_q; enum scsi_host_state shost_state;
                       struct device shost_gendev; struct device shost_dev; void *shost_data; unsigned long hostdata[]; };
    struct fc_host_attrs { unsigned long node_name; unsigned long port_name; char work_q_name[20]; };
    struct lpfc_hba { int sli_rev; char ModelName[80]; };
    struct lpfc_vport { struct lpfc_hba *phba; unsigned int cfg_lun_queue_depth; };
    struct lpfc_host { struct Scsi_Host host; struct lpfc_vport vport; };
    struct scsi_target { struct list_head siblings; struct device dev; unsigned int channel; unsigned int id; atomic_t target_busy;
                         atomic_t target_blocked; enum scsi_target_state state; };
    struct fc_rport { struct device dev; unsigned long node_name; unsigned long port_name; unsigned int port_id; enum fc_port_state port_state;
                      unsigned int fast_io_fail_tmo; unsigned int dev_loss_tmo; };
    struct scsi_device { struct Scsi_Host *host; struct request_queue *request_queue; struct list_head siblings; struct sbitmap budget_map;
                         atomic_t device_blocked; unsigned int id; unsigned int channel; unsigned long lun; unsigned char type; char scsi_level;
                         const char *vendor; const char *model; const char *rev; atomic_t iorequest_cnt; atomic_t iodone_cnt; atomic_t ioerr_cnt;
                         enum scsi_device_state sdev_state; struct device sdev_gendev; };
    struct gendisk { char disk_name[32]; struct request_queue *queue; struct block_device *part0; };
    struct block_device { struct gendisk *bd_disk; struct device bd_device; };
    struct tk_read_base { unsigned long base; };
    struct clocksource { unsigned int mult; unsigned int shift; };
text
    fc_rport_dev_release  c3
data
    struct clocksource clocksource_jiffies = { 1000000, 0 };
    unsigned long jiffies_64 = 500000;
    struct class shost_class = { $"scsi_host", &hosts }, block_class = { $"block", &blocks };
    void *disk_type = 0;
    struct subsys_private hosts = { { { &host_node.knode_class.n_node, &host_node.knode_class.n_node } } };
    struct subsys_private blocks = { { { &disk_node.knode_class.n_node, &disk_node.knode_class.n_node } } };
    struct device_private host_node = { { { &hosts.klist_devices.k_list, &hosts.klist_devices.k_list } }, &box.host.shost_dev };
    struct device_private disk_node = { { { &blocks.klist_devices.k_list, &blocks.klist_devices.k_list } }, &part.bd_device };
    struct block_device part = { &disk, { .type = &disk_type } };
    struct gendisk disk = { "sda", &queue, &part };
    struct module lpfc = { "lpfc", $"12.0", 0 };
    struct workqueue_struct fc_wq = { "fc_wq_3" };
    struct scsi_host_template template = { &lpfc, $"lpfc", 0 };
    struct fc_host_attrs attributes = { 0x20000000c9000001, 0x10000000c9000001, "fc_wq_3" };
    struct lpfc_hba adapter = { 4, "LPe32002" };
    struct device top = { { $"pci0000:00" } };
    struct lpfc_host box = { { { &changer.siblings, &drive.siblings }, { &target.siblings, &target.siblings }, &template, { 1, tables },
        { 1 }, 2, 1, 3, -1, 7, 255, 3, 128, 0, &fc_wq, SHOST_RECOVERY,
        { { $"host3", .parent = &top.kobj } }, { { $"host3" } }, &attributes }, { &adapter, 30 } };
    struct fc_rport port = { { { $"rport-3:0-1" }, .release = &fc_rport_dev_release }, 0x5001, 0x5002, 0x10500, FC_PORTSTATE_BLOCKED, 5, 30 };
    struct scsi_target target = { { &box.host.__targets, &box.host.__targets }, { { $"target3:0:1" }, &port.dev }, 0, 1, { 2 }, { 0 }, STARGET_CREATED };
    struct scsi_device changer = { &box.host, &idle, { &drive.siblings, &box.host.__devices }, .id = 2, .type = 8, .vendor = $"ACME    ", .model =
        $"Robot           ", .rev = $"1.00", .sdev_state = SDEV_RUNNING, .sdev_gendev = { { $"3:0:2:0" }, &target.dev } };
    struct scsi_device drive = { &box.host, &queue, { &box.host.__devices, &changer.siblings }, { 8, 6, 1, budget }, { 1 }, 1, 0, 5, 0, 6,
        $"QEMU    X", $"Disk of tests   Y", $"2.5+Z", { 46 }, { 43 }, { 1 }, SDEV_OFFLINE, { { $"3:0:1:5" }, &target.dev } };
    struct sbitmap_word budget[] = { { 7, 0 } };
    struct elevator_type deadline = { $"mq-deadline" };
    struct elevator_queue elevator = { &deadline };
    struct request_queue queue = { 1, &box.host.tag_set, 1, contexts, &elevator, { 64 } }, idle = { 1, &box.host.tag_set, 1, empty, 0, { 64 } };
    struct blk_mq_hw_ctx *contexts[] = { &context }, *empty[] = { &bare };
    struct blk_mq_hw_ctx context = { &scheduler }, bare = { 0 };
    struct blk_mq_tags *tables[] = { &tags };
    struct blk_mq_tags tags = { 4, 0, { { 4, 6, 1, words } }, .rqs = given }, scheduler = { 4, 0, { { 4, 6, 1, waiting } }, .static_rqs = all };
    struct sbitmap_word words[] = { { 7, 0 } }, waiting[] = { { 0xd, 0 } };
    struct request *given[4] = { &written.request, &late.request, &freed.request }, *all[4] = { &written.request, &freed.request, &queued.request, &late.request };
    struct bio data = { { 2048 } };
    struct pair written = { { &queue, &data, 1, { 1 }, 7500, 507000, 0 },
        { &drive, { &written.command.eh_entry, &written.command.eh_entry }, 499500, 0, 10, { 0x2a, 0, 0, 0, 8 }, { { 65 } }, 2, 0 } };
    struct pair late = { { &queue, 0, 1, { 2 }, 100000, 480000, 0 },
        { &drive, { &late.command.eh_entry + 64, &late.command.eh_entry + 64 }, 380000, 3, 6, { 0 }, { { 0 } }, 2, 0x70002 } };
    struct pair queued = { { &queue, &data, 0, { 1 }, 7500, 0, 0 }, { &drive, { 0, 0 }, 0, 0, 16, { 0x7f }, { { 1 } }, 0, 0 } };
    struct pair freed = { { &queue, &data, 0, { 0 }, 7500, 0, 0 }, { &drive } };
"""


class Scsi(unittest.TestCase):
    def setUp(self):
        path, self.at = dumps.made(self, dumps.with_texts(KERNEL))
        self.dump = dumps.opened(path)
        self.session = Session(self.dump)

    def rows(self, line):
        return rows_of(self, self.session, "scsishow", line)

    def text(self, line):
        return lines_of(self, self.session, "scsishow", line)

    def test_hosts(self):
        (row,) = self.rows("-v")
        self.assertEqual(("host3", "lpfc"), (row["host"]["name"], row["host"]["driver"]))
        self.assertEqual((2, 1, 2), (row["busy"], row["blocked"], row["failed"]))
        self.assertEqual(("SHOST_RECOVERY", "12.0", "fc_wq_3"), (row["state"], row["version"], row["work_queue"]))
        details = {one["name"]: one["value"] for one in row["adapter"]["details"]}
        self.assertEqual(("LPe32002", 4, 30), (details["ModelName"], details["sli_rev"], details["cfg_lun_queue_depth"]))
        self.assertNotIn("cfg_tgt_queue_depth", details)
        self.assertEqual([self.at["attributes"], 0x20000000C9000001, 0x10000000C9000001], list(row["adapter"]["ports"]))
        text = self.text("-v")
        self.assertIn("   eh_deadline         : -1 (off, not supported by driver)", text)
        self.assertIn("   node_name (wwnn)    : 20000000c9000001", text)
        self.assertIn("NOTE: More detailed HBA information", "\n".join(self.text("")))

    def test_devices(self):
        changer, drive = self.rows("-d")
        self.assertEqual(("Chngr", "ACME", "Robot", "1.00", None), tuple(changer[key] for key in ("name", "vendor", "model", "revision", "elevator")))
        self.assertEqual(("sda", "QEMU", "Disk of tests", "2.5+", "mq-deadline"), tuple(drive[key] for key in ("name", "vendor", "model", "revision", "elevator")))
        self.assertEqual(("3:0:1:5", "SDEV_OFFLINE", 3), (drive["id"], drive["state"], drive["busy"]))
        self.assertRegex(self.text("-d")[-1], r"^sda .* 3:0:1:5      QEMU Disk of tests +SDEV_OFFLINE +46 +43  \(  3\) +1$")

    def test_devices_of_newer_kernels(self):
        """Who made one is in arrays of its own, and one device stands for the host: here the changer."""
        text = KERNEL.replace("const char *vendor; const char *model; const char *rev;", "char vendor[9]; char model[17]; char rev[5];")
        text = text.replace('$"ACME    "', '"ACME"').replace('$"Robot           "', '"Robot"').replace('$"1.00"', '"1.00"')
        text = text.replace('$"QEMU    X", $"Disk of tests   Y", $"2.5+Z"', '"QEMU", "Disk of tests", "2.5+"')
        text = text.replace("struct Scsi_Host { struct list_head __devices;", "struct Scsi_Host { struct scsi_device *pseudo_sdev; struct list_head __devices;")
        path, _ = dumps.made(self, dumps.with_texts(text.replace("box = { { {", "box = { { &changer, {")))
        rows = rows_of(self, Session(dumps.opened(path)), "scsishow", "-d")
        self.assertEqual([("sda", "QEMU", "Disk of tests", "2.5+")], [(row["name"], row["vendor"], row["model"], row["revision"]) for row in rows if row["kind"] == "device"])

    def test_references_of_newer_kernels(self):
        """A refcount_t until v5.16, to programs and to a checkout's own framework."""
        names = "typedef struct refcount_struct { atomic_t refs; } refcount_t;\n    struct keeper { refcount_t kept; };\n    struct kobject {"
        path, at = dumps.made(self, dumps.with_texts(KERNEL.replace("struct kobject {", names, 1)))
        dump = dumps.opened(path)
        request = dump.object("struct request", at["late"])
        self.assertEqual((2, 2), (request.ref.counter, request.ref.refs.counter))
        before = pykd.current()
        self.addCleanup(pykd.set_current, before)
        pykd.set_current(dump)
        (ref,) = (member for member in lookup.gdb_typeinfo("struct request")["body"] if member["fname"] == "ref")
        self.assertEqual(("refcount_t", 4), (ref.get("typedef", ref["basetype"]), ref["typelength"]))

    def test_targets_and_ports(self):
        (target,) = self.rows("-T")
        self.assertEqual(("target3:0:1", "STARGET_CREATED", 2), (target["name"], target["state"], target["busy"]))
        (port,) = self.rows("-f")
        self.assertEqual((0x5001, 0x5002, 0x10500, "FC_PORTSTATE_BLOCKED", 5, 30), tuple(
            port[key] for key in ("node_name", "port_name", "port_id", "state", "fast_io_fail_tmo", "dev_loss_tmo")))
        self.text("-T -f")

    def test_commands(self):
        """Those with a driver and those in the scheduler, each once; not what is free again."""
        rows = self.rows("-c retries,cmnd[0],device --time")
        offset = self.dump.type("struct request").size
        self.assertEqual([self.at[name] + offset for name in ("written", "late", "queued")], [row["address"] for row in rows])
        self.assertEqual(["active", "timeout", "queued"], [row["state"] for row in rows])
        self.assertEqual([7000, -20000, None], [row["deadline"] for row in rows])
        self.assertEqual([-500, -120000, None], [row["allocated"] for row in rows])
        self.assertEqual([3, 0, self.at["drive"]], [field["value"] for field in rows[1]["fields"]])
        late = self.text("-c retries --time")[1]
        self.assertTrue(late.startswith(f"scsi_cmnd {self.at['late'] + offset:x} on scsi_device {self.at['drive']:#x} (3:0:1:5) is timeout, deadline: -20000"))
        self.assertTrue(late.endswith(" retries: 3         "))
        self.assertIn(" jiffies_at_alloc: -500 ", self.text("-c jiffies_at_alloc --relative")[0])
        self.assertIn('"ERROR ', self.text("-c no_such_member")[0])

    def test_queues_and_requests(self):
        queue = next(row for row in self.rows("-q") if row["name"] == "sda")
        self.assertEqual([(0x2A, 2048), (0, None), (0x7F, 2048)], [(one["opcode"], one["sector"]) for one in queue["requests"]])
        text = "\n".join(self.text("-q"))
        self.assertRegex(text, r"WRITE\(10\) +500 ms +2048")
        self.assertIn("<<< NO I/O REQUESTS FOUND ON THE DEVICE! >>>", text)
        self.assertEqual("Requests found in SCSI layer: 3", self.text("-r")[-1])

    def test_checks(self):
        found = list(scsicheck.check(self.dump))
        texts = "\n".join(text for _, _, text in found)
        for wanted in (
            "is running error recovery!", "is blocked! HBA driver refusing", "HBA driver returning SCSI_MLQUEUE_DEVICE_BUSY", "in SDEV_OFFLINE state",
            "has a large timeout of 100000ms.", "older than its timeout", "retries value of 3!", "host_byte: DID_ERROR status_byte: SAM_STAT_CHECK_CONDITION",
            "table.nents count (65) more than request_queue.limits.max_segments (64)", "non-zero target_busy count: 2", "not in RUNNING state",
            "FC rport (WWPN: 5002) on target3:0:1 is in FC_PORTSTATE_BLOCKED state",
        ):  # fmt: skip
            self.assertIn(wanted, texts)
        self.assertNotIn("huge timeout", texts)
        self.assertNotIn("NOTE", {level for _, level, _ in found})
        summary = self.rows("--check")[-1]
        self.assertEqual(sum(subject == "target" for subject, _, _ in found), summary["target"])
        self.assertIn(f"    SCSI host checks:                {summary['host']}", self.text("--check"))

    def test_proc(self):
        text = self.text("-p")
        self.assertIn("   -- 2 SCSI Devices, 1 Are Busy --", text)
        self.assertIn("  Vendor: QEMU     Model: Disk of tests    Rev: 2.5+", text)
        self.assertIn("  Type:   Medium Changer                   ANSI  SCSI revision: 00", text)
        self.assertIn("     /pci0000:00/host3", text)

    def test_other_program(self):
        """`scsi` shows the same devices and commands."""
        summary = rows_of(self, self.session, "scsi", "")[0]
        self.assertEqual((1, 2, 1, {"lpfc": 1}), tuple(summary[key] for key in ("hosts", "devices", "busy", "models")))
        self.assertEqual({"last_reset": 1, "host_busy": 1, "host_failed": 1, "host_eh_scheduled": 1}, summary["flags"])
        (busy,) = rows_of(self, self.session, "scsi", "--devices")
        self.assertEqual("sda", busy["name"])
        text = lines_of(self, self.session, "scsi", "--devices -v")
        self.assertIn("  iorequest_cnt=46, iodone_cnt=43, diff=3", text)
        self.assertIn("            started 0.50 s ago, times out in  7.00s", text)
        self.assertIn("     **busy=3", text)

    def test_no_adapter_of_a_driver_without_types(self):
        with self.assertRaises(pykd.NotFoundError):
            list(hba.details(self.dump, next(scsi.for_each_shost(self.dump)), "fnic"))


if __name__ == "__main__":
    unittest.main()
