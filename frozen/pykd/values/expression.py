# SPDX-License-Identifier: GPL-2.0-or-later
"""C expressions over a dump: ``init_task.mm->pgd``, ``*(struct list_head *)0xffff…``, ``sizeof(struct page) * 4``.

Operators, their precedence and the types of their results are C's; what is not reached is not evaluated. There is gdb's ``OBJECT@COUNT`` (that many
objects in a row), ``{TYPE} ADDRESS`` and ``typeof``, but no assignment and no call. A name is a global variable, a function or an enumerator;
``$N``, ``$`` and ``$$`` are values that were printed. ``per_cpu(NAME, CPU)``, ``NAME:CPU`` and ``cpu_rq(CPU)`` are a per-CPU variable on a CPU.
"""

from __future__ import annotations

import re
from functools import partial

from _pykd import Dump, Type
from pykd.values import arithmetic, constants, known
from pykd.values.cvalue import MASK, ExpressionError, Value, variable, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ExpressionError", "Value", "evaluate", "variable"]

_OPERATOR = re.compile(r"->|<<|>>|<=|>=|==|!=|&&|\|\||::|[-+*/%&|^~!<>?:()\[\].,@{}]")
_BLANKS = re.compile(r"\s*")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_ASSIGNMENT = re.compile(r"(?:[-+*/%&|^]|<<|>>)?=(?!=)|\+\+|--")
_BINARY = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7,
    "<<": 8, ">>": 8, "@": 9, "+": 10, "-": 10, "*": 11, "/": 11, "%": 11,
}  # fmt: skip
_TYPE_WORDS = frozenset("struct union enum const volatile unsigned signed char short int long float double void _Bool bool".split())
_TYPEOF = ("typeof", "__typeof__", "__typeof")
_SIZEOF = ("sizeof", "_Alignof", "alignof", "__alignof__")
_MAX_REPEAT = 1 << 20
_MAX_DEPTH = 100


