"""What the benchmark says: only what its tests and intervals support."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.benchmark import BenchmarkResult, benchmark
from svcq_lib.errors import Note
from svcq_lib.narrative import benchmark as narrative
from svcq_lib.sources.open import open_study

LANGS = ("en", "zh")


@pytest.fixture(scope="module")
def result(small_demo) -> BenchmarkResult:
    return benchmark(open_study(small_demo), n_boot=30, n_draws=300)


def told(result: BenchmarkResult, better: int, worse: int) -> BenchmarkResult:
    """Return the result with as many units better and worse, from the top and the bottom of the league."""
    k = len(result.league)
    verdicts = ["better"] * better + ["unclear"] * (k - better - worse) + ["worse"] * worse
    return dataclasses.replace(result, league=result.league.assign(verdict=verdicts))


@pytest.mark.parametrize(
    ("better", "worse", "en", "zh"),
    [
        (1, 0, "leads; 23 of 24 cannot be told", "领先"),
        (2, 1, "lead; 21 of 24 cannot be told", "领先"),
        (0, 2, "fall behind; 22 of 24 cannot be told", "落后"),
        (6, 3, "6 of 24 are better than the others and 3 worse; 15 cannot", "6 个好于其他单位"),
        (0, 0, "not one of 24 can be told from the average", "难分高下"),
    ],
)
def test_the_title_claims_what_the_verdicts_support(result, better, worse, en, zh):
    changed = told(result, better, worse)
    assert en in narrative.title(changed, lang="en")
    assert zh in narrative.title(changed, lang="zh").replace("\u2009", " ")


@pytest.mark.parametrize("lang", LANGS)
def test_without_verdicts_nobody_is_called_better(result, lang):
    text = narrative.title(told(result, 0, 0), lang=lang) + narrative.describe(told(result, 0, 0), lang=lang)
    for word in {"en": ("lead", "are better", "is better than the", "fall behind"), "zh": ("领先", "落后")}[
        lang
    ]:
        assert word not in text


@pytest.mark.parametrize("lang", LANGS)
def test_best_practice_is_spoken_of_only_where_units_differ(result, lang):
    said = {"en": "Best practice", "zh": "最佳实践"}[lang]
    for p, expected in ((0.5, False), (0.001, True)):
        changed = dataclasses.replace(result, overall=result.overall.assign(p_value=p))
        assert (said in narrative.describe(changed, lang=lang)) == expected


@pytest.mark.parametrize("lang", LANGS)
def test_a_withheld_ranking_is_said(result, lang):
    changed = dataclasses.replace(result, notes=(*result.notes, Note("ranking_withheld", {})))
    words = {"en": ("cannot be ranked", "withheld"), "zh": ("不能排名", "不列排名")}[lang]
    assert words[0] in narrative.title(changed, lang=lang)
    assert words[1] in narrative.describe(changed, lang=lang)


@pytest.mark.parametrize("lang", LANGS)
def test_case_mix_that_changes_a_verdict_names_the_unit(result, lang):
    league = told(result, 1, 0).league.assign(verdict_raw="unclear")
    changed = dataclasses.replace(result, league=league)
    first = league["unit"].iloc[0]
    name = result.context.level("branch", first, lang)
    assert name in narrative.finding(changed, "adjusted", lang=lang)[0]
    same = dataclasses.replace(result, league=league.assign(verdict_raw=league["verdict"]))
    assert name not in narrative.finding(same, "adjusted", lang=lang)[0]


@pytest.mark.parametrize("lang", LANGS)
def test_a_change_within_noise_is_no_change(result, lang):
    rows = result.changes
    sure = dataclasses.replace(result, changes=rows.assign(change_low=0.1, change_high=2.0))
    unsure = dataclasses.replace(result, changes=rows.assign(change_low=-1.0, change_high=2.0))
    said = {"en": "no clear change", "zh": "没有明确变化"}[lang]
    assert said in narrative.finding(unsure, "changes", lang=lang)[0].replace("No", "no")
    assert said not in narrative.finding(sure, "changes", lang=lang)[0].replace("No", "no")


def test_the_funnel_names_who_is_outside(result):
    funnel = result.funnel.assign(outside="inside")
    none = dataclasses.replace(result, funnel=funnel)
    assert narrative.finding(none, "funnel")[0].startswith("No unit lies outside")
    funnel = funnel.assign(outside=np.where(funnel.index < 1, "limit", "inside"))
    one = dataclasses.replace(result, funnel=funnel)
    name = result.context.level("branch", funnel["unit"].iloc[0])
    assert narrative.finding(one, "funnel")[0].startswith(f"{name} lies outside")
    many = dataclasses.replace(result, funnel=funnel.assign(outside="limit"))
    assert "24 of 24 units lie outside" in narrative.finding(many, "funnel")[0]


def test_an_empty_league_says_so(result):
    empty = dataclasses.replace(result, league=result.league.assign(estimate=np.nan))
    assert narrative.title(empty) == "Too few units to compare"
    assert narrative.describe(empty) == ""


def test_differences_of_shares_are_percentage_points(result):
    from svcq_lib.narrative.benchmark_words import away_interval, away_text

    share = dataclasses.replace(result, measure="top_box")
    assert away_text(share, 0.052) == "+5.2\u2009pp"
    assert away_text(share, 0.052, "zh") == "+5.2 个百分点"
    assert away_interval(share, -0.01, 0.02) == "[−1.0, 2.0]"
    assert away_text(result, pd.NA) == "–"
