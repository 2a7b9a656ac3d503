# SPDX-License-Identifier: GPL-2.0-or-later
"""NVMe: controllers, namespaces, subsystems, and what their transports (PCI, RDMA, FC, loop) keep of devices and queues."""

from __future__ import annotations

from _pykd import CTypeError, Error, FaultError, MemberError
from pykd.core.members import has_member, offset_of
from pykd.kernel.block.disks import SECTOR, sectors
from pykd.kernel.devices import devices, private_of
from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_NAMESPACES = 1 << 16
"""Of one controller"""
MAX_QUEUES = 1 << 16
"""Of one controller"""

Members = tuple[tuple[str, str], ...]
"""(label, path of the member; "" for the structure itself)"""


class Transport:
    """What a transport keeps: the structure around ``struct nvme_ctrl``, its queues, and the members that tell most."""

    def __init__(self, kind: str, tag_sets: tuple[str, str], columns: Members, details: Members, queue: str, queue_columns: Members, queue_details: Members) -> None:
        self.kind = kind
        self.tag_sets = tag_sets
        """Members that are the tag sets of I/O and of the admin queue"""
        self.columns = columns
        self.details = details
        self.queue = queue
        """Its structure; ``queues`` is an array of these"""
        self.queue_columns = queue_columns
        self.queue_details = queue_details


TRANSPORTS = {
    "pci": Transport(
        "nvme_dev", ("tagset", "admin_tagset"),
        (("DevAddr", ""), ("Queues", "queues"), ("Tagset", "tagset"), ("AdminTagset", "admin_tagset"), ("Ctrl Addr", "ctrl"),
         ("PagePool", "prp_page_pool"), ("SmallPool", "prp_small_pool")),
        (("OnlineQueues", "online_queues"), ("MaxQID", "max_qid"), ("IOQueues", "io_queues"), ("NumVecs", "num_vecs"), ("QDepth", "q_depth"),
         ("DBStride", "db_stride")),
        "nvme_queue",
        (("Queue Addr", ""), ("DMA Dev", "q_dmadev"), ("NVMe Dev", "dev"), ("SQ Cmds", "sq_cmds"), ("Completion", "cqes")),
        (("QDepth", "q_depth"), ("CQVector", "cq_vector"), ("SQTail", "sq_tail"), ("LastSQTail", "last_sq_tail"), ("CQHead", "cq_head"),
         ("LastCQHead", "last_cq_head"), ("QiD", "qid"), ("CQPhase", "cq_phase"), ("Flags", "flags")),
    ),
    "rdma": Transport(
        "nvme_rdma_ctrl", ("tag_set", "admin_tag_set"),
        (("RDMACtrlAddr", ""), ("Queues", "queues"), ("Tagset", "tag_set"), ("AdminTagset", "admin_tag_set"), ("ErrWork", "err_work"),
         ("Device", "device"), ("ReconnectWork", "reconnect_work")),
        (),
        "nvme_rdma_queue",
        (("Queue Addr", ""), ("RSPRing", "rsp_ring"), ("RDMACtrl", "ctrl"), ("RDMADevice", "device"), ("IB CQ", "ib_cq"), ("IB QP", "qp"),
         ("RDMA CMID", "cm_id")),
        (("IBDevice", "device.dev"), ("IBDevName", "device.dev.name"), ("InlineSegs", "device.num_inline_segments"), ("CMID", "cm_id"),
         ("QSize", "queue_size"), ("Flags", "flags")),
    ),
    "loop": Transport(
        "nvme_loop_ctrl", ("tag_set", "admin_tag_set"),
        (("LoopCtrlAddr", ""), ("Queues", "queues"), ("Tagset", "tag_set"), ("AdminTagset", "admin_tag_set"), ("LoopIOD", "async_event_iod"),
         ("TargetCtrl", "target_ctrl"), ("TargetPort", "port")),
        (),
        "nvme_loop_queue",
        (("Queue Addr", ""), ("NVMeCQ", "nvme_cq"), ("NVMeSQ", "nvme_sq"), ("LoopCtrlAddr", "ctrl")),
        (("CQSize", "nvme_cq.size"), ("SQSize", "nvme_sq.size"), ("SQNVMeTCtrl", "nvme_sq.ctrl"), ("SQPerCPURef", "nvme_sq.ref"),
         ("SQFreeDone", "nvme_sq.free_done"), ("SQConfirmDone", "nvme_sq.confirm_done"), ("Flags", "flags")),
    ),
    "fc": Transport(
        "nvme_fc_ctrl", ("tag_set", "admin_tag_set"),
        (("FC CtrlAddr", ""), ("Queues", "queues"), ("Tagset", "tag_set"), ("AdminTagset", "admin_tag_set"), ("LPort", "lport"), ("RPort", "rport")),
        (("Flags", "flags"),),
        "nvme_fc_queue",
        (("Queue Addr", ""), ("FCCtrl", "ctrl"), ("Device", "dev"), ("HCTX", "hctx"), ("LLDDHandle", "lldd_handle")),
        (("QNum", "qnum"), ("RQCnt", "rqcnt"), ("SeqNo", "seqno"), ("ConnID", "connection_id"), ("CSN", "csn.counter"), ("Flags", "flags")),
    ),
    "tcp": Transport(
        "nvme_tcp_ctrl", ("tag_set", "admin_tag_set"),
        (("TCPCtrlAddr", ""), ("Queues", "queues"), ("Tagset", "tag_set"), ("AdminTagset", "admin_tag_set")),
        (),
        "nvme_tcp_queue",
        (("Queue Addr", ""), ("Socket", "sock"), ("TCPCtrl", "ctrl"), ("Request", "request")),
        (("QSize", "queue_size"), ("CmndCapsule", "cmnd_capsule_len"), ("IO CPU", "io_cpu"), ("Flags", "flags")),
    ),
}  # fmt: skip
"""By the word in the name of the controller's operations, ``nvme_WORD_ctrl_ops``. Members that a kernel has not are left out."""


