"""What is true of the demonstration study: published values, and those that its generator gives in the long run.

``truth.json`` publishes parameters of latent values. What answers can show is their rounded and cut form, so that the
truth of such a figure is its formula on a million complete answers drawn by the same generator with other seeds and
with the published effects of the branches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.sources import demo_gaps, demo_outcomes, demo_responses
from svcq_lib.sources import demo_world as world

Array = NDArray[np.float64]
DIMENSIONS = {
    name: [item for item, d in zip(world.ITEM_NAMES, world.ITEM_DIMENSION, strict=True) if d == at]
    for at, name in enumerate(world.DIMENSIONS)
}
SEGMENTS = {
    "region": tuple(world.REGIONS),
    "branch": tuple(world.BRANCHES),
    "channel": tuple(world.CHANNELS),
    "customer_tier": tuple(world.TIERS),
    "age_group": tuple(world.AGES),
}
FIGURES: dict[str, Callable[[Array], Array]] = {
    "csat": lambda x: 100 * (x - 1) / 9,
    "nps": lambda x: 100 * ((x >= 9) * 1.0 - (x <= 6)),
    "ces": np.asarray,
    "emotion": np.asarray,
    "repurchase": np.asarray,
    "retained": np.asarray,
}
"""Each outcome's reported figure as the mean of this."""


@dataclass(frozen=True)
class Population:
    """Many complete answers of the generator.

    Attributes
    ----------
    people : DataFrame
        P.ITEM, E.ITEM, outcomes, pts.DIMENSION, segments, month, weight, dose of the programme.
    lift : dict of str to float
        Outcome → mean effect on its figure where the programme has its full effect.
    """

    people: pd.DataFrame
    lift: dict[str, float]

    def mean(self, values: Array, kept: NDArray[np.bool_] | slice = slice(None)) -> Array:
        """Return the weighted mean of rows of values."""
        weight = self.people["weight"].to_numpy(dtype=float)[kept]
        return np.asarray(weight @ values[kept] / weight.sum())

    def of_dimensions(self, letter: str, kept: NDArray[np.bool_] | slice = slice(None)) -> dict[str, float]:
        """Return the mean answer (``"E"``, ``"P"``) or gap (``"gap"``) of each dimension."""
        names = list(world.ITEM_NAMES)
        if letter == "gap":
            one, two = (self.of_dimensions(which, kept) for which in "PE")
            return {name: one[name] - two[name] for name in DIMENSIONS}
        items = self.mean(self.people[[f"{letter}.{item}" for item in names]].to_numpy(), kept)
        return {name: float(items[[names.index(q) for q in own]].mean()) for name, own in DIMENSIONS.items()}

    def covariance(self, columns: Mapping[str, Any] | pd.DataFrame) -> Array:
        """Return the weighted covariance matrix of columns."""
        x = pd.DataFrame(columns).to_numpy(dtype=float)
        x = x - self.mean(x)
        weight = self.people["weight"].to_numpy(dtype=float)
        return np.asarray((x * weight[:, None]).T @ x / weight.sum())


def published(folder: Path) -> dict[str, Any]:
    """Return name → value of ``truth.json``."""
    entries = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return {name: entry["value"] for name, entry in entries.items()}


def population(branch_effects: Mapping[str, Mapping[str, float]], seeds: Sequence[int], n: int) -> Population:
    """Draw answers from the generator, ``n`` for each seed.

    Parameters
    ----------
    branch_effects : Mapping
        Branch → dimension → published effect.
    seeds : sequence of int
        Other ones than the study's.
    n : int
        Answers of each seed.

    Returns
    -------
    Population
        All of them.
    """
    effect = pd.DataFrame(branch_effects).T.loc[list(world.BRANCHES), list(world.DIMENSIONS)].to_numpy()
    parts, lifts = zip(*(_drawn(seed, n, effect) for seed in seeds), strict=True)
    lift = pd.DataFrame(lifts)
    mean = {name: float(np.average(lift[name], weights=lift["weight"])) for name in FIGURES}
    people = pd.concat(parts, ignore_index=True)
    for name, levels in SEGMENTS.items():
        people[name] = pd.Categorical.from_codes(people[name], categories=list(levels))
    return Population(people, mean)


def _drawn(seed: int, n: int, effect: Array) -> tuple[pd.DataFrame, dict[str, float]]:
    sample = demo_responses.draw_sample(seed, n)
    answers = demo_responses.draw_answers(seed, sample, branch_effect=effect)
    outcomes = demo_outcomes.draw_outcomes(seed, sample, answers)
    item_lift = np.array([world.PROGRAMME_LIFT.get(name, 0.0) for name in world.DIMENSIONS])
    gained = sample.dose[:, None] * item_lift[world.ITEM_DIMENSION]
    without = demo_outcomes.draw_outcomes(seed, sample, replace(answers, latent=answers.latent - gained))
    columns: dict[str, Any] = {
        f"P.{item}": answers.perception[:, i] for i, item in enumerate(world.ITEM_NAMES)
    }
    columns |= {f"E.{item}": answers.expectation[:, i] for i, item in enumerate(world.ITEM_NAMES)}
    columns |= {f"pts.{name}": answers.points[:, i].astype(np.int16) for i, name in enumerate(DIMENSIONS)}
    columns |= {name: values.astype(np.int16) for name, values in outcomes.values.items()}
    columns |= {"region": sample.region, "branch": sample.branch, "channel": sample.channel}
    columns |= {"age_group": sample.age, "customer_tier": sample.tier, "month": sample.month}
    columns |= {"weight": sample.weight, "dose": sample.dose}
    full = sample.dose == 1.0
    weight = sample.weight[full]
    lift = {
        name: float(
            np.average(
                figure(outcomes.values[name][full]) - figure(without.values[name][full]), weights=weight
            )
        )
        for name, figure in FIGURES.items()
    }
    return pd.DataFrame(columns), lift | {"weight": float(weight.sum())}


def provider_levels(seeds: Sequence[int]) -> dict[str, dict[str, float]]:
    """Return the long-run mean of what managers, standards, deliveries and promises say of each dimension.

    Parameters
    ----------
    seeds : sequence of int
        Each draws the tables once.

    Returns
    -------
    dict
        Source → dimension → mean.
    """
    tables = {
        "managers": (demo_gaps.manager_estimates, "estimate"),
        "delivered": (demo_gaps.mystery_shopping, "delivered"),
        "promised": (demo_gaps.promises, "promised"),
    }
    by_item = {
        name: sum(table(seed).groupby("item")[value].mean() for seed in seeds) / len(seeds)
        for name, (table, value) in tables.items()
    }
    by_item["standards"] = demo_gaps.standards().set_index("item")["standard"]
    return {
        source: {name: float(items.loc[own].mean()) for name, own in DIMENSIONS.items()}
        for source, items in by_item.items()
    }
