# SPDX-License-Identifier: GPL-2.0-or-later
"""Text in boxes and trees of boxes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class EmbeddedFrames:
    """A titled frame of text, which can hold frames."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.children: list[list[str] | EmbeddedFrames] = []

    def addText(self, text: str | list[str]) -> None:
        """Text, as lines or as one string."""
        self.children.append(text if isinstance(text, list) else text.rstrip().split("\n"))

    def addFrame(self, frame: EmbeddedFrames) -> None:
        self.children.append(frame)

    def getStrArr(self) -> list[str]:
        """The lines of the drawing."""
        blocks = [child.getStrArr() if isinstance(child, EmbeddedFrames) else child for child in self.children]
        inner = max([len(self.title) + 4] + [len(line) for block in blocks for line in block])
        lines = [f" +{self.title:-^{inner + 2}}+"]
        for i, block in enumerate(blocks):
            if i:
                lines.append(f" | {'':{inner}} |")
            lines += [f" | {line:{inner}} |" for line in block]
        lines.append(f" +{'':-^{inner + 2}}+")
        return lines

    def getWH(self) -> tuple[int, int]:
        """Width and height in characters."""
        lines = self.getStrArr()
        return len(lines[0]), len(lines)

    def __str__(self) -> str:
        return "\n".join(self.getStrArr())


def _box(text: str) -> list[str]:
    lines = text.split("\n")
    width = max(map(len, lines))
    return ["┌" + "─" * width + "┐", *(f"│{line:{width}}│" for line in lines), "└" + "─" * width + "┘"]


class _Drawing(list):  # type: ignore[type-arg]
    """Lines of a tree; *root_height* of them are the box of its root."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(lines)
        self.root_height = len(lines)

    def __str__(self) -> str:
        return "\n".join(line.rstrip() for line in self)


class AA_Node:
    """A node of a tree that is drawn with its branches to the right and below.

    *o* is what the node shows; nodes are sorted by it. Childless children are put together in one box.
    """

    def __init__(self, o: Any, parent: AA_Node | None = None) -> None:
        self.node = o
        self.parent = parent
        self.children: set[AA_Node] = set()
        self.tags: dict[Any, AA_Node] = {}
        if parent is not None:
            parent.children.add(self)
            parent.tags[o] = self

    def get_tag(self) -> Any:
        return self.node

    def glue(self, anotherbranch: AA_Node) -> bool:
        """Take the place of the child of *anotherbranch* that shows the same; False if it has none."""
        known = anotherbranch.tags.get(self.node)
        if known is None:
            return False
        anotherbranch.children.discard(known)
        anotherbranch.children.add(self)
        anotherbranch.tags[self.node] = self
        self.parent = anotherbranch
        return True

    def _leaves(self) -> str:
        tags = sorted({child.node for child in self.children if not child.children})
        if len(tags) > 20:
            return f"{len(tags)} pids in this group"
        return "\n".join(",".join(map(str, tags[i : i + 5])) for i in range(0, len(tags), 5))

    def _branches(self) -> list[AA_Node]:
        return sorted((child for child in self.children if child.children), key=lambda child: child.node)

    def __str__(self) -> str:
        lines = [str(self.node)]
        leaves = self._leaves()
        if leaves:
            lines += ["  -------", *("  " + line for line in leaves.split("\n")), "  -------"]
        for branch in self._branches():
            lines += ["  " + line for line in str(branch).split("\n")]
        return "\n".join(lines)

    def HorTree(self) -> _Drawing:
        """The tree drawn with boxes; ``str()`` of it is the text."""
        drawing = _Drawing([" " + line for line in _box(str(self.node))])
        leaves = self._leaves()
        blocks: list[tuple[list[str], int]] = []
        if leaves:
            box = _box(leaves)
            blocks.append((["     " + line for line in box], len(box) // 2))
        for branch in self._branches():
            child = branch.HorTree()
            blocks.append((["    " + line for line in child], child.root_height // 2))
        if not blocks:
            return drawing
        # The stem leaves the root's box two columns right of its corner, and ends at the last child.
        foot = drawing[-1]
        drawing[-1] = foot[:3] + "┬" + foot[4:]
        for i, (lines, middle) in enumerate(blocks):
            last = i == len(blocks) - 1
            for row, line in enumerate(lines):
                if row == middle:
                    edge = len(line) - len(line.lstrip())
                    line = line[:3] + ("└" if last else "├") + "─" * (edge - 4) + "┤" + line[edge + 1 :]
                elif not last or row < middle:
                    line = line[:3] + "│" + line[4:]
                drawing.append(line)
        return drawing
