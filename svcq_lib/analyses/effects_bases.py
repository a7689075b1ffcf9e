"""What of an evaluation may be shown: figures that too few answers carry are blank in every table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from svcq_lib.analyses import effects_did as did
from svcq_lib.analyses.effects_did import Settings
from svcq_lib.analyses.effects_its import Path
from svcq_lib.analyses.effects_panel import BEFORE, Panel, Quantity
from svcq_lib.analyses.effects_tables import stacked

CHECKED = ["statistic", "pretrend_p", "placebo", "placebo_low", "placebo_high", "placebo_p", "permutation_p"]


def shown_checks(checks: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    """Return the checks of effects, blank where the effect itself is hidden.

    Parameters
    ----------
    checks, effects : DataFrame
        From :func:`svcq_lib.analyses.effects_tables.effect_tables`.

    Returns
    -------
    DataFrame
        As ``checks``.
    """
    hidden = checks["term"].isin(effects.loc[effects["suppressed"], "term"])
    return checks.assign(**{name: checks[name].mask(hidden) for name in CHECKED})


def lead_table(panels: Mapping[Quantity, Panel], settings: Settings, limit: int) -> pd.DataFrame:
    """Return the event study of every figure; blank where either group, or its reference, has few answers.

    Parameters
    ----------
    panels : Mapping of Quantity to Panel
        What is evaluated.
    settings : Settings
        Weights and level.
    limit : int
        Smallest base that is shown.

    Returns
    -------
    DataFrame
        As ``leads`` of :class:`svcq_lib.analyses.effects.EffectsResult`.
    """
    parts = {}
    for quantity, one in panels.items():
        table = did.leads_and_lags(one, settings)
        bases = [one.n[group].sum(axis=0) for group in (one.treated, ~one.treated) if group.any()]
        small = np.min(bases, axis=0) < limit
        reference = np.flatnonzero(one.phase == BEFORE)[-1]
        table.loc[small | small[reference], ["estimate", "std_error", "conf_low", "conf_high"]] = np.nan
        parts[quantity] = table
    return stacked(parts)


def shown_paths(
    paths: Mapping[Quantity, Path | None], panels: Mapping[Quantity, Panel], limit: int
) -> dict[Quantity, Path | None]:
    """Return the interrupted series whose sides have answers enough, without the means of periods that have few.

    Parameters
    ----------
    paths : Mapping of Quantity to Path
        Interrupted series.
    panels : Mapping of Quantity to Panel
        What they were made from.
    limit : int
        Smallest base that is shown.

    Returns
    -------
    dict
        None where the units with the programme have fewer answers before or after it.
    """
    found: dict[Quantity, Path | None] = {}
    for quantity, path in paths.items():
        one = panels[quantity]
        if path is None or min(one.answers(True, after) for after in (False, True)) < limit:
            found[quantity] = None
            continue
        series = path.series
        found[quantity] = path._replace(
            series=series.assign(estimate=series["estimate"].where(series["n"] >= limit))
        )
    return found
