"""True parameters of the demonstration study beside what its reports say: gaps and the questionnaire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from simulation.demo import DIMENSIONS, SEGMENTS, Array, Population
from svcq_lib.measures.omega import omega_total
from svcq_lib.measures.reliability import cronbach_alpha_from_covariance
from svcq_lib.measures.validity import htmt
from svcq_lib.sources import demo_world as world
from svcq_lib.stats.cfa import cfa
from svcq_lib.stats.matrices import cov_to_cor

ITEMS = list(world.ITEM_NAMES)
LIMITS = ("estimate", "conf_low", "conf_high")
Values = Mapping[Any, float]


class Row(NamedTuple):
    """One true parameter and what the report says of it."""

    report: str
    quantity: str
    parameter: str
    of: str
    kind: str
    truth: float
    estimate: float
    conf_low: float
    conf_high: float


@dataclass(frozen=True)
class Truth:
    """What is true: published values, the generator's long run, the provider's side."""

    published: Mapping[str, Any]
    long_run: Population
    provider: Mapping[str, Mapping[str, float]]


def rows(
    report: str, quantity: str, parameter: str, kind: str, truth: Values, table: pd.DataFrame,
    columns: Sequence[str] = LIMITS,
) -> list[Row]:  # fmt: skip
    """Set every true value beside its row of a result.

    Parameters
    ----------
    report, quantity, parameter, kind : str
        As in :class:`Row`.
    truth : Mapping
        Key of the row → true value.
    table : DataFrame
        Result, indexed by the key.
    columns : sequence of str
        Estimate and, where there is one, the interval.

    Returns
    -------
    list of Row
        One per true value; a key that the result lacks is an error.
    """
    made = []
    for key, true in truth.items():
        figures = [float(table.loc[key, name]) for name in columns]
        low, high = figures[1:] or (np.nan, np.nan)
        of = ", ".join(key) if isinstance(key, tuple) else key
        made.append(Row(report, quantity, parameter, of, kind, float(true), figures[0], low, high))
    return made


def gaps(found: Mapping[str, Any], truth: Truth) -> list[Row]:
    """Gaps, expectations, and shares of the weighted gap, by dimension."""
    whole, everyone = truth.long_run, truth.long_run.people
    spans = {
        "gap_all": ("gaps", np.ones(len(everyone), dtype=bool)),
        "gap_before": ("gaps_before", (everyone["month"] < world.PROGRAMME_MONTH).to_numpy()),
        "gap_after_programme_branches": ("gaps_after", (everyone["dose"] == 1).to_numpy()),
    }
    made = []
    for name, (result, kept) in spans.items():
        table = found[result].dimensions.set_index("term")
        made += rows("gaps", "gap", name, "these answers", truth.published[name], table)
        latent = "gap_aimed_before" if name == "gap_before" else name
        made += rows("gaps", "gap", latent, "long run", whole.of_dimensions("gap", kept), table)
    table = found["gaps"].dimensions.set_index("term")
    levels = found["gaps"].levels.set_index(["source", "term"]).loc["expectation"]
    made += rows("gaps", "expectation", "expectation_means", "long run", whole.of_dimensions("E"), levels)
    points = everyone[[f"pts.{name}" for name in DIMENSIONS]].to_numpy()
    share = whole.mean(points * _gaps_of(everyone))
    shares = dict(zip(DIMENSIONS, share / share.sum(), strict=True))
    limits = ("share", "share_low", "share_high")
    made += rows("gaps", "share of the weighted gap", "importance_means", "long run", shares, table, limits)
    means = truth.published["importance_means"]
    return made + rows(
        "gaps", "importance", "importance_means", "published", means, table, ["importance_points"]
    )


def _gaps_of(people: pd.DataFrame) -> Array:
    """Return everybody's gap by dimension."""
    columns = [
        np.mean([people[f"P.{q}"].to_numpy() - people[f"E.{q}"].to_numpy() for q in items], axis=0)
        for items in DIMENSIONS.values()
    ]
    return np.column_stack(columns)


