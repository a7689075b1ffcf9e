"""The switchboard: one row per contested default, and what is said about them."""

import numpy as np
import pandas as pd

from svcq_lib.analyses.switches import COLUMNS, Headline, Switch, switches
from svcq_lib.narrative import switches as narrative
from svcq_lib.study import Label

REPORTED = Headline("q1", "share", 0.31, 0.25, 0.37)


def table():
    return switches(
        REPORTED,
        [
            Switch("missing", "pairwise", "listwise", Headline("q1", "share", 0.29, 0.21, 0.36)),
            Switch("method", "lmg", "relative_weights", Headline("q2", "share", 0.33)),
            Switch("adjustment", "holm", "bh", None),
        ],
    )


def test_the_same_answer_is_one_about_the_same_term():
    found = table()
    assert list(found.columns) == list(COLUMNS)
    assert found["same_answer"].tolist() == [True, False, pd.NA]
    assert np.isnan(found["alternative_estimate"].iloc[2])


def test_an_analysis_may_say_itself_whether_the_answer_is_the_same():
    found = switches(REPORTED, [Switch("missing", "pairwise", "listwise", REPORTED, same_answer=False)])
    assert not found["same_answer"].iloc[0]


def test_it_says_which_alternatives_change_the_headline():
    said = "would change under 1 of 2 alternatives: Measure of importance – Relative weights (Johnson)."
    assert said in narrative.describe(table())
    assert "在 2 种替代做法中，有 1 种会改变主要结论" in narrative.describe(table(), lang="zh").replace(
        "\u2009", ""
    )
    assert "stays the same under 1 alternative." in narrative.describe(table().head(1))


def test_figures_are_written_by_their_kind_with_their_interval(make_context):
    context = make_context(labels={"q1": Label(en="Speed", zh="速度"), "q2": Label(en="Care", zh="关怀")})
    worded = narrative.worded(table(), context)
    assert worded["headline"].iloc[0] == "Speed: 31\u2009% [25, 37\u2009%]"
    assert worded["headline_alternative"].tolist()[1:] == ["Care: 33\u2009%", "cannot be computed"]
    assert narrative.worded(table(), context, lang="zh")["headline"].iloc[0].startswith("速度：")
