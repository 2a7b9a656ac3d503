# SPDX-License-Identifier: GPL-2.0-or-later
"""The user stack of a task as a row."""

from __future__ import annotations

from pykd.core.rows import Row
from pykd.kernel.mm.userspace import UserSpace
from pykd.kernel.userstack.image import Images
from pykd.kernel.userstack.unwind import Frame, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump


def user_stack(dump: Dump, task: Any, spaces: dict[int, tuple[UserSpace, Images]]) -> Row:
    """``user_frames`` of a ``struct task_struct`` (none of a thread of the kernel), ``whole`` and ``why`` the walk ended. :raises Error:

    :param spaces: what is known of address spaces, by ``struct mm_struct``, for the next thread.
    """
    mm = task.mm
    if not mm:
        return {"user_frames": [], "whole": False, "why": "it has no user memory"}
    registers = dump.unwind(int(task), scan=False).user_registers
    if not registers:
        return {"user_frames": [], "whole": False, "why": "its registers of user mode are not known"}
    known = spaces.get(int(mm))
    if known is None:
        space = UserSpace(dump, mm)
        known = spaces[int(mm)] = space, Images(space)
    found = walk(*known, registers)
    frames = [_row(frame) for frame in found.frames()]
    return {"user_frames": frames, "whole": found.whole, "why": found.why}


def _row(frame: Frame) -> Row:
    symbol = frame.symbol
    return {
        "pc": frame.pc, "sp": frame.sp, "function": symbol and symbol.name, "offset": symbol and frame.pc - symbol.address, "image": frame.image,
        "found": frame.found, "sure": frame.sure,
    }  # fmt: skip
