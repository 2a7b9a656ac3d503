# SPDX-License-Identifier: GPL-2.0-or-later
"""Elements of SVG. What is put into them is text: nothing of a dump becomes an element or an attribute of its own."""

from __future__ import annotations

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
