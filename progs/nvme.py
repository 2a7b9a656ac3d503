# SPDX-License-Identifier: GPL-2.0-or-later
"""NVMe controllers, namespaces, devices, queues and subsystems."""

from __future__ import annotations

from itertools import groupby

from _pykd import Error, Pointer, Struct
from pykd.core.errors import UsageError
from pykd.core.members import has_member
from pykd.core.rows import Address, Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.block import nvme
from pykd.kernel.block.disks import bdev_name
from pykd.kernel.modules import taint_letters, taints_of
from pykd.session.parser import Parser
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__version__ = "1.0.0"

ALL = "all"
UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def parser() -> Parser:
    parser = Parser("nvme")
    for flag, name, dest, value, text in (
        ("-l", "--list", "list", "NS", "list nvme namespaces vpd data and capacity"),
        ("-c", "--ctrl", "ctrl", "CTRL", "show nvme controller information (nvme_ctrl)"),
        ("-n", "--ns", "ns", "NS", "show nvme namespace information (nvme_ns)"),
        ("-d", "--dev", "dev", "CTRL", "show nvme device information (nvme_dev, nvme_loop_ctrl, nvme_rdma_ctrl, nvme_fc_ctrl)"),
        ("-q", "--queue", "queue", "CTRL", "show nvme queue information (nvme_queue, nvme_loop_queue, nvme_rdma_queue, nvme_fc_queue)"),
        ("-i", "--qid", "qid", "QID", "limit output by QID. for use with -q"),
        ("-s", "--subsystem", "subsystem", "SUB", "show nvme subsystem information (nvme_subsystem)"),
    ):
        parser.add_argument(flag, name, dest=dest, nargs="?", const=ALL, default="", metavar=value, help=text)
    parser.add_argument("-k", "--check", action="store_true", help="check for common NVMe issues")
    return parser


# -- rows


def rows(session: Any, options: Any) -> Iterator[Row]:
    dump = session.dump
    if not dump.address_of("nvme_class", default=0):
        yield {"kind": "error", "error": fault("Exiting... nvme not in use.")}
        return
    if dump.find_type("struct", "nvme_ctrl") is None:
        yield {"kind": "error", "error": fault("ERROR: struct nvme_ctrl does not exist.")}
        return
    if options.qid and not options.queue:
        raise UsageError("{-i,--qid} options only available with {-q,--queue}")
    found, whole = [], True
    for controller in caught(nvme.for_each_controller(dump)):
        if isinstance(controller, Error):
            whole = False
            yield {"kind": "controller", "error": fault(controller)}
        else:
            found.append(controller)
    if not found and whole:
        yield {"kind": "error", "error": fault("Exiting... no NVMe controllers present.")}
    if not found:
        return
    yield from _tainted(dump)
    if options.ctrl or not any((options.list, options.ns, options.dev, options.queue, options.subsystem, options.check)):
        yield from _of_each(dump, _wanted(found, options.ctrl), "controller", _controller)
    for wanted, kind, make in ((options.list, "list", _listed), (options.ns, "namespace", _namespace)):
        if wanted:
            yield from _namespaces(dump, found, wanted, kind, make)
    if options.dev:
        yield from _of_each(dump, _wanted(found, options.dev), "device", _device)
    if options.queue:
        for controller in _wanted(found, options.queue):
            yield from _queues(dump, controller, options.qid)
    if options.subsystem:
        yield from _subsystems(dump, found, options.subsystem)
    if options.check:
        yield from _of_each(dump, found, "check", _state)


def _wanted(found: list[Any], names: str) -> list[Any]:
    """Controllers of these names. :raises UsageError: there is none of one of them."""
    if names in ("", ALL):
        return found
    by_name = {nvme.name(controller): controller for controller in found}
    return [by_name[name] for name in _known(names.split(","), by_name)]


def _known(names: list[str], known: Any) -> list[str]:
    for name in names:
        if name not in known:
            raise UsageError(f"{name} not found; there are: {' '.join(map(str, known))}")
    return names


