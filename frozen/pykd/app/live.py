# SPDX-License-Identifier: GPL-2.0-or-later
"""Why the running kernel cannot be opened, in words that say what to do."""

import errno
import os
import stat

from pykd.core.errors import reason_of

CAP_SYS_RAWIO = 17
LOCKDOWN = "/sys/kernel/security/lockdown"


def first_text(path: str) -> str:
    """The beginning of a file; ``""`` where it cannot be read."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(4096)
    except OSError:
        return ""


def may_do_raw_io() -> bool:
    """Whether this process has the capability that /proc/kcore wants; False if that cannot be told."""
    # In a user namespace of its own a process has every capability, and none that counts here.
    if first_text("/proc/self/uid_map").split() != ["0", "0", "4294967295"]:
        return False
    words = first_text("/proc/self/status").partition("\nCapEff:")[2].split()
    try:
        return bool(int(words[0], 16) >> CAP_SYS_RAWIO & 1)
    except (IndexError, ValueError):
        return False


def why_not(path: str, error: Exception) -> str:
    """One line for *error*, raised when the core of the running kernel at *path* was opened."""
    text = reason_of(error)
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ENOENT:
        return f"there is no {path}: /proc is not mounted, or the kernel is built without CONFIG_PROC_KCORE"
    if number == errno.EACCES:
        return f"only root may read the running kernel's {path}; run pykd as root"
    if number == errno.EPERM:
        # A kernel that is locked down (since v5.4, LOCKDOWN_KCORE) gives the same answer as one that wants the capability;
        # what tells of the lockdown is often not mounted.
        if "[confidentiality]" in first_text(LOCKDOWN) or may_do_raw_io():
            return f"the kernel is locked down (confidentiality), so nobody may read {path}; take a dump instead"
        return f"{path} needs the capability CAP_SYS_RAWIO, which this process lacks; run pykd outside the container"
    try:
        masked = number is None and not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        masked = False
    if masked:
        return f"{path} is masked by something else, as container engines do; run pykd outside the container"
    return text
