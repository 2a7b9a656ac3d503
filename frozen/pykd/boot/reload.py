# SPDX-License-Identifier: GPL-2.0-or-later
"""``--reload``: import again what came from files, so that the next program sees them as they are now.

What is frozen, the framework and ``__main__`` stay, and with them the open dump and all that is remembered of it.
"""

from __future__ import annotations

import importlib
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

UNTOUCHED = frozenset({"pykdump", "pykd", "_pykd", "crash", "__main__"})
"""Never reloaded, not even when a file in the search path overrides it."""


def reload_modules(level: int = 0) -> None:
    """Reload every module that came from a file, in the order of their import.

    A module that cannot be imported any more stays as it was, and a line on ``sys.stderr`` says why.

    :param level: ``debugReload``. 1: print a line for each module reloaded, 2: and before it one with its name and file.
    """
    importlib.invalidate_caches()
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or name.partition(".")[0] in UNTOUCHED or not os.path.isfile(path):
            continue
        if level > 1:
            print(name, path)
        try:
            _reload(name, module)
        except (Exception, SystemExit) as error:
            sys.stdout.flush()
            print(f"--cannot reload {name}, the old one stays: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        if level > 0:
            print("--reloading", name)


def _reload(name: str, module: ModuleType) -> None:
    """:raises Exception: what the module raised; it is as it was before."""
    before = dict(vars(module))
    try:
        try:
            importlib.reload(module)
        except ModuleNotFoundError as error:
            # Programs may import from their own folder, which is searched only while they run. The file itself is known.
            spec = module.__spec__ = before["__spec__"]
            if error.name != name or spec is None or spec.loader is None:
                raise
            spec.loader.exec_module(module)
    except BaseException:
        # Half a new module would be worse than the old one.
        vars(module).clear()
        vars(module).update(before)
        sys.modules[name] = module
        raise
