# SPDX-License-Identifier: GPL-2.0-or-later
"""Type what nobody would: C expressions, lines of input and whole commands, made by grammar and by damage to that, in one process.

    ./pykd --run tools/fuzz_text.py DUMP [--seconds N | --rounds N] [--seed N] [--kind expression|line|command]...

Each seed is one text. What fails is printed with its seed: an error that nothing foresees ("internal error"), a signal, no end within 10 s,
too much memory. Texts that would run something else than pykd are left out, and the process is in the sandbox.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import mmap
import os
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator

import asking
import pykd
from pykd.app import sandbox
from pykd.core.errors import CommandError
from pykd.session import command, line
from pykd.session.session import Quit, Session
from pykd.values import expression

OUTPUT = 1 << 20
"""Characters; a command that has more to say is ended as by a closed pipe."""
BATCH = 400
"""Texts a process."""

NAMES = (
    "init_task", "jiffies", "modules", "runqueues", "init_mm", "linux_banner", "current_task", "no_such", "schedule", "tasks", "comm", "next", "mm",
    "pid", "NR_CPUS", "$", "$1", "$$2",
)  # fmt: skip
TYPES = (
    "int", "struct task_struct", "struct list_head *", "unsigned long", "char", "long long unsigned", "struct page", "void *", "float", "u64",
    "struct no_such", "enum pid_type", "char [4]",
    "int (*)(int)",
)  # fmt: skip
NUMBERS = (
    "0", "1", "-1", "0x7fffffffffffffff", "18446744073709551615", "18446744073709551616", "1UL", "07", "08", "1.5", "1e400", "0x", "'a'", "'\\x41'",
    "''", '"text"', "5U", "1 << 64",
    "ffff888000000000", "0b1", "9" * 40, "1e-400", "0x1p3", "'\\",
)  # fmt: skip
BINARY = ("+", "-", "*", "/", "%", "<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||", "@", ",", "?", "->", ".", "=", "+=", "::")
UNARY = ("-", "~", "!", "*", "&", "+", "&&", "sizeof ", "++", "typeof ", "**")
PIECES = (
    "(", ")", "[", "]", "{", "}", "'", '"', "\\", ";", "|", ">", ">>", "<", "!", "#", "//", "\n", "\t", "\0", "\x1b[31m", "é", "\u202e", "\udcff", "$",
    "`", " ", "-", "=", ",", ":", "@", "%s", "%n",
)  # fmt: skip
WORDS = (
    *NAMES, *NUMBERS, "1", "2", "0xffff888003c00000", "bash", "-x", "-d", "1,3-5", "-1", "0-", "task_struct.pid", "task_struct", "dentry,inode", "*",
    ".*", "(", "[a", "a" * 300, "-c", "0",
    "-99999999999999999999", "99999999999999999999", "/", "eth0", "lo", "UN", "all", "list_head.next",
)  # fmt: skip


def expression_of(chance: random.Random, depth: int = 0) -> str:
    """A C expression, mostly."""
    deeper = depth + 1
    what = chance.randrange(12 if depth < 5 else 3)
    if what < 3:
        return chance.choice(NAMES if what else NUMBERS)
    inner = expression_of(chance, deeper)
    match what:
        case 3 | 4:
            return f"{inner} {chance.choice(BINARY)} {expression_of(chance, deeper)}"
        case 5:
            return chance.choice(UNARY) + inner
        case 6:
            return f"({chance.choice(TYPES)}){inner}"
        case 7:
            return f"({inner})" if chance.randrange(20) else "(" * 150 + inner + ")" * 150
        case 8:
            return f"{inner}[{expression_of(chance, deeper)}]" if chance.randrange(2) else f"{inner}:{expression_of(chance, deeper)}"
        case 9:
            return f"{inner}{chance.choice(('.', '->'))}{chance.choice(NAMES)}"
        case 10:
            return chance.choice((f"sizeof({chance.choice(TYPES)})", f"per_cpu({inner}, {chance.choice(NUMBERS)})", f"cpu_rq({inner})", f"{{{chance.choice(TYPES)}}} {inner}"))
        case _:
            return f"{inner} ? {expression_of(chance, deeper)} : {inner}"


def command_of(chance: random.Random) -> str:
    """A command with some of its options and arguments that may or may not be meant for it."""
    name = chance.choice(command.names())
    found = command.find(name)
    words = [name]
    for option in chance.sample(found.options, min(len(found.options), chance.randrange(4))) if found else ():
        value = chance.choice(WORDS)
        words += [option.flag + value] if option.flag.endswith("=") else [option.flag, value] if option.value else [option.flag]
    words += [chance.choice(WORDS) if chance.randrange(6) else expression_of(chance) for _ in range(chance.randrange(4))]
    if chance.randrange(8) == 0:
        chance.shuffle(words)
    return " ".join(words)


def damaged(text: str, chance: random.Random) -> str:
    """Some characters more, fewer, twice, elsewhere."""
    for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
        at, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        end = min(end, at + chance.randrange(1, 9))
        text = text[:at] + chance.choice((chance.choice(PIECES), "", text[at:end] * 2, chance.choice(WORDS), chance.choice(PIECES) * chance.choice((1, 3, 200)))) + text[end:]
    return text


def expression_text(chance: random.Random) -> str:
    return damaged(expression_of(chance), chance)


def command_text(chance: random.Random) -> str:
    return damaged(command_of(chance), chance)


def line_text(chance: random.Random) -> str:
    return damaged(" ".join(chance.choice((*PIECES, *WORDS, "ps", "py if 1:", "py x = (", "foreach", "p")) for _ in range(chance.randrange(1, 14))), chance)


class Sink(io.StringIO):
    """What commands print goes here, and is looked at; who prints without an end is ended."""

    def write(self, text: str) -> int:
        if self.tell() > OUTPUT:
            raise BrokenPipeError
        return super().write(text)


def _expression(session: Session, text: str) -> str | None:
    with contextlib.suppress(pykd.Error, CommandError):
        expression.evaluate(session.dump, text)
    return None


def _line(_session: Session, text: str) -> str | None:
    with contextlib.suppress(CommandError):
        for one in line.logical(text.split("\n")):
            for part in line.split_commands(one):
                line.parse(part)
                line.words(part)
                line.words(part, apostrophes=True)
    line.goes_on(text)
    line.python_code(text)
    return None


def _command(session: Session, text: str) -> str | None:
    if not sandbox.is_plain(session, text):
        return None
    sink = Sink()
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink), contextlib.suppress(Quit, BrokenPipeError):
        session.run(text)
    output = sink.getvalue()
    at = output.find("internal error")
    return output[max(0, at - 80) : at + 300] if at >= 0 else None


KINDS: dict[str, tuple[Callable[[random.Random], str], Callable[[Session, str], str | None]]] = {
    "expression": (expression_text, _expression), "line": (line_text, _line), "command": (command_text, _command),
}  # fmt: skip


def one(session: Session, seed: int, kinds: tuple[str, ...]) -> tuple[str, str | None]:
    """The text of a seed, and what is wrong with it."""
    make, use = KINDS[kinds[seed % len(kinds)]]
    text = make(random.Random(seed))
    try:
        return text, use(session, text)
    except Exception as error:
        return text, "".join(traceback.format_exception(error)[-4:])


def _batch(dump: pykd.Dump, seeds: Iterable[int], kinds: tuple[str, ...], at: mmap.mmap, report: int) -> None:
    """In a process of its own, which a signal may end."""
    session = Session(dump)
    asking.confine()
    sandbox.enter()
    for seed in seeds:
        at[:8] = seed.to_bytes(8, "little")
        asking.begin_time()
        text, wrong = one(session, seed, kinds)
        if wrong:
            os.write(report, f"seed {seed}: {text[:400]!r}: {wrong}\n".encode(errors="backslashreplace"))


def rounds(dump: pykd.Dump, seeds: Iterator[int], kinds: tuple[str, ...] = tuple(KINDS), batch: int = BATCH) -> Iterator[str]:
    """Try the texts of *seeds*; a line for each failure."""
    while some := [seed for _, seed in zip(range(batch), seeds, strict=False)]:
        with mmap.mmap(-1, 8) as at:
            while some:
                reader, writer = os.pipe()
                child = os.fork()
                if not child:
                    status = 1
                    try:
                        _batch(dump, some, kinds, at, writer)
                        status = 0
                    finally:
                        os._exit(status)
                os.close(writer)
                with os.fdopen(reader, encoding="utf-8", errors="replace") as reports:
                    yield from (report.rstrip("\n") for report in reports.read().splitlines())
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                last = int.from_bytes(at[:8], "little")
                if status:
                    text = KINDS[kinds[last % len(kinds)]][0](random.Random(last))
                    yield f"seed {last}: {text[:400]!r}: {f'no end after {asking.SECONDS} s' if status in asking.ENDLESS else f'status {status}'}"
                some = [seed for seed in some if seed > last]


def main() -> int:
    """Exit status 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump")
    parser.add_argument("--seconds", type=float, help="for how long; instead of --rounds")
    parser.add_argument("--rounds", type=int, default=3000)
    parser.add_argument("--seed", type=int, help="of the first text; the next have the next numbers; without it and with --seconds another one each time")
    parser.add_argument("--kind", action="append", choices=tuple(KINDS))
    arguments = parser.parse_args()
    first = arguments.seed if arguments.seed is not None else time.time_ns() // 1000 if arguments.seconds else 0
    count = failures = 0
    end = time.monotonic() + arguments.seconds if arguments.seconds else None

    def seeds() -> Iterator[int]:
        nonlocal count
        while time.monotonic() < end if end else count < arguments.rounds:
            count += 1
            yield first + count - 1

    for failure in rounds(pykd.open(arguments.dump), seeds(), tuple(arguments.kind or KINDS)):
        failures += failure.startswith("seed ")
        print(failure, flush=True)
    print(f"text         {count:10} executions, {failures} findings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
