"""What the forms share: scales, choices of rows, lines across, keys and the layout of labelled rows."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from svcq_lib.figures.layout import LABEL, LINE, SMALL, axes_in, box_of, figure_of, put, size_of, wrap, write
from svcq_lib.figures.style import GREY, RULE, require_glyphs
from svcq_lib.formats import Lang
from svcq_lib.kinds import shown
from svcq_lib.vocabulary import Kind, word

if TYPE_CHECKING:
    from matplotlib.artist import Artist

KEY_BAND, NAME_BAND, AXIS_BAND = 24.0, 21.0, 26.0
"""Heights in points of the key above the axes, of a line's name above them, of the tick labels below them."""

Mask = Collection[Any] | NDArray[np.bool_] | None


@dataclass(frozen=True)
class Scale:
    """How values are written on an axis and beside marks.

    Attributes
    ----------
    kind : str
        Kind of the values, as in the vocabulary.
    digits : int or None
        Digits after the point; those of the kind by default.
    lang : {"en", "zh"}
        Language.
    """

    kind: Kind = "number"
    digits: int | None = None
    lang: Lang = "en"

    def text(self, value: float) -> str:
        """Return a value as text."""
        return shown(value, self.kind, self.lang, digits=self.digits)

    def ticks(self, low: float, high: float, most: int = 6) -> tuple[NDArray[np.float64], list[str]]:
        """Return round ticks inside a range, and their texts with just the digits they need."""
        ticks = np.asarray(MaxNLocator(nbins=most, steps=[1, 2, 5, 10]).tick_values(low, high))
        step = float(ticks[1] - ticks[0]) * (100 if self.kind == "share" else 1)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        inside = ticks[(ticks >= low - 1e-12) & (ticks <= high + 1e-12)]
        return inside, [shown(float(t), self.kind, self.lang, digits=digits) for t in inside]


def span(values: Iterable[Any]) -> tuple[float, float]:
    """Return the range of the finite values, never empty.

    Parameters
    ----------
    values : iterable of array_like
        Arrays and numbers.

    Returns
    -------
    tuple of float
        Lowest and highest; half a unit (or 5 %) around a single value; 0 to 1 without any.
    """
    parts = [np.atleast_1d(np.asarray(v, dtype=float)).ravel() for v in values if v is not None]
    flat = np.concatenate(parts) if parts else np.array([])
    flat = flat[np.isfinite(flat)]
    if flat.size == 0:
        return 0.0, 1.0
    low, high = float(flat.min()), float(flat.max())
    if high - low <= 1e-9 * max(1.0, abs(high)):
        half = 0.5 if abs(high) >= 1 else max(0.05 * abs(high), 0.02)
        return low - half, high + half
    return low, high


def mask_of(chosen: Mask, names: Sequence[str]) -> NDArray[np.bool_]:
    """Return which rows are chosen.

    Parameters
    ----------
    chosen : set of names, boolean array of one value per row, or None
        The choice.
    names : sequence of str
        Names of the rows.

    Returns
    -------
    ndarray of bool, shape (rows,)
        True where chosen.
    """
    if chosen is None:
        return np.zeros(len(names), dtype=bool)
    if isinstance(chosen, (set, frozenset)):
        return np.array([name in chosen for name in names], dtype=bool)
    return np.asarray(list(chosen), dtype=bool)


def column(table: Any, name: str | None) -> NDArray[np.float64]:
    """Return a column as floats, NaN where it is absent, missing or suppressed.

    Parameters
    ----------
    table : DataFrame
        The table; a true `suppressed` column blanks its rows.
    name : str or None
        The column.

    Returns
    -------
    ndarray, shape (rows,)
        The values.
    """
    if name is None or name not in table.columns:
        return np.full(len(table), np.nan)
    values = table[name].astype("float64").to_numpy(dtype=float, na_value=np.nan, copy=True)
    if "suppressed" in table.columns:
        values[table["suppressed"].fillna(False).to_numpy(dtype=bool)] = np.nan
    return values


def reference_line(ax: Axes, value: float, name: str, *, upright: bool = True) -> None:
    """Draw a dashed line across the axes, with its name above it.

    Parameters
    ----------
    ax : Axes
        The axes, already placed and scaled.
    value : float
        Where the line is.
    name : str
        What it is; no text when empty.
    upright : bool
        Whether the line stands (a value on x).
    """
    line = ax.axvline if upright else ax.axhline
    line(value, color=GREY, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1.2)
    if not name or not upright:
        return
    require_glyphs(name, "the name of a line")
    box = box_of(ax)
    low, high = ax.get_xlim()
    width = size_of(ax, name, SMALL)[0]
    at = box.x0 + (value - low) / (high - low) * box.width
    edge = figure_of(ax).get_size_inches()[0] * 72 - 2
    shift = max(0.0, 2 + width / 2 - at) - max(0.0, at + width / 2 - edge)
    write(ax, name, (value, 1), coords=("data", "axes fraction"), offset=(shift, 6), size=SMALL, va="bottom",
          color=GREY, clear=False)  # fmt: skip


