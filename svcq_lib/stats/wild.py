"""Wild cluster bootstrap and permutation of clusters: tests that hold with few clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError
from svcq_lib.stats.regression import wls

Array = NDArray[np.float64]
Draws = Literal["webb", "rademacher"]
_WEBB = np.sqrt(np.array([1.5, 1.0, 0.5]))


def draw_signs(groups: int, n_boot: int, seed: int, kind: Draws = "webb") -> Array:
    """Return the random factors of clusters' residuals.

    Parameters
    ----------
    groups : int
        Number of clusters.
    n_boot : int
        Number of replicates.
    seed : int
        Seed of a PCG64 generator.
    kind : {"webb", "rademacher"}
        ±1, or Webb's six points ±√½, ±1, ±√1½, which differ more often when clusters are few.

    Returns
    -------
    array, shape (n_boot, groups)
        Mean 0, variance 1. Webb (2023, *Canadian Journal of Economics* 56:839).
    """
    generator = np.random.default_rng(seed)
    points = np.concatenate([-_WEBB, _WEBB]) if kind == "webb" else np.array([-1.0, 1.0])
    return points[generator.integers(0, len(points), size=(n_boot, groups))]


@dataclass(frozen=True)
class Scores:
    """Everything that the bootstrap of q coefficients needs of n rows in G clusters.

    Attributes
    ----------
    coef : array, shape (q,)
        The coefficients.
    gram : array, shape (q, q)
        Z′WZ of the regressors of interest after the others are taken out.
    own : array, shape (G, q, q)
        The same, cluster by cluster.
    outcome : array, shape (G, G, q)
        Score in cluster g of the residuals of cluster h under "all coefficients are zero".
    slope : array, shape (G, G, q, q)
        The same of the regressors, by which the residuals change with another hypothesis.
    """

    coef: Array
    gram: Array
    own: Array
    outcome: Array
    slope: Array


def scores_of(
    rest: ArrayLike, interest: ArrayLike, y: ArrayLike, weights: ArrayLike, clusters: ArrayLike
) -> Scores:
    """Take the other regressors out and add up scores by cluster.

    Parameters
    ----------
    rest : array-like, shape (n, k)
        Regressors that are not tested.
    interest : array-like, shape (n, q)
        Regressors that are.
    y, weights, clusters : array-like, shape (n,)
        Outcome, weights, cluster of each row.

    Returns
    -------
    Scores
        Replicates of the bootstrap are products with these small arrays; no regression is repeated.

    Raises
    ------
    MethodError
        If a regressor of interest follows from the others: nothing in the data tells its effect.
    """
    x, w = np.asarray(rest, dtype=float), np.asarray(weights, dtype=float)
    asked = np.asarray(interest, dtype=float).reshape(len(w), -1)
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    groups, bread = int(codes.max()) + 1, wls(x, np.asarray(y, dtype=float), w).bread

    def out(v: Array) -> Array:
        return v - x @ (bread @ (x.T @ (w[:, None] * v)))

    z = out(asked)
    if (np.sqrt(w @ z**2) <= 1e-8 * np.sqrt(w @ asked**2 + 1e-300)).any():
        raise MethodError("the effect cannot be told apart from the other terms of the regression.")
    zw, left = z * w[:, None], np.column_stack([out(np.asarray(y, dtype=float)[:, None]), z])
    member = np.eye(groups)[codes]
    own, zx = _by_cluster(member, zw, z), _by_cluster(member, zw, x)
    xl = _by_cluster(member, w[:, None] * x, left)
    # score in g of M u_h = u_h − X B X_h′W u_h, for u the outcome (column 0) and the regressors
    both = -np.tensordot(zx @ bread, xl, axes=(2, 1)).transpose(0, 2, 1, 3)
    both[np.arange(groups), np.arange(groups)] += _by_cluster(member, zw, left)
    gram = own.sum(axis=0)
    coef = np.linalg.solve(gram, zw.T @ left[:, 0])
    return Scores(coef, gram, own, both[..., 0], both[..., 1:])


def _by_cluster(member: Array, a: Array, b: Array) -> Array:
    """Return Σ a_i b_i′ over the rows of each cluster, shape (G, p, q)."""
    products = (a[:, :, None] * b[:, None, :]).reshape(len(a), -1)
    return np.asarray((member.T @ products).reshape(member.shape[1], a.shape[1], b.shape[1]))


def _wald(scores: Scores, coef: Array, sums: Array) -> Array:
    """Return b′V⁻¹b of coefficients, shape (B, q), with their clusters' scores, shape (B, G, q)."""
    turned = coef @ scores.gram
    if turned.shape[1] == 1:
        with np.errstate(divide="ignore", invalid="ignore"):
            return turned[:, 0] ** 2 / (sums[..., 0] ** 2).sum(axis=1)
    meat = np.swapaxes(sums, 1, 2) @ sums
    try:
        return (turned * np.linalg.solve(meat, turned[..., None])[..., 0]).sum(axis=1)
    except np.linalg.LinAlgError:
        return np.full(len(coef), np.nan)


def _observed(scores: Scores, null: Array) -> float:
    """Return the Wald statistic of "the coefficients are ``null``" in the data."""
    total = scores.outcome.sum(axis=1) - (scores.slope.sum(axis=1) @ scores.coef)
    if not np.abs(total).max() > 1e-12 * max(1.0, float(np.abs(scores.outcome).max())):
        return float("nan")  # without residuals there is no error to compare with
    return float(_wald(scores, (scores.coef - null)[None], total[None])[0])


