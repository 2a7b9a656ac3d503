# SPDX-License-Identifier: GPL-2.0-or-later
"""The same sources give the same bytes: the cheap form, with the project's own objects, frozen arrays and link.

tools/reproduce.sh is the whole of it, dependencies included.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from dumps import PYKD, ROOT

SHARED = ("bin", "stamps", "sysroot", "python", "musl.specs", "licences")
"""What the dependencies' build has left; it lies where it lay."""


class SecondBuild(unittest.TestCase):
    def test_other_folder_locale_umask_and_jobs(self):
        build = Path(ROOT) / "build" / os.uname().machine
        absent = [name for name in SHARED if not (build / name).exists()]
        if absent or not shutil.which("make") or not shutil.which("bash"):
            self.skipTest(f"nothing to build with: {', '.join(absent) or 'make or bash'}")
        with tempfile.TemporaryDirectory(prefix="another-folder-") as folder:
            top = Path(folder) / "deeper" / "tree"
            top.mkdir(parents=True)
            for name in ("build.sh", "docs", "src", "frozen", "progs", "tools"):
                source = Path(ROOT) / name
                if source.is_dir():
                    shutil.copytree(source, top / name, ignore=shutil.ignore_patterns("__pycache__", "vmtest"))
                else:
                    shutil.copy(source, top / name)
            (top / "build" / build.name).mkdir(parents=True)
            for name in SHARED:
                (top / "build" / build.name / name).symlink_to((build / name).resolve())
            script = 'umask 077; . tools/deps/env.sh; cd "$TOP"; umask 077; export LC_ALL=C.UTF-8 TZ=Asia/Kathmandu; ' \
                     'exec make -s -j1 -f tools/pykd.mk'  # fmt: skip
            environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/nonexistent", "LANG": "tr_TR.UTF-8", "JOBS": "1",
                           "HOST_ARCH": build.name, "ARCH": build.name, "BINARY": "pykd"}  # fmt: skip
            done = subprocess.run(["bash", "-c", script], cwd=top, env=environment, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            for name in ("code.bin", "files.bin", "code.dict", "frozen.c"):
                self.assertEqual(self.hash(top / "build" / build.name / "frozen" / name), self.hash(build / "frozen" / name), name)
            self.assertEqual(self.hash(top / "pykd"), self.hash(PYKD))

    def hash(self, path):
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()


if __name__ == "__main__":
    unittest.main()
