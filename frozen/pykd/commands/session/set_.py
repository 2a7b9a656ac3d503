# SPDX-License-Identifier: GPL-2.0-or-later
"""``set``: the context that commands mean, and settings."""

from __future__ import annotations

import os

from pykd.boot import trust
from pykd.core import colour
from pykd.core.errors import CommandError, UsageError
from pykd.core.output import pager_command
from pykd.core.rows import Row
from pykd.kernel import cpus
from pykd.kernel.task import threads as tasks
from pykd.kernel.task.table import Thread, mark_active
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import CHOICES, Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

_SWITCH = ("on", "off")
RADIXES = {"hex": "16", "dec": "10"}
"""``set hex`` is ``set radix 16``."""
EDITORS = ("vi", "emacs")
"""Of lines; ``set vi`` is ``set edit vi``."""
SETTINGS: dict[str, tuple[object, tuple[str, ...] | None]] = {
    # name: (value at first, the words that it may be); a number where there are no words
    "scroll": (True, _SWITCH),
    "radix": (10, None),
    "refresh": (True, _SWITCH),
    "print_max": (256, None),
    "print_array": (False, _SWITCH),
    "console": ("(not assigned)", ()),
    "debug": (0, None),
    "core": (False, _SWITCH),
    "hash": (True, _SWITCH),
    "silent": (False, _SWITCH),
    "edit": ("emacs", EDITORS),
    "namelist": ("[names and types from the dump]", ()),
    "zero_excluded": (False, _SWITCH),
    "null-stop": (False, _SWITCH),
    "gdb": (False, _SWITCH),
    "scope": (0, ()),
    "offline": ("show", ("show", "hide")),
    "redzone": (True, _SWITCH),
    "error": ("default", ()),
}
"""crash's settings, in its order. Those that mean something here are scroll, radix, debug and edit; the others are kept and have no effect, so
that rc files written for crash do not fail."""
OURS = ("color", "colour", "history", "traceback")
"""Settings that crash lacks; :data:`pykd.session.session.CHOICES` has their values."""
SETTINGS["trust"] = ("", ())
SETTINGS |= {name: (CHOICES[name][0], CHOICES[name]) for name in OURS}


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.v:
        yield from ({"setting": name, "value": session.settings.get(name, first)} for name, (first, _) in SETTINGS.items())
        return
    if options.c:
        active = cpus.active_tasks(dump)
        if not options.c.isdigit() or int(options.c) not in active:
            raise CommandError(f"invalid cpu number: system has only {len(cpus.possible(dump))} cpus")
        session.task = active[int(options.c)]
    elif options.p:
        session.task = int(tasks.panic_task(dump))
    elif options.arguments and options.arguments[0] in (*SETTINGS, *EDITORS, *RADIXES):
        yield from _settings(session, options.arguments)
        return
    elif options.arguments:
        try:
            thread = context.chosen(session, options.arguments[:1])[0]
        except CommandError as error:
            error.meant = _near(options.arguments[0])
            raise
        if options.a:
            yield _mark_active(session, thread)
            return
        session.task = thread.address
    elif options.a:
        raise UsageError("-a needs a task")
    yield context.context_row(session, context.chosen(session, [])[0])


def _mark_active(session: Session, thread: Thread) -> Row:
    """Let a task be the one that its CPU was running, for a dump whose run queues do not tell."""
    if session.dump.live:
        raise CommandError("-a is for dumps only")
    mark_active(session.dump, thread)
    return context.identity(thread) | {"marked": True}


def _settings(session: Session, words: list[str]) -> Iterator[Row]:
    """One or more NAME or NAME VALUE."""
    words = list(words)
    while words:
        name = words.pop(0)
        if name in EDITORS:
            name, words = "edit", [name, *words]
        if name in RADIXES:
            name, words = "radix", [RADIXES[name], *words]
        if name not in SETTINGS:
            raise CommandError(f"invalid command: set {name}", meant=_near(name))
        if words and words[0] not in SETTINGS:
            session.settings[name] = _value(session, name, words.pop(0))
            if name == "colour":
                colour.choose(session.settings[name])
        yield {"setting": name, "value": session.settings.get(name, SETTINGS[name][0])}


def _near(name: str) -> Callable[[], list[str]]:
    def find() -> list[str]:
        from pykd.core.near import near

        return near(name, (*SETTINGS, *EDITORS))

    return find


def _value(session: Session, name: str, word: str) -> object:
    first, choices = SETTINGS[name]
    if name == "trust":
        trust.folders.append(os.path.realpath(os.path.expanduser(word)))
        return " ".join(trust.folders)
    if name == "scope":
        return 0 if word == "0" else to_address(session.dump, word)
    if choices is None:
        try:
            number = int(word, 0)
        except ValueError:
            number = -1
        if number < 0 or (name == "radix" and number not in (10, 16)):
            raise CommandError(f"invalid command: set {name} {word}; it is {'10 or 16' if name == 'radix' else 'a number'}")
        return number
    if isinstance(first, bool):
        if name == "scroll" and word in ("less", "more", "CRASHPAGER"):
            return True  # which program pages is for the environment to say
        if word not in _SWITCH:
            raise CommandError(f"invalid command: set {name} {word}; it is on or off")
        return word == "on"
    if choices and word not in choices:
        raise CommandError(f"invalid command: set {name} {word}; it is {', '.join(choices[:-1])} or {choices[-1]}")
    return word


def _shown(name: str, value: Any, session: Session) -> str:
    if name == "scroll":
        program = pager_command() if session.pager is not None else None
        return f"on ({program})" if value and program else "off (none)"
    if name == "radix":
        return "16 (hex)" if value == 16 else f"{value} (decimal)"
    if name == "scope":
        return f"{value:x}" if value else "0 (not set)"
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        if "marked" in row:
            yield f'"{row["comm"]}" task {row["task"]:x} has been marked as the active task on cpu {row["cpu"]}'
            continue
        if "setting" in row:
            shown = _shown(row["setting"], row["value"], session)
            name = "output radix" if row["setting"] == "radix" and not options.v else row["setting"]
            yield f"{name:>14}: {shown}" if options.v else f"{name}: {shown}"
            continue
        yield from context.context_text(row)


COMMAND = Command(
    name="set",
    summary="the context of commands, and settings",
    topic="session",
    options=(
        Option("-c", "CPU", help="the task that the CPU was running"),
        Option("-p", help="the task that panicked"),
        Option("-v", help="show all settings"),
        Option("-a", help="let the task be the one that its CPU was running, where the dump does not tell"),
    ),
    arguments="[PID|TASK|COMM | SETTING [VALUE]]",
    description=f"SETTING is one of {' '.join(SETTINGS)}. Those that mean something here are scroll, radix, debug, edit (vi, emacs: the keys that edit a line, "
    "`set vi` is short for it) and pykd's own: "
    "color (auto, always, never), history (user: one for all dumps, dump: a file beside the dump, off; decided when a session begins), "
    "traceback (short, full), trust (DIR: what lies there may run unasked). The others are accepted and change nothing, so that files of commands written for crash run.",
    fields={
        "pid": "", "task": "", "cpu": "", "comm": "", "thread_info": "", "namesakes": "with that PID: each CPU has a PID 0", "state": "", "note": "PANIC or ACTIVE",
        "setting": "", "value": "", "marked": "-a: it is the active task of its CPU now",
    },
    may_be_empty=True,
    rows=rows,
    text=text,
)
