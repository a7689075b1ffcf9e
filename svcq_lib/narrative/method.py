"""How a result was made: method, contested defaults with one reason each, and references."""

from __future__ import annotations

from collections.abc import Sequence

from svcq_lib.analyses.context import Context
from svcq_lib.formats import Lang
from svcq_lib.narrative.phrases import paragraph, say
from svcq_lib.vocabulary import word

SENTENCES = {
    "en": {
        "weights": "Every figure is weighted by {weight:code}; the effective sample size is {n_eff:n} of {n:n}.",
        "no_weights": "No survey weight is declared: every answer counts the same.",
        "design_simple": "Standard errors are linearised for the weights.",
        "design_strata": "Standard errors are linearised for the declared strata.",
        "design_cluster": "Standard errors are linearised for the declared clusters (ultimate clusters).",
        "missing_pairwise": 'Missing answers: *pairwise* – each figure uses everyone who answered its questions – because dropping all incomplete answers would discard most of a survey with filters. `missing = "listwise"` is the alternative.',
        "missing_listwise": 'Missing answers: *listwise* – only respondents who answered every question of an analysis count – as the study file asks. `missing = "pairwise"` is the alternative.',
        "adjustment": "Tests are adjusted for multiplicity ({method}), because several comparisons are read at once.",
        "level": "Intervals are at the {ci:%} level.",
        "small": "Bases under {flag:n} are marked; figures on fewer than {suppress:n} answers are not shown.",
        "scores": "Satisfaction is reported as an index, 100 × (mean − lowest) / (highest − lowest); means carry Student’s t intervals, shares Wilson’s. The net promoter score is the share of 9–10 minus the share of 0–6; its variance is $(p + d - (p - d)^2)/n$. Changes compare two periods as independent samples.",
        "gaps": "The gap of a question is perception − expectation of the same respondent; expectation and perception are shown for exactly these respondents. A dimension is the respondent’s mean over its questions, the overall gap the mean of the dimensions. The weighted gap uses each respondent’s own importance points. The effect size is the mean gap divided by its standard deviation; shares of the gap carry block-bootstrap intervals ({n_boot:n} replicates, seed {seed}).",
        "gaps_perception": "Only perceptions were asked (SERVPERF); a dimension is the respondent’s mean over its questions, the overall rating the mean of the dimensions.",
        "drivers_lmg": "Importance is the share of R² by LMG (the Shapley value: a driver’s average contribution over all orders of entry), computed exactly from the correlation matrix ({missing}).",
        "drivers_sampled": "Importance is the share of R² by LMG (the Shapley value: a driver’s average contribution over all orders of entry), sampled over random orders from the correlation matrix ({missing}).",
        "drivers_relative_weights": "Importance is the share of R² by Johnson’s relative weights (R² shared out through uncorrelated stand-ins of the drivers), computed from the correlation matrix ({missing}).",
        "drivers_map_mean": "The map is divided at the means of the drivers, because ratings bunch above the middle of the scale.",
        "drivers_map_median": "The map is divided at the medians of the drivers, because ratings bunch above the middle of the scale.",
        "drivers_map_scale": "The map is divided at the middle of the scale and at the mean share.",
        "drivers": "Intervals of shares and ranks come from a block bootstrap ({n_boot:n} replicates, seed {seed}); they cover small shares less often than stated and never include zero, so a small share is not proof of an effect: each is held against the shares of columns of pure noise with the same base (their 95 % quantile, the noise floor).",
        "reference_scores": "Reichheld (2003), *Harvard Business Review* 81(12); Wilson (1927), *JASA* 22; Kish (1965), *Survey Sampling*.",
        "reference_gaps": "Parasuraman, Zeithaml and Berry (1988), *Journal of Retailing* 64(1); Cronin and Taylor (1992), *Journal of Marketing* 56(3); Feldt (1965), *Psychometrika* 30; Holm (1979), *Scandinavian Journal of Statistics* 6.",
        "reference_drivers": "Lindeman, Merenda and Gold (1980); Grömping (2006), *Journal of Statistical Software* 17(1); Johnson (2000), *Multivariate Behavioral Research* 35; Martilla and James (1977), *Journal of Marketing* 41(1); Rao and Wu (1988), *JASA* 83.",
        "references": "References: {references}",
    },
    "zh": {
        "weights": "所有数字均按 {weight:code} 加权；有效样本量为 {n_eff:n}（共 {n:n} 份）。",
        "no_weights": "未声明调查权数：每份答卷同等计算。",
        "design_simple": "标准误按权数线性化计算。",
        "design_strata": "标准误按声明的分层线性化计算。",
        "design_cluster": "标准误按声明的整群（最终群）线性化计算。",
        "missing_pairwise": '缺失答案：*成对删除*，每个数字使用回答了相应题项的所有人，因为删除所有不完整答卷会丢掉带跳转问卷的大部分样本。另一选择为 `missing = "listwise"`。',
        "missing_listwise": '缺失答案：*成列删除*，按研究文件要求只计算回答了分析中所有题项的人。另一选择为 `missing = "pairwise"`。',
        "adjustment": "由于同时阅读多个比较，检验经过多重比较校正（{method}）。",
        "level": "区间为 {ci:%} 置信水平。",
        "small": "样本少于 {flag:n} 时加以标注；少于 {suppress:n} 份答卷的数字不予显示。",
        "scores": "满意度以指数报告，即 100 ×（均值 − 最低分）/（最高分 − 最低分）；均值采用 t 区间，比例采用 Wilson 区间。净推荐值为 9–10 分的比例减去 0–6 分的比例，其方差为 $(p + d - (p - d)^2)/n$。变化按两个独立样本比较。",
        "gaps": "题项差距为同一受访者的感知减期望；期望与感知均值也只按这些受访者计算。维度取受访者各题项的均值，总体差距取各维度的均值。加权差距使用每位受访者自己的重要性分值。效应量为差距均值除以其标准差；占总差距的比例附分块自助法区间（{n_boot:n} 次，种子 {seed}）。",
        "gaps_perception": "问卷只询问感知（SERVPERF）；维度取受访者各题项的均值，总体评分取各维度的均值。",
        "drivers_lmg": "重要性为 LMG 方法（Shapley 值，即驱动因素在所有进入顺序中的平均贡献）所占 R² 的比例，由相关矩阵（{missing}）精确计算。",
        "drivers_sampled": "重要性为 LMG 方法（Shapley 值，即驱动因素在所有进入顺序中的平均贡献）所占 R² 的比例，由相关矩阵（{missing}）对进入顺序随机抽样计算。",
        "drivers_relative_weights": "重要性为 Johnson 相对权重（通过互不相关的替代变量分摊 R²）所占 R² 的比例，由相关矩阵（{missing}）计算。",
        "drivers_map_mean": "由于评分集中于量表中点之上，重要性与绩效图以驱动因素的均值为界。",
        "drivers_map_median": "由于评分集中于量表中点之上，重要性与绩效图以驱动因素的中位数为界。",
        "drivers_map_scale": "重要性与绩效图以量表中点与占比均值为界。",
        "drivers": "占比与排名的区间来自分块自助法（{n_boot:n} 次，种子 {seed}）；对很小的占比，区间的覆盖率低于名义水平且不会包含零，因此占比小不能证明有影响：每个占比均与相同样本量的纯噪声变量所得占比（其 95 % 分位数，即噪声下限）相比较。",
        "reference_scores": "Reichheld (2003), *Harvard Business Review* 81(12); Wilson (1927), *JASA* 22; Kish (1965), *Survey Sampling*.",
        "reference_gaps": "Parasuraman, Zeithaml and Berry (1988), *Journal of Retailing* 64(1); Cronin and Taylor (1992), *Journal of Marketing* 56(3); Feldt (1965), *Psychometrika* 30; Holm (1979), *Scandinavian Journal of Statistics* 6.",
        "reference_drivers": "Lindeman, Merenda and Gold (1980); Grömping (2006), *Journal of Statistical Software* 17(1); Johnson (2000), *Multivariate Behavioral Research* 35; Martilla and James (1977), *Journal of Marketing* 41(1); Rao and Wu (1988), *JASA* 83.",
        "references": "参考文献：{references}",
    },
}


