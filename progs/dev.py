#!/usr/bin/env python
# SPDX-License-Identifier: GPL-2.0-or-later
"""Modules, and the operations of mounted file systems. It is run as `epython dev`: `dev` is a command of its own."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.fs.mounts import for_each_mount, mnt_namespace_of, mount_path
from pykd.session.parser import Parser
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Any, options: Any) -> Iterator[Row]:
    dump = session.dump
    for row in session.rows("mod"):
        yield {**row, "kind": "module"}
    for mount in caught(for_each_mount(dump, mnt_namespace_of(dump))):
        try:
            if isinstance(mount, Error):
                raise mount
            block = mount.mnt.mnt_sb if mount.hasField("mnt") else mount.mnt_sb
            yield {"kind": "mount", "path": mount_path(dump, mount), "address": int(mount), "superblock": int(block), "operations": int(block.s_op)}
        except Error as error:
            yield {"kind": "mount", "error": fault(error)}


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    found = list(rows)
    yield "Start"
    width = max([len(row["name"]) for row in found if "name" in row], default=4)
    yield f"mod=<{'MODULE':^16}  {'NAME':<{width}}  {'BASE':^16}  {'SIZE':>7}  OBJECT FILE"
    for row in found:
        if row["kind"] == "module":
            yield f"{row['address']:x}  {row['name']:<{width}}  {row['base']:x}  {row['size']:>7}  {_debuginfo(row)}" if "name" in row else mark(row)
    yield from (">", "After")
    for row in found:
        if row["kind"] == "mount" and "error" in row:
            yield f"? {mark(row)}"
        elif row["kind"] == "mount":
            yield row["path"]
            if row["operations"]:
                yield f"<struct super_operations {row['operations']:#x}>"


def _debuginfo(row: Row) -> str:
    return f"{'(types in the dump)' if row['types'] else '(not loaded)'}  [CONFIG_KALLSYMS]"


COMMAND = Program(
    name="dev",
    summary="modules, and the operations of mounted file systems",
    topic="system",
    parser=lambda: Parser("dev"),
    description="What `mod` prints, then each mount with its struct super_operations.",
    fields={
        "kind": "module, mount", "name": "of the module", "base": "of its text", "size": "bytes of core memory", "types": "whether the dump has its BTF",
        "path": "where it is mounted", "address": "struct module, struct mount",
        "superblock": "struct super_block", "operations": "struct super_operations",
    },
    examples=[("epython dev", "modules and mounts")],
    rows=rows,
    text=text,
)

if __name__ == "__main__":
    COMMAND.main()
