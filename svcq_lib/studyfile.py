"""From ``study.toml`` to a :class:`~svcq_lib.study.Study`: reading, locating faults, binding column patterns."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from svcq_lib import study as model
from svcq_lib.errors import StudyError
from svcq_lib.formats import Lang
from svcq_lib.study import Codes, Column, Label, Scale


class FileItem(model.Model):
    """An item as written: by name, by number or in full."""

    name: str
    n: int | str | None = None
    label: Label | None = None
    expectation: str | None = None
    perception: str | None = None
    importance: str | None = None
    scale: Scale | None = None
    missing: Codes | None = None
    values: Mapping[str, float] | None = None
    reverse: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            return value
        return (
            {"name": f"q{value:02d}", "n": value} if isinstance(value, int) else {"name": value, "n": value}
        )


class FileDimension(model.Model):
    """A dimension as written."""

    name: str
    label: Label | None = None
    items: tuple[FileItem, ...]
    importance_points: str | None = None


class FileInstrument(model.Model):
    """The instrument as written: patterns and defaults of the items' columns."""

    scale: Scale | None = None
    missing: Codes = ()
    values: Mapping[str, float] = Field(default_factory=dict)
    expectation: str | None = None
    perception: str | None = None
    importance: str | None = None
    importance_scale: Scale | None = None
    points_scale: Scale = Scale(low=0, high=100)
    dimensions: tuple[FileDimension, ...] = ()


class FileOutcome(model.Model):
    """An outcome as written: one column, or several with a rule to combine them."""

    kind: model.OutcomeKind
    label: Label | None = None
    column: str | None = None
    columns: tuple[str, ...] = ()
    combine: str = "mean"
    min_answered: int | None = Field(None, ge=1)
    scale: Scale | None = None
    top_box: float | None = None
    high_is: str | None = None
    better: str | None = None
    missing: Codes = ()
    values: Mapping[str, float] = Field(default_factory=dict)
    reverse: bool = False
    positive: Codes = ()

    @model_validator(mode="after")
    def _complete(self) -> FileOutcome:
        if (self.column is None) == (not self.columns):
            raise ValueError("give either column (one) or columns (a list), not both")
        if self.kind in ("csat", "ces", "score") and self.scale is None:
            raise ValueError(f"a {self.kind} outcome needs scale, such as scale = [1, 7]")
        if self.kind == "ces" and self.high_is not in ("easy", "hard"):
            raise ValueError(
                'declare the direction of the effort scale: high_is = "easy" or high_is = "hard"'
            )
        return self


class FileSegment(model.Model):
    """A segment as written."""

    column: str | None = None
    label: Label | None = None
    levels: Mapping[str, Label] = Field(default_factory=dict)
    missing: Codes = ()


class FileResponses(model.Model):
    """The response table's roles as written."""

    table: str = "responses"
    id: str | None = None
    date: str | None = None
    period: str = "quarter"
    weight: str | None = None
    strata: str | None = None
    cluster: str | None = None
    fpc: Mapping[str, float] = Field(default_factory=dict)
    segments: Mapping[str, FileSegment] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _segment_list(cls, value: Any) -> Any:
        if isinstance(value, dict):
            value = dict(value)
            if isinstance(value.get("segments"), list):
                value["segments"] = {name: {} for name in value["segments"]}
            if isinstance(value.get("fpc"), (int, float)):
                value["fpc"] = {"": value["fpc"]}
        return value


class FileStudy(model.Model):
    """The ``[study]`` section."""

    name: Label
    language: Lang = "en"
    missing: model.Missing = "pairwise"
    min_answered: int = Field(1, ge=1)


class StudyFile(model.Model):
    """A whole ``study.toml``."""

    study: FileStudy
    tables: Mapping[str, model.TableSpec]
    responses: FileResponses
    instrument: FileInstrument = FileInstrument()
    outcomes: Mapping[str, FileOutcome] = Field(default_factory=dict)
    thresholds: model.Thresholds = model.Thresholds(suppress=5, flag=30)
    targets: tuple[model.Goal, ...] = ()
    benchmarks: tuple[model.Goal, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> StudyFile:
        if self.responses.table not in self.tables:
            raise ValueError(
                f"responses.table is {self.responses.table!r}, but [tables] has {', '.join(self.tables) or 'nothing'}"
            )
        names = [d.name for d in self.instrument.dimensions]
        names += [item.name for d in self.instrument.dimensions for item in d.items] + list(self.outcomes)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"the name {twice[0]!r} is used twice among dimensions, items and outcomes; each needs its own"
            )
        for goal in (*self.targets, *self.benchmarks):
            if goal.outcome not in self.outcomes:
                raise ValueError(f"outcome {goal.outcome!r} of {goal.label.en!r} is not in [outcomes]")
        return self


