# SPDX-License-Identifier: GPL-2.0-or-later
"""The pictures of the page, of the data that sections have for them. Each is bounded in what it draws."""

from __future__ import annotations

from markupsafe import Markup

from pykd.report.facts import bytes_text
from pykd.report.svg import arrow, box, element, group, picture, text
from pykd.report.wording import state_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

WIDTH = 960.0
LETTER = 6.6
"""Width of a letter of the pictures"""
MAX_DEPTH = 40
"""Of a flame graph"""
MAX_SHOWN = 200
"""Things of a kind in a picture"""
LATE = 10
"""Seconds from which on a CPU or a disk stands out"""


def shorten(words: str, width: float) -> str:
    """As much of a text as there is room for."""
    room = int(width / LETTER)
    return words if len(words) <= room else words[: max(room - 1, 0)] + "…" if room > 5 else ""


def legend(kinds: Iterable[tuple[str, str]], y: float, columns: int = 3) -> tuple[list[Markup], float]:
    """What the colours of a picture mean, (class, words) of each, from *y* on; and how high that is."""
    parts, number = [], -1
    for number, (kind, words) in enumerate(kinds):
        x, top = number % columns * WIDTH / columns, y + 20 * (number // columns)
        line = kind.startswith("edge")
        parts.append(arrow(x, top + 6, x + 15, top + 6, "", class_=kind) if line else element("rect", x=x, y=top, width=12, height=12, class_=kind))
        parts.append(text(x + 18, top + 11, shorten(words, WIDTH / columns - 22)))
    return parts, 20.0 * (number // columns + 1)


def stacked(data: Iterable[tuple[str, float, str]], title: str, unit: Callable[[float], str]) -> Markup:
    """One bar of parts, (name, how much, class) of each, and below it what they are."""
    shown = list(data)
    total = sum(value for _, value, _ in shown) or 1
    parts, x = [], 0.0
    for name, value, kind in shown:
        width = WIDTH * value / total
        parts.append(box(x, 0, width, 34, f"{name}: {unit(value)} ({100 * value / total:.1f} %)", class_=kind))
        if label := shorten(name, width - 8):
            parts.append(text(x + 4, 21, label, class_="on"))
        x += width
    below, height = legend([(kind, f"{name} {unit(value)}") for name, value, kind in shown], 46)
    return picture(WIDTH, 50 + height, [*parts, *below], title)


def bar(data: dict[str, int], title: str) -> Markup:
    """Of bytes"""
    return stacked([(name, float(value), f"c{number % 12}") for number, (name, value) in enumerate(data.items())], title, lambda value: bytes_text(int(value)))


def states(data: dict[str, int], title: str) -> Markup:
    """How many threads are in each state"""
    named = [(state_name(state), float(count), f"state {state}") for state, count in sorted(data.items(), key=lambda item: -item[1])]
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


WAITS = (
    ("waiting", "a thread that waits"), ("thing", "what is waited for"), ("end", "a thread that waits for nothing more"), ("idle", "what is no thread"),
    ("edge", "waits for it, is held by it"), ("edge guess", "likely, not proven"),
)  # fmt: skip
"""The colours and lines of who waits for whom"""


def waits(data: list[dict[str, Any]], title: str) -> Markup:
    """Who waits (left) for what (middle), and who holds it (right)."""
    shown = data[:MAX_SHOWN]
    waiting = {edge["from"] for edge in data}
    things = list(dict.fromkeys(edge["what"] for edge in shown))
    holders = list(dict.fromkeys(holder for edge in shown for holder in edge["to"]))
    columns = (0.0, WIDTH * 0.25, WIDTH * 0.72)
    widths = (WIDTH * 0.21, WIDTH * 0.42, WIDTH * 0.28)
    rows = max(len(shown), len(things), len(holders), 1)
    top, height = 22.0, 30.0 * rows

    def place(number: int, count: int) -> float:
        return top + height * (number + 0.5) / max(count, 1)

    parts = [text(x, 12, words, class_="strong") for x, words in zip(columns, ("who waits", "for what", "who or what holds it"), strict=True)]
    drawn = set()
    for number, edge in enumerate(shown):
        y, middle = place(number, len(shown)), place(things.index(edge["what"]), len(things))
        parts.append(arrow(columns[0] + widths[0], y, columns[1], middle, edge["proof"], class_=_edge(edge["proof"])))
        for holder in edge["to"]:
            if (edge["what"], holder) not in drawn:
                drawn.add((edge["what"], holder))
                end = place(holders.index(holder), len(holders))
                parts.append(arrow(columns[1] + widths[1], middle, columns[2], end, edge["held"], class_=_edge(edge["held"])))
    labels = [(0, number, len(shown), f"{edge['from']}  {edge['seconds']:.1f} s", "waiting") for number, edge in enumerate(shown)]
    labels += [(1, number, len(things), name, "thing") for number, name in enumerate(things)]
    threads = {holder for edge in shown if edge["threads"] for holder in edge["to"]}
    labels += [(2, number, len(holders), name, "waiting" if name in waiting else "end" if name in threads else "idle") for number, name in enumerate(holders)]
    for column, number, count, words, kind in labels:
        y = place(number, count)
        parts.append(box(columns[column], y - 11, widths[column], 22, words, class_=kind, rx=3))
        parts.append(text(columns[column] + 5, y + 4, shorten(words, widths[column] - 10), class_="on"))
    used = {kind for *_, kind in labels} | {_edge(edge[proof]) for edge in shown for proof in ("proof", "held")}
    below, more = legend([one for one in WAITS if one[0] in used], top + height + 8)
    return picture(WIDTH, top + height + 12 + more, [*parts, *below], title)


def _edge(proof: str) -> str:
    return "edge guess" if proof == "guess" else "edge"


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
    kinds = [("tick", "a message of the log"), ("alarm", "one that alarms"), ("run", "when a thread ran for the last time")]
    below, more = legend(kinds, 90)
    return picture(WIDTH, 94 + more, [*parts, *below], title)


def tiles(data: list[tuple[str, str, str]], title: str, kinds: Iterable[tuple[str, str]]) -> Markup:
    """Small boxes: (name, what is in it, class). *kinds* has what the classes mean; those that are there are told."""
    shown = data[:MAX_SHOWN]
    per_row, width, height = 6, WIDTH / 6, 48.0
    parts: list[Markup] = []
    for number, (name, words, kind) in enumerate(shown):
        x, y = number % per_row * width, number // per_row * height
        parts.append(box(x + 2, y + 2, width - 4, height - 4, f"{name}: {words}", class_=kind, rx=4))
        parts.append(text(x + 8, y + 19, shorten(name, width - 16), class_="on strong"))
        parts.append(text(x + 8, y + 36, shorten(words, width - 16), class_="on"))
    tall = height * ((len(shown) + per_row - 1) // per_row or 1)
    used = {kind for _, _, kind in shown}
    below, more = legend([one for one in kinds if one[0] in used], tall + 6)
    return picture(WIDTH, tall + 10 + more, [*parts, *below], title)


def cpus(data: list[dict[str, Any]], title: str) -> Markup:
    """What runs on each; one that has run a thread for long, or whose clock is behind, stands out."""
    found = []
    for row in data:
        late = row["name"] != "(idle)" and ((row["behind"] or 0) > LATE or (row["seconds"] or 0) > LATE)
        kind = "bad" if late else "idle" if row["name"] == "(idle)" else "c0"
        found.append((f"CPU {row['cpu']}", f"{row['name']}" + (f", {row['seconds']} s" if row["seconds"] is not None else ""), kind))
    return tiles(found, title, (("c0", "runs a thread"), ("bad", f"has run one for more than {LATE} s, or its clock is that far behind"), ("idle", "idle")))


def disks(data: list[dict[str, Any]], title: str) -> Markup:
    """What each has in flight; an old request stands out."""
    found = []
    for row in data:
        oldest = row["oldest"]
        words = f"{row['inflight'] or 0} in flight" + (f", {oldest} s" if oldest is not None else "")
        found.append((row["name"], words, "bad" if (oldest or 0) > LATE else "c3" if row["inflight"] else "idle"))
    return tiles(found, title, (("c3", "has requests in flight"), ("bad", f"has one that is older than {LATE} s"), ("idle", "has none")))


PICTURES: dict[str, Callable[[Any, str], Markup]] = {
    "bar": bar, "states": states, "flame": flame, "waits": waits, "timeline": timeline, "cpus": cpus, "disks": disks,
}  # fmt: skip
"""By the name that :func:`pykd.report.blocks.picture` is given"""
