"""Agreement of judges: intraclass correlations of mystery shoppers, auditors or managers who judged the same things."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class IntraclassCorrelation(NamedTuple):
    """The six coefficients of Shrout and Fleiss.

    Attributes
    ----------
    icc1, icc2, icc3 : float
        Of a single judge: each thing judged by other judges; by the same random judges; by these judges only.
    icc1k, icc2k, icc3k : float
        The same for the mean of all judges.
    """

    icc1: float
    icc2: float
    icc3: float
    icc1k: float
    icc2k: float
    icc3k: float


def intraclass_correlation(ratings: ArrayLike) -> IntraclassCorrelation:
    """Return the intraclass correlations of a table of judgements.

    Parameters
    ----------
    ratings : array-like, shape (n, k)
        One row per thing that was judged, one column per judge; nothing missing, at least two of each.

    Returns
    -------
    IntraclassCorrelation
        From the mean squares between things (B), judges (J), within things (W) and the rest (E):
        ICC(1) = (B − W)/(B + (k − 1)W), ICC(2) = (B − E)/(B + (k − 1)E + k(J − E)/n), ICC(3) = (B − E)/(B + (k − 1)E),
        and for means (B − W)/B, (B − E)/(B + (J − E)/n), (B − E)/B. NaN if all judgements are the same.

    Raises
    ------
    ValueError
        If there are fewer than two things or judges, or a judgement is missing.

    Notes
    -----
    Shrout and Fleiss (1979), *Psychological Bulletin* 86:420. R: ``psych::ICC``.

    Examples
    --------
    >>> judged = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> found = intraclass_correlation(judged)
    >>> [round(float(one), 2) for one in found]
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    """
    x = np.asarray(ratings, dtype=float)
    if x.ndim != 2 or min(x.shape) < 2 or np.isnan(x).any():
        raise ValueError(
            f"agreement needs two or more things and judges and no missing judgement, not shape {x.shape}"
        )
    n, k = x.shape
    rows, columns, total = x.mean(axis=1), x.mean(axis=0), x.mean()
    between = k * ((rows - total) ** 2).sum() / (n - 1)
    judges = n * ((columns - total) ** 2).sum() / (k - 1)
    within = ((x - rows[:, None]) ** 2).sum() / (n * (k - 1))
    rest = ((x - rows[:, None] - columns + total) ** 2).sum() / ((n - 1) * (k - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (
            (between - within) / (between + (k - 1) * within),
            (between - rest) / (between + (k - 1) * rest + k * (judges - rest) / n),
            (between - rest) / (between + (k - 1) * rest),
            (between - within) / between,
            (between - rest) / (between + (judges - rest) / n),
            (between - rest) / between,
        )
    return IntraclassCorrelation(*(float(one) for one in found))
