# SPDX-License-Identifier: GPL-2.0-or-later
"""What drivers of SCSI host adapters keep of their own behind ``Scsi_Host.hostdata``: a table of members by driver."""

from __future__ import annotations

from _pykd import CTypeError, Error, MemberError
from pykd.core.members import has_member

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

FC_DRIVERS = ("lpfc", "qla2xxx", "fnic", "qedf", "bfa")
"""Of Fibre Channel: their targets are behind a ``struct fc_rport``."""

ADAPTERS: dict[str, tuple[str, str, str, tuple[tuple[str, str, str], ...]]] = {
    "lpfc": (
        "Emulex", "struct lpfc_vport", "", (
            ("lpfc_vport", "", "x"), ("lpfc_hba", "phba", "x"), ("sli_rev", "phba.sli_rev", ""), ("pci_dev", "phba.pcidev", "x"),
            ("pci_dev slot", "phba.pcidev.dev.kobj.name", ""), ("brd_no", "phba.brd_no", ""), ("SerialNumber", "phba.SerialNumber", ""),
            ("OptionROMVersion", "phba.OptionROMVersion", ""), ("ModelDesc", "phba.ModelDesc", ""), ("ModelName", "phba.ModelName", ""),
            ("cfg_hba_queue_depth", "phba.cfg_hba_queue_depth", ""), ("cfg_lun_queue_depth", "cfg_lun_queue_depth", ""),
            ("cfg_tgt_queue_depth", "cfg_tgt_queue_depth", ""),
        ),
    ),
    "qla2xxx": (
        "QLogic", "struct scsi_qla_host", "", (
            ("scsi_qla_host", "", "x"), ("qla_hw_data", "hw", "x"), ("pci_dev", "hw.pdev", "x"), ("pci_dev slot", "hw.pdev.dev.kobj.name", ""),
            ("operating_mode", "hw.operating_mode", ""), ("model_desc", "hw.model_desc", ""), ("optrom_state", "hw.optrom_state", ""),
            ("fw_major_version", "hw.fw_major_version", ""), ("fw_minor_version", "hw.fw_minor_version", ""),
            ("fw_subminor_version", "hw.fw_subminor_version", ""), ("fw_dumped", "hw.fw_dumped", ""),
        ),
    ),
    "hpsa": (
        "HPSA", "struct ctlr_info", "*", (
            ("ctlr_info", "", "x"), ("pci_dev", "pdev", "x"), ("pci_dev slot", "pdev.dev.kobj.name", ""), ("devname", "devname", ""),
            ("product_name", "product_name", ""), ("board_id", "board_id", "#x"), ("CommandList", "cmd_pool", "x"), ("nr_cmds", "nr_cmds", ""),
            ("max_commands", "max_commands", ""), ("commands_outstanding", "commands_outstanding.counter", ""),
            ("interrupts_enabled", "interrupts_enabled", ""), ("intr_mode", "intr_mode", ""), ("remove_in_progress", "remove_in_progress", ""),
            ("reset_in_progress", "reset_in_progress", ""),
        ),
    ),
    "vmw_pvscsi": (
        "PVSCSI", "struct pvscsi_adapter", "", (
            ("pvscsi_adapter", "", "x"), ("pci_dev", "dev", "x"), ("pci_dev slot", "dev.dev.kobj.name", ""), ("req_pages", "req_pages", ""),
            ("req_depth", "req_depth", ""), ("use_req_threshold", "use_req_threshold", ""), ("PVSCSIRingReqDesc", "req_ring", "x"),
            ("PVSCSIRingCmpDesc", "cmp_ring", "x"), ("PVSCSIRingMsgDesc", "msg_ring", "x"), ("PVSCSIRingsState", "rings_state", "x"),
            ("cmd_pool", "cmd_pool", "x"),
        ),
    ),
    "qedf": (
        "QLogic FastLinQ", "struct qedf_ctx", "struct fc_lport", (
            ("qedf_ctx", "", "x"), ("fc_lport", "lport", "x"), ("fcoe_ctlr", "ctlr", "x"), ("vlan_id", "vlan_id", "#x"), ("qed_dev", "cdev", "x"),
            ("pci_dev", "pdev", "x"), ("pci_dev slot", "pdev.dev.kobj.name", ""), ("curr_conn_id", "curr_conn_id.counter", ""),
            ("qedf_fastpath", "fp_array", "x"), ("qedf_cmd_mgr", "cmd_mgr", "x"), ("stop_io_on_error", "stop_io_on_error", ""),
            ("flogi_cnt", "flogi_cnt", ""), ("flogi_failed", "flogi_failed", ""), ("flogi_pending", "flogi_pending", ""),
            ("input_requests", "input_requests", ""), ("output_requests", "output_requests", ""), ("control_requests", "control_requests", ""),
            ("packet_aborts", "packet_aborts", ""), ("alloc_failures", "alloc_failures", ""), ("lun_resets", "lun_resets", ""),
            ("target_resets", "target_resets", ""), ("task_set_fulls", "task_set_fulls", ""), ("busy", "busy", ""),
        ),
    ),
    "fnic": (
        "Cisco FCoE", "struct fnic", "struct fc_lport", (
            ("fnic", "", "x"), ("fc_lport", "lport", "x"), ("fcoe_ctlr", "ctlr", "x"), ("pci_dev", "pdev", "x"),
            ("pci_dev slot", "pdev.dev.kobj.name", ""), ("fnic_stats", "fnic_stats", "x"), ("in_flight", "in_flight.counter", ""),
            ("reset_inprogress", "internal_reset_inprogress", ""), ("vlan_id", "vlan_id", "x"), ("link_down_cnt", "link_down_cnt", ""),
        ),
    ),
    "bfa": (
        "Brocade", "struct bfad_im_port_s", "*", (
            ("bfad_im_port_s", "", "x"), ("bfad_s", "bfad", "x"), ("pci_dev", "bfad.pcidev", "x"), ("pci_dev slot", "bfad.pcidev.dev.kobj.name", ""),
        ),
    ),
}  # fmt: skip
"""By module of the driver: the maker's name; its structure; where that is ("": in hostdata, "*": hostdata points to it, a structure: behind
one such in hostdata); its members that tell most, as (label, path, format of the number). A member that a kernel has not is left out."""


