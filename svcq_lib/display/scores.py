"""How the scorecard is shown."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.headlines import HeadlineFigure, headline_figure
from svcq_lib.analyses.scores import ScoresResult
from svcq_lib.display import blocks, score_peers, words
from svcq_lib.display.blocks import Block, Card
from svcq_lib.display.cards import card, span
from svcq_lib.figures import intervals, trend
from svcq_lib.formats import Lang
from svcq_lib.kinds import shown, shown_difference
from svcq_lib.narrative import scores as narrative
from svcq_lib.narrative.phrases import say, typeset
from svcq_lib.tables.model import Tone, display_table
from svcq_lib.vocabulary import WORDS as CODES
from svcq_lib.vocabulary import Kind, word

MOST_CARDS = 5
KINDS: dict[str, dict[str, Kind]] = {
    "goals": {"verdict": "text", "source": "text", "value": "score"},
    "changes": {"previous": "period"},
    "response": {"population": "count"},
    "margins": {"population": "share"},
}
FIGURES = ("periods", "peers", "segments", "response")
TABLES = ("headline", "changes", "goals", "peers", "segments", "response", "margins")
HEADINGS = ("verdict", "source", "value", "population")
UNITS = {"index_100": "of_100", "nps": "points"}
COLUMNS = {
    "segments": ["level", "estimate", "conf_low", "conf_high", "difference", "p_adjusted", "n"],
    "goals": ["outcome", "measure", "estimate", "conf_low", "conf_high", "value", "verdict", "source"],
    "changes": ["outcome", "previous", "estimate", "change", "change_low", "change_high", "p_adjusted", "n"],
    "peers": ["outcome", "estimate", "baseline", "difference", "p_adjusted", "n", "n_peers"],
    "headline": ["outcome", "measure", "estimate", "conf_low", "conf_high", "n", "n_eff"],
    "response": [
        "period", "invited", "answered", "response_rate", "response_rate_low", "response_rate_high", "population",
        "coverage", "covered",
    ],
    "margins": ["segment", "level", "population", "before", "after", "n"],
}  # fmt: skip
WORDS = {
    "en": {
        "headline": "All figures", "changes": "Change since earlier periods", "goals": "Targets and benchmarks",
        "segments": "Groups of {name}: {outcome}", "whole": "All", "target_met": "met", "target_missed": "missed",
        "target_unclear": "cannot be told", "benchmark_met": "better than", "benchmark_missed": "worse than",
        "benchmark_unclear": "cannot be told", "goal": "Goal", "kind": "Kind", "target": "target",
        "benchmark": "benchmark", "verdict": "Verdict", "source": "Source", "value": "Set at",
        "latest": "{period:period} {level}: {change}", "response": "Who was asked and who answered",
        "margins": "Weights and the population", "peers": "Beside all others",
        "of_100": "of 100 {interval}", "points": "points {interval}",
        "answers": "Answers", "answers_of": "of {n:n} respondents", "population": "Customers",
        "and": "; ", "effective": "weighted, n_eff {n_eff:n}", "unweighted": "unweighted", "rate": "Response rate",
    },
    "zh": {
        "headline": "全部数字", "changes": "与先前期间相比的变化", "goals": "目标与标杆",
        "segments": "按{name}分组：{outcome}", "whole": "全部", "target_met": "达到", "target_missed": "未达到",
        "target_unclear": "无法判断", "benchmark_met": "优于", "benchmark_missed": "逊于",
        "benchmark_unclear": "无法判断", "goal": "目标", "kind": "类型", "target": "目标", "benchmark": "标杆",
        "verdict": "判断", "source": "来源", "value": "数值",
        "latest": "{period:period} {level}：{change}", "response": "邀请与回收",
        "margins": "权数与总体", "peers": "与其余全部相比", "of_100": "满分 100 {interval}", "points": "分 {interval}",
        "answers": "有效答卷", "answers_of": "共 {n:n} 位受访者", "population": "客户数",
        "and": "；", "effective": "加权，有效样本 {n_eff:n}", "unweighted": "未加权", "rate": "回收率",
    },
}  # fmt: skip


def _kind(measure: str) -> Kind:
    return CODES[measure].kind


def figures(result: ScoresResult, lang: Lang) -> list[HeadlineFigure]:
    """Return every outcome's main figure, and each other one that has a target, against its first target."""
    context, made = result.context, []
    goals = result.goals[result.goals["kind"] == "target"].drop_duplicates(["outcome", "measure"])
    targets = goals.set_index(["outcome", "measure"])["value"].to_dict()
    leading = narrative.lead(result) or result.headline["outcome"].iloc[0]
    for row in result.headline.to_dict(orient="records"):
        name, measure, primary = row["outcome"], row["measure"], bool(row["primary"])
        target = targets.get((name, measure))
        if not primary and target is None:
            continue
        label = context.label(name, lang)
        colon = "：" if lang == "zh" else ": "
        made.append(
            headline_figure(
                name if primary else f"{name}.{measure}",
                label if primary else f"{label}{colon}{word(measure, lang)}",
                _kind(measure), row["estimate"], (row["conf_low"], row["conf_high"]), n=row["n"],
                ci_level=context.ci_level, good=1 if row["high_is_good"] else -1, target=target,
                lead=primary and name == leading,
            )
        )  # fmt: skip
    return made


