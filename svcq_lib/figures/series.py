"""What lines over periods are made of: series, the frame with period names, bands and lines across."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from svcq_lib import formats
from svcq_lib.figures.layout import SMALL, STRONG, VALUE, box_of, put, size_of, write
from svcq_lib.figures.marks import Mask, Scale, column, mask_of, span
from svcq_lib.figures.placing import apart
from svcq_lib.figures.style import ACCENT, GREY, PALETTE, PAPER, RULE
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import word

PERIOD_BAND = 38.0
"""Room below the axes for two lines of period names, in points."""


@dataclass(frozen=True)
class Series:
    """One line: its name, values and limits by period, and colour."""

    name: str
    values: NDArray[np.float64]
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]
    color: str
    strong: bool

    @property
    def seen(self) -> bool:
        """Whether any period has a value."""
        return bool(np.isfinite(self.values).any())

    @property
    def known(self) -> NDArray[np.float64]:
        """The values that are there, in order."""
        return self.values[np.isfinite(self.values)]

    def end_text(self, scale: Scale) -> str:
        """Return name and last value; without any value, that the base is too small."""
        end = scale.text(float(self.known[-1])) if self.seen else word("suppressed", scale.lang)
        return f"{self.name} {end}".strip()


def series_of(
    table: pd.DataFrame,
    names: tuple[str, str, str, str],
    group: str | None,
    highlight: Mask,
    periods: list[str],
) -> list[Series]:
    """Return one series per group, in order of appearance.

    Parameters
    ----------
    table : DataFrame
        One row per period and group.
    names : tuple of str
        Columns of the period, of the value and of its limits.
    group : str or None
        Column of the groups; one series without it.
    highlight : set of names, boolean array or None
        Groups in the accent; each has its own colour without it.
    periods : list of str
        All periods, in order.

    Returns
    -------
    list of Series
        The series, NaN in periods that a group lacks.
    """
    x, *columns = names
    groups = [""] if group is None else [str(name) for name in dict.fromkeys(table[group])]
    chosen = mask_of(highlight, groups)
    found = []
    for i, name in enumerate(groups):
        part = table if group is None else table[table[group].astype(str) == name]
        part = part.assign(_x=part[x].astype(str)).set_index("_x").reindex(periods)
        values, lows, highs = (column(part, one) for one in columns)
        color = PALETTE[i % len(PALETTE)] if highlight is None else ACCENT if chosen[i] else GREY
        found.append(Series(name, values, lows, highs, color, bool(chosen[i]) or len(groups) == 1))
    return found


def range_of(series: Sequence[Series], lines: Sequence[float]) -> tuple[float, float]:
    """Return the range that holds all series and lines across.

    Parameters
    ----------
    series : sequence of Series
        The series.
    lines : sequence of float
        Values of the lines.

    Returns
    -------
    tuple of float
        Lowest and highest value.
    """
    return span([part for one in series for part in (one.values, one.lows, one.highs)] + [lines])


def frame(
    ax: Axes,
    box: Bbox,
    periods: list[str],
    limits: tuple[float, float],
    scale: Scale,
    tail: float | None = None,
) -> None:
    """Place the axes in a box, with period names below and thin lines at round values.

    Parameters
    ----------
    ax : Axes
        The axes.
    box : Bbox
        Where axes and tick labels may stand, in points.
    periods : list of str
        The periods.
    limits : tuple of float
        Range of the values.
    scale : Scale
        How values are written.
    tail : float, optional
        Room after the last period in units of one period; as before the first by default.
    """
    margin = 0.08 * (limits[1] - limits[0])
    ax.set_ylim(limits[0] - margin, limits[1] + margin)
    ticks, texts = scale.ticks(*ax.get_ylim(), most=max(2, min(5, int(box.height / 34))))
    ax.set_yticks(ticks, texts)
    for text in ax.get_yticklabels():
        text.set_color(GREY)
    left = max((size_of(ax, text, SMALL)[0] for text in texts), default=0.0) + 10
    put(ax, box.x0 + left, box.y0 + PERIOD_BAND, box.x1, box.y1)
    ax.yaxis.grid(True, color=RULE, linewidth=0.9, zorder=0)
    _period_names(ax, periods, scale.lang, tail)


def _period_names(ax: Axes, periods: list[str], lang: Lang, tail: float | None) -> None:
    """Name as many periods as there is room for."""
    width = box_of(ax).width
    names = short_periods(periods, lang)
    widest = max((size_of(ax, name, SMALL)[0] for name in names), default=1.0)
    step = max(1, math.ceil(len(periods) * (widest + 12) / max(width, 1)))
    at = range(len(periods) - 1, -1, -step)  # counted from the end: the last period is always named
    edge = 0.5 * max(1.0, widest * max(len(periods), 1) / max(width, 1))
    ax.set_xlim(-edge, len(periods) - 1 + (edge if tail is None else tail))
    kept = sorted(at)
    ax.set_xticks(kept, short_periods([periods[i] for i in kept], lang))
    for text in ax.get_xticklabels():
        text.set_color(GREY)


def short_periods(periods: Sequence[str], lang: Lang = "en") -> list[str]:
    r"""Return names of periods for an axis, the year only where it changes, on a second line.

    Parameters
    ----------
    periods : sequence of str
        Periods in order, such as ``2026-Q3``.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    list of str
        The names.

    Examples
    --------
    >>> short_periods(["2025-Q4", "2026-Q1", "2026-Q2"])
    ['Q4\n2025', 'Q1\n2026', 'Q2']
    """
    names, before = [], ""
    for period in periods:
        full = formats.period(period, lang)
        year = period[:4] if re.fullmatch(r"\d{4}-(Q[1-4]|\d\d)", period) else ""
        if year:
            whole = formats.period(year, lang)
            short = full.replace(whole, "").strip().removeprefix("第")
            full = short if year == before else f"{short}\n{whole}"
        before = year
        names.append(full)
    return names


def lines_across(ax: Axes, lines: Sequence[tuple[float, str]]) -> None:
    """Draw dashed lines across the axes.

    Parameters
    ----------
    ax : Axes
        The axes.
    lines : sequence of (float, str)
        Values and names.
    """
    for value, _ in lines:
        ax.axhline(value, color=GREY, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1.2)


def draw_line(ax: Axes, one: Series, *, band: bool = True) -> None:
    """Draw one line with its band; a dot marks its last value and every value without neighbours.

    Parameters
    ----------
    ax : Axes
        The axes.
    one : Series
        The line.
    band : bool
        Whether its limits are drawn.
    """
    at = np.arange(len(one.values))
    order = 3 if one.strong else 2
    if band and (np.isfinite(one.lows) & np.isfinite(one.highs)).any():
        ax.fill_between(at, one.lows, one.highs, color=one.color, alpha=0.14, linewidth=0, zorder=order - 0.5)
    ax.plot(at, one.values, color=one.color, linewidth=2.2 if one.strong else 1.5, zorder=order, gid="line")
    known = np.isfinite(one.values)
    padded = np.concatenate([[False], known, [False]])
    alone = known & ~padded[:-2] & ~padded[2:]
    if known.any():
        alone[np.flatnonzero(known)[-1]] = True
    look: dict[str, Any] = {"edgecolors": PAPER, "linewidths": 1.2}
    ax.scatter(at[alone], one.values[alone], s=46, color=one.color, zorder=order + 1, **look)


def name_ends(ax: Axes, ends: Sequence[tuple[float, str, str, bool]]) -> None:
    """Write names and last values beside the axes, moved apart where they would overlap.

    Parameters
    ----------
    ax : Axes
        The axes.
    ends : sequence of (float, str, str, bool)
        Value, text, colour, and whether the text is strong.
    """
    box, (low, high) = box_of(ax), ax.get_ylim()
    wanted = [(value - low) / (high - low) * box.height for value, _, _, _ in ends]
    heights = [size_of(ax, text, VALUE, STRONG)[1] + 3 for _, text, _, _ in ends]
    for (_, text, color, strong), at in zip(ends, apart(wanted, heights, -6, box.height + 8), strict=True):
        write(ax, text, (1, 0), coords="axes fraction", offset=(12, at), ha="left", color=color, clear=False,
              weight=STRONG if strong else "normal")  # fmt: skip
