"""Figures of others: what the own figure may be compared with, and what it may not, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from svcq_lib.analyses.benchmark_compared import Compared
from svcq_lib.study import Label, Study

COMPARED = [
    "label", "measure", "target", "year", "difference", "difference_low", "difference_high", "percentile",
    "percentile_low", "percentile_high", "verdict", "definition", "source", "n",
]  # fmt: skip
REFUSED = ["label", "measure", "target", "year", "reason", "source"]
UNITS = {"index": "index_100", "share": "share", "points": "nps"}
"""Measure that a unit of the shipped table stands for."""


@dataclass(frozen=True)
class Figure:
    """A figure of others, from the shipped table or from the study file."""

    label: Label
    measure: str
    value: float
    source: str
    definition: str = ""
    scale: tuple[float, float] | None = None
    year: int | None = None
    std_dev: float | None = None


def external(
    study: Study, compared: Compared, own: pd.Series, shipped: pd.DataFrame, own_year: int | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the figure of all units with those of others, or say why not.

    Parameters
    ----------
    study : Study
        The study, with ``[[benchmarks]]`` and ``[benchmarking]``.
    compared : Compared
        What is compared.
    own : Series
        estimate, std_error, conf_low, conf_high and n of all units together.
    shipped : DataFrame
        The table ``benchmarks`` of :mod:`svcq_lib.sources.reference`.
    own_year : int or None
        Year of the answers.

    Returns
    -------
    compared, refused : DataFrame
        One row per figure: label, measure, target (the figure), year and, where compared, the difference own − target
        with the interval of the own figure, the percentile among peers (where their spread is known), verdict
        ("better", "worse", "unclear"), definition, source, n; else the reason ("scale", "measure", "definition",
        "no_year", "own_year", "years").
    """
    years = study.benchmarking.max_years if study.benchmarking else 3
    shown, refused = [], []
    for one in _figures(study, compared, shipped):
        facts = {
            "label": one.label, "measure": one.measure, "target": one.value, "source": one.source,
            "year": float("nan") if one.year is None else float(one.year),
        }  # fmt: skip
        reason = _refusal(one, compared, own_year, years)
        if reason:
            refused.append(facts | {"reason": reason})
        else:
            shown.append(
                facts | _comparison(one, compared, own) | {"definition": one.definition, "n": own["n"]}
            )
    return pd.DataFrame(shown, columns=COMPARED), pd.DataFrame(refused, columns=REFUSED)


def _figures(study: Study, compared: Compared, shipped: pd.DataFrame) -> Iterator[Figure]:
    """Return every figure about the compared outcome, none twice: own references, then the better documented."""
    outcome = compared.measured.outcome
    own = [
        Figure(
            one.label, one.measure, one.value, one.source, one.definition, one.scale, one.year, one.std_dev
        )
        for one in (study.benchmarking.references if study.benchmarking else ())
        if one.outcome == outcome.name
    ]
    goals = [
        Figure(one.label, one.measure, one.value, one.source, scale=_own_scale(compared), year=one.year)
        for one in study.benchmarks
        if one.outcome == outcome.name
    ]
    known = [*own, *_shipped(shipped, outcome.kind)]
    # a goal copied from the shipped table stands there with its definition
    seen = {(one.measure, one.value, one.year) for one in known}
    yield from known
    yield from (one for one in goals if (one.measure, one.value, one.year) not in seen)


def _own_scale(compared: Compared) -> tuple[float, float]:
    return compared.measured.outcome.scale.low, compared.measured.outcome.scale.high


def _shipped(table: pd.DataFrame, kind: str) -> Iterator[Figure]:
    for row in table[table["indicator"] == kind].to_dict(orient="records"):
        yield Figure(
            Label(en=row["name_en"], zh=row["name_zh"]),
            UNITS.get(row["unit"], row["unit"]),
            float(row["value"]),
            f"{row['source']} (benchmarks.csv, {row['id']})",
            str(row["definition"]),
            None if pd.isna(row["scale_low"]) else (float(row["scale_low"]), float(row["scale_high"])),
            None if pd.isna(row["year"]) else int(row["year"]),
        )


def _refusal(one: Figure, compared: Compared, own_year: int | None, years: int) -> str:
    """Return why a figure may not be compared; empty if it may."""
    if one.measure != compared.measured.measure:
        return "measure"
    # an index or a net score says itself what it runs over; a mean does only with the scale of its question
    if one.measure in ("mean", "top_box") and one.scale != _own_scale(compared):
        return "definition" if one.scale is None else "scale"
    if one.measure == "index_100" and one.scale not in (None, (0.0, 100.0), _own_scale(compared)):
        return "scale"
    if one.year is None:
        return "no_year"
    if own_year is None:
        return "own_year"
    return "years" if abs(own_year - one.year) > years else ""


def _comparison(one: Figure, compared: Compared, own: pd.Series) -> dict[str, object]:
    away = {
        f"difference{end}": own[name] - one.value
        for end, name in (("", "estimate"), ("_low", "conf_low"), ("_high", "conf_high"))
    }
    low, high = away["difference_low"], away["difference_high"]
    above, below = ("better", "worse") if compared.good > 0 else ("worse", "better")
    verdict = above if low > 0 else below if high < 0 else "unclear"
    ends = ("percentile", "percentile_low", "percentile_high")
    if one.std_dev is None:
        return {**away, "verdict": verdict, **dict.fromkeys(ends, np.nan)}
    places = [float(ndtr(compared.good * value / one.std_dev)) for value in away.values()]
    lowest, highest = min(places), max(places)
    return {**away, "verdict": verdict, **dict(zip(ends, (places[0], lowest, highest), strict=True))}
