"""How the driver analysis is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from svcq_lib.analyses.driver_asymmetry import CATEGORIES, FACTORS
from svcq_lib.analyses.driver_map import QUADRANTS
from svcq_lib.analyses.drivers import DriverResult
from svcq_lib.analyses.headlines import HeadlineFigure, headline_figure
from svcq_lib.display import blocks, words
from svcq_lib.display.blocks import Block, Card
from svcq_lib.display.cards import card
from svcq_lib.figures import heatmap, intervals, quadrant, two_ends
from svcq_lib.formats import Lang
from svcq_lib.narrative import driver_asymmetry, driver_map
from svcq_lib.narrative import drivers as narrative
from svcq_lib.narrative.phrases import paragraph, typeset
from svcq_lib.tables.model import display_table
from svcq_lib.vocabulary import WORDS as CODES
from svcq_lib.vocabulary import Kind, label, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIGURES = ("importance", "groups", "quadrant", "asymmetry", "methods", "segments")
TABLES = ("importance", "groups", "map", "asymmetry", "method", "pairs", "dominance")
WORDS = {
    "en": {
        "r_squared": "Explained by all drivers", "top": "Strongest driver", "concentrate": "Concentrate here",
        "drivers": "Drivers, of {k}, surely there", "importance": "Drivers, strongest first",
        "method": "Other measures", "groups": "Dimensions as wholes", "pairs": "The strongest driver and the next",
        "dominance": "Dimensions that add more than others at every size of model",
        "asymmetry": "Low and high ratings, widest range first",
    },
    "zh": {
        "r_squared": "全部驱动因素的解释率", "top": "最强的驱动因素", "concentrate": "重点改进",
        "drivers": "项可以确定，共 {k} 项", "importance": "驱动因素（由强到弱）", "method": "其他度量",
        "groups": "整个维度", "pairs": "最强因素与其后各项", "dominance": "在各种规模的模型中贡献更大的维度",
        "asymmetry": "低分与高分的作用（由大到小）",
    },
}  # fmt: skip
CODED = (*QUADRANTS, *CATEGORIES, *FACTORS)
BARE = ("owen", "stated_importance")
"""Columns that not every result has."""
NEXT = 8
"""Drivers that the strongest is compared with in the table."""


def figures(result: DriverResult, lang: Lang) -> list[HeadlineFigure]:
    """Return what the drivers explain and the share of the strongest; nothing if there were too few answers."""
    found, level = narrative.facts(result), result.context.ci_level
    if found["empty"]:
        return []
    top = result.importance.iloc[0]
    return [
        headline_figure(
            "r_squared", WORDS[lang]["r_squared"], "share", found["r_squared"], found["interval"], n=found["n"],
            ci_level=level, lead=True,
        ),
        headline_figure(
            f"share.{found['top']}", result.context.label(found["top"], lang), "share", found["share"],
            found["share_interval"], n=top["n"], ci_level=level,
        ),
    ]  # fmt: skip


def cards(result: DriverResult, lang: Lang) -> list[Card]:
    """Return the headline cards."""
    found = narrative.facts(result)
    if found["empty"]:
        return [words.answers_card(result.context, lang)]
    explained, top = figures(result, lang)
    return [
        card(explained, lang),
        card(top, lang, label=WORDS[lang]["top"], change=top["label"]),
        Card(
            WORDS[lang]["concentrate"],
            str(driver_map.facts(result)["k_sure"]),
            typeset(WORDS[lang]["drivers"].format(k=found["terms"]), lang),
        ),
        words.answers_card(result.context, lang),
    ]


def figure(result: DriverResult, name: str, lang: Lang, segment: str = "") -> Block | None:
    """Return a figure of the result by name; None if there is nothing to draw."""
    heading, subtitle = narrative.finding(result, name, lang=lang, segment=segment)
    if not heading:
        return None
    drawn = {
        "importance": _importance,
        "groups": _groups,
        "quadrant": _quadrant,
        "asymmetry": _asymmetry,
        "methods": _methods,
        "segments": _segments,
    }
    axes, alt = drawn[name](result, lang)
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _importance(result: DriverResult, lang: Lang) -> tuple[Axes, str]:
    table = words.labelled(result.context, result.importance, lang)
    return _ranked(result, table, table["term"].isin(narrative.facts(result)["first"]), lang)


def _groups(result: DriverResult, lang: Lang) -> tuple[Axes, str]:
    table = result.groups.assign(
        label=[result.context.label(one, lang) for one in result.groups["dimension"]]
    )
    return _ranked(result, table, table["dimension"].isin(narrative.facts(result)["dimensions"]), lang)


def _ranked(result: DriverResult, table: pd.DataFrame, leaders: pd.Series, lang: Lang) -> tuple[Axes, str]:
    axes = intervals.ranked_intervals(
        table, estimate="share", kind="share", highlight=leaders.to_numpy(), lang=lang
    )
    return axes, intervals.describe_intervals(
        table, estimate="share", kind="share", lang=lang, ci_level=result.context.ci_level
    )


def _quadrant(result: DriverResult, lang: Lang) -> tuple[Axes, str]:
    table, lines = words.labelled(result.context, result.map, lang), result.lines.iloc[0]
    look: dict[str, Any] = {
        "y": "importance",
        "lines": (float(lines["performance"]), float(lines["importance"])),
        "hollow": (table["p_quadrant"] < result.context.ci_level).to_numpy(),
        "diagonal": lines["lines"] == "diagonal",
        "axis_names": (label("performance", lang), label(f"{lines['importance_kind']}_importance", lang)),
        "lang": lang,
    }
    kinds: tuple[Kind, Kind] = ("number", _importance_kind(result))
    return quadrant.quadrant(table, kinds=kinds, **look), quadrant.describe_quadrant(table, **look)


def _importance_kind(result: DriverResult) -> Kind:
    return "share" if result.lines["importance_kind"].iloc[0] == "derived" else "number"


def _asymmetry(result: DriverResult, lang: Lang) -> tuple[Axes, str]:
    table = words.labelled(result.context, result.asymmetry, lang)
    table["tag"] = [
        word(factor, lang) if shown else ""
        for factor, shown in zip(table["factor"], table["shown"], strict=True)
    ]
    alt = two_ends.describe_two_ends(table, ci_level=result.context.ci_level, lang=lang)
    return two_ends.two_ends(table, lang=lang), alt


def _methods(result: DriverResult, lang: Lang) -> tuple[Axes, str]:
    table = result.methods.assign(size=result.methods["estimate"].abs())
    table["size"] /= table.groupby("method", sort=False)["size"].transform("sum")
    order, columns = result.importance["term"], table["method"].drop_duplicates()
    wide = table.pivot(index="term", columns="method", values="size").loc[order, columns]
    ranks = table.pivot(index="term", columns="method", values="rank").loc[order, columns]
    wide.columns = pd.Index([word(name, lang) for name in columns])
    return _map(result, wide, (ranks <= narrative.NAMED).to_numpy(), lang)


def _segments(result: DriverResult, lang: Lang) -> tuple[Axes, str]:
    table, order = result.segments, result.importance["term"]
    levels = table["level"].drop_duplicates()
    sure = table.assign(sure=table["p_adjusted"] < 1 - result.context.ci_level)
    wide = table.pivot(index="term", columns="level", values="estimate").loc[order, levels]
    marked = sure.pivot(index="term", columns="level", values="sure").loc[order, levels].to_numpy()
    segment = str(table["segment"].iloc[0])
    wide.columns = pd.Index([result.context.level(segment, level, lang) for level in levels])
    return _map(result, wide, marked, lang)


def _map(result: DriverResult, wide: pd.DataFrame, marked: Any, lang: Lang) -> tuple[Axes, str]:
    wide.index = pd.Index([result.context.label(term, lang) for term in wide.index])
    even = 1 / len(wide)
    axes = heatmap.heatmap(wide, marked=marked, kind="share", center=even, lang=lang)
    return axes, heatmap.describe_heatmap(wide, kind="share", lang=lang)


COLUMNS = {
    "importance": ("term", "share", "share_low", "share_high", "rank", "rank_low", "rank_high", "tier", "performance",
                   "quadrant", "n"),
    "map": ("term", "stated_importance", "quadrant", "p_quadrant", "quadrant_mean", "quadrant_median", "quadrant_scale",
            "quadrant_diagonal", "n"),
    "asymmetry": ("term", "penalty", "reward", "asymmetry", "asymmetry_low", "asymmetry_high", "category", "p_category",
                  "factor", "n"),
    "groups": ("dimension", "share", "share_low", "share_high", "rank", "rank_low", "rank_high", "tier", "n"),
    "method": ("term", "lmg", "relative_weights", "owen", "beta", "beta_low", "beta_high", "correlation", "vif",
               "dominates"),
    "pairs": ("first", "second", "difference", "conf_low", "conf_high", "p_adjusted", "n"),
    "dominance": ("first", "second", "complete", "n"),
}  # fmt: skip
DIGITS = {"rank": 0, "lmg": 3, "relative_weights": 3, "mc_error": 2, "difference": 1}


SHORTENED = ("map", "asymmetry", "method")
"""Tables whose last rows are left to the CSV: a figure shows all drivers, and the first table lists them."""
SAID = {"map": driver_map.stated, "asymmetry": driver_asymmetry.describe}
"""What is said below a table."""


def table(result: DriverResult, name: str, lang: Lang, segment: str = "") -> Block | None:
    """Return a table of the result by name; None if it would be empty."""
    del segment
    frame = _frame(result, name)
    if narrative.facts(result)["empty"] or frame.empty:
        return None
    own = f"quadrant_{result.lines['lines'].iloc[0]}"
    columns = [one for one in COLUMNS[name] if one != own and not (one in BARE and frame[one].isna().all())]
    if name == "method" and frame["mc_error"].max() > 0:
        columns.append("mc_error")
    rest = ""
    if name in SHORTENED:
        frame, rest = words.first_rows(frame, lang)
    made = display_table(
        frame,
        columns=columns,
        labels={**{code: CODES[code] for code in CODED}, **result.context.labels},
        lang=lang,
        ci_level=result.context.ci_level,
        kinds={"difference": "share", "owen": "share"},
        digits=DIGITS,
    )
    heading = driver_map.heading(result, lang=lang) if name == "map" else WORDS[lang][name]
    said = SAID[name](result, lang=lang) if name in SAID else ""
    source = paragraph([said, rest, words.source_line(result.context, lang)], lang)
    return blocks.table(made, heading, lang, source=source)


def _frame(result: DriverResult, name: str) -> pd.DataFrame:
    """Return the rows of a table: of pairs those of the strongest driver, of dominance those of dimensions."""
    if name == "pairs":
        return result.pairs if result.pairs.empty else _of_first(result.pairs)
    if name == "dominance":
        wins = result.dominance
        return wins if wins.empty else wins[wins["level"] == "dimension"].reset_index(drop=True)
    if name == "asymmetry":
        told = result.asymmetry.dropna(subset=["asymmetry"]).reset_index(drop=True)
        for name in ("category", "p_category", "factor"):  # the likeliest of unlikely ones is no finding
            told[name] = told[name].where(told["shown"], None)
        return told.drop(
            columns=[f"{end}_{side}" for end in ("penalty", "reward") for side in ("low", "high")]
        )
    if name == "map":
        return result.map
    frame = result.groups if name == "groups" else result.importance
    frame = frame.drop(columns=["performance_low", "performance_high"], errors="ignore")
    return frame.rename(columns={"conf_low": "share_low", "conf_high": "share_high"})


def _of_first(pairs: pd.DataFrame) -> pd.DataFrame:
    return pairs[pairs["first"] == pairs["first"].iloc[0]].head(NEXT).reset_index(drop=True)


def method_codes(result: DriverResult) -> tuple[str, ...]:
    """Return the sentences about the method that are true of this result."""
    return narrative.method_codes(result)
