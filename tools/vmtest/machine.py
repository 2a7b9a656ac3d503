# SPDX-License-Identifier: GPL-2.0-or-later
"""One run of QEMU: start it, follow its console, act on what the guest says, get its disks back."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from architectures import Architecture


class MachineError(Exception):
    """The guest did not do what it was started for; the message names its console log."""


@dataclass
class Machine:
    """What QEMU is given. ``disks`` are raw files that appear as vda, vdb, … in this order."""

    architecture: Architecture
    kernel: Path
    initrd: Path
    cmdline: str
    cpus: int = 2
    memory: int = 640
    cpu_model: str = ""
    disks: list[Path] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    limit: int = int(os.environ.get("VMTEST_LIMIT", "900"))


class Monitor:
    """QEMU's control socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r")
        self._lines.readline()
        self("qmp_capabilities")

    def __call__(self, command: str, **arguments: object) -> object:
        """Run one command; MachineError with QEMU's own text when it fails."""
        request = {"execute": command, "arguments": arguments}
        self._socket.sendall(json.dumps(request).encode())
        for line in self._lines:
            answer = json.loads(line)
            if "error" in answer:
                raise MachineError(f"QEMU, {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise MachineError(f"QEMU ended during {command}")


def run(machine: Machine, folder: Path, on_line: dict[str, Callable[[Monitor], bool]]) -> None:
    """Run until QEMU ends, or until a function of ``on_line`` returns true.

    ``on_line`` maps a word on the guest's console to what is then done. The console goes to
    ``folder/console``. MachineError after ``machine.limit`` seconds.
    """
    control = folder / "qmp"
    control.unlink(missing_ok=True)
    # A path of a socket is at most 107 bytes: name it from its own folder.
    kind = machine.architecture
    argv = [kind.emulator, *kind.board, "-accel", _accelerator(kind), "-cpu", machine.cpu_model or kind.cpu,
            "-smp", str(machine.cpus), "-m", f"{machine.memory}M", "-display", "none", "-nodefaults",
            "-no-reboot", "-action", "panic=pause", "-serial", "stdio", "-qmp", "unix:qmp,server=on,wait=off",
            "-kernel", str(machine.kernel.absolute()), "-initrd", str(machine.initrd.absolute()),
            "-append", machine.cmdline]
    for number, disk in enumerate(machine.disks):
        argv += ["-drive", f"file={disk.absolute()},format=raw,if=none,id=d{number},cache=unsafe,discard=unmap",
                 "-device", f"virtio-blk-{kind.bus},drive=d{number},serial=vmtest{number}"]
    argv += machine.options
    with (folder / "console").open("wb") as log:
        log.write(("\0".join(argv) + "\n").replace("\0", " ").encode())
        log.flush()
        process = subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            _follow(process, machine, folder, log, on_line)
        finally:
            process.kill()
            process.wait()
            control.unlink(missing_ok=True)


def _follow(process, machine, folder, log, on_line) -> None:
    deadline = time.monotonic() + machine.limit
    selector = selectors.DefaultSelector()
    selector.register(process.stdout, selectors.EVENT_READ)
    pending = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise MachineError(f"the guest took more than {machine.limit} s: see {folder}/console")
        if not selector.select(min(left, 5)):
            continue
        data = os.read(process.stdout.fileno(), 65536)
        if not data:
            return
        log.write(data)
        log.flush()
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            action = on_line.get(line.strip().decode(errors="replace"))
            if action and action(_monitor(folder)):
                return


def _monitor(folder: Path) -> Monitor:
    here = os.getcwd()
    os.chdir(folder)
    try:
        return Monitor(Path("qmp"))
    finally:
        os.chdir(here)


def _accelerator(kind: Architecture) -> str:
    # /dev/kvm may exist and yet not work (nested guests), and emulation gives the same CPU everywhere:
    # the environment decides, the default works on every machine.
    return os.environ.get("VMTEST_ACCEL", "tcg,thread=multi") if kind.native else "tcg,thread=multi"


def blank(path: Path, size: int) -> Path:
    """A sparse raw disk of ``size`` bytes."""
    with path.open("wb") as out:
        out.truncate(size)
    return path


def saved_core(disk: Path, core: Path) -> None:
    """Move the core that guest/boot.c wrote on ``disk`` to ``core``; MachineError when there is none."""
    with disk.open("r+b") as raw:
        raw.seek(-512, os.SEEK_END)
        words = raw.read(512).split(b"\n")[0].split()
        if len(words) != 2 or words[0] != b"VMTEST-CORE":
            raise MachineError(f"{disk} holds no complete core")
        raw.truncate(int(words[1]))
    shutil.move(disk, core)
