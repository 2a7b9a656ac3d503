# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: options, one session, exit codes.

    pykd [options] DUMP [-c COMMAND]… [SCRIPT [ARGS]]

0: every command worked; 1: one failed; 2: wrong usage; 3: the dump cannot be opened.
"""

import sys

from pykd.core.errors import UsageError, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from _pykd import Dump
    from pykd.session.session import Session

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NO_DUMP = 3

USAGE = """\
usage: pykd [options] DUMP [-c COMMAND]... [SCRIPT [ARGS]]
       pykd [--json] id DUMP...
       pykd report DUMP [--html FILE] [--json FILE] [--text FILE] [--brief]
       pykd mcp [DUMP|FOLDER]...
       pykd profile DUMP|VMLINUX [-o FILE]
       pykd batch [-o FILE] PATH...
       pykd group FILE...

Opens a Linux kernel crash dump and runs commands and programs on it; without any, asks for them.
Raw memory is FILE@ADDRESS, by the physical address of its first byte: low.raw@0,high.raw@100000000.

  -c COMMAND         run a command; several run one after another in one session
  -i FILE            run the commands in a file; may be repeated
  -o FILE            write what commands print to a file
  --no-pager         show long output as it comes, also on a terminal
  --color WHEN       auto (the default: on a terminal, unless NO_COLOR is set), always or never
  -s                 no banner
  --part FILE        a further part of a split dump (makedumpfile --split); may be repeated
  --live             open the running kernel (as root); DUMP is left out, or where /proc/kcore is to be found
  --vmlinux FILE     a vmlinux of this kernel, or a folder with it: what BTF and kallsyms lack comes from it
  --profile FILE     what pykd profile wrote of this kernel, or a folder with it: it serves as a vmlinux does
  --system-map FILE  names for a dump that has none, or those of functions only
  --no-btf           types come from the vmlinux though the dump has BTF
  --vmcoreinfo FILE  use this text in place of the dump's own vmcoreinfo note
  --decl FILE        declare types of globals: C text such as "struct list_head modules;"; may be repeated
  --json             each command answers with one line of JSON, its errors included
  --ndjson           the same, each row a line of its own
  --redact           leave host names, addresses, command lines and users' paths out of JSON
  --reload           before each program reload modules that came from files

  --isolated         search for modules and programs in pykd alone, not in '.' and PYKDUMPPATH
  --no-sandbox       keep what commands that only read do not need: writing files, programs, the network
  --trust-cwd        trust what lies in '.': .pykdrc, PyKdumpInit, programs and modules of others

  --osrelease        print the kernel's release, and exit
  --build-id         print the kernel's build-id, and exit
  --log              print the kernel's messages, and exit
  --run FILE [ARGS]  run a Python program without a dump; it may open some itself with pykd.open()
  -p                 print the version of Python and the list of folders searched, and exit
  --version          print the versions of everything in pykd, and exit
  --licenses         print the licences of everything in pykd, and exit
  --self-test        check that this file is whole and works here, and exit
  --json-schema [NAME]  print the JSON schema of what a command answers with --json, or of all, and exit
  --man              print the man page, and exit
  --completion SHELL print completions for bash, zsh or fish, and exit
  --sbom             print what is in pykd as an SPDX 2.3 document, and exit
  -h, --help         print this, and exit

  id DUMP...         one line for each file: kernel, date, panic message, format, completeness, build-id
  report DUMP        what stopped the system, why, and what else is wrong; report --help lists its options
  mcp [FOLDER]...    a server of the Model Context Protocol, for agents; mcp --help lists its options
  profile FILE       what is known of a kernel, for --profile; profile --help lists its options
  batch PATH...      a record of each of many dumps, a line of JSON; batch --help lists its options
  group FILE...      such records, joined where the crashes are alike; group --help lists its options

