# SPDX-License-Identifier: GPL-2.0-or-later
"""NFS mounts and RPC: :mod:`pykd.kernel.fs.nfs` and :mod:`pykd.kernel.net.sunrpc` under PyKdump's names."""

from __future__ import annotations

import pykd
from LinuxDump import inet
from LinuxDump.fs import getMount
from pykd.kernel.fs import nfs
from pykd.kernel.net import sunrpc
from pykdump import API
from pykdump.dlkmload import lsModules
from pykdump.Generic import dbits2str
from pykdump.highlevel import container_of, pylog, readSU, struct_exists, structSetAttr
from pykdump.memocaches import CU_LIVE, memoize_cond
from pykdump.tparser import CDefine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NFS_flags = CDefine({f"NFS_MOUNT_{name}": 1 << bit for bit, name in enumerate(nfs.FLAGS)})
_CAPABILITIES = {"READDIRPLUS": 0, "HARDLINKS": 1, "SYMLINKS": 2, "ACLS": 3, "ATOMIC_OPEN": 4}
NFS_caps = CDefine({f"NFS_CAP_{name}": 1 << bit for name, bit in _CAPABILITIES.items()})
RPC_flags = CDefine({f"RPC_TASK_{name}": bit for bit, name in sunrpc.TASK_FLAGS})
_INODE_BITS = {"STALE": 0, "ADVISE_RDPLUS": 1, "REVALIDATING": 2, "INVALID_ATTR": 3, "INVALID_DATA": 4, "INVALID_ATIME": 5}
NFS_INO = CDefine({f"NFS_INO_{name}": 1 << bit for name, bit in _INODE_BITS.items()})


@memoize_cond(CU_LIVE)
def is_NFSD() -> bool:
    """Whether the module of the NFS server is loaded."""
    return "nfsd" in lsModules()


def init_Structures() -> None:
    """Give the structs of NFS and RPC the attributes that programs expect."""
    load_Structures()
    finalize_Structures()


def load_Structures() -> None:
    """Types come with the dump: there is nothing to load."""


def finalize_Structures() -> None:
    for name, attribute, places in _ATTRIBUTES:
        if struct_exists(name):
            structSetAttr(name, attribute, list(places))


# (struct, attribute, where it is, the newest place first)
_ATTRIBUTES = (
    ("struct rpc_task", "P_name", ("tk_msg.rpc_proc.p_name",)),
    ("struct rpc_task", "P_proc", ("tk_msg.rpc_proc.p_proc",)),
    ("struct rpc_task", "CL_procinfo", ("tk_client.cl_procinfo",)),
    ("struct rpc_task", "CL_vers", ("tk_client.cl_vers",)),
    ("struct rpc_task", "CL_prog", ("tk_client.cl_prog",)),
    ("struct file_lock", "Inode", ("c.flc_file.f_inode", "fl_file.f_inode")),
    ("struct file", "Dentry", ("f_path.dentry",)),
    ("struct file", "Mnt", ("f_path.mnt",)),
    ("struct nfs_server", "Hostname", ("nfs_client.cl_hostname",)),
    ("struct nfs_server", "Rpccl", ("client",)),
    ("struct svc_sock", "SockList", ("sk_xprt.xpt_list",)),
)


@memoize_cond(CU_LIVE)
def get_nfs_mounts() -> list[tuple[str, Any, str]]:
    """(host, ``struct nfs_server``, directory) of each NFS mount that PID 1 sees."""
    found = []
    for _, superblock, kind, _, directory in getMount():
        if kind in nfs.TYPES:
            try:
                server = NFS_SB(readSU("struct super_block", superblock))
                found.append((server.nfs_client.cl_hostname, server, directory))
            except pykd.Error as error:
                pylog.warning(f"the NFS mount {directory} cannot be read: {error}")
    return found


def if_loopback_NFS() -> bool:
    """Whether the host mounts what it exports itself."""
    from LinuxDump.inet.netdevice import get_host_IPs

    own, own6 = get_host_IPs()
    for host, server, _ in get_nfs_mounts():
        address = int(server.nfs_client) + server.nfs_client.fieldOffset("cl_addr")
        text, _ = nfs.socket_address(pykd.current(), address)
        print(host, text)
        if text in own or text in own6:
            return True
    return False


def print_nfs_inode(inode: Any) -> None:
    """Print the ``struct nfs_inode`` around an inode, with its flags."""
    found = container_of(inode, "struct nfs_inode", "vfs_inode")
    print(found, dbits2str(found.flags, NFS_INO, 4))


def NFS_SB(superblock: Any) -> Any:
    """The ``struct nfs_server`` of a ``struct super_block``."""
    return readSU("struct nfs_server", superblock.s_fs_info)


def NFS_SERVER(inode: Any) -> Any:
    """The ``struct nfs_server`` of an inode."""
    return NFS_SB(inode.i_sb)


init_Structures()

__all__ = [
    "NFS_INO", "NFS_SB", "NFS_SERVER", "NFS_caps", "NFS_flags", "RPC_flags", "finalize_Structures", "getMount", "get_nfs_mounts", "if_loopback_NFS",
    "init_Structures", "is_NFSD", "load_Structures", "print_nfs_inode",
]  # fmt: skip
__all__ += API.hand_on(globals())
globals().update({name: getattr(inet, name) for name in inet.__all__ if name not in globals()})
__all__ += [name for name in inet.__all__ if name not in __all__]
