# SPDX-License-Identifier: GPL-2.0-or-later
"""Make what a variant needs, once: the guest's run, its ground truth, its dump files."""

from __future__ import annotations

import hashlib
import json
import lzma
import shutil
import sys
import tarfile
import time
from dataclasses import asdict
from pathlib import Path

import formats
import guest
import kernels
import machine
import module
import packages
from architectures import ARCHITECTURES
from variants import Variant

SOON = 90
"""Seconds from VMTEST-SOON to the dump"""
PAUSE = 60
"""Seconds for which VMTEST-PAUSE stops a guest"""
PANICKED = 30
"""Seconds from VMTEST-PANIC to the dump at most"""


class Result:
    """A finished run in the cache."""

    def __init__(self, variant: Variant, folder: Path) -> None:
        self.variant = variant
        self.folder = folder
        record = json.loads((folder / "made").read_text())
        self.release: str = record["release"]
        self.failed: dict[str, str] = record["failed"]

    @property
    def truth(self) -> Path:
        """What the guest wrote just before it died."""
        return self.folder / "truth"

    def files(self, name: str) -> list[Path]:
        """The file or files of a format; empty when it could not be made (see ``failed``)."""
        return [] if name in self.failed else formats.paths(self.folder, name)


class Given(Result):
    """A dump that somebody else made, and the archive of the guest's truth, which is unpacked into ``cache``."""

    def __init__(self, dump: Path, packed: Path, cache: Path, name: str = "", release: str = "") -> None:
        self.variant = Variant(name or dump.name, "", files=("given",))
        self.folder = dump.parent
        self.release, self.failed = release, {}
        self._dump = dump
        unpacked = cache / "given" / hashlib.sha256(packed.read_bytes()).hexdigest()[:16]
        if not unpacked.exists():
            with tarfile.open(packed) as archive:
                archive.extractall(unpacked, filter="data")
        # Some archives hold the files, some the folder of them.
        self._truth = unpacked / "truth" if (unpacked / "truth").is_dir() else unpacked

    @property
    def truth(self) -> Path:
        """What the guest wrote just before it died."""
        return self._truth

    def files(self, name: str) -> list[Path]:
        """The one file."""
        return [self._dump]


def samples(cache: Path) -> list[Result]:
    """The dumps in tests/sample with the truth beside each."""
    folder = Path(__file__).resolve().parents[2] / "tests" / "sample"
    packed, busy = folder / "vmcore-busy.xz", cache / "vmcore-busy"
    # Answers that are known are those of a file of this moment.
    if not busy.exists() or busy.stat().st_mtime < packed.stat().st_mtime:
        cache.mkdir(parents=True, exist_ok=True)
        scratch = busy.with_suffix(".new")
        with lzma.open(packed) as source, scratch.open("wb") as out:
            shutil.copyfileobj(source, out)
        scratch.rename(busy)
    return [Given(folder / "vmcore", folder / "truth.tar.xz", cache, "tests/sample", "5.10.0-46-cloud-amd64"),
            Given(busy, folder / "truth-busy.tar.xz", cache, "tests/sample busy", "6.12.118+deb13-cloud-amd64")]


def cached(variant: Variant, cache: Path) -> Result | None:
    """The run if it is there, whatever it was made from; needs neither QEMU nor network."""
    folder = cache / "dumps" / variant.name
    return Result(variant, folder) if (folder / "made").exists() else None


def current(variant: Variant, cache: Path, update: bool = False) -> bool:
    """Whether the cache holds the run of ``variant`` as it would be made now."""
    image = kernels.resolve(kernels.named(variant.kernel), cache, update)
    made = cache / "dumps" / variant.name / "made"
    return made.exists() and json.loads(made.read_text())["key"] == _key(variant, image)


def _key(variant: Variant, image: kernels.Image) -> str:
    return hashlib.sha256(json.dumps([asdict(variant), image.release, guest.digest(), module.digest()]).encode()).hexdigest()