def read_study_file(path: Path) -> StudyFile:
    """Read and validate a study file.

    Parameters
    ----------
    path : Path
        The ``study.toml``.

    Returns
    -------
    StudyFile
        What it says, column patterns not yet resolved.

    Raises
    ------
    StudyError
        With every fault of the file: its key, its line where it can be found, and the remedy.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text)
    except OSError as error:
        raise StudyError(
            f"{path}: cannot be read ({error.strerror}). Name a study file, such as study.toml."
        ) from None
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{path}: a study file is UTF-8; byte {error.start} is not. Save it as UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{path}: not valid TOML: {error}. Mend that line.") from None
    try:
        return StudyFile.model_validate(raw)
    except ValidationError as error:
        faults = [_fault(path, text, raw, one) for one in error.errors()]
        raise StudyError("\n".join([f"{path}: {len(faults)} fault(s) in the study file", *faults])) from None


def _fault(path: Path, text: str, raw: Any, error: Any) -> str:
    loc = tuple(error["loc"])
    line = line_of(text, loc)
    where = f"{path.name}:{line}: " if line else f"{path.name}: "
    key = ".".join(str(part) for part in loc) or "(whole file)"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        known = _known_keys(loc)
        near = difflib.get_close_matches(str(loc[-1]), known, n=1)
        message = (
            f"unknown key. {f'Did you mean {near[0]!r}? ' if near else ''}Known here: {', '.join(known)}"
        )
    elif error["type"] == "missing":
        message = "is missing. Add it."
    return f"  {where}{key}: {message}"


def _known_keys(loc: Sequence[Any]) -> list[str]:
    """Return the keys that the model holding ``loc`` knows."""
    here: Any = StudyFile
    for part in loc[:-1]:
        if isinstance(part, str) and hasattr(here, "model_fields") and part in here.model_fields:
            here = here.model_fields[part].annotation
        found = _models_in(here)
        here = found[0] if found else here
    return sorted(here.model_fields) if hasattr(here, "model_fields") else []


def _models_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, model.Model):
        return [annotation]
    return [one for arg in getattr(annotation, "__args__", ()) for one in _models_in(arg)]


def line_of(text: str, loc: Sequence[Any]) -> int | None:
    """Return the line on which a key stands.

    Parameters
    ----------
    text : str
        The TOML text.
    loc : sequence of str and int
        Path of the key, as pydantic gives it.

    Returns
    -------
    int or None
        The 1-based line of the key, else of the nearest table that holds it.
    """
    wanted = [part for part in loc if not (isinstance(part, str) and part.startswith("function-"))]
    best, best_depth = None, 0
    here: tuple[Any, ...] = ()
    counts: dict[tuple[Any, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if match := re.match(r"\s*\[\[?([^\[\]]+)\]?\]", line):
            here = _table_path(match[1], line.lstrip().startswith("[["), counts)
            found: tuple[Any, ...] = here
        elif match := re.match(r'\s*([A-Za-z0-9_."-]+)\s*=', line):
            found = (*here, *(part.strip('"') for part in match[1].split(".")))
        else:
            continue
        if list(found) == wanted[: len(found)] and len(found) > best_depth:
            best, best_depth = number, len(found)
    return best


def _table_path(header: str, repeated: bool, counts: dict[tuple[Any, ...], int]) -> tuple[Any, ...]:
    here: tuple[Any, ...] = ()
    parts = [part.strip().strip('"') for part in header.split(".")]
    for depth, part in enumerate(parts):
        here = (*here, part)
        if repeated and depth == len(parts) - 1:
            counts[here] = counts.get(here, -1) + 1
        if here in counts:
            here = (*here, counts[here])
    return here


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
    for role in ("expectation", "perception", "importance"):
        header = getattr(item, role) or _resolve(getattr(file, role), item, headers)
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


def _resolve(pattern: str | None, item: FileItem, headers: Sequence[str]) -> str | None:
    if pattern is None:
        return None
    key = str(item.name if item.n is None else item.n)
    if "(?P<n>" not in pattern:
        return pattern.replace("{n}", key)
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise StudyError(f"pattern {pattern!r} is not a regular expression: {error}.") from None
    matches = [(header, expression.search(header)) for header in headers]
    found = [header for header, match in matches if match and _same_number(match["n"], key)]
    if len(found) > 1:
        raise StudyError(
            f"pattern {pattern!r} fits two columns for item {key}: {found[0]!r} and {found[1]!r}."
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
