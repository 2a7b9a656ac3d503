# SPDX-License-Identifier: GPL-2.0-or-later
"""pykd runs anywhere: what it asks of a machine, and what it does without.

Most tests run the main job on the sample dump with something taken away and expect the same answer. Where the tool that takes it
away is missing (strace, chroot as root, qemu-user), the test is skipped and says so. That there is no dynamic loader is tested in
test_cli, that the running kernel and a crash kernel can be read, by tools/vmtest.
"""

import os
import pty
import re
import resource
import select
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from dumps import PYKD, ROOT

SAMPLE = os.path.join(ROOT, "tests", "sample", "vmcore")
JOB = ("-c", "taskinfo --summ")

WITHOUT_NEWER_CALLS = """
import ctypes, os, struct, sys
# Load the number; above 313, the last one of Linux 3.10 (finit_module), answer ENOSYS; else allow.
filter = b"".join(struct.pack("HBBI", *row) for row in ((0x20, 0, 0, 0), (0x25, 0, 1, 313), (6, 0, 0, 0x50026), (6, 0, 0, 0x7fff0000)))
rows = ctypes.create_string_buffer(filter, len(filter))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(filter) // 8, ctypes.addressof(rows)))
prctl = ctypes.CDLL(None).prctl
if prctl(38, 1, 0, 0, 0) or prctl(22, 2, program, 0, 0):
    sys.exit(77)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""For the Python of this machine, which has ctypes: run a program in a kernel without any call that came after 3.10, by seccomp."""

SYSTEM_CALLS = set(
    "access arch_prctl brk close dup dup2 execve exit_group fcntl fstat futex getcwd getdents64 geteuid getegid getgid getpid gettid getuid ioctl "
    "lseek lstat madvise mmap mprotect mremap munmap newfstatat open openat pread64 prlimit64 read readlink readv rt_sigaction "
    "rt_sigprocmask sched_getaffinity setitimer set_tid_address sigaltstack stat sysinfo times uname write writev clock_gettime gettimeofday "
    "fadvise64".split()
)
"""What the main job may call: all of it is in Linux 3.10, so nothing needs a fallback."""

SANDBOX_CALLS = set("prctl landlock_create_ruleset landlock_restrict_self".split())
"""What the sandbox asks for; a kernel that knows no Landlock has no such calls, and nothing is missing then."""

NOBODY = 65534
TRIAGE = ("sys", "ps", "bt -a", "foreach bt", "log", "files", "foreach files", "kmem -i", "kmem -s", "mod", "mount", "net", "vm", "irq", "timer", "runq", "taskinfo",
          "taskinfo --hang", "hanginfo", "pstree", "tslog", "modinfo", "struct task_struct", "dis schedule")  # fmt: skip
"""Most of what a look at a dump asks, in one session."""
TOO_LITTLE = 64 << 20
"""Bytes of address space. RLIMIT_AS is stricter than a limit of the memory control group: it counts the executable, what is mapped
of the dump and what is reserved, and not only what is in use; and everybody may set it, everywhere."""


def answer(text):
    """What the job found out, without the time that it took."""
    return re.sub(r"Execution took.*", "", text)


def run(*words, **options):
    return subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, timeout=300, **options)


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise unittest.SkipTest(f"no {tool} here")


def need_root():
    if os.geteuid() != 0:
        raise unittest.SkipTest("only root can do this")


