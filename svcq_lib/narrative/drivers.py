"""What the driver analysis says."""

from __future__ import annotations

from typing import Any

from svcq_lib.analyses.drivers import DriverResult
from svcq_lib.formats import Lang
from svcq_lib.narrative.phrases import paragraph, say
from svcq_lib.vocabulary import word

NAMED = 3
SENTENCES = {
    "en": {
        "title_one": "“{top}” matters most for {outcome}: {share:%} of what the answers explain",
        "title_few": "{first:list} matter most for {outcome}; the data cannot tell them apart",
        "title_many": "No single driver of {outcome} stands out: {k} of {terms} could rank first",
        "title_empty": "Too few answers to tell what drives {outcome}",
        "fit": "Together the {terms} drivers explain **{r_squared:%}** {interval:i%} of the differences in {outcome} between customers.",
        "first_one": "“{top}” carries {share:%} {share_interval:i%} of that.",
        "first_few": "The strongest, {first:list}, cannot be told apart: each could rank first.",
        "first_many": "{k} drivers could rank first; the data do not single one out.",
        "concentrate": "Important and rated below average: {concentrate:list}. That is where improvement promises most.",
        "concentrate_more": "Important and rated below average: {concentrate:list}, and {more} more on the map. That is where improvement promises most.",
        "concentrate_none": "No driver is both more important and rated lower than the average.",
        "cause": "Shares describe how answers go together; they do not prove that raising one raises the other.",
        "empty_outcome": "All answers on {outcome} are the same: there is nothing to explain.",
        "empty": "At least {needed:n} answers with every pair of questions are needed; the smallest pair has {n:n}.",
        "finding_importance_one": "“{top}” is ahead of all others",
        "finding_importance_few": "{k} drivers lead and cannot be told apart",
        "finding_importance_many": "Many drivers share the lead: {k} could rank first",
        "finding_quadrant": "{k_concentrate} of {terms} drivers {k_concentrate:is|are} important and rated below average",
        "finding_quadrant_none": "No important driver is rated below average",
        "sub_importance": "Share of explained differences in {outcome} ({method}){weighted}; {ci:%} bootstrap intervals; n = {base:range}.",
        "sub_quadrant": "Mean rating against share of explained differences; lines: {lines}; n = {base:range}.",
        "lines_mean": "means of the drivers",
        "lines_median": "medians of the drivers",
        "lines_scale": "middle of the scale and mean share",
        "weighted_word": ", weighted",
    },
    "zh": {
        "title_one": "“{top}”对{outcome}最为重要：占可解释部分的 {share:%}",
        "title_few": "{first:list}对{outcome}最为重要，数据无法分出先后",
        "title_many": "{outcome}没有单一突出的驱动因素：{terms} 个中有 {k} 个可能居首",
        "title_empty": "样本不足，无法判断{outcome}的驱动因素",
        "fit": "{terms} 个驱动因素合计解释了客户之间{outcome}差异的 **{r_squared:%}** {interval:i%}。",
        "first_one": "其中“{top}”占 {share:%} {share_interval:i%}。",
        "first_few": "最强的{first:list}无法分出先后，均可能居首。",
        "first_many": "有 {k} 个驱动因素可能居首，数据无法突出其中之一。",
        "concentrate": "重要而评分低于平均：{concentrate:list}。改进这些方面最有希望见效。",
        "concentrate_more": "重要而评分低于平均：{concentrate:list}，图中另有 {more} 项。改进这些方面最有希望见效。",
        "concentrate_none": "没有既比平均重要又低于平均评分的驱动因素。",
        "cause": "占比描述答案之间的关联，并不证明提高其一就能提高另一。",
        "empty_outcome": "{outcome}的答案全部相同，没有可解释的差异。",
        "empty": "每对题项至少需要 {needed:n} 份同时作答的答卷；最少的一对只有 {n:n} 份。",
        "finding_importance_one": "“{top}”领先于其他所有因素",
        "finding_importance_few": "{k} 个驱动因素领先且无法分出先后",
        "finding_importance_many": "多个驱动因素并列领先：{k} 个可能居首",
        "finding_quadrant": "{terms} 个驱动因素中有 {k_concentrate} 个重要而评分低于平均",
        "finding_quadrant_none": "没有重要因素的评分低于平均",
        "sub_importance": "占{outcome}可解释差异的比例（{method}）{weighted}；{ci:%} 自助法区间；n = {base:range}。",
        "sub_quadrant": "平均评分与占可解释差异的比例；分界线：{lines}；n = {base:range}。",
        "lines_mean": "驱动因素的均值",
        "lines_median": "驱动因素的中位数",
        "lines_scale": "量表中点与占比均值",
        "weighted_word": "，加权",
    },
}


