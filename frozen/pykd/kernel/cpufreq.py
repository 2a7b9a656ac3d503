# SPDX-License-Identifier: GPL-2.0-or-later
"""CPU frequencies: the policies that drivers of cpufreq made."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel import cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump


def for_each_policy(dump: Dump) -> Iterator[Any]:
    """(CPU, ``struct cpufreq_policy``) of each CPU that has one (CPUs may share it), and the errors met on the way. Frequencies in it are in kHz.

    :raises NotFoundError: the kernel has no cpufreq.
    """
    base = dump.symbol("cpufreq_cpu_data", "").address
    for cpu in cpus.possible(dump):
        try:
            if policy := dump.read_unsigned(cpus.address_on(base, cpu, dump)):
                yield cpu, dump.object("struct cpufreq_policy", policy)
        except Error as error:
            yield error