Exit status: 0 all commands worked, 1 one failed, 2 wrong usage, 3 the dump cannot be opened.
"""


KCORE = "/proc/kcore"
VERBS = {"report": "pykd.app.report", "mcp": "pykd.app.mcp.main", "profile": "pykd.app.profile", "batch": "pykd.app.fleet.batch", "group": "pykd.app.fleet.group"}
"""Words in place of a dump that begin a command line of its own; if there is a file of that name it is the dump."""


class Arguments:
    """The command line, taken apart."""

    def __init__(self) -> None:
        self.action: Callable[[], int | None] | None = None
        """What to do instead of opening a dump; returns the exit status, or None for 0."""
        self.paths: list[str] = []
        """The dump; further parts of a split one follow."""
        self.commands: list[str] = []
        self.program: list[str] = []
        """A program and its arguments."""
        self.without_dump = False
        self.live = False
        self.vmcoreinfo: str | None = None
        self.declarations: list[str] = []
        self.json = False
        self.ndjson = False
        self.redact = False
        self.vmlinux: str | None = None
        """A file or folder; also without the option, where crash has it, before or behind the dump"""
        self.profile: str | None = None
        self.system_map: str | None = None
        self.no_btf = self.osrelease = self.build_id = self.log = False
        self.no_pager = False
        self.quiet = False
        self.color = "auto"
        self.output: str | None = None
        self.reload = False
        self.isolated = False
        self.trust_cwd = False
        self.no_sandbox = False


def parse(words: "Sequence[str]") -> Arguments:
    """Take *words* (without the name of pykd) apart.

    Options stand before and after DUMP, up to SCRIPT; everything behind SCRIPT is its own. ``--`` ends the options.

    :raises UsageError:
    """
    arguments = Arguments()
    parts: list[str] = []
    flags = {
        "--live": "live",
        "--no-btf": "no_btf",
        "--json": "json",
        "--ndjson": "ndjson",
        "--redact": "redact",
        "--osrelease": "osrelease",
        "--build-id": "build_id",
        "--log": "log",
        "--reload": "reload",
        "--isolated": "isolated",
        "--trust-cwd": "trust_cwd",
        "--no-sandbox": "no_sandbox",
        "--no-pager": "no_pager",
        "-s": "quiet",
    }
    actions = {"-h": print_usage, "--help": print_usage, "--version": print_versions, "--man": print_manual, "-p": print_path,
               "--licenses": print_licences, "--self-test": self_test, "--sbom": print_sbom}  # fmt: skip
    files = {"--vmcoreinfo": "vmcoreinfo", "--vmlinux": "vmlinux", "--profile": "profile", "--system-map": "system_map"}
    lists = {"-c": arguments.commands, "--part": parts, "--decl": arguments.declarations}
    rest = list(words)
    options_end = False
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if options_end or not word.startswith("-") or word == "-":
            if arguments.vmlinux is None and arguments.paths and (given := vmlinux_of(arguments.paths[0], word)) is not None:
                arguments.vmlinux = given
                arguments.paths = [word] if given != word else arguments.paths
                continue
            if arguments.paths:
                from pykd.core import dumpname

                if dumpname.is_more(arguments.paths[0], word):
                    parts.append(word)
                    continue
            if arguments.paths or (arguments.live and not is_kcore(word)):
                arguments.program = [word, *rest]
                break
            arguments.paths.append(word)
        elif word == "--":
            options_end = True
        elif word in flags:
            setattr(arguments, flags[word], True)
        elif word in actions:
            arguments.action = arguments.action or actions[word]
        elif word == "--run":
            if not rest:
                raise UsageError("--run needs a file")
            arguments.without_dump = True
            arguments.program = rest
            break
        elif name == "--json-schema":
            arguments.action = schema_of(value if equals else rest.pop(0) if rest else "")
        elif word == "--completion":
            arguments.action = completion_of(rest.pop(0) if rest else "")
        elif word in ("-i", "-o"):
            if not rest:
                raise UsageError(f"{word} needs a file")
            if word == "-i":
                arguments.commands.append(f"< {rest.pop(0)}")
            else:
                arguments.output = rest.pop(0)
        elif word == "-X" and rest:
            rest.pop(0)  # main.c has seen to it
        elif name in lists or name in files or name == "--color":
            if not equals or name == "-c":
                if not rest:
                    raise UsageError(f"{name} needs a value")
                value = rest.pop(0)
            if name in files:
                setattr(arguments, files[name], value)
            elif name == "--color":
                if value not in ("auto", "always", "never"):
                    raise UsageError(f"--color is auto, always or never, not {value}")
                arguments.color = value
            else:
                lists[name].append(value)
        elif word.startswith("-c"):
            arguments.commands.append(word[2:])
        else:
            raise UsageError(f"unknown option {word}")
    if arguments.live:
        arguments.paths = arguments.paths or [KCORE]
        if parts or not is_kcore(arguments.paths[0]):
            raise UsageError(f"--live is for the running kernel; leave out {[*parts, *arguments.paths][0]}")
    if arguments.redact and not (arguments.json or arguments.ndjson):
        raise UsageError("--redact is for --json and --ndjson")
    if not (arguments.paths or arguments.without_dump or arguments.action):
        raise UsageError("no dump given")
    arguments.paths += parts
    return arguments


def is_kcore(path: str) -> bool:
    return path.rpartition("/")[2] == "kcore"


def print_usage() -> None:
    sys.stdout.write(USAGE)


def print_path() -> None:
    """As ``epython -p`` does."""
    print(sys.version)
    print(sys.path)


def print_versions() -> None:
    from pykd.core import version

    for name, number in version.components():
        print(f"{name:<16}{number}")


def print_manual() -> None:
    from pykd.app import roff
    from pykd.core import version

    sys.stdout.write(roff.page(dict(version.components())["pykd"], USAGE))


def print_licences() -> None:
    from pykd.core import version

    for text in version.licences():
        sys.stdout.write(text)


def print_sbom() -> None:
    from pykd.app import sbom

    sys.stdout.write(sbom.document())


def self_test() -> int:
    from pykd.app import selftest

    return EXIT_OK if selftest.run() else EXIT_FAILED


def completion_of(shell: str) -> "Callable[[], None]":
    """:raises UsageError:"""
    from pykd.app import completion

    make = completion.SHELLS.get(shell)
    if make is None:
        raise UsageError(f"--completion needs one of {', '.join(completion.SHELLS)}")
    return lambda: print(make(USAGE), end="")


def schema_of(name: str) -> "Callable[[], int]":
    """What prints the schema of the command *name*; of all if it is empty."""

    def show() -> int:
        from pykd.session import contract
        from pykd.session.document import encode

        found = contract.schema_of(name) if name else contract.catalogue()
        if found is None:
            return fail(f"no command {name}", EXIT_USAGE)
        print(encode(found))
        return EXIT_OK

    return show


def is_file(path: str) -> bool:
    from pykd.core import dumpname

    return dumpname.exists(path)


def vmlinux_of(dump: str, word: str) -> "str | None":
    """Which of two files is a vmlinux, that crash wants before or behind the dump; None: neither, or *dump* is no file but a verb."""
    from pykd.app import firstbytes

    return next((one for one in (dump, word) if firstbytes.is_vmlinux(one)), None) if is_file(dump) else None


def open_session(arguments: Arguments) -> "Session":
    """:raises OSError, _pykd.Error: the dump, or a file named on the command line, cannot be used."""
    from pykd.app.opening import is_large

    if is_large(arguments.paths):
        from pykd.core import progress

        with progress.waiting(f"opening {arguments.paths[0]}"):
            return open_at_once(arguments)
    return open_at_once(arguments)


def open_at_once(arguments: Arguments) -> "Session":
    import pykd
    from pykd.app.opening import usable
    from pykd.core.given import whole
    from pykd.session.session import Session

    note = None if arguments.vmcoreinfo is None else whole(arguments.vmcoreinfo)
    files = {"system_map": arguments.system_map}
    if arguments.vmlinux or arguments.profile:
        from pykd.app import second

        files |= second.files(arguments.vmlinux, arguments.profile, arguments.paths[0])
    dump = usable(pykd.open(*arguments.paths, vmcoreinfo=note, live=arguments.live, no_btf=arguments.no_btf, **files))
    for path in arguments.declarations:
        dump.declare(whole(path).decode("utf-8", "replace"))
    offer_sessions()
    session = Session(dump, reload=arguments.reload, json=arguments.json or arguments.ndjson, color=arguments.color)
    session.ndjson = arguments.ndjson
    if arguments.redact:
        from pykd.session import redaction

        session.redact = redaction.of(dump).value
    return session


def run(session: "Session", arguments: Arguments) -> int:
    """Run what the command line asks for, or ask the user."""
    from _pykd import is_dump

    for descriptor in (1, 2):
        if is_dump(descriptor):
            return fail("the output would go into the dump", EXIT_USAGE)
    if arguments.output is not None:
        from pykd.core.output import output_to, to_file

        path, arguments.output = arguments.output, None
        try:
            with to_file(path) as file, output_to(file):
                return run(session, arguments)
        except OSError as error:
            return fail(f"{path}: {error.strerror}", EXIT_FAILED)

    from pykd.session import startup
    from pykd.session.session import Quit

    worked = True
    try:
        startup.run(session)
        if arguments.commands and not arguments.program and not arguments.no_sandbox:
            from pykd.app import sandbox

            if all(sandbox.is_plain(session, command) for command in arguments.commands):
                sandbox.enter()
        for command in arguments.commands:
            worked &= session.run(command)
        if arguments.program:
            from pykd.session import runtime

            worked &= runtime.run_line(["epython", *arguments.program])
        elif not arguments.commands:
            from pykd.terminal import prompt

            worked = prompt.interact(session, not arguments.no_pager, arguments.quiet)
    except Quit:
        pass
    return EXIT_OK if worked else EXIT_FAILED


def offer_sessions() -> None:
    """Let ``pykd.rows()`` have a session of each dump that it asks about, if that is not the one of the session under way."""
    from pykd.core import host
    from pykd.core.memo import per_dump

    def make(dump: "Dump") -> "Session":
        from pykd.session.session import Session

        return Session(dump)

    host.set_maker(per_dump(make))


def run_without_dump(words: "list[str]") -> int:
    """Run a program file as ``python FILE`` would."""
    import __main__
    from pykd.core.given import whole

    offer_sessions()

    path = words[0]
    try:
        code = compile(whole(path), path, "exec")
    except OSError as error:
        return fail(f"{path}: {error.strerror}", EXIT_USAGE)
    sys.argv = words
    sys.path.insert(0, path.rpartition("/")[0] or ".")
    __main__.__file__ = path
    from pykd.session import aftermath

    with aftermath.faced(code):
        exec(code, __main__.__dict__)
    return EXIT_OK


def fail(message: str, status: int) -> int:
    try:
        print(f"pykd: {message}", file=sys.stderr)
    except OSError:
        pass  # the status has to do
    return status


def verb(name: str, words: "Sequence[str]") -> int:
    """Do what a word of :data:`VERBS` stands for, with the words behind it; returns the exit status."""
    module = __import__(VERBS[name], fromlist=("main",))
    if "-h" in words or "--help" in words:
        sys.stdout.write(module.USAGE)
        return EXIT_OK
    try:
        status: int = module.main(words)
    except UsageError as error:
        return fail(f"{name}: {error}; pykd {name} --help lists the options", EXIT_USAGE)
    except BrokenPipeError:
        raise
    except OSError as error:  # no more descriptors, processes, room
        if is_lost_output(error):
            raise
        return fail(f"{name}: {error.filename or 'the system'}: {error.strerror}", EXIT_FAILED)
    return status


def command_line(words: "Sequence[str]") -> int:
    """Do what the command line says; returns the exit status."""
    from pykd.boot import importer

    if words and words[0] in VERBS and not is_file(words[0]):
        importer.configure(isolated=False, trust_cwd=False)
        return verb(words[0], words[1:])
    try:
        arguments = parse(words)
    except UsageError as error:
        return fail(f"{error}; pykd --help lists the options", EXIT_USAGE)
    importer.configure(isolated=arguments.isolated, trust_cwd=arguments.trust_cwd)
    if arguments.action is not None:
        return arguments.action() or EXIT_OK

    if arguments.without_dump:
        return run_without_dump(arguments.program)
    if arguments.paths == ["id"] and not arguments.program and not is_file("id"):
        return fail("id needs dumps; pykd --help lists the options", EXIT_USAGE)
    if arguments.paths == ["id"] and arguments.program:
        from pykd.app import identify, sandbox

        if not arguments.no_sandbox:
            sandbox.enter()
        return EXIT_OK if identify.main(arguments.program, arguments.json) else EXIT_FAILED
    if len(arguments.paths) == 1 and arguments.paths[0] in VERBS and not is_file(arguments.paths[0]):
        return verb(arguments.paths[0], arguments.program)
    from _pykd import Error

    if arguments.log:
        arguments.commands.insert(0, "log")
        arguments.quiet = True
    try:
        if arguments.osrelease or arguments.build_id:
            from pykd.app import identify

            return EXIT_OK if identify.print_note(arguments.paths, release=arguments.osrelease, build_id=arguments.build_id) else EXIT_FAILED
        session = open_session(arguments)
    except Error as error:
        if arguments.live:
            from pykd.app import live

            return fail(live.why_not(arguments.paths[0], error), EXIT_NO_DUMP)
        return fail(reason_of(error), EXIT_NO_DUMP)
    except OSError as error:
        return fail(f"{error.filename}: {error.strerror}", EXIT_NO_DUMP)
    return run(session, arguments)


def show_everything() -> None:
    """From now on nothing that is printed makes the terminal do anything."""
    from pykd.core.shown import again

    global _started_with
    _started_with = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = again(sys.stdout), again(sys.stderr)
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr  # type: ignore[misc]


def offer_help() -> None:
    """``help(OBJECT)`` in programs and lines of Python; ``help`` itself is imported when it is used."""
    import builtins

    from pykd.boot import lazy

    def make() -> object:
        from pykd.session.pyhelp import Help

        return Help()

    builtins.help = lazy.made_by(make)


_started_with: object = None
"""The interpreter's own files: with them the descriptors would go."""


