"""A control chart: one line over periods, its limits, and the points that common causes do not explain."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from svcq_lib import formats
from svcq_lib.figures import alt
from svcq_lib.figures.layout import axes_in, box_of
from svcq_lib.figures.marks import Scale, column
from svcq_lib.figures.series import frame, lines_across, name_ends, range_of, series_of
from svcq_lib.figures.style import ACCENT, GREY, INK, PAPER, WARNING, use_style
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import Kind

HEIGHT = 3.0
ROOM = 96.0
NAMES = {
    "en": {"centre": "Mean", "lower": "Lower limit", "upper": "Upper limit"},
    "zh": {"centre": "均值", "lower": "下控制限", "upper": "上控制限"},
}


def control_chart(
    table: pd.DataFrame,
    *,
    x: str = "period",
    value: str = "estimate",
    target: tuple[float, str] | None = None,
    high_is_good: bool = True,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw values over periods with centre line, limits and special causes.

    Parameters
    ----------
    table : DataFrame
        One row per period, in order: the period, the value, ``centre``, ``lower``, ``upper`` and ``signal`` (0 for
        common cause).
    x, value : str
        Columns of the period and of the value; missing values interrupt the line.
    target : tuple of (float, str), optional
        A line across with its name.
    high_is_good : bool
        Whether a special cause above the centre is an improvement (accent) or a concern (warning).
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
    periods = list(table[x].astype(str))
    (series,) = series_of(table, (x, value, "lower", "upper"), None, None, periods)
    scale, lines = Scale(kind, digits, lang), [target] if target else []
    with use_style(lang):
        ax, _ = axes_in(ax, height=HEIGHT)
        box = box_of(ax)
        limits = range_of([series], [*(line[0] for line in lines), *column(table, "centre")])
        frame(ax, Bbox.from_extents(box.x0, box.y0, box.x1 - ROOM, box.y1 - 8), periods, limits, scale)
        lines_across(ax, lines)
        at = np.arange(len(periods))
        ax.plot(at, column(table, "centre"), color=GREY, linewidth=1.0, zorder=1.5)
        for name in ("lower", "upper"):
            ax.plot(at, column(table, name), color=GREY, linewidth=1.0, linestyle=(0, (1.5, 2)), zorder=1.5)
        ax.plot(at, series.values, color=INK, linewidth=1.6, zorder=2, gid="line")
        _points(ax, table, series.values, high_is_good)
        _names(ax, table, lines, scale)
    return ax


def _points(ax: Axes, table: pd.DataFrame, values: np.ndarray, high_is_good: bool) -> None:
    """Mark every point: special causes large and coloured by what they mean, the others small and grey."""
    special = table["signal"].to_numpy() > 0
    good = (values > column(table, "centre")) == high_is_good
    at = np.arange(len(values))
    for mask, color, size in (
        (~special, GREY, 18),
        (special & good, ACCENT, 54),
        (special & ~good, WARNING, 54),
    ):
        ax.scatter(at[mask], values[mask], s=size, color=color, edgecolors=PAPER, linewidths=1.0, zorder=3)


def _names(ax: Axes, table: pd.DataFrame, lines: list[tuple[float, str]], scale: Scale) -> None:
    """Name the lines where they end."""
    ends = [(float(column(table, name)[-1]), text) for name, text in NAMES[scale.lang].items()]
    name_ends(ax, [(value, f"{name} {scale.text(value)}", GREY, False) for value, name in [*ends, *lines]])


def describe_control(
    table: pd.DataFrame,
    *,
    x: str = "period",
    value: str = "estimate",
    target: tuple[float, str] | None = None,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `control_chart`.

    Parameters
    ----------
    table, x, value, target, kind, digits, lang
        As in `control_chart`.

    Returns
    -------
    str
        What is plotted, centre and limits, and which periods are special causes.
    """
    scale, zh = Scale(kind, digits, lang), lang == "zh"
    centre, low, high = (scale.text(float(column(table, name)[-1])) for name in ("centre", "lower", "upper"))
    names = [formats.period(one, lang) for one in table.loc[table["signal"] > 0, x].astype(str)]
    first, last = (formats.period(str(table[x].iloc[i]), lang) for i in (0, -1))
    if zh:
        form = f"控制图，{first}至{last}；均值 {centre}，控制限 {low} 至 {high}"
        found = f"特殊原因：{formats.join(names, lang)}" if names else "没有特殊原因"
    else:
        form = f"Control chart, {first} to {last}: mean {centre}, limits {low} to {high}"
        found = f"Special causes: {formats.join(names, lang)}" if names else "No special cause"
    return alt.sentences([form, found, alt.line_named(target, scale)], lang)
