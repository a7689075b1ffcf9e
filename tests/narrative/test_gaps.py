import dataclasses

import numpy as np
import pandas as pd
import pytest

from svcq_lib.narrative import gaps as narrative

SURE, UNSURE = 0.001, 0.6
CLAIMS = (
    "loses the most",
    "lose the most",
    "closed",
    "widened",
    "rose",
    "fell",
    "缩小",
    "扩大",
    "上升",
    "下降",
    "失分最多",
)
CHANGE_UNSURE = [("overall", "previous", 0.07, -0.08, 0.21, UNSURE), ("a", "first", 0.1, -0.1, 0.3, UNSURE)]


def both(result):
    return [
        narrative.title(result, lang=lang) + narrative.describe(result, lang=lang) for lang in ("en", "zh")
    ]


def test_the_widest_gap_is_the_title(make_gaps):
    result = make_gaps([("a", -1.824, -1.9, -1.75, SURE), ("b", -0.5, -0.6, -0.4, SURE)])
    assert narrative.title(result) == "a loses the most: −1.82 points on the 1–7 scale"
    assert narrative.title(result, lang="zh") == "a\u2009失分最多：−1.82 分（1–7 分制）"
    assert narrative.describe(result).startswith(
        "Customers expect 6.00 and perceive 5.50: an overall gap of **−0.50**"
    )
    assert "Every one of the 2 dimensions falls short" in narrative.describe(result)


def test_gaps_that_overlap_share_the_title(make_gaps):
    rows = [("a", -1.8, -1.9, -1.6, SURE), ("b", -1.7, -1.8, -1.55, SURE), ("c", -0.5, -0.6, -0.4, SURE)]
    assert (
        narrative.title(make_gaps(rows))
        == "a and b lose the most and cannot be told apart: −1.80 to −1.70 points on the 1–7 scale"
    )


def test_a_title_does_not_list_many_names(make_gaps):
    rows = [(f"d{i}", -1.8, -1.9, -1.7, SURE) for i in range(5)]
    assert narrative.title(make_gaps(rows)).startswith(
        "5 of 5 dimensions lose the most and cannot be told apart"
    )
    rated = make_gaps(rows, mode="perception_only")
    assert narrative.title(rated).startswith("5 of 5 dimensions are rated lowest and cannot be told apart")


def test_what_may_not_fall_short_is_not_said_to_lose_the_most(make_gaps):
    result = make_gaps([("a", -0.5, -0.9, -0.1, SURE), ("b", -0.1, -0.5, 0.3, UNSURE)])
    assert (
        narrative.title(result) == "a falls short of expectations; which dimensions lose most cannot be told"
    )


def test_without_a_declared_scale_no_maximum_is_named(make_gaps):
    result = make_gaps([("a", -1.8, -1.9, -1.7, SURE), ("b", -0.5, -0.6, -0.4, SURE)], scale=None)
    assert narrative.title(result) == "a loses the most: −1.80"
    for lang in ("en", "zh"):
        for figure in ("dimensions", "items"):
            assert "nan" not in "".join(narrative.finding(result, figure, lang=lang))
    assert narrative.finding(result, "dimensions")[1].startswith(
        "Mean expectation and perception by dimension; 95"
    )


def test_nothing_is_claimed_where_nothing_is_sure(make_gaps):
    result = make_gaps(
        [("a", -0.1, -0.3, 0.1, UNSURE), ("b", -0.05, -0.2, 0.1, UNSURE)], changes=CHANGE_UNSURE,
        segments=[("x", level, term, -0.1, -0.2, UNSURE) for level in "pq" for term in ("overall", "a", "b")],
    )  # fmt: skip
    for text in both(result):
        assert not [claim for claim in CLAIMS if claim in text.replace("cannot be told", "")]
    assert narrative.title(result) == "Nothing falls short of expectations beyond the margin of error"
    assert "no clear change of the overall gap (+0.07 \\[−0.08, 0.21\\])" in narrative.describe(result)
    assert narrative.finding(result, "periods")[
        0
    ] == "No clear change of the overall figure since 2025 Q1" or (
        narrative.finding(result, "periods")[0] == "No clear change of the overall figure since 2026 Q1"
    )
    assert (
        narrative.finding(result, "segments", segment="x")[0]
        == "x: no group differs from the others beyond noise"
    )
    assert "no figure differs" in narrative.finding(result, "heatmap", segment="x")[0]
    assert narrative.finding(result, "items")[0] == "0 of 2 questions fall short of expectations"
    assert "no dimension falls clearly behind" in narrative.finding(result, "dimensions")[0]


