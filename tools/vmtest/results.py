# SPDX-License-Identifier: GPL-2.0-or-later
"""The differences of a dump file from the guest's truth: asked for once, kept until something that counts has changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import answers
import bench
from comparisons import COMPARISONS
from truth import Truth

# By comparison: the lines of its differences; a refusal is a line that says so.
Different = dict[str, list[str]]
REFUSED = "refused: "


class Run:
    """The files of one run. The first file's answers are compared with the truth; of the others only those that differ from them."""

    def __init__(self, result: bench.Result, store: Path, first: bool = False) -> None:
        """``first``: leave all but the first file alone."""
        self.result = result
        self.names = [name for name in result.variant.files if name not in result.failed][:1 if first else None]
        self._store = store
        self._digests: dict[str, str] = {}
        self._first: Different = {}

    def compare(self, name: str) -> Different:
        """The differences of one file."""
        files = self.result.files(name)
        kept = self._store / f"{self.result.variant.name.replace('/', '-')}.{name}.json"
        key = _key(files)
        if kept.exists():
            record = json.loads(kept.read_text())
            if record["key"] == key:
                if name == self.names[0]:
                    self._digests, self._first = record["digests"], record["different"]
                return record["different"]
        asked = {what: c for what, c in COMPARISONS.items() if name == self.names[0] or not c.once}
        questions = dict.fromkeys(q for c in asked.values() for q in c.questions)
        replies = answers.ask(files, {q: self._digests.get(q) for q in questions})
        # Not kept: what a hundred runs wrote is more than a small machine has memory for.
        truth = Truth(self.result.truth)
        different = {what: self._lines(what, replies, files, truth) for what in asked}
        digests = {q: reply.digest for q, reply in replies.items()}
        if name == self.names[0]:
            self._digests, self._first = digests, different
        kept.parent.mkdir(parents=True, exist_ok=True)
        scratch = kept.with_suffix(f".{os.getpid()}")
        scratch.write_text(json.dumps({"key": key, "digests": digests, "different": different}))
        scratch.rename(kept)
        return different

    def _lines(self, what: str, replies: dict[str, answers.Reply], files: list[Path], truth: Truth) -> list[str]:
        mine = {q: replies[q] for q in COMPARISONS[what].questions}
        known = [bool(reply.digest) and reply.digest == self._digests.get(q) for q, reply in mine.items()]
        if all(known):
            return self._first[what]
        if any(known):
            # A comparison of several answers of which some were not sent again.
            mine = answers.ask(files, dict.fromkeys(mine))
        refused = [reply.refused for reply in mine.values() if reply.refused]
        if refused:
            return [REFUSED + refused[0]]
        # "$?", and no types of modules: there is nothing to compare.
        if any(reply.answer is None for reply in mine.values()):
            return []
        try:
            return list(COMPARISONS[what].function(truth, *(reply.answer for reply in mine.values())))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # An answer of another shape, as of a dump that lacks half of the kernel.
            return [f"the answer cannot be compared: {type(error).__name__}: {error}"]


@cache
def _program() -> str:
    """A digest of pykd and of everything here that decides about an answer."""
    digest = hashlib.sha256(answers.PYKD.read_bytes())
    for path in (*answers.HERE.glob("*.py"), *answers.HERE.glob("probes/*.py"), *answers.HERE.glob("comparisons/*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _key(files: Iterable[Path]) -> str:
    stamps = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(json.dumps([_program(), stamps]).encode()).hexdigest()


def compare(runs: list[Run]) -> dict[tuple[str, str], Different]:
    """The differences of every file of every run, by variant and format."""
    found: dict[tuple[str, str], Different] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for part in ([(run, name) for run in runs for name in run.names[:1]],
                     [(run, name) for run in runs for name in run.names[1:]]):
            for (run, name), different in zip(part, pool.map(lambda pair: pair[0].compare(pair[1]), part), strict=True):
                found[run.result.variant.name, name] = different
    return found
