# SPDX-License-Identifier: GPL-2.0-or-later
"""Small calculators as commands.

Uses: session and the rooms under it, and topics without which it cannot be told (tools/check_layers.py has the order).
"""