def _of_each(dump: Any, items: Iterable[Any], kind: str, make: Any) -> Iterator[Row]:
    for item in items:
        try:
            yield {"kind": kind, **make(dump, item)}
        except Error as error:
            yield {"kind": kind, "address": int(item), "error": fault(error)}


def _tainted(dump: Any) -> Iterator[Row]:
    for module in dump.modules():
        if "nvme" in module.name:
            try:
                taints = taint_letters(taints_of(dump, module))
            except Error:
                continue
            if taints:
                yield {"kind": "check", "name": module.name, "taints": list(taints)}


def _state(dump: Any, controller: Any) -> Row:
    return {"name": nvme.name(controller), "state": str(controller.state)}


def _optional(one: Any, member: str, default: Any = None) -> Any:
    return int(getattr(one, member)) if has_member(one, member) else default


def _controller(dump: Any, controller: Any) -> Row:
    return {
        "name": nvme.name(controller),
        "address": int(controller),
        "transport": nvme.transport(dump, controller),
        "namespaces": int(controller) + controller.fieldOffset("namespaces"),
        "admin_queue": int(controller.admin_q),
        "connect_queue": _optional(controller, "connect_q"),
        "subsystem": _optional(controller, "subsys"),
        "device": _optional(controller, "ctrl_device"),
        "quirks": nvme.quirks(dump, controller),
        "queues": _optional(controller, "queue_count"),
        "state": str(controller.state),
        "max_hw_sectors": int(controller.max_hw_sectors),
        "max_segments": _optional(controller, "max_segments"),
        "page_size": _optional(controller, "page_size"),
        "model": nvme.model(controller),
        "serial": nvme.serial(controller),
        "firmware": nvme.firmware(controller),
    }


def _namespaces(dump: Any, controllers: list[Any], wanted: str, kind: str, make: Any) -> Iterator[Row]:
    found: dict[str, Any] = {}
    for controller in controllers:
        try:
            for namespace in nvme.for_each_namespace(dump, controller):
                found[str(namespace.disk.disk_name)] = namespace
        except Error as error:
            yield {"kind": kind, "error": fault(error)}
    names = list(found) if wanted == ALL else _known(wanted.split(","), found)
    yield from _of_each(dump, [found[name] for name in names], kind, make)


def _listed(dump: Any, namespace: Any) -> Row:
    size, metadata = nvme.block_size(namespace)
    controller = namespace.ctrl
    return {
        "name": str(namespace.disk.disk_name),
        "address": int(namespace),
        "serial": nvme.serial(controller),
        "model": nvme.model(controller),
        "firmware": nvme.firmware(controller),
        "id": nvme.namespace_id(namespace),
        "capacity": nvme.capacity(namespace),
        "block": size,
        "metadata": metadata,
    }


def _namespace(dump: Any, namespace: Any) -> Row:
    return {
        "name": str(namespace.disk.disk_name),
        "address": int(namespace),
        "head": _optional(namespace, "head"),
        "queue": int(namespace.queue),
        "gendisk": int(namespace.disk),
        "siblings": int(namespace) + namespace.fieldOffset("siblings") if namespace.hasField("siblings") else None,
        "flag_bits": int(namespace.flags),
    }


def _values(one: Any, members: nvme.Members) -> list[Row]:
    """A row ``{"name", "value"}`` each; with ``"pointer": True`` if that is an address."""
    found: list[Row] = []
    for label, value in nvme.values(one, members):
        if isinstance(value, Error):
            found.append({"name": label, "error": fault(value, partial=True)})
        elif isinstance(value, (Struct, Pointer)):
            found.append({"name": label, "value": Address(int(value)), "pointer": True})
        elif isinstance(value, int):
            found.append({"name": label, "value": int(value)})
        elif isinstance(value, str):
            found.append({"name": label, "value": str(value)})
        else:
            found.append({"name": label, "value": [int(one) for one in value][:64]})
    return found


