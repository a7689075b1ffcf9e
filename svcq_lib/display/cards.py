"""From headline figures to cards: the same numbers, written."""

from __future__ import annotations

from typing import Any

from svcq_lib import kinds
from svcq_lib.analyses.headlines import HeadlineFigure
from svcq_lib.display.blocks import Card
from svcq_lib.formats import Lang
from svcq_lib.narrative.phrases import say

WORDS = {
    "en": {
        "target_green": "Target {target}: met", "target_amber": "Target {target}: cannot be told",
        "target_red": "Target {target}: missed",
        "mark_green": "Mark {target}: met", "mark_amber": "Mark {target}: cannot be told",
        "mark_red": "Mark {target}: missed",
        "break_even_green": "Break-even: passed", "break_even_amber": "Break-even: cannot be told",
        "break_even_red": "Break-even: missed",
        "effect_green": "clear improvement", "effect_amber": "no clear effect", "effect_red": "clear worsening",
    },
    "zh": {
        "target_green": "目标 {target}：达到", "target_amber": "目标 {target}：无法判断",
        "target_red": "目标 {target}：未达到",
        "mark_green": "标准 {target}：达到", "mark_amber": "标准 {target}：无法判断",
        "mark_red": "标准 {target}：未达到",
        "break_even_green": "盈亏平衡：超过", "break_even_amber": "盈亏平衡：无法判断",
        "break_even_red": "盈亏平衡：未达到",
        "effect_green": "明确改善", "effect_amber": "效果不明确", "effect_red": "明确变差",
    },
}  # fmt: skip


def card(
    figure: HeadlineFigure,
    lang: Lang,
    *,
    label: str = "",
    value: str = "",
    interval: str | None = None,
    change: str = "",
    tone: str = "neutral",
    digits: int | None = None,
    mark: str = "target",
) -> Card:
    """Return the card of a headline figure.

    Parameters
    ----------
    figure : HeadlineFigure
        The figure.
    lang : {"en", "zh"}
        Language.
    label, value : str
        In place of the figure's label and of its estimate by kind.
    interval : str, optional
        The line below the value; the figure's interval by default.
    change : str
        The line on change.
    tone : str
        Its tone.
    digits : int, optional
        Digits after the point that differ from those of the kind.
    mark : {"target", "mark", "break_even", "effect"}
        What the figure is judged against, so that its colour never stands without a word.

    Returns
    -------
    Card
        Text, and the status that colours it.
    """
    kind = figure["kind"]
    if interval is None:
        interval = span(figure, digits=digits)
    return Card(
        label or figure["label"],
        value or kinds.shown(figure["estimate"], kind, lang, digits=digits),
        interval,
        change,
        tone,
        figure["status"],
        verdict(figure, lang, mark=mark, digits=digits),
    )


def span(figure: HeadlineFigure, *, digits: int | None = None) -> str:
    """Return the interval of a figure as text; nothing where it has none."""
    low, high = figure["low"], figure["high"]
    return (
        "" if low is None or high is None else kinds.shown_interval(low, high, figure["kind"], digits=digits)
    )


def verdict(figure: HeadlineFigure, lang: Lang, *, mark: str = "target", digits: int | None = None) -> str:
    """Return how a figure stands against its target, in words; nothing without a status."""
    if figure["status"] == "none":
        return ""
    target: Any = figure["target"]
    shown = kinds.shown(target, figure["kind"], lang, digits=digits)
    return say(WORDS, f"{mark}_{figure['status']}", {"target": shown}, lang, markdown=False)
