# SPDX-License-Identifier: GPL-2.0-or-later
"""Show and set the debugging attributes that modules have registered (registerModuleAttr)."""

from __future__ import annotations

import sys

import pykdump.API  # noqa: F401 (registers the framework's own attributes, and prints the footer)
from pykdump.Generic import PyCtl, pyctl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

USAGE = """\
usage: pyctl.py [-h] [--set SET [SET ...]] [--ls [LS [LS ...]]]
                [--clear [CLEAR [CLEAR ...]]]
"""

HELP = """
optional arguments:
  -h, --help            show this help message and exit
  --set SET [SET ...]   Set options
  --ls [LS [LS ...]]    List currently set options
  --clear [CLEAR [CLEAR ...]]
                        Clear currently set options
"""


def values(words: list[str], option: str) -> list[str] | None:
    """The words behind an option, up to the next one; None if it is not there."""
    if option not in words:
        return None
    start = words.index(option) + 1
    end = next((i for i in range(start, len(words)) if words[i].startswith("--")), len(words))
    return words[start:end]


def listing(names: Collection[str]) -> None:
    print(" -- Listing registered options --")
    for entry in pyctl:
        if entry.name and (not names or entry.name in names or entry.key in names):
            print(f"     <{entry.name}={entry.value!r}>   in {entry.module}")


def assign(word: str) -> bool:
    """KEY=VALUE; True if there is such a key."""
    key, _, value = word.partition("=")
    try:
        if not pyctl.choose(key, value):
            print(f"  Unknown key: <{key}>, it is set when a module registers it")
            return False
    except ValueError:
        print(f"  Bad value: <{word}>, skipping it")
        return False
    return True


def show(entry: PyCtl.Entry, verbose: bool) -> None:
    """The later form of the listing: two lines, four with -v."""
    print(f"  {entry.key:<15}" + (f" - {entry.help}" if entry.help else ""))
    print(f"           currentvalue={entry.value!r} default={entry.default!r}")
    if verbose:
        print("      pykdump.Generic  func=__func")
        details = {"default": entry.default, "help": entry.help, "type": entry.convert}
        print(f"      {details}")


def later_form(words: list[str]) -> None:
    """-a, -v, KEY and KEY=VAL."""
    verbose = "-v" in words
    every = "-a" in words or "--all" in words
    rest = [word for word in words if word not in ("-v", "-a", "--all")]
    if every:
        if rest:
            print(f"Unexpected extra args {rest}")
            sys.exit(1)
        for entry in sorted(pyctl, key=lambda entry: entry.key):
            show(entry, verbose)
    for word in rest:
        if word.count("=") > 1:
            print(f"  Bad syntax: <{word}>")
            sys.exit(1)
        if "=" in word:
            assign(word)
        elif (known := pyctl.find(word)) is not None:
            show(known, verbose)
        else:
            print(f"  Unknown key: <{word}>, skipping it")


def main(words: list[str]) -> None:
    if not words or "-h" in words or "--help" in words:
        print(USAGE + (HELP if words else ""), end="")
        return
    to_set, to_list, to_clear = (values(words, option) for option in ("--set", "--ls", "--clear"))
    if to_set is to_list is to_clear is None:
        later_form(words)
        return
    if to_set is not None:
        print(f"Set: {to_set}")
        for word in to_set:
            assign(word)
    if to_clear is not None:
        for entry in pyctl:
            if entry.name and (not to_clear or entry.name in to_clear or entry.key in to_clear):
                pyctl.clear(entry)
        for name in to_clear or list(pyctl.chosen):
            pyctl.chosen.pop(name, None)
        print(f"Clear: {to_clear}")
    if to_list is not None:
        listing(to_list)


if __name__ == "__main__":
    main(sys.argv[1:])
