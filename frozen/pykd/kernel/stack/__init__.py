# SPDX-License-Identifier: GPL-2.0-or-later
"""Stack traces and what lies on stacks.

Uses: values, kernel.mm, kernel.task.
"""
