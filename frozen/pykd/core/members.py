# SPDX-License-Identifier: GPL-2.0-or-later
"""Which members this kernel has, for facts that were moved or renamed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def has_member(object: Any, name: str) -> bool:
    """Whether the struct of *object* has a member *name* in the kernel itself.

    ``object.hasField(name)`` is true of the old names too that :mod:`pykd.compat.names` adds for programs; a fact that took those for members
    would come by another way to what it seeks, or not at all.
    """
    return type(object).PYT_type.member(name) is not None


def offset_of(cls: Any, name: str) -> int:
    """Bytes from the start of objects of the class *cls* to a member, an added one too. :raises MemberError: there is none, or its name is lost.

    Beside ``cls.member_offset(name) or 0`` it does not take a member that is lost for the first one.
    """
    offset: int | None = cls.member_offset(name)
    return cls.PYT_type.offset_of(name) if offset is None else offset
