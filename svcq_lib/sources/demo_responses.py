"""Simulated answers: who answered, what they expect and perceive, how they split 100 points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from svcq_lib.sources import demo_world as world

# Population shares and response propensities: the young and mobile customers answer least.
CHANNEL_START = np.array([0.42, 0.24, 0.34])
CHANNEL_END = np.array([0.32, 0.22, 0.46])
AGE_GIVEN_CHANNEL = np.array([[0.12, 0.22, 0.32, 0.34], [0.18, 0.30, 0.31, 0.21], [0.33, 0.37, 0.22, 0.08]])
TIER_SHARE = np.array([0.18, 0.34, 0.48])
AGE_RESPONSE = np.array([0.20, 0.27, 0.34, 0.41])
CHANNEL_RESPONSE = np.array([1.10, 1.00, 0.85])

# Effects on the latent perception, columns in the order of the dimensions.
REGION_EFFECT = np.array(
    [
        [0.05, 0.05, 0.02, 0.04, 0.04],
        [0.03, -0.04, -0.06, 0, -0.02],
        [-0.04, 0.02, 0.06, 0, 0.03],
        [-0.04, -0.03, -0.02, -0.04, -0.05],
    ]
)
CHANNEL_EFFECT = np.array(
    [[0.05, 0.05, -0.10, 0.10, 0.15], [-0.10, -0.15, -0.20, -0.05, 0.00], [0.05, 0.08, 0.25, -0.05, -0.15]]
)
TIER_EFFECT = np.array(
    [[0.05, 0.05, 0.10, 0.08, 0.20], [0.0, 0.02, 0.0, 0.02, 0.02], [-0.02, -0.04, -0.04, -0.04, -0.08]]
)
AGE_EFFECT = np.array(
    [
        [-0.05, -0.15, -0.30, -0.10, -0.15],
        [0, -0.03, -0.08, 0, -0.02],
        [0.02, 0.05, 0.10, 0.03, 0.05],
        [0.05, 0.12, 0.25, 0.08, 0.12],
    ]
)
BRANCH_SD, BRANCH_DIMENSION_SD, BRANCH_MONTH_SD = 0.16, 0.10, 0.04

# Spread: a person's general level, a person's level on a dimension, and the single item.
COMMON_LOADING = np.array([0.25, 0.70, 0.70, 0.70, 0.70])
PERSON_SD, ITEM_SD = 0.95, 0.75
EXPECTATION_PERSON_SD, EXPECTATION_ITEM_SD, EXPECTATION_COMMON = 0.55, 0.55, 0.15
STRAIGHT_LINERS, BLANK_SHARE, DONT_KNOW_SHARE, DONT_KNOW = 0.01, 0.020, 0.006, 99
POINTS_CONCENTRATION, FIVES_SHARE = 16.0, 0.7


@dataclass(frozen=True)
class Sample:
    """Who answered: positions in the world's lists, month, date, weight, dose of the programme."""

    branch: np.ndarray
    region: np.ndarray
    channel: np.ndarray
    age: np.ndarray
    tier: np.ndarray
    month: np.ndarray
    date: np.ndarray
    weight: np.ndarray
    dose: np.ndarray


@dataclass(frozen=True)
class Answers:
    """Answers before any is missing, and the latent values behind them."""

    expectation: np.ndarray
    perception: np.ndarray
    latent: np.ndarray
    points: np.ndarray
    straight: np.ndarray
    branch_effect: np.ndarray
    observed_lift: np.ndarray
    lifted: np.ndarray


def channel_shares(month: np.ndarray) -> np.ndarray:
    """Return the population's channel shares by month: customers move from counter to mobile.

    Parameters
    ----------
    month : ndarray of int, shape (n,)
        Month of the study, 1 to 18.

    Returns
    -------
    ndarray, shape (n, 3)
        Shares in the order of the channels.
    """
    later = ((np.asarray(month) - 1) / 17)[:, None]
    return CHANNEL_START * (1 - later) + CHANNEL_END * later


