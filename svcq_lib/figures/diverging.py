"""Values on both sides of a line: bars from zero, and dots per group against the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from svcq_lib.figures import alt
from svcq_lib.figures.intervals import ROW, draw_rows, ranked_intervals
from svcq_lib.figures.layout import STRONG, VALUE, new_figure, put, size_of, wrap, write
from svcq_lib.figures.marks import (
    AXIS_BAND,
    Mask,
    Scale,
    column,
    mask_of,
    name_rows,
    rows_in,
    scale_x,
    too_few,
)
from svcq_lib.figures.panels import panels
from svcq_lib.figures.style import ACCENT, INK, WARNING, use_style
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import Kind


def gap_bars(
    table: pd.DataFrame,
    *,
    value: str = "gap",
    low: str = "gap_low",
    high: str = "gap_high",
    label: str = "label",
    warn: Mask = None,
    kind: Kind = "signed",
    digits: int | None = None,
    sort: bool = True,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw one bar per row from zero to its value, with its interval and the value at its end.

    Parameters
    ----------
    table : DataFrame
        One row per thing compared. A true `suppressed` or a missing value makes a row, below the others, that
        says only that its base is too small.
    value, low, high : str
        Columns of the value and of its limits; intervals are left out where absent.
    label : str
        Column of the display names.
    warn : set of names or boolean array, optional
        Rows in the warning colour.
    kind : str
        Kind of the values, as in the vocabulary.
    digits : int, optional
        Digits after the point; those of the kind by default.
    sort : bool
        Whether the lowest value comes first; else the rows keep their order.
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
    order = np.argsort(column(table, value), kind="stable") if sort else np.arange(len(table))
    bad = mask_of(warn, [str(name) for name in table[label]])[order]
    table = table.iloc[order]
    values, lows, highs = column(table, value), column(table, low), column(table, high)
    scale, drawn = Scale(kind, digits, lang), np.isfinite(values)
    with use_style(lang):
        ax, y = rows_in(ax, [str(name) for name in table[label]], row=ROW, top=8)
        texts = [scale.text(float(v)) for v in values[drawn]]
        pad = max((size_of(ax, text, VALUE, STRONG)[0] for text in texts), default=0.0) + 20
        sides = (pad if (values < 0).any() else 12.0, pad if (values >= 0).any() else 12.0)
        scale_x(ax, [values, lows, highs, 0.0], scale, pads=sides)
        paint = np.where(bad, WARNING, ACCENT)
        ax.barh(y[drawn], values[drawn], height=12, color=list(paint[drawn]), zorder=2)
        ranged = drawn & np.isfinite(lows) & np.isfinite(highs)
        ax.hlines(y[ranged], lows[ranged], highs[ranged], colors=INK, linewidth=1.6, zorder=3)
        ax.axvline(0, color=INK, linewidth=1.2, zorder=3)
        for i in range(len(y)):
            if not drawn[i]:
                too_few(ax, float(y[i]), lang)
                continue
            side = -1 if values[i] < 0 else 1
            end = max(v * side for v in (values[i], lows[i], highs[i], 0.0) if np.isfinite(v)) * side
            write(ax, scale.text(float(values[i])), (end, y[i]), offset=(8 * side, 0), weight=STRONG,
                  ha="right" if side < 0 else "left", color=WARNING if bad[i] else INK)  # fmt: skip
    return ax


def segment_dots(
    table: pd.DataFrame,
    *,
    level: str = "level",
    estimate: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    reference: tuple[float, str] | None = None,
    highlight: Mask = None,
    warn: Mask = None,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw one dot with its interval per group, in the given order, against the whole.

    Parameters
    ----------
    table : DataFrame
        One row per group. A true `suppressed` or a missing value makes a row that says only that its base is
        too small.
    level : str
        Column of the groups' display names.
    estimate, low, high : str
        Columns of the value and of its limits.
    reference : tuple of (float, str), optional
        Value and name of the whole.
    highlight, warn : set of names or boolean array, optional
        Rows in the accent and in the warning colour; the others are grey. Without both, all have the accent.
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
    return ranked_intervals(
        table, estimate=estimate, low=low, high=high, label=level, highlight=highlight, warn=warn,
        reference=reference, kind=kind, digits=digits, order="given", lang=lang, ax=ax,
    )  # fmt: skip


def segment_grid(
    table: pd.DataFrame,
    *,
    facet: str = "dimension",
    level: str = "level",
    estimate: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    references: Mapping[str, float] | None = None,
    warn: Sequence[bool] | NDArray[np.bool_] | None = None,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
) -> NDArray[np.object_]:
    """Draw `segment_dots` for several things at once: one panel each, the same groups and the same scale.

    Parameters
    ----------
    table : DataFrame
        One row per panel and group; a group that a panel lacks says that its base is too small.
    facet, level : str
        Columns of the display names of panels and groups, both drawn in order of appearance.
    estimate, low, high : str
        Columns of the value and of its limits.
    references : mapping of str to float, optional
        Value of the whole for each panel.
    warn : boolean array, one value per row of the table, optional
        Dots in the warning colour.
    kind : str
        Kind of the values, as in the vocabulary.
    digits : int, optional
        Digits after the point; those of the kind by default.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    ndarray of Axes, shape (panels,)
        The panels of one new figure.

    Raises
    ------
    ReportError
        If a character of a text is in none of the fonts.
    """
    table = table.assign(_warn=False if warn is None else np.asarray(warn, dtype=bool))
    names, groups = list(table[facet].unique()), list(table[level].unique())
    scale = Scale(kind, digits, lang)
    spread = [column(table, one) for one in (estimate, low, high)] + list((references or {}).values())
    with use_style(lang):
        axes, y = panel_rows([str(name) for name in names], [str(name) for name in groups])
        for ax, name in zip(axes, names, strict=True):
            part = table[table[facet] == name].set_index(level).reindex(groups)
            values = column(part, estimate), column(part, low), column(part, high)
            bad = part["_warn"].eq(True).to_numpy(dtype=bool)
            whole = (references[name], "") if references and name in references else None
            colors = [WARNING if flag else ACCENT for flag in bad]
            draw_rows(ax, y, values, scale, colors=colors, strong=bad, reference=whole, spread=spread)
    return np.array(axes, dtype=object)


def panel_rows(names: Sequence[str], groups: Sequence[str]) -> tuple[list[Axes], NDArray[np.float64]]:
    """Lay out panels with the same rows; rows are named beside the first panel of a line.

    Parameters
    ----------
    names : sequence of str
        Names of the panels.
    groups : sequence of str
        Names of the rows.

    Returns
    -------
    axes : list of Axes
        The panels of one new figure, with y limits set.
    y : ndarray, shape (rows,)
        Middle of each row, in points.
    """
    figure = new_figure()
    labels = [wrap(figure, group, 0.24 * figure.get_size_inches()[0] * 72) for group in groups]
    sizes = [size_of(figure, text) for text in labels]
    heights = np.array([max(ROW, tall + 10) for _, tall in sizes])
    y, left = np.cumsum(heights) - heights / 2, max((wide for wide, _ in sizes), default=0.0) + 14
    placed = panels(figure, names, body=float(heights.sum()), foot=AXIS_BAND, left=left, right=14)
    for ax, box, first in placed:
        put(ax, *box.extents)
        ax.set_ylim(heights.sum(), 0)
        ax.set_yticks([])
        if first:
            name_rows(ax, labels, y)
    return [ax for ax, _, _ in placed], y


def describe_segments(
    table: pd.DataFrame,
    *,
    level: str = "level",
    facet: str | None = None,
    estimate: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    reference: tuple[float, str] | None = None,
    ci_level: float = 0.95,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `segment_dots`, `segment_grid` and `gap_bars` (with `level` as its label).

    Parameters
    ----------
    table, level, facet, estimate, low, high, reference, kind, digits, lang
        As in `segment_dots` and `segment_grid`.
    ci_level : float
        Confidence level of the intervals.

    Returns
    -------
    str
        What is plotted, the highest and the lowest, how many rows are blank.
    """
    values, scale, zh = column(table, estimate), Scale(kind, digits, lang), lang == "zh"
    ranged = alt.intervals_named(column(table, low), column(table, high), ci_level, lang)
    groups, parts = table[level].nunique(), 1 if facet is None else table[facet].nunique()
    names = [str(name) for name in table[level]]
    if facet is not None:
        comma = "，" if zh else ", "
        names = [f"{panel}{comma}{name}" for panel, name in zip(table[facet], names, strict=True)]
    if zh:
        form = f"分组比较图{ranged}，{groups} 组"
        form += f"，{parts} 个分图，同一刻度" if parts > 1 else ""
    else:
        form = f"Values{ranged} of {groups} groups"
        form += f" in {parts} panels on one scale" if parts > 1 else ""
    found = alt.extremes(names, values, scale)
    return alt.sentences([form, found, alt.line_named(reference, scale), alt.blank(values, lang)], lang)
