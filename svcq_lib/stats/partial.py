"""Taking variables out of a correlation matrix, and matrices in which missing answers are variables of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.stats.matrices import cov_to_cor

Array = NDArray[np.float64]

_TOLERANCE = 1e-10


def partial_out(R: ArrayLike, out: Sequence[int]) -> tuple[Array, Array]:
    """Return the correlations of what is left of variables once others are held constant.

    Parameters
    ----------
    R : array-like, shape (..., k, k)
        Correlation (or covariance) matrices.
    out : sequence of int
        Variables that are held constant.

    Returns
    -------
    correlations : array, shape (..., j, j)
        Partial correlations of the others, in their order; NaN for one that the held ones determine.
    left : array, shape (..., j)
        Share of each one's variance that is left, 1 − R² on the held ones.

    Notes
    -----
    With it the decomposition of R² beyond covariates is that of the partial correlations times the outcome's
    share that is left: R²(S + C) − R²(C) = (1 − R²(C)) · R²(S | C). Combinations among the held ones do no
    harm (generalised inverse).
    """
    R = np.asarray(R, dtype=float)
    rest = [i for i in range(R.shape[-1]) if i not in set(out)]
    own = R[..., rest, :][..., rest]
    variance = np.diagonal(own, axis1=-2, axis2=-1)
    if not len(out):
        return own.copy(), np.ones(variance.shape)
    held = R[..., list(out), :][..., list(out)]
    across = R[..., list(out), :][..., rest]
    residual = (
        own - np.swapaxes(across, -1, -2) @ np.linalg.pinv(held, rcond=_TOLERANCE, hermitian=True) @ across
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.diagonal(residual, axis1=-2, axis2=-1) / variance
    left = np.where(left > _TOLERANCE, left, np.nan)
    scaled = np.where(np.isfinite(left)[..., None, :] & np.isfinite(left)[..., :, None], residual, np.nan)
    return cov_to_cor(scaled), left


def filled_covariance(sums: Mapping[str, Array]) -> Array:
    """Return covariances of variables filled with their means, and of the indicators of what was missing.

    Parameters
    ----------
    sums : Mapping of str to array, shape (..., k, k)
        Pairwise sums ``sw``, ``swx``, ``swxy`` (see `svcq_lib.stats.matrices`) of k variables; the first one, the
        outcome, has an answer wherever another has.

    Returns
    -------
    array, shape (..., 2 k − 1, 2 k − 1)
        The outcome, the k − 1 filled variables, their k − 1 indicators (1 where the answer is missing).

    Notes
    -----
    Cohen and Cohen (1983), dummy-variable adjustment. A filled variable, taken from its mean, is zero where it is
    missing, so every sum over all rows is a sum over the rows where both are present: no row is read again.
    """
    sw, swx, swxy = (np.asarray(sums[name], dtype=float) for name in ("sw", "swx", "swxy"))
    k = sw.shape[-1]
    total = sw[..., 0, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.diagonal(swx, axis1=-2, axis2=-1) / np.diagonal(sw, axis1=-2, axis2=-1)
        # sums over both present of (x_i − mean_i)(x_j − mean_j), and of x_i − mean_i
        centred = (
            swxy - mean[..., :, None] * np.swapaxes(swx, -1, -2) - swx * mean[..., None, :]
            + mean[..., :, None] * mean[..., None, :] * sw
        )  # fmt: skip
        moved = swx - mean[..., :, None] * sw
        present = np.diagonal(sw, axis1=-2, axis2=-1) / total[..., None]
        within = centred / total[..., None, None]
        # a filled variable sums to zero, so its covariance with "missing" is minus that with "present"
        missing = -moved[..., :, 1:] / total[..., None, None]
        both = sw / total[..., None, None] - present[..., :, None] * present[..., None, :]
    out = np.empty((*sw.shape[:-2], 2 * k - 1, 2 * k - 1))
    out[..., :k, :k] = within
    out[..., :k, k:] = missing
    out[..., k:, :k] = np.swapaxes(missing, -1, -2)
    out[..., k:, k:] = both[..., 1:, 1:]
    return out
