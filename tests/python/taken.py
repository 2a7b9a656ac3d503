# SPDX-License-Identifier: GPL-2.0-or-later
"""Copies of a dump that lack one thing: a member of a struct, which goes by another name in its types, or a symbol, likewise in kallsyms."""

import itertools
import re
import struct

from altered import Altered

_PER_MEMBER = {3: 0, 4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
_MORE = {1: 4, 3: 12, 14: 4, 17: 4}
STRUCT, UNION = 4, 5


class Types:
    """The BTF of a dump, to be changed."""

    def __init__(self, dump):
        self.start = dump.address_of("__start_BTF")
        self.data = dump.read(self.start, dump.address_of("__stop_BTF") - self.start)
        header_len, types, types_len, strings, self._strings_len = struct.unpack_from("<IIIII", self.data, 4)
        self._strings = header_len + strings
        self._places = [0]
        """Of each type by its id"""
        self._structs = {}
        at = header_len + types
        while at < header_len + types + types_len:
            self._places.append(at)
            name, info = struct.unpack_from("<II", self.data, at)
            kind = info >> 24 & 31
            if kind == STRUCT and name:
                self._structs.setdefault(self._name(name), at)
            at += 12 + _MORE.get(kind, 0) + _PER_MEMBER.get(kind, 0) * (info & 0xFFFF)

    def _name(self, offset):
        start = self._strings + offset
        return self.data[start : self.data.index(b"\0", start)].decode()

    def _members(self, at):
        """(name, place of its record) of what can be named in the struct at *at*."""
        info = struct.unpack_from("<I", self.data, at + 4)[0]
        for place in range(at + 12, at + 12 + 12 * (info & 0xFFFF), 12):
            name, type = struct.unpack_from("<II", self.data, place)
            inner = self._places[type]
            if name:
                yield self._name(name), place
            elif struct.unpack_from("<I", self.data, inner + 4)[0] >> 24 & 31 in (STRUCT, UNION):
                yield from self._members(inner)

    def members(self, name):
        """The members of a struct: name and place."""
        return dict(self._members(self._structs[name])) if name in self._structs else {}

    def without(self, name, member):
        """What to write where, so that this struct has no such member."""
        return {self.start + self.members(name)[member]: struct.pack("<I", self._strange())}

    def renamed(self, name, first=b"~"):
        """What to write where, so that nothing has this name: the *first* byte is another."""
        return {self.start + self.data.index(f"\0{name}\0".encode(), self._strings) + 1: first}

    def _strange(self):
        """The offset of a name that no member has."""
        start = self._strings
        longest = max(re.finditer(rb"[^\0]+", self.data[start : start + self._strings_len]), key=lambda match: len(match[0]))
        return longest.start() + 1


class Symbols:
    """The kallsyms of a dump, to be changed: the number of symbols, their names made of tokens, and behind them the 256 tokens."""

    _DIGITS = b"".join(b"%d\0" % digit for digit in range(10))
    """The tokens from "0" on"""

    def __init__(self, dump):
        start = dump.address_of("__start_rodata")
        data = dump.read(start, dump.address_of("__end_rodata") - start)
        at = self._start_of_tokens(data)
        self._tokens = [token.decode() for token in data[at:].split(b"\0", 256)[:256]]
        self._entries = {}
        """Of each symbol the address of its last token, and its name but that."""
        for match in re.finditer(struct.pack("<I", sum(1 for _ in dump.kernel_symbols())), data[:at]):
            self._read(data, match.start() + 8, at)
            if "init_task" in self._entries:
                break
        self._entries = {name: (start + place, begin) for name, (place, begin) in self._entries.items()}

    def _start_of_tokens(self, data):
        """Where the digits are those of the table: its index, where each of its tokens begins, is behind it."""
        for match in re.finditer(re.escape(self._DIGITS), data):
            at = match.start() - 1
            for _ in range(ord("0")):
                at = data.rfind(b"\0", 0, at)
            lengths = [len(token) + 1 for token in data[at + 1 : at + 4096].split(b"\0", 256)[:256]]
            end = at + 1 + sum(lengths)
            if struct.pack("<256H", *itertools.accumulate(lengths[:-1], initial=0)) in data[end : end + 520]:
                return at + 1
        raise LookupError("no table of tokens")

    def _read(self, data, at, end):
        self._entries.clear()
        while at < end and (length := data[at]):
            at += 1
            if length & 0x80:
                length = length & 0x7F | data[at] << 7
                at += 1
            tokens = [self._tokens[token] for token in data[at : at + length]]
            self._entries.setdefault("".join(tokens)[1:], (at + length - 1, "".join(tokens[:-1])[1:]))
            at += length

    def without(self, name):
        """What to write where, so that there is no such symbol."""
        place, begin = self._entries[name]
        other = next(token for token, text in enumerate(self._tokens) if text and begin + text not in self._entries)
        return {place: bytes((other,))}


def copy(test, dump, *changes):
    """The dump with all these changes; its file goes away with the test."""
    altered = Altered(dump.path)
    for one in changes:
        for place, data in one.items():
            altered.write(place, data)
    return altered.open(test)
