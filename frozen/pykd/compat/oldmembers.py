# SPDX-License-Identifier: GPL-2.0-or-later
"""Old names of members for a framework that knows nothing of them: one that asks for a struct's type and reads by offsets.

A name whose value lies at a place in the struct gets that place. A value that is worked out lies nowhere; such a member is said to
begin at a multiple of 2**64 bytes, which no address reaches, so that an address tells which member of which object is wanted:
``number << 64 | address of the object``. What has no fixed size (a table, a text) is laid out in an area of its own, at addresses that
no kernel has, for a pointer to lead to. A list that is linked in another way now is walked by such places too: see :func:`link`.
"""

from __future__ import annotations

from itertools import count

from _pykd import Error, current
from pykd.compat import moved, standins
from pykd.compat.moved import CONTAINERS
from pykd.compat.names import NAMES
from pykd.compat.typedict import TYPE_CODE_STRUCT, TypeDict, describe
from pykd.compat.values import Adjusted
from pykd.core.members import offset_of
from pykd.core.memo import per_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from _pykd import Dump, Type

_LAYOUT = {"base": "void *", "size": "unsigned int", "text_size": "unsigned int", "ro_size": "unsigned int", "ro_after_init_size": "unsigned int"}
_COUNTER = {"counter": "int"}
_TIME = {"tv_sec": "long", "tv_nsec": "long"}
_LINKS = {"next": "struct list_head *", "prev": "struct list_head *"}

COMPUTED: dict[str, dict[str, str | dict[str, str]]] = {
    "struct task_struct": {"state": "unsigned int", "thread_group": _LINKS},
    "struct thread_info": {"cpu": "unsigned int", "task": "struct task_struct *", "restart_block": "struct restart_block *"},
    "struct thread_struct": {"sp0": "unsigned long"},
    "struct sched_class": {"next": "struct sched_class *"},
    "struct mm_struct": {"mmap": "struct vm_area_struct *"},
    "struct vm_area_struct": {"vm_next": "struct vm_area_struct *", "vm_prev": "struct vm_area_struct *"},
    "struct module": {
        "core_layout": _LAYOUT, "init_layout": _LAYOUT, "module_core": "void *", "core_size": "unsigned int", "core_text_size": "unsigned int",
        "module_init": "void *", "init_size": "unsigned int",
    },
    "struct file": {"f_count": {"counter": "long"}},
    "struct inode": {
        "i_flock": "struct file_lock *", "i_bdev": "struct block_device *", "i_state": "unsigned int", "i_ctime": _TIME, "i_atime": _TIME,
        "i_mtime": _TIME,
    },
    "struct file_lock": {"fl_next": "struct file_lock *"},
    "struct page": {"flags": "unsigned long"},
    "struct request_queue": {"queue_hw_ctx": "struct blk_mq_hw_ctx **", "kobj": "struct kobject *"},
    "struct block_device": {"bd_inode": "struct inode *", "bd_partno": "unsigned char"},
    "struct scsi_cmnd": {"request": "struct request *"},
    "struct scsi_device": {"device_busy": _COUNTER},
    "struct Scsi_Host": {"host_busy": _COUNTER, "work_q_name": "char *"},
    "struct sbitmap_word": {"depth": "unsigned long"},
    "struct bus_type": {"p": "struct subsys_private *"},
    "struct class": {"p": "struct subsys_private *"},
    "struct mutex": {"count": _COUNTER, "owner": "struct task_struct *", "wait_list": _LINKS},
    "struct rw_semaphore": {"owner": "struct task_struct *", "wait_list": _LINKS},
    "struct semaphore": {"wait_list": _LINKS},
    "struct group_info": {"small_block": "unsigned int [32]"},
    "struct user_struct": {"processes": _COUNTER, "sigpending": _COUNTER},
    "struct inet_hashinfo": {"listening_hash": "struct inet_listen_hashbucket **"},
    "struct udp_sock": {"corkflag": "int"},
    "struct nfs_server": {"wpages": "unsigned int"},
    "struct netns_nftables": {"tables": "struct list_head *"},
    "struct unix_address": {"hash": "unsigned int"},
    "struct neigh_hash_table": {"hash_buckets": "struct neighbour **"},
    "struct neighbour": {"next": "struct neighbour *"},
    "struct sb_writers": {"wait_unfrozen": "struct wait_queue_head *"},
}  # fmt: skip
"""By struct and name: the C type that a value which is worked out is given as, or those of its parts. An embedded struct that lies
elsewhere now is a pointer to it: to programs that is the same."""

_SHIFT = 64
_POINTER = 8

