"""Present value, rate of return, payback and lifetime value of money over time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LOWEST_RATE, HIGHEST_RATE = -0.99, 10.0
"""Rates per period between which an internal rate of return is looked for."""
_HALVINGS = 60


def npv(flows: ArrayLike, rate: ArrayLike) -> Array:
    """Return the net present value of flows at equal distances.

    Parameters
    ----------
    flows : array-like, shape (..., periods)
        Money in (positive) and out (negative); the first flow is today's and is not discounted.
    rate : array-like, shape (...)
        Discount rate per period, above −1.

    Returns
    -------
    array, shape (...)
        ``Σ flow_t / (1 + rate)^t``, t = 0, 1, …

    Notes
    -----
    Brealey, Myers and Allen, *Principles of Corporate Finance*, chapter 2. Spreadsheets' ``NPV()`` discounts the
    first flow too; ``numpy_financial.npv`` does not.

    Examples
    --------
    >>> round(float(npv([-100, 60, 60], 0.10)), 4)
    4.1322
    """
    flows = np.asarray(flows, dtype=float)
    factor = (1 + np.asarray(rate, dtype=float))[..., None]
    return np.asarray((flows * factor ** -np.arange(flows.shape[-1], dtype=float)).sum(axis=-1))


def irr(flows: ArrayLike) -> Array:
    """Return the internal rate of return: the rate at which the net present value is zero.

    Parameters
    ----------
    flows : array-like, shape (..., periods)
        Money in and out at equal distances, the first today.

    Returns
    -------
    array, shape (...)
        Rate per period. NaN where there is none between −99 % and 1,000 %, and where more than one may exist:
        the flows change sign more than once and so do their running totals.

    Notes
    -----
    One change of sign has one root (Descartes); so have running totals with one change that end above zero
    (Norstrøm 1972, *Journal of Financial and Quantitative Analysis* 7:1835). Found by bisection.

    Examples
    --------
    >>> round(float(irr([-100, 60, 60])), 6)
    0.130662
    >>> float(irr([-100, 230, -132]))
    nan
    """
    flows = np.asarray(flows, dtype=float)
    low = np.full(flows.shape[:-1], LOWEST_RATE)
    high = np.full(flows.shape[:-1], HIGHEST_RATE)
    # Horner's scheme in 1/(1 + rate), with the sign that the first flow decides as the rate grows
    ends = np.sign(_horner(flows, low)) * np.sign(_horner(flows, high))
    rising = _horner(flows, high) > 0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = (_horner(flows, middle) > 0) == rising
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.asarray(np.where((ends < 0) & _one_root(flows), (low + high) / 2, np.nan))


def _horner(flows: Array, rate: Array) -> Array:
    total, factor = np.zeros(flows.shape[:-1]), 1 / (1 + rate)
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(flows.shape[-1] - 1, -1, -1):
            total = total * factor + flows[..., t]
    return total


def _one_root(flows: Array) -> NDArray[np.bool_]:
    total = np.cumsum(flows, axis=-1)
    by_total = (_sign_changes(total) == 1) & (total[..., -1] > 0)
    return np.asarray((_sign_changes(flows) == 1) | by_total)


def _sign_changes(values: Array) -> NDArray[np.intp]:
    """Count changes of sign along the last axis; zeros continue the sign before them."""
    signs = np.sign(values)
    at = np.maximum.accumulate(np.where(signs != 0, np.arange(values.shape[-1]), 0), axis=-1)
    filled = np.take_along_axis(signs, at, axis=-1)
    return np.asarray((filled[..., 1:] * filled[..., :-1] < 0).sum(axis=-1))


def payback(flows: ArrayLike) -> Array:
    """Return when the running total of flows turns positive for good.

    Parameters
    ----------
    flows : array-like, shape (..., periods)
        Money in and out at equal distances, the first today.

    Returns
    -------
    array, shape (...)
        Periods from today, interpolated within a period; 0 if the total is never negative, infinite if it is negative
        at the end.

    Notes
    -----
    The *last* crossing counts: money that has to be put in again has not been paid back.

    Examples
    --------
    >>> float(payback([-100, 40, 40, 40]))
    2.5
    """
    flows = np.asarray(flows, dtype=float)
    total = np.cumsum(flows, axis=-1)
    last = flows.shape[-1] - 1 - np.argmax((total < 0)[..., ::-1], axis=-1)
    before = np.take_along_axis(total, last[..., None], axis=-1)[..., 0]
    following = np.minimum(last + 1, flows.shape[-1] - 1)[..., None]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = last - before / np.take_along_axis(flows, following, axis=-1)[..., 0]
    found = np.where(total[..., -1] < 0, np.inf, found)
    return np.asarray(np.where((total < 0).any(axis=-1), found, 0.0))


def discounted_payback(flows: ArrayLike, rate: ArrayLike) -> Array:
    """Return when the running total of discounted flows turns positive for good.

    Parameters
    ----------
    flows : array-like, shape (..., periods)
        Money in and out at equal distances, the first today.
    rate : array-like, shape (...)
        Discount rate per period.

    Returns
    -------
    array, shape (...)
        Periods from today, as in `payback`; infinite where the net present value is negative.

    Examples
    --------
    >>> round(float(discounted_payback([-100, 60, 60], 0.10)), 4)
    1.9167
    """
    flows = np.asarray(flows, dtype=float)
    factor = (1 + np.asarray(rate, dtype=float))[..., None]
    return payback(flows * factor ** -np.arange(flows.shape[-1], dtype=float))


def roi(benefit: ArrayLike, cost: ArrayLike) -> Array:
    """Return the return on investment, not discounted.

    Parameters
    ----------
    benefit, cost : array-like, shape (...)
        Sums of money in and out over the same time, both positive.

    Returns
    -------
    array, shape (...)
        ``(benefit − cost) / cost``: 0 is break-even, 2.8 is "280 %". NaN without cost.

    Notes
    -----
    Phillips, *Return on Investment in Training and Performance Improvement Programs*. Quoted figures often divide the
    whole benefit by the cost, which is 1 more: ask before comparing.

    Examples
    --------
    >>> float(roi(380, 100))
    2.8
    """
    benefit, cost = np.asarray(benefit, dtype=float), np.asarray(cost, dtype=float)
    return np.asarray((benefit - cost) / np.where(cost > 0, cost, np.nan))


def rosq(profit: ArrayLike, spend: ArrayLike) -> Array:
    """Return the return on service quality.

    Parameters
    ----------
    profit : array-like, shape (...)
        Net present value of the incremental profit, after the spending.
    spend : array-like, shape (...)
        Present value of the spending, positive.

    Returns
    -------
    array, shape (...)
        ``profit / spend``: 0 is break-even. NaN without spending.

    Notes
    -----
    The framework of Rust, Zahorik and Keiningham (1995), *Journal of Marketing* 59(2):58: quality is an investment,
    accountable, can be overspent, and not every quality effort is equally valid.

    Examples
    --------
    >>> float(rosq(-25, 100))
    -0.25
    """
    spend = np.asarray(spend, dtype=float)
    return np.asarray(np.asarray(profit, dtype=float) / np.where(spend > 0, spend, np.nan))


def clv(margin: ArrayLike, retention: ArrayLike, rate: ArrayLike, *, first_now: bool = False) -> Array:
    """Return the lifetime value of a customer with constant margin and retention.

    Parameters
    ----------
    margin : array-like, shape (...)
        Contribution per period of a customer who is there.
    retention : array-like, shape (...)
        Share of customers who stay from one period to the next, 0 to 1.
    rate : array-like, shape (...)
        Discount rate per period.
    first_now : bool
        Whether the first margin comes today; otherwise after one period, from those who stayed.

    Returns
    -------
    array, shape (...)
        ``m·ρ / (1 + r − ρ)``, or ``m·(1 + r) / (1 + r − ρ)`` with the first margin now; infinite at ρ = 1 + r.

    Notes
    -----
    Gupta and Lehmann (2003), *Journal of Interactive Marketing* 17(1):9.

    Examples
    --------
    >>> round(float(clv(100, 0.8, 0.1)), 4), round(float(clv(100, 0.8, 0.1, first_now=True)), 4)
    (266.6667, 366.6667)
    """
    m, kept, r = (np.asarray(one, dtype=float) for one in (margin, retention, rate))
    left: Any = 1 + r - kept
    with np.errstate(divide="ignore"):
        return np.asarray(m * ((1 + r) if first_now else kept) / np.where(left > 0, left, 0.0))
