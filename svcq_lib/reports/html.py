"""An executed notebook as one HTML page that needs nothing else: no network, no script, no installed font."""

from __future__ import annotations

import base64
import html as escaping
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from nbconvert.exporters import Exporter
from traitlets import Enum, default

from svcq_lib.figures import style
from svcq_lib.palette import CAUTION
from svcq_lib.reports.document import read_document
from svcq_lib.reports.fonts import GlyphPolicy, drawable, font_faces
from svcq_lib.reports.html_markup import clean_table, html_nodes
from svcq_lib.reports.model import Block, Document, Figure, Heading, Table
from svcq_lib.reports.templating import environment
from svcq_lib.reports.words import WORDS

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: The warning colour, darker, for small text: 4.5:1 on white.
_WARNING_TEXT = "#b84a34"


class SvcqHTMLExporter(Exporter):
    """Export an executed notebook as a self-contained HTML page.

    Configurable as any nbconvert exporter: ``lang`` overrides the notebook's language, ``missing_glyphs``
    says what happens to characters that no font of ours can draw.
    """

    export_from_notebook = "svcq report (HTML)"
    output_mimetype = "text/html"

    lang = Enum(["", "en", "zh"], "", help="Language; empty takes the notebook's.").tag(config=True)
    missing_glyphs = Enum(
        ["error", "describe"], "error", help="Refuse characters without a glyph, or print their codes."
    ).tag(config=True)

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override]  # nbconvert's annotation is of its own default
        self, nb: NotebookNode, resources: Any | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Convert a notebook.

        Parameters
        ----------
        nb : NotebookNode
            The executed notebook.
        resources : dict, optional
            nbconvert's resources; the notebook's name is the title of last resort.
        **kwargs
            Passed on to nbconvert.

        Returns
        -------
        tuple of str and dict
            The page and the resources.
        """
        notebook, found = super().from_notebook_node(nb, resources, **kwargs)
        name = found.get("metadata", {}).get("name", "")
        document = read_document(notebook, self.lang or None, name=name)
        return render_html(drawable(document, cast(GlyphPolicy, self.missing_glyphs))), found


def render_html(document: Document) -> str:
    """Render a document as an HTML page.

    Parameters
    ----------
    document : Document
        The document; every character should have a glyph (`svcq_lib.reports.fonts.drawable`).

    Returns
    -------
    str
        The page; the same text for the same document.
    """
    anchors = {"answer"} | {block.anchor for block in document.blocks if isinstance(block, Heading)}
    page = partial(
        environment().get_template("page.html.j2").render,
        document=document,
        words=WORDS[document.lang],
        blocks=list(_levels(document.blocks)),
        markdown=lambda nodes: _safe(html_nodes(nodes, anchors)),
        svg=_svg,
        data_uri=_data_uri,
        display_table=_display_table,
    )
    body = page(style="")
    drawn = escaping.unescape(body)
    italic = any(mark in body for mark in ("<em>", 'class="variable"', "font-style:italic"))
    sheet = (
        environment()
        .get_template("page.css.j2")
        .render(
            ink=style.INK,
            grey=style.GREY,
            rule=style.RULE,
            accent=style.ACCENT,
            warning_text=_WARNING_TEXT,
            caution=CAUTION,
        )
    )
    return page(style=_safe(font_faces(drawn, document.lang, italic=italic) + "\n" + sheet))


def _safe(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # made here, with every text escaped


def _levels(blocks: tuple[Block, ...]) -> Iterator[tuple[Block, str, int]]:
    """Yield blocks with their kind and the heading level that a figure's title has there."""
    level = 2
    for block in blocks:
        if isinstance(block, Heading):
            level = min(block.level + 1, 6)
        yield block, type(block).__name__, level


def _svg(figure: Figure) -> Any:
    label = escaping.escape(figure.alt)
    return _safe(figure.data.decode().replace("<svg", f'<svg role="img" aria-label="{label}"', 1))


def _data_uri(figure: Figure) -> str:
    return "data:image/png;base64," + base64.b64encode(figure.data).decode()


def _display_table(table: Table) -> Any:
    return _safe(clean_table(table.html, drop_heading=bool(table.title), drop_source=bool(table.source)))
