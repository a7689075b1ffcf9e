"""What a ``study.toml`` may say, and its faults with their lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from svcq_lib import study as model
from svcq_lib import tomlfile
from svcq_lib.errors import StudyError
from svcq_lib.formats import Lang
from svcq_lib.periods import Grain
from svcq_lib.study import ROLES, Codes, Label, Scale

RESERVED = ("overall", "weighted")  # rows that the gap analysis adds to the dimensions


class FileItem(model.Model):
    """An item as written: by name, by number or in full."""

    name: str
    n: int | str | None = None
    label: Label | None = None
    expectation: str | None = None
    perception: str | None = None
    importance: str | None = None
    adequate: str | None = None
    desired: str | None = None
    scale: Scale | None = None
    missing: Codes | None = None
    values: Mapping[str, float] | None = None
    reverse: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, (dict, FileItem)):
            return value
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValueError('an item is a number, a name or a table such as { name = "q01", n = 1 }')
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
    adequate: str | None = None
    desired: str | None = None
    importance_scale: Scale | None = None
    points_scale: Scale = Scale(low=0, high=100)
    dimensions: tuple[FileDimension, ...] = ()


class FileOutcome(model.Model):
    """An outcome as written: one column, or several with a rule to combine them."""

    kind: model.OutcomeKind
    label: Label | None = None
    column: str | None = None
    columns: tuple[str, ...] = ()
    combine: model.Combine = "mean"
    min_answered: int | None = Field(None, ge=1)
    scale: Scale | None = None
    top_box: float | None = None
    high_is: model.HighIs | None = None
    better: model.Better | None = None
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
        if self.kind == "ces" and self.high_is is None:
            raise ValueError(
                'declare the direction of the effort scale: high_is = "easy" or high_is = "hard"'
            )
        if self.combine == "sum" and self.kind != "score":
            raise ValueError(
                f'a {self.kind} outcome is read on its scale: combine = "sum" needs kind = "score"'
            )
        if self.min_answered and self.columns and self.min_answered > len(self.columns):
            raise ValueError(
                f"min_answered is {self.min_answered}, but there are {len(self.columns)} columns"
            )
        if self.top_box is not None and self.scale and not self.scale.low <= self.top_box <= self.scale.high:
            low, high = self.scale.low, self.scale.high
            raise ValueError(f"top_box is {self.top_box:g}, which is no answer from {low:g} to {high:g}")
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
    period: Grain = "quarter"
    weight: str | None = None
    strata: str | None = None
    cluster: str | None = None
    duration: str | None = None
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
    weights: model.Weights = model.Weights()
    response_rate: model.ResponseRate | None = None
    gap_tables: model.GapTables = model.GapTables()
    benchmarking: model.Benchmarking | None = None
    returns: model.Returns | None = None
    effects: model.Effects | None = None


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
    return tomlfile.read(path, StudyFile, kind="study", refuse=StudyError, contradictions=_contradictions)


def _contradictions(file: StudyFile) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the faults that no single section shows: where, and what to do."""
    if file.responses.table not in file.tables:
        have = ", ".join(file.tables) or "nothing"
        yield ("responses", "table"), f"{file.responses.table!r} is not in [tables], which has {have}"
    places: dict[str, str] = {}
    for loc, name in _names(file):
        key = ".".join(map(str, loc))
        if name in RESERVED and loc[0] == "instrument":
            yield loc, f"{name!r} is the name of a computed figure; choose another"
        elif name in places:
            yield loc, f"the name {name!r} is used twice, first in {places[name]}; each needs its own"
        places.setdefault(name, key)
    for role in ROLES:
        pattern = getattr(file.instrument, role)
        if pattern and "{n}" not in pattern and "(?P<n>" not in pattern:
            yield (
                ("instrument", role),
                f"{pattern!r} has no place for the item: write {{n}} or (?P<n>…) in it",
            )
    for i, dimension in enumerate(file.instrument.dimensions):
        for j, item in enumerate(dimension.items):
            if item.reverse and (item.scale or file.instrument.scale) is None:
                loc = ("instrument", "dimensions", i, "items", j, "reverse")
                yield loc, "an answer is mirrored on its scale: give scale, such as scale = [1, 7]"
    yield from _unknown_references(file)
    for kind, goals in (("targets", file.targets), ("benchmarks", file.benchmarks)):
        for i, goal in enumerate(goals):
            if goal.outcome not in file.outcomes:
                have = ", ".join(file.outcomes) or "nothing"
                yield (kind, i, "outcome"), f"{goal.outcome!r} is not in [outcomes], which has {have}"
            elif goal.measure not in (known := model.GOAL_MEASURES[file.outcomes[goal.outcome].kind]):
                what = f"a {file.outcomes[goal.outcome].kind} outcome has no {goal.measure!r}"
                yield (kind, i, "measure"), f"{what}; set measure to one of {', '.join(known)}"


def _unknown_references(file: StudyFile) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield what the optional sections name but the file does not declare: tables, segments, outcomes."""
    known = {
        "[tables]": set(file.tables),
        "[responses.segments]": set(file.responses.segments),
        "[outcomes]": set(file.outcomes),
    }
    for loc, section, name in _references(file):
        if name not in known[section]:
            yield loc, f"{name!r} is not in {section}, which has {', '.join(known[section]) or 'nothing'}"


def _references(file: StudyFile) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield where a name stands, the section that must declare it, and the name."""
    tables, segments, outcomes = "[tables]", "[responses.segments]", "[outcomes]"
    for name, margin in file.weights.margins.items():
        yield ("weights", "margins", name), segments, name
        if margin.table:
            yield ("weights", "margins", name, "table"), tables, margin.table
    rate, gap, compared = file.response_rate, file.gap_tables, file.benchmarking
    for where, one in (("response_rate", rate), *((f"gap_tables.{key}", value) for key, value in gap)):
        if one is not None:
            loc = tuple(where.split("."))
            yield (*loc, "table"), tables, one.table
            yield from (((*loc, "segments", name), segments, name) for name in one.segments)
    if compared is not None:
        yield ("benchmarking", "unit"), segments, compared.unit
        yield from ((("benchmarking", "case_mix"), segments, name) for name in compared.case_mix)
        yield from ((("benchmarking", "outcome"), outcomes, name) for name in [compared.outcome] if name)
    if file.returns is not None:
        for key in ("initiatives", "costs", "economics"):
            yield ("returns", key), tables, getattr(file.returns, key)
        for key in ("outcome", "retention"):
            yield from ((("returns", key), outcomes, name) for name in [getattr(file.returns, key)] if name)
    if file.effects is not None:
        yield ("effects", "unit"), segments, file.effects.unit
        yield from ((("effects", "initiatives"), tables, name) for name in [file.effects.initiatives] if name)


def _names(file: StudyFile) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every name that results are told apart by, and where it stands."""
    dimensions = list(enumerate(file.instrument.dimensions))
    yield from ((("instrument", "dimensions", i, "name"), one.name) for i, one in dimensions)
    for i, one in dimensions:
        yield from (
            (("instrument", "dimensions", i, "items", j), item.name) for j, item in enumerate(one.items)
        )
    yield from ((("outcomes", name), name) for name in file.outcomes)
