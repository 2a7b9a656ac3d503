# SPDX-License-Identifier: GPL-2.0-or-later
"""The runs of the bench: which kernel, which machine, which workload, how it dies, which files come of it.

Adding one is one line in VARIANTS. A few variants, not the product of all.
"""

from __future__ import annotations

from dataclasses import dataclass

import formats

BASIC = ("states", "locks", "sockets", "ipc", "timers", "hugepages", "storage", "network", "cgroups")
FULL = (*BASIC, "disks", "net", "nfs", "busy", "kernel")
DATA = ("storage", "network", "net", "sockets", "sctp", "volumes", "traffic", "exports")
OTHERS = tuple(part for part in BASIC if part != "hugepages")
SMALL = ("states", "locks", "sockets", "small")
BUSY = ("storage", "cgroups", "nfs", "hugepages", "user", "small")
TRACES = ("traces",)
OWNERS = "page_owner=on slub_debug=U,kmalloc-96,filp kfence.sample_interval=20"
"""What the kernel is to note of allocations"""

# Files made of one crash (formats.py says how).
ONE = ("zstd",)
WHOLE = ("zlib", "lzo", "zstd", "snappy", "elf", "flat", "split", "d0", "d1", "d17", "raw")
EVERY = (*WHOLE, *(f"{name}-cut" for name in WHOLE), "zstd-short", "elf-short", "flat-short", "split-lost")
_QEMU = ("qemu-elf", "qemu-elf-paging", "qemu-zlib", "qemu-lzo", "qemu-snappy")
QEMU = (*_QEMU, *(f"{name}-cut" for name in _QEMU))

WITHOUT_TRACEFS = "initcall_blacklist=event_trace_init,tracer_init_tracefs"

# What makes an emulated machine with much to do faster.
BRISK = "loglevel=4 mitigations=off tsc=reliable"
FIVE_LEVELS = "max,la57=on"


@dataclass(frozen=True)
class Variant:
    """One run of a guest. ``crash`` is a kind of guest/crash.c; ``none`` is dumped by QEMU while it runs."""

    name: str
    kernel: str
    parts: tuple[str, ...] = BASIC
    crash: str = "sysrq"
    files: tuple[str, ...] = ONE
    cpus: int = 2
    memory: int = 768
    reserved: int = 192
    cpu_model: str = ""
    """Another CPU than the machine's usual one (architectures.py)"""
    cmdline: str = ""
    options: tuple[str, ...] = ()
    default: bool = False

    @property
    def by_qemu(self) -> bool:
        """Whether QEMU writes the dumps, not a crash kernel: of a guest that runs, or that stands still after its panic."""
        return self.crash == "none" or all(name in formats.QEMU for name in self.files)


_NOTE = ("-device", "vmcoreinfo")
_NUMA = ("-object", "memory-backend-ram,id=m0,size=512M", "-object", "memory-backend-ram,id=m1,size=512M",
         "-numa", "node,nodeid=0,cpus=0-1,memdev=m0", "-numa", "node,nodeid=1,cpus=2-3,memdev=m1")
_HOTPLUG = ("-m", "768M,slots=2,maxmem=2G", "-object", "memory-backend-ram,id=plug,size=256M",
            "-device", "pc-dimm,id=dimm,memdev=plug")

