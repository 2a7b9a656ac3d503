# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of the machine: ``struct uts_namespace`` of each task, and the line that the kernel was started with."""

from __future__ import annotations

from pykd.core.errors import DAMAGE
from pykd.kernel.task import threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump, Struct

MAX_COMMAND_LINE = 1 << 16


def init_uts_ns(dump: Dump) -> Struct:
    """The ``struct uts_namespace`` that all have who made none of their own. :raises NotFoundError:"""
    namespace: Struct = dump.object("struct uts_namespace", dump.symbol("init_uts_ns", "").address)
    return namespace


def host_names(dump: Dump) -> set[str]:
    """``nodename`` and ``domainname`` (``char [65]`` of ``struct new_utsname``) of every UTS namespace that a task has, without ``(none)``.

    What of them cannot be read is not among them. :raises FaultError: of the first namespace.
    """
    names = _names(init_uts_ns(dump))
    seen = {0}
    for thread in threads.threads(dump):
        try:
            proxy = thread.nsproxy
            if int(proxy) not in seen:
                seen.add(int(proxy))
                names |= _names(proxy.uts_ns)
        except DAMAGE:
            continue
    return names - {"", "(none)", "localhost"}


def _names(space: Struct) -> set[str]:
    return {str(space.name.nodename), str(space.name.domainname)}


def command_line(dump: Dump) -> str:
    """``char *saved_command_line``: what the boot loader said. :raises FaultError: :raises NotFoundError:"""
    address = dump.read_unsigned(dump.symbol("saved_command_line", "").address)
    return dump.read_string(address, MAX_COMMAND_LINE).decode("utf-8", "backslashreplace").strip()
