# SPDX-License-Identifier: GPL-2.0-or-later
"""The machines that the bench can emulate. Adding one is one entry in ARCHITECTURES."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Architecture:
    """How Debian, GNU and QEMU name a machine, and what differs between their virtual boards."""

    debian: str
    triplet: str
    qemu: str
    """QEMU's name: qemu-system-QEMU runs the guest, qemu-QEMU its programs on another host"""
    console: str
    """The kernel's name of the board's first serial line"""
    cpu: str
    loader: str
    """Where the dynamic programs of the guest look for ld.so"""
    board: tuple[str, ...] = ()
    bus: str = "pci"
    """What the disks hang on"""

    @property
    def native(self) -> bool:
        """Whether this host runs such programs by itself."""
        return os.uname().machine == self.triplet.split("-")[0]

    @property
    def compiler(self) -> str:
        """The C compiler that makes programs for it."""
        return "gcc" if self.native else f"{self.triplet}-gcc"

    @property
    def emulator(self) -> str:
        """QEMU's program that runs a whole machine."""
        return f"qemu-system-{'ppc64' if self.qemu == 'ppc64le' else self.qemu}"

    def command(self, tree: Path, program: Path) -> list[str]:
        """How to run ``program`` of an unpacked tree on this host, with the tree's own libraries."""
        folders = [tree / "usr/lib" / self.triplet, tree / "usr/lib"]
        # Not by the link in lib64, which in Debian 12 leads to /lib: that is the host's.
        name = Path(self.loader).name
        loader = next((f / name for f in folders if (f / name).exists()), tree / "usr" / self.loader)
        argv = [str(loader.resolve()), "--library-path", ":".join(map(str, folders)), str(program.resolve())]
        return argv if self.native else [f"qemu-{self.qemu}", *argv]


ARCHITECTURES = {a.debian: a for a in (
    Architecture("amd64", "x86_64-linux-gnu", "x86_64", "ttyS0", "max,la57=off", "lib64/ld-linux-x86-64.so.2"),
    Architecture("arm64", "aarch64-linux-gnu", "aarch64", "ttyAMA0", "cortex-a72", "lib/ld-linux-aarch64.so.1", ("-M", "virt,gic-version=3")),
    Architecture("riscv64", "riscv64-linux-gnu", "riscv64", "ttyS0", "rv64", "lib/ld-linux-riscv64-lp64d.so.1", ("-M", "virt")),
    Architecture("s390x", "s390x-linux-gnu", "s390x", "ttysclp0", "max", "lib/ld64.so.1", ("-M", "s390-ccw-virtio"), "ccw"),
    Architecture("ppc64el", "powerpc64le-linux-gnu", "ppc64le", "hvc0", "power9", "lib64/ld64.so.2", ("-M", "pseries")),
)}
