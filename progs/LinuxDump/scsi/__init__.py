# SPDX-License-Identifier: GPL-2.0-or-later
"""SCSI hosts, targets and devices: :mod:`pykd.kernel.block.scsi` under PyKdump's names."""

from __future__ import annotations

import importlib
from collections import OrderedDict, defaultdict, namedtuple

import crash
import pykd
from LinuxDump import kobjects, sysfs
from LinuxDump.sysfs import blockdev_name, gendev2sd, sysfs_fullpath
from LinuxDump.Time import j_delay
from pykd import Error
from pykd.core.walk import caught
from pykd.kernel import timekeeping
from pykd.kernel.block import scsi
from pykd.kernel.devices import devices, private_of
from pykdump import API
from pykdump.datatypes import EnumInfo
from pykdump.highlevel import atomic_t, container_of, pylog, readSU, readSymbol
from pykdump.vmcorearch import HZ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    scsi_device_types: Any
    enum_shost_state: Any
    enum_st_state: Any

NO_TYPES = """\
+++Cannot find symbolic info for <scsi_device_types> or <enum scsi_host_state>
   Put 'scsi_mod' debuginfo file into current directory
   and then re-run the command adding --reload option"""
scsi_types = ("scsi_host_type", "scsi_target_type", "scsi_dev_type")
"""Variables that tell the devices of the bus scsi from each other"""
_ENUMS = {"enum_shost_state": "enum scsi_host_state", "enum_st_state": "enum scsi_target_state"}
_DRIVERS = {"qla": "struct scsi_qla_host", "hpsa": "struct ctlr_info", "lpfc": "struct lpfc_vport", "bfa": "struct bfad_im_port_s"}
"""By the first letters of a driver's name what it keeps behind a host"""


def __getattr__(name: str) -> Any:
    """Tables of the kernel, which are looked up when somebody asks: None where the dump has no types of scsi_mod."""
    try:
        if name == "scsi_device_types":
            return readSymbol("scsi_device_types")
        if name == "fc_rport_dev_release":
            return pykd.current().address_of("fc_rport_dev_release", default=-1)
        if name in _ENUMS:
            return EnumInfo(_ENUMS[name])
    except TypeError:
        return None
    raise AttributeError(f"module {__name__} has no attribute {name}")


def scsi_debuginfo_OK(printwarn: bool = True) -> bool:
    """Whether there are the types of scsi_mod; what is missing is printed."""
    found = scsi.has_types(pykd.current())
    if not found and printwarn:
        print(NO_TYPES)
    return found


def scsi_device_type(t: int) -> str:
    """What kind of device it is, in 17 characters as the kernel's own table has them."""
    return f"{scsi.device_type(t):17}"


# -- targets, and ports of Fibre Channel


def scsi_is_fc_rport(dev: Any) -> bool:
    """Whether a ``struct device`` is within a ``struct fc_rport``."""
    return int(dev.release) == pykd.current().address_of("fc_rport_dev_release", default=-1)


def dev_to_rport(d: int) -> Any:
    """The ``struct fc_rport`` around a ``struct device``."""
    return container_of(d, "struct fc_rport", "dev")


def to_scsi_target(d: int) -> Any:
    """The ``struct scsi_target`` around a ``struct device``."""
    return container_of(d, "struct scsi_target", "dev")


def scsi_target(sdev: Any) -> Any:
    """The target of a ``struct scsi_device``."""
    return to_scsi_target(sdev.sdev_gendev.parent)


def starget_to_rport(s: Any) -> Any:
    """The ``struct fc_rport`` that a target is behind; None if it is behind none."""
    parent = s.dev.parent
    return dev_to_rport(parent) if scsi_is_fc_rport(parent) else None


# -- lists


def class_for_each_device(_class: Any) -> Iterator[Any]:
    """Each ``struct device`` of a ``struct class``. :raises crash.error: the list cannot be followed."""
    dump = pykd.current()
    private = private_of(dump, int(_class), "class")
    for address in devices(dump, private, "class") if private is not None else ():
        if isinstance(address, Error):
            raise address
        yield readSU("struct device", address)


def get_Scsi_Hosts_from_class() -> Iterator[Any]:
    """Each ``struct Scsi_Host``; what cannot be read is a warning."""
    yield from _told(scsi.for_each_shost(pykd.current()), "a SCSI host cannot be read")