_places: list[tuple[str, str, str]] = []
"""(Struct, member, part or ""), by number - 1."""
_numbers: dict[tuple[str, str, str], int] = {}
for _struct, _members in COMPUTED.items():
    for _name, _type in _members.items():
        for _part in _type if isinstance(_type, dict) else ("",):
            _places.append((_struct, _name, _part))
            _numbers[_places[-1]] = len(_places)

_STRUCTS = NAMES.keys() | COMPUTED.keys() | {struct for struct, _ in CONTAINERS}


def extend(described: TypeDict) -> None:
    """Add the old names to the type dictionary of a struct."""
    if "body" not in described or described["basetype"] not in _STRUCTS:
        return
    struct = described["basetype"]
    cls = current().struct_class(described.ctype)
    base = cls.PYT_type
    if struct == "struct request":
        described["body"] = [_refcount(member) for member in described["body"]]
    computed = COMPUTED.get(struct, {})
    for name, source, _ in NAMES.get(struct, ()):
        path = source.path if isinstance(source, Adjusted) else source
        if name in computed or not isinstance(path, str) or base.member(name) is not None:
            continue
        member = base.member(path) if cls.member_offset(name) is not None else None
        if member is not None:
            described["body"].append(_placed(describe(member.type, name), member.bit_offset, member.bit_size))
    for (outer, name), find in CONTAINERS.items():
        if outer == struct and "." not in name and base.member(name) is None:
            described["body"].append(_placed(describe(current().type("unsigned long"), name), _Inside(find)))
    for name, ctype in computed.items():
        if isinstance(vars(cls).get(name), property) or (cls.has_member(name) and base.member(name) is None):
            described["body"].append(_computed(struct, name, ctype))


def _refcount(member: TypeDict) -> TypeDict:
    """``ref`` of a ``struct request`` as the refcount_t that it was until v5.16: the same bytes."""
    if member["fname"] != "ref" or any(part["fname"] == "refs" for part in member.get("body", ())) or not current().find_type("typedef", "refcount_t"):
        return member
    return _placed(describe(current().type("refcount_t"), "ref"), member["bitoffset"])


class _Inside(int):
    """A place, in bits, of what lay inside a struct and lies outside it now: an address less that place is the struct all the same."""

    def __new__(cls, find: Callable[[int], int]) -> _Inside:
        self = super().__new__(cls)
        self.find = find
        return self

    find: Callable[[int], int]

    def __floordiv__(self, bits: int) -> _Inside:
        return self

    def __rsub__(self, address: int) -> int:
        return int(self.find(int(address)))


def _placed(described: TypeDict, bit_offset: int, bit_size: int | None = None) -> TypeDict:
    described["bitoffset"] = bit_offset
    if bit_size is not None:
        described["bitsize"] = bit_size
    return described


def _computed(struct: str, name: str, ctype: str | dict[str, str]) -> TypeDict:
    if isinstance(ctype, str):
        return _placed(describe(current().type(ctype), name), 8 * _numbers[struct, name, ""] << _SHIFT)
    first = min(_numbers[struct, name, part] for part in ctype)
    body = []
    for part, text in ctype.items():
        body.append(_placed(describe(current().type(text), part), 8 * (_numbers[struct, name, part] - first) << _SHIFT))
    whole = TypeDict(basetype="struct", codetype=TYPE_CODE_STRUCT, typelength=sum(member["typelength"] for member in body), fname=name, body=body)
    return _placed(whole, 8 * first << _SHIFT)


MAX_AREAS = 256
"""How many tables and texts are kept for pointers to lead to; programs look at one after the other."""

_AREA = 1 << 32
_areas: dict[int, bytes] = {}
_next_area = count(0xBADA << 48, _AREA)


def is_made(address: int) -> bool:
    """Whether *address* is none in memory, kernel's or user's: the upper bits of those are all alike."""
    return address >> 56 not in (0, 0xFF, -1)


# -- lists

MAX_LINKS = 1 << 16
"""How many links are remembered to lead back to the head that a program began with."""

_next_links: dict[int, int] = {}


def link(address: int) -> int | None:
    """Where a list that has no such link in memory goes on from the link at *address*; None: memory says it.

    Threads were a ring of tasks: their links are places that are made up, and lead to each other. Who waits for a lock was in a list with a
    head: that is made up, and the last of those who are found from it leads back there.
    """
    known = _next_links.get(address)
    if known is not None or not address >> _SHIFT:
        return known
    number, obj = address >> _SHIFT, address & (1 << _SHIFT) - 1
    struct, name, part = _places[number - 1] if 0 < number <= len(_places) else ("", "", "")
    if not isinstance(COMPUTED.get(struct, {}).get(name), dict) or part not in _LINKS:
        return None
    head = _numbers[struct, name, "next"] << _SHIFT | obj
    if name == "thread_group":
        return head - obj + _thread_beside(obj, part)
    links = [int(one) for one in getattr(current().struct_class(struct)(obj), name).addresses]
    if not links:
        return head
    if len(_next_links) > MAX_LINKS:
        _next_links.clear()
    _next_links.update(zip(links, [*links[1:], head], strict=True))
    return links[0] if part == "next" else links[-1]


