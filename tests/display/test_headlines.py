"""Headline figures as data: every topic's, in both languages, and the cards made from them."""

from __future__ import annotations

import dataclasses
import importlib
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import svcq_lib as sq
from svcq_lib import display, kinds
from svcq_lib.analyses import headlines
from svcq_lib.analyses.headlines import HeadlineFigure, data_notes, headline_figure, status_of
from svcq_lib.display.cards import card
from svcq_lib.errors import Note
from svcq_lib.reports.resources import topics
from svcq_lib.study import Label

LANGS = ("en", "zh")
TOPICS = tuple(topics())
LEADS = {
    "scores": "csat", "gaps": "gap", "drivers": "r_squared", "benchmark": "csat", "returns": "npv",
}  # fmt: skip


def figures_of(result, lang="en"):
    return importlib.import_module(f"svcq_lib.display.{display.topic_of(result)}").figures(result, lang)


def one(figures, code):
    return next(figure for figure in figures if figure["code"] == code)


@pytest.mark.parametrize(
    ("low", "high", "target", "good", "status"),
    [
        (2.0, 3.0, 1.0, 1, "green"), (2.0, 3.0, 1.0, -1, "red"), (2.0, 3.0, 4.0, 1, "red"),
        (2.0, 3.0, 4.0, -1, "green"), (2.0, 3.0, 2.5, 1, "amber"), (2.0, 3.0, 2.0, 1, "amber"),
        (2.0, 3.0, 2.5, 0, "none"), (2.0, 3.0, None, 1, "none"), (None, 3.0, 1.0, 1, "none"),
        (2.0, np.nan, 1.0, 1, "none"),
    ],
)  # fmt: skip
def test_the_interval_decides_against_the_target(low, high, target, good, status):
    assert status_of(low, high, target, good) == status


@given(st.tuples(*[st.floats(-10, 10)] * 3), st.sampled_from([1, -1]))
def test_mirrored_figures_stand_alike(numbers, good):
    low, high, target = (*sorted(numbers[:2]), numbers[2])
    assert status_of(low, high, target, good) == status_of(-high, -low, -target, -good)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("topic", TOPICS)
def test_figures_are_plain_data_and_ride_on_the_cover(small_results, topic, lang):
    result = small_results[topic]
    made = figures_of(result, lang)
    cover = sq.headline(result, lang=lang).blocks[0].model["cover"]
    assert json.loads(json.dumps(made, allow_nan=False)) == made == cover["figures"]
    assert cover["data_notes"] == data_notes(result.notes)
    assert len(made) >= 2
    assert len({figure["code"] for figure in made}) == len(made)
    assert sum(figure["lead"] for figure in made) == 1
    for figure in made:
        assert set(figure) == set(HeadlineFigure.__annotations__)
        assert figure["label"].strip()
        assert figure["estimate"] is None or figure["low"] is None or figure["low"] <= figure["high"]
        assert kinds.shown(figure["estimate"], figure["kind"], lang)
    if topic in LEADS:
        assert next(figure["code"] for figure in made if figure["lead"]) == LEADS[topic]


@pytest.mark.parametrize("topic", TOPICS)
def test_languages_differ_in_labels_only(small_results, topic):
    english, chinese = (figures_of(small_results[topic], lang) for lang in LANGS)
    blank = {"label": ""}
    assert [figure | blank for figure in english] == [figure | blank for figure in chinese]
    assert any(a["label"] != b["label"] for a, b in zip(english, chinese, strict=True))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("topic", TOPICS)
def test_cards_show_the_figures_and_no_colour_stands_without_words(small_results, topic, lang):
    result = small_results[topic]
    cards = sq.headline(result, lang=lang).blocks[2].model["cards"]
    figures = figures_of(result, lang)
    judged = [one for one in cards if one["status"] != "none"]
    assert all(one["verdict"] for one in judged)
    assert not [one for one in cards if one["status"] == "none" and one["verdict"]]
    assert {one["status"] for one in judged} <= {figure["status"] for figure in figures}
    written = {kinds.shown(figure["estimate"], figure["kind"], lang) for figure in figures}
    assert written & {one["value"] for one in cards}


def test_scores_take_the_first_target_and_their_own_direction(small_results):
    result = small_results["scores"]
    made = figures_of(result)
    rows = result.headline[result.headline["primary"]]
    assert [one["code"] for one in made] == rows["outcome"].tolist()
    nps = one(made, "nps")
    row = rows.set_index("outcome").loc["nps"]
    assert (nps["estimate"], nps["low"], nps["high"], nps["n"]) == (
        row["estimate"], row["conf_low"], row["conf_high"], row["n"],
    )  # fmt: skip
    assert nps["target"] == 20
    assert nps["status"] == "red"
    harder = dataclasses.replace(result, headline=result.headline.assign(high_is_good=False))
    assert one(figures_of(harder), "nps") == nps | {"good": -1, "status": "green"}


def test_a_target_of_another_measure_is_a_figure_of_its_own(small_results):
    result = small_results["scores"]
    goal = result.goals.iloc[[0]].assign(outcome="nps", measure="detractors", value=0.99)
    made = figures_of(dataclasses.replace(result, goals=goal), "en")
    figure = one(made, "nps.detractors")
    assert figure["target"] == 0.99
    assert (figure["good"], figure["status"]) == (-1, "green")
    assert one(made, "nps")["status"] == "none"
    assert len(sq.headline(result).blocks[2].model["cards"]) <= 6


