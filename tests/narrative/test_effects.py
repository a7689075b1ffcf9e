"""The conclusion says two honest sentences, and claims an effect only where it may."""

from __future__ import annotations

import dataclasses
import re

import pandas as pd
import pytest

from svcq_lib.narrative import effects as narrative

LANGS = ("en", "zh")
CLAIMED = {"en": r"raised|lowered|gained more|lost more", "zh": r"使|提升更多|下降更多"}


def with_readings(result, readings, **columns):
    """Return the result with these conclusions for its first figures; the others are unclear."""
    table = result.effects.copy()
    table["suppressed"] = False
    table["conclusion"] = [*readings, *["effect_unclear"] * (len(table) - len(readings))]
    for name, values in columns.items():
        table.loc[: len(values) - 1, name] = values
    return dataclasses.replace(result, effects=table)


@pytest.fixture
def result(small_results):
    return small_results["effects"]


def sentences(text, lang):
    return len(re.findall(r"[.。](?=\s|$|[^\d])" if lang == "zh" else r"\.(?=\s|$)", text))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("readings", [[], ["effect_improved"], ["effect_improved", "effect_worsened"],
                                      ["effect_diverging"], ["effect_untested"]])  # fmt: skip
def test_two_sentences_and_a_claim_only_where_it_may_be(result, lang, readings):
    found = with_readings(result, readings, pretrend_p=[0.4] * len(readings), estimate=[0.5, -0.4][: len(readings)],
                          conf_low=[0.3, -0.6][: len(readings)], conf_high=[0.7, -0.2][: len(readings)])  # fmt: skip
    text, title = narrative.describe(found, lang=lang), narrative.title(found, lang=lang)
    assert sentences(text, lang) == 2
    may = any(one in narrative.CLAIMS for one in readings)
    assert bool(re.search(CLAIMED[lang], title)) == may
    if may:
        assert {"en": "does not prove", "zh": "并不证明"}[lang] in text
        name = found.context.label(found.effects["term"].iloc[0], lang)
        assert name in title


@pytest.mark.parametrize(("lang", "said"), [("en", "no proof of no effect"), ("zh", "并不证明没有效果")])
def test_nothing_found_is_not_nothing_there(result, lang, said):
    assert said in narrative.describe(with_readings(result, []), lang=lang)


@pytest.mark.parametrize(("lang", "said"), [("en", "cannot be credited"), ("zh", "不能归功于")])
@pytest.mark.parametrize("reading", ["effect_diverging", "effect_untested"])
def test_what_began_before_is_not_credited(result, lang, said, reading):
    assert said in narrative.describe(with_readings(result, [reading]), lang=lang)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("estimate", "p", "word"), [(0.4, 0.001, {"en": "above", "zh": "高"}),
    (-0.4, 0.001, {"en": "below", "zh": "低"}),
    (0.4, 0.5, {"en": "no figure left", "zh": "没有任何指标"})])  # fmt: skip
def test_without_units_to_compare_with_no_cause_is_named(result, lang, estimate, p, word):
    paths = result.interrupted.assign(p_value=p, p_adjusted=p, estimate=estimate, conf_low=estimate - 0.1,
                                      conf_high=estimate + 0.1)  # fmt: skip
    alone = dataclasses.replace(result, interrupted=paths, programme=result.programme.assign(control=0))
    text = narrative.describe(alone, lang=lang)
    assert word[lang] in text
    assert {"en": "it shows no cause", "zh": "不能说明原因"}[lang] in text
    assert not re.search(CLAIMED["en"], narrative.title(alone))


@pytest.mark.parametrize("lang", LANGS)
def test_an_empty_evaluation_says_so(result, lang):
    empty = dataclasses.replace(result, effects=result.effects.assign(suppressed=True))
    assert narrative.title(empty, lang=lang) == narrative.SENTENCES[lang]["title_empty"]
    assert narrative.describe(empty, lang=lang) == ""


@pytest.mark.parametrize(
    ("value", "measure", "lang", "text"),
    [
        (-0.4844, "mean", "en", "−0.48"), (0.031, "share", "en", "+3.1\u2009pp"),
        (0.031, "share", "zh", "+3.1 个百分点"),
        (12.6, "nps", "en", "+13"), (4.55, "index_100", "zh", "+4.5"), (0.001, "mean", "en", "0.00"),
    ],
)  # fmt: skip
def test_amounts_are_written_in_the_unit_of_their_measure(value, measure, lang, text):
    assert narrative.signed_amount(value, measure, lang) == text


@pytest.mark.parametrize(
    ("measure", "top", "lang", "text"),
    [("mean", 7.0, "en", " points of 7"), ("index_100", 100.0, "zh", " 分（满分\u2009100\u2009分）"),
     ("nps", float("nan"), "en", " points"), ("share", float("nan"), "en", "")],
)  # fmt: skip
def test_units_follow_amounts(measure, top, lang, text):
    assert narrative.points(measure, top, lang).replace(" 100 ", "\u2009100\u2009") == text


def test_the_title_says_its_unit(result):
    found = with_readings(result, ["effect_improved"], estimate=[0.5], conf_low=[0.3], conf_high=[0.7],
                          measure=["mean"], scale_top=[7.0])  # fmt: skip
    assert "by 0.50 points of 7" in narrative.title(found)
    assert "0.50 分（满分 7 分）" in narrative.title(found, lang="zh").replace("\u2009", "")


def test_the_pilot_is_the_smallest_that_finds_the_lift(result):
    power = pd.DataFrame({
        "term": result.effects["term"].iloc[0], "units_each": [4, 8, 12], "periods_after": 6,
        "power": [0.5, 0.85, 0.95],
        "lift": 0.2, "respondents": 14.0, "n": 10,
    })  # fmt: skip
    found = dataclasses.replace(result, power=power)
    assert "needs 8 units" in narrative.finding(found, "power")[0]
    assert (
        "too small"
        in narrative.finding(dataclasses.replace(found, power=power.assign(power=0.1)), "power")[0]
    )
