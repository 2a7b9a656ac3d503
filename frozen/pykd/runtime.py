# SPDX-License-Identifier: GPL-2.0-or-later
"""Running PyKdump programs: finding them, their ``__main__``, their hooks, what ends them.

All programs of a session share one interpreter and one ``__main__``, whose globals stay from one to the next. Around each
program ``sys.enterepython()`` and ``sys.exitepython()`` run, if pykdump.API has been imported and has set them.
"""

from __future__ import annotations

import os
import sys

import __main__

from pykd import importer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    from pykd.session import Session

USAGE = """\
 epython [-h] [-v] [-d n] [-p] [-m module] [--ehelp] [progname [progoptions] [progargs]]
  -h             this text
  -v, --version  versions
  -d n           debug level of the runtime
  -p, --path     version of Python and the folders searched for modules
  -m module      run a module of the standard library
  --ehelp        options that every program takes
"""

PROGRAMS = {
    "xportshow": "networking",
    "crashinfo": "first-pass check of a dump",
    "taskinfo": "tasks and their states",
    "nfsshow": "NFS client and server",
    "hanginfo": "tasks that wait, and for what",
    "fregs": "registers and arguments of stack frames",
    "tslog": "the kernel's log with wall-clock times",
    "scsi": "SCSI hosts and devices",
    "scsishow": "SCSI subsystem",
    "dmshow": "device mapper",
    "pstree": "tree of processes",
    "modinfo": "kernel modules",
    "mdadm": "MD arrays",
    "nvme": "NVMe controllers",
}
"""Programs that are commands of their own if they are in this executable or in the search path."""


class Registered:
    """A program that is a command."""

    def __init__(self, short: str, synopsis: str, help: str) -> None:
        self.short = short
        self.synopsis = synopsis
        self.help = help


_registered: dict[str, Registered] = {}
_initialised = False
_depth = 0
debug_level = 0


def _initialise() -> None:
    """Once a session: the built-in programs, and ``PyKdumpInit`` of the user's."""
    global _initialised
    if _initialised:
        return
    _initialised = True
    for name, short in PROGRAMS.items():
        if _frozen(name):
            _registered[name] = Registered(short, "-h   - list available options", f"Run `{name} -h` for its options.")
    path = _on_disk("PyKdumpInit")
    if path is not None:
        _execute(_compile(path), path, [path], quiet=True)


def register(name: str, short: str, synopsis: str, help: str) -> bool:
    """Make program *name* a command; False, with a message, if there is a command of that name."""
    from pykd import command
    from pykd.session import Session

    _initialise()
    if command.find(name) is not None:
        print(f'"{name}" is a duplicate of a currently-existing command')
        return False
    session = Session.current
    if session is not None and session.aliases.pop(name, None):
        print(f'alias "{name}" is removed: a command of that name is being registered')
    _registered[name] = Registered(short, synopsis, help)
    return True


def registered() -> list[str]:
    """Names of the programs that are commands."""
    _initialise()
    return list(_registered)


def entry(name: str) -> Registered | None:
    """What is known of a registered program, for ``help``."""
    _initialise()
    return _registered.get(name)


def is_registered(name: str) -> bool:
    _initialise()
    return name in _registered


# -- finding a program


def _frozen(name: str) -> bool:
    """Whether a program is in the executable."""
    return importer.files.is_file(f"progs/{name}.py")


def _on_disk(name: str) -> str | None:
    """A program file in ``.`` or PYKDUMPPATH: NAME or NAME.py, the first that exists and may be run."""
    for folder in _folders():
        for path in (f"{folder}/{name}", f"{folder}/{name}.py"):
            if os.path.isfile(path):
                if folder != importer.CURRENT_FOLDER or importer.finder.trusted_program(path):
                    return path
    return None


def _folders() -> list[str]:
    """The user's part of the search path."""
    inside = importer.virtual_entries()
    return [folder for folder in _base_path() if folder not in inside]


_base: list[str] = []


def _base_path() -> list[str]:
    """``sys.path`` as it is while no program runs."""
    if not _base:
        _base.extend(sys.path)
    return _base


def _compile(path: str) -> CodeType:
    with open(path, "rb") as file:
        return compile(file.read(), path, "exec", dont_inherit=True)


def find(name: str) -> tuple[CodeType, str, str] | None:
    """Code, ``__file__`` and ``sys.argv[0]`` of a program; None, with a message, if there is none.

    :raises SyntaxError: of a program file.
    """
    if name.startswith("/"):
        if not os.path.isfile(name) or not os.access(name, os.R_OK):
            print(f" Cannot open the file <{name}>")
            return None
        return _compile(name), name, name
    path = _on_disk(name)
    if path is not None:
        return _compile(path), path, path
    if _frozen(name):
        return importer.code_of(f"progs/{name}.py"), f"progs/{name}", name
    print(f" Cannot find the program <{name}>")
    return None


