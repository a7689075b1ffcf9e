"""The steps of a layout: each computes all derived columns of one kind, or all masks of as many, in few calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from svcq_lib.evidence.columns import Level, Mean
from svcq_lib.evidence.rooms import room

if TYPE_CHECKING:
    from svcq_lib.evidence.layout import Index, Source, Work

NONE = -128
"""Marks no answer among short integers."""

SHORT = 127.0
"""Largest absolute value of a short integer."""

Step = Callable[["Work"], None]


def joining(parts: Sequence[Index], out: slice) -> Step:
    """Return the step that joins masks: answers where every part of one has an answer."""

    def step(work: Work) -> None:
        found = work.present[out]
        found[:] = work.answered(parts[0], "joined")
        for part in parts[1:]:
            found &= work.answered(part, "joined")

    return step


def present(source: Source, short: bool, out: slice, masks: Index) -> Step:
    """Return the step of :class:`~svcq_lib.evidence.columns.Present`."""

    def step(work: Work) -> None:
        found = (work.short if short else work.long)[out]
        np.multiply(work.values(source, "source"), work.answered(masks, "answered"), out=found)

    return step


def difference(left: Source, right: Source, short: bool, out: slice, masks: Index) -> Step:
    """Return the step of :class:`~svcq_lib.evidence.columns.Difference`."""

    def step(work: Work) -> None:
        found = (work.short if short else work.long)[out]
        np.subtract(work.values(left, "left"), work.values(right, "right"), out=found, dtype=found.dtype)
        found *= work.answered(masks, "answered")

    return step


def between(source: Source, low: Sequence[float], high: Sequence[float], out: slice, masks: Index) -> Step:
    """Return the step of :class:`~svcq_lib.evidence.columns.Between`."""
    ends = [np.array(one)[:, None] for one in (np.maximum(low, NONE), np.minimum(high, SHORT))]
    whole = [np.ceil(ends[0]).astype(np.int8), np.floor(ends[1]).astype(np.int8)]
    exact = [np.array(one)[:, None] for one in (low, high)]
    below = bool(np.isfinite(high).any())

    def step(work: Work) -> None:
        values = work.values(source, "source")
        least, most = whole if values.dtype == np.int8 else exact
        inside = work.short[out]
        np.greater_equal(values, least, out=inside.view(np.bool_))
        if below:
            inside &= (values <= most).view(np.int8)
        inside &= work.answered(masks, "answered")

    return step


def mean(parts: Sequence[Source], one: Mean, short: bool, whole: bool, out: slice, masks: Index) -> Step:
    """Return the step of :class:`~svcq_lib.evidence.columns.Mean`, each part of all columns at a time."""
    summed = np.int16 if whole else np.float64

    def step(work: Work) -> None:
        size = out.stop - out.start, work.n
        total = room("total", size, summed)
        total[:] = work.values(parts[0], "part")
        for part in parts[1:]:
            np.add(total, work.values(part, "part"), out=total)
        found = (work.short if short else work.long)[out]
        if one.needs_every:
            answered = work.answered(masks, "answered")
            if one.total or len(parts) == 1:
                np.multiply(total, answered, out=found, casting="unsafe")
            else:
                np.divide(total, len(parts), out=found)
                found *= answered
            return
        count = room("count", size, np.int16)
        count[:] = 0
        for part in parts:
            count += work.answered(part.masks, "answered")
        answered = np.greater_equal(count, one.least)
        work.present[masks] = answered
        if one.total:
            np.multiply(total, answered, out=found, casting="unsafe")
            return
        np.maximum(count, 1, out=count)
        np.divide(total, count, out=found)
        if not answered.all():
            found *= answered

    return step


def points_weighted(parts: Source, points: Source, kept: Sequence[int], out: int, mask: Index) -> Step:
    """Return the step of :class:`~svcq_lib.evidence.columns.PointsWeighted`."""

    def step(work: Work) -> None:
        given = np.zeros((len(points.places), work.n))
        work.fill(points, given)
        values = np.zeros_like(given)
        work.fill(parts, values)
        bottom = given.sum(axis=0)
        every = [work.present[one.mask] for one in (*parts.places, *points.places)]
        answered = np.logical_and.reduce(every) & (bottom > 0)
        top = sum(values[i] * given[i] for i in kept)
        work.present[mask] = answered
        work.long[out] = top / np.where(answered, bottom, 1.0) * answered

    return step


def level(one: Level, out: int, mask: Index) -> Step:
    """Return the step of :class:`~svcq_lib.evidence.columns.Level`."""

    def step(work: Work) -> None:
        inside, known = work.level(one.column, one.level)
        work.present[mask] = known
        work.short[out] = inside

    return step