def describe(context: Context, codes: Sequence[str], *, lang: Lang = "en") -> str:
    """Return how a result was made.

    Parameters
    ----------
    context : Context
        The result's settings.
    codes : sequence of str
        Sentences about the method, such as ``["gaps"]``; the first begins with the analysis.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown paragraphs: method, defaults with their reasons, references.
    """
    values = {
        "weight": context.weight,
        "n": context.n,
        "n_eff": context.n_eff,
        "ci": context.ci_level,
        "method": word(context.adjustment, lang),
        "missing": word(context.missing, lang).lower(),
        "flag": context.flag,
        "suppress": context.suppress,
        "n_boot": context.n_boot,
        "seed": context.seed,
    }
    settings = ["weights" if context.weight else "no_weights"]
    settings += [f"design_{context.design}"] if context.weight or context.design != "simple" else []
    settings += [f"missing_{context.missing}"]
    settings += ["adjustment"] if context.adjustment != "none" else []
    settings += ["level", "small"]
    references = SENTENCES[lang][f"reference_{codes[0].split('_')[0]}"]
    said = [
        paragraph([say(SENTENCES, code, values, lang, markdown=False) for code in part], lang)
        for part in (codes, settings)
    ]
    return "\n\n".join([*said, SENTENCES[lang]["references"].format(references=references)])
