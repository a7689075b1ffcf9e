"""A value over months that grows less certain: a middle line in two bands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from svcq_lib.figures import alt
from svcq_lib.figures.layout import STRONG, VALUE, axes_in, box_of, size_of, write
from svcq_lib.figures.marks import Scale, column, reference_line, span
from svcq_lib.figures.series import frame
from svcq_lib.figures.style import ACCENT, GREY, PAPER, use_style
from svcq_lib.formats import Lang, period
from svcq_lib.vocabulary import Kind

HEIGHT = 3.8
"""Height of a new figure in inches."""
TAIL = 0.6
"""Room after the last period in units of one period."""


def fan(
    table: pd.DataFrame,
    *,
    x: str = "period",
    middle: str = "median",
    inner: tuple[str, str] = ("band_low", "band_high"),
    outer: tuple[str, str] = ("conf_low", "conf_high"),
    zero: bool = True,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw a line in an inner and an outer band, with the last values beside it.

    Parameters
    ----------
    table : DataFrame
        One row per period, in order.
    x : str
        Column of the periods.
    middle : str
        Column of the line.
    inner, outer : tuple of str
        Columns of the limits of both bands.
    zero : bool
        Whether a dashed line marks zero.
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
    """
    scale = Scale(kind, digits, lang)
    line = column(table, middle)
    bands = [tuple(column(table, name) for name in pair) for pair in (outer, inner)]
    ends = [(float(line[-1]), True), *((float(limit[-1]), False) for limit in bands[0])]
    with use_style(lang):
        ax, _ = axes_in(ax, height=HEIGHT)
        box = box_of(ax)
        room = max(size_of(ax, scale.text(value), VALUE, STRONG)[0] for value, _ in ends) + 22
        held = [line, *(limit for pair in bands for limit in pair), *([0.0] if zero else [])]
        place = Bbox.from_extents(box.x0, box.y0, box.x1 - room, box.y1 - 8)
        frame(ax, place, [str(one) for one in table[x]], span(held), scale, TAIL)
        if zero:
            reference_line(ax, 0.0, "", upright=False)
        _draw(ax, line, bands)
        _ends(ax, ends, scale)
    return ax


def _draw(ax: Axes, line: NDArray[np.float64], bands: list[Any]) -> None:
    at = np.arange(len(line))
    for (low, high), alpha, name in zip(bands, (0.13, 0.24), ("outer", "inner"), strict=True):
        ax.fill_between(at, low, high, color=ACCENT, alpha=alpha, linewidth=0, zorder=2, gid=name)
    ax.plot(at, line, color=ACCENT, linewidth=2.2, zorder=3, gid="line")
    ax.scatter(at[-1:], line[-1:], s=46, color=ACCENT, edgecolors=PAPER, linewidths=1.2, zorder=4)


def _ends(ax: Axes, ends: list[tuple[float, bool]], scale: Scale) -> None:
    """Write the last values beside the axes; a limit too close to the middle is left out."""
    box, (low, high) = box_of(ax), ax.get_ylim()
    middle = ends[0][0]
    for value, strong in ends:
        if not strong and abs(value - middle) / (high - low) * box.height < 1.4 * VALUE:
            continue
        write(ax, scale.text(value), (1, value), coords=("axes fraction", "data"), offset=(12, 0), ha="left",
              color="" if strong else GREY, weight=STRONG if strong else "normal", clear=False)  # fmt: skip


def describe_fan(
    table: pd.DataFrame,
    *,
    x: str = "period",
    middle: str = "median",
    outer: tuple[str, str] = ("conf_low", "conf_high"),
    ci_level: float = 0.95,
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `fan`.

    Parameters
    ----------
    table, x, middle, outer, kind, digits, lang
        As in `fan`.
    ci_level : float
        Level of the outer band.

    Returns
    -------
    str
        Span of time, lowest point of the middle line, and its end with the band.

    Examples
    --------
    >>> describe_fan(pd.DataFrame({"period": ["2026-01", "2026-02"], "median": [-2.0, 1.0]}))
    'Line with bands over 2 periods, Jan 2026 to Feb 2026. Lowest −2.00: Jan 2026. At the end 1.00.'
    """
    scale, values = Scale(kind, digits, lang), column(table, middle)
    names = [period(str(one), lang) for one in table[x]]
    lows, highs = (column(table, name) for name in outer)
    bands = alt.intervals_named(lows, highs, ci_level, lang)
    at = int(values.argmin())
    end, bottom = scale.text(float(values[-1])), scale.text(float(values[at]))
    limits = f"[{scale.text(float(lows[-1]))}, {scale.text(float(highs[-1]))}]" if bands else ""
    if lang == "zh":
        said = [
            f"带区间的折线{bands}，共 {len(table)} 期，{names[0]}至{names[-1]}",
            f"最低 {bottom}：{names[at]}",
        ]
        return alt.sentences([*said, f"期末 {end} {limits}".strip()], lang)
    said = [f"Line with bands{bands} over {len(table)} periods, {names[0]} to {names[-1]}",
            f"Lowest {bottom}: {names[at]}", f"At the end {end} {limits}".strip()]  # fmt: skip
    return alt.sentences(said, lang)
