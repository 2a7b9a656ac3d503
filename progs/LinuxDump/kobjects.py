# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel objects and the lists of devices."""

from __future__ import annotations

import pykd
from pykd.kernel.devices import MAX_DEVICES
from pykd.kernel.lists.linked import list_for_each_entry
from pykdump import API
from pykdump.highlevel import readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["dev_name", "klistAll", "kobj_name"]
__all__ += API.hand_on(globals())


def klistAll(klist: Any) -> list[Any]:
    """Each ``struct klist_node`` of a ``struct klist``. :raises crash.error: the list cannot be followed to its end."""
    head = int(klist) + klist.fieldOffset("k_list")
    found = list_for_each_entry(pykd.current(), head, "struct klist_node", "n_node", limit=MAX_DEVICES)
    return [readSU("struct klist_node", int(node)) for node in found]


def dev_name(dev: Any) -> Any:
    """Name of a ``struct device``: its first one as long as it is not registered."""
    if dev.hasField("init_name") and dev.init_name:
        return dev.init_name
    return kobj_name(dev.kobj)


def kobj_name(kobj: Any) -> Any:
    """Name of a ``struct kobject``."""
    return kobj.name
