# SPDX-License-Identifier: GPL-2.0-or-later
"""What sysconfig tells of this Python: there is no compiler and no prefix, so only what programs ask for at run time."""

build_time_vars = {
    "EXT_SUFFIX": "",
    "Py_GIL_DISABLED": 0,
    "TZPATH": "/usr/share/zoneinfo:/usr/lib/zoneinfo:/usr/share/lib/zoneinfo:/etc/zoneinfo",
}
