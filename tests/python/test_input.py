# SPDX-License-Identifier: GPL-2.0-or-later
"""What may be typed, piped in, or stand in a dump without that a session ends, waits for ever, or fills the memory."""

import io
import os
import resource
import signal
import subprocess
import sys
import tempfile
import unittest

import dumps
import patched
import terminal
from dumps import PYKD, SAMPLE
from pykd.app import identify
from pykd.core.errors import LineError
from pykd.session import line
from pykd.values import date


class Lines(unittest.TestCase):
    """Work by the length of the line, not its square: what is counted is steps of the scan, not time."""

    def steps(self, text):
        count = 0

        def count_calls(frame, event, _):
            nonlocal count
            count += frame.f_code.co_filename == line.__file__ or frame.f_code.co_filename.endswith("session/line.py")

        sys.setprofile(count_calls)
        try:
            for one in line.logical(text.split("\n")):
                line.words(one)
        except LineError:
            pass
        finally:
            sys.setprofile(None)
        return count

    def test_linear(self):
        for make in (lambda n: "p " + "(" * n, lambda n: "ps \\\n" * n + "x", lambda n: "ps (\n" * n, lambda n: "ps " + "x" * n, lambda n: "p '" + "\n" * n):
            few, many = self.steps(make(200)), self.steps(make(2000))
            self.assertLess(many, 12 * few + 100)

    def test_no_end(self):
        with self.assertRaises(LineError), open("/dev/zero", encoding="utf-8") as file:
            list(line.bounded(file))
        self.assertEqual(["a\n", "b"], list(line.bounded(io.StringIO("a\nb"))))

    def test_continuation_is_as_it_was(self):
        for text, expected in (("a \\\n b", ["a  b"]), ("p (1\n +2)", ["p (1 +2)"]), ("p '(\n'", ["p '( '"]), ("a | b (\nc", ["a | b (", "c"]), ("\\", [])):
            self.assertEqual(expected, list(line.logical(text.split("\n"))), text)


class Commands(unittest.TestCase):
    def run_pykd(self, *commands, **options):
        words = [word for command in commands for word in ("-c", command)]
        return subprocess.run([PYKD, "--isolated", SAMPLE, *words], capture_output=True, text=True, check=False, timeout=300, **options)

    def test_errors_are_clear(self):
        digits = "9" * 10000
        commands = ["\\", f"eval {digits}", f"p {digits}", f"rd {digits}", f"rd init_task {digits}", f"ps {digits}", f"struct task_struct init_task {digits}",
                    f"search -c {'a' * 5000}", "ps '(('", "sym -q [", "struct a\0b", f"dis schedule {digits}", f"timer -C {digits}"]  # fmt: skip
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join(commands) + "\n")
            file.flush()
            result = self.run_pykd(f"< {file.name}", "< /dev/zero", "bash a\udcff", "struct a\udcff", "sys -i x", "sys -t x", "v a\udcff", "sym 1e400", "irq -u ''", "py 6 * 7")
        self.assertNotIn("internal error", result.stderr)
        self.assertEqual("42\n", result.stdout[-3:])
        self.assertLess(len(result.stderr), 40000)
        for words in ("too many digits", "regular expression", "1 to 4096 bytes", "more than 1048576 characters", "no UTF-8"):
            self.assertIn(words, result.stderr)

    def test_output_streams_and_ends(self):
        for command in ("dis _stext 99999999", "struct list_head init_task 99999999", "rd init_task 9999999999"):
            with self.subTest(command):
                process = subprocess.Popen([PYKD, "--isolated", SAMPLE, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertTrue(process.stdout.readline())
                process.stdout.close()
                process.stderr.close()
                process.wait(timeout=120)
        result = self.run_pykd("struct list_head ffff800000000000 99999999")
        self.assertIn("untranslatable", result.stdout + result.stderr)


class Named(unittest.TestCase):
    """Files that the command line names, of which nothing says how long they are."""

    def test_without_an_end(self):
        for words, what in (
            (("--decl", "/dev/zero", SAMPLE, "-c", "sys"), "/dev/zero"), (("--vmcoreinfo", "/dev/zero", SAMPLE, "-c", "sys"), "/dev/zero"), (("--run", "/dev/zero"), "/dev/zero"),
            ((SAMPLE, "/dev/zero"), "no Python program"), (("batch", "--list", "/dev/zero"), "more than 1048576"), (("batch", "--list", "-"), "more than 1048576"),
            ((SAMPLE,), "more than 1048576"),
        ):  # fmt: skip
            with self.subTest(words), open("/dev/zero", "rb") as endless:
                result = subprocess.run([PYKD, *words], stdin=endless, capture_output=True, text=True, check=False, timeout=300,
                                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30)))
                self.assertNotIn(result.returncode, (0, -9))
                self.assertEqual((1, True), (result.stderr.count("\n"), what in result.stderr), result.stderr)


