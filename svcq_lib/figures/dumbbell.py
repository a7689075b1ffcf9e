"""Two values per row and the distance between them: perception and expectation, this period and the last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from svcq_lib.figures import alt
from svcq_lib.figures.layout import STRONG, VALUE, box_of, size_of, write
from svcq_lib.figures.marks import (
    KEY_BAND,
    NAME_BAND,
    Mask,
    Scale,
    column,
    key,
    mask_of,
    reference_line,
    rows_in,
    scale_x,
    too_few,
)
from svcq_lib.figures.style import ACCENT, GREY, INK, PAPER, RULE, WARNING, use_style
from svcq_lib.formats import Lang
from svcq_lib.kinds import shown
from svcq_lib.vocabulary import Kind
from svcq_lib.vocabulary import label as column_label

ROW = 35.0
"""Least height of a row in points: marks and, above them, the distance."""
WARNING_BAR = "#e39c8d"
"""The warning colour, lighter, for bars between marks."""


def dumbbell(
    table: pd.DataFrame,
    *,
    left: str = "perception",
    right: str = "expectation",
    low: str = "perception_low",
    high: str = "perception_high",
    gap: str = "gap",
    label: str = "label",
    names: tuple[str, str] | None = None,
    warn: Mask = None,
    reference: tuple[float, str] | None = None,
    kind: Kind = "number",
    digits: int | None = None,
    sort: bool = True,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw a filled and an open circle per row, the bar between them and its length above it.

    Parameters
    ----------
    table : DataFrame
        One row per thing compared. A true `suppressed` or a missing value makes a row, below the others, that
        says only that its base is too small.
    left, right : str
        Columns of the filled circle (perception) and of the open one (expectation).
    low, high : str
        Columns of the limits of `left`; intervals are left out where absent.
    gap : str
        Column of the distance; `left` − `right` where the table has no such column.
    label : str
        Column of the display names.
    names : tuple of str, optional
        Names of the two circles in the key; those of the vocabulary by default.
    warn : set of names or boolean array, optional
        Rows in the warning colour.
    reference : tuple of (float, str), optional
        A line across all rows and its name.
    kind : str
        Kind of the values, as in the vocabulary.
    digits : int, optional
        Digits after the point; those of the kind by default.
    sort : bool
        Whether the lowest distance (the widest shortfall) comes first; else the rows keep their order.
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
    warned = mask_of(warn, [str(name) for name in table[label]])
    order = np.argsort(_gaps(table, left, right, gap), kind="stable") if sort else np.arange(len(table))
    table, warned = table.iloc[order], warned[order]
    a, b = column(table, left), column(table, right)
    lows, highs = column(table, low), column(table, high)
    scale = Scale(kind, digits, lang)
    texts = [[scale.text(float(v)) for v in values if np.isfinite(v)] for values in (a, b)]
    with use_style(lang):
        top = KEY_BAND + (NAME_BAND if reference else 6)
        ax, y = rows_in(ax, [str(name) for name in table[label]], row=ROW, top=top)
        pad = max((size_of(ax, text, VALUE)[0] for text in texts[0] + texts[1]), default=0.0) + 24
        scale_x(ax, [a, b, lows, highs, reference[0] if reference else None], scale, pads=(pad, pad))
        if reference:
            reference_line(ax, *reference)
        _marks(ax, y, a, b, (lows, highs), warned)
        _values(ax, y, a, b, (lows, highs), scale)
        _distances(ax, y, a, b, _gaps(table, left, right, gap), warned, scale)
        _key(ax, names or (column_label(left, lang), column_label(right, lang)), top)
    return ax


def _gaps(table: pd.DataFrame, left: str, right: str, gap: str) -> NDArray[np.float64]:
    both = column(table, left) - column(table, right)
    return np.where(np.isfinite(both), column(table, gap), np.nan) if gap in table.columns else both


def _marks(
    ax: Axes,
    y: NDArray[np.float64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    limits: tuple[NDArray[np.float64], NDArray[np.float64]],
    warned: NDArray[np.bool_],
) -> None:
    both = np.isfinite(a) & np.isfinite(b)
    bars = np.where(warned, WARNING_BAR, RULE)
    ax.hlines(y[both], a[both], b[both], colors=list(bars[both]), linewidth=4.0, zorder=2, gid="bars")
    ranged = both & np.isfinite(limits[0]) & np.isfinite(limits[1])
    ax.hlines(
        y[ranged], limits[0][ranged], limits[1][ranged], colors=INK, linewidth=1.8, zorder=3, gid="intervals"
    )
    fill = np.where(warned, WARNING, ACCENT)
    ax.scatter(a[both], y[both], s=110, c=list(fill[both]), linewidths=0, zorder=4, gid="left")
    ax.scatter(b[both], y[both], s=90, c=PAPER, edgecolors=INK, linewidths=1.7, zorder=5, gid="right")


def _values(
    ax: Axes,
    y: NDArray[np.float64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    limits: tuple[NDArray[np.float64], NDArray[np.float64]],
    scale: Scale,
) -> None:
    """Write both values outside of everything that is drawn in their row."""
    for i in range(len(y)):
        if not (np.isfinite(a[i]) and np.isfinite(b[i])):
            too_few(ax, float(y[i]), scale.lang)
            continue
        drawn = [v for v in (a[i], b[i], limits[0][i], limits[1][i]) if np.isfinite(v)]
        swapped = a[i] > b[i]
        for value, first, color in ((a[i], not swapped, INK), (b[i], swapped, GREY)):
            side = (min(drawn), -12.0, "right") if first else (max(drawn), 12.0, "left")
            write(ax, scale.text(float(value)), (side[0], y[i]), offset=(side[1], 0), ha=side[2], color=color)


def _distances(
    ax: Axes,
    y: NDArray[np.float64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    gaps: NDArray[np.float64],
    warned: NDArray[np.bool_],
    scale: Scale,
) -> None:
    """Write each distance above its bar."""
    for i in np.flatnonzero(np.isfinite(a) & np.isfinite(b)):
        kind: Kind = "signed" if scale.kind == "number" else scale.kind
        text = shown(gaps[i], kind, scale.lang, digits=scale.digits)
        write(ax, text, ((a[i] + b[i]) / 2, y[i]), offset=(0, 7), va="bottom", weight=STRONG, clear=False,
              color=WARNING if warned[i] else INK)  # fmt: skip


def _key(ax: Axes, names: tuple[str, str], top: float) -> None:
    look: dict[str, Any] = {"linestyle": "none", "marker": "o"}
    filled = Line2D([], [], markersize=9, color=ACCENT, **look)
    ring: dict[str, Any] = {"markerfacecolor": PAPER, "markeredgecolor": INK, "markeredgewidth": 1.7}
    open_ = Line2D([], [], markersize=8.5, **ring, **look)
    box = box_of(ax)
    key(ax, [(filled, names[0]), (open_, names[1])], box.x0, box.y1 + top - 4)


def describe_dumbbell(
    table: pd.DataFrame,
    *,
    left: str = "perception",
    right: str = "expectation",
    gap: str = "gap",
    label: str = "label",
    names: tuple[str, str] | None = None,
    reference: tuple[float, str] | None = None,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `dumbbell`.

    Parameters
    ----------
    table, left, right, gap, label, names, reference, kind, digits, lang
        As in `dumbbell`.

    Returns
    -------
    str
        What is plotted, the widest and the narrowest distance with both values, how many rows are blank.
    """
    scale, gaps = Scale(kind, digits, lang), _gaps(table, left, right, gap)
    a, b = names or (column_label(left, lang), column_label(right, lang))
    distance = Scale("signed" if kind == "number" else kind, digits, lang)
    rows = [
        f"{name}（{a} {scale.text(x)}，{b} {scale.text(y)}）"
        if lang == "zh"
        else f"{name} ({a.lower()} {scale.text(x)}, {b.lower()} {scale.text(y)})"
        for name, x, y in zip(table[label], column(table, left), column(table, right), strict=True)
    ]
    if lang == "zh":
        form = f"哑铃图：{a}与{b}，共 {len(table)} 行，标出差距"
    else:
        form = f"Dumbbell plot of {a.lower()} and {b.lower()} for {len(table)} rows, with the gap of each"
    said = [form, alt.extremes(rows, gaps, distance), alt.line_named(reference, scale), alt.blank(gaps, lang)]
    return alt.sentences(said, lang)
