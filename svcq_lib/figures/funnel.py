"""Units against their size with control limits that narrow as answers accumulate: the funnel plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from svcq_lib.figures import alt
from svcq_lib.figures.layout import SMALL, STRONG, VALUE, axes_in, box_of, put, size_of, wrap, write
from svcq_lib.figures.marks import AXIS_BAND, KEY_BAND, Mask, Scale, column, key, mask_of, scale_x, span
from svcq_lib.figures.placing import beside
from svcq_lib.figures.plane import NAME_DEPTH, in_points
from svcq_lib.figures.style import ACCENT, GREY, RULE, WARNING, use_style
from svcq_lib.formats import THIN, Lang
from svcq_lib.vocabulary import Kind

HEIGHT = 5.0
"""Height of a new figure in inches."""
NAME_WIDTH = 130.0
"""Greatest width of a unit's name in points."""
LINES: tuple[tuple[str, Any, str], ...] = (
    ("warning", (0, (4, 3)), f"95{THIN}%"),
    ("limit", "-", f"99.8{THIN}%"),
)
"""Columns of the limits, their line style and level."""


def funnel(
    table: pd.DataFrame,
    limits: pd.DataFrame,
    target: tuple[float, str],
    *,
    x: str = "size",
    y: str = "estimate",
    label: str = "label",
    named: Mask = None,
    warn: Mask = None,
    axis_name: str = "",
    kind: Kind = "number",
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw one dot per unit, the target and its control limits; only chosen units are named.

    Parameters
    ----------
    table : DataFrame
        One row per unit.
    limits : DataFrame
        ``size``, ``warning_low``, ``warning_high``, ``limit_low``, ``limit_high``, by ascending size.
    target : tuple of (float, str)
        The line across and its name.
    x, y : str
        Columns of size and value.
    label : str
        Column of the display names.
    named, warn : set of names or boolean array, optional
        Units that are named, and those of them in the warning colour; the others have the accent.
    axis_name : str
        Name of the size.
    kind : str
        Kind of the values, as in the vocabulary.
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
    names = [str(name) for name in table[label]]
    chosen, bad = mask_of(named, names), mask_of(warn, names)
    points = np.column_stack([column(table, x), column(table, y)])
    with use_style(lang):
        ax, _ = axes_in(ax, height=HEIGHT)
        _frame(ax, points, limits, target[0], Scale(kind, None, lang))
        _lines(ax, limits, target)
        colors = np.where(chosen, np.where(bad, WARNING, ACCENT), GREY)
        ax.scatter(points[:, 0], points[:, 1], s=np.where(chosen, 70, 46), c=list(colors), linewidths=0, zorder=4,
                   gid="dots")  # fmt: skip
        _names(ax, points, names, chosen, bad)
        write(ax, f"{axis_name} →", (1, 0), coords="axes fraction", offset=(0, -NAME_DEPTH), size=SMALL, color=GREY,
              ha="right", va="top")  # fmt: skip
    return ax


def _frame(ax: Axes, points: NDArray[np.float64], limits: pd.DataFrame, target: float, scale: Scale) -> None:
    """Place the axes and scale both."""
    box = box_of(ax)
    held = [limits[name].to_numpy() for name in ("limit_low", "limit_high")]
    low, high = span([points[:, 1], target, *held])
    unit = (high - low) * 0.04
    ax.set_ylim(low - unit, high + unit)
    ticks, texts = scale.ticks(*ax.get_ylim(), most=6)
    ax.set_yticks(ticks, texts)
    left = max((size_of(ax, text, SMALL)[0] for text in texts), default=0.0) + 12
    put(ax, box.x0 + left, box.y0 + AXIS_BAND + 20, box.x1 - 64, box.y1 - KEY_BAND - 6)
    scale_x(ax, [points[:, 0], limits["size"].to_numpy()], Scale("count", None, scale.lang), pads=(4, 4))
    ax.yaxis.grid(True, color=RULE, linewidth=0.6, zorder=0)


def _lines(ax: Axes, limits: pd.DataFrame, target: tuple[float, str]) -> None:
    size = limits["size"].to_numpy()
    entries = []
    for name, style, level in LINES:
        for end in ("low", "high"):
            ax.plot(
                size, limits[f"{name}_{end}"], color=GREY, linewidth=1.2, linestyle=style, zorder=2, gid=name
            )
        entries.append((Line2D([], [], color=GREY, linewidth=1.2, linestyle=style), level))
    ax.axhline(target[0], color=GREY, linewidth=1.0, zorder=1.5)
    write(ax, target[1], (1, target[0]), coords=("axes fraction", "data"), offset=(6, 0), size=SMALL, color=GREY,
          ha="left", clear=False)  # fmt: skip
    box = box_of(ax)
    key(ax, entries, box.x0, box.y1 + KEY_BAND)


def _names(
    ax: Axes,
    points: NDArray[np.float64],
    names: Sequence[str],
    chosen: NDArray[np.bool_],
    bad: NDArray[np.bool_],
) -> None:
    """Write the names of the chosen units where they cover neither each other nor a dot."""
    at = np.flatnonzero(chosen)
    if at.size == 0:
        return
    where, box = in_points(ax, points), box_of(ax)
    texts = [wrap(ax, names[int(i)], NAME_WIDTH, size=VALUE, lines=2) for i in at]
    sizes = [size_of(ax, text, VALUE, STRONG) for text in texts]
    others = [Bbox.from_bounds(px - 4, py - 4, 8, 8) for i, (px, py) in enumerate(where) if not chosen[i]]
    places, _ = beside(where[at], sizes, box, others)
    for i, text, place in zip(at, texts, places, strict=True):
        offset = place[0] - where[i, 0], place[1] - where[i, 1]
        write(ax, text, (points[i, 0], points[i, 1]), offset=offset, weight=STRONG,
              color=WARNING if bad[i] else ACCENT)  # fmt: skip


def describe_funnel(
    table: pd.DataFrame,
    target: tuple[float, str],
    *,
    y: str = "estimate",
    label: str = "label",
    named: Mask = None,
    kind: Kind = "number",
    lang: Lang = "en",
) -> str:
    """Return the alt text of `funnel`.

    Parameters
    ----------
    table, target, y, label, named, kind, lang
        As in `funnel`.

    Returns
    -------
    str
        What is plotted, how many units are named, the highest and the lowest, the target.
    """
    scale, values = Scale(kind, None, lang), column(table, y)
    names = [str(name) for name in table[label]]
    chosen = int(mask_of(named, names).sum())
    if lang == "zh":
        form = f"漏斗图，共 {len(table)} 个单位，附 95{THIN}% 与 99.8{THIN}% 控制限；标出 {chosen} 个单位"
    else:
        form = (
            f"Funnel plot of {len(table)} units with 95{THIN}% and 99.8{THIN}% control limits; {chosen} named"
        )
    said = [form, alt.extremes(names, values, scale), alt.line_named(target, scale)]
    return alt.sentences(said, lang)
