# SPDX-License-Identifier: GPL-2.0-or-later
"""What is behind ``print fmt:`` of ftrace's events: a format of printk's and C expressions over the fields of a record, made into text.

Nothing is called that is not known here; what is beyond it is a :class:`FormatError`, and who asked shows the fields one by one.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Protocol

    type Node = Callable[[Any], Any]

    class Source(Protocol):
        """What a record is to a format; who has records makes a class of it."""

        def field(self, name: str) -> Any:
            """Value of a field: an int, or :class:`Data`. :raises FormatError:"""

        def dynamic(self, name: str) -> Data:
            """What a ``__data_loc`` field leads to. :raises FormatError:"""

        def symbol(self, address: int, offset: bool) -> str:
            """The function at an address, as %pS has it, and as %ps without *offset*."""

        def string(self, address: int) -> str:
            """The text at an address of the kernel's memory. :raises FormatError:"""

        def constant(self, name: str) -> int:
            """The value of an enumerator that the format names. :raises FormatError:"""

MAX_DEPTH = 64
"""Of expressions within each other"""
MAX_WIDTH = 1024
"""Of a field of the text"""


class FormatError(ValueError):
    """The format has something that is not known here, or does not suit the record."""


class Data:
    """Bytes of a record that are an array.

    :ivar size: bytes of an element
    """

    __slots__ = ("data", "order", "signed", "size")

    def __init__(self, data: bytes, size: int, signed: bool, order: Any) -> None:
        self.data, self.size, self.signed, self.order = data, size or 1, signed, order

    def __len__(self) -> int:
        return len(self.data) // self.size

    def __getitem__(self, index: int) -> int:
        if not 0 <= index < len(self):
            raise FormatError(f"there is no element {index}")
        return int.from_bytes(self.data[index * self.size : (index + 1) * self.size], self.order, signed=self.signed)

    def text(self) -> str:
        """Up to the first NUL."""
        return self.data.partition(b"\0")[0].decode("utf-8", "backslashreplace")


_MASK = (1 << 64) - 1
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<char>'(?:[^'\\]|\\.)')|(?P<number>0[xX][0-9a-fA-F]+|\d+)[uUlL]*|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<op>->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>?:(),.\[\]{}=]))""",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b"}
_TYPE = re.compile(
    r"(?:__)?(?:[us]|le|be)(?:8|16|32|64)$|\w+_t$"
    r"|(?:unsigned|signed|int|long|short|char|void|bool|const|struct|union|enum|_Bool|u_char|u_int|uint|ulong|ushort)$"
)
_BITS = {
    "char": 8, "short": 16, "ushort": 16, "int": 32, "uint": 32, "long": 64, "ulong": 64, "bool": 1, "_Bool": 1, "size_t": 64, "ssize_t": 64, "pid_t": 32,
    "gfp_t": 32, "dev_t": 32,
}  # fmt: skip
_BINARY = ({"||"}, {"&&"}, {"|"}, {"^"}, {"&"}, {"==", "!="}, {"<", "<=", ">", ">="}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"})


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text[1:-1], flags=re.DOTALL)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FormatError(f"not known: {text[at : at + 20]}")
        at = match.end()
        yield match.lastgroup or "", match[match.lastgroup or 0]
    yield "end", ""


def number(value: Any) -> int:
    if isinstance(value, Data):
        raise FormatError("an array is no number")
    if isinstance(value, str):
        raise FormatError("a text is no number")
    return int(value)


def _wrapped(bits: int, signed: bool, value: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> bits - 1 else value


def _c_divide(left: int, right: int, rest: bool) -> int:
    if not right:
        raise FormatError("division by zero")
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return left - quotient * right if rest else quotient


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "|": lambda a, b: a | b, "^": lambda a, b: a ^ b, "&": lambda a, b: a & b, "==": lambda a, b: int(a == b), "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b), "<=": lambda a, b: int(a <= b), ">": lambda a, b: int(a > b), ">=": lambda a, b: int(a >= b),
    "<<": lambda a, b: (a << (b & 63)) & _MASK, ">>": lambda a, b: a >> (b & 63), "+": lambda a, b: a + b, "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: _c_divide(a, b, False), "%": lambda a, b: _c_divide(a, b, True),
}  # fmt: skip


