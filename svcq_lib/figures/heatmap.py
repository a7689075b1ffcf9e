"""Groups by dimensions as a coloured table: every value written, its colour saying how low or high it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from svcq_lib.errors import ReportError
from svcq_lib.figures import alt
from svcq_lib.figures.layout import (
    LINE,
    STRONG,
    VALUE,
    axes_in,
    box_of,
    figure_of,
    put,
    size_of,
    wrap,
    write,
)
from svcq_lib.figures.marks import Scale
from svcq_lib.figures.style import ACCENT, GREY, INK, PAPER, RULE, WARNING, require_glyphs, use_style
from svcq_lib.formats import Lang, join
from svcq_lib.vocabulary import Kind

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

ROW = 20.5
"""Least height of a row in points: 24 rows and their heading fill half a page."""
BODY = 840.0
"""Greatest height of the rows of a new figure in points; long names are cut before it is passed."""
BROAD = 132.0
"""Greatest width of a column in points."""
BASE = 3.6
"""Half the height of a digit in points."""
SIDE = 10.0
"""Room between the names of rows and the cells in points."""
SLACK = 1.04
"""Room for a browser that draws names a little wider than they were measured."""
NAMES = 0.36
"""Greatest part of the width for the names of rows."""
HEADS = (VALUE, 10.0, 9.0)
"""Sizes of column names in points, tried until no word is cut."""
TINTS = (WARNING, 0.8), (ACCENT, 0.62)
"""Colours at both ends and how strong they are: text in ink keeps a contrast of 4.5 on each."""
MIDDLE = "#f6f7f8"
"""White that still shows its cell on white paper."""
_LATIN = re.compile(r"[!-\u024f]+")


@dataclass(frozen=True)
class _Plan:
    """Sizes and wrapped names of a heat map that is not yet drawn, in points."""

    rows: list[str]
    columns: list[str]
    left: float
    column: float
    row: float
    head: float
    head_size: float


def heatmap(
    wide: pd.DataFrame,
    *,
    marked: Any = None,
    kind: Kind = "number",
    digits: int | None = None,
    center: float | None = None,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw one coloured cell per group and dimension, with its value.

    Parameters
    ----------
    wide : DataFrame, shape (groups, dimensions)
        Values; the index holds the display names of the rows, from the top, the columns those of the columns.
        A missing value makes a grey cell with an en dash.
    marked : array_like of bool, shape (groups, dimensions), optional
        Cells set bold and with a dot, because they differ beyond noise.
    kind : str
        Kind of the values, as in the vocabulary.
    digits : int, optional
        Digits after the point; those of the kind by default.
    center : float, optional
        The value that stays white; lower ones take the warning, higher ones the accent colour, both on one
        scale. By default 0 if a value is negative, else the median of the cells.
    lang : {"en", "zh"}
        Language.
    ax : Axes, optional
        Axes to draw in; a new figure, as high as its rows need, by default.

    Returns
    -------
    Axes
        The axes; a column and a row are one unit wide and high.

    Raises
    ------
    ReportError
        If a character of a text is in none of the fonts, or `marked` has another shape than `wide`.
    """
    values, scale = _values(wide), Scale(kind, digits, lang)
    strong = _strong(marked, values)
    with use_style(lang):
        ax, own = axes_in(ax)
        plan = _plan(ax, wide, own)
        if own:
            width = float(figure_of(ax).get_size_inches()[0])
            figure_of(ax).set_size_inches(width, (plan.head + plan.row * len(wide) + 4) / 72)
        box = box_of(ax)
        left, top = box.x0 + plan.left, box.y1 - plan.head
        put(ax, left, top - plan.row * len(wide), left + plan.column * wide.shape[1], top)
        _cells(ax, values, center)
        _names(ax, plan)
        _texts(ax, values, strong, scale, plan.column)
    return ax


def _values(wide: pd.DataFrame) -> NDArray[np.float64]:
    """Return the cells as floats, NaN where there is no finite value."""
    values = wide.astype("float64").to_numpy(dtype=float, na_value=np.nan, copy=True)
    values[~np.isfinite(values)] = np.nan
    return values


