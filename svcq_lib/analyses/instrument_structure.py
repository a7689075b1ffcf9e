"""Whether the answers have the declared dimensions: factor model, discriminant validity, number of factors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from svcq_lib.analyses import estimates
from svcq_lib.analyses.instrument_answers import Answers, Array, Covariance, Index, covariance, repaired
from svcq_lib.errors import Note
from svcq_lib.evidence.collect import Design
from svcq_lib.evidence.kernel import cross_sums, sort_cells
from svcq_lib.measures import validity
from svcq_lib.measures.omega import omega_hierarchical
from svcq_lib.stats import factors
from svcq_lib.stats.cfa import CfaFit, cfa
from svcq_lib.stats.cfa_robust import scaling_factor
from svcq_lib.stats.intervals import normal_interval, percentile_interval
from svcq_lib.stats.matrices import correlation_from_moments, cov_to_cor

FIT = (
    "chi2", "df", "p_value", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr", "aic", "bic", "converged",
    "heywood",
)  # fmt: skip
ROBUST = ("scaling", "chi2_scaled")
LOADINGS = ("term", "dimension", "estimate", "std_error", "conf_low", "conf_high", "n")
CORRELATIONS = (
    "term", "other", "estimate", "conf_low", "conf_high", "htmt", "htmt_low", "htmt_high", "smaller_ave", "distinct",
    "n",
)  # fmt: skip
VALIDITY = ("composite_reliability", "ave")
EIGENVALUES = ("position", "eigenvalue", "noise_mean", "noise_limit", "above_noise", "n")


class Structure(NamedTuple):
    """What the factor analyses found; frames are empty where a model could not be fitted.

    Attributes
    ----------
    fit, loadings, correlations, eigenvalues : DataFrame
        As in :class:`svcq_lib.analyses.instrument.InstrumentResult`.
    validity : DataFrame, indexed by dimension
        composite_reliability, ave.
    whole : dict
        omega_hierarchical, omega_total, kmo, bartlett, bartlett_df, bartlett_p, suggested, declared.
    notes : tuple of Note
        Caveats.
    """

    fit: pd.DataFrame
    loadings: pd.DataFrame
    correlations: pd.DataFrame
    eigenvalues: pd.DataFrame
    validity: pd.DataFrame
    whole: dict[str, float]
    notes: tuple[Note, ...]


def structure(answers: Answers, design: Design, *, ci_level: float, n_boot: int, seed: int) -> Structure:
    """Fit the declared dimensions.

    Parameters
    ----------
    answers : Answers
        Usable answers.
    design : Design
        Of the sample, for the bootstrap of HTMT.
    ci_level : float
        Level of the intervals.
    n_boot, seed : int
        Of the bootstrap.

    Returns
    -------
    Structure
        Estimates, or a note that says why there are none.
    """
    found = covariance(answers)
    p, n = len(answers.items), found.n * answers.effective
    if p < 3 or not n > p + 1 or not np.isfinite(found.matrix).all():
        return _nothing(Note("no_factor_analysis", {"items": p, "n": found.n}))
    found, change = repaired(found)
    notes = [Note("repaired_correlations", {"change": change})] if change else []
    R = cov_to_cor(found.matrix)
    eigenvalues, suggested = _eigenvalues(R, n, found.n, seed)
    general = omega_hierarchical(R, min(len(answers.dimensions), p - 1))
    bartlett = factors.bartlett_sphericity(R, n)
    whole = {
        "omega_hierarchical": general.hierarchical, "omega_total": general.total, "kmo": factors.kmo(R)[0],
        "bartlett": bartlett[0], "bartlett_df": bartlett[1], "bartlett_p": bartlett[2],
        "suggested": suggested, "declared": len(answers.dimensions),
    }  # fmt: skip
    models = _models(answers, found, n)
    declared = models["declared"]
    notes += [Note("not_converged")] if not declared.converged else []
    notes += [Note("improper_solution")] if declared.heywood else []
    loadings = _loadings(answers, declared, ci_level, found.n)
    valid = _validity(answers, declared)
    ratios = _htmt(answers, design, R, ci_level, n_boot, seed)
    correlations = _correlations(answers, declared, valid, ratios, ci_level, found.n)
    return Structure(
        _fit(answers, models, found.n), loadings, correlations, eigenvalues, valid, whole, tuple(notes)
    )


def _nothing(note: Note) -> Structure:
    fit, loadings, correlations, eigenvalues, valid = (
        pd.DataFrame(columns=list(one), dtype=float)
        for one in (("model", *FIT, *ROBUST, "n"), LOADINGS, CORRELATIONS, EIGENVALUES, VALIDITY)
    )
    return Structure(fit, loadings, correlations, eigenvalues, valid, {}, (note,))


def _models(answers: Answers, found: Covariance, n: float) -> dict[str, CfaFit]:
    """Return the declared model and, beside several dimensions, that of a single factor."""
    C = found.matrix * (n - 1) / n
    return {name: cfa(C, n, factor) for name, factor in _factors(answers).items()}


def _factors(answers: Answers) -> dict[str, Index]:
    """Return the factor of each item in each model."""
    models = {"declared": answers.factor_of}
    if len(answers.dimensions) > 1:
        models["one_factor"] = np.zeros(len(answers.items), dtype=np.intp)
    return models


def _fit(answers: Answers, models: dict[str, CfaFit], n: int) -> pd.DataFrame:
    """Return the fit of each model, its χ² also scaled for answers that are not normal."""
    rows = []
    for name, factor in _factors(answers).items():
        one = models[name]
        scaling = scaling_factor(answers.values, factor, answers.weights)
        own = {key: getattr(one, key) for key in FIT}
        rows.append({"model": name, **own, "scaling": scaling, "chi2_scaled": one.chi2 / scaling, "n": n})
    return pd.DataFrame(rows, columns=["model", *FIT, *ROBUST, "n"])


def _eigenvalues(R: Array, n: float, shown: int, seed: int) -> tuple[pd.DataFrame, int]:
    found = factors.parallel_analysis(R, n, seed=seed)
    table = pd.DataFrame({
        "position": np.arange(1, len(R) + 1), "eigenvalue": found.eigenvalues, "noise_mean": found.noise_mean,
        "noise_limit": found.noise_high, "above_noise": np.arange(len(R)) < found.suggested, "n": shown,
    })  # fmt: skip
    return table, found.suggested


def _loadings(answers: Answers, fit: CfaFit, ci_level: float, n: int) -> pd.DataFrame:
    low, high = _limits(fit.std_loadings, fit.std_errors, ci_level)
    dimensions = [answers.dimensions[one] for one in answers.factor_of]
    columns = (
        answers.items,
        dimensions,
        fit.std_loadings,
        fit.std_errors,
        low,
        high,
        [n] * len(answers.items),
    )
    return pd.DataFrame(dict(zip(LOADINGS, columns, strict=True)))


def _validity(answers: Answers, fit: CfaFit) -> pd.DataFrame:
    """Return composite reliability and AVE of dimensions with two items or more, from the declared model."""
    rows: dict[str, dict[str, float]] = {}
    for name in answers.dimensions if fit.converged and not fit.heywood else ():
        loading = fit.std_loadings[answers.of(name)]
        if len(loading) > 1:
            rows[name] = {
                "composite_reliability": validity.composite_reliability(loading),
                "ave": validity.average_variance_extracted(loading),
            }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(VALIDITY), dtype=float)


def _htmt(
    answers: Answers, design: Design, R: Array, ci_level: float, n_boot: int, seed: int
) -> tuple[Array, Array, Array]:
    """Return the heterotrait–monotrait ratios and their bootstrap limits."""
    found = validity.htmt(R, answers.factor_of)
    values, complete = answers.values, ~np.isnan(answers.values).any(axis=1)
    kept = complete if answers.missing == "listwise" else np.ones(len(values), dtype=bool)
    order, starts, cells = sort_cells(np.where(kept, answers.blocks, -1))
    draws = estimates.draw_blocks(design, n_boot, seed)
    if len(answers.dimensions) < 2 or np.isnan(draws).any() or len(cells) < 2:
        return found, np.full_like(found, np.nan), np.full_like(found, np.nan)
    sums = cross_sums(values[order], answers.weights[order], starts)
    chosen = draws[:, cells]
    drawn = {
        name: (chosen @ array.reshape(len(cells), -1)).reshape(n_boot, *array.shape[1:])
        for name, array in sums.items()
    }
    ratios = validity.htmt(correlation_from_moments(**drawn), answers.factor_of)
    low, high = percentile_interval(ratios, ci_level)
    return found, np.asarray(low), np.asarray(high)


def _correlations(
    answers: Answers,
    fit: CfaFit,
    valid: pd.DataFrame,
    ratios: tuple[Array, Array, Array],
    ci_level: float,
    n: int,
) -> pd.DataFrame:
    k = len(answers.dimensions)
    if k < 2:
        return pd.DataFrame(columns=list(CORRELATIONS))
    ave = valid["ave"].reindex(list(answers.dimensions)).to_numpy()
    apart = validity.fornell_larcker(ave, fit.factor_correlation)
    rows: list[tuple[Any, ...]] = []
    for i, j in zip(*np.triu_indices(k, 1), strict=True):
        r = fit.factor_correlation[i, j]
        low, high = _limits(r, fit.factor_errors[i, j], ci_level)
        smaller = np.minimum(ave[i], ave[j])
        distinct = bool(apart[i, j]) if np.isfinite(smaller) else pd.NA
        names = answers.dimensions[i], answers.dimensions[j]
        rows.append((*names, r, low, high, *(one[i, j] for one in ratios), smaller, distinct, n))
    return pd.DataFrame(rows, columns=list(CORRELATIONS)).astype({"distinct": "boolean"})


def _limits(r: Any, error: Any, ci_level: float) -> tuple[Any, Any]:
    """Return an interval of correlations on Fisher's scale, so that no limit passes 1; NaN at 1 and beyond."""
    inside = np.where(np.abs(r) < 1 - 1e-9, r, np.nan)
    low, high = normal_interval(np.arctanh(inside), error / (1 - inside**2), ci_level)
    return np.tanh(low), np.tanh(high)
