"""The leading effect under each contested default's alternative."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from svcq_lib.analyses.effects_did import Effect, Settings, difference
from svcq_lib.analyses.effects_its import Path
from svcq_lib.analyses.effects_panel import Panel, Quantity
from svcq_lib.analyses.effects_terms import Measure, quantities
from svcq_lib.analyses.effects_work import Work
from svcq_lib.analyses.switches import Headline, Switch, switches


def switchboard(
    work: Work, leading: Quantity, panel: Panel, table: pd.DataFrame, path: Path | None, settings: Settings,
    measure: Measure,
) -> pd.DataFrame:  # fmt: skip
    """Return the leading effect, and the same under each alternative.

    Parameters
    ----------
    work : Work
        Makes panels.
    leading : Quantity
        The figure that the report leads with.
    panel : Panel
        Its panel.
    table : DataFrame
        The effects, the leading one first.
    path : Path or None
        Its interrupted series.
    settings : Settings
        What was used.
    measure : {"perception", "gap"}
        What was evaluated.

    Returns
    -------
    DataFrame
        See :func:`svcq_lib.analyses.switches.switches`; the answer is the same where the interval excludes 0 on
        the same side. Empty where there is no comparison.
    """
    row = table.iloc[0]
    if np.isnan(row["estimate"]):
        return switches(Headline(leading.term, "signed", float("nan")), [])
    used = _headline(leading.term, row)
    found = [
        Switch(*codes, (one := _headline(leading.term, effect._asdict())), _side(one) == _side(used))
        for codes, effect in _alternatives(work, leading, panel, settings, measure)
        if not np.isnan(effect.estimate)
    ]
    return pd.concat(
        [switches(used, found), *_lags(work, leading.term, panel, path, settings)], ignore_index=True
    )


def _headline(term: str, figures: Any) -> Headline:
    return Headline(term, "signed", *(float(figures[name]) for name in ("estimate", "conf_low", "conf_high")))


def _side(one: Headline) -> int:
    """Return on which side of 0 an interval lies; 0 if it holds 0 or there is none."""
    return int(one.conf_low > 0) - int(one.conf_high < 0)


def _alternatives(
    work: Work, leading: Quantity, panel: Panel, settings: Settings, measure: Measure
) -> list[tuple[tuple[str, str, str], Effect]]:
    found: list[tuple[tuple[str, str, str], Effect]] = []

    def add(default: str, used: str, other: str, effect: Effect) -> None:
        found.append(((default, used, other), effect))

    if settings.errors != "permutation":
        other = "cluster" if settings.errors == "wild" else "wild"
        changed = replace(settings, errors=other)  # type: ignore[arg-type]
        add("effects_errors", f"errors_{settings.errors}", f"errors_{other}", difference(panel, changed))
    if work.programme.ramp:
        early = work.panel(leading, ramp=0)
        add("effects_ramp", "ramp_excluded", "ramp_included", difference(early, settings))
    cells = ("cells_weighted", "cells_equal") if settings.weighted else ("cells_equal", "cells_weighted")
    add("effects_cells", *cells, difference(panel, replace(settings, weighted=not settings.weighted)))
    grain = "quarter" if work.grain == "month" else "month"
    add(
        "effects_grain",
        f"grain_{work.grain}",
        f"grain_{grain}",
        difference(work.panel(leading, grain=grain), settings),
    )
    layout = "classic" if settings.layout == "two_way" else "two_way"
    changed = replace(settings, layout=layout)  # type: ignore[arg-type]
    add("effects_layout", f"layout_{settings.layout}", f"layout_{layout}", difference(panel, changed))
    turned: Measure = "gap" if measure == "perception" else "perception"
    twin = next(one for one in quantities(work.study, work.programme, turned) if one.term == leading.term)
    if twin.column != leading.column:
        effect = difference(work.panel(twin), settings)
        add("effects_measure", f"measure_{measure}", f"measure_{turned}", effect)
    return found


def _lags(work: Work, term: str, panel: Panel, path: Path | None, settings: Settings) -> list[pd.DataFrame]:
    """Return the interrupted series under no lag and under twice the lag."""
    if path is None:
        return []
    used, rows = _headline(term, path.figures), []
    for lag in sorted({0, 2 * path.lag} - {path.lag}):
        other = work.path(panel, settings.ci_level, lag)
        if other:
            one = _headline(term, other.figures)
            rows.append(
                Switch("effects_lag", f"lag_{path.lag}", f"lag_{lag}", one, _side(one) == _side(used))
            )
    return [switches(used, rows)] if rows else []
