# SPDX-License-Identifier: GPL-2.0-or-later
"""nftables: tables, chains, rules and their expressions."""

from __future__ import annotations

from _pykd import Error, LimitError, MemberError, NotFoundError
from pykd.core.rows import Row, fault
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.lists.linked import list_for_each_entry
from pykd.kernel.net import nftexpressions
from pykd.kernel.net.netfilter import NFT_FAMILIES, Hook, generic, hook_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

LIMIT = 1 << 20
"""Tables, chains, rules"""
MAX_EXPRESSIONS = 128
"""NFT_RULE_MAXEXPRS"""
BASE_CHAIN = 1
"""NFT_CHAIN_BASE, of ``nft_chain.flags``: netfilter calls it"""
VERDICTS = {0: "drop", 1: "accept", 2: "stolen", 3: "queue", -1: "continue", -2: "break", -3: "jump", -4: "goto", -5: "return"}
"""NF_* and NFT_*"""


def is_there(dump: Dump) -> bool:
    """Whether the dump has nftables' types: the module is loaded, or built in."""
    return dump.find_type("struct", "nft_table") is not None


def pernet(dump: Dump, net: Any) -> tuple[int, int]:
    """(address of the list of tables, number of the generation that counts) of a ``struct net``; the address is 0 where there is none.

    0854db2aaef3 ("netfilter: nf_tables: use net_generic infra for transaction data") (in v5.13): the module's own data.
    """
    kinds = dump.type("struct netns_nftables")
    cursor = int(net.nft.gencursor) if kinds.member("gencursor") else 0
    if tables := kinds.member("tables"):
        return int(net.nft) + tables.offset, cursor
    own = generic(dump, net, "nf_tables_net_id")
    if own and (member := dump.type("struct nftables_pernet").member("gencursor")):
        cursor = dump.read_unsigned(own + member.offset, member.type.size)
    return own + dump.type("struct nftables_pernet").offset_of("tables") if own else 0, cursor


def _is_active(one: Any, cursor: int) -> bool:
    """A generation's bit is set in what is not in it."""
    return not one.genmask >> cursor & 1


def for_each_table(dump: Dump, net: Any) -> Iterator[tuple[Any, int]]:
    """(``struct nft_table``, the generation that counts) of each table of a ``struct net``. :raises FaultError, LimitError, NotFoundError:"""
    head, cursor = pernet(dump, net)
    for table in list_for_each_entry(dump, head, "struct nft_table", "list", limit=LIMIT) if head else ():
        if _is_active(table, cursor):
            yield table, cursor


def for_each_chain(dump: Dump, table: Any, cursor: int) -> Iterator[Any]:
    """Each ``struct nft_chain`` of a table. :raises FaultError, LimitError:"""
    head = int(table) + table.fieldOffset("chains")
    for chain in list_for_each_entry(dump, head, "struct nft_chain", "list", limit=LIMIT):
        if _is_active(chain, cursor):
            yield chain


def for_each_rule(dump: Dump, chain: Any, cursor: int) -> Iterator[Any]:
    """Each ``struct nft_rule`` of a chain. :raises FaultError, LimitError:"""
    head = int(chain) + chain.fieldOffset("rules")
    for rule in list_for_each_entry(dump, head, "struct nft_rule", "list", limit=LIMIT):
        if _is_active(rule, cursor):
            yield rule


def base_of(dump: Dump, chain: Any) -> Any:
    """The ``struct nft_base_chain`` around a chain that netfilter calls; None: only other chains lead to it. :raises FaultError:"""
    if not chain.flags & BASE_CHAIN:
        return None
    return dump.object("struct nft_base_chain", int(chain) - dump.type("struct nft_base_chain").offset_of("chain"))


def for_each_expression(dump: Dump, rule: Any) -> Iterator[Any]:
    """Each ``struct nft_expr`` of a rule, one behind the other in its data. :raises FaultError: :raises LimitError: they do not fill it."""
    at = int(rule) + rule.fieldOffset("data")
    end = at + int(rule.dlen)
    for _ in range(MAX_EXPRESSIONS):
        if at >= end:
            return
        expression: Any = dump.object("struct nft_expr", at)
        size = int(expression.ops.size)
        if size <= 0 or at + size > end:
            raise LimitError(f"an expression of the rule at {int(rule):#x} has {size} bytes")
        yield expression
        at += size


