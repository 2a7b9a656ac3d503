# SPDX-License-Identifier: GPL-2.0-or-later
"""C of fixtures: declarations to types laid out as gcc does for LP64, definitions with initialisers to bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


class TextError(ValueError):
    """What is wrong with a text, for whoever wrote it."""


class Type:
    """*size* and *align* are in bytes."""

    size = 0
    align = 1


@dataclass(eq=False)
class Int(Type):
    name: str
    size: int
    signed: bool = False
    boolean: bool = False

    @property
    def align(self) -> int:  # type: ignore[override]
        return self.size


@dataclass(eq=False)
class Void(Type):
    size = 0


@dataclass(eq=False)
class Pointer(Type):
    target: Type
    size = align = 8


@dataclass(eq=False)
class Array(Type):
    target: Type
    nr: int | None  # None: as long as its initialiser

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.target.size * (self.nr or 0)

    @property
    def align(self) -> int:  # type: ignore[override]
        return self.target.align


@dataclass(eq=False)
class Function(Type):
    target: Type
    parameters: list[tuple[str, Type]]
    variadic: bool = False


@dataclass(eq=False)
class Typedef(Type):
    name: str
    target: Type

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.target.size

    @property
    def align(self) -> int:  # type: ignore[override]
        return self.target.align


@dataclass(eq=False)
class Enum(Type):
    tag: str
    values: list[tuple[str, int]] | None = None
    align = 4

    @property
    def size(self) -> int:  # type: ignore[override]
        return 8 if any(not -(1 << 31) <= value < 1 << 32 for _, value in self.values or ()) else 4

    @property
    def signed(self) -> bool:
        return any(value < 0 for _, value in self.values or ())


@dataclass(eq=False)
class Member:
    name: str
    type: Type
    bit_offset: int
    bits: int | None  # of a bit field


@dataclass(eq=False)
class Compound(Type):
    """A struct or a union; without members if it is only named."""

    kind: str
    tag: str
    members: list[Member] | None = None
    size: int = 0
    align: int = 1

    def lay_out(self, declared: list[tuple[str, Type, int | None]], packed: bool) -> None:
        """Places for the members, in bits: a bit field stays within a unit of its type."""
        self.members, at = [], 0
        end = 0
        for name, type_, bits in declared:
            align = 1 if packed else type_.align
            if self.kind == "union":
                at = 0
            if bits is None:
                at = -(-at // (8 * align)) * 8 * align
            elif bits == 0 or (not packed and at // (8 * type_.size) != (at + bits - 1) // (8 * type_.size)):
                at = -(-at // (8 * type_.size)) * 8 * type_.size
            if name or bits is None:
                self.members.append(Member(name, type_, at, bits))
                self.align = max(self.align, align)
            at += 8 * type_.size if bits is None else bits
            end = max(end, at)
        self.size = -(-end // (8 * self.align)) * self.align


def strip(type_: Type) -> Type:
    while isinstance(type_, Typedef):
        type_ = type_.target
    return type_


_INTS = {
    "char": ("char", 1, True), "signed char": ("signed char", 1, True), "unsigned char": ("unsigned char", 1, False),
    "short": ("short int", 2, True), "unsigned short": ("short unsigned int", 2, False),
    "int": ("int", 4, True), "unsigned": ("unsigned int", 4, False),
    "long": ("long int", 8, True), "unsigned long": ("long unsigned int", 8, False),
    "long long": ("long long int", 8, True), "unsigned long long": ("long long unsigned int", 8, False),
    "__int128": ("__int128", 16, True), "unsigned __int128": ("__int128 unsigned", 16, False),
}  # fmt: skip
_WORDS = {"char", "short", "int", "long", "signed", "unsigned", "__int128"}
_QUALIFIERS = {"const", "volatile", "restrict", "extern", "inline", "static"}
_TOKEN = re.compile(
    r"(?:\s+|/\*.*?\*/|//[^\n]*)*"
    r"(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])+'|0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<|>>|\.\.\.|[{}()\[\];,.*&|^~+/%=:-]|$)([uUlL]*(?=\W|$))?",
    re.DOTALL,
)
_BINARY = {"|": 1, "^": 2, "&": 3, "<<": 4, ">>": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
_APPLY: dict[str, Callable[[int, int], int]] = {
    "|": lambda a, b: a | b, "^": lambda a, b: a ^ b, "&": lambda a, b: a & b, "<<": lambda a, b: a << b, ">>": lambda a, b: a >> b,
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a // b, "%": lambda a, b: a % b,
}  # fmt: skip

Names = Callable[[str], "int | None"]
"""The value of a name: an address, an enumerator."""
Expression = Callable[[Names], int]


@dataclass
class Values:
    """An initialiser in braces: designators and values."""

    items: list[tuple[list[str | int], Initialiser]] = field(default_factory=list)


Initialiser = Values | bytes | Expression


@dataclass
class Definition:
    """*initialisers* has one, or those of several CPUs."""

    name: str
    type: Type
    static: bool
    initialisers: list[Initialiser]


def _text(token: str) -> bytes:
    return token[1:-1].encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1")


class Declarations:
    """The types of one fixture. Names of types, of enumerators and of what was defined live here."""

    def __init__(self) -> None:
        self.compounds: dict[tuple[str, str], Compound] = {}
        self.enums: dict[str, Enum] = {}
        self.typedefs: dict[str, Typedef] = {}
        self.enumerators: dict[str, int] = {}
        self.variables: dict[str, Type] = {}
        self.ints = {words: Int(*row) for words, row in _INTS.items()}
        self.bool = Int("_Bool", 1, boolean=True)
        self.void = Void()
        self.order: list[Type] = []  # named types as declared

    def parse(self, text: str) -> list[Definition]:
        """Declare what *text* declares; what it defines is returned."""
        return list(_Parser(self, text).definitions())

    def number(self, text: str, names: Names) -> int:
        """What an expression such as ``&init_task.tasks + 8`` comes to."""
        return _Parser(self, text).expression()(names)


class _Parser:
    def __init__(self, declarations: Declarations, text: str) -> None:
        self._known = declarations
        self._tokens = []
        at = 0
        while match := _TOKEN.match(text, at):
            self._tokens.append(match[1])
            at = match.end()
            if not match[1]:
                break
        else:
            raise TextError(f"not C: {text[at:].strip().splitlines()[0]}")
        self._at = 0

    # Tokens.

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self, ahead: int = 0) -> str:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def _accept(self, *tokens: str) -> bool:
        found = self._peek() in tokens
        self._at += found
        return found

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            context = " ".join(self._tokens[max(0, self._at - 6) : self._at + 3])
            raise TextError(f"expected {token} and found {self._peek() or 'the end'} in: {context}")

    # Declarations.

    def definitions(self) -> Iterator[Definition]:
        while self._peek():
            typedef = self._accept("typedef")
            static = self._peek() == "static"
            base = self._specifiers()
            if self._accept(";"):
                continue
            while True:
                name, type_ = self._declarator(base)
                if typedef:
                    self._known.typedefs[name] = Typedef(name, type_)
                    self._known.order.append(self._known.typedefs[name])
                else:
                    yield self._definition(name, type_, static)
                if not self._accept(","):
                    break
            self._expect(";")

    def _definition(self, name: str, type_: Type, static: bool) -> Definition:
        initialisers = []
        if self._accept("="):
            initialisers.append(self._initialiser())
            # "int x = 1, 2;": of CPU 0 and 1. What begins with a name would be the next variable.
            while self._peek() == "," and not re.match(r"[A-Za-z_*]", self._peek(1)):
                self._next()
                initialisers.append(self._initialiser())
        if isinstance(type_, Array) and type_.nr is None and initialisers:
            first = initialisers[0]
            type_.nr = len(first) + 1 if isinstance(first, bytes) else self._count(first)
        self._known.variables[name] = type_
        return Definition(name, type_, static, initialisers)

    @staticmethod
    def _count(values: Initialiser) -> int:
        at = nr = 0
        for designators, _ in values.items if isinstance(values, Values) else ():
            at = (int(designators[0]) if designators else at) + 1
            nr = max(nr, at)
        return nr

    def _specifiers(self) -> Type:
        words: list[str] = []
        found: Type | None = None
        while True:
            token = self._peek()
            if token in _QUALIFIERS:
                self._next()
            elif token in _WORDS:
                words.append(self._next())
            elif found or words:
                break
            elif token in ("struct", "union"):
                found = self._compound(self._next())
            elif token == "enum":
                self._next()
                found = self._enum()
            elif token in ("void", "_Bool", "bool"):
                found = self._known.void if self._next() == "void" else self._known.bool
            elif token in self._known.typedefs:
                found = self._known.typedefs[self._next()]
            else:
                raise TextError(f"no type is called {token or 'nothing'}")
        return found or self._int(words)

    def _int(self, words: list[str]) -> Int:
        kind = " ".join(word for word in ("char", "short", "__int128", *["long"] * words.count("long")) if word in words) or "int"
        sign = "unsigned " if "unsigned" in words else "signed " if "signed" in words and kind == "char" else ""
        return self._known.ints["unsigned" if sign + kind == "unsigned int" else sign + kind]

    def _compound(self, kind: str) -> Compound:
        tag = self._next() if re.match(r"[A-Za-z_]", self._peek()) else ""
        compound = self._known.compounds.get((kind, tag)) if tag else None
        if compound is None:
            compound = Compound(kind, tag)
            if tag:
                self._known.compounds[kind, tag] = compound
        if not self._accept("{"):
            return compound
        if tag:
            self._known.order.append(compound)
        declared: list[tuple[str, Type, int | None]] = []
        while not self._accept("}"):
            base = self._specifiers()
            if self._accept(";"):
                declared.append(("", base, None))
                continue
            while True:
                name, type_ = ("", base) if self._peek() == ":" else self._declarator(base)
                declared.append((name, type_, self._constant() if self._accept(":") else None))
                if not self._accept(","):
                    break
            self._expect(";")
        compound.lay_out(declared, packed=self._accept("__packed"))
        return compound

    def _enum(self) -> Enum:
        tag = self._next() if re.match(r"[A-Za-z_]", self._peek()) else ""
        enum = self._known.enums.get(tag) or Enum(tag)
        if tag:
            self._known.enums[tag] = enum
        if self._accept("{"):
            enum.values = []
            self._known.order.append(enum)
            value = 0
            while not self._accept("}"):
                name = self._next()
                value = self._constant() if self._accept("=") else value
                enum.values.append((name, value))
                self._known.enumerators[name] = value
                value += 1
                self._accept(",")
        return enum

    def _declarator(self, base: Type) -> tuple[str, Type]:
        while self._accept("*"):
            base = Pointer(base)
            while self._accept(*_QUALIFIERS):
                pass
        if self._accept("("):
            hole = Void()
            name, inner = self._declarator(hole)
            self._expect(")")
            outer = self._suffixes(base)
            if inner is hole:
                return name, outer
            link = inner
            while link.target is not hole:  # type: ignore[attr-defined]
                link = link.target  # type: ignore[attr-defined]
            link.target = outer  # type: ignore[attr-defined]
            return name, inner
        name = self._next() if re.match(r"[A-Za-z_]", self._peek()) else ""
        return name, self._suffixes(base)

    def _suffixes(self, base: Type) -> Type:
        if self._accept("["):
            nr = None if self._peek() == "]" else self._constant()
            self._expect("]")
            return Array(self._suffixes(base), nr)
        if self._accept("("):
            function = Function(base, [])
            while not self._accept(")"):
                if self._accept("..."):
                    function.variadic = True
                else:
                    name, type_ = self._declarator(self._specifiers())
                    if name or not isinstance(type_, Void):
                        function.parameters.append((name, type_))
                self._accept(",")
            return function
        return base

    # Values.

    def _constant(self) -> int:
        return self.expression()(self._known.enumerators.get)

    def _initialiser(self) -> Initialiser:
        if self._peek().startswith('"'):
            text = b""
            while self._peek().startswith('"'):
                text += _text(self._next())
            return text
        if not self._accept("{"):
            return self.expression()
        values = Values()
        while not self._accept("}"):
            designators: list[str | int] = []
            while self._peek() in (".", "["):
                if self._accept("."):
                    designators.append(self._next())
                else:
                    self._next()
                    designators.append(self._constant())
                    self._expect("]")
            if designators:
                self._expect("=")
            values.items.append((designators, self._initialiser()))
            self._accept(",")
        return values

    def expression(self, strength: int = 1) -> Expression:
        left = self._unary()
        while (operator := self._peek()) in _BINARY and _BINARY[operator] >= strength:
            self._next()
            left = self._apply(_APPLY[operator], left, self.expression(_BINARY[operator] + 1))
        return left

    @staticmethod
    def _apply(function: Callable[[int, int], int], left: Expression, right: Expression) -> Expression:
        return lambda names: function(left(names), right(names))

    def _unary(self) -> Expression:
        token = self._next()
        if token in ("-", "~"):
            operand = self._unary()
            return (lambda names: -operand(names)) if token == "-" else lambda names: ~operand(names)
        if token == "(":
            inner = self.expression()
            self._expect(")")
            return inner
        if token == "sizeof":
            self._expect("(")
            _, type_ = self._declarator(self._specifiers())
            self._expect(")")
            return lambda names: type_.size
        if token == "&":
            return self._address(self._next())
        if token.startswith("'"):
            return lambda names: _text(token)[0]
        if token[:1].isdigit():
            number = int(token, 0) if not re.fullmatch(r"0\d+", token) else int(token, 8)
            return lambda names: number
        return self._address(token)

    def _address(self, name: str) -> Expression:
        """``name.member[3].other``; an enumerator is one of its own."""
        path: list[str | int] = []
        while self._peek() in (".", "["):
            if self._accept("."):
                path.append(self._next())
            else:
                self._next()
                path.append(self._constant())
                self._expect("]")
        known = self._known

        def value(names: Names) -> int:
            start = known.enumerators.get(name)
            if start is None:
                start = names(name)
            if start is None:
                raise TextError(f"nothing is called {name}")
            return start + (place(known.variables[name], path)[0] // 8 if path else 0)

        return value


def member(type_: Compound, name: str) -> tuple[int, Member] | None:
    """Where a member lies, in bits, and the member; those of nameless members are the struct's own."""
    for each in type_.members or ():
        if each.name == name:
            return each.bit_offset, each
        inner = strip(each.type)
        if not each.name and isinstance(inner, Compound):
            found = member(inner, name)
            if found:
                return each.bit_offset + found[0], found[1]
    return None


