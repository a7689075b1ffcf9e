"""Funnel plots: control limits around a target, over-dispersion and its additive correction."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv
from scipy.stats import binom, norm, poisson

Array = NDArray[np.float64]
Form = Literal["proportion", "rate", "mean"]
Overdispersion = Literal["winsorised", "truncated", "none"]
LEVELS = (0.95, 0.998)
"""Levels of the inner and the outer limits."""


class Dispersion(NamedTuple):
    """How much more units scatter than chance allows.

    Attributes
    ----------
    phi : float
        Mean squared z-score, after winsorising or truncating.
    tau2 : float
        Variance between units on the scale of the z-scores; 0 where φ ≤ 1.
    n : int
        Units that count.
    """

    phi: float
    tau2: float
    n: int


class Limits(NamedTuple):
    """Lower and upper control limits, shape of the sizes given."""

    low: Array
    high: Array


def dispersion(
    z: ArrayLike, se: ArrayLike, method: Overdispersion = "winsorised", *, part: float = 0.1
) -> Dispersion:
    """Return the over-dispersion of z-scores and the variance between units that explains it.

    Parameters
    ----------
    z, se : array-like, shape (k,)
        z-scores of the units and the standard errors on the same scale.
    method : {"winsorised", "truncated", "none"}
        Whether the outer z-scores are pulled in to the quantiles (R's type 7), left out (the ⌊part·k⌋ lowest and
        highest), or kept.
    part : float
        Share of the units treated at each end.

    Returns
    -------
    Dispersion
        φ = Σz²/k; τ² = max(0, (kφ − (k − 1)) / (Σw − Σw²/Σw)), w = 1/se²; τ² = 0 where φ ≤ 1.

    Notes
    -----
    Spiegelhalter (2005), *Quality and Safety in Health Care* 14; Spiegelhalter et al. (2012), *Journal of the Royal
    Statistical Society A* 175. R: ``FunnelPlotR`` (truncated: SHMI; winsorised: CQC).
    """
    score, error = np.asarray(z, dtype=float), np.asarray(se, dtype=float)
    keep = np.isfinite(score) & np.isfinite(error) & (error > 0)
    score, error = score[keep], error[keep]
    if score.size == 0:
        return Dispersion(float("nan"), 0.0, 0)
    if method == "winsorised":
        low, high = np.quantile(score, [part, 1 - part])
        score = np.clip(score, low, high)
    elif method == "truncated":
        cut = int(np.floor(part * score.size))
        order = np.argsort(score, kind="stable")[cut : score.size - cut]
        score, error = score[order], error[order]
    k, w = score.size, 1 / error**2
    phi = float((score**2).mean())
    scale = w.sum() - (w**2).sum() / w.sum()
    tau2 = 0.0 if phi <= 1 or k < 2 else max(0.0, float((k * phi - (k - 1)) / scale))
    return Dispersion(phi, tau2, k)


def z_scores(
    estimate: ArrayLike, size: ArrayLike, target: float, form: Form, spread: float = 1.0
) -> tuple[Array, Array]:
    """Return how far units lie from the target in units of chance, on the scale that makes chance even.

    Parameters
    ----------
    estimate : array-like, shape (k,)
        Shares, ratios observed/expected, or means.
    size : array-like, shape (k,)
        Answers, expected counts, or answers.
    target : float
        What all units are held against.
    form : {"proportion", "rate", "mean"}
        asin √p with se 1/(2√n); √(O/E) with se 1/(2√E); the mean itself with se spread/√n.
    spread : float
        Standard deviation within units, for means.

    Returns
    -------
    z, se : ndarray, shape (k,)
        z-scores and standard errors on that scale.
    """
    size = np.asarray(size, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = (spread if form == "mean" else 0.5) / np.sqrt(size)
        z = (_stable(np.asarray(estimate, dtype=float), form) - _stable(np.asarray(target), form)) / se
    return z, se


def _stable(value: Array, form: Form) -> Array:
    if form == "mean":
        return value
    return np.arcsin(np.sqrt(np.clip(value, 0, 1))) if form == "proportion" else np.sqrt(np.maximum(value, 0))


def _back(value: Array, form: Form) -> Array:
    if form == "mean":
        return value
    if form == "proportion":
        return np.asarray(np.sin(np.clip(value, 0, np.pi / 2)) ** 2)
    return np.asarray(np.maximum(value, 0) ** 2)


def quantile_limits(
    size: ArrayLike, target: float, form: Form, level: float, *, spread: float = 1.0
) -> Limits:
    """Return limits that a unit at the target leaves with probability 1 − level.

    Parameters
    ----------
    size : array-like, shape (m,)
        Answers; expected counts for rates.
    target : float
        The target: a share, a ratio, a mean.
    form : {"proportion", "rate", "mean"}
        Exact quantiles of the binomial and of the Poisson distribution, interpolated between counts (Spiegelhalter
        2005) so that they are smooth; normal quantiles for means.
    level : float
        For example 0.95 or 0.998.
    spread : float
        Standard deviation within units, for means.

    Returns
    -------
    Limits
        On the scale of the target.
    """
    size = np.asarray(size, dtype=float)
    tails = (1 - level) / 2, (1 + level) / 2
    if form == "mean":
        half = norm.ppf(tails[1]) * spread / np.sqrt(size)
        return Limits(target - half, target + half)
    low, high = (_counts(size, target, form, tail) / size for tail in tails)
    return Limits(np.maximum(low, 0.0), np.minimum(high, 1.0) if form == "proportion" else high)


def _counts(size: Array, target: float, form: Form, tail: float) -> Array:
    """Return the interpolated quantile of the count at the target."""
    law: Any = (
        binom(np.maximum(np.round(size), 1), target) if form == "proportion" else poisson(size * target)
    )
    count = law.ppf(tail)
    above, at = law.cdf(count), law.pmf(count)
    with np.errstate(divide="ignore", invalid="ignore"):
        back = np.where(at > 0, (above - tail) / at, 0.0)
    return np.asarray(count - back)


def funnelplotr_limits(expected: ArrayLike, level: float) -> Limits:
    """Return FunnelPlotR's "exact" limits for standardised ratios.

    Parameters
    ----------
    expected : array-like, shape (m,)
        Expected counts E.
    level : float
        For example 0.95 or 0.998.

    Returns
    -------
    Limits
        χ²_{α/2, 2E} / 2E and χ²_{1−α/2, 2(E+1)} / 2E: an exact interval evaluated at O = E. As control limits their
        tails are not equal (3.9 % and 1.3 % at E = 20); `quantile_limits` are.

    Examples
    --------
    >>> low, high = funnelplotr_limits([15, 20, 30], 0.95)
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.5597, 0.6108, 0.6747], [1.6493, 1.5444, 1.4276])
    """
    e = np.asarray(expected, dtype=float)
    tail = (1 - level) / 2
    return Limits(np.asarray(gammaincinv(e, tail) / e), np.asarray(gammaincinv(e + 1, 1 - tail) / e))


def dispersed_limits(
    size: ArrayLike, target: float, form: Form, level: float, tau2: float, *, spread: float = 1.0
) -> Limits:
    """Return limits that allow for the spread between units.

    Parameters
    ----------
    size, target, form, level, spread
        As in `quantile_limits`.
    tau2 : float
        Variance between units on the stabilised scale, see `dispersion`.

    Returns
    -------
    Limits
        Target ± z √(se² + τ²) on the stabilised scale, turned back.
    """
    size = np.asarray(size, dtype=float)
    _, se = z_scores(np.zeros(size.shape), size, target, form, spread)
    half = norm.ppf((1 + level) / 2) * np.sqrt(se**2 + tau2)
    centre = _stable(np.asarray(target, dtype=float), form)
    return Limits(_back(centre - half, form), _back(centre + half, form))


def shmi_limits(expected: ArrayLike, level: float, tau2: float) -> Limits:
    """Return the limits of the SHMI: exp(± z √(1/E + τ²)).

    Parameters
    ----------
    expected : array-like, shape (m,)
        Expected counts.
    level : float
        For example 0.95.
    tau2 : float
        Variance between units on the log scale.

    Returns
    -------
    Limits
        Around a ratio of 1.
    """
    half = norm.ppf((1 + level) / 2) * np.sqrt(1 / np.asarray(expected, dtype=float) + tau2)
    return Limits(np.exp(-half), np.exp(half))
