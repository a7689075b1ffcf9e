"""Display blocks: one MIME bundle that JupyterLab shows and both renderers read."""

from __future__ import annotations

import base64
import html
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from svcq_lib.formats import Lang
from svcq_lib.palette import STATUS_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from svcq_lib.tables.model import DisplayTable

BLOCK_MIME = "application/vnd.svcq.block+json"
LARGEST_SVG = 400_000
"""Bytes above which a figure is stored as PNG: many long labels make a vector file larger than a picture."""
PNG_DPI = 200


@dataclass(frozen=True, eq=False)
class Block:
    """One piece of a report.

    Attributes
    ----------
    model : Mapping
        What the renderers read: ``type`` and, by type, text, cards, columns and rows …
    plain : str
        The same as plain text.
    media : Mapping
        Further MIME types for JupyterLab, and the picture of a figure.
    """

    model: Mapping[str, Any]
    plain: str
    media: Mapping[str, str] = field(default_factory=dict)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return the MIME bundle that IPython publishes."""
        return {BLOCK_MIME: dict(self.model), "text/plain": self.plain, **self.media}


@dataclass(frozen=True, eq=False)
class Blocks:
    """Several blocks, shown one after the other."""

    blocks: tuple[Block, ...]

    def __iter__(self) -> Iterator[Block]:
        """Iterate over the blocks."""
        return iter(self.blocks)

    def _ipython_display_(self) -> None:
        """Publish each block as an output of its own."""
        from IPython.display import display

        for block in self.blocks:
            display(block)


def _model(kind: str, lang: Lang, **fields: Any) -> dict[str, Any]:
    return {"svcq": 1, "type": kind, "lang": lang, **fields}


def title(text: str, kicker: str, cover: Mapping[str, Any], lang: Lang) -> Block:
    """Return the page's title: the answer, with study, unit and period above it; ``cover`` goes on a PDF's cover."""
    shown = f"<p style='color:#5f6e7a;margin:0'>{html.escape(kicker)}</p><h1>{html.escape(text)}</h1>"
    return Block(
        _model("title", lang, text=text, kicker=kicker, cover=dict(cover)), text, {"text/html": shown}
    )


def prose(markdown: str, lang: Lang) -> Block:
    """Return paragraphs of Markdown."""
    return Block(_model("prose", lang, markdown=markdown), markdown, {"text/markdown": markdown})


def notes(items: Sequence[str], lang: Lang) -> Block:
    """Return a list of caveats, each Markdown."""
    text = "\n".join(f"- {item}" for item in items)
    return Block(_model("notes", lang, items=list(items)), text, {"text/markdown": text})


def facts(rows: Sequence[tuple[str, str]], lang: Lang) -> Block:
    """Return a list of names and values."""
    shown = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in rows
    )
    plain = "\n".join(f"{name}: {value}" for name, value in rows)
    return Block(
        _model("facts", lang, rows=[list(row) for row in rows]),
        plain,
        {"text/html": f"<table>{shown}</table>"},
    )


@dataclass(frozen=True)
class Card:
    """A headline figure: its label, value, interval and change as text, and how it stands against its target.

    ``status`` (green, amber, red or none) colours the card; ``verdict`` says the same in words.
    """

    label: str
    value: str
    interval: str = ""
    change: str = ""
    tone: str = "neutral"
    status: str = "none"
    verdict: str = ""


def cards(items: Sequence[Card], lang: Lang) -> Block:
    """Return the headline figures."""
    fields = [{name: getattr(one, name) for name in Card.__dataclass_fields__} for one in items]
    shown = "".join(
        f"<div style='display:inline-block;border-top:3px solid {STATUS_COLOURS[one.status]};margin-right:1em;"
        f"min-width:9em'><small>{html.escape(one.label)}</small><br><b style='font-size:1.6em'>"
        f"{html.escape(one.value)}</b><br><small>{html.escape(one.interval)}<br>"
        f"{'<br>'.join(html.escape(line) for line in (one.verdict, one.change) if line)}</small></div>"
        for one in items
    )
    plain = "\n".join(
        " ".join(filter(None, (one.label, one.value, one.interval, one.verdict, one.change))) for one in items
    )
    return Block(_model("cards", lang, cards=fields), plain, {"text/html": f"<div>{shown}</div>"})


def table(shown: DisplayTable, heading: str, lang: Lang, *, subtitle: str = "", source: str = "") -> Block:
    """Return a table with its heading."""
    from svcq_lib.tables.present import present, table_html

    markup = table_html(present(shown, lang=lang))
    plain = "\n".join(
        [
            "\t".join(column.label for column in shown.columns),
            *("\t".join(c.text for c in row) for row in shown.rows),
        ]
    )
    model = _model(
        "table", lang, title=heading, subtitle=subtitle, source=source, html=markup, **shown.to_block()
    )
    return Block(model, f"{heading}\n{plain}", {"text/html": f"<h3>{html.escape(heading)}</h3>{markup}"})


def figure(axes: Axes, heading: str, subtitle: str, alt: str, lang: Lang, *, source: str = "") -> Block:
    """Return a figure as SVG, or as PNG when that is much smaller.

    Parameters
    ----------
    axes : Axes
        Any axes of the figure.
    heading : str
        What the figure shows.
    subtitle : str
        What is plotted, in which unit, on which base.
    alt : str
        Description for who cannot see it.
    lang : {"en", "zh"}
        Language.
    source : str
        Line below the figure.

    Returns
    -------
    Block
        The block; a glyph that no font has is an error.
    """
    from svcq_lib.figures.layout import figure_of
    from svcq_lib.figures.style import use_style

    drawn = figure_of(axes)
    with use_style(lang), warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*[Gg]lyph.*missing.*")
        media = {"image/svg+xml": _svg(drawn)}
        if len(media["image/svg+xml"]) > LARGEST_SVG:
            buffer = io.BytesIO()
            drawn.savefig(buffer, format="png", dpi=PNG_DPI, metadata={"Software": None})
            media = {"image/png": base64.b64encode(buffer.getvalue()).decode("ascii")}
    width, height = (float(one) for one in drawn.get_size_inches())
    model = _model(
        "figure", lang, title=heading, subtitle=subtitle, alt=alt, source=source, width=width, height=height
    )
    return Block(model, f"{heading}\n{subtitle}\n{alt}", media)


def _svg(drawn: Any) -> str:
    """Return a figure as SVG without the prologue and the metadata, which name addresses."""
    buffer = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    drawn.savefig(buffer, format="svg", metadata=nothing)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
