"""What the driver analysis reads: the outcome, its drivers, what is held constant, and groups to compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from svcq_lib.analyses.outcomes import column_of, derived_of
from svcq_lib.errors import ParameterError
from svcq_lib.evidence.columns import Derived, Level, Mean, Present
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Rows
from svcq_lib.study import Study

Unit = Literal["item", "dimension"]
Missing = Literal["pairwise", "listwise", "dummy", "multiple_imputation"]
MOST_LEVELS = 8
CHEAP: tuple[Missing, ...] = ("pairwise", "listwise", "dummy")
"""Treatments of missing answers that sums of pairs suffice for."""


@dataclass(frozen=True)
class Plan:
    """Which columns play which part.

    Attributes
    ----------
    outcome : str
        Name of the outcome.
    terms : dict of str to str
        Driver → its dimension.
    covariates : tuple of str
        Names of what is held constant.
    columns : tuple of str
        Evidence columns of the outcome, the drivers and the covariates (a segment has one per level but the first).
    derived : dict of str to Derived
        How they are made.
    by : str or None
        Segment whose groups are compared.
    """

    outcome: str
    terms: dict[str, str]
    covariates: tuple[str, ...]
    columns: tuple[str, ...]
    derived: dict[str, Derived]
    by: str | None

    @property
    def held(self) -> list[int]:
        """Return the positions of the covariates among the columns."""
        return list(range(1 + len(self.terms), len(self.columns)))


def plan_of(
    study: Study,
    *,
    outcome: str | None = None,
    terms: Sequence[str] | None = None,
    level: Unit = "item",
    covariates: Sequence[str] = (),
    by: str | None = None,
) -> Plan:
    """Return which columns an analysis uses.

    Parameters
    ----------
    study : Study
        The study.
    outcome : str, optional
        Outcome to explain; the first satisfaction score by default.
    terms : sequence of str, optional
        Items or dimensions; all by default.
    level : {"item", "dimension"}
        What the drivers are.
    covariates : sequence of str
        Items, outcomes or segments that are held constant.
    by : str, optional
        Segment whose groups are compared; "none" for no comparison, by default the first segment with two to eight
        declared levels that rows are not restricted to.

    Returns
    -------
    Plan
        The columns.

    Raises
    ------
    ParameterError
        A name that the study does not have, or fewer than two drivers.
    """
    chosen = _terms(study, terms, level)
    target = study.outcome(outcome or default_outcome(study))
    derived: dict[str, Derived] = dict(derived_of(study, [target]))
    columns = [column_of(target)]
    for name in chosen:
        if level == "dimension":
            derived[f"driver.{name}"] = _mean(study, name)
        columns.append(f"driver.{name}" if level == "dimension" else f"perception.{name}")
    for name in covariates:
        columns += _covariate(study, name, [target.name, *chosen], derived)
    return Plan(target.name, chosen, tuple(covariates), tuple(columns), derived, _segment(study, by))


def default_outcome(study: Study) -> str:
    """Return the outcome that drivers explain unless another is named: the first satisfaction score.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    str
        Name of an outcome.

    Raises
    ------
    ParameterError
        If the study has none.
    """
    for kind in ("csat", "score", "nps", "ces", "binary"):
        for name, outcome in study.outcomes.items():
            if outcome.kind == kind:
                return name
    raise ParameterError(
        f"{study.path.name} has no outcome to explain. Add a section such as [outcomes.csat]."
    )


def _terms(study: Study, terms: Sequence[str] | None, level: Unit) -> dict[str, str]:
    """Return each driver and its dimension."""
    usable = {
        (item.name if level == "item" else one.name): one.name
        for one in study.instrument.dimensions
        for item in one.items
        if item.perception
    }
    unknown = [name for name in terms or () if name not in usable]
    if unknown:
        raise ParameterError(
            f"{unknown[0]!r} is not a {level} with a perception in {study.path.name}, which has {', '.join(usable)}."
        )
    chosen = {name: usable[name] for name in terms} if terms else usable
    if len(chosen) < 2:
        raise ParameterError(
            f"drivers need at least two {level}s with a perception; {study.path.name} has {len(chosen)}."
        )
    return chosen


def _mean(study: Study, dimension: str) -> Mean:
    one = next(one for one in study.instrument.dimensions if one.name == dimension)
    parts = tuple(f"perception.{item.name}" for item in one.items if item.perception)
    return Mean(parts, len(parts) if study.missing == "listwise" else min(study.min_answered, len(parts)))


def _covariate(study: Study, name: str, taken: list[str], derived: dict[str, Derived]) -> list[str]:
    """Return the columns of a covariate; a segment becomes one 0/1 column per level but the first."""
    segments = study.responses.segments
    items = {item.name for item in study.instrument.items if item.perception}
    if name in taken or name not in {*items, *study.outcomes, *segments}:
        free = [one for one in (*items, *study.outcomes, *segments) if one not in taken]
        raise ParameterError(f"covariate {name!r} must be one of {', '.join(sorted(free)) or 'none'}.")
    if name in items:
        return [f"perception.{name}"]
    if name in study.outcomes:
        other = study.outcome(name)
        derived.update(derived_of(study, [other]))
        return [column_of(other)]
    levels = list(segments[name].levels)
    if len(levels) < 2:
        raise ParameterError(
            f"covariate {name!r} has no declared levels. Add [responses.segments.{name}.levels]."
        )
    derived.update({f"covariate.{name}.{one}": Level(f"segment.{name}", one) for one in levels[1:]})
    return [f"covariate.{name}.{one}" for one in levels[1:]]


def _segment(study: Study, by: str | None) -> str | None:
    segments = study.responses.segments
    if by == "none":
        return None
    if by is None:
        fit = (
            n for n, one in segments.items() if 2 <= len(one.levels) <= MOST_LEVELS and n not in study.filters
        )
        return next(fit, None)
    if by not in segments:
        raise ParameterError(f"by is {by!r}. Set it to one of {', '.join([*segments, 'none'])}.")
    return by


def needs_of(plan: Plan, missing: Missing) -> EvidenceNeeds:
    """Return the sums that a plan needs.

    Parameters
    ----------
    plan : Plan
        The columns.
    missing : {"pairwise", "listwise", "dummy", "multiple_imputation"}
        How missing answers are treated.

    Returns
    -------
    EvidenceNeeds
        ``drivers.pairs`` (by bootstrap block) and ``drivers.means`` in the treatment that is used,
        ``drivers.pairs.TREATMENT`` in each that sums suffice for, ``drivers.by`` by group and block.
    """
    derived = dict(plan.derived)
    columns = {name: _treated(plan, name, derived) for name in CHEAP}
    used = columns.get(missing, columns["pairwise"])
    cells = {f"drivers.pairs.{name}": Cells(one, cross=True) for name, one in columns.items()}
    cells["drivers.pairs"] = Cells(used, cross=True, blocks=True)
    answered = columns["listwise"] if missing == "listwise" else plan.columns
    cells["drivers.means"] = Cells(answered[: 1 + len(plan.terms)], blocks=True)
    if plan.by:
        cells["drivers.by"] = Cells(used, by=(f"segment.{plan.by}",), cross=True, blocks=True)
    return EvidenceNeeds(derived, cells)


def _treated(plan: Plan, missing: str, derived: dict[str, Derived]) -> tuple[str, ...]:
    if missing == "pairwise":
        return plan.columns
    also = plan.columns if missing == "listwise" else plan.columns[:1]
    derived.update({f"{missing}.{name}": Present(name, also) for name in plan.columns})
    return tuple(f"{missing}.{name}" for name in plan.columns)


def rows_of(plan: Plan) -> EvidenceNeeds:
    """Return the rows that a plan needs where sums do not suffice: models with a logit, multiple imputation.

    Parameters
    ----------
    plan : Plan
        The columns.

    Returns
    -------
    EvidenceNeeds
        ``drivers.rows``.
    """
    return EvidenceNeeds(plan.derived, rows={"drivers.rows": Rows(plan.columns)})
