# SPDX-License-Identifier: GPL-2.0-or-later
"""How much memory the kernel lets processes ask for, and how much they did (``CommitLimit``, ``Committed_AS`` of ``/proc/meminfo``)."""

from __future__ import annotations

from pykd.kernel import cpus
from pykd.kernel.mm.hugetlb import huge_pages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump


def total_pages(dump: Dump) -> int:
    """Pages that the kernel manages: ``_totalram_pages``, an ``atomic_long_t``; before, a number ``totalram_pages``. :raises FaultError:

    ca79b0c211af ("mm: convert totalram_pages and totalhigh_pages variables to atomic") (in v5.0).
    """
    return dump.read_signed(dump.address_of("_totalram_pages", default=0) or dump.symbol("totalram_pages", "").address)


def commit_limit(dump: Dump, swap: int) -> int:
    """vm_commit_limit(), pages: what sysctls say of memory without huge pages, and the swap. :raises Error:

    :param swap: pages of all swap devices.
    """
    limit = dump.read_unsigned(dump.symbol("sysctl_overcommit_kbytes", "").address) // (dump.page_size // 1024)
    if not limit:
        huge, _ = huge_pages(dump)
        limit = (total_pages(dump) - huge) * dump.read_unsigned(dump.symbol("sysctl_overcommit_ratio", "").address, 4) // 100
    return limit + swap


def committed(dump: Dump) -> tuple[int, int]:
    """Pages that processes may come to need: what ``vm_committed_as`` says alone, and with what each CPU counted by itself, which on many of them
    is most. The first is crash's number, the second that of ``/proc/meminfo``. :raises FaultError:"""
    counter: Any = dump.object("struct percpu_counter", dump.symbol("vm_committed_as", "").address)
    return max(int(counter.count), 0), max(cpus.percpu_counter_sum(counter, dump), 0)
