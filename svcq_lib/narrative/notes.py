"""Caveats in words."""

from __future__ import annotations

from collections.abc import Sequence
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
        "no_expectations": "Expectations were not asked: the report speaks of perceptions only, and no gap can be computed.",
        "no_importance_points": "Importance points were not asked for every dimension: the overall gap weighs dimensions alike.",
        "items_without_pair": "{items:n} {items:question lacks|questions lack} an expectation or a perception and {items:is|are} left out.",
        "missing_answers": "Between {lowest:%} and {highest:%} of respondents answered each question; those who did may differ from those who did not.",
        "constant_outcome": "“{term}” has the same answer throughout: there is nothing to explain.",
        "no_intervals": "The design gives no error of some figures here (a single cluster or stratum): they carry no interval, and nothing is said of their differences.",
        "constant_term": "“{term}” has the same answer throughout and can explain nothing; it is left out.",
        "too_few_for_drivers": "The smallest pair of questions has {n:n} {n:answer|answers}: too few to separate {terms:n} drivers.",
        "repaired_correlation": "The pairwise correlations contradict each other slightly; they were moved by at most {max_change:2} to a proper matrix (eigenvalues raised).",
        "collinear_terms": "Some drivers say nearly the same (largest variance inflation {vif:1}, above {limit:0}): their shares are split between them and their coefficients are unstable.",
        "negative_drivers": "{terms:list} {terms:goes|go} with a lower outcome once the others are held equal.",
        "below_noise_floor": "{terms:list} {terms:carries|carry} no more than a question answered at random may get (up to {floor:%} of what is explained, in {level:%} of cases): {terms:it is|they are} not shown to matter.",
        "low_fit": "All drivers together explain only {r_squared:%}; what moves the outcome was mostly not asked.",
        "small_base_for_drivers": "{n:n} {n:answer|answers} for {terms:n} drivers are few: expect the order to change with new data.",
        "sampled_lmg": "{terms:n} drivers are too many for the exact Shapley value; it is sampled over {orders:n} orders of entry.",
        "failed_replicates": "{failed:n} of {n_boot:n} bootstrap replicates could not be decomposed and {failed:is|are} left out of the intervals.",
        "shares_not_causes": "Driver shares describe how answers go together in one survey. Whether raising a driver raises the outcome takes an experiment or a before–after comparison with a control group.",
        "data_mixed_scale": "Column {column:code}: most answers lie in {low:g}–{edge:g}, {rows:n} of {total:n} in {above_low:g}–{above_high:g}; two scales may be mixed.",
        "data_constant": "Column {column:code} has one and the same answer in every row.",
        "data_empty_answers": "Column {column:code} has no valid answer.",
        "data_date_missing": "{rows:n} of {total:n} rows {rows:has|have} no date and {rows:belongs|belong} to no period.",
        "data_unknown_level": "{rows:n} of {total:n} rows {rows:has|have} a level in {column:code} that the study file does not declare.",
        "data_empty_segment": "The segment {column:code} is empty in every row.",
        "data_straight_line": "{rows:n} of {total:n} respondents gave the same answer to every question; {rows:it is|they are} included.",
        "data_points_sum": "{rows:n} of {total:n} respondents gave importance points that do not sum to the whole; the points count as given.",
        "data_empty_row": "{rows:n} of {total:n} rows {rows:is|are} empty in every column of the study.",
        "data_small_base": "{levels:n} {levels:group|groups} of {column:code} {levels:has|have} fewer than {flag:n} rows; read their figures with care.",
        "data_period_hole": "No rows in {count:n} {count:period|periods} between the first and the last ({periods}); trends leave {count:it|them} out.",
        "data_repeated_header": "{times:n} columns of {table} share the header {column:code}; none of them is used.",
        "data_date_unreadable": "Column {column:code} of {table}: {rows:n} {rows:cell is no date|cells are no dates}.",
        "data": "{table}, {column:code}: {rows:n} of {total:n} rows {rows:was|were} marked by the data check (`svcq check` says why).",
    },
    "zh": {
        "small_base": "样本较小：{n:n} 份，低于 {flag:n} 份的标准。请结合区间阅读每个数字。",
        "uneven_weights": "权数差异较大：{n:n} 份答卷只相当于 {n_eff:n} 份的信息量。",
        "suppressed_cells": "有 {cells:n} 个数字的样本少于 {threshold:n} 份，不予显示。",
        "no_expectations": "问卷未询问期望：报告只涉及感知，无法计算差距。",
        "no_importance_points": "并非每个维度都询问了重要性分值：总体差距对各维度同等加权。",
        "items_without_pair": "{items:n} 个题项缺少期望或感知，未予采用。",
        "missing_answers": "每个题项有 {lowest:%} 至 {highest:%} 的受访者作答；作答者与未作答者可能不同。",
        "constant_outcome": "“{term}”的答案全部相同，没有可解释的差异。",
        "no_intervals": "此处的抽样设计（单一整群或单一层内样本）无法给出部分数字的误差：这些数字不附区间，也不对其差异下结论。",
        "constant_term": "“{term}”的答案全部相同，无法解释任何差异，已略去。",
        "too_few_for_drivers": "最少的一对题项只有 {n:n} 份答卷，不足以区分 {terms:n} 个驱动因素。",
        "repaired_correlation": "成对相关系数之间略有矛盾；已调整为合理的矩阵，最大改动 {max_change:2}（提高特征值）。",
        "collinear_terms": "部分驱动因素几乎重复（最大方差膨胀因子 {vif:1}，高于 {limit:0}）：其占比相互分摊，系数不稳定。",
        "negative_drivers": "在其他因素相同时，{terms:list}与较低的结果相伴。",
        "below_noise_floor": "{terms:list}的占比不高于随机作答的题项可能得到的占比（{level:%} 的情形下不超过 {floor:%}），未显示出作用。",
        "low_fit": "全部驱动因素只解释 {r_squared:%}；影响结果的主要因素多半没有问到。",
        "small_base_for_drivers": "{terms:n} 个驱动因素只有 {n:n} 份答卷，数量偏少：新数据可能改变次序。",
        "sampled_lmg": "{terms:n} 个驱动因素过多，无法精确计算 Shapley 值；按 {orders:n} 个进入顺序抽样计算。",
        "failed_replicates": "{n_boot:n} 次自助抽样中有 {failed:n} 次无法分解，未计入区间。",
        "shares_not_causes": "驱动占比描述一次调查中答案之间的关联。提高某一因素能否提高结果，需要实验或带对照组的前后比较。",
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
        "data_period_hole": "首末期间之间有 {count:n} 个期间没有数据（{periods}）；趋势中略去。",
        "data_repeated_header": "{table} 中有 {times:n} 列使用同一表头 {column:code}；均未采用。",
        "data_date_unreadable": "{table} 的列 {column:code}：{rows:n} 个单元格不是日期。",
        "data": "{table}，{column:code}：{total:n} 行中有 {rows:n} 行被数据检查标出（原因见 `svcq check`）。",
    },
}


def describe(notes: Sequence[Note], context: Context, *, lang: Lang = "en") -> list[str]:
    """Return caveats in words.

    Parameters
    ----------
    notes : sequence of Note
        Caveats of a result.
    context : Context
        The result's context, for labels.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    list of str
        One Markdown sentence per caveat.
    """
    return [_sentence(note, context, lang) for note in notes]


def _sentence(note: Note, context: Context, lang: Lang) -> str:
    values: dict[str, Any] = dict(note.facts)
    if "term" in values:
        values["term"] = context.label(values["term"], lang)
    if isinstance(values.get("terms"), list):
        values["terms"] = [context.label(name, lang) for name in values["terms"]]
    code = note.code if note.code in SENTENCES[lang] else "data"
    return say(SENTENCES, code, values, lang)
