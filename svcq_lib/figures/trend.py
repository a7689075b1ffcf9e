"""Values over periods: lines with bands, named at their ends, and the same in panels."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from svcq_lib import formats
from svcq_lib.figures import alt
from svcq_lib.figures.layout import (
    SMALL,
    STRONG,
    VALUE,
    axes_in,
    box_of,
    new_figure,
    size_of,
    wrap,
    write,
)
from svcq_lib.figures.marks import Mask, Scale, column
from svcq_lib.figures.panels import panels
from svcq_lib.figures.series import draw_line, frame, lines_across, name_ends, range_of, series_of
from svcq_lib.figures.style import GREY, use_style
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import Kind, word

HEIGHT = 3.6
"""Height of a new figure in inches."""
PANEL_HEIGHT = 130.0
"""Height of a panel in points."""
MOST_BANDS = 3
"""With more lines, only the emphasised ones have a band."""
TAIL = 0.12
"""Room after the last period in units of one period, where names stand beside the axes."""
NAME_WIDTH = 150.0
"""Greatest width of a line's name in points."""


def trend(
    table: pd.DataFrame,
    *,
    x: str = "period",
    estimate: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    group: str | None = None,
    highlight: Mask = None,
    target: tuple[float, str] | None = None,
    benchmark: tuple[float, str] | None = None,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw one line with its band per group over the periods, with name and last value at its end.

    Parameters
    ----------
    table : DataFrame
        One row per period and group, periods in order. Missing or suppressed values interrupt a line.
    x : str
        Column of the periods, such as ``2026-Q3``.
    estimate, low, high : str
        Columns of the value and of its limits; bands are left out where the limits are absent.
    group : str, optional
        Column of the display names of the lines; one line without it.
    highlight : set of names, optional
        Lines in the accent; the others are grey.
    target, benchmark : tuple of (float, str), optional
        Lines across with their names.
    kind : str
        Kind of the values, as in the vocabulary.
    digits : int, optional
        Digits after the point; those of the kind by default.
    lang : {"en", "zh"}
        Language.
    ax : Axes, optional
        Axes to draw in; a new figure by default.

    Returns
    -------
    Axes
        The axes.

    Raises
    ------
    ReportError
        If a character of a text is in none of the fonts.
    """
    periods = list(dict.fromkeys(table[x].astype(str)))
    series = series_of(table, (x, estimate, low, high), group, highlight, periods)
    scale, lines = Scale(kind, digits, lang), [line for line in (target, benchmark) if line]
    with use_style(lang):
        ax, _ = axes_in(ax, height=HEIGHT)
        box = box_of(ax)
        ends = [
            (float(one.known[-1]), one.end_text(scale), one.color, one.strong) for one in series if one.seen
        ]
        ends += [(value, f"{name} {scale.text(value)}", GREY, False) for value, name in lines]
        ends = [(v, wrap(ax, text, NAME_WIDTH, size=VALUE), color, strong) for v, text, color, strong in ends]
        room = max((size_of(ax, text, VALUE, STRONG)[0] for _, text, _, _ in ends), default=0.0) + 24
        limits = range_of(series, [value for value, _ in lines])
        frame(ax, Bbox.from_extents(box.x0, box.y0, box.x1 - room, box.y1 - 8), periods, limits, scale, TAIL)
        lines_across(ax, lines)
        for one in series:
            draw_line(ax, one, band=one.strong or len(series) <= MOST_BANDS)
        name_ends(ax, ends)
        if not any(one.seen for one in series):
            write(ax, word("suppressed", lang), (0.5, 0.5), coords="axes fraction", color=GREY)
    return ax


def trend_grid(
    table: pd.DataFrame,
    *,
    group: str,
    x: str = "period",
    estimate: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    highlight: Mask = None,
    target: tuple[float, str] | None = None,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
) -> NDArray[np.object_]:
    """Draw one panel per group, all on one scale, with the last value in the panel's name.

    Parameters
    ----------
    table : DataFrame
        One row per period and group, periods in order.
    group : str
        Column of the display names of the panels.
    x, estimate, low, high, highlight, target, kind, digits, lang
        As in `trend`; the target is named in the first panel.

    Returns
    -------
    ndarray of Axes, shape (panels,)
        The panels of one new figure.

    Raises
    ------
    ReportError
        If a character of a text is in none of the fonts.
    """
    periods = list(dict.fromkeys(table[x].astype(str)))
    series = series_of(
        table, (x, estimate, low, high), group, highlight or set(table[group].astype(str)), periods
    )
    scale = Scale(kind, digits, lang)
    limits = range_of(series, [target[0]] if target else [])
    with use_style(lang):
        placed = panels(new_figure(), [one.end_text(scale) for one in series], body=PANEL_HEIGHT)
        for (ax, box, _), one in zip(placed, series, strict=True):
            frame(ax, box, periods, limits, scale)
            lines_across(ax, [target] if target else [])
            draw_line(ax, one)
        if target:
            bottom, top = placed[0][0].get_ylim()
            below = target[0] > bottom + 0.7 * (top - bottom)
            write(placed[0][0], target[1], (0, target[0]), coords=("axes fraction", "data"), size=SMALL,
                  color=GREY, offset=(2, -3 if below else 3), ha="left",
                  va="top" if below else "bottom")  # fmt: skip
    return np.array([ax for ax, _, _ in placed], dtype=object)


def describe_trend(
    table: pd.DataFrame,
    *,
    x: str = "period",
    estimate: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    group: str | None = None,
    target: tuple[float, str] | None = None,
    ci_level: float = 0.95,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `trend` and `trend_grid`.

    Parameters
    ----------
    table, x, estimate, low, high, group, target, kind, digits, lang
        As in `trend`.
    ci_level : float
        Confidence level of the bands.

    Returns
    -------
    str
        What is plotted, from when to when, and the first and last value of each of up to six lines.
    """
    periods = list(dict.fromkeys(table[x].astype(str)))
    series = series_of(table, (x, estimate, low, high), group, None, periods)
    scale, zh = Scale(kind, digits, lang), lang == "zh"
    ranged = alt.intervals_named(column(table, low), column(table, high), ci_level, lang)
    ends = [formats.period(period, lang) for period in (periods[:1] + periods[-1:])]
    form = f"折线图{ranged}，{'至'.join(ends)}" if zh else f"Line chart{ranged}, {' to '.join(ends)}"
    said = []
    for one in [one for one in series if one.seen][:6]:
        first, last = scale.text(float(one.known[0])), scale.text(float(one.known[-1]))
        name = f"{one.name}{'：' if zh else ': '}" if one.name else ""
        said.append(f"{name}由 {first} 变为 {last}" if zh else f"{name}from {first} to {last}")
    more = len(series) - 6
    rest = "" if more <= 0 else (f"另有 {more} 条线" if zh else f"{more} more lines")
    return alt.sentences([form, *said, rest, alt.line_named(target, scale)], lang)
