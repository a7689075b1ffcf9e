import dataclasses

import pytest

from svcq_lib.formats import THIN
from svcq_lib.narrative import scores as narrative

SURE, UNSURE = 0.001, 0.6
ROWS = [("csat", "mean", 5.128, 5.0, 5.25), ("nps", "nps", 12.4, 8.0, 17.0)]
SHARES = [("nps", "promoters", 0.42, 0.4, 0.44), ("nps", "detractors", 0.3, 0.28, 0.32)]


def test_the_first_outcome_is_the_title(make_scores):
    result = make_scores([*ROWS, *SHARES])
    assert narrative.title(result) == "csat averages 5.13"
    text = narrative.describe(result)
    assert text == (
        "csat averages **5.13** \\[5.00, 5.25\\]. "
        "nps is **+12** \\[8, 17\\]: 42\u2009% promoters and 30\u2009% detractors."
    )


@pytest.mark.parametrize(
    ("change", "p", "title", "said"),
    [
        (0.35, SURE, " and has improved since 2026 Q1", "csat improved."),
        (-0.35, SURE, " and has worsened since 2026 Q1", "csat worsened."),
        (0.35, UNSURE, ", with no clear change since 2026 Q1", "no clear change of any headline figure"),
    ],
)
def test_a_change_is_claimed_only_if_sure(make_scores, change, p, title, said):
    result = make_scores(
        [*ROWS, *SHARES],
        changes=[("csat", "previous", change, change - 0.1, change + 0.1, p)],
        period="2026-Q2",
    )
    assert narrative.title(result).endswith(title)
    assert said in narrative.describe(result)
    text = narrative.title(result) + narrative.describe(result)
    assert ("improved" in text) == (p == SURE and change > 0)
    assert ("worsened" in text) == (p == SURE and change < 0)
    chinese = narrative.title(result, lang="zh") + narrative.describe(result, lang="zh")
    assert ("改善" in chinese) == (p == SURE and change > 0)
    assert ("变差" in chinese) == (p == SURE and change < 0)


def test_a_change_of_the_bad_direction_is_worse(make_scores):
    result = make_scores(
        [("effort", "mean", 3.0, 2.9, 3.1)],
        changes=[("effort", "previous", 0.4, 0.3, 0.5, SURE)],
        period="2026-Q2",
    )
    result = dataclasses.replace(result, periods=result.headline.assign(period="2026-Q2"))
    result.headline["high_is_good"] = False
    result.changes["high_is_good"] = False
    assert narrative.title(result).endswith("has worsened since 2026 Q1")
    said = [narrative.title(result, lang="zh"), narrative.describe(result, lang="zh")]
    said.append(narrative.finding(result, "periods", lang="zh")[0])
    assert [word in text for word, text in zip(("变差", "变差", "恶化"), said, strict=True)] == [True] * 3
    assert "下降" not in "".join(said)  # the figure rose


@pytest.mark.parametrize(
    ("changes", "title", "chinese"),
    [
        ([("previous", 0.1, UNSURE)], "", ""),
        (
            [("previous", 0.1, UNSURE), ("first", 0.4, SURE)],
            " and improved from 2025 Q1 to 2026 Q2",
            "有所改善",
        ),
        ([("previous", -0.4, SURE), ("first", 0.1, UNSURE)], " and worsened from 2026 Q1 to 2026 Q2", "变差"),
    ],
)
def test_the_level_of_all_periods_is_not_joined_to_the_change_of_the_latest(
    make_scores, changes, title, chinese
):
    moved = [("csat", since, change, change - 0.1, change + 0.1, p) for since, change, p in changes]
    result = make_scores([*ROWS, *SHARES], changes=moved)
    assert narrative.title(result) == f"csat averages 5.13 over the whole period{title}"
    assert narrative.title(result, lang="zh").startswith("全期")
    assert narrative.title(result, lang="zh").endswith(chinese)
    assert "since" not in narrative.title(result)


@pytest.mark.parametrize(
    ("targets", "benchmarks", "english", "chinese"),
    [
        (["met"], [], "Of 1 target, 1 is met.", "在 1 项目标中，1 项达到。"),
        (["missed"] * 2, [], "Of 2 targets, 2 are missed.", "在 2 项目标中，2 项未达到。"),
        ([], ["unclear"], "Of 1 benchmark, 1 cannot be judged from these data.", "与 1 项标杆相比，无法判断 1 项。"),
        (["met", "missed", "unclear"], ["met", "missed", "missed"],
         "Of 3 targets, 1 is met, 1 is missed and 1 cannot be judged from these data; "
         "of 3 benchmarks, 1 is surpassed and 2 are not reached.",
         "在 3 项目标中，1 项达到、1 项未达到和 1 项无法判断；与 3 项标杆相比，优于 1 项和逊于 2 项。"),
    ],
)  # fmt: skip
def test_targets_and_benchmarks_are_counted_apart(make_scores, targets, benchmarks, english, chinese):
    goals = [("target", one) for one in targets] + [("benchmark", one) for one in benchmarks]
    result = make_scores([*ROWS, *SHARES], goals=goals)
    assert english in narrative.describe(result)
    assert chinese in narrative.describe(result, lang="zh").replace(THIN, " ")


def test_an_empty_scorecard_says_so(make_scores):
    result = make_scores(
        [("csat", "mean", float("nan"), float("nan"), float("nan"))], goals=[("target", "unclear")]
    )
    assert narrative.title(result) == "Too few answers to report scores"
    assert narrative.title(result, lang="zh") == "样本不足，无法报告得分"
    assert narrative.describe(result) == ""
    assert narrative.lead(result) == ""


def test_a_score_of_zero_has_no_sign(make_scores):
    result = make_scores([("nps", "nps", -0.3, -4.2, 3.9), *SHARES])
    assert narrative.title(result) == "nps stands at 0"
