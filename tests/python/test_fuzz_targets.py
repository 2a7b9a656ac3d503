# SPDX-License-Identifier: GPL-2.0-or-later
"""A short round of each fuzz target, always the same: the inputs of its corpus, what once was found among them, and some that are made of these.

tools/fuzz looks for new ones, as long as one likes.
"""

import os
import random
import subprocess
import unittest
from pathlib import Path
from unittest import mock

import dumps
import fuzz_seeds
import fuzz_text
import pykd

FOLDER = Path(dumps.ROOT) / "tests" / "fuzz"
OBJECTS = Path(dumps.ROOT) / "build" / "sanitized" / "obj"
TARGETS = sorted(path.stem.removeprefix("fuzz_") for path in FOLDER.glob("fuzz_*.c"))
ROUNDS = {"dump": 20, "kallsyms": 60}
"""Changed copies of each input, where it is not this many:"""
DEFAULT = 200
TEXTS = 240


class Targets(unittest.TestCase):
    def test_corpora(self):
        for target in TARGETS:
            with self.subTest(target):
                corpus = sorted((FOLDER / "corpus" / target).iterdir())
                rounds = ROUNDS.get(target, DEFAULT)
                result = subprocess.run([OBJECTS / f"fuzz_{target}", str(rounds), *corpus], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
                output = result.stdout.decode(errors="replace")
                self.assertEqual((0, f"{len(corpus) * (rounds + 1)} inputs\n"), (result.returncode, output[-3000:]))

    def test_seeds(self):
        """They are in the corpora as tools/fuzz_seeds.py makes them, for every target."""
        self.assertEqual(TARGETS, sorted(fuzz_seeds.SEEDS))
        for target, seeds in fuzz_seeds.SEEDS.items():
            for name, data in seeds():
                self.assertEqual(data, (FOLDER / "corpus" / target / name).read_bytes(), f"{target}/{name}")


class Texts(unittest.TestCase):
    def test_round(self):
        self.assertEqual([], list(fuzz_text.rounds(pykd.Dump(dumps.SAMPLE), iter(range(TEXTS)))))

    def test_what_is_wrong_is_seen(self):
        """An unforeseen error, a signal, what the session says: each is told with its text, and the others are tried all the same."""
        words = {"0": "KeyError", "1": "status -6", "2": "internal error: x"}

        def use(_session, text):
            if text == "0":
                raise KeyError(text)
            if text == "1":
                os.abort()
            return "internal error: x" if text == "2" else None

        def make(chance):
            return str(chance.randrange(4))

        with mock.patch.dict(fuzz_text.KINDS, {"odd": (make, use)}):
            found = "\n".join(fuzz_text.rounds(pykd.Dump(dumps.SAMPLE), iter(range(16)), ("odd",)))
        for seed in range(16):
            text = make(random.Random(seed))
            self.assertEqual(text in words, f"seed {seed}: " in found)
        for word in words.values():
            self.assertIn(word, found)


if __name__ == "__main__":
    unittest.main()
