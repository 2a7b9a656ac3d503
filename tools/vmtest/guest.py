# SPDX-License-Identifier: GPL-2.0-or-later
"""What boots: the guest program, the initramfs around it, and the file systems it mounts."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import packages
from architectures import ARCHITECTURES, Architecture
from initramfs import Archive, Modules, add_program

SOURCE = Path(__file__).resolve().parent / "guest"

# Modules of the crash kernel, which only has to reach a virtio disk.
SAVE_MODULES = ("virtio_pci", "virtio_ccw", "virtio_blk")

# Modules by part of the workload; "name parameters" inserts with parameters. Names a kernel has
# built in, or does not have, are passed over.
MODULES = {
    "base": ("qemu_fw_cfg", "virtio_pci", "virtio_ccw", "virtio_blk"),
    "storage": ("autofs4", "fuse", "crc32c_generic", "libcrc32c", "ext4", "overlay", "loop max_loop=4", "dm_mod", "dm_crypt",
                "sd_mod", "scsi_debug dev_size_mb=16 num_tgts=3"),
    "disks": ("xfs", "xxhash_generic", "blake2b_generic", "btrfs", "nvme", "virtio_scsi", "sr_mod", "sg", "null_blk nr_devices=2 gb=1",
              "dm_multipath", "dm_round_robin", "dm_snapshot", "dm_thin_pool", "md_mod", "raid1", "raid0"),
    "network": ("dummy numdummies=0", "bridge", "veth", "8021q", "ipv6", "af_packet", "inet_diag",
                "tcp_diag", "udp_diag", "unix_diag", "netlink_diag", "af_packet_diag", "raw_diag"),
    "net": ("bonding max_bonds=0", "macvlan", "vxlan", "tun", "sch_htb", "sch_fq_codel", "sch_netem",
            "nf_tables", "nft_ct", "nft_counter", "nft_objref", "nft_log", "nft_nat", "nft_chain_nat", "nft_masq", "nf_conntrack",
            "virtio_net", "e1000", "sctp"),
    "user": ("zram num_devices=1", "irqbypass", "kvm", "kvm_amd", "vhost_net", "tun"),
    "nfs": ("nfsd", "nfs", "nfsv4", "auth_rpcgss"),
    # Two paths to each disk of scsi_debug; nobody gives up what the host or a delay keeps in flight.
    "volumes": ("loop max_loop=24", "scsi_debug dev_size_mb=16 num_tgts=5 add_host=2 vpd_use_hostno=0", "nvme_core io_timeout=3600", "nvme", "virtio_scsi",
                "sg", "null_blk nr_devices=2 gb=1", "dm_multipath", "dm_round_robin", "dm_service_time", "dm_queue_length", "dm_snapshot", "dm_thin_pool",
                "dm_mirror", "dm_raid", "dm_zero", "dm_delay", "dm_flakey", "aes_generic", "xts", "ecb", "md_mod", "raid1", "raid0", "raid456",
                "veth", "fcoe", "megaraid_sas"),
    "traffic": ("sctp", "sctp_diag", "nf_conntrack_netlink", "nft_limit", "nft_quota", "nft_reject", "nft_reject_inet", "nft_redir", "nft_fib", "nft_fib_inet",
                "nft_numgen", "nft_hash", "nft_queue", "nft_socket", "nft_connlimit", "nft_dup_netdev", "nft_fwd_netdev", "nft_compat", "nft_osf",
                "nft_set_hash", "nft_set_rbtree", "nft_objref", "xt_tcpudp", "xt_conntrack", "xt_comment", "xt_multiport", "xt_MASQUERADE", "xt_nat",
                "xt_mark", "xt_LOG", "xt_limit", "ipt_REJECT", "iptable_filter", "iptable_mangle", "nf_log_syslog", "nf_log_ipv4",
                "sch_tbf", "sch_prio", "sch_sfq", "sch_red", "sch_fq", "sch_ingress", "cls_u32", "ipvlan"),
    "exports": ("nfsd", "nfs", "nfsv3", "nfsv4", "auth_rpcgss", "lockd nlm_grace_period=1"),
    "cause": ("crc32c_generic", "libcrc32c", "ext4", "dm_mod"),
    "loop": ("loop max_loop=4",),
    "raid": ("loop max_loop=4", "md_mod", "raid1"),
    "thin": ("dm_thin_pool",),
    "conntrack": ("nf_tables", "nft_ct", "nf_conntrack"),
    "scsi": ("sd_mod", "scsi_debug dev_size_mb=16"),
    "fuse": ("fuse",),
    "traces": ("crc32c_generic", "libcrc32c", "ext4"),
}
# What the part "small" spares: large modules of which a file of the part "user" would be.
SPARED = ("kvm", "kvm_amd", "vhost_net", "tun")
# Modules of parts that are not inserted at boot.
LATE = {"cause": ("dm_delay",)}

# Programs of the guest beside busybox: program -> Debian package.
PROGRAMS = {
    "ip": "iproute2", "ss": "iproute2", "tc": "iproute2", "dmsetup": "dmsetup", "mdadm": "mdadm",
    "nft": "nftables", "mke2fs": "e2fsprogs", "exportfs": "nfs-kernel-server",
    "rpc.nfsd": "nfs-kernel-server", "rpc.mountd": "nfs-kernel-server", "mount.nfs": "nfs-common",
}
# Those of the parts of guest/data.
DATA = {"volumes", "traffic", "exports"}
DATA_PROGRAMS = {
    "lvm": "lvm2", "xtables-nft-multi": "iptables", "xtables-legacy-multi": "iptables",
    "conntrack": "conntrack", "rpcbind": "rpcbind", "rpc.statd": "nfs-common",
}
# What iptables loads for each match and target.
PLUGINS = "usr/lib/{triplet}/xtables"
# And where ftrace and the journal are looked at.
JOURNALD = {"systemd-journald": "systemd"}
TOOLS_SUITE = "trixie"
TOOLS = ("busybox-static", "btrfs-progs", "xfsprogs", *sorted({*PROGRAMS.values(), *DATA_PROGRAMS.values(), *JOURNALD.values()}))
AMD64 = ARCHITECTURES["amd64"]

NFT_RULES = """\
table inet filter {
	counter seen { }
	set ports { type inet_service; elements = { 22, 80 } }
	chain input {
		type filter hook input priority 0; policy accept;
		ct state established counter accept
		tcp dport @ports counter name seen drop
	}
}
table ip nat {
	chain post { type nat hook postrouting priority 100; ip saddr 10.77.0.0/24 masquerade; }
}
"""


def tools(cache: Path, architecture: Architecture = AMD64) -> Path:
    """The unpacked tree with the guest's programs; that of amd64 has the host's mkfs too."""
    folder = "tools" if architecture == AMD64 else f"tools-{architecture.debian}"
    return packages.Apt(cache, TOOLS_SUITE, architecture.debian).tree(cache / folder, *TOOLS)


def digest() -> str:
    """A hash of everything here that ends up in a guest."""
    content = hashlib.sha256()
    for path in (*sorted(SOURCE.iterdir()), Path(__file__), Path(__file__).with_name("initramfs.py")):
        if path.is_file():
            content.update(path.name.encode() + path.read_bytes())
    return content.hexdigest()


def program(cache: Path, architecture: Architecture = AMD64) -> bytes:
    """The static guest program, compiled when its sources changed."""
    sources = sorted(SOURCE.glob("*.c"))
    key = hashlib.sha256(b"".join(p.read_bytes() for p in [*sources, SOURCE / "guest.h"])).hexdigest()
    out = cache / "guest" / f"{key[:16]}-{architecture.debian}"
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = out.with_suffix(".new")
        subprocess.run([architecture.compiler, "-std=gnu17", "-static", "-O2", "-Wall", "-Wextra", "-Wno-unused-result", "-o",
                        str(scratch), *map(str, sources), "-lpthread", "-lrt"], check=True)
        scratch.rename(out)
    return out.read_bytes()


def _start(cache: Path, architecture: Architecture, modules: Path, wanted: list[str]) -> Archive:
    archive = Archive()
    archive.device("dev/console", 5, 1)
    archive.file("init", (SOURCE / "init").read_bytes())
    archive.file("bin/busybox", (tools(cache, architecture) / "usr/bin/busybox").read_bytes())
    archive.link("bin/sh", "busybox")
    archive.file("bin/guest", program(cache, architecture))
    parameters = dict(w.replace("-", "_").partition(" ")[::2] for w in wanted)
    lines = []
    for name, data in Modules(modules).load_order(parameters).items():
        archive.file(f"modules/{name}.ko", data, 0o644)
        lines.append(f"/modules/{name}.ko {parameters.get(name, '')}".rstrip())
    archive.file("modules.list", ("\n".join(lines) + "\n").encode(), 0o644)
    return archive


def initrd(cache: Path, architecture: Architecture, modules: Path, vmlinuz: Path | None, parts: tuple[str, ...],
           own_modules: list[Path]) -> bytes:
    """The initramfs; with ``vmlinuz`` it arms that as the crash kernel. ``own_modules`` are not loaded at boot, nor those of LATE."""
    wanted = [m for part in ("base", *parts) for m in MODULES.get(part, ()) if "small" not in parts or m not in SPARED]
    archive = _start(cache, architecture, modules, wanted)
    if vmlinuz:
        archive.file("vmlinuz", vmlinuz.read_bytes(), 0o644)
        archive.file("save.cpio", _start(cache, architecture, modules, list(SAVE_MODULES)).bytes(), 0o644)
        if architecture != AMD64:
            # Debian's kernels of other machines have no kexec_file_load(2).
            tree = packages.Apt(cache, TOOLS_SUITE, architecture.debian).tree(cache / f"kexec-{architecture.debian}", "kexec-tools")
            add_program(archive, tree, architecture, "kexec")
    for part, name in (("cause", "causes"), ("traces", "traces")):
        if part in parts:
            archive.file(name, (SOURCE / name).read_bytes(), 0o644)
    late = [m for part in parts for m in LATE.get(part, ())]
    for number, (name, data) in enumerate(Modules(modules).load_order(late).items()):
        archive.file(f"late/{number:02}-{name}.ko", data, 0o644)
    for path in own_modules:
        archive.file(f"own/{path.name}", path.read_bytes(), 0o644)
    for name in PROGRAMS if {"storage", "network", "cause", "user", *DATA} & set(parts) else ():
        add_program(archive, tools(cache, architecture), architecture, name)
    if DATA & set(parts):
        archive.file("data", (SOURCE / "data").read_bytes(), 0o644)
        for name in DATA_PROGRAMS:
            add_program(archive, tools(cache, architecture), architecture, name)
        plugins = PLUGINS.format(triplet=architecture.triplet)
        for path in sorted((tools(cache, architecture) / plugins).glob("lib*.so")):
            archive.file(f"{plugins}/{path.name}", path.read_bytes())
    for name in JOURNALD if "traces" in parts else ():
        add_program(archive, tools(cache, architecture), architecture, name)
    archive.file("etc/nft.rules", NFT_RULES.encode(), 0o644)
    archive.file("etc/passwd", b"root:x:0:0:root:/:/bin/sh\nuser:x:1000:1001:user:/:/bin/sh\n_rpc:x:0:0:rpcbind:/:/bin/sh\n", 0o644)
    # rpcbind asks for its port by the name portmapper, and for its user.
    archive.file("etc/services", b"nfs 2049/tcp\nnfs 2049/udp\nsunrpc 111/tcp portmapper\nsunrpc 111/udp portmapper\n", 0o644)
    archive.file("etc/netconfig", b"tcp tpi_cots_ord v inet tcp - -\ntcp6 tpi_cots_ord v inet6 tcp - -\n", 0o644)
    return archive.bytes()


def file_system(cache: Path, kind: str, path: Path) -> Path:
    """A fresh, sparse ``kind`` file system in the file ``path``."""
    sizes = {"ext4": 64 << 20, "xfs": 320 << 20, "btrfs": 128 << 20}
    with path.open("wb") as out:
        out.truncate(sizes[kind])
    argv = packages.command(tools(cache), f"mkfs.{kind}")
    # Linux 5.10 does not know this feature of XFS (v5.19).
    quiet = ["-i", "nrext64=0"] if kind == "xfs" else ["-q"]
    done = subprocess.run([*argv, *quiet, str(path)], capture_output=True, text=True, check=False,
                          env={"MKE2FS_CONFIG": "/dev/null", "PATH": "/usr/bin:/bin"})
    if done.returncode:
        raise packages.PackageError(f"mkfs.{kind}: {done.stderr.strip()}")
    return path
