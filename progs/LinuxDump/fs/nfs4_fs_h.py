# SPDX-License-Identifier: GPL-2.0-or-later
"""NFSv4 state of a client, printed: leases, owners, open files, delegations. :mod:`pykd.kernel.fs.nfs` under PyKdump's names."""

from __future__ import annotations

import textwrap

import pykd
from LinuxDump import trees
from pykd.core.walk import caught
from pykd.kernel import timekeeping
from pykd.kernel.fs import nfs
from pykdump import API
from pykdump.highlevel import pylog, readSU
from pykdump.tparser import CDefine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NFS4_CLIENT_STATE = CDefine({f"NFS4CLNT_{name}": bit for bit, name in enumerate(nfs.CLIENT_STATES)})
SERVER_CAPABILITIES = CDefine({name: bit for bit, name in nfs.CAPABILITIES.items()})
_DELEGATION = (
    "NEED_RECLAIM", "RETURN", "RETURN_IF_CLOSED", "REFERENCED", "RETURNING", "REVOKED", "TEST_EXPIRED", "INODE_FREEING", "RETURN_DELAYED",
)  # fmt: skip
NFS_DELEGATION_FLAGS = CDefine({f"NFS_DELEGATION_{name}": bit for bit, name in enumerate(_DELEGATION)})
NFS4_STATE_OWNER_FLAGS = CDefine({"NFS_OWNER_RECLAIM_REBOOT": 0, "NFS_OWNER_RECLAIM_NOGRACE": 1})
_STATE = (
    "LK_STATE_IN_USE", "NFS_DELEGATED_STATE", "NFS_OPEN_STATE", "NFS_O_RDONLY_STATE", "NFS_O_WRONLY_STATE", "NFS_O_RDWR_STATE",
    "NFS_STATE_RECLAIM_REBOOT", "NFS_STATE_RECLAIM_NOGRACE", "NFS_STATE_POSIX_LOCKS", "NFS_STATE_RECOVERY_FAILED", "NFS_STATE_MAY_NOTIFY_LOCK",
    "NFS_STATE_CHANGE_WAIT", "NFS_CLNT_DST_SSC_COPY_STATE",
)  # fmt: skip
NFS4_STATE_FLAGS = CDefine({name: bit for bit, name in enumerate(_STATE)})


def _names(enumerator: str, value: int, known: dict[str, int]) -> str:
    """The dump's own names, and where it has none those of v5.10."""
    fallback = {bit: name for name, bit in known.items()}
    words = nfs.bit_names(pykd.current(), enumerator, int(value), "bit ")
    return " ".join(fallback.get(int(word[4:]), word) if word.startswith("bit ") else word for word in words)


class nfs_client:
    """A ``struct nfs_client``: what this host is to a server."""

    def __init__(self, client: int) -> None:
        self.client: Any = readSU("struct nfs_client", client)

    def state_info(self) -> None:
        print("NFS4 state information:")
        print(f"- cl_state={self.client.cl_state:#x} {_names('NFS4CLNT_CHECK_LEASE', self.client.cl_state, NFS4_CLIENT_STATE)}".rstrip())

    def lease_info(self) -> None:
        """When the lease was last renewed, and whether it still holds."""
        dump = pykd.current()
        hz = timekeeping.hz(dump)
        jiffies = timekeeping.jiffies(dump)
        lease, ago = self.client.cl_lease_time / hz, (jiffies - self.client.cl_last_renewal) / hz
        print("NFS4 lease information:")
        print(f"- cl_lease_time = {self.client.cl_lease_time} ({lease:.0f} seconds), ", end="")
        print(f"cl_last_renewal = {self.client.cl_last_renewal} ({ago:.0f} seconds ago)")
        print("- NFS4 lease is _NOT_ expired" if ago < lease else "- NFS4 lease appears expired!")

    def print_verbose(self) -> None:
        print(f"(struct nfs_client *){int(self.client):#x}")
        self.state_info()
        self.lease_info()


class nfs_delegation:
    """A ``struct nfs_delegation``: a file that the server lets this host decide about."""

    def __init__(self, delegation: int) -> None:
        self.delegation: Any = readSU("struct nfs_delegation", delegation)

    def print_flags(self) -> None:
        flags = self.delegation.flags
        print(f"- flags={flags:#x} {_names('NFS_DELEGATION_NEED_RECLAIM', flags, NFS_DELEGATION_FLAGS)}".rstrip())

    def print_type(self) -> None:
        kind = int(self.delegation.type)
        words = [name for name, bit in (("FMODE_READ", nfs.FMODE_READ), ("FMODE_WRITE", nfs.FMODE_WRITE)) if kind & bit]
        print(f"- type={kind:#x} {' '.join(words)}".rstrip())

    def print_verbose(self) -> None:
        print(f"(struct nfs_delegation *){int(self.delegation):#x}")
        print(f"- inode = {int(self.delegation.inode):#x}")
        self.print_type()
        self.print_flags()


