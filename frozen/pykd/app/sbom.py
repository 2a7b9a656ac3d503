# SPDX-License-Identifier: GPL-2.0-or-later
"""``pykd --sbom``: what is in the executable, as SPDX 2.3 in JSON.

The same bytes for the same executable: the document carries the date of the sources (SOURCE_DATE_EPOCH of the build, as Python
knows it) and a namespace made of its own content.
"""

from __future__ import annotations

import hashlib
import json
import platform
from datetime import datetime

from pykd.core import version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _package(part: version.Component) -> dict[str, Any]:
    row: dict[str, Any] = {
        "SPDXID": f"SPDXRef-Package-{part.name}",
        "name": part.name,
        "versionInfo": part.version,
        "downloadLocation": part.url or "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": part.expression,
        "copyrightText": "NOASSERTION",
    }
    if part.sha256:
        row["checksums"] = [{"algorithm": "SHA256", "checksumValue": part.sha256}]
    return row


def built() -> str:
    """The date that the build carries, in ISO 8601."""
    return datetime.strptime(platform.python_build()[1], "%b %d %Y %H:%M:%S").strftime("%Y-%m-%dT%H:%M:%SZ")


def document() -> str:
    """The whole document."""
    own = version.Component("pykd", version.pykd_version(), "GPL-2.0-or-later", None, "")
    parts = [*version.linked(), *version.vendored(), *version.packages(), version.compiler_runtime()]
    packages = [{**_package(own), "primaryPackagePurpose": "APPLICATION"}, *(_package(part) for part in parts)]
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-Package-pykd"}]
    for part in parts:
        kind = "CONTAINS" if part.sha256 is None and part.name != "libgcc" else "STATIC_LINK"
        relations.append(
            {
                "spdxElementId": f"SPDXRef-Package-{part.within or own.name}",
                "relationshipType": kind,
                "relatedSpdxElement": f"SPDXRef-Package-{part.name}",
            }
        )
    name = f"pykd-{own.version}-{platform.machine()}"
    content = hashlib.sha256(json.dumps([packages, relations], sort_keys=True).encode()).hexdigest()
    return (
        json.dumps(
            {
                "spdxVersion": "SPDX-2.3",
                "dataLicense": "CC0-1.0",
                "SPDXID": "SPDXRef-DOCUMENT",
                "name": name,
                "documentNamespace": f"https://spdx.org/spdxdocs/{name}-{content}",
                "creationInfo": {"created": built(), "creators": [f"Tool: pykd-{own.version}"]},
                "packages": packages,
                "relationships": relations,
            },
            indent=1,
        )
        + "\n"
    )
