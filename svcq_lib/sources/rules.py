"""The rules of the data contract: what each column of the response table must satisfy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from svcq_lib.sources.faults import Severity
from svcq_lib.sources.prepared import declared_columns
from svcq_lib.sources.values import answer, day, level, number, text
from svcq_lib.study import Column, Scale, Study

MIXED_SHARE = 0.05
STRAIGHT_ITEMS = 6
POINTS_TOLERANCE = 1.0

# code → severity, message, remedy; {…} are facts of the column
WORDS: Mapping[str, tuple[Severity, str, str]] = {
    "not_a_number": (
        "error", "text that is no number",
        "map it in values, list it in missing, or correct it (decimals with a point)",
    ),
    "off_scale": (
        "error", "outside the scale {low:g}–{high:g}",
        "list codes such as “not applicable” in missing, correct scale, or correct the answers",
    ),
    "mixed_scale": (
        "warning",
        "most answers lie in {low:g}–{edge:g}, a few in {above_low:g}–{above_high:g}: two scales mixed?",
        "find out which rows were asked on another scale, then rescale them or list these answers in missing",
    ),
    "constant": ("warning", "every answer is the same", "check the export; such a column explains nothing"),
    "empty_answers": ("warning", "no valid answer", "check the export and missing, or drop the column"),
    "empty_outcome": ("error", "the outcome has no valid answer", "check the export, missing and scale"),
    "missing_id": ("error", "rows without an id", "complete the ids or name another id column"),
    "repeated_id": ("error", "ids that an earlier row has", "drop such rows or name the right id column"),
    "date_unreadable": ("error", "text that is no date by date_formats", "add its format to date_formats"),
    "date_missing": ("warning", "rows without a date, left out of every period", "complete the dates"),
    "weight_not_a_number": ("error", "weights that are no numbers", "correct them (decimals with a point)"),
    "weight_missing": ("error", "rows without a weight", "complete the weights"),
    "weight_not_positive": ("error", "weights of 0 or less", "drop these rows or correct their weights"),
    "unknown_level": ("warning", "levels that are not declared", "add them to levels or correct them"),
    "empty_segment": ("warning", "the segment is empty in every row", "check the export or drop the segment"),
    "design_missing": ("error", "rows without a {role}", "complete the column; every row belongs to one"),
    "straight_line": (
        "warning", "rows with the same answer to all perception items (six or more)",
        "consider leaving such respondents out, and report both results",
    ),
    "points_sum": (
        "warning", "importance points that do not sum to {target:g} (±{tolerance:g})",
        "check how points were asked; shares of importance are computed from the points as given",
    ),
    "empty_row": ("warning", "rows empty in all columns of the study", "delete blank lines of the file"),
}  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """One column of the study (or a set of them) and the rules it must satisfy.

    Attributes
    ----------
    column : str
        Header, for messages.
    read : Mapping of str to Expr
        Columns to compute from raw columns, each named once in the whole contract.
    bad : Mapping of str to Expr
        Rule → whether a row breaks it, in terms of ``read``.
    totals : Mapping of str to Expr
        Rule → number of rows that break it, for rules about the column as a whole.
    shown : Expr
        Text to show as an example, in terms of raw columns.
    facts : Mapping
        What messages say.
    apart : Expr, optional
        Raw value by whose hash rows fall into parts whose counts add up. Its rules are counted apart from others: to
        count distinct values holds in memory all that the same pass reads.
    """

    column: str
    read: Mapping[str, pl.Expr]
    shown: pl.Expr
    bad: Mapping[str, pl.Expr] = field(default_factory=dict)
    totals: Mapping[str, pl.Expr] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    apart: pl.Expr | None = None


def subjects(study: Study, schema: Mapping[str, pl.DataType]) -> list[Subject]:
    """Return every column of the study that the table has, with its rules.

    Parameters
    ----------
    study : Study
        The study.
    schema : Mapping of str to DataType
        Raw columns and their types. Columns that are missing are left out; the contract reports them itself.

    Returns
    -------
    list of Subject
        In the order of the study file: roles, segments, answers, whole rows.
    """
    has, found = study.responses, []
    formats = study.tables[has.table].date_formats
    if has.id and has.id in schema:
        found.append(_id(has.id, schema[has.id]))
    if has.date and has.date in schema:
        found.append(_date(has.date, schema[has.date], formats))
    if has.weight and has.weight in schema:
        found.append(_weight(has.weight, schema[has.weight]))
    for role, header in (("stratum", has.strata), ("cluster", has.cluster)):
        if header and header in schema:
            found.append(_design(role, header, schema[header]))
    for name, segment in has.segments.items():
        if segment.column in schema:
            found.append(_segment(name, segment.column, segment.missing, tuple(segment.levels), schema))
    answers = {key: one for key, one in study.columns().items() if one.column in schema}
    found += [_answer(key, one, schema[one.column]) for key, one in answers.items()]
    return [*found, *_rows(study, answers, schema)]


def _id(header: str, dtype: pl.DataType) -> Subject:
    value, name = text(pl.col(header), dtype), "id"
    # 64-bit hashes keep the count of distinct ids small; a hit is confirmed on the ids themselves
    repeated = pl.col(name).count() - pl.col(name).hash().filter(pl.col(name).is_not_null()).n_unique()
    missing = {"missing_id": pl.col(name).is_null()}
    return Subject(header, {name: value}, value, missing, {"repeated_id": repeated}, apart=value)


def _date(header: str, dtype: pl.DataType, formats: Sequence[str]) -> Subject:
    raw, value = text(pl.col(header), dtype), day(pl.col(header), formats, dtype)
    bad = {
        "date_unreadable": pl.col("date_given") & pl.col("date").is_null(),
        "date_missing": ~pl.col("date_given"),
    }
    return Subject(header, {"date": value, "date_given": raw.is_not_null()}, raw, bad)


def _weight(header: str, dtype: pl.DataType) -> Subject:
    raw, value = text(pl.col(header), dtype), number(pl.col(header), dtype)
    bad = {
        "weight_not_a_number": pl.col("weight_given") & pl.col("weight").is_null(),
        "weight_missing": ~pl.col("weight_given"),
        "weight_not_positive": pl.col("weight") <= 0,
    }
    return Subject(header, {"weight": value, "weight_given": raw.is_not_null()}, raw, bad)


def _design(role: str, header: str, dtype: pl.DataType) -> Subject:
    value = level(pl.col(header), (), dtype)
    return Subject(
        header, {role: value}, value, {"design_missing": pl.col(role).is_null()}, facts={"role": role}
    )


def _segment(
    name: str, header: str, missing: Sequence[str], levels: Sequence[str], schema: Mapping[str, pl.DataType]
) -> Subject:
    key, value = f"segment.{name}", level(pl.col(header), missing, schema[header])
    unknown = (
        {"unknown_level": pl.col(key).is_not_null() & ~pl.col(key).is_in(list(levels))} if levels else {}
    )
    empty = pl.when(pl.col(key).count() == 0).then(pl.len()).otherwise(0)
    return Subject(header, {key: value}, value, unknown, {"empty_segment": empty})


def _answer(key: str, column: Column, dtype: pl.DataType) -> Subject:
    raw = text(pl.col(column.column), dtype)
    empty_rule = "empty_outcome" if key.startswith("outcome.") else "empty_answers"
    if column.positive:
        given = {f"{key}.given": raw.is_not_null()}
        empty = pl.when(~pl.col(f"{key}.given").any()).then(pl.len()).otherwise(0)
        return Subject(column.column, given, raw, totals={empty_rule: empty})
    value = pl.col(key)
    bad, facts, valid = {"not_a_number": value.is_nan()}, {}, value.is_not_nan()
    totals = {}
    if column.scale is not None:
        inside = value.is_between(column.scale.low, column.scale.high)
        bad["off_scale"] = valid & ~inside
        facts = _scale_facts(column.scale)
        totals["mixed_scale"] = _mixed(pl.when(valid).then(value), facts)
        valid = inside
    kept = pl.when(valid).then(value)
    totals[empty_rule] = pl.when(kept.count() == 0).then(pl.len()).otherwise(0)
    totals["constant"] = (
        pl.when((kept.min() == kept.max()) & (kept.count() > 1)).then(kept.count()).otherwise(0)
    )
    return Subject(
        column.column, {key: answer(pl.col(column.column), column, dtype)}, raw, bad, totals, facts
    )


def _scale_facts(scale: Scale) -> dict[str, float]:
    """Return the mixed-scale rule's ranges: 1–5 and 6–10 on a long scale, else the scale and its double."""
    edge = 5.0 if scale.high >= 9 and scale.low <= 1 else scale.high
    above_high = scale.high if edge < scale.high else 2 * scale.high
    return {
        "low": scale.low,
        "high": scale.high,
        "edge": edge,
        "above_low": edge + 1,
        "above_high": above_high,
    }


