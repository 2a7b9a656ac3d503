# SPDX-License-Identifier: GPL-2.0-or-later
"""C expressions: values and types of random ones as gcc has them, and what is the dump's."""

import os
import random
import shutil
import subprocess
import tempfile
import unittest

from dumps import opened, vmcores
from pykd.core.errors import CommandError
from pykd.session.session import Session
from pykd.values.cformat import Formatter
from pykd.values.expression import evaluate

COUNT = int(os.environ.get("PYKD_TEST_EXPRESSIONS", "1500"))
TYPES = ["int", "unsigned int", "long", "unsigned long", "long long", "unsigned long long", "float", "double"]
CASTS = [*TYPES[:6], "char", "signed char", "unsigned char", "short", "unsigned short", "_Bool"]
PROGRAM = """\
#include <stdio.h>
#define KIND(x) _Generic((x), int: 0, unsigned: 1, long: 2, unsigned long: 3, long long: 4, unsigned long long: 5, float: 6, double: 7, \\
    char: 8, signed char: 9, unsigned char: 10, short: 11, unsigned short: 12, _Bool: 13, default: 14)
#define SHOW(x) do { __auto_type v = (x); int k = KIND(v); \\
    if (k == 6 || k == 7) printf("%d %a\\n", k, (double)v); \\
    else printf("%d %llu\\n", k, (unsigned long long)v); } while (0)
int main(void)
{
"""
KINDS = [*TYPES, "char", "signed char", "unsigned char", "short", "unsigned short", "_Bool"]


SPELLED = {
    "long unsigned int": "unsigned long", "long int": "long", "long long int": "long long", "long long unsigned int": "unsigned long long", "bool": "_Bool",
    "short int": "short", "short unsigned int": "unsigned short",
}  # fmt: skip
"""Names that compilers give types, as people write them."""


class Made:
    """Random expressions that C gives one meaning, with ``-fwrapv``."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def integer(self):
        pick = self.random.random()
        if pick < 0.2:
            return self.random.choice(["'a'", "'\\x41'", "'\\0'", "'\\377'", "'\\n'", "'\\''"])
        if pick < 0.6:
            number = self.random.choice([0, 1, 2, 5, 127, 255, 65535, self.random.randrange(1 << 16)])
        else:
            number = self.random.choice([(1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, self.random.randrange(1 << 63)])
        suffix = self.random.choice(["", "", "", "u", "U", "l", "L", "UL", "ul", "LU", "LL", "ull", "LLu"])
        if self.random.random() < 0.4:
            number = self.random.choice([number, (1 << 64) - 1, 1 << 63])
            return f"{self.random.choice(['0x%x', '0X%X', '0%o'])}" % number + suffix
        return f"{number}{suffix}"

    def real(self):
        return self.random.choice(["1.5", "0.1f", "2.", ".25", "1e3", "3.0F", "1e-3", "0x1.8p3", "100.0"])

    def any(self, depth):
        if depth <= 0:
            return self.real() if self.random.random() < 0.15 else self.integer()
        pick = self.random.randrange(13)
        if pick < 4:
            return f"({self.any(depth - 1)}) {self.random.choice(['+', '-', '*', '<', '>', '<=', '>=', '==', '!=', '&&', '||'])} ({self.any(depth - 1)})"
        if pick == 12:  # what binds how
            words = [self.integer()]
            for _ in range(self.random.randrange(1, 6)):
                words += [self.random.choice("+ - * & | ^ < > <= >= == != && ||".split()), self.integer()]
            return " ".join(words)
        if pick < 6:
            return f"{self.whole(depth - 1)} {self.random.choice(['&', '|', '^'])} {self.whole(depth - 1)}"
        if pick == 6:
            return f"{self.whole(depth - 1)} {self.random.choice(['/', '%'])} {self.random.choice(['3', '7u', '10L', '255UL', '2'])}"
        if pick == 7:
            return f"{self.whole(depth - 1)} {self.random.choice(['<<', '>>'])} {self.random.randrange(31)}"
        if pick == 8:
            return f"({self.any(depth - 1)}) ? ({self.any(depth - 1)}) : ({self.any(depth - 1)})"
        if pick == 9:
            return f"sizeof({self.any(depth - 1)})"
        if pick == 10:
            return f"{self.random.choice(['!', '- ', '+ '])}({self.any(depth - 1)})"
        return f"({self.any(depth - 1)})"

    def whole(self, depth):
        """One of an integer's type."""
        if depth <= 0:
            return self.integer()
        pick = self.random.randrange(5)
        if pick == 0:
            return f"({self.random.choice(CASTS)})({self.whole(depth - 1)})"
        if pick == 1:
            return f"~({self.whole(depth - 1)})"
        if pick == 2:
            return f"(({self.any(depth - 1)}) {self.random.choice(['<', '==', '>='])} ({self.any(depth - 1)}))"
        return f"({self.whole(depth - 1)} {self.random.choice(['+', '-', '*', '&', '|', '^'])} {self.whole(depth - 1)})"


