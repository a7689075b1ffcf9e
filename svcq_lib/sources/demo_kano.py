"""Simulated Kano questionnaire: pairs of answers on what is there and what is missing."""

# A table keeps one row per line.
# ruff: noqa: E501

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.sources import demo_world as world

RESPONDENTS = 300
KINDS = ("must_be", "one_dimensional", "attractive", "indifferent", "reverse", "questionable")
# fmt: off
# feature: names, true category, shares of the six kinds
FEATURES: dict[str, tuple[world.Text, str, tuple[float, ...]]] = {
    "k01": (("Transfers booked on the promised day", "转账按约定日到账"), "must_be", (0.58, 0.24, 0.05, 0.11, 0.01, 0.01)),
    "k02": (("Statements without mistakes", "账单准确无误"), "must_be", (0.62, 0.20, 0.04, 0.12, 0.01, 0.01)),
    "k03": (("Waiting time under ten minutes", "等候不超过十分钟"), "one_dimensional", (0.22, 0.52, 0.14, 0.10, 0.01, 0.01)),
    "k04": (("Reply to messages within two hours", "两小时内回复留言"), "one_dimensional", (0.18, 0.49, 0.21, 0.10, 0.01, 0.01)),
    "k05": (("Problem solved in one call", "一次来电解决问题"), "one_dimensional", (0.20, 0.47, 0.20, 0.11, 0.01, 0.01)),
    "k06": (("Own adviser for every customer", "专属客户经理"), "attractive", (0.05, 0.16, 0.51, 0.25, 0.02, 0.01)),
    "k07": (("Appointment by video", "视频预约服务"), "attractive", (0.04, 0.10, 0.46, 0.34, 0.05, 0.01)),
    "k08": (("Call-back at a chosen time", "按客户指定时间回电"), "attractive", (0.08, 0.20, 0.47, 0.22, 0.02, 0.01)),
    "k09": (("Coffee in the waiting room", "等候区提供咖啡"), "indifferent", (0.03, 0.05, 0.24, 0.64, 0.03, 0.01)),
    "k10": (("Advertising calls about new products", "推介新产品的外呼"), "reverse", (0.01, 0.02, 0.08, 0.34, 0.53, 0.02)),
}
# fmt: on


def kano(seed: int) -> pd.DataFrame:
    """Draw the paired answers of the Kano questionnaire.

    Parameters
    ----------
    seed : int
        Seed of the study.

    Returns
    -------
    DataFrame
        respondent_id, feature, functional, dysfunctional, importance; answers 1 like, 2 must be, 3 neutral,
        4 live with, 5 dislike; importance 1–9.
    """
    rng = world.stream(seed, "kano")
    parts = []
    for feature, (_, _, shares) in FEATURES.items():
        kind = rng.choice(len(KINDS), size=RESPONDENTS, p=shares)
        middle, other = rng.choice([2, 3, 4], size=(2, RESPONDENTS), p=[0.35, 0.40, 0.25])
        functional = np.choose(kind, [middle, 1, 1, middle, 5, 1])
        dysfunctional = np.choose(kind, [5, 5, middle, other, other, 1])
        centre = np.array([7.6, 7.4, 6.0, 3.6, 2.4, 5.0])[kind]
        importance = np.clip(np.rint(centre + 1.2 * rng.normal(size=RESPONDENTS)), 1, 9).astype(int)
        parts.append(
            pd.DataFrame(
                {
                    "feature": feature,
                    "functional": functional,
                    "dysfunctional": dysfunctional,
                    "importance": importance,
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "respondent_id", np.tile([f"N{i:03d}" for i in range(1, RESPONDENTS + 1)], len(FEATURES)))
    return table.sort_values(["respondent_id", "feature"], ignore_index=True)


def kano_features() -> pd.DataFrame:
    """Return the features of the Kano questionnaire.

    Returns
    -------
    DataFrame
        feature, label_en, label_zh.
    """
    return pd.DataFrame(
        [(name, *text) for name, (text, _, _) in FEATURES.items()],
        columns=["feature", "label_en", "label_zh"],
    )
