# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd mcp``: dumps for agents, by the Model Context Protocol on standard input and output.
It uses sessions, the contract of JSON and the report; nothing else uses it."""
