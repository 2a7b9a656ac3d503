# SPDX-License-Identifier: GPL-2.0-or-later
"""Running PyKdump programs: how they are found, what they run in, what ends them.

All programs of a session share one interpreter and one ``__main__``, whose globals stay from one program to the next. Before each
program runs ``sys.enterepython()`` and after it ``sys.exitepython()``; pykdump.API sets these hooks when it is first imported.
Whatever a program does ends the program at most, never the session; only output that nobody reads any more ends the command.
"""

from __future__ import annotations

import os
import sys

import __main__
import _pykd_files as files
from _pykd import Error, current
from pykd.boot import importer, trust
from pykd.core import given, host
from pykd.core.errors import CommandError
from pykd.core.shown import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, TracebackType
    from typing import Any

# With the blanks that PyKdump has at the end of lines.
USAGE = """\
Usage:\x20
  epython [epythonoptions] [progname [--ehelp] [progoptions] [progargs]]
    epythonoptions:
    ---------------
      [-h|--help]\x20
      [-v|--version]  - report versions
      [-d|--debug n]  - set debugging level\x20
      [-p|--path]     - show Python version and syspath
      [--ehelp]       - show extra options, common for all programs

"""

debug = 0
"""Set by ``epython -d``. Above 0: each program's file and arguments are told on stderr before it runs."""

_base_path: list[str] = []
"""``sys.path`` while no program runs."""


class Program:
    """A program that was found."""

    def __init__(self, path: str, argv0: str, file: str, get_code: Callable[[], CodeType], loader: Any = None) -> None:
        self.path = path
        """Where it is, within the executable too."""
        self.argv0 = argv0
        self.file = file
        """``__file__``"""
        self.get_code = get_code
        """:raises OSError, SyntaxError, ValueError:"""
        self.loader = loader
        """Knows the source of a frozen program, for tracebacks."""


class Registered:
    """A program that is a command of its own."""

    def __init__(self, name: str, short: str, synopsis: str, help: str) -> None:
        self.name = name
        self.short = short
        """One line."""
        self.synopsis = synopsis
        """What follows the name."""
        self.help = help
        """Empty: the program declares itself, see :mod:`pykd.session.program`."""


# -- registered programs

INIT_PROGRAM = "PyKdumpInit"
"""Registers the programs that are commands. The one in the executable is overridden by a file of that name, as any program is."""

_registry: dict[str, Registered] = {}
_initialised = False


def initialise() -> None:
    """Run PyKdumpInit unless it has run in this process. It may be missing, and gets no hooks."""
    global _initialised
    if _initialised:
        return
    _initialised = True
    program = find(INIT_PROGRAM)
    if program is not None:
        _run(program, [], quiet=True)


def register(name: str, short: str, synopsis: str, help: str) -> bool:
    """Make program *name* a command; False, with a message, if there is a command of that name."""
    from pykd.session import command
    if name in _registry or name in ("epython", "q") or command.find(name) is not None:
        print(f'"{name}" is a duplicate of a currently-existing command')
        return False
    session = host.current()
    if session is not None and name in session.aliases:
        print(f'alias "{name}" deleted: it is the name of a command now')
        del session.aliases[name]
    _registry[name] = Registered(name, short, synopsis, help)
    return True


def is_registered(name: str) -> bool:
    initialise()
    return name in _registry


def registered() -> list[str]:
    """Names of the programs that are commands."""
    initialise()
    return list(_registry)


def entry(name: str) -> Registered | None:
    """What ``help`` says of a registered program; None if there is none of that name."""
    initialise()
    return _registry.get(name)


# -- finding programs


def base_path() -> list[str]:
    """``sys.path`` as it is while no program runs."""
    if not _base_path:
        _base_path[:] = sys.path
        for folder in importer.missing_folders():
            print(f"pykd: PYKDUMPPATH: {folder} is not there", file=sys.stderr)
    return _base_path


