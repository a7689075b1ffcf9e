"""How a result was made: method, contested defaults with one reason each, and references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from svcq_lib.analyses.context import Context
from svcq_lib.formats import Lang
from svcq_lib.narrative.phrases import paragraph, say
from svcq_lib.vocabulary import word

SENTENCES = {
    "en": {
        "weights": "Every figure is weighted by {weight:code}; the effective sample size is {n_eff:n} of {n:n} (design effect of the weights {deff:2}).",
        "raked": "Weights start from the design and are raked to the population by {margins:list}, over the whole table and not only the rows of this page: shares were up to {before:1} percentage points off before and are up to {after:1} off now.",
        "untrimmed": "No weight is cut, because that trades bias for variance; the largest is {largest:1} times the mean (`trim` in `[weights]` is the alternative).",
        "trimmed": "Weights above {trim:g} times the mean were cut ({trimmed:%} of rows) and raked once more; the largest is {largest:1} times the mean.",
        "raked_errors": "Standard errors are those of residuals from the margins (Deville and Särndal 1992, *JASA* 87). A bootstrap, where there is one, keeps the weights as they are, so that its intervals are slightly wide.",
        "no_weights": "No survey weight is declared: every answer counts the same.",
        "design_simple": "Standard errors are linearised for the weights.",
        "design_strata": "Standard errors are linearised for the declared strata.",
        "design_cluster": "Standard errors are linearised for the declared clusters (ultimate clusters).",
        "missing_pairwise": 'Missing answers: *pairwise* – each figure uses everyone who answered its questions – because dropping all incomplete answers would discard most of a survey with filters. `missing = "listwise"` is the alternative.',
        "missing_listwise": 'Missing answers: *listwise* – only respondents who answered every question of an analysis count – as the study file asks. `missing = "pairwise"` is the alternative.',
        "adjustment": "Tests are adjusted for multiplicity ({method}), because several comparisons are read at once.",
        "level": "Intervals are at the {ci:%} level.",
        "small": "Bases under {flag:n} are marked; figures on fewer than {suppress:n} answers are not shown.",
        "references": "References: {references}",
    },
    "zh": {
        "weights": "所有数字均按 {weight:code} 加权；有效样本量为 {n_eff:n}（共 {n:n} 份，权数的设计效应为 {deff:2}）。",
        "raked": "权数以设计权数为起点，按{margins:list}的总体分布做边际校准（raking）；校准针对整个数据表，而不只是本页所用的答卷：各组比例与总体的最大偏差由 {before:1} 个百分点降至 {after:1} 个百分点。",
        "untrimmed": "未截断任何权数，因为截断以偏差换取方差；最大权数为均值的 {largest:1} 倍（可在 `[weights]` 中设置 `trim`）。",
        "trimmed": "超过均值 {trim:g} 倍的权数已截断（占 {trimmed:%} 的答卷），随后再次校准；最大权数为均值的 {largest:1} 倍。",
        "raked_errors": "标准误按对边际回归的残差计算（Deville and Särndal 1992, *JASA* 87）。如使用自助法，则权数保持不变，其区间略偏宽。",
        "no_weights": "未声明调查权数：每份答卷同等计算。",
        "design_simple": "标准误按权数线性化计算。",
        "design_strata": "标准误按声明的分层线性化计算。",
        "design_cluster": "标准误按声明的整群（最终群）线性化计算。",
        "missing_pairwise": '缺失答案：*成对删除*，每个数字使用回答了相应题项的所有人，因为删除所有不完整答卷会丢掉带跳转问卷的大部分样本。另一选择为 `missing = "listwise"`。',
        "missing_listwise": '缺失答案：*成列删除*，按研究文件要求只计算回答了分析中所有题项的人。另一选择为 `missing = "pairwise"`。',
        "adjustment": "由于同时阅读多个比较，检验经过多重比较校正（{method}）。",
        "level": "区间为 {ci:%} 置信水平。",
        "small": "样本少于 {flag:n} 时加以标注；少于 {suppress:n} 份答卷的数字不予显示。",
        "references": "参考文献：{references}",
    },
}


def describe(
    context: Context, codes: Sequence[str], *, lang: Lang = "en", more: Mapping[str, Mapping[str, str]]
) -> str:
    """Return how a result was made.

    Parameters
    ----------
    context : Context
        The result's settings.
    codes : sequence of str
        Sentences about the method, such as ``["gaps"]``; the first begins with the analysis.
    lang : {"en", "zh"}
        Language.
    more : Mapping
        Sentences of the topic: language → code → template; ``reference`` holds its references.

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
        "deff": context.n / context.n_eff,
        **_fitted(context, lang),
    }
    settings = _weights(context)
    settings += [f"design_{context.design}"] if context.weight or context.design != "simple" else []
    settings += [f"missing_{context.missing}"]
    settings += ["adjustment"] if context.adjustment != "none" else []
    settings += ["level", "small"]
    sentences: dict[str, dict[str, str]] = {lang: {**SENTENCES[lang], **more[lang]}}
    said = [
        paragraph([say(sentences, code, values, lang, markdown=False) for code in part], lang)
        for part in (codes, settings)
    ]
    return "\n\n".join([*said, SENTENCES[lang]["references"].format(references=more[lang]["reference"])])


def _weights(context: Context) -> list[str]:
    """Return the sentences about the weights."""
    if context.weighting is None:
        return ["weights" if context.weight else "no_weights"]
    cut = "untrimmed" if context.weighting.trim is None else "trimmed"
    return ["weights", "raked", cut, "raked_errors"]


def _fitted(context: Context, lang: Lang) -> dict[str, Any]:
    """Return what is said of weights that were fitted to the population."""
    found = context.weighting
    if found is None:
        return {}
    return {
        "margins": [context.label(name, lang) for name in found.margins["segment"].unique()],
        "before": 100 * found.error_before,
        "after": 100 * found.error_after,
        "trim": found.trim,
        "trimmed": found.trimmed,
        "largest": found.largest,
    }
