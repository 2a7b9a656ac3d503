# SPDX-License-Identifier: GPL-2.0-or-later
"""Parameters and local variables of frames, by the debug info of a vmlinux."""

from __future__ import annotations

from _pykd import Dump, Frame, Type
from pykd.core.rows import Row
from pykd.kernel.stack import source
from pykd.values.show import one_line


def frames(dump: Dump, frame: Frame, *, radix: int = 10, values: bool = True) -> list[Row]:
    """What :func:`pykd.kernel.stack.source.frames` says of a frame, each function with its ``variables``, parameters first, in their order:
    ``{"name", "parameter", "declaration", "line", "address", "text", "value", "why"}``. ``text`` is the value as C, None where it cannot be
    known: then ``why`` says why. ``address`` is None of what is in no memory.

    :param values: with ``value``, as :mod:`pykd.values.cdata` makes it.
    :raises NotFoundError: no debug info was given.
    :raises FormatError: it is damaged.
    """
    functions = [function | {"variables": []} for function in source.frames(dump, frame.pc - (not frame.exact))]
    for name, level, parameter, line, kind, place, why in frame.variables():
        if level >= len(functions):
            continue
        row: Row = {"name": name, "parameter": parameter, "declaration": kind.declare(name), "line": line or None}
        row |= {"address": place if isinstance(place, int) else None, "text": _text(dump, kind, place, radix), "why": why}
        if values:
            row["value"] = _value(dump, kind, place)
        functions[level]["variables"].append(row)
    for function in functions:
        function["variables"].sort(key=lambda row: not row["parameter"])
    return functions


def _text(dump: Dump, kind: Type, place: int | bytes | None, radix: int) -> str | None:
    return None if place is None else one_line(dump, kind, place, radix)


def _value(dump: Dump, kind: Type, place: int | bytes | None) -> object:
    from pykd.values import cdata

    if place is None:
        return None
    return cdata.value(dump, kind, place) if isinstance(place, int) else cdata.of_bytes(dump, kind, place)

