# SPDX-License-Identifier: GPL-2.0-or-later
"""Control groups: hierarchies, the tree of each, and what controllers know of a group (``include/linux/cgroup-defs.h``)."""

from __future__ import annotations

from _pykd import Error
from pykd.core.members import offset_of
from pykd.kernel import cpus
from pykd.kernel.fs import kernfs
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.core.rows import Row

MAX_ROOTS = 1000
MAX_GROUPS = 1 << 20
MAX_DEPTH = 256
MAX_SETS = 1 << 20
"""``struct css_set`` of one group"""
CONTROLLERS = {
    "memory": ("memory_cgrp_id", "struct mem_cgroup"), "cpu": ("cpu_cgrp_id", "struct task_group"), "pids": ("pids_cgrp_id", "struct pids_cgroup"),
    "freezer": ("freezer_cgrp_id", "struct freezer"),
}  # fmt: skip
"""The subsystem's number (``enum cgroup_subsys_id``), and the struct that begins with its css"""
UNLIMITED_PAGES = 1 << 50
NO_QUOTA = 1 << 63
NO_PIDS = 4 << 20
"""More than there can be PIDs"""
EVENTS = ("low", "high", "max", "oom", "oom_kill", "oom_group_kill")
"""``mem_cgroup.memory_events``: words of the file memory.events"""
CGRP_FROZEN = 3
"""Bit of ``cgroup.flags``: all its threads are frozen."""
FREEZING, FROZEN = 6, 8
"""Bits of ``freezer.state`` (version 1)"""
FSHIFT = 11
"""Of averages, as of load averages"""


def for_each_root(dump: Dump) -> Iterator[Any]:
    """Each ``struct cgroup_root``: a hierarchy, the unified one too if it is in use. :raises FaultError, LimitError:"""
    yield from list_for_each_entry(dump, dump.symbol("cgroup_roots", "").address, "struct cgroup_root", "root_list", limit=MAX_ROOTS, what="the list of hierarchies of cgroups")


def is_unified(root: Any) -> bool:
    """Whether a ``struct cgroup_root`` is the hierarchy of version 2, ``cgrp_dfl_root``: the first that the kernel makes, and numbers. :raises FaultError:"""
    return int(root.hierarchy_id) == 0


def root_name(dump: Dump, root: Any) -> str:
    """``unified``; of a hierarchy of version 1 its controllers or its name. :raises FaultError:"""
    if is_unified(root):
        return "unified"
    mask = int(root.subsys_mask)
    names = [name.removesuffix("_cgrp_id") for name, number in dump.enumerator_type("cpu_cgrp_id").enumerators() if name.endswith("_cgrp_id") and mask >> number & 1]
    return ",".join(names) or f"name={root.name!s}"


def for_each_group(dump: Dump, root: Any) -> Iterator[Any]:
    """Each ``struct cgroup`` of a hierarchy, above those below it; and the errors of parts that cannot be read."""
    group: Any = dump.struct_class("struct cgroup")
    css = dump.struct_class("struct cgroup_subsys_state")
    own = offset_of(group, "self")
    sibling, children = (offset_of(css, name) for name in ("sibling", "children"))
    todo = [int(root.cgrp)]
    seen = set(todo)
    while todo:
        one = todo.pop()
        yield group(one)
        links, why = dump.follow(one + own + children, limit=MAX_GROUPS)
        below = [link - sibling - own for link in links[1:]]
        fresh = [address for address in below if address not in seen][: MAX_GROUPS - len(seen)]
        seen.update(fresh)
        todo += reversed(fresh)
        if isinstance(why, Error):
            yield why


def path(group: Any) -> str:
    """From the root of its hierarchy: ``/``, ``/system.slice/ssh.service``. :raises FaultError:"""
    return "/" + (kernfs.path(group.kn) or "").strip("/")


def tasks(dump: Dump, group: Any) -> int:
    """How many threads are in a ``struct cgroup`` itself. :raises FaultError, LimitError:"""
    head = int(group) + group.fieldOffset("cset_links")
    return sum(int(link.cset.nr_tasks) for link in list_for_each_entry(dump, head, "struct cgrp_cset_link", "cset_link", limit=MAX_SETS, what="the sets of a cgroup"))


def controller(dump: Dump, group: Any, name: str) -> Any:
    """What a controller of :data:`CONTROLLERS` has of a ``struct cgroup``; None where it is not in use there, or not known. :raises FaultError:"""
    enumerator, struct = CONTROLLERS[name]
    try:
        number = dump.enumerator(enumerator)
        kind: Any = dump.struct_class(struct)
    except Error:
        return None
    css = dump.read_unsigned(int(group) + group.fieldOffset("subsys") + 8 * number)
    return kind(css - offset_of(kind, "css")) if css else None


def charged(counter: Any) -> int:
    """Pages of a ``struct page_counter``; ``count`` before bbec2e15170a ("mm: rename page_counter's count/limit into usage/max") (in v4.18).
    :raises FaultError:"""
    return int((counter.usage if counter.hasField("usage") else counter.count).counter)


