# SPDX-License-Identifier: GPL-2.0-or-later
"""What Tab offers in Python: names, attributes and members, behind pointers, indexes and calls too, and arguments.

What stands before the cursor is evaluated as far as that does nothing: names, attributes, indexes, and calls of pykd's own functions and of
the core's, which only read the dump. Other calls are not made.
"""

from __future__ import annotations

import builtins
import keyword
import re

import __main__
from _pykd import Dump, Error, StructType
from pykd.core.errors import DAMAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from pykd.terminal.names import Names

_TEXT = re.compile(r"""(?:^|[^\w"'])["']([\w .*-]*)$""")
"""A string that is open, and what is in it."""
_OPEN, _CLOSE = "([{", ")]}"
_CALLABLE = ("pykd", "_pykd", "builtins")
_HARMLESS = ("len", "list", "sorted", "next", "int", "str", "tuple", "type")
"""Functions of Python itself whose value may be asked for."""


class _Unknown(Exception):
    """What it is cannot be said without doing something."""


def completions(text: str, names: Names | None = None) -> tuple[str, list[str]]:
    """Of code before the cursor: the part to complete, and what it may become, sorted."""
    string = _TEXT.search(text)
    if string is not None:
        stem = string[1]
        return stem, sorted(_of_text(text[: string.start(1) - 1], stem, names))
    start = _start(text)
    word = text[start:]
    owner, dot, part = word.rpartition(".")
    if dot:
        try:
            return word, sorted(f"{owner}.{name}" for name in _attributes(_value(owner), part))
        except (_Unknown, *DAMAGE):
            return word, []
    found = set(_names(part)) if part else set()
    found.update(f"{name}=" for name in _parameters(text[:start]) if name.startswith(part) and (part or text[:start].rstrip().endswith((",", "("))))
    return word, sorted(found)


def _start(text: str) -> int:
    """Where the expression before the cursor begins: names, dots, and what is in brackets right behind them."""
    at = len(text)
    while at and (text[at - 1].isalnum() or text[at - 1] in "_."):
        at -= 1
        if text[at] != ".":
            continue
        while at and text[at - 1] in _CLOSE:
            opened = _opening(text, at - 1)
            if opened is None:
                return at + 1
            at = opened
    return at


def _opening(text: str, at: int) -> int | None:
    """Of the bracket that closes at *at*, where it opened."""
    depth = 0
    quote = ""
    while at >= 0:
        letter = text[at]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in _CLOSE:
            depth += 1
        elif letter in _OPEN:
            depth -= 1
            if not depth:
                return at
        at -= 1
    return None


def _value(text: str) -> Any:
    """:raises _Unknown:"""
    import ast

    try:
        return _evaluated(ast.parse(text, mode="eval").body)
    except (SyntaxError, RecursionError):
        raise _Unknown from None