class Format:
    """One ``print fmt``, ready to be used."""

    def __init__(self, text: str) -> None:
        """:raises FormatError:"""
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0
        self._format = self._strings()
        self._arguments: list[Node] = []
        while self._take(","):
            self._arguments.append(self._expression())
        if self._peek()[0] != "end":
            raise FormatError(f"not known: {self._peek()[1]}")

    def text(self, record: Source) -> str:
        """:raises FormatError:"""
        return printed(self._format, [node(record) for node in self._arguments], record)

    # -- parsing

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, op: str) -> bool:
        if self._peek() == ("op", op):
            self._at += 1
            return True
        return False

    def _need(self, op: str) -> None:
        if not self._take(op):
            raise FormatError(f"{op} is missing before {self._peek()[1] or 'the end'}")

    def _strings(self) -> str:
        parts = []
        while self._peek()[0] == "string":
            parts.append(_unquoted(self._next()[1]))
        if not parts:
            raise FormatError("it begins with no format")
        return "".join(parts)

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FormatError("it is too deep")
        condition = self._binary(0)
        if self._take("?"):
            yes = condition if self._peek() == ("op", ":") else self._expression()
            self._need(":")
            condition = _choice(condition, yes, self._expression())
        self._depth -= 1
        return condition

    def _binary(self, level: int) -> Node:
        if level == len(_BINARY):
            return self._unary()
        left = self._binary(level + 1)
        while self._peek()[0] == "op" and self._peek()[1] in _BINARY[level]:
            left = _joined(self._next()[1], left, self._binary(level + 1))
        return left

    def _unary(self) -> Node:
        kind, word = self._peek()
        if kind == "op" and word in "-+~!&*" and len(word) == 1:
            self._at += 1
            inner = self._unary()
            if word == "&":
                return inner  # of an array: where it is
            if word == "*":
                return lambda record: _first(inner(record))
            return {
                "-": lambda record: -number(inner(record)), "+": inner, "~": lambda record: ~number(inner(record)),
                "!": lambda record: int(not _truth(inner(record))),
            }[word]  # fmt: skip
        if (kind, word) == ("op", "(") and (cast := self._cast()) is not None:
            bits, signed, pointer = cast
            value = self._unary()
            return lambda record: _as(value(record), bits, signed, pointer)
        return self._postfix()

    def _cast(self) -> tuple[int, bool, bool] | None:
        """(bits, signed, pointer) of a type in parentheses, which is taken; None if there is none, and nothing is."""
        words, at = [], self._at + 1
        while self._tokens[at][0] == "name" or self._tokens[at] == ("op", "*"):
            words.append(self._tokens[at][1])
            at += 1
        if not words or self._tokens[at] != ("op", ")") or not _TYPE.match(words[0]):
            return None
        self._at = at + 1
        names = [word for word in words if word not in ("*", "const", "unsigned", "signed", "struct", "enum", "union")]
        bits = next((int(found[1]) for name in names if (found := re.fullmatch(r"(?:__)?(?:[us]|le|be|uint|int)(\d+)(?:_t)?", name))), 0)
        bits = bits or min((_BITS[name] for name in names if name in _BITS), default=32 if "enum" in words or not names else 64)
        if "long" in names:
            bits = 64
        signed = "unsigned" not in words and not any(re.match(r"(?:__)?(?:u|le|be)\d|uint|ulong|ushort|size_t|bool|gfp_t|dev_t|u_", name) for name in names)
        return bits, signed, "*" in words

    def _postfix(self) -> Node:
        node = self._primary()
        while True:
            if self._take("["):
                node = _indexed(node, self._expression())
                self._need("]")
            elif self._peek() in (("op", "."), ("op", "->")):
                raise FormatError("members of structures are not known")
            else:
                return node

    def _primary(self) -> Node:
        kind, word = self._next()
        if kind == "number":
            value = int(word, 16) if word[:2].lower() == "0x" else int(word, 8) if word[0] == "0" and word.isdecimal() and set(word) <= set("01234567") else int(word)
            return lambda record: value
        if kind == "string":
            self._at -= 1
            text = self._strings()
            return lambda record: text
        if kind == "char":
            code = ord(_unquoted(word))
            return lambda record: code
        if (kind, word) == ("op", "("):
            inner = self._expression()
            self._need(")")
            return inner
        if (kind, word) == ("name", "REC"):
            self._need("->")
            name = self._next()[1]
            return lambda record: record.field(name)
        if (kind, word) == ("name", "sizeof"):
            self._need("(")
            bits = self._sizeof()
            return lambda record: bits
        if kind == "name" and self._take("("):
            return self._call(word)
        if kind == "name" and word in ("true", "false", "NULL"):
            return lambda record: int(word == "true")
        if kind == "name":
            return lambda record: record.constant(word)
        raise FormatError(f"not known: {word}")

    def _sizeof(self) -> int:
        self._at -= 1
        cast = self._cast()
        if cast is None:
            raise FormatError("sizeof of what is no type")
        return 8 if cast[2] else max(cast[0] // 8, 1)

    def _call(self, name: str) -> Node:
        """A function of trace/events' that a format may use; its opening parenthesis is taken."""
        if name in ("__get_str", "__get_rel_str", "__get_dynamic_array", "__get_rel_dynamic_array", "__get_dynamic_array_len", "__get_rel_dynamic_array_len",
                    "__get_bitmask", "__get_cpumask", "__get_rel_bitmask", "__get_rel_cpumask", "__get_sockaddr", "__get_rel_sockaddr"):  # fmt: skip
            field = self._next()[1]
            self._need(")")
            if name.endswith("str"):
                return lambda record: record.dynamic(field).text()
            if name.endswith("_len"):
                return lambda record: len(record.dynamic(field).data)
            if name.endswith("mask"):
                return lambda record: _mask(record.dynamic(field))
            return lambda record: record.dynamic(field)
        arguments: list[Node] = []
        tables: list[tuple[Node, Node]] = []
        while not self._take(")"):
            if self._take("{"):
                first = self._expression()
                self._need(",")
                second = self._expression()
                self._take(",")
                self._need("}")
                tables.append((first, second))
            else:
                arguments.append(self._expression())
            if not self._take(",") and self._peek() != ("op", ")"):
                raise FormatError(f"not known: {self._peek()[1]}")
        maker = _FUNCTIONS.get(name)
        if maker is None:
            raise FormatError(f"{name}() is not known")
        return lambda record: maker([node(record) for node in arguments], [(key(record), text(record)) for key, text in tables])


def _choice(test: Node, yes: Node, no: Node) -> Node:
    return lambda record: yes(record) if _truth(test(record)) else no(record)


def _indexed(array: Node, index: Node) -> Node:
    return lambda record: _element(array(record), number(index(record)))


def _truth(value: Any) -> bool:
    return bool(value) if isinstance(value, (int, str)) else True


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, Data) else value


