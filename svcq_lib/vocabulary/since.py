"""Caveats about the data by name, for what changed between two reports."""

from __future__ import annotations

from svcq_lib.vocabulary.term import Term

COLUMNS: dict[str, Term] = {}

WORDS: dict[str, Term] = {
    "base": Term("Answers", "有效答卷"),
    "small_base": Term("a small base", "样本较小"),
    "uneven_weights": Term("uneven weights", "权数差异较大"),
    "unfinished_period": Term("a period that is not over", "期间尚未结束"),
    "suppressed_cells": Term("figures that are not shown (small bases)", "部分数字因样本过小而不显示"),
    "no_intervals": Term("figures without an interval", "部分数字没有置信区间"),
    "missing_answers": Term("missing answers", "存在缺失答案"),
    "low_coverage": Term("coverage of customers below its target", "客户覆盖率低于目标"),
    "units_to_check": Term("units whose data look wrong", "部分单位的数据可疑"),
    "data_mixed_scale": Term("columns that may mix two scales", "个别列可能混用两种量尺"),
    "data_constant": Term("columns with one and the same answer", "个别列的答案全部相同"),
    "data_empty_answers": Term("columns without a valid answer", "个别列没有有效答案"),
    "data_date_missing": Term("rows without a date", "部分行没有日期"),
    "data_date_unreadable": Term("dates that cannot be read", "部分日期无法识别"),
    "data_unknown_level": Term("groups that the study file does not declare", "出现未声明的组别"),
    "data_empty_segment": Term("a segment without entries", "细分变量为空"),
    "data_straight_line": Term("respondents with the same answer throughout", "部分受访者全部题项同一答案"),
    "data_points_sum": Term("importance points that do not add up", "重要性分值合计不符"),
    "data_empty_row": Term("empty rows", "存在空行"),
    "data_small_base": Term("groups with a small base", "部分组别样本较小"),
    "data_margin_missing": Term(
        "rows without a level that weights are fitted to", "部分行缺少用于校准权数的组别"
    ),
    "data_period_hole": Term("periods without rows", "部分期间没有数据"),
    "data_repeated_header": Term("columns that share a header", "存在重名的列"),
}
