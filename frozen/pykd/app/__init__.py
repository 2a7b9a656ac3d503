# SPDX-License-Identifier: GPL-2.0-or-later
"""The executable as a program of the host: its command line and what it does without a dump.

Uses: everything.
"""
