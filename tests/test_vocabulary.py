import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest

from svcq_lib.errors import SvcqError
from svcq_lib.kinds import is_missing, shown, shown_interval
from svcq_lib.vocabulary import COLUMNS, WORDS, UnknownNameError, interval_label, kind, label, word

ENTRIES = [*COLUMNS.items(), *WORDS.items()]
RESULT_COLUMNS = (
    "term", "dimension", "item", "segment", "level", "period", "indicator", "outcome", "measure",
    "estimate", "std_error", "conf_low", "conf_high", "ci_level", "statistic", "df", "p_value",
    "p_adjusted", "effect_size", "n", "n_eff", "suppressed", "expectation", "perception", "gap",
    "importance_points", "share", "share_low", "share_high", "contribution", "difference",
    "difference_low", "difference_high", "change", "change_low", "change_high", "previous", "rank",
    "rank_low", "rank_high", "beta", "relative_weights", "lmg", "correlation", "vif", "performance",
    "performance_low", "performance_high", "quadrant", "r_squared", "adj_r_squared", "r_squared_low",
    "r_squared_high", "alpha", "alpha_low", "alpha_high", "method", "target", "benchmark", "median",
    "std_dev", "top_box", "nps", "promoters", "passives", "detractors", "ces", "index_100", "csat",
)  # fmt: skip


def test_every_result_column_has_a_name():
    assert set(RESULT_COLUMNS) <= set(COLUMNS)


@pytest.mark.parametrize(("name", "term"), ENTRIES, ids=[name for name, _ in ENTRIES])
def test_entries_are_complete(name, term):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert term.en.strip() == term.en != ""
    assert term.zh.strip() == term.zh != ""
    assert not re.search(r"[\u4e00-\u9fff][,:;()]|[,:;()][\u4e00-\u9fff]", term.zh)
    assert not re.search(r"[\u4e00-\u9fff]", term.en)


@pytest.mark.parametrize("name", [name for name in COLUMNS if name.endswith(("_low", "_high"))])
def test_limits_come_in_pairs(name):
    stem = name.rsplit("_", 1)[0]
    assert kind(f"{stem}_low") == "interval_low"
    assert kind(f"{stem}_high") == "interval_high"


@pytest.mark.parametrize(
    ("name", "zh"),
    [
        ("term", "项目"), ("estimate", "估计值"), ("std_error", "标准误"), ("statistic", "统计量"),
        ("item", "题项"),
        ("dimension", "维度"), ("expectation", "期望"), ("perception", "感知"), ("gap", "差距"),
        ("n", "样本量"),
        ("nps", "净推荐值"), ("csat", "满意度"), ("ces", "费力度"), ("benchmark", "标杆"), ("target", "目标"),
        ("baseline", "基线"), ("period", "期间"), ("terms", "驱动因素"), ("unit", "单位"),
        ("peer_group", "同组"),
    ],
)  # fmt: skip
def test_the_field_s_own_words(name, zh):
    assert label(name, "zh") == zh


def test_coded_values():
    assert [word(q, "zh") for q in ("concentrate_here", "keep_up", "low_priority", "possible_overkill")] == [
        "重点改进", "继续保持", "低优先", "过度投入",
    ]  # fmt: skip
    assert word("pairwise", "zh") == "成对删除"
    assert word("lmg") == "LMG/Shapley"


@pytest.mark.parametrize("ask", [label, kind])
def test_unknown_column_says_what_is_near(ask):
    with pytest.raises(UnknownNameError, match=r"'percepton' is not a column.*'perception'") as caught:
        ask("percepton")
    assert isinstance(caught.value, SvcqError)
    assert isinstance(caught.value, KeyError)


def test_unknown_code():
    with pytest.raises(UnknownNameError, match=r"'keepup' is not a coded value.*'keep_up'"):
        word("keepup")


@pytest.mark.parametrize(("level", "en"), [(0.95, "95\u2009% interval"), (0.999, "99.9\u2009% interval")])
def test_interval_label(level, en):
    assert interval_label(level) == en
    assert interval_label(0.9, "zh") == "90\u2009% 置信区间"


@pytest.mark.parametrize(
    ("value", "kind_", "text"),
    [
        (-1.824, "number", "−1.82"), (0.0, "signed", "0.00"), (0.4, "signed", "+0.40"),
        (11902, "count", "11,902"), (0.338, "share", "34\u2009%"), (-3.2, "points", "−3"),
        (72.44, "score", "72.4"), (0.0002, "p_value", "<0.001"), (True, "bool", "Yes"),
        (np.bool_(False), "bool", "No"), ("2026-Q3", "period", "2026 Q3"),
        (dt.date(2026, 7, 1), "date", "2026-07-01"), (pd.Timestamp("2026-07-01"), "date", "2026-07-01"),
        ("North", "text", "North"), (np.float64("nan"), "number", "–"), (None, "text", "–"),
        (pd.NA, "share", "–"), (pd.NaT, "date", "–"), (float("inf"), "count", "–"),
        (np.int64(7), "count", "7"),
    ],
)  # fmt: skip
def test_values_by_kind(value, kind_, text):
    assert shown(value, kind_) == text


def test_values_in_chinese():
    assert shown(True, "bool", "zh") == "是"
    assert shown("2026-Q3", "period", "zh") == "2026年第三季度"


def test_intervals_by_kind():
    assert shown_interval(0.314, 0.372, "share", digits=1) == "[31.4, 37.2\u2009%]"
    assert shown_interval(-6, 0, "points") == "[−6, 0]"
    assert shown_interval(1, np.nan) == "–"


def test_missing():
    assert [is_missing(v) for v in (None, np.nan, pd.NA, pd.NaT, "", 0, False)] == [True] * 4 + [False] * 3
