# SPDX-License-Identifier: GPL-2.0-or-later
"""The contract of --json: what commands and programs answer is what their schema says, and reads the same everywhere."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import shapes

import dumps
from dumps import PYKD, opened, vmcores
from pykd.core.rows import Address
from pykd.session import contract
from pykd.session.session import Session


class Mismatch(Exception):
    pass


def check(value, schema, root, path="$"):
    """Hold *value* against the part of JSON schema that the contract uses. :raises Mismatch:"""
    unknown = set(schema) - {
        "$ref", "$defs", "$schema", "$id", "title", "description", "format", "type", "const", "enum", "pattern", "minimum", "maximum", "anyOf",
        "required", "properties", "additionalProperties", "items",
    }  # fmt: skip
    if unknown:
        raise Mismatch(f"{path}: the checker does not know {unknown}")
    if "$ref" in schema:
        check(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, path)
    if "anyOf" in schema:
        said = []
        for one in schema["anyOf"]:
            try:
                check(value, one, root, path)
                break
            except Mismatch as error:
                said.append(str(error))
        else:
            raise Mismatch("; ".join(said))
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(is_of(value, type) for type in types):
            raise Mismatch(f"{path}: {value!r:.60} is no {types}")
    if "const" in schema and value != schema["const"]:
        raise Mismatch(f"{path}: {value!r} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        raise Mismatch(f"{path}: {value!r} is none of {schema['enum']}")
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        raise Mismatch(f"{path}: {value!r:.80} does not match {schema['pattern']}")
    if is_of(value, "number") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        raise Mismatch(f"{path}: {value} is out of range")
    if isinstance(value, dict):
        missing = set(schema.get("required", ())) - set(value)
        if missing:
            raise Mismatch(f"{path}: lacks {missing}")
        for key, one in value.items():
            inner = schema.get("properties", {}).get(key, schema.get("additionalProperties", {}))
            if inner is False:
                raise Mismatch(f"{path}: has {key}")
            check(one, inner, root, f"{path}.{key}")
    if isinstance(value, list):
        for index, one in enumerate(value):
            check(one, schema.get("items", {}), root, f"{path}[{index}]")


def is_of(value, type):
    if isinstance(value, bool):
        return type == "boolean"
    return isinstance(value, {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "boolean": bool, "null": type_of_none}[type])


type_of_none = type(None)


def inexact(value, path="$"):
    """Numbers that a double does not hold."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from inexact(one, f"{path}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from inexact(one, path + "[]")
    elif isinstance(value, int) and abs(value) >= 1 << 53:
        yield path, value


class Answers(unittest.TestCase):
    def setUp(self):
        self.enterContext(shapes.elsewhere())

    def test_each_is_as_its_schema_says(self):
        """Whatever the command could tell of the dump."""
        schemas = {}
        for path in vmcores() if os.environ.get("PYKD_TEST_ALL_DUMPS") else vmcores()[:1]:
            session = Session(opened(path), json=True)
            for line in dict.fromkeys(shapes.command_lines()):
                if any(sign in line for sign in "|><!") or line.split()[0] in ("repeat", "py", "wr", "search", "q"):
                    continue
                with self.subTest(dump=os.path.basename(path), line=line):
                    text = said(session, line)
                    for one in text.splitlines():
                        document = json.loads(one)
                        self.assertEqual([], list(inexact(document)))
                        words = document["command"].split()
                        name = words[0] if words[0] != "epython" else "epython dev" if words[1] == "dev" else words[1]
                        if name not in schemas:
                            schemas[name] = contract.schema_of(name)
                        if schemas[name] is None:
                            self.assertEqual("failed", document["error"]["reason"])  # there is no such command
                            continue
                        check(document, schemas[name], schemas[name])

    def test_all_have_shapes(self):
        """A command whose answers have no kinds would give addresses as numbers."""
        from pykd.session import command

        lacking = {name for name in command.names() if command.find(name).fields and name not in contract.shapes()}
        self.assertEqual(set(), lacking - {"foreach", "report"}, "run tools/shapes.py")


class Names(unittest.TestCase):
    """The same thing is called the same everywhere."""

    BITS = {"value", "key", "mode", "permissions", "mask", "data", "user_data"}
    """Masks that are no sets of flags: what eval was given, keys of IPC, modes of files, a clock source's width, what a program attached to an event"""

    def places(self, shape, key=""):
        yield key, shape
        for name, one in (shape.members or {}).items():
            yield from self.places(one, name)
        for one in (shape.others, shape.element):
            if one is not None:
                yield from self.places(one, key)

    def test_flags_are_lists(self):
        """And the word that they are in is beside them, as ``_bits``."""
        wrong = set()
        for command, shape in contract.shapes().items():
            for key, place in self.places(shape):
                if (key == "flags" or key.endswith("_flags")) and place.kinds and place.kinds != {"string"}:
                    wrong.add((command, key, *place.kinds))
                if "bits" in place.kinds and not key.endswith("_bits") and key not in self.BITS:
                    wrong.add((command, key, *place.kinds))
                if key.endswith("_bits") and place.kinds != {"bits"}:
                    wrong.add((command, key, *place.kinds))
        self.assertEqual(set(), wrong)

    def test_every_list_of_flags_is_one(self):
        for command, shape in contract.shapes().items():
            for key, place in self.places(shape):
                if place.members is not None and "flags" in place.members:
                    with self.subTest(command, within=key):
                        self.assertEqual((set(), {"string"}), (place.members["flags"].kinds, place.members["flags"].element.kinds))


def said(session, line):
    output = io.StringIO()
    saved, sys.stdout = sys.stdout, output
    try:
        session.run(line)
    finally:
        sys.stdout = saved
    return output.getvalue()


