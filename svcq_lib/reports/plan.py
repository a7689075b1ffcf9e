"""Which reports a run is to make: one per report, language, combination of levels and period that has answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from svcq_lib import periods
from svcq_lib.errors import DataError, ParameterError, require_choice
from svcq_lib.formats import Lang
from svcq_lib.reports.execute import RENDERED, Job
from svcq_lib.reports.parameters import parameters_of, validate
from svcq_lib.reports.plan_units import Unit, units_of
from svcq_lib.reports.preflight import require_parameters
from svcq_lib.reports.resources import topics
from svcq_lib.study import Study

_SET_BY_RUN = ("study", "lang", "save_to", "previous")
_SHOWN = 5


@dataclass(frozen=True)
class Planned:
    """One report of a plan.

    Attributes
    ----------
    job : Job
        What to make; its key is known when it is its turn.
    n : int
        Answers that it stands on.
    before : str
        Name of the same report of the period before; empty without a period.
    """

    job: Job
    n: int
    before: str


def plan(
    study: Study,
    reports: Sequence[str],
    parameters: Mapping[str, Any],
    formats: Sequence[str],
    langs: Sequence[Lang],
    out: Path,
    *,
    by: Sequence[str] = (),
    each: str | None = None,
) -> tuple[list[Planned], dict[str, str]]:
    """Return the reports to make, every parameter checked, and what is left out.

    Parameters
    ----------
    study : Study
        The study with its filters and period.
    reports : sequence of str
        Which reports; all if empty.
    parameters : Mapping
        Parameters of the notebooks.
    formats, langs : sequence of str
        What to render, in which languages.
    out : Path
        Folder of the results.
    by : sequence of str
        Segments: one report per combination of their levels.
    each : {"month", "quarter", "year"}, optional
        One report per period of this length inside the study's period.

    Returns
    -------
    planned : list of Planned
        In the order of time, so that a report comes after that of the period before.
    left_out : dict of str to str
        Report that does not apply to the study, or unit with too few answers → why.

    Raises
    ------
    ParameterError
        If a report, format, language, segment or parameter is unknown or of the wrong type, if a report that is asked
        for by name does not apply to the study, or if none does.
    DataError
        If no unit has enough answers.
    """
    _require(formats, langs)
    chosen = list(dict.fromkeys(reports)) or topics()
    given = _distributed(chosen, parameters)
    units, few = units_of(study, by, each)
    if not units:
        raise _nothing(study, few)
    values, left_out = _values(study.where(**units[0].where), chosen, given, asked=bool(reports))
    if not values:
        raise ParameterError("no report applies to this study:\n" + "\n".join(left_out.values()))
    compared = {topic for topic in values if "previous" in parameters_of(topic)}
    planned = [
        Planned(job, unit.n, _before(job) if topic in compared else "")
        for unit in units
        for topic, own in values.items()
        for job in _jobs(Job(topic, "en", study.path, own, tuple(formats), out, ""), unit, langs)
    ]
    return planned, {**left_out, **few}


def _jobs(job: Job, unit: Unit, langs: Sequence[Lang]) -> Iterator[Job]:
    """Yield a report of a unit in each language."""
    parameters = {**job.parameters, "where": dict(unit.where), "period": unit.period}
    for lang in dict.fromkeys(langs):
        yield replace(job, lang=lang, parameters=parameters)


def _require(formats: Sequence[str], langs: Sequence[str]) -> None:
    if not formats:
        raise ParameterError(f"no format is named. Choose from {', '.join(RENDERED)}.")
    for form in formats:
        require_choice("format", form, tuple(RENDERED))
    for lang in langs:
        require_choice("lang", lang, ("en", "zh"))


def _nothing(study: Study, few: Mapping[str, str]) -> DataError:
    chosen = ", ".join(f"{segment}={level}" for segment, level in study.filters.items())
    asked = ", ".join(filter(None, (chosen, study.period))) or "the whole table"
    listed = "".join(f"\n  {name}: {why}" for name, why in list(few.items())[:_SHOWN] if name)
    return DataError(
        f"no unit has enough answers in {study.responses.table!r} for {asked}. Widen the period or the choice "
        f"of rows.{listed}"
    )


def _before(job: Job) -> str:
    """Return the name of the same report of the period before."""
    if not job.parameters["period"]:
        return ""
    earlier = periods.previous(periods.parse(job.parameters["period"])).name
    return replace(job, parameters={**job.parameters, "period": earlier}).name


def _values(
    study: Study, chosen: Sequence[str], given: Mapping[str, Mapping[str, Any]], *, asked: bool
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return the checked parameters of each report, and the reports that do not apply to the study."""
    own = {"where": dict(study.filters), "period": study.period}
    found: dict[str, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    for topic in chosen:
        declared = parameters_of(topic).items()
        defaults = {name: one.default for name, one in declared if name not in _SET_BY_RUN}
        values = validate(topic, {**defaults, **own, **given[topic]})
        if not asked and (why := _inapplicable(study, topic, {**defaults, **own})):
            left_out[topic] = why
            continue
        require_parameters(study, topic, values)
        found[topic] = values
    return found, left_out


def _inapplicable(study: Study, topic: str, defaults: Mapping[str, Any]) -> str:
    """Return why a report cannot be made of a study, whatever its parameters; empty if it can."""
    try:
        require_parameters(study, topic, defaults)
    except ParameterError as error:
        return str(error)
    return ""


def _distributed(chosen: Sequence[str], parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return each report's share of the parameters; a name that none of them knows is an error."""
    reserved = {*_SET_BY_RUN, "where", "period"} & set(parameters)
    if reserved:
        raise ParameterError(f"{sorted(reserved)[0]!r} is set by the run itself. Use its own option.")
    given: dict[str, dict[str, Any]] = {
        topic: {name: value for name, value in parameters.items() if name in parameters_of(topic)}
        for topic in chosen
    }
    for name in parameters:
        if not any(name in values for values in given.values()):
            validate(chosen[0], {name: parameters[name]})
    return given
