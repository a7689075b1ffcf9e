"""Simulated outcomes: satisfaction, recommendation, effort, emotion, repurchase, retention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svcq_lib.sources import demo_world as world
from svcq_lib.sources.demo_responses import Answers, Sample, latent_means

ITEM_WEIGHTS = np.array([row[5] for row in world.ITEMS])
Z_SD = 1.2
NOISE_SD = 0.55
# A reliability answer far below the mean costs more, an empathy answer far above earns more.
PENALTY = {"q05": -0.12, "q08": -0.08}
REWARD = {"q20": 0.08, "q22": 0.08}
BEND = 0.8
CSAT_MEAN, CSAT_SLOPE = 7.24, 1.75
NPS_MEAN, NPS_SLOPE, NPS_NOISE = 7.38, 1.75, 1.15
CES_MEAN, CES_SLOPE, CES_RESPONSIVENESS, CES_NOISE = 4.9, 0.35, 0.55, 0.9
CES_CHANNEL = np.array([-0.2, -0.3, 0.3])
EMOTION_MEAN, EMOTION_SLOPE, EMOTION_EMPATHY, EMOTION_NOISE = 6.7, 0.7, 0.5, 1.2
# Logit slopes per point of CSAT: repurchase gains about 3.2 % points per point, churn is about 14 %.
REPURCHASE_LOGIT, REPURCHASE_SLOPE = 0.95, 0.16
RETENTION_LOGIT, RETENTION_SLOPE = 1.90, 0.20
RETENTION_TIER = np.array([0.35, 0.10, -0.20])
BLANK_SHARE = {"csat": 0.010, "nps": 0.015, "ces": 0.020, "emotion": 0.030, "repurchase": 0.020}


@dataclass(frozen=True)
class Outcomes:
    """Outcomes before any is missing, and the latent satisfaction behind them."""

    latent: np.ndarray
    values: dict[str, np.ndarray]
    contributions: np.ndarray


def draw_outcomes(seed: int, sample: Sample, answers: Answers) -> Outcomes:
    """Draw every outcome from the latent perceptions of the items.

    Parameters
    ----------
    seed : int
        Seed of the study.
    sample : Sample
        Who answered.
    answers : Answers
        Their answers and latent perceptions.

    Returns
    -------
    Outcomes
        Complete outcomes; ``contributions`` holds each item's part of the latent satisfaction, shape (n, 22).
    """
    rng = world.stream(seed, "outcomes")
    n = len(sample.branch)
    z = (answers.latent - latent_means()[1]) / Z_SD
    contributions = z * ITEM_WEIGHTS
    latent = contributions.sum(axis=1) + _bends(z) + NOISE_SD * rng.normal(size=n)
    responsive = z[:, world.ITEM_DIMENSION == 2].mean(axis=1)
    empathy = z[:, world.ITEM_DIMENSION == 4].mean(axis=1)
    csat = CSAT_MEAN + CSAT_SLOPE * latent
    nps = NPS_MEAN + NPS_SLOPE * latent + NPS_NOISE * rng.normal(size=n)
    ces = CES_MEAN + CES_CHANNEL[sample.channel] + CES_SLOPE * latent + CES_RESPONSIVENESS * responsive
    emotion = (
        EMOTION_MEAN + EMOTION_SLOPE * latent + EMOTION_EMPATHY * empathy + EMOTION_NOISE * rng.normal(size=n)
    )
    again = _logistic(REPURCHASE_LOGIT + REPURCHASE_SLOPE * (csat - CSAT_MEAN))
    stay = _logistic(RETENTION_LOGIT + RETENTION_TIER[sample.tier] + RETENTION_SLOPE * (csat - CSAT_MEAN))
    values = {
        "csat": _on_scale(csat, 1, 10),
        "nps": _on_scale(nps, 0, 10),
        "ces": _on_scale(ces + CES_NOISE * rng.normal(size=n), 1, 7),
        "emotion": _on_scale(emotion, 1, 10),
        "repurchase": (rng.random(n) < again).astype(int),
        "retained": (rng.random(n) < stay).astype(int),
    }
    return Outcomes(latent, values, contributions)


def _bends(z: np.ndarray) -> np.ndarray:
    total = np.zeros(len(z))
    for name, slope in PENALTY.items():
        total += slope * np.maximum(0, -z[:, world.ITEM_NAMES.index(name)] - BEND)
    for name, slope in REWARD.items():
        total += slope * np.maximum(0, z[:, world.ITEM_NAMES.index(name)] - BEND)
    return total


def _logistic(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


def _on_scale(latent: np.ndarray, low: int, high: int) -> np.ndarray:
    return np.clip(np.rint(latent), low, high).astype(np.int16)


def outcome_columns(seed: int, outcomes: Outcomes) -> dict[str, Any]:
    """Return the outcome columns as they stand in the file, with blanks.

    Parameters
    ----------
    seed : int
        Seed of the study.
    outcomes : Outcomes
        Complete outcomes.

    Returns
    -------
    dict
        Column name → nullable integers.
    """
    rng = world.stream(seed, "missing outcomes")
    columns: dict[str, Any] = {}
    for name, values in outcomes.values.items():
        columns[name] = pd.array(values, dtype="Int16")
        columns[name][rng.random(len(values)) < BLANK_SHARE.get(name, 0.0)] = pd.NA
    return columns
