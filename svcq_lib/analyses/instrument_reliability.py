"""Reliability of every dimension and what each item does to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svcq_lib.analyses.instrument_answers import Answers, covariance
from svcq_lib.errors import Note
from svcq_lib.measures import reliability as measures
from svcq_lib.measures.omega import omega_interval, omega_total
from svcq_lib.stats.cfa import cfa
from svcq_lib.stats.matrices import cov_to_cor, is_positive_definite

COLUMNS = (
    "term", "items", "coefficient", "estimate", "conf_low", "conf_high", "alpha", "alpha_low", "alpha_high", "omega",
    "omega_low", "omega_high", "mean_correlation", "n",
)  # fmt: skip


def reliability(answers: Answers, ci_level: float) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """Return α and ω of every dimension.

    Parameters
    ----------
    answers : Answers
        Usable answers.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    table : DataFrame, one row per dimension with two items or more
        term, items, coefficient (``"omega"``; ``"alpha"`` where ω cannot be estimated), estimate, conf_low, conf_high
        (of that coefficient), alpha and omega with limits, mean_correlation, n (smallest pair).
    notes : tuple of Note
        Dimensions without reliability or without ω.
    """
    rows, single, short, failed = [], [], [], []
    for name in answers.dimensions:
        items = answers.of(name)
        if len(items) < 2:
            single.append(name)
            continue
        row = _row(answers, name, items, ci_level)
        rows.append(row)
        if len(items) == 2:
            short.append(name)
        elif np.isnan(row["omega"]):
            failed.append(name)
    notes = [
        Note(code, {"terms": terms, "dimensions": len(terms)})
        for code, terms in (("single_items", single), ("two_items", short), ("no_omega", failed))
        if terms
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)), tuple(notes)


def _row(answers: Answers, name: str, items: Any, ci_level: float) -> dict[str, Any]:
    found = covariance(answers, items)
    n, k = found.n * answers.effective, len(items)
    alpha = measures.cronbach_alpha_from_covariance(found.matrix)
    low, high = measures.alpha_interval(alpha, n, k, ci_level)
    omega, omega_low, omega_high = _omega(found.matrix, n, ci_level)
    main = ("alpha", alpha, low, high) if np.isnan(omega) else ("omega", omega, omega_low, omega_high)
    R = cov_to_cor(found.matrix)
    figures = (
        *main, alpha, low, high, omega, omega_low, omega_high, float(R[np.triu_indices(k, 1)].mean()), found.n
    )  # fmt: skip
    return dict(zip(COLUMNS, (name, k, *figures), strict=True))


def _omega(C: Any, n: float, ci_level: float) -> tuple[float, float, float]:
    """Return ω of a one-factor model; NaN with fewer than three items, or where the model has no proper solution."""
    if len(C) < 3 or n <= len(C) or not is_positive_definite(cov_to_cor(C)):
        return (np.nan,) * 3
    fit = cfa(C * (n - 1) / n, n, [0] * len(C))
    if not fit.converged or fit.heywood:
        return (np.nan,) * 3
    limits = omega_interval(fit.loadings, fit.uniqueness, fit.parameter_covariance, ci_level)
    return omega_total(fit.loadings, fit.uniqueness), *limits


def items_table(answers: Answers, asked: Answers) -> pd.DataFrame:
    """Return what every item does to its dimension.

    Parameters
    ----------
    answers : Answers
        Usable answers.
    asked : Answers
        The same before items were left out.

    Returns
    -------
    DataFrame, one row per item in the order of the study file
        term, dimension, item_rest (correlation with the sum of the other items), alpha_dropped (α without it),
        alpha (with it), missing_share, n. NaN for items that were left out.
    """
    rows: dict[str, dict[str, Any]] = {}
    for name in answers.dimensions:
        items = answers.of(name)
        found = covariance(answers, items).matrix
        alpha = measures.cronbach_alpha_from_covariance(found)
        parts = zip(
            items, measures.item_rest_correlation(found), measures.alpha_if_dropped(found), strict=True
        )
        for item, rest, dropped in parts:
            rows[answers.items[item]] = {"item_rest": rest, "alpha_dropped": dropped, "alpha": alpha}
    answered = ~np.isnan(asked.values)
    total = asked.weights.sum()
    share = 1 - (asked.weights @ answered) / total if total else np.full(len(asked.items), np.nan)
    table = pd.DataFrame(
        {"term": asked.items, "dimension": [asked.dimensions[one] for one in asked.factor_of]}
    )
    figures = pd.DataFrame.from_dict(
        rows, orient="index", columns=["item_rest", "alpha_dropped", "alpha"], dtype=float
    )
    return table.join(figures, on="term").assign(missing_share=share, n=answered.sum(axis=0))
