"""Counting broken rules: one number per rule and column, judged by pandera.

Every rule is an aggregate. A streaming pass (two, if there are ids) turns the response table into a small table of
counts, one row per column of the study and one column per rule; pandera judges that table (each count must be 0). Two
million bad rows are one number in it, and one line of the report.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from svcq_lib.sources.faults import MAX_EXAMPLES, Example
from svcq_lib.sources.prepared import ROW
from svcq_lib.sources.rules import WORDS, Subject

if TYPE_CHECKING:
    import pandera.polars as pa


def count_rules(frame: pl.LazyFrame, checked: Sequence[Subject]) -> tuple[int, pl.DataFrame]:
    """Count in one streaming pass, and one for subjects apart, how many rows break each rule of each column.

    Parameters
    ----------
    frame : LazyFrame
        The raw table.
    checked : sequence of Subject
        Columns and rules.

    Returns
    -------
    tuple
        Number of rows, and the counts: one row per subject, one column per rule, null where a rule does not
        apply.
    """
    found: dict[str, int | None] = {}
    for apart in (False, True):
        own = {i: one for i, one in enumerate(checked) if one.apart == apart}
        sums = {f"{i}|{code}": bad.sum() for i, one in own.items() for code, bad in one.bad.items()}
        sums |= {f"{i}|{code}": total for i, one in own.items() for code, total in one.totals.items()}
        if sums or not apart:
            wide = reading(frame, list(own.values())).select(
                pl.len().alias("rows"), *(expr.cast(pl.Int64).alias(name) for name, expr in sums.items())
            )
            found |= wide.collect(engine="streaming").row(0, named=True)
    rows = [{code: found.get(f"{i}|{code}") for code in WORDS} for i in range(len(checked))]
    return int(found["rows"] or 0), pl.DataFrame(rows, schema=dict.fromkeys(WORDS, pl.Int64))


def reading(
    frame: pl.LazyFrame, checked: Sequence[Subject], beside: Mapping[str, pl.Expr] | None = None
) -> pl.LazyFrame:
    """Return the columns that rules are about, and the row number.

    Parameters
    ----------
    frame : LazyFrame
        The raw table.
    checked : sequence of Subject
        Columns and rules.
    beside : Mapping of str to Expr, optional
        Further columns, in terms of raw ones.

    Returns
    -------
    LazyFrame
        ``ROW``, every column of every ``Subject.read``, and those of ``beside``.
    """
    read = {name: expr for one in checked for name, expr in one.read.items()}
    return frame.with_row_index(ROW, offset=1).select(ROW, **read, **(beside or {}))


def contract() -> pa.DataFrameSchema:
    """Return the contract as a pandera schema over the counts: nothing may break a rule."""
    pa = _pandera()
    zero = {code: pa.Column(pl.Int64, pa.Check.equal_to(0, error=code), nullable=True) for code in WORDS}
    return pa.DataFrameSchema(zero, strict=True)


def _pandera() -> Any:
    """Import pandera; it imports pyspark if that is installed, whose warnings would stand in every report."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandera.polars as pa
    return pa


def broken(counts: pl.DataFrame) -> list[tuple[int, str]]:
    """Return which rules are broken.

    Parameters
    ----------
    counts : DataFrame
        As :func:`count_rules` gives them.

    Returns
    -------
    list of (int, str)
        Number of the subject and code of the rule, in order.
    """
    pa = _pandera()
    try:
        contract().validate(counts, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        return sorted(set(zip(cases["index"].to_list(), cases["column"].to_list(), strict=True)))
    return []


def examples(
    frame: pl.LazyFrame, checked: Sequence[Subject], rules: Sequence[tuple[int, str]]
) -> Mapping[tuple[int, str], tuple[Example, ...]]:
    """Fetch rows that break rules, in one pass for all of them.

    Parameters
    ----------
    frame : LazyFrame
        The raw table.
    checked : sequence of Subject
        Columns and rules.
    rules : sequence of (int, str)
        Broken rules, as :func:`broken` gives them.

    Returns
    -------
    Mapping
        At most five examples by rule; none for rules about a column as a whole.
    """
    rowwise = [(i, code) for i, code in rules if code in checked[i].bad]
    if not rowwise:
        return {}
    used = sorted({i for i, _ in rowwise})
    shown = {f"shown|{i}": checked[i].shown for i in used}
    wanted = []
    for i, code in rowwise:
        for name in (ROW, f"shown|{i}"):
            first = pl.col(name).filter(checked[i].bad[code]).head(MAX_EXAMPLES)
            wanted.append(first.implode().alias(f"{name}|{i}|{code}"))
    found = reading(frame, checked, shown).select(wanted).collect(engine="streaming").row(0, named=True)
    return {
        (i, code): tuple(
            Example(number, "" if words is None else str(words))
            for number, words in zip(found[f"{ROW}|{i}|{code}"], found[f"shown|{i}|{i}|{code}"], strict=True)
        )
        for i, code in rowwise
    }


def repeated(frame: pl.LazyFrame, subject: Subject) -> tuple[int, tuple[Example, ...]]:
    """Count ids that occur again, on the ids themselves, and fetch examples.

    Parameters
    ----------
    frame : LazyFrame
        The raw table.
    subject : Subject
        The id column.

    Returns
    -------
    tuple
        Rows whose id stands in an earlier row, and at most five of them.
    """
    ids = frame.with_row_index(ROW, offset=1).select(ROW, id=subject.shown).filter(pl.col("id").is_not_null())
    again = ids.filter(~pl.col("id").is_first_distinct()).collect()
    return again.height, tuple(
        Example(number, words) for number, words in again.head(MAX_EXAMPLES).iter_rows()
    )
