# SPDX-License-Identifier: GPL-2.0-or-later
"""Netfilter under PyKdump's names: :mod:`pykd.kernel.net.netfilter`, ``nftables``, ``conntrack``."""

from __future__ import annotations

import pprint

import pykd
from LinuxDump.inet import get_ns_net
from pykd.kernel.net import netfilter
from pykd.kernel.net.show.netfilter import hook_lines, hook_rows
from pykdump import API
from pykdump.tparser import CDefine

NF_HOOKS = CDefine({f"NF_IP_{name}": number for number, name in enumerate(netfilter.INET_HOOKS[:5])})
pp = pprint.PrettyPrinter(indent=4)


def nf() -> None:
    """Print the hooks of the namespace."""
    for line in hook_lines(hook_rows(pykd.current(), get_ns_net())):
        print(line)


__all__ = ["NF_HOOKS", "nf", "pp"]
__all__ += API.hand_on(globals())
