# SPDX-License-Identifier: GPL-2.0-or-later
"""All that programs use: ``from pykdump.API import *``.

The first import of this module sets the hooks that run before and after every program, and runs the first of them.
"""
# ruff: noqa: F401, F403, F405 (its names are for others)

from __future__ import annotations

import atexit
import os
import select
import stat
import sys
import time
from _collections import defaultdict  # type: ignore[import-not-found]

import crash
import pykd
import pykdump
from pykd.boot import lazy
from pykd.core import host
from pykd.core.output import to_file
from pykdump import require_cmod_version

from . import Generic as gen
from . import highlevel, memocaches
from .dlkmload import debugDLKM, delModule, loadModule, lsModules, possibleModuleNames
from .Generic import (
    Bunch,
    DCache,
    KernelRev,
    TrueOnce,
    dbits2str,
    hexl,
    iterN,
    patch_default_kw,
    print2columns,
    registerModuleAttr,
)
from .highlevel import *
from .highlevel import pylog
from .logging import ERROR, WARNING, PyLog
from .memocaches import (
    CU_LIVE,
    CU_LOAD,
    CU_PYMOD,
    CU_TIMEOUT,
    PY_select,
    PY_select_purge,
    memoize_cond,
    memoize_typeinfo,
    purge_memoize_cache,
    purge_typeinfo,
)
from .nodump import has_dump
from .tparser import CDefine, CEnum
from .vmcorearch import CGDIR, HZ, PAGE_CACHE_SHIFT, PAGESIZE, RHDIR, debuginfo, kernel, kname, sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

# Modules and classes that programs take from here without importing them.
importlib = lazy.module("importlib")
inspect = lazy.module("inspect")
pprint = lazy.module("pprint")
re = lazy.module("re")
string = lazy.module("string")
traceback = lazy.module("traceback")
OptionParser = lazy.attribute("optparse", "OptionParser")
Option = lazy.attribute("optparse", "Option")
re_apidebug = lazy.made_by(lambda: re.compile(r"^--apidebug=(\d+)$"))

long = int
INFO = "...INFO..."
TYPE_CODE_SU = (crash.TYPE_CODE_STRUCT, crash.TYPE_CODE_UNION)
wrapcrash = highlevel
set_default_timeout = crash.set_default_timeout

debug = 0
"""Set by ``--debug``, until the next one."""

API_options = Bunch({"experimental": 0, "debug": 0, "dumpcache": 0})

debugReload = 0
registerModuleAttr("debugReload", default=0, help="Debug reloading Python modules")


def _pretty_printer() -> Any:
    return lazy.made_by(lambda: pprint.PrettyPrinter(indent=4))


pp = _pretty_printer()


class _Reader:
    """``PYKD.name`` is ``readSymbol("name")``."""

    def __getattr__(self, name: str) -> Any:
        return readSymbol(name)


PYKD = _Reader()


class MsgExtra:
    """A context in which ``str()`` of any instance is *msg*. Older programs use it."""

    _stack: list[str | None] = [None]

    def __init__(self, msg: str | None = None) -> None:
        self.msg = msg

    def __enter__(self) -> None:
        self._stack.append(self.msg)

    def __exit__(self, *exc_info: object) -> None:
        self._stack.pop()

    def __str__(self) -> str:
        return str(self._stack[-1])


def funcToMethod(function: Callable[..., Any], cls: type, name: str | None = None) -> None:
    """Make *function* a method of a class, under its own name or another."""
    setattr(cls, name or function.__name__, function)


def sdef2ArtSU(text: str) -> ArtStructInfo:
    """An artificial struct of its C definition: members one after the other, without padding."""
    from .tparser import parseSUDef

    name, members = parseSUDef(text)
    info = ArtStructInfo(name)
    for ctype, member in members:
        info.append(ctype, member)
    return info


@memoize_cond(CU_LIVE)
def get_task_mem_usage(addr: int) -> tuple[int, int]:
    """Virtual and resident size of a task's process in kB."""
    return crash.get_task_mem_usage(addr)


def is_percpu_symbol(addr: int) -> bool:
    """Whether *addr* is that of a per-CPU variable, of the kernel proper or of a module."""
    return getattr(addr, "percpu", False) or pykd.cpus.is_percpu(addr)


