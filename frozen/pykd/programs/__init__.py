# SPDX-License-Identifier: GPL-2.0-or-later
"""What the larger of PyKdump's programs are made of: rows, and text of rows. The programs themselves lie in progs/.

Uses: kernel, session, commands.
"""
