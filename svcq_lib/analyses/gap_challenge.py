"""Do gaps or perceptions alone predict satisfaction better? Out-of-sample R² from sums, without refits on rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.evidence.collect import Evidence
from svcq_lib.stats import intervals
from svcq_lib.study import Dimension, Study

Array = NDArray[np.float64]
COLUMNS = [
    "predictors", "outcome", "r_squared", "r_squared_low", "r_squared_high", "difference", "difference_low",
    "difference_high", "folds", "n",
]  # fmt: skip
FOLDS = 10


def challenge(
    study: Study,
    evidence: Evidence,
    terms: list[Dimension],
    outcome: str,
    *,
    draws: Array,
    ci_level: float,
    seed: int,
) -> pd.DataFrame:
    """Return the cross-validated R² of satisfaction on dimension gaps and on dimension perceptions.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        With the request ``gaps.model``.
    terms : list of Dimension
        The dimensions.
    outcome : str
        The satisfaction outcome.
    draws : ndarray, shape (replicates, blocks)
        How often each block was drawn.
    ci_level : float
        Level of the intervals.
    seed : int
        Seed of the folds.

    Returns
    -------
    DataFrame
        predictors ("gap", "perception"), outcome, r_squared with percentile interval, difference (from the gaps' R²)
        with interval, folds, n. Folds are sets of whole blocks (rows, random groups of rows, or clusters), so that
        nobody predicts oneself. Empty without an outcome, or with fewer than 10 respondents per dimension.
    """
    moments = evidence.moments.get("gaps.model")
    if moments is None or not np.isfinite(draws).all():
        return pd.DataFrame(columns=COLUMNS)
    n = float(moments.total().sums["n"][0].min())
    blocks = moments.keys["block"].to_numpy(dtype=np.intp)
    folds = min(FOLDS, len(blocks))
    if n < max(study.thresholds.flag, 10 * len(terms)) or folds < 3:
        return pd.DataFrame(columns=COLUMNS)
    # folds are drawn with their seed, not in the order of blocks, which may be that of the table
    fold = np.random.Generator(np.random.PCG64(seed)).permutation(len(blocks)) % folds
    products = _products(moments.sums)
    weights = np.vstack([np.ones(len(blocks)), draws[:, blocks]])
    sums = np.stack([_weighed(weights[:, fold == k], products[fold == k]) for k in range(folds)], axis=1)
    p = len(terms)
    found = {"gap": _r_squared(sums, 2 + p, p), "perception": _r_squared(sums, 2, p)}
    rows = []
    for name, values in found.items():
        other = values - found["gap"]
        low, high = intervals.percentile_interval(values[1:], ci_level, axis=0)
        limits = intervals.percentile_interval(other[1:], ci_level, axis=0)
        away = (other[0], *limits) if name != "gap" else (np.nan, np.nan, np.nan)
        rows.append((name, outcome, values[0], low, high, *away, folds, n))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype(dict.fromkeys(COLUMNS[2:], float))


def _products(held: Mapping[str, Array]) -> Array:
    """Return, per block, Σw zzᵀ of z = (1, outcome, perceptions, gaps), all present in the same rows."""
    inner, first = held["swxy"], held["swx"][:, :, 0]
    size = inner.shape[1] + 1
    found = np.empty((len(inner), size, size))
    found[:, 0, 0] = held["sw"][:, 0, 0]
    found[:, 0, 1:] = found[:, 1:, 0] = first
    found[:, 1:, 1:] = inner
    return found


def _weighed(weights: Array, products: Array) -> Array:
    flat = weights @ products.reshape(len(products), -1)
    return np.asarray(flat.reshape(len(weights), *products.shape[1:]))


def _r_squared(sums: Array, start: int, p: int) -> Array:
    """Return the out-of-sample R² of every replicate: 1 − Σ (y − ŷ)² / Σ (y − ȳ)², ŷ and ȳ from the other folds."""
    at = [0, *range(start, start + p)]
    train = sums.sum(axis=1, keepdims=True) - sums
    gram, toward = train[:, :, at][:, :, :, at], train[:, :, at, 1]
    # a dimension that does not vary gets no coefficient instead of an error
    beta = (np.linalg.pinv(gram, rcond=1e-10, hermitian=True) @ toward[..., None])[..., 0]
    held, own = sums[:, :, at][:, :, :, at], sums[:, :, at, 1]
    square = sums[:, :, 1, 1]
    error = square - 2 * (beta * own).sum(axis=-1) + np.einsum("bki,bkij,bkj->bk", beta, held, beta)
    mean = train[:, :, 0, 1] / train[:, :, 0, 0]
    spread = square - 2 * mean * sums[:, :, 0, 1] + mean**2 * sums[:, :, 0, 0]
    whole = spread.sum(axis=1)
    # an outcome that does not vary leaves nothing to predict but rounding
    varies = whole > 1e-12 * square.sum(axis=1)
    return np.asarray(np.where(varies, 1 - error.sum(axis=1) / np.where(varies, whole, 1.0), np.nan))