def isfileoutput() -> bool:
    """Whether the output goes to a regular file."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        # A buffer that is no file at all.
        return False


def argv2s(argv: Sequence[str]) -> str:
    """A command line for people, with a blank at both ends; words with blanks in double quotes."""
    words = [os.path.basename(argv[0]), *argv[1:]] if argv else []
    return " ".join(["", *(f'"{word}"' if " " in word else word for word in words), ""])


def hand_on(namespace: dict[str, Any]) -> list[str]:
    """Give a module what ``from pykdump.API import *`` would, but not in place of what it has, and return these names for its ``__all__``.

    Programs rely on it that the modules of LinuxDump hand on the names of this one.
    """
    public = {name: value for name, value in globals().items() if name[0] != "_"}
    namespace |= public | namespace
    return list(public)


# ---- namespaces

_nsproxy: Any = None
_nsproxy_known = False


def get_nsproxy() -> Any:
    """The ``struct nsproxy`` that reports are about: ``init_nsproxy``, or that of ``--usens``."""
    global _nsproxy, _nsproxy_known
    if not _nsproxy_known:
        try:
            _nsproxy = readSU("struct nsproxy", crash.sym2addr("init_nsproxy") or 0)
        except TypeError:
            _nsproxy = None
        _nsproxy = _nsproxy or None
        _nsproxy_known = True
    return _nsproxy


def set_nsproxy(pid: int | None = None) -> None:
    """Choose the namespaces of a process, or with None the first ones. Ends the program if there is no such process."""
    global _nsproxy, _nsproxy_known
    _nsproxy_known = False
    if pid is None:
        return
    task = pid_to_task(pid)
    if not task:
        print(f"There is no PID={pid}")
        sys.exit(0)
    _nsproxy = readSU("struct task_struct", task).nsproxy
    _nsproxy_known = True


# ---- options that every program has

_OPTIONS = {
    # name: (what its value is called, or None; what a value becomes; help)
    "--experimental": (None, None, "enable experimental features (for developers only)"),
    "--debug": ("DEBUG", int, "enable debugging output"),
    "--timeout": ("TIMEOUT", int, "set default timeout for crash commands"),
    "--maxel": ("MAXEL", int, "set maximum number of list elements to traverse"),
    "--usens": ("USENS", int, "use namespace of the specified PID"),
    "--reload": (None, None, "reload already imported modules from Linuxdump"),
    "--dumpcache": (None, None, "dump API caches info"),
    "--ofile": ("FILE", str, "write report to FILE"),
}


def options_help() -> str:
    """What ``epython --ehelp`` prints."""
    spelled = {name: f"{name}={value}" if value else name for name, (value, _, _) in _OPTIONS.items()}
    width = max(map(len, spelled.values()))
    lines = [f"  {spelled[name]:{width}}  {help}" for name, (_, _, help) in _OPTIONS.items()]
    return "\n".join(["Usage: epython <commonoptions> command ...", "", "Options:", *lines])


def _bad_option(message: str) -> None:
    print(f"epython: error: {message}", file=sys.stderr)
    sys.exit(2)


def _split_options(words: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The options of ours among *words*, and the rest for the program. Ours are known by their exact long names only."""
    ours: dict[str, Any] = {}
    rest = []
    pending = list(words)
    while pending:
        word = pending.pop(0)
        name, equals, value = word.partition("=")
        if name not in _OPTIONS:
            rest.append(word)
            continue
        _, convert, _ = _OPTIONS[name]
        if convert is None:
            if equals:
                _bad_option(f"{name} option does not take a value")
            ours[name] = 1
            continue
        if not equals:
            if not pending:
                _bad_option(f"{name} option requires 1 argument")
            value = pending.pop(0)
        try:
            ours[name] = int(value, 0) if convert is int else value
        except ValueError:
            _bad_option(f"option {name}: invalid integer value: {value!r}")
    return ours, rest


_last_timeout = 0


def _process_options() -> None:
    global debug, _last_timeout
    options, rest = _split_options(sys.argv[1:])
    highlevel.experimental = API_options.experimental = options.get("--experimental", 0)
    if "--debug" in options:
        debug = gen.debug = options["--debug"]
        print(sys.argv)
    API_options.debug = debug
    session = host.current()
    if "--reload" in options or (session is not None and session.reload):
        from pykd.boot.reload import reload_modules

        purge_memoize_cache(CU_PYMOD)
        PY_select_purge()
        reload_modules(debugReload)
    timeout = options.get("--timeout", 120)
    set_default_timeout(timeout)
    crash.default_timeout = timeout
    if timeout > _last_timeout:
        # A command that was cut short may be able to end now.
        purge_memoize_cache(CU_TIMEOUT)
    _last_timeout = timeout
    setListMaxel(options.get("--maxel", 10000))
    set_nsproxy(None)
    if "--usens" in options:
        print(f" *=*=* Using namespaces of PID {options['--usens']}  *=*=*")
        set_nsproxy(options["--usens"])
    if "--ofile" in options:
        try:
            sys.stdout = to_file(options["--ofile"])  # the runtime closes it
        except OSError as error:
            _bad_option(f"{options['--ofile']}: {error.strerror}")
    sys.argv[1:] = rest
    API_options.dumpcache = options.get("--dumpcache", 0)


# ---- before and after a program

t_start = t_start_children = t_starta = 0.0


def _times() -> tuple[float, float]:
    times = os.times()
    return times.user + times.system, times.children_user + times.children_system


def enter_epython() -> None:
    """Runs before each program."""
    global t_start, t_start_children, t_starta, pp
    DCache.cleartmp()
    t_start, t_start_children = _times()
    t_starta = time.time()
    if hasattr(sys.stdout, "reconfigure"):
        # Names in the dump need not be text: what was a byte must come out as that byte.
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    pp = _pretty_printer()
    pylog.cleanup()
    sys.__oldargv = sys.argv.copy()  # type: ignore[attr-defined]
    _process_options()
    if isfileoutput() and host.is_pykdump:
        print(f"\n   {argv2s(sys.__oldargv):*^60s}")  # type: ignore[attr-defined]
        path = os.path.abspath(pykd.current().file)
        print(f" {f' {path} ({kname}) ':o^77s}")
    set_readmem_task(0)
    sys.path.insert(0, os.path.dirname(sys.argv[0]))


def exit_epython() -> None:
    """Runs after each program."""
    sys.path.pop(0)
    pylog.onexit()
    cleanup()


def cleanup() -> None:
    """The footer."""
    set_readmem_task(0)
    if not host.is_pykdump:
        return
    own, children = _times()
    own -= t_start
    children -= t_start_children
    tail = f", Child processes: {children:6.2f}s" if abs(children) > 0.001 else ""
    try:
        print(f"\n ** Execution took {time.time() - t_starta:6.2f}s (real) {own:6.2f}s (CPU){tail}")
        sys.stdout.flush()
    except BrokenPipeError:
        pass  # `| head` has seen enough


# Where programs look for what the framework says it is about.
memocaches.livedump = has_dump() and bool(sys_info.livedump)

if has_dump():
    enter_epython()
sys.enterepython = enter_epython  # type: ignore[attr-defined]
sys.exitepython = exit_epython  # type: ignore[attr-defined]
