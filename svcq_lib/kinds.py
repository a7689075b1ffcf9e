"""How a value of a kind is written: the same number reads the same in a table, a figure and a sentence."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from svcq_lib import formats
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import Kind, word

DIGITS: Mapping[str, int] = MappingProxyType(
    {"count": 0, "number": 2, "score": 1, "share": 0, "points": 0, "signed": 2, "percentage_points": 1}
)
"""Digits after the point by kind; a share counts them in per cent."""
PP: Mapping[Lang, str] = MappingProxyType({"en": f"{formats.THIN}pp", "zh": " 个百分点"})
"""What follows a difference of two shares, in percentage points."""


def shown(value: Any, kind: Kind = "number", lang: Lang = "en", *, digits: int | None = None) -> str:
    r"""Return one value as text, by its kind.

    Parameters
    ----------
    value : Any
        The raw value.
    kind : str
        How to write it, one of `Kind`.
    lang : {"en", "zh"}
        Language.
    digits : int, optional
        Digits after the point; those of `DIGITS` by default.

    Returns
    -------
    str
        Plain text; an en dash where there is no value.

    Examples
    --------
    >>> shown(0.338, "share"), shown(-1.824, "signed"), shown(11902, "count")
    ('34\u2009%', '−1.82', '11,902')
    """
    if is_missing(value):
        return formats.MISSING
    if kind in ("text", "bool"):
        return word(str(bool(value)).lower(), lang) if kind == "bool" else str(value)
    if kind == "p_value":
        return formats.p_value(float(value))
    if kind == "date":
        return formats.date(value, lang) if isinstance(value, dt.date) else str(value)
    if kind == "period":
        return formats.period(str(value), lang)
    places = DIGITS.get(kind, 2) if digits is None else digits
    if kind == "share":
        return formats.percent(float(value), places)
    if kind == "percentage_points":
        return formats.signed(100 * float(value), places) + PP[lang]
    return (formats.signed if kind == "signed" else formats.number)(float(value), places)


def shown_interval(low: Any, high: Any, kind: Kind = "number", *, digits: int | None = None) -> str:
    r"""Return an interval as text, by the kind of its limits.

    Parameters
    ----------
    low, high : float
        The limits.
    kind : str
        Kind of the estimate that the interval belongs to.
    digits : int, optional
        Digits after the point; those of `DIGITS` by default.

    Returns
    -------
    str
        For example ``[−1.88, −1.76]`` or ``[31, 37 %]``; an en dash where a limit is missing.

    Examples
    --------
    >>> shown_interval(-1.88, -1.76), shown_interval(0.31, 0.37, "share")
    ('[−1.88, −1.76]', '[31, 37\u2009%]')
    """
    if is_missing(low) or is_missing(high):
        return formats.MISSING
    places = DIGITS.get(kind, 2) if digits is None else digits
    if kind == "share":
        return formats.interval(float(low), float(high), places, scale=100, unit=f"{formats.THIN}%")
    if kind == "percentage_points":
        return formats.interval(float(low), float(high), places, scale=100)
    return formats.interval(float(low), float(high), places)


def shown_difference(
    value: Any, kind: Kind = "number", lang: Lang = "en", *, digits: int | None = None
) -> str:
    r"""Return the difference of two values of a kind as text.

    Parameters
    ----------
    value : float
        The difference.
    kind : str
        Kind of the two values.
    lang : {"en", "zh"}
        Language.
    digits : int, optional
        Digits after the point; those of `DIGITS` by default.

    Returns
    -------
    str
        With its sign; that of shares in percentage points.

    Examples
    --------
    >>> shown_difference(-0.0312, "share"), shown_difference(2.5, "score")
    ('−3.1\u2009pp', '+2.5')
    """
    if kind in ("share", "percentage_points"):
        return shown(value, "percentage_points", lang, digits=digits)
    return shown(value, "signed", lang, digits=DIGITS.get(kind, 2) if digits is None else digits)


def is_missing(value: Any) -> bool:
    """Say whether there is no value to write.

    Parameters
    ----------
    value : Any
        The raw value.

    Returns
    -------
    bool
        True for None, pandas' missing values, NaN and infinities.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing("nan")
    (True, False)
    """
    # by name, because pandas.NA refuses to be compared and importing pandas only for that is not worth it
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    try:
        return not math.isfinite(value)
    except TypeError:
        return False