# -- running


def run_line(session: Session, words: list[str]) -> bool:
    """Run ``epython …`` or a registered program with its arguments; True if it ended well."""
    _initialise()
    if words[0] != "epython":
        return run_program(words)
    rest = words[1:]
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in ("-p", "--path"):
            print(sys.version)
            print(_base_path())
            return True
        if option in ("-v", "--version"):
            _print_versions()
            return True
        if option == "--ehelp":
            from pykdump import API

            API.print_common_options()
            return True
        if option == "-m" and rest:
            return _run_module(rest)
        if option.startswith(("-d", "--debug")):
            if not _set_debug(option, rest):
                return False
            if not rest:
                return True
            continue
        print(USAGE, end="")
        return option in ("-h", "--help")
    if not rest:
        print(" You need to specify a program file or options")
        print("Check 'epython -h' for details")
        return False
    return run_program(rest)


def _set_debug(option: str, rest: list[str]) -> bool:
    global debug_level
    value = option.partition("=")[2] or (option[2:] if option[1] != "-" else "") or (rest.pop(0) if rest else "")
    try:
        debug_level = int(value)
    except ValueError:
        print(USAGE, end="")
        return False
    return True


def _print_versions() -> None:
    import crash

    from pykd import version

    print(" ***  C-module Information ***")
    print(f"  C-module version={crash.version}")
    print(f"  crash used for build: {crash.Crash_build}")
    print()
    print(f" --- Using {importer.EXE} ---")
    for name, number in version.components():
        print(f"{name:<16}{number}")
    print("--- PyKdump API Version: 3.5.3 ----")
    print("Programs: " + " ".join(sorted(name for name in _registered if _frozen(name))))


def _run_module(rest: list[str]) -> bool:
    """``epython -m MODULE ARGS``: a module of the library as the program."""
    module = rest[0].replace(".", "/")
    for path in (f"pylib/{module}.py", f"pylib/{module}/__main__.py"):
        if importer.files.is_file(path):
            return _execute(importer.code_of(path), f"{importer.EXE}/{path}", rest)
    print(f" Cannot find the program <{rest[0]}>")
    return False


def run_program(words: list[str]) -> bool:
    """Run a program by name; True if it ended well."""
    try:
        found = find(words[0])
    except (OSError, SyntaxError, ValueError) as error:
        _show(error)
        return False
    if found is None:
        return False
    code, file, name = found
    return _execute(code, file, [name, *words[1:]])


def always_reload() -> bool:
    """Whether every program of the session begins with a reload (``pykd --reload``)."""
    from pykd.session import Session

    return Session.current is not None and Session.current.reload


def _hook(name: str) -> bool:
    """Run one of the hooks; False if it ended with an exception, which is shown."""
    function = getattr(sys, name, None)
    if function is None:
        return True
    try:
        function()
    except SystemExit as request:
        return not request.code
    except BrokenPipeError:
        raise
    except Exception as error:
        _show(error)
        return False
    return True


def _execute(code: CodeType, file: str, argv: list[str], quiet: bool = False) -> bool:
    """Run code as ``__main__`` between the hooks. An inner run leaves the outer one's argv and files as they were."""
    saved = sys.argv, sys.stdout, sys.stderr, getattr(__main__, "__file__", None)
    base = list(_base_path())
    sys.argv = argv
    __main__.__file__ = file
    try:
        if not quiet and not _hook("enterepython"):
            return False
        worked = _guarded(code)
        if not quiet:
            worked &= _hook("exitepython")
        sys.stdout.flush()
        return worked
    finally:
        if sys.stdout is not saved[1]:
            sys.stdout.close()  # --ofile
        sys.argv, sys.stdout, sys.stderr = saved[:3]
        if saved[3] is not None:
            __main__.__file__ = saved[3]
        elif not file.startswith("progs/"):
            del __main__.__file__
        sys.path[:] = base


def _guarded(code: CodeType) -> bool:
    """Run a program's code; what it raises is shown. SIGINT ends it and not the session."""
    try:
        exec(code, __main__.__dict__)
    except SystemExit as request:
        if isinstance(request.code, int) and request.code > 0:
            print(f" -- sys.exit({request.code}) --")
            return False
        return True
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        sys.stdout.flush()
        print("interrupted", file=sys.stderr)
        return False
    except BaseException as error:
        _show(error)
        return False
    return True


def _show(error: BaseException) -> None:
    """A traceback on stderr, from the program's first line on."""
    import traceback

    sys.stdout.flush()
    trace: Any = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)
