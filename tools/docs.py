# SPDX-License-Identifier: GPL-2.0-or-later
"""Run what the documentation shows, and make its pages that are made.

    ./pykd --run tools/docs.py                  run every transcript in docs/ anew, and write what has changed
    ./pykd --run tools/docs.py --check          say what is stale, and write nothing
    ./pykd --run tools/docs.py --site FOLDER    the sources of the site: the pages, and those of commands and of the API

Blocks of a page by their language: ``pykd`` is a session with the sample dump, its input behind ``pykd> ``; ``python`` with ``>>> `` are lines of Python
there; ``python`` without is a program, and a ``text`` block right behind it what it prints; ``console`` are commands of a shell behind ``$ ``. What stands
behind ``...`` alone in a line, or in one, may be anything.
``pykd vmcore-6.1-zstd`` is about that dump in ../shared/vmcores, where it is there. A file in docs/examples is such a session of one command, which ``help`` shows too.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
DOCS = TOP / "docs"
EXAMPLES = DOCS / "examples"
PYKD = os.environ.get("PYKD", str(TOP / "pykd"))
FOLDER = TOP / "tests" / "sample"
SHARED = TOP.parent / "shared" / "vmcores"
LINES = 24
"""Of an answer; more are cut."""
_BLOCK = re.compile(r"^```(pykd|python|console)(?: ([\w.-]+))?\n(.*?)^```\n(?:\n?```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)

_ENVIRONMENT = {"TZ": "UTC", "NO_COLOR": "1"}


def without_times(text: str) -> str:
    """Programs say how long they took; and pykd lies where people have it, not where it was built."""
    text = text.replace(os.path.realpath(PYKD), "/usr/local/bin/pykd")
    return re.sub(r"(?m)^ \*\* Execution took .*$", " ** Execution took ...", text)


class Session:
    """Answers of pykd itself about the sample, as a user would see them at the prompt."""

    def __init__(self, path: str) -> None:
        import __main__
        import pykd

        os.chdir(os.path.dirname(path))
        self.dump = pykd.open(os.path.basename(path))
        self.space = vars(__main__)
        self.kept = set(self.space)
        self.fresh()

    def fresh(self) -> None:
        """As another session begins."""
        from pykd.session.session import Session as Real

        sys.modules["pykd"].set_current(self.dump)
        self.session = Real(self.dump)
        for name in set(self.space) - self.kept:
            del self.space[name]
        self.space |= {"dump": self.dump, "pykd": sys.modules["pykd"]}

    def _printed(self, action: object) -> str:
        """What *action* writes to both outputs, that of the shell's commands too."""
        from pykd.core.output import output_to, to_file

        with tempfile.NamedTemporaryFile() as kept:
            with to_file(kept.name) as file, output_to(file):
                saved, sys.stderr = sys.stderr, file
                try:
                    action()  # type: ignore[operator]
                finally:
                    sys.stderr = saved
            return without_times(Path(kept.name).read_text(encoding="utf-8", errors="replace"))

    def command(self, line: str) -> str:
        """The answer to a line at the prompt."""
        return self._printed(lambda: self.session.run(line))

    def python(self, source: str) -> str:
        """The answer to a line at Python's prompt."""
        import pykd
        from pykd.commands.session import py
        from pykd.values import show

        def run() -> None:
            try:
                value = py.run(self.session, source)
                if value is not None:
                    print(show.displayed(value))
            except (py.PythonError, pykd.Error) as error:
                self.session.tell(error, "py")

        return self._printed(run)


_sessions: dict[str, Session] = {}


def session(dump: str = "") -> Session:
    """The session with a dump that is there, which becomes the one under way; default the sample."""
    path = str(SHARED / dump if dump else FOLDER / "vmcore")
    os.chdir(os.path.dirname(path))
    if path not in _sessions:
        _sessions[path] = Session(path)
    elif sys.modules["pykd"].current() is not _sessions[path].dump:
        _sessions[path].fresh()
    return _sessions[path]


def cut(text: str) -> str:
    """The head of an answer that is long."""
    lines = [line.rstrip() for line in text.rstrip("\n").split("\n")] if text.strip() else []
    if len(lines) > LINES:
        lines = [*lines[: LINES - 2], "..."]
    return "".join(f"{line}\n" for line in lines)