def find(name: str) -> Program | None:
    """The program *name*: an absolute path, or a file NAME or NAME.py in ``.`` and PYKDUMPPATH, or one of the executable's.

    What is found in ``.`` by its bare name must be trusted, see :mod:`pykd.boot.importer`; with a ``/`` in its name it is meant.
    """
    if name.startswith("/"):
        return _file_program(name)
    if "/" in name and importer.CURRENT_FOLDER not in base_path():
        # Its folder is meant, not one to search.
        for path in (name, name + ".py"):
            if os.path.isfile(path):
                return _file_program(path)
    for folder in base_path():
        if importer.virtual(folder) is not None:
            continue
        if os.path.isfile(folder):
            program = _archive_program(folder, name)
            if program is not None:
                return program
            continue
        for path in (os.path.join(folder, name), os.path.join(folder, name + ".py")):
            if not os.path.isfile(path):
                continue
            if folder == importer.CURRENT_FOLDER and "/" not in name:
                if name == INIT_PROGRAM and not trust.may_run_unnamed(os.path.basename(path)):
                    continue
                if not importer.finder.trusted_program(path):
                    continue
                if files.is_file(f"progs/{name}.py"):
                    trust.replaces(path, name)
            return _file_program(path)
    for path in (f"progs/{name}.py", f"progs/{name}"):
        if path.endswith(".py") and files.is_file(path):
            return _frozen_program(path, name)
    return None


def _file_program(path: str) -> Program:
    return Program(path, path, path, lambda: _compile(path))


def _archive_program(archive: str, name: str) -> Program | None:
    """A program in an archive that is an entry of the path, as modules may be."""
    finder: Any = importer.entry_finder(archive)
    if not hasattr(finder, "get_data"):
        return None
    for path in (f"{archive}/{name}", f"{archive}/{name}.py"):
        try:
            source = finder.get_data(path)
        except OSError:
            continue
        return Program(path, path, path, lambda path=path, source=source: compile(source, path, "exec", dont_inherit=True))  # type: ignore[misc]
    return None


def _frozen_program(path: str, argv0: str) -> Program:
    loader = importer.FrozenLoader("__main__", path)
    return Program(loader.path, argv0, path.removesuffix(".py"), lambda: importer.code_of(path), loader)


_compiled: dict[str, tuple[tuple[int, int], CodeType]] = {}
"""By path: the file's time of change and size, and its code."""


def _compile(path: str) -> CodeType:
    """:raises OSError, SyntaxError, ValueError:"""
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        version = status.st_mtime_ns, status.st_size
        known = _compiled.get(path)
        if known is None or known[0] != version:
            source = file.read(given.LONGEST + 1)
            if len(source) > given.LONGEST or b"\0" in source:  # Python would read all of a dump to say so
                raise SyntaxError(f"{path} is no Python program")
            known = _compiled[path] = version, compile(source, path, "exec", dont_inherit=True)
    return known[1]


def library_program(module: str) -> Program | None:
    """A module of the frozen standard library as a program."""
    stem = "pylib/" + module.replace(".", "/")
    for path in (f"{stem}.py", f"{stem}/__main__.py"):
        if files.is_file(path):
            program = _frozen_program(path, f"{importer.EXE}/{path}")
            program.file = program.path
            return program
    return None


def frozen_programs() -> Iterator[tuple[str, str]]:
    """Name and ``__version__`` ("" if it has none) of each program in the executable."""
    import re

    for file in sorted(files.listdir("progs")):
        if file.endswith(".py"):
            version = re.search(r"^__version__\s*=\s*[\"'](.*?)[\"']", importer.source_of(f"progs/{file}"), re.MULTILINE)
            yield file.removesuffix(".py"), version[1] if version else ""


# -- the command