def _drawn(signs: Array, parts: Array) -> Array:
    """Return the clusters' scores in every replicate, shape (B, G, ...)."""
    groups, rest = parts.shape[1], parts.shape[2:]
    flat = np.moveaxis(parts, 1, 0).reshape(groups, -1)
    return (signs @ flat).reshape(len(signs), parts.shape[0], *rest)


def _replicates(scores: Scores, sums: Array) -> Array:
    """Return the Wald statistics of replicates from their clusters' scores, shape (B, G, q)."""
    coef = np.linalg.solve(scores.gram, sums.sum(axis=1).T).T
    return _wald(scores, coef, sums - np.tensordot(coef, scores.own, axes=(1, 2)))


def wild_test(scores: Scores, signs: Array) -> tuple[float, float]:
    """Test that all coefficients are zero.

    Parameters
    ----------
    scores : Scores
        From :func:`scores_of`.
    signs : array, shape (n_boot, G)
        From :func:`draw_signs`.

    Returns
    -------
    statistic, p_value : float
        Wald statistic with the plain cluster sandwich and the share of replicates, made with the hypothesis imposed,
        that reach it, (1 + #)/(1 + B); NaN where the data leave no residuals. Cameron, Gelbach and Miller (2008,
        *REStat* 90:414). R: ``fwildclusterboot::boottest(impose_null = TRUE)``.
    """
    null = np.zeros(len(scores.coef))
    seen = _observed(scores, null)
    if not np.isfinite(seen):
        return float("nan"), float("nan")
    drawn = _replicates(scores, _drawn(signs, scores.outcome))
    drawn = drawn[np.isfinite(drawn)]
    reached = int((drawn >= seen * (1 - 1e-12)).sum())
    return seen, (1 + reached) / (1 + len(drawn))


def wild_interval(scores: Scores, signs: Array, level: float = 0.95) -> tuple[float, float]:
    """Return the values of one coefficient that the bootstrap test does not reject.

    Parameters
    ----------
    scores : Scores
        Of one coefficient.
    signs : array, shape (n_boot, G)
        From :func:`draw_signs`.
    level : float
        Level of the interval.

    Returns
    -------
    low, high : float
        Percentile-t interval by inversion of the test with the hypothesis imposed; NaN where it has no end.
    """
    centre = float(scores.coef[0])
    spread = float(np.sqrt((centre**2) / seen)) if (seen := _observed(scores, np.zeros(1))) > 0 else 0.0
    if not (np.isfinite(seen) and spread > 0):
        return float("nan"), float("nan")

    # scores are linear in the hypothesis: they are drawn once, and each hypothesis only combines them
    outcome, slope = _drawn(signs, scores.outcome), _drawn(signs, scores.slope)[..., 0]

    def excess(value: float) -> float:
        drawn = _replicates(scores, outcome - value * slope)
        return _observed(scores, np.array([value])) - float(np.quantile(drawn, level))

    return _crossing(excess, centre, -spread), _crossing(excess, centre, spread)


def _crossing(excess: Callable[[float], float], centre: float, step: float) -> float:
    """Return where the test begins to reject, walking from the estimate in one direction."""
    inner, outer = centre, centre + 2 * step
    for _ in range(12):
        if excess(outer) > 0:
            break
        inner, outer = outer, centre + 2 * (outer - centre)
    else:
        return float("nan")
    for _ in range(14):
        middle = (inner + outer) / 2
        inner, outer = (inner, middle) if excess(middle) > 0 else (middle, outer)
    return (inner + outer) / 2


def permutation_test(
    basis: ArrayLike, y: ArrayLike, weights: ArrayLike, treated: ArrayLike, *, n_draws: int, seed: int
) -> float:
    """Test the effect of a treatment by giving it to other units at random.

    Parameters
    ----------
    basis : array-like, shape (n, G)
        For each unit the regressor that it would have if it alone were treated, with all other regressors taken out.
    y, weights : array-like, shape (n,)
        Outcome and weights.
    treated : array-like of bool, shape (G,)
        Which units were.
    n_draws : int
        Number of other choices of as many units, at random; all of them where a single unit is special.
    seed : int
        Seed.

    Returns
    -------
    float
        Share of choices, the true one among them, whose effect is at least as large in size. Exact if the units could
        have been chosen in any way. Fisher (1935); Conley and Taber (2011, *REStat* 93:113).
    """
    b, w, chosen = np.asarray(basis, dtype=float), np.asarray(weights, dtype=float), np.asarray(treated, bool)
    gram, toward = b.T @ (w[:, None] * b), b.T @ (w * np.asarray(y, dtype=float))
    groups, k = len(chosen), int(chosen.sum())
    if min(k, groups - k) == 1:
        others = np.eye(groups) if k == 1 else 1 - np.eye(groups)
    else:
        order = np.random.default_rng(seed).random((n_draws, groups)).argsort(axis=1)
        others = np.vstack([chosen[None].astype(float), (order < k).astype(float)])
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = (others @ toward) / ((others @ gram) * others).sum(axis=1)
        own = (chosen @ toward) / (chosen @ gram @ chosen)
    if not np.isfinite(own) or not np.nanmax(np.abs(effects)) > 0:
        return float("nan")
    return float((np.abs(effects) >= abs(own) * (1 - 1e-9)).mean())