class _Parser:
    def __init__(self, dump: Dump, text: str, history: Sequence[Value] = (), *, addresses: bool = False) -> None:
        self.dump = dump
        self.source = text
        self.history = history
        self.addresses = addresses
        self.tokens = self._tokens(text)
        self.at = 0
        self.dead = 0
        """Above 0 what is parsed is not reached: it has a type and no value."""
        self.choices = 0
        """``?`` whose ``:`` is to come"""

    def _type(self, name: str) -> Type:
        return self.dump.type(name)

    def _number(self, number: float, type: Type) -> Value:
        return Value(self.dump, type, number=0 if self.dead else number)

    def _tokens(self, text: str) -> list[tuple[str, str, int]]:
        """(kind, text, position) with kinds ``real integer name char string op``."""
        found: list[tuple[str, str, int]] = []
        at = 0
        while True:
            at += len(_BLANKS.match(text, at)[0])  # type: ignore[index]
            if at >= len(text):
                return found
            for kind, pattern in (
                ("name", _NAME), ("real", constants.FLOAT), ("integer", constants.INTEGER), ("char", constants.CHARACTER), ("string", constants.STRING), ("op", _OPERATOR),
            ):  # fmt: skip
                if (match := pattern.match(text, at)) and not (kind == "op" and _ASSIGNMENT.match(text, at)):
                    break
            else:
                if _ASSIGNMENT.match(text, at):
                    raise ExpressionError("nothing can be assigned: a dump is read and not written")
                number = re.match(r"[\w.]+", text[at:])
                raise ExpressionError(f'invalid number "{number[0]}"' if number and text[at].isdigit() else f"invalid expression at `{text[at:]}`")
            found.append((kind, match[0], at))
            at = match.end()

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _is_operator(self) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][0] == "op"

    def take(self, text: str) -> bool:
        if self._is_operator() and self.tokens[self.at][1] == text:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise ExpressionError(f"expected `{text}` at `{self.peek() or 'the end'}`")

    # -- grammar

    def whole(self) -> Value:
        value = self.comma(0)
        if self.at < len(self.tokens):
            raise ExpressionError(f"unexpected `{self.peek()}`")
        return value

    def comma(self, depth: int) -> Value:
        value = self.ternary(depth)
        while self.take(","):
            value = self.ternary(depth)
        return value

    def ternary(self, depth: int) -> Value:
        if depth > _MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply")
        condition = self.binary(1, depth)
        if not self.take("?"):
            return condition
        holds = self._truth(condition)
        self.choices += 1
        first = self._reached(holds, lambda: self.comma(depth + 1))
        self.choices -= 1
        self.expect(":")
        second = self._reached(not holds, lambda: self.ternary(depth + 1))
        chosen = first if holds else second
        types = [value.type.strip() for value in (first, second)]
        if all(type.kind in ("int", "enum", "float") for type in types) and not (first.untyped or second.untyped):
            kinds = [arithmetic.promoted(self.dump, type) for type in types]
            return self._converted(chosen, arithmetic.common(self.dump, *kinds)) if types[0] != types[1] else chosen
        return chosen

    def _reached(self, reached: bool, parse: Callable[[], Value]) -> Value:
        """What *parse* gives; without its value if it is not *reached*."""
        self.dead += not reached
        try:
            return parse()
        finally:
            self.dead -= not reached

    def _truth(self, value: Value) -> bool:
        return bool(self._scalar(value))

    def _scalar(self, value: Value) -> float:
        """The number; 0 of what is not reached."""
        return 0 if self.dead else value.scalar()

    def _whole(self, value: Value) -> int:
        """The number where only an integer can be: an address, a count, a CPU. :raises ExpressionError: it is infinite, or none."""
        return whole(self._scalar(value))

    def _converted(self, value: Value, type: Type) -> Value:
        return self._number(arithmetic.converted(self._scalar(value), type.strip()), type)

    def binary(self, level: int, depth: int) -> Value:
        left = self.unary(depth)
        while True:
            operator = self.peek()
            binds = _BINARY.get(operator, 0)
            if binds < level or not self._is_operator():
                return left
            self.at += 1
            if operator in ("&&", "||"):
                first = self._truth(left)
                right = self._reached(first == (operator == "&&"), partial(self.binary, binds + 1, depth + 1))
                decided = first != (operator == "&&")
                left = self._number(int(first if decided else self._truth(right)), self._type("int"))
            else:
                left = self.operate(operator, left, self.binary(binds + 1, depth + 1))

    def unary(self, depth: int) -> Value:
        if depth > _MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply")
        for operator in ("*", "&", "-", "+", "~", "!"):
            if self.take(operator):
                return self.prefix(operator, self.unary(depth + 1))
        if self.peek() in _SIZEOF and self.tokens[self.at][0] == "name":
            return self.size(depth)
        if self.take("{"):
            return self.at_address(depth)
        if (type := self.parenthesised_type()) is not None:
            return self.cast(type, self.unary(depth + 1))
        return self.postfix(depth)

    def size(self, depth: int) -> Value:
        """``sizeof`` of an expression, which is not evaluated, or of a type in parentheses."""
        self.at += 1
        if (type := self.parenthesised_type()) is None:
            value = self._reached(False, lambda: self.unary(depth + 1))
            if value.untyped:
                raise ExpressionError(value.unknown())
            type = value.type
        return self._number(type.strip().size, self._type("unsigned long"))

    def at_address(self, depth: int) -> Value:
        """``{TYPE} ADDRESS``, behind the brace."""
        start = self.tokens[self.at][2] if self.at < len(self.tokens) else 0
        while self.at < len(self.tokens) and self.peek() != "}":
            self.at += 1
        end = self.tokens[self.at][2] if self.at < len(self.tokens) else 0
        self.expect("}")
        type = self._type(self.source[start:end])
        return Value(self.dump, type, address=self._whole(self.unary(depth + 1)) & MASK)

    def parenthesised_type(self) -> Type | None:
        """``(TYPE)`` at this place; None, and nothing taken, if it is something else."""
        if self.peek() != "(" or not self._is_operator():
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
            type = self._reached(False, lambda: self.unary(0)).type
        while self.take("*"):
            type = type.pointer()
        if self.at != end:
            raise ExpressionError(f"unexpected `{self.peek()}`")
        self.at += 1
        return type

    def _is_typedef(self, name: str, end: int) -> bool:
        """A name in parentheses is a type only if what follows it in them are stars, or the length of an array, and it names one."""
        inner = [token[1] for token in self.tokens[self.at + 2 : end]]
        if any(text not in ("*", "[", "]", "const", "volatile") and not text.isdigit() for text in inner):
            return False
        return self.dump.find_type("typedef", name) is not None and not self.dump.address_of(name, default=0)

    def postfix(self, depth: int) -> Value:
        value = self.primary(depth)
        while True:
            if self.take("["):
                index = self.comma(depth + 1)
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
            value = self.comma(depth + 1)
            self.expect(")")
            return value
        if self.take("::"):
            pass  # the global one of that name; there are no others
        if self.at >= len(self.tokens):
            raise ExpressionError("the expression ends too soon")
        kind, text, _ = self.tokens[self.at]
        self.at += 1
        if kind == "integer":
            number, name = _integer(text)
            if self.addresses:
                name = "unsigned long" if "unsigned" in name else "long"
            return self._number(number, self._type(name))
        if kind == "real":
            real, name = constants.real(text)
            return self._number(arithmetic.converted(real, self._type(name)), self._type(name))
        if kind == "char":
            value = self._number(constants.character(text), self._type("int"))
            value.is_character = True
            return value
        if kind == "string":
            return self.string(text)
        if kind == "name":
            return self.named(text, depth)
        raise ExpressionError(f"unexpected `{text}`")

    def named(self, name: str, depth: int) -> Value:
        if name[0] == "$":
            return self.earlier(name)
        if self.peek() == "(" and self._is_operator():
            return self.call(name, depth)
        if self.peek() == "::" and self._is_operator():
            raise ExpressionError(f"{name}::: what is local to a function or file takes debug information")
        if self.addresses and (address := self.dump.address_of(name, default=0)):
            return self._number(address, self._type("unsigned long"))
        value = variable(self.dump, name)
        following = self.tokens[self.at : self.at + 2]
        if not self.choices and len(following) == 2 and following[0][1] == ":" and following[1][0] == "integer":
            self.at += 2
            return self.on_cpu(value, _integer(following[1][1])[0])
        return value

    def call(self, name: str, depth: int) -> Value:
        """What looks like a call, and is none of a function's."""
        if name not in ("per_cpu", "cpu_rq"):
            raise ExpressionError(f"{name}: nothing runs in a dump, so no function can be called")
        self.expect("(")
        value = variable(self.dump, "runqueues") if name == "cpu_rq" else self.ternary(depth + 1)
        if name == "per_cpu":
            self.expect(",")
        cpu = self.ternary(depth + 1)
        self.expect(")")
        found = self.on_cpu(value, self._whole(cpu))
        return found if name == "per_cpu" else self.prefix("&", found)

    def on_cpu(self, value: Value, nr: int) -> Value:
        """A per-CPU variable, or what a per-CPU pointer points to, on a CPU."""
        offset = next((cpu.percpu for cpu in self.dump.cpus() if cpu.nr == nr), None)
        if offset is None:
            raise ExpressionError(f"there is no CPU {nr}")
        if value.address is None:
            return Value(self.dump, value.type, number=self._whole(value) + offset & MASK)
        return Value(self.dump, value.type, address=value.address + offset & MASK, untyped=value.untyped)

    # -- meaning

    def string(self, text: str) -> Value:
        """``char[]`` with the NUL."""
        data = constants.string(text)
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "string":
            data = data[:-1] + constants.string(self.tokens[self.at][1])
            self.at += 1
        value = Value(self.dump, self._type("char").array(len(data)))
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
        if value.untyped:
            raise ExpressionError(value.unknown())
        if value.type.strip().kind == "pointer":
            value = self.prefix("*", value)  # gdb and crash take `.` for `->`
        member = value.type.strip().member(name) if value.type.strip().kind in ("struct", "union") else None
        if member is None or value.address is None:
            raise ExpressionError(f"there is no member named {name} in {value.type}", meant=lambda: known.members(value.type, name))
        if member.bit_size is None:
            return Value(self.dump, member.type, address=value.address + member.offset)
        first, shift = divmod(member.bit_offset, 8)
        return Value(self.dump, member.type, address=value.address + first, bits=(shift, member.bit_size))

    def cast(self, type: Type, value: Value) -> Value:
        stripped = type.strip()
        if value.untyped and value.address is not None:
            return Value(self.dump, type, address=value.address)  # what it is now known to be
        if stripped.kind in ("struct", "union", "array", "function"):
            return Value(self.dump, type, address=self._whole(value) & MASK)
        if stripped.kind == "void":
            return Value(self.dump, type)
        return self._converted(value, type)

    def prefix(self, operator: str, value: Value) -> Value:
        if operator == "&":
            if value.address is None or value.bits is not None:
                raise ExpressionError("only an object in memory has an address")
            return Value(self.dump, value.type.pointer(), number=value.address, untyped=value.untyped)
        if operator == "*":
            return self.target(value)
        number = self._scalar(value)
        if operator == "!":
            return self._number(int(not number), self._type("int"))
        type = self._promoted(value)
        if operator == "~":
            if type.kind == "float":
                raise ExpressionError("`~` is for integers")
            return self._number(arithmetic.wrapped(~int(number), type), type)
        return self._number(arithmetic.converted(-number if operator == "-" else number, type), type)

    def target(self, value: Value) -> Value:
        """What a pointer points to."""
        type = value.type.strip()
        address = self._whole(value) & MASK
        if value.untyped:
            return Value(self.dump, value.type, address=address, untyped=True)
        if type.kind in ("pointer", "array") and type.target is not None:
            if type.target.strip().kind == "void":
                raise ExpressionError("a void pointer points to no type; cast it")
            return Value(self.dump, type.target, address=address)
        if type.kind == "function":
            return value
        if type.kind not in ("int", "enum"):
            raise ExpressionError(f"a value of type {value.type} points to nothing")
        return Value(self.dump, self._type("long"), address=address)  # as gdb, where a number is dereferenced

    def _promoted(self, value: Value) -> Type:
        if value.untyped and value.address is not None:
            raise ExpressionError(value.unknown())
        type = value.type.strip()
        if value.bits is not None and type.kind == "int" and (value.bits[1] < 32 or (value.bits[1] == 32 and type.signed)):
            return self._type("int")  # it holds all that the field does
        if value.is_enumerator and type.size == 4:
            return self._type("int" if value.number < 1 << 31 else "unsigned int")
        return arithmetic.promoted(self.dump, type)

    def operate(self, operator: str, left: Value, right: Value) -> Value:
        if operator == "@":
            return self.repeated(left, self._whole(right))
        steps = _step(left.type), _step(right.type)
        if operator in "+-" and any(steps):
            return self.moved(operator, left, right, steps)
        kinds = self._promoted(left), self._promoted(right)
        if operator in ("<<", ">>"):
            if any(kind.kind == "float" for kind in kinds):
                raise ExpressionError(f"`{operator}` is for integers")
            return self._operated(operator, self._scalar(left), self._scalar(right), kinds[0])
        type = arithmetic.common(self.dump, *kinds)
        a, b = (arithmetic.converted(self._scalar(value), type) for value in (left, right))
        if operator in arithmetic.COMPARISONS:
            return self._number(arithmetic.compared(operator, a, b), self._type("int"))
        return self._operated(operator, a, b, type)

    def _operated(self, operator: str, a: float, b: float, type: Type) -> Value:
        return self._number(0 if self.dead else arithmetic.result(operator, a, b, type), type)

    def moved(self, operator: str, left: Value, right: Value, steps: tuple[int, int]) -> Value:
        """Pointer arithmetic, in steps of these bytes; 0: it is no pointer."""
        a, b = self._whole(left), self._whole(right)
        if all(steps):
            if operator == "+":
                raise ExpressionError("two pointers cannot be added")
            distance = arithmetic.wrapped(a - b, self._type("long"))
            return self._number(abs(distance) // steps[0] * (1 if distance >= 0 else -1), self._type("long"))
        if steps[1]:
            if operator == "-":
                raise ExpressionError("a pointer cannot be taken from a number")
            a, b, left, steps = b, a, right, (steps[1], 0)
        if self._promoted(right if left is not right else left).kind == "float":
            raise ExpressionError("a pointer is moved by integers")
        return self._number((a + (b if operator == "+" else -b) * steps[0]) & MASK, _decayed(left.type))

    def repeated(self, value: Value, count: int) -> Value:
        """``OBJECT@COUNT``"""
        if value.address is None or value.bits is not None:
            raise ExpressionError("only values in memory can be extended with @")
        if value.untyped:
            raise ExpressionError(value.unknown())
        if not 0 < count <= _MAX_REPEAT:
            raise ExpressionError(f"invalid number {count} of repetitions")
        return Value(self.dump, value.type.array(count), address=value.address)


def _integer(text: str) -> tuple[int, str]:
    """(value, name of the type) of a token."""
    match = constants.INTEGER.fullmatch(text)
    assert match is not None
    return constants.integer(match[1], match[2])


def _step(type: Type) -> int:
    """Bytes that 1 adds to a pointer or array of this type; 0 if it is neither."""
    stripped = type.strip()
    if stripped.kind not in ("pointer", "array") or stripped.target is None:
        return 0
    return stripped.target.strip().size or 1


def _decayed(type: Type) -> Type:
    stripped = type.strip()
    return stripped.target.pointer() if stripped.kind == "array" and stripped.target else type


def evaluate(dump: Dump, text: str, history: Sequence[Value] = (), *, addresses: bool = False) -> Value:
    """The value of a C expression.

    :param history: what ``$1``, ``$2`` … are.
    :param addresses: a symbol is its address, whatever its type, and all integers have 64 bits: for a calculator.
    :raises ExpressionError, FaultError, NotFoundError, CSyntaxError:
    """
    try:
        return _Parser(dump, text, history, addresses=addresses).whole()
    except (constants.ConstantError, arithmetic.ArithmeticFault) as error:
        raise ExpressionError(str(error)) from None
