"""Small multiples: panels of equal size in lines, each under its name."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from svcq_lib.figures.layout import LABEL, STRONG, axes_in, size_of, wrap, write

LEAST, GAP = 150.0, 28.0
"""Least width of a panel and room between panels, in points."""


def panels(
    figure: Figure,
    names: Sequence[str],
    *,
    body: float,
    foot: float = 0.0,
    left: float = 0.0,
    right: float = 4.0,
) -> list[tuple[Axes, Bbox, bool]]:
    """Lay out panels in as few lines as their least width allows, and make the figure as high as they need.

    Parameters
    ----------
    figure : Figure
        A new figure; its width is kept.
    names : sequence of str
        Names of the panels, written above them.
    body, foot : float
        Heights of a panel and of the room below it, in points.
    left, right : float
        Room at both sides of a line of panels, in points.

    Returns
    -------
    list of (Axes, Bbox, bool)
        The axes of each panel, not yet placed; where it stands, in points; whether it begins a line.
    """
    width = figure.get_size_inches()[0] * 72 - left - right
    lines = math.ceil(len(names) / max(1, int((width + GAP) / (LEAST + GAP))))
    across = math.ceil(len(names) / max(lines, 1))
    room = (width - (across - 1) * GAP) / max(across, 1)
    titles = [wrap(figure, name, room, weight=STRONG) for name in names]
    head = max((size_of(figure, title, LABEL, STRONG)[1] for title in titles), default=0.0) + 16
    block = head + body + foot
    figure.set_size_inches(figure.get_size_inches()[0], max(lines, 1) * block / 72)
    placed = []
    for i, title in enumerate(titles):
        line, place = divmod(i, across)
        box = Bbox.from_bounds(left + place * (room + GAP), (lines - line - 1) * block + foot, room, body)
        ax, _ = axes_in(figure.add_axes((0, 0, 1, 1)))
        write(ax, title, (box.x0, box.y1 + 8), coords="figure points", size=LABEL, weight=STRONG, ha="left",
              va="bottom", clear=False)  # fmt: skip
        placed.append((ax, box, place == 0))
    return placed
