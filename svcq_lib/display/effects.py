"""How the effects report is shown."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.effects import EffectsResult
from svcq_lib.analyses.effects_power import WANTED
from svcq_lib.analyses.headlines import HeadlineFigure, Status, headline_figure
from svcq_lib.display import blocks, words
from svcq_lib.display.blocks import Block, Card
from svcq_lib.display.cards import card
from svcq_lib.figures import event, heatmap, intervals, trend
from svcq_lib.formats import Lang, count, number
from svcq_lib.narrative import effects as narrative
from svcq_lib.narrative.effects_sentences import SENTENCES
from svcq_lib.narrative.phrases import say, typeset
from svcq_lib.tables.model import DisplayTable, Tone, display_table
from svcq_lib.vocabulary import WORDS as TERMS
from svcq_lib.vocabulary import Kind, label, word

FIGURES = ("effects", "leads", "series", "power")
TABLES = ("effects", "ledger", "checks", "interrupted", "power")
CARDS = 4
"""Most figures that have a card."""
WORDS = {
    "en": {
        "effects": "Effect on every figure", "ledger": "The promise ledger", "checks": "Checks of what effects rest on",
        "interrupted": "Against their own path", "power": "What a pilot would see", "promises": "Promises kept",
        "of": "of {k:n} that can be judged", "before": "Before the start", "after": "After the start",
        "no_effect": "No effect", "initiative": "Initiative", "figure": "Figure",
        "expected": "Expected without it",
    },
    "zh": {
        "effects": "各项指标的效果", "ledger": "承诺兑现账", "checks": "效果前提的核对",
        "interrupted": "与自身走势相比", "power": "试点能检出多大提升", "promises": "已兑现的承诺",
        "of": "共 {k:n} 项可判断", "before": "开始之前", "after": "开始之后", "no_effect": "无效果",
        "initiative": "举措", "figure": "指标",
        "expected": "无项目时预计",
    },
}  # fmt: skip


STATUS: dict[str, Status] = {
    "effect_improved": "green",
    "effect_worsened": "red",
    "effect_no_control": "none",
}
"""How an effect stands by what may be concluded; any other conclusion leaves it open."""


def figures(result: EffectsResult, lang: Lang) -> list[HeadlineFigure]:
    """Return every effect against no effect, judged by what may be concluded of it."""
    leading = narrative.facts(result).get("lead")
    return [
        headline_figure(
            f"effect.{row['term']}", result.context.label(row["term"], lang),
            "percentage_points" if TERMS[row["measure"]].kind == "share" else "signed",
            row["estimate"], (row["conf_low"], row["conf_high"]), n=row["n"], ci_level=result.context.ci_level,
            good=1 if row["high_is_good"] else -1, target=0.0, status=STATUS.get(row["conclusion"], "amber"),
            lead=row["term"] == leading,
        )
        for row in result.effects.to_dict(orient="records")
    ]  # fmt: skip


def cards(result: EffectsResult, lang: Lang) -> list[Card]:
    """Return the headline cards."""
    rows = {f"effect.{one['term']}": one for one in result.effects.to_dict(orient="records")}
    made = []
    for one in [one for one in figures(result, lang) if one["estimate"] is not None][:CARDS]:
        row = rows[one["code"]]
        size = narrative.signed_amount(row["estimate"], row["measure"], lang)
        span = narrative.limits(row["conf_low"], row["conf_high"], row["measure"])
        gap = "" if lang == "zh" else " "
        span = f"{narrative.points(row['measure'], row['scale_top'], lang)}{gap}{span}".strip()
        made.append(card(one, lang, value=typeset(size, lang), interval=span, mark="effect"))
    judged = result.ledger[result.ledger["ledger_verdict"].isin(["kept", "not_kept", "cannot_tell"])]
    if len(judged):
        kept = int((judged["ledger_verdict"] == "kept").sum())
        of = say(WORDS, "of", {"k": len(judged)}, lang, markdown=False)
        made.append(Card(WORDS[lang]["promises"], count(kept), of))
    return [*made, words.answers_card(result.context, lang)]


def figure(result: EffectsResult, name: str, lang: Lang) -> Block | None:
    """Return a figure of the result by name; None if there is nothing to draw."""
    return {"effects": _effects, "leads": _leads, "series": _series, "power": _power}[name](result, lang)


def _effects(result: EffectsResult, lang: Lang) -> Block | None:
    table = words.labelled(result.context, result.effects, lang)
    if table["effect_size"].isna().all():
        return None
    good = (table["conclusion"] == "effect_improved").to_numpy()
    bad = (table["conclusion"] == "effect_worsened").to_numpy()
    zero = (0.0, WORDS[lang]["no_effect"])
    sized = table.drop(columns=["estimate", "conf_low", "conf_high"]).rename(columns={
        "effect_size": "estimate", "effect_size_low": "conf_low", "effect_size_high": "conf_high",
    })  # fmt: skip
    axes = intervals.ranked_intervals(
        sized, kind="signed", highlight=good, warn=bad, reference=zero, lang=lang
    )
    alt = intervals.describe_intervals(
        sized, kind="signed", reference=zero, lang=lang, ci_level=result.context.ci_level
    )
    return blocks.figure(axes, *narrative.finding(result, "effects", lang=lang), alt, lang)


def _leads(result: EffectsResult, lang: Lang) -> Block | None:
    table = result.leads[result.leads["term"] == narrative.leading(result)].reset_index(drop=True)
    if table["conf_low"].isna().all():
        return None
    table, kind = _in_points(table)
    names = WORDS[lang]["before"], WORDS[lang]["after"]
    axes = event.event(table, names=names, kind=kind, lang=lang)
    alt = event.describe_event(table, kind=kind, ci_level=result.context.ci_level, lang=lang)
    return blocks.figure(axes, *narrative.finding(result, "leads", lang=lang), alt, lang)


def _in_points(table: pd.DataFrame) -> tuple[pd.DataFrame, Kind]:
    """Return differences of shares in percentage points."""
    if TERMS[table["measure"].iloc[0]].kind != "share":
        return table, "signed"
    columns = ["estimate", "conf_low", "conf_high"]
    return table.assign(**{name: 100 * table[name] for name in columns}), "signed"


def _series(result: EffectsResult, lang: Lang) -> Block | None:
    table = result.series[result.series["term"] == narrative.leading(result)]
    if table.empty:
        return None
    kind = TERMS[table["measure"].iloc[0]].kind
    observed, expected = (SENTENCES[lang][name] for name in ("observed", "expected"))
    long = pd.concat([
        table[["period", "estimate"]].assign(label=observed),
        table[["period", "counterfactual"]].rename(columns={"counterfactual": "estimate"}).assign(label=expected),
    ], ignore_index=True)  # fmt: skip
    shown: Kind = "number" if kind == "text" else kind
    axes = trend.trend(long, group="label", highlight={observed}, kind=shown, lang=lang)
    alt = trend.describe_trend(long, group="label", kind=shown, lang=lang)
    return blocks.figure(axes, *narrative.finding(result, "series", lang=lang), alt, lang)


def _power(result: EffectsResult, lang: Lang) -> Block | None:
    table = result.power
    if table["power"].isna().all():
        return None
    wide = table.pivot(index="units_each", columns="periods_after", values="power")
    wide.index = pd.Index([_said("units_row", lang, units=one) for one in wide.index])
    wide.columns = pd.Index([_said("months_column", lang, months=one) for one in wide.columns])
    marked = (wide >= WANTED).to_numpy()
    axes = heatmap.heatmap(wide, marked=marked, kind="share", center=WANTED, lang=lang)
    alt = heatmap.describe_heatmap(wide, kind="share", lang=lang)
    return blocks.figure(axes, *narrative.finding(result, "power", lang=lang), alt, lang)


def _said(code: str, lang: Lang, **values: Any) -> str:
    return say(SENTENCES, code, values, lang, markdown=False)


def table(result: EffectsResult, name: str, lang: Lang) -> Block | None:
    """Return a table of the result by name; None if it would be empty."""
    frame = {"power": _power_frame}.get(name, lambda found: getattr(found, name))(result)
    if frame.empty or (name in ("effects", "checks") and _bare(frame)):
        return None
    source = words.source_line(result.context, lang)
    return blocks.table(_shown(result, frame, name, lang), WORDS[lang][name], lang, source=source)


def _bare(frame: pd.DataFrame) -> bool:
    """Say whether a table has no estimate at all: without units to compare with."""
    return bool(frame[[name for name in ("estimate", "placebo") if name in frame]].isna().all(axis=None))


def _power_frame(result: EffectsResult) -> pd.DataFrame:
    measure = result.effects.set_index("term").loc[result.power["term"].iloc[0], "measure"]
    return result.power.assign(measure=measure)


COLUMNS = {
    "effects": ("term", "baseline", "change", "relative", "effect_size", "p_adjusted", "conclusion", "n"),
    "ledger": ("term", "start", "promised", "effect", "ledger_verdict", "periods_after", "n"),
    "checks": ("term", "pretrend_p", "placebo_start", "placebo", "placebo_p", "permutation_p", "n"),
    "interrupted": ("term", "change", "relative", "cumulative", "p_up", "p_adjusted", "n"),
    "power": ("units_each", "periods_after", "minimal_effect", "power", "icc", "n"),
}  # fmt: skip
ONE_INTERVAL = ("relative", "effect_size", "cumulative", "promised")
"""Figures whose limits stay in the files: a table with several intervals is not read."""


def _shown(result: EffectsResult, frame: pd.DataFrame, name: str, lang: Lang) -> DisplayTable:
    own = "effect" if name == "ledger" else "change"
    renamed = {
        "estimate": own,
        "conf_low": f"{own}_low",
        "conf_high": f"{own}_high",
        "counterfactual": "baseline",
    }
    frame = frame.rename(columns=renamed)
    tones = _tones(frame, name, own)
    for coded in {"conclusion", "ledger_verdict"} & set(frame):
        frame = frame.assign(**{coded: [word(code, lang) for code in frame[coded]]})
    if name == "ledger":
        frame = frame.assign(promised=[_promise(row, lang) for _, row in frame.iterrows()])
    limits = [f"{one}_{end}" for one in ONE_INTERVAL for end in ("low", "high")]
    kinds: dict[str, Kind] = {"start": "period", "placebo_start": "period", "promised": "text"}
    headings = {"term": WORDS[lang]["initiative" if name == "ledger" else "figure"]}
    headings |= {"change": label("effect", lang), "baseline": WORDS[lang]["expected"]}
    return display_table(
        frame.drop(columns=limits, errors="ignore"), columns=list(COLUMNS[name]), labels=result.context.labels,
        lang=lang, ci_level=result.context.ci_level, highlight=tones, kinds=kinds, headings=headings,
        digits={"icc": 3, "relative": 1},
    )  # fmt: skip


def _promise(row: pd.Series, lang: Lang) -> str:
    """Return a promised lift with its range, which is no interval of confidence."""
    span = f"{number(row['promised_low'])}–{number(row['promised_high'])}"
    return f"{number(row['promised'])}（{span}）" if lang == "zh" else f"{number(row['promised'])} ({span})"


def _tones(frame: pd.DataFrame, name: str, column: str) -> dict[str, dict[Any, Tone]]:
    """Return which figures are set in the good or the warning colour: only what may be claimed."""
    tones: dict[str, Tone] = {
        "effect_improved": "good",
        "effect_worsened": "bad",
        "kept": "good",
        "not_kept": "bad",
    }
    coded = {"effects": "conclusion", "ledger": "ledger_verdict"}.get(name)
    if coded is None:
        return {}
    marked = {i: tones[code] for i, code in frame[coded].items() if code in tones}
    return {column if name == "effects" else coded: marked}


def method_codes(result: EffectsResult) -> tuple[str, ...]:
    """Return the sentences about the method that are true of this result."""
    compared = result.programme["control"].iloc[0] > 0
    codes = ["effects", f"errors_{result.programme['errors'].iloc[0]}", "checks"] if compared else []
    codes += ["series"] if len(result.interrupted) else []
    return (*codes, *(["ledger"] if len(result.ledger) else []), "power")
