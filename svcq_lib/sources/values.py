"""How a raw value is read: the one place where text becomes a number, a level, a date or a period.

Every rule takes a raw column and its type and returns an expression that never fails: what cannot be read is
null.
The data contract counts with the same rules what they could not read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence

import polars as pl

from svcq_lib.periods import Grain
from svcq_lib.study import Column

_TEXT = pl.String()
_REMEMBERED = 20_000


def text(expr: pl.Expr, dtype: pl.DataType = _TEXT) -> pl.Expr:
    """Return values as trimmed text.

    Parameters
    ----------
    expr : Expr
        A raw column.
    dtype : DataType
        Its type.

    Returns
    -------
    Expr
        Text without blanks around it; null where nothing is left. Whole floats read ``1``, not ``1.0``.
    """
    if dtype.is_float() or dtype.is_decimal():
        value = expr.cast(pl.Float64)
        value = pl.when(value.is_finite()).then(value)
        whole = (value == value.round(0)) & (value.abs() < 2**53)
        return (
            pl.when(whole).then(value.cast(pl.Int64, strict=False).cast(_TEXT)).otherwise(value.cast(_TEXT))
        )
    trimmed = expr.cast(_TEXT).str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


def number(expr: pl.Expr, dtype: pl.DataType = _TEXT) -> pl.Expr:
    """Return values as finite numbers.

    Parameters
    ----------
    expr : Expr
        A raw column.
    dtype : DataType
        Its type.

    Returns
    -------
    Expr
        Float64; null where a value is no decimal number with a point (``1,5``, ``inf`` and words are none).
    """
    plain = dtype.is_numeric() or dtype == pl.Boolean
    value = (expr if plain else text(expr, dtype)).cast(pl.Float64, strict=False)
    return value if dtype.is_integer() else pl.when(value.is_finite()).then(value)


def matches(expr: pl.Expr, codes: Iterable[str], dtype: pl.DataType = _TEXT) -> pl.Expr:
    """Return whether values equal one of some codes, as text or as numbers.

    Parameters
    ----------
    expr : Expr
        A raw column.
    codes : iterable of str
        Codes; ``"98"`` also covers ``98.0``.
    dtype : DataType
        Type of the column.

    Returns
    -------
    Expr
        Boolean, never null.
    """
    listed = list(codes)
    as_numbers = numbers(listed)
    found = pl.lit(False)
    if listed and not dtype.is_numeric():
        found = text(expr, dtype).is_in(listed)
    if as_numbers:
        found = found.fill_null(False) | number(expr, dtype).is_in(as_numbers)
    return found.fill_null(False)


def answer(expr: pl.Expr, column: Column, dtype: pl.DataType = _TEXT) -> pl.Expr:
    """Return answers as numbers before any limit of the scale, what is no number marked.

    Parameters
    ----------
    expr : Expr
        A raw column.
    column : Column
        How it is read.
    dtype : DataType
        Its type.

    Returns
    -------
    Expr
        Float64: the number of a declared text answer, else the number itself; null where there is no answer
        (empty or a missing code) and NaN where the text is no number.
    """
    return _by_distinct(expr, lambda one: _answer(one, column, dtype), dtype, pl.Float64())


def _answer(expr: pl.Expr, column: Column, dtype: pl.DataType) -> pl.Expr:
    value = number(expr, dtype)
    by_number = {code: to for word, to in column.values.items() if (code := _as_number(word)) is not None}
    if by_number:
        value = value.replace(list(by_number), list(by_number.values()))
    if column.values and not dtype.is_numeric():
        words, numbers = list(column.values), [float(one) for one in column.values.values()]
        mapped = text(expr, dtype).replace_strict(words, numbers, default=None, return_dtype=pl.Float64)
        value = pl.coalesce(mapped, value)
    present = value if dtype.is_numeric() else text(expr, dtype)
    given = present.is_not_null() & ~matches(expr, column.missing, dtype)
    return pl.when(given).then(value.fill_null(float("nan")))


def numeric(expr: pl.Expr, column: Column, dtype: pl.DataType = _TEXT, *, in_scale: bool = False) -> pl.Expr:
    """Return answers as the numbers that evidence counts.

    Parameters
    ----------
    expr : Expr
        A raw column.
    column : Column
        How it is read: missing codes, text answers, scale, direction, positive answers.
    dtype : DataType
        Its type.
    in_scale : bool
        Whether no answer is known to lie outside the scale, so that none is looked for.

    Returns
    -------
    Expr
        Float64, or an integer where the column is one; null where there is no valid answer. With ``positive``, 1
        for these answers and 0 for others. Otherwise an answer outside the scale is null, and a reversed one is
        mirrored (low + high − x).
    """
    return _by_distinct(expr, lambda one: _numeric(one, column, dtype, in_scale), dtype, pl.Float64())


def _numeric(expr: pl.Expr, column: Column, dtype: pl.DataType, in_scale: bool) -> pl.Expr:
    if column.positive:
        answered = text(expr, dtype).is_not_null() & ~matches(expr, column.missing, dtype)
        return pl.when(answered).then(matches(expr, column.positive, dtype).cast(pl.Float64))
    if (
        dtype.is_integer() and not column.values
    ):  # stays an integer: a scan of millions of rows is spared a detour
        value = pl.when(~matches(expr, column.missing, dtype)).then(expr) if column.missing else expr
    else:
        value = _answer(expr, column, dtype).fill_nan(None)
    if column.scale is None:
        return value
    low, high = (int(end) if end.is_integer() else end for end in (column.scale.low, column.scale.high))
    if not in_scale:
        value = pl.when(value.is_between(low, high)).then(value)
    return low + high - value if column.reverse else value


def _by_distinct(
    expr: pl.Expr, rule: Callable[[pl.Expr], pl.Expr], dtype: pl.DataType, to: pl.DataType
) -> pl.Expr:
    """Apply a rule to the distinct texts of each batch only: answers repeat, so a row costs one lookup."""
    if dtype != pl.String:
        return rule(expr)
    known: dict[str | None, object] = {}

    def look_up(texts: pl.Series) -> pl.Series:
        encoded = texts.to_arrow().dictionary_encode()
        words = encoded.dictionary.to_pylist()
        new = [word for word in words if word not in known]
        if len(known) + len(new) > _REMEMBERED:  # free text: nothing is gained by remembering it
            return pl.select(rule(pl.lit(texts))).to_series()
        if new:
            read = pl.select(rule(pl.lit(pl.Series(new, dtype=pl.String)))).to_series()
            known.update(zip(new, read, strict=True))
        return pl.Series([known[word] for word in words], dtype=to).gather(pl.Series(encoded.indices))

    return expr.map_batches(look_up, return_dtype=to, is_elementwise=True)


def level(expr: pl.Expr, missing: Sequence[str], dtype: pl.DataType = _TEXT) -> pl.Expr:
    """Return values as the levels of a segment.

    Parameters
    ----------
    expr : Expr
        A raw column.
    missing : sequence of str
        Codes that mean "unknown".
    dtype : DataType
        Its type.

    Returns
    -------
    Expr
        Trimmed text; whole numbers written ``1.0`` read ``1``; null where empty or missing.
    """
    return _by_distinct(expr, lambda one: _level(one, missing, dtype), dtype, _TEXT)


def _level(expr: pl.Expr, missing: Sequence[str], dtype: pl.DataType) -> pl.Expr:
    value = text(expr, dtype)
    if not dtype.is_numeric():
        value = value.str.replace(r"^([+-]?\d+)\.0+$", "$1")
    return pl.when(~matches(expr, missing, dtype)).then(value) if missing else value


def day(expr: pl.Expr, formats: Sequence[str], dtype: pl.DataType = _TEXT) -> pl.Expr:
    """Return dates.

    Parameters
    ----------
    expr : Expr
        A raw column.
    formats : sequence of str
        Formats of text, tried in this order (as Python's ``strptime``).
    dtype : DataType
        Type of the column.

    Returns
    -------
    Expr
        Date; null where no format fits.
    """
    return _by_distinct(expr, lambda one: _parsed(one, formats, dtype, pl.Date()), dtype, pl.Date())


def moment(expr: pl.Expr, formats: Sequence[str], dtype: pl.DataType = _TEXT) -> pl.Expr:
    """Return dates with their time of day.

    Parameters
    ----------
    expr : Expr
        A raw column.
    formats : sequence of str
        Formats of text, tried in this order (as Python's ``strptime``); one with ``%z`` gives UTC.
    dtype : DataType
        Type of the column.

    Returns
    -------
    Expr
        Datetime without a zone; null where no format fits.
    """
    return _parsed(expr, formats, dtype, pl.Datetime("us"))


def _parsed(expr: pl.Expr, formats: Sequence[str], dtype: pl.DataType, to: pl.Date | pl.Datetime) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return expr.dt.replace_time_zone(None).cast(to)
    if dtype == pl.Date:
        return expr.cast(to)
    words = text(expr, dtype)
    tries: list[pl.Expr] = [pl.lit(None, to)]
    for one in formats:
        # polars (chrono) writes a fraction of a second with its point as %.f
        parsed = words.str.strptime(to, one.replace(".%f", "%.f"), strict=False)
        tries.append(parsed.dt.replace_time_zone(None) if to == pl.Datetime and "%z" in one else parsed)
    return pl.coalesce(tries)


def period(date: pl.Expr, grain: Grain) -> pl.Expr:
    """Return the names of the periods in which dates lie.

    Parameters
    ----------
    date : Expr
        Dates.
    grain : {"year", "quarter", "month"}
        Length of the periods.

    Returns
    -------
    Expr
        Text as of :func:`svcq_lib.periods.name_of`.
    """
    year = date.dt.year().cast(_TEXT).str.zfill(4)
    if grain == "year":
        return year
    if grain == "quarter":
        return pl.format("{}-Q{}", year, date.dt.quarter())
    return pl.format("{}-{}", year, date.dt.month().cast(_TEXT).str.zfill(2))


def numbers(codes: Iterable[str]) -> list[float]:
    """Return the codes that are numbers, as such."""
    return [value for value in map(_as_number, codes) if value is not None]


def _as_number(code: str) -> float | None:
    try:
        value = float(code)
    except ValueError:
        return None
    return value if math.isfinite(value) and re.fullmatch(r"[\d.eE+\-\s]+", code) else None
