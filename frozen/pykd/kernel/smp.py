# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls of functions on other CPUs (``kernel/smp.c``)."""

from __future__ import annotations

from pykd.core.members import offset_of
from pykd.kernel import cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump

CSD_FLAG_LOCK = 1
"""Bit of ``__call_single_node.u_flags``: the call is on its way, or under way."""


def awaited_by(dump: Dump, cpu: int) -> list[int]:
    """CPUs that have not done yet what a CPU asked of them and waits for, by the locks of its calls.

    Since 545b8c8df41f ("smp: Cleanup smp_call_function*()") (in v5.11) a ``call_single_data_t`` begins with a ``struct __call_single_node``;
    a8ec5880bd82 (in v5.13) has ``cfd_percpu`` around it, which later kernels have not.

    :raises FaultError, NotFoundError, MemberError:
    """
    found: list[int] = []
    node: Any = dump.struct_class("struct __call_single_node")
    flags = offset_of(node, "u_flags")
    many: Any = dump.object("struct call_function_data", cpus.address_on(dump.symbol("cfd_data", "").address, cpu, dump))
    calls = int(many.csd if many.hasField("csd") else many.pcpu)
    asked = dump.type("struct call_function_data").member("cpumask")
    if calls and asked is not None:
        mask = int(many) + asked.offset
        # cpumask_var_t is a pointer with CONFIG_CPUMASK_OFFSTACK
        if asked.type.strip().kind == "pointer":
            mask = dump.read_unsigned(mask)
        found += [target for target in cpus.in_mask(dump, mask) if dump.read_unsigned(cpus.address_on(calls, target, dump) + flags, 4) & CSD_FLAG_LOCK]
    single = dump.address_of("csd_data", "", default=0)
    if single and node.member_offset("dst") is not None:
        one = node(cpus.address_on(single, cpu, dump))
        if int(one.u_flags) & CSD_FLAG_LOCK:
            found.append(int(one.dst))
    return sorted(set(found))
