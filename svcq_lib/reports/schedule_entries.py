"""The reports of a plan's period in the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svcq_lib import periods
from svcq_lib.errors import ParameterError
from svcq_lib.periods import Period
from svcq_lib.reports import manifest
from svcq_lib.reports.schedule_plan import Plan


def entries_of(plan: Plan, period: Period) -> list[dict[str, Any]]:
    """Return the manifest's entries of a plan's reports about a period, or about shorter ones inside it.

    Parameters
    ----------
    plan : Plan
        The plan.
    period : Period
        The period.

    Returns
    -------
    list of dict
        In the order of names.
    """
    found = manifest.read(plan.folder)["reports"].values()
    return [
        one
        for one in found
        if _inside(one, period) and (not plan.reports or one.get("topic") in plan.reports)
    ]


def _inside(entry: Mapping[str, Any], period: Period) -> bool:
    try:
        span = periods.parse((entry.get("parameters") or {}).get("period") or "")
    except ParameterError:
        return False
    return period.start <= span.start and span.end <= period.end
