"""Words of the page that belong to no result: section names, card labels, provenance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.context import Context
from svcq_lib.display import blocks
from svcq_lib.formats import Lang, count, date, join, period
from svcq_lib.narrative.phrases import say, typeset

WORDS = {
    "en": {
        "all": "all answers", "since": "{change} since {previous:period}", "no_change": "no clear change",
        "answers": "Answers", "effective": "weighted, n_eff {n_eff:n}", "unweighted": "unweighted",
        "study": "Study", "source": "Table", "rows": "Answers used", "n_eff": "Effective sample size",
        "dates": "Dates", "filters": "Restricted to", "weight": "Weight", "missing": "Missing answers",
        "fingerprint": "SHA-256 of the data", "version": "Version", "seed": "Seed",
        "command": "To make this page again",
        "none": "none", "to": "to", "everything": "nothing left out",
        "most_groups": " Shown: those that differ and the largest, {shown} of {k} groups.",
        "first_rows": "The first {shown} of {k} rows; all are in the CSV.",
        "table_source": "Source: {source}{dates}.", "dates_span": ", {first} to {last}",
    },
    "zh": {
        "all": "全部答卷", "since": "较{previous:period} {change}", "no_change": "无明确变化",
        "answers": "有效答卷", "effective": "加权，有效样本 {n_eff:n}", "unweighted": "未加权",
        "study": "研究", "source": "数据表", "rows": "所用答卷", "n_eff": "有效样本量",
        "dates": "日期", "filters": "限定范围", "weight": "权数", "missing": "缺失答案",
        "fingerprint": "数据的 SHA-256", "version": "版本", "seed": "随机种子", "command": "重新生成本页的命令",
        "none": "无", "to": "至", "everything": "未作限定",
        "most_groups": "图中为有差异的组和答卷最多的组，共 {shown} 组（全部 {k} 组）。",
        "first_rows": "前 {shown} 行，共 {k} 行；全部见 CSV。",
        "table_source": "数据来源：{source}{dates}。", "dates_span": "，{first} 至 {last}",
    },
}  # fmt: skip


MOST_GROUPS = 24
"""Most groups that a figure shows, or it cannot be read on a page."""


def most_groups(table: pd.DataFrame, sure: NDArray[np.bool_], lang: Lang) -> tuple[NDArray[np.bool_], str]:
    """Return which groups a figure shows, and the sentence that says so.

    Parameters
    ----------
    table : DataFrame
        One row per group, with ``n``.
    sure : ndarray of bool
        The groups that differ; they are shown whatever their size.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    tuple of (ndarray of bool, str)
        All groups and no sentence unless they are too many.
    """
    if len(table) <= MOST_GROUPS:
        return np.ones(len(table), dtype=bool), ""
    order = np.lexsort((-table["n"].to_numpy(dtype=float), ~sure))
    shown = np.zeros(len(table), dtype=bool)
    shown[order[: max(MOST_GROUPS, int(sure.sum()))]] = True
    return shown, text("most_groups", lang, shown=int(shown.sum()), k=len(table))


def text(code: str, lang: Lang, **values: object) -> str:
    """Return a word or short phrase of the page."""
    return say(WORDS, code, values, lang, markdown=False)


def unit_name(context: Context, lang: Lang) -> str:
    """Return what the rows were restricted to, in words."""
    parts = [context.level(segment, level, lang) for segment, level in context.filters.items()]
    return join(parts, lang) if parts else text("all", lang)


def kicker(context: Context, lang: Lang) -> str:
    """Return the line above the title: study · unit · period."""
    parts = [context.study.text(lang), unit_name(context, lang), period_name(context, lang)]
    return typeset(" · ".join(part for part in parts if part), lang)


def cover(context: Context, lang: Lang) -> dict[str, Any]:
    """Return what a cover page names: study, unit, period and base."""
    return {
        "study": context.study.text(lang),
        "unit": unit_name(context, lang),
        "n": context.n,
        "n_eff": context.n_eff,
        "period": context.period or "",
        "period_label": period_name(context, lang),
    }


def period_name(context: Context, lang: Lang) -> str:
    """Return the period of the rows in words: the one asked for, else their first and last date."""
    if context.period:
        return period(context.period, lang)
    if context.date_min and context.date_max:
        return f"{date(context.date_min, lang)} {text('to', lang)} {date(context.date_max, lang)}"
    return ""


def source_line(context: Context, lang: Lang) -> str:
    """Return the source below a table."""
    span = ""
    if context.date_min and context.date_max:
        span = text("dates_span", lang, first=date(context.date_min, lang), last=date(context.date_max, lang))
    return text("table_source", lang, source=context.source, dates=span)


MOST_ROWS = 12
"""Most rows of a table that repeats what a figure shows in full; the CSV has all."""


def first_rows(frame: pd.DataFrame, lang: Lang) -> tuple[pd.DataFrame, str]:
    """Return the rows of a table that a page shows, and the sentence that says so.

    Parameters
    ----------
    frame : DataFrame
        All rows, the most important first.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    DataFrame, str
        At most `MOST_ROWS` rows (a few more where that leaves out none); nothing said if these are all.
    """
    if len(frame) <= MOST_ROWS + 2:
        return frame, ""
    return frame.head(MOST_ROWS), text("first_rows", lang, shown=MOST_ROWS, k=len(frame))


def answers_card(context: Context, lang: Lang) -> blocks.Card:
    """Return the card with the base."""
    kind = "effective" if context.weight else "unweighted"
    return blocks.Card(text("answers", lang), count(context.n), text(kind, lang, n_eff=context.n_eff))


def labelled(context: Context, table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table with the label of each row's ``term``."""
    return table.assign(label=[context.label(term, lang) for term in table["term"]])


def change_words(change: str, sure: bool, previous: str, lang: Lang) -> str:
    """Return the change line of a card."""
    return text("since", lang, change=change, previous=previous) if sure else text("no_change", lang)
