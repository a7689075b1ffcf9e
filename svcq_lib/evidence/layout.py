"""Where the columns of a batch lie, and the few steps over whole matrices that compute the derived ones.

Columns whose values are all short integers lie in the rows of one matrix of bytes, the others in those of a matrix of
floats; a third matrix says for each mask (columns that are answered in the same rows) where there is an answer. A
value without an answer is 0. Columns of one kind are computed together: a call for each column would cost more than
its values do, and would keep threads waiting for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from svcq_lib.evidence import steps
from svcq_lib.evidence.columns import (
    Between,
    Derived,
    Difference,
    Level,
    MaskKey,
    Masks,
    Mean,
    PointsWeighted,
    Present,
    closure,
    named,
)
from svcq_lib.evidence.rooms import room
from svcq_lib.evidence.steps import NONE, SHORT

Matrix = NDArray[Any]
Index = slice | NDArray[np.intp]
LevelOf = Callable[[str, str], tuple[NDArray[np.bool_], NDArray[np.bool_]]]


class Place(NamedTuple):
    """Where a column lies: in the matrix of short integers or of floats, its row, and the row of its mask."""

    short: bool
    row: int
    mask: int


class Raw(NamedTuple):
    """Raw columns of a batch.

    Attributes
    ----------
    names : tuple of str
        Columns with short integers, in the rows of ``short``; then those in the rows of ``long``.
    short : ndarray of int8, shape (columns, rows)
        ``NONE`` where there is no answer.
    long : ndarray of float, shape (columns, rows)
        NaN where there is no answer.
    limits : tuple of float or None
        Largest absolute value of each column whose values are all whole numbers, in the order of the names.
    """

    names: tuple[str, ...]
    short: Matrix
    long: Matrix
    limits: tuple[float | None, ...]


class Work:
    """The columns of some rows.

    Parameters
    ----------
    layout : Layout
        Where they lie.
    n : int
        Number of rows.
    level : callable
        Gives for a group column and a level whether rows are of the level, and whether they are of any.
    """

    def __init__(self, layout: Layout, n: int, level: LevelOf) -> None:
        self.layout, self.n, self.level = layout, n, level
        self.short = room("short", (layout.shorts, n), np.int8)
        self.long = room("long", (layout.longs, n), np.float64)
        self.present = room("present", (layout.masks, n), np.int8)

    def values(self, source: Source, name: str) -> Matrix:
        """Return columns as they are, to be read only; those of both kinds as floats."""
        if len(source.kinds) == 1:
            return picked(self.short if source.places[0].short else self.long, source.rows, name)
        found = room(name, (len(source.places), self.n), np.float64)
        self.fill(source, found)
        return found

    def fill(self, source: Source, out: Matrix) -> None:
        """Write columns to the rows of a matrix."""
        if len(source.kinds) == 1:
            out[:] = self.values(source, "filled")
            return
        for row, one in zip(out, source.places, strict=True):
            row[:] = (self.short if one.short else self.long)[one.row]

    def answered(self, masks: Index, name: str) -> Matrix:
        """Return where there are answers, 1 or 0, for each of some masks."""
        return picked(self.present, masks, name)


class Source:
    """Columns that are read together.

    Attributes
    ----------
    places : sequence of Place
        Where they lie.
    limit : float or None
        Largest absolute value if all values are whole numbers.
    kinds : set of bool
        Whether they are short integers: one of both, or both.
    rows, masks : slice or ndarray of int
        Rows of the columns, if they are of one kind, and of their masks.
    """

    def __init__(self, places: Sequence[Place], limits: Sequence[float | None]) -> None:
        self.places = places
        self.limit = None if None in limits else max(one for one in limits if one is not None)
        self.kinds = {one.short for one in places}
        self.rows = index([one.row for one in places])
        self.masks = index([one.mask for one in places])


def index(rows: Sequence[int]) -> Index:
    """Return rows as a slice if they follow each other, which spares a copy."""
    if list(rows) == list(range(rows[0], rows[0] + len(rows))):
        return slice(rows[0], rows[0] + len(rows))
    return np.array(rows, dtype=np.intp)


def picked(matrix: Matrix, rows: Index, name: str) -> Matrix:
    """Return rows of a matrix, to be read only."""
    if isinstance(rows, slice):
        return matrix[rows]
    return matrix.take(
        rows, axis=0, out=room(name, (len(rows), matrix.shape[1]), matrix.dtype.type), mode="clip"
    )


class Layout:
    """Where columns lie and how they are computed.

    Parameters
    ----------
    derived : Mapping of str to Derived
        Columns that are computed.
    names : sequence of str
        Raw and derived columns that are needed.
    raw : Raw
        Raw columns of a batch; only their names, types and limits matter.
    """

    def __init__(self, derived: Mapping[str, Derived], names: Sequence[str], raw: Raw) -> None:
        self.derived, self.keys = derived, Masks(derived)
        self.shorts, self.longs, self.masks = len(raw.short), len(raw.long), len(raw.names)
        self._limits = dict(zip(raw.names, raw.limits, strict=True))
        self._sources: dict[tuple[str, ...], Source] = {}
        self._depths: dict[str, int] = {}
        self._rows: dict[MaskKey, int] = {frozenset({name}): i for i, name in enumerate(raw.names)}
        self._steps: list[steps.Step] = []
        self._raw = self.shorts, self.longs
        self.places = {
            name: Place(i < self.shorts, i if i < self.shorts else i - self.shorts, i)
            for i, name in enumerate(raw.names)
        }
        self._build([name for name in closure(derived, names) if name in derived])

    def limit(self, name: str) -> float | None:
        """Return the largest absolute value of a column if all its values are whole numbers."""
        if name not in self._limits:
            self._limits[name] = self.derived[name].limit(self.limit)
        return self._limits[name]

    def source(self, names: tuple[str, ...]) -> Source:
        """Return columns to be read together."""
        found = self._sources.get(names)
        if found is None:
            found = Source([self.places[name] for name in names], list(map(self.limit, names)))
            self._sources[names] = found
        return found

    def mask(self, name: str) -> int:
        """Return the row that says where a column has answers."""
        return self.places[name].mask

    def work(self, raw: Raw, rows: slice | NDArray[np.intp], level: LevelOf) -> Work:
        """Return the columns of some rows of a batch, raw and derived.

        Parameters
        ----------
        raw : Raw
            Raw columns of the batch.
        rows : slice or ndarray of int
            Rows of it.
        level : callable
            Gives for a group column and a level whether rows are of the level, and whether they are of any.

        Returns
        -------
        Work
            To be read before this thread asks for that of other rows.
        """
        n = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        work, (shorts, longs) = Work(self, n, level), self._raw
        for matrix, own in ((raw.short, work.short[:shorts]), (raw.long, work.long[:longs])):
            if isinstance(rows, slice):
                own[:] = matrix[:, rows]
            else:  # rows are positions in the batch: to check each of them would take half the time
                matrix.take(rows, axis=1, out=own, mode="clip")
        short, long = work.short[:shorts], work.long[:longs]
        present = work.present[:shorts]
        np.not_equal(short, NONE, out=present.view(np.bool_))
        np.multiply(short, present, out=short)
        absent = np.isnan(long)
        np.logical_not(absent, out=work.present[shorts : shorts + longs].view(np.bool_))
        np.copyto(long, 0.0, where=absent)
        for step in self._steps:
            step(work)
        return work

    def _depth(self, name: str) -> int:
        if name not in self._depths:
            one = self.derived.get(name)
            parts = () if one is None or isinstance(one, Level) else named(one)
            self._depths[name] = 0 if one is None else 1 + max(map(self._depth, parts), default=0)
        return self._depths[name]

    def _build(self, names: Sequence[str]) -> None:
        """Add the steps that compute derived columns: those of one depth and kind together."""
        for _, same in groupby(sorted(names, key=self._depth), self._depth):
            level = list(same)
            self._join([self.keys[name,] for name in level])
            for name in level:
                one = self.derived[name]
                if isinstance(one, Present) and self.keys[name,] == self.keys[one.column,]:
                    self.places[name] = self.places[one.column]
            rest = [name for name in level if name not in self.places]
            for _, group in groupby(sorted(rest, key=self._kind), self._kind):
                self._add(list(group))

    def _kind(self, name: str) -> str:
        """Return what columns have in common that are computed together."""
        one, short = self.derived[name], self._short(name)
        if isinstance(one, Mean):
            return f"Mean {len(one.parts)} {one.least} {one.total} {short} {self._whole(one)}"
        if isinstance(one, PointsWeighted | Level):
            return f"{type(one).__name__} {name}"
        return f"{type(one).__name__} {short} {self.places[named(one)[0]].short}"

    def _whole(self, one: Mean) -> bool:
        """Return whether the sum of parts fits into an integer of 16 bits."""
        return len(one.parts) < 2**8 and all(self.places[name].short for name in one.parts)

    def _short(self, name: str) -> bool:
        limit = self.limit(name)
        return limit is not None and limit <= SHORT

    def _join(self, keys: Sequence[MaskKey]) -> None:
        """Add masks of several columns; those of as many columns together."""
        new = [key for key in dict.fromkeys(keys) if len(key) > 1 and key not in self._rows]
        for size, group in groupby(sorted(new, key=len), len):
            members = list(group)
            rows = np.array([sorted(self._rows[frozenset({name})] for name in key) for key in members])
            out = slice(self.masks, self.masks + len(members))
            self._rows |= {key: out.start + i for i, key in enumerate(members)}
            self.masks = out.stop
            self._steps.append(steps.joining([index(rows[:, i].tolist()) for i in range(size)], out))

    def _add(self, names: Sequence[str]) -> None:
        """Give columns of one kind their places, and add the step that computes them."""
        short = self._short(names[0])
        first = self.shorts if short else self.longs
        out = slice(first, first + len(names))
        if short:
            self.shorts = out.stop
        else:
            self.longs = out.stop
        for name in names:
            key = self.keys[name,]
            if key not in self._rows:  # a mask of its own
                self._rows[key] = self.masks
                self.masks += 1
        masks = index([self._rows[self.keys[name,]] for name in names])
        ones = [self.derived[name] for name in names]
        self._steps.append(self._step(ones, short, out, masks))
        for i, name in enumerate(names):
            self.places[name] = Place(short, first + i, self._rows[self.keys[name,]])

    def _step(self, ones: Sequence[Any], short: bool, out: slice, masks: Index) -> steps.Step:
        one = ones[0]
        if isinstance(one, Level):
            return steps.level(one, out.start, masks)
        if isinstance(one, PointsWeighted):
            points = self.source(one.points)
            kept = range(len(one.parts)) if one.only is None else [one.only]
            return steps.points_weighted(self.source(one.parts), points, kept, out.start, masks)
        if isinstance(one, Mean):
            parts = [self.source(tuple(mean.parts[i] for mean in ones)) for i in range(len(one.parts))]
            return steps.mean(parts, one, short, self._whole(one), out, masks)
        if isinstance(one, Difference):
            left, right = (self.source(tuple(getattr(d, side) for d in ones)) for side in ("left", "right"))
            return steps.difference(left, right, short, out, masks)
        source = self.source(tuple(own.column for own in ones))
        if isinstance(one, Between):
            return steps.between(source, [own.low for own in ones], [own.high for own in ones], out, masks)
        return steps.present(source, short, out, masks)