def run_line(words: list[str]) -> bool:
    """Run ``epython …`` or a registered program with its arguments; True if it ended well."""
    initialise()
    if words[0] != "epython":
        return run_program(words)
    rest = words[1:]
    while rest and len(rest[0]) > 1 and rest[0][0] == "-":
        option = rest.pop(0)
        name, equals, value = option.partition("=")
        if option in ("-h", "--help"):
            print(USAGE, end="")
            return True
        if option in ("-v", "--version"):
            _print_versions()
            return True
        if option in ("-p", "--path"):
            print(sys.version)
            print(base_path())
            return True
        if option == "--ehelp":
            print(_common_options())
            return True
        if option == "-m" and rest:
            return _run_found(library_program(rest[0]), rest)
        if name in ("-d", "--debug") or option.startswith("-d"):
            value = value if equals else option[2:] if option[1] != "-" and option != "-d" else rest.pop(0) if rest else ""
            if _set_debug(value):
                if not rest:
                    return True
                continue
        print(USAGE, end="")
        return False
    if not rest:
        print(" You need to specify a program file or options")
        print("Check 'epython -h' for details")
        return False
    return run_program(rest)


def _set_debug(value: str) -> bool:
    global debug
    try:
        debug = int(value)
    except ValueError:
        return False
    return True


def _common_options() -> str:
    """Help on the options that every program has."""
    import io

    from pykd.core.output import output_to

    argv, path = sys.argv, sys.path[:]
    sys.argv = ["epython"]
    try:
        # The first import begins a run, with a header when the output is a file; but there is no program.
        with output_to(io.StringIO()):
            from pykdump import API
    finally:
        sys.argv, sys.path[:] = argv, path
    return API.options_help()


def _print_versions() -> None:
    import crash
    import pykdump
    from pykd.core import version

    print(" ***  C-module Information ***")
    print(f"  C-module version={crash.version}")
    print(f"  crash used for build: {crash.Crash_build}")
    print()
    print(f" --- Using {importer.EXE} ---")
    for name, number in version.components():
        print(f"  {name:<16}{number}")
    print(f"--- PyKdump API Version: {pykdump.__version__} ----")
    for name, number in frozen_programs():
        print(f"  {name:<16}{number}".rstrip())


def run_program(words: list[str]) -> bool:
    """Run the program *words*[0] with the others as its arguments; True if it ended well."""
    return _run_found(find(words[0]), words)


def _run_found(program: Program | None, words: list[str]) -> bool:
    if "--ehelp" in words[1:]:
        print(_common_options())
        return True
    if program is None:
        from pykd.core import near

        print(f" Cannot find the program <{words[0]}>{near.hint(words[0], registered())}")
        return False
    return _run(program, words[1:])


# -- running


def always_reload() -> bool:
    """Whether every program run is to reload modules, with or without its ``--reload``."""
    session = host.current()
    return session is not None and session.reload


_depth = 0
"""How many programs run, one called by the other."""


def _run(program: Program, arguments: list[str], quiet: bool = False) -> bool:
    """Run a program as ``__main__``; True if it ended well.

    A program that another one runs gets globals, arguments and ``sys.path`` of its own for a while.

    :param quiet: without the hooks.
    :raises BrokenPipeError: nobody reads the output any more.
    """
    global _depth
    path = sys.path[:] if _depth else base_path()[:]
    try:
        code = program.get_code()
    except OSError:
        print(f" Cannot open the file <{program.path}>")
        return False
    except (SyntaxError, ValueError) as error:
        _show(error)
        return False
    if debug > 0:
        print(f"epython: {program.path} {arguments}", file=sys.stderr)
    from pykd.session import aftermath

    if not _depth:
        aftermath.forget_what_moved(os.path.dirname(program.argv0))
    saved = sys.argv, sys.stdout, sys.stderr, sys.modules.get("__main__")
    outer = dict(vars(__main__)) if _depth else None
    sys.argv = [program.argv0, *arguments]
    sys.stdout = aftermath.lent(sys.stdout)
    sys.modules["__main__"] = __main__
    vars(__main__).update(__name__="__main__", __file__=program.file, __loader__=program.loader)
    try:
        vars(__main__).setdefault("dump", current())
    except Error:
        pass  # a program may run without a dump
    _depth += 1
    try:
        built_in = importer.virtual(program.path) is not None
        with aftermath.undone(), aftermath.own_framework(built_in), aftermath.faced(code, built_in):
            return _between_hooks(code, quiet)
    finally:
        _depth -= 1
        output = sys.stdout
        sys.argv, sys.stdout, sys.stderr, sys.modules["__main__"] = saved  # type: ignore[assignment]
        if output is not sys.stdout and not output.closed:
            output.flush()  # the file of --ofile
        sys.path[:] = path
        if outer is not None:
            vars(__main__).clear()
            vars(__main__).update(outer)
        else:
            vars(__main__).pop("__file__", None)