class Portability(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists(SAMPLE):
            raise unittest.SkipTest("no sample dump")
        result = run(PYKD, SAMPLE, *JOB)
        cls.expected = answer(result.stdout)
        if result.returncode or "TOTAL" not in cls.expected.upper():
            raise AssertionError(result.stdout + result.stderr)

    def same(self, result):
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(answer(result.stdout), self.expected)

    def strace(self, *words, **options):
        need("strace")
        result = run(shutil.which("strace"), "-f", *words, **options)
        if "ptrace" in result.stderr and "Operation not permitted" in result.stderr:
            self.skipTest("strace may not trace here")
        return result


class Kernel(Portability):
    def test_system_calls(self):
        result = self.strace("-e", "trace=all", PYKD, SAMPLE, *JOB)
        called = set(re.findall(r"^(?:\[pid +\d+\] )?(\w+)\(", result.stderr, re.MULTILINE))
        self.assertIn("execve", called)
        self.assertEqual(called - SYSTEM_CALLS - SANDBOX_CALLS, set())

    def test_files(self):
        """The executable's own name, the folder that it runs in (where modules may lie), the dump; nothing else is looked at."""
        with tempfile.TemporaryDirectory() as folder:
            result = self.strace("-e", "trace=%file", PYKD, SAMPLE, *JOB, cwd=folder, env={"HOME": folder})
            paths = set(re.findall(r'^(?:\[pid +\d+\] )?\w+\((?:AT_FDCWD, )?"([^"]*)"', result.stderr, re.MULTILINE))
            real = os.path.realpath(folder)
            strange = {path for path in paths if path not in (PYKD, SAMPLE, "/proc/self/exe", ".", ".pykdrc") and not path.startswith(("./", folder, real))}
        self.assertIn(SAMPLE, paths)
        self.assertEqual(strange, set())

    def test_nothing_is_mapped_to_be_executed(self):
        """So a mount with noexec, and a kernel that enforces W^X, make no difference."""
        result = self.strace("-e", "trace=mmap,mprotect,memfd_create", PYKD, SAMPLE, *JOB)
        self.assertIn("mmap(", result.stderr)
        self.assertNotIn("PROT_EXEC", result.stderr)

    def test_calls_of_newer_kernels_fail(self):
        """As on Linux 3.10, they are not there; also for the interactive session and all modules."""
        newer = "getrandom,memfd_create,statx,copy_file_range,preadv2,openat2,close_range,clone3,faccessat2,renameat2,membarrier,rseq"
        known = newer.split(",")
        result = self.strace("-e", f"inject={newer}:error=ENOSYS", PYKD, SAMPLE, *JOB)
        while (unknown := re.search(r"invalid system call '(\w+)'", result.stderr)) and unknown[1] in known:
            known.remove(unknown[1])
            result = self.strace("-e", f"inject={','.join(known)}:error=ENOSYS", PYKD, SAMPLE, *JOB)
        self.assertEqual((result.returncode, answer(result.stdout)), (0, self.expected))
        result = self.strace("-e", f"inject={','.join(known)}:error=ENOSYS", "-o", "/dev/null", PYKD, "--self-test")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_no_newer_call_at_all(self):
        if os.uname().machine != "x86_64":
            self.skipTest("numbers of x86-64")
        need("python3")

        def old(*words):
            result = run(shutil.which("python3"), "-c", WITHOUT_NEWER_CALLS, PYKD, *words)
            if result.returncode == 77:
                self.skipTest("no seccomp here")
            return result

        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "newer.py"
            program.write_text("import os\ntry:\n    os.getrandom(1)\nexcept OSError as error:\n    print(error.strerror)\n", encoding="utf-8")
            self.assertEqual(old("--run", program).stdout, "Function not implemented\n")
        self.same(old(SAMPLE, *JOB))
        words = [word for command in TRIAGE for word in ("-c", command)]
        now, then = run(PYKD, SAMPLE, *words), old(SAMPLE, *words)
        self.assertEqual((then.returncode, then.stderr, answer(then.stdout)), (now.returncode, now.stderr, answer(now.stdout)))
        result = old("--self-test")
        self.assertEqual((result.returncode, result.stderr), (0, ""))


class Processor(Portability):
    def test_baseline(self):
        """A processor of 2003: wide instructions are only used where the processor says that it has them."""
        emulator = shutil.which("qemu-x86_64") or shutil.which("qemu-x86_64-static")
        if os.uname().machine != "x86_64" or not emulator:
            self.skipTest("no qemu-user for x86-64 here")
        model = "qemu64,-sse3,-cx16,-ssse3,-sse4.1,-sse4.2,-popcnt,-avx,-avx2,-bmi1,-bmi2,-abm,-sse4a,-svm"
        result = run(emulator, "-cpu", model, PYKD, SAMPLE, *JOB)
        self.assertEqual((result.returncode, answer(result.stdout)), (0, self.expected), result.stderr)
        self.assertEqual(run(emulator, "-cpu", model, PYKD, "--self-test").returncode, 0)


class Surroundings(Portability):
    def test_no_environment(self):
        self.same(run(PYKD, SAMPLE, *JOB, env={}))

    def test_strange_locale(self):
        for locale in ("C", "POSIX", "tr_TR.UTF-8", "no_such.locale"):
            self.same(run(PYKD, SAMPLE, *JOB, env={"LC_ALL": locale, "LANG": locale, "TZ": "No/Where", "HOME": "/nonexistent"}))

    def test_64_megabytes(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (TOO_LITTLE, TOO_LITTLE))

        self.same(run(PYKD, SAMPLE, *JOB, preexec_fn=limit))
        words = [word for command in TRIAGE for word in ("-c", command)]
        free, limited = run(PYKD, SAMPLE, *words), run(PYKD, SAMPLE, *words, preexec_fn=limit)
        self.assertGreater(len(free.stdout.splitlines()), 4000)
        self.assertEqual((limited.returncode, limited.stderr), (free.returncode, free.stderr))
        self.assertEqual(answer(limited.stdout), answer(free.stdout))

    def test_few_descriptors(self):
        """What cannot be done without more of them is told in a line."""
        for number in (3, 4, 5):
            for words in ((SAMPLE, "-c", "ps 1"), ("id", SAMPLE, SAMPLE), ("batch", SAMPLE), ("report", SAMPLE, "--brief")):
                with self.subTest(words, number=number):
                    result = run(PYKD, *words, preexec_fn=lambda number=number: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number)))
                    self.assertNotIn("Traceback", result.stderr)
                    self.assertLess(result.stderr.count("\n"), 3)
                    self.assertTrue(result.returncode == 0 or "No file descriptors available" in result.stdout + result.stderr)

    def test_no_standard_input(self):
        self.same(run("/bin/sh", "-c", f"exec '{PYKD}' '{SAMPLE}' -c 'taskinfo --summ' <&-"))


