"""The promise ledger: what each initiative was to lift, beside what units with the programme gained."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from svcq_lib import periods
from svcq_lib.analyses.effects_did import Effect, Settings, difference
from svcq_lib.analyses.effects_panel import AFTER, BEFORE, RAMP, Panel, Quantity, months_of
from svcq_lib.errors import DataError, Note, ParameterError
from svcq_lib.sources.prepared import read_table
from svcq_lib.study import Label, Study

REQUIRED = ("initiative", "items", "lift_low", "lift_likely", "lift_high", "start")
LEDGER = (
    "term", "start", "first_month", "promised_low", "promised", "promised_high", "estimate", "std_error", "conf_low",
    "conf_high", "p_value", "ledger_verdict", "periods_after", "n", "suppressed",
)  # fmt: skip
MakePanel = Callable[[Quantity, str, int], Panel]


@dataclass(frozen=True)
class Initiative:
    """One promise.

    Attributes
    ----------
    name, label : str, Label
        Its name in the table and on the page.
    items : tuple of str
        Items that it should lift.
    low, likely, high : float
        Promised lift, in points of the instrument's scale.
    start : str
        First month.
    ramp : int or None
        Months to the full effect; None is the programme's.
    """

    name: str
    label: Label
    items: tuple[str, ...]
    low: float
    likely: float
    high: float
    start: str
    ramp: int | None

    @property
    def column(self) -> str:
        """Evidence column of the mean perception of its items."""
        return f"effects.initiative.{self.name}"


def initiatives(study: Study, table: str) -> list[Initiative]:
    """Read the initiatives.

    Parameters
    ----------
    study : Study
        The study.
    table : str
        A declared table with initiative, items (names joined by ``;``), lift_low, lift_likely, lift_high and start, and
        perhaps ramp_months, label_en and label_zh.

    Returns
    -------
    list of Initiative
        In the order of the table.

    Raises
    ------
    DataError
        If columns are missing or values impossible, with every problem at once.
    """
    frame = read_table(study, table)
    absent = [name for name in REQUIRED if name not in frame.columns]
    if absent:
        raise DataError(
            f"table {table!r} has no column {', '.join(map(repr, absent))}; it has {', '.join(frame.columns)}. "
            "The promise ledger needs them: add them, or leave initiatives out of [effects]."
        )
    problems: list[str] = []
    found = [_initiative(row, i, problems) for i, row in enumerate(frame.to_dict(orient="records"), 1)]
    names = frame["initiative"].astype(str)
    if names.duplicated().any():
        problems.append(f"initiative: {names[names.duplicated()].iloc[0]!r} stands in more than one row")
    if problems:
        raise DataError(
            f"table {table!r} cannot be read as initiatives: {'; '.join(problems)}. Mend these rows."
        )
    return [one for one in found if one is not None]


def _initiative(row: dict[Any, Any], number: int, problems: list[str]) -> Initiative | None:
    """Return a row as an initiative; add what is wrong with it to the problems."""
    before = len(problems)
    lifts = []
    for name in ("lift_low", "lift_likely", "lift_high"):
        value = pd.to_numeric(pd.Series([row[name]]), errors="coerce").iloc[0]
        if pd.isna(value):
            problems.append(f"row {number}, {name}: {row[name]!r} is no number")
        lifts.append(float(value))
    if len(problems) == before and not lifts[0] <= lifts[1] <= lifts[2]:
        problems.append(f"row {number}: lift_low ≤ lift_likely ≤ lift_high does not hold")
    start = _month(row["start"])
    if start is None:
        problems.append(f"row {number}, start: {row['start']!r} is no month such as 2025-07")
    ramp = row.get("ramp_months")
    if len(problems) > before or start is None:
        return None
    name = str(row["initiative"])
    labels = {lang: row.get(f"label_{lang}") for lang in ("en", "zh")}
    known = {lang: str(text) for lang, text in labels.items() if isinstance(text, str)}
    return Initiative(
        name, Label(**known) if known else Label(en=name),
        tuple(part.strip() for part in str(row["items"]).split(";") if part.strip()),
        lifts[0], lifts[1], lifts[2], start, None if ramp is None or pd.isna(ramp) else int(ramp),
    )  # fmt: skip


def _month(value: Any) -> str | None:
    if isinstance(value, (dt.date, pd.Timestamp)):
        return f"{value.year:04d}-{value.month:02d}"
    try:
        return periods.name_of(periods.parse(str(value)).start, "month")
    except ParameterError:
        return None


def usable(study: Study, one: Initiative) -> list[str]:
    """Return the perception columns of an initiative's items; empty if one of them was not asked."""
    asked = {item.name for item in study.instrument.items if item.perception}
    return [f"perception.{name}" for name in one.items] if one.items and set(one.items) <= asked else []


