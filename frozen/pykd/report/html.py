# SPDX-License-Identifier: GPL-2.0-or-later
"""The report as one page that needs nothing else.

Text of the dump is escaped by the template, and the page allows no script but its own: a name in a dump cannot become markup, and if it did
it could not run.
"""

from __future__ import annotations

import base64
import hashlib
import re

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

import _pykd_files as files
from pykd.report.pictures import PICTURES
from pykd.report.text import LEGEND, NOT_RECORDED, REQUESTED, SEVERITIES, clean, how, place, readable, unproven

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FOLDER = "pykd/report/page"
_ADDRESS = re.compile(r"\b(?:0x)?(?=[0-9a-f]*[a-f])f[0-9a-f]{11,15}\b")
"""Of the kernel, as it stands in texts"""
_UNITS = {"bytes": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40, "%": 1, "s": 1, "min": 60, "h": 3600, "days": 86400}
_WITH_UNIT = re.compile(rf"(-?\d+(?:\.\d+)?) ({'|'.join(_UNITS)})")


def addresses(text: object) -> Markup:
    """Escaped text whose addresses can be copied by a click."""
    return Markup(_ADDRESS.sub(lambda found: f'<a class="addr" tabindex="0">{found[0]}</a>', str(escape(clean(str(text))))))


def sort_key(cell: object) -> float | None:
    """The number by which a cell with a unit is sorted, of sizes in bytes: ``1.6 MB``, ``0.9 %``; None of any other, which is sorted by what is shown."""
    if isinstance(cell, str) and (found := _WITH_UNIT.fullmatch(cell)):
        return float(found[1]) * _UNITS[found[2]]
    return None


def draw(block: dict[str, Any]) -> Markup:
    """A picture; nothing of one that is not known."""
    make = PICTURES.get(block["picture"])
    return make(block["data"], block["title"]) if make else Markup("")


def page(report: dict[str, Any]) -> str:
    """The page as text of HTML."""
    names = ("page.html", "page.css", "page.js")
    sources = {name: files.read(f"{FOLDER}/{name}").decode() for name in names}
    environment = Environment(autoescape=True, undefined=StrictUndefined, loader=DictLoader(sources), trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(addresses=addresses, clean=clean, how=how, sort_key=sort_key)
    digest = base64.b64encode(hashlib.sha256(sources["page.js"].encode()).digest()).decode()
    return environment.get_template("page.html").render(
        report=report, style=Markup(sources["page.css"]), script=Markup(sources["page.js"]), script_hash=digest, draw=draw, severities=SEVERITIES,
        readable=readable(report), unproven=unproven(report), legend=LEGEND,
        requested=report["verdict"]["kind"] in REQUESTED, not_recorded=NOT_RECORDED, place=place(report),
    )  # fmt: skip
