# SPDX-License-Identifier: GPL-2.0-or-later
"""Short lists that the kernel keeps."""

from members import entries

import pykd


def chained(head, member: str) -> list:
    """Structs linked by a pointer."""
    found, seen = [], set()
    while int(head) and int(head) not in seen:
        seen.add(int(head))
        found.append(head)
        head = getattr(head, member)
    return found


def ask(dump: pykd.Dump) -> dict:
    """By the name of the file in /proc."""
    # Linked by "next" until v7.1 or so.
    if dump.type("struct file_system_type").member("next"):
        systems = chained(dump.object("struct file_system_type", dump.read_unsigned(dump.address_of("file_systems"))), "next")
    else:
        systems = entries(dump, dump.object("struct hlist_head", dump.address_of("file_systems")), "struct file_system_type", "list")
    return {"filesystems": [["" if int(fs.fs_flags) & 1 else "nodev", str(fs.name)] for fs in systems]}
