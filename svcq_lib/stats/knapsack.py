"""Choosing under a budget: a knapsack with dependencies, exclusions and joint values, as an integer programme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from svcq_lib.errors import MethodError

Pairs = Sequence[tuple[int, int]]


def choose(
    values: ArrayLike,
    costs: ArrayLike,
    budget: float,
    *,
    requires: Pairs = (),
    excludes: Pairs = (),
    joint: Mapping[tuple[int, int], float] | None = None,
) -> NDArray[np.bool_]:
    """Return the affordable choice of greatest value.

    Parameters
    ----------
    values, costs : array-like, shape (k,)
        What each thing is worth and costs; costs are not negative.
    budget : float
        Most that may be spent.
    requires : sequence of (int, int)
        ``(i, j)``: i only together with j.
    excludes : sequence of (int, int)
        ``(i, j)``: not both.
    joint : Mapping of (int, int) to float, optional
        What two things are worth together beyond their own values; negative if they overlap.

    Returns
    -------
    array of bool, shape (k,)
        What to choose; nothing if nothing is worth its while.

    Raises
    ------
    MethodError
        If the integer programme cannot be solved.

    Notes
    -----
    ``max Σ v_i x_i + Σ w_ij z_ij`` with ``z_ij = x_i x_j`` linearised (McCormick 1976, *Mathematical Programming*
    10:147), solved exactly by HiGHS (`scipy.optimize.milp`).

    Examples
    --------
    >>> choose([6, 5, 5], [3, 2, 2], 4).tolist()
    [False, True, True]
    """
    values, costs = np.asarray(values, dtype=float), np.asarray(costs, dtype=float)
    k, pairs = len(values), dict(joint or {})
    if k == 0:
        return np.zeros(0, dtype=bool)
    rows, limits = _rules(k, requires, excludes, list(pairs))
    size = k + len(pairs)
    scale = (
        float(costs.sum()) or 1.0
    )  # a budget in units of all costs keeps the solver's tolerances meaningful
    matrix = np.zeros((len(rows) + 1, size))
    matrix[0, :k] = costs / scale
    for row, entries in enumerate(rows, 1):
        for column, weight in entries.items():
            matrix[row, column] = weight
    worth = np.concatenate([values, list(pairs.values())])
    found = milp(
        -worth / max(float(np.abs(worth).max()), 1e-300),
        constraints=LinearConstraint(csr_array(matrix), ub=np.array([budget / scale + 1e-9, *limits])),
        integrality=np.ones(size, dtype=int),
        bounds=Bounds(0, 1),
    )
    if found.x is None:
        raise MethodError(f"the choice under a budget could not be solved: {found.message}")
    return np.asarray(found.x[:k] > 0.5)


def _rules(
    k: int, requires: Pairs, excludes: Pairs, pairs: Pairs
) -> tuple[list[dict[int, float]], list[float]]:
    """Return the left sides and the upper limits of all rules but the budget."""
    rows: list[dict[int, float]] = [{i: 1.0, j: -1.0} for i, j in requires]
    limits = [0.0] * len(rows)
    rows += [{i: 1.0, j: 1.0} for i, j in excludes]
    limits += [1.0] * len(excludes)
    for at, (i, j) in enumerate(pairs, k):
        rows += [{at: 1.0, i: -1.0}, {at: 1.0, j: -1.0}, {i: 1.0, j: 1.0, at: -1.0}]
        limits += [0.0, 0.0, 1.0]
    return rows, limits
