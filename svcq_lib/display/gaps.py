"""How the gap analysis is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from svcq_lib.analyses.gaps import GapsResult
from svcq_lib.analyses.headlines import HeadlineFigure, headline_figure
from svcq_lib.display import blocks, gaps_tables, words
from svcq_lib.display.blocks import Block, Card
from svcq_lib.display.cards import card
from svcq_lib.figures import diverging, dumbbell, heatmap, intervals, trend, waterfall
from svcq_lib.formats import Lang, interval, number, period, signed
from svcq_lib.narrative import gaps as narrative
from svcq_lib.narrative.phrases import typeset
from svcq_lib.vocabulary import Kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIGURES = ("dimensions", "items", "chain", "segments", "heatmap", "profiles", "periods")
TABLES = (
    "dimensions", "items", "contrasts", "chain", "importance", "zone", "quality", "challenge", "segments",
    "interactions", "changes",
)  # fmt: skip
WORDS = {
    "en": {
        "overall": "Overall gap", "overall_perception": "Mean of the dimensions", "widest": "Widest: {name}",
        "lowest": "Lowest: {name}", "weighted": "Weighted by importance", "whole": "All",
        "dimensions": "Dimensions", "items": "Questions", "segments": "Groups of {name}",
        "changes": "Change by dimension", "overall_in": "Overall gap, {period}",
        "rating_in": "Mean of the dimensions, {period}",
        "chain": "Gaps 1 to 5 by dimension", "zone": "The zone of tolerance",
        "quality": "How far each gap can be trusted",
        "knowledge_gap": "1 Knowledge", "standards_gap": "2 Standards", "delivery_gap": "3 Delivery",
        "communication_gap": "4 Communication", "remainder": "Rest", "sum": "5 Customer gap",
    },
    "zh": {
        "overall": "总体差距", "overall_perception": "各维度平均评分", "widest": "最大差距：{name}",
        "lowest": "最低：{name}", "weighted": "按重要性加权", "whole": "全部",
        "dimensions": "各维度", "items": "各题项", "segments": "按{name}分组", "changes": "各维度的变化",
        "overall_in": "总体差距，{period}", "rating_in": "各维度平均评分，{period}",
        "chain": "各维度的差距 1 至 5", "zone": "容忍区", "quality": "各维度差距的可信程度",
        "knowledge_gap": "1 认知差距", "standards_gap": "2 标准差距", "delivery_gap": "3 传递差距",
        "communication_gap": "4 沟通差距", "remainder": "其余部分", "sum": "5 感知差距",
    },
}  # fmt: skip


def figures(result: GapsResult, lang: Lang) -> list[HeadlineFigure]:
    """Return the overall gap (or rating), the weighted one, and that of each dimension."""
    context, paired = result.context, result.mode == "gap"
    stem, names = ("gap" if paired else "rating"), WORDS[lang]
    labels = {"overall": names["overall" if paired else "overall_perception"], "weighted": names["weighted"]}
    rows = [*result.overall.to_dict(orient="records")]
    rows += [one for one in result.dimensions.to_dict(orient="records") if len(result.dimensions) > 1]
    return [
        headline_figure(
            stem if row["term"] == "overall" else f"{stem}.{row['term']}",
            labels.get(row["term"]) or context.label(row["term"], lang),
            _kind(result), row["estimate"], (row["conf_low"], row["conf_high"]), n=row["n"],
            ci_level=context.ci_level, good=1, lead=row["term"] == "overall",
        )
        for row in rows
    ]  # fmt: skip


def cards(result: GapsResult, lang: Lang) -> list[Card]:
    """Return the headline cards."""
    found = figures(result, lang)
    wholes, parts = found[: len(result.overall)], found[len(result.overall) :]
    made = [card(one, lang) for one in wholes]
    shown = [one for one in parts if one["estimate"] is not None]
    if len(shown) > 1:  # the widest comes first
        name = WORDS[lang]["widest" if result.mode == "gap" else "lowest"].format(name=shown[0]["label"])
        made.insert(1, card(shown[0], lang, label=typeset(name, lang)))
    return [*made, *_latest(result, lang), words.answers_card(result.context, lang)]


def _latest(result: GapsResult, lang: Lang) -> list[Card]:
    """Return the card of the latest period: its own figure beside its change, not the figure of all periods."""
    found = narrative.facts(result)
    if "change" not in found:
        return []
    rows = result.periods[
        (result.periods["term"] == "overall") & (result.periods["period"] == found["period"])
    ]
    limits = interval(rows["conf_low"].iloc[0], rows["conf_high"].iloc[0]) if len(rows) else ""
    name = WORDS[lang]["overall_in" if result.mode == "gap" else "rating_in"]
    text = words.change_words(signed(found["change"]), found["sure"], found["previous"], lang)
    tone = ("good" if found["change"] > 0 else "bad") if found["sure"] else "neutral"
    return [Card(typeset(name.format(period=period(found["period"], lang)), lang), number(found["end"]), limits,
                 text, tone)]  # fmt: skip


def _labelled(result: GapsResult, table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    names = [
        _overall(lang) if term == "overall" else result.context.label(term, lang) for term in table["term"]
    ]
    return table.assign(label=names)


def _overall(lang: Lang) -> str:
    return WORDS[lang]["whole"]


def figure(result: GapsResult, name: str, lang: Lang, segment: str = "") -> Block | None:
    """Return a figure of the result by name; None if there is nothing to draw."""
    drawn = {
        "dimensions": _terms,
        "items": _terms,
        "chain": _chain,
        "segments": _segments,
        "heatmap": _heatmap,
        "profiles": _profiles,
        "periods": _periods,
    }
    return drawn[name](result, name, lang, segment)


def _terms(result: GapsResult, name: str, lang: Lang, segment: str) -> Block | None:
    del segment
    alone = len(result.dimensions) == 1
    if alone and name == "dimensions":
        return None
    table = _labelled(result, getattr(result, name), lang)
    heading, subtitle = narrative.finding(result, name, lang=lang)
    if result.mode == "gap" and (alone or name == "dimensions"):
        axes, alt = _dumbbell(result, table, lang)
    else:
        kind = _kind(result)
        sure = (table["p_adjusted"] < 1 - result.context.ci_level).to_numpy() & (table["gap"] < 0).to_numpy()
        axes = intervals.ranked_intervals(table, kind=kind, order="ascending", warn=sure, lang=lang)
        alt = intervals.describe_intervals(table, kind=kind, lang=lang, ci_level=result.context.ci_level)
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _dumbbell(result: GapsResult, table: pd.DataFrame, lang: Lang) -> tuple[Axes, str]:
    found = narrative.facts(result)
    tied = found["tied"] if found.get("short") else []
    axes = dumbbell.dumbbell(table, warn=table["term"].isin(tied).to_numpy(), lang=lang)
    return axes, dumbbell.describe_dumbbell(table, lang=lang)


def _kind(result: GapsResult) -> Kind:
    return "signed" if result.mode == "gap" else "number"


def _chain(result: GapsResult, name: str, lang: Lang, segment: str) -> Block | None:
    """Return how gap 5 adds up; nothing without the provider's tables, or without expectations."""
    del segment
    rows = result.chain
    rows = rows[(rows["dimension"] == "") & ~rows["suppressed"].astype(bool)] if len(rows) else rows
    added = set(rows.loc[rows["part"] == "remainder", "term"]) if len(rows) else set()
    if not added:
        return None
    rank = {part: i for i, part in enumerate(gaps_tables.PARTS)}
    order = {term: i for i, term in enumerate(result.dimensions["term"])}
    rows = rows[rows["term"].isin(added)]
    rows = rows.assign(_rank=rows["part"].map(rank), _order=rows["term"].map(order))
    rows = rows.sort_values(["_order", "_rank"], kind="stable", ignore_index=True)
    roles = {"customer_gap": "total", "communication_gap": "aside"}
    heads = {**WORDS[lang], "customer_gap": WORDS[lang]["sum"]}
    rows = rows.assign(
        facet=[result.context.label(term, lang) for term in rows["term"]],
        label=[typeset(heads[part], lang) for part in rows["part"]],
        role=[roles.get(part, "part") for part in rows["part"]],
        sure=rows["p_adjusted"] < 1 - result.context.ci_level,
    )
    axes = waterfall.waterfall(rows, lang=lang)
    heading, subtitle = narrative.finding(result, name, lang=lang)
    return blocks.figure(axes[0], heading, subtitle, waterfall.describe_waterfall(rows, lang=lang), lang)


