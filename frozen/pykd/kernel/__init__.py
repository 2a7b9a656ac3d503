# SPDX-License-Identifier: GPL-2.0-or-later
"""Every fact about the kernel, once: the public helper library. Nothing here prints.

Uses: boot, core, values.

Names are the kernel's where it has one (``for_each_netdev``, ``d_path``). A walk is a generator of typed objects of the C core, and all
walks have one rule for what cannot be read: an item that cannot be read is yielded as the :class:`_pykd.Error` in its place, and the walk
goes on where it can; a walk that cannot go on raises at its end, after all that was found. :func:`pykd.core.walk.caught` makes that the
last item, for those who show rows. Every walk is bounded and notices circles. The trees of :mod:`pykd.kernel.lists`, which yield plain
numbers, tell such errors to a function *problem* instead.

For programs there is a flat face over all rooms, :mod:`pykd.kernel.catalogue`: ``pykd.kernel.for_each_task()``, ``from pykd.kernel import d_path``.
Nothing of it is imported before it is used.
"""

from __future__ import annotations

import _pykd_files as files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ROOMS = frozenset(name.removesuffix(".py") for name in files.listdir("pykd/kernel"))
"""Modules and packages here, which Python asks for as attributes before it imports them."""


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return __dir__()
    if name[:1] != "_" and name not in _ROOMS:
        import pykd.kernel.catalogue as catalogue

        helper = catalogue.find(name)
        if helper is not None:
            globals()[name] = helper
            return helper
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    import pykd.kernel.catalogue as catalogue

    return catalogue.names()
