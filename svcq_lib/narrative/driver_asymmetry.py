"""What the penalty–reward contrast says."""

from __future__ import annotations

from typing import Any

from svcq_lib.analyses.driver_asymmetry import FACTORS
from svcq_lib.analyses.drivers import DriverResult
from svcq_lib.formats import Lang
from svcq_lib.narrative.phrases import paragraph, say

SENTENCES = {
    "en": {
        "basic": "{outcome} worsens more with a low rating on {basic:list} than it improves with a high one: {basic:a basic factor that|basic factors that} first of all must not fail.",
        "excitement": "{outcome} improves more with a high rating on {excitement:list} than it worsens with a low one: {excitement:an excitement factor that|excitement factors that} can set the service apart.",
        "performance_factor": "{performance_factor:list} {performance_factor:counts|count} evenly in both directions.",
        "open": "For {open} of {terms} drivers the data cannot tell which side weighs more.",
        "finding_basic": "{basic:list}: failing costs more than excelling gains",
        "finding_excitement": "{excitement:list}: excelling gains more than failing costs",
        "finding_both": "{k_basic} {k_basic:driver|drivers} mainly {k_basic:punishes|punish} failure, {k_excitement} mainly {k_excitement:rewards|reward} excellence",
        "finding_many": "For {k_basic} of {terms} drivers failing costs more than excelling gains",
        "finding_many_excitement": "For {k_excitement} of {terms} drivers excelling gains more than failing costs",
        "finding_none": "No driver is shown to punish more than it rewards, or the reverse",
        "sub": "Change of {outcome} with a high ({high_from:g} or more) and a low ({low_to:g} or less) rating against those between, other drivers held equal{weighted}; {ci:%} bootstrap intervals; n = {base:range}.",
        "sub_ends": "Change of {outcome} with a rating near the top and near the bottom of its scale against those between, other drivers held equal{weighted}; {ci:%} bootstrap intervals; n = {base:range}.",
        "weighted_word": ", weighted",
    },
    "zh": {
        "basic": "{basic:list}得低分时{outcome}变差的幅度大于得高分时变好的幅度（基本因素）：首先要保证不出问题。",
        "excitement": "{excitement:list}得高分时{outcome}变好的幅度大于得低分时变差的幅度（兴奋因素）：可以使服务脱颖而出。",
        "performance_factor": "{performance_factor:list}在两个方向上的作用相当。",
        "open": "{terms} 个驱动因素中有 {open} 个，数据无法判断哪一侧作用更大。",
        "finding_basic": "{basic:list}：做差的损失大于做好的收益",
        "finding_excitement": "{excitement:list}：做好的收益大于做差的损失",
        "finding_both": "{k_basic} 个驱动因素主要惩罚失误，{k_excitement} 个主要奖励出色表现",
        "finding_many": "{terms} 个驱动因素中有 {k_basic} 个，做差的损失大于做好的收益",
        "finding_many_excitement": "{terms} 个驱动因素中有 {k_excitement} 个，做好的收益大于做差的损失",
        "finding_none": "没有驱动因素显示出惩罚大于奖励，或奖励大于惩罚",
        "sub": "其他因素相同时，高分（{high_from:g} 及以上）与低分（{low_to:g} 及以下）相对于中间评分的{outcome}变化{weighted}；{ci:%} 自助法区间；n = {base:range}。",
        "sub_ends": "其他因素相同时，接近量表顶端与底端的评分相对于中间评分的{outcome}变化{weighted}；{ci:%} 自助法区间；n = {base:range}。",
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
        Drivers that are shown to be of each factor, how many are ``open``, where the ends of the scale begin; ``empty``
        if no driver has enough answers at both ends.
    """
    table = result.asymmetry
    found: dict[str, Any] = {"empty": bool(table["asymmetry"].isna().all()), "terms": len(table)}
    shown = table[table["shown"]]
    for name in FACTORS:
        found[name] = shown.loc[shown["factor"] == name, "term"].tolist()
        found[f"k_{name}"] = len(found[name])
    found |= {"open": len(table) - len(shown), "outcome": result.fit["outcome"].iloc[0]}
    given = table.dropna(subset=["asymmetry"])
    found["ci"] = result.context.ci_level
    if not found["empty"]:
        found["base"] = (given["n"].min(), given["n"].max())
        ends = given[["high_from", "low_to"]].drop_duplicates()
        if len(ends) == 1:
            found |= {str(name): float(ends[name].iloc[0]) for name in ends}
    return found


def _named(result: DriverResult, found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    label, named = result.context.label, dict(found)
    named["outcome"] = label(found["outcome"], lang)
    for name in FACTORS:
        named[name] = [f"“{label(term, lang)}”" for term in found[name]]
    named["weighted"] = SENTENCES[lang]["weighted_word"] if result.context.weight else ""
    return named


def describe(result: DriverResult, *, lang: Lang = "en") -> str:
    """Return which drivers punish and which reward.

    Parameters
    ----------
    result : DriverResult
        The driver analysis, with figures.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text; empty if nothing is shown of any driver.
    """
    found = facts(result)
    if found["empty"]:
        return ""
    codes = [name for name in FACTORS if found[name]]
    codes += ["open"] if codes and found["open"] else []
    values = _named(result, found, lang)
    return paragraph([say(SENTENCES, code, values, lang, markdown=False) for code in codes], lang)


def finding(result: DriverResult, *, lang: Lang = "en") -> tuple[str, str]:
    """Return the title and the subtitle of the figure.

    Parameters
    ----------
    result : DriverResult
        The driver analysis, with figures.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text; empty if there is nothing to show.
    """
    found = facts(result)
    if found["empty"]:
        return "", ""
    basic, excitement = found["k_basic"], found["k_excitement"]
    if basic and excitement:
        code = "finding_both"
    elif basic:
        code = "finding_basic" if basic == 1 else "finding_many"
    elif excitement:
        code = "finding_excitement" if excitement == 1 else "finding_many_excitement"
    else:
        code = "finding_none"
    values = _named(result, found, lang)
    under = "sub" if "high_from" in found else "sub_ends"
    one, other = (say(SENTENCES, name, values, lang, markdown=False) for name in (code, under))
    return one, other
