"""The tables of the benchmark."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.benchmark import BenchmarkResult
from svcq_lib.analyses.benchmark_mix_effects import JOINT
from svcq_lib.formats import Lang
from svcq_lib.kinds import is_missing
from svcq_lib.narrative.benchmark_words import kind_of
from svcq_lib.narrative.phrases import typeset
from svcq_lib.tables.model import DisplayTable, Tone, display_table
from svcq_lib.vocabulary import Kind, word

TABLES = ("league", "practice", "external", "refused", "changes", "screen", "invariance")
WORDS = {
    "en": {
        "league": "{unit}: league table", "practice": "Distance to best practice, and answers for a firm verdict",
        "external": "Figures of others", "refused": "Figures of others that are not compared",
        "changes": "Change split into mix and performance", "screen": "Data to be checked first",
        "invariance": "Does the questionnaire measure alike?", "source": "Source", "raw": "Raw", "target": "Value",
        "verdict": "Reading", "groups": "Groups", "chi2": "χ²", "delta_cfi": "ΔCFI", "own": "Own − others",
    },
    "zh": {
        "league": "{unit}排名表", "practice": "与最佳实践的距离及得出结论所需样本",
        "external": "外部数据", "refused": "不予比较的外部数据",
        "changes": "变化的结构效应与绩效效应", "screen": "须先核查的数据",
        "invariance": "问卷的测量是否等值？", "source": "来源", "raw": "未调整", "target": "数值",
        "verdict": "判断", "groups": "组数", "chi2": "χ²", "delta_cfi": "ΔCFI", "own": "本研究 − 外部",
    },
}  # fmt: skip


def shown_table(result: BenchmarkResult, name: str, lang: Lang) -> tuple[DisplayTable, str] | None:
    """Return a table of the result by name and its heading.

    Parameters
    ----------
    result : BenchmarkResult
        The benchmark.
    name : str
        One of `TABLES`.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    tuple of (DisplayTable, str) or None
        None if it would be empty.
    """
    made = {
        "league": _league, "practice": _practice, "external": _external, "refused": _refused,
        "changes": _changes, "screen": _screen, "invariance": _invariance,
    }  # fmt: skip
    frame, columns, look = made[name](result, lang)
    if frame.empty:
        return None
    shown = display_table(
        frame,
        columns=columns,
        labels=result.context.labels,
        lang=lang,
        ci_level=result.context.ci_level,
        **look,
    )
    return shown, typeset(WORDS[lang][name].format(unit=result.context.label(result.unit, lang)), lang)


Made = tuple[pd.DataFrame, list[str], dict[str, Any]]


def _units(result: BenchmarkResult, frame: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    return frame.assign(unit=[result.context.level(result.unit, unit, lang) for unit in frame["unit"]])


def _kinds(result: BenchmarkResult, *names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, kind_of(result))


def _away(result: BenchmarkResult, frame: pd.DataFrame, *names: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return differences of shares in percentage points, and the digits with which differences are written."""
    kind = kind_of(result)
    if kind == "share":
        limits = [one for name in names for one in (name, f"{name}_low", f"{name}_high")]
        frame = frame.assign(**{one: 100 * frame[one] for one in limits})
    return frame, dict.fromkeys(names, {"share": 1, "score": 1, "points": 1}.get(kind, 2))


def _league(result: BenchmarkResult, lang: Lang) -> Made:
    table = _units(result, result.league, lang)
    held = table["held"] & table["estimate"].notna()
    table["unit_verdict"] = [word(f"unit_{one}", lang) for one in table["verdict"].where(~held, "held")]
    fair = ["adjusted"] if result.basis == "adjusted" else []
    columns = ["rank", "unit", "n", "estimate", *fair, "shrunken", "shrunken_low", "shrunken_high", "tier",
               "unit_verdict"]  # fmt: skip
    told = table["verdict"][(table["verdict"] != "unclear") & ~held]
    tones: dict[Any, Tone] = {i: "good" if one == "better" else "bad" for i, one in told.items()}
    keep = ["rank_low", "rank_high", *columns, "suppressed"]
    headings = {"estimate": WORDS[lang]["raw"], "unit": result.context.label(result.unit, lang)}
    kinds = _kinds(result, "estimate", "adjusted", "shrunken")
    look = {"kinds": kinds, "headings": headings, "highlight": {"unit_verdict": tones}}
    return table[keep], columns, look


