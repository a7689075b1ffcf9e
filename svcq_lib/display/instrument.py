"""How the instrument report is shown."""

from __future__ import annotations

import pandas as pd

from svcq_lib.analyses.headlines import Good, HeadlineFigure, Status, headline_figure
from svcq_lib.analyses.instrument import InstrumentResult
from svcq_lib.display import blocks, words
from svcq_lib.display.blocks import Block, Card
from svcq_lib.display.cards import card
from svcq_lib.figures import intervals
from svcq_lib.figures.marks import Mask
from svcq_lib.figures.scree import describe_scree, scree
from svcq_lib.formats import Lang, number, percent
from svcq_lib.narrative import instrument as narrative
from svcq_lib.narrative.phrases import say, typeset
from svcq_lib.tables.model import Tone, display_table
from svcq_lib.vocabulary import Kind, label, word

FIGURES = ("reliability", "loadings", "scree", "pairs")
TABLES = ("reliability", "criteria", "fit", "pairs", "invariance", "items", "quality")
WORDS = {
    "en": {
        "lowest": "Lowest reliability: {name}", "fit": "Fit of the declared dimensions (CFI)",
        "rmsea": "RMSEA {rmsea:2} {interval:i2}",
        "general": "One general factor (ω hierarchical)", "number": "Dimensions in the answers",
        "declared": "{declared:n} declared", "groups": "Comparable by {segment:lower}",
        "straight": "Same answer throughout", "of_respondents": "of respondents",
        "scalar": "Means", "metric": "Relations only", "configural": "Dimensions only", "none": "No",
        "steps": "{groups:n} groups", "mark": "Mark {mark}", "pair": "{first} – {second}",
        "reliability": "Reliability by dimension", "criteria": "What the usual conventions say",
        "fit_table": "Fit of the factor models", "pairs": "Every two dimensions",
        "invariance": "Comparability of groups by {name:lower}", "items": "Every question",
        "quality": "Care in answering", "eigenvalue": "Eigenvalue", "noise": "Noise",
    },
    "zh": {
        "lowest": "信度最低：{name}", "fit": "所声明维度的拟合（CFI）",
        "rmsea": "RMSEA {rmsea:2} {interval:i2}",
        "general": "总因子（分层 ω）", "number": "答卷显示的维度数",
        "declared": "声明 {declared:n} 个", "groups": "按{segment}是否可比",
        "straight": "全部题项同一答案", "of_respondents": "占受访者",
        "scalar": "均值可比", "metric": "仅关系可比", "configural": "仅维度相同", "none": "不可比",
        "steps": "{groups:n} 组", "mark": "标准 {mark}", "pair": "{first}–{second}",
        "reliability": "各维度的信度", "criteria": "按惯用标准的判断",
        "fit_table": "因子模型的拟合", "pairs": "两两维度",
        "invariance": "按{name}的组间可比性", "items": "各题项",
        "quality": "作答质量", "eigenvalue": "特征值", "noise": "随机水平",
    },
}  # fmt: skip


STATUS: dict[str, Status] = {"met": "green", "missed": "red", "open": "amber"}
"""How a figure stands by the verdict on the usual convention."""
CRITERIA: dict[str, Good] = {"cfi": 1, "rmsea": -1, "htmt": -1}
"""Conventions whose figures are headlines, and which way is better."""


def figures(result: InstrumentResult, lang: Lang) -> list[HeadlineFigure]:
    """Return the reliability of every dimension, least reliable first, and fit and overlap against their marks."""
    found, level = narrative.facts(result), result.context.ci_level
    made = [
        headline_figure(
            f"reliability.{row['term']}", result.context.label(row["term"], lang), "number", row["estimate"],
            (row["conf_low"], row["conf_high"]), n=row["n"], ci_level=level, good=1, target=found.get("mark"),
            lead=row["term"] == found.get("weakest"),
        )
        for row in result.reliability.to_dict(orient="records")
    ]  # fmt: skip
    rows = {one["criterion"]: one for one in result.criteria.to_dict(orient="records")}
    for code, good in CRITERIA.items():
        if code in rows:
            row = rows[code]
            made.append(headline_figure(
                code, word(f"criterion_{code}", lang), "number", row["estimate"], (row["conf_low"], row["conf_high"]),
                n=row["n"], ci_level=0.90 if code == "rmsea" else level, good=good, target=row["threshold"],
                status=STATUS.get(row["verdict"], "none"),
            ))  # fmt: skip
    return made


