# SPDX-License-Identifier: GPL-2.0-or-later
"""What the dump says of the machine and the kernel: ``sys_info``."""

from __future__ import annotations

import crash
import pykd

from .Generic import Bunch, KernelRev
from .nodump import of_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HZ: int = of_dump(lambda: crash.HZ)
PAGESIZE: int = of_dump(lambda: crash.PAGESIZE)
PAGE_CACHE_SHIFT: int = of_dump(lambda: crash.PAGE_CACHE_SHIFT)

kname: str = of_dump(lambda: pykd.current().vmcoreinfo.get("OSRELEASE", ""), "")
"""The release, ``6.1.0-56-amd64``."""


def _version(release: str) -> str:
    """The leading N.N.N."""
    head = release.partition("-")[0].split(".")[:3]
    return ".".join(part[: len(part) - len(part.lstrip("0123456789"))] or "0" for part in head)


kernel = _version(kname)

RHDIR = f"/usr/lib/debug/lib/modules/{kname}"
CGDIR = f"/usr/lib/kernel-image-{kname}-dbg/lib/modules/{kname}/"
debuginfo = [RHDIR, CGDIR, ".", f"/lib/modules/{kname}"]
"""Where files with debug information of modules may be."""


def _cpus() -> int:
    from pykd.kernel import sysinfo

    return int(sysinfo.CPUS(pykd.current()).split()[0])


_OWN = {
    "CPUS": _cpus,
    "livedump": lambda: pykd.current().live,
    "kernel": lambda: KernelRev(kernel),
    "HZ": lambda: HZ,
    "machine": lambda: pykd.current().arch,
    "DebugDir": lambda: ".",
    "debuginfo": lambda: debuginfo,
    "pointersize": lambda: 8,
    "pointermask": lambda: 2**64 - 1,
}


class _SysInfo(Bunch):
    """What the ``sys`` command prints, and more. An item is computed when it is first looked at."""

    def __missing__(self, key: str) -> Any:
        if key in _OWN:
            value = _OWN[key]()  # type: ignore[no-untyped-call]
        else:
            from pykd.kernel import sysinfo

            value = sysinfo.field(pykd.current(), key)
            if value is None:
                raise KeyError(key)
        self[key] = value
        return value

    def __getattr__(self, name: str) -> Any:
        # Copying and pickling ask for special methods: those are really absent.
        if name.startswith("__"):
            raise AttributeError(name)
        return super().__getattr__(name)

    def _full(self) -> dict[str, Any]:
        from pykd.kernel import sysinfo

        for key in [*sysinfo.FIELDS, *_OWN]:
            if not dict.__contains__(self, key):
                try:
                    self[key]
                except KeyError:
                    continue
        return self

    def __contains__(self, key: object) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def __iter__(self) -> Any:
        return dict.__iter__(self._full())

    def __len__(self) -> int:
        return dict.__len__(self._full())

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401 (this is it)

    def keys(self) -> Any:
        return dict.keys(self._full())

    def values(self) -> Any:
        return dict.values(self._full())

    def items(self) -> Any:
        return dict.items(self._full())

    def copy(self) -> Bunch:
        return Bunch(self._full())

    def __str__(self) -> str:
        return Bunch.__str__(self.copy())

    def __repr__(self) -> str:
        return dict.__repr__(self._full())


sys_info = _SysInfo()
