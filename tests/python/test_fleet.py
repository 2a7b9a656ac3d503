# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd batch`` and ``pykd group``: a record of each dump whatever it does, gone on with after an end; and what ``--redact`` takes out."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from dumps import PYKD, ROOT, opened, vmcores
from pykd.app.fleet import group, pool
from pykd.kernel import sysinfo, uts
from pykd.session import redaction


def pykd(*words, **settings):
    return subprocess.run([PYKD, *words], capture_output=True, text=True, check=False, timeout=300, **settings)


def records(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.out = os.path.join(self.folder, "out.ndjson")
        self.dumps = os.path.join(self.folder, "dumps")
        os.mkdir(self.dumps)

    def copy(self, name, length=None):
        path = os.path.join(self.dumps, name)
        shutil.copy(vmcores()[0], path)
        if length is not None:
            os.truncate(path, length)
        return path


class Batch(Folder):
    def test_a_record_of_each(self):
        whole, cut = self.copy("whole"), self.copy("cut", 5000)
        with open(os.path.join(self.dumps, "notes.txt"), "w", encoding="utf-8") as file:
            file.write("no dump\n")
        result = pykd("batch", "-o", self.out, "--jobs", "2", self.dumps)
        self.assertEqual((1, ""), (result.returncode, result.stderr))
        by_path = {row["path"]: row for row in records(self.out)}
        self.assertEqual({whole, cut}, set(by_path))
        row = by_path[whole]
        self.assertRegex(row["signature"]["hash"], "^[0-9a-f]{16}$")
        self.assertEqual(sysinfo.field(opened(vmcores()[0]), "NODENAME"), row["node"])
        self.assertTrue(row["findings"])
        self.assertEqual(os.path.getsize(whole), row["file"]["size"])
        self.assertIn("error", by_path[cut])

    def test_named_files_are_told_of(self):
        path = os.path.join(self.folder, "notes.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write("no dump\n")
        result = pykd("batch", path, os.path.join(self.folder, "gone"))
        self.assertEqual(["failed", "format"], sorted(json.loads(line)["error"]["reason"] for line in result.stdout.splitlines()))

    def test_goes_on(self):
        """What has a record is not done again; a record that was cut off when it was written is, and so is a file that has changed."""
        paths = [self.copy(f"dump{number}") for number in range(3)]
        paths[1] = self.copy("bell\x07")
        self.assertEqual(0, pykd("batch", "-o", self.out, "--jobs", "1", *paths[:2]).returncode)
        with open(self.out, "a", encoding="utf-8") as file:
            file.write('{"schema": 1, "path": "' + paths[2])
        os.utime(paths[0], (1, 1))
        self.assertEqual(0, pykd("batch", "-o", self.out, "--command", "ps 1", "--report", "--list", "-", input="\n".join(paths)).returncode)
        self.assertEqual(paths[:2], [row["path"] for row in records(self.out)[:2]])
        self.assertEqual({paths[0], paths[2]}, {row["path"] for row in records(self.out)[2:]})

    def test_other_files_stay(self):
        """What is no file of records is not written to, nor cut: the dump itself, by any of its names, least of all."""
        dump = self.copy("dump")
        link = os.path.join(self.folder, "link")
        os.link(dump, link)
        text = os.path.join(self.folder, "notes.txt")
        contents = {dump: Path(dump).read_bytes()}
        for number, other in enumerate((b"one\ntwo", b"{}\n", b'{"path": 1}\n{"sch', b"{", b'{"schema": 1, "path": "x"}\nKDUMP   ')):
            contents[text + str(number)] = other
            Path(text + str(number)).write_bytes(other)
        for path in (*contents, link):
            with self.subTest(path):
                result = pykd("batch", "-o", path, dump)
                if contents.get(path) == b"{":  # as if a record had only been begun
                    self.assertEqual(0, result.returncode)
                    continue
                self.assertEqual((2, "", f"pykd: {path}: this is no file of records, and stays as it is\n"), (result.returncode, result.stdout, result.stderr))
                self.assertEqual(contents.get(path, contents[dump]), Path(path).read_bytes())

    def test_killed_in_the_middle(self):
        paths = [self.copy(f"dump{number}") for number in range(6)]
        for _ in range(2):
            process = subprocess.Popen([PYKD, "batch", "-o", self.out, "--jobs", "2", *paths])
            while process.poll() is None and not (os.path.exists(self.out) and os.path.getsize(self.out)):
                time.sleep(0.02)
            process.kill()
            process.wait()
        pykd("batch", "-o", self.out, *paths)
        self.assertEqual(sorted(paths), sorted({row["path"] for row in records(self.out)}))

    def test_commands(self):
        path = self.copy("dump")
        result = pykd("batch", "--command", "ps 1", "--command", "!id", path)
        (row,) = map(json.loads, result.stdout.splitlines())
        self.assertEqual(1, row["answers"][0]["rows"][0]["pid"])
        self.assertEqual("usage", row["answers"][1]["error"]["reason"])
        self.assertNotIn("signature", row)

    def test_parts(self):
        """Together they are all, and none is in two."""
        paths = [self.copy(f"dump{number}", 100) for number in range(20)]
        found = [[json.loads(line)["path"] for line in pykd("batch", "--shard", f"{part}/3", self.dumps).stdout.splitlines()] for part in range(3)]
        self.assertEqual(sorted(paths), sorted(path for part in found for path in part))
        self.assertTrue(all(found))

    def test_wrong_usage(self):
        for words in (["--shard", "3/3", "x"], ["--shard", "x", "x"], [], ["--jobs", "0", "x"], ["--nonsense"], ["-o"], ["--list", "/no/such"]):
            with self.subTest(words):
                self.assertEqual(2, pykd("batch", *words).returncode)


def misbehaving(path):
    """What a file may do to who reads it."""
    if path == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if path == "hang":
        time.sleep(60)
    if path == "eat":
        bytearray(1 << 30)
    if path == "raise":
        raise KeyError("x")
    if path == "exit":
        os._exit(0)
    return {"fine": path}


class Recipes(Folder):
    """tools/fleet: what runs batch elsewhere. test-slurm.sh there is run by hand, since it takes a cluster."""

    def script(self, name, *words, **environment):
        words = [os.path.join(ROOT, "tools", "fleet", name), *words]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=300, env={**os.environ, "PYKD": PYKD, **environment})

    def test_a_task_of_slurm(self):
        paths = [self.copy(f"dump{number}", 100) for number in range(6)]
        out = os.path.join(self.folder, "records")
        for task in ("4", "5"):
            result = self.script("slurm.sh", out, self.dumps, SLURM_ARRAY_TASK_ID=task, SLURM_ARRAY_TASK_MIN="4", SLURM_ARRAY_TASK_COUNT="2")
            self.assertEqual((0, ""), (result.returncode, result.stderr))
        rows = [row for name in ("4", "5") for row in records(os.path.join(out, f"{name}.ndjson"))]
        self.assertEqual(sorted(paths), sorted(row["path"] for row in rows))

    @unittest.skipUnless(shutil.which("parallel"), "GNU parallel is not here")
    def test_parallel(self):
        paths = [self.copy(f"dump{number}", 100) for number in range(6)]
        out = os.path.join(self.folder, "records")
        result = self.script("parallel.sh", out, "2", self.dumps, PARTS="3")
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertEqual(sorted(paths), sorted(row["path"] for name in os.listdir(out) for row in records(os.path.join(out, name))))

    def test_after_kdump(self):
        """The report is there as a whole or not at all, once, and says nothing that may not leave."""
        crash = os.path.join(self.folder, "crash")
        os.makedirs(os.path.join(crash, "127.0.0.1-2026"))
        folder = os.path.join(crash, "127.0.0.1-2027")
        shutil.copytree(self.dumps, folder)
        shutil.copy(vmcores()[0], os.path.join(folder, "vmcore"))
        for status, there in (("1", False), ("0", True), ("0", True)):
            self.assertEqual(0, self.script("kdump-post.sh", status, CRASH=crash).returncode)
            self.assertEqual({"vmcore", *(f"report.{form}" for form in ("html", "json", "txt") if there)}, set(os.listdir(folder)))
        with open(os.path.join(folder, "report.txt"), encoding="utf-8") as file:
            self.assertNotIn(sysinfo.field(opened(vmcores()[0]), "NODENAME"), file.read())
        self.assertEqual([], os.listdir(os.path.join(crash, "127.0.0.1-2026")))

    def test_parts_of_the_job(self):
        with open(os.path.join(ROOT, "tools", "fleet", "kubernetes.yaml"), encoding="utf-8") as file:
            text = file.read()
        completions = re.search(r"completions: (\d+)", text)[1]
        self.assertIn(f'"$JOB_COMPLETION_INDEX/{completions}"', text)

    def test_job_has_what_the_api_has(self):
        modules = os.path.join(ROOT, "build", "lint", "node_modules")
        if not shutil.which("node") or not os.path.isdir(os.path.join(modules, "kubernetes-types")):
            self.skipTest("the types of Kubernetes' API are not here (npm)")
        check = ["node", os.path.join(ROOT, "tests", "fleet", "kubernetes.mjs"), modules]
        manifest = os.path.join(ROOT, "tools", "fleet", "kubernetes.yaml")
        self.assertEqual("", subprocess.run([*check, manifest], capture_output=True, text=True, check=False).stdout)
        with open(manifest, encoding="utf-8") as file, open(os.path.join(self.folder, "wrong.yaml"), "w", encoding="utf-8") as wrong:
            wrong.write(file.read().replace("completionMode", "completionmode"))
        said = subprocess.run([*check, wrong.name], capture_output=True, text=True, check=False)
        self.assertEqual((1, 1), (said.returncode, said.stdout.count("completionmode")))

    def test_units(self):
        if shutil.which("systemd-analyze"):
            units = [os.path.join(ROOT, "tools", "fleet", f"pykd-report.{kind}") for kind in ("service", "path")]
            result = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
            self.assertNotIn("pykd-report", "".join(line for line in result.stderr.splitlines() if "Unknown" in line or "Invalid" in line))


class Pool(unittest.TestCase):
    def test_none_costs_another(self):
        paths = ["crash", "a", "hang", "eat", "b", "raise", "exit", "c"]
        found = dict(pool.run(iter(paths), misbehaving, jobs=3, limit=0.5, memory=512 << 20, quiet=pool.silence(), idle=lambda: None))
        self.assertEqual(set(paths), set(found))
        self.assertEqual(
            {"crash": "crash", "hang": "time", "eat": "memory", "raise": "internal", "exit": "crash"},
            {path: row["error"]["reason"] for path, row in found.items() if "error" in row},
        )


BATCH = """
import os, signal, sys, time
from pykd.app.fleet import batch, record
def make(path, *_, **__):
    if path.endswith("deaf"):
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if path.endswith(("deaf", "hang")):
        time.sleep(8)
    if path.endswith("crash"):
        os.abort()
    if path.endswith("eat"):
        bytearray(1 << 30)
    return {"long": "x" * (65 << 20)} if path.endswith("long") else {"done": True}
record.make = make
sys.exit(batch.main(sys.argv[1:]))
"""


class InTheSandbox(Folder):
    """No process may be signalled there: a batch with dumps that never end has records of all the same, and ends when it is told to."""

    def batch(self, *names):
        script = os.path.join(self.folder, "batch.py")
        Path(script).write_text(BATCH, encoding="utf-8")
        for name in names:
            Path(self.dumps, name).touch()
        limits = ("--time-limit", "0.5", "--memory-limit", "512", "--jobs", "3")
        return subprocess.Popen([PYKD, "--run", script, "-o", self.out, *limits, self.dumps], stderr=subprocess.PIPE, text=True)

    def test_what_a_dump_does(self):
        names = ("a", "crash", "deaf", "hang", "eat", "b", "long", "c")
        with self.batch(*names) as process:
            self.assertEqual(("", 1), (process.stderr.read(), process.wait()))
        found = {os.path.basename(row["path"]): row for row in records(self.out)}
        self.assertEqual(sorted(names), sorted(found))
        self.assertEqual(len(names), len(records(self.out)))
        reasons = {name: row["error"]["reason"] for name, row in found.items() if "error" in row}
        self.assertIn(reasons.pop("long"), ("crash", "time"))  # a record of 65 MB
        self.assertEqual({"crash": "crash", "deaf": "time", "hang": "time", "eat": "memory"}, reasons)

    def test_interrupted(self):
        with self.batch("a", "deaf") as process:
            while not (os.path.exists(self.out) and os.path.getsize(self.out)):
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            self.assertEqual(130, process.wait())
            self.assertEqual("pykd: batch: interrupted; the same command goes on\n", process.stderr.read())


class Group(Folder):
    def row(self, path, hash, moment, release="6.1", node="n1"):
        row = {"path": path, "node": node, "dump": {"release": release, "crash_time": moment, "build_id": "b"}, "signature": {"hash": hash, "frames": ["f"]}}
        return row | {"verdict": {"text": f"crash {hash}"}, "cause": None}

    def test_joined_in_any_order(self):
        rows = [
            self.row("/a", "h1", "2026-01-02T00:00:00Z"), self.row("/b", "h1", "2026-01-01T00:00:00Z", "6.2", "n2"), self.row("/c", "h2", None),
            {"path": "/d", "error": {"reason": "time", "message": "not done"}}, self.row("/a", "h1", "2026-01-02T00:00:00Z"),
        ]  # fmt: skip
        first = group.groups(self.read(rows))
        self.assertEqual(first, group.groups(self.read(rows[::-1])))
        self.assertEqual([("h1", 2), ("h2", 1), ("not read: time", 1)], [(one["key"], one["count"]) for one in first])
        self.assertEqual(("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), (first[0]["first"], first[0]["last"]))
        self.assertEqual({"n1": 1, "n2": 1}, first[0]["machines"])

    def read(self, rows):
        with open(self.out, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
            file.write("[1, 2]\nnonsense\n" + '{"path": 5}\n' + '{"path": "/x", "signature": 7, "dump": [], "verdict": null}\n{"path')
        return [row for row in group.records([self.out]) if row["path"] != "/x"]

    def test_files(self):
        self.read([self.row("/a<b>", "h1", "2026-01-02T00:00:00Z", node="<script>")])
        page = os.path.join(self.folder, "page.html")
        result = pykd("group", "--html", page, "--json", "-", self.out)
        self.assertEqual("h1", json.loads(result.stdout)["groups"][0]["key"])
        with open(page, encoding="utf-8") as file:
            text = file.read()
        self.assertNotIn("<script>", text)
        self.assertIn("&lt;script&gt;", text)
        self.assertIn("1  h1", pykd("group", self.out).stdout)
        self.assertEqual(2, pykd("group").returncode)


class Redaction(unittest.TestCase):
    def test_texts(self):
        known = redaction.Redaction({"db7.example.com"}, ["root=/dev/sda1 secret=1"])
        for before, after in (
            ("on DB7.example.com and db7", "on host-1 and host-2"),
            ("from 10.1.2.3:80 to 10.1.2.4, 10.1.2.3", "from ip-1:80 to ip-2, ip-1"),
            ("127.0.0.1 and ::1 stay, 6.1.0-56 too, 1.2.3 too", "127.0.0.1 and ::1 stay, 6.1.0-56 too, 1.2.3 too"),
            ("[2001:db8::1]:443 fe80::5054:ff:fe12:3456%eth0", "[ip-3]:443 ip-4%eth0"),
            ("52:54:00:12:34:56", "mac-1"),
            ("/home/jane/report.odt in /usr/lib/x, /dev/vdb at /mnt", "path-1 in /usr/lib/x, /dev/vdb at path-2"),
            ("BOOT root=/dev/sda1 secret=1", "BOOT (left out)"),
            ("ext4_sync_file+0x1c/0x50 00:1f.2 12:30:45", "ext4_sync_file+0x1c/0x50 00:1f.2 12:30:45"),
            ("jane@example.org", "mail-1"),
            ("GET https://jane:pw@wiki/x?token=1 ok, nfs://filer/vol", "GET url-1 ok, url-2"),
            ("mounted filesystem 6C1E2F30-aaaa-4bbb-8ccc-0123456789ab r/w", "mounted filesystem uuid-1 r/w"),
            ("lookup of db1.Corp.internal. and ns.example.de failed", "lookup of host-3. and host-4 failed"),
            ("Accepted publickey for jane from 10.1.2.3", "Accepted publickey for user-1 from ip-1"),
            ("session opened for user jane(uid=1000), acct=\"bob\" user=root", "session opened for user user-1(uid=1000), acct=\"user-2\" user=root"),
            ("ext4.ko main.c libc.so.6 vm.max_map_count 6.12.1-1.fc41.x86_64 user-space", "ext4.ko main.c libc.so.6 vm.max_map_count 6.12.1-1.fc41.x86_64 user-space"),
            ("comm=\"sh\" for userspace, Failed to start for now", "comm=\"sh\" for userspace, Failed to start for now"),
        ):
            with self.subTest(before):
                self.assertEqual(after, known.text(before))

    def test_values_by_key(self):
        known = redaction.Redaction({"labhost"})
        row = {"arguments": ["rm", "x"], "pid": 5, "release": "labhost", "deep": [{"text": "labhost"}], "arguments2": None}
        self.assertEqual(
            {"arguments": ["(left out)", "(left out)"], "pid": 5, "release": "labhost", "deep": [{"text": "host-1"}], "arguments2": None}, known.value(row)
        )

    def test_a_dump_whose_secrets_are_known(self):
        dump = opened(vmcores()[0])
        secrets = uts.host_names(dump) | {uts.command_line(dump)}
        self.assertTrue(secrets)
        everything = [line for name in ("sys", "ps -a", "net", "sockets", "mount", "log", "files 1") for line in ("-c", name)]
        said = [pykd("--json", "--redact", vmcores()[0], *everything).stdout, pykd("report", vmcores()[0], "--redact", "--json", "-").stdout]
        said.append(pykd("batch", "--redact", vmcores()[0]).stdout)
        said.append(pykd("report", vmcores()[0], "--redact", "--html", "-").stdout)
        for text in said:
            self.assertGreater(len(text), 500)
            for secret in secrets:
                self.assertNotIn(secret, text)
            self.assertEqual([], [found for found in redaction._MAC.findall(text) if found not in redaction._OWN])
        self.assertEqual(2, pykd("--redact", vmcores()[0], "-c", "sys").returncode)


if __name__ == "__main__":
    unittest.main()