def _between_hooks(code: CodeType, quiet: bool) -> bool:
    if quiet:
        return _guarded(lambda: exec(code, vars(__main__)))
    enter = getattr(sys, "enterepython", None)
    if enter is None and always_reload():
        # This is done by the hook otherwise, since it is an option of the program too.
        from pykd.boot.reload import reload_modules

        reload_modules()
    try:
        if enter is not None and not _guarded(enter, silent_exit=True):
            return False
        worked = _guarded(lambda: exec(code, vars(__main__)))
    except BrokenPipeError:
        # The hook restores what it changed; what it prints is lost.
        try:
            _leave()
        except BrokenPipeError:
            pass
        raise
    return _leave() and worked


def _leave() -> bool:
    leave = getattr(sys, "exitepython", None)
    worked = leave is None or _guarded(leave)
    sys.stdout.flush()
    return worked


def _guarded(function: Callable[[], Any], silent_exit: bool = False) -> bool:
    """Call *function*; True if it ended well. What it raises is shown.

    :param silent_exit: say nothing of ``sys.exit(n)``, whose message is out already.
    :raises BrokenPipeError: when it is ``sys.stdout`` that is broken, and not some pipe of the program's own.
    """
    try:
        function()
    except SystemExit as request:
        if isinstance(request.code, int) and request.code > 0 and not silent_exit and not _seen_on_its_way(request):
            print(f" -- sys.exit({request.code}) --")
        return not request.code and not silent_exit
    except KeyboardInterrupt:
        sys.stdout.flush()
        print(f"{os.path.basename(sys.argv[0])}: interrupted", file=sys.stderr)
        return False
    except BrokenPipeError as error:
        if _nobody_reads():
            raise
        _show(error)
        return False
    except BaseException as error:
        _show(error)
        return False
    return True


def _seen_on_its_way(request: SystemExit) -> bool:
    """Whether a ``try`` or ``with`` had a look at the exception and let it pass, as optparse's does when it refuses an option.

    PyKdump saw such a one as an object, not as a number, and said nothing of it. What argparse raises passed none. The import of a
    module has such a ``try``, whose frames Python leaves out of the traceback.
    """
    import dis

    trace = request.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_name == "<module>" and trace.tb_frame.f_globals.get("__name__") != "__main__":
            return True
        if code.co_filename not in (__file__, f"{importer.EXE}/pylib/argparse.py") and code.co_exceptiontable:
            entries: Any = dis._parse_exception_table(code)  # type: ignore[attr-defined]
            if any(entry.start <= trace.tb_lasti < entry.end for entry in entries):
                return True
        trace = trace.tb_next
    return False


def _nobody_reads() -> bool:
    """Whether the other end of ``sys.stdout`` is closed. Writing again would not tell: the first failure drops the text."""
    import select

    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    except (OSError, ValueError):
        return False  # a buffer, or closed


def _show(error: BaseException) -> None:
    """The traceback, from the program's first line on.

    Of a program in the executable that met a hole in the dump one line: its author is not the one who reads this. ``epython -d 1``
    shows all.
    """
    sys.stdout.flush()
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    ours = trace is not None and importer.virtual(trace.tb_frame.f_code.co_filename) is not None
    if ours and isinstance(error, (Error, CommandError)) and not debug:
        print(f"{os.path.basename(sys.argv[0])}: {error}", file=sys.stderr)
        return
    from pykd.session import tracebacks

    session = host.current()
    full = session is not None and session.settings["traceback"] == "full"
    coloured = session is not None and session.coloured(sys.stderr)
    own(sys.stderr, tracebacks.describe(error, trace, full, coloured))
