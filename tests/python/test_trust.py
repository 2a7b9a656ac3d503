# SPDX-License-Identifier: GPL-2.0-or-later
"""Who runs what in whose folder: the table of docs/modules.md, as root, as an owner, as a stranger."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from dumps import PYKD, ROOT, SAMPLE

OWNER, STRANGER, OTHER = 1234, 65534, 1235

FOLDERS = {
    # kind: (owner, mode, mode of the folder above)
    "root's": (0, 0o755, 0o755), "the owner's": (OWNER, 0o755, 0o755), "somebody else's": (OTHER, 0o755, 0o755),
    "root's that all write": (0, 0o777, 0o755), "the owner's that all write": (OWNER, 0o777, 0o755), "the owner's that a group writes": (OWNER, 0o775, 0o755),
    "the owner's in one that all write": (OWNER, 0o755, 0o777), "the owner's in one like /tmp": (OWNER, 0o755, 0o1777),
}  # fmt: skip
RUNS = {
    0: {"root's"},
    OWNER: {"root's", "the owner's", "the owner's in one like /tmp"},
    STRANGER: {"root's"},
}
"""By user the folders in which a program runs that is named."""


@unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
class Table(unittest.TestCase):
    def setUp(self):
        self.top = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.top.chmod(0o755)
        self.pykd = self.top / "pykd"
        try:
            self.pykd.hardlink_to(PYKD)
        except OSError:
            shutil.copyfile(PYKD, self.pykd)
            self.pykd.chmod(0o755)
        self.dump = self.top / "vmcore"
        shutil.copyfile(SAMPLE, self.dump)

    def folder(self, owner, mode, above):
        parent = Path(tempfile.mkdtemp(dir=self.top))
        parent.chmod(above)
        folder = parent / "here"
        folder.mkdir()
        for name, text in ((".pykdrc", "py print('rc runs')\n"), ("PyKdumpInit.py", "print('init runs')\n"), ("prog.py", "import helper; print('program runs')\n"),
                           ("helper.py", ""), ("functools.py", "print('library runs')"), ("taskinfo.py", "print('own taskinfo runs')")):  # fmt: skip
            (folder / name).write_text(text)
            os.chown(folder / name, owner, 2000)
        os.chown(folder, owner, 2000)
        folder.chmod(mode)
        return folder

    def run_in(self, folder, user, *options):
        words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        words += [self.pykd, *options, self.dump, "-c", "epython prog", "-c", "taskinfo --summ"]
        return subprocess.run(words, cwd=folder, env={"HOME": "/nowhere", "PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)

    def test_as_each_user_in_each_folder(self):
        if not shutil.which("setpriv"):
            self.skipTest("no setpriv here")
        for kind, how in FOLDERS.items():
            folder = self.folder(*how)
            for user, kinds in RUNS.items():
                with self.subTest(kind, user=user):
                    result = self.run_in(folder, user)
                    for never in ("rc runs", "init runs", "library runs"):
                        self.assertNotIn(never, result.stdout)
                    self.assertIn(".pykdrc is passed over", result.stderr)
                    runs = kind in kinds
                    self.assertEqual((runs, runs), ("program runs" in result.stdout, "own taskinfo runs" in result.stdout), result)
                    self.assertEqual(runs, "taskinfo.py is used in place of pykd's own" in result.stderr)
                    self.assertEqual(not runs, "'.' is left out" in result.stderr)
        trusted = self.run_in(folder, STRANGER, "--trust-cwd")
        for text in ("rc runs", "init runs", "program runs"):
            self.assertIn(text, trusted.stdout)
        self.assertNotIn("runs", self.run_in(folder, 0, "--isolated").stdout)

    def test_files_of_the_home(self):
        """HOME says where the user's files are, as root through sudo somebody else's: it does not say whose they are. A relative one is of no home."""
        if not shutil.which("setpriv"):
            self.skipTest("no setpriv here")
        for name, text in ((".pykdrc", "py print('rc runs')\n"), (".crashrc", "alias zz py print('rc runs')\n"), (".config/pykd/pykdrc", "py print('rc runs')\n")):
            for owner, mode, runs in ((0, 0o644, {0, OWNER}), (OWNER, 0o664, {OWNER}), (OTHER, 0o644, set()), (OWNER, 0o646, set())):
                home = Path(tempfile.mkdtemp(dir=self.top))
                home.chmod(0o755)
                (home / name).parent.mkdir(parents=True, exist_ok=True)
                (home / name).write_text(text)
                (home / name).chmod(mode)
                os.chown(home / name, owner, 2000)
                for user in (0, OWNER):
                    with self.subTest(name, owner=owner, mode=mode, user=user):
                        words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
                        words += [self.pykd, self.dump, "-c", "zz"]
                        result = subprocess.run(words, cwd="/", env={"HOME": str(home)}, capture_output=True, text=True, check=False)
                        said = f"pykd: {home / name} is passed over: "
                        self.assertEqual((user in runs, user not in runs), ("rc runs" in result.stdout, said in result.stderr), result)
                for variables in ({"HOME": "."}, {"HOME": home.name}, {"XDG_CONFIG_HOME": ".config"}, {"XDG_CONFIG_HOME": f"{home.name}/.config"}):
                    with self.subTest(name, owner=owner, **variables):
                        words = [self.pykd, self.dump, "-c", "zz"]
                        folder = home.parent if home.name in str(variables) else home
                        result = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False)
                        self.assertNotIn("rc runs", result.stdout)

    def test_other_names_of_the_current_folder(self):
        """In PYKDUMPPATH they are what ``.`` is, and not folders that the user has chosen."""
        folder = self.folder(OTHER, 0o755, 0o755)
        for path in ("./", ".//.", "/nowhere:./"):
            with self.subTest(path):
                result = subprocess.run([self.pykd, self.dump, "-c", "taskinfo -h"], cwd=folder, env={"PYKDUMPPATH": path}, capture_output=True, text=True, check=False)
                self.assertNotIn("runs", result.stdout)

    def test_nothing_runs_without_a_dump(self):
        folder = self.folder(0, 0o755, 0o755)
        for name in ("os", "enum", "signal", "encodings", "posixpath", "pykd", "_pykd"):
            (folder / f"{name}.py").write_text("print('library runs')")
        for option in ("--version", "--man", "-p", "--licenses"):
            result = subprocess.run([self.pykd, option], cwd=folder, capture_output=True, text=True, check=False)
            self.assertEqual(0, result.returncode)
            self.assertNotIn("library runs", result.stdout)


if __name__ == "__main__":
    os.chdir(ROOT)
    unittest.main()
