# SPDX-License-Identifier: GPL-2.0-or-later
"""Auditing: whether it is on, who gets the records, and the rules by which they are made."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.task.namespaces import pid_nr
from pykd.values.named import name_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

LISTS = ("user", "task", "entry", "watch", "exit", "exclude", "filesystem", "io_uring")
"""AUDIT_FILTER_…: include/uapi/linux/audit.h; the last since v5.16"""
ACTIONS = ("never", "possible", "always")
FAILURES = ("silent", "printk", "panic")
OPERATORS = ("=", "!=", "&", "&=", "<", ">", "<=", ">=")
"""``enum audit_op``, but as auditctl spells them"""
FIELDS = {
    0: "pid", 1: "uid", 2: "euid", 3: "suid", 4: "fsuid", 5: "gid", 6: "egid", 7: "sgid", 8: "fsgid", 9: "auid", 10: "pers", 11: "arch", 12: "msgtype",
    13: "subj_user", 14: "subj_role", 15: "subj_type", 16: "subj_sen", 17: "subj_clr", 18: "ppid", 19: "obj_user", 20: "obj_role", 21: "obj_type",
    22: "obj_lev_low", 23: "obj_lev_high", 24: "loginuid_set", 25: "sessionid", 26: "fstype", 100: "devmajor", 101: "devminor", 102: "inode", 103: "exit",
    104: "success", 105: "path", 106: "perm", 107: "dir", 108: "filetype", 109: "obj_uid", 110: "obj_gid", 111: "field_compare", 112: "exe",
    113: "saddr_fam", 200: "a0", 201: "a1", 202: "a2", 203: "a3", 210: "key",
}  # fmt: skip
MAX_RULES = 1 << 16
MAX_FIELDS = 64
"""AUDIT_MAX_FIELDS"""
_TEXTS = frozenset((*range(13, 18), *range(19, 24)))
"""Fields whose value is a text of the security module"""


class Rule(NamedTuple):
    """One rule."""

    address: int
    """of ``struct audit_krule``"""
    filter: str
    """Its list, one of :data:`LISTS`"""
    action: str
    calls: list[int]
    """Numbers of system calls; of all of them none"""
    fields: list[str]
    """``NAME OPERATOR VALUE`` without blanks"""


def status(dump: Dump) -> dict[str, int | str | None]:
    """enabled (0, 1, 2: locked), failure, pid (of the daemon; None: there is none), rate_limit (records a second), backlog_limit, lost, backlog (records that
    wait). :raises NotFoundError: the kernel has no auditing. :raises FaultError:"""

    def number(name: str) -> int:
        return dump.read_unsigned(dump.symbol(name, "").address, 4)

    failure = number("audit_failure")
    connection = dump.read_unsigned(dump.symbol("auditd_conn", "").address)
    pid: Any = dump.object("struct auditd_connection", connection).pid if connection else None
    return {
        "enabled": number("audit_enabled"), "failure": name_at(FAILURES, failure),
        "pid": pid_nr(pid) if pid else None, "rate_limit": number("audit_rate_limit"), "backlog_limit": number("audit_backlog_limit"),
        "lost": number("audit_lost"), "backlog": int(dump.object("struct sk_buff_head", dump.symbol("audit_queue", "").address).qlen),
    }  # fmt: skip


def rules(dump: Dump) -> Iterator[Rule | Error]:
    """The rules in the order in which auditctl lists them, and the errors met on the way. :raises NotFoundError: the kernel has no rules."""
    heads = dump.symbol("audit_rules_list", "")
    step = dump.type("struct list_head").size
    count = min(heads.size // step, len(LISTS)) or len(LISTS) - 1
    for number in range(count):
        head = heads.address + step * number
        for rule in caught(list_for_each_entry(dump, head, "struct audit_krule", "list", limit=MAX_RULES, what="a list of audit rules")):
            try:
                yield rule if isinstance(rule, Error) else _rule(dump, rule)
            except Error as error:
                yield error


def _rule(dump: Dump, rule: Any) -> Rule:
    action, kind = int(rule.action), int(rule.listnr)
    words = rule.mask
    calls = [32 * place + bit for place, word in enumerate(words) for bit in range(32) if word >> bit & 1]
    every = sum(word == 0xFFFF_FFFF for word in words) > len(words) // 2
    fields = [_field(rule, rule.fields[number]) for number in range(min(int(rule.field_count), MAX_FIELDS))]
    if rule.filterkey:
        fields.append(f"key={rule.filterkey}")
    return Rule(
        int(rule), name_at(LISTS, kind), name_at(ACTIONS, action), [] if every else calls, fields,
    )  # fmt: skip


def _field(rule: Any, field: Any) -> str:
    kind, operator = int(field.type), int(field.op)
    name = FIELDS.get(kind, f"field{kind}")
    value: object = int(field.val)
    if kind == 105 and rule.watch:
        value = str(rule.watch.path)
    elif kind == 107 and rule.tree:
        value = str(rule.tree.pathname)
    elif kind == 112 and rule.exe:
        value = str(rule.exe.path)
    elif kind in _TEXTS:
        value = str(field.lsm_str or "")
    elif kind == 106:
        value = "".join(letter for bit, letter in ((4, "r"), (2, "w"), (1, "x"), (8, "a")) if int(field.val) & bit)
    elif kind == 11:
        value = {0xC000003E: "b64", 0x40000003: "b32"}.get(int(field.val), f"{int(field.val):#x}")
    elif kind in (9, 109) and value == 0xFFFF_FFFF:
        value = "unset"
    return f"{name}{OPERATORS[operator] if operator < len(OPERATORS) else '?'}{value}"
