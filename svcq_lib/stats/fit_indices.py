"""How well a covariance structure fits: χ², CFI, TLI, RMSEA with interval, SRMR."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

Array = NDArray[np.float64]


class FitIndices(NamedTuple):
    """Indices of one model.

    Attributes
    ----------
    chi2, df, p_value : float
        Likelihood-ratio test against the saturated model.
    cfi, tli : float
        Comparative fit index (Bentler 1990) and Tucker–Lewis index (1973).
    rmsea, rmsea_low, rmsea_high : float
        Root mean square error of approximation with its 90 % interval (Browne and Cudeck 1993).
    """

    chi2: float
    df: float
    p_value: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_low: float
    rmsea_high: float


def fit_indices(
    chi2: float, df: float, baseline_chi2: float, baseline_df: float, n: float, groups: int = 1
) -> FitIndices:
    """Return the fit indices of a model.

    Parameters
    ----------
    chi2, df : float
        Test of the model.
    baseline_chi2, baseline_df : float
        Test of the model without any correlation.
    n : float
        Respondents of all groups.
    groups : int
        Number of groups; RMSEA is multiplied by √groups (Steiger 1998).

    Returns
    -------
    FitIndices
        All but ``chi2`` and ``df`` are NaN for a model without degrees of freedom, which cannot be tested.
    """
    if df < 1:
        return FitIndices(chi2, df, *[np.nan] * 6)
    excess, baseline_excess = max(chi2 - df, 0.0), max(baseline_chi2 - baseline_df, chi2 - df, 0.0)
    cfi = 1 - excess / baseline_excess if baseline_excess > 0 else 1.0
    ratio = baseline_chi2 / baseline_df
    tli = (ratio - chi2 / df) / (ratio - 1) if ratio != 1 else np.nan
    scale = np.sqrt(groups / (n * df))
    low, high = (np.sqrt(noncentrality(chi2, df, p)) * scale for p in (0.95, 0.05))
    p_value = float(special.chdtrc(df, chi2))
    return FitIndices(
        chi2, df, p_value, cfi, float(tli), float(np.sqrt(excess) * scale), float(low), float(high)
    )


def noncentrality(chi2: float, df: float, p: float) -> float:
    """Return the noncentrality under which a χ² this small or smaller has a given probability.

    Parameters
    ----------
    chi2, df : float
        The statistic and its degrees of freedom.
    p : float
        Probability.

    Returns
    -------
    float
        0 if even the central distribution has a smaller probability.
    """
    if special.chdtr(df, chi2) <= p:
        return 0.0
    spread = np.sqrt(2 * (df + 2 * max(chi2 - df, 0.0)))
    high = chi2 + 10 * spread + 50
    return float(optimize.brentq(lambda centre: special.chndtr(chi2, df, centre) - p, 0.0, high))


def srmr(
    observed: ArrayLike,
    implied: ArrayLike,
    share: ArrayLike,
    mean_residuals: ArrayLike | None = None,
) -> float:
    """Return the standardized root mean square residual.

    Parameters
    ----------
    observed, implied : array-like, shape (g, p, p)
        Covariances of each group.
    share : array-like, shape (g,)
        Each group's share of the respondents.
    mean_residuals : array-like, shape (g, p), optional
        Observed minus implied means, where the model has means.

    Returns
    -------
    float
        √ of the mean squared residual over the lower triangle (and the means), residuals divided by the observed
        standard deviations (Bentler 1995); over groups the mean by share, as lavaan.
    """
    S = np.asarray(observed, dtype=float)
    sd = np.sqrt(np.diagonal(S, axis1=1, axis2=2))
    residual = (S - np.asarray(implied, dtype=float)) / (sd[:, :, None] * sd[:, None, :])
    rows, columns = np.tril_indices(S.shape[1])
    squares = residual[:, rows, columns] ** 2
    if mean_residuals is not None:
        squares = np.concatenate([squares, (np.asarray(mean_residuals, dtype=float) / sd) ** 2], axis=1)
    return float(np.asarray(share, dtype=float) @ np.sqrt(squares.mean(axis=1)))
