# SPDX-License-Identifier: GPL-2.0-or-later
"""What runs of what lies in the folder in which a tool is started, measured: eight kinds of folders, three users, pykd beside git, gdb, less and crash.

    python3 tools/trust_table.py [VMLINUX VMCORE]   as root, which can be the others; prints a table in Markdown; crash opens these two

In each folder lie a ``.pykdrc`` and a ``PyKdumpInit.py`` that leave a mark, a module ``enum.py`` and a program ``taskinfo.py`` that do, a ``.gdbinit``, a
``.crashrc``, a ``.lesskey`` and the ``.git/config`` of a repository. A cell names what has left its mark. pykd is told nothing of the folder (no
``--trust-cwd``). All that are installed are asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
USERS = {"root": 0, "owner": 1234, "stranger": 4321}
FOLDERS: dict[str, Callable[[Path], None]] = {
    "the owner's, 0755": lambda folder: _made(folder, 1234, 0o755),
    "the owner's, 0700": lambda folder: _made(folder, 1234, 0o700),
    "the owner's, 0777": lambda folder: _made(folder, 1234, 0o777),
    "the owner's, 0775, of another group": lambda folder: _made(folder, 1234, 0o775, group=4321),
    "root's, 0755": lambda folder: _made(folder, 0, 0o755),
    "root's, 1777 as /tmp": lambda folder: _made(folder, 0, 0o1777),
    "the owner's in one that all can write": lambda folder: _made(folder, 1234, 0o755, parent=0o777),
    "root's, with files of a stranger": lambda folder: _made(folder, 0, 0o755, files=4321),
}


def _made(folder: Path, owner: int, mode: int, parent: int = 0o755, files: int | None = None, group: int = -1) -> None:
    """The folder, with everything in it that could run."""
    folder.mkdir(parents=True)
    marks = folder.parents[1] / "marks"
    for name, text in {
        ".pykdrc": f"!touch {marks}/pykdrc\n", "PyKdumpInit.py": f"open('{marks}/init', 'w')\n", "enum.py": f"open('{marks}/enum', 'w')\n",
        "taskinfo.py": f"open('{marks}/taskinfo', 'w')\n", ".gdbinit": f"shell touch {marks}/gdbinit\n",
        ".crashrc": f"!touch {marks}/crashrc\n", ".lesskey": f"#env\nLESSOPEN = |touch {marks}/lesskey; cat %s\n",
    }.items():  # fmt: skip
        (folder / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", folder], check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})
    with (folder / ".git" / "config").open("a", encoding="utf-8") as config:
        config.write(f'[core]\n\tfsmonitor = "touch {marks}/fsmonitor; false"\n')
    for path in (*folder.rglob("*"), folder):
        os.chown(path, owner if files is None or path == folder else files, group)
    folder.chmod(mode)
    folder.parent.chmod(parent)


def _commands(dump: Path, for_crash: list[str]) -> dict[str, list[str]]:
    pykd = str(dump.parent / "pykd")
    found = {
        "pykd DUMP": [pykd, str(dump), "-c", "sym schedule"], "pykd, taskinfo": [pykd, str(dump), "-c", "taskinfo -h"], "pykd --version": [pykd, "--version"],
        "git status": ["git", "status"], "gdb": ["gdb", "-batch", "-ex", "quit"], "less FILE": ["less", "taskinfo.py"],
    }  # fmt: skip
    if for_crash:
        found["crash VMLINUX VMCORE"] = ["crash", "-s", *for_crash]
    return {name: words for name, words in found.items() if shutil.which(words[0])}


def _marks(folder: Path, user: int, words: list[str]) -> str:
    """What a command left when *user* ran it in *folder*."""
    marks = folder.parents[1] / "marks"
    shutil.rmtree(marks, ignore_errors=True)
    marks.mkdir()
    marks.chmod(0o777)
    home = folder.parents[1] / f"home{user}"
    home.mkdir(exist_ok=True)
    os.chown(home, user, user)

    def become() -> None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
        os.chdir(folder)

    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "dumb"}
    environment |= {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    try:
        subprocess.run(words, preexec_fn=become, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pass  # it has run long enough to leave its mark
    except (OSError, subprocess.SubprocessError):
        return "cannot enter"
    return ", ".join(sorted(os.listdir(marks))) or "-"


def main() -> int:
    if os.getuid():
        print("only root can be all of them", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        shutil.copy(ROOT / "pykd", top)
        shutil.copy(ROOT / "tests" / "sample" / "vmcore", top)
        os.chmod(Path(top) / "vmcore", 0o644)
        commands = _commands(Path(top) / "vmcore", [os.path.abspath(name) for name in sys.argv[1:3]])
        print("| Folder | User |", " | ".join(commands), "|")
        print("|---|---|", "|".join("---" for _ in commands), "|", sep="")
        for number, (kind, make) in enumerate(FOLDERS.items()):
            folder = Path(top) / f"parent{number}" / "folder"
            make(folder)
            for user, uid in USERS.items():
                print(f"| {kind} | {user} |", " | ".join(_marks(folder, uid, words) for words in commands.values()), "|", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
