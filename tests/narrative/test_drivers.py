import pandas as pd
import pytest

from svcq_lib.errors import Note
from svcq_lib.narrative import drivers as narrative
from svcq_lib.narrative import drivers_method, method
from svcq_lib.study import Label

FIRST, KEEP = "concentrate_here", "keep_up"


def rows(leaders, total=6, concentrate=0):
    return [
        (f"q{i}", 0.3 - 0.03 * i, 1 if i < leaders else 2, total, FIRST if i < concentrate else KEEP)
        for i in range(total)
    ]


def test_one_leader_is_named_with_its_share(make_drivers):
    result = make_drivers(
        rows(1), labels={"q0": Label(en="Keeps promises", zh="守约"), "csat": Label(en="CSAT", zh="满意度")}
    )
    assert (
        narrative.title(result)
        == "“Keeps promises” matters most for CSAT: 30\u2009% of what the answers explain"
    )
    assert "守约" in narrative.title(result, lang="zh")
    assert "explain **58\u2009%** \\[54, 62\u2009%\\]" in narrative.describe(result)


def test_leaders_that_cannot_be_told_apart_are_not_ranked(make_drivers):
    assert (
        narrative.title(make_drivers(rows(2)))
        == "“q0” and “q1” matter most for csat; the data cannot tell them apart"
    )
    assert (
        narrative.title(make_drivers(rows(5)))
        == "No single driver of csat stands out: 5 of 6 could rank first"
    )
    for leaders in (2, 5):
        text = narrative.describe(make_drivers(rows(leaders)))
        assert "matters most" not in text
        assert "carries" not in text
        assert (
            narrative.finding(make_drivers(rows(leaders)), "importance")[0] != "“q0” is ahead of all others"
        )


def groups(leaders, total=3):
    table = pd.DataFrame(
        [(f"d{i}", 0.5 - 0.1 * i, 1.0 if i < leaders else 2.0) for i in range(total)],
        columns=["dimension", "share", "tier"],
    )
    wins = pd.DataFrame(columns=["level", "first", "second", "complete"])
    return {"groups": table.assign(conf_low=0.1, conf_high=0.6, n=400.0), "dominance": wins}


@pytest.mark.parametrize(
    ("lang", "none", "lead"), [("en", "none is shown", "lead and"), ("zh", "未显示任何维度", "领先且")]
)
def test_a_list_of_all_dimensions_is_no_list_of_leaders(make_drivers, lang, none, lead):
    for leaders, total, said, unsaid in ((3, 3, none, lead), (5, 5, none, lead), (2, 3, lead, none)):
        result = make_drivers(rows(6), frames=groups(leaders, total))
        assert said in narrative.describe(result, lang=lang)
        assert unsaid not in narrative.describe(result, lang=lang)
        heading, _ = narrative.finding(result, "groups", lang=lang)
        assert heading.startswith(("No dimension", "未显示")) == (leaders == total)


def test_a_list_of_all_drivers_is_no_list_of_leaders(make_drivers):
    result = make_drivers(rows(3, total=3))
    assert narrative.title(result) == "No single driver of csat stands out: 3 of 3 could rank first"
    assert narrative.finding(result, "importance")[0].startswith("No single driver stands out")


def test_where_no_interval_reaches_rank_one_the_best_interval_leads(make_drivers):
    result = make_drivers([("a", 0.5, 2, 3, KEEP), ("b", 0.3, 2, 3, KEEP), ("c", 0.2, 3, 3, KEEP)])
    assert narrative.facts(result)["first"] == ["a", "b"]


def test_causes_are_never_claimed(make_drivers):
    assert "do not prove" in narrative.describe(make_drivers(rows(1)))
    assert "并不证明" in narrative.describe(make_drivers(rows(1)), lang="zh")


@pytest.mark.parametrize(
    ("lines", "said"),
    [("mean", "means of the drivers"), ("median", "medians"), ("scale", "middle of the scale")],
)
def test_the_lines_that_divide_the_map_are_named_as_drawn(make_drivers, make_context, lines, said):
    result = make_drivers(rows(2), lines=lines)
    assert said in narrative.finding(result, "quadrant")[1]
    assert said in method.describe(make_context(), narrative.method_codes(result), more=drivers_method.METHOD)


@pytest.mark.parametrize(
    ("how", "notes", "said", "unsaid"),
    [
        ("lmg", (), "computed exactly", "Johnson’s"),
        (
            "lmg",
            (Note("sampled_lmg", {"terms": 30, "orders": 2000}),),
            "sampled over random orders",
            "computed exactly",
        ),
        ("relative_weights", (), "Johnson’s relative weights", "Shapley"),
    ],
)
def test_the_method_text_is_of_the_method_used(make_drivers, make_context, how, notes, said, unsaid):
    result = make_drivers(rows(2), method=how, notes=notes)
    text = method.describe(make_context(), narrative.method_codes(result), more=drivers_method.METHOD)
    assert said in text
    assert unsaid not in text.split("References")[0]


def test_an_empty_result_names_the_base(make_drivers):
    result = make_drivers(
        [("a", float("nan"), float("nan"), float("nan"), ""), ("b",) + (float("nan"),) * 3 + ("",)]
    )
    assert narrative.title(result) == "Too few answers to tell what drives csat"
    assert (
        narrative.describe(result)
        == "At least 5 answers with every pair of questions are needed; the smallest pair has 400."
    )
    assert narrative.finding(result, "quadrant") == ("", "")
    assert narrative.title(result, lang="zh") == "样本不足，无法判断csat的驱动因素".replace(
        "csat", "\u2009csat\u2009"
    )


def test_hostile_names_are_escaped_in_prose(make_drivers):
    name = "<img src=x onerror=alert(1)> *b* $x$"
    result = make_drivers(rows(1, concentrate=1), labels={"q0": Label(en=name)})
    assert name in narrative.title(result)
    assert "<img" not in narrative.describe(result).replace("\\<", "")
