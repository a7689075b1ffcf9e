"""What is said of the changes since the report before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svcq_lib import kinds
from svcq_lib.analyses.since import Change, SinceResult
from svcq_lib.formats import MISSING, Lang
from svcq_lib.narrative.phrases import paragraph, say, typeset
from svcq_lib.narrative.since_sentences import SENTENCES
from svcq_lib.vocabulary import word

MOVES = ("better", "worse", "moved")
ALERTS = ("alert_new", "alert_cleared")


def heading(result: SinceResult, *, lang: Lang = "en") -> str:
    """Return the heading of the section.

    Parameters
    ----------
    result : SinceResult
        What changed.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text.
    """
    code = "heading" if result.previous else "heading_before"
    return say(SENTENCES, code, {"previous": result.previous}, lang, markdown=False)


def describe(result: SinceResult, *, lang: Lang = "en") -> str:
    """Return what changed in a few sentences: figures, then verdicts, then the data.

    Parameters
    ----------
    result : SinceResult
        What changed.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown.
    """
    by = {what: [one for one in result.changes if one["what"] == what] for what in (*MOVES, *ALERTS, "data")}
    tested, moved = int(result.figures["p_value"].notna().sum()), sum(len(by[what]) for what in MOVES)
    parts = [_listed(what, [_move(one, lang) for one in by[what]], lang) for what in MOVES]
    if not tested:
        parts.append(say(SENTENCES, "none_compared", {}, lang))
    elif not moved:
        parts.append(say(SENTENCES, "none", {"k": tested}, lang))
    elif tested > moved:
        parts.append(say(SENTENCES, "rest", {"rest": tested - moved}, lang))
    parts += [_listed(what, [_verdict(one, lang) for one in by[what]], lang) for what in ALERTS]
    sure = {one["code"] for what in MOVES for one in by[what]}
    judged = [
        one for what in ALERTS for one in by[what] if one["before"] is not None and one["now"] is not None
    ]
    if any(one["code"] not in sure for one in judged):
        parts.append(say(SENTENCES, "crossed", {}, lang))
    parts += _data(by["data"], lang)
    parts.append(_listed("alone", list(result.alone), lang))
    if result.overlaps and tested:
        parts.append(say(SENTENCES, "overlaps", {}, lang))
    return paragraph(parts, lang)


def _listed(code: str, figures: list[str], lang: Lang) -> str:
    return say(SENTENCES, code, {"figures": figures}, lang) if figures else ""


def _move(change: Change, lang: Lang) -> str:
    size = kinds.shown_difference(change["difference"], change["kind"], lang)
    limits = kinds.shown_interval(change["low"], change["high"], _kind_of_difference(change["kind"]))
    return _plain("move", {"label": change["label"], "difference": size, "interval": limits}, lang)


def _kind_of_difference(kind: Any) -> Any:
    return "percentage_points" if kind == "share" else kind


def _verdict(change: Change, lang: Lang) -> str:
    before = _standing(change["status_before"], change["before"], lang)
    now = _standing(change["status"], change["now"], lang)
    if change["before"] is None and change["status"] == "none":
        now = SENTENCES[lang]["shown"]
    return _plain("verdict", {"label": change["label"], "before": before, "now": now}, lang)


def _standing(status: str, value: Any, lang: Lang) -> str:
    """Return how a figure stands in words."""
    if kinds.is_missing(value):
        return SENTENCES[lang]["hidden"]
    return SENTENCES[lang]["none_status" if status == "none" else status]


def _data(changes: list[Change], lang: Lang) -> list[str]:
    said = []
    for one in changes:
        if one["code"] == "base":
            less = (one["difference"] or 0) < 0
            said.append(say(SENTENCES, "base_less" if less else "base_more", one, lang))
    for code, holds in (("data_new", True), ("data_cleared", False)):
        named = [word(one["code"], lang) for one in changes if one["kind"] == "bool" and one["now"] is holds]
        said.append(_listed(code, named, lang))
    return said


def _plain(code: str, values: Mapping[str, Any], lang: Lang) -> str:
    return say(SENTENCES, code, values, lang, markdown=False)


def worded(result: SinceResult, *, lang: Lang = "en") -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the table of both reports as the reader sees it, and its headings.

    Parameters
    ----------
    result : SinceResult
        What changed.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    DataFrame, dict of str to str
        ``figure``, ``before``, ``now``, ``difference``, ``limits`` and, where anything has a target or is hidden,
        ``standing``: words, in the order of the report.
    """
    rows = []
    for one in result.figures.to_dict(orient="records"):
        kind, still = one["kind"], _standing(one["status"], one["now"], lang)
        was = _standing(one["status_before"], one["before"], lang)
        rows.append({
            "figure": one["label"], "before": kinds.shown(one["before"], kind, lang),
            "now": kinds.shown(one["now"], kind, lang),
            "difference": kinds.shown_difference(one["difference"], kind, lang),
            "limits": kinds.shown_interval(one["low"], one["high"], _kind_of_difference(kind)),
            "standing": f"{was} → {still}" if was != still else MISSING if one["status"] == "none" else still,
        })  # fmt: skip
    names = ["figure", "before", "now", "difference", "limits", "standing"]
    frame = pd.DataFrame(rows, columns=names)
    if (frame["standing"] == MISSING).all():
        frame = frame.drop(columns="standing")
    return frame, {name: _plain(name, {"ci": result.ci_level}, lang) for name in names if name in frame}


def table_words(result: SinceResult, *, lang: Lang = "en") -> tuple[str, str]:
    """Return the title and the subtitle of the table.

    Parameters
    ----------
    result : SinceResult
        What changed.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text.
    """
    tested = int(result.figures["p_value"].notna().sum())
    adjusted = _plain("adjusted", {"k": tested}, lang) if tested > 1 else ""
    subtitle = _plain("sub", {"ci": result.ci_level, "adjusted": adjusted}, lang)
    return SENTENCES[lang]["table"], typeset(subtitle, lang)


def labelled(changes: tuple[Change, ...], *, lang: Lang = "en") -> list[Change]:
    """Return the changes with the caveats' names in words.

    Parameters
    ----------
    changes : tuple of Change
        What changed.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    list of Change
        As data, in the report's language.
    """
    return [one | {"label": word(one["code"], lang)} if one["what"] == "data" else one for one in changes]
