import json

import numpy as np
import pandas as pd
import pytest

from svcq_lib.errors import ParameterError
from svcq_lib.tables.model import Cell, display_table
from svcq_lib.vocabulary import Term, UnknownNameError

LABELS = {
    "rel": Term("Reliability", "可靠性"),
    "resp": Term("Responsiveness", "响应性"),
    "q9": Term("A & B", "甲与乙"),
}


def gaps():
    return pd.DataFrame(
        {
            "dimension": ["resp", "rel", "other_dim"],
            "expectation": [6.38, 6.41, 6.0],
            "perception": [4.56, 4.83, 5.0],
            "gap": [-1.82, -1.58, -1.0],
            "conf_low": [-1.88, -1.63, -1.1],
            "conf_high": [-1.76, -1.53, -0.9],
            "p_adjusted": [1e-6, 0.0312, 0.5],
            "share": [0.338, 0.3, np.nan],
            "n": [11902, 11990, 3],
            "suppressed": [False, False, True],
        }
    )


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def headings(table):
    return [column.label for column in table.columns]


def test_numbers_words_and_intervals():
    table = display_table(gaps(), labels=LABELS)
    assert headings(table) == [
        "Dimension", "Expectation", "Perception", "Gap", "95\u2009% interval", "Adjusted p", "Share", "n",
    ]  # fmt: skip
    assert texts(table)[0] == [
        "Responsiveness", "6.38", "4.56", "−1.82", "[−1.88, −1.76]", "<0.001", "34\u2009%", "11,902",
    ]  # fmt: skip
    assert [column.align for column in table.columns] == ["left"] + ["right"] * 7


def test_chinese():
    table = display_table(gaps(), labels=LABELS, lang="zh", ci_level=0.9)
    assert headings(table)[:5] == ["维度", "期望", "感知", "差距", "90\u2009% 置信区间"]
    assert texts(table)[1][0] == "可靠性"


def test_suppressed_rows_show_only_their_name():
    row = display_table(gaps(), labels=LABELS).rows[2]
    assert row[0] == Cell("other_dim")
    assert set(row[1:]) == {Cell("–", "muted")}


def test_columns_are_chosen_and_ordered():
    table = display_table(gaps(), columns=["n", "gap", "suppressed"], labels=LABELS)
    assert [column.name for column in table.columns] == ["n", "gap", "gap_interval", "suppressed"]
    assert [cell.text for cell in table.rows[2]] == ["–", "–", "–", "Yes"]


def test_limits_stay_apart_on_request():
    table = display_table(gaps(), columns=["gap", "conf_low", "conf_high"], merge_intervals=False)
    assert headings(table) == ["Gap", "Lower limit", "Upper limit"]
    assert texts(table)[0] == ["−1.82", "−1.88", "−1.76"]


def test_several_intervals_say_which_is_which():
    frame = pd.DataFrame(
        {"term": ["rel"], "estimate": [0.2], "conf_low": [0.1], "conf_high": [0.3], "share": [0.5],
         "share_low": [0.4], "share_high": [0.6], "rank": [1], "rank_low": [1], "rank_high": [2]}
    )  # fmt: skip
    table = display_table(frame, labels=LABELS)
    assert headings(table) == [
        "Item", "Estimate", "95\u2009% interval", "Share", "Share, 95\u2009% interval", "Rank",
        "Rank, 95\u2009% interval",
    ]  # fmt: skip
    assert texts(table)[0] == [
        "Reliability",
        "0.20",
        "[0.10, 0.30]",
        "50\u2009%",
        "[40, 60\u2009%]",
        "1",
        "[1, 2]",
    ]
    assert "占比：95\u2009% 置信区间" in headings(display_table(frame, labels=LABELS, lang="zh"))


def test_measures_decide_how_their_row_is_written():
    frame = pd.DataFrame(
        {"outcome": ["csat", "q9", "nps"],
         "measure": ["mean", "top_box", "nps"], "estimate": [4.123, 0.614, -3.4],
         "conf_low": [4.05, 0.6, -6.2], "conf_high": [4.2, 0.63, 0.4], "difference": [0.1, 0.031, 2.6],
         "difference_low": [0.05, 0.01, -1.0], "difference_high": [0.15, 0.05, 6.0], "n": [10, 10, 10]}
    )  # fmt: skip
    table = display_table(frame, labels=LABELS)
    assert texts(table) == [
        ["Satisfaction", "Mean", "4.12", "[4.05, 4.20]", "+0.10", "[0.05, 0.15]", "10"],
        ["A & B", "Top box", "61\u2009%", "[60, 63\u2009%]", "+3.1\u2009pp", "[1.0, 5.0]", "10"],
        ["NPS", "NPS", "−3", "[−6, 0]", "+3", "[−1, 6]", "10"],
    ]
    zh = texts(display_table(frame, labels=LABELS, lang="zh"))
    assert zh[1][4] == "+3.1 个百分点"


def test_words_of_the_vocabulary_only_where_they_are_codes():
    frame = pd.DataFrame({"level": ["mean", "overall"], "quadrant": ["keep_up", "low_priority"]})
    assert texts(display_table(frame, lang="zh")) == [["mean", "继续保持"], ["总体", "低优先"]]


def test_tones():
    table = display_table(gaps(), highlight={"gap": {0: "bad"}}, strong=["gap"])
    assert [row[3].tone for row in table.rows] == ["bad", "strong", "muted"]


def test_own_headings_kinds_and_digits():
    frame = pd.DataFrame({"region": ["North"], "estimate": [12.345], "share": [0.1234]})
    table = display_table(
        frame, labels={"region": Term("Region", "地区")}, headings={"share": "Share of gap"},
        kinds={"estimate": "points"}, digits={"share": 1},
    )  # fmt: skip
    assert headings(table) == ["Region", "Estimate", "Share of gap"]
    assert texts(table) == [["North", "12", "12.3\u2009%"]]


def test_texts_are_plain():
    frame = pd.DataFrame({"item": ["<script>*&"], "period": ["2026-Q3"]})
    assert texts(display_table(frame)) == [["<script>*&", "2026 Q3"]]


def test_block_is_json():
    block = display_table(gaps(), labels=LABELS).to_block()
    assert json.loads(json.dumps(block)) == block
    assert block["columns"][0] == {"name": "dimension", "label": "Dimension", "align": "left"}
    assert block["rows"][2][1] == {"text": "–", "tone": "muted"}


def test_empty_frame_keeps_its_columns():
    table = display_table(gaps().iloc[:0])
    assert len(table.columns) == 8
    assert table.rows == ()


def test_frame_is_left_alone():
    frame = gaps()
    display_table(frame, labels=LABELS)
    pd.testing.assert_frame_equal(frame, gaps())


def test_unknown_columns():
    with pytest.raises(
        ParameterError, match=r"\['gapp'\] are not in the table, which has dimension, expectation"
    ):
        display_table(gaps(), columns=["gapp"])
    with pytest.raises(UnknownNameError, match="'my_column' is not a column"):
        display_table(pd.DataFrame({"my_column": [1]}))


def test_texts_that_hold_numbers_are_set_right():
    frame = pd.DataFrame({"term": ["a"], "likely": ["87 %"]})
    shown = display_table(frame, headings={"likely": "Likely"}, kinds={"likely": "text"}, right=["likely"])
    assert [column.align for column in shown.columns] == ["left", "right"]
