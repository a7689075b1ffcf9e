"""Dots with intervals, sorted by value: importance, league tables, tornadoes, any estimate per row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from svcq_lib.figures import alt
from svcq_lib.figures.layout import STRONG, VALUE, size_of, write
from svcq_lib.figures.marks import (
    NAME_BAND,
    Mask,
    Scale,
    column,
    mask_of,
    reference_line,
    rows_in,
    scale_x,
    span,
    too_few,
)
from svcq_lib.figures.style import ACCENT, GREY, INK, WARNING, use_style
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import Kind

Order = Literal["descending", "ascending", "given"]
ROW = 25.0
"""Least height of a row in points."""


def ranked_intervals(
    table: pd.DataFrame,
    *,
    estimate: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    label: str = "label",
    highlight: Mask = None,
    warn: Mask = None,
    reference: tuple[float, str] | None = None,
    kind: Kind = "number",
    digits: int | None = None,
    order: Order = "descending",
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw one dot with its interval per row, sorted by value, with the value beside it.

    Parameters
    ----------
    table : DataFrame
        One row per thing compared; a true `suppressed` or a missing estimate makes a row, below
        the others, that says only that its base is too small.
    estimate, low, high : str
        Columns of the value and of its limits; intervals are left out where the limits are absent.
    label : str
        Column of the display names.
    highlight, warn : set of names or boolean array, optional
        Rows in the accent and in the warning colour; the others are grey, also where a choice is given and
        empty. Without any choice, all have the accent.
    reference : tuple of (float, str), optional
        A line across all rows and its name: the whole, a target, a benchmark.
    kind : str
        Kind of the values, as in the vocabulary.
    digits : int, optional
        Digits after the point; those of the kind by default.
    order : {"descending", "ascending", "given"}
        What comes first: the highest value, the lowest, or the first row of the table.
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
    rest = ACCENT if highlight is None and warn is None else GREY
    table, chosen, bad = _ordered(table, estimate, label, order, (highlight, warn))
    names, scale = [str(name) for name in table[label]], Scale(kind, digits, lang)
    values = column(table, estimate), column(table, low), column(table, high)
    with use_style(lang):
        ax, y = rows_in(ax, names, row=ROW, top=8 + (NAME_BAND if reference else 0))
        colors = [str(c) for c in np.where(bad, WARNING, np.where(chosen, ACCENT, rest))]
        draw_rows(ax, y, values, scale, colors=colors, strong=chosen | bad, reference=reference)
    return ax


def _ordered(
    table: pd.DataFrame, estimate: str, label: str, order: Order, masks: tuple[Mask, Mask]
) -> tuple[pd.DataFrame, NDArray[np.bool_], NDArray[np.bool_]]:
    """Sort the rows and the choices of rows with them; rows without a value come last."""
    chosen, bad = (mask_of(mask, [str(name) for name in table[label]]) for mask in masks)
    if order == "given":
        return table, chosen, bad
    at = np.argsort(column(table, estimate) * (1 if order == "ascending" else -1), kind="stable")
    return table.iloc[at], chosen[at], bad[at]


def draw_rows(
    ax: Axes,
    y: NDArray[np.float64],
    values: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    scale: Scale,
    *,
    colors: Sequence[str],
    strong: NDArray[np.bool_],
    reference: tuple[float, str] | None = None,
    spread: Sequence[Any] = (),
) -> None:
    """Draw dots, intervals and values in rows that are already laid out.

    Parameters
    ----------
    ax : Axes
        The axes.
    y : ndarray, shape (rows,)
        Heights of the rows.
    values : tuple of three ndarray, shape (rows,)
        Estimates and their lower and upper limits.
    scale : Scale
        How values are written.
    colors : sequence of str, one per row
        Colours of the marks; values take over the warning colour.
    strong : ndarray of bool, shape (rows,)
        Rows whose value is emphasised.
    reference : tuple of (float, str), optional
        A line across all rows and its name.
    spread : sequence of array_like
        More values that the x axis must hold, those of other panels.
    """
    middle, lows, highs = values
    texts = [scale.text(float(v)) if np.isfinite(v) else "" for v in middle]
    held = [middle, lows, highs, *spread, *([reference[0]] if reference else [])]
    widest = max((size_of(ax, scale.text(v), VALUE, STRONG)[0] for v in span([middle, *spread])), default=0.0)
    scale_x(ax, held, scale, pads=(14, widest + 22))
    if reference:
        reference_line(ax, *reference)
    _dots(ax, y, values, colors)
    for i, text in enumerate(texts):
        if not text:
            too_few(ax, float(y[i]), scale.lang)
            continue
        end = max(v for v in (middle[i], highs[i]) if np.isfinite(v))
        weight = STRONG if strong[i] else "normal"
        color = WARNING if colors[i] == WARNING else INK
        write(ax, text, (end, float(y[i])), offset=(9, 0), ha="left", weight=weight, color=color)


def _dots(
    ax: Axes,
    y: NDArray[np.float64],
    values: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    colors: Sequence[str],
) -> None:
    middle, lows, highs = values
    drawn = np.isfinite(middle)
    ranged = drawn & np.isfinite(lows) & np.isfinite(highs)
    paint = np.asarray(colors, dtype=object)
    bars = ax.hlines(
        y[ranged], lows[ranged], highs[ranged], colors=list(paint[ranged]), linewidth=2.0, zorder=3
    )
    bars.set_gid("intervals")
    ax.scatter(middle[drawn], y[drawn], s=62, c=list(paint[drawn]), zorder=4, linewidths=0, gid="dots")


def describe_intervals(
    table: pd.DataFrame,
    *,
    estimate: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    label: str = "label",
    reference: tuple[float, str] | None = None,
    ci_level: float = 0.95,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `ranked_intervals`.

    Parameters
    ----------
    table, estimate, low, high, label, reference, kind, digits, lang
        As in `ranked_intervals`.
    ci_level : float
        Confidence level of the intervals.

    Returns
    -------
    str
        What is plotted, how many rows, the highest and the lowest, how many rows are blank.

    Examples
    --------
    >>> describe_intervals(pd.DataFrame({"label": ["Speed", "Price"], "estimate": [0.4, 0.1]}))
    'Dot plot of 2 rows, sorted by value. Highest 0.40: Speed; lowest 0.10: Price.'
    """
    scale, values = Scale(kind, digits, lang), column(table, estimate)
    ranged = alt.intervals_named(column(table, low), column(table, high), ci_level, lang)
    form = (
        f"点图{ranged}，共 {len(table)} 行，按数值排序"
        if lang == "zh"
        else f"Dot plot{ranged} of {len(table)} rows, sorted by value"
    )
    found = alt.extremes([str(name) for name in table[label]], values, scale)
    return alt.sentences([form, found, alt.line_named(reference, scale), alt.blank(values, lang)], lang)
