"""The provider's side of the gap model: managers, standards, deliveries and promises, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svcq_lib import periods
from svcq_lib.analyses.gap_columns import scale_of
from svcq_lib.errors import Note
from svcq_lib.sources.faults import MAX_EXAMPLES, CheckReport, Example, Problem
from svcq_lib.sources.headers import did_you_mean
from svcq_lib.sources.prepared import read_table
from svcq_lib.study import Item, ItemTable, Study


@dataclass(frozen=True, eq=False)
class Judgements:
    """One table of the provider's side.

    Attributes
    ----------
    rows : DataFrame
        item, value, rater (None where no rater is declared), and one text column per segment of the table.
    rated : bool
        Whether judgements come from raters; else they are facts without a sampling error (standards).
    """

    rows: pd.DataFrame
    rated: bool


def judgements(study: Study) -> tuple[dict[str, Judgements], tuple[Note, ...]]:
    """Return the tables of gaps 1 to 4 that a study declares, in its period and filters.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    tables : dict of str to Judgements
        By part: ``managers``, ``standards``, ``delivered``, ``promised``; absent ones are left out.
    notes : tuple of Note
        Tables that do not know a filter of the study, or have no row in it.

    Raises
    ------
    DataError
        Listing every fault of every table: columns that are not there, unknown items, values that are no number or
        off the scale, dates that are none.
    """
    raw = {part: (one, read_table(study, one.table)) for part, one in study.gap_tables if one is not None}
    problems = [fault for one, table in raw.values() for fault in _faults(study, one, table)]
    CheckReport(tuple(problems), ()).raise_for_errors()
    found, notes = {}, []
    for part, (one, table) in raw.items():
        rows = _chosen(study, one, table)
        unknown = [name for name in study.filters if name not in one.segments]
        if rows.empty:
            notes.append(Note("no_judgements", {"table": one.table}))
            continue
        if unknown:
            notes.append(Note("judgements_unfiltered", {"table": one.table, "terms": unknown}))
        found[part] = Judgements(rows, one.rater is not None)
    return found, tuple(notes)


def _text(column: pd.Series) -> pd.Series:
    """Return names as text; those that look like numbers without a decimal point."""
    if pd.api.types.is_numeric_dtype(column):
        return column.map(lambda one: f"{one:g}", na_action="ignore")
    return column.map(str, na_action="ignore")


def _faults(study: Study, one: ItemTable, table: pd.DataFrame) -> list[Problem]:
    """Return everything that is wrong with a table."""
    named = [one.item, one.value, *[name for name in (one.rater, one.date) if name], *one.segments.values()]
    absent = [name for name in dict.fromkeys(named) if name not in table]
    if absent:
        have = ", ".join(map(str, table.columns))
        return [
            Problem("column_missing", "error", one.table, name, 0, 0, (), f"is not in the table, which has {have}",
                    f"{did_you_mean(name, list(table.columns))}Correct gap_tables in the study file")
            for name in absent
        ]  # fmt: skip
    items = {item.name: item for item in study.instrument.items}
    names, given = _text(table[one.item]), table[one.value]
    values = pd.to_numeric(given, errors="coerce") if not _is_date(given) else given.map(lambda _: np.nan)
    no_number = given.notna() & values.isna()
    low = names.map(lambda name: _limit(study, items, name, "low"), na_action="ignore").astype(float)
    high = names.map(lambda name: _limit(study, items, name, "high"), na_action="ignore").astype(float)
    known = ", ".join(list(items)[:8]) + (" …" if len(items) > 8 else "")
    checks = [
        (one.item, names.notna() & ~names.isin(list(items)), names, "is no item of the instrument",
         f"Use the names of the study file: {known}"),
        (one.value, no_number, given, "is no number", "Write numbers on the instrument's scale, or leave it empty"),
        (one.value, (values < low) | (values > high), given, "is off the instrument's scale",
         f"Correct the value; the scale runs from {low.min():g} to {high.max():g}"),
    ]  # fmt: skip
    if one.date and study.period:
        bad = table[one.date].notna() & ~pd.Series(_is_date(table[one.date]), index=table.index)
        checks.append((one.date, bad, table[one.date], "is no date", "Declare date_formats of the table"))
    return [
        _problem(one.table, column, bad, shown, message, remedy)
        for column, bad, shown, message, remedy in checks
        if bad.any()
    ]


def _problem(table: str, column: str, bad: pd.Series, shown: pd.Series, message: str, remedy: str) -> Problem:
    rows = np.flatnonzero(bad.to_numpy())
    examples = tuple(Example(int(i) + 1, str(shown.iloc[i])) for i in rows[:MAX_EXAMPLES])
    return Problem("judgements", "error", table, column, len(rows), len(bad), examples, message, remedy)


def _is_date(column: pd.Series) -> bool:
    return bool(pd.api.types.is_datetime64_any_dtype(column))


def _limit(study: Study, items: Mapping[str, Item], name: str, end: str) -> float:
    scale = scale_of(study, items[name]) if name in items else None
    return getattr(scale, end) if scale else (-np.inf if end == "low" else np.inf)


def _chosen(study: Study, one: ItemTable, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the study's filters and period that hold a judgement."""
    rows = pd.DataFrame({"item": _text(table[one.item]), "value": table[one.value].astype(float)})
    rows["rater"] = _text(table[one.rater]) if one.rater else None
    for name, column in one.segments.items():
        rows[name] = _text(table[column])
    kept = rows["item"].notna() & rows["value"].notna() & (rows["rater"].notna() | (one.rater is None))
    for name, level in study.filters.items():
        if name in one.segments:
            kept &= rows[name] == level
    if one.date and study.period:
        span = periods.parse(study.period)
        kept &= table[one.date].between(pd.Timestamp(span.start), pd.Timestamp(span.end))
    return rows[kept].reset_index(drop=True)
