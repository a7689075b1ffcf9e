"""What can be had for what it costs: single choices as dots, the best combination per budget as a line."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from svcq_lib.figures import alt
from svcq_lib.figures.layout import SMALL, VALUE, axes_in, box_of, put, size_of, write
from svcq_lib.figures.marks import Mask, Scale, column, mask_of, reference_line, scale_x, span
from svcq_lib.figures.placing import beside
from svcq_lib.figures.style import ACCENT, GREY, PAPER, RULE, require_glyphs, use_style
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import Kind

HEIGHT = 4.2
"""Height of a new figure in inches."""


def frontier(
    line: pd.DataFrame,
    points: pd.DataFrame,
    *,
    x: str = "cost",
    y: str = "estimate",
    line_x: str = "budget",
    label: str = "label",
    chosen: Mask = None,
    budget: tuple[float, str] | None = None,
    axis: str = "",
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw the best value for every budget as steps, and each choice alone as a dot.

    Parameters
    ----------
    line : DataFrame
        One row per budget, rising.
    points : DataFrame
        One row per choice.
    x, y : str
        Columns of cost and of value; the line has the value too.
    line_x : str
        Column of the budget.
    label : str
        Column of the display names of the points.
    chosen : set of names or boolean array, optional
        Points in the accent.
    budget : tuple of (float, str), optional
        A line at one budget, and its name.
    axis : str
        Name of the x axis.
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
    scale, names = Scale(kind, digits, lang), [str(name) for name in points[label]]
    for name in names:
        require_glyphs(name, "a figure's text")
    at, value = column(points, x), column(points, y)
    budgets, best = column(line, line_x), column(line, y)
    with use_style(lang):
        ax, _ = axes_in(ax, height=HEIGHT)
        box = box_of(ax)
        low, high = span([value, best, 0.0])
        ax.set_ylim(low - 0.08 * (high - low), high + 0.12 * (high - low))
        ticks, texts = scale.ticks(*ax.get_ylim(), most=5)
        ax.set_yticks(ticks, texts)
        left = max(size_of(ax, text, SMALL)[0] for text in texts) + 10
        put(ax, box.x0 + left, box.y0 + 44, box.x1 - 14, box.y1 - 26)
        widest = max((size_of(ax, name, VALUE)[0] for name in names), default=0.0)
        scale_x(ax, [at, budgets], scale, pads=(14, min(widest + 20, 0.4 * box.width)), grid=False)
        ax.yaxis.grid(True, color=RULE, linewidth=0.9, zorder=0)
        reference_line(ax, 0.0, "", upright=False)
        ax.step(budgets, best, where="post", color=ACCENT, linewidth=2.2, zorder=3, gid="line")
        strong = mask_of(chosen, names)
        paint = np.where(strong, ACCENT, GREY).tolist()
        ax.scatter(at, value, s=62, c=paint, edgecolors=PAPER, linewidths=1.0, zorder=4, gid="dots")
        _names(ax, names, np.column_stack([at, value]), np.column_stack([budgets, best]))
        if budget:
            reference_line(ax, *budget)
        write(ax, axis, (1, 0), coords="axes fraction", offset=(0, -34), size=SMALL, color=GREY, ha="right",
              clear=False)  # fmt: skip
    return ax


def _names(ax: Axes, names: list[str], dots: np.ndarray, line: np.ndarray) -> None:
    """Write names beside their dots, off the line and off each other."""
    box = box_of(ax)
    low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
    own, steps = (
        (one - low) / (high - low) * (box.width, box.height) for one in (dots, np.repeat(line, 2, axis=0))
    )
    # a step runs level to the next budget and then up
    corners = np.column_stack([steps[1:, 0], steps[:-1, 1]])
    taken = [Bbox([np.minimum(a, b) - 2, np.maximum(a, b) + 2]) for a, b in pairwise(corners)]
    zero = -low[1] / (high - low)[1] * box.height
    axis = Bbox.from_extents(0, zero - 1, box.width, zero + 1)
    sizes = [size_of(ax, name, VALUE) for name in names]
    places, _ = beside(own, sizes, Bbox.from_bounds(0, 0, box.width, box.height), taken, [axis])
    for name, dot, place, mine in zip(names, dots, places, own, strict=True):
        write(ax, name, (float(dot[0]), float(dot[1])), offset=(place[0] - mine[0], place[1] - mine[1]),
              color=GREY, clear=False)  # fmt: skip


def describe_frontier(
    line: pd.DataFrame,
    points: pd.DataFrame,
    *,
    y: str = "estimate",
    line_x: str = "budget",
    label: str = "label",
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `frontier`.

    Parameters
    ----------
    line, points, y, line_x, label, kind, digits, lang
        As in `frontier`.

    Returns
    -------
    str
        How many choices, the best and the worst of them, and the highest value of the line.

    Examples
    --------
    >>> dots = pd.DataFrame({"label": ["A", "B"], "cost": [1.0, 2.0], "estimate": [0.5, -1.0]})
    >>> describe_frontier(pd.DataFrame({"budget": [0.0, 1.0], "estimate": [0.0, 0.5]}), dots)
    '2 choices by cost and value. Highest 0.50: A; lowest −1.00: B. Best combination 0.50, from a budget of 1.00.'
    """
    scale, best = Scale(kind, digits, lang), column(line, y)
    at = int(best.argmax())
    top, budget = scale.text(float(best[at])), scale.text(float(column(line, line_x)[at]))
    found = alt.extremes([str(name) for name in points[label]], column(points, y), scale)
    if lang == "zh":
        return alt.sentences(
            [f"{len(points)} 个选项的成本与价值", found, f"最佳组合 {top}，预算自 {budget} 起"], lang
        )
    form = f"{len(points)} choices by cost and value"
    return alt.sentences([form, found, f"Best combination {top}, from a budget of {budget}"], lang)