def key(ax: Axes, entries: Sequence[tuple[Artist, str]], left: float, top: float) -> None:
    """Draw one line that says which mark is what.

    Parameters
    ----------
    ax : Axes
        The axes.
    entries : sequence of (Artist, str)
        Marks and their names.
    left, top : float
        Upper left corner in points from the lower left corner of the figure.
    """
    for _, name in entries:
        require_glyphs(name, "a figure's key")
    figure = figure_of(ax)
    points = figure.get_size_inches() * 72
    legend = ax.legend(
        [mark for mark, _ in entries], [name for _, name in entries], loc="upper left", ncols=len(entries),
        bbox_to_anchor=(left / points[0], top / points[1]), bbox_transform=figure.transFigure, frameon=False,
        fontsize=SMALL, labelcolor=GREY, handlelength=1.0, handletextpad=0.5, columnspacing=1.6,
        borderpad=0.0, borderaxespad=0.0,
    )  # fmt: skip
    legend.set_zorder(4)


def too_few(ax: Axes, y: float, lang: Lang) -> None:
    """Say in a row that its base is too small.

    Parameters
    ----------
    ax : Axes
        The axes.
    y : float
        The row.
    lang : {"en", "zh"}
        Language.
    """
    write(ax, word("suppressed", lang), (0, y), coords=("axes fraction", "data"), offset=(8, 0), size=SMALL,
          color=GREY, ha="left")  # fmt: skip


def rows_in(
    ax: Axes | None,
    names: Sequence[str],
    *,
    row: float,
    top: float,
    bottom: float = AXIS_BAND,
    room: float = 0.32,
) -> tuple[Axes, NDArray[np.float64]]:
    """Lay out labelled rows: names at the left, the axes beside them, one unit of y per point.

    A new figure grows with its rows, a given one keeps its size and its rows share what there is.

    Parameters
    ----------
    ax : Axes or None
        Given axes, or None for a new figure.
    names : sequence of str
        Names of the rows, first at the top.
    row : float
        Least height of a row in points.
    top, bottom : float
        Room above and below the rows in points.
    room : float
        Greatest part of the width for the names.

    Returns
    -------
    ax : Axes
        The axes, placed, with y limits set.
    y : ndarray, shape (rows,)
        Middle of each row.
    """
    ax, own = axes_in(ax)
    box = box_of(ax)
    most = 12 if own else max(1, int((box.height - top - bottom) / max(len(names), 1) / (LABEL * LINE)))
    wrapped = [wrap(ax, name, room * box.width, lines=most) for name in names]
    sizes = [size_of(ax, name) for name in wrapped]
    heights = np.array([max(row, tall + 12) for _, tall in sizes])
    if own:
        figure_of(ax).set_size_inches(box.width / 72, (top + heights.sum() + bottom) / 72)
        box = box_of(ax)
    heights = heights * (box.height - top - bottom) / max(heights.sum(), 1.0)
    left = box.x0 + max((wide for wide, _ in sizes), default=0.0) + 14
    put(ax, left, box.y0 + bottom, box.x1 - 14, box.y1 - top)
    ax.set_ylim(max(heights.sum(), 1.0), 0)
    ax.set_yticks([])
    y = np.cumsum(heights) - heights / 2
    name_rows(ax, wrapped, y)
    return ax, y


def name_rows(ax: Axes, names: Sequence[str], y: NDArray[np.float64]) -> None:
    """Write the names of rows at the left of the axes.

    Parameters
    ----------
    ax : Axes
        The axes.
    names : sequence of str
        Names, with their line breaks.
    y : ndarray, shape (rows,)
        Middle of each row.
    """
    for name, at in zip(names, y, strict=True):
        write(ax, name, (0, float(at)), coords=("axes fraction", "data"), offset=(-12, 0), size=LABEL,
              ha="right", clear=False)  # fmt: skip


def scale_x(
    ax: Axes, values: Sequence[Any], scale: Scale, *, pads: tuple[float, float] = (12, 12), grid: bool = True
) -> None:
    """Set the x limits so that texts beside the outermost marks have room, with round ticks.

    Parameters
    ----------
    ax : Axes
        The axes, already placed.
    values : sequence of array_like
        All that is drawn on x.
    scale : Scale
        How ticks are written.
    pads : tuple of float
        Room left and right of the outermost values in points.
    grid : bool
        Whether thin lines mark the ticks.
    """
    low, high = span(values)
    width = box_of(ax).width
    unit = (high - low) / max(width - sum(pads), 0.2 * width)
    ax.set_xlim(low - pads[0] * unit, high + pads[1] * unit)
    ticks, texts = scale.ticks(*ax.get_xlim(), most=max(3, min(6, int(width / 60))))
    ax.set_xticks(ticks, texts)
    for text in ax.get_xticklabels():
        text.set_color(GREY)
    if grid:
        ax.xaxis.grid(True, color=RULE, linewidth=0.9, zorder=0)