def _device(dump: Any, controller: Any) -> Row:
    kind = nvme.transport(dump, controller)
    found: Row = {"name": nvme.name(controller), "address": int(controller), "transport": kind}
    around = nvme.TRANSPORTS.get(kind)
    if around is None:
        return found | {"columns": [], "details": [], "tag_sets": []}
    device = nvme.device_of(dump, controller, around)
    return found | {
        "columns": _values(device, around.columns),
        "details": _values(device, around.details),
        "tag_sets": [_tag_set(getattr(device, name)) for name in around.tag_sets],
    }


def _tag_set(one: Any) -> Row:
    members = (("Map", "map"), ("NrMaps", "nr_maps"), ("NrHWQueues", "nr_hw_queues"), ("QDepth", "queue_depth"), ("CmdSize", "cmd_size"),
               ("NumaNode", "numa_node"), ("Timeout", "timeout"), ("Flags", "flags"))  # fmt: skip
    found = {label: int(one.Eval(path)) for label, path in members if path != "map" and has_member(one, path)}
    if has_member(one, "map"):
        found["Map"] = int(one) + one.fieldOffset("map")
    return {label: found[label] for label, _ in members if label in found}


def _queues(dump: Any, controller: Any, wanted: str) -> Iterator[Row]:
    kind = nvme.transport(dump, controller)
    around = nvme.TRANSPORTS.get(kind)
    name = nvme.name(controller)
    if around is None:
        return
    numbers = None
    if wanted not in ("", ALL):
        try:
            numbers = {int(word) for word in wanted.split(",")}
        except ValueError:
            raise UsageError(f"{wanted} is no list of queue numbers") from None
    try:
        for number, queue in enumerate(nvme.for_each_queue(dump, controller, around)):
            if numbers is None or number in numbers:
                row: Row = {
                    "kind": "queue", "name": name, "transport": kind, "number": number, "address": int(queue),
                    "columns": _values(queue, around.queue_columns), "details": _values(queue, around.queue_details),
                }  # fmt: skip
                if kind == "pci":
                    row["columns"].append(_tags(queue))
                    row["details"].append({"name": "QCount", "value": int(controller.queue_count)})
                yield row
    except Error as error:
        yield {"kind": "queue", "name": name, "error": fault(error)}


def _tags(queue: Any) -> Row:
    try:
        return {"name": "Tags", "value": int(nvme.tags_of(queue)), "pointer": True}
    except Error as error:
        return {"name": "Tags", "error": fault(error, partial=True)}


def _subsystems(dump: Any, controllers: list[Any], wanted: str) -> Iterator[Row]:
    found = {}
    for controller in controllers:
        if controller.hasField("subsys") and controller.subsys:
            found[str(controller.subsys.dev.kobj.name)] = controller.subsys
    names = list(found) if wanted == ALL else _known(wanted.split(","), found)
    yield from _of_each(dump, [found[name] for name in names], "subsystem", _subsystem)


def _subsystem(dump: Any, subsystem: Any) -> Row:
    paths = []
    for controller in nvme.for_each_subsystem_controller(dump, subsystem):
        for namespace in nvme.for_each_namespace(dump, controller):
            paths.append(
                {
                    "controller": nvme.name(controller),
                    "controller_address": int(controller),
                    "namespace": bdev_name(namespace.disk.part0) if namespace.disk.hasField("open_partitions") else str(namespace.disk.disk_name),
                    "address": int(namespace),
                    "ana_state": str(namespace.ana_state) if namespace.hasField("ana_state") else None,
                }
            )
    return {"name": str(subsystem.dev.kobj.name), "address": int(subsystem), "nqn": str(subsystem.subnqn), "paths": paths}


# -- text


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    for kind, group in groupby(rows, lambda row: row["kind"]):
        if kind in ("list", "namespace"):
            yield from TITLES[kind]
        for row in group:
            if "error" in row:
                yield row["error"]["message"] if kind == "error" else f"{row.get('name') or format(row['address'], 'x') if 'address' in row else '?'}  {mark(row)}"
            else:
                yield from TEXTS[kind](row)


def _table(titles: Iterable[str], widths: Iterable[int]) -> tuple[str, str, str]:
    columns = list(zip(titles, widths, strict=True))
    return "", "  ".join(f"{title:<{width}}" for title, width in columns), "  ".join("-" * width for _, width in columns)