def cards(result: ScoresResult, lang: Lang) -> list[Card]:
    """Return the headline cards."""
    rows = {one["outcome"]: one for _, one in result.headline[result.headline["primary"]].iterrows()}
    primary = [one for one in figures(result, lang) if one["code"] in rows]
    made = [_card(result, rows[one["code"]], one, lang) for one in primary[:MOST_CARDS]]
    return [*made, _answers(result, lang)]


def _card(result: ScoresResult, row: pd.Series, figure: HeadlineFigure, lang: Lang) -> Card:
    kind = figure["kind"]
    change, tone = "", "neutral"
    rows = result.changes
    rows = rows[(rows["outcome"] == row["outcome"]) & (rows["since"] == "previous")] if len(rows) else rows
    if len(rows) and pd.notna(rows["change"].iloc[0]):
        one = rows.iloc[0]
        sure = bool(one["p_adjusted"] < 1 - result.context.ci_level)
        size = shown_difference(one["change"], kind, lang)
        change = words.change_words(size, sure, one["previous"], lang)
        if result.context.period is None:  # the card's value is of all periods, the change is of the latest
            latest = {"period": one["period"], "level": shown(one["estimate"], kind, lang), "change": change}
            change = say(WORDS, "latest", latest, lang, markdown=False)
        tone = ("good" if (one["change"] > 0) == bool(row["high_is_good"]) else "bad") if sure else "neutral"
    limits = span(figure)
    if row["measure"] in UNITS and figure["estimate"] is not None:
        limits = say(WORDS, UNITS[row["measure"]], {"interval": limits}, lang, markdown=False)
    return card(figure, lang, interval=limits, change=change, tone=tone)


def _answers(result: ScoresResult, lang: Lang) -> Card:
    """Return the card with the base: who answered the leading outcome, of all respondents."""
    context = result.context
    rows = result.headline[result.headline["outcome"] == narrative.lead(result)]
    if rows.empty:
        return words.answers_card(context, lang)
    one = rows.iloc[0]
    kind = "effective" if context.weight else "unweighted"
    facts = {"n": context.n, "n_eff": one["n_eff"]}
    said = [say(WORDS, code, facts, lang, markdown=False) for code in ("answers_of", kind)]
    return Card(WORDS[lang]["answers"], shown(one["n"], "count", lang), WORDS[lang]["and"].join(said))


def figure(result: ScoresResult, name: str, lang: Lang, outcome: str = "", segment: str = "") -> Block | None:
    """Return a figure of the result by name; None if there is nothing to draw."""
    if name in ("response", "peers"):
        return _response(result, lang) if name == "response" else score_peers.figure(result, lang)
    chosen = outcome or narrative.lead(result)
    if not chosen:
        return None
    if name == "periods":
        return _periods(result, chosen, lang)
    return _segments(result, chosen, segment, lang)


def _periods(result: ScoresResult, outcome: str, lang: Lang) -> Block | None:
    table = result.periods[result.periods["outcome"] == outcome]
    if table.loc[table["estimate"].notna(), "period"].nunique() < 2:
        return None
    measure = table["measure"].iloc[0]
    table = table.assign(label=result.context.label(outcome, lang))
    goal = result.goals[(result.goals["outcome"] == outcome) & (result.goals["measure"] == measure)]
    first = goal.drop_duplicates("kind")  # the one that the headline figure is judged by
    lines = {row["kind"]: (float(row["value"]), row["label"].text(lang)) for _, row in first.iterrows()}
    heading, subtitle = narrative.finding(result, "periods", outcome=outcome, lang=lang)
    look = {"kind": _kind(measure), "lang": lang}
    axes = trend.trend(
        table,
        group="label",
        target=lines.get("target"),
        benchmark=lines.get("benchmark"),
        **look,  # type: ignore[arg-type]
    )
    alt = trend.describe_trend(
        table,
        group="label",
        target=lines.get("target"),
        ci_level=result.context.ci_level,
        **look,  # type: ignore[arg-type]
    )
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _response(result: ScoresResult, lang: Lang) -> Block | None:
    rows = result.response[result.response["span"] == "period"]
    if len(rows) < 2:
        return None
    table = rows.rename(
        columns={
            "response_rate": "estimate",
            "response_rate_low": "conf_low",
            "response_rate_high": "conf_high",
        }
    )
    table = table.assign(label=WORDS[lang]["rate"])
    heading, subtitle = narrative.finding(result, "response", lang=lang)
    axes = trend.trend(table, group="label", kind="share", lang=lang)
    alt = trend.describe_trend(
        table, group="label", kind="share", lang=lang, ci_level=result.context.ci_level
    )
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _levels(result: ScoresResult, outcome: str, segment: str, lang: Lang) -> pd.DataFrame:
    rows = result.segments
    rows = rows[(rows["segment"] == segment) & (rows["outcome"] == outcome)].reset_index(drop=True)
    return rows.assign(label=[result.context.level(segment, level, lang) for level in rows["level"]])


