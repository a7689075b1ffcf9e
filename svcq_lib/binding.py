"""From what a study file says to a :class:`~svcq_lib.study.Study`: column patterns meet the table's headers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from svcq_lib import study as model
from svcq_lib.errors import StudyError
from svcq_lib.study import ROLES, Column, Label, Scale
from svcq_lib.studyfile import (
    FileDimension,
    FileInstrument,
    FileItem,
    FileOutcome,
    FileResponses,
    StudyFile,
)


def bind(file: StudyFile, path: Path, headers: Sequence[str]) -> model.Study:
    """Resolve column patterns against the response table's headers.

    Parameters
    ----------
    file : StudyFile
        What the study file says.
    path : Path
        The study file.
    headers : sequence of str
        Headers of the response table.

    Returns
    -------
    Study
        The study, every item with its columns. A pattern that matches nothing stays as it is written, so that
        the data contract can report it with every other missing column.

    Raises
    ------
    StudyError
        If a regular expression is faulty or fits two headers for one item.
    """
    dimensions = tuple(_dimension(file.instrument, one, headers) for one in file.instrument.dimensions)
    return model.Study(
        path=path.resolve(),
        **dict(file.study),
        tables=file.tables,
        responses=_responses(file.responses),
        instrument=model.Instrument(dimensions=dimensions, scale=file.instrument.scale),
        outcomes={name: _outcome(name, one) for name, one in file.outcomes.items()},
        thresholds=file.thresholds,
        targets=file.targets,
        benchmarks=file.benchmarks,
        weights=file.weights,
        response_rate=file.response_rate,
        gap_tables=file.gap_tables,
        benchmarking=file.benchmarking,
        returns=file.returns,
        effects=file.effects,
    )


def _responses(file: FileResponses) -> model.Responses:
    segments = {
        name: model.Segment(
            column=one.column or name,
            label=one.label or Label(en=name),
            levels=one.levels,
            missing=one.missing,
        )
        for name, one in file.segments.items()
    }
    values = {key: getattr(file, key) for key in type(file).model_fields}
    return model.Responses(**{**values, "segments": segments})


def _dimension(file: FileInstrument, one: FileDimension, headers: Sequence[str]) -> model.Dimension:
    points = (
        Column(column=one.importance_points, scale=file.points_scale, missing=file.missing)
        if one.importance_points
        else None
    )
    items = tuple(_item(file, item, headers) for item in one.items)
    return model.Dimension(
        name=one.name, label=one.label or Label(en=one.name), items=items, importance_points=points
    )


def _item(file: FileInstrument, item: FileItem, headers: Sequence[str]) -> model.Item:
    columns: dict[str, Column] = {}
    for role in ROLES:
        header = getattr(item, role) or _resolve(getattr(file, role), item, headers, role)
        if header is None:
            continue
        scale = file.importance_scale if role == "importance" else None
        columns[role] = Column(
            column=header,
            scale=scale or item.scale or file.scale,
            missing=file.missing if item.missing is None else item.missing,
            values=file.values if item.values is None else item.values,
            reverse=item.reverse and role != "importance",
        )
    if not columns:
        columns["perception"] = Column(
            column=item.name,
            scale=item.scale or file.scale,
            reverse=item.reverse,
            missing=file.missing if item.missing is None else item.missing,
            values=file.values if item.values is None else item.values,
        )
    return model.Item(name=item.name, label=item.label or Label(en=item.name), **columns)


def _resolve(pattern: str | None, item: FileItem, headers: Sequence[str], role: str) -> str | None:
    if pattern is None:
        return None
    key = str(item.name if item.n is None else item.n)
    if "(?P<n>" not in pattern:
        return pattern.replace("{n}", key)
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise StudyError(
            f"instrument.{role}: pattern {pattern!r} is not a regular expression: {error}. Mend it there."
        ) from None
    matches = [(header, expression.search(header)) for header in headers]
    found = [header for header, match in matches if match and _same_number(match["n"], key)]
    if len(found) > 1:
        raise StudyError(
            f"instrument.{role}: pattern {pattern!r} fits two columns for item {key}: {found[0]!r} and "
            f"{found[1]!r}. Make it stricter, or write the column beside the item."
        )
    return found[0] if found else f"{pattern} with n = {key}"


def _same_number(found: str | None, key: str) -> bool:
    if found is None:
        return False
    return found == key or (found.isdigit() and key.isdigit() and int(found) == int(key))


def _outcome(name: str, file: FileOutcome) -> model.Outcome:
    default = {"nps": Scale(low=0, high=10), "binary": Scale(low=0, high=1)}.get(file.kind)
    scale = file.scale or default
    assert scale is not None  # the file's own validator asked for it
    raw_scale = None if file.positive else scale
    columns = tuple(
        Column(
            column=one,
            scale=raw_scale,
            missing=file.missing,
            values=file.values,
            reverse=file.reverse,
            positive=file.positive,
        )
        for one in (file.columns or (file.column,))
    )
    return model.Outcome(
        name=name,
        label=file.label or Label(en=name),
        kind=file.kind,
        columns=columns,
        combine=file.combine,
        min_answered=file.min_answered,
        scale=scale,
        top_box=file.top_box,
        high_is=file.high_is,
        better=file.better or ("low" if file.high_is == "hard" else "high"),
    )
