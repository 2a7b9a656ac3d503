# SPDX-License-Identifier: GPL-2.0-or-later
"""Finding the vmlinux of a dump in a folder, where distributions put it, or its profile."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def candidates(folder: str, note: dict[str, str]) -> Iterator[str]:
    """Where in *folder* the vmlinux of the kernel may be that *note*, a dump's VMCOREINFO, is of: by build-id, by release, plainly."""
    build_id, release = note.get("BUILD-ID", ""), note.get("OSRELEASE", "")
    roots = (folder, os.path.join(folder, "usr/lib/debug"))
    if len(build_id) > 2:
        for root in roots:
            yield os.path.join(root, ".build-id", build_id[:2], f"{build_id[2:]}.debug")
    if release:
        for root in roots:
            yield os.path.join(root, f"vmlinux-{release}")
            yield os.path.join(root, "boot", f"vmlinux-{release}")
            yield os.path.join(root, "lib/modules", release, "vmlinux")
            yield os.path.join(root, f"vmlinux-{release}.debug")
    yield os.path.join(folder, "vmlinux")


def vmlinux_in(path: str, dump: str) -> str:
    """*path* itself if it is no folder; else the file in it that fits *dump*.

    :raises OSError: there is none; the message says where it was looked for.
    """
    if not os.path.isdir(path):
        return path
    import pykd

    with pykd.Dump(dump) as opened:
        note = opened.vmcoreinfo
    tried = list(candidates(path, note))
    for found in tried:
        if os.path.isfile(found):
            return found
    names = ", ".join(os.path.relpath(one, path) for one in tried[:4])
    raise FileNotFoundError(2, f"no vmlinux of this kernel in it (looked for {names}, ...)", path)


def profile_in(path: str, dump: str) -> str:
    """*path* itself if it is no folder; else the profile in it that is of the kernel of *dump*, by its build-id.

    :raises OSError: there is none; the message says of which kernels those are that were found.
    """
    if not os.path.isdir(path):
        return path
    import pykd
    from pykd.app import profilefile
    from pykd.app.profile import build_id

    with pykd.Dump(dump) as opened:
        return profilefile.within(path, build_id(opened), opened.vmcoreinfo.get("OSRELEASE", ""))


def files(vmlinux: str | None, profile: str | None, dump: str) -> dict[str, str | None]:
    """What ``pykd.open()`` takes, of files or folders that were named. :raises OSError: as the two above."""
    return {"vmlinux": vmlinux and vmlinux_in(vmlinux, dump), "profile": profile and profile_in(profile, dump)}