@unittest.skipUnless(shutil.which("gcc"), "no gcc here")
class AsGcc(unittest.TestCase):
    def test_values_and_types(self):
        made = Made(COUNT)
        expressions = []
        while len(expressions) < COUNT:
            one = made.any(made.random.randrange(1, 5))
            expressions.append(one)
        dump = opened(vmcores()[0])
        for start in range(0, COUNT, 5000):
            part = expressions[start : start + 5000]
            for expression, (kind, value) in zip(part, self.by_gcc(part), strict=True):
                if kind == 14:
                    continue  # wider than 64 bits: a constant that C has no type for
                found = evaluate(dump, expression)
                type = found.type.strip()
                if type.kind == "float":
                    number = float(found.number).hex()
                    self.assertEqual((KINDS[kind], float.fromhex(value).hex()), (str(found.type), number), expression)
                else:
                    self.assertEqual(int(value), found.integer() & (1 << 64) - 1, expression)
                    self.assertEqual(KINDS[kind], SPELLED.get(type.name, type.name), expression)

    def by_gcc(self, expressions):
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "x.c")
            with open(source, "w", encoding="utf-8") as file:
                file.write(PROGRAM + "".join(f"SHOW({one});\n" for one in expressions) + "return 0;\n}\n")
            subprocess.run(["gcc", "-std=gnu17", "-w", "-fwrapv", "-O0", "-o", source[:-2], source], check=True, capture_output=True)
            output = subprocess.run([source[:-2]], check=True, capture_output=True, text=True).stdout
        for line in output.splitlines():
            kind, value = line.split()
            yield int(kind), value


class OfADump(unittest.TestCase):
    def setUp(self):
        self.dump = opened(vmcores()[0])
        self.session = Session(self.dump)

    def shown(self, expression):
        return evaluate(self.dump, expression).text(Formatter(self.dump))

    def test_a_symbol_without_a_type(self):
        name = next(name for name in ("mount_lock", "rename_lock", "tasklist_lock") if self.untyped(name))
        address = self.dump.symbol(name).address
        self.assertEqual(evaluate(self.dump, f"(int){name}").integer(), int.from_bytes(self.dump.read(address, 4), "little", signed=True))
        self.assertEqual(evaluate(self.dump, f"*(unsigned char *)&{name}").integer(), self.dump.read(address, 1)[0])
        self.assertRegex(self.shown(f"&{name}"), rf"^\(<data variable, no debug info> \*\) {address:#x}")
        for wrong in (name, f"{name} + 1", f"sizeof({name})", f"{name}.x", f"{name}@2"):
            with self.subTest(wrong), self.assertRaisesRegex(CommandError, "has unknown type; cast it"):
                self.shown(wrong)

    def untyped(self, name):
        try:
            self.dump.symbol_type(name)
        except Exception:
            return bool(self.dump.address_of(name, default=0))
        return False

    def test_what_is_not_reached_is_not_read(self):
        for expression, value in (("0 && *(int *)1", 0), ("1 || *(int *)1", 1), ("1 ? 2 : *(int *)1", 2), ("sizeof(*(int *)1 + 1)", 4), ("0 && 1 / 0", 0)):
            self.assertEqual(value, evaluate(self.dump, expression).integer(), expression)

    def test_per_cpu_forms(self):
        first = self.session.capture("p runqueues:0")[0]
        self.assertIn("nr_running", first)
        address = evaluate(self.dump, "&per_cpu(runqueues, 0)").integer()
        for same in ("cpu_rq(0)", "&runqueues:0", "&runqueues:0x0UL", "&(runqueues:0)"):
            self.assertEqual(address, evaluate(self.dump, same).integer(), same)
        self.assertEqual(evaluate(self.dump, "cpu_rq(0)->cpu").integer(), 0)
        self.assertEqual(2, evaluate(self.dump, "1 ? 2 : 0").integer())
        with self.assertRaisesRegex(CommandError, "no CPU 4711"):
            evaluate(self.dump, "cpu_rq(4711)")

    def test_said_of_what_is_wrong(self):
        for expression, said in (
            ("x = 5", "nothing can be assigned"), ("init_task.pid++", "nothing can be assigned"), ("18446744073709551616", "too large"),
            ("08", "invalid number"), ("runqueues:08", "invalid number"), ("cpu_rq(1e400)", "no integer"),
            ("*1e400", "no integer"), ("(struct list_head)1e400", "no integer"), ("{int} 1e400", "no integer"), ("1@1e400", "no integer"),
            ("1 / 0", "division by zero"), ("1.5 % 2", "for integers"), ("~1.0", "for integers"), ("panic(1)", "no function can be called"),
            ("'ab'", "invalid expression"), ("1 +", "ends too soon"), ("5x", "invalid number"), ("panic::x", "debug information"), ("1 << -1", "less than 0"),
            ("&5", "only an object in memory"), ("*init_task", "points to nothing"), ("(" * 300 + "1" + ")" * 300, "nested too deeply"),
        ):  # fmt: skip
            with self.subTest(expression), self.assertRaisesRegex(CommandError, said):
                evaluate(self.dump, expression)

    def test_gdb_forms(self):
        self.assertEqual(self.shown("{struct list_head} &init_task.tasks"), self.shown("init_task.tasks"))
        self.assertEqual("2", self.shown("1, 2"))
        self.assertEqual("-56 '\\310'", self.shown("(char)200"))
        self.assertEqual("true", self.shown("(bool)256"))
        self.assertEqual("2.5", self.shown("5/2.0"))
        self.assertEqual(self.shown("init_task.pid"), self.shown("::init_task.pid"))

    def test_options_behind_and_minus_before(self):
        said = [self.session.capture(line)[0] for line in ("p -x 255", "p 255 -x", "p -5/2", "p - 5", "p -x -1")]
        self.assertEqual(["0xff", "0xff", "-2", "-5", "0xffffffff"], [line.split(" = ")[1].strip() for line in said])

    def test_calculator(self):
        """A symbol is its address there, with or without a type, and integers have 64 bits."""
        for name in ("__per_cpu_offset", "init_task", "jiffies"):
            address = self.dump.address_of(name)
            self.assertIn(f"hexadecimal: {address + 8:x} ", self.session.capture(f"eval {name} + 8")[0])
        self.assertIn("hexadecimal: 10000000000 ", self.session.capture("eval 1 << 40")[0])


if __name__ == "__main__":
    unittest.main()
