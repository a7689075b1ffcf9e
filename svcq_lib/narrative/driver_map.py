"""What the importance–performance map says."""

from __future__ import annotations

from typing import Any

import numpy as np

from svcq_lib.analyses.drivers import DriverResult
from svcq_lib.formats import Lang
from svcq_lib.narrative.phrases import paragraph, say

NAMED = 3
SENTENCES = {
    "en": {
        "sure": "Important and rated low, each with at least {ci:%} certainty: {sure:list}. That is where improvement promises most.",
        "sure_more": "Important and rated low, each with at least {ci:%} certainty: {sure:list}, and {more} more on the map. That is where improvement promises most.",
        "unsure": "{unsure:list} {unsure:lies|lie} there too, but less surely: other answers could put {unsure:it|them} elsewhere.",
        "only_unsure": "{unsure:list} {unsure:lies|lie} where importance is high and the rating low, but not with {ci:%} certainty: the data cannot tell where to concentrate.",
        "none": "No important driver is rated low.",
        "changed": "{changed} of {terms} drivers change quadrant between four ways of dividing the map",
        "unchanged": "In all four ways of dividing the map every driver keeps its quadrant",
        "alike": "What customers say is important and what goes with {outcome} order the drivers alike (rank correlation {rank_correlation:2} {rank_interval:i2}).",
        "opposite": "What customers say is important and what goes with {outcome} order the drivers the other way round (rank correlation {rank_correlation:2} {rank_interval:i2}).",
        "unrelated": "What customers say is important and what goes with {outcome} are different things: the data do not show that they order the drivers alike (rank correlation {rank_correlation:2} {rank_interval:i2}).",
        "apart": "They differ most on “{apart}”: rank {apart_stated:g} by what customers say, {apart_derived:g} by its share.",
        "spread": "What customers say is here the points they give to each dimension, shared equally by its items.",
        "finding_sure": "{k_sure} of {terms} drivers {k_sure:is|are} surely important and rated low",
        "finding_unsure": "No driver is surely important and rated low; {k_unsure} may be",
        "finding_none": "No important driver is rated low",
        "sub": "Mean rating against {kind}{weighted}; lines: {lines}; rings: quadrant less than {ci:%} certain; n = {base:range}.",
        "kind_derived": "share of explained differences in {outcome}",
        "kind_stated": "stated importance",
        "lines_mean": "means of the drivers",
        "lines_median": "medians of the drivers",
        "lines_scale": "middle of the scale and mean importance",
        "lines_scale_rated": "middle of the scales",
        "lines_diagonal": "equal standard scores (45°) and means",
        "weighted_word": ", weighted",
    },
    "zh": {
        "sure": "重要而评分较低（各有至少 {ci:%} 的把握）：{sure:list}。改进这些方面最有希望见效。",
        "sure_more": "重要而评分较低（各有至少 {ci:%} 的把握）：{sure:list}，图中另有 {more} 项。改进这些方面最有希望见效。",
        "unsure": "{unsure:list}也在其中，但把握不足：换一批答卷可能落入别的象限。",
        "only_unsure": "{unsure:list}重要性较高而评分较低，但把握不到 {ci:%}：数据无法判断应重点改进哪一项。",
        "none": "没有重要而评分较低的驱动因素。",
        "changed": "在四种划分方式之间，{terms} 个驱动因素中有 {changed} 个换了象限",
        "unchanged": "四种划分方式下，各驱动因素的象限均不变",
        "alike": "客户自述的重要性与{outcome}的驱动占比排序相近（秩相关 {rank_correlation:2} {rank_interval:i2}）。",
        "opposite": "客户自述的重要性与{outcome}的驱动占比排序相反（秩相关 {rank_correlation:2} {rank_interval:i2}）。",
        "unrelated": "客户自述的重要性与{outcome}的驱动占比是两回事：数据未显示两者排序相近（秩相关 {rank_correlation:2} {rank_interval:i2}）。",
        "apart": "两者在“{apart}”上相差最大：自述排第 {apart_stated:g}，按占比排第 {apart_derived:g}。",
        "spread": "此处的自述重要性为客户给各维度的分值，由其题项平分。",
        "finding_sure": "{terms} 个驱动因素中有 {k_sure} 个可以确定重要而评分较低",
        "finding_unsure": "没有可以确定重要而评分较低的驱动因素，可能的有 {k_unsure} 个",
        "finding_none": "没有重要因素的评分较低",
        "sub": "平均评分与{kind}{weighted}；分界线：{lines}；空心：象限把握不足 {ci:%}；n = {base:range}。",
        "kind_derived": "占{outcome}可解释差异的比例",
        "kind_stated": "客户自述的重要性",
        "lines_mean": "驱动因素的均值",
        "lines_median": "驱动因素的中位数",
        "lines_scale": "量表中点与重要性均值",
        "lines_scale_rated": "两个量表的中点",
        "lines_diagonal": "标准分相等的 45° 线与均值",
        "weighted_word": "，加权",
    },
}