def _element(value: Any, index: int) -> int:
    if not isinstance(value, Data):
        raise FormatError("it is no array")
    return value[index]


def _as(value: Any, bits: int, signed: bool, pointer: bool) -> Any:
    """A value after a cast."""
    if isinstance(value, Data):
        return Data(value.data, max(bits // 8, 1), signed, value.order) if pointer else value
    return value if pointer or isinstance(value, str) else int(bool(value)) if bits == 1 else _wrapped(bits, signed, number(value))


def _joined(op: str, left: Node, right: Node) -> Node:
    if op == "&&":
        return lambda record: int(_truth(left(record)) and _truth(right(record)))
    if op == "||":
        return lambda record: int(_truth(left(record)) or _truth(right(record)))
    apply = _OPERATIONS[op]
    return lambda record: apply(number(left(record)), number(right(record)))


# -- functions


def _symbolic(arguments: list[Any], table: list[tuple[Any, Any]]) -> str:
    value = number(arguments[0])
    for key, text in table:
        if (number(key) - value) & _MASK == 0 or _wrapped(32, False, number(key)) == value:
            return str(text)
    return f"{value & _MASK:#x}"


def _flags(arguments: list[Any], table: list[tuple[Any, Any]]) -> str:
    value, found = number(arguments[0]) & _MASK, []
    for key, text in table:
        mask = number(key)
        if value & mask == mask and (mask or not value):
            found.append(str(text))
            value &= ~mask
    if value:
        found.append(f"{value:#x}")
    return str(arguments[1] if isinstance(arguments[1], str) else "").join(found)


def _bytes(value: Any, size: int | None = None) -> bytes:
    if not isinstance(value, Data):
        raise FormatError("it is no array")
    return value.data[:size]


def _hex(arguments: list[Any], table: list[tuple[Any, Any]], between: str = " ") -> str:
    return between.join(f"{byte:02x}" for byte in _bytes(arguments[0], number(arguments[1])))


def _array(arguments: list[Any], table: list[tuple[Any, Any]]) -> str:
    count, size = number(arguments[1]), number(arguments[2])
    array = Data(_bytes(arguments[0]), size, False, arguments[0].order)
    return "{" + ",".join(f"{array[index]:#x}" for index in range(min(count, len(array)))) + "}"


def _mask(data: Data) -> str:
    """A bitmap as %*pb."""
    words = Data(data.data, 4, False, data.order)
    parts = [words[index] for index in range(len(words))]
    if data.order == "big":  # of unsigned long
        parts = [parts[index ^ 1] for index in range(len(parts) // 2 * 2)]
    return ",".join(f"{part:08x}" for part in reversed(parts))


_FUNCTIONS: dict[str, Callable[[list[Any], list[tuple[Any, Any]]], Any]] = {
    "__print_symbolic": _symbolic, "__print_symbolic64": _symbolic, "__print_flags": _flags, "__print_flags_u64": _flags, "__print_hex": _hex,
    "__print_hex_str": lambda arguments, table: _hex(arguments, table, ""), "__print_array": _array,
    "__print_ns_to_secs": lambda arguments, table: number(arguments[0]) // 1_000_000_000,
    "__print_ns_without_secs": lambda arguments, table: number(arguments[0]) % 1_000_000_000,
    "__builtin_expect": lambda arguments, table: arguments[0],
}  # fmt: skip

# -- printk's formats

_SPEC = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d+|\*)?(?:\.(?P<precision>\d+|\*)?)?(?P<length>hh|h|ll|l|L|z|t|j)?"
    r"(?P<conversion>p(?:[SsFfB]R?b?|[iI](?:S[pfschnbl]*|[46][hnblc]?)|[mM][FR]?|U[bBlL]?|h[CDN]?|bl?|[xKe])?|[diuxXocs%])"
)
_SIZES = {"hh": 8, "h": 16, "l": 64, "ll": 64, "L": 64, "z": 64, "t": 64, "j": 64}


def printed(format: str, arguments: list[Any], record: Source) -> str:
    """What printk makes of it. :raises FormatError:"""
    rest = iter(arguments)

    def following() -> Any:
        try:
            return next(rest)
        except StopIteration:
            raise FormatError("there are too few arguments") from None

    def one(match: re.Match[str]) -> str:
        conversion = match["conversion"]
        if conversion == "%":
            return "%"
        width = number(following()) if match["width"] == "*" else int(match["width"] or 0)
        precision = number(following()) if match["precision"] == "*" else int(match["precision"]) if match["precision"] else None
        flags = match["flags"] + ("-" if width < 0 else "")
        if abs(width) > MAX_WIDTH or (precision or 0) > MAX_WIDTH:
            raise FormatError("a field of the text is too wide")
        value = following()
        if conversion[0] == "p":
            text = _pointer(conversion[1:], value, record, width)
            width = 0 if conversion[1:2] in ("h", "b") else width
        elif conversion == "s":
            text = value.text() if isinstance(value, Data) else value if isinstance(value, str) else record.string(value) if value else "(null)"
            text = text[:precision] if precision is not None and precision >= 0 else text
        elif conversion == "c":
            text = chr(number(value) & 0xFF)
        else:
            bits = _SIZES.get(match["length"] or "", 32)
            plain = _wrapped(bits, conversion in "di", number(value))
            dot = f".{precision}" if precision is not None and precision >= 0 else ""
            return f"%{flags}{abs(width) or ''}{dot}{'d' if conversion in 'iu' else conversion}" % plain
        return text.ljust(abs(width)) if "-" in flags else text.rjust(abs(width))

    return _SPEC.sub(one, format)


def _pointer(kind: str, value: Any, record: Source, width: int) -> str:
    """A %p with what follows it."""
    if kind[:1] in ("S", "s", "F", "f", "B"):
        return record.symbol(number(value), kind[0] in "SFB")
    if kind[:1] in ("", "x", "K", "e"):
        return value.data.hex() if isinstance(value, Data) else f"{number(value) & _MASK:016x}"
    if kind[0] in "iI":
        return _address(kind, _bytes(value))
    if kind[0] in "mM":
        return ("" if kind[0] == "m" else ":").join(f"{byte:02x}" for byte in _bytes(value, 6))
    if kind[0] == "U":
        data = _bytes(value, 16)
        if kind[1:] in ("l", "L"):
            data = data[3::-1] + data[5:3:-1] + data[7:5:-1] + data[8:]
        text = data.hex()
        text = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
        return text.upper() if kind[1:] in ("B", "L") else text
    if kind[0] == "h":
        return {"": " ", "C": ":", "D": "-", "N": ""}[kind[1:]].join(f"{byte:02x}" for byte in _bytes(value, width or None))
    raise FormatError(f"%p{kind} is not known")


def _address(kind: str, data: bytes) -> str:
    import ipaddress

    port = ""
    if kind[1] == "S":
        family = int.from_bytes(data[:2], "little" if data[0] else "big")
        port = f":{int.from_bytes(data[2:4], 'big')}" if "p" in kind[2:] else ""
        if family not in (2, 10):
            raise FormatError(f"an address of family {family}")
        data, four = (data[4:8], True) if family == 2 else (data[8:24], False)
    else:
        four = kind[1] == "4"
    if len(data) < (4 if four else 16):
        raise FormatError("an address is too short")
    if four:
        return ".".join(str(byte) for byte in data[:4]) + port
    address = ipaddress.IPv6Address(data[:16])
    text = address.compressed if "c" in kind else address.exploded
    return f"[{text}]{port}" if port else text
