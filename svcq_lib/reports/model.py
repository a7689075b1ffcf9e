"""The document model: what a report holds, in order, before it has a format.

Both renderers read these classes and nothing else. All text is plain, except `Prose` and `Notes`, which hold
parsed Markdown (see `svcq_lib.reports.markdown`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from svcq_lib.formats import Lang

#: One parsed Markdown element: ``type`` and, depending on it, ``raw``, ``children`` and ``attrs``.
Node = Mapping[str, Any]
Tone = Literal["", "good", "bad", "neutral", "muted", "strong"]
Status = Literal["green", "amber", "red", "none"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A section heading; ``level`` is 2 to 4, because the title is the only first level."""

    level: int
    text: str
    anchor: str
    where: str


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs and lists; ``role`` is ``lead`` for the answer, ``about`` for the notebook's aim."""

    nodes: tuple[Node, ...]
    role: Literal["lead", "text", "about"]
    where: str


@dataclass(frozen=True, slots=True)
class Card:
    """One headline number; ``status`` colours it by its target, which ``verdict`` says in words."""

    label: str
    value: str
    interval: str
    change: str
    tone: Tone
    status: Status = "none"
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """The row of headline numbers."""

    cards: tuple[Card, ...]
    where: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its title, what it plots, its description and its source.

    Attributes
    ----------
    kind : {"svg", "png"}
        How ``data`` is encoded. SVG is already cleaned: no namespaces, scripts or addresses, unique ids.
    width, height : float
        Size in inches.
    """

    title: str
    subtitle: str
    alt: str
    source: str
    kind: Literal["svg", "png"]
    data: bytes
    width: float
    height: float
    where: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading and alignment."""

    label: str
    align: Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A formatted cell."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Table:
    """A table as data; ``html`` is the display table's own markup, or empty."""

    title: str
    subtitle: str
    source: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    html: str
    where: str


@dataclass(frozen=True, slots=True)
class Notes:
    """What to be careful with, one parsed Markdown text per item."""

    entries: tuple[tuple[Node, ...], ...]
    where: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Provenance: rows of a label and a value."""

    rows: tuple[tuple[str, str], ...]
    where: str


@dataclass(frozen=True, slots=True)
class Output:
    """Ordinary output of a cell, shown as it was printed."""

    text: str
    kind: Literal["text", "error"]
    where: str


Block = Heading | Prose | Cards | Figure | Table | Notes | Facts | Output


@dataclass(frozen=True, slots=True)
class Document:
    """A report in one language.

    Attributes
    ----------
    lang : {"en", "zh"}
        Language of every text in it.
    title, kicker, question : str
        The answer, the line above it, and the question that it answers.
    study, report, period, unit, base : str
        Names for cover and headers; empty when the notebook does not say.
    blocks : tuple of Block
        The content in reading order.
    """

    lang: Lang
    title: str
    kicker: str
    question: str
    study: str
    report: str
    period: str
    unit: str
    base: str
    blocks: tuple[Block, ...]

    @property
    def sections(self) -> tuple[Heading, ...]:
        """The second-level headings, which make the table of contents."""
        return tuple(block for block in self.blocks if isinstance(block, Heading) and block.level == 2)
