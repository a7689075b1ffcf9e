"""True parameters of the demonstration study beside what its reports say: drivers, branches, effects, returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from simulation.demo import DIMENSIONS, FIGURES, Array
from simulation.demo_rows import ITEMS, LIMITS, Row, Truth, rows
from svcq_lib.sources import demo_plans
from svcq_lib.stats.decomposition import kitagawa
from svcq_lib.stats.matrices import cov_to_cor
from svcq_lib.stats.owen import group_shares
from svcq_lib.stats.penalty_reward import bend
from svcq_lib.stats.relimp import lmg


def _regressed(matrix: Array) -> tuple[Array, Array, Array]:
    """Return slopes, standardized slopes and correlations, outcome first."""
    spread = np.sqrt(np.diag(matrix))
    slopes = np.linalg.solve(matrix[1:, 1:], matrix[1:, 0])
    return slopes, slopes * spread[1:] / spread[0], cov_to_cor(matrix)


def drivers(found: Mapping[str, Any], truth: Truth) -> list[Row]:
    """R², shares and coefficients of items and dimensions, and the order of the dimensions."""
    result, whole = found["drivers"], truth.long_run
    people = whole.people
    _, beta, matrix = _regressed(whole.covariance(people[["csat", *(f"P.{item}" for item in ITEMS)]]))
    parts = lmg(matrix[1:, 1:], matrix[1:, 0])
    groups = [[ITEMS.index(item) for item in items] for items in DIMENSIONS.values()]
    dimension = group_shares(matrix[None, 1:, 1:], matrix[None, 1:, 0], groups)[0]
    means = {name: people[[f"P.{item}" for item in items]].mean(axis=1) for name, items in DIMENSIONS.items()}
    _, wide, _ = _regressed(whole.covariance({"csat": people["csat"], **means}))
    share, coefficient = ("share", "conf_low", "conf_high"), ("beta", "beta_low", "beta_high")
    table, tables = result.importance.set_index("term"), result.groups.set_index("dimension")
    order = {name: i for i, name in enumerate(truth.published["driver_order"], 1)}
    explained = result.fit.set_axis(["csat"])
    limits = ("r_squared", "r_squared_low", "r_squared_high")
    total = {"csat": parts.sum()}
    shares = {"item": dict(zip(ITEMS, parts / parts.sum(), strict=True))}
    shares["dimension"] = dict(zip(DIMENSIONS, dimension / dimension.sum(), strict=True))
    by_dimension = found["driver_dimensions"].importance.set_index("term")
    ranks = ("rank", "rank_low", "rank_high")
    kind, weights = "long run", "driver_weights_latent"
    return [
        *rows("drivers", "R²", "driver_r_squared_latent", kind, total, explained, limits),
        *rows("drivers", "share", weights, kind, shares["item"], table, share),
        *rows("drivers", "β", weights, kind, dict(zip(ITEMS, beta, strict=True)), table, coefficient),
        *rows("drivers", "share", "driver_weights_dimension", kind, shares["dimension"], tables, share),
        *rows("drivers", "β", "driver_weights_standardized", kind,
              dict(zip(DIMENSIONS, wide, strict=True)), by_dimension, coefficient),
        *rows("drivers", "rank", "driver_order", "published", order, tables, ranks),
    ]  # fmt: skip


def asymmetry(found: Mapping[str, Any], truth: Truth) -> list[Row]:
    """How much steeper satisfaction rises above the middle of an item than below it."""
    people = truth.long_run.people
    answers = people[[f"P.{item}" for item in ITEMS]].to_numpy()
    upper, lower = answers >= 5.5, answers <= 2.5  # a quarter of the scale at each end, as the report has it
    slopes, _, _ = _regressed(truth.long_run.covariance(np.column_stack([people["csat"], upper, lower])))
    weight = people["weight"].to_numpy(dtype=float)
    at = [weight @ (answers * end) / (weight @ end) for end in (lower, ~upper & ~lower, upper)]
    true = dict(zip(ITEMS, bend(slopes[:22], slopes[22:], *at), strict=True))
    table = found["drivers"].asymmetry.set_index("term")
    return rows("drivers", "bend", "asymmetry", "long run", true, table, ("bend", "bend_low", "bend_high"))


def _csat(people: pd.DataFrame) -> Array:
    return FIGURES["csat"](people["csat"].to_numpy(dtype=float))


def benchmark(found: Mapping[str, Any], truth: Truth) -> list[Row]:
    """Branch means of satisfaction, their ranks, and what the shift of channels did to the whole.

    The generator draws a customer's age, channel and tier without regard to the branch: adjusting for them changes the
    true means as little as shrinking does.
    """
    people, result = truth.long_run.people, found["benchmark"]
    weight = people["weight"].to_numpy(dtype=float)
    frame = pd.DataFrame({"w": weight, "wx": weight * _csat(people)})
    sums = frame.groupby(people["branch"]).sum()
    means = (sums["wx"] / sums["w"]).rename(index=str)
    ranks = means.rank(ascending=False)
    league = result.league.set_index("unit")
    made = []
    for quantity, columns in (
        ("branch mean, raw", LIMITS),
        ("branch mean, adjusted", ("adjusted", "adjusted_low", "adjusted_high")),
        ("branch mean, shrunken", ("shrunken", "shrunken_low", "shrunken_high")),
    ):
        made += rows("benchmark", quantity, "branch_effects", "long run", means.to_dict(), league, columns)
    made += rows(
        "benchmark",
        "rank",
        "branch_effects",
        "long run",
        ranks.to_dict(),
        league,
        ("rank", "rank_low", "rank_high"),
    )
    table = result.changes.set_index(["segment", "since"]).loc["channel"]
    for since, before in (("first", (1, 3)), ("previous", (13, 15))):
        figures = []
        for first, last in (before, (16, 18)):
            then = people["month"].between(first, last)
            sums = frame[then].groupby(people.loc[then, "channel"]).sum()
            figures += [sums["w"] / sums["w"].sum(), sums["wx"] / sums["w"]]
        split = kitagawa(*figures)
        parts = {"mix": split.mix.sum(), "performance": split.performance.sum()}
        for name, true in (*parts.items(), ("change", sum(parts.values()))):
            columns = (name, f"{name}_low", f"{name}_high")
            quantity = f"{name} by channel" if name in parts else name
            made += rows("benchmark", quantity, "channel_shares", "long run", {since: true}, table, columns)
    return made


def effects(found: Mapping[str, Any], truth: Truth) -> list[Row]:
    """The programme's lift, by both designs, and the lift of an earlier start, which is none."""
    result, known = found["effects"], "programme_lift_observed"
    lifts = truth.published[known]
    made = []
    for quantity, frame in (("lift", result.effects), ("lift by time series", result.interrupted)):
        table = frame.set_index("term")
        made += rows("effects", quantity, known, "published", lifts, table)
        made += rows("effects", quantity, "programme_lift_latent", "long run", truth.long_run.lift, table)
    nothing = dict.fromkeys([*lifts, *FIGURES], 0.0)
    limits = ("placebo", "placebo_low", "placebo_high")
    table = result.checks.set_index("term")
    return made + rows("effects", "placebo", "programme_start_month", "published", nothing, table, limits)