def limit(memory: Any, name: str) -> int:
    """Pages, of the limit ``max``, ``high``, ``low`` or ``min`` of a ``struct mem_cgroup``; one that the kernel does not have limits nothing.

    ``max`` was ``limit`` before bbec2e15170a (in v4.18); before the counter had ``high`` and ``low`` the group itself did.

    :raises FaultError:
    """
    counter = memory.memory
    if counter.hasField(name):
        return int(getattr(counter, name))
    if name == "max":
        return int(counter.limit)
    return int(getattr(memory, name)) if memory.hasField(name) else UNLIMITED_PAGES


def memory_row(dump: Dump, memory: Any) -> Row:
    """Of a ``struct mem_cgroup``, bytes: usage, max, high, low, min, swap; None for what is not limited; events by name. :raises FaultError:"""
    size = dump.page_size
    row: Row = {"usage": charged(memory.memory) * size}
    for name in ("max", "high", "low", "min"):
        value = limit(memory, name)
        row[name] = None if value >= UNLIMITED_PAGES else value * size
    row["swap"] = charged(memory.swap) * size
    if not memory.hasField("memory_events"):
        return row | {"events": {}}
    events = memory.memory_events
    names = dict(dump.enumerator_type("MEMCG_OOM_KILL").enumerators())
    row["events"] = {name: count for name in EVENTS if (number := names.get(f"MEMCG_{name.upper()}")) is not None and (count := int(events[number].counter))}
    return row


def cpu_row(dump: Dump, group: Any) -> Row:
    """Of a ``struct task_group``: quota and period (µs; quota None: it has none), periods, throttled (in how many of them), throttled_time (µs),
    throttled_cpus (on which it may not run now), weight. :raises FaultError:"""
    row: Row = {"weight": int(group.shares) >> 10 if group.hasField("shares") else None}
    if not group.hasField("cfs_bandwidth"):
        return row
    band = group.cfs_bandwidth
    quota = int(band.quota)
    row |= {"quota": None if not 0 < quota < NO_QUOTA else quota // 1000, "period": int(band.period) // 1000}
    row |= {"periods": int(band.nr_periods), "throttled": int(band.nr_throttled), "throttled_time": int(band.throttled_time) // 1000}
    queues = int(group.Eval("cfs_rq"))
    row["throttled_cpus"] = []
    if row["quota"] is not None and queues:
        queue: Any = dump.struct_class("struct cfs_rq")
        row["throttled_cpus"] = [cpu for cpu in cpus.possible(dump) if (address := dump.read_unsigned(queues + 8 * cpu)) and queue(address).throttled]
    return row


def pids_row(pids: Any) -> Row:
    """Of a ``struct pids_cgroup``: usage, max (None: not limited). :raises FaultError:"""
    limit = pids.limit
    most = int(limit.counter) if hasattr(limit, "counter") else int(limit)
    return {"usage": int(pids.counter.counter), "max": most if 0 <= most < NO_PIDS else None}


def frozen(dump: Dump, group: Any) -> str:
    """``frozen``, ``freezing`` or empty. :raises FaultError:"""
    if group.hasField("freezer") and (int(group.freezer.freeze) or int(group.freezer.e_freeze)):
        return "frozen" if int(group.flags) >> CGRP_FROZEN & 1 else "freezing"
    first = controller(dump, group, "freezer")
    state = int(first.state) if first is not None else 0
    return "frozen" if state & FROZEN else "freezing" if state & FREEZING else ""


def pressure(dump: Dump, group: Any) -> Row | None:
    """Of a ``struct cgroup`` the averages of 10, 60 and 300 s in per cent, of ``cpu``, ``memory`` and ``io``: for ``some`` of its threads, and
    for all of them at once (``full``). That of the root of the unified hierarchy is the whole system's. None: the kernel counts none.

    :raises FaultError:

    5f69a6577bc3 ("psi: dont alloc memory for psi by default") (in v6.1): a pointer.
    """
    if not group.hasField("psi"):
        return None
    key = dump.address_of("psi_disabled", "", default=0)
    is_whole = not int(group.level) and is_unified(group.root)
    address = dump.symbol("psi_system", "").address if is_whole else int(group.psi)
    averages: Any = dump.type("struct psi_group").member("avg")
    if not key or dump.read_signed(key, 4) or not address or averages is None:
        return None
    names = dict(dump.enumerator_type("PSI_IO_SOME").enumerators())
    found: Row = {}
    for resource, short in (("cpu", "CPU"), ("memory", "MEM"), ("io", "IO")):
        for kind in ("some", "full"):
            if (number := names.get(f"PSI_{short}_{kind.upper()}")) is not None:
                words = dump.read(address + averages.offset + 24 * number, 24)
                found.setdefault(resource, {})[kind] = [round(value / (1 << FSHIFT), 2) for value in words_of(dump, words)]
    return found