VARIANTS = (
    # Every kernel once, the current ones by default.
    Variant("5.10", "5.10", FULL, default=True),
    Variant("5.10-cloud", "5.10-cloud"),
    Variant("5.10-rt", "5.10-rt"),
    Variant("6.1", "6.1", FULL, default=True),
    Variant("6.1-cloud", "6.1-cloud"),
    Variant("6.1-rt", "6.1-rt"),
    Variant("6.12", "6.12", FULL, files=EVERY, default=True),
    Variant("6.12-cloud", "6.12-cloud"),
    Variant("6.12-bookworm", "6.12-bookworm"),
    Variant("6.12-rt", "6.12-rt"),
    Variant("7", "7", FULL, default=True),
    Variant("7-cloud", "7-cloud"),
    Variant("7-rt", "7-rt"),
    Variant("7.3", "7.3", FULL),
    # What programs about disks, NFS and networks show: all of it, and in parts.
    Variant("6.12-data", "6.12", DATA, memory=1024, cmdline=BRISK),
    Variant("6.1-data", "6.1", DATA, memory=1024, cmdline=BRISK),
    Variant("5.10-data", "5.10", DATA, memory=1024, cmdline=BRISK),
    Variant("7-data", "7", DATA, memory=1024, cmdline=BRISK),
    Variant("6.12-volumes", "6.12", ("storage", "volumes"), memory=640, cmdline=BRISK),
    Variant("6.12-traffic", "6.12", ("storage", "network", "net", "sockets", "sctp", "traffic", "exports"), memory=640, cmdline=BRISK),
    Variant("6.12-nfs", "6.12", ("storage", "network", "exports"), memory=512, cmdline=BRISK),
    # Dumps by QEMU, of a guest that runs.
    Variant("7-alive", "7", crash="none", files=QEMU, memory=512, options=_NOTE, default=True),
    Variant("6.12-alive", "6.12", crash="none", files=QEMU, memory=512, options=_NOTE),
    Variant("6.12-noteless", "6.12", crash="none", files=QEMU, memory=512),
    # Machines.
    Variant("7-la57", "7", cpu_model=FIVE_LEVELS, default=True),
    Variant("6.1-la57", "6.1", cpu_model=FIVE_LEVELS),
    Variant("7-nokaslr", "7", cmdline="nokaslr", default=True),
    Variant("5.10-nokaslr", "5.10", cmdline="nokaslr"),
    Variant("6.12-1cpu", "6.12", cpus=1),
    Variant("7-8cpu", "7", cpus=8, memory=1024),
    # CPUs that are there and offline, and CPUs that might come.
    Variant("6.12-offline", "6.12", cpus=4, cmdline="maxcpus=2"),
    Variant("7-possible", "7", options=("-smp", "2,maxcpus=8")),
    # Too little for a crash kernel beside it.
    Variant("6.12-256M", "6.12-cloud", SMALL, crash="none", files=("qemu-zlib",), memory=256, options=_NOTE),
    Variant("6.12-4G", "6.12", memory=4096),
    Variant("6.12-numa", "6.12", cpus=4, memory=1024, options=_NUMA),
    Variant("7-hotplug", "7", options=_HOTPLUG),
    Variant("7-threads", "7", (*BASIC, "threads=5000"), memory=1024),
    Variant("6.1-holes", "6.1", memory=1024, cmdline="memmap=64M$0x18000000"),
    Variant("6.12-pressure", "6.12", (*FULL, "pressure"), memory=640),
    # Page cache, journal, ftrace, allocations; with all pages, as QEMU writes them.
    Variant("5.10-traces", "5.10", (*TRACES, "graph"), crash="none", files=("qemu-zlib",), memory=400, cmdline=OWNERS, options=_NOTE),
    Variant("6.1-traces", "6.1", TRACES, crash="none", files=("qemu-zlib",), memory=400, cmdline=OWNERS, options=_NOTE),
    Variant("6.12-traces", "6.12", TRACES, crash="none", files=("qemu-zlib",), memory=400,
            cmdline=f"{OWNERS} reserve_mem=4M:4096:trace trace_instance=persistent@trace,sched", options=_NOTE),
    Variant("7-traces", "7", (*TRACES, "graph"), crash="none", files=("qemu-zlib",), memory=400, cmdline=OWNERS, options=_NOTE),
    # BPF programs and maps.
    Variant("6.12-bpf", "6.12", ("states", "cgroups", "bpf"), memory=512),
    Variant("7-bpf", "7", ("states", "cgroups", "bpf"), memory=512),
    # What user processes are made of, with all their memory.
    Variant("6.12-user", "6.12", ("hugepages", "user"), crash="none", files=("qemu-elf",), memory=384, options=_NOTE),
    Variant("6.1-user", "6.1", ("hugepages", "user"), crash="none", files=("qemu-elf",), memory=384, options=_NOTE),
    Variant("5.10-user", "5.10", ("hugepages", "user"), crash="none", files=("qemu-elf",), memory=384, options=_NOTE),
    Variant("7-user", "7", ("hugepages", "user"), crash="none", files=("qemu-elf",), memory=384, options=_NOTE),
    # Other machines: dumped by their own crash kernel where Debian's have one that QEMU boots, and by QEMU after the panic.
    # makedumpfile 1.7.8 knows no kernel with pages of 4 KiB and addresses of 52 bits.
    Variant("arm64-6.12", "arm64-6.12", parts=OTHERS, files=("raw",), memory=640, options=_NOTE),
    # The crash kernel of this release dies while it reads the old memory.
    Variant("arm64-6.1", "arm64-6.1", parts=OTHERS, files=("qemu-zlib",), memory=512, options=_NOTE),
    Variant("arm64-7", "arm64-7", parts=OTHERS, files=("raw",), memory=640, options=_NOTE),
    Variant("arm64-max", "arm64-6.12", parts=OTHERS, files=_QEMU, memory=512, cpu_model="max,pauth-impdef=on", options=_NOTE),
    Variant("arm64-7-max", "arm64-7", parts=OTHERS, files=("qemu-zlib",), memory=512, cpu_model="max,pauth-impdef=on", options=_NOTE),
    Variant("arm64-16k", "arm64-6.12-16k", parts=OTHERS, files=("qemu-zlib",), memory=768, cpu_model="neoverse-n1", options=_NOTE),
    Variant("arm64-alive", "arm64-6.12", parts=OTHERS, crash="none", files=("qemu-zlib",), memory=512, options=_NOTE),
    Variant("riscv64-6.12", "riscv64-6.12", parts=OTHERS, files=_QEMU, memory=512),
    Variant("riscv64-7", "riscv64-7", parts=OTHERS, files=("qemu-zlib",), memory=512),
    Variant("riscv64-sv39", "riscv64-6.12", parts=OTHERS, files=("qemu-zlib",), memory=512, cmdline="no4lvl no5lvl"),
    Variant("s390x-6.12", "s390x-6.12", parts=OTHERS, files=_QEMU, memory=512),
    Variant("s390x-6.1", "s390x-6.1", parts=OTHERS, files=("qemu-zlib",), memory=512),
    Variant("s390x-7", "s390x-7", parts=OTHERS, files=("qemu-zlib",), memory=512),
    Variant("ppc64le-6.12", "ppc64le-6.12", parts=OTHERS, files=_QEMU, memory=768),
    Variant("ppc64le-6.1", "ppc64le-6.1", parts=OTHERS, files=("qemu-zlib",), memory=768),
    Variant("ppc64le-7", "ppc64le-7", parts=OTHERS, files=("qemu-zlib",), memory=768),
    # Ways to die.
    Variant("7-null", "7", crash="null"),
    Variant("6.12-bug", "6.12", crash="bug"),
    Variant("6.1-hang", "6.1", crash="hang"),
    Variant("7-spin", "7", crash="spin"),
    Variant("6.12-nmi", "6.12", crash="nmi"),
    Variant("6.1-oom", "6.1", crash="oom"),
    # What makedumpfile damages.
    Variant("7-d31", "7", files=("zstd", "d31")),
    # tests/sample: as small as a dump gets.
    Variant("sample", "5.10-cloud", SMALL, files=("zstd", "zstd-small"), memory=320, reserved=96, cmdline=WITHOUT_TRACEFS),
    Variant("sample-busy", "6.12-cloud", BUSY, files=("d17", "lean"), memory=448, reserved=160, cmdline=f"{WITHOUT_TRACEFS} loglevel=4"),
)
