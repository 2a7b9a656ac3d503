# SPDX-License-Identifier: GPL-2.0-or-later
"""Blocks do what those of contextlib do."""

import contextlib
import traceback
import unittest

from pykd.core.blocks import block


class Blocks(unittest.TestCase):
    def outcome(self, decorate, steps, work):
        """What a block says: the steps taken, what came out of it, and the functions on the way of an error."""
        said = []
        try:
            with decorate(steps)(said) as value:
                said.append(value)
                work()
        except BaseException as error:
            functions = [frame.name for frame in traceback.extract_tb(error.__traceback__) if frame.filename == __file__]
            said.append((type(error), str(error), type(error.__cause__), functions))
        return said

    def test_as_contextlib(self):
        def plain(said):
            said.append("begins")
            try:
                yield 1
            finally:
                said.append("ends")

        def catches(said):
            try:
                yield 2
            except ValueError as error:
                said.append(str(error))

        def replaces(said):
            try:
                yield 3
            except ValueError as error:
                raise KeyError("other") from error

        def does_not_begin(said):
            raise OSError("not here")
            yield

        def fails_at_its_end(said):
            yield 4
            raise OSError("too late")

        def fails():
            raise ValueError("wrong")

        def stops():
            raise StopIteration("stop")

        def leaves():
            raise GeneratorExit

        for steps in (plain, catches, replaces, does_not_begin, fails_at_its_end):
            for work in (lambda: None, fails, stops, leaves):
                with self.subTest(steps=steps.__name__, work=work.__name__):
                    self.assertEqual(self.outcome(block, steps, work), self.outcome(contextlib.contextmanager, steps, work))

    def test_it_is_called_as_its_steps_are(self):
        @block
        def between(first, last):
            """One thing, then another."""
            yield first
            said.append(last)

        said = []
        with between(1, last=2) as value:
            said.append(value)
        self.assertEqual((said, between.__name__, between.__doc__), ([1, 2], "between", "One thing, then another."))


if __name__ == "__main__":
    unittest.main()