def for_each_controller(dump: Dump) -> Iterator[Any]:
    """Each ``struct nvme_ctrl``, and the errors met on the way: of the devices of the class nvme.

    :raises NotFoundError: nvme_core is not there. :raises FaultError:
    """
    holder = _class(dump)
    private = private_of(dump, holder, "class") if holder else None
    if private is None:
        return
    controller: Any = dump.struct_class("struct nvme_ctrl")
    for address in devices(dump, private, "class"):
        if isinstance(address, Error):
            yield address
            continue
        try:
            # nvme_init_ctrl(): the device's data is its controller
            yield controller(int(dump.object("struct device", address).driver_data))
        except Error as error:
            yield error


def _class(dump: Dump) -> int:
    """Address of the ``struct class`` nvme: ``nvme_class`` is one since 1d5cea7d3c5d ("nvme: make nvme_class a static const structure") (in
    v6.9), and points to one before. 0: there is none yet."""
    place = dump.symbol("nvme_class").address
    for address in (place, dump.read_unsigned(place)):
        try:
            if address and str(dump.object("struct class", address).name) == "nvme":
                return address
        except FaultError:
            continue
    return 0


def name(controller: Any) -> str:
    """``nvme0``. :raises FaultError:"""
    device = controller.ctrl_device if controller.hasField("ctrl_device") else controller.device
    return str(device.kobj.name)


def transport(dump: Dump, controller: Any) -> str:
    """``pci``, ``rdma``, ``loop``, ``fc``, ``tcp``; the name of the operations where it is another. :raises FaultError:"""
    operations = dump.symbol_at(int(controller.ops))
    text = operations.name if operations else ""
    return text.removeprefix("nvme_").removesuffix("_ctrl_ops") or "unknown"


def _vital(controller: Any, member: str) -> str:
    """ab9e00cc72fa ("nvme: track subsystems") (in v4.15) has them in the subsystem."""
    holder = controller.subsys if controller.hasField("subsys") else controller
    return str(getattr(holder, member)).strip()


def model(controller: Any) -> str:
    """:raises FaultError:"""
    return _vital(controller, "model")


def serial(controller: Any) -> str:
    """:raises FaultError:"""
    return _vital(controller, "serial")


