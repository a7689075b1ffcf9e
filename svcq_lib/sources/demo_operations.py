"""Simulated monthly figures: who was asked, key quality indicators, the service-profit chain by branch."""

# A table keeps one row per line.
# ruff: noqa: E501

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.sources import demo_world as world
from svcq_lib.sources.demo_responses import (
    AGE_GIVEN_CHANNEL,
    CHANNEL_END,
    CHANNEL_START,
    Sample,
)

RESPONSE_RATE = 0.34
CONTACTS_PER_CUSTOMER = 0.145
# Branch indicators: value without the programme, change where it runs in full.
FIRST_RESPONSE_HOURS, FIRST_RESPONSE_CHANGE, FIRST_RESPONSE_SHAPE = 4.2, -1.8, 0.8
FIRST_CONTACT, FIRST_CONTACT_CHANGE = 0.58, 0.06
SOLVED, OUTAGE_MONTH, OUTAGE_DROP = 0.79, "2025-11", 0.14
# fmt: off
# (indicator, English, Chinese, kind, group, better when higher, target row, owner)
INDICATORS: tuple[tuple[str, str, str, str, str, int, str, str], ...] = (
    ("first_response_hours", "First response, hours", "首次响应小时数", "process", "efficiency", 0, "first_response_hours", "contact_centre_manager"),
    ("solved_share", "Problems solved", "问题解决率", "result", "efficiency", 1, "solved_share", "operations_manager"),
    ("first_contact_resolution", "Solved at first contact", "首次联系解决率", "process", "efficiency", 1, "first_contact_resolution", "contact_centre_manager"),
    ("complaint_rate", "Complaint rate", "投诉率", "result", "experience", 0, "complaint_rate", "complaints_manager"),
    ("service_cost_share", "Service cost, share of revenue", "服务成本占比", "result", "growth", 0, "service_cost_share", "finance_controller"),
    ("certification_pass", "Certification passed", "认证通过率", "process", "growth", 1, "certification_pass", "training_manager"),
    ("willing_to_recommend", "Willing to recommend", "推荐意愿率", "result", "experience", 1, "willing_to_recommend", "customer_experience_manager"),
    ("channel_consistency", "Same answer in every channel", "渠道一致率", "process", "experience", 1, "channel_consistency", "customer_experience_manager"),
    ("data_completeness", "Complete customer records", "数据完整率", "process", "efficiency", 1, "data_completeness", "data_steward"),
    ("follow_up_72h", "Followed up within 72 hours", "72小时内回访率", "process", "experience", 1, "follow_up_72h", "complaints_manager"),
    ("deflected_share", "Settled by self-service", "自助解决占比", "process", "efficiency", 1, "deflected_share", "contact_centre_manager"),
    ("recurrence_share", "Same problem again", "同类问题复发率", "result", "efficiency", 0, "recurrence_reduction", "operations_manager"),
    ("innovation_projects", "Service innovation projects", "服务创新项目数", "process", "growth", 1, "innovation_projects", "programme_office"),
)
# fmt: on
# Indicators measured for the bank as a whole: base of each month, first and last true share.
BANK_SHARES: dict[str, tuple[int, float, float]] = {
    "service_cost_share": (58_000, 0.200, 0.186),
    "certification_pass": (160, 0.880, 0.910),
    "willing_to_recommend": (660, 0.690, 0.730),
    "channel_consistency": (300, 0.820, 0.850),
    "data_completeness": (2_400, 0.710, 0.790),
    "follow_up_72h": (420, 0.300, 0.440),
    "deflected_share": (5_200, 0.380, 0.460),
    "recurrence_share": (900, 0.120, 0.095),
}
# Standardized paths of the service-profit chain between branch-months.
CHAIN = {
    ("internal_quality", "employee_satisfaction"): 0.55,
    ("employee_satisfaction", "service_value"): 0.45,
    ("internal_quality", "service_value"): 0.15,
    ("service_value", "customer_satisfaction"): 0.60,
    ("customer_satisfaction", "loyalty"): 0.55,
    ("loyalty", "revenue_per_customer"): 0.40,
    ("customer_satisfaction", "revenue_per_customer"): 0.10,
    ("revenue_per_customer", "profit_per_customer"): 0.65,
}
CHAIN_UNITS: dict[str, tuple[float, float, float, float]] = {
    "internal_quality": (4.8, 0.55, 1, 7),
    "employee_satisfaction": (4.9, 0.50, 1, 7),
    "service_value": (4.7, 0.45, 1, 7),
    "customer_satisfaction": (70.0, 5.0, 0, 100),
    "loyalty": (0.72, 0.06, 0, 1),
    "revenue_per_customer": (152.0, 18.0, 0, 1000),
    "profit_per_customer": (38.0, 9.0, -1000, 1000),
}
CHAIN_BRANCH_SD, CHAIN_PROGRAMME = 0.5, 0.8


