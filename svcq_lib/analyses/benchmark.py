"""Who is best, by how much, and against whom? Units compared with each other, with others and with the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from svcq_lib.analyses import (
    benchmark_alike,
    benchmark_control,
    benchmark_external,
    benchmark_mix_effects,
    benchmark_parts,
    benchmark_screening,
)
from svcq_lib.analyses.benchmark_compared import Compared, compared_of
from svcq_lib.analyses.benchmark_control import Rules
from svcq_lib.analyses.benchmark_funnels import Limits
from svcq_lib.analyses.benchmark_league import Basis, raw_table
from svcq_lib.analyses.benchmark_parts import Gate, Settings
from svcq_lib.analyses.context import Context, base_notes, context_of, interval_note, suppressed_note
from svcq_lib.errors import Note, require_choice
from svcq_lib.evidence.collect import Evidence, collect
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Rows
from svcq_lib.sources.reference import read_reference
from svcq_lib.stats.funnel import Overdispersion
from svcq_lib.stats.multiplicity import Method
from svcq_lib.stats.shrinkage import TauMethod
from svcq_lib.study import Study

RANKS = (
    "shrunken", "shrunken_low", "shrunken_high", "rank", "expected_rank", "rank_low", "rank_high", "p_top",
    "p_bottom", "tier", "distance", "distance_low", "distance_high",
)  # fmt: skip
"""What the gate withholds."""


@dataclass(frozen=True, eq=False, slots=True)
class BenchmarkResult:
    """Units of one segment compared fairly, with how sure the comparison is.

    Attributes
    ----------
    unit, outcome, measure, basis : str
        Segment, outcome (or dimension) and measure; "adjusted" or "raw": the figures that are shrunk and ranked.
    case_mix : tuple of str
        Segments adjusted for.
    limits : str
        "quantile" or "funnelplotr": the funnel's limits.
    rules : str
        Rules of special causes over time.
    high_is_good : bool
        Whether a higher figure is the better one.
    league : DataFrame, one row per unit, best first
        unit, estimate, std_error, conf_low, conf_high; adjusted … (at the case mix of all); difference … from all
        others (raw), adjusted_difference …, p_adjusted and verdict ("better", "worse", "unclear") on the basis,
        verdict_raw on the raw figures;
        shrunken, shrunken_low, shrunken_high, shrinkage (weight of the common mean); rank (by the shrunken figure),
        expected_rank, rank_low, rank_high, p_top, p_bottom (quarter), tier; distance … (from best practice), needed
        (answers for a firm verdict at the present distance); held (data to be checked first), n, n_eff, suppressed.
    overall : DataFrame, one row
        estimate, std_error, conf_low, conf_high of all units; best, best_low, best_high (mean of the top quarter);
        statistic, df, p_value (Q test of no difference), tau (standard deviation between units), n.
    funnel, funnel_limits, dispersion : DataFrame
        See :class:`svcq_lib.analyses.benchmark_funnels.Funnel`.
    screen : DataFrame
        Suspicions about the data of units, see :func:`svcq_lib.analyses.benchmark_screening.screen`.
    changes, change_levels : DataFrame
        Mix and performance, see :func:`svcq_lib.analyses.benchmark_mix_effects.changes`.
    external, refused : DataFrame
        Figures of others, see :func:`svcq_lib.analyses.benchmark_external.external`.
    over_time, assurance : DataFrame
        Control chart of all units together and what it says of targets, see
        :class:`svcq_lib.analyses.benchmark_control.Control`.
    invariance : DataFrame
        Tests of the gate, see :class:`svcq_lib.analyses.benchmark_alike.Gate`.
    switches : DataFrame
        Contested defaults.
    notes : tuple of Note
        Caveats.
    context : Context
        Study, base, filters and settings.
    """

    unit: str
    outcome: str
    measure: str
    basis: Basis
    case_mix: tuple[str, ...]
    limits: Limits
    rules: Rules
    high_is_good: bool
    league: pd.DataFrame
    overall: pd.DataFrame
    funnel: pd.DataFrame
    funnel_limits: pd.DataFrame
    dispersion: pd.DataFrame
    screen: pd.DataFrame
    changes: pd.DataFrame
    change_levels: pd.DataFrame
    external: pd.DataFrame
    refused: pd.DataFrame
    over_time: pd.DataFrame
    assurance: pd.DataFrame
    invariance: pd.DataFrame
    switches: pd.DataFrame
    notes: tuple[Note, ...]
    context: Context


def needs(
    study: Study,
    *,
    unit: str | None = None,
    outcome: str | None = None,
    measure: str | None = None,
    case_mix: Sequence[str] | None = None,
) -> EvidenceNeeds:
    """Return what :func:`benchmark` reads from the rows.

    Parameters
    ----------
    study : Study
        The study.
    unit, outcome, measure, case_mix
        As in :func:`benchmark`.

    Returns
    -------
    EvidenceNeeds
        The compared column by unit, case mix and period; the rows for the screen and the invariance gate.
    """
    return _needs(study, compared_of(study, unit, outcome, measure, case_mix))


def _needs(study: Study, compared: Compared) -> EvidenceNeeds:
    column, key, mix = (compared.column,), compared.unit_key, compared.mix_keys
    cells = {"benchmark.unit": Cells(column, by=(key,))}
    if mix:
        cells["benchmark.mix"] = Cells(column, by=(key, *mix))
    if study.responses.date:
        cells |= {
            f"benchmark.{key}": Cells(column, by=(key,), all_periods=True) for key in ("month", "period")
        }
        for name in (*compared.case_mix, compared.unit):
            cells[f"benchmark.change.{name}"] = _dated(column, (f"segment.{name}",))
        if len(mix) > 1:
            cells[f"benchmark.change.{benchmark_mix_effects.JOINT}"] = _dated(column, mix)
    items = tuple(f"perception.{item.name}" for item in study.instrument.items if item.perception)
    return EvidenceNeeds(compared.derived, cells, rows={"benchmark.rows": Rows((key, *column, *items))})


def _dated(columns: tuple[str, ...], by: tuple[str, ...]) -> Cells:
    return Cells(columns, by=("period", *by), blocks=True, all_periods=True)


def _year(study: Study, evidence: Evidence) -> int | None:
    """Return the year of the answers: that of the last date, else the declared one."""
    if evidence.base.date_max:
        return evidence.base.date_max.year
    return study.benchmarking.year if study.benchmarking else None


def benchmark(
    study: Study,
    *,
    unit: str | None = None,
    outcome: str | None = None,
    measure: str | None = None,
    case_mix: Sequence[str] | None = None,
    tau_method: TauMethod = "reml",
    overdispersion: Overdispersion = "winsorised",
    limits: Limits = "quantile",
    gate: Gate = "label",
    rules: Rules = "making_data_count",
    screen: bool = True,
    adjust_method: Method = "holm",
    ci_level: float = 0.95,
    n_boot: int = 500,
    n_draws: int = 4000,
    seed: int = 0,
) -> BenchmarkResult:
    """Compare units with each other, with figures of others and with the past.

    Parameters
    ----------
    study : Study
        The study, with its filters and period.
    unit : str, optional
        Segment whose levels are compared; that of ``[benchmarking]``, else the one with most levels.
    outcome : str, optional
        Outcome, or a dimension (mean perception); that of ``[benchmarking]``, else the first satisfaction score.
    measure : str, optional
        Measure of the outcome; the one by which it is usually quoted.
    case_mix : sequence of str, optional
        Segments that are adjusted for; those of ``[benchmarking]``; an empty one compares raw figures.
    tau_method : {"reml", "dl"}
        Variance between units: restricted maximum likelihood, or DerSimonian and Laird.
    overdispersion : {"winsorised", "truncated", "none"}
        How the funnel's limits are widened for scatter between units.
    limits : {"quantile", "funnelplotr"}
        Exact quantile limits, or FunnelPlotR's convention.
    gate : {"label", "withhold", "off"}
        What happens where the instrument does not measure alike across units.
    rules : {"making_data_count", "western_electric", "nelson"}
        What counts as a special cause in the figures over time.
    screen : bool
        Whether outlying moving ranges are left out of the limits over time, as R's NHSRplotthedots does.
    adjust_method : {"holm", "bh", "by", "none"}
        Multiplicity control of the verdicts.
    ci_level : float
        Level of the intervals.
    n_boot : int
        Bootstrap replicates of mix and performance.
    n_draws : int
        Draws of what the units are worth.
    seed : int
        Seed of both.

    Returns
    -------
    BenchmarkResult
        League, funnel, fair comparison, external figures, mix and performance.

    Raises
    ------
    ParameterError
        If a segment, outcome or measure is unknown.
    DataError
        If the data break the contract.
    """
    for name, value, choices in (
        ("tau_method", tau_method, TauMethod), ("overdispersion", overdispersion, Overdispersion),
        ("limits", limits, Limits), ("gate", gate, Gate), ("rules", rules, Rules),
        ("adjust_method", adjust_method, Method),
    ):  # fmt: skip
        require_choice(name, value, get_args(choices))
    compared = compared_of(study, unit, outcome, measure, case_mix)
    evidence = collect(study, _needs(study, compared))
    settings = Settings(
        "adjusted" if compared.case_mix else "raw", tau_method, overdispersion, limits, adjust_method, ci_level,
        study.thresholds.flag, n_draws, seed,
    )  # fmt: skip
    table = raw_table(study, evidence, compared, ci_level)
    rows = evidence.rows["benchmark.rows"]
    screened = benchmark_screening.screen(table, rows, compared, study.thresholds.flag)
    held = screened.loc[screened["check"].isin(benchmark_screening.HOLDS), "unit"]
    table["held"] = table["unit"].isin(held)
    ranked, draws, pooled = benchmark_parts.ranking(table, compared, settings)
    drawn = benchmark_parts.outliers(table, compared, evidence, settings)
    tested = benchmark_alike.gate(study, rows, ranked, compared)
    changes, levels = benchmark_mix_effects.changes(
        study, evidence, compared, ci_level=ci_level, n_boot=n_boot, seed=seed
    )
    overall = benchmark_parts.overall(evidence, compared, draws, pooled, settings)
    shown, refused = benchmark_external.external(
        study, compared, overall.iloc[0], read_reference("benchmarks"), _year(study, evidence)
    )
    charted = benchmark_control.over_time(
        study, evidence, compared, rules=rules, screen=screen, ci_level=ci_level
    )
    notes = benchmark_parts.notes(
        study, compared, evidence, ranked, screened, tested, drawn.dispersion, shown, gate
    )
    switched = benchmark_parts.switched(study, table, compared, evidence, settings, ranked, drawn.units)
    if gate == "withhold" and tested.state == "unlike":
        ranked[list(RANKS)] = np.nan
    return BenchmarkResult(
        unit=compared.unit,
        outcome=compared.measured.outcome.name,
        measure=compared.measured.measure,
        basis=settings.basis,
        case_mix=compared.case_mix,
        limits=limits,
        rules=rules,
        high_is_good=compared.measured.high_is_good,
        league=ranked,
        overall=overall,
        funnel=drawn.units,
        funnel_limits=drawn.limits,
        dispersion=drawn.dispersion,
        screen=screened,
        changes=changes,
        change_levels=levels,
        external=shown,
        refused=refused,
        over_time=charted.table,
        assurance=charted.assurance,
        invariance=tested.table if gate != "off" else tested.table.head(0),
        switches=pd.concat(
            [one for one in (switched, charted.switches) if len(one)] or [switched], ignore_index=True
        ),
        notes=(
            *base_notes(study, evidence),
            *interval_note(ranked),
            *suppressed_note(ranked, study),
            *notes,
            *charted.notes,
        ),
        context=context_of(
            study, evidence, ci_level=ci_level, adjustment=adjust_method, seed=seed, n_boot=n_boot
        ),
    )
