"""How the return is shown."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib import formats, kinds
from svcq_lib.analyses.headlines import HeadlineFigure, headline_figure
from svcq_lib.analyses.returns import ReturnsResult
from svcq_lib.display import blocks, words
from svcq_lib.display.blocks import Block, Card
from svcq_lib.display.cards import card
from svcq_lib.figures import fan, frontier, intervals, tornado
from svcq_lib.figures.marks import Mask
from svcq_lib.formats import Lang
from svcq_lib.narrative import returns as narrative
from svcq_lib.narrative.phrases import paragraph, say
from svcq_lib.tables.model import Tone, display_table
from svcq_lib.vocabulary import Kind, label, word

FIGURES = ("cash", "initiatives", "tornado", "parts", "frontier")
TABLES = ("summary", "initiatives", "links", "scenarios", "claims", "funding")
WORDS = {
    "en": {
        "npv": "Net present value, {unit}", "p_positive": "Chance of a gain", "rosq": "Return on service quality",
        "payback": "Payback in years, median", "spend": "Spending, {unit}",
        "paid_in": "in time in {share:%} of simulations", "present": "present value", "planned": "Planned cost, {unit}",
        "summary": "The return in figures (money in {unit})", "initiatives": "Each initiative alone (money in {unit})",
        "links": "What the value hangs on (NPV in {unit})", "scenarios": "Scenarios (NPV in {unit})",
        "claims": "What the claims of the sources would need", "funding": "Who pays the plan ({unit})",
        "range": "Low to high", "name": "Input", "budget_line": "Budget {budget}", "source_of_money": "Source",
        "scenario": "Scenario", "share_of_variance": "Share of variance", "has_it": "Simulations that have it",
        "claims_source": "Source of the claims: the source documents (reference table of benchmarks, rows claim_…).",
    },
    "zh": {
        "npv": "净现值（{unit}）", "p_positive": "净现值为正的概率", "rosq": "服务质量回报",
        "payback": "回收期中位数（年）",
        "spend": "支出（{unit}）", "paid_in": "{share:%} 的模拟按期收回",
        "present": "现值", "planned": "计划成本（{unit}）",
        "summary": "回报一览（金额单位：{unit}）", "initiatives": "各举措单独（金额单位：{unit}）",
        "links": "净现值取决于什么（{unit}）", "scenarios": "情景（净现值单位：{unit}）",
        "claims": "来源文件的宣称需要什么条件", "funding": "资金来源（{unit}）",
        "range": "低值至高值", "name": "输入", "budget_line": "预算 {budget}", "source_of_money": "来源",
        "scenario": "情景", "share_of_variance": "方差占比", "has_it": "有此结果的模拟占比",
        "claims_source": "宣称出处：来源文件（标杆参考表 claim_… 各行）。",
    },
}  # fmt: skip


def _text(code: str, result: ReturnsResult, lang: Lang, **values: object) -> str:
    return say(WORDS, code, {"unit": narrative.unit(result, lang), **values}, lang, markdown=False)


def figures(result: ReturnsResult, lang: Lang) -> list[HeadlineFigure]:
    """Return net present value and return on service quality against nothing gained, and the chance of a gain."""
    found, n, level = narrative.facts(result), result.context.n, result.context.ci_level
    named: dict[str, tuple[str, Kind]] = {
        "npv": ("npv", "number"), "p_positive": ("p", "share"), "rosq": ("rosq", "share"),
    }  # fmt: skip
    return [
        headline_figure(
            name, _text(name, result, lang), kind, found[value], found.get(f"{name}_interval", (None, None)), n=n,
            ci_level=level, good=1, target=None if name == "p_positive" else 0.0, lead=name == "npv",
        )
        for name, (value, kind) in named.items()
    ]  # fmt: skip


def cards(result: ReturnsResult, lang: Lang) -> list[Card]:
    """Return the headline cards."""
    found, places = narrative.facts(result), narrative.digits(result)
    npv, chance, rosq = figures(result, lang)
    late = kinds.is_missing(found["payback"])
    paid = f"> {found['years']:g}" if late else formats.number(found["payback"], 1)
    return [
        card(npv, lang, digits=places, mark="break_even"),
        card(chance, lang),
        card(rosq, lang, mark="break_even"),
        Card(_text("payback", result, lang), paid,
             _text("paid_in", result, lang, share=found["paid_share"]), "", "neutral"),
        Card(_text("spend", result, lang), formats.number(found["spend"], places),
             _text("present", result, lang), "", "neutral"),
        words.answers_card(result.context, lang),
    ]  # fmt: skip


def figure(result: ReturnsResult, name: str, lang: Lang) -> Block | None:
    """Return a figure of the result by name; None if there is nothing to draw."""
    drawn = {
        "cash": _cash, "initiatives": _initiatives, "tornado": _tornado, "parts": _parts, "frontier": _frontier,
    }[name]  # fmt: skip
    return drawn(result, name, lang)


def _labelled(result: ReturnsResult, table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    return table.assign(label=[narrative.name_of(result, term, lang) for term in table["term"]])


def _cash(result: ReturnsResult, name: str, lang: Lang) -> Block | None:
    if len(result.cash) < 2:
        return None
    heading, subtitle = narrative.finding(result, name, lang=lang)
    places = narrative.digits(result)
    axes = fan.fan(result.cash, digits=places, lang=lang)
    alt = fan.describe_fan(result.cash, ci_level=result.context.ci_level, digits=places, lang=lang)
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _initiatives(result: ReturnsResult, name: str, lang: Lang) -> Block | None:
    table = _labelled(result, result.initiatives, lang)
    level = result.context.ci_level
    bad, good = (table["p_positive"] <= 1 - level).to_numpy(), (table["p_positive"] >= level).to_numpy()
    return _ranked(result, name, table, lang, (good, bad))


def _parts(result: ReturnsResult, name: str, lang: Lang) -> Block | None:
    table = _labelled(result, result.parts, lang)
    if table.empty:
        return None
    costs = (table["estimate"] < 0).to_numpy()
    return _ranked(result, name, table, lang, (~costs, costs))


def _ranked(
    result: ReturnsResult, name: str, table: pd.DataFrame, lang: Lang, marks: tuple[Mask, Mask]
) -> Block:
    heading, subtitle = narrative.finding(result, name, lang=lang)
    places, zero = narrative.digits(result), (0.0, "")
    axes = intervals.ranked_intervals(
        table,
        kind="signed",
        digits=places,
        highlight=marks[0],
        warn=marks[1],
        reference=zero,
        lang=lang,
    )
    alt = intervals.describe_intervals(
        table, kind="signed", digits=places, lang=lang, ci_level=result.context.ci_level
    )
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _tornado(result: ReturnsResult, name: str, lang: Lang) -> Block | None:
    if result.links.empty:
        return None
    table = _labelled(result, result.links.head(narrative.MOST_BARS), lang)
    likely = result.scenarios.loc[result.scenarios["term"] == "likely", "npv"].to_numpy(dtype=float)[0]
    heading, subtitle = narrative.finding(result, name, lang=lang)
    look = {
        "baseline": (float(likely), word("likely_value", lang)),
        "digits": narrative.digits(result),
        "lang": lang,
    }
    axes = tornado.tornado(table, **look)  # type: ignore[arg-type]
    return blocks.figure(axes, heading, subtitle, tornado.describe_tornado(table, **look), lang)  # type: ignore[arg-type]


def _frontier(result: ReturnsResult, name: str, lang: Lang) -> Block | None:
    table = _labelled(result, result.initiatives, lang)
    heading, subtitle = narrative.finding(result, name, lang=lang)
    budget, places = float(result.settings["budget"].iloc[0]), narrative.digits(result)
    at = (budget, _text("budget_line", result, lang, budget=formats.number(budget, places)))
    axes = frontier.frontier(
        result.frontier, table, chosen=table["chosen"].to_numpy(), budget=at, axis=_text("planned", result, lang),
        digits=places, lang=lang,
    )  # fmt: skip
    alt = frontier.describe_frontier(result.frontier, table, digits=places, lang=lang)
    return blocks.figure(axes, heading, subtitle, alt, lang)


COLUMNS = {
    "summary": ["measure", "estimate", "conf_low", "conf_high", "share"],
    "initiatives": ["term", "cost", "satisfaction_gain", "estimate", "p_positive", "chosen", "chosen_share"],
    "links": ["term", "origin", "likely", "range", "npv_low", "npv_high", "share", "break_even"],
    "scenarios": ["term", "npv", "irr", "payback", "roi", "rosq"],
    "claims": ["claim", "reading", "stated", "years", "required_margin", "own_margin", "found", "holds"],
    "funding": ["term", "cost", "share"],
}
"""Columns of each table, in order."""
MIXED = ("likely", "range", "break_even", "stated", "found")
"""Columns whose rows have units of their own: they are put in words here."""


def table(result: ReturnsResult, name: str, lang: Lang) -> Block | None:
    """Return a table of the result by name; None if it would be empty."""
    frame = getattr(result, name)
    if frame.empty:
        return None
    frame, rest = words.first_rows(frame, lang) if name == "links" else (frame, "")
    prepared = _prepared(result, name, frame, lang)
    headings = _headings(result, name, lang)
    shown = display_table(
        prepared, columns=COLUMNS[name], labels=result.context.labels, lang=lang,
        ci_level=result.context.ci_level, headings=headings, highlight=_tones(prepared, name),
        digits={"satisfaction_gain": 2, "required_margin": 1}, kinds=dict.fromkeys(MIXED, "text"), right=MIXED,
        merge_intervals=name != "links",
    )  # fmt: skip
    return blocks.table(
        shown,
        _text(name, result, lang),
        lang,
        source=_text("claims_source", result, lang)
        if name == "claims"
        else paragraph([rest, words.source_line(result.context, lang)], lang),
    )


def _prepared(result: ReturnsResult, name: str, frame: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return the frame with names and mixed units in words."""
    if name == "summary":
        # what no draw changes has no interval
        fixed = frame["conf_low"] == frame["conf_high"]
        return frame.assign(**{one: frame[one].mask(fixed) for one in ("conf_low", "conf_high")})
    if name == "claims":
        claimed = {
            key: [
                formats.number(value, 1) if term == "claim_payback" else formats.percent(value)
                for term, value in zip(frame["term"], frame[key], strict=True)
            ]
            for key in ("stated", "found")
        }
        return frame.assign(
            claim=[word(one, lang) for one in frame["term"]], reading=[word(one, lang) for one in frame["reading"]],
            **claimed,
        )  # fmt: skip
    special = {"own": "own_funds"} if name == "funding" else {}
    made = frame.assign(
        term=[narrative.name_of(result, special.get(one, one), lang) for one in frame["term"]]
    )
    if name != "links":
        return made
    quantity = narrative.quantity
    # a choice has no origin but the one who chose
    origins = frame["origin"].where(frame["kind"] == "chance", "choice")
    return made.assign(
        origin=[word(one, lang) for one in origins],
        likely=[quantity(value, term, lang) for value, term in zip(frame["estimate"], frame["term"], strict=True)],
        range=[
            f"[{quantity(low, term, lang)}, {quantity(high, term, lang)}]"
            for low, high, term in frame[["conf_low", "conf_high", "term"]].itertuples(index=False)
        ],
        break_even=[
            quantity(value, term, lang) for value, term in zip(frame["break_even"], frame["term"], strict=True)
        ],
    )  # fmt: skip


def _headings(result: ReturnsResult, name: str, lang: Lang) -> dict[str, str]:
    own = {
        "summary": {"share": _text("has_it", result, lang)},
        "initiatives": {"term": word("initiative", lang), "estimate": label("npv", lang)},
        "links": {"term": _text("name", result, lang), "likely": word("likely", lang),
                  "range": _text("range", result, lang), "share": _text("share_of_variance", result, lang)},
        "scenarios": {"term": _text("scenario", result, lang)},
        "funding": {"term": _text("source_of_money", result, lang)},
    }  # fmt: skip
    return own.get(name, {})


def _tones(frame: pd.DataFrame, name: str) -> dict[str, dict[Any, Tone]]:
    """Return which claims do not hold at the assumed margin."""
    if name != "claims":
        return {}
    return {"required_margin": dict.fromkeys(frame.index[~frame["holds"]], "bad")}


def method_codes(result: ReturnsResult) -> tuple[str, ...]:
    """Return the sentences about the method that are true of this result."""
    return ("returns", f"link_{result.settings['retention_link'].iloc[0]}", "draws", "money", "budget")
