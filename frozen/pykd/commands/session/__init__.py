# SPDX-License-Identifier: GPL-2.0-or-later
"""The session itself as commands: settings, help, Python, gdb's commands.

Uses: session and the rooms under it, and topics without which it cannot be told (tools/check_layers.py has the order).
"""
