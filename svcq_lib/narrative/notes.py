"""Caveats in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from svcq_lib.analyses.context import Context
from svcq_lib.errors import Note
from svcq_lib.formats import Lang
from svcq_lib.narrative.phrases import say

SENTENCES = {
    "en": {
        "small_base": "The base is small: {n:n} {n:answer|answers}, below the mark of {flag:n}. Read every figure with its interval.",
        "uneven_weights": "The weights are uneven: {n:n} answers carry the information of {n_eff:n}.",
        "suppressed_cells": "{cells:n} {cells:figure stands|figures stand} on fewer than {threshold:n} answers and {cells:is|are} not shown.",
        "missing_answers": "Between {lowest:%} and {highest:%} of respondents answered each question; those who did may differ from those who did not.",
        "unfinished_period": "{period:period} is not over: the last answer is of {last}. Its figures may still move.",
        "repaired_correlation": "The pairwise correlations contradict each other slightly; they were moved by at most {max_change:2} to a proper matrix (eigenvalues raised).",
        "failed_replicates": "{failed:n} of {n_boot:n} bootstrap replicates could not be used and {failed:is|are} left out of the intervals.",
        "no_intervals": "The design gives no error of some figures here (a single cluster or stratum): they carry no interval, and nothing is said of their differences.",
        "data_mixed_scale": "Column {column:code}: most answers lie in {low:g}–{edge:g}, {rows:n} of {total:n} in {above_low:g}–{above_high:g}; two scales may be mixed.",
        "data_constant": "Column {column:code} has one and the same answer in every row.",
        "data_empty_answers": "Column {column:code} has no valid answer.",
        "data_date_missing": "{rows:n} of {total:n} rows {rows:has|have} no date and {rows:belongs|belong} to no period.",
        "data_unknown_level": "{rows:n} of {total:n} rows {rows:has|have} a level in {column:code} that the study file does not declare.",
        "data_empty_segment": "The segment {column:code} is empty in every row.",
        "data_straight_line": "{rows:n} of {total:n} respondents gave the same answer to every question; {rows:the answer is|their answers are} included.",
        "data_points_sum": "{rows:n} of {total:n} respondents gave importance points that do not sum to the whole; the points count as given.",
        "data_empty_row": "{rows:n} of {total:n} rows {rows:is|are} empty in every column of the study.",
        "data_small_base": "{levels:n} {levels:group|groups} of {column:code} {levels:has|have} fewer than {flag:n} rows; read their figures with care.",
        "data_margin_missing": "{rows:n} of {total:n} rows {rows:has|have} no level in {column:code}, which weights are fitted to; {rows:it keeps|they keep} the share that {rows:its|their} own {rows:weight gives|weights give}.",
        "data_period_hole": "No rows in {count:n} {count:period|periods} between the first and the last ({periods}); trends leave {count:it|them} out.",
        "data_repeated_header": "{times:n} columns of {table} share the header {column:code}; none of them is used.",
        "data_date_unreadable": "Column {column:code} of {table}: {rows:n} {rows:cell is no date|cells are no dates}.",
        "data": "{table}, {column:code}: {rows:n} of {total:n} rows {rows:was|were} marked by the data check (`svcq check` says why).",
    },
    "zh": {
        "small_base": "样本较小：{n:n} 份，低于 {flag:n} 份的标准。请结合区间阅读每个数字。",
        "uneven_weights": "权数差异较大：{n:n} 份答卷只相当于 {n_eff:n} 份的信息量。",
        "suppressed_cells": "有 {cells:n} 个数字的样本少于 {threshold:n} 份，不予显示。",
        "missing_answers": "每个题项有 {lowest:%} 至 {highest:%} 的受访者作答；作答者与未作答者可能不同。",
        "unfinished_period": "{period:period}尚未结束：最后一份答卷的日期为 {last}。其数字仍可能变动。",
        "repaired_correlation": "成对相关系数之间略有矛盾；已调整为合理的矩阵，最大改动 {max_change:2}（提高特征值）。",
        "failed_replicates": "{n_boot:n} 次自助抽样中有 {failed:n} 次无法使用，未计入区间。",
        "no_intervals": "此处的抽样设计（单一整群或单一层内样本）无法给出部分数字的误差：这些数字不附区间，也不对其差异下结论。",
        "data_mixed_scale": "列 {column:code}：多数答案在 {low:g}–{edge:g}，另有 {rows:n} 份（共 {total:n} 份）在 {above_low:g}–{above_high:g}；可能混用了两种量表。",
        "data_constant": "列 {column:code} 的答案全部相同。",
        "data_empty_answers": "列 {column:code} 没有有效答案。",
        "data_date_missing": "{total:n} 行中有 {rows:n} 行没有日期，不属于任何期间。",
        "data_unknown_level": "{total:n} 行中有 {rows:n} 行在 {column:code} 中的组别未在研究文件中声明。",
        "data_empty_segment": "细分变量 {column:code} 在所有行中均为空。",
        "data_straight_line": "{total:n} 位受访者中有 {rows:n} 位对所有题项给出相同答案；他们仍计入结果。",
        "data_points_sum": "{total:n} 位受访者中有 {rows:n} 位的重要性分值合计不符；按所填分值计算。",
        "data_empty_row": "{total:n} 行中有 {rows:n} 行在研究所用各列均为空。",
        "data_small_base": "{column:code} 中有 {levels:n} 组少于 {flag:n} 行；请谨慎阅读其数字。",
        "data_margin_missing": "{total:n} 行中有 {rows:n} 行缺少用于校准权数的 {column:code}；这些行保持其原有权数所占的比例。",
        "data_period_hole": "首末期间之间有 {count:n} 个期间没有数据（{periods}）；趋势中略去。",
        "data_repeated_header": "{table} 中有 {times:n} 列使用同一表头 {column:code}；均未采用。",
        "data_date_unreadable": "{table} 的列 {column:code}：{rows:n} 个单元格不是日期。",
        "data": "{table}，{column:code}：{total:n} 行中有 {rows:n} 行被数据检查标出（原因见 `svcq check`）。",
    },
}


def describe(
    notes: Sequence[Note],
    context: Context,
    *,
    lang: Lang = "en",
    more: Mapping[str, Mapping[str, str]] | None = None,
) -> list[str]:
    """Return caveats in words.

    Parameters
    ----------
    notes : sequence of Note
        Caveats of a result.
    context : Context
        The result's context, for labels.
    lang : {"en", "zh"}
        Language.
    more : Mapping, optional
        Sentences of the topic beside the shared ones: language → code → template.

    Returns
    -------
    list of str
        One Markdown sentence per caveat.
    """
    sentences: dict[str, dict[str, str]] = {lang: {**SENTENCES[lang], **(more or {}).get(lang, {})}}
    return [_sentence(note, context, sentences, lang) for note in notes]


def _sentence(note: Note, context: Context, sentences: Mapping[str, Mapping[str, str]], lang: Lang) -> str:
    values: dict[str, Any] = dict(note.facts)
    if "term" in values:
        values["term"] = context.label(values["term"], lang)
    if isinstance(values.get("terms"), list):
        values["terms"] = [context.label(name, lang) for name in values["terms"]]
    code = note.code if note.code in sentences[lang] else "data"
    return say(sentences, code, values, lang)
