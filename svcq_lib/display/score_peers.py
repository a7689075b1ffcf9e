"""How a unit is shown beside all others."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.scores import ScoresResult
from svcq_lib.display import blocks
from svcq_lib.display.blocks import Block
from svcq_lib.figures import intervals
from svcq_lib.formats import Lang
from svcq_lib.narrative import score_peers as narrative

WORDS = {
    "en": {"unit": "This unit", "others": "All others"},
    "zh": {"unit": "本单位", "others": "其余全部"},
}  # fmt: skip


def figure(result: ScoresResult, lang: Lang) -> Block | None:
    """Return how far the unit is from all others, every figure in standard deviations of its own answers."""
    table = result.peers[result.peers["effect_size"].notna()].reset_index(drop=True)
    if table.empty:
        return None
    sure = (table["p_adjusted"] < 1 - result.context.ci_level).to_numpy()
    good = (table["effect_size"] > 0).to_numpy()
    table = table.assign(label=[result.context.label(one, lang) for one in table["outcome"]])
    zero = (0.0, WORDS[lang]["others"])
    names: dict[str, Any] = {"estimate": "effect_size", "low": "effect_size_low", "high": "effect_size_high"}
    look: dict[str, Any] = {"kind": "signed", "reference": zero, "lang": lang}
    axes = intervals.ranked_intervals(table, **names, warn=sure & ~good, highlight=sure & good, **look)
    alt = intervals.describe_intervals(table, **names, ci_level=result.context.ci_level, **look)
    heading, subtitle = narrative.finding(result, lang=lang)
    return blocks.figure(axes, heading, subtitle, alt, lang)


def frame(result: ScoresResult) -> pd.DataFrame:
    """Return the rows of the table; of the intervals that of the difference is the one to read."""
    return result.peers.drop(columns=["conf_low", "conf_high"]).rename(columns={"peers": "baseline"})
