"""Simulated customers, their transactions, and the client-visit programme."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.sources import demo_world as world

CUSTOMERS = 1_500
# Transactions a month while active, and mean amount, by tier: high value, potential, long tail.
PURCHASE_RATE, AMOUNT_MEAN, AMOUNT_SHAPE = (
    np.array([1.00, 0.60, 0.28]),
    np.array([5200.0, 1800.0, 520.0]),
    1.6,
)
TENURE_DAYS = 1_500
MARGIN = np.array([0.32, 0.28, 0.22])
RATE_SHAPE = 2.0
STAGES = ("new", "growing", "mature", "declining", "lost")

SEGMENTS: dict[str, tuple[world.Text, int, float]] = {
    "high_value": (("High-value firms", "高价值企业"), 160, 0.90),
    "potential": (("Growing firms", "潜力企业"), 320, 0.66),
    "small_firm": (("Small firms", "小微企业"), 900, 0.52),
    "remote_small_firm": (("Remote small firms", "偏远小微企业"), 300, 0.42),
    "special_group": (("Special groups", "特殊群体"), 220, 0.72),
}
REGION_SHARE = np.array([0.27, 0.26, 0.27, 0.20])
NEEDS = ("financing", "payment", "digital_access", "service_quality", "policy_advice", "accessibility")
VISITS = 1_400
# Shares at the start and at the end of the eighteen months.
VISIT_PATH = {
    "solved": (0.68, 0.88),
    "on_time": (0.45, 0.74),
    "duplicate": (0.38, 0.16),
    "hidden_need": (0.14, 0.26),
}
PASSED_ON, EMERGENCY, SATISFACTION = 0.09, 0.05, (7.4, 8.4)
STEP_DAYS = {"assigned": 1.2, "answered": 3.2, "solved": 6.0, "verified": 4.0}


def customers(seed: int, responses: pd.DataFrame) -> pd.DataFrame:
    """Draw the customers whose transactions are known: a sample of those who answered.

    Parameters
    ----------
    seed : int
        Seed of the study.
    responses : DataFrame
        The table of responses; who is retained there is a customer here.

    Returns
    -------
    DataFrame
        customer_id, customer_tier, branch, joined, margin, stage, left_month (blank while a customer).
    """
    rng = world.stream(seed, "customers")
    size = min(CUSTOMERS, len(responses))
    people = responses.iloc[np.sort(rng.choice(len(responses), size=size, replace=False))].reset_index(
        drop=True
    )
    day = people["date"].to_numpy().astype("datetime64[D]")
    tenure = 20 + np.floor(rng.exponential(TENURE_DAYS, size=size)).astype("timedelta64[D]")
    joined = day - tenure
    lost = (people["retained"] == 0).to_numpy(dtype=bool)
    month = people["date"].str[:7].map(world.MONTHS.index).to_numpy() + 1
    left = month + np.ceil(rng.random(size) * (len(world.MONTHS) - month)).astype(int)
    years = (np.datetime64(world.REPORT_DATE) - joined).astype(int) / 365
    unhappy = (people["csat"] <= 5).fillna(False).to_numpy(dtype=bool)
    stage = np.select([lost, years < 1, years < 3, unhappy], [4, 0, 1, 3], default=2)
    margin = MARGIN[people["customer_tier"].map(list(world.TIERS).index).to_numpy()]
    table = people[["customer_id", "customer_tier", "branch"]].copy()
    table["joined"] = joined.astype(str)
    table["margin"] = np.round(np.clip(margin + 0.04 * rng.normal(size=size), 0.05, 0.6), 3)
    table["stage"] = np.array(STAGES)[stage]
    table["left_month"] = np.where(lost, np.array(world.MONTHS)[left - 1], "")
    return table


def transactions(seed: int, people: pd.DataFrame) -> pd.DataFrame:
    """Draw transactions: a rate of one's own until the customer leaves, gamma amounts.

    Parameters
    ----------
    seed : int
        Seed of the study.
    people : DataFrame
        The table of :func:`customers`.

    Returns
    -------
    DataFrame
        customer_id, date, amount, in order of date.
    """
    rng = world.stream(seed, "transactions")
    tier = people["customer_tier"].map(list(world.TIERS).index).to_numpy()
    start = np.maximum(people["joined"].to_numpy().astype("datetime64[D]"), np.datetime64("2025-01-01"))
    months = {name: i for i, name in enumerate(world.MONTHS, 1)}
    last = people["left_month"].map(lambda name: months.get(name, 18)).to_numpy()
    end = (np.datetime64("2025-01") + last.astype("timedelta64[M]")).astype("datetime64[D]")
    span = np.maximum((end - start).astype(int), 1)
    rate = PURCHASE_RATE[tier] * rng.gamma(RATE_SHAPE, 1 / RATE_SHAPE, size=len(people))
    count = np.maximum(rng.poisson(rate * span / 30.4), 1)
    who = np.repeat(np.arange(len(people)), count)
    day = start[who] + np.floor(rng.random(len(who)) * span[who]).astype("timedelta64[D]")
    level = AMOUNT_MEAN[tier] * rng.gamma(4.0, 0.25, size=len(people))
    amount = np.round(rng.gamma(AMOUNT_SHAPE, level[who] / AMOUNT_SHAPE), 2)
    table = pd.DataFrame(
        {"customer_id": people["customer_id"].to_numpy()[who], "date": day.astype(str), "amount": amount}
    )
    return table.sort_values(["date", "customer_id"], kind="stable", ignore_index=True)


def visit_clients() -> pd.DataFrame:
    """Return how many clients the visit programme is for: the base of its coverage.

    Returns
    -------
    DataFrame
        region, segment, label_en, label_zh, clients.
    """
    return pd.DataFrame(
        [
            (region, segment, *text, round(clients * share))
            for region, share in zip(world.REGIONS, REGION_SHARE, strict=True)
            for segment, (text, clients, _) in SEGMENTS.items()
        ],
        columns=["region", "segment", "label_en", "label_zh", "clients"],
    )


def visits(seed: int) -> pd.DataFrame:
    """Draw the needs recorded on client visits and how far each came: recorded to verified.

    Parameters
    ----------
    seed : int
        Seed of the study.

    Returns
    -------
    DataFrame
        One row per need; dates of steps not reached are blank.
    """
    rng = world.stream(seed, "visits")
    n = VISITS
    reach = np.array([clients * share for _, clients, share in SEGMENTS.values()])
    segment = rng.choice(len(SEGMENTS), size=n, p=reach / reach.sum())
    region = rng.choice(len(REGION_SHARE), size=n, p=REGION_SHARE)
    day = np.sort(rng.integers(0, 546, size=n))
    later = day / 546
    clients = np.array([max(1, round(c * s)) for _, c, s in SEGMENTS.values()])
    client = 1 + np.floor(rng.random(n) * clients[segment] * REGION_SHARE[region]).astype(int)
    hit = {name: rng.random(n) < low + (high - low) * later for name, (low, high) in VISIT_PATH.items()}
    emergency = rng.random(n) < EMERGENCY
    table = pd.DataFrame(
        {
            "visit_id": [f"V{i:05d}" for i in range(1, n + 1)],
            "client_id": [f"F{r}{s}{c:03d}" for r, s, c in zip(region + 1, segment + 1, client, strict=True)],
            "region": np.array(list(world.REGIONS))[region],
            "segment": np.array(list(SEGMENTS))[segment],
            "need": np.array(NEEDS)[rng.choice(len(NEEDS), size=n, p=[0.24, 0.18, 0.20, 0.20, 0.10, 0.08])],
            "mobile_form": (rng.random(n) < 0.22 + 0.16 * later).astype(int),
            "hidden_need": hit["hidden_need"].astype(int),
            "duplicate": hit["duplicate"].astype(int),
            "passed_on": (rng.random(n) < PASSED_ON).astype(int),
            "emergency": emergency.astype(int),
        }
    )
    return _visit_dates(rng, table, day, hit, emergency)


def _visit_dates(
    rng: np.random.Generator,
    table: pd.DataFrame,
    day: np.ndarray,
    hit: dict[str, np.ndarray],
    emergency: np.ndarray,
) -> pd.DataFrame:
    n = len(table)
    start = np.datetime64("2025-01-01") + day.astype("timedelta64[D]")
    end = np.datetime64(world.REPORT_DATE)
    table["recorded"] = start.astype(str)
    pace = np.where(hit["on_time"], 0.6, 1.5) * np.where(emergency, 0.2, 1.0)
    reached = {
        "assigned": rng.random(n) < 0.985,
        "answered": rng.random(n) < 0.97,
        "solved": hit["solved"],
        "verified": rng.random(n) < 0.86,
    }
    when, going = start, np.ones(n, dtype=bool)
    for step, days in STEP_DAYS.items():
        when = when + np.ceil(pace * rng.gamma(2.0, days / 2, size=n)).astype("timedelta64[D]")
        going = going & reached[step] & (when <= end)
        table[step] = np.where(going, when.astype(str), "")
    asked = (table["answered"] != "").to_numpy() & (rng.random(n) < 0.65)
    mean = SATISFACTION[0] + (SATISFACTION[1] - SATISFACTION[0]) * day / 546 - 1.2 * ~hit["solved"]
    table["satisfaction"] = pd.array(np.clip(np.rint(mean + 1.3 * rng.normal(size=n)), 1, 10), dtype="Int16")
    table.loc[~asked, "satisfaction"] = pd.NA
    return table