def scsi_device_lookup(shost: Any) -> Iterator[Any]:
    """Each ``struct scsi_device`` of a host; what cannot be read is a warning."""
    yield from _told(scsi.for_each_sdev(pykd.current(), shost), "a device of a SCSI host cannot be read")


def _told(items: Iterator[Any], what: str) -> Iterator[Any]:
    for item in caught(items):
        if isinstance(item, Error):
            pylog.warning(f"{what}: {item}")
        else:
            yield item


def get_SCSI_devices() -> list[Any]:
    """Every ``struct scsi_device``."""
    return [sdev for shost in get_Scsi_Hosts_from_class() for sdev in scsi_device_lookup(shost)]


def get_all_SCSI() -> dict[str, list[Any]]:
    """What is on the bus scsi: hosts and devices by the names of :data:`scsi_types`, others as ``struct device`` under None."""
    dump = pykd.current()
    kinds = {dump.address_of(name, default=0): name for name in scsi_types}
    holders = {"scsi_host_type": ("struct Scsi_Host", "shost_gendev"), "scsi_dev_type": ("struct scsi_device", "sdev_gendev")}
    found: dict[Any, list[Any]] = defaultdict(list)
    private = private_of(dump, dump.symbol("scsi_bus_type").address, "bus_type")
    for address in devices(dump, private, "bus") if private is not None else ():
        if isinstance(address, Error):
            pylog.warning(f"a device of the bus scsi cannot be read: {address}")
            continue
        device = readSU("struct device", address)
        kind = kinds.get(int(device.type))
        if kind in holders:
            found[kind].append(container_of(device, *holders[kind]))
        elif kind is None:
            found[kind].append(device)
    return found


# -- what they say of themselves


def get_shost_states(shost: Any) -> dict[str, int]:
    """``last_reset``, ``host_busy``, ``host_failed``, ``host_eh_scheduled`` of a ``struct Scsi_Host``."""
    return OrderedDict((name, int(atomic_t(getattr(shost, name)))) for name in ("last_reset", "host_busy", "host_failed", "host_eh_scheduled"))


def print_Scsi_Host(shost: Any, v: int = 0) -> None:
    """Print a host, its state and its driver."""
    print(f" *scsi{shost.host_no}*  {shost}")
    print("     " + str(sysfs_fullpath(gendev2sd(shost.shost_gendev))))
    print("      " + "".join(f" {name}={value}" for name, value in get_shost_states(shost).items()))
    print(f"      shost_state={shost.shost_state}")
    name = str(shost.hostt.name)
    kinds = [kind for start, kind in _DRIVERS.items() if name.startswith(start)]
    kind = kinds[0] if kinds else "struct pvscsi_adapter" if "pvscsi" in name.lower() else "shost_priv(shost)"
    print(f"       hostt: {name}   <{kind} {int(shost) + shost.fieldOffset('hostdata'):#x}>")
    do_driver_specific(shost)


def do_driver_specific(shost: Any) -> None:
    """Print what a module of this package, named after the driver, knows of a host."""
    name = str(shost.hostt.name)
    if not name.isidentifier():
        return
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except ImportError:
        return
    print(f"   -- Driver-specific Info {shost.hostt} --")
    module.print_extra(shost)


def request_timeinfo(req: Any, jiffies: int | None = None) -> str:
    """``started 1.25 s ago, times out in 28.75s``, of a ``struct request``."""
    dump = pykd.current()
    now = timekeeping.jiffies(dump) if jiffies is None else jiffies
    left = (int(req.deadline) - now) / HZ if req.deadline else None
    started = now
    if req.start_time_ns:
        started = now - (timekeeping.ktime(dump) - int(req.start_time_ns)) * HZ // 1_000_000_000
    elif req.deadline:
        started = int(req.deadline) - int(req.timeout)
    text = f"started {j_delay(started, now)} ago"
    if left is None:
        return text
    return f"{text}, times out in {left:5.2f}s" if left > 0 else f"{text}, timed out {-left:5.2f}s ago"


