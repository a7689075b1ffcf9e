"""Did the programme work? Difference-in-differences, interrupted series, power and the promise ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

import pandas as pd

from svcq_lib.analyses import effects_ledger
from svcq_lib.analyses.context import Context, base_notes, context_of
from svcq_lib.analyses.effects_bases import lead_table, shown_checks, shown_paths
from svcq_lib.analyses.effects_did import Layout
from svcq_lib.analyses.effects_notes import data_notes, reading_notes
from svcq_lib.analyses.effects_power import pilot
from svcq_lib.analyses.effects_switches import switchboard
from svcq_lib.analyses.effects_tables import effect_tables, interrupted_table, programme_table, stacked
from svcq_lib.analyses.effects_terms import Measure, needs_of, programme_of, quantities
from svcq_lib.analyses.effects_work import Errors, Grain, Work, require_both_sides, scanned, settings_of
from svcq_lib.errors import Note, require_choice
from svcq_lib.evidence.collect import collect
from svcq_lib.evidence.needs import EvidenceNeeds
from svcq_lib.stats.multiplicity import Method
from svcq_lib.study import Effects, Study

SMALL_LIFT = 0.2
"""A lift in standard deviations that is called small (Cohen 1988): what a pilot should find unless told otherwise."""


@dataclass(frozen=True, eq=False, slots=True)
class EffectsResult:
    """What a programme changed, and how surely.

    Attributes
    ----------
    programme : DataFrame, one row
        segment (whose levels are the units), start, treated, control (numbers of units), ramp, before, after (periods),
        errors, n.
    effects : DataFrame, one row per figure, sure ones first, then by size
        term, measure, high_is_good, scale_top (of amounts in points of a scale), treated_before, treated_after,
        control_before, control_after (weighted means),
        estimate (difference-in-differences), std_error, conf_low, conf_high, statistic, df, p_value, p_adjusted (over
        the figures), effect_size (over the answers' standard deviation) with interval, counterfactual (after, without
        the programme), relative with interval, pretrend_p, conclusion, n, suppressed. conclusion: effect_improved or
        effect_worsened (adjusted test and interval without 0, groups not shown to differ before),
        effect_diverging, effect_untested, effect_unclear, effect_no_control.
    checks : DataFrame, one row per figure
        term, statistic, df, pretrend_p (joint test of the leads), placebo_start, placebo, placebo_low, placebo_high,
        placebo_p, permutation_p, n
    leads : DataFrame, one row per figure and period
        term, measure, period, phase (−1 before, 0 ramp, 1 after), estimate against the last period before the start,
        std_error, conf_low, conf_high, n
    interrupted : DataFrame, one row per figure
        term, measure, scale_top, the columns of `effects_its.INTERRUPTED`, p_adjusted, lag, harmonics, n: units
        with the programme against their own path
    series : DataFrame, one row per figure and period
        term, measure, period, phase, estimate, fitted, counterfactual, n
    power : DataFrame
        For the leading figure: see :func:`svcq_lib.analyses.effects_power.pilot`.
    ledger : DataFrame, one row per initiative
        See :func:`svcq_lib.analyses.effects_ledger.ledger`; empty without a table of initiatives.
    switches : DataFrame
        See :func:`svcq_lib.analyses.switches.switches`.
    notes : tuple of Note
        Caveats.
    context : Context
        Study, base, filters and settings.
    """

    programme: pd.DataFrame
    effects: pd.DataFrame
    checks: pd.DataFrame
    leads: pd.DataFrame
    interrupted: pd.DataFrame
    series: pd.DataFrame
    power: pd.DataFrame
    ledger: pd.DataFrame
    switches: pd.DataFrame
    notes: tuple[Note, ...]
    context: Context


def needs(
    study: Study, *, outcomes: Sequence[str] | None = None, unit: str | None = None,
    treated: Sequence[str] | None = None, start: str | None = None,
) -> EvidenceNeeds:  # fmt: skip
    """Return what :func:`effects` reads from the rows.

    Parameters
    ----------
    study : Study
        The study.
    outcomes, unit, treated, start
        As in :func:`effects`.

    Returns
    -------
    EvidenceNeeds
        Sums of every figure by unit and month, whatever the study's period.
    """
    programme = programme_of(study, unit=unit, treated=treated, start=start, outcomes=outcomes)
    return needs_of(study, programme, _promises(study, programme))


def _promises(study: Study, programme: Effects) -> list[effects_ledger.Initiative]:
    return effects_ledger.initiatives(study, programme.initiatives) if programme.initiatives else []


def effects(
    study: Study, *, outcomes: Sequence[str] | None = None, unit: str | None = None,
    treated: Sequence[str] | None = None, start: str | None = None, ramp: int | None = None,
    measure: Measure = "perception", grain: Grain = "month", errors: Errors = "auto", layout: Layout = "two_way",
    weighted: bool = True, hac_lag: int | None = None, harmonics: int | None = None, placebo: str | None = None,
    lift: float | None = None, adjust_method: Method = "holm", ci_level: float = 0.95, n_boot: int = 999, seed: int = 0,
) -> EffectsResult:  # fmt: skip
    """Evaluate a programme that some units had and others did not.

    Parameters
    ----------
    study : Study
        The study. With a period, only its part after the start counts as "after"; earlier periods stay visible for
        comparison.
    outcomes : sequence of str, optional
        Dimensions, items and outcomes; those of ``[effects]``, else all dimensions and outcomes.
    unit, treated, start, ramp : str, sequence of str, str, int, optional
        Replace the entries of ``[effects]``.
    measure : {"perception", "gap"}
        What is evaluated of dimensions and items.
    grain : {"month", "quarter"}
        Length of the periods.
    errors : {"auto", "cluster", "wild"}
        CR2 errors with Satterthwaite's t, or the wild cluster bootstrap; auto bootstraps below 40 units. With a single
        unit in one of the groups, units are permuted instead and there is no interval.
    layout : {"two_way", "classic"}
        Unit and period effects, or two groups before and after.
    weighted : bool
        Whether a unit and period counts by its answers' weights.
    hac_lag, harmonics : int, optional
        Of the interrupted series; by default ⌊4 (n/100)^(2/9)⌋, and one pair from two years on.
    placebo : str, optional
        Pretended start; the middle of the periods before the true one by default.
    lift : float, optional
        Lift that a pilot should find, on the leading figure's scale; 0.2 standard deviations by default.
    adjust_method : {"holm", "bh", "by", "none"}
        Multiplicity control over the figures.
    ci_level : float
        Level of the intervals.
    n_boot, seed : int
        Replicates and seed of the bootstrap and of the permutations.

    Returns
    -------
    EffectsResult
        Effects with intervals, checks of what they rest on, and promises beside them.

    Raises
    ------
    ParameterError
        If the study has no programme, or a name or choice is unknown.
    MethodError
        If there is nothing before or after the start, or no unit with the programme.
    DataError
        If the data or the table of initiatives break their contract.
    """
    for name, value, choices in (
        ("measure", measure, Measure), ("grain", grain, Grain), ("errors", errors, Errors), ("layout", layout, Layout),
        ("adjust_method", adjust_method, Method),
    ):  # fmt: skip
        require_choice(name, value, get_args(choices))
    programme = programme_of(study, unit=unit, treated=treated, start=start, ramp=ramp, outcomes=outcomes)
    promises = _promises(study, programme)
    evidence = collect(scanned(study), needs_of(study, programme, promises))
    work = Work(study, programme, evidence, grain, hac_lag, harmonics)
    panels = {one: work.panel(one) for one in quantities(study, programme, measure)}
    settings = settings_of(panels, errors, layout, weighted, ci_level, n_boot, seed)
    require_both_sides(panels, programme, study)
    table, checks = effect_tables(panels, study, settings, placebo, adjust_method)
    leading = next(one for one in panels if one.term == table["term"].iloc[0])
    limit = study.thresholds.suppress
    paths = shown_paths({one: work.path(panels[one], ci_level) for one in panels}, panels, limit)
    months = work.month_panel(leading, programme.start, programme.ramp)
    sums = effects_ledger.ledger(study, promises, work.month_panel, programme.start, programme.ramp, settings)
    labels = {one.name: one.label for one in promises}
    context = context_of(
        study, evidence, ci_level=ci_level, adjustment=adjust_method, seed=seed, n_boot=n_boot
    )
    return EffectsResult(
        programme=programme_table(panels[leading], programme, settings),
        effects=table,
        checks=shown_checks(checks, table),
        leads=lead_table(panels, settings, limit),
        interrupted=interrupted_table(paths, panels, adjust_method),
        series=stacked({one: path.series for one, path in paths.items() if path}),
        power=pilot(
            months, leading.term, SMALL_LIFT * months.std_dev if lift is None else lift, alpha=1 - ci_level
        ),
        ledger=sums,
        switches=switchboard(work, leading, panels[leading], table, paths[leading], settings, measure),
        notes=(
            *base_notes(study, evidence),
            *data_notes(panels, settings, programme, study, paths),
            *reading_notes(table, checks, ci_level),
            *effects_ledger.shared_note([one for one in promises if effects_ledger.usable(study, one)]),
        ),
        context=replace(context, labels={**context.labels, **labels}),
    )
