"""How good is our service, and is it getting better? The headline scorecard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import pandas as pd

from svcq_lib.analyses import compare, estimates
from svcq_lib.analyses.base import response_notes, response_rate
from svcq_lib.analyses.context import Context, base_notes, context_of, interval_note, suppressed_note
from svcq_lib.analyses.outcomes import Measured, column_of, derived_of, measured_means, measures_of
from svcq_lib.analyses.score_peers import PEERS, peer_cells, peer_table
from svcq_lib.analyses.score_switches import OTHER_MISSING, score_switches, shown_by
from svcq_lib.errors import Note, ParameterError, require_choice
from svcq_lib.evidence.collect import Evidence, collect
from svcq_lib.evidence.columns import Present
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Tally
from svcq_lib.stats.multiplicity import Method
from svcq_lib.study import Outcome, Study

COMPLETE = "complete."
FIGURES = ("estimate", "std_error", "conf_low", "conf_high", "n_eff")
KEYS = ("outcome", "measure")
MARGINS = ["segment", "level", "population", "before", "after", "n"]
CHANGES = [
    "outcome", "measure", "high_is_good", "since", "period", "previous", "estimate", "change", "change_low",
    "change_high", "p_value", "p_adjusted", "n",
]  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class ScoresResult:
    """The headline figures, over time and by segment.

    Attributes
    ----------
    headline : DataFrame, one row per outcome and measure
        outcome, measure, primary, high_is_good, estimate, std_error, conf_low, conf_high, n, n_eff, suppressed.
        Shares are 0–1, ``index_100`` 0–100, ``nps`` −100–100, means on the outcome's scale.
    changes : DataFrame, one row per primary measure and earlier period
        outcome, measure, high_is_good, since ("previous" or "first"), period, previous (the period compared with),
        estimate, change, change_low, change_high, p_value, p_adjusted, n. Empty if there is no earlier period.
    periods : DataFrame, one row per period and primary measure
        period, outcome, measure, estimate, std_error, conf_low, conf_high, n, n_eff, suppressed
    segments : DataFrame, one row per segment, level and primary measure
        segment, level, outcome, measure, estimate, …, difference (from all others), difference_low,
        difference_high, p_value, p_adjusted, n, suppressed
    distribution : DataFrame, one row per outcome and answer
        outcome, level, share, n
    goals : DataFrame, one row per target and benchmark
        kind, label, outcome, measure, value, estimate, conf_low, conf_high, verdict ("met", "missed", "unclear": the
        interval wholly on the good side of the goal, on the bad side, or on both), source, year
    response : DataFrame, one row for the whole and one per period
        span, period, invited, answered, response_rate, response_rate_low, response_rate_high, population, coverage,
        coverage_target, covered, n. Empty without ``[response_rate]``.
    margins : DataFrame, one row per margin and level
        segment, level, population (share there), before and after (weighted shares in the sample), n. Empty without
        ``[weights.margins]``.
    switches : DataFrame, one row per contested default and leading figure
        See :func:`svcq_lib.analyses.switches.switches`.
    notes : tuple of Note
        Caveats.
    context : Context
        Study, base, filters and settings.
    peers : DataFrame, one row per primary measure
        See :func:`svcq_lib.analyses.score_peers.peer_table`; empty unless the study is restricted to a unit.
    """

    headline: pd.DataFrame
    changes: pd.DataFrame
    periods: pd.DataFrame
    segments: pd.DataFrame
    distribution: pd.DataFrame
    goals: pd.DataFrame
    response: pd.DataFrame
    margins: pd.DataFrame
    switches: pd.DataFrame
    notes: tuple[Note, ...]
    context: Context
    peers: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=PEERS))


def needs(study: Study, *, outcomes: Sequence[str] | None = None, peers: bool = True) -> EvidenceNeeds:
    """Return what :func:`scores` reads from the rows.

    Parameters
    ----------
    study : Study
        The study.
    outcomes : sequence of str, optional
        Outcomes to report; all by default.
    peers : bool
        Whether a report of one unit is compared with all others, which reads rows outside its filters.

    Returns
    -------
    EvidenceNeeds
        Columns, groups and tallies.
    """
    chosen = _chosen(study, outcomes)
    measured, other = _measured(study, chosen), _measured(study, chosen, OTHER_MISSING[study.missing])
    all_columns = _columns(measured)
    primary, top_boxes = _columns(_primary(measured)), _columns(_top_boxes(measured))
    cells = {"scores": Cells(all_columns)}
    if study.responses.weight or study.weights.margins:
        cells["scores.unweighted"] = Cells(primary, weighted=False)
    if len(chosen) > 1:
        cells["scores.missing"] = Cells(_columns(_primary(other)))
    if study.responses.date:
        cells["scores.period"] = Cells(primary, by=("period",), all_periods=True)
        if top_boxes:
            cells["scores.top_box.period"] = Cells(top_boxes, by=("period",), all_periods=True)
    for name in study.responses.segments:
        cells[f"scores.segment.{name}"] = Cells(primary, by=(f"segment.{name}",))
    cells |= peer_cells(study, primary) if peers else {}
    tallies = {f"scores.{one.name}": Tally(column_of(one)) for one in chosen if len(one.columns) == 1}
    derived = derived_of(study, chosen)
    asked = tuple(column_of(one) for one in chosen)
    for name in (*all_columns, *_columns(other)):
        if name.startswith(COMPLETE):
            derived[name] = Present(name.removeprefix(COMPLETE), asked)
    return EvidenceNeeds(derived, cells, tallies)


def scores(
    study: Study,
    *,
    outcomes: Sequence[str] | None = None,
    adjust_method: Method = "holm",
    ci_level: float = 0.95,
    peers: bool = True,
) -> ScoresResult:
    """Report the level of every outcome, its change, and where it differs.

    Parameters
    ----------
    study : Study
        The study, with its filters and period.
    outcomes : sequence of str, optional
        Outcomes to report; all by default.
    adjust_method : {"holm", "bh", "by", "none"}
        Multiplicity control: over the outcomes and earlier periods for changes, over the levels of a segment for
        differences, over the outcomes for the comparison with all others.
    ci_level : float
        Level of the intervals.
    peers : bool
        Whether a report of one unit is compared with all others.

    Returns
    -------
    ScoresResult
        Headline figures with intervals.

    Raises
    ------
    ParameterError
        If an outcome is unknown or the study has none.
    DataError
        If the data break the contract.
    """
    require_choice("adjust_method", adjust_method, get_args(Method))
    chosen = _chosen(study, outcomes)
    evidence = collect(study, needs(study, outcomes=outcomes, peers=peers))
    measured = _measured(study, chosen)
    primary, limit = _primary(measured), study.thresholds.suppress
    headline = measured_means(evidence.moments["scores"], evidence.design, measured, ci_level=ci_level)
    headline = estimates.suppress(headline, limit, FIGURES)
    settings: dict[str, Any] = {"figures": FIGURES, "method": adjust_method, "ci_level": ci_level}
    shown = shown_by(primary, evidence, ci_level)
    segments = compare.segment_table(study, evidence, "scores", shown, KEYS, **settings)
    changes = compare.change_table(study, evidence, "scores", shown, **settings)
    other = _primary(_measured(study, chosen, OTHER_MISSING[study.missing]))
    response = response_rate(study, ci_level=ci_level)
    own = (*interval_note(headline), *suppressed_note(segments, study), *response_notes(study, response))
    return ScoresResult(
        headline=headline,
        changes=changes[CHANGES] if len(changes) else pd.DataFrame(columns=CHANGES),
        periods=compare.period_table(study, evidence, "scores", shown, KEYS, figures=FIGURES),
        segments=segments,
        distribution=_distribution(evidence, chosen, limit),
        goals=_goals(study, headline),
        response=response,
        margins=evidence.weighting.margins if evidence.weighting else pd.DataFrame(columns=MARGINS),
        switches=score_switches(
            study, evidence, headline, primary, other, changes, _top_boxes(measured), adjust_method, ci_level
        ),
        notes=(*base_notes(study, evidence), *own),
        context=context_of(study, evidence, ci_level=ci_level, adjustment=adjust_method),
        peers=peer_table(study, evidence, primary, shown, method=adjust_method, ci_level=ci_level),
    )


def _chosen(study: Study, names: Sequence[str] | None) -> list[Outcome]:
    if not study.outcomes:
        raise ParameterError(
            f"{study.path.name} has no outcomes to score. Add a section such as [outcomes.csat]."
        )
    return [study.outcome(name) for name in names] if names else list(study.outcomes.values())


def _measured(study: Study, chosen: Sequence[Outcome], missing: str | None = None) -> list[Measured]:
    """Return what is reported; in listwise mode from those who answered every outcome."""
    prefix = COMPLETE if (missing or study.missing) == "listwise" else ""
    return [replace(one, column=prefix + one.column) for outcome in chosen for one in measures_of(outcome)]


def _primary(measured: Sequence[Measured]) -> list[Measured]:
    return [one for one in measured if one.primary]


def _top_boxes(measured: Sequence[Measured]) -> list[Measured]:
    return [one for one in measured if one.outcome.kind == "csat" and one.measure == "top_box"]


def _columns(measured: Sequence[Measured]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.column for one in measured))


def _distribution(evidence: Evidence, chosen: Sequence[Outcome], limit: int) -> pd.DataFrame:
    parts = []
    for outcome in chosen:
        tally = evidence.tallies.get(f"scores.{outcome.name}")
        if tally is None or tally["n"].sum() < limit:
            continue
        table = tally.rename(columns={column_of(outcome): "level"})
        parts.append(table.assign(outcome=outcome.name, share=table["sw"] / table["sw"].sum()))
    columns = ["outcome", "level", "share", "n"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _goals(study: Study, headline: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for kind, goals in (("target", study.targets), ("benchmark", study.benchmarks)):
        for goal in goals:
            match = headline[(headline["outcome"] == goal.outcome) & (headline["measure"] == goal.measure)]
            for _, row in match.iterrows():
                rows.append(
                    {
                        "kind": kind,
                        "label": goal.label,
                        "outcome": goal.outcome,
                        "measure": goal.measure,
                        "value": goal.value,
                        **{name: row[name] for name in ("estimate", "conf_low", "conf_high", "n")},
                        "verdict": _verdict(row, goal.value),
                        "source": goal.source,
                        "year": goal.year,
                    }
                )
    columns = [
        "kind",
        "label",
        "outcome",
        "measure",
        "value",
        "estimate",
        "conf_low",
        "conf_high",
        "n",
        "verdict",
        "source",
        "year",
    ]
    return pd.DataFrame(rows, columns=columns)


def _verdict(row: pd.Series, goal: float) -> str:
    """Return "met" ("missed") if the interval lies wholly on the good (bad) side of the goal, else "unclear"."""
    if row["conf_low"] > goal:
        return "met" if row["high_is_good"] else "missed"
    if row["conf_high"] < goal:
        return "missed" if row["high_is_good"] else "met"
    return "unclear"
