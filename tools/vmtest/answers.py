# SPDX-License-Identifier: GPL-2.0-or-later
"""Run pykd, and where they are installed drgn and crash, on a dump."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PYKD = HERE.parents[1] / "pykd"


class Refused(Exception):
    """pykd did not open or answer; the message is its own line."""


@dataclass
class Reply:
    """An answer with its digest; ``refused`` is the reason why there is none. Without text it is the known answer."""

    digest: str = ""
    answer: object = None
    refused: str = ""


def ask(files: list[Path], questions: dict[str, str | None]) -> dict[str, Reply]:
    """The replies to questions of ask.py, each with the digest of an answer that is known already, or None."""
    argv = [str(PYKD), "--isolated", str(files[0])]
    for part in files[1:]:
        argv += ["--part", str(part)]
    done = subprocess.run([*argv, str(HERE / "ask.py"), json.dumps(questions)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="surrogateescape", check=False, timeout=600)
    found = {}
    # pykd adds lines of its own to a program's output.
    for line in done.stdout.splitlines():
        if line.startswith('{"question"'):
            reply = json.loads(line)
            question = reply.pop("question")
            found[question] = Reply(**reply)
    reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    return {question: found.get(question, Reply(refused=reason)) for question in questions}


def run(file: Path, program: str) -> Any:
    """What a program of this folder prints as JSON about a dump."""
    done = subprocess.run([str(PYKD), "--isolated", str(file), str(HERE / program)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return next(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))


@dataclass
class Answer:
    """What one tool says to one question, and how long it takes, opening included."""

    question: str
    tool: str
    seconds: float
    text: str


@dataclass(frozen=True)
class Question:
    """The same for three tools: a question of ask.py with what to count of its answer, the body of a drgn program that prints
    the answer, and a command of crash with what to count of its lines."""

    probe: str
    of_answer: Callable[[Any], str]
    drgn: str
    crash: str
    of_lines: Callable[[list[str]], str]


def _states(counts: dict[str, int]) -> str:
    return " ".join(f"{state}:{number}" for state, number in sorted(counts.items()))


QUESTIONS = {
    "threads by state": Question(
        "states", _states,
        """\
from collections import Counter
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import task_state_to_char
counts = Counter(task_state_to_char(t) for t in for_each_task(prog))
print(" ".join(f"{s}:{n}" for s, n in sorted(counts.items())))
""", "ps -S", lambda lines: " ".join("".join(line.split()) for line in sorted(lines) if line.strip())),
    "modules": Question(
        "$ mod", lambda rows: str(len(rows)),
        "from drgn.helpers.linux.module import for_each_module\nprint(sum(1 for _ in for_each_module(prog)))\n",
        "mod", lambda lines: str(len(lines) - 1)),
    "mounts": Question(
        "$ mount", lambda rows: str(len(rows)),
        "from drgn.helpers.linux.fs import for_each_mount\nprint(sum(1 for _ in for_each_mount(prog)))\n",
        "mount", lambda lines: str(len(lines) - 1)),
    "messages": Question(
        "dmesg", lambda lines: str(len(lines)),
        "from drgn.helpers.linux.printk import get_dmesg\nprint(len(get_dmesg(prog).splitlines()))\n",
        "log", lambda lines: str(len(lines))),
}


def side_by_side(dump: Path, vmlinux: Path, chroot: Path | None) -> Iterator[Answer]:
    """Each question, three times. drgn and crash have the full vmlinux, and may live in a chroot."""
    root = chroot or Path("/")
    with tempfile.TemporaryDirectory(dir=root / "tmp") as folder:
        inside = Path(folder)
        for path, name in ((dump, "dump"), (vmlinux, "vmlinux")):
            try:
                os.link(path, inside / name)
            except OSError:
                shutil.copyfile(path, inside / name)
        within = Path("/tmp") / inside.name
        prefix = ["chroot", str(chroot)] if chroot else []
        for name, question in QUESTIONS.items():
            yield _timed(name, "pykd", lambda q=question: q.of_answer(_answer(dump, q.probe)))
            (inside / "question.py").write_text(question.drgn)
            yield _timed(name, "drgn", lambda: _run([*prefix, "drgn", "-q", "-c", f"{within}/dump", "-s", f"{within}/vmlinux",
                                                     f"{within}/question.py"]).strip())
            yield _timed(name, "crash", lambda q=question: q.of_lines(_run(
                [*prefix, "crash", "-s", f"{within}/vmlinux", f"{within}/dump"], f"{q.crash}\nquit\n").splitlines()))


def _timed(question: str, tool: str, ask) -> Answer:
    start = time.monotonic()
    try:
        text = ask()
    except (OSError, ValueError, Refused, subprocess.SubprocessError) as error:
        text = f"no answer: {error}"
    return Answer(question, tool, time.monotonic() - start, text)


def _run(argv: list[str], text: str = "") -> str:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, errors="replace", check=False, timeout=300)
    if done.returncode:
        raise Refused((done.stderr.strip() or done.stdout.strip() or "failed").splitlines()[0])
    return done.stdout


def _answer(dump: Path, question: str) -> Any:
    reply = ask([dump], {question: None})[question]
    if reply.refused:
        raise Refused(reply.refused)
    return reply.answer
