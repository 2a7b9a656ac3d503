# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands are rows, once: text is made of rows and nothing else, errors in rows are objects, and the exit status says whether anything was answered."""

import json
import subprocess
import tempfile
import unittest
from unittest import mock

import pykd
from dumps import PYKD, opened, vmcores
from pykd.core import rows as core_rows
from pykd.session import command as commands
from pykd.session.answer import Answer
from pykd.session.session import Session

WITHOUT_ROWS = {"py", "q", "repeat", "search", "wr"}
"""Commands that act or run others; and the one whose rows are all of memory, which has lines of its own below"""

LINES = """\
alias
ascii
acpi; audit; auxv 1; auxv 2
blocked; blocked -t 5; blocked -v
bpf; bpf -P -s; bpf -M -s; bpf -P -T -j
bt; bt -a; bt -U 1; bt -U 2; bt -f; bt -FF; bt -s; bt -t; bt -T; bt -r; bt -e; bt -E; bt -v
btop 1000
cache; cache -m; cache -p; cache -d; cache ls /; cache cat /init
clocks; cmdline 1; cmdline 2
dev; dev -d; dev -D; dev -i; dev -p
devices; devices -b pci; dmi
dis schedule; dis -r schedule+90; dis schedule 5
eval 1+1; eval -b 0xff
env 1; env 2
extend
fd 1; fd -k socket 1
files; files 1; files -c
foreach bt; foreach files; foreach ps; foreach task -R pid; foreach net -S; foreach vm -m; foreach set; foreach sig; foreach test; foreach vtop
fuser /
gcore -n 1; gcore -n 2
gdb p init_task.comm; gdb ptype struct list_head; gdb info symbol schedule; gdb x/4gx init_task
help; help ps; help commands; help -m; help -k; help -D; help -v
ipcs; ipcs -s -m -M
journal; journal -l; journal /init
irq; irq -a; irq -b; irq -s; irq -s -c 0; irq -u; irq -d
keyrings; kvm
kmem -i; kmem -s; kmem -S task_struct; kmem -V; kmem -z; kmem -f; kmem -F; kmem -n; kmem -g; kmem -g 3; kmem -o; kmem -h; kmem -v; kmem jiffies; kmem init_task
list -H modules; list task_struct.tasks -h init_task -s task_struct.pid,comm; list task_struct.tasks -h init_task -S task_struct.pid,comm
locks; locks -g; locks -a
log; log -T; log -t; log -d; log -m; log -c; log -s
mach; mach -c; mach -m
mod; mod -t
maps 1; maps 2
memory; memory -n 1; mount; mount -i
namespaces; namespaces 1
net; net -a; net -n; net -s 1; net -S 1; net -N 0100007f
p jiffies; p init_task; p init_task.comm; p -x runqueues:a; p runqueues; p jiffies:0
ps; ps -r; ps -a; ps -t; ps -p; ps -c; ps -g; ps -l; ps -m; ps -S; ps -A; ps -Y; ps -s; ps -m -C 0; ps -l -C a
pte 67
ptob 10
ptov 1000; ptov 0:0
report --brief; report --section memory
rcu; rd jiffies; rd -s init_task 20; rd -S init_task 20; rd -a linux_banner; rd -SS init_task 20; rd -8 linux_banner 20
runq; runq -g; runq -t; runq -T; runq -m; runq -d
rustfilt _RNvC1a1b
set; set -p; set -v; set -c 0
sig; sig -l; sig -s 1; sig -g
sockets; sockets -eim; sockets -tl; sockets --other; cgroups; cgroups -v /app; inflight; inflight -r; fs; fs -a; workqueues -a; workqueues -qa
strings -n 8 1
struct list_head; struct -o task_struct; struct task_struct init_task; struct task_struct.pid,comm init_task 2; struct -r list_head init_task
struct -p task_struct.mm init_task; struct rq runqueues:a; struct -o list_head init_task; task_struct init_task
swap
sym schedule; sym -l; sym -q schedule; sym jiffies+1
sys; sys -c; sys -i; sys -t
task; task -R pid,comm; task -x 1
timer; timer -r; timer -C 0
trace; trace show
tree vmap_area_root -o vmap_area.rb_node -s vmap_area.va_start; tree -t xarray -r pid_namespace.idr init_pid_ns -p
union sigval
vm; vm 1; vm -p 1; vm -v 1; vm -m 1; vm -x 1; vm -f 75
vtop jiffies; vtop -u 400000
waitq init_pid_ns
whatis jiffies; whatis list_head; whatis -o list_head; whatis -r 16; whatis -m nsproxy; whatis schedule
""".replace("; ", "\n").splitlines()


class Known:
    """Of a dump what takes no look into it: which machine it is of."""

    def __init__(self, dump):
        self.byteorder, self.arch = dump.byteorder, dump.arch

    def __getattr__(self, name):
        raise AssertionError(f"text() reads the dump: {name}")


