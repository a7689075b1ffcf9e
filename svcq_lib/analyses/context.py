"""What every result carries about where it came from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from svcq_lib import periods
from svcq_lib.errors import Note
from svcq_lib.evidence.collect import Evidence, grain_of
from svcq_lib.evidence.weights import Weighting
from svcq_lib.formats import Lang
from svcq_lib.study import Label, Missing, Scale, Study

END_SPARE_DAYS, END_SPARE = 3, 0.05
"""A period counts as over if its last answer came within so many days, or such a share of it, of its end."""


@dataclass(frozen=True)
class Context:
    """Study, base, filters and settings of a result.

    Attributes
    ----------
    study : Label
        Name of the study.
    language : {"en", "zh"}
        Language of the study.
    source : str
        The response table.
    filters : Mapping
        Segment → level that rows were restricted to.
    period : str or None
        Period of the rows; None is everything.
    date_min, date_max : date or None
        First and last date of the rows.
    n, n_eff : int, float
        Rows, and Kish's effective number of them.
    weight : str or None
        Weight column; ``"weights.margins"`` if rows counted alike before they were fitted to the population.
    design : str
        ``"simple"``, ``"strata"`` or ``"cluster"``.
    missing : {"pairwise", "listwise"}
        How missing answers are treated.
    ci_level : float
        Level of every interval.
    adjustment : str
        Multiplicity control of the tests.
    seed, n_boot : int
        Of the bootstrap.
    suppress, flag : int
        Base thresholds.
    scale : Scale or None
        The instrument's scale.
    labels : Mapping
        Display labels of items, dimensions, outcomes, segments and ``segment=level``.
    fingerprints : Mapping
        Table → SHA-256 of its content.
    weighting : Weighting or None
        How weights were fitted to the population, if they were.
    """

    study: Label
    language: Lang
    source: str
    filters: Mapping[str, str]
    period: str | None
    date_min: dt.date | None
    date_max: dt.date | None
    n: int
    n_eff: float
    weight: str | None
    design: str
    missing: Missing
    ci_level: float
    adjustment: str
    seed: int
    n_boot: int
    suppress: int
    flag: int
    scale: Scale | None
    labels: Mapping[str, Label] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    weighting: Weighting | None = None

    def label(self, name: str, lang: Lang = "en") -> str:
        """Return the display label of a name of the study, or the name itself."""
        return self.labels[name].text(lang) if name in self.labels else name

    def level(self, segment: str, level: str, lang: Lang = "en") -> str:
        """Return the display label of a level of a segment, or the level itself."""
        key = f"{segment}={level}"
        return self.labels[key].text(lang) if key in self.labels else level


def context_of(
    study: Study,
    evidence: Evidence,
    *,
    ci_level: float,
    adjustment: str = "none",
    seed: int = 0,
    n_boot: int = 0,
) -> Context:
    """Return the context of a result.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        What the result was computed from.
    ci_level : float
        Level of the intervals.
    adjustment : str
        Multiplicity control of the tests.
    seed, n_boot : int
        Of the bootstrap, 0 if there was none.

    Returns
    -------
    Context
        Study, base, filters and settings.
    """
    base = evidence.base
    return Context(
        study=study.name,
        language=study.language,
        source=study.responses.table,
        filters=dict(study.filters),
        period=study.period,
        date_min=base.date_min,
        date_max=base.date_max,
        n=base.n,
        n_eff=base.n_eff,
        weight=study.responses.weight or ("weights.margins" if evidence.weighting else None),
        design=evidence.design.kind,
        missing=study.missing,
        ci_level=ci_level,
        adjustment=adjustment,
        seed=seed,
        n_boot=n_boot,
        suppress=study.thresholds.suppress,
        flag=study.thresholds.flag,
        scale=study.instrument.scale,
        labels=study.labels(),
        fingerprints=evidence.fingerprints,
        weighting=evidence.weighting,
    )


def base_notes(study: Study, evidence: Evidence) -> tuple[Note, ...]:
    """Return the caveats that every result shares: the data's warnings, a small or uneven base, a period not over."""
    notes = list(evidence.notes)
    base, flag = evidence.base, study.thresholds.flag
    if base.n < flag:
        notes.append(Note("small_base", {"n": base.n, "flag": flag}))
    if base.n_eff < 0.5 * base.n:
        notes.append(Note("uneven_weights", {"n": base.n, "n_eff": base.n_eff}))
    return (*notes, *_unfinished(study, evidence))


def is_unfinished(study: Study, evidence: Evidence, period: str) -> bool:
    """Return whether the table ends well before a period does.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        Its evidence, for the last date of the table.
    period : str
        Name of the period.

    Returns
    -------
    bool
        False where the dates are those of waves, which say nothing about when answers end.
    """
    last, span = evidence.base.date_last, periods.parse(period)
    waves = study.tables[study.responses.table].waves
    if last is None or (waves and all(study.responses.date in one.constants for one in waves)):
        return False
    spare = max(END_SPARE_DAYS, END_SPARE * (span.end - span.start).days)
    return span.start <= last and (span.end - last).days > spare


def _unfinished(study: Study, evidence: Evidence) -> tuple[Note, ...]:
    """Return the caveat that the latest period is not over."""
    last = evidence.base.date_last
    if last is None:
        return ()
    name = study.period or periods.name_of(last, grain_of(study))
    if not is_unfinished(study, evidence, name):
        return ()
    return (Note("unfinished_period", {"period": name, "last": last.isoformat()}),)


def suppressed_note(table: pd.DataFrame, study: Study) -> tuple[Note, ...]:
    """Return the caveat that some cells of a table are not shown, if any."""
    hidden = int(table["suppressed"].sum()) if "suppressed" in table else 0
    return (
        (Note("suppressed_cells", {"cells": hidden, "threshold": study.thresholds.suppress}),)
        if hidden
        else ()
    )


def interval_note(table: pd.DataFrame) -> tuple[Note, ...]:
    """Return the caveat that figures of a table have no interval although they have an estimate, if any."""
    bare = table["estimate"].notna() & table["conf_low"].isna()
    return (Note("no_intervals", {"figures": int(bare.sum())}),) if bare.any() else ()
