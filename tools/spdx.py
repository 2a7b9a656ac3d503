#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check a document against SPDX 2.3, as far as pykd --sbom uses it: properties and their types, identifiers, licence
expressions, relationships.

usage: spdx.py FILE

The rules are those of the specification and of its JSON schema; what the schema does not know is an error here as it is there
(additionalProperties is false).
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

DOCUMENT = {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages", "relationships"}
DOCUMENT_OPTIONAL = {"comment", "externalDocumentRefs", "hasExtractedLicensingInfos", "annotations", "files", "snippets", "documentDescribes"}
PACKAGE = {"SPDXID", "name", "downloadLocation"}
PACKAGE_OPTIONAL = {
    "versionInfo", "filesAnalyzed", "licenseConcluded", "licenseDeclared", "copyrightText", "checksums", "supplier", "originator", "homepage",
    "description", "summary", "comment", "externalRefs", "primaryPackagePurpose", "packageFileName", "licenseComments", "sourceInfo",
    "packageVerificationCode", "licenseInfoFromFiles", "hasFiles", "attributionTexts", "annotations", "builtDate", "releaseDate", "validUntilDate",
}  # fmt: skip
PURPOSES = {"APPLICATION", "FRAMEWORK", "LIBRARY", "CONTAINER", "OPERATING-SYSTEM", "DEVICE", "FIRMWARE", "SOURCE", "ARCHIVE", "FILE", "INSTALL", "OTHER"}
RELATIONSHIPS = {"DESCRIBES", "CONTAINS", "STATIC_LINK", "DYNAMIC_LINK", "DEPENDS_ON", "BUILD_TOOL_OF", "GENERATED_FROM"}
"""Those of the specification's list that have a use here."""
LICENCES = {"GPL-2.0-or-later", "GPL-3.0-or-later", "LGPL-3.0-or-later", "MIT", "Zlib", "BSD-2-Clause", "BSD-3-Clause", "PSF-2.0", "Python-2.0",
            "Apache-2.0", "ISC", "MPL-2.0", "NCSA", "CC0-1.0"}  # fmt: skip
"""Of the licence list: extend it with what is linked in."""
EXCEPTIONS = {"GCC-exception-3.1", "Linux-syscall-note"}
HASH_LENGTHS = {"SHA1": 40, "SHA256": 64, "SHA512": 128}
NOTHING_SAID = ("NOASSERTION", "NONE")


def is_licence(text: str) -> bool:
    """Whether it is an expression of known licences: ``A OR (B WITH C)``."""
    if text in NOTHING_SAID:
        return True
    words = re.findall(r"\(|\)|[\w.+-]+|\S", text)

    def term(at: int) -> int:
        if words[at] == "(":
            end = expression(at + 1)
            if words[end] != ")":
                raise ValueError
            return end + 1
        if words[at] not in LICENCES:
            raise ValueError
        if words[at + 1 : at + 2] == ["WITH"]:
            if words[at + 2] not in EXCEPTIONS:
                raise ValueError
            return at + 3
        return at + 1

    def expression(at: int) -> int:
        at = term(at)
        while words[at : at + 1] and words[at] in ("AND", "OR"):
            at = term(at + 1)
        return at

    try:
        return expression(0) == len(words)
    except (ValueError, IndexError):
        return False


def properties(what: str, row: dict[str, Any], required: set[str], optional: set[str]) -> list[str]:
    found = [f"{what}: no {name}" for name in sorted(required - row.keys())]
    return found + [f"{what}: unknown property {name}" for name in sorted(row.keys() - required - optional)]


def package_findings(row: dict[str, Any]) -> list[str]:
    what = str(row.get("name"))
    found = properties(what, row, PACKAGE, PACKAGE_OPTIONAL)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", row.get("downloadLocation", "")) and row.get("downloadLocation") not in NOTHING_SAID:
        found.append(f"{what}: downloadLocation is neither a URI nor NOASSERTION nor NONE")
    for name in ("licenseConcluded", "licenseDeclared"):
        if not is_licence(row.get(name, "NONE")):
            found.append(f"{what}: {name} {row[name]} is no expression of known licences")
    if not isinstance(row.get("filesAnalyzed", True), bool):
        found.append(f"{what}: filesAnalyzed is not a truth value")
    if row.get("filesAnalyzed", True) and "packageVerificationCode" not in row:
        found.append(f"{what}: files were analysed, but there is no packageVerificationCode")
    if row.get("primaryPackagePurpose", "OTHER") not in PURPOSES:
        found.append(f"{what}: unknown purpose {row['primaryPackagePurpose']}")
    for checksum in row.get("checksums", ()):
        found += properties(f"{what}: checksum", checksum, {"algorithm", "checksumValue"}, set())
        length = HASH_LENGTHS.get(checksum.get("algorithm"))
        if length is None or not re.fullmatch(f"[0-9a-f]{{{length}}}", checksum.get("checksumValue", "")):
            found.append(f"{what}: not a checksum: {checksum}")
    return found


def findings(document: dict[str, Any]) -> list[str]:
    """What is wrong, a line each."""
    found = properties("document", document, DOCUMENT, DOCUMENT_OPTIONAL)
    if document.get("spdxVersion") != "SPDX-2.3" or document.get("dataLicense") != "CC0-1.0" or document.get("SPDXID") != "SPDXRef-DOCUMENT":
        found.append("document: spdxVersion, dataLicense or SPDXID is not what the specification has")
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*:[^\s#]+", document.get("documentNamespace", "")):
        found.append("document: documentNamespace is no URI, or has a fragment")
    creation = document.get("creationInfo", {})
    found += properties("creationInfo", creation, {"created", "creators"}, {"comment", "licenseListVersion"})
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", creation.get("created", "")):
        found.append("creationInfo: created is not YYYY-MM-DDThh:mm:ssZ")
    creators = creation.get("creators") or [""]
    found += [f"creationInfo: {creator!r} is no creator" for creator in creators if not re.match(r"(Tool|Person|Organization): .", creator)]

    ids = ["SPDXRef-DOCUMENT"]
    for package in document.get("packages", ()):
        found += package_findings(package)
        ids.append(package.get("SPDXID", ""))
    found += [f"{name}: not an identifier" for name in ids if not re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name)]
    found += [f"{name}: used twice" for name in sorted(set(ids)) if ids.count(name) > 1]

    described = False
    for relation in document.get("relationships", ()):
        found += properties("relationship", relation, {"spdxElementId", "relationshipType", "relatedSpdxElement"}, {"comment"})
        ends = {relation.get("spdxElementId"), relation.get("relatedSpdxElement")}
        found += [f"relationship: nothing is called {end}" for end in ends - set(ids)]
        if relation.get("relationshipType") not in RELATIONSHIPS:
            found.append(f"relationship: {relation.get('relationshipType')} is none")
        described |= relation.get("relationshipType") == "DESCRIBES" and relation.get("spdxElementId") == "SPDXRef-DOCUMENT"
    if not described:
        found.append("document: describes nothing")
    return found


def main(name: str) -> int:
    found = findings(json.loads(Path(name).read_text(encoding="utf-8")))
    for line in found:
        print(f"{name}: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
