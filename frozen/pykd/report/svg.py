# SPDX-License-Identifier: GPL-2.0-or-later
"""Elements of SVG. What is put into them is text: nothing of a dump becomes an element or an attribute of its own."""

from __future__ import annotations

import math

from markupsafe import Markup, escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def element(name: str, content: str | Markup = "", **attributes: object) -> Markup:
    """``<name …>content</name>``. Of an attribute's name ``_`` is written ``-``, and one at its end left out (``class_``)."""
    words = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"' for key, value in attributes.items() if value is not None)
    return Markup(f"<{name}{words}>{escape(content)}</{name}>")


def _number(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def group(parts: Iterable[Markup], **attributes: object) -> Markup:
    """A group of elements."""
    return element("g", Markup("").join(parts), **attributes)


def picture(width: float, height: float, parts: Iterable[Markup], title: str) -> Markup:
    """A whole drawing, as wide as there is room, with a title for those who cannot see it."""
    inner = Markup("").join([element("title", title), *parts])
    return element("svg", inner, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width:.0f} {height:.0f}", role="img", aria_label=title)


def box(x: float, y: float, width: float, height: float, hint: str, **attributes: object) -> Markup:
    """A rectangle that says something when it is pointed at."""
    return element("rect", element("title", hint), x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), **attributes)


def text(x: float, y: float, words: str, **attributes: object) -> Markup:
    """Words with their baseline at (x, y)."""
    return element("text", words, x=x, y=y, **attributes)


HEAD = 7.0
"""Length of the head of an arrow"""


def arrow(x: float, y: float, to_x: float, to_y: float, hint: str, **attributes: object) -> Markup:
    """A line with a head at its end."""
    long = math.hypot(to_x - x, to_y - y) or 1.0
    ahead, aside = (to_x - x) / long, (to_y - y) / long
    base_x, base_y = to_x - HEAD * ahead, to_y - HEAD * aside
    corners = ((to_x, to_y), (base_x - HEAD / 2 * aside, base_y + HEAD / 2 * ahead), (base_x + HEAD / 2 * aside, base_y - HEAD / 2 * ahead))
    head = element("polygon", points=" ".join(f"{one:.1f},{other:.1f}" for one, other in corners), class_="head")
    return group([element("line", element("title", hint), x1=x, y1=y, x2=base_x, y2=base_y, **attributes), head])
