# SPDX-License-Identifier: GPL-2.0-or-later
"""What a process that only reads and answers gives up (src/main/sandbox.c)."""

from typing import TypedDict

class InForce(TypedDict):
    no_new_privs: bool
    landlock: int
    """Version of its interface; 0: the kernel has none."""
    seccomp: bool

def enter() -> InForce:
    """From now on, and in all children: no file is opened for writing, made, renamed or removed, no program is executed, no socket is made, no
    process is traced. What is open stays open. There is no way back; what a kernel lacks is left out.
    """
