"""Parts that add up to a total: bars that begin where the one above ends, one panel per thing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from svcq_lib.figures import alt
from svcq_lib.figures.diverging import panel_rows
from svcq_lib.figures.layout import STRONG, VALUE, size_of, write
from svcq_lib.figures.marks import Scale, column, scale_x
from svcq_lib.figures.style import ACCENT, GREY, INK, PAPER, RULE, WARNING, use_style
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import Kind

BAR = 13.0
"""Height of a bar in points."""
UNSURE = "#aab4bc"
"""Grey of a part that cannot be told from zero."""


def waterfall(
    table: pd.DataFrame,
    *,
    facet: str = "facet",
    step: str = "label",
    value: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    role: str = "role",
    sure: str = "sure",
    kind: Kind = "signed",
    digits: int | None = None,
    lang: Lang = "en",
) -> NDArray[np.object_]:
    """Draw how parts add up to a total, in small multiples on one scale.

    Parameters
    ----------
    table : DataFrame
        One row per panel and step, in the order of drawing.
    facet, step : str
        Columns of the display names of panels and steps.
    value, low, high : str
        Columns of a step's size and of its limits; intervals are left out where absent.
    role : str
        Column with ``"part"`` (begins where the parts before it end), ``"total"`` (begins at zero) or ``"aside"``
        (begins at zero, outlined: no part of the sum).
    sure : str
        Column that tells which steps differ from zero; the others are grey.
    kind : str
        Kind of the values, as in the vocabulary.
    digits : int, optional
        Digits after the point; those of the kind by default.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    ndarray of Axes, shape (panels,)
        The panels of one new figure.

    Raises
    ------
    ReportError
        If a character of a text is in none of the fonts.
    """
    names, steps = list(table[facet].unique()), list(table[step].unique())
    scale, parts = Scale(kind, digits, lang), {name: table[table[facet] == name] for name in names}
    starts = {name: _starts(part, value, role) for name, part in parts.items()}
    held = [
        starts[name] + column(part, one) for name, part in parts.items() for one in (value, low, high)
    ] + [np.zeros(1)]
    with use_style(lang):
        axes, y = panel_rows([str(name) for name in names], [str(one) for one in steps])
        for ax, name in zip(axes, names, strict=True):
            part = parts[name].assign(_start=starts[name]).set_index(step).reindex(steps)
            texts = [scale.text(float(v)) for v in column(part, value) if np.isfinite(v)]
            pad = max((size_of(ax, text, VALUE, STRONG)[0] for text in texts), default=0.0) + 12
            scale_x(ax, held, scale, pads=(pad, pad if max(map(np.nanmax, held)) > 0 else 12.0))
            ax.axvline(0, color=INK, linewidth=1.2, zorder=3)
            _steps(ax, y, part, (value, low, high), role, sure, scale)
    return np.array(axes, dtype=object)


def _starts(part: pd.DataFrame, value: str, role: str) -> NDArray[np.float64]:
    """Return where each bar begins: parts at the sum of those before them, the others at zero."""
    adds = (part[role] == "part").to_numpy()
    sizes = np.where(adds, np.nan_to_num(column(part, value)), 0.0)
    return np.where(adds, np.cumsum(sizes) - sizes, 0.0)


def _steps(
    ax: Axes,
    y: NDArray[np.float64],
    part: pd.DataFrame,
    columns: tuple[str, str, str],
    role: str,
    sure: str,
    scale: Scale,
) -> None:
    """Draw the bars of a panel, their intervals, the lines that join them and their values."""
    size, lows, highs = (column(part, one) for one in columns)
    start, roles = part["_start"].to_numpy(dtype=float), part[role].to_list()
    certain = part[sure].eq(True).to_numpy(dtype=bool)
    joined: tuple[float, float] | None = None
    for i in np.flatnonzero(np.isfinite(size)):
        end, color = start[i] + size[i], _color(roles[i], float(size[i]), bool(certain[i]))
        hollow = roles[i] == "aside"
        ax.barh(y[i], size[i], left=start[i], height=BAR, color=PAPER if hollow else color, edgecolor=color,
                linewidth=1.4 if hollow else 0.0, zorder=2)  # fmt: skip
        if joined is not None and roles[i] != "aside":
            ax.vlines(joined[0], joined[1], y[i], colors=RULE, linewidth=1.2, zorder=1.5)
        joined = (end, float(y[i])) if roles[i] == "part" else None
        reach = [start[i], end]
        if np.isfinite(lows[i]) and np.isfinite(highs[i]):
            ax.hlines(y[i], start[i] + lows[i], start[i] + highs[i], colors=INK, linewidth=1.4, zorder=4)
            reach += [start[i] + lows[i], start[i] + highs[i]]
        left = size[i] < 0
        at, shift, side = (min(reach), -6, "right") if left else (max(reach), 6, "left")
        weight = STRONG if roles[i] == "total" or certain[i] else "normal"
        write(ax, scale.text(float(size[i])), (at, float(y[i])), offset=(shift, 0), ha=side, weight=weight,
              color=INK if certain[i] else GREY)  # fmt: skip


def _color(role: str, size: float, certain: bool) -> str:
    if role == "total":
        return INK
    if not certain:
        return UNSURE
    return WARNING if size < 0 else ACCENT


def describe_waterfall(
    table: pd.DataFrame,
    *,
    facet: str = "facet",
    step: str = "label",
    value: str = "estimate",
    role: str = "role",
    kind: Kind = "signed",
    digits: int | None = None,
    lang: Lang = "en",
) -> str:
    """Return the alt text of `waterfall`.

    Parameters
    ----------
    table, facet, step, value, role, kind, digits, lang
        As in `waterfall`.

    Returns
    -------
    str
        What is plotted, and the total and the largest part of every panel.

    Examples
    --------
    >>> parts = pd.DataFrame({"facet": "Speed", "label": ["Set", "Done", "Gap"], "estimate": [-0.2, -0.5, -0.7],
    ...                       "role": ["part", "part", "total"]})
    >>> describe_waterfall(parts)
    'Waterfall chart in 1 panel. Speed: total −0.70, largest part −0.50 (Done).'
    """
    scale, zh, panels = Scale(kind, digits, lang), lang == "zh", table[facet].nunique()
    form = (
        f"瀑布图，{panels} 个分图"
        if zh
        else f"Waterfall chart in {panels} {'panel' if panels == 1 else 'panels'}"
    )
    said = [form]
    for name, rows in table.groupby(facet, sort=False):
        total = rows.loc[rows[role] == "total", value].sum()
        parts = rows[(rows[role] == "part") & rows[value].notna()]
        if parts.empty:
            continue
        largest = parts.loc[(parts[value] * np.sign(total)).idxmax()]
        sizes = scale.text(float(total)), scale.text(float(largest[value]))
        said.append(
            f"{name}：合计 {sizes[0]}，最大部分 {sizes[1]}（{largest[step]}）"
            if zh
            else f"{name}: total {sizes[0]}, largest part {sizes[1]} ({largest[step]})"
        )
    return alt.sentences(said, lang)
