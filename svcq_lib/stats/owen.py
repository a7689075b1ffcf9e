"""Importance when predictors come in groups: shares of whole groups, and of the members within them.

All unions of whole groups are reached by conditioning on one group after the other, so that a set of k groups
costs no more than the smaller of its two halves; the members of a group are then swept over all their subsets.
With 22 predictors in 5 groups that is 1,792 values of R-squared instead of 4,194,304.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError
from svcq_lib.stats.predictors import checked_point, usable
from svcq_lib.stats.subsets import shapley_weights, subset_r_squared

Array = NDArray[np.float64]
Groups = Sequence[Sequence[int]]

MAX_GROUPS = 12
MAX_MEMBERS = 16


def group_r_squared(R: ArrayLike, r: ArrayLike, groups: Groups) -> Array:
    """Return the R-squared of every union of groups.

    Parameters
    ----------
    R : array-like, shape (b, p, p)
        Correlation matrices of the predictors.
    r : array-like, shape (b, p)
        Correlations with the outcome.
    groups : sequence of sequences of int
        Positions of the members of each group; together every predictor once.

    Returns
    -------
    array, shape (2**m, b)
        Bit k of a row's number says whether group k is in; row 0 is zero. NaN for an improper matrix.

    Raises
    ------
    MethodError
        Groups that are not a partition, or more than 12 of them.
    """
    R, r = np.asarray(R, dtype=float), np.asarray(r, dtype=float)
    _checked(groups, r.shape[1])
    good = usable(R, r)
    out = np.full((1 << len(groups), len(r)), np.nan)
    out[:, good] = -_conditioned(R[good], r[good], groups, [])[:, :, 0, 0]
    return out


def group_shares(R: ArrayLike, r: ArrayLike, groups: Groups) -> Array:
    """Return the Shapley share of each group when groups enter as wholes.

    Parameters
    ----------
    R : array-like, shape (b, p, p)
        Correlation matrices of the predictors.
    r : array-like, shape (b, p)
        Correlations with the outcome.
    groups : sequence of sequences of int
        Positions of the members of each group; together every predictor once.

    Returns
    -------
    array, shape (b, m)
        Shares that sum to R-squared; NaN for an improper matrix.

    Raises
    ------
    MethodError
        As `group_r_squared`.

    Notes
    -----
    R: ``relaimpo::calc.relimp(groups = )``.
    """
    return np.asarray((shapley_weights(len(groups)) @ group_r_squared(R, r, groups)).T)


def owen(R: ArrayLike, r: ArrayLike, groups: Groups) -> Array:
    """Return the Owen value of each predictor: orders of entry keep the members of a group together.

    Parameters
    ----------
    R : array-like, shape (p, p)
        Correlation matrix of the predictors.
    r : array-like, shape (p,)
        Correlations with the outcome.
    groups : sequence of sequences of int
        Positions of the members of each group, at most 16 in each; together every predictor once.

    Returns
    -------
    array, shape (p,)
        Values that sum to the group's share within each group and to R-squared in all; with groups of one, or
        with a single group, they are the LMG shares.

    Raises
    ------
    MethodError
        An improper matrix, groups that are not a partition, or too many of them or of their members.

    Notes
    -----
    Owen (1977), *Essays in Mathematical Economics and Game Theory*: with m groups, of which g have members,
    sum over sets H of h other groups and S of s other members of h!(m-h-1)!/m! * s!(g-s-1)!/g! *
    (R2(H + S + i) - R2(H + S)).
    """
    R, r = checked_point(R, r)
    _checked(groups, r.size)
    if max(len(one) for one in groups) > MAX_MEMBERS:
        raise MethodError(f"Owen values go up to {MAX_MEMBERS} members of a group. Split the largest group.")
    values = np.empty(r.size)
    among = _entry_weights(len(groups))
    for k, members in enumerate(groups):
        others = [one for i, one in enumerate(groups) if i != k]
        rest = _conditioned(R[None], r[None], others, list(members))[:, 0]
        within = subset_r_squared(rest[:, :-1, :-1], rest[:, :-1, -1])
        values[list(members)] = shapley_weights(len(members)) @ (within @ among)
    return values


def _checked(groups: Groups, p: int) -> None:
    if sorted(one for members in groups for one in members) != list(range(p)):
        raise MethodError(f"Groups must hold each of {p} predictors once. Put what is left over in a group.")
    if len(groups) > MAX_GROUPS:
        raise MethodError(f"Shares of groups go up to {MAX_GROUPS} groups; {len(groups)} were given.")


def _entry_weights(m: int) -> Array:
    """Return, by set of the m - 1 other groups, the probability that exactly they come before a group."""
    last = 1 << (m - 1)
    return np.asarray(shapley_weights(m)[m - 1, last:])


def _conditioned(R: Array, r: Array, groups: Groups, kept: Sequence[int]) -> Array:
    """Return the covariances of the kept predictors and the outcome, given every union of the groups.

    Shape (2**m, b, k + 1, k + 1), bit i for group i. The outcome's variance starts at zero, so that it ends at
    minus R-squared.
    """
    b, p = r.shape
    tables = np.zeros((1, b, p + 1, p + 1))
    tables[0, :, :p, :p], tables[0, :, :p, p], tables[0, :, p, :p] = R, r, r
    left = list(range(p + 1))
    for members in groups:
        into = [left.index(one) for one in members]
        rest = [i for i in range(len(left)) if i not in into]
        across = tables[:, :, into][:, :, :, rest]
        without = tables[:, :, rest][:, :, :, rest]
        slope = np.linalg.solve(tables[:, :, into][:, :, :, into], across)
        tables = np.concatenate([without, without - np.swapaxes(across, -1, -2) @ slope])
        left = [left[i] for i in rest]
    order = [left.index(one) for one in [*kept, p]]
    return np.asarray(tables[:, :, order][:, :, :, order])
