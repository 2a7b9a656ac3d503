# SPDX-License-Identifier: GPL-2.0-or-later
"""The auxiliary vector that the kernel gave a process: ``mm_struct.saved_auxv``, ``include/uapi/linux/auxvec.h``."""

from __future__ import annotations

from _pykd import MemberError
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

NAMES = {
    2: "EXECFD", 3: "PHDR", 4: "PHENT", 5: "PHNUM", 6: "PAGESZ", 7: "BASE", 8: "FLAGS", 9: "ENTRY", 10: "NOTELF", 11: "UID", 12: "EUID", 13: "GID",
    14: "EGID", 15: "PLATFORM", 16: "HWCAP", 17: "CLKTCK", 18: "FPUCW", 19: "DCACHEBSIZE", 20: "ICACHEBSIZE", 21: "UCACHEBSIZE", 22: "IGNOREPPC", 23: "SECURE",
    24: "BASE_PLATFORM", 25: "RANDOM", 26: "HWCAP2", 27: "RSEQ_FEATURE_SIZE", 28: "RSEQ_ALIGN", 29: "HWCAP3", 30: "HWCAP4", 31: "EXECFN",
    32: "SYSINFO", 33: "SYSINFO_EHDR", 40: "L1I_CACHESIZE", 41: "L1I_CACHEGEOMETRY", 42: "L1D_CACHESIZE", 43: "L1D_CACHEGEOMETRY", 44: "L2_CACHESIZE",
    45: "L2_CACHEGEOMETRY", 46: "L3_CACHESIZE", 47: "L3_CACHEGEOMETRY", 51: "MINSIGSTKSZ",
}  # fmt: skip
"""Without ``AT_``; ld.so shows them with it"""
TEXTS = (15, 24, 31)
"""Those whose values are addresses of texts"""
NUMBERS = (4, 5, 6, 11, 12, 13, 14, 17, 23, 27, 28, 51)
"""Those that people read in decimal"""


def saved(dump: Dump, mm: Any) -> bytes:
    """``saved_auxv`` of a ``struct mm_struct`` as it is, which is kernel memory: pairs of words up to AT_NULL, that one included. :raises FaultError:"""
    layout = dump.type("struct mm_struct").member("saved_auxv")
    if layout is None:
        raise MemberError("struct mm_struct has no saved_auxv")
    data = dump.read(int(mm) + layout.offset, layout.type.size & ~15)
    for at in range(0, len(data), 16):
        if not any(data[at : at + 8]):
            return data[: at + 16]
    return data


def auxv(dump: Dump, mm: Any) -> Iterator[tuple[int, int]]:
    """(type, value) of each entry of a ``struct mm_struct`` before AT_NULL. :raises FaultError:"""
    words = words_of(dump, saved(dump, mm)).tolist()
    yield from ((kind, value) for kind, value in zip(words[::2], words[1::2], strict=True) if kind)
