# SPDX-License-Identifier: GPL-2.0-or-later
"""Floating-point and vector registers of a thread on x86-64: what XSAVE left in its ``struct fpu``, as cores have it.

The kernel saves in the compacted form where the CPU can; a core has the standard form, in which every component has its own place.
"""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.machine.facts import NT_PRFPREG
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

NT_X86_XSTATE = 0x202
_LEGACY, _HEADER = 512, 64
_COMPACTED = 1 << 63
_XCR0 = 464
"""Where the legacy area says which components there are: ``struct xregs_state``'s software bytes, as ptrace has them"""
_MAX_STATE = 16384
_PLACES = {2: (576, 256), 3: (960, 64), 4: (1024, 64), 5: (1088, 64), 6: (1152, 512), 7: (1664, 1024), 9: (2688, 8), 17: (2752, 64), 18: (2816, 8192)}
"""(offset, size) of the components of user mode in the standard form, as Intel's CPUs have them"""
_HIDDEN = {8: 128, 10: 8, 11: 16, 12: 24, 13: 8, 14: 48, 15: 808, 16: 8}
"""Sizes of those that a core has not, which take room in the compacted form all the same"""
_ALIGNED = (17, 18)
"""Components that begin at a multiple of 64 in the compacted form"""


def _state(task: Any) -> tuple[Any, int]:
    """(``union fpregs_state``, features that are saved) of a ``struct task_struct``.

    87d0e5be0fac ("x86/fpu: Provide struct fpstate") (in v5.16): reached by a pointer. 55bc30f2e34d ("x86/fpu: Remove the thread::fpu pointer")
    (in v6.16): ``struct fpu`` lies behind the task_struct.
    """
    dump = type(task).PYT_dump
    thread = task.thread
    fpu = thread.fpu if thread.hasField("fpu") else dump.object("struct fpu", int(task) + len(task))
    if fpu.hasField("fpstate"):
        state = fpu.fpstate
        return state.regs, int(state.user_xfeatures)
    features = dump.address_of("xfeatures_mask_all", "", default=0)
    return fpu.state, dump.read_unsigned(features) if features else 0


def _places(dump: Dump) -> dict[int, tuple[int, int]]:
    """(offset, size) of the components, as the CPU told the kernel where that noted it."""
    found = dict(_PLACES)
    try:
        offsets, sizes = (words_of(dump, dump.read(dump.symbol(name, "").address, 4 * 10), "I") for name in ("xstate_offsets", "xstate_sizes"))
    except Error:
        return found
    for number in range(2, 10):
        if number in found and 0 < sizes[number] <= 4096 and _LEGACY + _HEADER <= offsets[number] < _MAX_STATE:
            found[number] = offsets[number], sizes[number]
    return found


def standard(data: bytes, places: dict[int, tuple[int, int]], features: int) -> bytes:
    """A ``struct xregs_state`` in the standard form, with all components that *features* has.

    What is in its initial state was not written by the CPU: zeros, but for the control words.
    """
    used = int.from_bytes(data[_LEGACY : _LEGACY + 8], "little")
    layout = int.from_bytes(data[_LEGACY + 8 : _LEGACY + 16], "little")
    wanted = {number: place for number, place in places.items() if features >> number & 1}
    end = max((offset + size for offset, size in wanted.values()), default=_LEGACY + _HEADER)
    result = bytearray(end)
    result[:_LEGACY] = legacy(data, used)
    result[_XCR0 : _XCR0 + 8] = (features | 3).to_bytes(8, "little")
    result[_LEGACY : _LEGACY + 8] = (used & (features | 3)).to_bytes(8, "little")
    at = _LEGACY + _HEADER
    for number in range(2, 63):
        offset, size = places.get(number, (0, 0))
        source = offset
        if layout & _COMPACTED:
            if not layout >> number & 1:
                continue
            size = size or _HIDDEN.get(number, 0)
            if not size:
                break  # behind a component of unknown size nothing is known
            at = -(-at // 64) * 64 if number in _ALIGNED else at
            source, at = at, at + size
        if number in wanted and used >> number & 1 and source + size <= len(data):
            result[offset : offset + size] = data[source : source + size]
    return bytes(result)


def legacy(data: bytes, used: int) -> bytes:
    """The 512 bytes of FXSAVE; what is in its initial state is not in *data*."""
    result = bytearray(data[:_LEGACY])
    if not used & 1:  # x87
        result[0:24] = bytes(24)
        result[0:2] = (0x37F).to_bytes(2, "little")
        result[32:160] = bytes(128)
    if not used & 6:  # neither SSE nor AVX
        result[24:28] = (0x1F80).to_bytes(4, "little")
    if not used & 2:
        result[160:416] = bytes(256)
    result[_XCR0:_LEGACY] = bytes(_LEGACY - _XCR0)
    return bytes(result)


def notes(dump: Dump, task: Any) -> Iterator[tuple[str, int, bytes]]:
    """NT_PRFPREG (``struct user_i387_struct``) and, where the kernel uses XSAVE, NT_X86_XSTATE. :raises FaultError:"""
    state, features = _state(task)
    if not features:
        yield "CORE", NT_PRFPREG, legacy(dump.read(int(state), _LEGACY), 3)
        return
    data = dump.read_upto(int(state), _MAX_STATE)
    if len(data) < _LEGACY + _HEADER:
        data = dump.read(int(state), _LEGACY + _HEADER)
    used = int.from_bytes(data[_LEGACY : _LEGACY + 8], "little")
    yield "CORE", NT_PRFPREG, legacy(data, used)
    yield "LINUX", NT_X86_XSTATE, standard(data, _places(dump), features)
