# SPDX-License-Identifier: GPL-2.0-or-later
"""Run pykd, and where they are installed drgn and crash, on a dump."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

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


@dataclass
class Answer:
    """Threads by state as one tool counts them."""

    tool: str
    seconds: float
    states: dict[str, int] | str


DRGN = """\
from collections import Counter
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import task_state_to_char
import json
print(json.dumps(Counter(task_state_to_char(t) for t in for_each_task(prog))))
"""


def side_by_side(dump: Path, vmlinux: Path, chroot: Path | None) -> list[Answer]:
    """How many threads are in which state, three times. drgn and crash may live in a chroot."""
    answers = [_timed("pykd", lambda: _count(row["state"] for row in _answer(dump, "tasks").values()))]
    root = chroot or Path("/")
    with tempfile.TemporaryDirectory(dir=root / "tmp") as folder:
        inside = Path(folder)
        for path, name in ((dump, "dump"), (vmlinux, "vmlinux")):
            try:
                os.link(path, inside / name)
            except OSError:
                shutil.copyfile(path, inside / name)
        (inside / "drgn.py").write_text(DRGN)
        within = Path("/tmp") / inside.name
        prefix = ["chroot", str(chroot)] if chroot else []
        answers.append(_timed("drgn", lambda: json.loads(_run(
            [*prefix, "drgn", "-q", "-c", f"{within}/dump", "-s", f"{within}/vmlinux", f"{within}/drgn.py"]))))
        answers.append(_timed("crash", lambda: {
            word.rstrip(":"): int(number) for word, number in
            (line.split() for line in _run([*prefix, "crash", "-s", f"{within}/vmlinux", f"{within}/dump"],
                                           "ps -S\nquit\n").splitlines() if line.strip())}))
    return answers


def _timed(tool: str, ask) -> Answer:
    start = time.monotonic()
    try:
        states = ask()
    except (OSError, ValueError, Refused, subprocess.SubprocessError) as error:
        states = str(error)
    return Answer(tool, time.monotonic() - start, states)


def _run(argv: list[str], text: str = "") -> str:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise Refused((done.stderr.strip() or done.stdout.strip() or "failed").splitlines()[-1])
    return done.stdout


def _count(letters) -> dict[str, int]:
    counts: dict[str, int] = {}
    for letter in letters:
        counts[letter] = counts.get(letter, 0) + 1
    return counts


def _answer(dump: Path, question: str) -> dict:
    reply = ask([dump], {question: None})[question]
    if reply.refused:
        raise Refused(reply.refused)
    return reply.answer
