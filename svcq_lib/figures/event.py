"""Estimates around an event: a dot with its interval per period, before and after."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from svcq_lib import formats
from svcq_lib.figures import alt
from svcq_lib.figures.layout import SMALL, axes_in, box_of, write
from svcq_lib.figures.marks import Scale, column, span
from svcq_lib.figures.series import frame
from svcq_lib.figures.style import ACCENT, GREY, PAPER, RULE, use_style
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import Kind

HEIGHT = 3.6
"""Height of a new figure in inches."""
NAMES = 22.0
"""Room above the axes for the names of the phases, in points."""


def event(
    table: pd.DataFrame,
    *,
    x: str = "period",
    estimate: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    phase: str = "phase",
    names: tuple[str, str] = ("", ""),
    kind: Kind = "signed",
    digits: int | None = None,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw one dot with its interval per period, grey before an event and in the accent after it.

    Parameters
    ----------
    table : DataFrame
        One row per period, in order. A value without limits is the reference and drawn hollow.
    x, estimate, low, high : str
        Columns of the period, of the value and of its limits.
    phase : str
        Column with −1 before the event, 0 while it takes effect (a grey band) and 1 after it.
    names : tuple of str
        Names of the time before and after.
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
    periods = [str(one) for one in table[x]]
    values = [column(table, name) for name in (estimate, low, high)]
    when = table[phase].to_numpy()
    with use_style(lang):
        ax, _ = axes_in(ax, height=HEIGHT)
        box = box_of(ax)
        inner = Bbox.from_extents(box.x0, box.y0, box.x1 - 8, box.y1 - NAMES)
        frame(ax, inner, periods, span([*values, 0.0]), Scale(kind, digits, lang))
        ax.axhline(0, color=GREY, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1.2)
        _phases(ax, when, names)
        _dots(ax, when, values)
    return ax


def _phases(ax: Axes, when: np.ndarray, names: tuple[str, str]) -> None:
    """Draw where the event is, shade the time while it takes effect, name before and after."""
    later = np.flatnonzero(when >= 0)
    if not later.size:
        return
    start = float(later[0]) - 0.5
    ax.axvline(start, color=GREY, linewidth=1.0, zorder=1.1)
    ramp = np.flatnonzero(when == 0)
    if ramp.size:
        ax.axvspan(start, float(ramp[-1]) + 0.5, color=RULE, alpha=0.45, linewidth=0, zorder=0.5)
    for name, side, offset in ((names[0], "right", -6), (names[1], "left", 6)):
        if name:
            write(ax, name, (start, 1), coords=("data", "axes fraction"), offset=(offset, 6), size=SMALL,
                  color=GREY, ha=side, va="bottom", clear=False)  # fmt: skip


def _dots(ax: Axes, when: np.ndarray, values: list[np.ndarray]) -> None:
    middle, lows, highs = values
    at = np.arange(len(middle))
    ranged = np.isfinite(middle) & np.isfinite(lows) & np.isfinite(highs)
    paint = np.where(when > 0, ACCENT, GREY).astype(object)
    bars = ax.vlines(
        at[ranged], lows[ranged], highs[ranged], colors=list(paint[ranged]), linewidth=2.0, zorder=3
    )
    bars.set_gid("intervals")
    ax.scatter(at[ranged], middle[ranged], s=52, c=list(paint[ranged]), zorder=4, linewidths=0, gid="dots")
    alone = np.isfinite(middle) & ~ranged
    ax.scatter(at[alone], middle[alone], s=46, facecolors=PAPER, edgecolors=GREY, linewidths=1.4, zorder=4)


def describe_event(
    table: pd.DataFrame,
    *,
    x: str = "period",
    estimate: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    phase: str = "phase",
    ci_level: float = 0.95,
    kind: Kind = "signed",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `event`.

    Parameters
    ----------
    table, x, estimate, low, high, phase, kind, digits, lang
        As in `event`.
    ci_level : float
        Confidence level of the intervals.

    Returns
    -------
    str
        What is plotted, from when to when, and the range of the values before and after the event.
    """
    scale, zh = Scale(kind, digits, lang), lang == "zh"
    ranged = alt.intervals_named(column(table, low), column(table, high), ci_level, lang)
    ends = [formats.period(str(one), lang) for one in (table[x].iloc[0], table[x].iloc[-1])]
    said = [f"逐期点图{ranged}，{'至'.join(ends)}" if zh else f"Dots by period{ranged}, {' to '.join(ends)}"]
    for mask, name in ((table[phase] < 0, ("Before", "开始前")), (table[phase] > 0, ("After", "之后"))):
        values = column(table, estimate)[mask.to_numpy()]
        values = values[np.isfinite(values)]
        if values.size:
            least, most = scale.text(float(values.min())), scale.text(float(values.max()))
            said.append(f"{name[1]}：{least} 至 {most}" if zh else f"{name[0]}: {least} to {most}")
    return alt.sentences(said, lang)
