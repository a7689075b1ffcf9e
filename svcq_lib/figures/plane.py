"""What a map of two values is made of: its frame, quadrants, points, their names and the list of names."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from svcq_lib.figures.layout import LABEL, SMALL, STRONG, VALUE, box_of, put, size_of, write
from svcq_lib.figures.marks import AXIS_BAND, Scale, scale_x, span
from svcq_lib.figures.style import ACCENT, GREY, INK, PAPER, RULE, WARNING

TITLE_BAND, NAME_DEPTH = 30.0, 26.0
"""Room above the axes for the name of y, and distance from the axes down to the name of x, in points."""

Held = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Lower and upper limits of points (NaN where none are drawn) and where the quadrants part."""


def frame_plane(ax: Axes, box: Bbox, everything: NDArray[np.float64], scales: tuple[Scale, Scale]) -> None:
    """Place the axes in a box and scale both, with room for names beside the outermost points.

    Parameters
    ----------
    ax : Axes
        The axes.
    box : Bbox
        Where axes, tick labels and names of the axes may stand, in points.
    everything : ndarray, shape (values, 2)
        All that is drawn.
    scales : tuple of Scale
        How x and y are written.
    """
    low, high = span([everything[:, 1]])
    bottom, top = box.y0 + AXIS_BAND + 20, box.y1 - TITLE_BAND
    unit = (high - low) / max(top - bottom - 72, 40)
    ax.set_ylim(low - 36 * unit, high + 36 * unit)
    ticks, texts = scales[1].ticks(*ax.get_ylim(), most=5)
    ax.set_yticks(ticks, texts)
    for text in ax.get_yticklabels():
        text.set_color(GREY)
    left = max((size_of(ax, text, SMALL)[0] for text in texts), default=0.0) + 10
    put(ax, box.x0 + left, bottom, box.x1 - 12, top)
    scale_x(ax, [everything[:, 0]], scales[0], pads=(60, 60), grid=False)


