"""Can the questionnaire be trusted? Reliability, structure, comparability of groups, and how it was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from svcq_lib.analyses import instrument_answers as data
from svcq_lib.analyses import instrument_groups, instrument_quality, instrument_structure
from svcq_lib.analyses.context import Context, base_notes, context_of
from svcq_lib.analyses.instrument_answers import Answers, Role
from svcq_lib.analyses.instrument_criteria import RELIABILITY, criteria
from svcq_lib.analyses.instrument_reliability import items_table, reliability
from svcq_lib.analyses.instrument_structure import Structure
from svcq_lib.analyses.switches import Headline, Switch, switches
from svcq_lib.errors import Note, ParameterError, require_choice
from svcq_lib.evidence.collect import Evidence, collect
from svcq_lib.evidence.needs import EvidenceNeeds, Rows
from svcq_lib.measures.reliability import cronbach_alpha_from_covariance
from svcq_lib.study import Study

StraightLiners = Literal["keep", "leave_out"]
ROWS = "instrument.rows"


@dataclass(frozen=True, eq=False, slots=True)
class InstrumentResult:
    """How well the questionnaire measures.

    Attributes
    ----------
    role : {"perception", "expectation"}
        Which block of answers the tables are about.
    reliability : DataFrame, one row per dimension, least reliable first
        term, items, coefficient (``"omega"``, or ``"alpha"`` where ω cannot be estimated), estimate, conf_low,
        conf_high (of that coefficient), alpha, alpha_low, alpha_high, omega, omega_low, omega_high, mean_correlation,
        composite_reliability, ave, n, suppressed
    items : DataFrame, one row per item
        term, dimension, item_rest, alpha_dropped, alpha, missing_share, n, suppressed
    fit : DataFrame, one row per model
        model (``"declared"``, ``"one_factor"``), chi2, df, p_value, cfi, tli, rmsea, rmsea_low, rmsea_high (90 %),
        srmr, aic, bic, converged, heywood, scaling, chi2_scaled (χ² divided by it), n
    loadings : DataFrame, one row per item
        term, dimension, estimate (standardized loading), std_error, conf_low, conf_high, n
    correlations : DataFrame, one row per pair of dimensions
        term, other, estimate (factor correlation), conf_low, conf_high, htmt, htmt_low, htmt_high, smaller_ave,
        distinct (Fornell–Larcker), n
    invariance : DataFrame, one row per level
        segment, level, fit indices, delta_cfi, allowed_drop, chi2_difference, df_difference, p_difference, level_holds,
        groups, n
    eigenvalues : DataFrame
        position, eigenvalue, noise_mean, noise_limit, above_noise, n
    whole : DataFrame, one row
        omega_hierarchical, omega_total, alpha, kmo, bartlett, bartlett_df, bartlett_p, suggested and declared
        (dimensions), items, n
    criteria : DataFrame, one row per convention
        criterion, term, estimate, conf_low, conf_high, threshold, at_least, verdict (``"met"``, ``"missed"``,
        ``"open"``), n
    quality : DataFrame
        term, estimate, conf_low, conf_high, threshold, n, n_eff
    switches : DataFrame
        Contested defaults, see :func:`svcq_lib.analyses.switches.switches`.
    notes : tuple of Note
        Caveats.
    context : Context
        Study, base, filters and settings.
    """

    role: Role
    reliability: pd.DataFrame
    items: pd.DataFrame
    fit: pd.DataFrame
    loadings: pd.DataFrame
    correlations: pd.DataFrame
    invariance: pd.DataFrame
    eigenvalues: pd.DataFrame
    whole: pd.DataFrame
    criteria: pd.DataFrame
    quality: pd.DataFrame
    switches: pd.DataFrame
    notes: tuple[Note, ...]
    context: Context


def needs(study: Study, *, role: Role = "perception") -> EvidenceNeeds:
    """Return what :func:`instrument` reads from the rows.

    Parameters
    ----------
    study : Study
        The study.
    role : {"perception", "expectation"}
        Which block of answers.

    Returns
    -------
    EvidenceNeeds
        The rows themselves: whether a respondent gave the same answer throughout cannot be seen from sums.
    """
    items = [f"{role}.{item.name}" for one in data.terms_of(study, role) for item in one.items]
    segments = [f"segment.{name}" for name in study.responses.segments]
    return EvidenceNeeds(rows={ROWS: Rows((*items, *segments, "duration"))})


def instrument(
    study: Study,
    *,
    role: Role = "perception",
    segment: str | None = None,
    straight_liners: StraightLiners = "keep",
    speeding: float = 1 / 3,
    delta_cfi: float = 0.01,
    ci_level: float = 0.95,
    n_boot: int = 1000,
    seed: int = 0,
) -> InstrumentResult:
    """Judge whether the questionnaire can be trusted.

    Parameters
    ----------
    study : Study
        The study, with its filters and period.
    role : {"perception", "expectation"}
        Which block of answers.
    segment : str, optional
        Segment whose groups are compared; by default the one with two to six groups that are large enough, and of
        those the one with the largest smallest group.
    straight_liners : {"keep", "leave_out"}
        Whether respondents who gave one and the same answer throughout count.
    speeding : float
        Share of the median duration below which a respondent is a speeder.
    delta_cfi : float
        Drop of CFI from one level of invariance to the next that is allowed.
    ci_level : float
        Level of the intervals (RMSEA's is 90 % by convention).
    n_boot, seed : int
        Bootstrap of the heterotrait–monotrait ratios; the seed also draws the noise of the parallel analysis.

    Returns
    -------
    InstrumentResult
        Reliability, structure, comparability and response quality; a note for whatever could not be computed.

    Raises
    ------
    ParameterError
        If no item was asked in the role, the segment is unknown, or a parameter is out of its range.
    DataError
        If the data break the contract.
    """
    _require(straight_liners, speeding, delta_cfi)
    evidence = collect(study, needs(study, role=role))
    rows = evidence.rows[ROWS]
    everyone = data.answers_of(study, rows, role)
    flat = instrument_quality.straight_lined(everyone)
    kept = ~flat if straight_liners == "leave_out" else np.ones(len(flat), dtype=bool)
    asked, chosen = everyone.only(kept), rows[kept]
    answers, notes = data.usable(asked, max(data.PAIRS, study.thresholds.suppress))
    found, more = reliability(answers, ci_level)
    structure = instrument_structure.structure(
        answers, evidence.design, ci_level=ci_level, n_boot=n_boot, seed=seed
    )
    invariance, apart = instrument_groups.invariant(answers, study, chosen, segment, delta_cfi)
    duration = rows["duration"].to_numpy(dtype=float)
    filled, unknown = instrument_quality.quality(
        everyone, study.instrument.scale, duration, speeding, ci_level
    )
    small = filled["n"] < study.thresholds.suppress
    filled.loc[small, ["estimate", "conf_low", "conf_high", "threshold", "n_eff"]] = np.nan
    table = _reliability(found, structure, study)
    items = items_table(answers, asked)
    items["suppressed"] = items["n"] < study.thresholds.suppress
    return InstrumentResult(
        role=role,
        reliability=table,
        items=items,
        fit=structure.fit,
        loadings=structure.loadings,
        correlations=structure.correlations,
        invariance=invariance,
        eigenvalues=structure.eigenvalues,
        whole=_whole(answers, structure, len(chosen)),
        criteria=criteria(table, structure),
        quality=filled,
        switches=_switches(everyone, flat, straight_liners, table, ci_level),
        notes=(
            *_base(study, evidence, straight_liners), *notes, *more, *structure.notes,
            *_sample_notes(study, evidence, answers, structure), *apart, *unknown,
        ),
        context=context_of(study, evidence, ci_level=ci_level, seed=seed, n_boot=n_boot),
    )  # fmt: skip


def _require(straight_liners: str, speeding: float, delta_cfi: float) -> None:
    require_choice("straight_liners", straight_liners, get_args(StraightLiners))
    for name, value in (("speeding", speeding), ("delta_cfi", delta_cfi)):
        if not 0 < value < 1:
            raise ParameterError(f"{name} must lie between 0 and 1; got {value!r}.")


def _base(study: Study, evidence: Evidence, straight_liners: StraightLiners) -> tuple[Note, ...]:
    """Return the shared caveats, without the one that says that straight-liners are included if they are not."""
    out = "data_straight_line" if straight_liners == "leave_out" else ""
    return tuple(note for note in base_notes(study, evidence) if note.code != out)


def _reliability(found: pd.DataFrame, structure: Structure, study: Study) -> pd.DataFrame:
    table = found.join(structure.validity, on="term")
    small = table["n"] < study.thresholds.suppress
    figures = [name for name in table if name not in ("term", "items", "coefficient", "n")]
    table.loc[small, figures] = np.nan
    order = [name for name in table if name != "n"]
    table = table[[*order, "n"]].assign(suppressed=small)
    return table.sort_values("estimate", kind="stable", ignore_index=True)


def _whole(answers: Answers, structure: Structure, n: int) -> pd.DataFrame:
    alpha = cronbach_alpha_from_covariance(data.covariance(answers).matrix)
    names = ("omega_hierarchical", "omega_total", "kmo", "bartlett", "bartlett_df", "bartlett_p", "suggested")
    figures: Mapping[str, float] = {name: structure.whole.get(name, np.nan) for name in names}
    sizes = {"declared": len(answers.dimensions), "items": len(answers.items), "n": n}
    return pd.DataFrame([{**figures, "alpha": alpha, **sizes}])


def _headline(table: pd.DataFrame, coefficient: str = "") -> Headline | None:
    """Return the least reliable dimension by ω where it could be estimated, or by a given coefficient."""
    names = (
        [coefficient, f"{coefficient}_low", f"{coefficient}_high"]
        if coefficient
        else ["estimate", "conf_low", "conf_high"]
    )
    known = table[table[names[0]].notna()]
    if known.empty:
        return None
    row = known.iloc[int(known[names[0]].to_numpy(dtype=float).argmin())]
    return Headline(str(row["term"]), "number", *(float(row[name]) for name in names))


def _switches(
    everyone: Answers, flat: np.ndarray, straight_liners: StraightLiners, table: pd.DataFrame, ci_level: float
) -> pd.DataFrame:
    """Return the least reliable dimension under each alternative."""
    own = _headline(table)
    if own is None:
        return switches(Headline("", "number", np.nan), [])
    used = everyone.only(~flat) if straight_liners == "leave_out" else everyone
    turned = everyone if straight_liners == "leave_out" else everyone.only(~flat)
    other = "pairwise" if everyone.missing == "listwise" else "listwise"
    found = [
        ("instrument_missing", everyone.missing, other, _weakest(replace(used, missing=other), ci_level)),  # type: ignore[arg-type]
        ("instrument_coefficient", "coefficient_omega", "coefficient_alpha", _headline(table, "alpha")),
        (
            "instrument_straight", f"straight_{straight_liners}",
            "straight_keep" if straight_liners == "leave_out" else "straight_leave_out", _weakest(turned, ci_level),
        ),
    ]  # fmt: skip
    return switches(own, [Switch(*one, _same(own, one[3])) for one in found])


def _weakest(answers: Answers, ci_level: float) -> Headline | None:
    return _headline(reliability(data.usable(answers)[0], ci_level)[0])


def _same(own: Headline, other: Headline | None) -> bool | None:
    """Tell whether the same dimension is weakest, on the same side of the convention."""
    if other is None:
        return None
    return own.term == other.term and (own.estimate >= RELIABILITY.threshold) == (
        other.estimate >= RELIABILITY.threshold
    )


def _sample_notes(
    study: Study, evidence: Evidence, answers: Answers, structure: Structure
) -> tuple[Note, ...]:
    """Return what weakens the χ² and the intervals: weights, clusters, few pairs, few answer categories."""
    notes = []
    if evidence.design.kind == "cluster" and not structure.fit.empty:
        notes.append(Note("clusters_ignored"))
    if answers.effective < 1 - 1e-9 and not structure.fit.empty:
        notes.append(Note("effective_fit", {"n_eff": evidence.base.n_eff, "n": evidence.base.n}))
    pairs = structure.fit["n"].min() if len(structure.fit) else np.nan
    if pairs < len(answers.values) / 2:
        notes.append(Note("few_pairs", {"pairs": int(pairs), "n": len(answers.values)}))
    scale = study.instrument.scale
    if scale is not None and scale.high - scale.low < 4:
        notes.append(Note("few_categories", {"categories": int(scale.high - scale.low) + 1}))
    return tuple(notes)