def agrees(expected: str, answer: str) -> bool:
    """Whether the answer is what a page shows."""
    lines = [line.rstrip() for line in expected.rstrip("\n").split("\n")]
    pattern = "".join("(?:.*\n)*?" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n" for line in lines)
    text = "".join(f"{line.rstrip()}\n" for line in answer.rstrip("\n").split("\n"))
    return re.fullmatch(pattern, text) is not None


def answered(old: str, answer: str) -> str:
    """What a page is to show: what it does, if that is still true."""
    return old if agrees(old, answer) else cut(answer)


def transcript(body: str, prompt: str, more: str, run: object) -> str:
    """A transcript anew."""
    out = ""
    lines = body.splitlines()
    while lines:
        source = [lines.pop(0)]
        if not source[0].startswith(prompt):
            raise ValueError(f"no prompt in front of {source[0]!r}")
        while lines and lines[0].startswith(more):
            source.append(lines.pop(0))
        old = []
        while lines and not lines[0].startswith(prompt):
            old.append(lines.pop(0))
        typed = "\n".join([source[0].removeprefix(prompt), *(line.removeprefix(more) for line in source[1:])])
        blank = "\n" if old and not old[-1] and lines else ""
        answer = answered("".join(f"{line}\n" for line in (old[:-1] if blank else old)), run(typed))  # type: ignore[operator]
        out += "".join(f"{line}\n" for line in source) + answer + blank
    return out


def shell(line: str) -> str:
    """What a command of the shell prints; pykd is found, and the folder is the sample's."""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(PYKD, f"{folder}/pykd")
        environment = {**os.environ, **_ENVIRONMENT, "PATH": f"{folder}:{os.environ['PATH']}", "HOME": folder}
        done = subprocess.run(
            ["bash", "-c", line], cwd=FOLDER, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
    return without_times(done.stdout.decode(errors="replace"))


def program(source: str, dump: str = "vmcore") -> str:
    """What a program prints of a dump."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/program.py"
        Path(path).write_text(source, encoding="utf-8")
        done = subprocess.run(
            [PYKD, dump, path],
            cwd=FOLDER, env={**os.environ, **_ENVIRONMENT}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    return without_times(done.stdout.decode(errors="replace"))


def _block(match: re.Match[str]) -> str:
    language, dump, body, output = match[1], match[2] or "", match[3], match[4]
    if dump and not (SHARED / dump).exists():
        return match[0]
    head = f"```{language}{' ' if dump else ''}{dump}\n"
    if language == "pykd":
        return f"{head}{transcript(body, 'pykd> ', '    > ', session(dump).command)}```\n" + _rest(match)
    if language == "console":
        return f"```console\n{transcript(body, '$ ', '> ', shell)}```\n" + _rest(match)
    if body.startswith(">>> "):
        return f"{head}{transcript(body, '>>> ', '... ', session(dump).python)}```\n" + _rest(match)
    if output is None:
        compile(body, "<docs>", "exec")
        return match[0]
    between = "\n" if "```\n\n```text" in match[0] else ""
    return f"```python\n{body}```\n{between}```text\n{answered(output, program(body))}```\n"


def _rest(match: re.Match[str]) -> str:
    """A block of text behind one that is no program is none of its business."""
    return match[0][match.end(3) - match.start() + len("```\n") :]


def page(path: Path) -> str:
    """A page with its transcripts anew."""
    session()
    for one in _sessions.values():
        one.fresh()
    session().fresh()
    return _BLOCK.sub(_block, path.read_text(encoding="utf-8"))


def example(path: Path) -> str:
    """An example of a command anew."""
    session().fresh()
    return transcript(path.read_text(encoding="utf-8"), "pykd> ", "    > ", session().command)


def programs() -> list[str]:
    """The programs in all pages."""
    found = []
    for path in sorted(DOCS.glob("*.md")):
        blocks = _BLOCK.finditer(path.read_text(encoding="utf-8"))
        found += [match[3] for match in blocks if match[1] == "python" and not match[3].startswith(">>> ")]
    return found


def stale() -> list[tuple[Path, str]]:
    """Pages and examples that do not show what is so, and what they are to show."""
    found = [(path, page(path)) for path in sorted(DOCS.glob("*.md"))] + [(path, example(path)) for path in sorted(EXAMPLES.glob("*.txt"))]
    return [(path, text) for path, text in found if text != path.read_text(encoding="utf-8")]


# -- the site


def site(folder: Path) -> None:
    """Write the sources of the site."""
    import shutil

    session()
    shutil.copytree(DOCS, folder, dirs_exist_ok=True)
    (folder / "commands").mkdir(exist_ok=True)
    (folder / "reference").mkdir(exist_ok=True)
    _commands(folder / "commands")
    (folder / "reference" / "kernel.md").write_text(helpers(), encoding="utf-8")
    (folder / "reference" / "core.md").write_text(core(), encoding="utf-8")
    history = (TOP / "CHANGELOG.md").read_text(encoding="utf-8")
    (folder / "changes.md").write_text(history, encoding="utf-8")


def _commands(folder: Path) -> None:
    from pykd.session import command as commands
    from pykd.session import manual

    entries = []
    for name in commands.names():
        found = commands.find(name)
        if found is None:
            continue
        entries.append(name)
        text = textwrap.dedent(manual.page(found)).strip("\n")
        (folder / f"{name}.md").write_text(f"# {name}\n\n{found.summary}\n\n```text\n{text}\n```\n", encoding="utf-8")
    listed = "\n".join(entries)
    (folder / "index.md").write_text(f"# Commands\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n", encoding="utf-8")


def _sphinx(text: str) -> str:
    """A docstring as Markdown."""
    text = re.sub(r":(?:class|meth|func|attr|data|mod):`~?([^`]+)`", r"`\1`", text)
    text = re.sub(r":(?:param|ivar) (\w+):", r"- *\1*:", text)
    text = re.sub(r":raises ([^:]+):", r"Raises *\1*:", text)
    text = re.sub(r":returns?:", "- returns", text)
    return text.replace("``", "`").replace("\n\n>>> ", "\n\n```text\n>>> ")


def helpers() -> str:
    """The page of pykd.kernel: every helper with its types, and its example with what it says of the sample."""
    from pykd import kernel
    from pykd.kernel import catalogue
    from pykd.kernel.catalogue.records import record

    space = {name: getattr(kernel, name) for name in catalogue.names()} | {"dump": session().dump}
    out = ["# pykd.kernel\n", f"{_sphinx(catalogue.__doc__ or '')}\n"]
    for topic, entries in catalogue.HELPERS.items():
        out.append(f"## {topic}\n")
        for name, _, _, line in entries:
            helper = space[name]
            document = _sphinx((helper.__wrapped__.__doc__ or "").strip())
            out.append(f"### {name}\n\n```text\n{helper.prototype}\n```\n\n{textwrap.dedent(document)}\n")
            if (found := record(helper)) is not None:
                out.append(f"`{found[0]}`: {_sphinx(textwrap.dedent(found[1]))}\n\n" + "".join(f"- *{one}*: {_sphinx(told)}\n" for one, told in found[2]))
            if line:
                out.append(f"```text\n>>> {line}\n{eval(line, dict(space))!r}\n```\n")
    return "\n".join(out)


def core() -> str:
    """The page of the core, made of its contract."""
    tree = ast.parse((TOP / "frozen" / "_pykd.pyi").read_text(encoding="utf-8"))
    out = ["# The core: pykd\n", _sphinx(ast.get_docstring(tree) or "") + "\n"]
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            out.append(f"## class {node.name}\n\n{_sphinx(ast.get_docstring(node) or '')}\n")
            out += _described(node.body)
        else:
            out += _described([node])
    return "\n".join(out)


def _described(body: list[ast.stmt]) -> list[str]:
    out = []
    for node, after in zip(body, [*body[1:], None]):
        if isinstance(node, ast.FunctionDef) and (not node.name.startswith("__") or ast.get_docstring(node)):
            returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            out.append(f"### {node.name}\n\n```text\n{node.name}({ast.unparse(node.args)}){returns}\n```\n\n{_sphinx(ast.get_docstring(node) or '')}\n")
        elif isinstance(node, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            out.append(f"- **{ast.unparse(node.target)}**: `{ast.unparse(node.annotation)}`: {_sphinx(' '.join(str(after.value.value).split()))}\n")
    return out


def main(words: list[str]) -> int:
    os.environ |= _ENVIRONMENT
    if words[:1] == ["--site"]:
        site(Path(words[1]).resolve())
        return 0
    found = stale()
    for path, text in found:
        print(path.relative_to(TOP))
        if "--check" not in words:
            path.write_text(text, encoding="utf-8")
    return 1 if found and "--check" in words else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
