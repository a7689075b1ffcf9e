"""Where does service fall short of what customers expect? SERVQUAL's gaps 1 to 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from svcq_lib.analyses import estimates, gap_tables, provider_gaps
from svcq_lib.analyses.context import Context, base_notes, context_of, interval_note, suppressed_note
from svcq_lib.analyses.gap_challenge import challenge
from svcq_lib.analyses.gap_columns import Mode, mode_of, needs, outcome_of, terms_of
from svcq_lib.analyses.gap_contrasts import contrasts, interactions
from svcq_lib.analyses.gap_estimates import block, by_period, changes, segments
from svcq_lib.analyses.gap_importance import importance
from svcq_lib.analyses.gap_quality import quality, reliabilities, zone
from svcq_lib.analyses.gap_switches import gap_switches
from svcq_lib.errors import Note, require_choice
from svcq_lib.evidence.collect import Evidence, collect
from svcq_lib.stats.multiplicity import Method
from svcq_lib.study import Dimension, Study

__all__ = ["GapsResult", "Mode", "gaps", "mode_of", "needs"]

CEILING = 0.15
"""Share of respondents with every answer at the top from which a scale has a ceiling: McHorney and Tarlov (1995)."""
MODEST = 0.70
"""Reliability below which a score is called modest: Nunnally and Bernstein (1994)."""


@dataclass(frozen=True, eq=False, slots=True)
class GapsResult:
    """Expectation, perception and their gap, by item, dimension, segment and period, and what explains it.

    Attributes
    ----------
    mode : {"gap", "perception_only"}
        Whether expectations were asked. In perception-only mode every table speaks of perception alone and its
        ``estimate`` is the mean perception; otherwise it is the gap.
    items, dimensions : DataFrame, one row per item or dimension, widest gap first
        term, dimension (items only), expectation, perception, perception_low, perception_high, gap, estimate,
        std_error, conf_low, conf_high, statistic, df, p_value, p_adjusted, effect_size (mean / sd of the paired
        gap), n, n_eff, suppressed. Dimensions also: importance_points, contribution (to the weighted gap), share,
        share_low, share_high, alpha, alpha_low, alpha_high.
    overall : DataFrame, one or two rows
        The mean of the dimensions (``overall``) and, with importance points, the gap weighted by each
        respondent's own points (``weighted``).
    segments : DataFrame, one row per segment, level and dimension (and ``overall``)
        segment, level, term, estimate, std_error, conf_low, conf_high, difference (from all others) with interval
        (p_adjusted over the levels for ``overall``, over levels and dimensions together for the dimensions),
        p_value, p_adjusted, n, suppressed
    periods : DataFrame, one row per period and dimension (and ``overall``)
        period, term, estimate, std_error, conf_low, conf_high, n, suppressed
    changes : DataFrame, one row per dimension (and ``overall``) and earlier period
        term, since ("previous" or "first"), period, previous, estimate, change, change_low, change_high, p_value,
        p_adjusted, n
    notes : tuple of Note
        Caveats.
    context : Context
        Study, base, filters and settings.
    contrasts : DataFrame, one row per pair of dimensions (or of items of a single one)
        term, other, difference with interval (within respondents), std_error, statistic, df, p_value, p_adjusted
        (over all pairs), n, suppressed
    levels : DataFrame, one row per item or dimension and source
        What customers, managers, standards, deliveries and promises say; see :mod:`~svcq_lib.analyses.provider_gaps`.
    chain : DataFrame, one row per item or dimension and gap
        term, dimension, part, estimate, std_error, conf_low, conf_high, df, p_value, p_adjusted, share, p_largest,
        n, suppressed; without tables of the provider's side empty.
    importance : DataFrame, one row per choice of weights and dimension
        scheme, term, importance, gap, contribution, share, share_low, share_high, rank, p_leads, n
    zone : DataFrame, one row per dimension with adequate and desired levels
        term, msa, mss, below, within, above, each with interval, n, suppressed
    quality : DataFrame, one row per dimension (gap mode only)
        term, ceiling, at_top with intervals, alpha, expectation_alpha, correlation, reliability, n, suppressed
    challenge : DataFrame, gaps and perceptions alone
        predictors, outcome, r_squared (out of sample) and difference with intervals, folds, n
    interactions : DataFrame, one row per segment
        segment, levels, statistic, df, df_residual, p_value, p_adjusted, n: does the profile of gaps differ?
    switches : DataFrame, one row per contested default
        See :func:`svcq_lib.analyses.switches.switches`.
    """

    mode: Mode
    items: pd.DataFrame
    dimensions: pd.DataFrame
    overall: pd.DataFrame
    segments: pd.DataFrame
    periods: pd.DataFrame
    changes: pd.DataFrame
    notes: tuple[Note, ...]
    context: Context
    contrasts: pd.DataFrame
    levels: pd.DataFrame
    chain: pd.DataFrame
    importance: pd.DataFrame
    zone: pd.DataFrame
    quality: pd.DataFrame
    challenge: pd.DataFrame
    interactions: pd.DataFrame
    switches: pd.DataFrame


def gaps(
    study: Study,
    *,
    outcome: str | None = None,
    weights: Mapping[str, float] | pd.DataFrame | None = None,
    adjust_method: Method = "holm",
    ci_level: float = 0.95,
    n_boot: int = 1000,
    seed: int = 0,
) -> GapsResult:
    """Measure the gap between what customers expect and what they perceive, and what explains it.

    Parameters
    ----------
    study : Study
        The study, with its filters and period.
    outcome : str, optional
        Satisfaction outcome that derived importance and the comparison with perceptions stand on; by default the
        first satisfaction score.
    weights : Mapping of str to float, or DataFrame, optional
        Importance of the dimensions from elsewhere, such as the importance table of a driver analysis (``term`` and
        ``share``); one more choice beside the respondents' points and the derived weights.
    adjust_method : {"holm", "bh", "by", "none"}
        Multiplicity control over the items, the dimensions, their pairs, the provider's gaps, the levels of each
        segment, and the segments' profiles.
    ci_level : float
        Level of the intervals.
    n_boot : int
        Bootstrap replicates for the dimensions' shares of the weighted gap and for the out-of-sample R².
    seed : int
        Seed of the bootstrap, of the folds, and of the draws behind the largest part.

    Returns
    -------
    GapsResult
        Gaps with intervals and tests; perceptions only if expectations were not asked.

    Raises
    ------
    ParameterError
        If the study has no perception items or no such outcome, or given weights do not fit the dimensions.
    DataError
        If the data, or a table of the provider's side, break the contract.
    """
    require_choice("adjust_method", adjust_method, get_args(Method))
    terms, mode, target = terms_of(study), mode_of(study), outcome_of(study, outcome)
    provider, provider_notes = gap_tables.judgements(study)
    evidence = collect(study, needs(study, outcome=target))
    table = estimates.means(evidence.moments["gaps"], evidence.design, ci_level=ci_level).set_index("column")
    draws = estimates.draw_blocks(evidence.design, n_boot, seed)
    tables = _more(study, evidence, terms, provider, target, weights, draws, table,
                   adjust_method=adjust_method, ci_level=ci_level, seed=seed)  # fmt: skip
    tables |= _main(study, evidence, terms, table, tables["importance"], adjust_method, ci_level)
    shared = (
        *base_notes(study, evidence),
        *interval_note(tables["dimensions"]),
        *suppressed_note(tables["segments"], study),
    )
    own = _notes(study, mode, tables["items"], evidence, tables["quality"])
    own += [*provider_notes, *provider_gaps.notes(study, provider, terms, mode == "gap")]
    main = (tables[name] for name in ("items", "dimensions", "importance"))
    return GapsResult(
        mode=mode,
        notes=(*shared, *own),
        context=context_of(
            study, evidence, ci_level=ci_level, adjustment=adjust_method, seed=seed, n_boot=n_boot
        ),
        switches=gap_switches(study, mode, terms, table, *main),
        **tables,
    )


def _main(
    study: Study,
    evidence: Evidence,
    terms: list[Dimension],
    table: pd.DataFrame,
    weighed: pd.DataFrame,
    adjust_method: Method,
    ci_level: float,
) -> dict[str, pd.DataFrame]:
    """Return the gaps themselves: by item, dimension, segment and period, and how far they can be trusted."""
    mode = mode_of(study)
    items = block(table, study, [item.name for one in terms for item in one.items], mode, adjust_method)
    items.insert(1, "dimension", [one.name for one in terms for _ in one.items])
    dimensions = block(table, study, [one.name for one in terms], mode, adjust_method)
    trust = reliabilities(evidence, terms, study, ci_level)
    measured = quality(table, _sorted(dimensions.join(trust, on="term")), study, ci_level)
    dimensions = dimensions.join(trust[["alpha", "alpha_low", "alpha_high"]], on="term")
    dimensions = dimensions.join(_own_points(table, weighed), on="term")
    overall = block(table, study, ["overall"], mode, "none")
    if "weighted.gap" in table.index:
        overall = pd.concat([overall, block(table, study, ["weighted"], mode, "none")], ignore_index=True)
    return {
        "items": _sorted(items),
        "dimensions": _sorted(dimensions),
        "overall": overall,
        "quality": measured if mode == "gap" else measured.iloc[:0],
        "segments": segments(study, evidence, adjust_method, ci_level),
        "periods": by_period(study, evidence, ci_level),
        "changes": changes(study, evidence, adjust_method, ci_level),
    }


def _more(
    study: Study,
    evidence: Evidence,
    terms: list[Dimension],
    provider: Mapping[str, gap_tables.Judgements],
    outcome: str,
    weights: Mapping[str, float] | pd.DataFrame | None,
    draws: np.ndarray,
    table: pd.DataFrame,
    *,
    adjust_method: Method,
    ci_level: float,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Return the tables that explain the gaps."""
    paired = mode_of(study) == "gap"
    levels = provider_gaps.levels(study, table, terms, provider, paired, ci_level)
    return {
        "contrasts": contrasts(table, terms, study, adjust_method),
        "levels": levels,
        "chain": provider_gaps.chain(levels, table, method=adjust_method, ci_level=ci_level, seed=seed),
        "importance": importance(study, evidence, terms, weights=weights, draws=draws, ci_level=ci_level),
        "zone": zone(table, terms, study, ci_level),
        "challenge": challenge(study, evidence, terms, outcome, draws=draws, ci_level=ci_level, seed=seed),
        "interactions": interactions(study, evidence, adjust_method),
    }


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("estimate", kind="stable", na_position="last", ignore_index=True)


