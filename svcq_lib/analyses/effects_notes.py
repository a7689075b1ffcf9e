"""Caveats of the effects report."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from svcq_lib.analyses.effects_did import Settings
from svcq_lib.analyses.effects_its import Path
from svcq_lib.analyses.effects_panel import BEFORE, Panel, Quantity, months_of
from svcq_lib.errors import Note
from svcq_lib.study import Effects, Study

FEW_TREATED = 6
"""Below this many units in one of the groups even the bootstrap is unsure."""


def data_notes(
    panels: Mapping[Quantity, Panel],
    settings: Settings,
    programme: Effects,
    study: Study,
    paths: Mapping[Quantity, Path | None],
) -> tuple[Note, ...]:
    """Return the caveats about units, periods and series.

    Parameters
    ----------
    panels : Mapping of Quantity to Panel
        What was evaluated.
    settings : Settings
        How.
    programme : Effects
        The programme.
    study : Study
        The study.
    paths : Mapping of Quantity to Path
        Interrupted series.

    Returns
    -------
    tuple of Note
        Caveats.
    """
    one = next(iter(panels.values()))
    treated, control = int(one.treated.sum()), int((~one.treated).sum())
    notes = [*_unit_notes(treated, control, settings)]
    empty = int((one.n == 0).sum())
    if empty:
        notes.append(Note("effects_empty_cells", {"cells": empty, "total": int(one.n.size)}))
    if settings.errors == "wild" and len(panels) / (settings.n_boot + 1) >= 1 - settings.ci_level:
        notes.append(Note("effects_few_draws", {"draws": settings.n_boot, "figures": len(panels)}))
    before = int((one.phase == BEFORE).sum())
    if control and before < 2:
        notes.append(Note("effects_short_before", {"periods": before}))
    if study.period:
        notes.append(Note("effects_period", {"period": study.period}))
    if study.period and months_of(study.period.split("..")[0]) > months_of(programme.start) + programme.ramp:
        notes.append(Note("effects_part_of_after", {"period": study.period}))
    series = next((path for path in paths.values() if path), None)
    if series:
        notes.append(
            Note("effects_series", {"periods": int((series.series["phase"] != 0).sum()), "lag": series.lag})
        )
    return tuple(notes)


def _unit_notes(treated: int, control: int, settings: Settings) -> list[Note]:
    if control == 0:
        return [Note("effects_no_control", {"units": treated})]
    if settings.errors == "permutation":
        return [Note("effects_one_unit", {"units": treated + control})]
    if min(treated, control) < FEW_TREATED:
        return [Note("effects_few_units", {"units": min(treated, control)})]
    return []


def reading_notes(table: pd.DataFrame, checks: pd.DataFrame, ci_level: float) -> tuple[Note, ...]:
    """Return the caveats about what effects rest on.

    Parameters
    ----------
    table, checks : DataFrame
        Effects and their checks.
    ci_level : float
        Level of the tests.

    Returns
    -------
    tuple of Note
        Figures whose groups differed before the start, and figures that a pretended start moves.
    """
    notes, alpha = [], 1 - ci_level
    differing = table.loc[table["pretrend_p"] < alpha, "term"].tolist()
    if differing:
        notes.append(Note("effects_diverging", {"terms": differing, "level": ci_level}))
    moved = checks.loc[checks["placebo_p"] < alpha]
    if len(moved):
        date = str(moved["placebo_start"].iloc[0])
        notes.append(Note("effects_placebo", {"terms": moved["term"].tolist(), "period": date}))
    hidden = table.loc[table["suppressed"], "term"].tolist()
    if hidden:
        notes.append(Note("effects_hidden", {"terms": hidden}))
    return tuple(notes)
