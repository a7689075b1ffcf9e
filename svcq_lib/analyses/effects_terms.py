"""Which programme is evaluated, on which figures, and what that takes from the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from svcq_lib import periods
from svcq_lib.analyses.effects_ledger import Initiative, usable
from svcq_lib.analyses.effects_panel import Quantity, of_outcome
from svcq_lib.analyses.outcomes import derived_of, measures_of
from svcq_lib.errors import ParameterError
from svcq_lib.evidence.columns import Derived, Difference, Mean, Present
from svcq_lib.evidence.needs import Cells, EvidenceNeeds
from svcq_lib.study import Effects, Item, Outcome, Study

Measure = Literal["perception", "gap"]


def programme_of(
    study: Study, *, unit: str | None = None, treated: Sequence[str] | None = None, start: str | None = None,
    ramp: int | None = None, outcomes: Sequence[str] | None = None,
) -> Effects:  # fmt: skip
    """Return the programme that is evaluated.

    Parameters
    ----------
    study : Study
        The study.
    unit, treated, start, ramp, outcomes
        What replaces the entries of ``[effects]``.

    Returns
    -------
    Effects
        The programme.

    Raises
    ------
    ParameterError
        If the study has no ``[effects]``, or a unit, level, period or figure is unknown.
    """
    declared = study.effects
    if declared is None and not (unit and treated and start):
        raise ParameterError(
            f"{study.path.name} has no [effects]: nothing says which units had a programme, and from when. Add it with "
            'unit = "branch" (a segment), treated = ["B01", …] (its levels with the programme), start = "2025-07", and '
            "if wanted ramp (months of partial effect), outcomes and initiatives (a table); or pass unit, treated "
            "and start."
        )
    base = declared or Effects(unit=unit or "", treated=tuple(treated or ()), start=start or "")
    given = {"unit": unit, "treated": treated and tuple(treated), "start": start, "ramp": ramp}
    given["outcomes"] = tuple(outcomes) if outcomes is not None else None
    one = base.model_copy(update={name: value for name, value in given.items() if value is not None})
    _require_known(study, one)
    return one


def _require_known(study: Study, one: Effects) -> None:
    segments = study.responses.segments
    if one.unit not in segments:
        raise ParameterError(
            f"effects.unit is {one.unit!r}, which is not a segment of {study.path.name} (it has: "
            f"{', '.join(segments) or 'none'}). Choose one of these."
        )
    if one.unit in study.filters:
        raise ParameterError(
            f"the answers are restricted to {one.unit} = {study.filters[one.unit]}: with one unit there is nothing to "
            f"compare with. Leave the restriction to {one.unit} out."
        )
    levels = segments[one.unit].levels
    unknown = [name for name in one.treated if levels and name not in levels]
    if unknown or not one.treated:
        raise ParameterError(
            f"effects.treated names {', '.join(map(repr, unknown)) or 'no unit'}; {one.unit} has "
            f"{', '.join(levels) or 'no declared levels'}. Name the levels with the programme."
        )
    if not study.responses.date:
        raise ParameterError(
            f"{study.path.name} names no date column: set responses.date to say what came after."
        )
    if one.ramp < 0:
        raise ParameterError(f"ramp is {one.ramp}. Set it to a number of months, 0 for none.")
    periods.parse(one.start)


def chosen(study: Study, programme: Effects) -> list[str]:
    """Return the names of the figures to evaluate: those asked for, else all dimensions and outcomes."""
    dimensions = [one.name for one in study.instrument.dimensions if any(i.perception for i in one.items)]
    names = list(programme.outcomes) or [*dimensions, *study.outcomes]
    items = [item.name for item in study.instrument.items if item.perception]
    unknown = [name for name in names if name not in (*dimensions, *items, *study.outcomes)]
    if unknown or not names:
        raise ParameterError(
            f"{', '.join(map(repr, unknown)) or 'nothing'} is to be evaluated; {study.path.name} has the dimensions "
            f"{', '.join(dimensions) or 'none'}, their items, and the outcomes {', '.join(study.outcomes) or 'none'}. "
            "Choose from these."
        )
    return list(dict.fromkeys(names))


def quantities(study: Study, programme: Effects, measure: Measure = "perception") -> list[Quantity]:
    """Return the figures to evaluate.

    Parameters
    ----------
    study : Study
        The study.
    programme : Effects
        The programme.
    measure : {"perception", "gap"}
        What is evaluated of dimensions and items; those without expectations have perceptions only.

    Returns
    -------
    list of Quantity
        Dimensions and items by mean, outcomes by the measure in which they are usually quoted.
    """
    found = []
    top = study.instrument.scale.high if study.instrument.scale else float("nan")
    for name in chosen(study, programme):
        if name in study.outcomes:
            one = measures_of(study.outcomes[name])[0]
            found.append(of_outcome(one.outcome, one.measure, one.column, one.high_is_good))
        elif measure == "gap" and _paired(_items(study, name)):
            found.append(Quantity(name, "gap", f"effects.gap.{name}", scale_top=top))
        else:
            found.append(Quantity(name, "mean", f"effects.perception.{name}", scale_top=top))
    return found


def _items(study: Study, name: str) -> list[Item]:
    return [
        item for one in study.instrument.dimensions for item in one.items
        if name in (one.name, item.name) and item.perception
    ]  # fmt: skip


def _paired(items: Sequence[Item]) -> bool:
    return all(item.expectation for item in items)


def needs_of(study: Study, programme: Effects, promises: Sequence[Initiative]) -> EvidenceNeeds:
    """Return what the evaluation of a programme reads from the rows.

    Parameters
    ----------
    study : Study
        The study.
    programme : Effects
        The programme.
    promises : sequence of Initiative
        Initiatives of the promise ledger.

    Returns
    -------
    EvidenceNeeds
        Sums of every figure, as perception and as gap, by unit and period.
    """
    names = chosen(study, programme)
    outcomes: list[Outcome] = [study.outcomes[name] for name in names if name in study.outcomes]
    derived: dict[str, Derived] = dict(derived_of(study, outcomes))
    columns = [measures_of(one)[0].column for one in outcomes]
    asked = [item for item in study.instrument.items if item.perception]
    complete = tuple(f"perception.{item.name}" for item in asked) if study.missing == "listwise" else ()
    for item in asked:
        own = f"perception.{item.name}"
        derived[f"effects.asked.{item.name}"] = Present(own, complete or (own,))
        if item.expectation:
            derived[f"effects.paired.{item.name}"] = Difference(
                f"effects.asked.{item.name}", f"expectation.{item.name}"
            )
    for name in (name for name in names if name not in study.outcomes):
        items = _items(study, name)
        for role, source in (("perception", "asked"), *((("gap", "paired"),) if _paired(items) else ())):
            parts = tuple(f"effects.{source}.{item.name}" for item in items)
            derived[f"effects.{role}.{name}"] = Mean(parts, _least(study, len(parts)))
            columns.append(f"effects.{role}.{name}")
    for one in promises:
        if usable(study, one):
            parts = tuple(f"effects.asked.{name}" for name in one.items)
            derived[one.column] = Mean(parts, _least(study, len(parts)))
            columns.append(one.column)
    by = (f"segment.{programme.unit}", "period")
    return EvidenceNeeds(derived, {"effects": Cells(tuple(columns), by=by, all_periods=True)})


def _least(study: Study, parts: int) -> int:
    return parts if study.missing == "listwise" else min(study.min_answered, parts)
