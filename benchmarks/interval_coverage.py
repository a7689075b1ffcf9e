"""How often 95 % intervals hold the truth, on simulated studies whose truth is known.

    python benchmarks/interval_coverage.py                       # 1,000 studies of 300, 1,000 and 10,000 answers each
    python benchmarks/interval_coverage.py --studies 100 --only gap nps
    python benchmarks/interval_coverage.py --table               # the table of the last results

Every study goes through the same path as a real one: a table on disk, ``open_study``, the analysis, its result frame.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from simulation import results
from simulation.studies import (
    DIMENSIONS,
    POPULATION,
    STAY,
    UNITS,
    Array,
    Simulator,
    World,
    check_once,
    headline_only,
    respondents,
)

import svcq_lib as sq
from svcq_lib.analyses.returns_chain import net_present_value
from svcq_lib.analyses.returns_links import Link, Slopes, satisfaction_slopes
from svcq_lib.analyses.returns_model import Inputs, Settings, build
from svcq_lib.analyses.returns_plan import read_plan
from svcq_lib.stats.relimp import lmg

SEED = 20261121
SIZES = (300, 1_000, 10_000)
STUDIES = 1_000
BATCH = 50


class Hit(NamedTuple):
    """One interval: what it is about, the truth and the limits."""

    quantity: str
    truth: float
    low: float
    high: float


Measure = Callable[[Path, int, int, np.random.Generator], list[Hit]]


def _population(world: World, units: Array | None = None) -> dict[str, Array]:
    return respondents(world, POPULATION, np.random.default_rng(SEED), units=units)


def gap(folder: Path, n: int, studies: int, rng: np.random.Generator) -> list[Hit]:
    """Gaps of three dimensions, weighted, with missing answers."""
    world = World(gaps={"tangibles": -0.1, "reliability": -0.5, "responsiveness": -1.2})
    people = _population(world)
    truth = {
        name: float(np.mean([people[f"P{q[1:]}"] - people[f"E{q[1:]}"] for q in items]))
        for name, items in DIMENSIONS.items()
    }
    sim, hits = Simulator(folder, world, segments=False), []
    for _ in range(studies):
        table = sq.gaps(sim.study(n, rng), n_boot=50).dimensions
        hits += [Hit("gap", truth[row.term], row.conf_low, row.conf_high) for row in table.itertuples()]
    return hits


def nps(folder: Path, n: int, studies: int, rng: np.random.Generator) -> list[Hit]:
    """Net promoter score, weighted."""
    sim = Simulator(folder, World(), segments=False)
    people = _population(sim.world)["nps"]
    truth = 100 * float((people >= 9).mean() - (people <= 6).mean())
    hits = []
    for _ in range(studies):
        table = sq.scores(sim.study(n, rng)).headline
        row = table[table["measure"] == "nps"].iloc[0]
        hits.append(Hit("nps", truth, row["conf_low"], row["conf_high"]))
    return hits


def share(folder: Path, n: int, studies: int, rng: np.random.Generator) -> list[Hit]:
    """LMG shares of six drivers, pairwise; the first has no part in satisfaction."""
    sim = Simulator(folder, World(), segments=False)
    people = _population(sim.world)
    names = [f"q{i}" for i in range(1, 7)]
    matrix = np.corrcoef(np.array([people["csat"], *(people[f"P{i}"] for i in range(1, 7))]))
    parts = lmg(matrix[1:, 1:], matrix[1:, 0])
    truth = dict(zip(names, parts / parts.sum(), strict=True))
    hits = []
    for _ in range(studies):
        result = sq.drivers(sim.study(n, rng), n_boot=1000, by="none")
        for row in result.importance.itertuples():
            true = truth[row.term]
            if row.term == "q1":  # what matters of a share of zero is whether it passes the noise floor
                floor = float(result.fit["noise_floor"].iloc[0])
                hits.append(Hit("share: zero, under the noise floor", row.share, 0.0, floor))
            else:
                hits.append(Hit(f"share: {true:.2f}", true, row.conf_low, row.conf_high))
    return hits


def unit(folder: Path, n: int, studies: int, rng: np.random.Generator) -> list[Hit]:
    """Satisfaction (index) of 24 units that truly differ: shrunken figures of the league table."""
    world = World(unit_sd=0.3)
    sim, people = Simulator(folder, world), _population(World())
    latent = people["satisfaction"]
    grid = np.linspace(-1.5, 1.5, 61)  # a unit's true index by its deviation, rounding and cutting included
    index = [100 * (np.clip(np.round(latent + one), 1, 10).mean() - 1) / 9 for one in grid]
    hits = []
    for _ in range(studies):
        deviations = rng.normal(0, world.unit_sd, UNITS)
        truth = dict(
            zip((f"U{i:02d}" for i in range(UNITS)), np.interp(deviations, grid, index), strict=True)
        )
        league = sq.benchmark(sim.study(n, rng, deviations), gate="off", n_boot=50, n_draws=500).league
        shown = league[league["shrunken"].notna()]
        hits += [
            Hit("unit", truth[row.unit], row.shrunken_low, row.shrunken_high) for row in shown.itertuples()
        ]
    return hits


def npv(folder: Path, n: int, studies: int, rng: np.random.Generator) -> list[Hit]:
    """Net present value of an initiative with certain lift and costs: driver model and retention are estimated."""
    sim = Simulator(folder, World(), money=True, segments=False)
    people = _population(sim.world)
    items = tuple(f"q{i}" for i in range(1, 7))
    answers = np.array([people["csat"], *(people[f"P{i}"] for i in range(1, 7))])
    own = Link("own", STAY[1], STAY[1], STAY[1])
    slopes = satisfaction_slopes(np.cov(answers))
    known = Inputs(
        read_plan(sim.study(100, np.random.default_rng(0))), items, 7 - answers[1:].mean(axis=1),
        Slopes(slopes, slopes[None]), {"own": own},
    )  # fmt: skip
    model = build(known, Settings(), n_draws=1, seed=0)
    truth = float(net_present_value(model.programme, model.draws, model.terms)[0])
    hits = []
    for _ in range(studies):
        result = sq.returns(sim.study(n, rng), n_boot=500, n_draws=2000, n_choices=2)
        row = result.summary.set_index("measure").loc["npv"]
        hits.append(Hit("npv", truth, row["conf_low"], row["conf_high"]))  # all in thousands
    return hits


MEASURES: dict[str, Measure] = {"gap": gap, "nps": nps, "share": share, "unit": unit, "npv": npv}


def _part(job: tuple[str, int, int, int]) -> list[tuple[str, int, Hit]]:
    """Simulate one batch of studies; its seed says which."""
    name, n, batch, studies = job
    check_once()
    headline_only()
    rng = np.random.default_rng([SEED, sorted(MEASURES).index(name), n, batch])
    with tempfile.TemporaryDirectory() as folder:
        return [(name, n, hit) for hit in MEASURES[name](Path(folder), n, studies, rng)]


def measure(names: Sequence[str], sizes: Sequence[int], studies: int, jobs: int) -> pd.DataFrame:
    """Return one row per quantity and sample size.

    Parameters
    ----------
    names : sequence of str
        Quantities.
    sizes : sequence of int
        Answers per study.
    studies : int
        Studies of each size.
    jobs : int
        Processes.

    Returns
    -------
    DataFrame
        quantity, n, intervals, coverage and its Monte-Carlo standard error (over batches of studies, since intervals
        of one study are not independent).
    """
    batches = [BATCH] * (studies // BATCH) + ([studies % BATCH] if studies % BATCH else [])
    todo = [(name, n, i, size) for name in names for n in sizes for i, size in enumerate(batches)]
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for (_, n, batch, _), part in zip(todo, results.shown(pool.map(_part, todo), len(todo)), strict=True):
            rows += [
                {"quantity": hit.quantity, "n": n, "batch": batch, "hit": hit.low <= hit.truth <= hit.high}
                for _, _, hit in part
            ]
    return _summary(pd.DataFrame(rows))


def _summary(rows: pd.DataFrame) -> pd.DataFrame:
    batches = rows.groupby(["quantity", "n", "batch"], sort=False)["hit"].mean().reset_index()
    grouped = rows.groupby(["quantity", "n"], sort=False)["hit"]
    table = grouped.agg(intervals="size", coverage="mean").reset_index()
    spread = batches.groupby(["quantity", "n"], sort=False)["hit"].agg(
        lambda one: one.std(ddof=1) / np.sqrt(len(one))
    )
    return table.assign(std_error=spread.to_numpy())


def as_markdown(table: Iterable[dict[str, Any]]) -> str:
    """Return the table of the README: a row per quantity, a column per sample size."""
    frame = pd.DataFrame(table)
    text = [
        f"{100 * row.coverage:.1f} % (± {100 * row.std_error:.1f})"
        if np.isfinite(row.std_error)
        else f"{100 * row.coverage:.1f} %"
        for row in frame.itertuples()
    ]
    wide = frame.assign(text=text).pivot(index="quantity", columns="n", values="text").sort_index(axis=1)
    wide = wide.loc[frame.sort_values("measure", kind="stable", key=_place)["quantity"].drop_duplicates()]
    few, many = frame["studies"].min(), frame["studies"].max()
    studies = f"{many:,}" if few == many else f"{few:,} to {many:,} (which: results/coverage.json)"
    return f"Simulated studies per cell: {studies}.\n\n" + results.markdown(
        wide.rename(columns=lambda n: f"{n:,} answers").reset_index()
    )


def _place(names: pd.Series) -> pd.Series:
    return names.map(list(MEASURES).index)


def main() -> None:
    """Measure, write ``results/coverage.json`` and renew the table of the README."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=STUDIES)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--only", nargs="+", choices=list(MEASURES), default=list(MEASURES))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table", action="store_true")
    chosen = parser.parse_args()
    if not chosen.table:
        for name in chosen.only:
            table = measure([name], chosen.sizes, chosen.studies, chosen.jobs)
            rows = table.assign(measure=name, studies=chosen.studies).to_dict(orient="records")
            rows = results.replaced("coverage", rows, "measure", "n")
            results.write("coverage", rows, seed=SEED, ci_level=0.95, units=UNITS)
    whole = results.read("coverage")
    text = f"{results.stamp(whole)}\n\n{as_markdown(whole['rows'])}"
    results.renew("coverage", text)
    print(text)


if __name__ == "__main__":
    main()
