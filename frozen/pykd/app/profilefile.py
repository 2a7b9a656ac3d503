# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of profiles: how they are written, and how the one of a kernel is found. src/debug/profile.c reads them and shows the format."""

from __future__ import annotations

import os
import struct
import zlib

from pykd.core.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAGIC = b"PYKDPROF"
VERSION = 1
BLOCK = 1 << 17
SUFFIX = ".profile"
MANY = 10000
"""Files of a folder that are looked at"""

_HEADER = struct.Struct("<8sIIII24s136s72s")
_CRC_AT = 20
_ENTRY = struct.Struct("<16sQQQII")


class Kernel(NamedTuple):
    """Of which kernel a profile is."""

    machine: str
    """``x86_64``"""
    big: bool
    """Whether it is big-endian"""
    build_id: str
    """In hexadecimal"""
    release: str
    """``6.1.0-56-amd64``; empty if it is not known"""


def packed(kernel: Kernel, sections: Mapping[str, bytes], level: int = 9) -> bytes:
    """A profile as bytes: the same of the same.

    :param level: of compression, as zlib counts.
    """
    names = sorted(name for name, content in sections.items() if content)
    offset = _HEADER.size + len(names) * _ENTRY.size
    table, bodies = b"", []
    for name in names:
        content = sections[name]
        blocks = [zlib.compress(content[start : start + BLOCK], level) for start in range(0, len(content), BLOCK)]
        lengths = struct.pack(f"<{len(blocks)}I", *map(len, blocks))
        body = lengths + b"".join(blocks)
        table += _ENTRY.pack(name.encode(), offset, len(body), len(content), BLOCK, zlib.crc32(lengths))
        bodies.append(body)
        offset += len(body)
    head = bytearray(
        _HEADER.pack(MAGIC, VERSION, len(names), 2 if kernel.big else 1, 0, kernel.machine.encode(), kernel.build_id.encode(), kernel.release.encode())
    )
    head[_CRC_AT : _CRC_AT + 4] = zlib.crc32(bytes(head) + table).to_bytes(4, "little")
    return bytes(head) + table + b"".join(bodies)


def kernel_of(path: str) -> Kernel | None:
    """What a file's header says; None: it is no profile that this pykd reads. Whether the rest is whole, who opens it finds out."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            head = file.read(_HEADER.size)
    except OSError:
        return None
    if len(head) < _HEADER.size or head[:8] != MAGIC:
        return None
    _, version, _, order, _, *texts = _HEADER.unpack(head)
    machine, build_id, release = (text.rstrip(b"\0").decode("ascii", "replace") for text in texts)
    return Kernel(machine, order == 2, build_id, release) if version == VERSION else None


def _without_waiting(path: str, flags: int) -> int:
    """A pipe in a folder must not hold us up."""
    return os.open(path, flags | os.O_NONBLOCK)


def within(folder: str, build_id: str, release: str) -> str:
    """The profile in *folder*, whatever its name, that is of the kernel with that build-id; of a dump that does not have one (before Linux 5.9, and its
    memory cut off), the only one with its release.

    :raises FileNotFoundError: there is none; the message names those that were passed over.
    """
    found = {os.path.join(folder, name): kernel for name, kernel in _all(folder)}
    if build_id:
        right = [path for path, kernel in found.items() if kernel.build_id == build_id]
    else:
        right = [path for path, kernel in found.items() if kernel.release == release]
        right = right if len(right) == 1 else []
    if right:
        return right[0]
    wanted = f"with build-id {build_id}" if build_id else f"of {release or 'this kernel'}, whose build-id is not known,"
    others = ", ".join(kernel.build_id for kernel in list(found.values())[:4]) + (", ..." if len(found) > 4 else "")
    raise FileNotFoundError(2, f"no profile {wanted} in it" + (f" (passed over: {others})" if found else ""), folder)


def _all(folder: str) -> Iterable[tuple[str, Kernel]]:
    for name in sorted(os.listdir(folder))[:MANY]:
        kernel = kernel_of(os.path.join(folder, name)) if name.endswith(SUFFIX) else None
        if kernel is not None:
            yield name, kernel