def cards(result: InstrumentResult, lang: Lang) -> list[Card]:
    """Return the headline cards."""
    found, by_code = narrative.facts(result), {one["code"]: one for one in figures(result, lang)}
    made = []
    if found["k"]:
        low = by_code[f"reliability.{found['weakest']}"]
        name = typeset(WORDS[lang]["lowest"].format(name=low["label"]), lang)
        made.append(card(low, lang, label=name, mark="mark"))
    if "cfi" in found:
        more = {"rmsea": found["rmsea"], "interval": found["rmsea_interval"]}
        made.append(card(
            by_code["cfi"], lang, label=WORDS[lang]["fit"], interval=_said("rmsea", more, lang), mark="mark"
        ))  # fmt: skip
    if "suggested" in found:
        made.append(Card(WORDS[lang]["number"], str(found["suggested"]), _said("declared", found, lang)))
    if "invariance" in found:
        named = {**found, "segment": result.context.label(found["segment"], lang)}
        made.append(
            Card(_said("groups", named, lang), WORDS[lang][found["invariance"]], _said("steps", found, lang))
        )
    if "straight" in found:
        made.append(
            Card(WORDS[lang]["straight"], percent(found["straight"], 1), WORDS[lang]["of_respondents"])
        )
    return [*made, words.answers_card(result.context, lang)]


def _said(code: str, values: dict[str, object], lang: Lang) -> str:
    return say(WORDS, code, values, lang, markdown=False)


def figure(result: InstrumentResult, name: str, lang: Lang) -> Block | None:
    """Return a figure of the result by name; None if there is nothing to draw."""
    if name == "scree":
        return _scree(result, lang)
    table, column, mark = _drawn(result, name, lang)
    if table.empty or table[column].isna().all():
        return None
    reference = (mark, typeset(WORDS[lang]["mark"].format(mark=number(mark)), lang)) if mark else None
    low, high = ("htmt_low", "htmt_high") if name == "pairs" else ("conf_low", "conf_high")
    order: intervals.Order = "ascending" if name == "reliability" else "descending"
    axes = intervals.ranked_intervals(
        table, estimate=column, low=low, high=high, reference=reference, warn=_beyond(table, name, low, high, mark),
        kind="number", order=order, lang=lang,
    )  # fmt: skip
    alt = intervals.describe_intervals(
        table, estimate=column, low=low, high=high, reference=reference, kind="number", lang=lang,
        ci_level=result.context.ci_level,
    )  # fmt: skip
    heading, subtitle = narrative.finding(result, name, lang=lang)
    return blocks.figure(axes, heading, subtitle, alt, lang)


def _drawn(result: InstrumentResult, name: str, lang: Lang) -> tuple[pd.DataFrame, str, float]:
    """Return the rows of a figure with their labels, the column drawn and the mark beside it (0: none)."""
    found = narrative.facts(result)
    if name == "pairs":
        table = result.correlations
        return table.assign(label=_pair_names(result, table, lang)), "htmt", found.get("htmt_mark", 0.0)
    table = result.reliability if name == "reliability" else result.loadings
    mark = found.get("mark", 0.0) if name == "reliability" else 0.0
    return table.assign(label=[result.context.label(term, lang) for term in table["term"]]), "estimate", mark


def _pair_names(result: InstrumentResult, table: pd.DataFrame, lang: Lang) -> list[str]:
    label_ = result.context.label
    return [
        typeset(WORDS[lang]["pair"].format(first=label_(one, lang), second=label_(other, lang)), lang)
        for one, other in zip(table["term"], table["other"], strict=True)
    ]


def _beyond(table: pd.DataFrame, name: str, low: str, high: str, mark: float) -> Mask:
    """Return which rows lie surely on the wrong side of the mark."""
    if not mark:
        return None
    sure = table[low] > mark if name == "pairs" else table[high] < mark
    return sure.to_numpy() if sure.any() else None


def _scree(result: InstrumentResult, lang: Lang) -> Block | None:
    table = result.eigenvalues
    if table.empty:
        return None
    names = WORDS[lang]["eigenvalue"], WORDS[lang]["noise"]
    heading, subtitle = narrative.finding(result, "scree", lang=lang)
    axes = scree(table, names=names, lang=lang)
    return blocks.figure(axes, heading, subtitle, describe_scree(table, names=names, lang=lang), lang)


