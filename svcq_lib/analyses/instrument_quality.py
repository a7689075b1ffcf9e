"""How the questionnaire was filled in: straight-lining, speed, extreme and missing answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.instrument_answers import Answers, Array
from svcq_lib.errors import Note
from svcq_lib.sources.rules import STRAIGHT_ITEMS
from svcq_lib.stats.intervals import t_interval, wilson
from svcq_lib.stats.linearize import mean_estimate
from svcq_lib.study import Scale

COLUMNS = ("term", "estimate", "conf_low", "conf_high", "threshold", "n", "n_eff")


def straight_lined(answers: Answers) -> NDArray[np.bool_]:
    """Return who gave one and the same answer to every item.

    Parameters
    ----------
    answers : Answers
        All answers of a role.

    Returns
    -------
    array of bool, shape (n,)
        False with fewer than six answers, as in the data check.
    """
    answered = ~np.isnan(answers.values)
    low = np.where(answered, answers.values, np.inf).min(axis=1)
    high = np.where(answered, answers.values, -np.inf).max(axis=1)
    return np.asarray((answered.sum(axis=1) >= STRAIGHT_ITEMS) & (low == high))


def quality(
    answers: Answers, scale: Scale | None, duration: Array, speeding: float, ci_level: float
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """Return how many filled the questionnaire in without care.

    Parameters
    ----------
    answers : Answers
        All answers of a role.
    scale : Scale or None
        Its ends are the extreme answers.
    duration : array, shape (n,)
        Seconds that each interview took; NaN where unknown.
    speeding : float
        Share of the median duration below which a respondent is a speeder.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    table : DataFrame
        term (``straight_lining``, ``speeding``, ``extreme_answers``, ``missing_answers``), estimate (share of
        respondents, or mean share of a respondent's answers), conf_low, conf_high, threshold (seconds), n, n_eff.
    notes : tuple of Note
        What could not be measured.
    """
    weights, answered = answers.weights, ~np.isnan(answers.values)
    count = answered.sum(axis=1)
    rows, notes = [], []
    if len(answers.items) >= STRAIGHT_ITEMS:
        flat = np.where(count >= STRAIGHT_ITEMS, straight_lined(answers).astype(float), np.nan)
        rows.append(_share("straight_lining", flat, weights, ci_level))
    known = np.isfinite(duration) & (duration > 0)
    if known.any():
        limit = speeding * _median(duration[known], weights[known])
        fast = np.where(known, (duration < limit).astype(float), np.nan)
        rows.append(_share("speeding", fast, weights, ci_level) | {"threshold": limit})
    else:
        notes.append(Note("no_duration"))
    if scale is not None:
        ends = (answers.values == scale.low) | (answers.values == scale.high)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(count > 0, (ends & answered).sum(axis=1) / count, np.nan)
        rows.append(_mean("extreme_answers", share, weights, ci_level))
    rows.append(_mean("missing_answers", 1 - count / answered.shape[1], weights, ci_level))
    return pd.DataFrame(rows, columns=list(COLUMNS)), tuple(notes)


def _share(term: str, marks: Array, weights: Array, ci_level: float) -> dict[str, Any]:
    """Return a share of respondents with Wilson's interval at the effective sample size."""
    found = mean_estimate(marks, weights)
    low, high = wilson(found.estimate, found.n_eff, ci_level)
    return _row(term, found, low, high)


def _mean(term: str, values: Array, weights: Array, ci_level: float) -> dict[str, Any]:
    found = mean_estimate(values, weights)
    low, high = t_interval(found.estimate, np.sqrt(found.variance), found.df, ci_level)
    return _row(term, found, np.clip(low, 0, 1), np.clip(high, 0, 1))


def _row(term: str, found: Any, low: Any, high: Any) -> dict[str, Any]:
    figures = {
        "estimate": found.estimate,
        "conf_low": low,
        "conf_high": high,
        "n": found.n,
        "n_eff": found.n_eff,
    }
    return {"term": term, "threshold": np.nan} | {name: float(one) for name, one in figures.items()}


def _median(values: Array, weights: Array) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) >= weights.sum() / 2
    return float(values[order][np.argmax(reached)])
