"""Axes laid out in points; text measured, wrapped and written.

Margins are measured, not guessed: every form knows how wide its labels are before it places them, so that
nothing is clipped in either language and no drawing needs a second, "tight" pass.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from svcq_lib.figures.style import GREY, INK, PAPER, require_glyphs

if TYPE_CHECKING:
    from matplotlib.text import Annotation

WIDTH = 9.3
"""Width of a new figure in inches: the text width of a page."""
LABEL, VALUE, SMALL = 12.0, 11.0, 10.5
"""Sizes of text in points: names, values, and axes with keys."""
STRONG = 600
"""Weight of what is emphasised."""
LINE = 1.3
"""Line height in units of the text size."""


def axes_in(ax: Axes | None, *, width: float = WIDTH, height: float = 3.0) -> tuple[Axes, bool]:
    """Return axes to draw in.

    Parameters
    ----------
    ax : Axes or None
        Given axes, or None for a new figure.
    width, height : float
        Size of a new figure in inches.

    Returns
    -------
    ax : Axes
        The axes, without spines and tick marks.
    own : bool
        True if the figure is new and may be resized.
    """
    own = ax is None
    if ax is None:
        ax = new_figure(width, height).add_axes((0.0, 0.0, 1.0, 1.0))
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, labelsize=SMALL, labelcolor=GREY, pad=6)
    ax.set_axisbelow(True)
    ax.grid(False)
    return ax, own


def new_figure(width: float = WIDTH, height: float = 3.0) -> Figure:
    """Return a figure that no window or notebook holds on to.

    Parameters
    ----------
    width, height : float
        Size in inches.

    Returns
    -------
    Figure
        The figure.
    """
    figure = Figure(figsize=(width, height), facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def figure_of(ax: Axes | Figure) -> Figure:
    """Return the figure that holds the axes, also if they sit in a subfigure.

    Parameters
    ----------
    ax : Axes or Figure
        The axes, or the figure itself.

    Returns
    -------
    Figure
        The root figure.
    """
    figure = ax if isinstance(ax, Figure) else ax.get_figure(root=True)
    assert figure is not None  # axes always belong to a figure
    return figure


def box_of(ax: Axes) -> Bbox:
    """Return the place of the axes in points from the lower left corner of the figure.

    Parameters
    ----------
    ax : Axes
        The axes.

    Returns
    -------
    Bbox
        The place, in points.
    """
    points = figure_of(ax).get_size_inches() * 72
    x0, y0, x1, y1 = ax.get_position(original=True).extents
    return Bbox.from_extents(x0 * points[0], y0 * points[1], x1 * points[0], y1 * points[1])


def put(ax: Axes, left: float, bottom: float, right: float, top: float) -> None:
    """Place the axes, in points from the lower left corner of the figure.

    Parameters
    ----------
    ax : Axes
        The axes.
    left, bottom, right, top : float
        The edges in points.
    """
    points = figure_of(ax).get_size_inches() * 72
    size = max(right - left, 10.0) / points[0], max(top - bottom, 10.0) / points[1]
    ax.set_position((left / points[0], bottom / points[1], *size))


def size_of(
    ax: Axes | Figure, text: str, size: float = LABEL, weight: int | str = "normal"
) -> tuple[float, float]:
    """Return width and height of a text in points, in the present fonts.

    Parameters
    ----------
    ax : Axes or Figure
        Where to measure.
    text : str
        The text, on one or more lines.
    size : float
        Text size in points.
    weight : int or str
        Text weight.

    Returns
    -------
    tuple of float
        Width and height in points.
    """
    # the same few texts are measured again and again while a figure is laid out
    return _measured(text, size, weight, tuple(rcParams["font.family"]), figure_of(ax).dpi)


@lru_cache(maxsize=4096)
def _measured(
    text: str, size: float, weight: int | str, family: tuple[str, ...], dpi: float
) -> tuple[float, float]:
    probe = _ground(dpi).text(
        0, 0, text, size=size, weight=weight, family=list(family), linespacing=LINE, parse_math=False
    )
    extent = probe.get_window_extent()
    probe.remove()
    return extent.width * 72 / dpi, extent.height * 72 / dpi


@lru_cache(maxsize=4)
def _ground(dpi: float) -> Figure:
    """Return a figure to measure on; its canvas keeps the renderer, which takes longer to make than a text."""
    return FigureCanvasAgg(Figure(dpi=dpi)).figure


def _pieces(text: str) -> list[str]:
    """Split a text where a line may end: after spaces, and around wide (Chinese) characters."""
    pieces = [""]
    for character in " ".join(text.split()):
        wide = unicodedata.east_asian_width(character) in "WF"
        closing = wide and unicodedata.category(character) in ("Po", "Pe", "Pf")
        if wide and not closing and pieces[-1]:
            pieces.append("")
        pieces[-1] += character
        if character == " " or wide:
            pieces.append("")
    joined: list[str] = []
    for piece in filter(None, pieces):
        if joined and unicodedata.category(piece[0]) in ("Po", "Pe", "Pf"):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def wrap(
    ax: Axes | Figure,
    text: str,
    width: float,
    *,
    size: float = LABEL,
    weight: int | str = "normal",
    lines: int = 12,
) -> str:
    """Break a text into lines no wider than a width.

    Parameters
    ----------
    ax : Axes or Figure
        Where to measure.
    text : str
        The text.
    width : float
        Greatest width in points.
    size : float
        Text size in points.
    weight : int or str
        Text weight.
    lines : int
        Most lines; what does not fit ends in an ellipsis.

    Returns
    -------
    str
        The text with line breaks. Words longer than a line are cut.
    """
    require_glyphs(text, "a figure's text")

    def fits(line: str) -> bool:
        return size_of(ax, line.rstrip(), size, weight)[0] <= width

    done = [""]
    for piece in _pieces(text):
        if fits(done[-1] + piece):
            done[-1] += piece
            continue
        rest = piece
        if done[-1]:
            done.append("")
        while not fits(rest) and len(rest) > 1:
            cut = next(k for k in range(len(rest) - 1, 0, -1) if k == 1 or fits(rest[:k]))
            done[-1] = rest[:cut]
            done.append("")
            rest = rest[cut:]
        done[-1] += rest
    kept = [line.strip() for line in done]
    if len(kept) > lines:
        last = kept[lines - 1] + "…"
        while not fits(last) and len(last) > 1:
            last = last[:-2] + "…"
        kept = [*kept[: lines - 1], last]
    return "\n".join(kept)


def write(
    ax: Axes,
    text: str,
    xy: tuple[float, float],
    *,
    offset: tuple[float, float] = (0.0, 0.0),
    coords: Any = "data",
    size: float = VALUE,
    color: str = "",
    weight: int | str = "normal",
    ha: str = "center",
    va: str = "center",
    clear: bool = True,
) -> Annotation:
    """Write a text beside a place, never clipped, on a clear ground.

    Parameters
    ----------
    ax : Axes
        The axes.
    text : str
        Plain text; its characters are checked against the fonts.
    xy : tuple of float
        The place, in `coords`.
    offset : tuple of float
        Distance from the place in points.
    coords : str or tuple or Transform
        What `xy` is measured in, as in `Axes.annotate`.
    size, color, weight, ha, va
        Look of the text; ink by default.
    clear : bool
        Whether lines behind the text are covered.

    Returns
    -------
    Annotation
        The text.

    Raises
    ------
    ReportError
        If a character is in none of the fonts.
    """
    require_glyphs(text, "a figure's text")
    ground = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0} if clear else None
    return ax.annotate(
        text, xy, offset, xycoords=coords, textcoords="offset points", size=size, weight=weight, ha=ha, va=va,
        color=color or INK, linespacing=LINE, annotation_clip=False, bbox=ground, parse_math=False,
    )  # fmt: skip