def branch_customers() -> np.ndarray:
    """Return the number of customers of each branch.

    Returns
    -------
    ndarray of int, shape (24,)
        Customers, the same in every month.
    """
    return np.rint(world.CUSTOMERS * world.BRANCH_SIZE).astype(int)


def response_sample(seed: int, sample: Sample) -> pd.DataFrame:
    """Draw how many customers were invited in each branch and month; answers are those of the responses.

    Parameters
    ----------
    seed : int
        Seed of the study.
    sample : Sample
        Who answered.

    Returns
    -------
    DataFrame
        branch, month, customers, invited, answered.
    """
    rng = world.stream(seed, "response_sample")
    count = np.zeros((len(world.BRANCHES), len(world.MONTHS)), dtype=int)
    np.add.at(count, (sample.branch, sample.month - 1), 1)
    invited = np.maximum(np.rint(count / (RESPONSE_RATE + 0.03 * rng.normal(size=count.shape))), count + 1)
    return pd.DataFrame(
        {
            "branch": np.repeat(list(world.BRANCHES), len(world.MONTHS)),
            "month": np.tile(world.MONTHS, len(world.BRANCHES)),
            "customers": np.repeat(branch_customers(), len(world.MONTHS)),
            "invited": invited.astype(int).ravel(),
            "answered": count.ravel(),
        }
    )


def population() -> pd.DataFrame:
    """Return the customers by region, channel and age: the margins for weighting.

    Returns
    -------
    DataFrame
        region, channel, age_group, customers.
    """
    region = np.zeros(len(world.REGIONS))
    for name, size in zip(world.BRANCH_REGION.values(), world.BRANCH_SIZE, strict=True):
        region[list(world.REGIONS).index(name)] += size
    channel = (CHANNEL_START + CHANNEL_END) / 2
    share = region[:, None, None] * (channel[:, None] * AGE_GIVEN_CHANNEL)[None]
    index = pd.MultiIndex.from_product(
        [world.REGIONS, world.CHANNELS, world.AGES], names=["region", "channel", "age_group"]
    )
    return pd.DataFrame(
        {"customers": np.rint(world.CUSTOMERS * share.ravel()).astype(int)}, index=index
    ).reset_index()


