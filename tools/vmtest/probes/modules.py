# SPDX-License-Identifier: GPL-2.0-or-later
"""Loaded modules: name, size, start of the text."""
import json

import pykd

print(json.dumps({m.name: m.size for m in pykd.current().modules()}))