def _cells(values: Iterable[Any], widths: Iterable[int]) -> str:
    return "  ".join(f"{value:<{width}}" for value, width in zip(values, widths, strict=True))


def _hex(value: int | None) -> str:
    return "<unavailable>" if value is None else f"{value:x}"


def _plain(value: int | None) -> str:
    return "<unavailable>" if value is None else str(value)


def _size(size: int) -> str:
    unit = 0
    shown = float(size)
    while shown >= 1024 and unit < len(UNITS) - 1:
        shown /= 1024
        unit += 1
    return f"{shown:<3.0f} {UNITS[unit]:>3s}" if size else "0 B"


def _labelled(label: str, value: Any) -> str:
    """The value at the third tab stop."""
    return f"{label}:" + "\t" * max(2 - (len(label) + 1) // 8, 1) + str(value)


CONTROLLER_WIDTHS = (10, 16, 21, 16, 16, 16, 16)
NAMESPACE_WIDTHS = (10, 16, 16, 16, 16, 16, 5)


def _controller_text(row: Row) -> Iterator[str]:
    yield from _table(("Name", "Ctrl Addr", "Namespaces(list_head)", "AdminQ", "ConnectQ", "Subsystem", "Ctrl Device"), CONTROLLER_WIDTHS)
    keys = ("address", "namespaces", "admin_queue", "connect_queue", "subsystem", "device")
    yield _cells((row["name"], *(_hex(row[key]) for key in keys)), CONTROLLER_WIDTHS)
    yield ""
    yield _labelled("Quirks", " | ".join(row["quirks"]) or "None")
    for label, key in (
        ("NumQueues", "queues"), ("CtrlState", "state"), ("MaxHWSectors", "max_hw_sectors"), ("MaxSegments", "max_segments"), ("PageSize", "page_size"),
    ):  # fmt: skip
        yield _labelled(label, _plain(row[key]))


def _list_text(row: Row) -> Iterator[str]:
    form = f"{_size(row['block'])} + {row['metadata']:<2d}B"
    yield f"/dev/{row['name']:<11} {row['serial']:<20s} {row['model']:40s} {row['id']:<9d} {_size(row['capacity']):<18s} {form:<16s} {row['firmware']:<8s}"


def _namespace_text(row: Row) -> Iterator[str]:
    keys = ("address", "head", "queue", "gendisk", "siblings")
    yield _cells((row["name"], *(_hex(row[key]) for key in keys), hex(row["flag_bits"])), NAMESPACE_WIDTHS)


def _shown(one: Row) -> str:
    if "error" in one:
        return mark(one)
    value = one["value"]
    if isinstance(value, list):
        return "{" + ", ".join(map(str, value)) + "}"
    return f"{value:x}" if one.get("pointer") else f"{value:#x}" if one["name"] == "Flags" else str(value)


def _columns(title: str, name: str, columns: list[Row]) -> Iterator[str]:
    widths = (max(len(title), len(name)), *(16 for _ in columns))
    yield from _table((title, *(one["name"] for one in columns)), widths)
    yield _cells((name, *map(_shown, columns)), widths)


def _device_text(row: Row) -> Iterator[str]:
    yield from _columns(f"{row['transport']}:Name", row["name"], row["columns"])
    if row["details"]:
        yield ""
        yield from (_labelled(one["name"], _shown(one)) for one in row["details"])
    if row["tag_sets"]:
        yield from ("", "\t\tTagset:\t\t\tAdminTagset:", "\t\t================\t================")
        first, second = row["tag_sets"]
        for label, value in first.items():
            form = "x" if label in ("Map",) else "#x" if label == "Flags" else ""
            yield _labelled(label, f"{format(value, form):<16}\t{format(second[label], form):<16}")


def _queue_text(row: Row) -> Iterator[str]:
    yield from _columns(f"{row['transport']}:Ctrl[qid]", f"{row['name']}[{row['number']}]", row["columns"])
    yield ""
    details = row["details"]
    for i in range(0, len(details), 2):
        yield "\t".join(_labelled(one["name"], f"{_shown(one):<14}") for one in details[i : i + 2]).rstrip()


def _subsystem_text(row: Row) -> Iterator[str]:
    yield from ("", f"{row['name']} [{row['address']:#x}] - NQN={row['nqn']}")
    for number, path in enumerate(row["paths"]):
        state = f" {path['ana_state']}" if path["ana_state"] is not None else ""
        lead = "  +-" if number else "`-+-"
        yield f"{lead}{path['controller']}: [{path['controller_address']:#x}] {path['namespace']}: [{path['address']:#x}]{state}"


def _check_text(row: Row) -> Iterator[str]:
    if "taints" in row:
        yield f"WARNING: potentially out-of-box or tech-preview modules loaded: {row['name']}({''.join(row['taints'])}). See 'mod -t' for more information."
    elif row["state"] != "NVME_CTRL_LIVE":
        yield f"WARNING: {row['name']} in state {row['state']}"


LIST_WIDTHS = (16, 20, 40, 9, 18, 16, 8)
TITLES = {
    "list": (
        "",
        " ".join(f"{title:<{width}}" for title, width in zip(("Node", "SN", "Model", "Namespace", "Capacity(gendisk)", "Format", "FW Rev"), LIST_WIDTHS, strict=True)),
        " ".join("-" * width for width in LIST_WIDTHS),
    ),
    "namespace": _table(("Name", "NS Addr", "NS Head", "RequestQ", "Gendisk", "Siblings", "Flags"), NAMESPACE_WIDTHS),
}
TEXTS = {
    "controller": _controller_text, "list": _list_text, "namespace": _namespace_text, "device": _device_text, "queue": _queue_text,
    "subsystem": _subsystem_text, "check": _check_text,
}  # fmt: skip
"""By kind of row"""

COMMAND = Program(
    name="nvme",
    summary="NVMe",
    topic="system",
    parser=parser,
    description="Without options the controllers; -l as `nvme list` has it; namespaces (-n), what the transport (PCI, RDMA, FC, TCP, loop) keeps of "
    "each controller (-d) and its queues (-q), subsystems with their paths (-s), controllers that are not live (-k). Names behind an option "
    "choose, separated by commas.",
    fields={
        "kind": "controller, list (-l), namespace (-n), device (-d), queue, subsystem, check, error",
        "name": "nvme0, nvme0n1, nvme-subsys0; of a check a module", "address": "struct nvme_ctrl, nvme_ns, nvme_subsystem, or of the queue",
        "transport": "pci, rdma, fc, tcp, loop", "namespaces": "address of the head of their list", "admin_queue": "struct request_queue",
        "connect_queue": "struct request_queue; null: this kernel has none", "subsystem": "struct nvme_subsystem", "device": "struct device",
        "quirks": "names of enum nvme_quirks", "queues": "how many, the admin queue too", "state": "enum nvme_ctrl_state",
        "max_hw_sectors": "sectors of 512 bytes", "max_segments": "of one request", "page_size": "bytes; null: this kernel has none",
        "model": "", "serial": "", "firmware": "revision", "id": "of the namespace", "capacity": "bytes", "block": "bytes of a logical block",
        "metadata": "bytes with each block", "head": "struct nvme_ns_head", "queue": "struct request_queue", "gendisk": "struct gendisk",
        "siblings": "address of its link in the head's list", "flag_bits": "nvme_ns.flags",
        "columns": "addresses: name, value, pointer", "details": "other members: name, value", "tag_sets": "of I/O and of the admin queue",
        "number": "of the queue, 0 the admin queue", "nqn": "of the subsystem", "paths": "controller, namespace, their addresses, ana_state",
        "taints": "letters of the module's taints",
    },
    examples=[
        ("nvme -l", "namespaces with serial number, model, capacity"),
        ("nvme -q nvme0 -i 0,1", "two queues of a controller: heads, tails, doorbells"),
        ("nvme -k", "controllers that are not live"),
    ],
    rows=rows,
    text=text,
)

if __name__ == "__main__":
    COMMAND.main()