def in_points(ax: Axes, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return data coordinates in points from the lower left corner of the figure.

    Parameters
    ----------
    ax : Axes
        The axes, placed and scaled.
    points : ndarray, shape (points, 2)
        Data coordinates.

    Returns
    -------
    ndarray, shape (points, 2)
        The same places in points of 1/72 inch.
    """
    box, (x0, x1), (y0, y1) = box_of(ax), ax.get_xlim(), ax.get_ylim()
    across = box.x0 + (points[:, 0] - x0) / (x1 - x0) * box.width
    return np.column_stack([across, box.y0 + (points[:, 1] - y0) / (y1 - y0) * box.height])


def draw_ground(ax: Axes, cut: tuple[float, float], corners: list[str], axis_names: tuple[str, str]) -> None:
    """Draw the frame, the lines that part the quadrants, and the names of quadrants and axes.

    Parameters
    ----------
    ax : Axes
        The axes.
    cut : tuple of float
        Where x and y are parted.
    corners : list of str
        Names of the quadrants.
    axis_names : tuple of str
        Names of x and y.
    """
    for side in ("left", "bottom"):
        ax.spines[side].set(visible=True, color=RULE, linewidth=1.0)
    ax.axvline(cut[0], color=GREY, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1.2)
    ax.axhline(cut[1], color=GREY, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1.2)
    for i, text in enumerate(corners):
        right, upper = i % 2, 1 - i // 2
        inward = (-10 if right else 10, -8 if upper else 8)
        write(ax, text, (right, upper), coords="axes fraction", offset=inward, size=LABEL,
              color=WARNING if i == 0 else GREY, ha="right" if right else "left",
              va="top" if upper else "bottom")  # fmt: skip
    look: dict[str, Any] = {"coords": "axes fraction", "size": SMALL, "color": GREY}
    back = -min(box_of(ax).x0, 34)
    write(ax, f"↑ {axis_names[1]}", (0, 1), offset=(back, 10), ha="left", va="bottom", **look)
    write(ax, f"{axis_names[0]} →", (1, 0), offset=(0, -NAME_DEPTH), ha="right", va="top", **look)


def draw_diagonal(ax: Axes, points: NDArray[np.float64]) -> None:
    """Draw the line of equal standard scores through the means of the points.

    Parameters
    ----------
    ax : Axes
        The axes, placed and scaled.
    points : ndarray, shape (points, 2)
        The points.
    """
    spread = points.std(axis=0) if len(points) else np.zeros(2)
    if (spread > 0).all():
        ax.axline(
            tuple(points.mean(axis=0)),
            slope=float(spread[1] / spread[0]),
            color=GREY,
            linewidth=1.2,
            zorder=1.2,
        ).set_gid("diagonal")


def draw_points(
    ax: Axes,
    points: NDArray[np.float64],
    held: Held,
    chosen: NDArray[np.bool_],
    hollow: NDArray[np.bool_],
) -> None:
    """Draw points and, where they have limits, thin crosses.

    Parameters
    ----------
    ax : Axes
        The axes.
    points : ndarray, shape (points, 2)
        The points.
    held : Held
        Their limits.
    chosen : ndarray of bool, shape (points,)
        Points in the warning colour.
    hollow : ndarray of bool, shape (points,)
        Points drawn as a ring.
    """
    paint = np.where(chosen, WARNING, ACCENT)
    lows, highs, _ = held
    for i, (x, y) in enumerate(points):
        ax.plot([lows[i, 0], highs[i, 0]], [y, y], color=paint[i], linewidth=1.0, alpha=0.45, zorder=2)
        ax.plot([x, x], [lows[i, 1], highs[i, 1]], color=paint[i], linewidth=1.0, alpha=0.45, zorder=2)
    ax.scatter(
        points[:, 0], points[:, 1], s=np.where(hollow, 50, 62), facecolors=list(np.where(hollow, PAPER, paint)),
        edgecolors=list(paint), linewidths=np.where(hollow, 1.8, 0.0).tolist(), zorder=4, gid="dots",
    )  # fmt: skip


def name_points(
    ax: Axes,
    points: NDArray[np.float64],
    labels: list[str],
    places: list[tuple[float, float]],
    chosen: NDArray[np.bool_],
) -> None:
    """Write the names at their places, with a thin line to the point where they stand away from it.

    Parameters
    ----------
    ax : Axes
        The axes.
    points : ndarray, shape (points, 2)
        The points.
    labels : list of str
        Their names, or numbers.
    places : list of (x, y)
        Middle of each name, in points from the lower left corner of the figure.
    chosen : ndarray of bool, shape (points,)
        Points in the warning colour.
    """
    for point, at, text, place, strong in zip(
        points, in_points(ax, points), labels, places, chosen, strict=True
    ):
        offset = place[0] - at[0], place[1] - at[1]
        note = write(ax, text, (point[0], point[1]), offset=offset, weight=STRONG if strong else "normal",
                     color=WARNING if strong else INK)  # fmt: skip
        width, height = size_of(ax, text, VALUE)
        if max(abs(offset[0]) - width / 2, abs(offset[1]) - height / 2) > 12:
            leader = {"arrowstyle": "-", "color": GREY, "linewidth": 0.7, "shrinkB": 4}
            ax.annotate("", (point[0], point[1]), offset, textcoords="offset points", arrowprops=leader)
        note.set_zorder(3.5)


def draw_list(ax: Axes, numbers: list[str], entries: list[str], heights: list[float], top: float) -> None:
    """Write what each number stands for, beside the axes.

    Parameters
    ----------
    ax : Axes
        The axes.
    numbers, entries : list of str
        Numbers and names.
    heights : list of float
        Height of each entry in points.
    top : float
        Where the list begins, in points from the lower edge of the figure.
    """
    down = box_of(ax).y1 - top
    for number, entry, height in zip(numbers, entries, heights, strict=True):
        look: dict[str, Any] = {"coords": "axes fraction", "size": SMALL, "va": "top", "clear": False}
        write(ax, number, (1, 1), offset=(30, -down), color=GREY, ha="right", **look)
        write(ax, entry, (1, 1), offset=(36, -down), ha="left", **look)
        down += height
