# SPDX-License-Identifier: GPL-2.0-or-later
"""What a release consists of: self-test, licences, bill of materials, completions."""

import decimal
import json
import os
import pyexpat
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import seal
import spdx
import terminal
from dumps import PYKD, ROOT
from pykd.app import cli, completion, selftest
from pykd.core import version


def run(*words, pykd=PYKD, **options):
    return subprocess.run([pykd, *words], capture_output=True, text=True, check=False, timeout=60, **options)


class SelfTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.copy = os.path.join(folder.name, "pykd")
        self.data = bytearray(Path(PYKD).read_bytes())

    def verdicts(self, result):
        return {line.split()[0]: line.split()[1] for line in result.stdout.splitlines()}

    def write(self, data):
        Path(self.copy).write_bytes(data)
        os.chmod(self.copy, 0o755)

    def test_whole(self):
        result = run("--self-test")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(self.verdicts(result), {"image": "ok", "file": "ok", "modules": "ok", "codecs": "ok", "sandbox": "ok"})

    def test_a_copy_is_whole(self):
        self.write(self.data)
        self.assertEqual(run("--self-test", pykd=self.copy).returncode, 0)

    def test_one_bit_of_a_packed_file(self):
        """Nothing that runs would notice: the source of a module."""
        table = json.loads((Path(ROOT) / "build" / os.uname().machine / "frozen" / "table.json").read_bytes())
        files = (Path(ROOT) / "build" / os.uname().machine / "frozen" / "files.bin").read_bytes()
        offset = sum(row[1] for row in table[: len(table) // 2])
        self.data[self.data.index(files) + offset + 40] ^= 1
        self.write(self.data)
        result = run("--self-test", pykd=self.copy)
        self.assertEqual(result.returncode, 1)
        verdicts = self.verdicts(result)
        self.assertEqual((verdicts["image"], verdicts["file"], verdicts["codecs"]), ("FAILED", "FAILED", "ok"))

    def test_one_bit_of_writable_data(self):
        """Only the file shows it."""
        end = max(offset + length for offset, length in seal.read_only_segments(bytes(self.data)))
        place = self.data.index(b"The C core of pykd; see") if b"The C core of pykd; see" in self.data[end:] else None
        # Behind the last section's contents lie only the tables of sections, which are never loaded.
        self.data[place or -8] ^= 1
        self.write(self.data)
        result = run("--self-test", pykd=self.copy)
        self.assertEqual(result.returncode, 1)
        self.assertEqual((self.verdicts(result)["image"], self.verdicts(result)["file"]), ("ok", "FAILED"))

    def test_something_at_its_end(self):
        self.write(self.data + b"\0")
        self.assertEqual(self.verdicts(run("--self-test", pykd=self.copy))["file"], "FAILED")

    def test_file_that_cannot_be_read(self):
        """As another user, with only the right to execute it: the image in memory is checked all the same."""
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        self.write(self.data)
        os.chmod(os.path.dirname(self.copy), 0o711)
        os.chmod(self.copy, 0o711)
        result = run("--self-test", pykd=self.copy, user=65534, group=65534, extra_groups=[])
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual((self.verdicts(result)["image"], self.verdicts(result)["file"]), ("ok", "skipped"))

    def test_not_sealed(self):
        place = self.data.index(seal.MAGIC) + len(seal.MAGIC)
        self.data[place : place + 2 * seal.HASH_LEN] = bytes(2 * seal.HASH_LEN)
        self.write(self.data)
        result = run("--self-test", pykd=self.copy)
        self.assertEqual((result.returncode, self.verdicts(result)["image"]), (1, "FAILED"))

    def test_seal_is_the_same_again(self):
        self.assertEqual(seal.sealed(bytes(self.data)), bytes(self.data))

    def test_codecs_refuse_what_is_damaged(self):
        import base64

        import _pykd

        for codec, packed in selftest.PACKED_PAGES.items():
            data = base64.b85decode(packed)
            self.assertEqual(_pykd.decompress(codec, data, len(selftest.PAGE)), selftest.PAGE)
            for wrong, length in ((data[:-9], len(selftest.PAGE)), (b"", 10), (data, 100), (data, len(selftest.PAGE) + 1)):
                with self.subTest(codec=codec, length=length), self.assertRaises(ValueError):
                    _pykd.decompress(codec, wrong, length)
        with self.assertRaises(ValueError):
            _pykd.decompress("lz4", b"", 1)


class Upkeep(unittest.TestCase):
    def text(self, name):
        return (Path(ROOT) / name).read_text(encoding="utf-8")

    def test_version_is_one(self):
        number = self.text("tools/VERSION").strip()
        self.assertEqual(re.search(r"^## (\S+?),? ", self.text("CHANGELOG.md"), re.MULTILINE)[1], number)
        self.assertEqual(run("--version").stdout.split()[:2], ["pykd", number])

    def test_verbs_that_texts_name_are_there(self):
        usage = self.text("build.sh").partition("cat <<'EOF'")[2].partition("\nEOF\n")[0]
        known = set(re.findall(r"^  ([a-z][a-z-]+) ", usage, re.MULTILINE))
        self.assertIn("dist", known)
        for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Dockerfile", "docs/building.md"):
            named = set(re.findall(r"\./build\.sh ([a-z][a-z-]+)", self.text(name)))
            self.assertEqual(named - known, set(), name)

    def test_base_of_the_container_is_pinned(self):
        base = re.search(r"^ARG BASE=(\S+)$", self.text("Dockerfile"), re.MULTILINE)[1]
        self.assertRegex(base, r":[a-z]+-\d{8}(-slim)?(@sha256:[0-9a-f]{64})?$")
        self.assertIn(base.partition("@")[0], self.text("docs/building.md"))

    def test_outdated_offline_says_so(self):
        result = run(os.path.join(ROOT, "build.sh"), "outdated", pykd="bash", env={**os.environ, "PYKD_OFFLINE": "1"})
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertTrue(result.stderr.strip())

    def test_sizes_add_up(self):
        import size

        build = Path(ROOT) / "build" / os.uname().machine
        rows = json.loads((build / "frozen" / "table.json").read_bytes())
        total = os.path.getsize(PYKD)
        found = size.table(total, (build / "pykd.map").read_text(encoding="utf-8", errors="replace"), rows)
        self.assertEqual(sum(length for _, length in found), total)
        sizes = dict(found)
        self.assertLess(abs(sizes["headers and alignment"]), total // 50)
        for name in ("capstone", "musl", "pykd: C core", "CPython: code", "frozen: standard library, sources, packed"):
            self.assertGreater(sizes[name], 10_000, name)


class Licences(unittest.TestCase):
    def test_every_component_has_its_text(self):
        text = run("--licenses").stdout
        for line in run("--version").stdout.splitlines():
            name, number = line.split()[:2]
            if name != "compiler":
                self.assertIn(f"{'=' * 78}\n{name} {number}\n{'=' * 78}\n\n", text)
        for part in version.vendored():
            self.assertIn(f"{'=' * 78}\n{part.name} {part.version}\n{'=' * 78}\n\n-- ", text)
        for words in ("GNU GENERAL PUBLIC LICENSE\n                       Version 2", "GNU LESSER GENERAL PUBLIC LICENSE",
                      "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2", "musl as a whole is licensed", "GCC RUNTIME LIBRARY EXCEPTION",
                      "Expat maintainers", "Stefan Krah", "HACL* Contributors", "CC0 Public Domain Dedication", "xxHash", "Mersenne Twister", "LLVM Team",
                      "Paul T. McGuire", "Jean-loup Gailly", "Facebook", "Capstone", "Eric Biggers"):  # fmt: skip
            self.assertTrue(words in text, words)

    def test_what_the_sources_bring_along(self):
        numbers = {part.name: part.version for part in version.vendored()}
        self.assertEqual(f"expat_{numbers['expat']}", pyexpat.EXPAT_VERSION)
        self.assertEqual(numbers["mpdecimal"], decimal.__libmpdec_version__)
        self.assertLessEqual({part.within for part in version.vendored()}, {part.name for part in version.linked()})


class BillOfMaterials(unittest.TestCase):
    def test_valid(self):
        document = json.loads(run("--sbom").stdout)
        self.assertEqual(spdx.findings(document), [])
        names = {package["name"]: package["versionInfo"] for package in document["packages"]}
        versions = dict(line.split()[:2] for line in run("--version").stdout.splitlines())
        versions.pop("compiler")
        versions.update((part.name, part.version) for part in (*version.vendored(), version.compiler_runtime()))
        self.assertEqual(names, versions)

    def test_what_is_not_valid_is_found(self):
        text = run("--sbom").stdout
        changes = [
            lambda d: d.pop("dataLicense"),
            lambda d: d.update(spdxVersion="SPDX-9"),
            lambda d: d["packages"][1].pop("downloadLocation"),
            lambda d: d["packages"][1].update(licenseDeclared="GPL 2"),
            lambda d: d["packages"][1].update(SPDXID=d["packages"][2]["SPDXID"]),
            lambda d: d["packages"][1].update(SPDXID="pykd"),
            lambda d: d["packages"][1].update(nonsense=1),
            lambda d: d["packages"][1]["checksums"][0].update(checksumValue="abc"),
            lambda d: d["relationships"][0].update(relatedSpdxElement="SPDXRef-absent"),
            lambda d: d["relationships"][0].update(relationshipType="HAS"),
            lambda d: d["relationships"].clear(),
            lambda d: d["creationInfo"].update(created="yesterday"),
            lambda d: d["creationInfo"].update(creators=["me"]),
            lambda d: d.update(documentNamespace="not a URI#fragment"),
        ]
        for number, change in enumerate(changes):
            document = json.loads(text)
            change(document)
            with self.subTest(change=number):
                self.assertNotEqual(spdx.findings(document), [])


class Completion(unittest.TestCase):
    def test_every_option_of_the_help(self):
        words = {word for flag in completion.flags(cli.USAGE) for word in flag.words}
        self.assertEqual(words, set(re.findall(r"(?<=[ ,] )--?[a-zA-Z][a-z-]*", cli.USAGE.partition("\n\nExit")[0])) | words)
        for word in ("-c", "-h", "--help", "--completion", "--self-test", "--part"):
            self.assertIn(word, words)
        self.assertEqual({flag.value for flag in completion.flags(cli.USAGE) if "--completion" in flag.words}, {"SHELL"})

    def test_every_command(self):
        from pykd.session import command

        for shell in completion.SHELLS:
            text = run("--completion", shell).stdout
            for name in (name for name in command.names() if name.isalnum()):
                self.assertRegex(text, rf"\b{name}\b", shell)

    def test_syntax(self):
        for shell in completion.SHELLS:
            with self.subTest(shell=shell):
                if not shutil.which(shell):
                    self.skipTest(f"no {shell} here")
                text = run("--completion", shell).stdout
                checked = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True, check=False)
                self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    CASES = (
        ("pykd --self", {"--self-test"}),
        ("pykd --completion ", {"bash", "zsh", "fish"}),
        ("pykd --color a", {"auto", "always"}),
        ("pykd one -c taski", {"taskinfo"}),
        ("pykd -c ps -c mod", {"mod", "modinfo"}),
        ("pykd --part tw", {"two words"}),
        ("pykd i", {"id"}),
        ("pykd on", {"one"}),
    )
    """What is typed before the tab, and what is offered."""

    def folder(self, shell, name):
        """A folder with the files of the cases, and the completion of *shell* as *name*."""
        if not shutil.which(shell):
            self.skipTest(f"no {shell} here")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for file in ("one", "two words"):
            (Path(folder.name) / file).touch()
        (Path(folder.name) / name).write_text(run("--completion", shell).stdout, encoding="utf-8")
        return folder.name

    def answers(self, shell, script):
        """What each line that *script* prints holds."""
        folder = self.folder(shell, ".completion")
        done = subprocess.run(
            [shell], input=". ./.completion\n" + script, capture_output=True, text=True, check=False, timeout=60, cwd=folder, env={**os.environ, "HOME": folder}
        )
        self.assertEqual(done.stderr, "")
        return [set(line.split("|")) for line in done.stdout.splitlines()]

    def test_bash_completes(self):
        script = ""
        for line, _ in self.CASES:
            *before, word = line.split(" ")
            script += f"COMP_WORDS=({' '.join(before)} '{word}'); COMP_CWORD={len(before)}; _pykd\n"
            script += '(IFS="|"; echo "${COMPREPLY[*]}")\n'
        self.assertEqual(self.answers("bash", script), [offered for _, offered in self.CASES])

    def test_fish_completes(self):
        script = "".join(f"complete -C '{line}' | string replace -r '\\t.*' '' | string join '|'\n" for line, _ in self.CASES)
        self.assertEqual(self.answers("fish", script), [offered for _, offered in self.CASES])

    def test_zsh_completes(self):
        """On a terminal, since nothing else makes zsh complete: in the line, or where there are several below it."""
        folder = self.folder("zsh", "_pykd")
        for line, offered in self.CASES:
            with self.subTest(line=line), terminal.Terminal("-f", program=shutil.which("zsh"), environment={"PROMPT": "%% "}) as zsh:
                zsh.until(r"^%\Z")
                zsh.send(f"cd {folder}; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; clear; PROMPT=READY\r")
                zsh.until(r"^READY\Z")
                zsh.send(f"{line}\t")
                zsh.until(lambda text, words=offered: all(word.replace(" ", "\\ ") in text for word in words))

    def test_unknown_shell(self):
        for words in (["--completion"], ["--completion", "tcsh"]):
            result = run(*words)
            self.assertEqual((result.returncode, result.stdout), (2, ""))


if __name__ == "__main__":
    unittest.main()
