"""What the instrument report claims, and what it does not."""

from __future__ import annotations

import dataclasses

import pytest

from svcq_lib.narrative import instrument as narrative

INDICES = ("cfi", "tli", "rmsea", "srmr")


@pytest.fixture
def make(small_results):
    """The report of the demonstration study with other reliabilities, verdicts and levels that hold."""

    def made(*, reliability=(), verdicts=None, holds=(True, True, True), **other):
        result = small_results["instrument"]
        table = result.reliability.copy()
        for row, (low, value, high) in enumerate(reliability):
            table.loc[row, ["conf_low", "estimate", "conf_high"]] = low, value, high
        criteria = result.criteria.assign(
            verdict=result.criteria["criterion"].map(
                dict.fromkeys(result.criteria["criterion"], "met") | (verdicts or {})
            )
        )
        invariance = result.invariance.assign(level_holds=list(holds))
        return dataclasses.replace(
            result, reliability=table, criteria=criteria, invariance=invariance, **other
        )

    return made


def test_reliable_and_fitting_is_the_title(make):
    result = make()
    assert (
        narrative.title(result)
        == "All 5 dimensions are measured reliably, and the answers agree with the declared structure"
    )
    assert narrative.title(result, lang="zh") == "全部 5 个维度的测量信度达标，且答卷与声明的维度结构相符"


@pytest.mark.parametrize(
    ("limits", "said", "unsaid"),
    [
        ((0.55, 0.60, 0.65), "not measured reliably enough", "cannot be told"),
        ((0.60, 0.68, 0.74), "cannot be told", "not measured"),
        ((0.66, 0.72, 0.78), "cannot be told", "not measured"),
        ((0.71, 0.75, 0.79), "All 5 dimensions are measured reliably", "cannot be told"),
    ],
)
def test_the_interval_decides_not_the_figure(make, limits, said, unsaid):
    title = narrative.title(make(reliability=[limits]))
    assert said in title
    assert unsaid not in title


def test_many_weak_dimensions_are_counted(make):
    result = make(reliability=[(0.4, 0.5, 0.6)] * 4)
    assert narrative.title(result).startswith(
        "4 of 5 dimensions are not measured reliably enough; the answers agree"
    )


@pytest.mark.parametrize(
    ("verdicts", "title", "said"),
    [
        (
            dict.fromkeys(INDICES, "missed"),
            "the answers do not agree",
            "CFI, TLI, RMSEA and SRMR miss their conventional marks",
        ),
        ({"cfi": "missed"}, "the fit indices do not agree", "CFI misses its conventional mark"),
        ({"rmsea": "open"}, "the fit indices do not agree", "For RMSEA the interval holds the mark"),
    ],
)
def test_fit_is_said_by_convention(make, verdicts, title, said):
    result = make(verdicts=verdicts)
    assert title in narrative.title(result)
    text = narrative.describe(result)
    assert said in text
    assert "all four" not in text


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        ((True, True, True), "their means may be compared"),
        ((True, True, False), "differences of means may come from the questionnaire"),
        ((True, False, False), "neither means nor relations may be compared without care"),
        ((False, False, False), "comparing them is not supported"),
    ],
)
def test_groups_are_compared_as_far_as_invariance_holds(make, holds, said):
    assert said in narrative.describe(make(holds=holds))


@pytest.mark.parametrize(
    ("verdict", "said"),
    [("met", "can be told apart: the largest"), ("missed", "can hardly"), ("open", "is open")],
)
def test_pairs_are_told_apart_by_the_interval(make, verdict, said):
    assert said in narrative.describe(make(verdicts={"htmt": verdict}))


def test_no_text_calls_the_questionnaire_valid(make):
    results = make(), make(verdicts=dict.fromkeys(INDICES, "missed"), holds=(False, False, False))
    for result in results:
        for lang, word in (("en", "valid"), ("zh", "有效的问卷")):
            assert word not in narrative.title(result, lang=lang) + narrative.describe(result, lang=lang)


def test_nothing_to_judge_is_said(make, small_results):
    result = small_results["instrument"]
    empty = {
        name: getattr(result, name).iloc[:0]
        for name in ("fit", "loadings", "correlations", "eigenvalues", "quality")
    }
    whole = result.whole.assign(suggested=float("nan"))
    bare = dataclasses.replace(
        result, reliability=result.reliability.iloc[:0], criteria=result.criteria.iloc[:0],
        invariance=result.invariance.iloc[:0], whole=whole, **empty,
    )  # fmt: skip
    assert narrative.title(bare) == "Too few answers or questions to judge the questionnaire"
    assert narrative.describe(bare) == ""
    for figure in ("reliability", "loadings", "scree", "pairs"):
        assert narrative.finding(bare, figure)[0]
