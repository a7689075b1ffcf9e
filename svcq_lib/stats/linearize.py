"""Standard errors of weighted means and ratios under a sampling design, from sums.

Linearisation (Taylor series): a ratio of two totals varies like the total of its linearised values z; the
variance of that total follows from how z varies between the primary sampling units (PSUs) of each stratum.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import MethodError

Array = NDArray[np.float64]
Lonely = Literal["fail", "adjust"]

# A sum of squares below this share of its parts is rounding noise: the answers are all alike.
_NOISE = 1e-13


class MeanEstimate(NamedTuple):
    """A weighted mean and what is needed to judge it.

    Attributes
    ----------
    estimate : array
        Weighted mean; NaN without answers.
    variance : array
        Variance of the estimate; NaN with fewer than two answers.
    std_dev : array
        Standard deviation of one answer; NaN with fewer than two answers.
    n : array
        Number of answers.
    n_eff : array
        Kish's effective number of answers, (sum of weights)² / sum of squared weights.
    df : array
        Degrees of freedom of the variance, (Σw²)²/Σw⁴ − 1 (n − 1 without weights), at least 1; NaN with fewer than
        two answers.
    """

    estimate: Array
    variance: Array
    std_dev: Array
    n: Array
    n_eff: Array
    df: Array


class DesignVariance(NamedTuple):
    """Variance under a sampling design.

    Attributes
    ----------
    variance : array, shape (...)
        Variance, one for each column.
    df : int
        Degrees of freedom: number of PSUs minus number of strata.
    """

    variance: Array
    df: int


def mean_from_sums(
    n: ArrayLike,
    sw: ArrayLike,
    sw2: ArrayLike,
    sw4: ArrayLike,
    swx: ArrayLike,
    swx2: ArrayLike,
    sw2x: ArrayLike,
    sw2x2: ArrayLike,
) -> MeanEstimate:
    """Return a weighted mean with its linearised variance from eight sums.

    Parameters
    ----------
    n, sw, sw2, sw4 : array-like
        Number of answers, sums of weights, of their squares and of their fourth powers.
    swx, swx2 : array-like
        Sums of w x and w x².
    sw2x, sw2x2 : array-like
        Sums of w² x and w² x².

    Returns
    -------
    MeanEstimate
        Arrays of the shape of the sums. Without weights the variance is s²/n and the standard deviation s.

    Notes
    -----
    variance = n/(n − 1) · Σ w² (x − mean)² / (Σ w)², the variance under sampling with replacement of a design
    that is known by its weights only (R: ``svymean`` on ``svydesign(id = ~1, weights = ~w)``).
    std_dev² = n/(n − 1) · Σ w (x − mean)² / Σ w.

    Uneven weights let few answers decide the variance, so that it is less well known than from n equal ones. Its
    degrees of freedom are Satterthwaite's for a sum of w² (x − mean)² of normal answers (Satterthwaite 1946,
    *Biometrics Bulletin* 2).
    """
    sums = (np.asarray(one, dtype=float) for one in (n, sw, sw2, sw4, swx, swx2, sw2x, sw2x2))
    n, sw, sw2, sw4, swx, swx2, sw2x, sw2x2 = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        present = (n > 0) & (sw > 0)
        mean = np.where(present, swx / sw, np.nan)
        spread = _without_noise(swx2 - mean * swx, swx2)
        weighted_spread = _without_noise(sw2x2 - 2 * mean * sw2x + mean**2 * sw2, sw2x2)
        less_one = np.where(present & (n >= 2), n - 1, np.nan)
        return MeanEstimate(
            estimate=mean,
            variance=n / less_one * weighted_spread / sw**2,
            std_dev=np.sqrt(n / less_one * spread / sw),
            n=n,
            n_eff=np.where(present, sw**2 / sw2, 0.0),
            df=np.where(np.isnan(less_one), np.nan, np.maximum(equal_rows(sw2, sw4) - 1, 1)),
        )


def equal_rows(sw2: ArrayLike, sw4: ArrayLike) -> Array:
    """Return how many equally weighted answers would tell as much about a variance.

    Parameters
    ----------
    sw2, sw4 : array-like
        Sums of squares and of fourth powers of the weights.

    Returns
    -------
    array
        (Σw²)²/Σw⁴: n without weights; 0 without answers.
    """
    sw2, sw4 = np.asarray(sw2, dtype=float), np.asarray(sw4, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sw4 > 0, sw2**2 / sw4, 0.0)


def mean_estimate(x: ArrayLike, weights: ArrayLike | None = None) -> MeanEstimate:
    """Return a weighted mean with its linearised variance from answers.

    Parameters
    ----------
    x : array-like, shape (rows, ...)
        Answers; NaN are left out.
    weights : array-like, shape (rows,), optional
        Weights; a missing or zero weight leaves the row out.

    Returns
    -------
    MeanEstimate
        One number for each column of x.
    """
    x = np.asarray(x, dtype=float)
    w = np.ones(x.shape[0]) if weights is None else np.asarray(weights, dtype=float)
    w = np.broadcast_to(w.reshape((-1,) + (1,) * (x.ndim - 1)), x.shape)
    present = np.isfinite(x) & (w > 0)
    w, x = np.where(present, w, 0.0), np.where(present, x, 0.0)
    # moments about a value near the mean lose no digits when answers are large and close together
    shift = x.sum(axis=0) / np.maximum(present.sum(axis=0), 1)
    d = np.where(present, x - shift, 0.0)
    parts = (w, w**2, w**4, w * d, w * d**2, w**2 * d, w**2 * d**2)
    found = mean_from_sums(present.sum(axis=0), *(part.sum(axis=0) for part in parts))
    return found._replace(estimate=found.estimate + shift)


def ratio_variance_from_psus(
    psu_sw: ArrayLike,
    psu_swx: ArrayLike,
    estimate: ArrayLike,
    stratum_codes: ArrayLike,
    fpc_sampled_fraction: ArrayLike | None = None,
    *,
    lonely: Lonely = "fail",
) -> DesignVariance:
    """Return the variance of a ratio Σwx / Σw by linearisation over ultimate clusters.

    Parameters
    ----------
    psu_sw, psu_swx : array-like, shape (k,) or (k, ...)
        Sum of weights and sum of w x in each PSU. For a domain, sums over its rows; PSUs without such rows
        stay, with zeros.
    estimate : array-like, shape (...)
        The ratio.
    stratum_codes : array-like, shape (k,)
        Stratum of each PSU.
    fpc_sampled_fraction : array-like, scalar or shape (strata,), optional
        Share of the PSUs that was sampled (finite population correction), in the ascending order of the
        stratum codes.
    lonely : {"fail", "adjust"}
        What a stratum with a single PSU does: an error, or its deviation from the mean over all PSUs is used.

    Returns
    -------
    DesignVariance
        One variance for each column.

    Raises
    ------
    MethodError
        A stratum with a single PSU and ``lonely="fail"``; a single PSU in all.

    Notes
    -----
    z = (Σwx − estimate Σw) / total weight in each PSU, then `total_variance_from_psus`. Särndal, Swensson and
    Wretman (1992, section 5.5). R: ``svymean``, ``svyratio`` and ``svyby`` of package survey.
    """
    psu_sw, psu_swx = np.asarray(psu_sw, dtype=float), np.asarray(psu_swx, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (psu_swx - np.asarray(estimate, dtype=float) * psu_sw) / psu_sw.sum(axis=0)
    return total_variance_from_psus(z, stratum_codes, fpc_sampled_fraction, lonely=lonely)


def total_variance_from_psus(
    psu_totals: ArrayLike,
    stratum_codes: ArrayLike,
    fpc_sampled_fraction: ArrayLike | None = None,
    *,
    lonely: Lonely = "fail",
) -> DesignVariance:
    """Return the variance of a total by ultimate clusters.

    Parameters
    ----------
    psu_totals : array-like, shape (k,) or (k, ...)
        Weighted total of each PSU.
    stratum_codes : array-like, shape (k,)
        Stratum of each PSU.
    fpc_sampled_fraction : array-like, scalar or shape (strata,), optional
        Share of the PSUs that was sampled, in the ascending order of the stratum codes.
    lonely : {"fail", "adjust"}
        What a stratum with a single PSU does.

    Returns
    -------
    DesignVariance
        Σ_h (1 − f_h) n_h/(n_h − 1) Σ_i (z_hi − z̄_h)², one for each column.

    Raises
    ------
    MethodError
        As `ratio_variance_from_psus`.
    """
    z = np.asarray(psu_totals, dtype=float)
    names, codes = np.unique(np.asarray(stratum_codes), return_inverse=True)
    size = np.bincount(codes, minlength=names.size)
    if z.shape[0] < 2 or (lonely == "fail" and (size == 1).any()):
        raise MethodError(
            f"A variance needs two sampling units in every stratum; {names[size == 1].tolist()} have one. "
            "Merge them with a similar stratum, or choose lonely='adjust'."
        )
    fraction = np.asarray(0.0 if fpc_sampled_fraction is None else fpc_sampled_fraction, dtype=float)
    centre = np.zeros((names.size, *z.shape[1:]))
    np.add.at(centre, codes, z)
    centre /= size.reshape((-1,) + (1,) * (z.ndim - 1))
    centre[size == 1] = z.mean(axis=0)
    factor = (1 - fraction) * np.where(size > 1, size / np.maximum(size - 1, 1), 1.0)
    return DesignVariance(np.tensordot(factor[codes], (z - centre[codes]) ** 2, axes=1), len(z) - names.size)


def _without_noise(sum_of_squares: Array, scale: Array) -> Array:
    return np.where(sum_of_squares < _NOISE * np.abs(scale), 0.0 * sum_of_squares, sum_of_squares)
