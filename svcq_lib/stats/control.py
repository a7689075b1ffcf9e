"""Control charts: limits that separate common from special causes, and the rules that find the latter.

Shewhart (1931); XmR as in NHS England's *Making Data Count*; Montgomery, *Introduction to Statistical Quality Control*;
Laney (2002), *Quality Engineering* 14:531; Nelson (1984), *Journal of Quality Technology* 16:237.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
D2 = 1.128
"""Mean range of two standard normal values: turns a mean moving range into a standard deviation."""
SCREEN = 3.267
"""A moving range above this multiple of the mean range is itself a signal."""


class Limits(NamedTuple):
    """A centre and limits, one number each or one per point.

    Attributes
    ----------
    centre, lower, upper : float or ndarray
        Centre line and three-sigma limits.
    sigma : float or ndarray
        A third of the distance between centre and limit.
    """

    centre: Array
    lower: Array
    upper: Array
    sigma: Array


def xmr(values: ArrayLike, *, screen: bool = True) -> Limits:
    """Return the limits of an XmR chart (individual values and moving ranges).

    Parameters
    ----------
    values : array-like, shape (n,)
        Values in order of time, at least two.
    screen : bool
        Whether moving ranges of at least 3.267 times their mean are left out before averaging again, so that a
        single shock does not widen the limits (R's NHSRplotthedots does, the NHS Excel tools do not).

    Returns
    -------
    Limits
        Mean ± 2.66 times the mean moving range.
    """
    x = np.asarray(values, dtype=float)
    if x.size < 2:
        raise ValueError(f"an XmR chart needs at least two values, not {x.size}")
    ranges = np.abs(np.diff(x))
    mean = ranges.mean()
    if screen and mean > 0:
        kept = ranges[ranges < SCREEN * mean]
        mean = kept.mean() if kept.size else mean
    sigma = mean / D2
    half = 2.66 * mean  # 3 / 1.128 as the charts round it
    centre = x.mean()
    return Limits(*(np.asarray(one) for one in (centre, centre - half, centre + half, sigma)))


def proportions(events: ArrayLike, sizes: ArrayLike, *, laney: bool = False) -> Limits:
    """Return the limits of a p-chart, or of Laney's p′-chart.

    Parameters
    ----------
    events, sizes : array-like, shape (n,)
        Events and opportunities of each period.
    laney : bool
        Whether the spread between periods beyond the binomial's widens the limits.

    Returns
    -------
    Limits
        p̄ ± 3 sqrt(p̄(1 − p̄)/n) [· σ_z], cut at 0 and 1.
    """
    x, n = np.asarray(events, dtype=float), np.asarray(sizes, dtype=float)
    centre = x.sum() / n.sum()
    sigma = np.sqrt(centre * (1 - centre) / n)
    if laney:
        z = (x / n - centre) / sigma
        sigma = sigma * np.abs(np.diff(z)).mean() / D2
    return Limits(
        np.asarray(centre), np.maximum(centre - 3 * sigma, 0), np.minimum(centre + 3 * sigma, 1), sigma
    )


def rates(events: ArrayLike, exposure: ArrayLike) -> Limits:
    """Return the limits of a u-chart: ū ± 3 sqrt(ū/n), cut at 0; with exposure 1 those of a c-chart.

    Parameters
    ----------
    events, exposure : array-like, shape (n,)
        Events and exposure of each period.

    Returns
    -------
    Limits
        One limit per period.
    """
    x, n = np.broadcast_arrays(np.asarray(events, dtype=float), np.asarray(exposure, dtype=float))
    centre = x.sum() / n.sum()
    sigma = np.sqrt(centre / n)
    return Limits(np.asarray(centre), np.maximum(centre - 3 * sigma, 0), centre + 3 * sigma, sigma)


def ewma(
    values: ArrayLike, *, weight: float, start: float, sigma: float, width: float = 3.0
) -> tuple[Array, Limits]:
    """Return exponentially weighted averages and their limits.

    Parameters
    ----------
    values : array-like, shape (n,)
        Values in order of time.
    weight : float
        λ, the weight of the newest value.
    start : float
        Centre, and the average before the first value.
    sigma : float
        Standard deviation of a value.
    width : float
        L, half the width of the limits in standard deviations.

    Returns
    -------
    averages : ndarray, shape (n,)
        z_t = λ x_t + (1 − λ) z_{t−1}.
    limits : Limits
        start ± L σ sqrt(λ/(2 − λ) [1 − (1 − λ)^{2t}]).
    """
    x = np.asarray(values, dtype=float)
    averages, last = np.empty_like(x), start
    for t, value in enumerate(x):
        averages[t] = last = weight * value + (1 - weight) * last
    steps = np.arange(1, x.size + 1)
    spread = sigma * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * steps)))
    return averages, Limits(np.asarray(start), start - width * spread, start + width * spread, spread)


def cusum(z: ArrayLike, *, slack: float = 0.5) -> tuple[Array, Array]:
    """Return the upper and the lower cumulative sum of standardized values.

    Parameters
    ----------
    z : array-like, shape (n,)
        Standardized values in order of time.
    slack : float
        k, half of the shift (in standard deviations) that is to be found.

    Returns
    -------
    upper, lower : ndarray, shape (n,)
        C⁺ = max(0, C⁺ + z − k) and C⁻ = min(0, C⁻ + z + k); a signal is one beyond ±h.
    """
    x = np.asarray(z, dtype=float)
    upper, lower = np.empty_like(x), np.empty_like(x)
    up = down = 0.0
    for t, value in enumerate(x):
        upper[t] = up = max(0.0, up + value - slack)
        lower[t] = down = min(0.0, down + value + slack)
    return upper, lower


def special_causes(values: ArrayLike, limits: Limits) -> NDArray[np.intp]:
    """Return which rule of *Making Data Count* finds each point.

    Parameters
    ----------
    values : array-like, shape (n,)
        Values in order of time.
    limits : Limits
        From :func:`xmr`.

    Returns
    -------
    ndarray of int, shape (n,)
        0 common cause; 1 outside the limits; 2 part of a trend of 7 points; 3 part of 2 of 3 beyond two thirds of
        the way to a limit, all three on the same side; 4 part of 7 on the same side. The first that holds counts.
    """
    x = np.asarray(values, dtype=float)
    centre, near = float(limits.centre), 2 / 3 * (float(limits.upper) - float(limits.centre))
    side = np.sign(x - centre)
    found = np.zeros(x.size, dtype=np.intp)
    found[_in_runs(side != 0, side, 7)] = 4
    far = np.abs(x - centre) > near
    for t in range(2, x.size):
        window = slice(t - 2, t + 1)
        if far[window].sum() >= 2 and side[t] != 0 and (side[window] == side[t]).all():
            found[window] = np.where(far[window], 3, found[window])
    steps = np.sign(np.diff(x))
    rising = _in_runs(steps != 0, steps, 6)
    trend = np.zeros(x.size, dtype=bool)
    trend[:-1] |= rising
    trend[1:] |= rising
    found[trend] = 2
    found[(x < limits.lower) | (x > limits.upper)] = 1
    return found


def _in_runs(allowed: NDArray[np.bool_], label: Array, length: int) -> NDArray[np.bool_]:
    """Return which positions belong to a run of at least ``length`` equal labels."""
    found = np.zeros(label.size, dtype=bool)
    start = 0
    for t in range(1, label.size + 1):
        if t == label.size or label[t] != label[start]:
            if t - start >= length and allowed[start]:
                found[start:t] = True
            start = t
    return found


def means_and_ranges(samples: ArrayLike) -> tuple[Limits, Limits]:
    """Return the limits of an x̄-chart and of an R-chart.

    Parameters
    ----------
    samples : array-like, shape (n, size)
        Samples of equal size, 2 to 10, in order of time.

    Returns
    -------
    means, ranges : Limits
        x̿ ± 3 R̄/(d₂ √size), and R̄ ± 3 d₃ R̄/d₂ cut at 0. ``sigma`` is that of a mean and of a range.
    """
    x = np.asarray(samples, dtype=float)
    size = x.shape[1]
    d2, d3 = _RANGE[size]
    mean_range = np.ptp(x, axis=1).mean()
    sigma = mean_range / d2
    centre, spread = x.mean(), sigma / np.sqrt(size)
    means = (centre, centre - 3 * spread, centre + 3 * spread, spread)
    ranges = (mean_range, max(mean_range - 3 * d3 * sigma, 0.0), mean_range + 3 * d3 * sigma, d3 * sigma)
    return Limits(*(np.asarray(one) for one in means)), Limits(*(np.asarray(one) for one in ranges))


# mean (the three digits of the charts' tables) and standard deviation of the range of so many standard normal values
_RANGE = {
    2: (D2, 0.85250), 3: (1.693, 0.88837), 4: (2.059, 0.87981), 5: (2.326, 0.86408), 6: (2.534, 0.84804),
    7: (2.704, 0.83321), 8: (2.847, 0.81983), 9: (2.970, 0.80783), 10: (3.078, 0.79705),
}  # fmt: skip
