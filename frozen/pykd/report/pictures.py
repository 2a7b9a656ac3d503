# SPDX-License-Identifier: GPL-2.0-or-later
"""The pictures of the page, of the data that sections have for them. Each is bounded in what it draws."""

from __future__ import annotations

from markupsafe import Markup

from pykd.report.facts import bytes_text
from pykd.report.svg import box, element, group, picture, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

WIDTH = 960.0
LETTER = 6.6
"""Width of a letter of the pictures"""
MAX_DEPTH = 40
"""Of a flame graph"""
MAX_SHOWN = 200
"""Things of a kind in a picture"""


def shorten(words: str, width: float) -> str:
    """As much of a text as there is room for."""
    room = int(width / LETTER)
    return words if len(words) <= room else words[: max(room - 1, 0)] + "…" if room > 2 else ""


def stacked(data: dict[str, float], title: str, unit: Callable[[float], str]) -> Markup:
    """One bar of parts, and below it what they are."""
    total = sum(data.values()) or 1
    parts, x = [], 0.0
    for number, (name, value) in enumerate(data.items()):
        width = WIDTH * value / total
        parts.append(box(x, 0, width, 34, f"{name}: {unit(value)} ({100 * value / total:.1f} %)", class_=f"c{number % 12}"))
        if label := shorten(name, width - 8):
            parts.append(text(x + 4, 21, label, class_="on"))
        x += width
    for number, (name, value) in enumerate(data.items()):
        column, row = number % 4, number // 4
        parts.append(element("rect", x=column * WIDTH / 4, y=46 + 20 * row, width=12, height=12, class_=f"c{number % 12}"))
        parts.append(text(column * WIDTH / 4 + 18, 57 + 20 * row, shorten(f"{name} {unit(value)}", WIDTH / 4 - 20)))
    return picture(WIDTH, 50 + 20 * ((len(data) + 3) // 4), parts, title)


def bar(data: dict[str, int], title: str) -> Markup:
    """Of bytes"""
    return stacked({name: float(value) for name, value in data.items()}, title, lambda value: bytes_text(int(value)))


STATES = {
    "RU": "running", "IN": "sleeping", "UN": "blocked", "ID": "idle", "ST": "stopped", "TR": "traced", "ZO": "zombie", "DE": "dead", "PA": "parked",
}  # fmt: skip


def states(data: dict[str, int], title: str) -> Markup:
    """How many threads are in each state"""
    named = {STATES.get(state, state): float(count) for state, count in sorted(data.items(), key=lambda item: -item[1])}
    return stacked(named, title, lambda value: f"{value:.0f}")


class _Node:
    """A function of a flame graph."""

    def __init__(self) -> None:
        self.count = 0
        self.below: dict[str, _Node] = {}


def flame(data: dict[str, int], title: str) -> Markup:
    """Stacks as ``outermost;…;innermost`` with how many threads have them: the outermost function is at the bottom."""
    root = _Node()
    for stack, count in data.items():
        node = root
        node.count += count
        for name in stack.split(";")[:MAX_DEPTH]:
            node = node.below.setdefault(name, _Node())
            node.count += count
    levels: list[list[Markup]] = []

    def draw(node: _Node, x: float, level: int) -> None:
        for number, (name, child) in enumerate(sorted(node.below.items())):
            width = WIDTH * child.count / (root.count or 1)
            if width >= 1:
                if len(levels) <= level:
                    levels.append([])
                cell = [box(x, 0, width - 0.5, 17, f"{name}: {child.count} threads", class_=f"f{(number + level) % 5}")]
                if label := shorten(name, width - 6):
                    cell.append(text(x + 3, 12.5, label, class_="on"))
                levels[level] += cell
                draw(child, x, level + 1)
            x += width

    draw(root, 0, 0)
    height = 18 * len(levels)
    return picture(WIDTH, max(height, 18), [group(cells, transform=f"translate(0 {height - 18 * (level + 1)})") for level, cells in enumerate(levels)], title)


def waits(data: list[dict[str, Any]], title: str) -> Markup:
    """Who waits (left) for what (middle), and who holds it (right)."""
    shown = data[:MAX_SHOWN]
    things = list(dict.fromkeys(edge["what"] for edge in shown))
    holders = list(dict.fromkeys(holder for edge in shown for holder in edge["to"]))
    columns = (0.0, WIDTH * 0.3, WIDTH * 0.72)
    widths = (WIDTH * 0.22, WIDTH * 0.34, WIDTH * 0.28)
    rows = max(len(shown), len(things), len(holders), 1)
    height = 30.0 * rows

    def place(number: int, count: int) -> float:
        return height * (number + 0.5) / max(count, 1)

    parts: list[Markup] = []
    drawn = set()
    for number, edge in enumerate(shown):
        y, middle = place(number, len(shown)), place(things.index(edge["what"]), len(things))
        parts.append(_line(columns[0] + widths[0], y, columns[1], middle, edge["proof"]))
        for holder in edge["to"]:
            if (edge["what"], holder) not in drawn:
                drawn.add((edge["what"], holder))
                parts.append(_line(columns[1] + widths[1], middle, columns[2], place(holders.index(holder), len(holders)), edge["proof"]))
    labels = [(0, number, len(shown), f"{edge['from']}  {edge['seconds']:.1f} s") for number, edge in enumerate(shown)]
    labels += [(1, number, len(things), name) for number, name in enumerate(things)]
    labels += [(2, number, len(holders), name) for number, name in enumerate(holders)]
    for column, number, count, words in labels:
        y = place(number, count)
        parts.append(box(columns[column], y - 11, widths[column], 22, words, class_=f"c{column * 3}", rx=3))
        parts.append(text(columns[column] + 5, y + 4, shorten(words, widths[column] - 10), class_="on"))
    return picture(WIDTH, height, parts, title)


def _line(x: float, y: float, to_x: float, to_y: float, proof: str) -> Markup:
    return element("line", element("title", proof), x1=x, y1=y, x2=to_x, y2=to_y, class_="edge" if proof != "guess" else "edge guess")


def timeline(data: dict[str, Any], title: str) -> Markup:
    """Messages of the log, those that alarm taller, and below when threads last ran."""
    end = max([data["end"], *(point[0] for point in data["points"]), 1e-3])
    parts = []
    for seconds, _, alarming in data["points"]:
        x = WIDTH * seconds / end
        parts.append(element("line", x1=x, y1=4 if alarming else 24, x2=x, y2=40, class_="alarm" if alarming else "tick"))
    for seconds in data["runs"]:
        x = WIDTH * seconds / end
        parts.append(element("line", x1=x, y1=44, x2=x, y2=62, class_="run"))
    for tenth in range(0, 11, 2):
        x = WIDTH * tenth / 10
        parts.append(text(x, 78, f"{end * tenth / 10:.1f} s", text_anchor="start" if not tenth else "end" if tenth == 10 else "middle"))
    return picture(WIDTH, 84, parts, title)


def tiles(data: list[tuple[str, str, str]], title: str) -> Markup:
    """Small boxes: (name, what is in it, class)."""
    shown = data[:MAX_SHOWN]
    per_row, width, height = 6, WIDTH / 6, 48.0
    parts: list[Markup] = []
    for number, (name, words, kind) in enumerate(shown):
        x, y = number % per_row * width, number // per_row * height
        parts.append(box(x + 2, y + 2, width - 4, height - 4, f"{name}: {words}", class_=kind, rx=4))
        parts.append(text(x + 8, y + 19, shorten(name, width - 16), class_="on strong"))
        parts.append(text(x + 8, y + 36, shorten(words, width - 16), class_="on"))
    return picture(WIDTH, height * ((len(shown) + per_row - 1) // per_row or 1), parts, title)


def cpus(data: list[dict[str, Any]], title: str) -> Markup:
    """What runs on each; one that has run a thread for long, or whose clock is behind, stands out."""
    found = []
    for row in data:
        late = (row["behind"] or 0) > 10 or (row["name"] != "(idle)" and (row["seconds"] or 0) > 10)
        kind = "bad" if late else "idle" if row["name"] == "(idle)" else "c0"
        found.append((f"CPU {row['cpu']}", f"{row['name']}" + (f", {row['seconds']} s" if row["seconds"] is not None else ""), kind))
    return tiles(found, title)


def disks(data: list[dict[str, Any]], title: str) -> Markup:
    """What each has in flight; an old request stands out."""
    found = []
    for row in data:
        oldest = row["oldest"]
        words = f"{row['inflight'] or 0} in flight" + (f", {oldest} s" if oldest is not None else "")
        found.append((row["name"], words, "bad" if (oldest or 0) > 10 else "c3" if row["inflight"] else "idle"))
    return tiles(found, title)


PICTURES: dict[str, Callable[[Any, str], Markup]] = {
    "bar": bar, "states": states, "flame": flame, "waits": waits, "timeline": timeline, "cpus": cpus, "disks": disks,
}  # fmt: skip
"""By the name that :func:`pykd.report.blocks.picture` is given"""
