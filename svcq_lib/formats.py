"""Numbers, intervals and dates as text: the only place where a number becomes words.

Typography: a true minus (U+2212), thousands separators, a thin space (U+2009) before the per cent sign, and
an en dash with "n/a" for what cannot be said. Results keep raw floats; formatting happens at the edge.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Literal

Lang = Literal["en", "zh"]
MINUS = "\u2212"
THIN = "\u2009"
MISSING = "–"

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~$!])")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZH_QUARTER = "一二三四"


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def number(value: float | None, digits: int = 2) -> str:
    """Return a number with fixed digits and a true minus.

    Parameters
    ----------
    value : float or None
        The number; None and NaN give an en dash.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        The number as text; a value that rounds to zero carries no sign.

    Examples
    --------
    >>> number(-1.824)
    '−1.82'
    >>> number(12000, 0)
    '12,000'
    """
    if _missing(value):
        return MISSING
    text = f"{float(value):,.{digits}f}"  # type: ignore[arg-type]
    if text.startswith("-"):
        text = text[1:] if float(text.replace(",", "")) == 0 else MINUS + text[1:]
    return text


def signed(value: float | None, digits: int = 2) -> str:
    """Return a number that always shows its sign.

    Parameters
    ----------
    value : float or None
        The number.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        For example ``+0.11`` or ``−1.82``.
    """
    text = number(value, digits)
    if text == MISSING or text.startswith(MINUS) or float(text.replace(",", "")) == 0:
        return text
    return "+" + text


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share (0 to 1) as per cent.

    Parameters
    ----------
    share : float or None
        The share.
    digits : int
        Digits after the point.

    Returns
    -------
    str
        For example ``34 %`` with a thin space.
    """
    return MISSING if _missing(share) else number(100 * float(share), digits) + THIN + "%"  # type: ignore[arg-type]


def count(value: float | None) -> str:
    """Return a whole number with thousands separators.

    Parameters
    ----------
    value : float or None
        The count.

    Returns
    -------
    str
        For example ``12,000``.
    """
    return number(value, 0)


def interval(
    low: float | None, high: float | None, digits: int = 2, *, scale: float = 1.0, unit: str = ""
) -> str:
    """Return an interval in square brackets.

    Parameters
    ----------
    low, high : float or None
        The limits.
    digits : int
        Digits after the point.
    scale : float
        Factor applied to both limits, 100 for shares.
    unit : str
        Text after the upper limit.

    Returns
    -------
    str
        For example ``[−1.88, −1.76]``; an empty text if a limit is missing.
    """
    if _missing(low) or _missing(high):
        return ""
    return f"[{number(float(low) * scale, digits)}, {number(float(high) * scale, digits)}{unit}]"  # type: ignore[arg-type]


def p_value(p: float | None) -> str:
    """Return a p-value to three digits.

    Parameters
    ----------
    p : float or None
        The p-value.

    Returns
    -------
    str
        ``<0.001`` when smaller.
    """
    if _missing(p):
        return MISSING
    return "<0.001" if float(p) < 0.001 else f"{float(p):.3f}"  # type: ignore[arg-type]


def date(value: dt.date | None, lang: Lang = "en") -> str:
    """Return a date.

    Parameters
    ----------
    value : date or None
        The date.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        ``2026-07-01`` in English, ``2026年7月1日`` in Chinese.
    """
    if value is None:
        return MISSING
    return f"{value.year}年{value.month}月{value.day}日" if lang == "zh" else value.strftime("%Y-%m-%d")


def period(value: str | None, lang: Lang = "en") -> str:
    """Return a period's name.

    Parameters
    ----------
    value : str or None
        ``2026``, ``2026-Q3``, ``2026-07`` or two of them joined by ``..``.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        For example ``2026 Q3`` or ``2026年第三季度``; anything else is returned as it is.
    """
    if not value:
        return ""
    if ".." in value:
        first, last = value.split("..", 1)
        return f"{period(first, lang)}{'至' if lang == 'zh' else ' to '}{period(last, lang)}"
    if match := re.fullmatch(r"(\d{4})-Q([1-4])", value):
        year, quarter = match[1], int(match[2])
        return f"{year}年第{_ZH_QUARTER[quarter - 1]}季度" if lang == "zh" else f"{year} Q{quarter}"
    if match := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", value):
        return (
            f"{match[1]}年{int(match[2])}月" if lang == "zh" else f"{_MONTHS[int(match[2]) - 1]} {match[1]}"
        )
    if re.fullmatch(r"\d{4}", value):
        return f"{value}年" if lang == "zh" else value
    return value


def escape_markdown(text: str) -> str:
    """Return data text so that Markdown shows it as it is.

    Parameters
    ----------
    text : str
        Text that came from data or from a study file.

    Returns
    -------
    str
        The text on one line with Markdown's special characters escaped.
    """
    return _MARKDOWN.sub(r"\\\1", re.sub(r"[ \t\r\n\f\v]+", " ", text).strip())


def join(parts: list[str], lang: Lang = "en") -> str:
    """Return a list in words.

    Parameters
    ----------
    parts : list of str
        The parts.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        ``a, b and c`` or ``a、b和c``.
    """
    if len(parts) < 2:
        return "".join(parts)
    comma, last = ("、", "和") if lang == "zh" else (", ", " and ")
    return comma.join(parts[:-1]) + last + parts[-1]
