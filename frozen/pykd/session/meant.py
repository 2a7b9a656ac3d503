# SPDX-License-Identifier: GPL-2.0-or-later
"""What somebody may have meant whose Python raised an error about a name: of the dump, of a helper, or one that is to be imported."""

from __future__ import annotations

from _pykd import Dump, Error, current
from pykd.core.near import near, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def hint(error: BaseException, names: Iterable[str] = (), dump: Dump | None = None) -> str:
    """What to add to the message: ``; did you mean `comm`?``, ``; d_path is of pykd.kernel: ...``, or nothing.

    :param names: those that the code might have used, of a :class:`NameError`.
    """
    if isinstance(error, NameError) and isinstance(error.name, str):
        return _of_name(error.name, names)
    if isinstance(error, ImportError) and error.name == "pykd.kernel" and isinstance(error.name_from, str):
        return sentence(near(error.name_from, _helpers(), 1))
    if isinstance(error, ModuleNotFoundError) and isinstance(error.name, str):
        return _of_module(error.name)
    if not isinstance(error, (Error, AttributeError)):
        return ""
    from pykd.values import known

    try:
        return known.hint(dump or current(), error)
    except Error:
        return ""  # there is no dump


def _of_name(name: str, names: Iterable[str]) -> str:
    helpers = _helpers()
    if name in helpers:
        return f"; it is a helper: from pykd.kernel import {name}"
    import pykd

    if name in pykd.__all__:
        return f"; it is pykd.{name}"
    return sentence(near(name, names, 1)) or sentence([f"pykd.kernel.{one}" for one in near(name, helpers, 1)])


def _of_module(name: str) -> str:
    """Of a module in the executable whose package there is."""
    import _pykd_files as files

    package, _, last = name.rpartition(".")
    for folder in (package.replace(".", "/"), f"progs/{package.replace('.', '/')}"):
        there = {one.removesuffix(".py") for one in files.listdir(folder)} if package else set()
        if there:
            return sentence([f"{package}.{one}" for one in near(last, there, 1)])
    return ""


def _helpers() -> list[str]:
    from pykd.kernel import catalogue

    return catalogue.names()
