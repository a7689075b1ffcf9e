"""The true parameters of the demonstration study: what every analysis can be checked against."""

from __future__ import annotations

from typing import Any

import numpy as np

from svcq_lib.sources import demo_outcomes as outcomes
from svcq_lib.sources import demo_responses as responses
from svcq_lib.sources import demo_truth_tables as tables
from svcq_lib.sources import demo_world as world

Entry = dict[str, Any]


def truth(
    seed: int, sample: responses.Sample, answers: responses.Answers, result: outcomes.Outcomes
) -> Entry:
    """Return every true parameter with a short description.

    Parameters
    ----------
    seed : int
        Seed of the study.
    sample, answers, result
        The respondents, their complete answers and outcomes.

    Returns
    -------
    dict
        Name → {"description", "value"}; plain numbers, lists and mappings, ready for JSON.
    """
    parts: tables.Entries = {
        "seed": ("Seed that the tables were drawn with.", seed),
        **_programme(answers),
        **_gaps(sample, answers),
        **_effects(answers),
        **_respondents(answers),
        **_drivers(result),
        **_outcomes(),
        **tables.complaints(),
        **tables.indicators(),
        **tables.customers(),
        **tables.designs(),
    }
    return {name: {"description": text, "value": value} for name, (text, value) in parts.items()}


def _by_item(values: np.ndarray, digits: int = 4) -> dict[str, float]:
    return {name: round(float(x), digits) for name, x in zip(world.ITEM_NAMES, values, strict=True)}


