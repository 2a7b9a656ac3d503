# SPDX-License-Identifier: GPL-2.0-or-later
"""What is used of ``_pyrepl``, CPython's line editor, which is private to one release of it: all of that goes through here.

:data:`USED` says which files of it we have read. When Python is updated a test names those that are others now: look at what changed in
them, at who uses it (:mod:`pykd.terminal.editor`, :mod:`pykd.terminal.vi`), and write down the new digests.
"""

from __future__ import annotations

import sys
from types import ModuleType

from pykd.terminal import terminfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_STAND_INS: dict[str, dict[str, object]] = {
    # For the class InteractiveColoredConsole, which is not for us.
    "ast": {},
    "code": {"InteractiveConsole": object},
    "linecache": {},
    # For asdict() and its like.
    "copy": {},
    # For signatures in the documentation of classes, which nobody reads here.
    "inspect": {"signature": lambda _: "", "get_annotations": lambda owner: dict(vars(owner).get("__annotations__", ()))},
    # Whether this is a Macintosh.
    "platform": {"system": lambda: "Linux"},
}
"""Modules that take as long to import as _pyrepl does, and what it asks of them."""


def _with_stand_ins() -> Iterator[None]:
    """Import _pyrepl between: with the modules that it asks little of as little as that."""
    had_dataclasses = "dataclasses" in sys.modules
    made = [name for name in _STAND_INS if name not in sys.modules]
    for name in made:
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__dict__.update(_STAND_INS[name])
    try:
        yield
    finally:
        for name in made:
            del sys.modules[name]
    if "code" in made:
        del sys.modules["_pyrepl.console"].InteractiveColoredConsole
    if not had_dataclasses:
        from pykd.boot import lazy

        for name in ("copy", "inspect"):
            setattr(sys.modules["dataclasses"], name, lazy.module(name))


terminfo.install()
_importing = _with_stand_ins()
next(_importing)

from _pyrepl import commands, historical_reader, input  # type: ignore[import-not-found]  # noqa: E402
from _pyrepl.completing_reader import CompletingReader  # type: ignore[import-not-found]  # noqa: E402
from _pyrepl.console import Event  # type: ignore[import-not-found]  # noqa: E402
from _pyrepl.keymap import compile_keymap, parse_keys  # type: ignore[import-not-found]  # noqa: E402
from _pyrepl.unix_console import UnixConsole  # type: ignore[import-not-found]  # noqa: E402
from _pyrepl.unix_eventqueue import get_terminal_keycodes  # type: ignore[import-not-found]  # noqa: E402

next(_importing, None)

__all__ = ["USED", "CompletingReader", "Event", "UnixConsole", "commands", "compile_keymap", "get_terminal_keycodes", "historical_reader", "input", "parse_keys"]

USED = {
    # file of _pyrepl: the first 16 digits of the SHA-256 of its source
    "base_eventqueue": "0ae1566b48cd8d43",
    "commands": "d363f31baac86ec2",
    "completing_reader": "8cb06da6e9bd1665",
    "console": "f006cf1ad1de56c5",
    "curses": "216acb3e10c36d70",
    "fancy_termios": "7f8a007237abc305",
    "historical_reader": "cab5c4ab74ffcd5a",
    "input": "182bf1a99c86e957",
    "keymap": "167ed21f970855b3",
    "reader": "ee2168bf802a3838",
    "trace": "ca77b0434f88d35f",
    "types": "f7aa0bd36205ea53",
    "unix_console": "b1c9ae4c754d1418",
    "unix_eventqueue": "5977a73d6364d17e",
    "utils": "8202cf1376b31a1f",
}