def test_service_above_expectations_is_said_so(make_gaps):
    result = make_gaps(
        [("a", 0.02, -0.1, 0.14, UNSURE), ("b", 0.5, 0.4, 0.6, SURE)], overall=(0.26, 0.2, 0.3, SURE)
    )
    assert narrative.title(result) == "Nothing falls short of expectations beyond the margin of error"
    for text in both(result):
        assert not [claim for claim in ("meet", "达到") if claim in text]
    assert "b exceeds expectations." in narrative.describe(result)
    assert "Nothing falls short" in narrative.describe(result)


def test_all_exceeding_is_the_title(make_gaps):
    result = make_gaps(
        [("a", 0.2, 0.1, 0.3, SURE), ("b", 0.5, 0.4, 0.6, SURE)], overall=(0.3, 0.2, 0.4, SURE)
    )
    assert (
        narrative.title(result)
        == "Service exceeds expectations throughout; nearest to falling short is a: +0.20"
    )
    assert "均超过期望" in narrative.title(result, lang="zh")


def test_short_and_exceeding_without_a_middle_are_both_said(make_gaps):
    text = narrative.describe(make_gaps([("a", -1.0, -1.1, -0.9, SURE), ("b", 0.5, 0.4, 0.6, SURE)]))
    assert "a falls short of expectations. b exceeds expectations." in text


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", -1.0, -1.1, -0.9, SURE), ("b", 0, -0.1, 0.1, UNSURE)],
         "a falls short of expectations; b cannot be told from expectations."),
        ([("a", -1.0, -1.1, -0.9, SURE), ("c", -0.9, -1.0, -0.8, SURE), ("b", 0, -0.1, 0.1, UNSURE),
          ("d", 0.1, -0.1, 0.3, UNSURE)],
         "a and c fall short of expectations; b and d cannot be told from expectations."),
        ([("a", -1.0, -1.1, -0.9, SURE)], "a falls short of expectations."),
    ],
)  # fmt: skip
def test_verbs_agree_with_their_subjects(make_gaps, rows, said):
    assert said in narrative.describe(make_gaps(rows))


@pytest.mark.parametrize(
    ("change", "english", "chinese"), [(0.2, "narrowed by 0.20", "缩小"), (-0.2, "widened by 0.20", "扩大")]
)
def test_a_sure_change_is_said_with_its_size(make_gaps, change, english, chinese):
    moved = [("overall", "previous", change, change - 0.1, change + 0.1, SURE)]
    result = make_gaps([("a", -1.0, -1.1, -0.9, SURE)], changes=moved)
    assert f"The gap {english} \\[0.10, 0.30\\] from 2026 Q1 to 2026 Q2." in narrative.describe(result)
    assert chinese in narrative.describe(result, lang="zh")


@pytest.mark.parametrize(
    ("end", "change", "english", "chinese", "term"),
    [
        (0.6, 0.2, "The surplus over expectations grew by 0.20 \\[0.10, 0.30\\]", "幅度增大", "grew in a."),
        (0.4, -0.2, "The surplus over expectations shrank by 0.20 \\[0.10, 0.30\\]", "幅度减小", "shrank in a."),
        (0.1, 0.2, "the gap moved from −0.10 to +0.10", "差距由", "changed its sign in a."),
        (-0.1, -0.2, "the gap moved from +0.10 to −0.10", "差距由", "changed its sign in a."),
    ],
)  # fmt: skip
def test_a_surplus_is_not_a_gap_that_closes(make_gaps, end, change, english, chinese, term):
    moved = [(name, "first", change, change - 0.1, change + 0.1, SURE) for name in ("overall", "a")]
    result = make_gaps([("a", 0.5, 0.4, 0.6, SURE)], changes=moved)
    result = dataclasses.replace(result, changes=result.changes.assign(estimate=end))
    text = narrative.describe(result)
    assert english in text
    assert term in text
    assert chinese in narrative.describe(result, lang="zh")
    headings = "".join(narrative.finding(result, "periods", lang=lang)[0] for lang in ("en", "zh"))
    assert not [word for word in ("closed", "widened", "缩小", "扩大") if word in text + headings]