def _strong(marked: Any, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    if marked is None:
        return np.zeros(values.shape, dtype=bool)
    chosen = np.asarray(marked)
    if chosen.shape != values.shape:
        raise ReportError(
            f"marked cells have shape {chosen.shape}, the values {values.shape}. Give one flag per value."
        )
    return chosen.astype(bool) & np.isfinite(values)


def _plan(ax: Axes, wide: pd.DataFrame, own: bool) -> _Plan:
    """Measure the names: those of rows take what they need up to their part, the columns share the rest."""
    box = box_of(ax)
    names, columns = [str(name) for name in wide.index], [str(name) for name in wide.columns]
    require_glyphs("".join(names + columns), "a name in a heat map")
    count = max(wide.shape[1], 1)
    longest = max((size_of(ax, " ".join(name.split()), VALUE)[0] for name in names), default=0.0)
    # few columns leave room for long names, many do not
    room = min(longest + 1, max(box.width - count * BROAD, NAMES * box.width * min(1.0, 5 / count)))
    size, heads = _heads(ax, columns, (box.width - room - SIDE) / count)
    head = max((size_of(ax, name, size, STRONG)[1] for name in heads), default=0.0) + 10
    height = (BODY if own else box.height - head) / max(len(names), 1)
    lines = int(max(1, min(3, (height - 6) // (VALUE * LINE))))
    rows = [wrap(ax, name, room, size=VALUE, lines=lines) for name in names]
    sizes = [size_of(ax, name, VALUE) for name in rows]
    left = max((across for across, _ in sizes), default=0.0) * SLACK + SIDE
    row = max([ROW, *(tall + 6 for _, tall in sizes)]) if own else height
    return _Plan(rows, heads, left, min(BROAD, (box.width - left) / count), row, head, size)


def _heads(ax: Axes, names: Sequence[str], column: float) -> tuple[float, list[str]]:
    """Wrap the names of columns, in the largest size that cuts no word."""
    for size in HEADS:
        heads = [wrap(ax, name, min(column, BROAD) - 8, size=size, weight=STRONG, lines=5) for name in names]
        if all(_LATIN.findall(head) == _LATIN.findall(name) for head, name in zip(heads, names, strict=True)):
            break
    return size, heads


def _cells(ax: Axes, values: NDArray[np.float64], center: float | None) -> None:
    import seaborn

    if not values.size:
        return
    middle, half = _range(values, center)
    seaborn.heatmap(
        values, vmin=middle - half, vmax=middle + half, cmap=_colors(), cbar=False, linewidths=1.0,
        linecolor=PAPER, xticklabels=False, yticklabels=False, ax=ax,
    )  # fmt: skip


def _range(values: NDArray[np.float64], center: float | None) -> tuple[float, float]:
    """Return the white value and the distance at which the colours end."""
    drawn = values[np.isfinite(values)]
    if not drawn.size:
        return 0.0, 1.0
    middle = center if center is not None else 0.0 if drawn.min() < 0 else float(np.median(drawn))
    return middle, float(np.abs(drawn - middle).max()) or 1.0


def _colors() -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    white = np.array(to_rgb(PAPER))
    low, high = (white + part * (np.array(to_rgb(color)) - white) for color, part in TINTS)
    made = LinearSegmentedColormap.from_list("svcq", [tuple(low), to_rgb(MIDDLE), tuple(high)])
    return made.with_extremes(bad=RULE)


def _names(ax: Axes, plan: _Plan) -> None:
    for i, name in enumerate(plan.rows):
        # one line of text stands on the baseline of the numbers beside it, whatever letters it holds
        down, va = (0.0, "center") if "\n" in name else (-BASE, "baseline")
        write(ax, name, (0, i + 0.5), coords=("axes fraction", "data"), offset=(2 - SIDE, down), ha="right",
              va=va, clear=False)  # fmt: skip
    for j, name in enumerate(plan.columns):
        write(ax, name, (j + 0.5, 0), offset=(0, 9), size=plan.head_size, weight=STRONG, va="baseline",
              clear=False)  # fmt: skip


def _texts(
    ax: Axes, values: NDArray[np.float64], strong: NDArray[np.bool_], scale: Scale, column: float
) -> None:
    """Write the values; dots beside marked ones stand in line, and say the same without bold or colour."""
    texts = [[scale.text(float(value)) for value in row] for row in values]
    widest = max((size_of(ax, text, VALUE, STRONG)[0] for row in texts for text in row), default=0.0)
    for (i, j), mark in np.ndenumerate(strong):
        blank = not np.isfinite(values[i, j])
        write(ax, texts[i][j], (j + 0.5, i + 0.5), weight=STRONG if mark else "normal",
              color=GREY if blank else INK, clear=False)  # fmt: skip
    i, j = np.nonzero(strong)
    ax.scatter(j + 0.5 + (widest / 2 + 6) / column, i + 0.5, s=11, color=INK, linewidths=0, gid="marks")


def describe_heatmap(
    wide: pd.DataFrame, *, kind: Kind = "number", digits: int | None = None, lang: Lang = "en"
) -> str:
    """Return the alt text of `heatmap`.

    Parameters
    ----------
    wide, kind, digits, lang
        As in `heatmap`.

    Returns
    -------
    str
        What is plotted, the highest and the lowest cell with the names of its row and column, how many cells
        are blank.

    Examples
    --------
    >>> describe_heatmap(pd.DataFrame({"Speed": [-0.4, -1.2]}, index=["North", "South"]))
    'Heat map of 2 rows by 1 column (Speed). Highest −0.40: North, Speed; lowest −1.20: South, Speed.'
    """
    values, scale = _values(wide), Scale(kind, digits, lang)
    columns = join([str(name) for name in wide.columns], lang)
    comma = "，" if lang == "zh" else ", "
    down, across = wide.shape
    form = (
        f"热力图，{down} 行 {across} 列（{columns}）"
        if lang == "zh"
        else f"Heat map of {down} {'row' if down == 1 else 'rows'} by "
        f"{across} {'column' if across == 1 else 'columns'} ({columns})"
    )
    names = [f"{row}{comma}{name}" for row in wide.index for name in wide.columns]
    return alt.sentences([form, alt.extremes(names, values.ravel(), scale), _blank(values, lang)], lang)


def _blank(values: NDArray[np.float64], lang: Lang) -> str:
    cells = int(np.isnan(values).sum())
    if not cells:
        return ""
    if lang == "zh":
        return f"{cells} 个单元格样本不足，未显示"
    return f"{cells} {'cell is' if cells == 1 else 'cells are'} blank for too few answers"