def firmware(controller: Any) -> str:
    """:raises FaultError:"""
    return _vital(controller, "firmware_rev")


def quirks(dump: Dump, controller: Any) -> list[str]:
    """Names of ``enum nvme_quirks`` that a controller has. :raises FaultError:"""
    known = dump.find_type("enum", "nvme_quirks")
    value = int(controller.quirks)
    return [label for label, bit in known.enumerators() if value & bit] if known else []


def for_each_namespace(dump: Dump, controller: Any) -> Iterator[Any]:
    """Each ``struct nvme_ns`` of a controller. :raises FaultError, LimitError:"""
    head = int(controller) + controller.fieldOffset("namespaces")
    yield from list_for_each_entry(dump, head, "struct nvme_ns", "list", limit=MAX_NAMESPACES, what="the namespaces of an NVMe controller")


def namespace_of_disk(dump: Dump, disk: Any) -> Any:
    """The ``struct nvme_ns`` of a ``struct gendisk`` of one path. :raises FaultError:"""
    return dump.object("struct nvme_ns", int(disk.private_data) or int(disk.queue.queuedata))


def _of_head(namespace: Any, member: str) -> Any:
    """9419e71b8d67 ("nvme: move ns id info to struct nvme_ns_head") (in v6.8)"""
    return getattr(namespace, member) if has_member(namespace, member) else getattr(namespace.head, member)


def namespace_id(namespace: Any) -> int:
    """:raises FaultError:"""
    return int(_of_head(namespace, "ns_id"))


def namespace_instance(namespace: Any) -> int:
    """The number in the name of its disk. :raises FaultError:"""
    return int(_of_head(namespace, "instance"))


def block_size(namespace: Any) -> tuple[int, int]:
    """(bytes of a logical block, bytes of metadata with each). :raises FaultError:"""
    return 1 << min(int(_of_head(namespace, "lba_shift")), 63), int(_of_head(namespace, "ms"))


def capacity(namespace: Any) -> int:
    """Bytes, as its disk has them. :raises FaultError:"""
    return sectors(namespace.disk.part0) * SECTOR


def device_of(dump: Dump, controller: Any, around: Transport) -> Any:
    """What the transport keeps around a ``struct nvme_ctrl``. :raises NotFoundError: the dump has no such type."""
    kind: Any = dump.struct_class(f"struct {around.kind}")
    return kind(int(controller) - offset_of(kind, "ctrl"))


def for_each_queue(dump: Dump, controller: Any, around: Transport) -> Iterator[Any]:
    """The queues that the transport keeps, the admin queue first. :raises NotFoundError: the dump has no such type. :raises FaultError:"""
    kind: Any = dump.struct_class(f"struct {around.queue}")
    first = int(device_of(dump, controller, around).queues)
    for number in range(min(int(controller.queue_count), MAX_QUEUES) if first else 0):
        yield kind(first + number * kind.PYT_type.size)


def tags_of(queue: Any) -> Any:
    """What holds the requests of a ``struct nvme_queue``: the ``struct blk_mq_tags`` of the device's tag set, of the number of the queue; the member of
    before v5.11 points to the pointer to that. :raises FaultError:"""
    if has_member(queue, "tags"):
        return queue.tags
    number = int(queue.qid)
    return queue.dev.tagset.tags[number - 1] if number else queue.dev.admin_tagset.tags[0]


def values(one: Any, wanted: Members) -> Iterator[tuple[str, Any]]:
    """(label, value) of the members that there are: a number, a text, a list of numbers, a structure; an error where it cannot be read."""
    for label, path in wanted:
        try:
            yield label, one.Eval(path) if path else one
        except (MemberError, CTypeError):
            continue
        except Error as error:
            yield label, error


def for_each_subsystem_controller(dump: Dump, subsystem: Any) -> Iterator[Any]:
    """Each ``struct nvme_ctrl`` of a ``struct nvme_subsystem``. :raises FaultError, LimitError:"""
    head = int(subsystem) + subsystem.fieldOffset("ctrls")
    yield from list_for_each_entry(dump, head, "struct nvme_ctrl", "subsys_entry", limit=MAX_QUEUES)
