# SPDX-License-Identifier: GPL-2.0-or-later
"""The trie of routes of Linux 4.2 and later under PyKdump's names: :func:`pykd.kernel.net.routes.for_each_leaf`."""

from __future__ import annotations

import pykd
from LinuxDump.inet import htonl, routing
from pykd.core.walk import caught
from pykd.kernel.lists.linked import hlist_for_each_entry
from pykd.kernel.net import routes
from pykdump import API
from pykdump.API import API_options
from pykdump.highlevel import container_of, pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pykdump.Generic import Bunch

debug: Any = API_options.debug
KEYLENGTH = routes.KEY_BITS
KEY_MAX = -1


def IS_TRIE(n: Any) -> bool:
    """Is a ``struct key_vector`` the root?"""
    return bool(n.pos >= KEYLENGTH)


def IS_TNODE(n: Any) -> int:
    return int(n.bits)


def IS_LEAF(n: Any) -> bool:
    return not n.bits


def get_index(key: int, kv: Any) -> int:
    """Which child of a ``struct key_vector`` a key lies below; more than it has: below none."""
    return 0 if kv.pos == KEYLENGTH else int((key ^ kv.key) >> kv.pos)


def get_child_rcu(tn: Any, i: int) -> Any:
    """Child *i* of a ``struct key_vector``, 0 if it has none."""
    dump = pykd.current()
    address = dump.read_unsigned(int(tn) + tn.fieldOffset("tnode") + 8 * i)
    return dump.object("struct key_vector", address)


def tn_info(kv: Any) -> Any:
    """The ``struct tnode`` around a ``struct key_vector``."""
    return container_of(kv, "struct tnode", "kv")


def node_parent_rcu(tn: Any) -> Any:
    return tn_info(tn).parent


def leaf_walk(tn: Any) -> Iterator[Any]:
    """Each leaf of the trie whose root is a ``struct key_vector``, in ascending order."""
    key = 0
    while key < 1 << KEYLENGTH:
        leaf, tn = leaf_walk_rcu(tn, key)
        if not leaf:
            return
        yield leaf
        key = int(leaf.key) + 1


def leaf_walk_rcu(tn: Any, key: int) -> tuple[Any, Any]:
    """(the first leaf at *key* or behind it, the node it hangs from), from the node *tn* or its parents; (None, the root) if there is none."""
    root = tn
    for _ in range(KEYLENGTH + 1):
        if IS_TRIE(root):
            break
        root = node_parent_rcu(root)
    stack = [(root, get_child_rcu(root, 0))]
    while stack:
        parent, node = stack.pop()
        if not node:
            continue
        if IS_LEAF(node):
            if node.key >= key:
                return node, parent
            continue
        # what lies below it ends with the ones of all its bits
        if node.key | (1 << min(node.pos + node.bits, KEYLENGTH)) - 1 >= key and node.bits <= routes.MAX_BITS:
            stack += [(node, get_child_rcu(node, i)) for i in range((1 << node.bits) - 1, -1, -1)]
    return None, root


def process_one_kv(kv: Any) -> Iterator[Bunch]:
    """The routes at a leaf, as :func:`LinuxDump.inet.routing.entry` makes them."""
    dump = pykd.current()
    for alias in caught(hlist_for_each_entry(dump, int(kv) + kv.fieldOffset("leaf"), "struct fib_alias", "fa_list")):
        if isinstance(alias, pykd.Error):
            pylog.error(alias)
            continue
        yield routing.entry(dump, routes.Route(alias, alias.fa_info, int(kv.key), KEYLENGTH - int(alias.fa_slen), int(alias.fa_type)))


def get_fib_entries_v40(table: Any) -> Iterator[Bunch]:
    """Each route of a ``struct fib_table``."""
    return routing.get_fib_entries(table)


def fib_table_dump(tb: Any) -> None:
    """Print all routes of a ``struct fib_table``."""
    print(pykd.current().object("struct trie", int(tb.tb_data)))
    dump = pykd.current()
    for leaf in routes.for_each_leaf(dump, tb):
        if isinstance(leaf, pykd.Error):
            pylog.error(leaf)
        else:
            routing.do_fib_print(process_one_kv(leaf))


__all__ = [
    "IS_LEAF", "IS_TNODE", "IS_TRIE", "KEYLENGTH", "KEY_MAX", "debug", "fib_table_dump", "get_child_rcu", "get_fib_entries_v40", "get_index",
    "htonl", "leaf_walk", "leaf_walk_rcu", "node_parent_rcu", "process_one_kv", "tn_info",
]  # fmt: skip
__all__ += API.hand_on(globals())
