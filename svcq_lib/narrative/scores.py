"""What the scorecard says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.scores import ScoresResult
from svcq_lib.formats import Lang, number
from svcq_lib.narrative.phrases import paragraph, say
from svcq_lib.vocabulary import word

SPOKEN = 2
"""How many figures the opening sentences name; the cards show the others."""

SENTENCES = {
    "en": {
        "index_100": "{label} stands at {estimate:1} of 100",
        "nps": "{label} stands at {estimate:+0}",
        "mean": "{label} averages {estimate:2}",
        "share": "{label}: {estimate:%}",
        "title_better": " and has improved since {previous:period}",
        "title_worse": " and has worsened since {previous:period}",
        "title_same": ", with no clear change since {previous:period}",
        "title_empty": "Too few answers to report scores",
        "level_index_100": "{label} is **{estimate:1}** of 100 {interval:i1}.",
        "level_nps": "{label} is **{estimate:+0}** {interval:i0}: {promoters:%} promoters and {detractors:%} detractors.",
        "level_mean": "{label} averages **{estimate:2}** {interval:i2}.",
        "level_share": "{label}: **{estimate:%}** {interval:i%}.",
        "better": "From {previous:period} to {period:period} {better:list} improved.",
        "worse": "From {previous:period} to {period:period} {worse:list} worsened.",
        "same": "From {previous:period} to {period:period} the data show no clear change of any headline figure.",
        "goals": "Of {goals} {goals:target or benchmark|targets and benchmarks}, {verdicts:list}.",
        "goals_above": "{count} {count:is|are} exceeded",
        "goals_below": "{count} {count:is|are} missed",
        "goals_unclear": "{count} cannot be judged from these data",
        "finding_periods_better": "{label} improved from {previous:period} to {period:period}, by {change}",
        "finding_periods_worse": "{label} worsened from {previous:period} to {period:period}, by {change}",
        "finding_periods_none": "{label}: no clear change since {previous:period}",
        "finding_periods_only": "{label} over time",
        "finding_segments": "{segment}: {worse} of {levels} groups {worse:does|do} worse than the others, {better} better",
        "finding_segments_none": "{segment}: no group differs from the others beyond noise",
        "finding_distribution": "How the answers on {label} are spread",
        "sub_periods": "{label}, {measure} by period{weighted}; {ci:%} bands; n = {base:range} a period.",
        "sub_segments": "{label}, {measure} by group{weighted}; {ci:%} intervals; marked: different from all others{adjusted}. n = {base:range}.",
        "sub_distribution": "Share of answers at each level{weighted}; n = {base:range}.",
        "weighted_word": ", weighted",
        "adjusted": " after adjustment ({method})",
    },
    "zh": {
        "index_100": "{label}为 {estimate:1} 分（满分 100 分）",
        "nps": "{label}为 {estimate:+0}",
        "mean": "{label}均值为 {estimate:2}",
        "share": "{label}：{estimate:%}",
        "title_better": "，较{previous:period}有所改善",
        "title_worse": "，较{previous:period}有所下降",
        "title_same": "，与{previous:period}相比无明确变化",
        "title_empty": "样本不足，无法报告得分",
        "level_index_100": "{label}为 **{estimate:1}** 分（满分 100 分）{interval:i1}。",
        "level_nps": "{label}为 **{estimate:+0}** {interval:i0}：推荐者 {promoters:%}，批评者 {detractors:%}。",
        "level_mean": "{label}均值为 **{estimate:2}** {interval:i2}。",
        "level_share": "{label}：**{estimate:%}** {interval:i%}。",
        "better": "{previous:period}至{period:period}，{better:list}有所改善。",
        "worse": "{previous:period}至{period:period}，{worse:list}有所下降。",
        "same": "{previous:period}至{period:period}，数据未显示任何核心数字有明确变化。",
        "goals": "在 {goals} 项目标与标杆中，{verdicts:list}。",
        "goals_above": "{count} 项超过",
        "goals_below": "{count} 项未达到",
        "goals_unclear": "{count} 项无法判断",
        "finding_periods_better": "{previous:period}至{period:period}，{label}改善 {change}",
        "finding_periods_worse": "{previous:period}至{period:period}，{label}下降 {change}",
        "finding_periods_none": "{label}：与{previous:period}相比无明确变化",
        "finding_periods_only": "{label}的变化过程",
        "finding_segments": "{segment}：{levels} 组中有 {worse} 组差于其他组，{better} 组好于其他组",
        "finding_segments_none": "{segment}：各组之间没有超出误差的差异",
        "finding_distribution": "{label}的答案分布",
        "sub_periods": "各期{label}，{measure}{weighted}；{ci:%} 置信带；每期 n = {base:range}。",
        "sub_segments": "各组{label}，{measure}{weighted}；{ci:%} 置信区间；标记：{adjusted}与其他各组不同。n = {base:range}。",
        "sub_distribution": "各答案所占比例{weighted}；n = {base:range}。",
        "weighted_word": "，加权",
        "adjusted": "经 {method}后",
    },
}


def lead(result: ScoresResult) -> str:
    """Return the outcome that the report leads with: the first one that is shown."""
    shown = result.headline[result.headline["primary"] & ~result.headline["suppressed"]]
    return str(shown["outcome"].iloc[0]) if len(shown) else ""


def facts(result: ScoresResult) -> dict[str, Any]:
    """Return what the sentences may say, as raw numbers and machine names.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.

    Returns
    -------
    dict
        ``levels`` (one dict per primary figure), ``previous`` and ``first`` (see :func:`changes_of`), verdicts of
        targets and benchmarks, ``lead`` and ``empty``.
    """
    table = result.headline
    levels = []
    for row in table[table["primary"] & ~table["suppressed"]].to_dict(orient="records"):
        one = {name: row[name] for name in ("outcome", "measure", "estimate")}
        one["interval"] = (row["conf_low"], row["conf_high"])
        if row["measure"] == "nps":
            own = table[table["outcome"] == row["outcome"]].set_index("measure")["estimate"]
            one |= {name: own[name] for name in ("promoters", "detractors")}
        levels.append(one)
    found: dict[str, Any] = {"levels": levels, "lead": lead(result), "empty": not levels}
    for since in ("previous", "first"):
        found[since] = changes_of(result, since)
    if len(result.goals):
        verdicts = result.goals["verdict"].value_counts()
        found |= {
            "goals": len(result.goals),
            **{one: int(verdicts.get(one, 0)) for one in ("above", "below", "unclear")},
        }
    return found


def changes_of(result: ScoresResult, since: str) -> dict[str, Any]:
    """Return which outcomes changed beyond noise.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.
    since : {"previous", "first"}
        The earlier period.

    Returns
    -------
    dict
        better, worse, same (outcomes), period, previous; empty if there is no such period.
    """
    table = result.changes[result.changes["since"] == since] if len(result.changes) else result.changes
    table = table.dropna(subset=["change"]) if len(table) else table
    if table.empty:
        return {}
    sure = (table["p_adjusted"] < 1 - result.context.ci_level).astype(bool)
    up = (table["change"] > 0) == table["high_is_good"].astype(bool)
    return {
        "better": table.loc[sure & up, "outcome"].tolist(),
        "worse": table.loc[sure & ~up, "outcome"].tolist(),
        "same": table.loc[~sure, "outcome"].tolist(),
        "period": table["period"].iloc[0],
        "previous": table["previous"].iloc[0],
    }


def title(result: ScoresResult, *, lang: Lang = "en") -> str:
    """Return the page's title: the answer.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text.
    """
    found = facts(result)
    if found["empty"]:
        return say(SENTENCES, "title_empty", {}, lang, markdown=False)
    first = found["levels"][0]
    values = {**first, **found["previous"], "label": result.context.label(first["outcome"], lang)}
    text = say(SENTENCES, first["measure"], values, lang, markdown=False)
    for group in ("better", "worse", "same"):
        if first["outcome"] in found["previous"].get(group, ()):
            text += say(SENTENCES, f"title_{group}", values, lang, markdown=False)
    return text


def describe(result: ScoresResult, *, lang: Lang = "en") -> str:
    """Return the answer in a few sentences.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown.
    """
    found, label = facts(result), result.context.label
    parts = [
        say(SENTENCES, f"level_{one['measure']}", {**one, "label": label(one["outcome"], lang)}, lang)
        for one in found["levels"][:SPOKEN]
    ]
    for since in ("previous", "first"):
        changed = found[since]
        for group in ("better", "worse"):
            if changed.get(group):
                names = [label(name, lang) for name in changed[group]]
                parts.append(say(SENTENCES, group, {**changed, group: names}, lang))
        if since == "previous" and changed and not (changed["better"] or changed["worse"]):
            parts.append(say(SENTENCES, "same", changed, lang))
    if "goals" in found and not found["empty"]:
        said = [
            say(SENTENCES, f"goals_{one}", {"count": found[one]}, lang, markdown=False)
            for one in ("above", "below", "unclear")
            if found[one]
        ]
        parts.append(say(SENTENCES, "goals", {**found, "verdicts": said}, lang))
    return paragraph(parts, lang)


def finding(
    result: ScoresResult, figure: str, *, outcome: str = "", segment: str = "", lang: Lang = "en"
) -> tuple[str, str]:
    """Return the title (what a figure shows) and the subtitle (what is plotted) of a figure.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.
    figure : {"periods", "segments", "distribution"}
        Which figure.
    outcome, segment : str
        What it is about.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text.
    """
    outcome = outcome or lead(result)
    found = facts(result)
    table = getattr(result, figure)
    table = table[table["outcome"] == outcome]
    if figure == "segments":
        table = table[table["segment"] == segment]
    measure = result.headline[(result.headline["outcome"] == outcome) & result.headline["primary"]][
        "measure"
    ].iloc[0]
    method = {"method": word(result.context.adjustment, lang)}
    adjusted = result.context.adjustment != "none"
    values = {
        **_since(result, found, outcome),
        "label": result.context.label(outcome, lang),
        "segment": result.context.label(segment, lang),
        "measure": word(measure, lang),
        "ci": result.context.ci_level,
        "adjusted": say(SENTENCES, "adjusted", method, lang, markdown=False) if adjusted else "",
        "base": (table["n"].sum(),) * 2 if figure == "distribution" else (table["n"].min(), table["n"].max()),
        "weighted": SENTENCES[lang]["weighted_word"] if result.context.weight else "",
        **_levels(result, table),
    }
    code = _finding(values, figure, outcome)
    return tuple(say(SENTENCES, one, values, lang, markdown=False) for one in (code, f"sub_{figure}"))  # type: ignore[return-value]


def _since(result: ScoresResult, found: dict[str, Any], outcome: str) -> dict[str, Any]:
    """Return the change that a trend is judged by: since the first period, else since the one before."""
    since = "first" if found["first"] else "previous"
    if not found[since]:
        return {}
    rows = result.changes[(result.changes["since"] == since) & (result.changes["outcome"] == outcome)]
    size = abs(rows["change"].iloc[0]) if len(rows) else float("nan")
    share = len(rows) and rows["measure"].iloc[0] == "share"
    return {**found[since], "change": number(100 * size if share else size, 1 if share else 2)}


def _finding(values: dict[str, Any], figure: str, outcome: str) -> str:
    if figure == "segments":
        return "finding_segments" if values["worse"] + values["better"] else "finding_segments_none"
    if figure == "distribution":
        return "finding_distribution"
    if "previous" not in values:
        return "finding_periods_only"
    for group in ("better", "worse"):
        if outcome in values[group]:
            return f"finding_periods_{group}"
    return "finding_periods_none"


def _levels(result: ScoresResult, table: pd.DataFrame) -> dict[str, Any]:
    if "p_adjusted" not in table:
        return {}
    sure = table[table["p_adjusted"] < 1 - result.context.ci_level]
    good = (sure["difference"] > 0) == sure["high_is_good"].astype(bool)
    return {"levels": len(table), "better": int(good.sum()), "worse": int((~good).sum())}
