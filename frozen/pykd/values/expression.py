# SPDX-License-Identifier: GPL-2.0-or-later
"""C expressions over a dump: ``init_task.mm->pgd``, ``*(struct list_head *)0xffff…``, ``sizeof(struct page) * 4``.

Operators and their precedence are C's, with gdb's ``OBJECT@COUNT`` (that many objects in a row) and ``typeof``; there is no assignment
and no call. A name is a global variable, a function or an enumerator; ``$N``, ``$`` and ``$$`` are values that were printed. Integers
have 64 bits and wrap.
"""

from __future__ import annotations

import re

from _pykd import Dump, Error, NotFoundError, Type
from pykd.core.errors import CommandError
from pykd.values.words import bit_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pykd.values.cformat import Formatter

_TOKEN = re.compile(
    r"\s*(?:(0[xX][0-9a-fA-F]+|\d+)[uUlL]*(?![\w.])|([A-Za-z_$][\w$.]*?(?:\w|$))(?=\W|$)|('(?:\\.|[^\\'])')"
    r"|(->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>?:()\[\].,@])"
    r"|(\"(?:\\.|[^\\\"])*\"))"
)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_BINARY = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7,
    "<<": 8, ">>": 8, "@": 9, "+": 10, "-": 10, "*": 11, "/": 11, "%": 11,
}  # fmt: skip
_TYPE_WORDS = frozenset(
    "struct union enum const volatile unsigned signed char short int long float double void _Bool bool".split()
)
_TYPEOF = ("typeof", "__typeof__", "__typeof")
_MAX_REPEAT = 1 << 20
_MASK = (1 << 64) - 1
_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "a": 7, "b": 8, "f": 12, "v": 11}


class ExpressionError(CommandError):
    """The expression does not parse, or does not suit its types."""


