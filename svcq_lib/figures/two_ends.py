"""Two effects per row, one to each side of zero: what a bad and what a good rating goes with."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from svcq_lib.figures import alt
from svcq_lib.figures.layout import STRONG, VALUE, box_of, size_of, write
from svcq_lib.figures.marks import KEY_BAND, Scale, column, key, reference_line, rows_in, scale_x, too_few
from svcq_lib.figures.style import ACCENT, RULE, WARNING, use_style
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import Kind
from svcq_lib.vocabulary import label as column_label

ROW = 24.0
"""Least height of a row in points."""


def two_ends(
    table: pd.DataFrame,
    *,
    left: str = "penalty",
    right: str = "reward",
    label: str = "label",
    tag: str = "tag",
    names: tuple[str, str] | None = None,
    kind: Kind = "signed",
    digits: int | None = None,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw two dots with their intervals per row, the line between them, and a word at the end.

    Parameters
    ----------
    table : DataFrame
        One row per thing compared, drawn in the order given, with the limits ``<left>_low``, ``<left>_high``,
        ``<right>_low`` and ``<right>_high``; a missing value makes a row that says only that its base is too small.
    left, right : str
        Columns of the two values.
    label : str
        Column of the display names.
    tag : str
        Column of words behind the marks; rows with one stand out, the others are pale.
    names : tuple of str, optional
        Names of both values in the key; those of the vocabulary by default.
    kind : str
        Kind of the values, as in the vocabulary.
    digits : int, optional
        Digits after the point; those of the kind by default.
    lang : {"en", "zh"}
        Language.
    ax : Axes, optional
        Axes to draw in; a new figure, as high as its rows need, by default.

    Returns
    -------
    Axes
        The axes.

    Raises
    ------
    ReportError
        If a character of a text is in none of the fonts.
    """
    tags = [str(one) for one in table[tag]] if tag in table else [""] * len(table)
    scale = Scale(kind, digits, lang)
    ends = [_end(table, name) for name in (left, right)]
    with use_style(lang):
        ax, y = rows_in(ax, [str(name) for name in table[label]], row=ROW, top=KEY_BAND + 6)
        widest = max((size_of(ax, one, VALUE, STRONG)[0] for one in tags), default=0.0)
        scale_x(ax, [0.0, *ends[0], *ends[1]], scale, pads=(14, widest + 22))
        reference_line(ax, 0.0, "")
        both = np.isfinite(ends[0][0]) & np.isfinite(ends[1][0])
        ax.hlines(y[both], ends[0][0][both], ends[1][0][both], colors=RULE, linewidth=1.4, zorder=2)
        said = np.array([bool(one) for one in tags])
        for end, color in zip(ends, (WARNING, ACCENT), strict=True):
            _marks(ax, y, end, color, both, said)
        for i in np.flatnonzero(~both):
            too_few(ax, float(y[i]), lang)
        for i in np.flatnonzero(both & said):
            last = max(v for end in ends for v in (end[0][i], end[2][i]) if np.isfinite(v))
            write(ax, tags[i], (last, float(y[i])), offset=(9, 0), ha="left", weight=STRONG)
        _key(ax, names or (column_label(left, lang), column_label(right, lang)))
    return ax


def _end(table: pd.DataFrame, name: str) -> tuple[NDArray[np.float64], ...]:
    return tuple(column(table, one) for one in (name, f"{name}_low", f"{name}_high"))


def _marks(
    ax: Axes,
    y: NDArray[np.float64],
    end: tuple[NDArray[np.float64], ...],
    color: str,
    drawn: NDArray[np.bool_],
    strong: NDArray[np.bool_],
) -> None:
    """Draw the dots of one side; full colour where something is said of the row."""
    middle, low, high = end
    ranged = drawn & np.isfinite(low) & np.isfinite(high)
    for rows, alpha in ((strong, 1.0), (~strong, 0.45)):
        lines, dots = ranged & rows, drawn & rows
        ax.hlines(y[lines], low[lines], high[lines], colors=color, linewidth=2.0, alpha=alpha, zorder=3)
        ax.scatter(middle[dots], y[dots], s=52, c=color, alpha=alpha, linewidths=0, zorder=4)


def _key(ax: Axes, names: tuple[str, str]) -> None:
    marks = [
        Line2D([], [], linestyle="none", marker="o", markersize=7.0, color=one) for one in (WARNING, ACCENT)
    ]
    box = box_of(ax)
    key(ax, list(zip(marks, names, strict=True)), box.x0, box.y1 + KEY_BAND)


def describe_two_ends(
    table: pd.DataFrame,
    *,
    left: str = "penalty",
    right: str = "reward",
    label: str = "label",
    tag: str = "tag",
    names: tuple[str, str] | None = None,
    ci_level: float = 0.95,
    kind: Kind = "signed",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `two_ends`.

    Parameters
    ----------
    table, left, right, label, tag, names, kind, digits, lang
        As in `two_ends`.
    ci_level : float
        Confidence level of the intervals.

    Returns
    -------
    str
        What is plotted, the extremes of both values, and which rows carry a word.
    """
    zh, scale, labels = lang == "zh", Scale(kind, digits, lang), [str(name) for name in table[label]]
    ranged = alt.intervals_named(column(table, f"{left}_low"), column(table, f"{left}_high"), ci_level, lang)
    said = [
        f"双向点图{ranged}，共 {len(table)} 行"
        if zh
        else f"Dots on both sides of zero{ranged}, {len(table)} rows"
    ]
    for name, column_name in zip(
        names or (column_label(left, lang), column_label(right, lang)), (left, right), strict=True
    ):
        found = alt.extremes(labels, column(table, column_name), scale)
        said.append(
            f"{name}{'：' if zh else ': '}{found if zh else found[:1].lower() + found[1:]}" if found else ""
        )
    tags = [str(one) for one in table[tag]] if tag in table else []
    for word in dict.fromkeys(one for one in tags if one):
        members = [one for one, own in zip(labels, tags, strict=True) if own == word]
        said.append(f"{word}{'：' if zh else ': '}{('、' if zh else ', ').join(members)}")
    return alt.sentences([*said, alt.blank(column(table, left) + column(table, right), lang)], lang)
