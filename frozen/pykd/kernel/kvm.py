# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that run on the machine: ``struct kvm``, and their virtual CPUs."""

from __future__ import annotations

from _pykd import LimitError
from pykd.core.record import NamedTuple
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.lists.xarray import xa_entries
from pykd.kernel.task.namespaces import pid_nr
from pykd.values.named import name_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_GUESTS = 1 << 16
MAX_VCPUS = 1 << 12
MODES = ("outside", "in guest", "exiting", "reading shadow page tables")
"""``kvm_vcpu.mode``, include/linux/kvm_host.h"""
STATES = (
    "runnable", "uninitialized", "waits for SIPI", "halted", "SIPI received", "stopped", "check stop", "operating", "load", "AP reset hold", "suspended",
)  # fmt: skip
"""``KVM_MP_STATE_…``, include/uapi/linux/kvm.h; of x86 and others the same"""


class Vcpu(NamedTuple):
    """One virtual CPU."""

    vcpu: Any
    """``struct kvm_vcpu``"""
    number: int
    cpu: int
    """That it runs on, or ran on last; -1: it never ran"""
    mode: str
    pid: int | None
    """Of the thread that runs it; None: none has yet"""
    state: str | None
    """What the guest made of it; None: it is not kept there"""


def for_each_guest(dump: Dump) -> Iterator[Any]:
    """Each ``struct kvm``. :raises FaultError, LimitError: the rest cannot be found. :raises NotFoundError: the module is not loaded."""
    head = dump.symbol("vm_list", "kvm" if any(module.name == "kvm" for module in dump.modules()) else "").address
    return list_for_each_entry(dump, head, "struct kvm", "vm_list", limit=MAX_GUESTS, what="the list of guests")


def guest_pages(guest: Any) -> int | None:
    """Pages of memory that a ``struct kvm`` was given; None: this kernel does not count them. :raises FaultError:

    afa319a54a8c ("KVM: Require total number of memslot pages to fit in an unsigned long") (in v5.17): ``nr_memslot_pages``.
    """
    return int(guest.nr_memslot_pages) if guest.hasField("nr_memslot_pages") else None


def for_each_vcpu(dump: Dump, guest: Any) -> Iterator[Any]:
    """Each ``struct kvm_vcpu``, by its number in the guest. :raises FaultError, LimitError:

    c5b077549136 ("KVM: Convert the kvm->vcpus array to a xarray") (in v5.17)
    """
    kind: Any = dump.struct_class("struct kvm_vcpu")
    if guest.hasField("vcpu_array"):
        found = [entry for _, entry in xa_entries(dump, int(guest) + guest.fieldOffset("vcpu_array"))]
    else:
        count = int(guest.online_vcpus.counter)
        if not 0 <= count <= MAX_VCPUS:
            raise LimitError(f"a guest with {count} CPUs")
        start = int(guest) + guest.fieldOffset("vcpus")
        found = [dump.read_unsigned(start + 8 * number) for number in range(count)]
    yield from (kind(address) for address in found[:MAX_VCPUS] if address)


def vcpu(one: Any) -> Vcpu:
    """What a ``struct kvm_vcpu`` does. :raises FaultError:"""
    mode = int(one.mode)
    pid = one.pid
    state = int(one.arch.mp_state) if one.hasField("arch") and one.arch.hasField("mp_state") and isinstance(one.arch.mp_state, int) else None
    return Vcpu(
        one, int(one.vcpu_id), int(one.cpu), name_at(MODES, mode), pid_nr(pid) if pid else None,
        None if state is None else name_at(STATES, state),
    )  # fmt: skip
