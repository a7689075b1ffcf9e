"""Net Promoter Score: willingness to recommend from 0 to 10, in points from −100 to 100."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svcq_lib.errors import ParameterError
from svcq_lib.measures.answers import refuse_levels, tally
from svcq_lib.stats.intervals import normal_interval

Array = NDArray[np.float64]
NpsMethod = Literal["wald", "adjusted"]

PROMOTER_FROM = 9
DETRACTOR_TO = 6


class NpsShares(NamedTuple):
    """Shares of the three groups, 0 to 1.

    Attributes
    ----------
    promoters : float
        Answers 9 and 10.
    passives : float
        Answers 7 and 8.
    detractors : float
        Answers 0 to 6.
    """

    promoters: float
    passives: float
    detractors: float


def nps(scores: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Return the Net Promoter Score.

    Parameters
    ----------
    scores : array-like, shape (n,)
        Answers from 0 to 10; NaN are left out.
    weights : array-like, shape (n,), optional
        Weights.

    Returns
    -------
    float
        Points from −100 to 100; NaN without answers.

    Raises
    ------
    DataError
        An answer that is not a whole number from 0 to 10; the message names it.

    Notes
    -----
    100 (share of 9-10 − share of 0-6). Reichheld (2003, *Harvard Business Review* 81(12):46).

    Examples
    --------
    >>> nps([10, 9, 8, 3])
    25.0
    """
    shares = nps_shares(scores, weights=weights)
    return float(nps_from_shares(shares.promoters, shares.detractors))


def nps_from_shares(promoters: ArrayLike, detractors: ArrayLike) -> Array:
    """Return the Net Promoter Score from shares.

    Parameters
    ----------
    promoters, detractors : array-like
        Shares, 0 to 1.

    Returns
    -------
    array
        Points, 100 (promoters − detractors).

    Examples
    --------
    >>> float(nps_from_shares(0.5, 0.25))
    25.0
    """
    return np.asarray(100 * (np.asarray(promoters, dtype=float) - np.asarray(detractors, dtype=float)))


def nps_shares(scores: ArrayLike, *, weights: ArrayLike | None = None) -> NpsShares:
    """Return the shares of promoters, passives and detractors.

    Parameters
    ----------
    scores : array-like, shape (n,)
        Answers from 0 to 10; NaN are left out.
    weights : array-like, shape (n,), optional
        Weights.

    Returns
    -------
    NpsShares
        Shares that sum to 1; NaN without answers.

    Raises
    ------
    DataError
        As `nps`.

    Examples
    --------
    >>> nps_shares([10, 9, 8, 3])
    NpsShares(promoters=0.5, passives=0.25, detractors=0.25)
    """
    return nps_shares_from_tally(*tally(scores, weights))


def nps_shares_from_tally(levels: ArrayLike, counts: ArrayLike) -> NpsShares:
    """Return the shares of promoters, passives and detractors from counts.

    Parameters
    ----------
    levels, counts : array-like, shape (k,)
        Answers found and their counts, or sums of weights.

    Returns
    -------
    NpsShares
        Shares that sum to 1; NaN without answers.

    Raises
    ------
    DataError
        As `nps`.

    Examples
    --------
    >>> nps_shares_from_tally([3, 8, 9, 10], [1, 1, 1, 1]).passives
    0.25
    """
    levels, counts = np.asarray(levels, dtype=float), np.asarray(counts, dtype=float)
    wrong = (counts > 0) & ((levels < 0) | (levels > 10) | (levels != np.round(levels)))
    refuse_levels(levels, wrong, "NPS", "whole numbers from 0 to 10")
    total = counts.sum()
    if total <= 0:
        return NpsShares(np.nan, np.nan, np.nan)
    promoters, detractors = levels >= PROMOTER_FROM, levels <= DETRACTOR_TO
    groups = (promoters, ~promoters & ~detractors, detractors)
    return NpsShares(*(float(counts[group].sum() / total) for group in groups))


def nps_variance(promoters: ArrayLike, detractors: ArrayLike) -> Array:
    """Return the variance of one answer that counts 1, 0 or −1.

    Parameters
    ----------
    promoters, detractors : array-like
        Shares, 0 to 1.

    Returns
    -------
    array
        p + d − (p − d)², in squared share units: divide by n for the variance of the score, and multiply its
        root by 100 for points.

    Notes
    -----
    Source: variance of a difference of two multinomial shares.

    Examples
    --------
    >>> round(float(nps_variance(0.4, 0.3)), 4)
    0.69
    """
    p, d = np.asarray(promoters, dtype=float), np.asarray(detractors, dtype=float)
    return np.asarray(p + d - (p - d) ** 2)


def nps_interval(
    promoters: ArrayLike,
    detractors: ArrayLike,
    n: ArrayLike,
    level: float = 0.95,
    method: NpsMethod = "adjusted",
) -> tuple[Array, Array]:
    """Return a confidence interval of the Net Promoter Score.

    Parameters
    ----------
    promoters, detractors : array-like
        Shares, 0 to 1.
    n : array-like
        Number of answers, possibly effective.
    level : float
        Confidence level.
    method : {"adjusted", "wald"}
        Adjusted Wald adds three answers, of which ¾ promoters and ¾ detractors, and keeps its level in small
        samples; plain Wald does not.

    Returns
    -------
    low, high : array
        Points, kept inside −100 and 100; NaN where n is zero or less.

    Raises
    ------
    ParameterError
        Another method.

    Notes
    -----
    Rocks (2016, *The American Statistician* 70:365).

    Examples
    --------
    >>> low, high = nps_interval(0.4, 0.3, 500)
    >>> round(float(low), 3), round(float(high), 3)
    (2.687, 17.194)
    """
    if method not in get_args(NpsMethod):
        raise ParameterError(f"Unknown method {method!r}. Choose one of {', '.join(get_args(NpsMethod))}.")
    p, d, n = (np.asarray(one, dtype=float) for one in (promoters, detractors, n))
    n = np.where(n > 0, n, np.nan)
    if method == "adjusted":
        p, d, n = (p * n + 0.75) / (n + 3), (d * n + 0.75) / (n + 3), n + 3
    low, high = normal_interval(nps_from_shares(p, d), 100 * np.sqrt(nps_variance(p, d) / n), level)
    return np.clip(low, -100, 100), np.clip(high, -100, 100)
