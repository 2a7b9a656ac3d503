# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd mcp``: the protocol line by line, what tools answer, and the official client."""

import json
import os
import shutil
import subprocess
import unittest

from dumps import PYKD, ROOT, vmcores
from pykd.app.mcp import selection

MODULES = os.path.join(ROOT, "build", "lint", "node_modules")
SDK = os.path.join(MODULES, "@modelcontextprotocol", "sdk")
NAME = "vmcore"


def folder():
    return os.path.dirname(vmcores()[0])


def talk(*messages, options=()):
    """What the server answers to messages (dictionaries, or lines as they are)."""
    lines = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in messages)
    result = subprocess.run([PYKD, "mcp", *options, folder()], input=lines, capture_output=True, text=True, check=False, timeout=300)
    return [json.loads(line) for line in result.stdout.splitlines()]


def request(id, method, **params):
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


def call(id, name, **arguments):
    return request(id, "tools/call", name=name, arguments=arguments)


class Protocol(unittest.TestCase):
    def test_begin(self):
        for wanted, spoken in (("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25")):
            (reply,) = talk(request(1, "initialize", protocolVersion=wanted))
            self.assertEqual(spoken, reply["result"]["protocolVersion"])

    def test_what_is_no_request(self):
        quiet = '{"jsonrpc": "2.0", "method": "notifications/initialized"}'
        replies = talk("nonsense", "[]", "{}", '{"jsonrpc": "2.0", "id": 1}', request(2, "no/such"), quiet, request(3, "ping"))
        self.assertEqual([-32700, -32700, -32600, -32601], [reply["error"]["code"] for reply in replies[:-1]])
        self.assertEqual({"jsonrpc": "2.0", "id": 3, "result": {}}, replies[-1])

    def test_deep_nesting(self):
        replies = talk("[" * 100_000, request(1, "ping"))
        self.assertEqual({}, replies[-1]["result"])

    def test_cancelled_before_it_began(self):
        cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}
        replies = talk(call(1, "open_dump", path=NAME), call(2, "report"), cancel, request(3, "ping"))
        self.assertEqual([1, 3], [reply["id"] for reply in replies])


class Tools(unittest.TestCase):
    def answers(self, *calls, options=()):
        replies = talk(call(0, "open_dump", path=NAME), *(call(number, name, **arguments) for number, (name, arguments) in enumerate(calls, 1)), options=options)
        return [reply.get("result", reply) for reply in replies[1:]]

    def test_selections(self):
        some, counted, page, nested = self.answers(
            ("ps", {"where": ["pid > 1", "comm ~ KD-"], "fields": ["pid", "comm"], "limit": 2}),
            ("ps", {"count": "state"}),
            ("ps", {"limit": 3, "offset": 3, "fields": ["pid"]}),
            ("run_command", {"command": "foreach bt", "where": ["frames.function = schedule"], "fields": ["pid", "frames.function"], "limit": 1}),
        )
        rows = some["structuredContent"]["rows"]
        self.assertEqual([["pid", "comm"]] * 2, [list(row) for row in rows])
        self.assertTrue(all(row["pid"] > 1 and "kd-" in row["comm"].lower() for row in rows))
        self.assertEqual(2, some["structuredContent"]["next_offset"])
        counts = counted["structuredContent"]["counts"]
        self.assertEqual(counted["structuredContent"]["total"], sum(one["count"] for one in counts))
        self.assertEqual(6, page["structuredContent"]["next_offset"])
        (row,) = nested["structuredContent"]["rows"]
        self.assertIn({"function": "schedule"}, row["frames"])

    def test_same_as_text(self):
        (answer,) = self.answers(("sys", {}))
        self.assertEqual(answer["structuredContent"], json.loads(answer["content"][0]["text"]))

    def test_errors_teach(self):
        calls = {
            "did you mean": ("run_command", {"command": "pss"}),
            "pipes, files and the shell": ("run_command", {"command": "ps | id"}),
            "no condition": ("ps", {"where": ["pid"]}),
            "needs expression": ("evaluate", {}),
            "has no argument": ("ps", {"nonsense": 1}),
            "must be of type integer": ("ps", {"limit": "many"}),
            "Usage:": ("ps", {"arguments": "-Q"}),
            "no dump other is open": ("ps", {"dump": "other"}),
            "no finding": ("finding", {"key": "ZZ"}),
            "none of the files": ("open_dump", {"path": "/etc/passwd"}),
        }
        for said, answer in zip(calls, self.answers(*calls.values()), strict=True):
            with self.subTest(said):
                self.assertTrue(answer["isError"])
                self.assertIn(said, answer["content"][0]["text"])

    def test_nothing_is_run_or_written(self):
        for line in ("!id", "ps > /tmp/x", "py 1", "< /etc/passwd", "repeat ps", "extend x", "ps\n!id", "epython /etc/passwd", "alias x !id", "wr jiffies 1"):
            with self.subTest(line):
                (answer,) = self.answers(("run_command", {"command": line}))
                self.assertTrue(answer["isError"], answer)

    def test_python_only_if_asked_for(self):
        (refused,) = self.answers(("python", {"code": "1 + 1"}))
        self.assertEqual(-32602, refused["error"]["code"])
        (allowed,) = self.answers(("python", {"code": "6 * 7"}), options=("--allow-python",))
        self.assertIn("42", allowed["structuredContent"]["output"])

    def test_other_tools(self):
        log, memory, struct, value, page, found, report = self.answers(
            ("search_log", {"text": "linux VERSION", "limit": 1}),
            ("read_memory", {"address": "linux_banner", "length": 5}),
            ("read_struct", {"type": "struct task_struct", "address": "init_task", "members": ["comm"]}),
            ("evaluate", {"expression": "init_task.pid + 1"}),
            ("help", {"topic": "bt"}),
            ("identify", {}),
            ("report", {}),
        )
        self.assertIn("Linux version", log["structuredContent"]["rows"][0]["text"])
        self.assertEqual(b"Linux".hex(), memory["structuredContent"]["rows"][0]["data"])
        self.assertEqual({"comm": "swapper/0"}, struct["structuredContent"]["rows"][0]["value"])
        self.assertEqual(1, value["structuredContent"]["rows"][0]["value"])
        self.assertIn("stack", page["structuredContent"]["page"])
        self.assertIn("panic", found["structuredContent"]["dumps"][0] | {"panic": 1})
        self.assertIn("verdict", report["structuredContent"])


