# SPDX-License-Identifier: GPL-2.0-or-later
"""``help(OBJECT)`` and ``OBJECT?``: what Python objects say of themselves, through the pager where there is one.

Of a typed object: its C type with the offset and type of each member. Of anything else what pydoc makes of its docstring; of a module with
public names a line for each.
"""

from __future__ import annotations

import sys

from _pykd import Error, Struct, StructType
from pykd.core import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_GENERAL = """\
help(OBJECT) or OBJECT? says what an object is: help(pykd), help(dump), help(dump.variable), help(task).
help(pykd.kernel) lists the helpers. `help python` at the prompt is where to begin.
"""


class Help:
    """``help`` in Python: see the module."""

    def __repr__(self) -> str:
        return _GENERAL.rstrip()

    def __call__(self, *objects: Any) -> None:
        text = lines(objects[0]) if objects else iter(_GENERAL.splitlines())
        session: Any = host.current()
        if session is not None and session.prompting:
            session.show(text)
            return
        for line in text:
            sys.stdout.write(f"{line}\n")


def lines(value: Any) -> Iterator[str]:
    """What there is to say of an object, a line each."""
    if isinstance(value, StructType) and value.__dict__.get("PYT_dump") is not None:
        yield from _of_type(value)
    elif isinstance(type(value), StructType) and isinstance(value, Struct):
        yield f"An object of type {type(value).PYT_symbol} at {int(value):#x}: an int whose attributes are its members."
        yield "print(x): all members; x.NAME: one, read now; int(x): the address; len(x): sizeof; x[1]: the next one of an array."
        yield ""
        yield from _of_type(type(value))
    elif hasattr(value, "prototype"):
        yield from _of_helper(value)
    elif value is sys.modules.get("pykd.kernel"):
        yield from _of_kernel()
    elif type(value) is type(sys) and getattr(value, "__all__", None):
        yield from _of_module(value)
    else:
        yield from _of_any(value)


def _of_type(cls: StructType) -> Iterator[str]:
    from pykd.values import cdefine

    stripped = cls.PYT_type.strip()
    if stripped.kind in ("struct", "union", "enum"):
        try:
            yield from cdefine.lines(stripped, offsets=stripped.kind != "enum")
        except Error as error:
            yield f"({error})"
    else:
        yield str(cls.PYT_type)
    yield f"SIZE: {cls.PYT_size}"


def _of_module(module: Any) -> Iterator[str]:
    yield from (module.__doc__ or module.__name__).strip().splitlines()
    for name in module.__all__:
        value = getattr(module, name)
        yield ""
        yield _signature(name, value)
        yield from (f"    {_plain(line)}".rstrip() for line in _first_paragraph(value))
    yield ""
    yield f"help({module.__name__}.NAME) says more."


def _of_helper(helper: Any) -> Iterator[str]:
    import textwrap

    from pykd.kernel.catalogue.records import record

    document, _, example = helper.__doc__.partition("\n\n>>> ")
    yield helper.prototype
    yield ""
    yield from (_plain(line.removeprefix("    ")) for line in document.splitlines())
    if (found := record(helper)) is not None:
        name, about, attributes = found
        yield ""
        yield from (_plain(line.strip()) for line in f"{name}: {about}".splitlines())
        width = max((len(one) for one, _ in attributes), default=0)
        for one, told in attributes:
            yield from textwrap.wrap(f"{one:<{width}}  {_plain(told)}", 140, initial_indent="    ", subsequent_indent=" " * (width + 6))
    if example:
        yield ""
        yield f">>> {example}"


def _of_kernel() -> Iterator[str]:
    from pykd.kernel import catalogue

    yield from map(_plain, (catalogue.__doc__ or "").strip().splitlines())
    for topic, entries in catalogue.HELPERS.items():
        yield ""
        yield topic.upper()
        for name, *_ in entries:
            helper: Any = catalogue.find(name)
            yield ""
            yield helper.prototype
            yield from (f"    {_plain(line.strip())}" for line in _first_paragraph(helper))
    yield ""
    yield "help(pykd.kernel.NAME) says more."


def _plain(line: str) -> str:
    """A line of a docstring as people read it."""
    import re

    line = re.sub(r":\w+:`~?([^`]+)`", r"\1", line).replace("``", "`")
    line = re.sub(r":(?:param|ivar) (\w+):", r"\1:", line)
    return re.sub(r":raises ", "Raises ", re.sub(r":returns?:", "Returns", line))


def _signature(name: str, value: Any) -> str:
    import inspect

    if isinstance(value, type) or not callable(value):
        return name
    try:
        return f"{name}{inspect.signature(value)}"
    except (TypeError, ValueError):
        return f"{name}(...)"


def _first_paragraph(value: Any) -> list[str]:
    import inspect

    text = inspect.getdoc(value) if callable(value) or isinstance(value, type(sys)) else None
    return (text or "").partition("\n\n")[0].splitlines()


def _of_any(value: Any) -> Iterator[str]:
    import inspect

    # Methods of the core have their signature as the first line of their docstring, which pydoc shows after "NAME(...)".
    document = value.__doc__ or "" if inspect.isbuiltin(value) else ""
    if document.startswith(f"{getattr(value, '__name__', '')}("):
        yield from map(_plain, document.splitlines())
        return
    import pydoc

    yield from pydoc.render_doc(value, renderer=pydoc.plaintext).splitlines()  # type: ignore[attr-defined]
