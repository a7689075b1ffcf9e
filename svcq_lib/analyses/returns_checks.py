"""What may be wrong with the tables behind a return: every problem of a table, with its rows and the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from svcq_lib.sources.headers import did_you_mean
from svcq_lib.study import Study
from svcq_lib.study.sections import Returns

Kind = Literal["count", "money", "share", "years"]

PARAMETERS: Mapping[str, tuple[Kind, bool, bool]] = {
    "customers": ("count", False, True),
    "revenue_per_customer": ("money", True, True),
    "contribution_margin": ("share", False, True),
    "discount_rate": ("share", True, True),
    "retention": ("share", True, True),
    "retention_per_csat_point": ("share", False, False),
    "price_per_csat_point": ("share", False, False),
    "volume_per_csat_point": ("share", False, False),
    "cost_to_serve": ("money", True, False),
    "cost_saving": ("share", False, False),
    "contingency": ("share", False, False),
    "risk_reserve": ("share", False, False),
    "technology_renewal": ("share", False, False),
    "tax_rate": ("share", False, False),
    "horizon": ("years", False, False),
}
"""Rows of the table of assumptions: kind, whether the unit names a period, whether the row is required."""

INITIATIVE_COLUMNS = (
    "initiative", "items", "lift_low", "lift_likely", "lift_high", "start", "life_months", "ramp_months",
)  # fmt: skip
COST_COLUMNS = ("initiative", "month", "kind", "amount")
COST_KINDS, FUNDINGS = ("fixed", "running"), ("own", "grant", "loan")
TECHNOLOGY = "systems"
"""Category of fixed costs that wear out and are renewed."""
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-\d\d.*)?")


def period_months(unit: str) -> float | None:
    """Return the length of the period that a unit names.

    Parameters
    ----------
    unit : str
        Such as ``share/18 months`` or ``CNY/customer/year``.

    Returns
    -------
    float or None
        Months; None if the unit ends in no period.

    Examples
    --------
    >>> period_months("share/18 months"), period_months("CNY/customer/year"), period_months("share")
    (18.0, 12.0, None)
    """
    found = re.fullmatch(r"(?:.*/)\s*(\d+(?:\.\d+)?)?\s*(month|quarter|year)s?\s*", unit)
    if not found or (found[1] and float(found[1]) <= 0):
        return None
    return float(found[1] or 1) * {"month": 1, "quarter": 3, "year": 12}[found[2]]


def split_items(text: object) -> list[str]:
    """Return the items that a cell names, separated by semicolons or commas."""
    return [part.strip() for part in str(text).replace(",", ";").split(";") if part.strip()]


def _rows(bad: Any) -> str:
    at = [i + 1 for i in np.flatnonzero(np.asarray(bad, dtype=bool))]
    return f"row{'s' if len(at) > 1 else ''} {', '.join(map(str, at[:8]))}{' …' if len(at) > 8 else ''}"


def _lacking(table: pd.DataFrame, columns: tuple[str, ...]) -> list[str]:
    lacking = [name for name in columns if name not in table]
    return [f"column {name!r} is missing. Add it." for name in lacking]


def _numbers(table: pd.DataFrame, columns: tuple[str, ...]) -> Iterator[str]:
    for name in columns:
        if not pd.api.types.is_numeric_dtype(table[name]) or table[name].isna().any():
            bad = pd.to_numeric(table[name], errors="coerce").isna()
            yield f"column {name!r}, {_rows(bad)}: not a number. Write a number."


def _flag(bad: Any, column: str, says: str) -> Iterator[str]:
    if np.asarray(bad, dtype=bool).any():
        yield f"column {column!r}, {_rows(bad)}: {says}"


def _month_problems(table: pd.DataFrame, column: str) -> Iterator[str]:
    bad = [not _MONTH.fullmatch(str(one)) for one in table[column]]
    yield from _flag(bad, column, "not a month. Write it as 2025-07.")


def initiative_problems(table: pd.DataFrame, study: Study) -> Iterator[str]:
    """Say what is wrong with the table of initiatives."""
    lacking = _lacking(table, INITIATIVE_COLUMNS)
    if lacking or table.empty:
        yield from lacking or ["no rows. Add one row per initiative."]
        return
    yield from _flag(table["initiative"].duplicated(), "initiative", "named twice. Keep one row each.")
    known = [item.name for item in study.instrument.items if item.perception]
    for i, text in enumerate(table["items"], 1):
        for name in [one for one in split_items(text) if one not in known]:
            yield f"column 'items', row {i}: {name!r} is no rated item. {did_you_mean(name, known)}"
    yield from _flag(
        [not split_items(one) or pd.isna(one) for one in table["items"]], "items", "names no item. Name one."
    )
    yield from _month_problems(table, "start")
    names = ("lift_low", "lift_likely", "lift_high", "life_months", "ramp_months")
    wrong = list(_numbers(table, names))
    if wrong:
        yield from wrong
        return
    low, likely, high = (table[name] for name in names[:3])
    yield from _flag((low > likely) | (likely > high), "lift_low", "low, likely and high do not rise.")
    width = study.instrument.scale.high - study.instrument.scale.low if study.instrument.scale else np.inf
    yield from _flag(
        table["lift_high"].abs() > width, "lift_high", f"wider than the scale ({width:g} points)."
    )
    yield from _flag(table["life_months"] <= 0, "life_months", "not positive.")
    yield from _flag(table["ramp_months"] < 0, "ramp_months", "negative. 0 is full effect at once.")
    if "reach" in table:
        yield from _flag(~table["reach"].between(0, 1), "reach", "not a share from 0 to 1.")


def cost_problems(table: pd.DataFrame, initiatives: pd.DataFrame) -> Iterator[str]:
    """Say what is wrong with the table of costs."""
    lacking = _lacking(table, COST_COLUMNS)
    if lacking:
        yield from lacking
        return
    if "initiative" in initiatives:
        known = set(initiatives["initiative"].astype(str))
        unknown = [str(one) not in known for one in table["initiative"]]
        yield from _flag(unknown, "initiative", "not in the table of initiatives.")
    yield from _flag(~table["kind"].isin(COST_KINDS), "kind", "neither fixed nor running.")
    yield from _month_problems(table, "month")
    wrong = list(_numbers(table, ("amount",)))
    yield from wrong or _flag(table["amount"] < 0, "amount", "negative. Costs are positive.")
    if "funding" in table:
        bad = table["funding"].notna() & ~table["funding"].isin(FUNDINGS)
        yield from _flag(bad, "funding", "none of own, grant and loan.")


def economics_problems(table: pd.DataFrame) -> Iterator[str]:
    """Say what is wrong with the table of assumptions."""
    columns = ("parameter", "unit", "low", "likely", "high")
    lacking = _lacking(table, columns)
    wrong = [] if lacking else list(_numbers(table, columns[2:]))
    if lacking or wrong:
        yield from [*lacking, *wrong]
        return
    names = [str(one) for one in table["parameter"]]
    for name in [one for one, (_, _, required) in PARAMETERS.items() if required and one not in names]:
        yield f"column 'parameter': {name!r} is missing. Add a row with unit, low, likely and high."
    yield from _flag(table["parameter"].duplicated(), "parameter", "named twice. Keep one row each.")
    yield from _flag((table["low"] > table["likely"]) | (table["likely"] > table["high"]), "low",
                     "low, likely and high do not rise.")  # fmt: skip
    for i, row in enumerate(table.to_dict(orient="records"), 1):
        name = str(row["parameter"])
        if name not in PARAMETERS:
            yield f"column 'parameter', row {i}: {name!r} is unknown. {did_you_mean(name, list(PARAMETERS))}"
            continue
        kind, timed, _ = PARAMETERS[name]
        if timed and period_months(str(row["unit"])) is None:
            yield f"column 'unit', row {i}: {row['unit']!r} names no period. Write, for example, {kind}/12 months."
        if kind == "share" and not -1 <= row["low"] <= row["high"] <= 1:
            yield f"column 'low', row {i}: {name} is a share; it lies between 0 and 1."
        if (kind != "share" or timed) and row["low"] < 0:
            yield f"column 'low', row {i}: {name} is negative."
        if name == "retention" and not 0 < row["low"] <= row["high"] < 1:
            yield f"column 'low', row {i}: retention lies between 0 and 1, both excluded."
        if name == "horizon" and not row["low"] > 0:
            yield f"column 'low', row {i}: a horizon is positive."


def rule_problems(section: Returns, initiatives: pd.DataFrame) -> Iterator[str]:
    """Say which dependencies and exclusions name no initiative."""
    if "initiative" not in initiatives:
        return
    known = list(initiatives["initiative"].astype(str))
    for key in ("requires", "excludes"):
        for one, others in getattr(section, key).items():
            for name in [name for name in (one, *others) if name not in known]:
                yield f"{key}: {name!r} is no initiative. {did_you_mean(name, known)}"
