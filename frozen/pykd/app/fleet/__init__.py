# SPDX-License-Identifier: GPL-2.0-or-later
"""Thousands of dumps: ``pykd batch`` makes a record of each, ``pykd group`` joins those that crashed alike.
It uses the report, sessions and the contract of JSON; nothing else uses it."""
