"""Driver analysis: what moves an outcome, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import driver_map, driver_parts
from svcq_lib.analyses.context import Context, base_notes, context_of
from svcq_lib.analyses.driver_map import Lines
from svcq_lib.analyses.driver_parts import EXACT_TERMS, NOISE_LEVEL, SAMPLED_ORDERS, Method
from svcq_lib.analyses.outcomes import column_of, derived_of
from svcq_lib.errors import Note, ParameterError, require_choice
from svcq_lib.evidence.collect import collect
from svcq_lib.evidence.columns import Derived, Mean, Present
from svcq_lib.evidence.needs import Cells, EvidenceNeeds
from svcq_lib.stats import matrices
from svcq_lib.study import Study

Array = NDArray[np.float64]
Level = Literal["item", "dimension"]
HIGH_VIF = 5.0


@dataclass(frozen=True, eq=False, slots=True)
class DriverResult:
    """How much each driver contributes to explaining an outcome.

    Attributes
    ----------
    importance : DataFrame, one row per driver, strongest first
        term, dimension, share (of R², by the chosen method), conf_low, conf_high (of the share), rank, rank_low,
        rank_high, lmg and relative_weights (in units of R²), beta (standardized), beta_low, beta_high, correlation,
        vif, performance (mean answer), performance_low, performance_high, quadrant, n (answers with the outcome),
        below_noise (whether the share is under the noise floor)
    fit : DataFrame, one row
        outcome, method, r_squared, r_squared_low, r_squared_high, adj_r_squared, n (smallest base of a pair),
        n_outcome, terms, noise_mean and noise_floor (mean and 95 % quantile of the share that a column of noise
        with the same base gets beside the drivers)
    lines : DataFrame, one row
        performance, share: where the importance–performance map is divided
    notes : tuple of Note
        Caveats.
    context : Context
        Study, base, filters and settings.
    """

    importance: pd.DataFrame
    fit: pd.DataFrame
    lines: pd.DataFrame
    notes: tuple[Note, ...]
    context: Context


def default_outcome(study: Study) -> str:
    """Return the outcome that drivers explain unless another is named: the first satisfaction score.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    str
        Name of an outcome.

    Raises
    ------
    ParameterError
        If the study has none.
    """
    for kind in ("csat", "score", "nps", "ces", "binary"):
        for name, outcome in study.outcomes.items():
            if outcome.kind == kind:
                return name
    raise ParameterError(
        f"{study.path.name} has no outcome to explain. Add a section such as [outcomes.csat]."
    )


def _terms(study: Study, terms: Sequence[str] | None, level: Level) -> dict[str, str]:
    """Return each driver and its dimension."""
    usable = {
        (item.name if level == "item" else one.name): one.name
        for one in study.instrument.dimensions
        for item in one.items
        if item.perception
    }
    unknown = [name for name in terms or () if name not in usable]
    if unknown:
        raise ParameterError(
            f"{unknown[0]!r} is not a {level} with a perception in {study.path.name}, which has {', '.join(usable)}."
        )
    chosen = {name: usable[name] for name in terms} if terms else usable
    if len(chosen) < 2:
        raise ParameterError(
            f"drivers need at least two {level}s with a perception; {study.path.name} has {len(chosen)}."
        )
    return chosen


def needs(
    study: Study, *, outcome: str | None = None, terms: Sequence[str] | None = None, level: Level = "item"
) -> EvidenceNeeds:
    """Return what :func:`drivers` reads from the rows.

    Parameters
    ----------
    study : Study
        The study.
    outcome : str, optional
        Outcome to explain.
    terms : sequence of str, optional
        Items or dimensions.
    level : {"item", "dimension"}
        What the drivers are.

    Returns
    -------
    EvidenceNeeds
        Pairs of all drivers and the outcome by bootstrap block, and the drivers' means.
    """
    chosen = _terms(study, terms, level)
    target = study.outcome(outcome or default_outcome(study))
    derived: dict[str, Derived] = dict(derived_of(study, [target]))
    raw = []
    for name in chosen:
        if level == "dimension":
            parts = tuple(
                f"perception.{item.name}"
                for one in study.instrument.dimensions
                if one.name == name
                for item in one.items
                if item.perception
            )
            least = len(parts) if study.missing == "listwise" else min(study.min_answered, len(parts))
            derived[f"driver.{name}"] = Mean(parts, least)
        raw.append(f"driver.{name}" if level == "dimension" else f"perception.{name}")
    columns = (column_of(target), *raw)
    if study.missing == "listwise":
        derived.update({f"complete.{name}": Present(name, columns) for name in columns})
        columns = tuple(f"complete.{name}" for name in columns)
    return EvidenceNeeds(
        derived, {"drivers.pairs": Cells(columns, cross=True, blocks=True), "drivers.means": Cells(columns)}
    )


def drivers(
    study: Study,
    *,
    outcome: str | None = None,
    terms: Sequence[str] | None = None,
    level: Level = "item",
    method: Method = "lmg",
    lines: Lines = "mean",
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
    method : {"lmg", "relative_weights"}
        LMG (Shapley value of R²; exact up to 28 drivers, then sampled) or Johnson's relative weights.
    lines : {"mean", "median", "scale"}
        Where the importance–performance map is divided: the mean or median of the drivers, or, for performance,
        the centre of the scale.
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
    for name, value, choices in (
        ("level", level, Level),
        ("method", method, Method),
        ("lines", lines, Lines),
    ):
        require_choice(name, value, get_args(choices))
    chosen = _terms(study, terms, level)
    target = outcome or default_outcome(study)
    evidence = collect(study, needs(study, outcome=target, terms=terms, level=level))
    pairs = evidence.moments["drivers.pairs"].total().sums
    matrix = matrices.correlation_from_moments(**{name: array[0] for name, array in pairs.items()})
    kept = _varying(matrix, pairs["n"][0])
    names = [list(chosen)[i - 1] for i in kept]
    constant = [name for name in chosen if name not in names] if np.isfinite(matrix[0, 0]) else [target]
    code = "constant_term" if np.isfinite(matrix[0, 0]) else "constant_outcome"
    notes = [Note(code, {"term": name}) for name in constant]
    base = (
        float(pairs["n"][0].min()) if not kept else float(pairs["n"][0][np.ix_([0, *kept], [0, *kept])].min())
    )
    context = context_of(study, evidence, ci_level=ci_level, seed=seed, n_boot=n_boot)
    shared = base_notes(study, evidence)
    too_few = base < max(study.thresholds.suppress, len(kept) + 2)
    if len(kept) < 2 or too_few:
        notes += [Note("too_few_for_drivers", {"n": base, "terms": len(kept)})] if too_few else []
        return _empty(list(chosen), chosen, target, method, base, (*shared, *notes), context)
    rows = np.ix_([0, *kept], [0, *kept])
    fixed = matrices.repair_correlation(matrix[rows])
    if fixed.max_change > 0:
        notes.append(Note("repaired_correlation", {"max_change": fixed.max_change}))
    decomposed = driver_parts.decompose(fixed.matrix)
    replicates = driver_parts.replicates(
        evidence, fixed.matrix, decomposed.lmg, [0, *kept], method, n_boot, seed
    )
    table = driver_parts.importance(names, chosen, decomposed, replicates, method, ci_level)
    table = driver_map.placed(table, study, evidence, list(chosen), lines, ci_level)
    table["n"] = [float(pairs["n"][0][0, 1 + list(chosen).index(name)]) for name in table["term"]]
    fit = driver_parts.fit(
        target, method, decomposed, replicates, base, float(pairs["n"][0][0, 0]), len(kept), ci_level
    )
    information = base * evidence.base.n_eff / evidence.base.n  # uneven weights make noise louder
    fit["noise_mean"], fit["noise_floor"] = driver_parts.noise_shares(
        fixed.matrix, decomposed, information, method, seed
    )
    table["below_noise"] = table["share"] < fit["noise_floor"].iloc[0]
    notes += _notes(table, fit, base, study.thresholds.flag, len(kept), replicates)
    return DriverResult(table, fit, driver_map.lines_of(table, study, lines), (*shared, *notes), context)


def _varying(matrix: Array, n: Array) -> list[int]:
    """Return the drivers that vary wherever they are paired; pairs too few to tell are left to the base."""
    undefined = ~np.isfinite(matrix) & (n >= 2)
    kept = [i for i in range(1, len(matrix)) if not undefined[0, i]]
    while kept and undefined[np.ix_(kept, kept)].any():
        kept.pop(int(undefined[np.ix_(kept, kept)].sum(axis=1).argmax()))
    return kept


def _notes(
    table: pd.DataFrame, fit: pd.DataFrame, base: float, flag: int, terms: int, draws: driver_parts.Replicates
) -> list[Note]:
    notes = []
    if table["vif"].max() > HIGH_VIF:
        notes.append(Note("collinear_terms", {"vif": float(table["vif"].max()), "limit": HIGH_VIF}))
    negative = table.loc[table["beta_high"] < 0, "term"].tolist()
    if negative:
        notes.append(Note("negative_drivers", {"terms": negative}))
    faint = table.loc[table["below_noise"], "term"].tolist()
    if faint:
        facts = {"terms": faint, "floor": float(fit["noise_floor"].iloc[0]), "level": NOISE_LEVEL}
        notes.append(Note("below_noise_floor", facts))
    if fit["r_squared"].iloc[0] < 0.1:
        notes.append(Note("low_fit", {"r_squared": float(fit["r_squared"].iloc[0])}))
    if base < max(flag, 10 * terms):
        notes.append(Note("small_base_for_drivers", {"n": base, "terms": terms}))
    if terms > EXACT_TERMS:
        notes.append(Note("sampled_lmg", {"terms": terms, "orders": SAMPLED_ORDERS}))
    if draws.failed:
        notes.append(
            Note("failed_replicates", {"failed": draws.failed, "n_boot": draws.failed + len(draws.share)})
        )
    notes.append(Note("shares_not_causes", {}))
    return notes


def _empty(
    names: list[str],
    dimension: dict[str, str],
    outcome: str,
    method: Method,
    base: float,
    notes: tuple[Note, ...],
    context: Context,
) -> DriverResult:
    """Return a result without figures: the base does not carry a decomposition."""
    figures = [
        "share",
        "conf_low",
        "conf_high",
        "rank",
        "rank_low",
        "rank_high",
        "lmg",
        "relative_weights",
        "beta",
        "beta_low",
        "beta_high",
        "correlation",
        "vif",
        "performance",
        "performance_low",
        "performance_high",
    ]
    table = pd.DataFrame({"term": names, "dimension": [dimension[name] for name in names]})
    table[figures] = np.nan
    table["quadrant"], table["n"], table["below_noise"] = "", base, False
    fit = pd.DataFrame(
        [
            {
                "outcome": outcome,
                "method": method,
                "r_squared": np.nan,
                "r_squared_low": np.nan,
                "r_squared_high": np.nan,
                "adj_r_squared": np.nan,
                "n": base,
                "n_outcome": base,
                "terms": len(names),
                "noise_mean": np.nan,
                "noise_floor": np.nan,
            }
        ]
    )
    return DriverResult(table, fit, pd.DataFrame([{"performance": np.nan, "share": np.nan}]), notes, context)