def returns(found: Mapping[str, Any], truth: Truth) -> list[Row]:
    """The two links of the return that are estimated: items to satisfaction, satisfaction to staying."""
    import statsmodels.api as sm

    people, result = truth.long_run.people, found["returns"]
    cells = people.groupby(["csat", "retained"])["weight"].sum().reset_index()
    logit = sm.GLM(
        cells["retained"],
        sm.add_constant(cells["csat"]),
        sm.families.Binomial(),
        freq_weights=cells["weight"],
    ).fit()
    slopes, _, _ = _regressed(truth.long_run.covariance(people[["csat", *(f"P.{item}" for item in ITEMS)]]))
    slope, plan = dict(zip(ITEMS, slopes, strict=True)), demo_plans.initiatives()
    lifts = zip(plan["items"], plan["lift_likely"], strict=True)
    gain = sum(lift * slope[item] for items, lift in lifts for item in items.split(";"))
    links = result.links.set_index("term")
    return [
        *rows("returns", "link", "retention", "long run", {"retention_slope": logit.params["csat"]}, links),
        *rows("returns", "link", "driver_weights_latent", "long run", {"driver_model": gain}, links),
    ]


def scores(found: Mapping[str, Any], truth: Truth) -> list[Row]:
    """The main figure of every outcome."""
    people, headline = truth.long_run.people, found["scores"].headline
    true = {
        name: float(truth.long_run.mean(to(people[name].to_numpy(dtype=float))))
        for name, to in FIGURES.items()
    }
    table = headline[headline["primary"]].set_index("outcome")
    return rows("scores", "figure", "satisfaction_scale", "long run", true, table)