def test_changes_since_the_first_period_name_the_dimensions(make_gaps):
    moved = [("overall", "previous", 0.0, -0.1, 0.1, UNSURE), ("overall", "first", 0.3, 0.2, 0.4, SURE),
             ("a", "first", 0.4, 0.3, 0.5, SURE), ("b", "first", -0.4, -0.5, -0.3, SURE)]  # fmt: skip
    result = make_gaps([("a", -1.0, -1.1, -0.9, SURE), ("b", -0.9, -1.0, -0.8, SURE)], changes=moved)
    text = narrative.describe(result)
    assert "The gap narrowed by 0.30 \\[0.20, 0.40\\] from 2025 Q1 to 2026 Q2." in text
    assert "the gap narrowed in a." in text
    assert "the gap widened in b." in text
    assert narrative.finding(result, "periods")[0] == "The overall gap narrowed from 2025 Q1 to 2026 Q2"


def test_groups_where_the_widest_gap_is_wider_are_counted(make_gaps):
    groups = [("branch", f"B{i}", term, -1.5, -0.4 if i < 3 else 0.1, SURE if i < 3 else UNSURE)
              for i in range(8) for term in ("overall", "a", "b")]  # fmt: skip
    rows = [("a", -1.8, -1.9, -1.7, SURE), ("b", -0.5, -0.6, -0.4, SURE)]
    result = make_gaps(rows, segments=groups)
    assert ", and in 3 of 8 groups" in narrative.title(result)
    assert (
        narrative.finding(result, "segments", segment="branch")[0]
        == "branch: 3 of 8 groups do worse than the others"
    )
    one = make_gaps(rows, segments=[group for group in groups if group[1] not in ("B0", "B1")])
    assert "1 of 6 groups does worse" in narrative.finding(one, "segments", segment="branch")[0]
    assert "after adjustment (Holm)" in narrative.finding(result, "segments", segment="branch")[1]
    plain = make_gaps(rows, segments=groups, adjustment="none")
    assert "adjustment" not in narrative.finding(plain, "segments", segment="branch")[1]


def test_perceptions_alone_speak_of_ratings(make_gaps):
    rows = [("a", 4.1, 4.0, 4.2, np.nan), ("b", 5.1, 5.0, 5.2, np.nan)]
    moved = [("overall", "previous", -0.2, -0.3, -0.1, SURE), ("b", "first", 0.2, 0.1, 0.3, SURE)]
    result = make_gaps(rows, mode="perception_only", overall=(4.6, 4.5, 4.7, np.nan), changes=moved)
    assert narrative.title(result) == "a is rated lowest: 4.10 on a scale up to 7"
    text = narrative.describe(result)
    assert "Customers rate the service 4.60 \\[4.50, 4.70\\]" in text
    assert "The rating fell by 0.20 \\[0.10, 0.30\\]" in text
    assert "b rose." in text
    assert "Expectations were not asked" in text
    assert not [word for word in ("expect ", "the gap narrowed", "widened") if word in text]
    assert narrative.finding(result, "dimensions")[0] == "Ratings run from 4.10 to 5.10"


def test_an_empty_result_says_that_it_is_empty(make_gaps):
    result = make_gaps([("a", np.nan, np.nan, np.nan, np.nan)], overall=(np.nan,) * 4)
    assert narrative.title(result) == "Too few answers to report gaps"
    assert narrative.describe(result) == ""
    assert narrative.title(result, lang="zh") == "样本不足，无法报告差距"


def test_suppressed_dimensions_are_not_spoken_of(make_gaps):
    rows = [
        ("a", -1.0, -1.1, -0.9, SURE),
        ("c", -0.5, -0.6, -0.4, SURE),
        ("b", np.nan, np.nan, np.nan, np.nan),
    ]
    text = " ".join(both(make_gaps(rows)))
    assert "nan" not in text
    assert "Every one of the 2 dimensions" in text


@pytest.mark.parametrize("name", ["<script>x</script>", "*a* _b_", "[x](http://y)", "$x$ `c`", "# h"])
def test_names_are_escaped_in_prose_and_plain_in_titles(make_gaps, name):
    from svcq_lib.formats import escape_markdown
    from svcq_lib.study import Label

    rows = [("a", -1.8, -1.9, -1.7, SURE), ("b", 0, -0.1, 0.1, UNSURE)]
    result = make_gaps(rows, labels={"a": Label(en=name)})
    assert name in narrative.title(result)
    assert name in narrative.finding(result, "dimensions")[0]
    assert escape_markdown(name) in narrative.describe(result)
    assert f" {name}" not in narrative.describe(result)


