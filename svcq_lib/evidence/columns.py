"""Derived columns: quantities of a respondent, declared before the scan.

A paired gap or a dimension mean cannot be rebuilt from marginal sums once answers are missing, so each is
computed row by row inside the scan. Each class says what is computed and gives the expression for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Difference:
    """``left − right`` where both are answered."""

    left: str
    right: str

    def expression(self) -> pl.Expr:
        """Return the polars expression."""
        return pl.col(self.left) - pl.col(self.right)


@dataclass(frozen=True)
class Present:
    """A column restricted to rows where other columns are answered as well."""

    column: str
    also: tuple[str, ...]

    def expression(self) -> pl.Expr:
        """Return the polars expression."""
        answered = pl.all_horizontal([pl.col(name).is_not_null() for name in self.also])
        return pl.when(answered).then(pl.col(self.column))


@dataclass(frozen=True)
class Mean:
    """Mean (or sum) of the answered parts, if at least ``min_answered`` of them are."""

    parts: tuple[str, ...]
    min_answered: int = 1
    total: bool = False

    def expression(self) -> pl.Expr:
        """Return the polars expression."""
        columns = [pl.col(name) for name in self.parts]
        answered = pl.sum_horizontal([one.is_not_null().cast(pl.Int32) for one in columns])
        value = pl.sum_horizontal(columns) if self.total else pl.mean_horizontal(columns)
        return pl.when(answered >= self.min_answered).then(value)


@dataclass(frozen=True)
class PointsWeighted:
    """``Σ points·part / Σ points`` over the parts where both are answered.

    With ``only`` the sum in the numerator holds that part alone: its contribution to the whole.
    """

    parts: tuple[str, ...]
    points: tuple[str, ...]
    only: int | None = None

    def expression(self) -> pl.Expr:
        """Return the polars expression."""
        pairs = list(zip(self.parts, self.points, strict=True))
        kept = pairs if self.only is None else [pairs[self.only]]
        both = [pl.col(part).is_not_null() & pl.col(point).is_not_null() for part, point in pairs]
        top = pl.sum_horizontal([pl.col(part) * pl.col(point) for part, point in kept])
        bottom = pl.sum_horizontal([pl.col(point) for _, point in pairs])
        return pl.when(pl.all_horizontal(both) & (bottom > 0)).then(top / bottom)


@dataclass(frozen=True)
class Between:
    """1 if an answer lies between two limits, 0 if it does not."""

    column: str
    low: float
    high: float

    def expression(self) -> pl.Expr:
        """Return the polars expression."""
        column = pl.col(self.column)
        return column.is_between(self.low, self.high).cast(pl.Float64)


@dataclass(frozen=True)
class Level:
    """1 if a group column has this value, 0 if it has another."""

    column: str
    level: str

    def expression(self) -> pl.Expr:
        """Return the polars expression."""
        return (pl.col(self.column) == self.level).cast(pl.Float64)


Derived = Difference | Present | Mean | PointsWeighted | Between | Level