def ledger(
    study: Study, found: Sequence[Initiative], make: MakePanel, start: str, ramp: int, settings: Settings
) -> pd.DataFrame:
    """Set each promise beside the measured lift.

    Parameters
    ----------
    study : Study
        The study.
    found : sequence of Initiative
        The promises.
    make : callable
        Makes the panel of a figure for a start and a ramp.
    start, ramp : str, int
        Of the programme.
    settings : Settings
        How differences-in-differences are estimated.

    Returns
    -------
    DataFrame, one row per initiative
        The columns of :data:`LEDGER`. Months between the start of the programme and that of the initiative
        count neither as before nor as after. ledger_verdict: ``kept`` (the interval lies above the low end of the
        promise), ``not_kept`` (below it), ``cannot_tell``, ``too_early`` (no month of full effect yet),
        ``not_measurable``.
    """
    rows = []
    for one in found:
        base = {
            "term": one.name, "start": one.start, "promised_low": one.low, "promised": one.likely,
            "promised_high": one.high, "periods_after": 0, "n": 0, "suppressed": False,
        }  # fmt: skip
        if not usable(study, one):
            rows.append({**base, "ledger_verdict": "not_measurable"})
            continue
        own = ramp if one.ramp is None else one.ramp
        panel = _between(make(Quantity(one.name, "mean", one.column), one.start, own), start)
        after = panel.phase == AFTER
        rows.append({**base, **_measured(panel, after, one, study, settings)})
        rows[-1]["first_month"] = panel.periods[int(np.flatnonzero(after)[0])] if after.any() else None
    return pd.DataFrame(rows).reindex(columns=list(LEDGER))


def _between(panel: Panel, start: str) -> Panel:
    """Take the months out that lie between the start of the programme and that of an initiative."""
    late = np.array([months_of(name) >= months_of(start) for name in panel.periods], dtype=bool)
    return replace(panel, phase=np.where(late & (panel.phase == BEFORE), RAMP, panel.phase))


def _measured(
    panel: Panel,
    after: np.ndarray[Any, np.dtype[np.bool_]],
    one: Initiative,
    study: Study,
    settings: Settings,
) -> dict[str, Any]:
    if not after.any():
        return {"ledger_verdict": "too_early"}
    base = min(
        panel.answers(*corner) for corner in ((True, True), (True, False), (False, True), (False, False))
    )
    facts = {"periods_after": int(after.sum()), "n": int(panel.settled().n.sum())}
    if base < study.thresholds.suppress:
        return {**facts, "ledger_verdict": "not_measurable", "suppressed": True}
    effect = difference(panel, settings)
    figures = {
        name: getattr(effect, name) for name in ("estimate", "std_error", "conf_low", "conf_high", "p_value")
    }
    return {**facts, **figures, "ledger_verdict": verdict(effect, one.low)}


def verdict(effect: Effect, promised: float) -> str:
    """Return whether a promise was kept.

    Parameters
    ----------
    effect : Effect
        The measured lift.
    promised : float
        Low end of the promise: the least that was to come.

    Returns
    -------
    str
        ``"kept"``, ``"not_kept"`` or ``"cannot_tell"``.

    Examples
    --------
    >>> verdict(Effect(0.4, 0.02, 0.35, 0.45, 20.0, 20.0, 0.001), 0.3)
    'kept'
    """
    if effect.conf_low >= promised:
        return "kept"
    return "not_kept" if effect.conf_high < promised else "cannot_tell"


def shared_note(found: Sequence[Initiative]) -> tuple[Note, ...]:
    """Return the caveat that several initiatives act on the same items, if any do."""
    pairs = [(a.name, b.name) for a, b in combinations(found, 2) if set(a.items) & set(b.items)]
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    return (Note("effects_shared_items", {"terms": names}),) if names else ()
