"""Counting broken rules: one number per rule and column, judged by pandera.

Every rule is an aggregate. A streaming pass (several, if there are ids) turns the response table into a small table of
counts, one row per column of the study and one column per rule; pandera judges that table (each count must be 0). Two
million bad rows are one number in it, and one line of the report.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from svcq_lib.sources.batches import in_batches
from svcq_lib.sources.faults import MAX_EXAMPLES, Example
from svcq_lib.sources.prepared import ROW
from svcq_lib.sources.rules import WORDS, Subject

if TYPE_CHECKING:
    import pandera.polars as pa


DISTINCT_ROWS = 12_000_000
"""Distinct values of so many rows are counted at once: they take about half a gigabyte."""

_EXAMPLE_ROWS = 1 << 14  # bad rows looked at together


def count_rules(frame: pl.LazyFrame, checked: Sequence[Subject]) -> tuple[int, pl.DataFrame]:
    """Count how many rows break each rule of each column: in one streaming pass, and in others for subjects apart.

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
    found = Counter(_counted(frame, {i: one for i, one in enumerate(checked) if one.apart is None}))
    total = found["rows"]
    for i, one in enumerate(checked):
        if one.apart is not None:
            parts = max(1, -(-total // DISTINCT_ROWS))
            for part in range(parts):
                own = frame.filter(one.apart.hash() % parts == part) if parts > 1 else frame
                found.update(_counted(own, {i: one}))
    rows = [{code: found.get(f"{i}|{code}") for code in WORDS} for i in range(len(checked))]
    return total, pl.DataFrame(rows, schema=dict.fromkeys(WORDS, pl.Int64))


def _counted(frame: pl.LazyFrame, checked: Mapping[int, Subject]) -> dict[str, int]:
    sums = {f"{i}|{code}": bad.sum() for i, one in checked.items() for code, bad in one.bad.items()}
    sums |= {f"{i}|{code}": total for i, one in checked.items() for code, total in one.totals.items()}
    wide = reading(frame, list(checked.values())).select(
        pl.len().alias("rows"), *(expr.cast(pl.Int64).alias(name) for name, expr in sums.items())
    )
    return {name: n or 0 for name, n in wide.collect(engine="streaming").row(0, named=True).items()}


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
    """Fetch rows that break rules, in one pass for all of them that ends when there are enough of each.

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
    found: dict[tuple[int, str], list[Example]] = {
        (i, code): [] for i, code in rules if code in checked[i].bad
    }
    if not found:
        return {}
    shown = {f"shown|{i}": checked[i].shown.cast(pl.String).fill_null("") for i, _ in found}
    broken_by = {f"broken|{i}|{code}": checked[i].bad[code] for i, code in found}
    rows = reading(frame, checked, shown).select(ROW, *shown, **broken_by)
    for batch in in_batches(rows.filter(pl.any_horizontal(list(broken_by))), _EXAMPLE_ROWS):
        for (i, code), some in found.items():
            own = batch.filter(pl.col(f"broken|{i}|{code}")).head(MAX_EXAMPLES - len(some))
            some += [Example(*one) for one in own.select(ROW, f"shown|{i}").iter_rows()]
        if all(len(some) == MAX_EXAMPLES for some in found.values()):
            break
    return {rule: tuple(some) for rule, some in found.items()}


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