def provider_gaps(found: Mapping[str, Any], truth: Truth) -> list[Row]:
    """Gaps 1 to 4 by dimension."""
    level = {**truth.provider, "expectation": truth.long_run.of_dimensions("E")}
    chain = found["gaps"].chain.set_index(["part", "term"])
    made = []
    for part, upper, lower in (
        ("knowledge_gap", "managers", "expectation"),
        ("standards_gap", "standards", "managers"),
        ("delivery_gap", "delivered", "standards"),
        ("communication_gap", "delivered", "promised"),
    ):
        true = {name: level[upper][name] - level[lower][name] for name in DIMENSIONS}
        made += rows("gaps", part.replace("_", " "), part, "long run", true, chain.loc[part])
    return made


def gap_segments(found: Mapping[str, Any], truth: Truth) -> list[Row]:
    """How far the gap of each level lies from that of all others, by dimension."""
    people = truth.long_run.people
    weight, weighted = people["weight"], pd.DataFrame(_gaps_of(people), columns=list(DIMENSIONS))
    weighted = weighted.mul(weight, axis=0)
    table = found["gaps"].segments.set_index(["segment", "level", "term"])
    limits = ("difference", "difference_low", "difference_high")
    made = []
    for name in SEGMENTS:
        sums, sw = weighted.groupby(people[name], observed=True).sum(), weight.groupby(people[name]).sum()
        own, others = sums.div(sw, axis=0), (sums.sum() - sums).div(sw.sum() - sw, axis=0)
        true = {(str(level), term): x for (level, term), x in (own - others).stack().items()}
        parameter = f"{'tier' if name == 'customer_tier' else name.removesuffix('_group')}_effects"
        made += rows("gaps", f"gap by {name}", parameter, "long run", true, table.loc[name], limits)
    return made


def instrument(found: Mapping[str, Any], truth: Truth) -> list[Row]:
    """Dimensions, how well they are measured, and how the questionnaire was filled in."""
    result, whole = found["instrument"], truth.long_run
    answers = whole.people[[f"P.{item}" for item in ITEMS]]
    matrix = pd.DataFrame(whole.covariance(answers), ITEMS, ITEMS)
    alpha, omega = {}, {}
    for name, items in DIMENSIONS.items():
        own = matrix.loc[items, items].to_numpy()
        fit = cfa(own, len(answers), [0] * len(items))
        alpha[name] = cronbach_alpha_from_covariance(own)
        omega[name] = omega_total(fit.loadings, fit.uniqueness)
    ratio = htmt(cov_to_cor(matrix.to_numpy()), world.ITEM_DIMENSION)
    names = list(DIMENSIONS)
    ratios = {(names[i], names[j]): ratio[i, j] for i in range(5) for j in range(i + 1, 5)}
    table = result.reliability.set_index("term")
    made = rows("instrument", "alpha", "", "long run", alpha, table, ("alpha", "alpha_low", "alpha_high"))
    made += rows("instrument", "omega", "", "long run", omega, table, ("omega", "omega_low", "omega_high"))
    limits = ("htmt", "htmt_low", "htmt_high")
    made += rows(
        "instrument", "HTMT", "", "long run", ratios, result.correlations.set_index(["term", "other"]), limits
    )
    straight = (answers.min(axis=1) == answers.max(axis=1)).to_numpy(dtype=float)
    blank = truth.published["missing"]
    missing = (blank["blank"] + blank["dont_know"]) * (
        1 - len(truth.published["straight_liners"]) / result.context.n
    )
    made += rows(
        "instrument", "share", "straight_liners", "long run",
        {"straight_lining": float(whole.mean(straight))}, result.quality.set_index("term"),
    )  # fmt: skip
    made += rows(
        "instrument", "share", "missing", "published",
        {"missing_answers": missing}, result.quality.set_index("term"),
    )  # fmt: skip
    whole_table = result.whole.set_axis(["dimensions"])
    exact = ("suggested", "suggested", "suggested")
    return made + rows(
        "instrument", "number", "", "published", {"dimensions": len(DIMENSIONS)}, whole_table, exact
    )
