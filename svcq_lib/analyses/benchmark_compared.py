"""What a benchmark compares: an outcome or a dimension, by which measure, between the levels of which segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from svcq_lib.analyses.outcomes import Measured, derived_of, measures_of
from svcq_lib.errors import ParameterError
from svcq_lib.evidence.columns import Derived, Mean
from svcq_lib.measures.satisfaction import index_100
from svcq_lib.study import Outcome, Study

SHARES = ("share", "top_box", "promoters", "detractors")


@dataclass(frozen=True)
class Compared:
    """What is compared.

    Attributes
    ----------
    unit : str
        Segment whose levels are compared.
    measured : Measured
        Outcome, measure and evidence column.
    derived : dict of str to Derived
        Columns to compute.
    case_mix : tuple of str
        Segments that are adjusted for.
    items : tuple of str
        Instrument items that the figure is built from; empty for an outcome asked in one question.
    """

    unit: str
    measured: Measured
    derived: dict[str, Derived]
    case_mix: tuple[str, ...]
    items: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """Evidence column of the figure."""
        return self.measured.column

    @property
    def unit_key(self) -> str:
        """Group column of the units."""
        return f"segment.{self.unit}"

    @property
    def mix_keys(self) -> tuple[str, ...]:
        """Group columns of the case mix."""
        return tuple(f"segment.{name}" for name in self.case_mix)

    @property
    def is_share(self) -> bool:
        """Whether the figure is a share of respondents."""
        return self.measured.measure in SHARES

    @property
    def good(self) -> int:
        """1 where high is good, else −1."""
        return 1 if self.measured.high_is_good else -1

    @property
    def line(self) -> tuple[float, float]:
        """Offset and factor from the mean of the evidence column to the measure."""
        scale = self.measured.outcome.scale
        if self.measured.measure == "index_100":
            start = float(index_100(0.0, scale.low, scale.high))
            return start, float(index_100(1.0, scale.low, scale.high)) - start
        return (0.0, 100.0) if self.measured.measure == "nps" else (0.0, 1.0)


def compared_of(
    study: Study,
    unit: str | None = None,
    outcome: str | None = None,
    measure: str | None = None,
    case_mix: Sequence[str] | None = None,
) -> Compared:
    """Return what is compared, from parameters and the study's ``[benchmarking]``.

    Parameters
    ----------
    study : Study
        The study.
    unit, outcome, measure : str, optional
        Segment, outcome or dimension, and measure; those of the study file by default.
    case_mix : sequence of str, optional
        Segments adjusted for; those of the study file by default, an empty one for none.

    Returns
    -------
    Compared
        Everything resolved.

    Raises
    ------
    ParameterError
        If a name is unknown; the message lists what there is.
    """
    settings = study.benchmarking
    unit = unit or (settings.unit if settings else _most_levels(study))
    mix = (settings.case_mix if settings else ()) if case_mix is None else tuple(case_mix)
    for name in (unit, *mix):
        if name not in study.responses.segments:
            have = ", ".join(study.responses.segments) or "none"
            raise ParameterError(f"{name!r} is not a segment of {study.path.name} (it has: {have}).")
    name = outcome or (settings.outcome if settings else None) or _first(study)
    found, derived, items = _outcome(study, name)
    choices = {one.measure: one for one in measures_of(found)}
    chosen = measure or next(one.measure for one in choices.values() if one.primary)
    if chosen not in choices:
        raise ParameterError(f"{name} has no measure {chosen!r}. Choose one of {', '.join(choices)}.")
    kept = tuple(one for one in mix if one != unit and one not in study.filters)
    return Compared(unit, choices[chosen], derived, kept, items)


def _most_levels(study: Study) -> str:
    segments = study.responses.segments
    if not segments:
        raise ParameterError(
            f"{study.path.name} declares no segment to compare. Add [responses.segments.NAME]."
        )
    return max(segments, key=lambda name: len(segments[name].levels))


def _first(study: Study) -> str:
    rated = [name for name, one in study.outcomes.items() if one.kind == "csat"]
    names = [*rated, *study.outcomes, *[one.name for one in study.instrument.dimensions]]
    if not names:
        raise ParameterError(
            f"{study.path.name} has nothing to compare. Add a section such as [outcomes.csat]."
        )
    return names[0]


def _outcome(study: Study, name: str) -> tuple[Outcome, dict[str, Derived], tuple[str, ...]]:
    """Return an outcome of the study, or the mean perception of a dimension as one."""
    dimensions = {one.name: one for one in study.instrument.dimensions}
    if name not in dimensions or name in study.outcomes:
        found = study.outcome(name)
        return found, derived_of(study, [found]), ()
    dimension = dimensions[name]
    items = tuple(item for item in dimension.items if item.perception)
    if not items or study.instrument.scale is None:
        raise ParameterError(
            f"dimension {name!r} has no perception items on a scale. Choose another outcome."
        )
    columns = tuple(item.perception for item in items if item.perception)
    least = len(items) if study.missing == "listwise" else min(study.min_answered, len(items))
    rated = Outcome(
        name=name, label=dimension.label, kind="score", columns=columns, scale=study.instrument.scale
    )
    parts = tuple(f"perception.{item.name}" for item in items)
    return rated, {f"outcome.{name}": Mean(parts, least)}, tuple(item.name for item in items)


def in_measure(values: pd.Series, compared: Compared, *, distance: bool = False) -> pd.Series:
    """Return means (or, with ``distance``, differences of means) of the evidence column in units of the measure."""
    start, factor = compared.line
    return values * factor if distance else start + values * factor