def test_no_zero_carries_a_sign(make_gaps):
    rows = [("a", -0.001, -0.004, 0.004, UNSURE), ("b", 0.001, -0.004, 0.004, UNSURE)]
    moved = [("overall", "previous", -0.001, -0.004, 0.004, UNSURE)]
    for text in both(make_gaps(rows, overall=(-0.001, -0.002, 0.001, UNSURE), changes=moved)):
        assert "−0.00" not in text
        assert "+0.00" not in text


# what explains the gap


def chained(*rows):
    """Make the provider's gaps from (term, part, estimate, adjusted p, chance of being the largest)."""
    table = pd.DataFrame(rows, columns=["term", "part", "estimate", "p_adjusted", "p_largest"])
    return table.assign(dimension="", suppressed=False, n=30.0)


ROWS = [("a", -1.8, -1.9, -1.7, SURE), ("b", -0.5, -0.6, -0.4, SURE)]


def test_a_part_of_the_gap_is_named_only_where_it_is_surely_the_largest(make_gaps):
    chain = chained(
        ("a", "standards_gap", -0.4, SURE, 0.01), ("a", "delivery_gap", -1.2, SURE, 0.99),
        ("a", "communication_gap", -0.7, SURE, np.nan), ("b", "standards_gap", -0.3, SURE, 0.8),
        ("b", "delivery_gap", -0.2, SURE, 0.2), ("b", "communication_gap", -0.9, UNSURE, np.nan),
    )  # fmt: skip
    result = make_gaps(ROWS, more={"chain": chain})
    text = narrative.describe(result)
    assert "The delivery gap is the largest part of the gap in a." in text
    assert "Which part of the gap is the largest in b cannot be told." in text
    assert "Promises exceed what is delivered in a." in text
    assert "传递差距所占最大" in narrative.describe(result, lang="zh")
    assert narrative.finding(result, "chain")[0].endswith("the largest part of the gap in 1 of 2 dimensions")
    unsure = make_gaps(ROWS, more={"chain": chain.assign(p_largest=0.5)})
    assert "cannot be told in any dimension" in narrative.finding(unsure, "chain")[0]
    assert "is the largest part" not in narrative.describe(unsure)


@pytest.mark.parametrize(
    ("limits", "english", "chinese"),
    [
        ((0.02, 0.1), "Perceptions alone predict csat better than gaps", "仅用感知比用差距更能预测"),
        ((-0.1, -0.02), "Gaps predict csat better than perceptions alone", "差距比仅用感知更能预测"),
        ((-0.02, 0.1), "predict csat better cannot be told", "数据无法判断"),
    ],
)
def test_the_better_predictor_is_named_only_if_the_interval_tells(make_gaps, limits, english, chinese):
    rival = pd.DataFrame({
        "predictors": ["gap", "perception"], "outcome": "csat", "r_squared": [0.4, 0.45],
        "difference": [np.nan, np.mean(limits)], "difference_low": [np.nan, limits[0]],
        "difference_high": [np.nan, limits[1]],
    })  # fmt: skip
    result = make_gaps(ROWS, more={"challenge": rival})
    assert english in narrative.describe(result)
    assert chinese in narrative.describe(result, lang="zh")
    assert english in narrative.heading(result, "challenge")


def test_what_weighs_most_is_said_by_choice_of_weights(make_gaps):
    weighed = pd.DataFrame(
        [("own_points", "a", 1, 0.99), ("own_points", "b", 2, 0.01), ("equal_weights", "b", 1, 0.6)],
        columns=["scheme", "term", "rank", "p_leads"],
    )
    result = make_gaps(ROWS, more={"importance": weighed})
    said = narrative.heading(result, "importance")
    assert (
        said
        == "a weighs most by respondents’ own points; which dimension weighs most by equal weights cannot be told"
    )
    assert "无法判断哪个维度所占最大" in narrative.heading(result, "importance", lang="zh")


def test_dimensions_are_told_apart_by_their_paired_difference_not_by_their_intervals(make_gaps):
    rows = [("a", -1.8, -1.9, -1.6, SURE), ("b", -1.7, -1.8, -1.55, SURE)]
    result = make_gaps(rows)
    assert "cannot be told apart" in narrative.title(result)
    told = dataclasses.replace(result, contrasts=result.contrasts.assign(p_adjusted=SURE))
    assert narrative.title(told).startswith("a loses the most")
    assert narrative.heading(told, "contrasts") == "1 of 1 pairs of dimensions differ"
