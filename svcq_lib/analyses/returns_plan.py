"""The plan behind a return: initiatives, what they cost and what is assumed, read and checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svcq_lib.analyses.returns_checks import (
    INITIATIVE_COLUMNS,
    cost_problems,
    economics_problems,
    initiative_problems,
    period_months,
    rule_problems,
    split_items,
)
from svcq_lib.errors import DataError, ParameterError
from svcq_lib.sources.prepared import read_table
from svcq_lib.study import Label, Returns, Study


@dataclass(frozen=True)
class Assumption:
    """What is assumed of one quantity.

    Attributes
    ----------
    low, likely, high : float
        As declared.
    unit : str
        As declared, such as ``share/18 months``.
    months : float
        Length of the period in the unit; 12 where it names none.
    label : Label
        Its name.
    """

    low: float
    likely: float
    high: float
    unit: str
    months: float
    label: Label


@dataclass(frozen=True, eq=False)
class Plan:
    """Initiatives, costs and assumptions that passed every check.

    Attributes
    ----------
    initiatives : DataFrame, one row per initiative
        initiative, items (tuple of names), lift_low, lift_likely, lift_high (points of the item scale), start (month
        from the first of the plan), life_months, ramp_months, reach (share of customers that it reaches).
    costs : DataFrame, one row per payment
        initiative, month (from the first of the plan), kind, category, funding, amount.
    economics : Mapping of str to Assumption
        The assumptions.
    labels : Mapping of str to Label
        Names of initiatives and assumptions.
    first : str
        First month of the plan, such as ``2025-07``.
    currency : str
        From the unit of the revenue.
    """

    initiatives: pd.DataFrame
    costs: pd.DataFrame
    economics: Mapping[str, Assumption]
    labels: Mapping[str, Label]
    first: str
    currency: str


def month_number(text: str) -> int:
    """Return a month counted from year 0: ``2025-07`` → 24306."""
    return int(text[:4]) * 12 + int(text[5:7]) - 1


def month_name(number: int) -> str:
    """Return the month of a number: 24306 → ``2025-07``."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def section_of(study: Study) -> Returns:
    """Return a study's section ``[returns]``; without one there is nothing to compute."""
    if study.returns is None:
        raise ParameterError(
            f"{study.path.name} has no [returns]. Declare the tables of initiatives, costs and economics there."
        )
    return study.returns


def read_plan(study: Study) -> Plan:
    """Read and check the three tables of ``[returns]``.

    Parameters
    ----------
    study : Study
        A study with a section ``[returns]``.

    Returns
    -------
    Plan
        What is planned.

    Raises
    ------
    ParameterError
        If the study has no ``[returns]``.
    DataError
        Listing every problem of all three tables, by table, column and row.
    """
    section = section_of(study)
    tables = {key: read_table(study, getattr(section, key)) for key in ("initiatives", "costs", "economics")}
    problems = [
        f"  table {getattr(section, key)!r}, {problem}"
        for key, found in (
            ("initiatives", initiative_problems(tables["initiatives"], study)),
            ("costs", cost_problems(tables["costs"], tables["initiatives"])),
            ("economics", economics_problems(tables["economics"])),
        )
        for problem in found
    ]
    problems += [f"  [returns] {one}" for one in rule_problems(section, tables["initiatives"])]
    if problems:
        raise DataError(
            f"the plan behind the return has {len(problems)} problem(s):\n"
            + "\n".join(problems)
            + "\nCorrect these cells; rows are counted from 1 below the heading."
        )
    return _plan(**tables)


def _plan(initiatives: pd.DataFrame, costs: pd.DataFrame, economics: pd.DataFrame) -> Plan:
    paid = costs.assign(month=[month_number(str(one)) for one in costs["month"]])
    starts = [month_number(str(one)) for one in initiatives["start"]]
    first = min([*starts, *paid["month"]])
    told = initiatives.assign(
        items=initiatives["items"].map(lambda text: tuple(split_items(text))),
        start=np.array(starts) - first,
        reach=initiatives.get("reach", 1.0),
        initiative=initiatives["initiative"].astype(str),
    )
    paid["month"] -= first
    paid["initiative"] = paid["initiative"].astype(str)
    for name, default in (("category", "other"), ("funding", "own")):
        paid[name] = paid[name].fillna(default) if name in paid else default
    rows = economics.to_dict(orient="records")
    assumed = {
        str(row["parameter"]): Assumption(
            float(row["low"]), float(row["likely"]), float(row["high"]), str(row["unit"]),
            period_months(str(row["unit"])) or 12.0, _label(row, "parameter"),
        )
        for row in rows
    }  # fmt: skip
    labels = {str(row["initiative"]): _label(row, "initiative") for row in initiatives.to_dict("records")}
    labels |= {name: one.label for name, one in assumed.items()}
    return Plan(
        told[[*INITIATIVE_COLUMNS, "reach"]].reset_index(drop=True),
        paid[["initiative", "month", "kind", "category", "funding", "amount"]],
        assumed,
        labels,
        month_name(first),
        assumed["revenue_per_customer"].unit.split("/")[0].strip(),
    )


def _label(row: Mapping[Any, Any], key: str) -> Label:
    english, chinese = (row.get(f"label_{lang}") for lang in ("en", "zh"))
    name = str(row[key])
    return Label(en=name if pd.isna(english) else str(english), zh=name if pd.isna(chinese) else str(chinese))