def facts(result: DriverResult) -> dict[str, Any]:
    """Return what the sentences may say, as raw numbers and machine names.

    Parameters
    ----------
    result : DriverResult
        The driver analysis.

    Returns
    -------
    dict
        ``first`` (drivers whose rank interval reaches the top), ``tier`` ("one", "few", "many"), ``concentrate``,
        R² and its interval, ``empty``.
    """
    fit, table = result.fit.iloc[0], result.importance
    found: dict[str, Any] = {"terms": int(fit["terms"]), "outcome": fit["outcome"], "n": fit["n"]}
    found["empty"] = bool(table["share"].isna().all())
    found["needed"] = max(result.context.suppress, found["terms"] + 2)
    if found["empty"]:
        return found
    first = table.loc[~(table["rank_low"] > table["rank_low"].min()), "term"].tolist()
    top = table.iloc[0]
    found |= {
        "first": first,
        "k": len(first),
        "tier": "one" if len(first) == 1 else "few" if len(first) <= NAMED else "many",
    }
    found |= {
        "top": top["term"],
        "share": top["share"],
        "share_interval": (top["conf_low"], top["conf_high"]),
    }
    found |= {"r_squared": fit["r_squared"], "interval": (fit["r_squared_low"], fit["r_squared_high"])}
    found["concentrate"] = table.loc[table["quadrant"] == "concentrate_here", "term"].tolist()
    found["k_concentrate"] = len(found["concentrate"])
    found["more"] = max(found["k_concentrate"] - NAMED, 0)
    found["lines"] = str(result.lines["lines"].iloc[0])
    found |= {"method": fit["method"], "base": (table["n"].min(), table["n"].max())}
    return found


def _named(result: DriverResult, found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    label, named = result.context.label, dict(found)
    named["outcome"] = label(found["outcome"], lang)
    if "top" in found:
        named |= {"top": label(found["top"], lang), "method": word(found["method"], lang)}
        marks = "“{}”"
        named["first"] = [marks.format(label(name, lang)) for name in found["first"]]
        named["concentrate"] = [marks.format(label(name, lang)) for name in found["concentrate"][:NAMED]]
    return named


def title(result: DriverResult, *, lang: Lang = "en") -> str:
    """Return the page's title: the answer.

    Parameters
    ----------
    result : DriverResult
        The driver analysis.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text.
    """
    found = facts(result)
    code = "title_empty" if found["empty"] else f"title_{found['tier']}"
    return say(SENTENCES, code, _named(result, found, lang), lang, markdown=False)


def describe(result: DriverResult, *, lang: Lang = "en") -> str:
    """Return the answer in a few sentences.

    Parameters
    ----------
    result : DriverResult
        The driver analysis.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown.
    """
    found = facts(result)
    values = _named(result, found, lang)
    if found["empty"]:
        constant = any(note.code == "constant_outcome" for note in result.notes)
        return say(SENTENCES, "empty_outcome" if constant else "empty", values, lang)
    codes = [
        "fit",
        f"first_{found['tier']}",
        "concentrate_none"
        if not found["concentrate"]
        else "concentrate_more"
        if found["more"]
        else "concentrate",
        "cause",
    ]
    return paragraph([say(SENTENCES, code, values, lang) for code in codes], lang)


def method_codes(result: DriverResult) -> tuple[str, ...]:
    """Return the sentences of :mod:`svcq_lib.narrative.method` that are true of this result."""
    how = str(result.fit["method"].iloc[0])
    if how == "lmg" and any(note.code == "sampled_lmg" for note in result.notes):
        how = "sampled"
    lines = str(result.lines["lines"].iloc[0])
    return (f"drivers_{how}", "drivers", f"drivers_map_{lines}")


def finding(result: DriverResult, figure: str, *, lang: Lang = "en") -> tuple[str, str]:
    """Return the title (what a figure shows) and the subtitle (what is plotted) of a figure.

    Parameters
    ----------
    result : DriverResult
        The driver analysis.
    figure : {"importance", "quadrant"}
        Which figure.
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
    values = _named(result, found, lang) | {
        "ci": result.context.ci_level,
        "lines": SENTENCES[lang][f"lines_{found['lines']}"],
        "weighted": SENTENCES[lang]["weighted_word"] if result.context.weight else "",
    }
    code = f"finding_importance_{found['tier']}"
    if figure == "quadrant":
        code = "finding_quadrant" if found["concentrate"] else "finding_quadrant_none"
    return tuple(say(SENTENCES, one, values, lang, markdown=False) for one in (code, f"sub_{figure}"))  # type: ignore[return-value]