def print_scsi_dev_cmnds(sdev: Any, v: int = 1) -> int:
    """Print the commands of a device that a driver or a scheduler has; how many a driver has."""
    dump = pykd.current()
    now = timekeeping.jiffies(dump)
    active = 0
    for command in _told(scsi.for_each_command(dump, sdev), "a command cannot be read"):
        request = scsi.request_of(dump, command)
        state = scsi.command_state(command, request)
        active += state == "active"
        if v < 2 and state != "active":
            continue
        print(f"    {state:8} {command} {request}")
        print(" " * 11, request_timeinfo(request, now))
        print(f"\t     (jiffies - cmnd->jiffies_at_alloc)={now - int(command.jiffies_at_alloc)}")
    return active


def req2scsi_info() -> dict[Any, tuple[Any, Any]]:
    """By ``struct request`` the ``struct scsi_device`` and ``struct scsi_cmnd`` of every command."""
    dump = pykd.current()
    return {
        scsi.request_of(dump, command): (sdev, command)
        for sdev in get_SCSI_devices()
        for command in _told(scsi.for_each_command(dump, sdev), "a command cannot be read")
    }


def describe(sdev: Any) -> str:
    """Two lines on a ``struct scsi_device`` as /proc/scsi/scsi has them."""
    vendor, model, revision = scsi.inquiry(pykd.current(), sdev)
    level = sdev.scsi_level - (sdev.scsi_level > 1)
    return (
        f"  Vendor: {vendor:8} Model: {model:16} Rev: {revision:4}\n"
        f"  Type:   {scsi_device_type(sdev.type)}                ANSI  SCSI revision: {level:02x}"
    )


def print_SCSI_devices(v: int = 0) -> None:
    """Print a summary of vendors and hosts; v=1: the devices that are busy too, v=2: all devices."""
    hosts: dict[int, Any] = {}
    kinds: dict[str, None] = {}
    total = busy_ones = 0
    for sdev in get_SCSI_devices():
        total += 1
        hosts[int(sdev.host)] = sdev.host
        busy = scsi.device_busy(pykd.current(), sdev)
        busy_ones += busy > 0
        kinds[describe(sdev)] = None
        if v > 1 or (v > 0 and busy):
            _print_device(sdev, busy, v)
    if kinds:
        print(f"\n{' Summary ':=^70}")
        print(f"   -- {total} SCSI Devices, {busy_ones} Are Busy --")
        print(f"{' Vendors/Types ':.^70}")
        for text in kinds:
            print(text)
            print()
    if hosts:
        print(f"\n{' Scsi_Hosts':=^70}")
        for _, host in sorted(hosts.items()):
            print_Scsi_Host(host)


def _print_device(sdev: Any, busy: int, v: int) -> None:
    print(f"{str(sdev)[8:-1]:-^39}{str(sdev.host)[8:-1]:-^39}")
    print(f"Host: scsi{sdev.host.host_no} Channel: {sdev.channel:02} Id: {sdev.id:02} Lun: {sdev.lun:02}")
    print(describe(sdev))
    node = gendev2sd(sdev.sdev_gendev)
    print(sysfs_fullpath(node))
    name = blockdev_name(node)
    if name or busy:
        print(f"devname={name}" + (f" busy={busy}" if busy else ""))
    target = scsi_target(sdev)
    print(f"  {target} state = {target.state}")
    print(f"  {sdev.request_queue}")
    sent, done = int(sdev.iorequest_cnt.counter), int(sdev.iodone_cnt.counter)
    print(f"  iorequest_cnt={sent}, iodone_cnt={done}, diff={sent - done}")
    print_scsi_dev_cmnds(sdev, v)


__all__ = [
    "OrderedDict", "class_for_each_device", "crash", "defaultdict", "dev_to_rport", "do_driver_specific", "enum_shost_state", "enum_st_state",
    "get_SCSI_devices", "get_Scsi_Hosts_from_class", "get_all_SCSI", "get_shost_states", "importlib", "j_delay", "namedtuple",
    "print_SCSI_devices", "print_Scsi_Host", "print_scsi_dev_cmnds", "req2scsi_info", "request_timeinfo", "scsi_debuginfo_OK",
    "scsi_device_lookup", "scsi_device_type", "scsi_device_types", "scsi_is_fc_rport", "scsi_target", "scsi_types", "starget_to_rport",
    "to_scsi_target",
]  # fmt: skip
__all__ += API.hand_on(globals())
for _module in (sysfs, kobjects):
    globals().update({name: getattr(_module, name) for name in _module.__all__ if name not in globals()})
    __all__ += [name for name in _module.__all__ if name not in __all__]
