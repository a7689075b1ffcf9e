"""Points in four named quadrants: the importance–performance map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from svcq_lib.figures import alt
from svcq_lib.figures.layout import (
    LABEL,
    SMALL,
    STRONG,
    VALUE,
    axes_in,
    box_of,
    figure_of,
    size_of,
    wrap,
    write,
)
from svcq_lib.figures.marks import Mask, Scale, column, mask_of
from svcq_lib.figures.placing import beside
from svcq_lib.figures.plane import (
    NAME_DEPTH,
    TITLE_BAND,
    Held,
    draw_diagonal,
    draw_ground,
    draw_list,
    draw_points,
    frame_plane,
    in_points,
    name_points,
)
from svcq_lib.figures.style import GREY, use_style
from svcq_lib.formats import Lang
from svcq_lib.stats import quadrants
from svcq_lib.vocabulary import Kind, word
from svcq_lib.vocabulary import label as column_label

QUADRANTS = ("concentrate_here", "keep_up", "low_priority", "possible_overkill")
"""Upper left, upper right, lower left, lower right."""
HEIGHT = 5.6
"""Height of a new figure in inches."""
NAME_WIDTH = 130.0
"""Greatest width of a point's name in points."""
MOST_NAMED = 12
"""With more points, numbers stand beside them and a key beside the map."""


