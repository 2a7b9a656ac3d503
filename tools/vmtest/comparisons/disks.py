# SPDX-License-Identifier: GPL-2.0-or-later
"""Device mapper, md, NVMe, SCSI: what their programs show against sysfs and the guest's own tools."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from comparisons.registry import comparison, unequal, unequal_sets
from truth import Truth

SECTOR = 512


def _folders(truth: Truth, pattern: str) -> list[Path]:
    return sorted(truth.root.glob(pattern))


def _word(folder: Path, name: str) -> str:
    file = folder / name
    return file.read_text(errors="surrogateescape").strip() if file.is_file() else ""


@comparison("$? dmshow --table")
def dm_tables(truth: Truth, found: list) -> Iterator[str]:
    """Every target of every mapped device with its parameters, against ``dmsetup table``."""
    wanted = set()
    for line in truth.lines("run/truth/dmsetup-table"):
        name, _, rest = line.partition(": ")
        if rest.strip():
            wanted.add((name, *rest.split()))
    # Behind each device stands its name in brackets.
    have = {(row["name"], str(row["begin"]), str(row["length"]), row["target"], *(word for word in row["parameters"] or () if not re.fullmatch(r"\[.*\]", word)))
            for row in found if row.get("target")}
    yield from unequal_sets("target", have, wanted)


@comparison("$? dmshow")
def dm_devices(truth: Truth, found: list) -> Iterator[str]:
    """Name, UUID, how often it is open, whether it is suspended, against ``dmsetup info``."""
    rows = {row["name"]: row for row in found if "name" in row}
    for block in truth.text("run/truth/dmsetup-info").split("\n\n"):
        told = dict(re.findall(r"^(\w[^:]*):\s*(.*)$", block, re.M))
        if "Name" not in told:
            continue
        row = rows.get(told["Name"])
        if row is None:
            yield f"device {told['Name']} is missing"
            continue
        have = {"minor": row["minor"], "uuid": row["uuid"], "suspended": "suspended" in row["flags"]}
        yield from unequal(f"device {told['Name']}", have, {"minor": int(told["Major, minor"].split(", ")[1]), "uuid": told.get("UUID", ""),
                                                            "suspended": "SUSPENDED" in told["State"]})


def _report(truth: Truth, name: str, kind: str) -> list[dict]:
    text = truth.text(f"run/truth/{name}")
    # Complaints of lvm stand before the document.
    return json.loads(text[text.index("{"):])["report"][0][kind] if "{" in text else []


@comparison("$? dmshow --lvs", "$? dmshow --lvuuid", "$? dmshow --pvs")
def lvm(truth: Truth, volumes: list, uuids: list, physical: list) -> Iterator[str]:
    """Logical volumes with size, UUIDs and devices, against ``lvs``, ``vgs`` and ``pvs``."""
    wanted, of_group = _report(truth, "lvs", "lv"), {group["vg_name"]: group["vg_uuid"] for group in _report(truth, "vgs", "vg")}
    if not wanted:
        return
    was = {(*one["lv_full_name"].split("/"), int(one["lv_size"].rstrip("S")) * SECTOR, tuple(sorted(re.sub(r"\(\d+\)", "", one["devices"]).split(",")))) for one in wanted}
    yield from unequal_sets("volume", {(row["group"], row["name"], row["size"], tuple(sorted(f"/dev/{device['name']}" for device in row["devices"]))) for row in volumes}, was)
    yield from unequal_sets("volume", {(row["group"], row["name"], row["uuid"], row["group_uuid"]) for row in uuids},
                            {(*one["lv_full_name"].split("/"), one["lv_uuid"].replace("-", ""), of_group[one["lv_full_name"].split("/")[0]].replace("-", "")) for one in wanted})
    used = {(device, one["lv_full_name"].split("/")[0]) for one in wanted for device in re.sub(r"\(\d+\)", "", one["devices"]).split(",")}
    yield from unequal_sets("physical volume", {(f"/dev/{row['name']}", row["group"]) for row in physical}, used)


@comparison("$? mdadm")
def md_arrays(truth: Truth, found: list) -> Iterator[str]:
    """Arrays and members, against /sys/block/mdN/md."""
    rows = {row["name"]: row for row in found if "name" in row}
    for folder in _folders(truth, "sys/class/block/md*/md"):
        name = folder.parent.name
        row = rows.get(name)
        if row is None:
            yield f"array {name} is missing"
            continue
        was: dict[str, object] = {"level": _word(folder, "level"), "raid_disks": int(_word(folder, "raid_disks").split()[0]), "version": _word(folder, "metadata_version"),
                                  "size": int(_word(folder.parent, "size")) * SECTOR}
        if _word(folder, "degraded"):
            was["degraded"] = int(_word(folder, "degraded"))
        if _word(folder, "chunk_size"):
            was["chunk"] = int(_word(folder, "chunk_size"))
        if _word(folder, "sync_action") == "idle":
            was |= {"sync": "idle", "state": _word(folder, "array_state")}
        yield from unequal(f"array {name}", row, was)
        members = {one["name"]: (",".join(sorted(one["state"])), one["raid_disk"] if one["raid_disk"] >= 0 else "none", one["read_errors"]) for one in row["members"]}
        told = {}
        for member in sorted(folder.glob("dev-*")):
            place = _word(member, "slot")
            told[member.name] = (",".join(sorted(_word(member, "state").split(","))), int(place) if place.isdigit() else place, int(_word(member, "errors")))
        yield from unequal(f"array {name}, member", members, told)
        yield from unequal_sets(f"array {name}: member", set(members), set(told))


STATES = {"live": "NVME_CTRL_LIVE", "resetting": "NVME_CTRL_RESETTING", "connecting": "NVME_CTRL_CONNECTING", "deleting": "NVME_CTRL_DELETING"}


@comparison("$? nvme -c", "$? nvme -l", "$? nvme -s")
def nvme(truth: Truth, controllers: list, namespaces: list, subsystems: list) -> Iterator[str]:
    """Controllers, namespaces and subsystems, against /sys/class/nvme and /sys/class/nvme-subsystem."""
    rows = {row["name"]: row for row in controllers if row["kind"] == "controller"}
    folders = {folder.name: folder for folder in _folders(truth, "sys/class/nvme/nvme*")}
    yield from unequal_sets("controller", set(rows), set(folders))
    for name, folder in folders.items():
        yield from unequal(f"controller {name}", rows.get(name, {}), {
            "state": STATES.get(_word(folder, "state")), "transport": {"pcie": "pci"}.get(_word(folder, "transport"), _word(folder, "transport")),
            "model": _word(folder, "model"), "serial": _word(folder, "serial"), "firmware": _word(folder, "firmware_rev"),
            **({"queues": int(_word(folder, "queue_count"))} if _word(folder, "queue_count") else {}),
        })
    blocks = {folder.name: folder for folder in _folders(truth, "sys/class/block/nvme*")}
    for row in namespaces:
        # A path of a namespace that several controllers share has no size of its own to show since v6.15 or so.
        if row["kind"] == "list" and (folder := blocks.get(row["name"])) and (size := int(_word(folder, "size") or 0)):
            yield from unequal(f"namespace {row['name']}", row, {"capacity": size * SECTOR, "id": int(_word(folder, "nsid"))})
    have = {(row["name"], row["nqn"]) for row in subsystems if row["kind"] == "subsystem"}
    yield from unequal_sets("subsystem", have, {(folder.name, _word(folder, "subsysnqn")) for folder in _folders(truth, "sys/class/nvme-subsystem/nvme-subsys*")})
    shown = {row["name"] for row in namespaces if row["kind"] == "list"}
    if blocks and not shown:
        yield "no namespace"


@comparison("$? scsishow -d", "$? scsishow -s")
def scsi(truth: Truth, devices: list, hosts: list) -> Iterator[str]:
    """Hosts and devices with their states and counts of commands, against /sys/class/scsi_host and /sys/bus/scsi/devices."""
    rows = {row["id"]: row for row in devices if row["kind"] == "device" and "id" in row}
    folders = {folder.name: folder for folder in _folders(truth, "sys/bus/scsi/devices/*:*:*:*")}
    if folders:
        yield from unequal_sets("device", set(rows), set(folders))
    for name, folder in folders.items():
        row = rows.get(name)
        if row is None:
            continue
        have = {key: str(row[key]).strip() for key in ("vendor", "model", "revision")} | {"state": row["state"].removeprefix("SDEV_").lower(), "level": row["level"]}
        yield from unequal(f"device {name}", have, {"vendor": _word(folder, "vendor"), "model": _word(folder, "model"), "revision": _word(folder, "rev"),
                                                    "state": _word(folder, "state"), "level": int(_word(folder, "scsi_level"))})
        for key, file in (("requested", "iorequest_cnt"), ("done", "iodone_cnt"), ("errors", "ioerr_cnt")):
            if row[key] < int(_word(folder, file), 16):
                yield f"device {name}: {key} {row[key]}, were {_word(folder, file)}"
    numbered = {row["host"]["name"]: row for row in hosts if row["kind"] == "host" and "host" in row}
    for folder in _folders(truth, "sys/class/scsi_host/host*"):
        row = numbered.get(folder.name)
        if row is None:
            yield f"host {folder.name} is missing"
            continue
        have = {"driver": row["host"]["driver"], "state": row["state"].removeprefix("SHOST_").lower(), "cmd_per_lun": row["cmd_per_lun"], "busy": row["busy"]}
        was = {"state": _word(folder, "state"), "cmd_per_lun": int(_word(folder, "cmd_per_lun")), "busy": int(_word(folder, "host_busy"))}
        if _word(folder, "proc_name") not in ("", "(null)", "<NULL>"):
            was["driver"] = _word(folder, "proc_name")
        yield from unequal(f"host {folder.name}", have, was)


def _under_way(truth: Truth) -> set[tuple]:
    """(disk, operation, command of SCSI, how many) of the requests that drivers work on, of debugfs."""
    found: list[tuple] = []
    for file in _folders(truth, "sys/kernel/debug/block/*/hctx*/busy"):
        disk = file.parents[1].name
        for line in file.read_text().splitlines():
            operation = re.search(r"\.op=(\w+)", line)
            command = re.search(r"\.cmd=(?:[^0-9,]*\(\d+\) |[^0-9,]* )?((?:[0-9a-f]{2} ?)+)", line)
            found.append((disk, operation[1] if operation else "", command[1].replace(" ", "") if command else ""))
    return {(*one, found.count(one)) for one in found}


@comparison("$? inflight -b")
def requests_in_flight(truth: Truth, found: list) -> Iterator[str]:
    """Requests that drivers work on, with their commands of SCSI, against debugfs; but of the disk that the truth went to."""
    wanted = {one for one in _under_way(truth) if one[0] != "vda"}
    mine = [(row["device"], row["operation"], row["scsi"]["cdb"] if "scsi" in row else "") for row in found if row["kind"] == "block" and "operation" in row]
    if not _folders(truth, "sys/kernel/debug/block/*/hctx*/busy"):
        return
    have = {(*one, mine.count(one)) for one in mine if one[0] != "vda"}
    yield from unequal_sets("request", have, wanted)


@comparison("$? scsishow -c")
def scsi_commands(truth: Truth, found: list) -> Iterator[str]:
    """How many commands each SCSI device has under way, against its ``device_busy``, or what debugfs has."""
    busy = {}
    for disk, _, command, count in _under_way(truth):
        if command:
            busy[disk] = busy.get(disk, 0) + count
    ids = {name: folder for folder in _folders(truth, "sys/class/block/sd*") for name in [folder.name]}
    have = sum(row["kind"] == "command" and "error" not in row for row in found)
    if ids and have != sum(busy.values()):
        yield f"{have} commands, were {sum(busy.values())}"
