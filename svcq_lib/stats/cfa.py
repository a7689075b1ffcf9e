"""Confirmatory factor analysis of items that belong to one factor each, and its invariance across groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from svcq_lib.errors import MethodError, require_choice
from svcq_lib.stats import cfa_fit
from svcq_lib.stats.cfa_fit import Parts, Sample, Solution, Structure
from svcq_lib.stats.cfa_models import Level, aligned, estimates_of, start_of, structure_of, vector_of
from svcq_lib.stats.fit_indices import fit_indices, srmr
from svcq_lib.stats.matrices import cov_to_cor, is_positive_definite

Array = NDArray[np.float64]
Index = NDArray[np.intp]


class CfaFit(NamedTuple):
    """A fitted factor model; factors have variance 1.

    Attributes
    ----------
    loadings, std_loadings, std_errors : array, shape (p,)
        Each item's loading on its factor, the same for a standardized item, and the standardized loading's error.
    factor_correlation, factor_errors : array, shape (k, k)
        Correlations of the factors and their standard errors (0 on the diagonal).
    uniqueness : array, shape (p,)
        Unique variances in the items' units; negative in an improper solution.
    parameter_covariance : array, shape (2p, 2p)
        Sampling covariance of the loadings and the unique variances, for intervals of what is made of them.
    chi2, df, p_value, cfi, tli, rmsea, rmsea_low, rmsea_high, srmr : float
        Fit; see :class:`svcq_lib.stats.fit_indices.FitIndices`. NaN but χ² without degrees of freedom.
    log_likelihood, aic, bic : float
        With means counted only if they were given.
    baseline_chi2, baseline_df : float
        The model without any correlation.
    converged : bool
        Whether the fit found its minimum.
    heywood : bool
        Whether the solution is improper: a negative unique variance, or factor correlations that no factors can have.
    """

    loadings: Array
    std_loadings: Array
    std_errors: Array
    factor_correlation: Array
    factor_errors: Array
    uniqueness: Array
    parameter_covariance: Array
    chi2: float
    df: float
    p_value: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_low: float
    rmsea_high: float
    srmr: float
    log_likelihood: float
    aic: float
    bic: float
    baseline_chi2: float
    baseline_df: float
    converged: bool
    heywood: bool


class InvarianceLevel(NamedTuple):
    """One level of measurement invariance.

    Attributes
    ----------
    level : str
        ``"configural"`` (same items per factor), ``"metric"`` (and equal loadings), ``"scalar"`` (and equal
        intercepts) or ``"means"`` (and equal factor means).
    chi2, df, p_value, cfi, tli, rmsea, rmsea_low, rmsea_high, srmr : float
        Fit of all groups together.
    delta_cfi : float
        CFI minus that of the level before (1 if that has no degrees of freedom); NaN at the first.
    chi2_difference, df_difference, p_difference : float
        Likelihood-ratio test against the level before; NaN at the first.
    converged, heywood : bool
        As in :class:`CfaFit`, for any group.
    """

    level: Level
    chi2: float
    df: float
    p_value: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_low: float
    rmsea_high: float
    srmr: float
    delta_cfi: float
    chi2_difference: float
    df_difference: float
    p_difference: float
    converged: bool
    heywood: bool


def cfa(S: ArrayLike, n: float, factor_of: ArrayLike, *, means: ArrayLike | None = None) -> CfaFit:
    """Fit a factor model in which each item belongs to one factor, by maximum likelihood.

    Parameters
    ----------
    S : array-like, shape (p, p)
        Covariances of the items with divisor n (a matrix with divisor n − 1 times (n − 1)/n).
    n : float
        Respondents, or the effective sample size of weighted answers.
    factor_of : array-like of int, shape (p,)
        Factor of each item, numbered from 0.
    means : array-like, shape (p,), optional
        Means of the items. They do not change the fit, only the number of parameters in AIC and BIC.

    Returns
    -------
    CfaFit
        Estimates and fit indices.

    Raises
    ------
    MethodError
        Covariances that are not positive definite, shapes that do not fit, a factor without an item, or more
        parameters than covariances.

    Notes
    -----
    Discrepancy F = ln|Σ| + tr(SΣ⁻¹) − ln|S| − p with Σ = ΛΦΛ' + Θ; χ² = nF. Conventions of lavaan (Rosseel 2012,
    *J. Stat. Software* 48(2)): divisor n, RMSEA with n, SRMR by observed standard deviations. The unique variance of a
    factor's only item is fixed to 0. Jöreskog (1969, *Psychometrika* 34:183).
    """
    C, factor = _checked(np.asarray(S, dtype=float)[None], [n], factor_of)
    structure = structure_of(factor)
    free, moments = structure.free, len(factor) * (len(factor) + 1) // 2
    if free > moments:
        raise MethodError(
            f"A factor model of {len(factor)} items has {free} parameters and only {moments} covariances. "
            "A factor of its own needs three items."
        )
    sample = _sample(C, np.ones(1))
    solution = cfa_fit.minimise(structure, start_of(structure, C[0]), sample)
    parts = cfa_fit.parts_of(structure, solution.parameters)
    chi2, df = float(n * solution.discrepancy[0]), float(moments - free)
    baseline_chi2, baseline_df = _baseline(C, np.array([n]))
    indices = fit_indices(chi2, df, baseline_chi2, baseline_df, n)
    likelihood = _log_likelihood(C[0], n, float(solution.discrepancy[0]))
    counted = free + (0 if means is None else len(factor))
    return CfaFit(
        **estimates_of(structure, solution, n)._asdict(),
        **indices._asdict(),
        srmr=srmr(C, parts.sigma, [1.0]),
        log_likelihood=likelihood,
        aic=2 * counted - 2 * likelihood,
        bic=float(counted * np.log(n) - 2 * likelihood),
        baseline_chi2=baseline_chi2,
        baseline_df=baseline_df,
        converged=solution.converged,
        heywood=_improper(parts),
    )


def invariance(
    covariances: ArrayLike,
    means: ArrayLike,
    ns: ArrayLike,
    factor_of: ArrayLike,
    levels: Sequence[Level] = ("configural", "metric", "scalar"),
) -> list[InvarianceLevel]:
    """Fit a factor model to several groups with more and more of it held equal.

    Parameters
    ----------
    covariances : array-like, shape (g, p, p)
        Covariances of the items in each group, divisor n.
    means : array-like, shape (g, p)
        Means of the items.
    ns : array-like, shape (g,)
        Respondents of each group.
    factor_of : array-like of int, shape (p,)
        Factor of each item, numbered from 0.
    levels : sequence of {"configural", "metric", "scalar", "means"}
        Levels to fit, each held against the one before it.

    Returns
    -------
    list of InvarianceLevel
        One record per level.

    Raises
    ------
    MethodError
        As `cfa`, or fewer than two groups.
    ParameterError
        Another level.

    Notes
    -----
    In the first group factors have variance 1 and mean 0; from ``"metric"`` on variances, and from ``"scalar"`` on
    means, are free in the others. Meredith (1993, *Psychometrika* 58:525). R: lavaan's ``group.equal``. A drop of CFI
    by more than .01 is the usual sign against a level (Cheung and Rensvold 2002, *Struct. Equ. Modeling* 9:233).
    """
    for level in levels:
        require_choice("level", level, get_args(Level))
    n = np.asarray(ns, dtype=float)
    if len(n) < 2:
        raise MethodError(f"Invariance needs two groups; got {len(n)}.")
    C, factor = _checked(np.asarray(covariances, dtype=float), n, factor_of)
    m, share = np.asarray(means, dtype=float), n / n.sum()
    own = structure_of(factor)
    alone = [cfa_fit.minimise(own, start_of(own, one), _sample(one[None], np.ones(1))) for one in C]
    parts = [cfa_fit.parts_of(own, one.parameters) for one in alone]
    together = Parts(*(np.concatenate(one) for one in zip(*parts, strict=True)))._replace(intercept=m)
    found: list[InvarianceLevel] = []
    for level in levels:
        structure = structure_of(factor, len(n), level)
        modelled = level in ("scalar", "means")
        sample = _sample(C, share, m if modelled else None)
        start = together if level == "configural" else aligned(together, share)
        solution = cfa_fit.minimise(structure, vector_of(structure, start), sample)
        found.append(_record(level, structure, solution, sample, n, found[-1] if found else None))
    return found


def _checked(C: Array, n: Sequence[float] | Array, factor_of: ArrayLike) -> tuple[Array, Index]:
    """Return covariances and factors if a model can be fitted to them."""
    factor = np.asarray(factor_of, dtype=np.intp)
    p = len(factor)
    if C.shape != (len(n), p, p):
        raise MethodError(
            f"{len(n)} group(s) of {p} items need covariances of shape {(len(n), p, p)}; got {C.shape}."
        )
    if p == 0 or set(factor.tolist()) != set(range(int(factor.max()) + 1)):
        raise MethodError(
            f"Factors must be numbered from 0 without a hole; got {sorted(set(factor.tolist()))}."
        )
    bad = np.flatnonzero(~is_positive_definite(cov_to_cor(C)))
    if bad.size:
        raise MethodError(
            f"The covariances of group(s) {bad.tolist()} are not positive definite: an item is constant, repeats "
            "another or was never answered together with another. Drop it or repair the correlations."
        )
    return C, factor


def _sample(C: Array, share: Array, means: Array | None = None) -> Sample:
    return Sample(C, np.zeros(C.shape[:2]) if means is None else means, share)


def _baseline(C: Array, n: Array) -> tuple[float, float]:
    """Return the test of the model in which no items correlate."""
    p = C.shape[1]
    ln_r = np.linalg.slogdet(cov_to_cor(C))[1]
    return float(-(n * ln_r).sum()), float(len(n) * p * (p - 1) // 2)


def _record(
    level: Level,
    structure: Structure,
    solution: Solution,
    sample: Sample,
    n: Array,
    before: InvarianceLevel | None,
) -> InvarianceLevel:
    groups, p = sample.mean.shape
    modelled = structure.intercept.max() >= 0
    free = structure.free + (0 if modelled else groups * p)
    df = float(groups * (p * (p + 1) // 2 + p) - free)
    parts = cfa_fit.parts_of(structure, solution.parameters)
    indices = fit_indices(
        float(n @ solution.discrepancy), df, *_baseline(sample.covariance, n), float(n.sum()), groups
    )
    moved, more = (indices.chi2 - before.chi2, df - before.df) if before else (np.nan, np.nan)
    return InvarianceLevel(
        level=level,
        **indices._asdict(),
        srmr=srmr(sample.covariance, parts.sigma, sample.share, sample.mean - parts.mu),
        delta_cfi=indices.cfi - (before.cfi if before.df else 1.0) if before else np.nan,
        chi2_difference=moved,
        df_difference=more,
        p_difference=float(special.chdtrc(more, max(moved, 0.0))) if before else np.nan,
        converged=solution.converged,
        heywood=_improper(parts),
    )


def _improper(parts: Parts) -> bool:
    """Tell whether a solution has negative variances or correlations that cannot be."""
    return bool((parts.unique < 0).any() or (np.linalg.eigvalsh(parts.covariance)[:, 0] < 0).any())


def _log_likelihood(C: Array, n: float, discrepancy: float) -> float:
    p = len(C)
    return float(-n / 2 * (p * np.log(2 * np.pi) + discrepancy + np.linalg.slogdet(C)[1] + p))