def facts(result: DriverResult) -> dict[str, Any]:
    """Return what the sentences may say, as raw numbers and machine names.

    Parameters
    ----------
    result : DriverResult
        The driver analysis, with figures.

    Returns
    -------
    dict
        ``sure`` and ``unsure`` (drivers to concentrate on, by whether the probability of their quadrant reaches the
        confidence level), ``changed``, the rank correlation of stated and derived importance, ``apart``.
    """
    table, lines = result.map, result.lines.iloc[0]
    here = table[table["quadrant"] == "concentrate_here"].sort_values(
        "importance", ascending=False, kind="stable"
    )
    certain = here["p_quadrant"] >= result.context.ci_level
    found: dict[str, Any] = {
        "sure": here.loc[certain, "term"].tolist(),
        "unsure": here.loc[~certain, "term"].tolist(),
    }
    found |= {"k_sure": len(found["sure"]), "k_unsure": len(found["unsure"]), "terms": len(table)}
    found |= {"more": max(found["k_sure"] - NAMED, 0), "ci": result.context.ci_level}
    found |= {"changed": int(lines["changed"]), "outcome": result.fit["outcome"].iloc[0]}
    found |= {
        "kind": lines["importance_kind"],
        "lines": lines["lines"],
        "base": (table["n"].min(), table["n"].max()),
    }
    if np.isfinite(lines["rank_correlation"]):
        found["rank_correlation"] = lines["rank_correlation"]
        found["rank_interval"] = (lines["rank_correlation_low"], lines["rank_correlation_high"])
        found["spread"] = bool(table["stated_importance"].duplicated().any())
        found |= {} if found["spread"] else _apart(result)
    return found


def _apart(result: DriverResult) -> dict[str, Any]:
    """Return the driver whose two ranks differ most; nothing if none differ."""
    table = result.map
    stated, derived = (table[f"{one}_importance"].rank(ascending=False) for one in ("stated", "derived"))
    at = int((stated - derived).abs().to_numpy().argmax())
    if stated.iloc[at] == derived.iloc[at]:
        return {}
    return {
        "apart": table["term"].iloc[at],
        "apart_stated": stated.iloc[at],
        "apart_derived": derived.iloc[at],
    }


def _named(result: DriverResult, found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    label, named = result.context.label, dict(found)
    named["outcome"] = label(found["outcome"], lang)
    for key in ("sure", "unsure"):
        named[key] = [f"“{label(name, lang)}”" for name in found[key][:NAMED]]
    if "apart" in found:
        named["apart"] = label(found["apart"], lang)
    rated = found["lines"] == "scale" and found["kind"] == "stated" and _on_scale(result)
    named["lines"] = SENTENCES[lang]["lines_scale_rated" if rated else f"lines_{found['lines']}"]
    named["kind"] = say(SENTENCES, f"kind_{found['kind']}", named, lang, markdown=False)
    named["weighted"] = SENTENCES[lang]["weighted_word"] if result.context.weight else ""
    return named


def _on_scale(result: DriverResult) -> bool:
    """Return whether importance is divided elsewhere than at its mean."""
    return bool(abs(result.lines["importance"].iloc[0] - result.map["importance"].mean()) > 1e-9)


def describe(result: DriverResult, *, lang: Lang = "en") -> str:
    """Return where to concentrate, and how sure that is.

    Parameters
    ----------
    result : DriverResult
        The driver analysis, with figures.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown: one or two sentences.
    """
    found = facts(result)
    codes = ["none"]
    if found["sure"]:
        codes = ["sure_more" if found["more"] else "sure", *(["unsure"] if found["unsure"] else [])]
    elif found["unsure"]:
        codes = ["only_unsure"]
    values = _named(result, found, lang)
    return paragraph([say(SENTENCES, code, values, lang) for code in codes], lang)


def heading(result: DriverResult, *, lang: Lang = "en") -> str:
    """Return how much depends on where the map is divided: the heading of its table.

    Parameters
    ----------
    result : DriverResult
        The driver analysis, with figures.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text.
    """
    found = facts(result)
    code = "changed" if found["changed"] else "unchanged"
    return say(SENTENCES, code, _named(result, found, lang), lang, markdown=False)


def stated(result: DriverResult, *, lang: Lang = "en") -> str:
    """Return how what customers say is important differs from what goes with the outcome.

    Parameters
    ----------
    result : DriverResult
        The driver analysis, with figures.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text; empty if customers were not asked.
    """
    found = facts(result)
    if "rank_correlation" not in found:
        return ""
    low, high = found["rank_interval"]
    codes = ["alike" if low > 0 else "opposite" if high < 0 else "unrelated"]
    codes += [code for code in ("apart", "spread") if found.get(code)]
    values = _named(result, found, lang)
    return paragraph([say(SENTENCES, code, values, lang, markdown=False) for code in codes], lang)


def finding(result: DriverResult, *, lang: Lang = "en") -> tuple[str, str]:
    """Return the title and the subtitle of the map.

    Parameters
    ----------
    result : DriverResult
        The driver analysis, with figures.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text.
    """
    found = facts(result)
    code = "finding_sure" if found["sure"] else "finding_unsure" if found["unsure"] else "finding_none"
    values = _named(result, found, lang)
    one, other = (say(SENTENCES, name, values, lang, markdown=False) for name in (code, "sub"))
    return one, other
