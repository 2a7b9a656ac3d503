# SPDX-License-Identifier: GPL-2.0-or-later
"""What commands answer with: rows, and in them what could not be read."""

from __future__ import annotations

from _pykd import FaultError, MemberError, NotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

type Row = dict[str, Any]
"""One item of an answer by the names of its fields: numbers as numbers, what JSON can hold."""


class Address(int):
    """A number that JSON writes as addresses are written, where no shape says so: a pointer among values of any type."""

    __slots__ = ()


def fault(error: object, message: str = "", *, partial: bool = False) -> Row:
    """What rows have under ``error``, beside the values it concerns: ``{"reason", "address", "message"}``.

    The reason is one word: of memory that of :class:`_pykd.FaultError` (``excluded``, ``absent``, ``truncated``, ``untranslatable``,
    ``corrupt``), which is that of a symbol, type or member too that may be lost with it, ``unknown`` of one that there is not, and ``damaged`` of everything else. The address, in
    hexadecimal, is there where it is memory that could not be read.

    :param error: an exception, or a text that says what is wrong.
    :param message: says it in place of the error's own.
    :param partial: the row has what else was asked for, so that it is an answer all the same; else it stands for what could not be told.
    """
    text = str(error)
    found: Row = {"reason": "damaged", "message": message or text}
    if isinstance(error, (FaultError, NotFoundError, MemberError)):
        found["reason"] = getattr(error, "reason", "unknown")
        if isinstance(error, FaultError) and text.startswith("cannot read"):
            found["address"] = f"{error.address:#x}"
    return found | {"partial": True} if partial else found


def mark(row: Row) -> str:
    """The short form of a row's error in a line of text, ``(excluded)``; empty if it has none. What it means in full is said once, behind the
    command's text."""
    return f"({row['error']['reason']})" if "error" in row else ""


def is_fault(value: object) -> bool:
    """Whether it is what :func:`fault` makes."""
    return isinstance(value, dict) and "reason" in value and "message" in value
