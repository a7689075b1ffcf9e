"""Sentences of alt texts that the forms share: facts from the data, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svcq_lib.figures.marks import Scale
from svcq_lib.formats import THIN, Lang


def intervals_named(
    lows: NDArray[np.float64], highs: NDArray[np.float64], ci_level: float, lang: Lang
) -> str:
    """Return the words for drawn intervals.

    Parameters
    ----------
    lows, highs : ndarray
        Limits.
    ci_level : float
        Confidence level.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        For example `` with 95 % intervals``; empty when no row has both limits.
    """
    if not (np.isfinite(lows) & np.isfinite(highs)).any():
        return ""
    level = f"{100 * ci_level:g}{THIN}%"
    return f"（含 {level} 置信区间）" if lang == "zh" else f" with {level} intervals"


def extremes(names: Sequence[str], values: NDArray[np.float64], scale: Scale) -> str:
    """Return which row is highest and which is lowest.

    Parameters
    ----------
    names : sequence of str
        Names of the rows.
    values : ndarray, shape (rows,)
        Their values.
    scale : Scale
        How values are written, and the language.

    Returns
    -------
    str
        The words; empty when no row has a value.
    """
    if not np.isfinite(values).any():
        return ""
    top, end = int(np.nanargmax(values)), int(np.nanargmin(values))
    high, low = scale.text(float(values[top])), scale.text(float(values[end]))
    if scale.lang == "zh":
        return f"最高 {high}：{names[top]}；最低 {low}：{names[end]}"
    return f"Highest {high}: {names[top]}; lowest {low}: {names[end]}"


def line_named(reference: tuple[float, str] | None, scale: Scale) -> str:
    """Return the words for a reference line.

    Parameters
    ----------
    reference : tuple of (float, str) or None
        The line.
    scale : Scale
        How values are written, and the language.

    Returns
    -------
    str
        The words; empty without a line.
    """
    if reference is None:
        return ""
    at, name = scale.text(reference[0]), reference[1]
    return f"参考线：{name}（{at}）" if scale.lang == "zh" else f"Reference line: {name} ({at})"


def blank(values: NDArray[np.float64], lang: Lang) -> str:
    """Return how many rows carry no value.

    Parameters
    ----------
    values : ndarray
        Values of the rows.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        The words; empty when every row has a value.
    """
    rows = int((~np.isfinite(values)).sum())
    if not rows:
        return ""
    if lang == "zh":
        return f"{rows} 行样本不足，未显示"
    return f"{rows} {'row is' if rows == 1 else 'rows are'} blank for too few answers"


def sentences(parts: Sequence[str], lang: Lang) -> str:
    """Return the parts that say something, as sentences.

    Parameters
    ----------
    parts : sequence of str
        Sentences without full stop; empty ones are left out.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        The text.
    """
    said = [part for part in parts if part]
    return "。".join(said) + "。" if lang == "zh" else ". ".join(said) + "."
