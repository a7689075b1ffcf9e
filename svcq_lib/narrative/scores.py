"""What the scorecard says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.scores import ScoresResult
from svcq_lib.formats import Lang
from svcq_lib.narrative.phrases import paragraph, say
from svcq_lib.vocabulary import word

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
        "better": "{better:list} improved from {previous:period} to {period:period}.",
        "worse": "{worse:list} worsened from {previous:period} to {period:period}.",
        "same": "From {previous:period} to {period:period} the data show no clear change of {same:list}.",
        "goal_above": "{label} is above the {kind} of {value:1} ({name}).",
        "goal_below": "{label} is below the {kind} of {value:1} ({name}).",
        "goal_unclear": "Whether {label} reaches the {kind} of {value:1} ({name}) cannot be told from these data.",
        "finding_headline": "{k} headline figures and how sure they are",
        "finding_periods_better": "{label} improved from {previous:period} to {period:period}",
        "finding_periods_worse": "{label} worsened from {previous:period} to {period:period}",
        "finding_periods_none": "{label}: no clear change since {previous:period}",
        "finding_periods_only": "{label} over time",
        "finding_segments": "{segment}: {worse} of {levels} groups do worse than the others, {better} better",
        "finding_segments_none": "{segment}: no group differs from the others beyond noise",
        "finding_distribution": "How the answers on {label} are spread",
        "sub_periods": "{label}, {measure} by period{weighted}; {ci:%} bands; n = {base:range} a period.",
        "sub_segments": "{label}, {measure} by group{weighted}; {ci:%} intervals; marked: different from all others after adjustment ({method}). n = {base:range}.",
        "sub_distribution": "Share of answers at each level{weighted}; n = {base:range}.",
        "kind_target": "target",
        "kind_benchmark": "benchmark",
        "weighted_word": ", weighted",
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
        "same": "{previous:period}至{period:period}，数据未显示{same:list}有明确变化。",
        "goal_above": "{label}高于{kind} {value:1}（{name}）。",
        "goal_below": "{label}低于{kind} {value:1}（{name}）。",
        "goal_unclear": "现有数据不足以判断{label}是否达到{kind} {value:1}（{name}）。",
        "finding_headline": "{k} 项核心指标及其不确定性",
        "finding_periods_better": "{previous:period}至{period:period}{label}改善",
        "finding_periods_worse": "{previous:period}至{period:period}{label}下降",
        "finding_periods_none": "{label}：与{previous:period}相比无明确变化",
        "finding_periods_only": "{label}的变化过程",
        "finding_segments": "{segment}：{levels} 组中有 {worse} 组差于其他组，{better} 组好于其他组",
        "finding_segments_none": "{segment}：各组之间没有超出误差的差异",
        "finding_distribution": "{label}的答案分布",
        "sub_periods": "各期{label}，{measure}{weighted}；{ci:%} 置信带；每期 n = {base:range}。",
        "sub_segments": "各组{label}，{measure}{weighted}；{ci:%} 置信区间；标记：经 {method}后与其他各组不同。n = {base:range}。",
        "sub_distribution": "各答案所占比例{weighted}；n = {base:range}。",
        "kind_target": "目标",
        "kind_benchmark": "标杆",
        "weighted_word": "，加权",
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
        ``levels`` (one dict per primary figure), ``better``, ``worse``, ``same`` (outcomes by their adjusted
        test), the two periods, ``lead`` and ``empty``.
    """
    wide = result.headline.set_index(["outcome", "measure"])
    levels = []
    for (outcome, measure), row in wide[wide["primary"] & ~wide["suppressed"]].iterrows():
        one = {"outcome": outcome, "measure": measure, "estimate": row["estimate"]}
        one["interval"] = (row["conf_low"], row["conf_high"])
        if measure == "nps":
            one |= {name: wide.loc[(outcome, name), "estimate"] for name in ("promoters", "detractors")}
        levels.append(one)
    found: dict[str, Any] = {"levels": levels, "lead": lead(result), "empty": not levels}
    return found | _changes(result)


def _changes(result: ScoresResult) -> dict[str, Any]:
    table = result.changes.dropna(subset=["change"]) if len(result.changes) else result.changes
    if table.empty:
        return {}
    sure = (table["p_adjusted"] < 1 - result.context.ci_level).astype(bool)
    up = (table["change"] > 0) == table["high_is_good"].astype(bool)
    return {
        "better": table.loc[sure & up, "outcome"].tolist(), "worse": table.loc[sure & ~up, "outcome"].tolist(),
        "same": table.loc[~sure, "outcome"].tolist(), "period": table["period"].iloc[0],
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
    values = {**first, **found, "label": result.context.label(first["outcome"], lang)}
    text = say(SENTENCES, first["measure"], values, lang, markdown=False)
    for group in ("better", "worse", "same"):
        if first["outcome"] in found.get(group, ()):
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
        for one in found["levels"]
    ]
    for group in ("better", "worse", "same"):
        if found.get(group):
            parts.append(say(SENTENCES, group, {**found, group: [label(name, lang) for name in found[group]]}, lang))
    parts += [_goal(result, row, lang) for _, row in result.goals.iterrows() if pd.notna(row["estimate"])]
    return paragraph(parts, lang)


def _goal(result: ScoresResult, row: pd.Series, lang: Lang) -> str:
    percent = row["measure"] in ("share", "top_box")
    values = {
        "label": result.context.label(row["outcome"], lang), "kind": SENTENCES[lang][f"kind_{row['kind']}"],
        "value": 100 * row["value"] if percent else row["value"], "name": row["label"].text(lang),
    }
    return say(SENTENCES, f"goal_{row['verdict']}", values, lang)


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
    measure = result.headline[(result.headline["outcome"] == outcome) & result.headline["primary"]]["measure"].iloc[0]
    values = {
        **found, "label": result.context.label(outcome, lang), "segment": result.context.label(segment, lang),
        "measure": word(measure, lang), "ci": result.context.ci_level, "method": word(result.context.adjustment, lang),
        "base": (table["n"].sum(),) * 2 if figure == "distribution" else (table["n"].min(), table["n"].max()),
        "weighted": SENTENCES[lang]["weighted_word"] if result.context.weight else "", **_levels(result, table),
    }
    code = _finding(found, figure, outcome, values)
    return tuple(say(SENTENCES, one, values, lang, markdown=False) for one in (code, f"sub_{figure}"))  # type: ignore[return-value]


def _finding(found: dict[str, Any], figure: str, outcome: str, values: dict[str, Any]) -> str:
    if figure == "segments":
        return "finding_segments" if values["worse"] + values["better"] else "finding_segments_none"
    if figure == "periods":
        if "previous" not in found:
            return "finding_periods_only"
        for group in ("better", "worse"):
            if outcome in found[group]:
                return f"finding_periods_{group}"
        return "finding_periods_none"
    return f"finding_{figure}"


def _levels(result: ScoresResult, table: pd.DataFrame) -> dict[str, Any]:
    if "p_adjusted" not in table:
        return {}
    sure = table[table["p_adjusted"] < 1 - result.context.ci_level]
    good = (sure["difference"] > 0) == sure["high_is_good"].astype(bool)
    return {"levels": len(table), "better": int(good.sum()), "worse": int((~good).sum())}
