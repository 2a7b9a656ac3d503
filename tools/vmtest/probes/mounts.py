# SPDX-License-Identifier: GPL-2.0-or-later
"""Mounts of the first process's namespace: device and type by mount point."""
import json

from LinuxDump import fs

print(json.dumps([[str(kind), str(device), str(where)] for _, _, kind, device, where in fs.getMount()]))
