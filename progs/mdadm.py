# SPDX-License-Identifier: GPL-2.0-or-later
"""Arrays of md and their members."""

from __future__ import annotations

import time

from _pykd import Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel.block import md
from pykd.session.parser import Parser
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__version__ = "0.0.1"

MEGABYTE = 1 << 20


def parser() -> Parser:
    parser = Parser("mdadm")
    parser.add_argument("-m", "--mddev", action="store_true", help="show mdamd_crash_format")
    parser.add_argument("-d", "--details", action="store_true", help="show mdadm_-D_format")
    return parser


def rows(session: Any, options: Any) -> Iterator[Row]:
    dump = session.dump
    if not dump.address_of("all_mddevs", default=0):
        return  # no md at all is no array
    if dump.find_type("struct", "mddev") is None:
        raise CommandError("md_mod is loaded, and the dump has no types of it")
    for array in md.for_each_mddev(dump):
        try:
            yield _array(dump, array)
        except Error as error:
            yield {"address": int(array), "error": fault(error)}


def _array(dump: Any, array: Any) -> Row:
    found: Row = {
        "name": str(array.gendisk.disk_name) if array.gendisk else "?",
        "address": int(array),
        "level": str(array.clevel),
        "version": f"{array.major_version}.{array.minor_version}",
        "metadata_type": str(array.metadata_type),
        "external": bool(int(array.external)),
        "size": md.size(array),
        "personality": int(array.pers),
        "gendisk": int(array.gendisk),
        "flag_bits": int(array.flags),
        "sb_flag_bits": int(array.sb_flags) if array.hasField("sb_flags") else None,
        "state": md.state(dump, array),
        "sync": md.sync_action(dump, array),
        "raid_disks": int(array.raid_disks),
        "degraded": int(array.degraded),
        "created": int(array.ctime),
        "updated": int(array.utime),
        "persistent": bool(int(array.persistent)),
        "chunk": int(array.chunk_sectors) * 512,
    }
    found["members"] = members = []
    try:
        for member in md.for_each_rdev(dump, array):
            members.append(_member(dump, member))
    except Error as error:
        found["error"] = fault(error, partial=True)
    return found


def _member(dump: Any, member: Any) -> Row:
    try:
        return {
            "name": str(member.kobj.name),
            "address": int(member),
            "number": int(member.desc_nr),
            "raid_disk": int(member.raid_disk),
            "size": int(member.sectors) * 512,
            "state": md.rdev_state(dump, member),
            "read_errors": int(member.read_errors.counter),
        }
    except Error as error:
        return {"address": int(member), "error": fault(error)}


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    for row in rows:
        if "name" not in row:
            yield f"mddev    {row['address']:x}  {mark(row)}"
            continue
        if options.details:
            yield from _details(row)
        if options.mddev or not options.details:
            yield from _summary(row)
        if "error" in row:
            yield f"its members: {mark(row)}"


def _size(row: Row) -> str:
    megabytes = row["size"] / MEGABYTE
    return f"{megabytes:.2f}MB  ({megabytes / 1024:.2f}GB)"


def _summary(row: Row) -> Iterator[str]:
    yield from ("", f"Device : /dev/{row['name']}")
    yield f"Raid Level : {row['level']}      Version : {row['version']}   metadata_type : {row['metadata_type']}"
    members = row["members"]
    yield "Size : NA" if row["size"] is None else f"Array Size : {_size(row)}    Total Devices : {len(members)}"
    yield f"State : {row['state']}   sync_action : {row['sync']}   Raid Devices : {row['raid_disks']}   degraded : {row['degraded']}"
    personality = f"{row['personality']:x}" if row["personality"] else "Not Available"
    yield f"mddev    {row['address']:x}         md_personality  {personality}"
    yield from (f"gendisk  {row['gendisk']:x}   ", "")
    flags = "none" if row["sb_flag_bits"] is None else row["sb_flag_bits"]
    yield from (f"flags :  {row['flag_bits']}   sb_flags : {flags}  external : {int(row['external'])} ", "")
    for member in members:
        if "error" in member:
            yield f"md_rdev {member['address']:x} {mark(member)}"
        else:
            gigabytes = member["size"] / MEGABYTE / 1024
            state = ",".join(member["state"])
            yield f"disk{member['number']} : {member['name']}    size: {gigabytes:.2f}GB    md_rdev {member['address']:x}    {state}"
    yield from ("", "=" * 83 + " ", "")


def _date(seconds: int) -> str:
    return time.ctime(seconds)


def _details(row: Row) -> Iterator[str]:
    yield f"Device : /dev/{row['name']}"
    yield f"Version : {row['version']}       metadata_type : {row['metadata_type']}"
    yield f"Creation Time : {_date(row['created'])}"
    yield f"Raid Level : {row['level']}"
    yield f"Array Size : {'NA' if row['size'] is None else _size(row)}"
    members = [member for member in row["members"] if "error" not in member]
    yield f"RAID Devices : {[member['name'] for member in members]}"
    yield f"Total Devices : {len(row['members'])}"
    yield f"Persistence : {'Superblock is persistent' if row['persistent'] else 'NA'}"
    yield f"Update Time : {_date(row['updated'])}"
    words = [set(member["state"]) for member in members]
    yield f"State : {row['state']}{', degraded' if row['degraded'] else ''}{'' if row['sync'] == 'idle' else ', ' + row['sync']}"
    yield f"Active Devices : {sum('in_sync' in word for word in words)}"
    yield f"Working Devices : {sum('faulty' not in word for word in words)}"
    yield f"Failed Devices : {sum('faulty' in word for word in words)}"
    yield f"Spare Devices : {sum('spare' in word for word in words)}"
    yield f"Chunk Size : {row['chunk'] / 1024}K" if row["chunk"] else "Chunk Size : NA"
    yield from ("", "Device              Number       RaidDevice ")
    for member in row["members"]:
        if "error" in member:
            yield f"{member['address']:x}  {mark(member)}"
            continue
        place = "Spare/Faulty" if member["raid_disk"] < 0 else member["raid_disk"]
        yield f"{member['name']}  {member['number']:12}  {place:14}    {' '.join(member['state'])}"
    yield from ("", "-" * 76, "")


COMMAND = Program(
    name="mdadm",
    summary="MD arrays",
    topic="system",
    parser=parser,
    description="Each array with its level, size, state and members; -d as `mdadm -D` has it. States are in the words of /sys/block/mdN/md. "
    "Without an array nothing is printed.",
    fields={
        "name": "of the disk: md0", "address": "struct mddev", "level": "raid1, raid5…", "version": "of the superblock", "metadata_type": "of external metadata",
        "external": "whether the metadata are external", "size": "bytes; null: not known", "personality": "struct md_personality; 0: it does not run",
        "gendisk": "struct gendisk", "flag_bits": "mddev.flags", "sb_flag_bits": "mddev.sb_flags; null: this kernel has none",
        "state": "array_state", "sync": "sync_action", "raid_disks": "how many it should have", "degraded": "how many of these are missing",
        "created": "seconds since 1970", "updated": "seconds since 1970", "persistent": "whether there is a superblock",
        "chunk": "bytes; 0: the level has none",
        "members": "devices: name, address (struct md_rdev), number, raid_disk (below 0: none), size in bytes, state, read_errors",
    },
    examples=[("mdadm", "arrays and their members"), ("mdadm -d", "each as `mdadm -D` shows it")],
    rows=rows,
    text=text,
)

if __name__ == "__main__":
    COMMAND.main()