class Conditions(unittest.TestCase):
    def test_orders(self):
        row = {"pid": 5, "task": "0xffff888000000000", "comm": "10", "f": [{"n": 1}, {"n": 3}], "x": None, "big": "9007199254740993"}
        for text, holds in (
            ("pid = 5", True), ("pid=0x5", True), ("pid != 5", False), ("pid >= 6", False), ("task = 0xFFFF888000000000", True), ("task > 0xffff", True),
            ("comm = 10", True), ("comm < 9", False), ("f.n = 3", True), ("f.n != 3", False), ("f.n > 2", True), ("x = null", True), ("no = 1", False),
            ("big > 9007199254740992", True), ("comm ~ 1", True), ("pid < abc", False),
        ):  # fmt: skip
            with self.subTest(text):
                self.assertEqual(holds, selection.Condition(text).holds(row))

    def test_large_rows_are_paged(self):
        chosen = selection.Selection({"limit": 100}).of(({"text": "x" * 1000} for _ in range(100)), lambda looked: None)
        self.assertLess(len(chosen["rows"]), 60)
        self.assertEqual(len(chosen["rows"]), chosen["next_offset"])


@unittest.skipUnless(shutil.which("node") and os.path.isdir(SDK), "the SDK of MCP is not here (npm)")
class OfficialClient(unittest.TestCase):
    """The client checks what it is told against the protocol, and answers against the tools' schemas."""

    def said(self, *steps, options=()):
        words = ["node", os.path.join(ROOT, "tests", "mcp", "client.mjs"), MODULES, PYKD, "mcp", *options, folder()]
        result = subprocess.run(words, input="".join(json.dumps(step) + "\n" for step in steps), capture_output=True, text=True, check=False, timeout=300)
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(len(steps), len(answers), result.stderr)
        return answers

    def test_all_of_it(self):
        listed, opened, *answers, log, page, prompt, wrong, gone, after = self.said(
            {"list": True},
            {"call": "open_dump", "with": {"path": NAME}},
            *({"call": name, "with": {}} for name in ("sys", "ps", "bt", "log", "blocked", "locks", "mount", "net", "sockets", "kmem", "report", "list_dumps")),
            {"read": f"pykd://dump/{NAME}/log"},
            {"read": "pykd://help/bt"},
            {"prompt": "triage"},
            {"read": "pykd://no/such"},
            {"call": "run_command", "with": {"command": "foreach bt -f"}, "cancel": 1},
            {"call": "ps", "with": {"limit": 1}},
        )
        self.assertEqual("pykd", listed["server"]["name"])
        self.assertLessEqual({"report", "run_command", "ps"}, {tool["name"] for tool in listed["tools"]})
        self.assertTrue(next(tool for tool in listed["tools"] if tool["name"] == "ps")["outputSchema"]["properties"]["rows"])
        self.assertFalse(opened["isError"])
        for answer in answers:
            self.assertNotIn("failed", answer)
        self.assertIn("Linux version", log["contents"][0]["text"])
        self.assertIn("NAME", page["contents"][0]["text"])
        self.assertIn("report", prompt["messages"][0]["content"]["text"])
        self.assertEqual(-32002, wrong["code"])
        self.assertIn("enough", gone["failed"])
        self.assertEqual(1, len(after["structuredContent"]["rows"]))

    def test_triage_without_a_model(self):
        """Rows alone, by 14 calls for each dump, say what the report says."""
        paths = vmcores()
        words = ["node", os.path.join(ROOT, "tests", "mcp", "triage.mjs"), MODULES, PYKD, *paths]
        result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([14] * len(paths), [answer["calls"] for answer in answers], result.stderr)
        for path, answer in zip(paths, answers, strict=True):
            with self.subTest(path):
                self.assertEqual(answer["reported"], answer["concluded"])

    def test_every_command_is_a_tool(self):
        (listed,) = self.said({"list": True}, options=("--all-commands",))
        self.assertLessEqual({"crashinfo", "xportshow", "vtop", "struct"}, {tool["name"] for tool in listed["tools"]})


if __name__ == "__main__":
    unittest.main()