def _practice(result: BenchmarkResult, lang: Lang) -> Made:
    table = _units(result, result.league[result.league["rank"].notna()], lang)
    table["unit_verdict"] = [word(f"unit_{one}", lang) for one in table["verdict"]]
    # a unit with a verdict needs no more answers
    table["needed"] = table["needed"].where(table["verdict"] == "unclear")
    table, digits = _away(result, table, "distance")
    sure = (table["distance_high"] < 0) if result.high_is_good else (table["distance_low"] > 0)
    tones: dict[Any, Tone] = dict.fromkeys(table.index[sure], "bad")
    columns = ["unit", "shrunken", "p_top", "distance", "unit_verdict", "n", "needed"]
    keep = [*columns, "distance_low", "distance_high"]
    look = {"kinds": _kinds(result, "shrunken"), "digits": digits, "highlight": {"distance": tones},
            "headings": {"unit": result.context.label(result.unit, lang)}}  # fmt: skip
    return table[keep], columns, look


def _references(frame: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    names = [one.text(lang) for one in frame["label"]]
    years = ["–" if is_missing(one) else f"{int(one)}" for one in frame["year"]]
    return frame.assign(reference_name=names, year=years)


def _external(result: BenchmarkResult, lang: Lang) -> Made:
    table, digits = _away(result, _references(result.external, lang), "difference")
    table = table.drop(columns="measure")
    table["unit_verdict"] = [word(f"unit_{one}", lang) for one in table["verdict"]]
    shares = ["percentile"] if table["percentile"].notna().any() else []
    columns = ["reference_name", "year", "target", "difference", *shares, "unit_verdict", "source"]
    headings = {
        "source": WORDS[lang]["source"],
        "target": WORDS[lang]["target"],
        "difference": WORDS[lang]["own"],
        "unit_verdict": WORDS[lang]["verdict"],
    }
    look = {"kinds": _kinds(result, "target") | {"source": "text"}, "digits": digits, "headings": headings}
    return table, columns, look


def _refused(result: BenchmarkResult, lang: Lang) -> Made:
    table = _references(result.refused, lang)
    table["refused_why"] = [word(f"refused_{one}", lang) for one in table["reason"]]
    columns = ["reference_name", "year", "target", "refused_why", "source"]
    return (
        table,
        columns,
        {
            "kinds": {"source": "text"},
            "headings": {"source": WORDS[lang]["source"], "target": WORDS[lang]["target"]},
        },
    )


def _changes(result: BenchmarkResult, lang: Lang) -> Made:
    table, digits = _away(result, result.changes, "change", "mix", "performance")
    names = [
        word(JOINT, lang) if one == JOINT else result.context.label(one, lang) for one in table["segment"]
    ]
    table = table.assign(segment=names)
    columns = ["segment", "previous", "change", "mix", "performance", "n"]
    return table, columns, {"kinds": {"performance": "signed"}, "digits": digits}


def _screen(result: BenchmarkResult, lang: Lang) -> Made:
    table = _units(result, result.screen, lang)
    table = table.assign(
        check=[word(f"check_{one}", lang) for one in table["check"]], found_value=table["value"],
        screen_limit=table["limit"],
    )  # fmt: skip
    return table, ["unit", "check", "found_value", "usual", "screen_limit", "n"], {}


def _invariance(result: BenchmarkResult, lang: Lang) -> Made:
    table = result.invariance
    table = table.assign(
        invariance=[word(f"invariance_{one}", lang) for one in table["invariance"]],
        unit_verdict=[word(f"invariance_{one}", lang) for one in table["verdict"]],
    )
    headings = {name: WORDS[lang][name] for name in ("groups", "chi2", "delta_cfi")}
    headings |= {"cfi": "CFI", "rmsea": "RMSEA", "unit_verdict": WORDS[lang]["verdict"]}
    number: dict[str, Kind] = {
        "chi2": "score",
        "df": "count",
        "cfi": "number",
        "rmsea": "number",
        "delta_cfi": "signed",
    }
    columns = ["invariance", "chi2", "df", "cfi", "delta_cfi", "rmsea", "unit_verdict", "groups", "n"]
    digits = {"cfi": 3, "rmsea": 3, "delta_cfi": 3}
    return table, columns, {"kinds": number | {"groups": "count"}, "headings": headings, "digits": digits}