def kqi(seed: int, complaints: pd.DataFrame) -> pd.DataFrame:
    """Draw the monthly indicators as numerator and denominator, for branches and the whole bank.

    Parameters
    ----------
    seed : int
        Seed of the study.
    complaints : DataFrame
        The complaints; the complaint rate counts them.

    Returns
    -------
    DataFrame
        month, indicator, unit ("all" or a branch), numerator, denominator.
    """
    rng = world.stream(seed, "kqi")
    branch, month = (x.ravel() for x in np.meshgrid(np.arange(24), np.arange(1, 19), indexing="ij"))
    dose = world.programme_dose(branch, month)
    contacts = np.maximum(rng.poisson(CONTACTS_PER_CUSTOMER * branch_customers()[branch]), 1)
    hours = FIRST_RESPONSE_HOURS + FIRST_RESPONSE_CHANGE * dose
    per_month = complaints.groupby(["branch", complaints["opened"].str[:7]]).size()
    keys = pd.MultiIndex.from_arrays(
        [np.array(list(world.BRANCHES))[branch], np.array(world.MONTHS)[month - 1]]
    )
    solved = SOLVED - OUTAGE_DROP * (np.array(world.MONTHS)[month - 1] == OUTAGE_MONTH)
    numerators = {
        "first_response_hours": np.round(
            rng.gamma(FIRST_RESPONSE_SHAPE * contacts, hours / FIRST_RESPONSE_SHAPE), 1
        ),
        "first_contact_resolution": rng.binomial(contacts, FIRST_CONTACT + FIRST_CONTACT_CHANGE * dose),
        "solved_share": rng.binomial(contacts, solved),
        "complaint_rate": per_month.reindex(keys, fill_value=0).to_numpy(),
    }
    parts = [
        pd.DataFrame(
            {
                "month": keys.get_level_values(1),
                "indicator": name,
                "unit": keys.get_level_values(0),
                "numerator": values,
                "denominator": contacts,
            }
        )
        for name, values in numerators.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    bank = table.groupby(["indicator", "month"], as_index=False)[["numerator", "denominator"]].sum()
    bank["unit"] = "all"
    whole = pd.concat([bank, _bank_series(rng), table], ignore_index=True)
    whole["numerator"] = whole["numerator"].round(1)
    return whole[["month", "indicator", "unit", "numerator", "denominator"]]


def _bank_series(rng: np.random.Generator) -> pd.DataFrame:
    months = len(world.MONTHS)
    parts = []
    for name, (base, first, last) in BANK_SHARES.items():
        share = np.linspace(first, last, months)
        if name == "service_cost_share":
            value = np.rint(base * (share + 0.002 * rng.normal(size=months))).astype(int)
        else:
            value = rng.binomial(base, share)
        parts.append(
            pd.DataFrame({"month": world.MONTHS, "indicator": name, "numerator": value, "denominator": base})
        )
    projects = rng.poisson(0.6, size=months)
    parts.append(
        pd.DataFrame(
            {
                "month": world.MONTHS,
                "indicator": "innovation_projects",
                "numerator": projects,
                "denominator": 1,
            }
        )
    )
    return pd.concat(parts, ignore_index=True).assign(unit="all")


def kqi_definitions() -> pd.DataFrame:
    """Return what each indicator is, who owns it and which target row belongs to it.

    Returns
    -------
    DataFrame
        indicator, label_en, label_zh, kind, index_group, higher_is_better, target_indicator, owner.
    """
    names = [
        "indicator",
        "label_en",
        "label_zh",
        "kind",
        "index_group",
        "higher_is_better",
        "target_indicator",
        "owner",
    ]
    return pd.DataFrame(INDICATORS, columns=names)


def employees(seed: int) -> pd.DataFrame:
    """Draw the service-profit chain by branch and month.

    Parameters
    ----------
    seed : int
        Seed of the study.

    Returns
    -------
    DataFrame
        branch, month, headcount, training_hours, turnover, and the seven links of the chain.
    """
    rng = world.stream(seed, "employees")
    branch, month = (x.ravel() for x in np.meshgrid(np.arange(24), np.arange(1, 19), indexing="ij"))
    level = CHAIN_BRANCH_SD * rng.normal(size=24)
    start = level[branch] + np.sqrt(1 - CHAIN_BRANCH_SD**2) * rng.normal(size=len(branch))
    z = {"internal_quality": _standard(start + CHAIN_PROGRAMME * world.programme_dose(branch, month))}
    for name in list(CHAIN_UNITS)[1:]:
        known = sum(path * z[source] for (source, target), path in CHAIN.items() if target == name)
        z[name] = _standard(
            known + np.sqrt(max(0.05, 1 - float(np.var(known)))) * rng.normal(size=len(branch))
        )
    headcount = np.maximum(np.rint(branch_customers() / 85), 3).astype(int)[branch]
    table = pd.DataFrame(
        {
            "branch": np.array(list(world.BRANCHES))[branch],
            "month": np.array(world.MONTHS)[month - 1],
            "headcount": headcount,
            "training_hours": np.round(
                np.maximum(3.3 + 1.2 * z["internal_quality"] + rng.normal(size=len(branch)), 0), 1
            ),
            "turnover": rng.binomial(
                headcount, np.clip(0.015 - 0.004 * z["employee_satisfaction"], 0.002, 0.05)
            ),
        }
    )
    for name, (mean, sd, low, high) in CHAIN_UNITS.items():
        table[name] = np.round(np.clip(mean + sd * z[name], low, high), 3 if high == 1 else 2)
    return table


def _standard(x: np.ndarray) -> np.ndarray:
    return np.asarray((x - x.mean()) / x.std())
