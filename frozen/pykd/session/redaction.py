# SPDX-License-Identifier: GPL-2.0-or-later
"""What may not leave a site, taken out of reports and JSON: names of hosts, addresses of the network, command lines, environments, paths of users.

Each is replaced by a word that is the same wherever it stood (``host-1``, ``ip-2``, ``path-3``), so that it still can be followed. Names of programs,
functions, modules and devices stay: without them nothing can be told. What somebody else's text says in the kernel's log is redacted as far
as it looks like one of these.
"""

from __future__ import annotations

import re

from _pykd import Error
from pykd.kernel import uts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from _pykd import Dump

WHOLE = frozenset((
    "command_line", "arguments", "environment", "cmdline", "auxv", "domain", "options",
    "string", "texts",  # of a process's memory; of the firmware's tables
    "Serial Number", "UUID", "Asset Tag", "DMI_PRODUCT_SERIAL", "DMI_PRODUCT_UUID", "DMI_BOARD_SERIAL", "DMI_BOARD_ASSET_TAG", "DMI_CHASSIS_SERIAL",
    "DMI_CHASSIS_ASSET_TAG",
))  # fmt: skip
"""Keys whose texts are replaced whatever they are"""
KEPT = frozenset(("schema", "build_id", "release", "crash_time", "hash", "key", "kind", "proof", "command", "code", "data", "reason"))
"""Keys whose texts stay"""
_MAC = re.compile(r"\b[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?::[0-9A-Fa-f]{2})*\b")
_IP6 = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f]*:[0-9A-Fa-f:]*:)[0-9A-Fa-f:]{2,39}(?:(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])")
_IP = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)")
_MAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b")
_PATH = re.compile(r"(?<![\w/.])/(?:[^\s\"'<>|,;:()\[\]/]+/?)+")
_URL = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{0,15}://[^\s\"'<>]+")
_UUID = re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
_DOMAINS = "arpa|biz|cloud|com|corp|dev|edu|example|gov|home|info|int|internal|intra|invalid|io|lan|local|localdomain|mil|net|org|test"
_LABEL = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)"
_NAME = re.compile(rf"(?<![\w.@/-])(?:{_LABEL}{{1,8}}(?:{_DOMAINS})|{_LABEL}{{2,8}}[a-z]{{2}})(?![\w-]|\.\w)", re.IGNORECASE)
"""Names of DNS, as far as they look like nothing else: ``main.c`` and ``ext4.ko`` have two parts as well"""
_USER = re.compile(
    r"(\b(?:for user|invalid user|of user) [\"']?|\b(?:r?user(?:name)?|logname|acct)=[\"']?|\b(?:Accepted|Failed) \w+ for )"
    r"(?!root\b|invalid\b|user\b)([\w.\\$-]+)",
    re.IGNORECASE,
)
"""Names of people in messages of those who let them in"""
_SYSTEM = re.compile(r"^/(?:usr|lib|lib64|bin|sbin|boot|proc|sys|dev|etc|run/systemd)(?:/|$)")
"""Paths that each machine has"""
_OWN = frozenset(("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"))
"""Addresses of hardware that say nothing of anybody"""


def _is_address(text: str) -> bool:
    """Whether it is one of somebody's: times and versions look alike."""
    import ipaddress

    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or text == "255.255.255.255")


class Redaction:
    """Of one dump; see the module's docstring."""

    def __init__(self, hosts: Iterable[str], secrets: Iterable[str] = ()) -> None:
        """
        :param hosts: names of the machine and of its domains.
        :param secrets: texts that are left out wherever they stand.
        """
        self._words: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        names = sorted({name for name in hosts if len(name) > 1}, key=len, reverse=True)
        short = {name.partition(".")[0] for name in names}
        names += sorted((name for name in short if len(name) > 2 and name not in names), key=len, reverse=True)
        self._hosts = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, names)) + r")(?![\w-])", re.IGNORECASE) if names else None
        self._secrets = sorted({text for text in secrets if len(text) > 3}, key=len, reverse=True)

    def _word(self, kind: str, text: str) -> str:
        key = f"{kind} {text.casefold()}"
        if key not in self._words:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._words[key] = f"{kind}-{self._counts[kind]}"
        return self._words[key]

    def text(self, text: str) -> str:
        """*text* without it."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "(left out)")
        text = _URL.sub(lambda found: self._word("url", found[0]), text)
        text = _UUID.sub(lambda found: self._word("uuid", found[0]), text)
        text = _USER.sub(lambda found: found[1] + self._word("user", found[2]), text)
        text = _MAIL.sub(lambda found: self._word("mail", found[0]), text)
        text = _MAC.sub(lambda found: found[0] if found[0].lower() in _OWN else self._word("mac", found[0]), text)
        for pattern in (_IP6, _IP):
            text = pattern.sub(lambda found: self._word("ip", found[0]) if _is_address(found[0]) else found[0], text)
        text = _NAME.sub(lambda found: self._word("host", found[0]), text)
        text = _PATH.sub(lambda found: found[0] if _SYSTEM.match(found[0]) else self._word("path", found[0]), text)
        return self._hosts.sub(lambda found: self._word("host", found[0]), text) if self._hosts is not None else text

    def value(self, value: Any, key: str = "") -> Any:
        """A value of JSON without it: the same kinds in the same places."""
        if isinstance(value, dict):
            return {self.text(name) if "/" in name or "." in name else name: self.value(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self.value(one, key) for one in value]
        if not isinstance(value, str) or key in KEPT:
            return value
        return "(left out)" if key in WHOLE and value else self.text(value)


def of(dump: Dump) -> Redaction:
    """What knows the names of a dump's machine."""
    names: set[str] = set()
    try:
        names = uts.host_names(dump)
    except Error:
        pass  # what is lost in the dump cannot leave it
    try:
        return Redaction(names, [uts.command_line(dump)])
    except Error:
        return Redaction(names)