def _mean_by_dimension(values: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    items = np.average(values, axis=0, weights=weight)
    return tables.by_dimension(
        np.array([items[d == world.ITEM_DIMENSION].mean() for d in range(len(world.DIMENSIONS))])
    )


def _programme(answers: responses.Answers) -> tables.Entries:
    lift = np.array([world.PROGRAMME_LIFT.get(name, 0.0) for name in world.DIMENSIONS])
    return {
        "programme_branches": ("Branches with the improvement programme.", list(world.PROGRAMME_BRANCHES)),
        "programme_start_month": ("First month of the programme.", world.MONTHS[world.PROGRAMME_MONTH - 1]),
        "programme_ramp_months": (
            "Months to the full effect: a third, two thirds, all.",
            world.PROGRAMME_RAMP,
        ),
        "programme_lift_latent": (
            "Full effect on the latent perception, points of 7.",
            tables.by_dimension(lift),
        ),
        "programme_lift_observed": (
            "Mean effect on the answers (rounded, cut to 1–7, straight-liners included) of respondents of "
            "programme branches with the full effect: each answered with and without it.",
            tables.by_dimension(
                np.array([answers.observed_lift[d == world.ITEM_DIMENSION].mean() for d in range(5)])
            ),
        ),
    }


def _gaps(sample: responses.Sample, answers: responses.Answers) -> tables.Entries:
    gap = (answers.perception - answers.expectation).astype(float)
    before, after, weight = sample.month < world.PROGRAMME_MONTH, answers.lifted, sample.weight
    return {
        "gap_aimed_before": (
            "Gap P − E aimed at before the programme.",
            tables.by_dimension(world.GAP_BEFORE),
        ),
        "gap_all": (
            "Weighted mean gap of the complete answers, all months.",
            _mean_by_dimension(gap, weight),
        ),
        "gap_before": ("The same before the programme.", _mean_by_dimension(gap[before], weight[before])),
        "gap_after_programme_branches": (
            "The same in programme branches with the full effect.",
            _mean_by_dimension(gap[after], weight[after]),
        ),
        "expectation_means": ("Mean expectation aimed at.", tables.by_dimension(world.EXPECTATION_MEAN)),
        "importance_means": ("Mean importance points of 100.", tables.by_dimension(world.IMPORTANCE_MEAN)),
    }


def _effects(answers: responses.Answers) -> tables.Entries:
    rows = zip(world.BRANCHES, answers.branch_effect, strict=True)
    effects = {branch: tables.by_dimension(row) for branch, row in rows}
    return {
        "branch_effects": ("Effect of each branch on the latent perception, mean 0.", effects),
        "branch_month_sd": (
            "Standard deviation of the shock of a branch in a month.",
            responses.BRANCH_MONTH_SD,
        ),
        "region_effects": (
            "Effect of the region, before centring.",
            _rows(world.REGIONS, responses.REGION_EFFECT),
        ),
        "channel_effects": (
            "Effect of the channel, before centring.",
            _rows(world.CHANNELS, responses.CHANNEL_EFFECT),
        ),
        "tier_effects": ("Effect of the tier, before centring.", _rows(world.TIERS, responses.TIER_EFFECT)),
        "age_effects": ("Effect of the age group, before centring.", _rows(world.AGES, responses.AGE_EFFECT)),
    }


def _respondents(answers: responses.Answers) -> tables.Entries:
    straight = [f"R{i + 1:05d}" for i in answers.straight]
    return {
        "channel_shares": (
            "Population shares of the channels in the first and last month: a mix effect.",
            {
                "first": list(responses.CHANNEL_START),
                "last": list(responses.CHANNEL_END),
                "order": list(world.CHANNELS),
            },
        ),
        "response_propensity": (
            "Relative propensity to answer; weights are its inverse.",
            {
                "age_group": dict(zip(world.AGES, responses.AGE_RESPONSE.tolist(), strict=True)),
                "channel": dict(zip(world.CHANNELS, responses.CHANNEL_RESPONSE.tolist(), strict=True)),
            },
        ),
        "missing": (
            "Shares of blank and of don't-know answers per item.",
            {
                "blank": responses.BLANK_SHARE,
                "dont_know": responses.DONT_KNOW_SHARE,
                "code": responses.DONT_KNOW,
            },
        ),
        "straight_liners": ("Responses with one answer to all 44 questions.", straight),
    }


def _rows(names: dict[str, world.Text], table: np.ndarray) -> Entry:
    return {name: tables.by_dimension(row) for name, row in zip(names, table, strict=True)}


def _drivers(result: outcomes.Outcomes) -> tables.Entries:
    weights = outcomes.ITEM_WEIGHTS
    spread = result.latent.std()
    by_dimension = np.array([weights[d == world.ITEM_DIMENSION].sum() for d in range(len(world.DIMENSIONS))])
    parts = np.stack(
        [
            result.contributions[:, d == world.ITEM_DIMENSION].sum(axis=1)
            for d in range(len(world.DIMENSIONS))
        ],
        axis=1,
    )
    order = [name for _, name in sorted(zip(-by_dimension, world.DIMENSIONS, strict=True))]
    linear = result.contributions.sum(axis=1)
    return {
        "driver_weights_latent": (
            f"Weight of each item's latent perception (unit: {outcomes.Z_SD} points) in latent satisfaction.",
            _by_item(weights),
        ),
        "driver_weights_dimension": (
            "The same, summed over the items of a dimension.",
            tables.by_dimension(by_dimension),
        ),
        "driver_weights_standardized": (
            "Standard deviation of each dimension's part of latent satisfaction over that of the latter.",
            tables.by_dimension(parts.std(axis=0) / spread),
        ),
        "driver_order": ("Dimensions from the strongest driver to the weakest.", order),
        "driver_r_squared_latent": (
            "Share of the variance of latent satisfaction that the linear part explains.",
            round(float(np.corrcoef(linear, result.latent)[0, 1] ** 2), 4),
        ),
        "asymmetry": (
            f"Extra slopes beyond {outcomes.BEND} units: penalty of basic items, reward of exciting ones.",
            {"penalty": outcomes.PENALTY, "reward": outcomes.REWARD},
        ),
    }


def _outcomes() -> tables.Entries:
    return {
        "satisfaction_scale": (
            "Mean and slope of CSAT (1–10) on latent satisfaction, before rounding.",
            {"mean": outcomes.CSAT_MEAN, "slope": outcomes.CSAT_SLOPE},
        ),
        "repurchase": (
            "Logit of repurchase: intercept, slope per point of CSAT; about +3.2 percentage points each.",
            {"intercept": outcomes.REPURCHASE_LOGIT, "slope": outcomes.REPURCHASE_SLOPE},
        ),
        "retention": (
            "Logit of staying to the report date: intercept, slope per point of CSAT, effect of the tier.",
            {
                "intercept": outcomes.RETENTION_LOGIT,
                "slope": outcomes.RETENTION_SLOPE,
                "tier": dict(zip(world.TIERS, outcomes.RETENTION_TIER.tolist(), strict=True)),
            },
        ),
    }
