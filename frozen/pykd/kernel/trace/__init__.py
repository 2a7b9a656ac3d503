# SPDX-License-Identifier: GPL-2.0-or-later
"""ftrace: the ring buffers, what their records mean, and both as trace-cmd has them.

Uses: kernel.lists, kernel.task.
"""
