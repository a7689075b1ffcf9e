"""Driver analysis: what moves an outcome, and how surely."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from svcq_lib.analyses import (
    driver_asymmetry,
    driver_basis,
    driver_blank,
    driver_map,
    driver_notes,
    driver_parts,
    driver_run,
    driver_segments,
    driver_switches,
    driver_tables,
    estimates,
)
from svcq_lib.analyses.context import Context, base_notes, context_of
from svcq_lib.analyses.driver_basis import Basis
from svcq_lib.analyses.driver_map import Importance, Lines
from svcq_lib.analyses.driver_needs import Missing, Plan, Unit, default_outcome, needs_of, plan_of, rows_of
from svcq_lib.analyses.driver_parts import Method
from svcq_lib.analyses.driver_run import Run
from svcq_lib.errors import MethodError, Note, require_choice
from svcq_lib.evidence.collect import collect
from svcq_lib.evidence.needs import EvidenceNeeds
from svcq_lib.study import Study

__all__ = ["DriverResult", "default_outcome", "drivers", "needs"]

AskedModel = Literal["auto", "linear", "logit", "ordinal"]
MOST_ROWS = 50_000
"""Rows up to which alternatives that need the rows themselves are computed unasked."""


@dataclass(frozen=True, eq=False, slots=True)
class DriverResult:
    """How much each driver contributes to explaining an outcome.

    Attributes
    ----------
    importance : DataFrame, one row per driver, strongest first
        term, dimension, share (of R², by the chosen method), conf_low, conf_high (of the share), rank, rank_low,
        rank_high, tier (1 for the leaders), mc_error (Monte-Carlo error of the share; 0 where exact), lmg and
        relative_weights (in units of R²), beta (standardized), beta_low, beta_high, correlation, vif, owen (share of
        R² when dimensions enter as wholes), dominates (drivers that it adds more than at every size of model),
        performance (mean answer), performance_low, performance_high, quadrant, n (answers with the outcome),
        below_noise (whether the share is under the noise floor)
    groups : DataFrame, one row per dimension, strongest first
        dimension, share (Shapley value of the whole dimension), conf_low, conf_high, rank, rank_low, rank_high, terms,
        n, tier; empty where drivers are dimensions
    pairs : DataFrame, one row per pair of drivers
        first, second, difference (of shares), std_error, conf_low, conf_high, p_adjusted (for all pairs at once), n
    methods : DataFrame, one row per method and driver
        method, term, estimate (in units of R²; β for "beta"), rank, n
    agreement : DataFrame, one row per pair of methods
        first, second, correlation (Spearman), shared (drivers in the top three of both), n
    dominance : DataFrame, one row per pair in which the first dominates
        level ("term" or "dimension"), first, second, complete (NA where it is not computed), n
    segments : DataFrame, one row per group and driver
        segment, level, term, estimate (share), std_error, conf_low, conf_high, difference (from all others) with
        interval, p_value, p_adjusted, n, suppressed
    fit : DataFrame, one row
        outcome, method, model, missing, r_squared (beyond covariates; latent for a logit), r_squared_low,
        r_squared_high, r_squared_covariates, adj_r_squared, n (smallest base of a pair), n_outcome, terms, noise_mean
        and noise_floor (mean and 95 % quantile of the share that a column of noise with the same base gets)
    map : DataFrame, one row per driver
        term, importance, performance, quadrant and p_quadrant (its bootstrap probability), quadrant_mean,
        quadrant_median, quadrant_scale, quadrant_diagonal, conventions_agree, derived_importance, stated_importance, n
    lines : DataFrame, one row
        lines, importance_kind, performance, importance (where the map is divided), changed (drivers whose quadrant
        depends on the convention), terms, rank_correlation (of stated and derived importance) with interval
    asymmetry : DataFrame, one row per driver, widest range first
        term, reward, penalty (in units of the outcome) with intervals, range, asymmetry with interval, bend (how much
        steeper the outcome rises above the middle than below it) with interval, p_value, p_adjusted, category,
        p_category, factor ("basic", "performance_factor", "excitement"), p_factor, shown (whether the factor may be
        spoken of), high_from and low_to (lowest high and highest low rating), n_reward, n_penalty, n
    switches : DataFrame
        The strongest driver under every contested default (see :mod:`svcq_lib.analyses.switches`).
    notes : tuple of Note
        Caveats.
    context : Context
        Study, base, filters and settings.
    """

    importance: pd.DataFrame
    groups: pd.DataFrame
    pairs: pd.DataFrame
    methods: pd.DataFrame
    agreement: pd.DataFrame
    dominance: pd.DataFrame
    segments: pd.DataFrame
    fit: pd.DataFrame
    map: pd.DataFrame
    lines: pd.DataFrame
    asymmetry: pd.DataFrame
    switches: pd.DataFrame
    notes: tuple[Note, ...]
    context: Context


def needs(
    study: Study,
    *,
    outcome: str | None = None,
    terms: Sequence[str] | None = None,
    level: Unit = "item",
    covariates: Sequence[str] = (),
    by: str | None = None,
    missing: Missing | None = None,
    asymmetry_ends: float = driver_asymmetry.ENDS,
) -> EvidenceNeeds:
    """Return what :func:`drivers` reads from the rows.

    Parameters
    ----------
    study, outcome, terms, level, covariates, by, missing, asymmetry_ends
        As in :func:`drivers`.

    Returns
    -------
    EvidenceNeeds
        Sums of pairs of all drivers and the outcome, by bootstrap block and by group, and of the ends of the scale.
    """
    used: Missing = missing or study.missing
    study = _treated(study, used)
    plan = plan_of(study, outcome=outcome, terms=terms, level=level, covariates=covariates, by=by)
    return _needs(study, plan, used, level, asymmetry_ends)


def _treated(study: Study, missing: Missing) -> Study:
    """Return the study with a treatment of missing answers that means of several items follow, too."""
    return study.model_copy(update={"missing": "listwise" if missing == "listwise" else "pairwise"})


def _needs(study: Study, plan: Plan, missing: Missing, level: Unit, ends: float) -> EvidenceNeeds:
    complete = plan.columns if missing == "listwise" else ()
    stated = driver_map.stated_of(study, plan.terms, level)
    scales = driver_asymmetry.scales_of(study, plan.terms)
    contrast = driver_asymmetry.needs(
        plan.columns, list(plan.terms), scales, ends, listwise=missing == "listwise"
    )
    # derived columns of the plan come first: the others are made from them
    return needs_of(plan, missing) | driver_map.needs(stated, complete) | contrast


def drivers(
    study: Study,
    *,
    outcome: str | None = None,
    terms: Sequence[str] | None = None,
    level: Unit = "item",
    covariates: Sequence[str] = (),
    model: AskedModel = "auto",
    missing: Missing | None = None,
    method: Method = "lmg",
    by: str | None = None,
    lines: Lines = "mean",
    importance: Importance = "derived",
    asymmetry_ends: float = driver_asymmetry.ENDS,
    ci_level: float = 0.95,
    n_boot: int = 1000,
    seed: int = 0,
) -> DriverResult:
    """Decompose the explained variance of an outcome among its drivers.

    Parameters
    ----------
    study : Study
        The study, with its filters and period.
    outcome : str, optional
        Outcome to explain; the first satisfaction score by default.
    terms : sequence of str, optional
        Items (or dimensions) to use; all by default.
    level : {"item", "dimension"}
        Whether single items or the means of dimensions are the drivers.
    covariates : sequence of str
        Items, outcomes or segments (one 0/1 column per declared level but the first) that are held constant: R² is
        what the drivers explain beyond them.
    model : {"auto", "linear", "logit", "ordinal"}
        Linear regression; or a (proportional-odds) logit on complete answers, whose latent R² (McKelvey and Zavoina)
        is decomposed. "auto" takes the logit for yes/no outcomes, else the linear model.
    missing : {"pairwise", "listwise", "dummy", "multiple_imputation"}, optional
        Treatment of missing answers, that of the study by default. "dummy" fills the mean and holds indicators of what
        was missing constant; "multiple_imputation" draws 20 completed tables.
    method : {"lmg", "relative_weights"}
        LMG (Shapley value of R²; exact up to 28 drivers, then sampled) or Johnson's relative weights.
    by : str, optional
        Segment whose groups are compared with everyone else; "none" for no comparison, by default the first segment
        with two to eight declared levels.
    lines : {"mean", "median", "scale", "diagonal"}
        Where the importance–performance map is divided: the mean or median of the drivers, the centre of the scale,
        or the 45° line.
    importance : {"derived", "stated"}
        Which importance the map shows: shares of R² or what customers say.
    asymmetry_ends : float
        Part of the scale's length that counts as its low and as its high end in the penalty–reward contrast.
    ci_level : float
        Level of the intervals.
    n_boot : int
        Bootstrap replicates.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DriverResult
        Shares with percentile intervals from the block bootstrap.

    Raises
    ------
    ParameterError
        If the outcome or a driver is unknown, or there are fewer than two drivers.
    DataError
        If the data break the contract.
    """
    used: Missing = missing or study.missing
    _require(level=(level, Unit), method=(method, Method), lines=(lines, Lines), model=(model, AskedModel),
             importance=(importance, Importance), missing=(used, Missing))  # fmt: skip
    study = _treated(study, used)
    plan = plan_of(study, outcome=outcome, terms=terms, level=level, covariates=covariates, by=by)
    kind = driver_switches.model_of(model, study.outcome(plan.outcome).kind)
    evidence = collect(study, _needs(study, plan, used, level, asymmetry_ends))
    how: dict[str, str] = {
        "method": method,
        "model": kind,
        "missing": used if kind == "linear" else "listwise",
    }
    asked = kind != "linear" or used == "multiple_imputation"
    rows = None
    if asked or evidence.base.n <= MOST_ROWS:
        rows = collect(study, rows_of(plan)).rows["drivers.rows"]
    context = context_of(study, evidence, ci_level=ci_level, seed=seed, n_boot=n_boot)
    context = dataclasses.replace(context, missing=how["missing"])  # type: ignore[arg-type]
    draws = estimates.draw_blocks(evidence.design, n_boot, seed)
    return _answer(
        Run(
            study,
            plan,
            how,
            level,
            lines,
            importance,
            asymmetry_ends,
            ci_level,
            seed,
            evidence,
            rows,
            draws,
            context,
        )
    )


def _require(**asked: tuple[str, object]) -> None:
    for name, (value, choices) in asked.items():
        require_choice(name, value, get_args(choices))


def _answer(run: Run) -> DriverResult:
    shared = base_notes(run.study, run.evidence)
    try:
        basis = driver_run.basis(run)
    except MethodError as error:
        return _blank(run, 0.0, (*shared, Note("model_not_fitted", {"reason": str(error)})))
    kept = driver_basis.varying(basis)
    defined = bool(np.isfinite(basis.matrix[0, 0]))
    notes = driver_notes.left_out(run.plan, kept, basis, defined)
    base = float(basis.n[np.ix_([0, *kept], [0, *kept])].min() if kept else basis.n.min())
    too_few = base < max(run.study.thresholds.suppress, len(kept) + len(basis.held) + 2)
    if len(kept) < 2 or too_few:
        facts = {"n": base, "terms": len(kept)}
        notes += [Note("too_few_for_drivers", facts)] if too_few else []
        return _blank(run, base, (*shared, *notes))
    return _full(run, basis, kept, base, [*shared, *notes])


def _full(run: Run, basis: Basis, kept: list[int], base: float, notes: list[Note]) -> DriverResult:
    plan, ci = run.plan, run.ci_level
    names = [list(plan.terms)[i - 1] for i in kept]
    proper = driver_basis.reduced(basis, kept)
    point = driver_parts.decompose(proper)
    drawn = driver_parts.replicates(proper, point, run.method, run.seed)
    n = basis.n[0, kept]
    table = driver_parts.importance(names, plan.terms, point, drawn, run.method, ci)
    table["n"] = [float(n[names.index(name)]) for name in table["term"]]
    members = driver_tables.groups_of(names, plan.terms)
    # uneven weights make noise louder
    information = base * run.evidence.base.n_eff / run.evidence.base.n
    groups, owen = driver_tables.grouped(members, proper, n, drawn.good, ci, information)
    table["owen"] = [owen[names.index(name)] for name in table["term"]]
    pairs = driver_tables.pairs(table, names, drawn.share, ci, information)
    table["tier"] = driver_tables.tiers(table, pairs)
    fit = driver_parts.fit(plan.outcome, run.how, point, drawn, (base, float(basis.n[0, 0])), information, ci)
    fit["noise_mean"], fit["noise_floor"] = driver_parts.noise_floor(
        proper, point, information, run.method, run.seed
    )
    table["below_noise"] = table["share"] < fit["noise_floor"].iloc[0]
    table, placed, lines = driver_run.mapped(run, table, names, point.share(run.method), drawn)
    uneven, more = driver_run.asymmetry(run, names)
    segments = driver_segments.segments(
        run.evidence, plan, kept, run.missing, run.method, run.draws,
        threshold=run.study.thresholds.suppress, ci_level=ci, seed=run.seed,
    )  # fmt: skip
    switched = driver_switches.alternatives(
        run.evidence, plan, run.rows, run.how, table, suppress=run.study.thresholds.suppress, seed=run.seed
    )
    mapped = driver_switches.map_alternatives(placed, lines["lines"].iloc[0])
    switched = pd.concat([switched, mapped], ignore_index=True) if len(mapped) else switched
    methods, agreement = driver_tables.methods(names, proper, point, n)
    dominance = driver_tables.dominance(names, members, proper, point, n)
    won = dominance[dominance["level"] == "term"].groupby("first").size()
    table["dominates"] = won.reindex(table["term"], fill_value=0).to_numpy(dtype=float)
    notes += driver_notes.found(
        table,
        groups,
        segments,
        fit,
        run.study.thresholds,
        run.how,
        (proper.repaired, drawn.failed, len(run.draws)),
    )
    return DriverResult(
        table, groups, pairs, methods, agreement, dominance, segments,
        fit, placed, lines, uneven, switched, (*notes, *more), run.context,
    )  # fmt: skip


def _blank(run: Run, base: float, notes: tuple[Note, ...]) -> DriverResult:
    """Return a result without figures: the base does not carry a decomposition."""
    names = list(run.plan.terms)
    placed, lines = driver_map.empty(names, base, run.lines, run.drawn)
    table, fit = driver_blank.tables(run.plan, run.how, base)
    nothing = pd.DataFrame()
    uneven = pd.DataFrame(columns=["term", *driver_asymmetry.COLUMNS])
    return DriverResult(
        table, nothing, nothing, nothing, nothing, nothing, pd.DataFrame(columns=list(driver_segments.COLUMNS)),
        fit, placed, lines, uneven, nothing, notes, run.context,
    )  # fmt: skip
