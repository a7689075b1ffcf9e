"""Whether the data of a period are complete."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from svcq_lib import formats
from svcq_lib.formats import Lang
from svcq_lib.periods import Period
from svcq_lib.reports.deliver_words import WORDS
from svcq_lib.reports.schedule_plan import Plan
from svcq_lib.sources.prepared import prepared
from svcq_lib.study import Study


@dataclass(frozen=True)
class Late:
    """Something that a period waits for.

    Attributes
    ----------
    code : {"late_data", "late_file"}
        The answers do not reach the period's end; the marker file is missing.
    facts : Mapping of str to str
        ``reach`` (empty if there is no date at all) and ``end``, or ``file``.
    """

    code: str
    facts: Mapping[str, str]

    def text(self, lang: Lang = "en") -> str:
        """Return the sentence that says so."""
        words = WORDS[lang]
        shown = {name: _shown(value, lang) or words["nothing"] for name, value in self.facts.items()}
        return words[self.code].format(**shown)

    def as_fact(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def _shown(value: str, lang: Lang) -> str:
    try:
        return formats.date(dt.date.fromisoformat(value), lang)
    except ValueError:
        return value


def late(plan: Plan, period: Period, last: dt.date | None, n: int) -> list[Late]:
    """Return what a period still waits for.

    Parameters
    ----------
    plan : Plan
        The plan.
    period : Period
        The period.
    last : date or None
        Last date in the answers, if there is any.
    n : int
        Answers in the period: without any, the answers must reach its end in any case.

    Returns
    -------
    list of Late
        Empty if its data are complete.
    """
    gate, found = plan.wait_for, []
    if gate.file is not None:
        name = gate.file.replace("{period}", period.name)
        if not (plan.path.parent / name).exists():
            found.append(Late("late_file", {"file": name}))
    if (gate.data or n == 0) and (last is None or last < period.end - dt.timedelta(days=gate.short_by)):
        found.append(
            Late("late_data", {"reach": last.isoformat() if last else "", "end": period.end.isoformat()})
        )
    return found


def reach(study: Study, period: Period, today: dt.date) -> tuple[dt.date | None, int]:
    """Return how far the answers reach, and how many there are in a period.

    Parameters
    ----------
    study : Study
        The study.
    period : Period
        The period.
    today : date
        Dates after it are slips of the pen and do not count.

    Returns
    -------
    last : date or None
        The last date; None if no answer has one.
    n : int
        Answers in the period.
    """
    date = pl.col("date")
    asked = prepared(study, filtered=False).select(
        last=date.filter(date <= today).max(), n=date.is_between(period.start, period.end).sum()
    )
    last, n = asked.collect(engine="streaming").row(0)
    return last, n