def obtain(variant: Variant, cache: Path, update: bool = False) -> Result:
    """The run of ``variant``, made when what goes into it has changed."""
    image = kernels.resolve(kernels.named(variant.kernel), cache, update)
    folder = cache / "dumps" / variant.name
    key = _key(variant, image)
    made = folder / "made"
    if made.exists() and json.loads(made.read_text())["key"] == key:
        return Result(variant, folder)
    start = time.monotonic()
    try:
        failed = _run(variant, image, cache, folder)
    except machine.MachineError as error:
        # Emulated CPUs that patch each other's code do go astray now and then.
        print(f"{variant.name}: once more: {error}", file=sys.stderr)
        shutil.copyfile(folder / "console", cache / f"{variant.name}.console-failed")
        failed = _run(variant, image, cache, folder)
    maker = formats.Maker(cache, folder, image.release, kernels.named(variant.kernel).architecture)
    for name in formats.order(variant.files):
        if name in failed:
            continue
        reason = maker.make(name)
        if reason:
            failed[name] = reason
    if "raw" not in variant.files:
        (folder / "vmcore.raw").unlink(missing_ok=True)
    made.write_text(json.dumps({"key": key, "release": image.release, "failed": failed}) + "\n")
    print(f"{variant.name}: {image.release} made in {time.monotonic() - start:.0f} s", file=sys.stderr)
    return Result(variant, folder)


def own_modules(variant: Variant, image: kernels.Image, cache: Path) -> list[Path]:
    """The bench's own modules that a guest of ``variant`` is given. Where they cannot be built, a guest that does not die in one
    goes without; of one that does PackageError or OSError."""
    names = [name for name, wanted in (("vmtest_crash", variant.crash in ("null", "bug", "hang", "spin")),
                                       ("vmtest_cause", "cause" in variant.parts),
                                       ("vmtest_stuck", "cause" in variant.parts),
                                       ("vmtest_load", "kernel" in variant.parts)) if wanted]
    if not names:
        return []
    try:
        built = module.build(kernels.named(variant.kernel), image, cache)
    except (packages.PackageError, OSError) as error:
        if names != ["vmtest_load"]:
            raise
        # All but the kernel's own locks is there without it.
        print(f"{variant.name}: without vmtest_load: {error}", file=sys.stderr)
        return []
    return [built[name] for name in names]


def _controllers(scratch: Path) -> list[str]:
    """QEMU's options for what the part "volumes" looks at: one namespace behind two NVMe controllers, one more kind of SCSI host, network cards."""
    found = ["-device", "nvme-subsys,id=subsystem,nqn=shared", "-device", "nvme,id=nvmea,serial=shared,subsys=subsystem",
             "-device", "nvme,id=nvmeb,serial=shared,subsys=subsystem", "-device", "megasas,id=raid"]
    for drive, device in (("nvme2", "nvme-ns,nsid=1,bus=nvmea"), ("raid", "scsi-hd,bus=raid.0")):
        path = machine.blank(scratch / drive, 64 << 20).absolute()
        found += ["-drive", f"file={path},format=raw,if=none,id={drive}", "-device", f"{device},drive={drive}"]
    for number, card in enumerate(("virtio-net-pci", "e1000")):
        found += ["-netdev", f"user,id=net{number},restrict=on", "-device", f"{card},netdev=net{number},romfile="]
    return found


