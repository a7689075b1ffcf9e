"""Labels beside points without overlap: each takes the first free place among candidates around its point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

RADII = (7.0, 14.0, 24.0, 36.0, 50.0, 66.0, 84.0)
"""Distances from the point that are tried, in points."""
ANGLES = (0, 180, 90, 270, 30, 150, 330, 210, 60, 120, 300, 240)
"""Directions that are tried at each distance, in degrees."""


def beside(
    points: NDArray[np.float64],
    sizes: Sequence[tuple[float, float]],
    area: Bbox,
    taken: Sequence[Bbox],
    avoided: Sequence[Bbox] = (),
) -> tuple[list[tuple[float, float]], bool]:
    """Find a place for a label beside every point.

    The most crowded points choose first. A label without a free place takes the one where it covers least.

    Parameters
    ----------
    points : ndarray, shape (points, 2)
        The points, in any unit (here points of 1/72 inch).
    sizes : sequence of (width, height)
        Sizes of the labels.
    area : Bbox
        Where labels may stand.
    taken : sequence of Bbox
        Where no label may stand.
    avoided : sequence of Bbox
        Where a label stands only if nothing else is free, such as on lines.

    Returns
    -------
    places : list of (x, y)
        Middle of each label.
    free : bool
        True if no label covers another, a mark or what was taken.
    """
    marks = [Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in points]
    distance = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
    crowd = (distance < 60).sum(axis=1)
    boxes: dict[int, Bbox] = {}
    clean = True
    for i in np.argsort(-crowd, kind="stable"):
        others = [*marks, *taken, *boxes.values()]
        best, least, hidden = None, np.inf, 0.0
        for box in _candidates(points[i], sizes[i]):
            covered = sum(_overlap(box, other) for other in others) + _outside(box, area)
            cost = 100 * covered + sum(_overlap(box, other) for other in avoided)
            if cost < least:
                best, least, hidden = box, cost, covered
            if cost == 0:
                break
        assert best is not None  # there is always a candidate
        boxes[int(i)] = best
        clean = clean and hidden == 0
    return [
        ((boxes[i].x0 + boxes[i].x1) / 2, (boxes[i].y0 + boxes[i].y1) / 2) for i in range(len(points))
    ], clean


def _candidates(point: NDArray[np.float64], size: tuple[float, float]) -> Iterator[Bbox]:
    width, height = size
    for radius in RADII:
        for angle in ANGLES:
            across, up = np.cos(np.radians(angle)), np.sin(np.radians(angle))
            x = point[0] + radius * across + np.round(across, 3) * width / 2
            y = point[1] + radius * up + np.round(up, 3) * height / 2
            yield Bbox.from_bounds(x - width / 2, y - height / 2, width, height)


def _overlap(a: Bbox, b: Bbox) -> float:
    across, up = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    return float(across * up) if across > 0 and up > 0 else 0.0


def _outside(box: Bbox, area: Bbox) -> float:
    return float(box.width * box.height) - _overlap(box, area)


def apart(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Move labels of one column just so far that they do not overlap.

    Parameters
    ----------
    wanted : sequence of float
        Where the middle of each label would best be.
    heights : sequence of float
        Height of each label.
    low, high : float
        Ends of the column. If the labels do not fit, they keep their order and go beyond `high`.

    Returns
    -------
    list of float
        Middle of each label.

    Examples
    --------
    >>> apart([5.0, 5.0], [10.0, 10.0], 0.0, 100.0)
    [5.0, 15.0]
    """
    order = np.argsort(wanted, kind="stable")
    placed = [0.0] * len(wanted)
    ceiling = high
    for i in order[::-1]:  # from the top: no label above the column or inside the one above
        placed[i] = min(wanted[i], ceiling - heights[i] / 2)
        ceiling = placed[i] - heights[i] / 2
    floor = low
    for i in order:  # from the bottom: push up what fell below the column
        placed[i] = max(placed[i], floor + heights[i] / 2)
        floor = placed[i] + heights[i] / 2
    return placed
