# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside pykd: answer several questions about the dump in one process.

The argument is a JSON object: question -> digest of an answer that the asker knows already, or null. A question
is the name of a file in probes/, whose ``ask(dump)`` returns the answer, or ``$ COMMAND``: the rows of that command, or ``$? COMMAND``: the
same, and none where it fails, as programs do about modules that are not loaded.
A line of JSON is printed for each: the answer with its digest, the digest alone when it is the known one, or the reason
why there is none.
"""

import hashlib
import json
import os
import re
import sys
import traceback

import pykd
from pykd.core import host

PROBES = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "probes")
sys.path.insert(0, PROBES)


def numbers(value):
    """A value of JSON with numbers where the contract of ``--json`` has strings: addresses and masks, and what a double does not hold."""
    if isinstance(value, dict):
        return {key: numbers(one) for key, one in value.items()}
    if isinstance(value, list):
        return [numbers(one) for one in value]
    if isinstance(value, str) and re.fullmatch(r"0x[0-9a-f]+", value):
        return int(value, 16)
    # Commands and keys are digits too, and no numbers.
    if isinstance(value, str) and re.fullmatch(r"-?\d{16,20}", value) and 1 << 53 <= abs(int(value)) < 1 << 64:
        return int(value)
    return value


def rows(command: str) -> list[dict]:
    """What a command answers; ValueError with its complaint when it fails."""
    text, complaint, worked = host.current().capture_apart(f"{command} --json")
    if not worked or complaint:
        raise ValueError((complaint.strip().splitlines() or [f"{command} failed"])[-1])
    return numbers(json.loads(text)["rows"])


def answer(question: str, dump: pykd.Dump) -> object:
    """The answer, whatever it is made of."""
    if question.startswith("$ "):
        return rows(question[2:])
    if question.startswith("$? "):
        # Without types of modules nobody can answer.
        if not any(module.has_btf for module in dump.modules()):
            return None
        try:
            return rows(question[3:])
        except ValueError:
            return []
    names: dict[str, object] = {"__name__": question, "rows": rows}
    with open(os.path.join(PROBES, f"{question}.py"), encoding="utf-8") as source:
        exec(compile(source.read(), source.name, "exec"), names)
    return names["ask"](dump)


def reply(question: str, known: str | None, dump: pykd.Dump) -> str:
    """The line for one question."""
    try:
        text = json.dumps(answer(question, dump), default=str)
    except Exception as error:
        if os.environ.get("VMTEST_DEBUG"):
            traceback.print_exc()
        # An error of the core is a matter of the dump; any other is a mistake here, and its place is of use.
        place = "" if isinstance(error, (pykd.Error, ValueError)) else f" ({_place(error)})"
        return json.dumps({"question": question, "refused": f"{type(error).__name__}: {error}{place}"})
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f'{{"question": {json.dumps(question)}, "digest": "{digest}", "answer": {"null" if digest == known else text}}}'


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{os.path.basename(frame.filename)}:{frame.lineno}"


for question, known in json.loads(sys.argv[1]).items():
    print(reply(question, known, pykd.current()), flush=True)
