"""Values by rank beside what noise would give: the eigenvalues of a scree plot."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from svcq_lib.figures import alt
from svcq_lib.figures.layout import SMALL, STRONG, VALUE, axes_in, box_of, put, size_of, wrap, write
from svcq_lib.figures.marks import Scale, column
from svcq_lib.figures.placing import apart
from svcq_lib.figures.style import ACCENT, GREY, RULE, use_style
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import Kind

HEIGHT = 3.4
"""Height of a new figure in inches."""
BELOW = 26.0
"""Room below the axes for the ranks, in points."""
NAME_WIDTH = 150.0
"""Greatest width of a line's name in points."""


def scree(
    table: pd.DataFrame,
    *,
    value: str = "eigenvalue",
    noise: str = "noise_limit",
    names: tuple[str, str],
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw values by rank, those above noise in the accent, with the line of noise.

    Parameters
    ----------
    table : DataFrame
        One row per rank, highest value first.
    value, noise : str
        Columns of the values and of what noise reaches.
    names : tuple of str
        Names of both lines.
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
    values, floor = column(table, value), column(table, noise)
    ranks, above = np.arange(1, len(values) + 1), _leading(values, floor)
    scale = Scale(kind, digits, lang)
    with use_style(lang):
        ax, _ = axes_in(ax, height=HEIGHT)
        ends = [wrap(ax, name, NAME_WIDTH, size=VALUE) for name in names]
        room = max(size_of(ax, text, VALUE, STRONG)[0] for text in ends) + 20
        _frame(ax, ranks, values, floor, scale, room)
        ax.plot(ranks, floor, color=GREY, linewidth=1.2, linestyle=(0, (4, 3)), zorder=2)
        ax.plot(ranks, values, color=GREY, linewidth=1.2, zorder=2)
        ax.scatter(ranks, values, s=34, color=[ACCENT if one else GREY for one in above], zorder=3)
        _values(ax, ranks[above], values[above], scale)
        _ends(ax, list(zip([values[-1], floor[-1]], ends, strict=True)))
    return ax


def _leading(values: NDArray[np.float64], floor: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of the leading values are above noise, up to the first that is not."""
    return np.asarray(np.cumprod(values > floor).astype(bool))


def _frame(
    ax: Axes,
    ranks: NDArray[np.intp],
    values: NDArray[np.float64],
    floor: NDArray[np.float64],
    scale: Scale,
    room: float,
) -> None:
    box = box_of(ax)
    ax.set_ylim(0, 1.12 * max(values.max(), floor.max()))
    ticks, texts = scale.ticks(*ax.get_ylim(), most=5)
    ax.set_yticks(ticks, texts)
    left = max(size_of(ax, text, SMALL)[0] for text in texts) + 10
    put(ax, box.x0 + left, box.y0 + BELOW, box.x1 - room, box.y1 - 8)
    ax.yaxis.grid(True, color=RULE, linewidth=0.9, zorder=0)
    ax.set_xlim(0.4, len(ranks) + 0.3)
    step = max(1, len(ranks) // 12)
    ax.set_xticks(ranks[::step], [str(rank) for rank in ranks[::step]])


def _values(ax: Axes, ranks: NDArray[np.intp], values: NDArray[np.float64], scale: Scale) -> None:
    """Write the values above noise, where ranks are too close for all of them every second or third."""
    texts = [scale.text(float(one)) for one in values]
    widest = max((size_of(ax, text, VALUE, STRONG)[0] for text in texts), default=0.0) + 3
    low, high = ax.get_xlim()
    step = int(np.ceil(widest * (high - low) / box_of(ax).width))
    for rank, one, text in list(zip(ranks, values, texts, strict=True))[::step]:
        write(ax, text, (float(rank), float(one)), offset=(0, 11), color=ACCENT, weight=STRONG)


def _ends(ax: Axes, ends: list[tuple[float, str]]) -> None:
    """Write the names of the lines beside the axes, moved apart where they would overlap."""
    box: Bbox = box_of(ax)
    low, high = ax.get_ylim()
    wanted = [(value - low) / (high - low) * box.height for value, _ in ends]
    heights = [size_of(ax, text, VALUE)[1] + 3 for _, text in ends]
    for (_, text), at in zip(ends, apart(wanted, heights, -6, box.height), strict=True):
        write(ax, text, (1, 0), coords="axes fraction", offset=(8, at), ha="left", color=GREY, clear=False)


def describe_scree(
    table: pd.DataFrame,
    *,
    value: str = "eigenvalue",
    noise: str = "noise_limit",
    names: tuple[str, str],
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `scree`.

    Parameters
    ----------
    table, value, noise, names, kind, digits, lang
        As in `scree`.

    Returns
    -------
    str
        What is plotted, how many values stand above noise, and these values.
    """
    values, floor, scale = column(table, value), column(table, noise), Scale(kind, digits, lang)
    above = values[_leading(values, floor)]
    listed = "、" if lang == "zh" else ", "
    shown = listed.join(scale.text(float(one)) for one in above)
    n, k = len(values), len(above)
    if lang == "zh":
        parts = [
            f"碎石图，{n} 个数值按大小排列：{names[0]}与{names[1]}",
            f"前 {k} 个高于随机水平" + (f"：{shown}" if k else ""),
        ]
        return alt.sentences([*parts, f"最小 {scale.text(float(values[-1]))}"], lang)
    parts = [f"Scree plot of {n} values by rank: {names[0]} and {names[1]}"]
    parts.append(f"The first {k} above noise: {shown}" if k else "None is above noise")
    return alt.sentences([*parts, f"Smallest {scale.text(float(values[-1]))}"], lang)