def _segments(result: ScoresResult, outcome: str, segment: str, lang: Lang) -> Block | None:
    table = _levels(result, outcome, segment, lang)
    if table["estimate"].notna().sum() < 2:
        return None
    heading, subtitle = narrative.finding(result, "segments", outcome=outcome, segment=segment, lang=lang)
    sure = (table["p_adjusted"] < 1 - result.context.ci_level).to_numpy()
    shown_rows, more = words.most_groups(table, sure, lang)
    table, sure = table[shown_rows].reset_index(drop=True), sure[shown_rows]
    good = ((table["difference"] > 0) == table["high_is_good"].astype(bool)).to_numpy()
    main = result.headline[(result.headline["outcome"] == outcome) & result.headline["primary"]].iloc[0]
    whole = (float(main["estimate"]), WORDS[lang]["whole"])
    kind = _kind(main["measure"])
    axes = intervals.ranked_intervals(
        table, warn=sure & ~good, highlight=sure & good, reference=whole, kind=kind, lang=lang
    )
    alt = intervals.describe_intervals(
        table, reference=whole, kind=kind, lang=lang, ci_level=result.context.ci_level
    )
    return blocks.figure(axes, heading, subtitle + more, alt, lang)


def table(result: ScoresResult, name: str, lang: Lang, outcome: str = "", segment: str = "") -> Block | None:
    """Return a table of the result by name; None if it would be empty."""
    frame = _frame(result, name, lang, outcome or narrative.lead(result), segment)
    if frame.empty:
        return None
    names = {"name": result.context.label(segment, lang), "outcome": result.context.label(outcome, lang)}
    made = display_table(
        frame,
        columns=COLUMNS[name],
        labels=result.context.labels,
        lang=lang,
        ci_level=result.context.ci_level,
        highlight=_tones(frame, 1 - result.context.ci_level),
        headings=_headings(name, lang),
        kinds=KINDS.get(name),
    )
    heading = typeset(WORDS[lang][name].format(**names), lang)
    return blocks.table(made, heading, lang, source=words.source_line(result.context, lang))


def _headings(name: str, lang: Lang) -> dict[str, str]:
    if name == "peers":
        return {"estimate": score_peers.WORDS[lang]["unit"], "baseline": score_peers.WORDS[lang]["others"]}
    return {key: WORDS[lang][key] for key in HEADINGS if name != "margins" or key != "population"}


def _frame(result: ScoresResult, name: str, lang: Lang, outcome: str, segment: str) -> pd.DataFrame:
    if name == "segments":
        frame = _levels(result, outcome, segment, lang)
        return frame.assign(level=frame["label"])
    if name == "goals":
        return _goals(result, lang)
    if name == "peers":
        return score_peers.frame(result)
    if name == "margins":
        pairs = zip(result.margins["segment"], result.margins["level"], strict=True)
        levels = [
            result.context.level(one, level, lang) if isinstance(level, str) else word("unknown", lang)
            for one, level in pairs
        ]
        return result.margins.assign(level=levels)
    if name == "changes" and len(
        result.changes
    ):  # an outcome asked in one period only has nothing to compare
        return result.changes[result.changes["change"].notna()].reset_index(drop=True)
    return getattr(result, name)


def _goals(result: ScoresResult, lang: Lang) -> pd.DataFrame:
    goals = result.goals.assign(label=[one.text(lang) for one in result.goals["label"]])
    marks = ["：" if lang == "zh" else ": "] * len(goals)
    codes = goals["kind"] + "_" + goals["verdict"]
    goals["verdict"] = [WORDS[lang][code] for code in codes]
    goals["kind"] = [WORDS[lang][code] for code in goals["kind"]]
    goals["outcome"] = [
        f"{one}{mark}{name}" for one, mark, name in zip(goals["kind"], marks, goals["label"], strict=True)
    ]
    return goals


def _tones(frame: pd.DataFrame, alpha: float) -> dict[str, dict[Any, Tone]]:
    column = next((name for name in ("difference", "change") if name in frame), "")
    if not column or "p_adjusted" not in frame:
        return {}
    sure = frame["p_adjusted"] < alpha
    good = (frame[column] > 0) == frame["high_is_good"].astype(bool)
    return {column: {i: "good" if good[i] else "bad" for i in frame.index[sure]}}


def method_codes(result: ScoresResult) -> tuple[str, ...]:
    """Return the sentences about the method that are true of this result."""
    shown = ("response", "peers")
    return ("scores", *[name for name in shown if len(getattr(result, name))])