def test_what_is_suppressed_has_no_estimate_and_no_colour(small_results):
    result = small_results["scores"]
    hidden = result.headline["outcome"] == "nps"
    blank = result.headline.copy()
    blank.loc[hidden, ["estimate", "conf_low", "conf_high"]] = np.nan
    blank.loc[hidden, "suppressed"] = True
    figure = one(figures_of(dataclasses.replace(result, headline=blank)), "nps")
    assert figure["estimate"] is figure["low"] is figure["high"] is None
    assert (figure["status"], figure["target"]) == ("none", 20)
    assert card(figure, "en").value == kinds.shown(None)


def test_gaps_count_every_dimension(small_results):
    result = small_results["gaps"]
    made = figures_of(result)
    assert [one["code"] for one in made] == [
        "gap", "gap.weighted", *[f"gap.{term}" for term in result.dimensions["term"]]
    ]  # fmt: skip
    assert {one["status"] for one in made} == {"none"}
    assert made[0]["kind"] == "signed"
    rated = figures_of(dataclasses.replace(result, mode="perception_only"))
    assert rated[0]["code"] == "rating"


def test_drivers_without_answers_have_no_figures(small_results):
    result = small_results["drivers"]
    blank = result.importance.assign(share=np.nan)
    assert figures_of(dataclasses.replace(result, importance=blank)) == []
    top = result.importance.iloc[0]
    assert figures_of(result)[1]["code"] == f"share.{top['term']}"
    assert figures_of(result)[1]["estimate"] == top["share"]


def test_the_benchmark_counts_units_that_are_worse(small_results):
    result = small_results["benchmark"]
    league = result.league.assign(verdict="unclear")
    league.loc[league.index[:2], "verdict"] = "worse"
    made = figures_of(dataclasses.replace(result, league=league))
    assert made[1]["code"] == "units_worse"
    assert (made[1]["estimate"], made[1]["good"]) == (2.0, -1)
    goal = pd.DataFrame([(Label(en="x"), 12.0, "fails")], columns=["label", "target", "assurance"])
    whole = figures_of(dataclasses.replace(result, assurance=goal, high_is_good=False))[0]
    assert (whole["target"], whole["good"], whole["status"]) == (12.0, -1, "red")


def test_the_return_is_judged_by_its_break_even(small_results):
    result = small_results["returns"]
    summary = result.summary.copy()
    summary.loc[summary["measure"] == "npv", ["estimate", "conf_low", "conf_high"]] = [2.0, 1.0, 3.0]
    made = figures_of(dataclasses.replace(result, summary=summary))
    assert one(made, "npv")["status"] == "green"
    assert one(made, "p_positive")["status"] == "none"
    assert sq.headline(dataclasses.replace(result, summary=summary)).blocks[2].model["cards"][0][
        "verdict"
    ] == ("Break-even: passed")


def test_an_effect_is_judged_by_what_may_be_concluded(small_results):
    result = small_results["effects"]
    codes = {
        "effect_improved": "green", "effect_worsened": "red", "effect_diverging": "amber",
        "effect_untested": "amber", "effect_unclear": "amber", "effect_no_control": "none",
    }  # fmt: skip
    for code, status in codes.items():
        effects = result.effects.assign(conclusion=code, estimate=0.1, suppressed=False)
        made = figures_of(dataclasses.replace(result, effects=effects))
        assert {one["status"] for one in made} == {status}
    hidden = result.effects.assign(estimate=np.nan, suppressed=True)
    assert {one["status"] for one in figures_of(dataclasses.replace(result, effects=hidden))} == {"none"}
    shares = [one for one in figures_of(result) if one["kind"] == "percentage_points"]
    assert {one["code"] for one in shares} >= {"effect.repurchase", "effect.retained"}


def test_the_instrument_is_judged_by_its_marks(small_results):
    result = small_results["instrument"]
    made = figures_of(result)
    low = next(one for one in made if one["lead"])
    assert low["estimate"] == min(one["estimate"] for one in made if one["code"].startswith("reliability."))
    assert low["target"] == 0.7
    cfi, rmsea = one(made, "cfi"), one(made, "rmsea")
    verdicts = result.criteria.set_index("criterion")["verdict"]
    status = {"met": "green", "missed": "red", "open": "amber"}
    assert (cfi["status"], rmsea["status"]) == (status[verdicts["cfi"]], status[verdicts["rmsea"]])
    assert (cfi["good"], rmsea["good"], cfi["low"]) == (1, -1, None)


def test_a_figure_without_interval_takes_the_analysis_own_verdict_only():
    bare = headline_figure("x", "X", "number", 0.9, n=10, ci_level=0.95, good=1, target=0.5)
    assert bare["status"] == "none"
    given = headline_figure("x", "X", "number", 0.9, n=10, ci_level=0.95, good=1, target=0.5, status="red")
    assert given["status"] == "red"
    hidden = headline_figure("x", "X", "number", np.nan, n=3, ci_level=0.95, target=0.5, status="red")
    assert (hidden["estimate"], hidden["status"], hidden["n"]) == (None, "none", 3.0)


def test_only_caveats_about_the_data_are_noted():
    notes = [Note("small_base"), Note("data_constant"), Note("data_constant"), Note("association_not_cause")]
    assert data_notes(notes) == ["data_constant", "small_base"]
    assert "association_not_cause" not in headlines.ABOUT_DATA


@pytest.mark.parametrize("lang", LANGS)
def test_a_card_says_what_its_colour_means(lang):
    figure = headline_figure(
        "nps", "NPS", "points", 24.0, (21.0, 27.0), n=400, ci_level=0.95, good=1, target=20
    )  # fmt: skip
    made = card(figure, lang)
    assert (made.status, made.value, made.interval) == ("green", "24", "[21, 27]")
    assert made.verdict.replace("\u2009", " ") == ("Target 20: met" if lang == "en" else "目标 20：达到")