def expression_row(dump: Dump, expression: Any) -> Row:
    """name (``meta``, ``cmp``, ``counter`` …) of a ``struct nft_expr``; of a counter packets and bytes, of a verdict verdict and chain, of others
    does: :func:`pykd.kernel.net.nftexpressions.text`.

    :raises FaultError:
    """
    name = str(expression.ops.type.name)
    row: Row = {"name": name}
    data = int(expression) + expression.fieldOffset("data")
    if name == "counter" and dump.find_type("struct", "nft_counter_percpu_priv"):
        pointer = int(dump.object("struct nft_counter_percpu_priv", data).counter)
        row |= _counted(dump, pointer)
    elif name == "immediate" and dump.find_type("struct", "nft_immediate_expr"):
        immediate: Any = dump.object("struct nft_immediate_expr", data)
        # NFT_REG_VERDICT
        if immediate.dreg == 0:
            verdict = immediate.data.verdict
            # It is a u32 that holds an int.
            code = (int(verdict.code) + (1 << 31) & 0xFFFFFFFF) - (1 << 31)
            row["verdict"] = VERDICTS.get(code, str(code))
            if code in (-3, -4) and verdict.chain:
                row["chain"] = _text(verdict.chain.name)
        else:
            row["does"] = nftexpressions.constant(dump, immediate)
    else:
        try:
            does = nftexpressions.text(dump, expression)
        except (NotFoundError, MemberError):
            # Of what a module without types added, or one that was made anew, the name is all there is.
            does = None
        if does is not None:
            row["does"] = does
    return row


def _counted(dump: Dump, pointer: int) -> Row:
    kinds = dump.type("struct nft_counter")
    found = {"packets": 0, "bytes": 0}
    for cpu in cpus.possible(dump):
        at = cpus.address_on(pointer, cpu, dump)
        for key in found:
            found[key] += dump.read_unsigned(at + kinds.offset_of(key))
    return dict(found)


def _text(text: Any) -> str:
    return "" if text is None else str(text)


def rule_row(dump: Dump, rule: Any) -> Row:
    """rule (address), handle, expressions of a ``struct nft_rule``, as far as they can be read."""
    row: Row = {"rule": int(rule), "expressions": []}
    try:
        row["handle"] = int(rule.handle)
        for expression in for_each_expression(dump, rule):
            row["expressions"].append(expression_row(dump, expression))
    except Error as error:
        row["error"] = fault(error, partial=True)
    return row


def chain_row(dump: Dump, chain: Any, cursor: int) -> Row:
    """chain (address), name, handle, rules; of one that netfilter calls hook, priority, type, policy."""
    row: Row = {"chain": int(chain), "rules": []}
    try:
        row |= {"name": _text(chain.name), "handle": int(chain.handle)}
        base = base_of(dump, chain)
        if base is not None:
            family, policy = int(chain.table.family), int(base.policy)
            hook = Hook(family if family != 1 else 2, int(base.ops.hooknum), base.ops, 0, 0, "")
            row |= {"hook": hook_name(hook), "priority": int(base.ops.priority), "type": _text(base.type.name), "policy": VERDICTS.get(policy, str(policy))}
        for rule in caught(for_each_rule(dump, chain, cursor)):
            row["rules"].append({"error": fault(rule)} if isinstance(rule, Error) else rule_row(dump, rule))
    except Error as error:
        row["error"] = fault(error, partial=True)
    return row


def table_row(dump: Dump, table: Any, cursor: int) -> Row:
    """table (address), name, family, handle, chains of a ``struct nft_table``."""
    row: Row = {"nftable": int(table), "chains": []}
    try:
        family = int(table.family)
        row |= {"name": _text(table.name), "family": NFT_FAMILIES.get(family, str(family)), "handle": int(table.handle)}
        for chain in caught(for_each_chain(dump, table, cursor)):
            row["chains"].append({"error": fault(chain)} if isinstance(chain, Error) else chain_row(dump, chain, cursor))
    except Error as error:
        row["error"] = fault(error, partial=True)
    return row