def _thread_beside(task: int, part: str) -> int:
    """Address of the ``struct task_struct`` of the next or previous thread of the group, which is a ring without a head."""
    dump = current()
    cls = dump.struct_class("struct task_struct")
    node = task + offset_of(cls, "thread_node")
    beside = int(getattr(cls(task).thread_node, part))
    if beside == moved.list_head("struct task_struct", "thread_group", node, dump):
        beside = int(getattr(dump.object("struct list_head", beside), part))
    return beside - node + task


def _area(data: bytes) -> int:
    start = next(_next_area)
    _areas[start] = data
    if len(_areas) > MAX_AREAS:
        del _areas[next(iter(_areas))]
    return start


# -- variables

_AREA_OF_VARIABLES = 0xBADB << 48


@per_dump
def _variables(dump: Dump) -> dict[str, tuple[Type, int] | None]:
    return {}


def variable(name: str) -> tuple[Type, int] | None:
    """Type and address of a variable that is no more, where what stands for it can be laid out: numbers, heads of chains without a
    way back; or lies elsewhere as it is."""
    if name not in standins.GONE or current().address_of(name, "", 0):
        return None
    known = _variables()
    if name not in known:
        known[name] = _laid_out(name)
    return known[name]


def _laid_out(name: str) -> tuple[Type, int] | None:
    start = next(_next_variable)
    dump = current()
    if name in standins.EMPTY:
        struct, number, link = standins.EMPTY[name]
        ctype = dump.type(struct)
        data = bytearray(number * ctype.size)
        for at in range(ctype.offset_of(link), len(data), ctype.size):
            data[at : at + 2 * _POINTER] = (start + at).to_bytes(_POINTER, dump.byteorder) * 2
        _kept[start] = bytes(data)
        return ctype.array(number), start
    if name in standins.NUMBERS:
        ctype = dump.type(standins.NUMBERS[name])
        try:
            _kept[start] = int(standins.GONE[name]()).to_bytes(ctype.size, dump.byteorder)
        except Error:
            return None
        return ctype, start
    struct = standins.TYPES.get(name, "")
    if struct == "struct list_head":
        try:
            address = standins.address(name)
        except Error:
            return None
        return (dump.type(struct), address) if address else None
    if struct != "struct hlist_head":
        return None
    try:
        _kept[start] = b"".join(dump.read(int(head), _POINTER) for head in standins.GONE[name]())
    except Error:
        return None
    return dump.type(struct).array(len(_kept[start]) // _POINTER), start


_kept: dict[int, bytes] = {}
_next_variable = count(_AREA_OF_VARIABLES, _AREA)


def read(address: int, size: int) -> bytes | None:
    """What is worked out for an address that :func:`is_made`; None: it was not made here.

    :raises IndexError: behind the end of a table, where a loop over a pointer has to end.
    """
    if address >> _SHIFT:
        return _value(address >> _SHIFT, address & (1 << _SHIFT) - 1, size)
    data = _areas.get(address & -_AREA) or _kept.get(address & -_AREA)
    if data is None:
        return None
    offset = address & _AREA - 1
    if offset >= len(data):
        raise IndexError(f"element {offset // size if size else 0} is behind the end of the table")
    return data[offset : offset + size].ljust(size, b"\0")


def _value(number: int, address: int, size: int) -> bytes | None:
    if number > len(_places):
        return None
    struct, name, part = _places[number - 1]
    value = getattr(current().struct_class(struct)(address), name)
    if part:
        value = getattr(value, part)
    return _bytes(value, size)


def _bytes(value: Any, size: int) -> bytes:
    """A value as memory would have it; a table of pointers or a text as a pointer to one."""
    if isinstance(value, list) and size != _POINTER:  # an array in the struct, of numbers of 4 bytes
        return b"".join(_bytes(element, 4) for element in value)[:size].ljust(size, b"\0")
    if isinstance(value, list):
        value = _area(b"".join(_bytes(element, _POINTER) for element in value))
    elif isinstance(value, str):
        value = _area(value.encode("utf-8", "surrogateescape") + b"\0")
    try:
        return (int(value) & (1 << 8 * size) - 1).to_bytes(size, current().byteorder)
    except (TypeError, ValueError):
        raise Error(f"{value!r} has no bytes") from None
