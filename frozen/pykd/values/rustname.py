# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of Rust's symbols as the source has them: the v0 scheme (``_R…``, RFC 2603) and the older one (``_ZN…17h…E``)."""

from __future__ import annotations

import re

_BASIC = {
    "a": "i8", "b": "bool", "c": "char", "d": "f64", "e": "str", "f": "f32", "h": "u8", "i": "isize", "j": "usize", "l": "i32", "m": "u32",
    "n": "i128", "o": "u128", "p": "_", "s": "i16", "t": "u16", "u": "()", "v": "...", "x": "i64", "y": "u64", "z": "!",
}  # fmt: skip
_LEGACY = {"SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ","}
_MAX_DEPTH = 200
_MAX_LENGTH = 1 << 16


class _Malformed(Exception):
    pass


def demangle(symbol: str) -> str | None:
    """The name; None if the symbol is none of Rust's."""
    plain = symbol.partition(".llvm.")[0]
    try:
        if match := re.match(r"_{0,2}R(?=[A-Z])", plain):
            reader = _V0(plain[match.end() :].partition(".")[0])
            name = reader.path(True)
            if reader.at < len(reader.text):
                reader.silent = True
                reader.path(False)
            return name if reader.at == len(reader.text) else None
        if match := re.fullmatch(r"_{0,2}ZN(.*)E(?:\..*)?", plain):
            return _legacy(match[1])
    except (_Malformed, RecursionError, ValueError):
        pass
    return None


def _legacy(text: str) -> str | None:
    parts = []
    while text:
        match = re.match(r"\d+", text)
        if match is None:
            return None
        length = int(match[0])
        parts.append(text[match.end() :][:length])
        text = text[match.end() + length :]
    if len(parts) < 2 or not re.fullmatch(r"h[0-9a-f]{16}", parts.pop()):
        return None
    return "::".join(map(_plain, parts))


def _plain(part: str) -> str:
    part = part[1:] if part.startswith("_$") else part

    def escape(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if code[0] == "u" and code[1:] else _LEGACY.get(code, match[0])

    return re.sub(r"\$(\w+)\$", escape, part).replace("..", "::")


class _V0:
    """A recursive-descent reader of the grammar in RFC 2603."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.silent = False
        self.bound = 0
        self.budget = _MAX_LENGTH

    # -- letters

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        if self.at >= len(self.text):
            raise _Malformed
        self.at += 1
        return self.text[self.at - 1]

    def take(self, letter: str) -> bool:
        if self.peek() == letter:
            self.at += 1
            return True
        return False

    def base62(self) -> int:
        if self.take("_"):
            return 0
        value = 0
        while not self.take("_"):
            c = self.next()
            digit = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".find(c)
            if digit < 0:
                raise _Malformed
            value = value * 62 + digit
        return value + 1

    def disambiguator(self) -> int:
        return self.base62() + 1 if self.take("s") else 0

    def identifier(self) -> str:
        is_punycode = self.take("u")
        digits = ""
        while self.peek().isdigit():
            digits += self.next()
            if digits == "0":
                break
        self.take("_")
        length = int(digits or 0)
        word = self.text[self.at : self.at + length]
        if len(word) < length:
            raise _Malformed
        self.at += length
        self.budget -= length
        if self.budget < 0:
            raise _Malformed
        if not is_punycode:
            return word
        base, _, rest = word.rpartition("_")
        return f"{base}-{rest}".strip("-").encode().decode("punycode")

    def backref(self, read: str) -> str:
        here = self.at - 1
        target = self.base62()
        if target >= here:
            raise _Malformed
        saved, self.at = self.at, target
        value: str = getattr(self, read)()
        self.at = saved
        return value

    # -- grammar

    def path(self, in_value: bool = False) -> str:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _Malformed
        try:
            return self._path(in_value)
        finally:
            self.depth -= 1

    def _path(self, in_value: bool) -> str:
        tag = self.next()
        if tag == "C":
            self.disambiguator()
            return self.identifier()
        if tag == "N":
            space = self.next()
            parent = self.path(in_value)
            number = self.disambiguator()
            name = self.identifier()
            if space.isupper():
                kind = {"C": "closure", "S": "shim"}.get(space, space)
                return f"{parent}::{{{kind}{':' + name if name else ''}#{number}}}"
            return f"{parent}::{name}" if name else parent
        if tag == "M":
            self.disambiguator()
            self.path()
            return f"<{self.type()}>"
        if tag in "XY":
            if tag == "X":
                self.disambiguator()
                self.path()
            subject = self.type()
            return f"<{subject} as {self.path()}>"
        if tag == "I":
            base = self.path(in_value)
            return base + ("::" if in_value else "") + "<" + ", ".join(self._list(self.generic)) + ">"
        if tag == "B":
            return self.backref("path")
        raise _Malformed

    def _list(self, read: object) -> list[str]:
        found = []
        while not self.take("E"):
            found.append(read())  # type: ignore[operator]
        return found

    def generic(self) -> str:
        if self.take("L"):
            return self.lifetime()
        return self.const() if self.take("K") else self.type()

    def lifetime(self) -> str:
        number = self.base62()
        if not number:
            return "'_"
        return f"'{chr(ord('a') + (self.bound - number) % 26)}"

    def type(self) -> str:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _Malformed
        try:
            return self._type()
        finally:
            self.depth -= 1

    def _type(self) -> str:
        tag = self.next()
        if tag in _BASIC:
            return _BASIC[tag]
        if tag == "A":
            element = self.type()
            return f"[{element}; {self.const()}]"
        if tag == "S":
            return f"[{self.type()}]"
        if tag == "T":
            parts = self._list(self.type)
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        if tag in "RQ":
            lifetime = ""
            if self.take("L"):
                name = self.lifetime()
                lifetime = "" if name == "'_" else name + " "
            return f"&{lifetime}{'mut ' if tag == 'Q' else ''}{self.type()}"
        if tag == "P":
            return f"*const {self.type()}"
        if tag == "O":
            return f"*mut {self.type()}"
        if tag == "F":
            return self.function()
        if tag == "D":
            return self.dynamic()
        if tag == "B":
            return self.backref("type")
        self.at -= 1
        return self.path()

    def binder(self) -> tuple[str, int]:
        count = self.base62() + 1 if self.take("G") else 0
        if count > 26:
            raise _Malformed
        self.bound += count
        names = ", ".join(f"'{chr(ord('a') + self.bound - count + i)}" for i in range(count))
        return f"for<{names}> " if count else "", count

    def function(self) -> str:
        prefix, count = self.binder()
        prefix += "unsafe " if self.take("U") else ""
        if self.take("K"):
            abi = "C" if self.take("C") else self.identifier().replace("_", "-")
            prefix += f'extern "{abi}" '
        arguments = ", ".join(self._list(self.type))
        result = self.type()
        self.bound -= count
        return f"{prefix}fn({arguments})" + ("" if result == "()" else f" -> {result}")

    def dynamic(self) -> str:
        prefix, count = self.binder()
        traits = []
        while not self.take("E"):
            trait = self.path()
            bindings = []
            while self.take("p"):
                name = self.identifier()
                bindings.append(f"{name} = {self.type()}")
            if bindings:
                inner = ", ".join(bindings)
                trait = f"{trait[:-1]}, {inner}>" if trait.endswith(">") else f"{trait}<{inner}>"
            traits.append(trait)
        self.bound -= count
        if not self.take("L"):
            raise _Malformed
        lifetime = self.lifetime()
        return "dyn " + prefix + " + ".join(traits) + ("" if lifetime == "'_" else f" + {lifetime}")

    def const(self) -> str:
        if self.take("B"):
            return self.backref("const")
        tag = self.next()
        if tag == "p":
            return "_"
        kind = _BASIC.get(tag)
        if kind is None:
            raise _Malformed
        sign = "-" if self.take("n") else ""
        digits = ""
        while not self.take("_"):
            digits += self.next()
        value = int(digits or "0", 16)
        if kind == "bool":
            return "true" if value else "false"
        if kind == "char":
            return repr(chr(value)) if value < 0x110000 else "'?'"
        return f"{sign}{value}"
