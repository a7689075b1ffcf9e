"""What changed since the report before this one? Headline figures, their verdicts, and the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal, TypedDict

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel

from svcq_lib import periods
from svcq_lib.analyses.headlines import HeadlineFigure, Status
from svcq_lib.errors import ParameterError
from svcq_lib.stats.comparison import from_limits
from svcq_lib.stats.intervals import z_quantile
from svcq_lib.stats.multiplicity import Method, adjust
from svcq_lib.vocabulary import Kind

BASE_FACTOR = 2.0
"""How many times larger or smaller a base has to be before it is worth a word."""
ALERT: dict[Status, int] = {"none": 0, "green": 0, "amber": 1, "red": 2}
"""How grave a status is."""
COLUMNS = [
    "code", "label", "kind", "good", "before", "now", "difference", "low", "high", "p_value", "p_adjusted", "what",
    "status_before", "status", "n_before", "n",
]  # fmt: skip

What = Literal["better", "worse", "moved", "alert_new", "alert_cleared", "data"]


class EarlierFigure(BaseModel):
    """A headline figure of the report before, as its record has it."""

    code: str
    kind: str = "number"
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    ci_level: float = 0.95
    n: float = 0.0
    status: Status = "none"


class Earlier(BaseModel):
    """The record of the report before: its period, title, headline figures and caveats about the data."""

    period: str = ""
    title: str = ""
    figures: tuple[EarlierFigure, ...]
    data_notes: tuple[str, ...] = ()


class Change(TypedDict):
    """One thing that changed, as JSON has it.

    ``what``: a figure that is ``better``, ``worse`` or has ``moved`` beyond noise; an ``alert_new`` or
    ``alert_cleared`` (its status became graver or milder; a figure that is no longer shown is a new alert, with ``now``
    None); a change of the ``data`` (kind ``bool``: the caveat named by ``code`` holds or not; ``base``: answers).
    """

    code: str
    label: str
    kind: Kind
    before: float | bool | None
    now: float | bool | None
    difference: float | None
    low: float | None
    high: float | None
    status_before: Status
    status: Status
    what: What


@dataclass(frozen=True, eq=False, slots=True)
class SinceResult:
    """What changed since the report before.

    Attributes
    ----------
    previous : str
        Its period.
    figures : DataFrame, one row per figure in both reports
        code, label, kind, good, before, now, difference, low, high, p_value, p_adjusted (over all rows), what
        ("better", "worse", "moved" beyond noise, or empty), status_before, status, n_before, n
    alone : tuple of str
        Labels of figures that the report before does not have.
    changes : tuple of Change
        What moved, alerts, and changes of the data, each as data.
    overlaps : bool
        Whether the two reports may share answers.
    ci_level : float
        Level of the intervals and of what counts as beyond noise.
    """

    previous: str
    figures: pd.DataFrame
    alone: tuple[str, ...]
    changes: tuple[Change, ...]
    overlaps: bool
    ci_level: float


def since_last(
    figures: Sequence[HeadlineFigure],
    previous: Earlier,
    *,
    notes: Iterable[str] = (),
    period: str | None = None,
    adjust_method: Method = "holm",
    ci_level: float = 0.95,
) -> SinceResult:
    """Compare the headline figures of a report with those of the report before.

    Parameters
    ----------
    figures : sequence of HeadlineFigure
        The headline figures now.
    previous : Earlier
        The report before.
    notes : iterable of str
        Codes of the caveats about the data now.
    period : str, optional
        The period now; None is everything.
    adjust_method : {"holm", "bh", "by", "none"}
        Multiplicity control over the figures that are compared.
    ci_level : float
        Level of the intervals and of what counts as beyond noise.

    Returns
    -------
    SinceResult
        Differences with intervals from the two reports' own, which are taken as independent; alerts; changes of the
        data.

    Notes
    -----
    Reports that share answers or customers are alike, so that taking them as independent claims too little, never
    too much.
    """
    before = {one.code: one for one in previous.figures}
    pairs = [(one, before[one["code"]]) for one in figures if _comparable(one, before)]
    table = _compared(pairs, adjust_method, ci_level)
    moves = [_moved(row) for row in table[table["what"] != ""].to_dict(orient="records")]
    alerts = [change for now, was in pairs if (change := _alert(now, was))]
    return SinceResult(
        previous=previous.period,
        figures=table,
        alone=tuple(one["label"] for one in figures if one["code"] not in before),
        changes=(*moves, *alerts, *_base(pairs, ci_level), *_caveats(previous.data_notes, notes)),
        overlaps=_overlap(previous.period, period),
        ci_level=ci_level,
    )


def _comparable(figure: HeadlineFigure, before: dict[str, EarlierFigure]) -> bool:
    """Return whether the report before has the same figure in the same unit."""
    return figure["code"] in before and before[figure["code"]].kind == figure["kind"]


def _compared(
    pairs: Sequence[tuple[HeadlineFigure, EarlierFigure]], method: Method, level: float
) -> pd.DataFrame:
    rows = [
        {
            **now,
            "before": was.estimate,
            "now": now["estimate"],
            "status_before": was.status,
            "n_before": was.n,
        }
        for now, was in pairs
    ]
    one = _limits([EarlierFigure.model_validate(now) for now, _ in pairs], level)
    other = _limits([was for _, was in pairs], level)
    found = from_limits(one[0], (one[1], one[2]), other[0], (other[1], other[2]), level)
    table = pd.DataFrame(rows, columns=None if rows else COLUMNS).assign(
        difference=found.difference, low=found.conf_low, high=found.conf_high, p_value=found.p_value,
        p_adjusted=adjust(found.p_value, method),
    )  # fmt: skip
    sure = (table["p_adjusted"] < 1 - level).to_numpy()
    way = np.sign(table["good"].to_numpy(dtype=float) * found.difference)
    return table.assign(what=np.select([~sure, way > 0, way < 0], ["", "better", "worse"], "moved"))[COLUMNS]


def _limits(figures: Sequence[EarlierFigure], level: float) -> NDArray[np.float64]:
    """Return estimates and limits at a level (3 × figures), each side by its own distance from the estimate."""
    rows = [(one.estimate, one.low, one.high) for one in figures]
    estimate, low, high = np.array(rows, dtype=float).reshape(-1, 3).T
    scale = z_quantile(level) / np.array([z_quantile(one.ci_level) for one in figures])
    return np.array([estimate, estimate - scale * (estimate - low), estimate + scale * (high - estimate)])


def _moved(row: Mapping[Any, Any]) -> Change:
    return {name: row[name] for name in Change.__annotations__}  # type: ignore[return-value]


def _alert(now: HeadlineFigure, was: EarlierFigure) -> Change | None:
    """Return the alert that is new or cleared, if any; what is no longer shown is not cleared by that."""
    hidden, hid = now["estimate"] is None, was.estimate is None
    worse, milder = ALERT[now["status"]] - ALERT[was.status], ALERT[was.status] - ALERT[now["status"]]
    what: What
    if hidden != hid:
        what = "alert_new" if hidden or worse > 0 else "alert_cleared"
    elif worse > 0 or milder > 0:
        what = "alert_new" if worse > 0 else "alert_cleared"
    else:
        return None
    return {
        "code": now["code"], "label": now["label"], "kind": now["kind"], "before": was.estimate,
        "now": now["estimate"], "difference": None, "low": None, "high": None, "status_before": was.status,
        "status": now["status"], "what": what,
    }  # fmt: skip


def _base(pairs: Sequence[tuple[HeadlineFigure, EarlierFigure]], level: float) -> list[Change]:
    """Return the change of the leading figure's base, if it is large and no chance."""
    leading = sorted(pairs, key=lambda pair: not pair[0]["lead"])[:1]
    for now, was in leading:
        n, before = now["n"], was.n
        large = max(n, before) >= BASE_FACTOR * min(n, before)
        if large and abs(n - before) > z_quantile(level) * sqrt(n + before):
            return [_of_data("base", "count", before, n, n - before)]
    return []


def _caveats(before: Iterable[str], now: Iterable[str]) -> list[Change]:
    """Return the caveats about the data that are new, then those that no longer hold."""
    old, new = set(before), set(now)
    return [
        _of_data(code, "bool", code in old, code in new)
        for some in (new - old, old - new)
        for code in sorted(some)
    ]


def _of_data(code: str, kind: Kind, before: Any, now: Any, difference: float | None = None) -> Change:
    return {
        "code": code, "label": code, "kind": kind, "before": before, "now": now, "difference": difference,
        "low": None, "high": None, "status_before": "none", "status": "none", "what": "data",
    }  # fmt: skip


def _overlap(before: str, now: str | None) -> bool:
    """Return whether two periods may share answers; a period that cannot be read may be any."""
    try:
        one, other = periods.parse(before), periods.parse(now or "")
    except ParameterError:
        return True
    return one.start <= other.end and other.start <= one.end