def _own_points(table: pd.DataFrame, weighed: pd.DataFrame) -> pd.DataFrame:
    """Return mean importance points and each dimension's share of the gap weighted by respondents' own points."""
    columns = ["contribution", "share", "share_low", "share_high"]
    own = weighed[weighed["scheme"] == "own_points"].set_index("term")
    points = [table.loc[f"points.{name}", "estimate"] for name in own.index]
    found = own[columns].astype(float)
    found.insert(0, "importance_points", np.array(points, dtype=float))
    return found


def _notes(
    study: Study, mode: Mode, items: pd.DataFrame, evidence: Evidence, trust: pd.DataFrame
) -> list[Note]:
    notes = []
    if mode == "perception_only":
        notes.append(Note("no_expectations", {"items": len(items)}))
    elif not all(one.importance_points for one in terms_of(study)):
        notes.append(Note("no_importance_points", {}))
    dropped = len(study.instrument.items) - len(items)
    if dropped:
        notes.append(Note("items_without_pair", {"items": dropped}))
    answered = items["n"] / evidence.base.n
    if answered.min() < 0.8:
        notes.append(
            Note("missing_answers", {"lowest": float(answered.min()), "highest": float(answered.max())})
        )
    high = trust.loc[trust["at_top_low"] > CEILING, "term"].tolist()
    if high:
        notes.append(Note("ceiling", {"terms": high, "mark": CEILING}))
    modest = trust.loc[trust["reliability"] < MODEST, "term"].tolist()
    if modest:
        notes.append(Note("modest_reliability", {"terms": modest, "mark": MODEST}))
    return notes