def main() -> int:
    """The whole life of the process, for main.c, which ends it with the status returned."""
    show_everything()
    offer_help()
    try:
        try:
            status = command_line(sys.argv[1:])
        except SystemExit as request:
            status = exit_status(request)
        except (BrokenPipeError, KeyboardInterrupt):
            raise
        except BaseException as error:
            if is_lost_output(error):
                raise
            report(error)
            status = EXIT_FAILED
        finish()
    except BrokenPipeError:
        return EXIT_OK  # the reader (a pager, head) has seen enough
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        return fail(f"standard output: {error.strerror}", EXIT_FAILED)
    return status


def is_lost_output(error: BaseException) -> bool:
    """Whether standard output could not be written: the disk is full, or there is none."""
    import errno

    return isinstance(error, OSError) and error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EBADF, errno.EIO)


def report(error: BaseException) -> None:
    """Print the traceback of a program's error as Python would, without the lines of this file that led to it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    if trace is not None:
        error.__traceback__ = trace
    import _colorize  # type: ignore[import-not-found]

    _colorize.COLORIZE = False  # the message may be the dump's
    sys.excepthook(type(error), error, trace)


def exit_status(request: SystemExit) -> int:
    """The status that Python itself would give for it."""
    if request.code is None:
        return EXIT_OK
    if isinstance(request.code, int):
        return request.code & 0xFF
    print(request.code, file=sys.stderr)
    return EXIT_FAILED


def finish() -> None:
    """What an orderly end of the interpreter does for programs, without the taking apart."""
    import atexit

    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    atexit._run_exitfuncs()
    try:
        sys.stderr.flush()
    except OSError:
        pass  # there is nobody to tell
    sys.stdout.flush()