def _run(variant: Variant, image: kernels.Image, cache: Path, folder: Path) -> dict[str, str]:
    """Run the guest in an empty ``folder``; the formats that QEMU could not write, with its reasons."""
    failed: dict[str, str] = {}
    own = own_modules(variant, image, cache)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    architecture = ARCHITECTURES[kernels.named(variant.kernel).architecture]
    scratch = folder / "scratch"
    scratch.mkdir()
    initrd = scratch / "initrd"
    initrd.write_bytes(guest.initrd(cache, architecture, image.modules, None if variant.by_qemu else image.vmlinuz, variant.parts,
                                    own))
    disks = [machine.blank(scratch / "truth", 128 << 20),
             machine.blank(scratch / "core", (variant.memory + 512) << 20),
             guest.file_system(cache, "ext4", scratch / "ext4")]
    options = list(variant.options)
    if "disks" in variant.parts:
        disks += [guest.file_system(cache, kind, scratch / kind) for kind in ("xfs", "btrfs")]
    if {"disks", "volumes"} & set(variant.parts):
        nvme, scsi = machine.blank(scratch / "nvme", 64 << 20), machine.blank(scratch / "scsi", 64 << 20)
        options += ["-drive", f"file={nvme.absolute()},format=raw,if=none,id=nvme", "-device", "nvme,drive=nvme,serial=vmtest",
                    "-device", "virtio-scsi-pci", "-drive", f"file={scsi.absolute()},format=raw,if=none,id=scsi",
                    "-device", "scsi-hd,drive=scsi,serial=vmtest"]
    if "volumes" in variant.parts:
        options += _controllers(scratch)
    # Who panics waits to be dumped, or reboots when no crash kernel starts.
    reserve = "panic=0" if variant.by_qemu else f"crashkernel={variant.reserved}M panic=10"
    vm = machine.Machine(
        architecture, image.vmlinuz, initrd,
        f"console={architecture.console} {reserve} {variant.cmdline} vmtest.parts={','.join(variant.parts)} "
        f"vmtest.crash={variant.crash}",
        variant.cpus, variant.memory, variant.cpu_model, disks, options)

    def dump_alive(monitor: machine.Monitor) -> bool:
        monitor("stop")
        for name in formats.order(variant.files):
            if name in formats.QEMU:
                path = formats.paths(folder, name)[0].absolute()
                try:
                    monitor("dump-guest-memory", protocol=f"file:{path}", **formats.QEMU[name])
                except machine.MachineError as error:
                    # A QEMU may be built without a compression.
                    if name not in formats.REPACKED:
                        failed[name] = str(error)
                    path.unlink(missing_ok=True)
        return True

    def inject_nmi(monitor: machine.Monitor) -> bool:
        monitor("inject-nmi")
        return False

    def machine_check(monitor: machine.Monitor) -> bool:
        """Let CPU 1 report an error that was not corrected, of a bank of memory, with its address."""
        monitor("human-monitor-command", **{"command-line": "mce 1 4 0xbe00000000000000 0x5 0x1234000 0x8c"})
        return False

    def pause(monitor: machine.Monitor) -> bool:
        """Let the machine stand still for a while, as a hypervisor does that saves or moves it."""
        monitor("stop")
        time.sleep(PAUSE)
        monitor("cont")
        return False

    def throttle(monitor: machine.Monitor) -> bool:
        """Let the host answer to the ext4 disk as good as never."""
        nothing = dict.fromkeys(("bps_rd", "bps_wr", "iops_rd", "iops_wr", "iops"), 0)
        monitor("block_set_io_throttle", device="d2", bps=1024, **nothing)
        return False

    def throttle_all(monitor: machine.Monitor) -> bool:
        """The same of the disks of the emulated controllers."""
        nothing = dict.fromkeys(("bps_rd", "bps_wr", "iops_rd", "iops_wr", "iops"), 0)
        for drive in ("nvme", "scsi", *(("nvme2", "raid") if "volumes" in variant.parts else ())):
            monitor("block_set_io_throttle", device=drive, bps=1024, **nothing)
        return False

    def dump_panicked(monitor: machine.Monitor) -> bool:
        """Of a guest that is about to panic; not every board tells QEMU that it has."""
        if not variant.by_qemu:
            return False
        deadline = time.monotonic() + PANICKED
        while monitor("query-status")["status"] == "running" and time.monotonic() < deadline:
            time.sleep(1)
        return dump_alive(monitor)

    def dump_soon(monitor: machine.Monitor) -> bool:
        """Of a guest that will not be able to say when."""
        time.sleep(SOON)
        return dump_alive(monitor)

    actions = {"ALIVE": dump_alive, "SOON": dump_soon, "PANIC": dump_panicked, "NMI": inject_nmi, "MCE": machine_check, "PAUSE": pause,
               "THROTTLE": throttle, "THROTTLE-ALL": throttle_all}
    machine.run(vm, folder, {f"VMTEST-{word}": action for word, action in actions.items()})
    if "cause" not in variant.parts:
        with tarfile.open(scratch / "truth") as archive:
            archive.extractall(folder / "truth", filter="data")
    if not variant.by_qemu:
        machine.saved_core(scratch / "core", folder / "vmcore.raw")
    shutil.rmtree(scratch)
    return failed
