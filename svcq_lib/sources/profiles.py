"""What a column looks like: counts, levels, the scale its whole numbers suggest and the codes beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from svcq_lib.sources.values import moment, number, text

MAX_LEVELS = 50
DATE_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y年%m月%d日",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S %z", "%d-%b-%Y",
    "%d %b %Y", "%b %d, %Y", "%Y%m%d",
)  # fmt: skip
_NO_ANSWER = re.compile(
    r"(?i)blank|\?+|n[./]?a\.?|null|none|missing|-+|\.+|dk|don'?t know|refused|no answer|nan"
    r"|未答|缺失|无|不适用"
)


@dataclass(frozen=True)
class Profile:
    """One column of a table.

    Attributes
    ----------
    header : str
        Its header.
    rows, given, distinct : int
        Rows, rows that are not empty, distinct texts.
    levels : Mapping of str to int
        Rows by text, if there are at most 50.
    low, high, mean : float or None
        Of the values that are numbers.
    whole : bool
        Whether all numbers are whole.
    words : int
        Rows whose text is no number.
    date_format : str or None
        A format that every value follows, and another if the values cannot tell them apart.
    """

    header: str
    rows: int
    given: int
    distinct: int
    levels: Mapping[str, int]
    low: float | None
    high: float | None
    mean: float | None
    whole: bool
    words: int
    date_format: str | None
    date_rival: str | None = None

    @property
    def complete(self) -> bool:
        """Whether no row is empty."""
        return self.given == self.rows

    @property
    def numbers(self) -> tuple[int, ...]:
        """The levels that are whole numbers, in order."""
        return tuple(
            sorted({int(float(one)) for one in self.levels if re.fullmatch(r"[+-]?\d+(\.0+)?", one)})
        )

    @property
    def word_levels(self) -> tuple[str, ...]:
        """The levels that are no numbers."""
        return tuple(one for one in self.levels if not re.fullmatch(r"[+-]?\d+(\.\d+)?", one))


@dataclass(frozen=True)
class Rating:
    """The scale that a column's answers suggest and the codes that lie outside it."""

    low: int
    high: int
    codes: tuple[str, ...]


def profile(column: pl.Series) -> Profile:
    """Describe a column.

    Parameters
    ----------
    column : Series
        Raw values.

    Returns
    -------
    Profile
        Its description.
    """
    raw, dtype = pl.col(column.name), column.dtype
    frame = column.to_frame().select(text=text(raw, dtype), number=number(raw, dtype))
    words, numbers = frame["text"].drop_nulls(), frame["number"].drop_nulls()
    distinct = words.n_unique()
    levels = dict(words.value_counts(sort=True).iter_rows()) if distinct <= MAX_LEVELS else {}
    formats = _date_formats(column, words)
    low, high, mean = (numbers.min(), numbers.max(), numbers.mean()) if len(numbers) else (None, None, None)
    return Profile(
        column.name, len(column), len(words), distinct, levels, low, high, mean,  # type: ignore[arg-type]
        bool((numbers == numbers.round(0)).all()), len(words) - len(numbers), *formats,
    )  # fmt: skip


def _date_formats(column: pl.Series, words: pl.Series) -> tuple[str | None, str | None]:
    if column.dtype.is_temporal() and column.dtype != pl.Time:
        return "", None
    if column.dtype != pl.String or not len(words):
        return None, None
    some = words.head(50)
    fits = [one for one in DATE_FORMATS if all_parse(some, one) and all_parse(words, one)]
    if fits == ["%Y%m%d"] and not words.str.contains(r"^(19|20)\d{6}$").all():
        fits = []
    return (fits[0] if fits else None, fits[1] if len(fits) > 1 else None)


def all_parse(words: pl.Series, one: str) -> bool:
    """Return whether every text is a date by a format.

    Parameters
    ----------
    words : Series
        Text without nulls.
    one : str
        The format.

    Returns
    -------
    bool
        False also for dates before 1950: times of day are often stored as a moment of some calendar's day 0.
    """
    moments = pl.select(moment(pl.lit(words), [one])).to_series()
    return moments.null_count() == 0 and bool((moments.dt.year() >= 1950).all())


def rating(column: Profile) -> Rating | None:
    """Return the rating scale that a column suggests.

    Parameters
    ----------
    column : Profile
        A column.

    Returns
    -------
    Rating or None
        Whole numbers in 0–10 give the scale; negative numbers and those above 10 are codes. 0 belongs to the
        scale only if 10 does; 6 beside 0 is a code of a scale to 5. Words are codes if they say "no answer".
        None if other words occur, or fewer than three levels, or most answers are codes.
    """
    if not all(_NO_ANSWER.fullmatch(word) for word in column.word_levels) or len(column.numbers) > 20:
        return None
    inside = [one for one in column.numbers if 0 <= one <= 10]
    if not inside or len(inside) < 3 or not column.whole:
        return None
    low, high = (0, 10) if {0, 10} <= set(inside) else (1, max(inside))
    if high == 6 and 0 in inside:
        high = 5
    answered = sum(n for one, n in column.levels.items() if _on(one, low, high))
    if high < 4 or answered * 4 < column.given:
        return None
    return Rating(low, high, codes_outside(column.levels, low, high))


def codes_outside(levels: Iterable[str], low: int, high: int) -> tuple[str, ...]:
    """Return the levels outside a scale.

    Parameters
    ----------
    levels : iterable of str
        Answers as text.
    low, high : int
        The scale.

    Returns
    -------
    tuple of str
        Sorted, each once, ``98.0`` as ``98``.
    """
    return tuple(sorted({re.sub(r"\.0+$", "", one) for one in levels if not _on(one, low, high)}))


def _on(level: str, low: int, high: int) -> bool:
    try:
        return low <= float(level) <= high
    except ValueError:
        return False
