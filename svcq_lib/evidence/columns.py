"""Derived columns: quantities of a respondent, declared before the scan.

A paired gap or a dimension mean cannot be rebuilt from marginal sums once answers are missing, so each is
computed row by row inside the scan. Each class says what is computed and computes it for a batch of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Answers(NamedTuple):
    """One column of a batch: its values, 0 where there is no answer, and where there is none."""

    values: Array
    absent: Mask


class Columns:
    """The columns of a batch of rows, each computed when it is first asked for.

    Parameters
    ----------
    raw : callable
        Gives the answers of a raw column by name.
    derived : Mapping of str to Derived
        Columns to compute, each from raw columns or from others of these.
    level : callable, optional
        Gives for a group column and a level whether rows are of the level, and where they have none.
    """

    def __init__(
        self,
        raw: Callable[[str], Answers],
        derived: Mapping[str, Derived],
        level: Callable[[str, str], Answers] | None = None,
    ) -> None:
        self._raw, self._derived, self.level = raw, derived, level
        self._known: dict[str, Answers] = {}
        self._masks: dict[tuple[str, ...], Mask] = {}

    def __getitem__(self, name: str) -> Answers:
        """Return a column."""
        found = self._known.get(name)
        if found is None:
            one = self._derived.get(name)
            found = self._known[name] = one.values(self) if one is not None else self._raw(name)
        return found

    def absent(self, names: tuple[str, ...]) -> Mask:
        """Return where at least one of some columns has no answer."""
        found = self._masks.get(names)
        if found is None:
            found = self[names[0]].absent.copy()
            for name in names[1:]:
                found |= self[name].absent
            self._masks[names] = found
        return found


@dataclass(frozen=True)
class Difference:
    """``left − right`` where both are answered."""

    left: str
    right: str

    def values(self, columns: Columns) -> Answers:
        """Return the column for the rows of a batch."""
        absent = columns.absent((self.left, self.right))
        return _where(columns[self.left].values - columns[self.right].values, absent)

    def limit(self, limits: Callable[[str], float | None]) -> float | None:
        """Return the largest absolute value if all values are whole numbers."""
        left, right = limits(self.left), limits(self.right)
        return None if left is None or right is None else left + right


@dataclass(frozen=True)
class Present:
    """A column restricted to rows where other columns are answered as well."""

    column: str
    also: tuple[str, ...]

    def values(self, columns: Columns) -> Answers:
        """Return the column for the rows of a batch."""
        values, own = columns[self.column]
        absent = columns.absent(self.also)
        if self.column not in self.also:
            absent = absent | own
        return _where(values.copy(), absent)

    def limit(self, limits: Callable[[str], float | None]) -> float | None:
        """Return the largest absolute value if all values are whole numbers."""
        return limits(self.column)


@dataclass(frozen=True)
class Mean:
    """Mean (or sum) of the answered parts, if at least ``min_answered`` of them are."""

    parts: tuple[str, ...]
    min_answered: int = 1
    total: bool = False

    def values(self, columns: Columns) -> Answers:
        """Return the column for the rows of a batch."""
        parts = [columns[name] for name in self.parts]
        answered = np.full(len(parts[0].values), len(parts), dtype=np.int16)
        for one in parts:
            answered -= one.absent
        value = _sum([one.values for one in parts])
        least = self.min_answered if self.total else max(self.min_answered, 1)
        return _where(value if self.total else value / np.maximum(answered, 1), answered < least)

    def limit(self, limits: Callable[[str], float | None]) -> float | None:
        """Return the largest absolute value if all values are whole numbers."""
        known = [limits(name) for name in self.parts]
        if self.total or len(known) == 1:
            return None if None in known else sum(one for one in known if one is not None)
        return None


@dataclass(frozen=True)
class PointsWeighted:
    """``Σ points·part / Σ points`` over the parts where both are answered.

    With ``only`` the sum in the numerator holds that part alone: its contribution to the whole.
    """

    parts: tuple[str, ...]
    points: tuple[str, ...]
    only: int | None = None

    def values(self, columns: Columns) -> Answers:
        """Return the column for the rows of a batch."""
        pairs = list(zip(self.parts, self.points, strict=True))
        kept = pairs if self.only is None else [pairs[self.only]]
        bottom = _sum([columns[point].values for point in self.points])
        absent = columns.absent((*self.parts, *self.points)) | (bottom <= 0)
        top = _sum([columns[part].values * columns[point].values for part, point in kept])
        return _where(top / np.where(absent, 1.0, bottom), absent)

    def limit(self, limits: Callable[[str], float | None]) -> float | None:
        """Return the largest absolute value if all values are whole numbers."""
        return None


@dataclass(frozen=True)
class Between:
    """1 if an answer lies between two limits, 0 if it does not."""

    column: str
    low: float
    high: float

    def values(self, columns: Columns) -> Answers:
        """Return the column for the rows of a batch."""
        values, absent = columns[self.column]
        inside = (values >= self.low) & (values <= self.high) & ~absent
        return Answers(inside.astype(float), absent)

    def limit(self, limits: Callable[[str], float | None]) -> float | None:
        """Return the largest absolute value if all values are whole numbers."""
        return 1.0


@dataclass(frozen=True)
class Level:
    """1 if a group column has this value, 0 if it has another."""

    column: str
    level: str

    def values(self, columns: Columns) -> Answers:
        """Return the column for the rows of a batch."""
        assert columns.level is not None  # a scan has group columns
        return columns.level(self.column, self.level)

    def limit(self, limits: Callable[[str], float | None]) -> float | None:
        """Return the largest absolute value if all values are whole numbers."""
        return 1.0


Derived = Difference | Present | Mean | PointsWeighted | Between | Level


def sources_of(derived: Mapping[str, Derived], names: Sequence[str]) -> set[str]:
    """Return the raw and group columns that some columns are made of.

    Parameters
    ----------
    derived : Mapping of str to Derived
        Columns that are computed.
    names : sequence of str
        Raw or derived columns.

    Returns
    -------
    set of str
        Columns that are not computed.
    """
    found, seen, waiting = set(), set(names), list(names)
    while waiting:
        name = waiting.pop()
        one = derived.get(name)
        if one is None:
            found.add(name)
            continue
        new = set(_named(one)) - seen
        seen |= new
        waiting += new
    return found


def _named(one: Derived) -> tuple[str, ...]:
    if isinstance(one, Difference):
        return one.left, one.right
    if isinstance(one, Present):
        return one.column, *one.also
    if isinstance(one, Mean):
        return one.parts
    if isinstance(one, PointsWeighted):
        return *one.parts, *one.points
    return (one.column,)


def _sum(parts: Sequence[Array]) -> Array:
    total = parts[0].copy()
    for one in parts[1:]:
        total += one
    return total


def _where(values: Array, absent: Mask) -> Answers:
    np.copyto(values, 0.0, where=absent)
    return Answers(values, absent)
