# SPDX-License-Identifier: GPL-2.0-or-later
"""What the framework itself must know of the kernel; helpers for programs are in LinuxDump."""
