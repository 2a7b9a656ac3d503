# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel objects and the lists of devices."""

from __future__ import annotations

import pykd
from pykd.kernel.devices import device_name, for_each_klist_node
from pykdump import API
from pykdump.highlevel import readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["dev_name", "klistAll", "kobj_name"]
__all__ += API.hand_on(globals())


def klistAll(klist: Any) -> list[Any]:
    """Each ``struct klist_node`` of a ``struct klist``. :raises crash.error: the list cannot be followed to its end."""
    return [readSU("struct klist_node", int(node)) for node in for_each_klist_node(pykd.current(), int(klist))]


def dev_name(dev: Any) -> Any:
    """Name of a ``struct device``: its first one as long as it is not registered."""
    return device_name(dev)


def kobj_name(kobj: Any) -> Any:
    """Name of a ``struct kobject``."""
    return kobj.name
