# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of netfilter and the connections that it tracks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from comparisons.registry import comparison, unequal_sets
from truth import Truth

Rule = tuple[str, ...]
COUNTED = re.compile(r"(?:counter pkts|quota bytes) (\d+) (?:bytes|consumed) (\d+)(?: flags \d+)?")


def _told(truth: Truth) -> dict[tuple[str, str, str, int], Rule]:
    """(family, table, chain, handle) of each rule, and its expressions, of ``nft --debug=netlink list ruleset``."""
    found: dict[tuple[str, str, str, int], Rule] = {}
    at = None
    for line in truth.lines("run/truth/nft-netlink"):
        # A rule but a table's first has the handle of the one before behind its own.
        if match := re.fullmatch(r"(\w+) (\S+) (\S+) (\d+)(?: \d+)?\s*", line):
            at = (match[1], match[2], match[3], int(match[4]))
            found[at] = ()
        elif at and (match := re.fullmatch(r"  \[ (.*?) \]\s*", line)):
            found[at] = (*found[at], match[1])
        elif not line.startswith("  "):
            at = None
    return found


def _words(one: dict) -> str:
    if "packets" in one:
        return f"counter pkts {one['packets']} bytes {one['bytes']}"
    if "verdict" in one:
        return f"immediate reg 0 {one['verdict']}" + (f" -> {one['chain']}" if "chain" in one else "")
    return str(one.get("does", one["name"]))


def _moved(have: str, was: str) -> bool:
    """Whether they are the same but for what goes on counting."""
    mine, theirs = COUNTED.fullmatch(have), COUNTED.fullmatch(was)
    if mine and theirs:
        return all(int(a) >= int(b) for a, b in zip(mine.groups(), theirs.groups(), strict=True))
    return have == was


@comparison("$? xportshow --netfilter -v")
def nft_rules(truth: Truth, found: list) -> Iterator[str]:
    """Every expression of every rule of nftables, those of iptables-nft too."""
    wanted = _told(truth)
    if not wanted:
        return
    have = {
        (table["family"], table["name"], chain["name"], rule["handle"]): tuple(map(_words, rule["expressions"]))
        for table in found if table["kind"] == "nftables" for chain in table["chains"] for rule in chain["rules"]
    }  # fmt: skip
    yield from unequal_sets("rule", set(have), set(wanted))
    for key in sorted(set(have) & set(wanted)):
        mine, was = have[key], wanted[key]
        if len(mine) != len(was) or not all(map(_moved, mine, was)):
            yield f"rule {' '.join(map(str, key))}: {mine}, was {was}"


@comparison("$? xportshow --netfilter -v")
def iptables_rules(truth: Truth, found: list) -> Iterator[str]:
    """Rules of iptables' own tables: chain by chain what they match and do, against ``iptables-legacy-save``."""
    text = truth.text("run/truth/iptables-legacy-save")
    if not text:
        return
    wanted, table = set(), ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif match := re.search(r"-A (\S+) (.*)", line):
            options = dict(re.findall(r"-(s|d|i|o|p|j) (\S+)", match[2]))
            wanted.add((table, options.get("p", "all"), options.get("i", "*"), options.get("o", "*"), options.get("s", "0.0.0.0/0"),
                        options.get("d", "0.0.0.0/0"), options.get("j", "")))
    have = {(table["name"], rule["protocol"], rule["in"], rule["out"], rule["source"], rule["destination"], rule["target"] or rule.get("verdict", ""))
            for table in found if table["kind"] == "xtable" for rule in table["rules"] if "rule" in rule}
    yield from (f"rule {' '.join(rule)} is missing" for rule in sorted(wanted - have))


def _tuple(words: str) -> tuple[str, ...]:
    """What tells one direction of a connection, in the order of ``conntrack``."""
    return tuple(f"{key}={value}" for key, value in re.findall(r"(src|dst|sport|dport|type|code|id)=(\S+)", words))


def _ends(way: dict) -> tuple[str, ...]:
    places = (f"src={way['source']}", f"dst={way['destination']}")
    if "source_port" in way:
        return (*places, f"sport={way['source_port']}", f"dport={way['destination_port']}")
    return (*places, f"type={way['type']}", f"code={way['code']}", f"id={way['id']}") if "type" in way else places


@comparison("$ xportshow --netfilter -vv")
def connections(truth: Truth, found: list) -> Iterator[str]:
    """Tracked connections in both directions, against ``conntrack -L``; those that are short-lived may be gone."""
    have = {(_ends(row["original"]), _ends(row["reply"])) for row in found if row["kind"] == "conntrack" and "reply" in row}
    for line in truth.lines("run/truth/conntrack"):
        match = re.match(r"ipv[46]\s+\d+ \S+\s+\d+ (\d+) ?.*?(src=.*?) (?:\[UNREPLIED\] )?(src=.*)", line)
        # The truth takes a minute on an emulated machine.
        if not match or int(match[1]) < 120:
            continue
        reply = re.sub(r" (?:\[|mark=|use=|id=\d+$).*", "", match[3])
        if (_tuple(match[2]), _tuple(reply)) not in have:
            yield f"connection {match[2]} {reply} is missing"
