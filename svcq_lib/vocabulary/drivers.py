"""Columns and codes of the driver analysis."""

from __future__ import annotations

from svcq_lib.vocabulary.term import Term

COLUMNS: dict[str, Term] = {
    # importance–performance map
    "p_quadrant": Term("Certainty of the quadrant", "象限把握", "share"),
    "quadrant_mean": Term("Lines at the means", "以均值为界"),
    "quadrant_median": Term("Lines at the medians", "以中位数为界"),
    "quadrant_scale": Term("Lines at the middle of the scale", "以量表中点为界"),
    "quadrant_diagonal": Term("45° line", "以 45° 线为界"),
    "conventions_agree": Term("Same in all four", "四种界线一致", "bool"),
    "lines": Term("Lines of the map", "象限界线"),
    "importance_kind": Term("Importance on the map", "图中的重要性"),
    "changed": Term("Drivers that change quadrant", "换象限的因素数", "count"),
    "rank_correlation": Term("Rank correlation", "秩相关", "number"),
    "rank_correlation_low": Term("Rank correlation, lower limit", "秩相关下限", "interval_low"),
    "rank_correlation_high": Term("Rank correlation, upper limit", "秩相关上限", "interval_high"),
    # penalty–reward contrast
    "reward": Term("High rating", "高分", "signed"),
    "reward_low": Term("High rating, lower limit", "高分下限", "interval_low"),
    "reward_high": Term("High rating, upper limit", "高分上限", "interval_high"),
    "penalty": Term("Low rating", "低分", "signed"),
    "penalty_low": Term("Low rating, lower limit", "低分下限", "interval_low"),
    "penalty_high": Term("Low rating, upper limit", "低分上限", "interval_high"),
    "range": Term("Range of impact", "影响幅度", "number"),
    "asymmetry": Term("Asymmetry", "不对称度", "signed"),
    "asymmetry_low": Term("Asymmetry, lower limit", "不对称度下限", "interval_low"),
    "asymmetry_high": Term("Asymmetry, upper limit", "不对称度上限", "interval_high"),
    "bend": Term("Bend", "弯折", "signed"),
    "bend_low": Term("Bend, lower limit", "弯折下限", "interval_low"),
    "bend_high": Term("Bend, upper limit", "弯折上限", "interval_high"),
    "category": Term("Most likely category", "最可能的类别"),
    "p_category": Term("Probability of the category", "类别概率", "share"),
    "factor": Term("Factor", "因素类型"),
    "p_factor": Term("Probability of the factor", "因素类型概率", "share"),
    "shown": Term("Shown by the data", "数据支持", "bool"),
    "n_reward": Term("n, high ratings", "高分样本量", "count"),
    "n_penalty": Term("n, low ratings", "低分样本量", "count"),
}

WORDS: dict[str, Term] = {
    "frustrator": Term("Frustrator", "挫败项"),
    "dissatisfier": Term("Dissatisfier", "不满项"),
    "hybrid": Term("Hybrid", "混合项"),
    "satisfier": Term("Satisfier", "满意项"),
    "delighter": Term("Delighter", "惊喜项"),
    "basic": Term("Basic factor", "基本因素"),
    "performance_factor": Term("Performance factor", "绩效因素"),
    "excitement": Term("Excitement factor", "兴奋因素"),
    "diagonal": Term("45° line", "45° 线"),
}