class EmptyRoot(Portability):
    """A root with pykd, a dump and nothing else: no /proc, /dev, /tmp, /etc, no locale, no terminfo, no loader."""

    def setUp(self):
        need_root()
        need("chroot")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        os.chmod(self.root, 0o555)
        for name, source, mode in (("pykd", PYKD, 0o555), ("vmcore", SAMPLE, 0o444)):
            shutil.copyfile(source, self.root / name)
            os.chmod(self.root / name, mode)

    def chroot(self, *words):
        return run(shutil.which("chroot"), f"--userspec={NOBODY}:{NOBODY}", "--groups=", self.root, "/pykd", *words, env={})

    def test_main_job_by_nobody(self):
        self.same(self.chroot("/vmcore", *JOB))
        self.assertEqual(sorted(os.listdir(self.root)), ["pykd", "vmcore"])

    def test_many_dumps(self):
        result = self.chroot("batch", "/vmcore")
        self.assertEqual((0, "", 1), (result.returncode, result.stderr, result.stdout.count('"signature"')))

    def test_self_test(self):
        result = self.chroot("--self-test")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("file     ok", result.stdout)

    def test_everything_without_a_dump(self):
        for words in (["--version"], ["--licenses"], ["--man"], ["--sbom"], ["-p"], ["id", "/vmcore"]):
            with self.subTest(words=words):
                result = self.chroot(*words)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertTrue(result.stdout)

    def test_read_only_without_exec_elsewhere(self):
        need("unshare", "mount")
        script = (
            f"mount --bind '{self.root}' '{self.root}' && mount -o remount,bind,ro '{self.root}' && "
            f"mount -t tmpfs -o noexec,ro none '{ROOT}/tests/python' && cd / && "
            f"exec chroot --userspec={NOBODY}:{NOBODY} --groups= '{self.root}' /pykd /vmcore -c 'taskinfo --summ'"
        )
        result = run(shutil.which("unshare"), "--mount", "/bin/sh", "-c", script, env={"PATH": os.environ["PATH"]})
        if "unshare" in result.stderr or "mount" in result.stderr:
            self.skipTest(f"no mounts here: {result.stderr.strip()}")
        self.same(result)

    def test_session_on_a_terminal(self):
        """Line editing with a terminal that nobody has described."""
        for term in ("vt-unheard-of", None):
            with self.subTest(term=term):
                child, terminal = pty.fork()
                if child == 0:
                    environment = {"TERM": term} if term else {}
                    os.execve(shutil.which("chroot"), ["chroot", f"--userspec={NOBODY}:{NOBODY}", str(self.root), "/pykd", "/vmcore"], environment)
                seen = self.converse(terminal, [(b"pykd>", b"p 6*7\r"), (b"= 42", b""), (b"pykd>", b"\x04"), (None, b"")])
                os.close(terminal)
                _, status = os.waitpid(child, 0)
                self.assertEqual(os.waitstatus_to_exitcode(status), 0, seen)

    def converse(self, terminal, steps):
        """For each step wait for something (None: the end), and then type something."""
        seen = b""
        mark = 0
        end = time.monotonic() + 120  # against hanging
        for awaited, typed in steps:
            while awaited is None or awaited not in seen[mark:]:
                if time.monotonic() > end:
                    self.fail(f"waited in vain for {awaited!r}: {seen!r}")
                if not select.select([terminal], [], [], 1)[0]:
                    continue
                try:
                    seen += os.read(terminal, 4096)
                except OSError:  # the other side is gone
                    if awaited is None:
                        return seen
                    raise
            mark = seen.index(awaited, mark) + len(awaited)
            os.write(terminal, typed)
        return seen


if __name__ == "__main__":
    unittest.main()
