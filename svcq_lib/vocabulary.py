"""Every result column and coded value with its English and Chinese name and its kind: the home of labels.

Results keep machine names; figures, tables and narratives ask here for the words. The *kind* of a column says
how its numbers are written (see `kinds`), so that a table, a figure and a sentence agree.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from svcq_lib import formats
from svcq_lib.errors import SvcqError
from svcq_lib.formats import Lang

Kind = Literal[
    "text", "count", "number", "score", "share", "points", "signed", "interval_low", "interval_high",
    "p_value", "bool", "date", "period",
]  # fmt: skip


class UnknownNameError(SvcqError, KeyError):
    """A column or a coded value has no entry in the vocabulary."""

    __str__ = Exception.__str__  # KeyError would show the message in quotes


@dataclass(frozen=True, slots=True)
class Term:
    """A name in both languages.

    Attributes
    ----------
    en, zh : str
        The words.
    kind : str
        How values of the column, or of the measure, are written.
    """

    en: str
    zh: str
    kind: Kind = "text"

    def text(self, lang: Lang = "en") -> str:
        """Return the name in one language.

        Parameters
        ----------
        lang : {"en", "zh"}
            Language.

        Returns
        -------
        str
            The name.
        """
        return self.zh if lang == "zh" else self.en


COLUMNS: Mapping[str, Term] = MappingProxyType({
    # what a row is about
    "term": Term("Item", "项目"),
    "item": Term("Question", "题项"),
    "dimension": Term("Dimension", "维度"),
    "segment": Term("Segment", "细分变量"),
    "level": Term("Group", "组别"),
    "unit": Term("Unit", "单位"),
    "peer_group": Term("Peer group", "同组"),
    "period": Term("Period", "期间", "period"),
    "start": Term("Start", "开始", "date"),
    "end": Term("End", "结束", "date"),
    "indicator": Term("Indicator", "指标"),
    "outcome": Term("Outcome", "结果"),
    "measure": Term("Measure", "度量"),
    "method": Term("Method", "方法"),
    "missing": Term("Missing answers", "缺失处理"),
    "adjustment": Term("Adjustment", "多重比较校正"),
    "kind": Term("Kind", "类型"),
    # an estimate and how sure it is
    "estimate": Term("Estimate", "估计值", "number"),
    "std_error": Term("Standard error", "标准误", "number"),
    "conf_low": Term("Lower limit", "置信下限", "interval_low"),
    "conf_high": Term("Upper limit", "置信上限", "interval_high"),
    "ci_level": Term("Confidence level", "置信水平", "share"),
    "statistic": Term("Statistic", "统计量", "number"),
    "df": Term("df", "自由度", "score"),
    "p_value": Term("p-value", "p 值", "p_value"),
    "p_adjusted": Term("Adjusted p", "校正 p 值", "p_value"),
    "effect_size": Term("Effect size", "效应量", "number"),
    "n": Term("n", "样本量", "count"),
    "n_eff": Term("Effective n", "有效样本量", "count"),
    "suppressed": Term("Suppressed", "已隐去", "bool"),
    "median": Term("Median", "中位数", "number"),
    "std_dev": Term("Std. deviation", "标准差", "number"),
    # expectation, perception and the gap between them
    "expectation": Term("Expectation", "期望", "number"),
    "perception": Term("Perception", "感知", "number"),
    "expectation_low": Term("Expectation, lower limit", "期望下限", "interval_low"),
    "expectation_high": Term("Expectation, upper limit", "期望上限", "interval_high"),
    "perception_low": Term("Perception, lower limit", "感知下限", "interval_low"),
    "perception_high": Term("Perception, upper limit", "感知上限", "interval_high"),
    "gap": Term("Gap", "差距", "signed"),
    "gap_low": Term("Gap, lower limit", "差距下限", "interval_low"),
    "gap_high": Term("Gap, upper limit", "差距上限", "interval_high"),
    "importance_points": Term("Importance points", "重要性分值", "score"),
    "knowledge_gap": Term("Knowledge gap", "认知差距", "signed"),
    "standards_gap": Term("Standards gap", "标准差距", "signed"),
    "delivery_gap": Term("Delivery gap", "传递差距", "signed"),
    "communication_gap": Term("Communication gap", "沟通差距", "signed"),
    "customer_gap": Term("Customer gap", "感知差距", "signed"),
    # shares, contributions, differences and changes
    "share": Term("Share", "占比", "share"),
    "share_low": Term("Share, lower limit", "占比下限", "interval_low"),
    "share_high": Term("Share, upper limit", "占比上限", "interval_high"),
    "contribution": Term("Contribution", "贡献", "number"),
    "difference": Term("Difference", "差异", "signed"),
    "difference_low": Term("Difference, lower limit", "差异下限", "interval_low"),
    "difference_high": Term("Difference, upper limit", "差异上限", "interval_high"),
    "change": Term("Change", "变化", "signed"),
    "change_low": Term("Change, lower limit", "变化下限", "interval_low"),
    "change_high": Term("Change, upper limit", "变化上限", "interval_high"),
    "previous": Term("Compared with", "对比期", "period"),
    "rank": Term("Rank", "排名", "count"),
    "rank_low": Term("Rank, best", "排名上限", "interval_low"),
    "rank_high": Term("Rank, worst", "排名下限", "interval_high"),
    "target": Term("Target", "目标", "number"),
    "baseline": Term("Baseline", "基线", "number"),
    "benchmark": Term("Benchmark", "标杆", "number"),
    # drivers
    "terms": Term("Drivers", "驱动因素"),
    "importance": Term("Importance", "重要性", "number"),
    "stated_importance": Term("Stated importance", "自述重要性", "number"),
    "derived_importance": Term("Derived importance", "推导重要性", "number"),
    "beta": Term("Std. coefficient", "标准化系数", "number"),
    "relative_weights": Term("Relative weight", "相对权重", "number"),
    "lmg": Term("LMG importance", "LMG 重要性", "number"),
    "correlation": Term("Correlation", "相关系数", "number"),
    "vif": Term("VIF", "方差膨胀因子", "number"),
    "performance": Term("Performance", "绩效", "number"),
    "performance_low": Term("Performance, lower limit", "绩效下限", "interval_low"),
    "performance_high": Term("Performance, upper limit", "绩效上限", "interval_high"),
    "quadrant": Term("Quadrant", "象限"),
    "r_squared": Term("R²", "R²", "number"),
    "adj_r_squared": Term("Adjusted R²", "调整 R²", "number"),
    "r_squared_low": Term("R², lower limit", "R² 下限", "interval_low"),
    "r_squared_high": Term("R², upper limit", "R² 上限", "interval_high"),
    "alpha": Term("Cronbach’s α", "克隆巴赫 α", "number"),
    "alpha_low": Term("α, lower limit", "α 下限", "interval_low"),
    "alpha_high": Term("α, upper limit", "α 上限", "interval_high"),
    # satisfaction, recommendation, effort
    "csat": Term("Satisfaction", "满意度", "number"),
    "index_100": Term("Satisfaction index, 0–100", "满意度指数（0–100）", "score"),
    "top_box": Term("Top box", "高分占比", "share"),
    "nps": Term("NPS", "净推荐值", "points"),
    "promoters": Term("Promoters", "推荐者", "share"),
    "passives": Term("Passives", "被动者", "share"),
    "detractors": Term("Detractors", "批评者", "share"),
    "ces": Term("Customer effort", "费力度", "number"),
})  # fmt: skip

WORDS: Mapping[str, Term] = MappingProxyType({
    "concentrate_here": Term("Concentrate here", "重点改进"),
    "keep_up": Term("Keep up", "继续保持"),
    "low_priority": Term("Low priority", "低优先"),
    "possible_overkill": Term("Possible overkill", "过度投入"),
    "lmg": Term("LMG (Shapley)", "LMG（Shapley）"),
    "relative_weights": Term("Relative weights (Johnson)", "相对权重（Johnson）"),
    "beta": Term("Standardized coefficient", "标准化系数"),
    "correlation": Term("Correlation", "相关系数"),
    "mean": Term("Mean", "均值", "number"),
    "median": Term("Median", "中位数", "number"),
    "index_100": Term("Index, 0–100", "指数（0–100）", "score"),
    "top_box": Term("Top box", "高分占比", "share"),
    "nps": Term("NPS", "净推荐值", "points"),
    "share": Term("Share", "占比", "share"),
    "promoters": Term("Promoters", "推荐者", "share"),
    "detractors": Term("Detractors", "批评者", "share"),
    "ces": Term("Customer effort", "费力度", "number"),
    "csat": Term("Satisfaction", "满意度", "number"),
    "gap": Term("Gap", "差距", "signed"),
    "expectation": Term("Expectation", "期望", "number"),
    "perception": Term("Perception", "感知", "number"),
    "importance_points": Term("Importance points", "重要性分值", "score"),
    "emotion": Term("Emotion score", "情感评分", "number"),
    "item": Term("Question", "题项"),
    "dimension": Term("Dimension", "维度"),
    "outcome": Term("Outcome", "结果"),
    "segment": Term("Segment", "细分变量"),
    "pairwise": Term("Pairwise deletion", "成对删除"),
    "listwise": Term("Listwise deletion", "成列删除"),
    "holm": Term("Holm", "Holm 校正"),
    "bh": Term("Benjamini–Hochberg", "Benjamini–Hochberg 校正"),
    "by": Term("Benjamini–Yekutieli", "Benjamini–Yekutieli 校正"),
    "none": Term("None", "无"),
    "overall": Term("Overall", "总体"),
    "all": Term("All", "全部"),
    "all_units": Term("All units", "全部单位"),
    "other": Term("Other", "其他"),
    "unknown": Term("Not stated", "未说明"),
    "suppressed": Term("Too few answers", "样本不足"),
    "true": Term("Yes", "是"),
    "false": Term("No", "否"),
    "binary": Term("Yes/no", "是否", "share"),
    "score": Term("Score", "评分", "number"),
    "easy": Term("High = easy", "高分表示轻松"),
    "hard": Term("High = hard", "高分表示费力"),
    "linear": Term("Linear", "线性"),
    "logit": Term("Logit", "逻辑回归"),
    "ordinal": Term("Ordinal", "有序"),
    "must_be": Term("Must-be", "必备"),
    "one_dimensional": Term("One-dimensional", "期望"),
    "attractive": Term("Attractive", "魅力"),
    "indifferent": Term("Indifferent", "无差异"),
    "reverse": Term("Reverse", "反向"),
    "questionable": Term("Questionable", "可疑"),
})  # fmt: skip


def _entry(table: Mapping[str, Term], name: str, what: str) -> Term:
    if name in table:
        return table[name]
    near = difflib.get_close_matches(str(name), table, n=3)
    hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else "svcq_lib.vocabulary lists them."
    raise UnknownNameError(f"{name!r} is not a {what} of the vocabulary. {hint}")


def label(name: str, lang: Lang = "en") -> str:
    """Return the display label of a result column.

    Parameters
    ----------
    name : str
        Machine name of the column.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        The label.

    Raises
    ------
    UnknownNameError
        If the vocabulary has no such column.

    Examples
    --------
    >>> label("gap"), label("gap", "zh")
    ('Gap', '差距')
    """
    return _entry(COLUMNS, name, "column").text(lang)


def kind(name: str) -> Kind:
    """Return the kind of a result column.

    Parameters
    ----------
    name : str
        Machine name of the column.

    Returns
    -------
    str
        One of `Kind`.

    Raises
    ------
    UnknownNameError
        If the vocabulary has no such column.

    Examples
    --------
    >>> kind("share")
    'share'
    """
    return _entry(COLUMNS, name, "column").kind


def word(code: str, lang: Lang = "en") -> str:
    """Return a coded value in words.

    Parameters
    ----------
    code : str
        The code, such as ``"keep_up"`` or ``"pairwise"``.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        The words.

    Raises
    ------
    UnknownNameError
        If the vocabulary has no such code.

    Examples
    --------
    >>> word("keep_up", "zh")
    '继续保持'
    """
    return _entry(WORDS, code, "coded value").text(lang)


def interval_label(ci_level: float = 0.95, lang: Lang = "en") -> str:
    """Return the heading of a column of intervals.

    Parameters
    ----------
    ci_level : float
        Confidence level, between 0 and 1.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        For example ``95 % interval``.
    """
    percent = f"{100 * ci_level:g}{formats.THIN}%"
    return f"{percent} 置信区间" if lang == "zh" else f"{percent} interval"
