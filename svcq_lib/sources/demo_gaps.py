"""Simulated tables of gaps 1 to 4: managers' estimates, standards, mystery shopping and promises."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.sources import demo_world as world

# Order of the dimensions; each step is the mean of one gap.
KNOWLEDGE_GAP = np.array([0.15, -0.10, -0.35, -0.05, -0.25])
STANDARDS_GAP = np.array([-0.05, -0.30, -0.55, -0.25, -0.40])
DELIVERY_GAP = np.array([-0.10, -0.75, -0.80, -0.45, -0.35])
COMMUNICATION_GAP = np.array([-0.15, -0.90, -1.20, -0.50, -0.60])
MANAGERS, VISITS_PER_MONTH = 30, 20
MANAGER_SD, VISIT_SD, ANSWER_SD = 0.35, 0.45, 0.70
MEDIA = ("advertising", "website", "service_charter")


def expectation_means() -> np.ndarray:
    """Return the customers' mean expectation that each item is aimed at.

    Returns
    -------
    ndarray, shape (22,)
        Means on 1–7.
    """
    return world.EXPECTATION_MEAN[world.ITEM_DIMENSION] + np.array([row[3] for row in world.ITEMS])


def manager_estimates(seed: int) -> pd.DataFrame:
    """Draw what managers believe that customers expect.

    Parameters
    ----------
    seed : int
        Seed of the study.

    Returns
    -------
    DataFrame
        manager_id, branch, item, estimate.
    """
    rng = world.stream(seed, "manager_estimates")
    mean = expectation_means() + KNOWLEDGE_GAP[world.ITEM_DIMENSION]
    latent = mean + MANAGER_SD * rng.normal(size=(MANAGERS, 1)) + 0.5 * rng.normal(size=(MANAGERS, len(mean)))
    branch = list(world.BRANCHES)
    return pd.DataFrame(
        {
            "manager_id": np.repeat([f"M{i:02d}" for i in range(1, MANAGERS + 1)], len(mean)),
            "branch": np.repeat([branch[i % len(branch)] for i in range(MANAGERS)], len(mean)),
            "item": np.tile(world.ITEM_NAMES, MANAGERS),
            "estimate": np.clip(np.round(latent * 2) / 2, 1, 7).ravel(),
        }
    )


def standard_levels() -> np.ndarray:
    """Return the standard set for each item.

    Returns
    -------
    ndarray, shape (22,)
        Levels on 1–7, one decimal.
    """
    return np.round(expectation_means() + (KNOWLEDGE_GAP + STANDARDS_GAP)[world.ITEM_DIMENSION], 1)


def standards() -> pd.DataFrame:
    """Return the service standards by item, with their level and the Grönroos grouping.

    Returns
    -------
    DataFrame
        item, standard, level, quality, valid_from.
    """
    levels = {
        "tangibles": "basic",
        "reliability": "basic",
        "responsiveness": "expected",
        "assurance": "expected",
    }
    names = [row[0] for row in world.ITEMS]
    technical = {"q01", "q05", "q07", "q09", "q15", "q17"}
    return pd.DataFrame(
        {
            "item": world.ITEM_NAMES,
            "standard": standard_levels(),
            "level": [levels.get(name, "differentiating") for name in names],
            "quality": ["technical" if item in technical else "functional" for item in world.ITEM_NAMES],
            "valid_from": "2025-01-01",
        }
    )


def mystery_shopping(seed: int) -> pd.DataFrame:
    """Draw mystery-shopping visits: 20 a month over 24 branches, too few for one branch.

    Parameters
    ----------
    seed : int
        Seed of the study.

    Returns
    -------
    DataFrame
        visit_id, date, branch, item, delivered.
    """
    rng = world.stream(seed, "mystery_shopping")
    n, items = VISITS_PER_MONTH * len(world.MONTHS), len(world.ITEMS)
    month = np.repeat(np.arange(1, len(world.MONTHS) + 1), VISITS_PER_MONTH)
    branch = rng.integers(len(world.BRANCHES), size=n)
    lift = np.array([world.PROGRAMME_LIFT.get(name, 0.0) for name in world.DIMENSIONS])
    mean = standard_levels() + DELIVERY_GAP[world.ITEM_DIMENSION]
    dose = world.programme_dose(branch, month)[:, None] - world.programme_dose(branch, month).mean()
    latent = mean + dose * lift[world.ITEM_DIMENSION] + VISIT_SD * rng.normal(size=(n, 1))
    delivered = np.clip(np.rint(latent + ANSWER_SD * rng.normal(size=(n, items))), 1, 7).astype(int)
    day = np.array(world.MONTHS, dtype="datetime64[M]")[month - 1].astype("datetime64[D]") + rng.integers(
        28, size=n
    )
    return pd.DataFrame(
        {
            "visit_id": np.repeat([f"S{i:04d}" for i in range(1, n + 1)], items),
            "date": np.repeat(day.astype(str), items),
            "branch": np.repeat(np.array(list(world.BRANCHES))[branch], items),
            "item": np.tile(world.ITEM_NAMES, n),
            "delivered": delivered.ravel(),
        }
    )


def promises(seed: int) -> pd.DataFrame:
    """Draw the level of service that each communication promises.

    Parameters
    ----------
    seed : int
        Seed of the study.

    Returns
    -------
    DataFrame
        item, communication, promised.
    """
    rng = world.stream(seed, "promises")
    delivered = standard_levels() + DELIVERY_GAP[world.ITEM_DIMENSION]
    mean = delivered - COMMUNICATION_GAP[world.ITEM_DIMENSION]
    offset = np.array([0.15, 0.0, -0.15])
    promised = np.clip(mean[:, None] + offset + 0.05 * rng.normal(size=(len(mean), 3)), 1, 7)
    return pd.DataFrame(
        {
            "item": np.repeat(world.ITEM_NAMES, len(MEDIA)),
            "communication": np.tile(MEDIA, len(mean)),
            "promised": np.round(promised.ravel(), 1),
        }
    )
