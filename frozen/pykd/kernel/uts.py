# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of the machine: ``struct uts_namespace`` of each task, and the line that the kernel was started with."""

from __future__ import annotations

from _pykd import Error
from pykd.core.errors import DAMAGE
from pykd.kernel.task import threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump, Struct

MAX_COMMAND_LINE = 1 << 16


def host_names(dump: Dump) -> set[str]:
    """``nodename`` and ``domainname`` (``char [65]`` of ``struct new_utsname``) of every UTS namespace that a task has, without ``(none)``.

    What of them cannot be read is not among them. :raises FaultError: of the first namespace.
    """
    first: Struct = dump.object("struct uts_namespace", dump.symbol("init_uts_ns", "").address)
    names = {str(first.name.nodename), str(first.name.domainname)}
    seen = {0, int(first)}
    proxies = {0}
    for thread in threads.threads(dump):
        try:
            proxy = dump.object("struct task_struct", int(thread)).nsproxy
            if int(proxy) in proxies:
                continue
            proxies.add(int(proxy))
            space = proxy.uts_ns
            if int(space) not in seen:
                seen.add(int(space))
                names |= {str(space.name.nodename), str(space.name.domainname)}
        except (Error, *DAMAGE):
            continue
    return names - {"", "(none)", "localhost"}


def command_line(dump: Dump) -> str:
    """``char *saved_command_line``: what the boot loader said. :raises FaultError: :raises NotFoundError:"""
    address = dump.read_unsigned(dump.symbol("saved_command_line", "").address)
    return dump.read_string(address, MAX_COMMAND_LINE).decode("utf-8", "backslashreplace").strip()