COLUMNS = {
    "reliability": ("term", "items", "omega", "alpha", "composite_reliability", "ave", "n"),
    "criteria": ("criterion", "estimate", "threshold", "verdict", "n"),
    "fit": ("model", "chi2", "chi2_scaled", "df", "cfi", "tli", "rmsea", "srmr", "bic", "n"),
    "pairs": ("label", "estimate", "htmt", "smaller_ave", "distinct", "n"),
    "invariance": ("level", "chi2", "df", "cfi", "delta_cfi", "rmsea", "srmr", "p_difference", "level_holds", "n"),
    "items": ("term", "dimension", "loading", "item_rest", "alpha_dropped", "missing_share", "n"),
    "quality": ("term", "estimate", "threshold", "n"),
}  # fmt: skip
DIGITS = {"df": 0, "delta_cfi": 3, "cfi": 3, "tli": 3, "rmsea": 3, "srmr": 3, "missing_share": 1}


def table(result: InstrumentResult, name: str, lang: Lang) -> Block | None:
    """Return a table of the result by name; None if it would be empty."""
    frame = _frame(result, name, lang)
    if frame.empty:
        return None
    rmsea = name in ("fit", "invariance")  # its interval is 90 % by convention
    shown = display_table(
        frame,
        columns=[one for one in COLUMNS[name] if one in frame and not frame[one].isna().all()],
        labels=result.context.labels,
        lang=lang,
        ci_level=0.90 if rmsea else result.context.ci_level,
        highlight=_tones(frame, name),
        kinds=_kinds(name),
        headings=_headings(name, lang),
        digits=DIGITS | ({"estimate": 1} if name == "quality" else {}),
    )
    segment = result.invariance["segment"].iloc[0] if name == "invariance" else ""
    heading = _said(
        "fit_table" if name == "fit" else name, {"name": result.context.label(segment, lang)}, lang
    )
    return blocks.table(shown, typeset(heading, lang), lang, source=words.source_line(result.context, lang))


def _frame(result: InstrumentResult, name: str, lang: Lang) -> pd.DataFrame:
    """Return the rows of a table, its codes in words."""
    frame = result.correlations if name == "pairs" else getattr(result, name)
    if name == "pairs":
        return frame.assign(label=_pair_names(result, frame, lang))
    if name == "items":
        loading = (
            result.loadings.set_index("term")["estimate"] if len(result.loadings) else pd.Series(dtype=float)
        )
        return frame.assign(loading=frame["term"].map(loading))
    prefix = {"criteria": ("criterion", "criterion_"), "fit": ("model", "model_"), "quality": ("term", "")}
    if name == "criteria":
        missed = frame["verdict"] == "missed"
        frame = frame.assign(
            verdict=[word(f"verdict_{code}", lang) for code in frame["verdict"]], missed=missed
        )
    if name == "invariance":
        prefix = {"invariance": ("level", "")}
    if name in prefix:
        column, start = prefix[name]
        frame = frame.assign(**{column: [word(f"{start}{code}", lang) for code in frame[column]]})
    return frame


def _kinds(name: str) -> dict[str, Kind]:
    return {"quality": {"estimate": "share", "threshold": "count"}, "pairs": {"label": "text"}}.get(name, {})  # type: ignore[return-value]


def _headings(name: str, lang: Lang) -> dict[str, str]:
    pair, level, seconds, habit = {
        "en": ("Dimensions", "Level", "Limit, seconds", "Habit"),
        "zh": ("两个维度", "层次", "界限（秒）", "作答行为"),
    }[lang]  # fmt: skip
    return {
        "reliability": {"term": label("dimension", lang)},
        "items": {"term": label("item", lang)},
        "pairs": {"label": pair, "estimate": label("factor_correlation", lang)},
        "invariance": {"level": level},
        "quality": {"term": habit, "estimate": label("share", lang), "threshold": seconds},
    }.get(name, {})


def _tones(frame: pd.DataFrame, name: str) -> dict[str, dict[object, Tone]]:
    """Return what is set in the warning colour: conventions missed, levels that do not hold, pairs not distinct."""
    if name == "criteria":
        return {"estimate": dict.fromkeys(frame.index[frame["missed"]], "bad")}
    column = {"invariance": "level_holds", "pairs": "distinct"}.get(name)
    if column is None:
        return {}
    failed = frame.index[~frame[column].astype("boolean").fillna(True)]
    return {column: dict.fromkeys(failed, "bad")}


def method_codes(result: InstrumentResult) -> tuple[str, ...]:
    """Return the sentences about the method that are true of this result."""
    kept = set(result.switches.get("used", pd.Series(dtype=str)))
    straight = [code for code in ("straight_keep", "straight_leave_out") if code in kept]
    return (
        f"instrument_{result.role}", "instrument", "instrument_marks", *(f"instrument_{one}" for one in straight)
    )  # fmt: skip
