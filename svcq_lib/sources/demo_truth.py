"""The true parameters of the demonstration study: what every analysis can be checked against."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from svcq_lib.sources import demo_comments as comments
from svcq_lib.sources import demo_customers as customers
from svcq_lib.sources import demo_gaps as gaps
from svcq_lib.sources import demo_journey as journey
from svcq_lib.sources import demo_kano as kano
from svcq_lib.sources import demo_operations as operations
from svcq_lib.sources import demo_outcomes as outcomes
from svcq_lib.sources import demo_recovery as recovery
from svcq_lib.sources import demo_responses as responses
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
    parts: dict[str, tuple[str, Any]] = {
        "seed": ("Seed that the tables were drawn with.", seed),
        **_perceptions(sample, answers),
        **_drivers(result),
        **_operations(),
        **_designs(),
    }
    return {name: {"description": text, "value": value} for name, (text, value) in parts.items()}


def _by_dimension(values: np.ndarray, digits: int = 4) -> dict[str, float]:
    return {name: round(float(x), digits) for name, x in zip(world.DIMENSIONS, values, strict=True)}


def _by_item(values: np.ndarray, digits: int = 4) -> dict[str, float]:
    return {name: round(float(x), digits) for name, x in zip(world.ITEM_NAMES, values, strict=True)}


def _mean_by_dimension(values: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    items = np.average(values, axis=0, weights=weight)
    return _by_dimension(
        np.array([items[d == world.ITEM_DIMENSION].mean() for d in range(len(world.DIMENSIONS))])
    )


def _perceptions(sample: responses.Sample, answers: responses.Answers) -> dict[str, tuple[str, Any]]:
    gap = (answers.perception - answers.expectation).astype(float)
    before, after = sample.month < world.PROGRAMME_MONTH, answers.lifted
    weight = sample.weight
    straight = [f"R{i + 1:05d}" for i in answers.straight]
    effects = {
        branch: _by_dimension(row) for branch, row in zip(world.BRANCHES, answers.branch_effect, strict=True)
    }
    lift = np.array([world.PROGRAMME_LIFT.get(name, 0.0) for name in world.DIMENSIONS])
    return {
        "programme_branches": ("Branches with the improvement programme.", list(world.PROGRAMME_BRANCHES)),
        "programme_start_month": ("First month of the programme.", world.MONTHS[world.PROGRAMME_MONTH - 1]),
        "programme_ramp_months": (
            "Months to the full effect: a third, two thirds, all.",
            world.PROGRAMME_RAMP,
        ),
        "programme_lift_latent": ("Full effect on the latent perception, points of 7.", _by_dimension(lift)),
        "programme_lift_observed": (
            "Mean effect on the answers (rounded, cut to 1–7, straight-liners included) of respondents of "
            "programme branches with the full effect: each answered with and without it.",
            _by_dimension(
                np.array([answers.observed_lift[d == world.ITEM_DIMENSION].mean() for d in range(5)])
            ),
        ),
        "gap_aimed_before": ("Gap P − E aimed at before the programme.", _by_dimension(world.GAP_BEFORE)),
        "gap_all": (
            "Weighted mean gap of the complete answers, all months.",
            _mean_by_dimension(gap, weight),
        ),
        "gap_before": ("The same before the programme.", _mean_by_dimension(gap[before], weight[before])),
        "gap_after_programme_branches": (
            "The same in programme branches with the full effect.",
            _mean_by_dimension(gap[after], weight[after]),
        ),
        "expectation_means": ("Mean expectation aimed at.", _by_dimension(world.EXPECTATION_MEAN)),
        "importance_means": ("Mean importance points of 100.", _by_dimension(world.IMPORTANCE_MEAN)),
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
    return {name: _by_dimension(row) for name, row in zip(names, table, strict=True)}


def _drivers(result: outcomes.Outcomes) -> dict[str, tuple[str, Any]]:
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
            _by_dimension(by_dimension),
        ),
        "driver_weights_standardized": (
            "Standard deviation of each dimension's part of latent satisfaction over that of the latter.",
            _by_dimension(parts.std(axis=0) / spread),
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


def sla_attainment(level: int, *, factor: float = 1.0) -> tuple[float, float]:
    """Return the true shares of complaints that meet the clocks of their level.

    Parameters
    ----------
    level : int
        1 to 3.
    factor : float
        Multiplier of both clocks, as under the programme.

    Returns
    -------
    tuple of float
        Share responded and share closed in time; the rare wait of closing for a late response is left out.
    """

    def within(hours: float, median: float, spread: float) -> float:
        return 0.5 * math.erfc(-math.log(hours / median) / (spread * math.sqrt(2)))

    respond_by, close_by = recovery.RULES[level]
    respond = within(respond_by, factor * recovery.RESPOND_MEDIAN[level], recovery.RESPOND_SPREAD)
    median = factor * recovery.CLOSE_MEDIAN[level]
    stuck = within(close_by, median * recovery.STUCK_FACTOR, recovery.CLOSE_SPREAD)
    normal = within(close_by, median, recovery.CLOSE_SPREAD)
    return respond, (1 - recovery.STUCK_SHARE) * normal + recovery.STUCK_SHARE * stuck


def _operations() -> dict[str, tuple[str, Any]]:
    sla = {}
    for name, factor in (("without_programme", 1.0), ("with_programme", recovery.PROGRAMME_CLOCK)):
        rates = {level: sla_attainment(level, factor=factor) for level in recovery.RULES}
        sla[name] = {
            f"level_{k}": {"responded": round(r, 4), "closed": round(c, 4)} for k, (r, c) in rates.items()
        }
    hours = {step: row[1] for step, row in recovery.STEPS.items()}
    return {
        "sla_attainment": ("Shares of complaints that meet the clocks 24/48, 48/72 and 72/120 hours.", sla),
        "complaint_clock_factor": ("What the programme multiplies both clocks by.", recovery.PROGRAMME_CLOCK),
        "complaint_volume_factor": (
            "What the programme multiplies complaints by.",
            recovery.PROGRAMME_VOLUME,
        ),
        "complaint_reasons": ("Shares of reasons.", recovery.REASONS),
        "complaint_root_causes": ("Shares of root causes.", recovery.ROOT_CAUSES),
        "recovery_csat": ("Mean satisfaction after recovery and its shifts, 1–10.", recovery.RECOVERY_CSAT),
        "process_hours": ("Mean hours of each step; dispatch is 40 % of 72.", hours),
        "process_rework_rate": ("Share of cases sent back to diagnosis.", recovery.REWORK_RATE),
        "kqi_shifts": (
            "True values without and with the programme, the special cause, trends of the bank's shares.",
            {
                "first_response_hours": [
                    operations.FIRST_RESPONSE_HOURS,
                    operations.FIRST_RESPONSE_HOURS + operations.FIRST_RESPONSE_CHANGE,
                ],
                "first_contact_resolution": [
                    operations.FIRST_CONTACT,
                    round(operations.FIRST_CONTACT + operations.FIRST_CONTACT_CHANGE, 4),
                ],
                "solved_share": {
                    "level": operations.SOLVED,
                    "special_cause_month": operations.OUTAGE_MONTH,
                    "drop": operations.OUTAGE_DROP,
                },
                "trends": {name: [first, last] for name, (_, first, last) in operations.BANK_SHARES.items()},
            },
        ),
        "service_profit_chain": (
            "Standardized paths between branch-months.",
            {f"{source} -> {target}": path for (source, target), path in operations.CHAIN.items()},
        ),
        "visit_path": (
            "Shares of visits at the start and the end of the eighteen months.",
            customers.VISIT_PATH,
        ),
        "visit_passed_on": ("Share of needs passed on between units.", customers.PASSED_ON),
        "transactions": (
            "By tier: transactions a month, mean amount; gamma shapes of the rate and the amount.",
            {
                "rate": dict(zip(world.TIERS, customers.PURCHASE_RATE.tolist(), strict=True)),
                "amount": dict(zip(world.TIERS, customers.AMOUNT_MEAN.tolist(), strict=True)),
                "rate_shape": customers.RATE_SHAPE,
                "amount_shape": customers.AMOUNT_SHAPE,
            },
        ),
    }


def _designs() -> dict[str, tuple[str, Any]]:
    return {
        "knowledge_gap": ("Managers' estimate − customers' expectation.", _by_dimension(gaps.KNOWLEDGE_GAP)),
        "standards_gap": ("Standard − managers' estimate.", _by_dimension(gaps.STANDARDS_GAP)),
        "delivery_gap": ("Delivered − standard.", _by_dimension(gaps.DELIVERY_GAP)),
        "communication_gap": ("Delivered − promised.", _by_dimension(gaps.COMMUNICATION_GAP)),
        "kano_categories": (
            "Category of each feature.",
            {name: row[1] for name, row in kano.FEATURES.items()},
        ),
        "kano_shares": (
            "Shares of the six kinds of answer.",
            {name: dict(zip(kano.KINDS, row[2], strict=True)) for name, row in kano.FEATURES.items()},
        ),
        "journey_memory": ("Weights of peak, end and mean in the overall score.", journey.MEMORY),
        "comment_emerging_theme": (
            "Theme that emerges and the month in which it does.",
            {"theme": comments.EMERGING_THEME, "month": world.MONTHS[comments.EMERGING_MONTH - 1]},
        ),
        "comment_share": ("Share of respondents with a comment.", comments.COMMENT_SHARE),
    }
