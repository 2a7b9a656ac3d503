# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects show themselves, help says what they are, Tab knows their members, and errors name what was meant."""

import os
import subprocess
import tempfile
import unittest

import __main__
import dumps
import pykd
from altered import Altered
from pykd import kernel
from pykd.core import near
from pykd.session import pyhelp
from pykd.session.session import Session
from pykd.terminal import pycomplete
from pykd.terminal.names import Names
from pykd.values import known, show

DUMP = dumps.opened(dumps.SAMPLE)
SESSION = Session(DUMP)
TASK = pykd.tasks.find(1, DUMP)


def shown(*words):
    """What pykd prints of the sample, and its errors."""
    result = subprocess.run([dumps.PYKD, dumps.SAMPLE, *words], capture_output=True, text=True, check=False)
    return result.stdout, result.stderr


class Shown(unittest.TestCase):
    def test_struct(self):
        text = str(TASK.mm)
        self.assertEqual(text, f"{TASK.mm}")
        lines = text.split("\n")
        self.assertEqual(lines[0], f"*(struct mm_struct *){int(TASK.mm):#x} = {{")
        self.assertIn(f"    total_vm = {TASK.mm.total_vm},", lines)
        self.assertEqual(lines[-1], "}")
        self.assertLess(max(map(len, lines)), 200)

    def test_short_within_others(self):
        self.assertEqual(repr([TASK.mm]), f"[<struct mm_struct {int(TASK.mm):#x}>]")

    def test_list_head(self):
        entries, _ = DUMP.follow(TASK.tasks.next, stop=int(TASK.tasks))
        self.assertIn(f"/* {len(entries)} entries: {int(entries[0]):#x}, ", str(TASK.tasks))

    def test_pointer(self):
        table = TASK.files.fdt.fd
        self.assertEqual(str(table), f"(struct file **){int(table):#x} = {int(table[0]):#x}")

    def test_trees_and_chains(self):
        root = DUMP.variable("vmap_area_root")
        areas = list(kernel.rbtree_for_each_entry(root, "struct vmap_area", "rb_node"))
        self.assertIn(f"/* {len(areas)} entries: {int(areas[0].rb_node):#x}, ", str(root))
        self.assertEqual(str(TASK.signal.rlim[0]).count("/*"), 0)

    def test_text_ends_where_it_ends(self):
        self.assertIn('    sysname = "Linux",', str(DUMP.variable("init_uts_ns").name).split("\n"))

    def test_arrays_without_a_length(self):
        banner = DUMP.variable("linux_banner")
        self.assertRegex(str(banner), r'^\(const char \[\]\)0x\w+ = "Linux version 5\.10')
        offsets = DUMP.variable("__per_cpu_offset")
        self.assertTrue(str(offsets).startswith(f"(unsigned long []){int(offsets):#x} = {{{offsets[0]}, {offsets[1]}, "), str(offsets))

    def test_function(self):
        function = TASK.sched_class.enqueue_task
        self.assertEqual(str(function), f"(void (*)(struct rq *, struct task_struct *, int)){int(function):#x} <enqueue_task_fair>")
        self.assertEqual(function, DUMP.address_of("enqueue_task_fair"))
        self.assertIn(f"{int(function):x}", f"{function:x}")

    def test_per_cpu(self):
        self.assertIn("<one for each CPU: per_cpu('runqueues', CPU)>", str(DUMP.variable("runqueues")))

    def test_options(self):
        text = pykd.describe(TASK.mm, only=("total_vm", "pgd"), hexadecimal=True).split("\n")
        self.assertEqual(text[1], f"    total_vm = {TASK.mm.total_vm:#x},")
        self.assertTrue(text[2].startswith("    pgd = 0x"), text)
        self.assertEqual(len(text), 4)
        self.assertIn("    root = {...},", pykd.describe(TASK.fs, depth=0).split("\n"))
        self.assertLess(max(map(len, pykd.describe(TASK, width=20).split("\n")[1:])), 80)
        with self.assertRaises(pykd.MemberError):
            pykd.describe(TASK, only=("cmm",))

    def test_enum(self):
        self.assertEqual(show.displayed(DUMP.object("enum pid_type", DUMP.address_of("_stext"))), str(DUMP.object("enum pid_type", DUMP.address_of("_stext"))))

    def test_list_of_structs(self):
        limits = TASK.signal.rlim
        lines = show.displayed(limits).split("\n")
        self.assertEqual(len(lines), len(limits))
        self.assertEqual(lines[0], f"[{limits[0]!r} {{rlim_cur = {limits[0].rlim_cur}, rlim_max = {limits[0].rlim_max}}},")
        self.assertEqual(show.displayed([TASK]), f"[{TASK!r}]", "large ones are named alone")

    def test_long_list(self):
        text = show.displayed(list(range(1000)))
        self.assertTrue(text.endswith("98, 99, ...]  # 100 of 1000"), text)

    def test_missing_page(self):
        """A struct half of which is not there shows the other half."""
        altered = Altered(dumps.SAMPLE)
        comm = DUMP.type("struct task_struct").offset_of("comm")
        altered.exclude(DUMP.translate(int(TASK) + comm) // dumps.PAGE)
        lines = str(altered.open(self).object("struct task_struct", int(TASK))).split("\n")
        self.assertIn(f"    comm = <excluded {int(TASK) + comm:#x}>,", lines)
        self.assertIn(f"    prio = {TASK.prio},", lines)

    def test_nothing_there(self):
        self.assertEqual(str(DUMP.object("struct file", 0)), "(struct file *)0x0")
        self.assertEqual(str(DUMP.object("struct file", 4096)), "*(struct file *)0x1000  <untranslatable>")
        self.assertIn("untranslatable", str(DUMP.object("struct file", (1 << 64) - 8)))

    def test_class_is_the_kernels(self):
        self.assertEqual(repr(type(TASK)), "<class 'struct task_struct'>")
        values = [TASK, TASK.stack, TASK.comm, TASK.sched_class.enqueue_task, DUMP.variable("system_state"), DUMP.variable("linux_banner")]
        values.append(next(kernel.for_each_slab_cache()).name)
        self.assertEqual(
            [type(value).__name__ for value in values],
            ["struct task_struct", "void *", "char []", "void (*)(struct rq *, struct task_struct *, int)", "enum system_states", "const char []", "char *"],
        )

    def test_dir(self):
        self.assertIn("comm", dir(TASK))
        self.assertIn("pgd", dir(TASK.mm), "a member of a struct without a name")

    def test_notebook(self):
        self.assertTrue(TASK.mm._repr_html_().startswith("<pre>*(struct mm_struct *)0x"))

    def test_program_of_pykdump(self):
        with tempfile.TemporaryDirectory() as folder:
            for lines, expected in (("import crash\n", "<struct mm_struct 0x"), ("", "*(struct mm_struct *)0x")):
                path = os.path.join(folder, "prog.py")
                with open(path, "w") as file:
                    file.write(f"{lines}import pykd\nprint(pykd.tasks.find(1).mm)\n")
                self.assertTrue(shown(path)[0].startswith(expected))

    def test_py(self):
        self.assertTrue(shown("-c", "py pykd.tasks.find(1).mm")[0].startswith("*(struct mm_struct *)0x"))


class HelpText(unittest.TestCase):
    def test_of_an_object(self):
        text = "\n".join(pyhelp.lines(TASK))
        self.assertRegex(text, r"An object of type struct task_struct at 0x\w+")
        self.assertRegex(text, r"\[\d+\] char comm\[16\];")

    def test_of_a_method(self):
        self.assertTrue("\n".join(pyhelp.lines(DUMP.read)).startswith("read(self, address: int, size: int"))

    def test_of_the_module(self):
        self.assertIn("help(pykd.NAME) says more.", list(pyhelp.lines(pykd)))

    def test_question_mark_at_the_prompt(self):
        """Of a command, of a helper that nobody has imported, of a value."""
        answers, errors = shown("-c", "ps?", "-c", "d_path?", "-c", "dump.variable('init_task').fs?")
        for expected in ("COMMAND", "Path of a `struct path`", "struct fs_struct {"):
            self.assertIn(expected, answers, errors)

    def test_question_mark(self):
        self.assertIn("struct mm_struct {", shown("-c", "py pykd.tasks.find(1).mm?")[0])

    def test_without_a_dump(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "prog.py")
            with open(path, "w") as file:
                file.write("import pykd\nhelp(pykd.Dump.read)\n")
            result = subprocess.run([dumps.PYKD, "--run", path], capture_output=True, text=True, check=False)
        self.assertIn("Read *size* bytes", result.stdout, result.stderr)


class Tab(unittest.TestCase):
    def setUp(self):
        vars(__main__).update(pykd=pykd, dump=DUMP, task=TASK)
        self.names = Names(SESSION)

    def found(self, text):
        return pycomplete.completions(text, self.names)[1]

    def test_members(self):
        for text, expected in (
            ("task.mm.pg", "task.mm.pgd"),
            ("x = task.tasks.ne", "task.tasks.next"),
            ("print(task.files.fdt.fd[0].f_pa", "task.files.fdt.fd[0].f_path"),
            ("pykd.tasks.find(1).mm.pg", "pykd.tasks.find(1).mm.pgd"),
            ("dump.variable('init_task').real_par", "dump.variable('init_task').real_parent"),
        ):
            with self.subTest(text):
                self.assertIn(expected, self.found(text))

    def test_members_come_first(self):
        """What every int has too is offered to those who begin to type it."""
        self.assertEqual(self.found("task.fs."), sorted(f"task.fs.{member.name}" for member in DUMP.type("struct fs_struct").members()))
        self.assertIn("task.fs.castTo(", self.found("task.fs.cas"))

    def test_arguments(self):
        for text, expected in (
            ("dump.variable('init_ta", "init_task"),
            ("dump.object('struct task_str", "struct task_struct"),
            ("dump.object(address=1, type='struct task_str", "struct task_struct"),
            ("for_each_pro", "for_each_process("),
            ("find_task(1).fs.ro", "find_task(1).fs.root"),
            ("dump.read(0, si", "size="),
            ("pykd.kernel.irq_count(", "cpu="),
            ("dump.enumerator('PIDTYPE_TG", "PIDTYPE_TGID"),
            ("pykd.rows('p", "ps"),
        ):
            with self.subTest(text):
                self.assertIn(expected, self.found(text))

    def test_other_calls_are_not_made(self):
        vars(__main__)["called"] = lambda: self.fail("called")
        self.assertEqual(self.found("called().x"), [])
        self.assertEqual(self.found("pykd.open('nosuch').x"), [])


class Meant(unittest.TestCase):
    def test_near(self):
        names = ["task_struct", "mm_struct", "taskstats", "tas"]
        self.assertEqual(near.near("task_strct", names), ["task_struct"])
        self.assertEqual(near.near("tsak_struct", names), ["task_struct"])
        self.assertEqual(near.near("xyz", names), [])
        self.assertEqual(near.near("x" * 1000, names), [])
        self.assertEqual(near.sentence(["a", "b", "c"]), "; did you mean `a`, `b` or `c`?")

    def test_of_the_dump(self):
        self.assertEqual(known.symbols(DUMP, "init_tsk")[0], "init_task")
        self.assertEqual(known.types(DUMP, "struct task_strct")[0], "struct task_struct")
        self.assertEqual(known.types(DUMP, "struct spinlock_t")[0], "spinlock_t")
        self.assertEqual(known.enumerators(DUMP, "PIDTYPE_TGIX")[0], "PIDTYPE_TGID")

    def test_commands(self):
        lines = {
            "struct task_strct": "struct: .* `task_struct`",
            "struct task_struct.com": "struct: .* `task_struct.comm`",
            "struct task_struct.thread_info.flag": "struct: .* `task_struct.thread_info.flags`",
            "p init_tsk": "p: .* `init_task`",
            "p init_task.cmm": "p: .* `comm`",
            "whatis task_strct": "whatis: .* `task_struct`",
            "set scrol": "set: .* `scroll`",
            "pss": "pykd: command not found: pss; .* `ps`",
            "help struc": "help: .* `struct`",
            "py dump.variable('init_tsk')": "py: .* `init_task`",
            "py dump.variable('init_task').cmm": "py: .* `comm`",
            "py dump.type('struct task_strct')": "py: .* `struct task_struct`",
            "py dump.enumerator('PIDTYPE_TGIX')": "py: .* `PIDTYPE_TGID`",
            "py current()": "py: NameError: .*; it is pykd.current",
            "py find_tsk(1)": "py: NameError: .* `pykd.kernel.find_task`",
            "py from pykd.kernel import d_pth": "py: ImportError: .* `d_path`",
            "ps --jsno": "ps: .* `--json`",
            "set scroll of": "set: .* it is on or off",
            "help -k sokcet": "help: .* `sockets`",
            "help pyth": "help: .* `python`",
            "mod -s vritio": "mod: .* `virtio`",
            "kmem -s dentri": "kmem: .* `dentry`",
            "list task_struct.taks -h init_task": "list: .* `task_struct.tasks`",
            "struct task_struct.signl.flgs": "struct: .* `task_struct.signal`",
            "py pykd.rows('pss')": "py: .* `ps`",
            "py pykd.opn('x')": "py: .* 'open'",
            "py import pykd.kernel.nett": "py: .* `pykd.kernel.net`",
            "py import LinuxDump.Taks": "py: .* `LinuxDump.Tasks`",
            "py pykd.tasks.fnd(1)": "(py: )?AttributeError: .* Did you mean: 'find'",
        }
        errors = shown(*(word for line in lines for word in ("-c", line)))[1]
        for line, expected in lines.items():
            with self.subTest(line):
                self.assertRegex(errors, f"(?m)^{expected}")

    def test_helpers_are_at_hand_at_the_prompt(self):
        """Without an import, in functions too, and where nothing else has the name; a program is told what to import."""
        answers, errors = shown(
            "-c", "py find_task(1).comm", "-c", "py print([(lambda: task_state_to_char(t))() for t in for_each_process()][0])",
            "-c", "py mounts = 5", "-c", "py mounts", "-c", "py [1].cmdline if 0 else 'cmdline' in globals()",
        )  # fmt: skip
        self.assertEqual((answers.split("\n"), errors), (["'init'", "IN", "5", "False", ""], ""))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "prog.py")
            with open(path, "w") as file:
                file.write("print(dump.file != '')\nfind_task(1)\n")
            answers, errors = shown(path)
        self.assertEqual(answers, "True\n")
        self.assertRegex(errors, r"NameError: name 'find_task' is not defined\nit is a helper: from pykd.kernel import find_task")

    def test_programs_get_the_message_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "prog.py")
            with open(path, "w") as file:
                file.write("import crash\nprint(crash.exec_crash_command('struct task_strct'))\n")
            self.assertNotIn("did you mean", "".join(shown(path)))

    def test_wrong_arguments(self):
        with self.assertRaisesRegex(TypeError, r"object\(\) takes the type first, then the address"):
            DUMP.object(int(TASK), "struct task_struct")
        with self.assertRaisesRegex(TypeError, "a number or an object with an address is expected, not str 'x'"):
            DUMP.read("x", 4)
        with self.assertRaisesRegex(TypeError, "Struct.. takes the name of a type and an address"):
            pykd.Struct(int(TASK), "struct task_struct")

    def test_what_was_looked_for(self):
        with self.assertRaises(pykd.NotFoundError) as caught:
            DUMP.symbol("nosuch")
        self.assertEqual((caught.exception.kind, caught.exception.name), ("symbol", "nosuch"))


if __name__ == "__main__":
    unittest.main()
