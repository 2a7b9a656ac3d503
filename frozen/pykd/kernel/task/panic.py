# SPDX-License-Identifier: GPL-2.0-or-later
"""Which CPU brought the system down."""

from __future__ import annotations

from _pykd import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump

CPU_VARIABLES = ("panic_cpu", "crashing_cpu")
"""``panic_cpu`` is an ``atomic_t``, set by panic() and by crash_kexec() (since v4.5); ``crashing_cpu`` an int, set by
x86's kdump when it stops the others. -1 in both: not set."""


def panic_cpu(dump: Dump) -> int | None:
    """Number of the CPU that brought the system down; None if the kernel names none, as when a hypervisor wrote the dump."""
    for name in CPU_VARIABLES:
        address = dump.address_of(name, "", default=0)
        try:
            cpu = dump.read_signed(address, 4) if address else -1
        except Error:
            continue
        if cpu >= 0:
            return cpu
    return None
