"""How the benchmark is shown."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib import kinds
from svcq_lib.analyses.benchmark import BenchmarkResult
from svcq_lib.analyses.headlines import HeadlineFigure, headline_figure
from svcq_lib.display import blocks, words
from svcq_lib.display.benchmark_tables import TABLES, shown_table
from svcq_lib.display.blocks import Block, Card
from svcq_lib.display.cards import card
from svcq_lib.figures import control, dumbbell, funnel, intervals
from svcq_lib.formats import Lang
from svcq_lib.narrative import benchmark as narrative
from svcq_lib.narrative.benchmark_words import kind_of
from svcq_lib.narrative.phrases import typeset
from svcq_lib.vocabulary import Kind, word

__all__ = ["FIGURES", "TABLES", "WORDS", "cards", "figure", "figures", "method_codes", "table"]

FIGURES = ("league", "ranks", "funnel", "adjusted", "changes", "control")
WORDS = {
    "en": {
        "all": "All units", "first": "First: {name}", "last": "Last: {name}", "best": "Best practice",
        "unclear": "Cannot be told from the average", "units": "of {k} units", "mean": "mean",
        "adjusted": "At equal case mix", "raw": "Raw", "target": "Target",
        "worse": "Worse than the others",
    },
    "zh": {
        "all": "全部单位", "first": "首位：{name}", "last": "末位：{name}", "best": "最佳实践",
        "unclear": "与平均水平难分高下", "units": "共 {k} 个单位", "mean": "均值",
        "adjusted": "同等客户结构", "raw": "未调整", "target": "目标",
        "worse": "差于其他单位",
    },
}  # fmt: skip
LONGEST_CARD = 28


def figures(result: BenchmarkResult, lang: Lang) -> list[HeadlineFigure]:
    """Return the figure of all units together, and how many units are worse than the others."""
    context, row, found = result.context, result.overall.iloc[0], narrative.facts(result)
    targets = result.assurance["target"].tolist() if len(result.assurance) else []
    return [
        headline_figure(
            result.outcome, context.label(result.outcome, lang), kind_of(result), row["estimate"],
            (row["conf_low"], row["conf_high"]), n=row["n"], ci_level=context.ci_level,
            good=1 if result.high_is_good else -1, target=targets[0] if targets else None, lead=True,
        ),
        headline_figure(
            "units_worse", WORDS[lang]["worse"], "count", None if found["empty"] else found["k_worse"], n=found["k"],
            ci_level=context.ci_level, good=-1,
        ),
    ]  # fmt: skip


def cards(result: BenchmarkResult, lang: Lang) -> list[Card]:
    """Return the headline cards."""
    found, kind = narrative.facts(result), kind_of(result)
    row, (whole, _) = result.overall.iloc[0], figures(result, lang)
    made = [card(whole, lang, label=WORDS[lang]["all"])]
    if found["ranked"] and found["apart"]:  # else first and last are chance
        ranked = result.league[result.league["rank"].notna()]
        for place, at in (("first", 0), ("last", -1)):
            unit = ranked.iloc[at]
            name = result.context.level(result.unit, unit["unit"], lang)
            short = name if len(name) <= LONGEST_CARD else name[: LONGEST_CARD - 1] + "…"
            heading = typeset(WORDS[lang][place].format(name=short), lang)
            made.append(_card(heading, unit, "shrunken", "shrunken_low", "shrunken_high", kind, lang))
        made.append(_card(WORDS[lang]["best"], row, "best", "best_low", "best_high", kind, lang))
    units = typeset(WORDS[lang]["units"].format(k=found["k"]), lang)
    return [
        *made,
        Card(WORDS[lang]["unclear"], str(found["k_unclear"]), units),
        words.answers_card(result.context, lang),
    ]


def _card(name: str, row: pd.Series, value: str, low: str, high: str, kind: Kind, lang: Lang) -> Card:
    span = "" if kinds.is_missing(row[low]) else kinds.shown_interval(row[low], row[high], kind)
    return Card(name, kinds.shown(row[value], kind, lang), span)


def figure(result: BenchmarkResult, name: str, lang: Lang) -> Block | None:
    """Return a figure of the result by name; None if there is nothing to draw."""
    if name == "control":
        return _control(result, lang)
    if narrative.facts(result)["empty"]:
        return None
    drawn = {
        "league": _league,
        "ranks": _ranks,
        "funnel": _funnel,
        "adjusted": _adjusted,
        "changes": _changes,
    }
    return drawn[name](result, lang)


def _labelled(result: BenchmarkResult, table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    return table.assign(label=[result.context.level(result.unit, unit, lang) for unit in table["unit"]])


def _ranked(result: BenchmarkResult, lang: Lang) -> pd.DataFrame:
    return _labelled(result, result.league[result.league["rank"].notna()], lang)


def _league(result: BenchmarkResult, lang: Lang) -> Block | None:
    table = _ranked(result, lang)
    if table.empty:
        return None
    heading, subtitle = narrative.finding(result, "league", lang=lang)
    names: dict[str, Any] = {"estimate": "shrunken", "low": "shrunken_low", "high": "shrunken_high"}
    mean = (float(result.overall["estimate"].iloc[0]), WORDS[lang]["mean"])
    look: dict[str, Any] = {"kind": kind_of(result), "reference": mean, "lang": lang}
    good, bad = ((table["verdict"] == one).to_numpy() for one in ("better", "worse"))
    axes = intervals.ranked_intervals(table, **names, highlight=good, warn=bad, order="given", **look)
    alt = intervals.describe_intervals(table, **names, ci_level=result.context.ci_level, **look)
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _ranks(result: BenchmarkResult, lang: Lang) -> Block | None:
    table = _ranked(result, lang)
    if table.empty:
        return None
    heading, subtitle = narrative.finding(result, "ranks", lang=lang)
    names: dict[str, Any] = {"estimate": "expected_rank", "low": "rank_low", "high": "rank_high"}
    axes = intervals.ranked_intervals(table, **names, kind="score", order="given", lang=lang)
    alt = intervals.describe_intervals(
        table, **names, kind="score", ci_level=result.context.ci_level, lang=lang
    )
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _funnel(result: BenchmarkResult, lang: Lang) -> Block | None:
    table = _labelled(result, result.funnel, lang)
    if len(table) < 2:
        return None
    row = result.dispersion.iloc[0]
    heading, subtitle = narrative.finding(result, "funnel", lang=lang)
    rate = row["form"] == "rate"
    kind: Kind = "number" if rate else kind_of(result)
    target = (float(row["target"]), WORDS[lang]["mean"])
    # those beyond the outer limits; without any, those beyond the inner ones
    level = ["limit"] if (table["outside"] == "limit").any() else ["warning"]
    named = table["outside"].isin(level).to_numpy()
    axes = funnel.funnel(
        table, result.funnel_limits, target, named=named, warn=(table["side"] == "worse").to_numpy(),
        axis_name=word("expected_size" if rate else "answers_size", lang), kind=kind, lang=lang,
    )  # fmt: skip
    alt = funnel.describe_funnel(table, target, named=named, kind=kind, lang=lang)
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _adjusted(result: BenchmarkResult, lang: Lang) -> Block | None:
    if result.basis != "adjusted":
        return None
    table = _labelled(result, narrative.largest_shifts(result), lang)
    if table.empty:
        return None
    heading, subtitle = narrative.finding(result, "adjusted", lang=lang)
    columns: dict[str, Any] = {"left": "adjusted", "right": "estimate", "gap": "shift"}
    names = (WORDS[lang]["adjusted"], WORDS[lang]["raw"])
    kind = kind_of(result)
    changed = (table["verdict"] != table["verdict_raw"]).to_numpy()
    axes = dumbbell.dumbbell(
        table, **columns, low="adjusted_low", high="adjusted_high", names=names, warn=changed, kind=kind,
        sort=False, lang=lang,
    )  # fmt: skip
    alt = dumbbell.describe_dumbbell(table, **columns, names=names, kind=kind, lang=lang)
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _changes(result: BenchmarkResult, lang: Lang) -> Block | None:
    change = narrative.facts(result)["change"]
    if not change:
        return None
    scale = 100.0 if kind_of(result) == "share" else 1.0
    parts = ("change", "mix", "performance")
    rows = [(scale * change[name], *(scale * end for end in change[f"{name}_interval"])) for name in parts]
    table = pd.DataFrame(rows, columns=["estimate", "conf_low", "conf_high"])
    table["label"] = [word(f"split_{name}", lang) for name in parts]
    heading, subtitle = narrative.finding(result, "changes", lang=lang)
    digits = {"share": 1, "score": 1, "points": 1}.get(kind_of(result), 2)
    look: dict[str, Any] = {"kind": "signed", "digits": digits, "lang": lang}
    axes = intervals.ranked_intervals(table, reference=(0.0, ""), order="given", **look)
    alt = intervals.describe_intervals(table, ci_level=result.context.ci_level, **look)
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _control(result: BenchmarkResult, lang: Lang) -> Block | None:
    if result.over_time.empty:
        return None
    heading, subtitle = narrative.finding(result, "control", lang=lang)
    row = result.over_time.iloc[-1]
    near = result.assurance["target"].between(
        3 * row["lower"] - 2 * row["centre"], 3 * row["upper"] - 2 * row["centre"]
    )
    goals = result.assurance.loc[near, "target"]  # one far away would flatten the chart
    target = (float(goals.iloc[0]), WORDS[lang]["target"]) if len(goals) else None
    look: dict[str, Any] = {"target": target, "kind": kind_of(result), "lang": lang}
    axes = control.control_chart(result.over_time, high_is_good=result.high_is_good, **look)
    alt = control.describe_control(result.over_time, **look)
    return blocks.figure(axes, heading, subtitle, alt, lang)


def table(result: BenchmarkResult, name: str, lang: Lang) -> Block | None:
    """Return a table of the result by name; None if it would be empty."""
    made = shown_table(result, name, lang)
    if made is None:
        return None
    shown, heading = made
    return blocks.table(shown, heading, lang, source=words.source_line(result.context, lang))


def method_codes(result: BenchmarkResult) -> tuple[str, ...]:
    """Return the sentences about the method that are true of this result."""
    tau = result.switches.loc[result.switches["default"] == "bench_tau", "used"]
    codes = ["benchmark_dl" if "dl" in set(tau) else "benchmark", "benchmark_ranks"]
    codes += ["benchmark_fair"] if result.basis == "adjusted" else []
    codes += ["benchmark_funnel"]
    codes += ["benchmark_mix"] if len(result.changes) else []
    codes += ["benchmark_control"] if len(result.over_time) else []
    return (*codes, "benchmark_external")
