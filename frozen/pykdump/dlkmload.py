# SPDX-License-Identifier: GPL-2.0-or-later
"""Types of loadable modules.

crash needs a file with debug information for each module. Here a module's types are in the dump, as its BTF; a module that is
loaded and has BTF counts as loaded with its debug information, and a file is looked for only where there is none.
"""

from __future__ import annotations

import os

import pykd

from .Generic import registerModuleAttr
from .highlevel import exec_crash_command
from .memocaches import purge_typeinfo
from .vmcorearch import sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

debugDLKM = 0
registerModuleAttr("debugDLKM", default=0, help="Debug DLKM debuginfo subroutines")

_EXTENSIONS = (".ko.debug", ".o.debug", ".ko", ".o")

_loaded: dict[str, bool] = {}


def possibleModuleNames(topdir: str | None, fbase: str) -> str | None:
    """A file below *topdir* with debug information of module *fbase*, or None; ``_`` in its name may be ``-`` in the file's."""
    if topdir is None:
        return None
    wanted = [base + extension for extension in _EXTENSIONS for base in (fbase, fbase.replace("_", "-"))]
    for folder, _, names in os.walk(topdir):
        for name in wanted:
            if name in names:
                return os.path.join(folder, name)
    return None


def _debug(level: int, *message: Any) -> None:
    if debugDLKM >= level:
        print(*message)


def lsModules() -> list[str]:
    """Names of the loaded modules, as far as the list can be read."""
    return [module.name for module in pykd.current().modules()]


def loadModule(modname: str, ofile: str | None = None, altname: str | None = None) -> bool:
    """Make a module's types known; whether they are.

    :param ofile: a file with its debug information.
    :param altname: the name it is loaded under, if that is another.
    """
    if modname not in _loaded:
        found = _load(modname, ofile, altname or modname)
        if found is None:
            return False
        _loaded[modname] = found
        purge_typeinfo()
    return _loaded[modname]


def _load(modname: str, ofile: str | None, altname: str) -> bool | None:
    """None: it may be asked again."""
    _debug(2, "Starting module search", modname)
    module = next((module for module in pykd.current().modules() if module.name == altname), None)
    if module is None:
        _debug(2, altname, "is not in the list of modules")
        return None
    if module.has_btf:
        _debug(2, altname, "has its types in the dump")
        return True
    if ofile is None:
        for folder in sys_info.debuginfo:
            _debug(2, "Searching", folder)
            ofile = possibleModuleNames(folder, modname)
            if ofile:
                break
        else:
            return None
    _debug(2, "Loading", altname, "from", ofile)
    try:
        return "MODULE" in exec_crash_command(f"mod -s {altname} {ofile}")
    except pykd.Error as error:
        _debug(1, error)
        return False


def delModule(modname: str) -> None:
    """Forget what :func:`loadModule` loaded."""
    if _loaded.pop(modname, False):
        _debug(1, "Unloading", modname)
        purge_typeinfo()
        if not any(module.name == modname and module.has_btf for module in pykd.current().modules()):
            exec_crash_command(f"mod -d {modname}")
