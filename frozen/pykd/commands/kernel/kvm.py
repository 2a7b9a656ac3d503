# SPDX-License-Identifier: GPL-2.0-or-later
"""``kvm``: guests that run on the machine, with their virtual CPUs."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import kvm
from pykd.session import context
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    wanted = {thread.tgid for thread in context.chosen(session, options.arguments)} if options.arguments else None
    try:
        guests = list(caught(kvm.for_each_guest(dump)))
    except NotFoundError:
        guests = []
    if guests and isinstance(guests[0], NotFoundError):
        guests = []  # the module is not loaded: no guests
    names = _names(session) if guests else {}
    found = 0
    for guest in guests:
        if isinstance(guest, Error):
            yield {"error": fault(guest)}
            continue
        row: Row = {"kvm": int(guest)}
        try:
            pid = int(guest.userspace_pid)
            if wanted is not None and pid not in wanted:
                continue
            pages = kvm.guest_pages(guest)
            row |= {"pid": pid, "comm": names.get(pid), "memory": None if pages is None else pages * dump.page_size, "vcpus": []}
            for one in caught(kvm.for_each_vcpu(dump, guest)):
                row["vcpus"].append(_vcpu(one, names))
        except Error as error:
            row["error"] = fault(error)
        found += 1
        yield row
    if wanted is not None and not found:
        raise CommandError("no guest is of these processes")


def _names(session: Session) -> dict[int, str]:
    try:
        return {thread.pid: thread.comm for thread in context.table(session)}
    except Error:
        return {}  # the guests are known all the same


def _vcpu(one: Any, names: dict[int, str]) -> Row:
    if isinstance(one, Error):
        return {"error": fault(one)}
    row: Row = {"vcpu": int(one)}
    try:
        found = kvm.vcpu(one)
        return row | {
            "number": found.number, "cpu": None if found.cpu < 0 else found.cpu, "mode": found.mode, "state": found.state, "pid": found.pid,
            "comm": None if found.pid is None else names.get(found.pid),
        }  # fmt: skip
    except Error as error:
        return row | {"error": fault(error)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    count = 0
    for row in rows:
        count += 1
        if "pid" not in row:
            yield f"(a guest is not known) {mark(row)}"
            continue
        memory = "" if row["memory"] is None else f", {row['memory'] // 1024} kB of memory"
        yield f"guest {row['kvm']:016x} of PID {row['pid']} ({row['comm'] or 'which is gone'}), {len(row['vcpus'])} CPUs{memory} {mark(row)}".rstrip()
        for one in row["vcpus"]:
            if "number" not in one:
                yield f"  (not known) {mark(one)}"
                continue
            where = "never ran" if one["cpu"] is None else f"on CPU {one['cpu']}"
            who = "no thread" if one["pid"] is None else f"thread {one['pid']} ({one['comm'] or 'which is gone'})"
            yield f"  CPU {one['number']:>3} {one['vcpu']:016x} {one['mode']}, {where}, {who}{'' if one['state'] is None else ', ' + one['state']}"
    if not count:
        yield "no guests"


COMMAND = Command(
    name="kvm",
    summary="guests of KVM with their virtual CPUs",
    topic="kernel",
    arguments="[PID|TASK|COMM]…",
    description="With arguments only guests of these processes. Of each virtual CPU: whether it is in the guest, the CPU that it runs on or ran on last, its\n"
    "thread, and whether the guest has halted it.",
    fields={
        "kvm": "struct kvm", "pid": "of the process", "comm": "null: it is gone", "memory": "bytes that the guest was given; null: not counted by this kernel",
        "vcpus": "vcpu (struct kvm_vcpu), number, cpu (null: it never ran), mode, state (null: not kept there), pid and comm of its thread (null: none)",
    },
    examples=(("kvm", "all guests"),),
    may_be_empty=True,
    rows=rows,
    text=text,
)  # fmt: skip