def _mixed(value: pl.Expr, facts: Mapping[str, float]) -> pl.Expr:
    """Count answers above the edge if they look like a second scale.

    They do if there are some but at most 5 % of the answers, on at least two whole levels, and fewer than at
    the edge itself (a long tail of one scale thins out gradually, and then the edge holds few answers too).
    """
    above = (value > facts["edge"]) & (value <= facts["above_high"]) & (value == value.round(0))
    n = above.sum()
    few = (n > 0) & (n <= MIXED_SHARE * value.count()) & (n < (value == facts["edge"]).sum())
    two_levels = pl.when(above).then(value).min() < pl.when(above).then(value).max()
    return pl.when(few & two_levels).then(n).otherwise(0)


def _rows(study: Study, answers: Mapping[str, Column], schema: Mapping[str, pl.DataType]) -> list[Subject]:
    found = []
    perceived = [key for key in answers if key.startswith("perception.")]
    if len(perceived) >= STRAIGHT_ITEMS:
        found.append(Subject("", {}, pl.lit(""), {"straight_line": straight_lined(perceived)}))
    points = [key for key in answers if key.startswith("points.")]
    if len(points) > 1 and len(points) == sum(
        d.importance_points is not None for d in study.instrument.dimensions
    ):
        found.append(_points(points, answers))
    raw = [header for header in declared_columns(study) if header in schema]
    if raw:
        empty = pl.all_horizontal([pl.col(one).is_null() for one in raw])
        found.append(Subject("", {"row_empty": empty}, pl.lit(""), {"empty_row": pl.col("row_empty")}))
    return found


