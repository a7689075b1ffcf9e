"""How far a result moves when one input at a time goes from its low to its high value."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from numpy.typing import NDArray

from svcq_lib.figures import alt
from svcq_lib.figures.layout import VALUE, box_of, figure_of, size_of, write
from svcq_lib.figures.marks import KEY_BAND, NAME_BAND, Scale, column, key, reference_line, rows_in, scale_x
from svcq_lib.figures.style import ACCENT, GREY, use_style
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import Kind, word

ROW = 26.0
"""Least height of a row in points."""
THICK = 14.0
"""Height of a bar in points."""


def tornado(
    table: pd.DataFrame,
    *,
    baseline: tuple[float, str],
    low: str = "npv_low",
    high: str = "npv_high",
    label: str = "label",
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw one bar per input, from the result at its low value to that at its high value, widest first.

    Parameters
    ----------
    table : DataFrame
        One row per input, in the order of drawing.
    baseline : tuple of (float, str)
        The result with every input at its likely value, and its name.
    low, high : str
        Columns of the results at the low and at the high value of the input.
    label : str
        Column of the display names.
    kind : str
        Kind of the results, as in the vocabulary.
    digits : int, optional
        Digits after the point; those of the kind by default.
    lang : {"en", "zh"}
        Language.
    ax : Axes, optional
        Axes to draw in; a new figure, as high as its rows need, by default.

    Returns
    -------
    Axes
        The axes: grey towards the low value of the input, in the accent towards the high one.

    Raises
    ------
    ReportError
        If a character of a text is in none of the fonts.
    """
    scale, names = Scale(kind, digits, lang), [str(name) for name in table[label]]
    ends = column(table, low), column(table, high)
    with use_style(lang):
        ax, y = rows_in(ax, names, row=ROW, top=8 + NAME_BAND + KEY_BAND)
        widest = max((size_of(ax, scale.text(float(v)), VALUE)[0] for one in ends for v in one), default=0.0)
        scale_x(ax, [*ends, baseline[0]], scale, pads=(widest + 20, widest + 20))
        for values, color, name in zip(ends, (GREY, ACCENT), ("low", "high"), strict=True):
            ax.barh(y, values - baseline[0], left=baseline[0], height=THICK, color=color, zorder=3, gid=name)
        reference_line(ax, *baseline)
        _ends(ax, y, np.array(ends), baseline[0], scale)
        top = figure_of(ax).get_size_inches()[1] * 72
        marks = [
            (Patch(color=color), word(name, lang)) for color, name in ((GREY, "at_low"), (ACCENT, "at_high"))
        ]
        key(ax, marks, box_of(ax).x0, top - 2)
    return ax


def _ends(ax: Axes, y: NDArray[np.float64], ends: NDArray[np.float64], baseline: float, scale: Scale) -> None:
    for at, (first, second) in zip(y, ends.T, strict=True):
        for value in dict.fromkeys((float(first), float(second))):
            if value != baseline:
                right = value > baseline
                write(ax, scale.text(value), (value, float(at)), offset=(7 if right else -7, 0),
                      ha="left" if right else "right", color=GREY)  # fmt: skip


def describe_tornado(
    table: pd.DataFrame,
    *,
    baseline: tuple[float, str],
    low: str = "npv_low",
    high: str = "npv_high",
    label: str = "label",
    kind: Kind = "number",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `tornado`.

    Parameters
    ----------
    table, baseline, low, high, label, kind, digits, lang
        As in `tornado`.

    Returns
    -------
    str
        How many inputs, the baseline, and the input that moves the result most.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["Price"], "npv_low": [-1.0], "npv_high": [2.0]})
    >>> describe_tornado(rows, baseline=(0.5, "Likely"))
    'Tornado of 1 inputs. Likely: 0.50. Widest: Price, −1.00 to 2.00.'
    """
    scale = Scale(kind, digits, lang)
    value, name = baseline
    swing = np.abs(column(table, high) - column(table, low))
    at = int(np.nanargmax(swing))
    first, second = (scale.text(float(column(table, one)[at])) for one in (low, high))
    widest = str(table[label].iloc[at])
    if lang == "zh":
        said = [
            f"龙卷风图，共 {len(table)} 个输入",
            f"{name}：{scale.text(value)}",
            f"影响最大：{widest}，{first} 至 {second}",
        ]
    else:
        said = [f"Tornado of {len(table)} inputs", f"{name}: {scale.text(value)}",
                f"Widest: {widest}, {first} to {second}"]  # fmt: skip
    return alt.sentences(said, lang)
