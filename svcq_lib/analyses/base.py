"""Who was asked and who answered: response rate and coverage, by period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from svcq_lib import periods
from svcq_lib.errors import DataError, Note, ParameterError
from svcq_lib.evidence.collect import grain_of
from svcq_lib.sources.headers import did_you_mean
from svcq_lib.sources.prepared import read_table
from svcq_lib.stats import intervals
from svcq_lib.study import Study
from svcq_lib.study.sections import ResponseRate

COLUMNS = [
    "span", "period", "invited", "answered", "response_rate", "response_rate_low", "response_rate_high",
    "population", "coverage", "coverage_target", "covered", "n",
]  # fmt: skip
_SHOWN = 5


def response_rate(study: Study, *, ci_level: float = 0.95) -> pd.DataFrame:
    """Return the share of those invited who answered, and the share of all customers, by period.

    Parameters
    ----------
    study : Study
        The study, with its filters and period.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        span ("whole" for the first row, then "period"), period, invited, answered, response_rate with Wilson interval
        (answered / invited, as AAPOR's RR1 where everybody invited was eligible), population (mean over the rows'
        periods), coverage (answered / population; none for several periods together), coverage_target, covered, n
        (= invited). Empty if the study has
        no ``[response_rate]``, or is restricted by a segment that the table does not have.

    Raises
    ------
    DataError
        If the table lacks columns or holds impossible numbers: all problems at once.
    """
    has = study.response_rate
    if has is None or set(study.filters) - set(has.segments):
        return pd.DataFrame(columns=COLUMNS)
    table = _chosen(study, has, _checked(study, has))
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    parts = [("whole", study.period or _span_name(table), table)]
    if has.period and table["period"].nunique() > 1:
        parts += [("period", str(name), part) for name, part in table.groupby("period")]
    rows = [_row(span, name, part, has, ci_level) for span, name, part in parts]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"covered": "boolean"})


def _row(span: str, name: str, part: pd.DataFrame, has: ResponseRate, ci_level: float) -> dict[str, object]:
    invited, answered = float(part["invited"].sum()), float(part["answered"].sum())
    rate = answered / invited if invited else np.nan
    low, high = (float(one) for one in intervals.wilson(rate, invited, ci_level))
    population = (
        float(part.groupby("start")["population"].sum(min_count=1).mean()) if has.population else np.nan
    )
    # a target of coverage is one for each period: answers of several add up to more than were reached in any
    coverage = answered / population if population and part["period"].nunique() == 1 else np.nan
    return {
        "span": span,
        "period": name,
        "invited": invited,
        "answered": answered,
        "response_rate": rate,
        "response_rate_low": low,
        "response_rate_high": high,
        "population": population,
        "coverage": coverage,
        "coverage_target": has.coverage_target if has.population else np.nan,
        "covered": coverage >= has.coverage_target if np.isfinite(coverage) else pd.NA,
        "n": invited,
    }


def _span_name(table: pd.DataFrame) -> str:
    first, last = table["period"].min(), table["period"].max()
    return str(first) if first == last else f"{first}..{last}"


def _chosen(study: Study, has: ResponseRate, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the study's filters and period, with the period that each belongs to."""
    for segment, level in study.filters.items():
        table = table[table[has.segments[segment]].map(_text) == level]
    if not has.period:
        return table.assign(period="", start="")
    spans = [periods.parse(_text(one)) for one in table[has.period]]
    grain = grain_of(study)
    names = [periods.name_of(one.start, grain) for one in spans]
    # a row that is longer than the report's periods keeps its own
    names = [
        name if one.end <= periods.parse(name).end else one.name
        for name, one in zip(names, spans, strict=True)
    ]
    table = table.assign(period=names, start=[one.start for one in spans])
    if study.period:
        span = periods.parse(study.period)
        inside = [span.start <= one.start and one.end <= span.end for one in spans]
        table = table[inside]
    return table


def _text(value: object) -> str:
    if isinstance(value, (dt.date, pd.Timestamp)):
        return value.strftime("%Y-%m-%d")
    return str(value).removesuffix(".0")


def _checked(study: Study, has: ResponseRate) -> pd.DataFrame:
    """Return the table with invited, answered and population as numbers.

    Raises
    ------
    DataError
        Naming every problem.
    """
    table = read_table(study, has.table)
    wanted = [has.invited, has.answered, has.population, has.period, *has.segments.values()]
    lacking = [one for one in wanted if one and one not in table]
    found = [
        f"{one!r} is missing. {did_you_mean(one, table.columns.tolist())}Correct its name." for one in lacking
    ]
    if not lacking:
        roles = {"invited": has.invited, "answered": has.answered, "population": has.population}
        numbers = {
            role: pd.to_numeric(table[one], errors="coerce") if one else np.nan for role, one in roles.items()
        }
        table = table.assign(**numbers)
        found = list(_problems(table, has))
    if found:
        lines = "\n".join(f"  {has.table} · {one}" for one in found)
        raise DataError(
            f"[response_rate] of {study.path.name} cannot be used in {len(found)} way(s)\n{lines}"
        )
    return table


def _problems(table: pd.DataFrame, has: ResponseRate) -> Iterator[str]:
    tests: list[tuple[str, Callable[[], pd.Series], str]] = [
        (has.invited, lambda: ~(table["invited"] >= 0), "is no number of 0 or more. Correct it."),
        (has.answered, lambda: ~(table["answered"] >= 0), "is no number of 0 or more. Correct it."),
        (
            has.answered,
            lambda: table["answered"] > table["invited"],
            "is larger than invited. Count both in people, over the same rows.",
        ),
    ]
    if has.population:
        tests.append(
            (has.population, lambda: ~(table["population"] > 0), "is no number above 0. Correct it.")
        )
    if has.period:
        name = has.period
        bad = "is no period. Write 2026, 2026-Q3 or 2026-07."
        tests.append((name, lambda: ~table[name].map(_is_period).astype(bool), bad))
    for column, test, message in tests:
        rows = (np.flatnonzero(test()) + 1).tolist()
        if rows:
            shown = ", ".join(map(str, rows[:_SHOWN])) + (" …" if len(rows) > _SHOWN else "")
            yield f"{column!r} {message} Rows {len(rows)} of {len(table)}: {shown}."


def _is_period(value: object) -> bool:
    try:
        periods.parse(_text(value))
    except ParameterError:
        return False
    return True


def response_notes(study: Study, table: pd.DataFrame) -> tuple[Note, ...]:
    """Return the caveats about who answered.

    Parameters
    ----------
    study : Study
        The study.
    table : DataFrame
        From :func:`response_rate`.

    Returns
    -------
    tuple of Note
        What is not known, or how many periods missed the target of coverage.
    """
    if study.response_rate is None:
        return (Note("no_response_rate", {}),)
    if table.empty:
        return (Note("response_rate_elsewhere", {}),)
    rows = table[table["span"] == "period"] if (table["span"] == "period").any() else table
    missed = rows[~rows["covered"].fillna(True).astype(bool)]
    if missed.empty:
        return ()
    facts = {
        "missed": len(missed),
        "periods": len(rows),
        "lowest": float(rows["coverage"].min()),
        "target": float(missed["coverage_target"].iloc[0]),
    }
    return (Note("low_coverage", facts),)
