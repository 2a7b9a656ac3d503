# SPDX-License-Identifier: GPL-2.0-or-later
"""CPU frequencies: :mod:`pykd.kernel.cpufreq` under PyKdump's names."""

from __future__ import annotations

import pykd
from pykd.core.walk import caught
from pykd.kernel import cpufreq
from pykdump import API
from pykdump.highlevel import pylog, readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _policies() -> list[Any]:
    found = []
    for one in caught(cpufreq.for_each_policy(pykd.current())):
        if isinstance(one, pykd.NotFoundError):
            break  # a kernel without cpufreq
        if isinstance(one, pykd.Error):
            pylog.warning(f"a cpufreq policy cannot be read: {one}")
        else:
            found.append(readSU("struct cpufreq_policy", int(one[1])))
    return found


def print_cpufreq() -> None:
    """Print the governor and the frequencies (kHz) of each CPU that has a policy."""
    for policy in _policies():
        if policy.governor:
            print(f"  CPU={policy.cpu}", policy, policy.governor.name)
            print(f"      Frequencies: min={policy.min} max={policy.max} cur={policy.cur}")


_COMPUTED = {"cpufreq_cpu_data": _policies}


def __getattr__(name: str) -> Any:
    if name in _COMPUTED:
        return _COMPUTED[name]()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["print_cpufreq", *_COMPUTED]
__all__ += API.hand_on(globals())