def place(type_: Type, path: list[str | int]) -> tuple[int, Type, int | None]:
    """Offset of what *path* leads to, in bits; its type; its width if it is a bit field."""
    offset, bits = 0, None
    for step in path:
        type_ = strip(type_)
        if isinstance(step, int) and isinstance(type_, Array):
            type_ = type_.target
            offset += 8 * step * type_.size
        else:
            found = member(type_, str(step)) if isinstance(type_, Compound) else None
            if found is None:
                raise TextError(f"{getattr(type_, 'tag', 'what is no struct')} has no member {step}")
            offset += found[0]
            type_, bits = found[1].type, found[1].bits
    return offset, type_, bits


def encode(type_: Type, value: Initialiser, names: Names, order: str) -> bytes:
    """The bytes of an object; *order* is "little" or "big"."""
    data = bytearray(type_.size)
    _store(data, 0, type_, None, value, names, order)
    return bytes(data)


def _store(data: bytearray, at: int, type_: Type, bits: int | None, value: Initialiser, names: Names, order: str) -> None:
    type_ = strip(type_)
    if isinstance(value, bytes):
        if not isinstance(type_, Array) or len(value) > type_.size:
            raise TextError(f"{value!r} does not fit there")
        data[at // 8 : at // 8 + len(value)] = value
    elif isinstance(value, Values):
        index = 0
        members = list(type_.members or ()) if isinstance(type_, Compound) else []
        for designators, item in value.items:
            if designators:
                offset, inner, width = place(type_, designators)
                if isinstance(designators[0], int):
                    index = designators[0]
                else:
                    index = next((i for i, each in enumerate(members) if each.name == designators[0]), index)
            elif isinstance(type_, Array):
                offset, inner, width = 8 * index * type_.target.size, type_.target, None
            elif index < len(members):
                offset, inner, width = members[index].bit_offset, members[index].type, members[index].bits
            else:
                raise TextError("more values than members")
            _store(data, at + offset, inner, width, item, names, order)
            index += 1
    else:
        _store_number(data, at, bits or 8 * type_.size, value(names), order)


def _store_number(data: bytearray, at: int, bits: int, number: int, order: str) -> None:
    """Bits are counted from the end of memory where the machine's first byte is the highest."""
    number &= (1 << bits) - 1
    first, last = at // 8, -(-(at + bits) // 8)
    shift = at % 8 if order == "little" else 8 * last - at - bits
    word = int.from_bytes(data[first:last], order)  # type: ignore[arg-type]
    word = word & ~(((1 << bits) - 1) << shift) | number << shift
    data[first:last] = word.to_bytes(last - first, order)  # type: ignore[arg-type]