def _profiles(result: GapsResult, name: str, lang: Lang, segment: str) -> Block | None:
    """Return the gaps of each dimension by the groups of the segment whose profiles differ most surely."""
    segment = narrative.profiled(result)
    if not segment:
        return None
    order = {term: i for i, term in enumerate(result.dimensions["term"])}
    rows = result.segments[(result.segments["segment"] == segment) & result.segments["term"].isin(order)]
    rows = rows.assign(_order=rows["term"].map(order)).sort_values("_order", kind="stable", ignore_index=True)
    rows = _labelled(result, rows, lang).rename(columns={"label": "facet"})
    rows = rows.assign(level=[result.context.level(segment, level, lang) for level in rows["level"]])
    whole = {
        result.context.label(row["term"], lang): float(row["estimate"])
        for _, row in result.dimensions.iterrows()
    }
    sure = (rows["p_adjusted"] < 1 - result.context.ci_level).to_numpy()
    kind = _kind(result)
    axes = diverging.segment_grid(rows, facet="facet", references=whole, warn=sure, kind=kind, lang=lang)
    alt = diverging.describe_segments(
        rows, facet="facet", kind=kind, lang=lang, ci_level=result.context.ci_level
    )
    heading, subtitle = narrative.finding(result, name, lang=lang)
    return blocks.figure(axes[0], heading, subtitle, alt, lang)


