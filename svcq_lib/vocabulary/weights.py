"""Columns and codes of weighting, response rates and the switchboard of defaults."""

from __future__ import annotations

from svcq_lib.vocabulary.term import Term

COLUMNS: dict[str, Term] = {
    "default": Term("Default", "默认做法"),
    "used": Term("Used here", "本报告采用"),
    "alternative": Term("Alternative", "另一做法"),
    "headline": Term("Headline as reported", "本报告的主要结果"),
    "headline_alternative": Term("Headline under the alternative", "另一做法下的主要结果"),
    "same_answer": Term("Same answer", "结论是否相同", "bool"),
    "population": Term("Population", "总体"),
    "before": Term("Before weighting to it", "校准前", "share"),
    "after": Term("After", "校准后", "share"),
    "invited": Term("Invited", "邀请数", "count"),
    "answered": Term("Answered", "回收数", "count"),
    "response_rate": Term("Response rate", "回收率", "share"),
    "response_rate_low": Term("Response rate, lower limit", "回收率下限", "interval_low"),
    "response_rate_high": Term("Response rate, upper limit", "回收率上限", "interval_high"),
    "coverage": Term("Coverage of customers", "客户覆盖率", "share"),
    "coverage_target": Term("Target of coverage", "覆盖率目标", "share"),
    "covered": Term("Target reached", "是否达标", "bool"),
    "span": Term("Span", "范围"),
}  # fmt: skip

WORDS: dict[str, Term] = {
    "score_weights": Term("Weights", "权数"),
    "weighted": Term("weighted", "加权"),
    "unweighted": Term("unweighted", "不加权"),
    "score_missing": Term("Missing answers", "缺失答案"),
    "score_csat": Term("How satisfaction is quoted", "满意度的报告口径"),
    "top_box_percent": Term("Top box, in per cent", "高分占比（%）"),
}
