"""Optional sections of a study file: what single reports need beyond the responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from svcq_lib.study.parts import Label, Model


class Margin(Model):
    """How the population splits over the levels of one segment, for raking.

    Give either ``counts`` (level → people or share) or a ``table`` with a column of levels and one of counts; counts
    of one level in several rows are added up.

    Attributes
    ----------
    counts : Mapping of str to float
        Level of the segment → size in the population.
    table, level, count : str or None
        A declared table and its columns.
    """

    counts: Mapping[str, float] = Field(default_factory=dict)
    table: str | None = None
    level: str | None = None
    count: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Margin:
        if bool(self.counts) == (self.table is not None):
            raise ValueError("give either counts (level = size) or table with level and count")
        if self.table is not None and not (self.level and self.count):
            raise ValueError("a margin from a table needs level and count, the names of its columns")
        if any(size < 0 for size in self.counts.values()) or (self.counts and not sum(self.counts.values())):
            raise ValueError("sizes of a margin are not negative, and at least one is positive")
        return self


class Weights(Model):
    """How design weights are calibrated to the population.

    Attributes
    ----------
    margins : Mapping of str to Margin
        Segment → its distribution in the population; empty: the declared weights are used as they are.
    trim : float or None
        Largest calibrated weight as a multiple of the mean weight; None trims nothing.
    """

    margins: Mapping[str, Margin] = Field(default_factory=dict)
    trim: float | None = Field(None, gt=1)


class ResponseRate(Model):
    """Who was invited and who answered: a table with one row per unit and period.

    Attributes
    ----------
    table : str
        A declared table.
    invited, answered : str
        Columns with numbers of people.
    population : str or None
        Column with the number of customers at that time, for coverage.
    period : str or None
        Column with the period of a row.
    segments : Mapping of str to str
        Segment → column of this table, so that filters apply here too.
    coverage_target : float
        Share of customers that should have answered.
    """

    table: str
    invited: str = "invited"
    answered: str = "answered"
    population: str | None = None
    period: str | None = None
    segments: Mapping[str, str] = Field(default_factory=dict)
    coverage_target: float = Field(0.30, gt=0, le=1)


class ItemTable(Model):
    """A table with one judgement per row and item of the instrument.

    Attributes
    ----------
    table : str
        A declared table.
    item, value : str
        Columns with the item's name and the number on the instrument's scale.
    rater : str or None
        Column with who judged (manager, visit): judgements of one rater are not independent.
    date : str or None
        Column with a date, so that the study's period applies here too.
    segments : Mapping of str to str
        Segment → column of this table, so that filters apply here too.
    """

    table: str
    item: str = "item"
    value: str
    rater: str | None = None
    date: str | None = None
    segments: Mapping[str, str] = Field(default_factory=dict)


class GapTables(Model):
    """Where the provider's side of the gap model lies (gaps 1 to 4); each table may be absent.

    Attributes
    ----------
    managers : ItemTable or None
        Managers' estimates of what customers expect.
    standards : ItemTable or None
        The standard set for each item.
    delivered : ItemTable or None
        What mystery shopping or audits found.
    promised : ItemTable or None
        What customers were promised.
    """

    managers: ItemTable | None = None
    standards: ItemTable | None = None
    delivered: ItemTable | None = None
    promised: ItemTable | None = None


class Reference(Model):
    """A figure of others to compare with.

    Attributes
    ----------
    outcome, measure : str
        What it compares with.
    value : float
        The figure.
    label, source : Label, str
        Its name and where it comes from.
    scale : tuple of float or None
        Lowest and highest possible answer of the question behind it; None if it is an index from 0 to 100 or a share.
    definition : str
        How it was defined.
    year : int or None
        Its year.
    std_dev : float or None
        Spread of peers around it, if it is a mean of peers: gives a percentile.
    """

    outcome: str
    measure: Literal["mean", "index_100", "top_box", "nps", "share"]
    value: float
    label: Label
    source: str
    scale: tuple[float, float] | None = None
    definition: str = ""
    year: int | None = None
    std_dev: float | None = Field(None, gt=0)


class Benchmarking(Model):
    """What is compared, and fairly.

    Attributes
    ----------
    unit : str
        Segment whose levels are compared.
    outcome : str or None
        Outcome to compare; None is the first satisfaction score.
    case_mix : tuple of str
        Segments that describe who is served, not how well: differences between their levels are adjusted for.
    max_years : int
        Figures of others further apart than this are not compared.
    year : int or None
        Year of the answers, where the table has no dates.
    references : tuple of Reference
        Own external figures, beside those shipped with the product.
    """

    unit: str
    outcome: str | None = None
    case_mix: tuple[str, ...] = ()
    max_years: int = Field(3, ge=0)
    year: int | None = None
    references: tuple[Reference, ...] = ()


class Returns(Model):
    """Where costs and assumptions of the initiatives lie.

    Attributes
    ----------
    initiatives, costs, economics : str
        Declared tables: one row per initiative; one per initiative, month and kind of cost; one per assumption with
        low, likely and high.
    outcome : str or None
        Satisfaction outcome that lifts act on; None is the first one.
    retention : str or None
        Binary outcome "stayed a customer"; without it the declared or a borrowed elasticity is used.
    budget : float or None
        Money for the choice of initiatives; None is half of what all of them cost.
    requires, excludes : Mapping of str to tuple of str
        Initiative → initiatives it depends on, or that cannot run beside it.
    """

    initiatives: str = "initiatives"
    costs: str = "initiative_costs"
    economics: str = "economics"
    outcome: str | None = None
    retention: str | None = None
    budget: float | None = Field(None, gt=0)
    requires: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    excludes: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class Effects(Model):
    """A programme whose effect is evaluated against units without it.

    Attributes
    ----------
    unit : str
        Segment whose levels took part or not.
    treated : tuple of str
        Levels with the programme.
    start : str
        First period of the programme, such as ``2025-07``.
    ramp : int
        Months of partial effect from the start on; they count neither as before nor as after.
    outcomes : tuple of str
        Dimensions, items or outcomes to evaluate; empty is all dimensions and the main outcomes.
    initiatives : str or None
        Table of initiatives with promised lifts, for the promise ledger.
    """

    unit: str
    treated: tuple[str, ...]
    start: str
    ramp: int = Field(0, ge=0)
    outcomes: tuple[str, ...] = ()
    initiatives: str | None = None
