# SPDX-License-Identifier: GPL-2.0-or-later
"""Named tuples are what those of typing are."""

import copy
import pickle
import typing
import unittest

from pykd.core import record


class Ours(record.NamedTuple):
    """Of a place."""

    x: int
    y: int = 2
    name: str = "here"

    @property
    def both(self):
        return self.x + self.y


class Theirs(typing.NamedTuple):
    """Of a place."""

    x: int
    y: int = 2
    name: str = "here"

    @property
    def both(self):
        return self.x + self.y


class Derived(Ours):
    def twice(self):
        return 2 * self.both


def matched(value):
    match value:
        case Ours(x, y, name) | Theirs(x, y, name):
            return x, y, name
    return None


class Records(unittest.TestCase):
    def test_as_typing(self):
        for args, named in (((1,), {}), ((1, 3, "z"), {}), ((), {"x": 5}), ((1,), {"name": "there"})):
            with self.subTest(args=args, named=named):
                ours, theirs = Ours(*args, **named), Theirs(*args, **named)
                self.assertEqual((ours, hash(ours), len(ours)), (theirs, hash(theirs), len(theirs)))
                self.assertEqual(repr(ours), repr(theirs).replace("Theirs", "Ours"))
                self.assertEqual((ours.x, ours.y, ours.name, ours.both, ours[1]), (theirs.x, theirs.y, theirs.name, theirs.both, theirs[1]))
                self.assertEqual((ours._asdict(), ours._replace(y=9), matched(ours)), (theirs._asdict(), theirs._replace(y=9), matched(theirs)))
        self.assertEqual((Ours._fields, Ours.__doc__), (Theirs._fields, Theirs.__doc__))

    def test_wrong_arguments(self):
        for args, named in (((), {}), ((1, 2, "z", 4), {}), ((1,), {"x": 1}), ((1,), {"q": 1})):
            for made in (Ours, Theirs):
                with self.subTest(made=made, args=args, named=named), self.assertRaises(TypeError):
                    made(*args, **named)

    def test_nothing_can_be_set(self):
        for made in (Ours(1), Theirs(1)):
            for name in ("x", "other"):
                with self.subTest(made=made, name=name), self.assertRaises(AttributeError):
                    setattr(made, name, 3)

    def test_copies(self):
        self.assertEqual((copy.copy(Ours(1)), type(pickle.loads(pickle.dumps(Ours(1))))), (Ours(1), Ours))

    def test_derived(self):
        self.assertEqual((Derived(1).twice(), Derived._fields), (6, Ours._fields))


if __name__ == "__main__":
    unittest.main()
