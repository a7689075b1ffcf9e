"""Derived columns: quantities of a respondent, declared before the scan.

A paired gap or a dimension mean cannot be rebuilt from marginal sums once answers are missing, so each is
computed row by row inside the scan. Each class here says what is computed; how, for all rows of a batch at once, stands
in :mod:`svcq_lib.evidence.steps`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Limits = Callable[[str], float | None]
MaskKey = frozenset[str]


@dataclass(frozen=True, eq=False)
class Kinds:
    """Which columns of a request have answers in the same rows, whatever their values.

    Attributes
    ----------
    masks : ndarray of int, shape (p,)
        Equal numbers for columns that have answers in the same rows, from 0 in the order of the columns.
    """

    masks: NDArray[np.intp]

    @property
    def count(self) -> int:
        """Number of different masks."""
        return int(self.masks.max(initial=-1)) + 1

    @property
    def first(self) -> list[int]:
        """First column of each mask."""
        found: list[int] = np.unique(self.masks, return_index=True)[1].tolist()
        return found


class Masks:
    """Which columns have answers in the same rows, told from how they are made.

    Parameters
    ----------
    derived : Mapping of str to Derived
        Columns that are computed.
    """

    def __init__(self, derived: Mapping[str, Derived]) -> None:
        self._derived = derived
        self._known: dict[tuple[str, ...], MaskKey] = {}

    def __getitem__(self, names: tuple[str, ...]) -> MaskKey:
        """Return the columns one of which has no answer exactly where one of some columns has none."""
        found = self._known.get(names)
        if found is None:
            found = self._known[names] = frozenset[str]().union(*map(self._one, names))
        return found

    def _one(self, name: str) -> MaskKey:
        one = self._derived.get(name)
        every = isinstance(one, Difference | Present | Between) or (isinstance(one, Mean) and one.needs_every)
        return self[named(one)] if one is not None and every else frozenset({name})

    def kinds(self, columns: Sequence[str]) -> Kinds:
        """Return which columns have answers in the same rows."""
        seen: dict[MaskKey, int] = {}
        return Kinds(np.array([seen.setdefault(self[name,], len(seen)) for name in columns], dtype=np.intp))


@dataclass(frozen=True)
class Difference:
    """``left − right`` where both are answered."""

    left: str
    right: str

    def limit(self, limits: Limits) -> float | None:
        """Return the largest absolute value if all values are whole numbers."""
        left, right = limits(self.left), limits(self.right)
        return None if left is None or right is None else left + right


@dataclass(frozen=True)
class Present:
    """A column restricted to rows where other columns are answered as well."""

    column: str
    also: tuple[str, ...]

    def limit(self, limits: Limits) -> float | None:
        """Return the largest absolute value if all values are whole numbers."""
        return limits(self.column)


@dataclass(frozen=True)
class Mean:
    """Mean (or sum) of the answered parts, if at least ``min_answered`` of them are."""

    parts: tuple[str, ...]
    min_answered: int = 1
    total: bool = False

    @property
    def least(self) -> int:
        """Fewest parts that must be answered."""
        return self.min_answered if self.total else max(self.min_answered, 1)

    @property
    def needs_every(self) -> bool:
        """Whether all parts must be answered."""
        return self.least >= len(self.parts)

    def limit(self, limits: Limits) -> float | None:
        """Return the largest absolute value if all values are whole numbers."""
        known = [limits(name) for name in self.parts] if self.total or len(self.parts) == 1 else [None]
        return None if None in known else sum(one for one in known if one is not None)


@dataclass(frozen=True)
class PointsWeighted:
    """``Σ points·part / Σ points`` over the parts where both are answered.

    With ``only`` the sum in the numerator holds that part alone: its contribution to the whole.
    """

    parts: tuple[str, ...]
    points: tuple[str, ...]
    only: int | None = None

    def limit(self, limits: Limits) -> float | None:
        """Return the largest absolute value if all values are whole numbers."""
        return None


@dataclass(frozen=True)
class Between:
    """1 if an answer lies between two limits, 0 if it does not."""

    column: str
    low: float
    high: float

    def limit(self, limits: Limits) -> float | None:
        """Return the largest absolute value if all values are whole numbers."""
        return 1.0


@dataclass(frozen=True)
class Level:
    """1 if a group column has this value, 0 if it has another."""

    column: str
    level: str

    def limit(self, limits: Limits) -> float | None:
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
    return {name for name in closure(derived, names) if name not in derived}


def closure(derived: Mapping[str, Derived], names: Sequence[str]) -> list[str]:
    """Return some columns and all that they are made of.

    Parameters
    ----------
    derived : Mapping of str to Derived
        Columns that are computed.
    names : sequence of str
        Raw or derived columns.

    Returns
    -------
    list of str
        Each column once.
    """
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += named(derived[name]) if name in derived else ()
    return list(found)


def named(one: Derived) -> tuple[str, ...]:
    """Return the columns that a derived column is made of."""
    if isinstance(one, Difference):
        return one.left, one.right
    if isinstance(one, Present):
        return one.column, *one.also
    if isinstance(one, Mean):
        return one.parts
    if isinstance(one, PointsWeighted):
        return *one.parts, *one.points
    return (one.column,)
