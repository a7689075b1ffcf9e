"""A display table: what every renderer shows of a result frame, as plain text with tones.

Numbers become text by the kind of their column (or of their row's measure), limits become one column of
intervals behind their estimate, machine names become labels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from svcq_lib import vocabulary
from svcq_lib.errors import ParameterError
from svcq_lib.formats import MISSING, Lang
from svcq_lib.kinds import is_missing, shown, shown_difference, shown_interval
from svcq_lib.vocabulary import COLUMNS, WORDS, Kind

Tone = Literal["", "good", "bad", "muted", "strong"]
Align = Literal["left", "right", "center"]

CODED = frozenset({"measure", "method", "quadrant", "kind", "missing", "adjustment", "outcome", "indicator"})
"""Columns whose values are words of the vocabulary."""
ALWAYS_WORDS = frozenset({"overall", "all", "all_units"})
"""Values that are words of the vocabulary in every column of names."""
OF_MEASURE = ("estimate", "std_error", "previous", "target", "baseline", "benchmark")
"""Columns written by the kind of their row's measure, where the frame has a column `measure`."""
SIGNED_OF_MEASURE = ("difference", "change")
"""The same, with a sign; shares in percentage points."""
HIDDEN = frozenset({"suppressed", "ci_level"})
"""Columns that say something about the others and are not shown unless asked for."""
HOSTS = ("estimate", "gap", "difference", "change", "perception", "performance", "share")
"""What `conf_low` and `conf_high` belong to: the first of these that the frame has."""


class Named(Protocol):
    """Anything with a name in both languages, such as a label of the study."""

    def text(self, lang: Lang = "en") -> str:
        """Return the name in one language."""


@dataclass(frozen=True)
class Column:
    """A column of a display table.

    Attributes
    ----------
    name : str
        Machine name.
    label : str
        Heading.
    align : {"left", "right", "center"}
        Alignment: names left, numbers right.
    """

    name: str
    label: str
    align: Align


@dataclass(frozen=True)
class Cell:
    """A cell of a display table.

    Attributes
    ----------
    text : str
        Plain text, not escaped for any renderer.
    tone : {"", "good", "bad", "muted", "strong"}
        How it is set.
    """

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class DisplayTable:
    """A table of plain texts, ready for any renderer.

    Attributes
    ----------
    columns : tuple of Column
        The columns.
    rows : tuple of tuple of Cell
        The cells, one per column.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def to_block(self) -> dict[str, list[Any]]:
        """Return columns and rows as JSON-ready data, for the display model.

        Returns
        -------
        dict
            ``columns`` (name, label, align) and ``rows`` of cells (text, tone).
        """
        return {
            "columns": [{"name": c.name, "label": c.label, "align": c.align} for c in self.columns],
            "rows": [[{"text": cell.text, "tone": cell.tone} for cell in row] for row in self.rows],
        }


def display_table(
    frame: pd.DataFrame,
    *,
    columns: Sequence[str] | None = None,
    labels: Mapping[str, Named] | None = None,
    headings: Mapping[str, str] | None = None,
    lang: Lang = "en",
    merge_intervals: bool = True,
    highlight: Mapping[str, Mapping[Any, Tone]] | None = None,
    strong: Collection[str] = (),
    kinds: Mapping[str, Kind] | None = None,
    digits: Mapping[str, int] | None = None,
    right: Collection[str] = (),
    ci_level: float = 0.95,
) -> DisplayTable:
    """Turn a result frame into the table that is shown.

    Parameters
    ----------
    frame : DataFrame
        Raw values under machine names. Where a column `suppressed` is true, numbers are blanked.
    columns : sequence of str, optional
        Columns to show, in order; all except `suppressed` and `ci_level` by default. With merged intervals,
        the limits of a shown column need not be named.
    labels : mapping of str to label, optional
        Display names of machine names in cells (items, dimensions, groups, outcomes) and of columns that are
        the study's own.
    headings : mapping of str to str, optional
        Headings that differ from the vocabulary's, by column.
    lang : {"en", "zh"}
        Language.
    merge_intervals : bool
        Whether ``x_low`` and ``x_high`` become one column behind ``x``.
    highlight : mapping, optional
        Tones by column and row label of the frame: ``{"gap": {0: "bad"}}``.
    strong : collection of str
        Columns set in bold where no other tone is given.
    kinds : mapping of str to str, optional
        Kinds that differ from the vocabulary's, by column.
    digits : mapping of str to int, optional
        Digits after the point that differ from those of the kind, by column.
    right : collection of str
        Columns of text set to the right, because they hold numbers with units of their own.
    ci_level : float
        Confidence level of the intervals, for their heading.

    Returns
    -------
    DisplayTable
        The table.

    Raises
    ------
    ParameterError
        If a column is asked for that the frame does not have.
    UnknownNameError
        If a column is in neither the vocabulary nor the labels.
    """
    names = _shown_columns(frame, columns)
    pairs = _intervals(frame, names) if merge_intervals else {}
    limits = {limit for pair in pairs.values() for limit in pair}
    look = _Look(labels or {}, headings or {}, lang, kinds or {}, digits or {})
    made: list[Column] = []
    cells: list[list[Cell]] = []
    for name in (name for name in names if name not in limits):
        left = look.kind(name) in ("text", "period") and name not in right
        made.append(Column(name, look.heading(name), "left" if left else "right"))
        cells.append(_column(frame, name, look, (highlight or {}).get(name, {}), name in strong))
        if name in pairs:
            heading = _interval_heading(name, pairs, look, ci_level)
            made.append(Column(f"{name}_interval", heading, "right"))
            cells.append(_interval_column(frame, name, pairs[name], look))
    return DisplayTable(tuple(made), tuple(zip(*cells, strict=True)) if cells else ())


@dataclass(frozen=True)
class _Look:
    """How names and numbers of one table are written."""

    labels: Mapping[str, Named]
    headings: Mapping[str, str]
    lang: Lang
    kinds: Mapping[str, Kind]
    digits: Mapping[str, int]

    def heading(self, name: str) -> str:
        if name in self.headings:
            return self.headings[name]
        if name not in COLUMNS and name in self.labels:
            return self.labels[name].text(self.lang)
        return vocabulary.label(name, self.lang)

    def kind(self, name: str) -> Kind:
        if name in self.kinds:
            return self.kinds[name]
        kind = COLUMNS[name].kind if name in COLUMNS else "text"
        return "number" if kind in ("interval_low", "interval_high") else kind

    def kind_in_row(self, name: str, measure: Any) -> tuple[Kind, bool]:
        """Return the kind of a cell and whether it is a difference, from the measure of its row."""
        known = WORDS[measure].kind if isinstance(measure, str) and measure in WORDS else None
        if name in self.kinds or known in (None, "text"):
            return self.kind(name), False
        if name in SIGNED_OF_MEASURE:
            return known, True
        return (known if name in OF_MEASURE else self.kind(name)), False

    def name_of(self, column: str, value: Any) -> str:
        if is_missing(value):
            return MISSING
        code = str(value)
        if code in self.labels:
            return self.labels[code].text(self.lang)
        if code in WORDS and (column in CODED or code in ALWAYS_WORDS):
            return vocabulary.word(code, self.lang)
        return code


def _shown_columns(frame: pd.DataFrame, columns: Sequence[str] | None) -> list[str]:
    if columns is None:
        return [str(name) for name in frame.columns if name not in HIDDEN]
    absent = [name for name in columns if name not in frame.columns]
    if absent:
        raise ParameterError(
            f"columns {absent} are not in the table, which has {', '.join(map(str, frame.columns))}. "
            "Choose from these."
        )
    return list(columns)


def _intervals(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the limits of each shown column that has both."""
    pairs = {
        name: (f"{name}_low", f"{name}_high")
        for name in names
        if f"{name}_low" in frame.columns and f"{name}_high" in frame.columns
    }
    host = next((name for name in HOSTS if name in names and name not in pairs), None)
    if host and "conf_low" in frame.columns and "conf_high" in frame.columns:
        pairs[host] = ("conf_low", "conf_high")
    return pairs