def quadrant(
    table: pd.DataFrame,
    *,
    x: str = "performance",
    y: str = "share",
    label: str = "label",
    lines: tuple[float, float] | None = None,
    names: Sequence[str] | None = None,
    axis_names: tuple[str, str] | None = None,
    highlight: Mask = None,
    hollow: Mask = None,
    diagonal: bool = False,
    intervals: bool = False,
    kinds: tuple[Kind, Kind] = ("number", "share"),
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw named points on two values, with a line on each that parts four named quadrants.

    Parameters
    ----------
    table : DataFrame
        One row per point; rows without one of the values, or with a true `suppressed`, are left out and
        counted below the map.
    x, y : str
        Columns of the two values: performance, importance.
    label : str
        Column of the display names.
    lines : tuple of float, optional
        Where x and y are parted; the means of the points by default.
    names : sequence of four str, optional
        Names of the quadrants: upper left, upper right, lower left, lower right; those of the map by default.
    axis_names : tuple of str, optional
        Names of the axes; those of the columns by default.
    highlight : set of names or boolean array, optional
        Points in the warning colour; those of the upper left quadrant by default.
    hollow : set of names or boolean array, optional
        Points drawn as a ring, such as those whose quadrant is not certain.
    diagonal : bool
        Whether the line of equal standard scores is drawn as well; all above it then belongs to the upper left.
    intervals : bool
        Whether to draw intervals from the columns ``<x>_low``, ``<x>_high``, ``<y>_low`` and ``<y>_high``.
    kinds : tuple of str
        Kinds of x and y, as in the vocabulary.
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
    shown = np.isfinite(column(table, x)) & np.isfinite(column(table, y))
    chosen, rings = (mask_of(one, [str(name) for name in table[label]])[shown] for one in (highlight, hollow))
    blank, table = int((~shown).sum()), table[shown]
    points = np.column_stack([column(table, x), column(table, y)])
    cut = lines or parted_at(points)
    if highlight is None:
        chosen = _quarters(points, cut, diagonal) == 0
    texts = [str(name) for name in table[label]]
    held = _held(table, points, (x, y), cut, intervals)
    scales = Scale(kinds[0], None, lang), Scale(kinds[1], None, lang)
    with use_style(lang):
        ax, own = axes_in(ax, height=HEIGHT)
        box = box_of(ax)
        corners = [
            wrap(ax, name, box.width / 4) for name in names or (word(code, lang) for code in QUADRANTS)
        ]
        labels, places = _places(ax, box, own, points, texts, held, scales, corners)
        draw_ground(ax, cut, corners, axis_names or (column_label(x, lang), column_label(y, lang)))
        if diagonal:
            draw_diagonal(ax, points)
        draw_points(ax, points, held, chosen, rings)
        name_points(ax, points, labels, places, chosen)
        if blank:
            note = f"{word('suppressed', lang)}{'：' if lang == 'zh' else ': '}{blank}"
            write(ax, note, (0, 0), coords="axes fraction", offset=(0, -NAME_DEPTH), size=SMALL, color=GREY,
                  ha="left", va="top")  # fmt: skip
    return ax


def parted_at(points: NDArray[np.float64]) -> tuple[float, float]:
    """Return the means of the points, where quadrants part by default.

    Parameters
    ----------
    points : ndarray, shape (points, 2)
        The points.

    Returns
    -------
    tuple of float
        Mean of x and mean of y; 0 without points.
    """
    return (float(points[:, 0].mean()), float(points[:, 1].mean())) if len(points) else (0.0, 0.0)


def _quarters(points: NDArray[np.float64], cut: tuple[float, float], diagonal: bool) -> NDArray[np.intp]:
    """Return the quadrant of each point: 0 upper left, 1 upper right, 2 lower left, 3 lower right."""
    x, y = points.T
    return quadrants.by_diagonal(x, y) if diagonal else quadrants.by_lines(x, y, *cut)


def _held(
    table: pd.DataFrame,
    points: NDArray[np.float64],
    names: tuple[str, str],
    cut: tuple[float, float],
    drawn: bool,
) -> Held:
    """Return lower and upper limits of the points (NaN where not drawn) and where the quadrants part."""
    sides = [np.full_like(points, np.nan), np.full_like(points, np.nan)]
    if drawn:
        for side, end in zip(sides, ("low", "high"), strict=True):
            for i, name in enumerate(names):
                side[:, i] = column(table, f"{name}_{end}")
    return sides[0], sides[1], np.array([cut])


def _places(
    ax: Axes,
    box: Bbox,
    own: bool,
    points: NDArray[np.float64],
    texts: list[str],
    held: Held,
    scales: tuple[Scale, Scale],
    corners: list[str],
) -> tuple[list[str], list[tuple[float, float]]]:
    """Place the axes and find a place for each name, or for each number if the names find none."""
    everything = np.vstack([points, *held])
    if len(texts) <= MOST_NAMED:
        labels = [wrap(ax, text, NAME_WIDTH, size=VALUE) for text in texts]
        frame_plane(ax, box, everything, scales)
        places, free = _beside(ax, points, labels, corners, held)
        if free:
            return labels, places
    numbers = [str(i + 1) for i in range(len(texts))]
    room = 0.36 * box.width
    entries = [wrap(ax, text, room - 28, size=SMALL, lines=12 if own else 1) for text in texts]
    heights = [size_of(ax, entry, SMALL)[1] + 6 for entry in entries]
    if own:
        tall = max(box.height, sum(heights) + TITLE_BAND + 30)
        figure_of(ax).set_size_inches(box.width / 72, tall / 72)
        box = Bbox.from_bounds(0, 0, box.width, tall)
    frame_plane(ax, Bbox.from_extents(box.x0, box.y0, box.x1 - room, box.y1), everything, scales)
    draw_list(ax, numbers, entries, heights, box.y1 - TITLE_BAND)
    places, _ = _beside(ax, points, numbers, corners, held)
    return numbers, places


def _beside(
    ax: Axes, points: NDArray[np.float64], labels: list[str], corners: list[str], held: Held
) -> tuple[list[tuple[float, float]], bool]:
    box = box_of(ax)
    sizes = [size_of(ax, text, VALUE, STRONG) for text in labels]
    taken = []
    for i, text in enumerate(corners):
        width, height = (side + 8 for side in size_of(ax, text, LABEL))
        left, low = (
            (box.x1 - width - 6 if i % 2 else box.x0 + 6),
            (box.y1 - height - 4 if i < 2 else box.y0 + 4),
        )
        taken.append(Bbox.from_bounds(left, low, width, height))
    at = in_points(ax, points)
    for (x, y), start, end in zip(at, in_points(ax, held[0]), in_points(ax, held[1]), strict=True):
        if np.isfinite([*start, *end]).all():
            taken += [Bbox.from_extents(start[0], y - 2, end[0], y + 2)]
            taken += [Bbox.from_extents(x - 2, start[1], x + 2, end[1])]
    ((x, y),) = in_points(ax, held[2])
    lines = [Bbox.from_extents(x - 2, box.y0, x + 2, box.y1), Bbox.from_extents(box.x0, y - 2, box.x1, y + 2)]
    return beside(at, sizes, box, taken, lines)


def describe_quadrant(
    table: pd.DataFrame,
    *,
    x: str = "performance",
    y: str = "share",
    label: str = "label",
    lines: tuple[float, float] | None = None,
    names: Sequence[str] | None = None,
    axis_names: tuple[str, str] | None = None,
    hollow: Mask = None,
    diagonal: bool = False,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `quadrant`.

    Parameters
    ----------
    table, x, y, label, lines, names, axis_names, hollow, diagonal, lang
        As in `quadrant`.

    Returns
    -------
    str
        What is plotted, which points lie in which quadrant, and which of them are rings.
    """
    points = np.column_stack([column(table, x), column(table, y)])
    shown = np.isfinite(points).all(axis=1)
    cut = lines or parted_at(points[shown])
    across, up = axis_names or (column_label(x, lang), column_label(y, lang))
    zh = lang == "zh"
    said = [f"象限图：横轴为{across}，纵轴为{up}，共 {int(shown.sum())} 点" if zh
            else f"Map of {int(shown.sum())} points: {across.lower()} across, {up.lower()} up"]  # fmt: skip
    labels = [str(name) for name in table[label]]
    codes = np.full(len(table), -1)
    codes[shown] = _quarters(points[shown], cut, diagonal)
    parts = [
        (corner, codes == i) for i, corner in enumerate(names or [word(code, lang) for code in QUADRANTS])
    ]
    rings = mask_of(hollow, labels) & shown
    if rings.any():
        parts.append(("空心" if zh else "Rings", rings))
    for name, inside in parts:
        members = [one for one, held in zip(labels, inside, strict=True) if held]
        said.append(
            f"{name}{'：' if zh else ': '}{('、' if zh else ', ').join(members) or word('none', lang)}"
        )
    return alt.sentences([*said, alt.blank(points.sum(axis=1), lang)], lang)