def straight_lined(perceived: Sequence[str]) -> pl.Expr:
    """Return whether a respondent gave the same answer to all perception items.

    Parameters
    ----------
    perceived : sequence of str
        Columns with perceptions.

    Returns
    -------
    Expr
        True or false, never null; false with fewer than ``STRAIGHT_ITEMS`` answers.
    """
    if len(perceived) < STRAIGHT_ITEMS:
        return pl.lit(False)
    values = [pl.col(key) for key in perceived]
    enough = pl.sum_horizontal([one.is_not_null() for one in values]) >= STRAIGHT_ITEMS
    first = pl.coalesce(values)
    return enough & pl.all_horizontal([one.is_null() | (one == first) for one in values])


def _points(points: Sequence[str], answers: Mapping[str, Column]) -> Subject:
    scale = answers[points[0]].scale
    target = scale.high if scale else 100.0
    values = [pl.col(key).fill_nan(None) for key in points]
    given = pl.any_horizontal([one.is_not_null() for one in values])
    off = (pl.sum_horizontal(values) - target).abs() > POINTS_TOLERANCE
    headers = [answers[key].column for key in points]
    shown = pl.concat_str(
        [pl.col(one).cast(pl.String) for one in headers], separator=" + ", ignore_nulls=True
    )
    return Subject(
        " + ".join(headers),
        {},
        shown,
        {"points_sum": given & off},
        facts={"target": target, "tolerance": POINTS_TOLERANCE},
    )
