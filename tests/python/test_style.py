# SPDX-License-Identifier: GPL-2.0-or-later
"""The style of the sources, as far as the tools for it are at hand."""

import glob
import json
import os
import shutil
import subprocess
import unittest

from dumps import ROOT

RUFF_MODULE = os.path.join(ROOT, "build", "lint", "node_modules", "@astral-sh", "ruff-wasm-nodejs")
GIT = shutil.which("git")
NO_TOOL = 77
"""Exit status of tools/lint/tool.py where there is none of the right version."""


def sources(*patterns):
    """Files of the repository but other people's; where there is no git, all that is there."""
    files = {file for pattern in patterns for file in glob.glob(pattern, root_dir=ROOT, recursive=True)}
    files -= {file for file in files if file.startswith("frozen/dist-packages/")}
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, check=False) if GIT else None
    if listed and listed.returncode == 0:
        files &= set(listed.stdout.split("\0"))
    return sorted(files)


def first_bytes(file):
    with open(os.path.join(ROOT, file), "rb") as source:
        return source.read(2)


def tool(name):
    """How to run a checker in the version that counts; a skipped test if there is none."""
    command = ["python3", "tools/lint/tool.py", name]
    if not shutil.which("python3") or subprocess.run([*command, "--version"], cwd=ROOT, capture_output=True, check=False).returncode == NO_TOOL:
        raise unittest.SkipTest(f"no {name} of the right version here: ./build.sh test fetches it")
    return command


class Style(unittest.TestCase):
    def check(self, *command):
        result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if result.returncode:
            self.fail(f"{command[0]}:\n{result.stdout}")

    def test_ruff(self):
        files = sources("frozen/**/*.py", "progs/**/*.py", "tools/**/*.py", "tests/**/*.py")
        if shutil.which("ruff"):
            self.check("ruff", "check", "--config", "tools/lint/ruff.toml", "--output-format", "concise", *files)
            return
        if not shutil.which("node") or not os.path.isdir(RUFF_MODULE):
            self.skipTest("neither ruff nor node with its WebAssembly here")
        import tomllib

        with open(os.path.join(ROOT, "tools", "lint", "ruff.toml"), "rb") as file:
            settings = tomllib.load(file)
        self.check("node", "tools/lint/ruff.mjs", RUFF_MODULE, json.dumps(settings), *files)

    def test_mypy(self):
        files = sources("frozen/**/*.py", "progs/**/*.py", "tools/dumptext/*.py", "tools/freeze.py", "tools/manifest.py", "tools/check_layers.py")
        self.check(*tool("mypy"), "--config-file", "tools/lint/mypy.ini", *(file for file in files if file != "frozen/manifest.py"))

    def test_clang_format(self):
        self.check(*tool("clang-format"), "--dry-run", "-Werror", *sources("src/**/*.[ch]", "tests/c/*.[ch]", "tests/fuzz/*.[ch]"))

    def test_shellcheck(self):
        if not shutil.which("shellcheck"):
            self.skipTest("no shellcheck here")
        files = sources("build.sh", "tools/**/*.sh", "tools/fuzz", ".ci/run")
        scripts = [file for file in files if first_bytes(file) == b"#!"]
        self.check("shellcheck", "-e", "SC1091", *scripts)

    def test_layers(self):
        import check_layers

        self.assertEqual(check_layers.check_c(check_layers.Path(ROOT)) + check_layers.check_python(check_layers.Path(ROOT)), [])

    def test_no_file_is_too_long(self):
        """Who meets one cuts it along its concepts. What declares one module's interface (.pyi) is one."""
        for file in sources("src/**/*.[ch]", "tests/**/*.py", "tests/**/*.[ch]", "frozen/**/*.py", "progs/**/*.py", "tools/**/*.py", "tools/**/*.sh", "build.sh"):
            with open(os.path.join(ROOT, file), "rb") as source:
                self.assertLessEqual(sum(1 for _ in source), 600, file)

    def test_every_source_names_its_licence(self):
        for file in sources("src/**/*.[ch]", "tests/**/*.py", "tests/**/*.[ch]", "frozen/**/*.py", "progs/**/*.py", "tools/**/*.py",
                            "tools/**/*.sh", "tools/**/*.mk"):  # fmt: skip
            with self.subTest(file=file), open(os.path.join(ROOT, file), encoding="utf-8") as source:
                text = source.read(400)
                if text:
                    self.assertIn("SPDX-License-Identifier: ", text)


if __name__ == "__main__":
    unittest.main()