class Blind:
    """A session after its rows were made: what it knows of itself, and a dump that is not there."""

    KEPT = ("settings", "aliases", "names", "coloured", "for_program", "prompting", "pager")

    def __init__(self, session):
        self._session = session

    @property
    def dump(self):
        return Known(self._session.dump)

    def __getattr__(self, name):
        if name not in self.KEPT:
            raise AssertionError(f"text() reads session.{name}")
        return getattr(self._session, name)


def faults(value):
    """All the errors in a row."""
    if core_rows.is_fault(value):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from faults(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from faults(one)


def errors(value):
    """All that rows have under "error"."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "error":
                yield one
            yield from errors(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from errors(one)


class Text(unittest.TestCase):
    def setUp(self):
        self.session = Session(opened(vmcores()[0]))

    def made(self, line, values=True):
        text, found = self.session.resolve(line)
        options = found.parse(found.split(text))
        options.values = values
        try:
            return found, options, list(found.rows(self.session, options))
        except pykd.Error:
            return found, options, []  # the dump at hand lacks it

    def test_every_command_is_here(self):
        self.assertEqual(set(commands.names()) - WITHOUT_ROWS - {"sbitmapq"}, {self.session.resolve(line)[1].name for line in LINES})

    def test_reads_no_dump(self):
        blind = Blind(self.session)
        for line in LINES:
            with self.subTest(line):
                found, options, rows = self.made(line)
                for piece in found.text(rows, options, blind):
                    self.assertIsInstance(piece, str)

    def test_needs_no_values(self):
        """Who only prints does without the values beside the lines, and prints the same."""
        for line in LINES:
            self.session.state.clear()  # the numbers that `p` counts
            found, options, rows = self.made(line)
            if '"value"' not in json.dumps(rows):
                continue
            with self.subTest(line), mock.patch.multiple("pykd.values.cdata", value=mock.DEFAULT, member=mock.DEFAULT, scalar=mock.DEFAULT) as makers:
                self.session.state.clear()
                _, _, bare = self.made(line, values=False)
                self.assertEqual(list(found.text(bare, options, self.session)), list(found.text(rows, options, self.session)))
                self.assertEqual([name for name, maker in makers.items() if maker.called], [])

    def test_rows_are_data(self):
        """JSON can hold them as they are, and each error in them is an object."""
        for line in LINES:
            with self.subTest(line):
                _, _, rows = self.made(line)
                json.dumps(rows)
                self.assertEqual([], [error for error in errors(rows) if not core_rows.is_fault(error)])


class Faults(unittest.TestCase):
    def test_reasons(self):
        dump = opened(vmcores()[0])
        with self.assertRaises(pykd.FaultError) as caught:
            dump.read(0xFFFFFFFF00000000, 1)
        fault = core_rows.fault(caught.exception)
        self.assertEqual((fault["reason"], fault["address"]), ("untranslatable", "0xffffffff00000000"))
        self.assertEqual(core_rows.mark({"error": fault}), "(untranslatable)")
        with self.assertRaises(pykd.NotFoundError) as caught:
            dump.symbol("nosuch")
        self.assertEqual(core_rows.fault(caught.exception)["reason"], "unknown")
        self.assertEqual(core_rows.fault("cycle", partial=True), {"reason": "damaged", "message": "cycle", "partial": True})


FAULT = {"reason": "excluded", "address": "0x1000", "message": "a long story"}


def command(rows, **more):
    """A command with these rows."""
    return commands.Command(
        name="x", summary="", topic="", arguments="[WORD]…", rows=lambda session, options: iter(rows), **more,
        text=lambda rows, options, session: (f"{row.get('name')}{core_rows.mark(row)}" for row in rows),
    )  # fmt: skip


class Answers(unittest.TestCase):
    def answer(self, rows, *words, for_program=False, **more):
        one = command(rows, **more)
        options = one.parse(words)
        answer = Answer(one, options, for_program=for_program)
        lines = list(answer.lines(one.text(answer.watch(one.rows(None, options)), options, None)))
        return answer, lines

    def test_footnote(self):
        answer, lines = self.answer([{"name": "a"}, {"name": "b", "error": FAULT}, {"name": "c", "error": {**FAULT, "address": "0x2000"}}])
        self.assertEqual(lines, ["a", "b(excluded)", "c(excluded)"])
        self.assertEqual(list(answer.notes()), ["(excluded): 2 values are missing, such as address 0x1000"])

    def test_no_footnote_of_what_is_not_shown(self):
        answer, _ = self.answer([{"name": "a", "parts": [{"error": FAULT}]}])
        self.assertEqual(list(answer.notes()), [])

    def test_program_gets_whole_rows_only(self):
        rows = [
            {"name": "a", "parts": [{"n": 1}, {"n": 2, "error": FAULT}]},
            {"name": "b", "error": FAULT},
            {"name": "c", "error": {**FAULT, "partial": True}},
            {"error": {"reason": "damaged", "message": "the list is cut off"}},
        ]
        one = command(rows)
        answer = Answer(one, one.parse([]), for_program=True)
        self.assertEqual(list(answer.watch(rows)), [{"name": "a", "parts": [{"n": 1}]}, {"name": "c"}])
        self.assertEqual(answer.messages, ["the list is cut off"])
        self.assertEqual(len(list(answer.notes())), 1)

    def test_status(self):
        for rows, words, more, worked in (
            ([], [], {}, True),
            ([], ["a"], {}, False),
            ([], ["a"], {"may_be_empty": True}, True),
            ([{"error": FAULT}], [], {}, False),
            ([{"error": FAULT}, {"name": "a"}], [], {}, True),
            ([{"name": "a", "error": {**FAULT, "partial": True}}], [], {}, True),
        ):
            with self.subTest(rows=rows, words=words, **more):
                self.assertEqual(self.answer(rows, *words, **more)[0].worked, worked)

    def test_rows_come_one_by_one(self):
        asked = []

        def rows():
            for number in range(3):
                asked.append(number)
                yield {"name": number}

        answer = Answer(command([]), command([]).parse([]))
        watched = answer.watch(rows())
        next(watched)
        self.assertEqual(asked, [0])


class Status(unittest.TestCase):
    """Exit status 1 when nothing that was asked for could be answered, and a message that says so; usage errors."""

    NOTHING = (
        "ps 99999", "sym nosuch", "mount nosuch", "bt 99999", "files 99999", "vm 99999", "task 99999", "sig 99999", "net -s 99999", "set 99999",
        "struct nosuch", "union nosuch", "p nosuch", "whatis nosuch", "dis nosuch", "rd nosuch", "list nosuch", "tree nosuch", "vtop nosuch", "irq 99999",
        "kmem -s nosuch", "mod -s nosuch", "ipcs 99999", "bpf -p 99999", "waitq nosuch", "fuser nosuch", "help nosuch", "alias nosuch", "sys -c nosuch",
        "timer -C 999", "runq -c 999", "dev -v 1", "struct list_head ffffffff00000000", "gdb p nosuch", "eval nosuch", "ptov nosuch", "ptob nosuch",
        "btop nosuch", "pte nosuch", "foreach nosuch bt", "extend nosuch.py", "repeat nosuch", "sbitmapq nosuch", "search -k nosuch", "wr nosuch 1", "py nosuch",
        "log nosuch", "swap x", "mach z", "ascii x", "rustfilt", "blocked -t nosuch", "locks x", "sockets --state nosuch",
        "inflight -t nosuch", "fs nosuch", "workqueues x", "memory x", "cgroups nosuch", "rcu x",
        "report --section nosuch",
        "cache nosuch", "journal nosuch", "trace nosuch",
        "gcore 99999", "maps 99999", "cmdline 99999", "env 99999", "auxv 99999", "strings 99999", "fd 99999", "namespaces 99999", "devices nosuch",
        "keyrings x", "clocks x", "acpi x", "dmi x", "audit x", "kvm 1",
    )  # fmt: skip

    def test_every_command_is_here(self):
        self.assertEqual(set(commands.names()), {line.split()[0] for line in self.NOTHING})

    def test_nothing(self):
        session = Session(opened(vmcores()[0]))
        for line in self.NOTHING:
            with self.subTest(line):
                output, messages, worked = session.capture_apart(line)
                self.assertFalse(worked)
                self.assertTrue(messages, output)

    def test_unexpected_argument(self):
        session = Session(opened(vmcores()[0]))
        self.assertIn("swap: unexpected argument: x", session.capture("swap x")[0])

    def test_process(self):
        for line, status in (("ps 99999", 1), ("ps 1", 0), ("ps 1 99999", 0)):
            with self.subTest(line):
                for words in ([], ["--json"]):
                    result = subprocess.run([PYKD, "--isolated", *words, vmcores()[0], "-c", line], capture_output=True, check=False)
                    self.assertEqual(result.returncode, status)


class Scripts(unittest.TestCase):
    def test_rows(self):
        """``pykd.rows()``: of the session under way, and in a script that has none."""
        script = "import pykd\npykd.open({!r})\nprint([row['pid'] for row in pykd.rows('ps', '1')], len(list(pykd.rows('ps -G'))) > 1)\n"
        with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
            file.write(script.format(vmcores()[0]))
            file.flush()
            result = subprocess.run([PYKD, "--isolated", "--run", file.name], capture_output=True, text=True, check=False)
        self.assertEqual((result.stdout, result.stderr), ("[1] True\n", ""))
        result = subprocess.run(
            [PYKD, "--isolated", vmcores()[0], "-c", "py [row['pid'] for row in pykd.rows('ps', '1')]"], capture_output=True, text=True, check=False
        )
        self.assertEqual((result.stdout, result.stderr), ("[1]\n", ""))


if __name__ == "__main__":
    unittest.main()