class Value:
    """The value of an expression: an object in memory, or a number of a type."""

    __slots__ = ("address", "bits", "data", "dump", "number", "type")

    def __init__(
        self, dump: Dump, type: Type, *, address: int | None = None, number: int = 0, bits: tuple[int, int] | None = None
    ) -> None:
        """
        :param address: of an object in memory; None: *number* is the value.
        :param bits: (shift, width) of a bit field at *address*.
        """
        self.dump = dump
        self.type = type
        self.address = address
        self.number = number
        self.bits = bits
        self.data: bytes | None = None
        """Of a string constant, which is nowhere in memory"""

    def integer(self) -> int:
        """The value as a number: of arrays, structs and functions their address. :raises FaultError, ExpressionError:"""
        if self.address is None:
            return self.number
        type = self.type.strip()
        if type.kind in ("array", "function", "struct", "union"):
            return self.address
        if self.bits is not None:
            shift, width = self.bits
            number = bit_field(self.dump, self.dump.read(self.address, (shift + width + 7) // 8), shift, width)
            return number - (1 << width) if type.signed and number >> (width - 1) else number
        if not 0 < type.size <= 16:
            raise ExpressionError(f"a value of type {self.type} is not a number")
        return int.from_bytes(self.dump.read(self.address, type.size), self.dump.byteorder, signed=type.signed)

    def text(self, formatter: Formatter) -> str:
        """As gdb prints it."""
        type = self.type.strip()
        if self.data is not None:
            return formatter.value_of_bytes(self.type, self.data)
        if type.kind in ("int", "enum", "pointer", "float"):
            self.integer()  # a number that cannot be read is an error, not a value
        if self.bits is not None or self.address is None:
            if type.kind == "pointer":
                target = type.target
                inner = target.strip() if target else None
                prefix = f"({self.type}) " if self._shows_type(type) else ""
                return prefix + formatter.pointer(self.integer() & _MASK, inner)
            size = max(type.size, 1)
            data = (self.integer() & ((1 << 8 * size) - 1)).to_bytes(size, self.dump.byteorder)
            return formatter.value_of_bytes(self.type, data)
        if type.kind == "function":
            return f"{{{self.type}}} {formatter.pointer(self.address)}"
        text = formatter.value(self.type, self.address)
        return f"({self.type}) {text}" if type.kind == "pointer" and self._shows_type(type) else text

    def _shows_type(self, type: Type) -> bool:
        """gdb prefixes a pointer with its type, but for those to characters."""
        target = type.target.strip() if type.target else None
        return target is None or not (target.kind == "int" and target.size == 1)


class _Parser:
    def __init__(self, dump: Dump, text: str, history: Sequence[Value] = (), wide: bool = False) -> None:
        self.dump = dump
        self.source = text
        self.history = history
        self.wide = wide
        self.tokens = self._tokens(text)
        self.at = 0
        self.long = dump.type("long")
        self.unsigned = dump.type("unsigned long")
        self.int = dump.type("int")

    def _tokens(self, text: str) -> list[tuple[str, str, int]]:
        """(kind, text, position) with kinds ``number name char op``."""
        found = []
        at = 0
        while text[at:].strip():
            blank = len(text[at:]) - len(text[at:].lstrip())
            start = at + blank
            if match := _NAME.match(text, start):
                found.append(("name", match[0], start))
                at = match.end()
                continue
            match = _TOKEN.match(text, at)
            if match is None:
                raise ExpressionError(f"invalid expression at `{text[start:]}`")
            kind = "number" if match[1] else "char" if match[3] else "string" if match[5] else "op"
            found.append((kind, match[1] or match[3] or match[4] or match[5], start))
            at = match.end()
        return found

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, text: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at][1] == text and self.tokens[self.at][0] == "op":
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise ExpressionError(f"expected `{text}` at `{self.peek() or 'the end'}`")

    # -- grammar

    def whole(self) -> Value:
        value = self.ternary(0)
        if self.at < len(self.tokens):
            raise ExpressionError(f"unexpected `{self.peek()}`")
        return value

    def ternary(self, depth: int) -> Value:
        if depth > 100:
            raise ExpressionError("the expression is nested too deeply")
        condition = self.binary(1, depth)
        if not self.take("?"):
            return condition
        first = self.ternary(depth + 1)
        self.expect(":")
        second = self.ternary(depth + 1)
        return first if condition.integer() else second

    def binary(self, level: int, depth: int) -> Value:
        left = self.unary(depth)
        while True:
            operator = self.peek()
            binds = _BINARY.get(operator, 0)
            if binds < level or self.tokens[self.at][0] != "op":
                return left
            self.at += 1
            left = self.operate(operator, left, self.binary(binds + 1, depth + 1))

    def unary(self, depth: int) -> Value:
        if depth > 100:
            raise ExpressionError("the expression is nested too deeply")
        for operator in ("*", "&", "-", "+", "~", "!"):
            if self.take(operator):
                return self.prefix(operator, self.unary(depth + 1))
        if self.peek() == "sizeof":
            self.at += 1
            if (type := self.parenthesised_type()) is None:
                type = self.unary(depth + 1).type
            return Value(self.dump, self.unsigned, number=type.strip().size)
        if (type := self.parenthesised_type()) is not None:
            return self.cast(type, self.unary(depth + 1))
        return self.postfix(depth)

    def parenthesised_type(self) -> Type | None:
        """``(TYPE)`` at this place; None, and nothing taken, if it is something else."""
        if self.peek() != "(":
            return None
        depth = 0
        for end in range(self.at, len(self.tokens)):
            depth += (self.tokens[end][1] == "(") - (self.tokens[end][1] == ")")
            if not depth:
                break
        else:
            return None
        first = self.tokens[self.at + 1]
        if first[1] in _TYPEOF:
            return self._typeof(end)
        if first[0] != "name" or (first[1] not in _TYPE_WORDS and not self._is_typedef(first[1], end)):
            return None
        text = self.source[first[2] : self.tokens[end][2]]
        type = self.dump.type(text)
        self.at = end + 1
        return type

    def _typeof(self, end: int) -> Type:
        """``(typeof(EXPRESSION) *)``, of which the opening parenthesis is next and the last is token *end*."""
        self.at += 2
        type = self.parenthesised_type()
        if type is None:
            type = self.unary(0).type
        while self.take("*"):
            type = type.pointer()
        if self.at != end:
            raise ExpressionError(f"unexpected `{self.peek()}`")
        self.at += 1
        return type

    def _is_typedef(self, name: str, end: int) -> bool:
        """A name in parentheses is a type only if what follows it in them are stars, and it names one."""
        if any(token[1] != "*" for token in self.tokens[self.at + 2 : end]):
            return False
        return self.dump.find_type("typedef", name) is not None

    def postfix(self, depth: int) -> Value:
        value = self.primary(depth)
        while True:
            if self.take("["):
                index = self.ternary(depth + 1)
                self.expect("]")
                value = self.prefix("*", self.operate("+", value, index))
            elif self.take("."):
                value = self.member(value)
            elif self.take("->"):
                value = self.member(self.prefix("*", value))
            else:
                return value

    def primary(self, depth: int) -> Value:
        if self.take("("):
            value = self.ternary(depth + 1)
            self.expect(")")
            return value
        if self.at >= len(self.tokens):
            raise ExpressionError("the expression ends too soon")
        kind, text, _ = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            number = int(text, 8) if text[0] == "0" and text.isdigit() and len(text) > 1 else int(text, 0)
            type = self.int if number < 1 << 31 and not self.wide else self.long if number < 1 << 63 else self.unsigned
            return Value(self.dump, type, number=number & _MASK)
        if kind == "char":
            body = text[1:-1]
            code = ord(body) if len(body) == 1 else _ESCAPES.get(body[1], ord(body[1]))
            return Value(self.dump, self.dump.type("char"), number=code)
        if kind == "string":
            return self.string(text[1:-1])
        if kind == "name" and text[0] == "$":
            return self.earlier(text)
        if kind == "name" and self.peek() == "(":
            raise ExpressionError(f"{text}: nothing runs in a dump, so no function can be called")
        if kind == "name":
            return variable(self.dump, text)
        raise ExpressionError(f"unexpected `{text}`")

    # -- meaning

    def string(self, body: str) -> Value:
        """``char[]`` with the NUL."""
        text = re.sub(r"\\(.)", lambda match: chr(_ESCAPES.get(match[1], ord(match[1]))), body)
        data = text.encode("utf-8", "surrogateescape") + b"\0"
        value = Value(self.dump, self.dump.type("char").array(len(data)))
        value.data = data
        return value

    def earlier(self, name: str) -> Value:
        """A value that was printed: ``$3``, the last, ``$$`` the last but one, ``$$4``."""
        count = len(self.history)
        digits = name.lstrip("$")
        if digits and not digits.isdigit():
            raise ExpressionError(f"{name}: there are no registers and no variables of gdb's own here")
        back = int(digits or len(name) - 1)
        number = count - back if name.startswith("$$") or not digits else int(digits)
        if not 0 < number <= count:
            raise ExpressionError(f"history has not yet reached {name}")
        return self.history[number - 1]

    def member(self, value: Value) -> Value:
        kind, name, _ = self.tokens[self.at] if self.at < len(self.tokens) else ("", "the end", 0)
        if kind != "name":
            raise ExpressionError(f"expected a member at `{name}`")
        self.at += 1
        if value.type.strip().kind == "pointer":
            value = self.prefix("*", value)  # gdb and crash take `.` for `->`
        member = value.type.strip().member(name) if value.type.strip().kind in ("struct", "union") else None
        if member is None or value.address is None:
            raise ExpressionError(f"there is no member named {name} in {value.type}")
        if member.bit_size is None:
            return Value(self.dump, member.type, address=value.address + member.offset)
        first, shift = divmod(member.bit_offset, 8)
        return Value(self.dump, member.type, address=value.address + first, bits=(shift, member.bit_size))

    def cast(self, type: Type, value: Value) -> Value:
        stripped = type.strip()
        if stripped.kind in ("struct", "union"):
            return Value(self.dump, type, address=value.integer() & _MASK)
        number = value.integer() & ((1 << 8 * min(stripped.size or 8, 8)) - 1)
        if stripped.signed and number >> (8 * stripped.size - 1):
            number -= 1 << 8 * stripped.size
        return Value(self.dump, type, number=number)

    def prefix(self, operator: str, value: Value) -> Value:
        if operator == "&":
            if value.address is None or value.bits is not None:
                raise ExpressionError("only an object in memory has an address")
            return Value(self.dump, value.type.pointer(), number=value.address)
        if operator == "*":
            type = value.type.strip()
            address = value.integer() & _MASK
            if type.kind in ("pointer", "array") and type.target is not None:
                if type.target.strip().kind == "void":
                    raise ExpressionError("a void pointer points to no type; cast it")
                return Value(self.dump, type.target, address=address)
            if type.kind == "function":
                return value
            # gdb reads an int where a plain number is dereferenced; crash's users mean a word
            return Value(self.dump, self.long, address=address)
        number = value.integer()
        if operator == "!":
            return Value(self.dump, self.int, number=int(not number))
        result = -number if operator == "-" else ~number if operator == "~" else number
        return Value(self.dump, self._arithmetic(value), number=_wrap(result, self._arithmetic(value)))

    def _arithmetic(self, value: Value) -> Type:
        type = value.type.strip()
        if type.kind == "enum":
            return self.int if type.signed else self.dump.type("unsigned int")
        return type if type.kind == "int" and type.size >= 4 else self.int if type.kind == "int" else self.unsigned

    def operate(self, operator: str, left: Value, right: Value) -> Value:
        if operator == "@":
            count = right.integer()
            if left.address is None or left.bits is not None:
                raise ExpressionError("only values in memory can be extended with @")
            if not 0 < count <= _MAX_REPEAT:
                raise ExpressionError(f"invalid number {count} of repetitions")
            return Value(self.dump, left.type.array(count), address=left.address)
        a, b = left.integer(), right.integer()
        if operator in ("&&", "||"):
            return Value(self.dump, self.int, number=int(bool(a and b) if operator == "&&" else bool(a or b)))
        if operator in ("==", "!=", "<", ">", "<=", ">="):
            results = {"==": a == b, "!=": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}
            return Value(self.dump, self.int, number=int(results[operator]))
        left_step, right_step = _step(left.type), _step(right.type)
        if operator in "+-" and (left_step or right_step):
            if left_step and right_step:
                if operator == "+":
                    raise ExpressionError("two pointers cannot be added")
                return Value(self.dump, self.long, number=(a - b) // left_step)
            if right_step:
                a, b, left, left_step = b, a, right, right_step
            sign = 1 if operator == "+" else -1
            return Value(self.dump, _decayed(left.type), number=(a + sign * b * left_step) & _MASK)
        if operator in "/%" and not b:
            raise ExpressionError("division by zero")
        type = self._common(left, right)
        return Value(self.dump, type, number=_wrap(_arithmetic(operator, a, b), type))

    def _common(self, left: Value, right: Value) -> Type:
        types = [self._arithmetic(left), self._arithmetic(right)]
        size = max(type.size for type in types)
        signed = all(type.signed for type in types if type.size == size)
        return self.int if size == 4 and signed else self.dump.type("unsigned int") if size == 4 else (
            self.long if signed else self.unsigned
        )


def _arithmetic(operator: str, a: int, b: int) -> int:
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    if operator == "*":
        return a * b
    if operator == "/":
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    if operator == "%":
        return abs(a) % abs(b) * (1 if a >= 0 else -1)
    if operator == "<<":
        return a << (b & 63)
    if operator == ">>":
        return a >> (b & 63)
    return a & b if operator == "&" else a | b if operator == "|" else a ^ b


def _wrap(number: int, type: Type) -> int:
    bits = 8 * type.size
    number &= (1 << bits) - 1
    return number - (1 << bits) if type.signed and number >> (bits - 1) else number


def _step(type: Type) -> int:
    """Bytes that 1 adds to a pointer or array of this type; 0 if it is neither."""
    stripped = type.strip()
    if stripped.kind not in ("pointer", "array") or stripped.target is None:
        return 0
    return stripped.target.strip().size or 1


def _decayed(type: Type) -> Type:
    stripped = type.strip()
    return stripped.target.pointer() if stripped.kind == "array" and stripped.target else type


def variable(dump: Dump, name: str) -> Value:
    """A global variable, a function or an enumerator. :raises ExpressionError: if there is none, or its type is not known."""
    try:
        symbol = dump.symbol(name)
    except NotFoundError:
        try:
            return Value(dump, dump.enumerator_type(name), number=dump.enumerator(name))
        except NotFoundError:
            raise ExpressionError(f'no symbol "{name}" in current context') from None
    try:
        type = dump.symbol_type(name)
    except Error:
        raise ExpressionError(f"'{name}' has unknown type; cast it to its declared type") from None
    stripped = type.strip()
    if stripped.kind == "array" and stripped.length is None and stripped.target is not None and symbol.size and stripped.target.strip().size > 1:
        # a length that depends on the kernel's configuration: the symbol's size tells
        type = stripped.target.array(symbol.size // max(stripped.target.strip().size, 1))
    return Value(dump, type, address=symbol.address)


def evaluate(dump: Dump, text: str, history: Sequence[Value] = (), *, wide: bool = False) -> Value:
    """The value of a C expression.

    :param history: what ``$1``, ``$2`` … are.
    :param wide: every number has 64 bits, however small.
    :raises ExpressionError, FaultError, NotFoundError, CSyntaxError:
    """
    return _Parser(dump, text, history, wide).whole()
