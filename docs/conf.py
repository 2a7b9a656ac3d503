# SPDX-License-Identifier: GPL-2.0-or-later
"""How Sphinx makes the site of docs/: ./build.sh docs."""

project = "pykd"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["examples"]
html_theme = "furo"
html_title = "pykd"
html_show_sphinx = False
html_last_updated_fmt = None
myst_heading_anchors = 3
highlight_language = "none"
suppress_warnings = ["misc.highlighting_failure", "myst.xref_missing"]


def setup(app: object) -> None:
    """Transcripts are not coloured: what they show is text."""
    from pygments.lexers.special import TextLexer

    for language in ("pykd", "console"):
        app.add_lexer(language, TextLexer)  # type: ignore[attr-defined]