def draw_sample(seed: int, n: int) -> Sample:
    """Draw who answered: population shares times the propensity to answer.

    Parameters
    ----------
    seed : int
        Seed of the study.
    n : int
        Number of responses.

    Returns
    -------
    Sample
        Respondents in order of date; the weight is the inverse propensity with mean 1.
    """
    rng = world.stream(seed, "sample")
    month = np.sort(rng.integers(1, 19, n))
    branch = pick_branch(rng, n)
    joint = channel_shares(month)[:, :, None] * AGE_GIVEN_CHANNEL * CHANNEL_RESPONSE[:, None] * AGE_RESPONSE
    cell = world.pick(rng, joint.reshape(n, -1))
    channel, age = np.divmod(cell, len(world.AGES))
    region = np.array([list(world.REGIONS).index(r) for r in world.BRANCH_REGION.values()])[branch]
    tier = world.pick(rng, np.tile(TIER_SHARE, (n, 1)))
    weight = 1 / (AGE_RESPONSE[age] * CHANNEL_RESPONSE[channel])
    weight = np.round(weight / weight.mean(), 4)
    date = _dates(rng, month)
    return Sample(
        branch, region, channel, age, tier, month, date, weight, world.programme_dose(branch, month)
    )


def pick_branch(rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw branches in proportion to their size.

    Parameters
    ----------
    rng : numpy.random.Generator
        Random numbers.
    n : int
        How many.

    Returns
    -------
    ndarray of int, shape (n,)
        Positions of branches, 0 for B01.
    """
    return rng.choice(len(world.BRANCH_SIZE), size=n, p=world.BRANCH_SIZE)


def _dates(rng: np.random.Generator, month: np.ndarray) -> np.ndarray:
    first = np.array(world.MONTHS, dtype="datetime64[M]")[month - 1]
    length = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(int)
    day = np.floor(rng.random(len(month)) * length).astype("timedelta64[D]")
    return np.sort(first.astype("datetime64[D]") + day)


@lru_cache(maxsize=256)
def latent_mean(target: float, sd: float) -> float:
    """Return the latent mean whose answers, rounded and cut to 1–7, average a target.

    Parameters
    ----------
    target : float
        Wanted mean answer.
    sd : float
        Standard deviation of the latent value.

    Returns
    -------
    float
        The mean of the normal latent value, by bisection.

    Examples
    --------
    >>> round(latent_mean(4.0, 1.2), 6)
    4.0
    """
    low, high = 0.0, 12.0
    for _ in range(60):
        middle = (low + high) / 2
        answer = 1 + sum(0.5 * math.erfc((cut - middle) / (sd * math.sqrt(2))) for cut in np.arange(1.5, 7))
        low, high = (middle, high) if answer < target else (low, middle)
    return (low + high) / 2


def latent_means() -> tuple[np.ndarray, np.ndarray]:
    """Return the latent means of expectation and perception of every item, before the programme.

    Returns
    -------
    tuple of ndarray, each of shape (22,)
        Expectation and perception.
    """
    shift = np.array([[row[3], row[4]] for row in world.ITEMS])
    expected = world.EXPECTATION_MEAN[world.ITEM_DIMENSION]
    perceived = expected + world.GAP_BEFORE[world.ITEM_DIMENSION]
    spread_e = math.hypot(EXPECTATION_PERSON_SD, EXPECTATION_ITEM_SD)
    spread_p = math.hypot(PERSON_SD, ITEM_SD, 0.28)
    return (
        np.array([latent_mean(float(x), spread_e) for x in expected + shift[:, 0]]),
        np.array([latent_mean(float(x), spread_p) for x in perceived + shift[:, 1]]),
    )


def draw_answers(seed: int, sample: Sample, *, branch_effect: np.ndarray | None = None) -> Answers:
    """Draw expectations, perceptions and importance points.

    Parameters
    ----------
    seed : int
        Seed of the study.
    sample : Sample
        Who answered.
    branch_effect : ndarray, shape (24, 5), optional
        Effect of each branch on the latent perception, such as another study's, in place of the one drawn.

    Returns
    -------
    Answers
        Complete answers; ``observed_lift`` is the programme's mean effect on the answers of those in
        ``lifted`` (programme branches after the ramp), had each answered with and without it.
    """
    rng = world.stream(seed, "answers")
    n = len(sample.branch)
    expected, perceived = latent_means()
    common = rng.normal(size=(n, 1))
    own = rng.normal(size=(n, len(world.DIMENSIONS)))
    level = PERSON_SD * (COMMON_LOADING * common + np.sqrt(1 - COMMON_LOADING**2) * own)
    drawn = _branch_effects(rng)
    effect = drawn if branch_effect is None else branch_effect
    level += _shifts(rng, sample, effect)
    latent = perceived + level[:, world.ITEM_DIMENSION] + ITEM_SD * rng.normal(size=(n, len(world.ITEMS)))
    lift = np.array([world.PROGRAMME_LIFT.get(name, 0.0) for name in world.DIMENSIONS])[world.ITEM_DIMENSION]
    without, with_lift = _on_scale(latent), _on_scale(latent + sample.dose[:, None] * lift)
    person = EXPECTATION_COMMON * common + math.sqrt(1 - EXPECTATION_COMMON**2) * rng.normal(size=(n, 5))
    noise = EXPECTATION_ITEM_SD * rng.normal(size=(n, len(world.ITEMS)))
    expectation = _on_scale(expected + EXPECTATION_PERSON_SD * person[:, world.ITEM_DIMENSION] + noise)
    straight = np.sort(rng.choice(n, size=round(STRAIGHT_LINERS * n), replace=False))
    same = rng.choice([4, 5, 6, 7], size=(len(straight), 1), p=[0.2, 0.3, 0.3, 0.2])
    without[straight], with_lift[straight], expectation[straight] = same, same, same
    lifted = sample.dose == 1.0
    observed = (with_lift[lifted] - without[lifted]).mean(axis=0)
    latent += sample.dose[:, None] * lift
    return Answers(expectation, with_lift, latent, _points(rng, n), straight, effect, observed, lifted)


def _branch_effects(rng: np.random.Generator) -> np.ndarray:
    shape = (len(world.BRANCHES), len(world.DIMENSIONS))
    effect = BRANCH_SD * rng.normal(size=(shape[0], 1)) + BRANCH_DIMENSION_SD * rng.normal(size=shape)
    return np.round(effect - np.average(effect, axis=0, weights=world.BRANCH_SIZE), 3)


def _shifts(rng: np.random.Generator, sample: Sample, effect: np.ndarray) -> np.ndarray:
    shocks = BRANCH_MONTH_SD * rng.normal(
        size=(len(world.BRANCHES), len(world.MONTHS), len(world.DIMENSIONS))
    )
    shift = (
        REGION_EFFECT[sample.region]
        + CHANNEL_EFFECT[sample.channel]
        + TIER_EFFECT[sample.tier]
        + AGE_EFFECT[sample.age]
    )
    # Effects are relative to the weighted population, so that the aimed means stay the means.
    shift = shift - np.average(shift, axis=0, weights=sample.weight)
    return np.asarray(shift + effect[sample.branch] + shocks[sample.branch, sample.month - 1])


def _on_scale(latent: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(latent), 1, 7).astype(np.int16)


def _points(rng: np.random.Generator, n: int) -> np.ndarray:
    shares = rng.dirichlet(POINTS_CONCENTRATION * world.IMPORTANCE_MEAN / 100, size=n)
    unit = np.where(rng.random(n) < FIVES_SHARE, 5, 1)
    scaled = shares * (100 / unit)[:, None]
    whole = np.floor(scaled).astype(int)
    left = 100 // unit - whole.sum(axis=1)
    order = np.argsort(np.argsort(whole - scaled, axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray((whole + (order < left[:, None])) * unit[:, None])


def answer_columns(seed: int, answers: Answers) -> dict[str, Any]:
    """Return the columns E1…P22 and the points as in the file, with blanks and "don't know" codes.

    Parameters
    ----------
    seed : int
        Seed of the study.
    answers : Answers
        Complete answers.

    Returns
    -------
    dict
        Column name → nullable integers.
    """
    rng = world.stream(seed, "missing")
    columns: dict[str, Any] = {}
    for letter, block in (("E", answers.expectation), ("P", answers.perception)):
        draw = rng.random(block.shape)
        draw[answers.straight] = 1.0
        coded = np.where(draw < BLANK_SHARE + DONT_KNOW_SHARE, DONT_KNOW, block)
        for i in range(block.shape[1]):
            columns[f"{letter}{i + 1}"] = pd.array(coded[:, i], dtype="Int16")
            columns[f"{letter}{i + 1}"][draw[:, i] < BLANK_SHARE] = pd.NA
    for i, name in enumerate(world.DIMENSIONS):
        columns[f"pts_{name}"] = answers.points[:, i]
    return columns
