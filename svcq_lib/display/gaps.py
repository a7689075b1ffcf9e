"""How the gap analysis is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from svcq_lib.analyses.gaps import GapsResult
from svcq_lib.display import blocks, words
from svcq_lib.display.blocks import Block, Card
from svcq_lib.figures import dumbbell, heatmap, intervals, trend
from svcq_lib.formats import Lang, interval, number, signed
from svcq_lib.narrative import gaps as narrative
from svcq_lib.narrative.phrases import typeset
from svcq_lib.tables.model import DisplayTable, Tone, display_table
from svcq_lib.vocabulary import Kind, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIGURES = ("dimensions", "items", "segments", "heatmap", "periods")
TABLES = ("dimensions", "items", "segments", "changes")
WORDS = {
    "en": {
        "overall": "Overall gap", "overall_perception": "Overall rating", "widest": "Widest: {name}",
        "lowest": "Lowest: {name}", "weighted": "Weighted by importance", "whole": "All",
        "dimensions": "Dimensions", "items": "Questions", "segments": "Groups of {name}",
        "changes": "Change by dimension",
    },
    "zh": {
        "overall": "总体差距", "overall_perception": "总体评分", "widest": "最大差距：{name}",
        "lowest": "最低：{name}", "weighted": "按重要性加权", "whole": "全部",
        "dimensions": "各维度", "items": "各题项", "segments": "按{name}分组", "changes": "各维度的变化",
    },
}  # fmt: skip


def headline(result: GapsResult, lang: Lang) -> list[Block]:
    """Return title, answer and headline cards."""
    context = result.context
    return [
        blocks.title(
            narrative.title(result, lang=lang), words.kicker(context, lang), words.cover(context, lang), lang
        ),
        blocks.prose(narrative.describe(result, lang=lang), lang),
        blocks.cards([*_cards(result, lang), words.answers_card(context, lang)], lang),
    ]


def _cards(result: GapsResult, lang: Lang) -> list[Card]:
    paired = result.mode == "gap"
    made = []
    for _, row in result.overall.iterrows():
        first = row["term"] == "overall"
        name = WORDS[lang][("overall" if paired else "overall_perception") if first else "weighted"]
        made.append(_card(row, name, _change(result, lang) if first else ("", "neutral")))
    shown = result.dimensions[~result.dimensions["suppressed"]]
    if len(shown) > 1:
        name = WORDS[lang]["widest" if paired else "lowest"].format(
            name=result.context.label(shown.iloc[0]["term"], lang)
        )
        made.insert(1, _card(shown.iloc[0], typeset(name, lang), ("", "neutral")))
    return made


def _card(row: pd.Series, name: str, change: tuple[str, str]) -> Card:
    return Card(name, number(row["estimate"]), interval(row["conf_low"], row["conf_high"]), *change)


def _change(result: GapsResult, lang: Lang) -> tuple[str, str]:
    found = narrative.facts(result)
    if "change" not in found:
        return "", "neutral"
    text = words.change_words(signed(found["change"]), found["sure"], found["previous"], lang)
    return text, ("good" if found["change"] > 0 else "bad") if found["sure"] else "neutral"


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
        "segments": _segments,
        "heatmap": _heatmap,
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
    worse, better = sure & (table["difference"] < 0).to_numpy(), sure & (table["difference"] > 0).to_numpy()
    kind = _kind(result)
    whole = (float(result.overall.iloc[0]["estimate"]), WORDS[lang]["whole"])
    axes = intervals.ranked_intervals(
        table, kind=kind, order="ascending", warn=worse, highlight=better, reference=whole, lang=lang
    )
    alt = intervals.describe_intervals(
        table, kind=kind, reference=whole, lang=lang, ci_level=result.context.ci_level
    )
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _heatmap(result: GapsResult, name: str, lang: Lang, segment: str) -> Block | None:
    del name
    rows = result.segments[(result.segments["segment"] == segment) & (result.segments["term"] != "overall")]
    if len(result.dimensions) < 2 or rows["level"].nunique() < 2:
        return None
    order = result.dimensions["term"].tolist()
    levels = _levels(result, segment, "overall", lang).sort_values("estimate", na_position="last")
    wide = rows.pivot(index="level", columns="term", values="estimate").loc[levels["level"], order]
    wide.index = pd.Index(levels["label"])
    wide.columns = pd.Index([result.context.label(term, lang) for term in order])
    sure = rows.assign(sure=rows["p_adjusted"] < 1 - result.context.ci_level)
    marked = sure.pivot(index="level", columns="term", values="sure").loc[levels["level"], order].to_numpy()
    axes = heatmap.heatmap(wide, marked=marked, kind="number", lang=lang)
    heading, subtitle = narrative.finding(result, "heatmap", segment=segment, lang=lang)
    return blocks.figure(axes, heading, subtitle, heatmap.describe_heatmap(wide, lang=lang), lang)


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


GAP_COLUMNS = ("expectation", "perception", "gap", "conf_low", "conf_high", "effect_size", "p_adjusted", "n")
PERCEPTION_COLUMNS = ("estimate", "conf_low", "conf_high", "n", "n_eff")


def table(result: GapsResult, name: str, lang: Lang, segment: str = "") -> Block | None:
    """Return a table of the result by name; None if it would be empty."""
    frame = getattr(result, name)
    if name == "segments":
        frame = _levels(result, segment, "overall", lang).assign(level=lambda one: one["label"])
    if frame.empty:
        return None
    heading = WORDS[lang][name].format(name=result.context.label(segment, lang) if segment else "")
    return blocks.table(
        _shown(result, frame, name, lang),
        typeset(heading, lang),
        lang,
        source=words.source_line(result.context, lang),
    )


def _shown(result: GapsResult, frame: pd.DataFrame, name: str, lang: Lang) -> DisplayTable:
    paired = result.mode == "gap"
    columns = {
        "dimensions": [
            "term",
            *(GAP_COLUMNS if paired else PERCEPTION_COLUMNS),
            *(["share"] if paired else ["alpha"]),
        ],
        "items": ["term", *(GAP_COLUMNS if paired else PERCEPTION_COLUMNS)],
        "segments": ["level", "estimate", "conf_low", "conf_high", "difference", "p_adjusted", "n"],
        "changes": ["term", "previous", "estimate", "change", "p_adjusted", "n"],
    }[name]
    if "share" in columns and ("share" not in frame or frame["share"].isna().all()):
        columns.remove("share")
    frame = frame.drop(columns=["perception_low", "perception_high"], errors="ignore")
    kinds = {"estimate": "signed" if paired else "number"}
    return display_table(
        frame,
        columns=columns,
        labels=result.context.labels,
        lang=lang,
        ci_level=result.context.ci_level,
        highlight=_tones(frame, name, 1 - result.context.ci_level),
        kinds=kinds,  # type: ignore[arg-type]
        headings=_headings(result, name, lang),
        digits={"share": 1},
    )


def _headings(result: GapsResult, name: str, lang: Lang) -> dict[str, str]:
    return {
        "estimate": label("gap" if result.mode == "gap" else "perception", lang),
        "term": label("item" if name == "items" else "dimension", lang),
    }


def _tones(frame: pd.DataFrame, name: str, alpha: float) -> dict[str, dict[Any, Tone]]:
    """Return which figures are set in the warning or the good colour: only those beyond noise."""
    column = {"segments": "difference", "changes": "change"}.get(name, "gap")
    if column not in frame or "p_adjusted" not in frame:
        return {}
    sure = frame["p_adjusted"] < alpha
    return {column: {i: "bad" if frame.loc[i, column] < 0 else "good" for i in frame.index[sure]}}


def method_codes(result: GapsResult) -> tuple[str, ...]:
    """Return the sentences about the method that are true of this result."""
    return ("gaps",) if result.mode == "gap" else ("gaps_perception",)
