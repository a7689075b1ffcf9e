"""What a study is: its tables, its instrument, its outcomes and how its answers are to be read.

Everything here is frozen. :mod:`svcq_lib.studyfile` reads these models from ``study.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from svcq_lib import periods
from svcq_lib.errors import ParameterError
from svcq_lib.formats import Lang
from svcq_lib.study.parts import Codes, Label, Model, Scale
from svcq_lib.study.sections import (
    Benchmarking,
    Effects,
    GapTables,
    ResponseRate,
    Returns,
    Weights,
)

Missing = Literal["pairwise", "listwise"]
OutcomeKind = Literal["csat", "nps", "ces", "binary", "score"]
Combine = Literal["mean", "sum"]
HighIs = Literal["easy", "hard"]
Better = Literal["high", "low"]


class Column(Model):
    """How one raw column is read as numbers.

    Attributes
    ----------
    column : str
        Header in the table.
    scale : Scale or None
        Answers outside it are faults.
    missing : tuple of str
        Codes that mean "no answer"; numbers are compared as numbers, so ``"99"`` also covers ``99.0``.
    values : Mapping
        Text answers and the number that each stands for.
    reverse : bool
        Whether a high answer is a bad one: the answer is mirrored on the scale.
    positive : tuple of str
        If given, these answers count 1 and all others 0.
    """

    column: str
    scale: Scale | None = None
    missing: Codes = ()
    values: Mapping[str, float] = Field(default_factory=dict)
    reverse: bool = False
    positive: Codes = ()


class Wave(Model):
    """One file of a table that comes in several, such as one per year.

    Attributes
    ----------
    path : str
        The file.
    columns : Mapping of str to str
        Name in the study → header in this file, where they differ.
    constants : Mapping of str to str
        Columns that this file does not have and the one value that they hold, such as ``date = "2014-07-01"``.
    encoding, delimiter, sheet : str or None
        Where they differ from the table's.
    """

    path: str
    columns: Mapping[str, str] = Field(default_factory=dict)
    constants: Mapping[str, str] = Field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


class TableSpec(Model):
    """Where a table lies and how it is written: a file, several files (``waves``) or a table of a database."""

    path: str | None = None
    waves: tuple[Wave, ...] = ()
    url: str | None = Field(None, repr=False)  # it may hold a password
    table: str | None = None
    format: Literal["csv", "tsv", "parquet", "xlsx", "sav"] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    date_formats: tuple[str, ...] = ("%Y-%m-%d",)
    label: Label | None = None

    @model_validator(mode="after")
    def _one_place(self) -> TableSpec:
        if (self.path is not None) + (self.url is not None) + bool(self.waves) != 1:
            raise ValueError("give one of path (a file), waves (several files) and url (a database)")
        if self.url is not None and self.table is None:
            raise ValueError("a database url needs table, the name of the table in the database")
        return self


class Segment(Model):
    """A column that splits respondents into groups."""

    column: str
    label: Label
    levels: Mapping[str, Label] = Field(default_factory=dict)
    missing: Codes = ()


class Responses(Model):
    """The table with one row per respondent and the role of its columns.

    ``duration`` is the time that an interview took, in seconds.
    """

    table: str
    id: str | None = None
    date: str | None = None
    period: periods.Grain = "quarter"
    weight: str | None = None
    strata: str | None = None
    cluster: str | None = None
    duration: str | None = None
    fpc: Mapping[str, float] = Field(default_factory=dict)
    segments: Mapping[str, Segment] = Field(default_factory=dict)


ROLES = ("expectation", "perception", "importance", "adequate", "desired")
"""What an item may be asked as."""


class Item(Model):
    """One question of the instrument, asked as expectation, perception and/or importance.

    Zone-of-tolerance instruments ask for the ``adequate`` and the ``desired`` level as well.
    """

    name: str
    label: Label
    expectation: Column | None = None
    perception: Column | None = None
    importance: Column | None = None
    adequate: Column | None = None
    desired: Column | None = None


class Dimension(Model):
    """A group of items, and the column with the points a respondent gives to it."""

    name: str
    label: Label
    items: tuple[Item, ...]
    importance_points: Column | None = None


class Instrument(Model):
    """The dimensions of a questionnaire, their items and the answers' scale."""

    dimensions: tuple[Dimension, ...] = ()
    scale: Scale | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in the order of the study file."""
        return tuple(item for dimension in self.dimensions for item in dimension.items)

    @property
    def has_gaps(self) -> bool:
        """Whether at least one item has both an expectation and a perception."""
        return any(item.expectation and item.perception for item in self.items)

    def dimension_of(self, item: str) -> Dimension:
        """Return the dimension that an item belongs to."""
        return next(d for d in self.dimensions if any(i.name == item for i in d.items))


class Outcome(Model):
    """A result of good service: satisfaction, recommendation, effort, repurchase or any other score."""

    name: str
    label: Label
    kind: OutcomeKind
    columns: tuple[Column, ...]
    combine: Combine = "mean"
    min_answered: int | None = None
    scale: Scale
    top_box: float | None = None
    high_is: HighIs | None = None
    better: Better = "high"


GOAL_MEASURES: Mapping[OutcomeKind, tuple[str, ...]] = {
    "csat": ("index_100", "mean", "top_box"),
    "nps": ("nps",),
    "ces": ("mean", "top_box"),
    "binary": ("share",),
    "score": ("mean",),
}
"""What a target or a benchmark of an outcome may be about."""


class Goal(Model):
    """A target or a benchmark for one measure of one outcome."""

    outcome: str
    measure: Literal["mean", "index_100", "top_box", "nps", "share"]
    value: float
    label: Label
    source: str
    year: int | None = None


class Thresholds(Model):
    """Smallest bases: below ``suppress`` a cell is not shown, below ``flag`` it is marked."""

    suppress: int = Field(5, ge=1)
    flag: int = Field(30, ge=1)


class Study(Model):
    """A study bound to its tables: what every analysis takes.

    Attributes
    ----------
    path : Path
        The study file; table paths are relative to its folder.
    filters : Mapping
        Segment → level that rows are restricted to (see :meth:`where`).
    period : str or None
        Period that the report is about (see :meth:`during`); None is everything.
    """

    path: Path
    name: Label
    language: Lang = "en"
    missing: Missing = "pairwise"
    min_answered: int = Field(1, ge=1)
    tables: Mapping[str, TableSpec]
    responses: Responses
    instrument: Instrument
    outcomes: Mapping[str, Outcome]
    thresholds: Thresholds = Thresholds(suppress=5, flag=30)
    targets: tuple[Goal, ...] = ()
    benchmarks: tuple[Goal, ...] = ()
    weights: Weights = Weights()
    response_rate: ResponseRate | None = None
    gap_tables: GapTables = GapTables()
    benchmarking: Benchmarking | None = None
    returns: Returns | None = None
    effects: Effects | None = None
    filters: Mapping[str, str] = Field(default_factory=dict)
    period: str | None = None

    @property
    def root(self) -> Path:
        """Folder of the study file."""
        return self.path.parent

    @property
    def used_tables(self) -> tuple[str, ...]:
        """Names of the tables that reports read: the responses and those that the optional sections name."""
        gap = [one.table for _, one in self.gap_tables if one is not None]
        margins = [one.table for one in self.weights.margins.values() if one.table]
        rate = [self.response_rate.table] if self.response_rate else []
        plan = self.returns
        money = [plan.initiatives, plan.costs, plan.economics] if plan else []
        promised = [self.effects.initiatives] if self.effects and self.effects.initiatives else []
        return tuple(dict.fromkeys([self.responses.table, *margins, *rate, *gap, *money, *promised]))

    def where(self, **filters: str) -> Study:
        """Return the study restricted to levels of segments.

        Parameters
        ----------
        **filters : str
            Segment = level, such as ``branch="B07"``.

        Returns
        -------
        Study
            A study that reads only these rows.

        Raises
        ------
        ParameterError
            If a name is not a segment of the study.
        """
        unknown = sorted(set(filters) - set(self.responses.segments))
        if unknown:
            have = ", ".join(self.responses.segments) or "none"
            raise ParameterError(f"{unknown[0]!r} is not a segment of {self.path.name} (it has: {have}).")
        return self.model_copy(update={"filters": {**self.filters, **filters}})

    def during(self, period: str | None) -> Study:
        """Return the study restricted to a period.

        Parameters
        ----------
        period : str or None
            ``2026``, ``2026-Q3``, ``2026-07`` or a range; None or ``""`` is everything.

        Returns
        -------
        Study
            A study about this period; earlier periods stay visible for comparison.

        Raises
        ------
        ParameterError
            If the text is not a period, or the study has no date column.
        """
        if not period:
            return self.model_copy(update={"period": None})
        if self.responses.date is None:
            raise ParameterError(
                f"period {period!r}: {self.path.name} names no date column. Set responses.date."
            )
        return self.model_copy(update={"period": periods.parse(period).name})

    def columns(self) -> Mapping[str, Column]:
        """Return every raw column that holds answers, by its name in evidence.

        Returns
        -------
        Mapping of str to Column
            ``expectation.q01``, ``perception.q01``, ``importance.q01``, ``points.tangibles``, ``outcome.nps``
            (``outcome.index.1`` … for the parts of a composite).
        """
        found: dict[str, Column] = {}
        for dimension in self.instrument.dimensions:
            if dimension.importance_points:
                found[f"points.{dimension.name}"] = dimension.importance_points
            for item in dimension.items:
                for role in ROLES:
                    if column := getattr(item, role):
                        found[f"{role}.{item.name}"] = column
        for outcome in self.outcomes.values():
            parts = outcome.columns
            names = (
                [f"outcome.{outcome.name}"]
                if len(parts) == 1
                else [f"outcome.{outcome.name}.{i}" for i in range(1, len(parts) + 1)]
            )
            found.update(zip(names, parts, strict=True))
        return found

    def labels(self) -> Mapping[str, Label]:
        """Return the display label of every item, dimension, outcome and segment, and of ``segment=level``."""
        found: dict[str, Label] = {}
        for dimension in self.instrument.dimensions:
            found[dimension.name] = dimension.label
            found.update({item.name: item.label for item in dimension.items})
        found.update({name: outcome.label for name, outcome in self.outcomes.items()})
        for name, segment in self.responses.segments.items():
            found[name] = segment.label
            found.update({f"{name}={level}": label for level, label in segment.levels.items()})
        return found

    def outcome(self, name: str) -> Outcome:
        """Return an outcome by its name.

        Parameters
        ----------
        name : str
            Name in the study file.

        Returns
        -------
        Outcome
            The outcome.

        Raises
        ------
        ParameterError
            If there is none of that name.
        """
        if name not in self.outcomes:
            raise ParameterError(
                f"outcome {name!r} is not in {self.path.name}, which has {_listed(list(self.outcomes))}. "
                "Set outcome to one of these."
            )
        return self.outcomes[name]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none: add [outcomes.NAME]"
