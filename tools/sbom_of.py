#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Add an executable's name and hash to what its --sbom prints.

usage: sbom_of.py EXECUTABLE < DOCUMENT > DOCUMENT
"""

import hashlib
import json
import sys
from pathlib import Path


def main(name: str) -> None:
    file = Path(name)
    document = json.load(sys.stdin)
    own = next(package for package in document["packages"] if package["SPDXID"] == "SPDXRef-Package-pykd")
    own["packageFileName"] = file.name
    own["checksums"] = [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(file.read_bytes()).hexdigest()}]
    json.dump(document, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main(*sys.argv[1:])