def details(dump: Dump, host: Any, driver: str) -> Iterator[tuple[str, Any, str]]:
    """(label, value, format) of what :data:`ADAPTERS` has of a ``struct Scsi_Host``; an error in place of a value that cannot be read.

    :raises NotFoundError: the dump has no types of the driver.
    """
    _, kind, where, members = ADAPTERS[driver]
    cls: Any = dump.struct_class(kind)
    address = int(host) + host.fieldOffset("hostdata")
    if where == "*":
        address = dump.read_unsigned(address)
    elif where:
        address += dump.type(where).size
    one = cls(address)
    for label, path, form in members:
        try:
            value = one.Eval(path) if path else one
            yield label, str(value) if not isinstance(value, int) else int(value), form
        except (MemberError, CTypeError):
            continue
        except Error as error:
            yield label, error, form


def fc_ports(dump: Dump, host: Any) -> tuple[int, int, int] | None:
    """(address of the ``struct fc_host_attrs``, WWNN, WWPN) of a ``struct Scsi_Host`` of Fibre Channel; None of others.

    :raises FaultError:
    """
    data = int(host.shost_data)
    if not data or dump.find_type("struct", "fc_host_attrs") is None:
        return None
    attributes: Any = dump.object("struct fc_host_attrs", data)
    if has_member(attributes, "work_q_name") and "fc_wq_" not in str(attributes.work_q_name):
        return None
    return data, int(attributes.node_name), int(attributes.port_name)