class nfs4_state:
    """A ``struct nfs4_state``: a file that an owner has open."""

    def __init__(self, state: int) -> None:
        self.state: Any = readSU("struct nfs4_state", state)

    def print_flags(self) -> None:
        print(f"- flags={self.state.flags:#x} {_names('NFS_DELEGATED_STATE', self.state.flags, NFS4_STATE_FLAGS)}".rstrip())

    def print_openmodes(self) -> None:
        print(f"- n_rdonly: {self.state.n_rdonly} n_wronly: {self.state.n_wronly} n_rdwr: {self.state.n_rdwr}")

    def print_verbose(self) -> None:
        print(f"(struct nfs4_state *){int(self.state):#x}")
        self.print_flags()
        self.print_openmodes()


class nfs4_state_owner:
    """A ``struct nfs4_state_owner``: a user who has files open."""

    def __init__(self, so: int) -> None:
        self.so: Any = readSU("struct nfs4_state_owner", so)

    def print_state(self) -> None:
        print(f"- so_flags = {self.so.so_flags:#x} {_names('NFS_OWNER_RECLAIM_REBOOT', self.so.so_flags, NFS4_STATE_OWNER_FLAGS)}".rstrip())

    def print_nfs4_states(self) -> None:
        print("nfs4_state_owner.so_states list:")
        for state in caught(nfs.for_each_open_state(pykd.current(), self.so)):
            if isinstance(state, pykd.Error):
                pylog.warning(f"states of {self.so} cannot be read: {state}")
            else:
                nfs4_state(int(state)).print_verbose()

    def print_verbose(self) -> None:
        print(f"(struct nfs4_state_owner *){int(self.so):#x}")
        self.print_state()
        self.print_nfs4_states()


class nfs_server:
    """A ``struct nfs_server``: a file system of a server that is mounted."""

    def __init__(self, server: int) -> None:
        self.server: Any = readSU("struct nfs_server", server)

    def print_capabilities(self) -> None:
        caps = int(self.server.caps)
        words = [f"- caps (capabilities) = {caps:#x}", *nfs.capability_names(caps)]
        print(textwrap.fill(" ".join(words), initial_indent="", subsequent_indent="       "))

    def print_state_owners(self) -> None:
        print("nfs_server.state_owners list:")
        for owner in caught(nfs.for_each_state_owner(pykd.current(), self.server)):
            if isinstance(owner, pykd.Error):
                pylog.warning(f"owners of {self.server} cannot be read: {owner}")
            else:
                nfs4_state_owner(int(owner)).print_verbose()

    def print_delegations(self) -> None:
        print("nfs_server.delegations list:")
        for delegation in caught(nfs.for_each_delegation(pykd.current(), self.server)):
            if isinstance(delegation, pykd.Error):
                pylog.warning(f"delegations of {self.server} cannot be read: {delegation}")
            else:
                nfs_delegation(int(delegation)).print_verbose()

    def print_verbose(self, with_open_owners: Any, with_lock_owners: Any, with_delegations: Any) -> None:
        server = self.server
        print(f"(struct nfs_server *){int(server):#x}")
        print(f"- rsize = {server.rsize}, rpages = {server.rpages}")
        print(f"- wsize = {server.wsize}, wpages = {server.wpages}")
        print(f"- wtmult (server disk block size) = {server.wtmult}, bsize (server block size) = {server.bsize}")
        print(f"- dtsize (readdir size) = {server.dtsize}")
        print(f"- acregmin = {server.acregmin}, acregmax = {server.acregmax}, acdirmin = {server.acdirmin}, acdirmax = {server.acdirmax}")
        self.print_capabilities()
        if with_open_owners:
            self.print_state_owners()
        if with_delegations:
            self.print_delegations()


def auto_int(x: str) -> int:
    return int(x, 0)


__all__ = [
    "NFS4_CLIENT_STATE", "NFS4_STATE_FLAGS", "NFS4_STATE_OWNER_FLAGS", "NFS_DELEGATION_FLAGS", "SERVER_CAPABILITIES", "auto_int", "nfs4_state",
    "nfs4_state_owner", "nfs_client", "nfs_delegation", "nfs_server",
]  # fmt: skip
__all__ += API.hand_on(globals())
globals().update({name: getattr(trees, name) for name in trees.__all__ if name not in globals()})
__all__ += [name for name in trees.__all__ if name not in __all__]
