"""What the scorecard shows beside its figures: units, the base, and who answered."""

from __future__ import annotations

import dataclasses
import json

import pandas as pd
import pytest

import svcq_lib as sq
from svcq_lib.display import scores as display
from svcq_lib.study import Label


def cards(result, lang="en"):
    return {one["label"]: one for one in sq.headline(result, lang=lang).blocks[2].model["cards"]}


def test_cards_name_their_unit(small_results):
    result = small_results["scores"]
    found = cards(result)
    assert found["Satisfaction (CSAT)"]["interval"].startswith("of 100 [")
    assert found["Recommendation (NPS)"]["interval"].startswith("points [")
    chinese = cards(result, "zh")
    assert chinese["净推荐值"]["interval"].replace("\u2009", " ").startswith("分 [")


def test_the_base_is_who_answered_the_leading_question(small_results):
    result = small_results["scores"]
    row, answers = result.headline.iloc[0], cards(result)["Answers"]
    assert row["n"] < result.context.n
    assert answers["value"] == f"{row['n']:,.0f}"
    assert answers["interval"].startswith(f"of {result.context.n:,} respondents; weighted, n_eff")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_invitations_nothing_is_said_of_them(small_results, lang):
    result = dataclasses.replace(small_results["scores"], response=pd.DataFrame(columns=["span"]))
    assert display.figure(result, "response", lang) is None
    assert display.table(result, "response", lang) is None
    assert display.method_codes(result) == ("scores",)
    assert ("invited" if lang == "en" else "邀请") not in sq.headline(result, lang=lang).blocks[1].model[
        "markdown"
    ]


@pytest.mark.parametrize(("lang", "unknown"), [("en", "Not stated"), ("zh", "未说明")])
def test_margins_are_shown_with_labels(small_results, lang, unknown):
    margins = pd.DataFrame(
        {
            "segment": ["region", "region"],
            "level": ["north", None],
            "population": [0.6, float("nan")],
            "before": [0.5, 0.1],
            "after": [0.54, 0.1],
            "n": [500.0, 100.0],
        }
    )
    result = dataclasses.replace(small_results["scores"], margins=margins)
    text = json.dumps(display.table(result, "margins", lang).model, ensure_ascii=False)
    label: Label = result.context.labels["region=north"]
    for words in (label.text(lang), unknown, "60\u2009%", "54\u2009%"):
        assert words in text
