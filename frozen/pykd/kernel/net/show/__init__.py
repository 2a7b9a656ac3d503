# SPDX-License-Identifier: GPL-2.0-or-later
"""What the modules beside this package know, as rows, and the lines in which PyKdump shows them: for programs and for LinuxDump.

Lines are made of rows alone.
"""