class Written(unittest.TestCase):
    def test_by_kind(self):
        shape = contract.parse("[x]\na address\nb bits\nc integer\nd date\ne string\nf verbatim\ng[].h address\ni{} address\nj any\n")["x"]
        row = {"a": 0, "b": 5, "c": 1 << 53, "d": 0, "e": " CHR ", "f": " x", "g": [{"h": 16}], "i": {"rax": (1 << 64) - 1}, "j": {"next": Address(0), "n": -5}}
        self.assertEqual(
            {
                "a": "0x0", "b": "0x5", "c": "9007199254740992", "d": "1970-01-01T00:00:00Z", "e": "CHR", "f": " x", "g": [{"h": "0x10"}],
                "i": {"rax": "0xffffffffffffffff"}, "j": {"next": "0x0", "n": -5},
            },
            contract.row(row, shape),
        )  # fmt: skip

    def test_negative_address(self):
        self.assertEqual("0xffffffffffffffff", contract.hexadecimal(-1))

    def test_no_date(self):
        shape = contract.parse("[x]\nd date\n")["x"]
        self.assertEqual({"d": None}, contract.row({"d": 1 << 62}, shape))

    def test_unknown_is_exact_too(self):
        self.assertEqual({"z": str(1 << 60)}, contract.row({"z": 1 << 60}, None))


MODULES = os.path.join(dumps.ROOT, "build", "lint", "node_modules")


class Readers(unittest.TestCase):
    """What is not ours: a validator, and those who read the documents."""

    LINES = ("ps", "bt -f", "vm 1", "sig 1", "fd 1", "struct task_struct.comm,stack init_task", "kmem -i", "taskinfo --summ", "rd -s linux_banner 4", "net", "nonsense", "rd 0")

    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.file = os.path.join(folder, "documents")
        words = [word for line in self.LINES for word in ("-c", line)]
        self.ours = subprocess.run([PYKD, "--json", vmcores()[0], *words], capture_output=True, check=False).stdout
        with open(self.file, "wb") as file:
            file.write(self.ours)
        self.documents = [json.loads(line) for line in self.ours.splitlines()]
        self.assertEqual(len(self.LINES), len(self.documents))
        self.folder = folder

    def run_on_them(self, *words):
        with open(self.file, "rb") as file:
            result = subprocess.run(words, stdin=file, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in result.stdout.splitlines()]

    @unittest.skipUnless(shutil.which("jq"), "jq is not here")
    def test_jq_reads_the_same(self):
        self.assertEqual(self.documents, self.run_on_them("jq", "-c", "."))

    @unittest.skipUnless(shutil.which("node") and os.path.isdir(os.path.join(MODULES, "ajv")), "ajv is not here (npm)")
    def test_node_reads_the_same_and_ajv_agrees(self):
        schemas = os.path.join(self.folder, "schemas")
        with open(schemas, "w", encoding="utf-8") as file:
            file.write(subprocess.run([PYKD, "--json-schema"], capture_output=True, text=True, check=True).stdout)
        validate = ("node", os.path.join(dumps.ROOT, "tests", "json", "validate.mjs"), MODULES, schemas)
        said = self.run_on_them(*validate)
        self.assertEqual(self.documents, [one["again"] for one in said])
        expected = [[] if line != "nonsense" else ["nonsense has no schema"] for line in self.LINES]
        self.assertEqual(expected, [one["errors"] for one in said])
        with open(self.file, "wb") as file:
            file.write(self.ours.replace(b'"pid": ', b'"pid": "x", "x": ', 1))
        self.assertTrue(self.run_on_them(*validate)[0]["errors"])


class CommandLine(unittest.TestCase):
    def run_pykd(self, *words):
        return subprocess.run([PYKD, *words], capture_output=True, text=True, check=False, cwd=dumps.ROOT)

    def test_schema_of_one_and_of_all(self):
        one = json.loads(self.run_pykd("--json-schema", "ps").stdout)
        self.assertEqual("pykd:ps:1", one["$id"])
        self.assertEqual("#/$defs/address", one["properties"]["rows"]["items"]["properties"]["task"]["anyOf"][0]["$ref"])
        everything = json.loads(self.run_pykd("--json-schema").stdout)
        from pykd.session import command, runtime

        self.assertEqual({*command.names(), *runtime.registered(), "epython dev"}, set(everything["commands"]))
        self.assertIn("text", everything["commands"]["taskinfo"]["required"])
        unknown = self.run_pykd("--json-schema", "nonsense")
        self.assertEqual((2, "pykd: no command nonsense\n"), (unknown.returncode, unknown.stderr))

    def test_lines(self):
        whole = json.loads(self.run_pykd("--json", vmcores()[0], "-c", "ps").stdout)
        lines = [json.loads(line) for line in self.run_pykd("--ndjson", vmcores()[0], "-c", "ps").stdout.splitlines()]
        self.assertEqual(whole["rows"], [line["row"] for line in lines[:-1]])
        self.assertEqual(len(whole["rows"]), lines[-1]["rows"])
        self.assertEqual(whole["dump"], lines[-1]["dump"])

    def test_errors_are_objects(self):
        for line, reason in (("ps -Q", "usage"), ("ps 99999", "failed"), ("rd 0", "untranslatable"), ("nonsense", "failed")):
            with self.subTest(line):
                document = json.loads(self.run_pykd("--json", vmcores()[0], "-c", line).stdout)
                self.assertEqual(reason, document["error"]["reason"])
                self.assertTrue(document["error"]["message"])


if __name__ == "__main__":
    unittest.main()
