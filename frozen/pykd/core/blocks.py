# SPDX-License-Identifier: GPL-2.0-or-later
"""``with`` blocks that are written as generators, in the way of :mod:`contextlib`.

That module brings in collections, functools, operator, types and more. Most commands ask for none of these, and together they are a
tenth of what it takes to open a dump.
"""

from __future__ import annotations

__all__ = ["block"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import contextmanager as block
    from types import TracebackType
    from typing import Any
else:

    def block(steps: Callable[..., Generator[Any]]) -> Callable[..., _Block]:
        """Decorate a generator that yields once: what is before that begins the block, the value is that of ``as``, what is behind ends it."""

        def begin(*args: Any, **kwargs: Any) -> _Block:
            return _Block(steps(*args, **kwargs))

        begin.__name__, begin.__qualname__, begin.__doc__ = steps.__name__, steps.__qualname__, steps.__doc__
        return begin


class _Block:
    __slots__ = ("_steps",)

    def __init__(self, steps: Generator[Any]) -> None:
        self._steps = steps

    def __enter__(self) -> Any:
        return next(self._steps)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        """True: the generator has caught the error."""
        if error is None:
            next(self._steps, None)
            return False
        try:
            self._steps.throw(error)
        except StopIteration:
            return True
        except BaseException as raised:
            # A generator must not raise StopIteration: Python puts a RuntimeError in its place.
            if raised is not error and not (isinstance(error, StopIteration) and raised.__cause__ is error):
                raise
            error.__traceback__ = trace  # without the generator's own frames
        return False
