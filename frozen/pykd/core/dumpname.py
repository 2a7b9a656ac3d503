# SPDX-License-Identifier: GPL-2.0-or-later
"""How dumps are named: by a file, or, where files are raw memory, as ``FILE@ADDRESS``, several with commas between them. ``src/dump/paths.c`` opens these."""

import posix

_HEX = frozenset("0123456789abcdefABCDEF")


def exists(path: str) -> bool:
    try:
        posix.stat(path)
    except (OSError, ValueError):
        return False
    return True


def _file(name: str) -> str | None:
    file, _, address = name.rpartition("@")
    digits = address.removeprefix("0x").removeprefix("0X")
    return file if file and digits and _HEX.issuperset(digits) else None


def raw(name: str) -> list[str]:
    """The files of raw memory that *name* stands for; none, if it is a file itself or no such name."""
    if "@" not in name or exists(name):
        return []
    several = [_file(one) for one in name.split(",")]
    found = several if all(several) else [_file(name)]
    return [one for one in found if one is not None]


def files(name: str) -> list[str]:
    """The files of the dump of that name."""
    return raw(name) or [name]


def is_more(dump: str, name: str) -> bool:
    """Whether *name* is more of the raw memory that *dump* is: both are ``FILE@ADDRESS``, and the files are there."""
    return "@" in name and bool(raw(dump)) and bool(raw(name)) and all(map(exists, raw(name)))


def size(name: str) -> int:
    """Bytes of its files, as far as they can be told."""
    total = 0
    for file in files(name):
        try:
            total += posix.stat(file).st_size
        except OSError:
            continue
    return total
