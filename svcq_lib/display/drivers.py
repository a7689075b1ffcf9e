"""How the driver analysis is shown."""

from __future__ import annotations

import pandas as pd

from svcq_lib.analyses.drivers import DriverResult
from svcq_lib.display import blocks, words
from svcq_lib.display.blocks import Block, Card
from svcq_lib.figures import intervals, quadrant
from svcq_lib.formats import THIN, Lang, interval, percent
from svcq_lib.narrative import drivers as narrative
from svcq_lib.narrative.phrases import typeset
from svcq_lib.tables.model import display_table

FIGURES = ("importance", "quadrant")
TABLES = ("importance", "method")
WORDS = {
    "en": {
        "r_squared": "Explained by all drivers", "top": "Strongest: {name}", "concentrate": "Concentrate here",
        "drivers": "Drivers, of {k}", "importance": "Drivers, strongest first",
        "method": "Other measures",
    },
    "zh": {
        "r_squared": "全部驱动因素的解释率", "top": "最强：{name}", "concentrate": "重点改进",
        "drivers": "项，共 {k} 项", "importance": "驱动因素（由强到弱）", "method": "其他度量",
    },
}  # fmt: skip
LONGEST_CARD = 28


def headline(result: DriverResult, lang: Lang) -> list[Block]:
    """Return title, answer and headline cards."""
    context = result.context
    return [
        blocks.title(
            narrative.title(result, lang=lang), words.kicker(context, lang), words.cover(context, lang), lang
        ),
        blocks.prose(narrative.describe(result, lang=lang), lang),
        blocks.cards([*_cards(result, lang), words.answers_card(context, lang)], lang),
    ]


def _percent_interval(low: float, high: float) -> str:
    return interval(low, high, 0, scale=100, unit=THIN + "%")


def _cards(result: DriverResult, lang: Lang) -> list[Card]:
    found = narrative.facts(result)
    if found["empty"]:
        return []
    name = result.context.label(found["top"], lang)
    short = name if len(name) <= LONGEST_CARD else name[: LONGEST_CARD - 1] + "…"
    return [
        Card(WORDS[lang]["r_squared"], percent(found["r_squared"]), _percent_interval(*found["interval"])),
        Card(
            typeset(WORDS[lang]["top"].format(name=short), lang),
            percent(found["share"]),
            _percent_interval(*found["share_interval"]),
        ),
        Card(
            WORDS[lang]["concentrate"],
            str(found["k_concentrate"]),
            typeset(WORDS[lang]["drivers"].format(k=found["terms"]), lang),
        ),
    ]


def _labelled(result: DriverResult, lang: Lang) -> pd.DataFrame:
    table = result.importance
    return table.assign(label=[result.context.label(term, lang) for term in table["term"]])


def figure(result: DriverResult, name: str, lang: Lang) -> Block | None:
    """Return a figure of the result by name; None if there is nothing to draw."""
    found = narrative.facts(result)
    if found["empty"]:
        return None
    table = _labelled(result, lang)
    heading, subtitle = narrative.finding(result, name, lang=lang)
    if name == "importance":
        leaders = table["term"].isin(found["first"]).to_numpy()
        axes = intervals.ranked_intervals(table, estimate="share", kind="share", highlight=leaders, lang=lang)
        alt = intervals.describe_intervals(
            table, estimate="share", kind="share", lang=lang, ci_level=result.context.ci_level
        )
        return blocks.figure(axes, heading, subtitle, alt, lang)
    lines = result.lines.iloc[0]
    cut = (float(lines["performance"]), float(lines["importance"]))
    axes = quadrant.quadrant(table, lines=cut, lang=lang)
    return blocks.figure(
        axes, heading, subtitle, quadrant.describe_quadrant(table, lines=cut, lang=lang), lang
    )


def table(result: DriverResult, name: str, lang: Lang) -> Block | None:
    """Return a table of the result by name; None if it would be empty."""
    if narrative.facts(result)["empty"]:
        return None
    columns = {
        "importance": [
            "term",
            "share",
            "share_low",
            "share_high",
            "rank",
            "rank_low",
            "rank_high",
            "performance",
            "quadrant",
            "n",
        ],
        "method": ["term", "lmg", "relative_weights", "beta", "beta_low", "beta_high", "correlation", "vif"],
    }[name]
    frame = result.importance.drop(columns=["performance_low", "performance_high"])
    frame = frame.rename(columns={"conf_low": "share_low", "conf_high": "share_high"})
    made = display_table(
        frame,
        columns=columns,
        labels=result.context.labels,
        lang=lang,
        ci_level=result.context.ci_level,
        digits={"rank": 0, "lmg": 3, "relative_weights": 3},
    )
    return blocks.table(made, WORDS[lang][name], lang, source=words.source_line(result.context, lang))


def method_codes(result: DriverResult) -> tuple[str, ...]:
    """Return the sentences about the method that are true of this result."""
    return narrative.method_codes(result)
