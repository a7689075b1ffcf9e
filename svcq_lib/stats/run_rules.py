"""Run rules of control charts: Western Electric (1956) and Nelson (1984), each point judged by those before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

Flags = NDArray[np.bool_]
Rule = Callable[[NDArray[np.float64]], Flags]


def _some_beyond(z: NDArray[np.float64], distance: float, needed: int, window: int) -> Flags:
    """Flag a point beyond a distance if enough of the last points are, on its side of the centre."""
    found = np.zeros(z.size, dtype=bool)
    for side in (1, -1):
        beyond = side * z > distance
        for t in range(needed - 1, z.size):
            found[t] |= beyond[t] and beyond[max(0, t - window + 1) : t + 1].sum() >= needed
    return found


def _run(holds: Flags, length: int) -> Flags:
    """Flag a point at which a condition has held for at least so many points."""
    found, count = np.zeros(holds.size, dtype=bool), 0
    for t, one in enumerate(holds):
        count = count + 1 if one else 0
        found[t] = count >= length
    return found


def _one_side(z: NDArray[np.float64], length: int) -> Flags:
    return _run(z > 0, length) | _run(z < 0, length)


def _trend(z: NDArray[np.float64], points: int) -> Flags:
    steps = np.diff(z, prepend=np.nan)
    return _run(steps > 0, points - 1) | _run(steps < 0, points - 1)


def _alternating(z: NDArray[np.float64], points: int) -> Flags:
    steps = np.diff(z, prepend=np.nan)
    turns = np.zeros(z.size, dtype=bool)
    turns[2:] = steps[2:] * steps[1:-1] < 0
    return _run(turns, points - 2)


RULES: Mapping[str, Mapping[int, Rule]] = MappingProxyType({
    "western_electric": MappingProxyType({
        1: lambda z: np.abs(z) > 3,
        2: lambda z: _some_beyond(z, 2, 2, 3),
        3: lambda z: _some_beyond(z, 1, 4, 5),
        4: lambda z: _one_side(z, 8),
    }),
    "nelson": MappingProxyType({
        1: lambda z: np.abs(z) > 3,
        2: lambda z: _one_side(z, 9),
        3: lambda z: _trend(z, 6),
        4: lambda z: _alternating(z, 14),
        5: lambda z: _some_beyond(z, 2, 2, 3),
        6: lambda z: _some_beyond(z, 1, 4, 5),
        7: lambda z: _run(np.abs(z) < 1, 15),
        8: lambda z: _run(np.abs(z) > 1, 8),
    }),
})  # fmt: skip
"""Name of a set of rules → number of the rule → which points it flags."""


def run_rule(z: ArrayLike, rules: str, number: int) -> Flags:
    """Return the points that a rule flags.

    Parameters
    ----------
    z : array-like, shape (n,)
        Values less the centre line, in standard deviations, in order of time.
    rules : {"western_electric", "nelson"}
        Set of rules.
    number : int
        Number of the rule in its set.

    Returns
    -------
    ndarray of bool, shape (n,)
        The points at which the pattern is complete; those before it are not flagged again.
    """
    return RULES[rules][number](np.asarray(z, dtype=float))


def signals(z: ArrayLike, rules: str) -> NDArray[np.intp]:
    """Return the first rule of a set that flags each point, 0 if none does.

    Parameters
    ----------
    z : array-like, shape (n,)
        Values less the centre line, in standard deviations, in order of time.
    rules : {"western_electric", "nelson"}
        Set of rules.

    Returns
    -------
    ndarray of int, shape (n,)
        Number of the rule.
    """
    x = np.asarray(z, dtype=float)
    found = np.zeros(x.size, dtype=np.intp)
    for number in sorted(RULES[rules], reverse=True):
        found[run_rule(x, rules, number)] = number
    return found
