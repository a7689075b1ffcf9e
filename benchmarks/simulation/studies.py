"""Small studies whose truth is known: drawn in memory, written as Parquet, opened like any other study.

Answers are latent normal variables, rounded and cut to their scale; the truth of every figure is the same formula on
a population of a million respondents drawn from the same model, so that rounding and cutting are part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

import svcq_lib as sq
from svcq_lib.sources import contracts
from svcq_lib.sources.faults import CheckReport

Array = NDArray[np.float64]
POPULATION = 1_000_000
DIMENSIONS = {"tangibles": ("q1", "q2"), "reliability": ("q3", "q4"), "responsiveness": ("q5", "q6")}
ITEM_DIMENSION = tuple(name for name, items in DIMENSIONS.items() for _ in items)
EXPECTED = {"tangibles": 5.4, "reliability": 6.0, "responsiveness": 5.8}
LOADINGS = (0.0, 0.05, 0.15, 0.3, 0.45, 0.7)
"""Slopes of satisfaction on the six perceptions: from nothing to strong."""
COMMON = (0.0, 0.5, 0.5, 0.5, 0.5, 0.5)
"""How much of each perception is a mood that all share; the first has no part in it and so no share at all."""


@dataclass(frozen=True)
class World:
    """What is true of a simulated study.

    Attributes
    ----------
    gaps : Mapping of str to float
        Dimension → mean of P − E before rounding.
    expected : Mapping of str to float
        Dimension → mean expectation before rounding.
    common : tuple of float
        Correlation of each perception with a mood that all share.
    slopes : tuple of float
        Of satisfaction on each perception.
    unit_sd : float
        Standard deviation of the units' true means of satisfaction (points of 10), around a common mean.
    change : float
        Change of satisfaction from the first half of the rows (2025) to the second (2026).
    lift : float
        Extra change in the treated half of the units.
    weights : bool
        Whether respondents carry uneven weights, independent of their answers.
    missing : float
        Share of answers that are missing at random.
    """

    gaps: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(DIMENSIONS, -0.5))
    expected: Mapping[str, float] = field(default_factory=lambda: dict(EXPECTED))
    common: tuple[float, ...] = COMMON
    slopes: tuple[float, ...] = LOADINGS
    unit_sd: float = 0.0
    change: float = 0.0
    lift: float = 0.0
    weights: bool = True
    missing: float = 0.05


UNITS = 24
STAY = (-0.6, 0.35)
"""Logit of staying a customer: constant and slope per point of satisfaction."""
MONTHS = tuple(f"{year}-{month:02d}" for year in (2025, 2026) for month in range(1, 13))


def respondents(
    world: World, n: int, rng: np.random.Generator, *, units: Array | None = None
) -> dict[str, Array]:
    """Draw respondents, every answer given.

    Parameters
    ----------
    world : World
        What is true.
    n : int
        How many.
    rng : Generator
        Source of randomness.
    units : ndarray, shape (UNITS,), optional
        True deviations of the units' satisfaction; drawn if not given.

    Returns
    -------
    dict of str to ndarray
        E1 … E6, P1 … P6 (1–7), csat (1–10), nps (0–10), unit and month as numbers, weight, and satisfaction
        before rounding.
    """
    units = rng.normal(0, world.unit_sd, UNITS) if units is None else units
    unit, month = rng.integers(0, UNITS, n), rng.integers(0, len(MONTHS), n)
    after, treated = month >= len(MONTHS) // 2, unit < UNITS // 2
    mood, latent = rng.normal(size=n), []
    found: dict[str, Array] = {"unit": unit.astype(float), "month": month.astype(float)}
    for i, (name, part) in enumerate(zip(ITEM_DIMENSION, world.common, strict=True), start=1):
        own = part * mood + np.sqrt(1 - part**2) * rng.normal(size=n)
        centre, spread = world.expected[name], 0.7 * rng.normal(size=n)
        found[f"E{i}"] = _answers(centre + spread, 1, 7)
        found[f"P{i}"] = _answers(centre + world.gaps[name] + 0.5 * spread + own, 1, 7)
        latent.append(own)
    satisfied = np.array(world.slopes) @ np.array(latent) + rng.normal(size=n)
    shift = units[unit] + world.change * after + world.lift * (after & treated)
    found["satisfaction"] = 6.8 + 1.1 * satisfied + shift  # before rounding: not part of the study
    found["csat"] = _answers(found["satisfaction"], 1, 10)
    found["retained"] = (rng.random(n) < 1 / (1 + np.exp(-STAY[0] - STAY[1] * found["csat"]))).astype(float)
    found["nps"] = _answers(7.3 + 1.2 * satisfied + 0.8 * rng.normal(size=n) + shift, 0, 10)
    found["weight"] = np.exp(0.4 * rng.normal(size=n)) if world.weights else np.ones(n)
    return found


def _answers(latent: Array, low: int, high: int) -> Array:
    return np.clip(np.round(latent), low, high)


def check_once() -> None:
    """Check the data contract of the first study of each place only: those after it are drawn by the same rules."""
    whole, known = contracts.check, dict[Path, CheckReport]()

    def check(study: sq.Study, *, keep: bool = False) -> CheckReport:
        del keep  # each study is another
        if study.path not in known:
            known[study.path] = whole(study)
        return known[study.path]

    contracts.check = check  # type: ignore[assignment]


def headline_only() -> None:
    """Leave out what repeats an analysis under alternatives: switchboards, scenarios, sensitivities and frontiers."""
    from svcq_lib.analyses import (
        driver_switches,
        effects,
        gaps,
        returns,
        returns_budget,
        returns_sensitivity,
        scores,
    )

    homes = (
        (scores, "score_switches"), (gaps, "gap_switches"), (driver_switches, "alternatives"), (effects, "switchboard"),
        (returns, "switches_of"), (returns_sensitivity, "links"), (returns_sensitivity, "scenarios"),
        (returns_budget, "frontier"),
    )  # fmt: skip
    for module, name in homes:
        setattr(module, name, lambda *args, **kwargs: pd.DataFrame())


class Simulator:
    """Writes one simulated study after the other to the same place and opens it.

    Parameters
    ----------
    folder : Path
        Where the study lies.
    world : World
        What is true.
    money : bool
        Whether the study asks who stayed, and plans an initiative whose costs and assumptions are certain.
    segments : bool
        Whether the study is split by unit, compares units and evaluates the treated half.
    """

    def __init__(self, folder: Path, world: World, *, money: bool = False, segments: bool = True) -> None:
        self.folder, self.world, self.left_out = (
            folder,
            world,
            ("satisfaction", *(() if money else ("retained",))),
        )
        folder.mkdir(parents=True, exist_ok=True)
        parts = [STUDY, SEGMENTS if segments else "", RETURNS if money else ""]
        (folder / "study.toml").write_text("".join(parts), encoding="utf-8")
        for name, text in (MONEY if money else {}).items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")

    def study(self, n: int, rng: np.random.Generator, units: Array | None = None) -> sq.Study:
        """Draw a sample and return it as a study."""
        drawn = respondents(self.world, n, rng, units=units)
        frame = pl.DataFrame(drawn).drop(self.left_out)
        answers = [name for name in frame.columns if name not in ("unit", "month", "weight", "retained")]
        kept = {name: rng.random(n) >= self.world.missing for name in answers}
        frame = frame.with_columns(
            *(pl.when(pl.Series(kept[name])).then(pl.col(name)).alias(name) for name in answers),
            pl.Series("unit", [f"U{int(one):02d}" for one in drawn["unit"]]),
            pl.Series("date", [f"{MONTHS[int(one)]}-15" for one in drawn["month"]]).str.to_date(),
        )
        frame.write_parquet(self.folder / "responses.parquet")
        return sq.open_study(self.folder)


_ITEMS = "\n".join(
    f'[[instrument.dimensions]]\nname = "{dimension}"\nlabel = {{en = "{dimension.capitalize()}", zh = "{zh}"}}\n'
    f"items = [{', '.join(f'{{name = {q!r}, n = {q[1:]}}}' for q in items)}]\n".replace("'", '"')
    for (dimension, items), zh in zip(DIMENSIONS.items(), ("有形性", "可靠性", "响应性"), strict=True)
)
_TREATED = ", ".join(f'"U{i:02d}"' for i in range(UNITS // 2))
STUDY = f"""[study]
name = {{en = "Simulated", zh = "模拟"}}
[tables.responses]
path = "responses.parquet"
[responses]
date = "date"
period = "year"
weight = "weight"
[instrument]
scale = [1, 7]
expectation = "E{{n}}"
perception = "P{{n}}"
{_ITEMS}
[outcomes.csat]
kind = "csat"
column = "csat"
scale = [1, 10]
label = {{en = "Satisfaction", zh = "满意度"}}
[outcomes.nps]
kind = "nps"
column = "nps"
label = {{en = "NPS", zh = "净推荐值"}}
"""
SEGMENTS = f"""
[responses.segments.unit]
column = "unit"
label = {{en = "Unit", zh = "单位"}}
[benchmarking]
unit = "unit"
outcome = "csat"
[effects]
unit = "unit"
treated = [{_TREATED}]
start = "2026-01"
"""
RETURNS = """
[tables.initiatives]
path = "initiatives.csv"
[tables.initiative_costs]
path = "initiative_costs.csv"
[tables.economics]
path = "economics.csv"
[outcomes.retained]
kind = "binary"
column = "retained"
[returns]
outcome = "csat"
retention = "retained"
"""
MONEY = {
    "initiatives": """initiative,label_en,items,lift_low,lift_likely,lift_high,start,life_months,ramp_months
A,Faster desks,q4;q5;q6,0.4,0.4,0.4,2027-01,36,3
""",
    "initiative_costs": """initiative,month,kind,category,funding,amount
A,2027-01,fixed,systems,own,500000
A,2027-02,running,training,own,10000
""",
    "economics": """parameter,unit,low,likely,high
customers,customers,50000,50000,50000
revenue_per_customer,CNY/year,1800,1800,1800
contribution_margin,share,0.3,0.3,0.3
discount_rate,share/year,0.08,0.08,0.08
retention,share/year,0.88,0.88,0.88
horizon,years,3,3,3
""",
}