def _evaluated(node: ast.expr) -> Any:
    import ast

    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return _named(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_evaluated(node.value), node.attr)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, (ast.Constant, ast.UnaryOp, ast.Name)):
        return _evaluated(node.value)[_evaluated(node.slice)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -node.operand.value
    if isinstance(node, ast.Call):
        function = _evaluated(node.func)
        if not _may_be_called(function):
            raise _Unknown
        arguments = [_evaluated(one) for one in node.args]
        named = {one.arg: _evaluated(one.value) for one in node.keywords if one.arg}
        return function(*arguments, **named)
    raise _Unknown


def _named(name: str) -> Any:
    for space in (vars(__main__), vars(builtins)):
        if name in space:
            return space[name]
    from pykd.kernel import catalogue

    helper = catalogue.find(name)
    if helper is None:
        raise _Unknown
    return helper


def _may_be_called(function: Any) -> bool:
    owner = getattr(function, "__self__", None)
    if isinstance(owner, Dump):
        return function.__name__ in ("object", "type", "variable", "symbol", "struct_class", "symbol_at", "find_type", "modules", "cpus", "unwind")
    if isinstance(function, StructType):
        return True
    module = getattr(function, "__module__", None) or ""
    if module == "builtins":
        return function.__name__ in _HARMLESS
    return module.partition(".")[0] in ("pykd", "_pykd") and function.__name__ not in ("open", "set_current", "rows", "close")


def _attributes(value: Any, part: str) -> Iterator[str]:
    """Those that begin with *part*; none of them is read, since that may read the dump."""
    owner = type(value)
    if isinstance(owner, StructType) and not part:  # what a struct has beside its members is offered to those who ask for it
        from pykd.values.known import member_names

        yield from member_names(owner.PYT_type)
        return
    for name in dir(value):
        if not name.startswith(part) or (name.startswith("_") and not part.startswith("_")):
            continue
        known = getattr(owner, name, None) if isinstance(owner, StructType) or owner is Dump else getattr(value, name, None)
        yield f"{name}(" if callable(known) and not isinstance(known, type) else name


def _names(part: str) -> Iterator[str]:
    yield from (name for name in keyword.kwlist if name.startswith(part))
    for space in (vars(__main__), vars(builtins)):
        for name, value in space.items():
            if name.startswith(part) and (part.startswith("_") or not name.startswith("_")):
                yield f"{name}(" if callable(value) and not isinstance(value, type) else name
    from pykd.kernel import catalogue

    yield from (f"{name}(" for name in catalogue.names() if name.startswith(part) and name not in vars(__main__))


# -- arguments


def _call(text: str) -> tuple[Any, int, str] | None:
    """Of text that ends within the brackets of a call: the function, the number of the argument, and its name if it is given."""
    depth, commas, at = 0, 0, len(text) - 1
    start = len(text)
    while at >= 0:
        letter = text[at]
        if letter in _CLOSE:
            opened = _opening(text, at)
            if opened is None:
                return None
            at = opened
        elif letter == "," and not depth:
            commas += 1
            start = min(start, at + 1) if commas == 1 else start
        elif letter in _OPEN:
            if letter != "(":
                return None
            break
        at -= 1
    if at < 0:
        return None
    begin = _start(text[:at])
    try:
        function = _value(text[begin:at])
    except (_Unknown, *DAMAGE):
        return None
    last = text[at + 1 :] if not commas else text[start:]
    match = re.match(r"\s*(\w+)\s*=\s*$", last)
    return function, commas, match[1] if match else ""


def _signature(function: Any) -> list[str]:
    """Names of the parameters, without ``self``."""
    taken = getattr(function, "arguments", None)
    if taken is not None:
        return [*taken.parameters, "errors", "dump"]
    document = getattr(function, "__doc__", None) or ""
    name = getattr(function, "__name__", "")
    if name and document.startswith(f"{name}("):  # of the core: the first line of its docstring
        import ast

        head = document.partition("\n")[0]
        try:
            parsed = ast.parse(f"def {head}: ...").body[0]
        except SyntaxError:
            return []
        assert isinstance(parsed, ast.FunctionDef)
        arguments = parsed.args
        return [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs) if one.arg != "self"]
    import inspect

    try:
        return [one.name for one in inspect.signature(function).parameters.values() if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    except (TypeError, ValueError):
        return []


def _parameters(before: str) -> list[str]:
    call = _call(before)
    return _signature(call[0]) if call is not None and not call[2] else []


def _of_text(before: str, stem: str, names: Names | None) -> Iterable[str]:
    """What the string may be, by the parameter that it is given for: names of symbols, of types, of enumerators, of commands."""
    call = _call(before)
    if call is None or names is None:
        return ()
    function, number, name = call
    parameters = _signature(function)
    if getattr(function, "__name__", "") == "rows":
        return names.commands(stem) if not number else ()
    wanted = name or (parameters[number] if number < len(parameters) else "")
    helper = getattr(function, "arguments", None)
    if helper is not None:
        wanted = {"type": "type", "percpu": "symbol", "member": "member"}.get(helper.kinds.get(wanted, ""), "")
    if wanted == "member":
        return _members(before, stem)
    if getattr(function, "__name__", "").startswith("enumerator"):
        return names.enumerators(stem)
    kinds: dict[str, Callable[[str], Iterable[str]]] = {"type": _tagged(names), "struct": _tagged(names), "name": names.symbols, "symbol": names.symbols}
    finder = kinds.get(wanted)
    if finder is None or (wanted == "name" and not stem):
        return ()
    try:
        return list(finder(stem))[:500]
    except Error:
        return ()


def _members(before: str, stem: str) -> Iterable[str]:
    """Of the type that is given before it in the same call."""
    from pykd.values.known import member_names

    given = re.findall(r"""["']((?:struct|union) \w+)["']""", before[before.rfind("(") :])
    dump = vars(__main__).get("dump")
    if not given or not isinstance(dump, Dump):
        return ()
    try:
        return sorted(name for name in member_names(dump.type(given[-1])) if name.startswith(stem))
    except Error:
        return ()


def _tagged(names: Names) -> Callable[[str], Iterable[str]]:
    def find(stem: str) -> Iterator[str]:
        tag, blank, rest = stem.rpartition(" ")
        if not blank:
            yield from (f"{tag} " for tag in ("struct", "union", "enum") if tag.startswith(stem))
        else:
            yield from (f"{tag} {name}" for name in names.types(rest))

    return find
