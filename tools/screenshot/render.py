# SPDX-License-Identifier: GPL-2.0-or-later
"""Make an SVG picture of a terminal's screen: `tmux capture-pane -e -p | python3 render.py COLUMNS TITLE > picture.svg`.

Only what pykd's colours use is understood: bold, dim, inverse and the eight foreground colours.
"""

import html
import re
import sys

CELL_WIDTH, CELL_HEIGHT, FONT_SIZE = 8.4, 18, 14
MARGIN, TITLE_HEIGHT = 14, 30
BACKGROUND, FRAME, TEXT = "#1b1e24", "#2c313a", "#d7dae0"
COLOURS = {31: "#f0616d", 32: "#8fc66b", 33: "#e0b65c", 34: "#6cb0f0", 35: "#c98ae0", 36: "#5cc5d0", 37: "#ffffff"}
_SEQUENCE = re.compile(r"\x1b\[([\d;]*)m")


class Style:
    """What the sequences so far have switched on."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.colour = None
        self.bold = self.dim = self.inverse = False

    def apply(self, parameters):
        for number in (int(word or 0) for word in parameters.split(";")):
            if number == 0:
                self.reset()
            elif number == 1:
                self.bold = True
            elif number == 2:
                self.dim = True
            elif number == 7:
                self.inverse = True
            elif number == 22:
                self.bold = self.dim = False
            elif number == 39:
                self.colour = None
            elif number in COLOURS:
                self.colour = COLOURS[number]

    def attributes(self):
        fill = self.colour or TEXT
        return f'fill="{fill}"' + (' font-weight="bold"' if self.bold else "") + (' opacity="0.6"' if self.dim else "")


def runs(line, style):
    """(first column, text, attributes) of each piece of a line that looks the same."""
    column = 0
    parts = _SEQUENCE.split(line)
    for i, part in enumerate(parts):
        if i % 2:
            style.apply(part)
        elif part:
            yield column, part, style.attributes()
            column += len(part)


def picture(lines, columns, title):
    """The lines of the SVG."""
    width = round(columns * CELL_WIDTH + 2 * MARGIN)
    height = len(lines) * CELL_HEIGHT + TITLE_HEIGHT + 2 * MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    yield f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>'
    yield f'<path d="M0 {TITLE_HEIGHT}V8a8 8 0 0 1 8-8H{width - 8}a8 8 0 0 1 8 8V{TITLE_HEIGHT}z" fill="{FRAME}"/>'
    yield "".join(f'<circle cx="{18 + 20 * i}" cy="15" r="6" fill="{fill}"/>' for i, fill in enumerate(("#ed6a5e", "#f4bf4f", "#61c554")))
    yield '<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" xml:space="preserve" '
    yield f'font-size="{FONT_SIZE}" style="white-space:pre">'
    yield f'<text x="{width / 2}" y="20" text-anchor="middle" fill="{TEXT}" opacity="0.7" font-size="13">{html.escape(title)}</text>'
    style = Style()
    for row, line in enumerate(lines):
        y = TITLE_HEIGHT + MARGIN + row * CELL_HEIGHT + FONT_SIZE
        for column, text, attributes in runs(line, style):
            blanks = len(text) - len(text.lstrip(" "))
            text = text.strip(" ")
            if text:
                # The length is said, so that any font that the viewer has fits the columns.
                x = MARGIN + (column + blanks) * CELL_WIDTH
                length = f'textLength="{len(text) * CELL_WIDTH:.1f}" lengthAdjust="spacingAndGlyphs"'
                yield f'<text x="{x:.1f}" y="{y}" {length} {attributes}>{html.escape(text, quote=False)}</text>'
    yield "</g></svg>"


def main():
    columns, title = int(sys.argv[1]), sys.argv[2]
    lines = sys.stdin.read().rstrip("\n").split("\n")
    print("\n".join(picture(lines, columns, title)))


if __name__ == "__main__":
    main()