def _levels(result: GapsResult, segment: str, term: str, lang: Lang) -> pd.DataFrame:
    rows = result.segments
    rows = rows[(rows["segment"] == segment) & (rows["term"] == term)].reset_index(drop=True)
    return rows.assign(label=[result.context.level(segment, level, lang) for level in rows["level"]])


def _segments(result: GapsResult, name: str, lang: Lang, segment: str) -> Block | None:
    table = _levels(result, segment, "overall", lang)
    if table["estimate"].notna().sum() < 2:
        return None
    heading, subtitle = narrative.finding(result, name, segment=segment, lang=lang)
    alpha = 1 - result.context.ci_level
    sure = (table["p_adjusted"] < alpha).to_numpy()
    shown, more = words.most_groups(table, sure, lang)
    table, sure = table[shown].reset_index(drop=True), sure[shown]
    worse, better = sure & (table["difference"] < 0).to_numpy(), sure & (table["difference"] > 0).to_numpy()
    kind = _kind(result)
    whole = (float(result.overall.iloc[0]["estimate"]), WORDS[lang]["whole"])
    axes = intervals.ranked_intervals(
        table, kind=kind, order="ascending", warn=worse, highlight=better, reference=whole, lang=lang
    )
    alt = intervals.describe_intervals(
        table, kind=kind, reference=whole, lang=lang, ci_level=result.context.ci_level
    )
    return blocks.figure(axes, heading, subtitle + more, alt, lang)


def _heatmap(result: GapsResult, name: str, lang: Lang, segment: str) -> Block | None:
    del name
    rows = result.segments[(result.segments["segment"] == segment) & (result.segments["term"] != "overall")]
    if len(result.dimensions) < 2 or rows["level"].nunique() < 2:
        return None
    order = result.dimensions["term"].tolist()
    levels = _levels(result, segment, "overall", lang)
    told = rows.loc[rows["p_adjusted"] < 1 - result.context.ci_level, "level"]
    shown, more = words.most_groups(levels, levels["level"].isin(told).to_numpy(), lang)
    levels = levels[shown].sort_values("estimate", na_position="last")
    wide = rows.pivot(index="level", columns="term", values="estimate").loc[levels["level"], order]
    wide.index = pd.Index(levels["label"])
    wide.columns = pd.Index([result.context.label(term, lang) for term in order])
    sure = rows.assign(sure=rows["p_adjusted"] < 1 - result.context.ci_level)
    marked = sure.pivot(index="level", columns="term", values="sure").loc[levels["level"], order].to_numpy()
    axes = heatmap.heatmap(wide, marked=marked, kind="number", lang=lang)
    heading, subtitle = narrative.finding(result, "heatmap", segment=segment, lang=lang)
    return blocks.figure(axes, heading, subtitle + more, heatmap.describe_heatmap(wide, lang=lang), lang)


def _periods(result: GapsResult, name: str, lang: Lang, segment: str) -> Block | None:
    del segment
    table = _labelled(result, result.periods, lang)
    if table["period"].nunique() < 2:
        return None
    heading, subtitle = narrative.finding(result, name, lang=lang)
    kind = _kind(result)
    found = narrative.facts(result)
    changed = {result.context.label(term, lang) for name in narrative.MOVES for term in found[name]}
    axes = trend.trend(table, group="label", highlight=changed | {_overall(lang)}, kind=kind, lang=lang)
    alt = trend.describe_trend(table, group="label", kind=kind, lang=lang, ci_level=result.context.ci_level)
    return blocks.figure(axes, heading, subtitle, alt, lang)


def table(result: GapsResult, name: str, lang: Lang, segment: str = "") -> Block | None:
    """Return a table of the result by name; None if it would be empty."""
    frame = getattr(result, name)
    if name == "segments":
        frame = _levels(result, segment, "overall", lang).assign(level=lambda one: one["label"])
    if frame.empty or (name == "interactions" and frame["p_value"].isna().all()):
        return None
    found = narrative.heading(result, name, lang=lang)
    heading = found or WORDS[lang][name].format(name=result.context.label(segment, lang) if segment else "")
    return blocks.table(
        gaps_tables.shown(result, frame, name, lang),
        typeset(heading, lang),
        lang,
        subtitle=narrative.subtitle(result, name, lang=lang),
        source=words.source_line(result.context, lang),
    )


def method_codes(result: GapsResult) -> tuple[str, ...]:
    """Return the sentences about the method that are true of this result."""
    codes = ["gaps"] if result.mode == "gap" else ["gaps_perception"]
    shown = ("contrasts", "chain", "importance", "challenge", "interactions", "zone")
    return (*codes, *[name for name in shown if len(getattr(result, name))])