class Values(unittest.TestCase):
    def test_dates(self):
        for seconds in (1 << 63, (1 << 63) - 1, -(1 << 63), 1 << 200):
            self.assertEqual(f"(no date: {seconds})", date.text(seconds, "%Y"))
            self.assertIn("(no date: ", identify.line({"path": "x", "release": "1", "time": seconds, "panic": None, "format": "f", "complete": True, "build_id": None}))
        self.assertEqual("1970", date.text(0, "%Y", utc=True))

    def test_one_bad_field_costs_its_field(self):
        dump = dumps.opened(SAMPLE)
        from pykd.kernel import timekeeping

        keeper = timekeeping.timekeeper(dump)
        path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "vmcore")
        patched.write(dump, path, {int(keeper) + keeper.fieldOffset("xtime_sec"): (1 << 63).to_bytes(8, "little")})
        result = subprocess.run([PYKD, path, "-c", "sys", "-c", "log -T"], capture_output=True, text=True, check=False)
        self.assertIn("DATE: (no date: ", result.stdout)
        self.assertIn("NODENAME: vmtest", result.stdout)
        self.assertNotIn("internal error", result.stderr)

    def test_numbers_that_nothing_can_have(self):
        """Interrupts, by what counts them and by where they are in their tree: those that are there are listed, and one line says why no others are."""
        dump = dumps.opened(SAMPLE)
        whole = subprocess.run([PYKD, SAMPLE, "-c", "irq -u"], capture_output=True, text=True, check=False).stdout
        head = dump.read_unsigned(dump.symbol("irq_desc_tree", "").address + 8) & ~3
        for place, data in ((dump.symbol("nr_irqs", "").address, b"\xff" * 4), (head, b"\x3a"), (head, b"\x1e")):
            with self.subTest(place=place, data=data):
                path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), "vmcore")
                patched.write(dump, path, {place: data})
                result = subprocess.run([PYKD, path, "-c", "irq"], capture_output=True, text=True, check=False, timeout=300)
                self.assertEqual("", result.stderr)
                self.assertIn("there cannot be ", result.stdout)
                self.assertLess(result.stdout.count("\n"), whole.count("\n") + 200)


class Terminal(unittest.TestCase):
    def test_bytes_that_are_no_text(self):
        with terminal.Terminal(SAMPLE) as one:
            one.prompt()
            os.write(one.fd, b"\xff\xc3py\xe2\x82\x15")  # Ctrl-U takes it all back
            self.assertIn("\n42\n", one.run("py 6 * 7"))

    def test_interrupt_that_was_ignored(self):
        saved = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            one = terminal.Terminal(SAMPLE)
        finally:
            signal.signal(signal.SIGINT, saved)
        with one:
            one.prompt()
            one.send("py import time; time.sleep(1000)\r")
            one.until("sleep")
            one.silence()
            one.send("\x03")
            one.until(r"interrupted(.|\n)*pykd>\Z")


dumps.have_one_open()

if __name__ == "__main__":
    unittest.main()