def _interval_heading(name: str, pairs: Mapping[str, Any], look: _Look, ci_level: float) -> str:
    plain = vocabulary.interval_label(ci_level, look.lang)
    if next(iter(sorted(pairs, key=_host_rank))) == name:
        return plain
    return f"{look.heading(name)}{'：' if look.lang == 'zh' else ', '}{plain}"


def _host_rank(name: str) -> int:
    return HOSTS.index(name) if name in HOSTS else len(HOSTS)


def _column(
    frame: pd.DataFrame, name: str, look: _Look, tones: Mapping[Any, Tone], strong: bool
) -> list[Cell]:
    measures = (
        frame["measure"] if "measure" in frame.columns else pd.Series(None, index=frame.index, dtype=object)
    )
    cells = []
    for key, value, measure, blank in zip(frame.index, frame[name], measures, _blank(frame), strict=True):
        kind, difference = look.kind_in_row(name, measure)
        if kind == "text":
            cells.append(Cell(look.name_of(name, value), tones.get(key, "strong" if strong else "")))
            continue
        value = np.nan if blank and kind not in ("period", "date", "bool") else value
        write = shown_difference if difference else shown
        text = write(value, kind, look.lang, digits=look.digits.get(name))
        plain: Tone = "strong" if strong else ""
        cells.append(Cell(text, "muted" if text == MISSING else tones.get(key, plain)))
    return cells


def _interval_column(frame: pd.DataFrame, name: str, pair: tuple[str, str], look: _Look) -> list[Cell]:
    measures = frame["measure"] if "measure" in frame.columns else [None] * len(frame)
    cells = []
    for low, high, measure, blank in zip(
        frame[pair[0]], frame[pair[1]], measures, _blank(frame), strict=True
    ):
        kind, difference = look.kind_in_row(name, measure)
        kind = "percentage_points" if difference and kind == "share" else kind
        text = MISSING if blank else shown_interval(low, high, kind, digits=look.digits.get(name))
        cells.append(Cell(text, "muted" if text == MISSING else ""))
    return cells


def _blank(frame: pd.DataFrame) -> list[bool]:
    if "suppressed" not in frame.columns:
        return [False] * len(frame)
    return [not is_missing(value) and bool(value) for value in frame["suppressed"]]
