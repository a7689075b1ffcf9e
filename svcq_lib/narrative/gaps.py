"""What the gap analysis says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.gaps import GapsResult
from svcq_lib.formats import Lang
from svcq_lib.narrative.gaps_sentences import SENTENCES
from svcq_lib.narrative.phrases import paragraph, say
from svcq_lib.vocabulary import word

NAMED = 3
"""Most names that a title lists."""

MOVES = ("closed", "widened", "grew", "shrank", "moved", "rose", "fell")
"""What a change is called, see :func:`move`."""


def facts(result: GapsResult) -> dict[str, Any]:
    """Return what the sentences may say, as raw numbers and machine names.

    Parameters
    ----------
    result : GapsResult
        The gap analysis.

    Returns
    -------
    dict
        Among others ``short``, ``unclear``, ``exceeds`` (dimensions by their adjusted test; items if there is one
        dimension), ``tied`` (those that cannot be told apart from the widest), the overall gap, its change and the
        groups that differ.
    """
    table = result.dimensions if len(result.dimensions) > 1 else result.items
    shown = table[~table["suppressed"]]
    found: dict[str, Any] = {"mode": result.mode, "k": len(shown), "empty": shown.empty}
    alpha = 1 - result.context.ci_level
    if not shown.empty:
        widest = shown.iloc[0]
        # without an interval nothing can be told apart
        overlap = shown[~(shown["conf_low"] > widest["conf_high"])]
        found |= {"widest": widest["term"], "gap": widest["gap"], "perception": widest["perception"]}
        found |= {
            "tied": overlap["term"].tolist(),
            "k_tied": len(overlap),
            "gap_last": overlap["gap"].iloc[-1],
        }
        found |= {"perception_last": overlap["perception"].iloc[-1]}
        sure = shown["p_adjusted"] < alpha
        found["short"] = shown.loc[sure & (shown["gap"] < 0), "term"].tolist()
        found["exceeds"] = shown.loc[sure & (shown["gap"] > 0), "term"].tolist()
        found["unclear"] = shown.loc[~sure, "term"].tolist()
        found |= {"e_low": shown["expectation"].min(), "e_high": shown["expectation"].max()}
    overall = result.overall.set_index("term")
    if "overall" in overall.index:
        row = overall.loc["overall"]
        found |= {"expectation": row["expectation"], "overall_perception": row["perception"]}
        found |= {"overall": row["estimate"], "interval": (row["conf_low"], row["conf_high"])}
    found |= (
        _weighted(result, overall) | _change(result, alpha) | _levels(result, alpha, found.get("widest", ""))
    )
    found["first"] = _change(result, alpha, "first")
    rows = result.changes
    rows = rows[(rows["since"] == "first") & (rows["term"] != "overall") & (rows["p_adjusted"] < alpha)]
    starts = rows["estimate"] - rows["change"]
    moves = [move(result.mode, *ends) for ends in zip(starts, rows["estimate"], strict=True)]
    for name in MOVES:
        found[name] = [term for term, made in zip(rows["term"], moves, strict=True) if made == name]
    return found


def move(mode: str, start: float, end: float) -> str:
    """Return what a change is called: a gap closes or widens only while perception is below expectation.

    Parameters
    ----------
    mode : {"gap", "perception_only"}
        What the two figures are.
    start, end : float
        The earlier and the later figure.

    Returns
    -------
    str
        One of :data:`MOVES`: ``closed`` or ``widened`` (both gaps negative), ``grew`` or ``shrank`` (both positive: a
        surplus), ``moved`` (from one side to the other), ``rose`` or ``fell`` (perceptions alone).

    Examples
    --------
    >>> move("gap", -1.0, -0.4), move("gap", 0.2, 0.5), move("gap", -0.2, 0.3)
    ('closed', 'grew', 'moved')
    """
    up = end > start
    if mode == "perception_only":
        return "rose" if up else "fell"
    if max(start, end) < 0:
        return "closed" if up else "widened"
    if min(start, end) > 0:
        return "grew" if up else "shrank"
    return "moved"


def _weighted(result: GapsResult, overall: pd.DataFrame) -> dict[str, Any]:
    if "weighted" not in overall.index or "share" not in result.dimensions:
        return {}
    row, top = overall.loc["weighted"], result.dimensions.sort_values("share", ascending=False).iloc[0]
    if not (top["share_low"] >= 0 and (overall.loc[["weighted"], "conf_high"] < 0).all()):
        return {}
    return {
        "weighted": row["estimate"],
        "weighted_interval": (row["conf_low"], row["conf_high"]),
        "top": top["term"],
        "top_share": top["share"],
        "top_interval": (top["share_low"], top["share_high"]),
    }


def _change(result: GapsResult, alpha: float, since: str = "previous") -> dict[str, Any]:
    rows = result.changes
    rows = rows[(rows["term"] == "overall") & (rows["since"] == since)] if len(rows) else rows
    if rows.empty or pd.isna(rows["change"].iloc[0]):
        return {}
    row = rows.iloc[0]
    sure = row["p_adjusted"] < alpha
    return {
        "change": row["change"],
        "move": move(result.mode, row["estimate"] - row["change"], row["estimate"]),
        "start": row["estimate"] - row["change"],
        "end": row["estimate"],
        "change_interval": (row["change_low"], row["change_high"]),
        "sure": bool(sure),
        "period": row["period"],
        "previous": row["previous"],
    }


def _levels(result: GapsResult, alpha: float, term: str) -> dict[str, Any]:
    """Return the segment with most levels and in how many of them a term does worse or better than elsewhere."""
    rows = result.segments
    if rows.empty:
        return {}
    counts = rows[rows["term"] == "overall"].groupby("segment", sort=False)["level"].nunique()
    if counts.empty or counts.max() < 2:
        return {}
    segment = str(counts.idxmax())
    return {"segment": segment, **levels_of(result, segment, alpha, term)}


def levels_of(result: GapsResult, segment: str, alpha: float, term: str = "overall") -> dict[str, Any]:
    """Return how many levels of a segment do worse and better than all others.

    Parameters
    ----------
    result : GapsResult
        The gap analysis.
    segment : str
        A segment.
    alpha : float
        Level of the adjusted test.
    term : str
        A dimension, or ``"overall"``.

    Returns
    -------
    dict
        levels, wider, better.
    """
    rows = result.segments[(result.segments["segment"] == segment) & (result.segments["term"] == term)]
    sure = rows[rows["p_adjusted"] < alpha]
    worse, better = int((sure["difference"] < 0).sum()), int((sure["difference"] > 0).sum())
    return {"levels": len(rows), "wider": worse, "better": better}


def _named(result: GapsResult, found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    label = result.context.label
    named = dict(found)
    for key in ("widest", "top", "segment"):
        if key in named:
            named[key] = label(named[key], lang)
    for key in ("short", "unclear", "exceeds", "tied", *MOVES):
        if key in named:
            named[key] = [label(name, lang) for name in named[key]]
    named["things"] = SENTENCES[lang]["dimensions" if len(result.dimensions) > 1 else "items"]
    scale = result.context.scale
    for code in ("of_scale", "up_to", "scale"):
        named[code] = say(SENTENCES, code, dict(scale), lang, markdown=False) if scale else ""
    return named


def title(result: GapsResult, *, lang: Lang = "en") -> str:
    """Return the page's title: the answer.

    Parameters
    ----------
    result : GapsResult
        The gap analysis.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text.
    """
    found = facts(result)
    values = _named(result, found, lang)
    if found["empty"]:
        return say(SENTENCES, "title_empty", values, lang, markdown=False)
    code = _title_code(found)
    text = say(SENTENCES, code, values, lang, markdown=False)
    if code == "title_widest" and found.get("wider"):
        text += say(SENTENCES, "title_levels", values, lang, markdown=False)
    return text


def _title_code(found: dict[str, Any]) -> str:
    several = "_many" if found["k_tied"] > NAMED else "_tied" if found["k_tied"] > 1 else ""
    if found["mode"] == "perception_only":
        return f"title_perception{several}"
    if not found["short"]:
        return "title_exceeds" if len(found["exceeds"]) == found["k"] else "title_none"
    if not set(found["tied"]) <= set(found["short"]):
        return "title_short"
    return f"title{several or '_widest'}"


def describe(result: GapsResult, *, lang: Lang = "en") -> str:
    """Return the answer in two to four sentences.

    Parameters
    ----------
    result : GapsResult
        The gap analysis.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown.
    """
    found = facts(result)
    values = _named(result, found, lang)
    if found["empty"] or "overall" not in found:
        return ""
    if result.mode == "perception_only":
        values["perception"] = found["overall_perception"]
        parts = [
            say(SENTENCES, "level_perception", values, lang),
            *_change_sentences(found, values, lang, True),
        ]
        return paragraph([*parts, say(SENTENCES, "perception_only", values, lang)], lang)
    values["perception"] = found["overall_perception"]
    parts = [say(SENTENCES, "level", values, lang), *_short_sentences(found, values, lang)]
    if "weighted" in found:
        parts.append(say(SENTENCES, "weighted", values, lang))
    return paragraph([*parts, *_change_sentences(found, values, lang, False)], lang)


def _short_sentences(found: dict[str, Any], values: dict[str, Any], lang: Lang) -> list[str]:
    parts = []
    if len(found["short"]) == found["k"] > 1:
        parts.append(say(SENTENCES, "all_short", values, lang))
    elif found["short"]:
        parts.append(say(SENTENCES, "some_short" if found["unclear"] else "only_short", values, lang))
    else:
        parts.append(say(SENTENCES, "none_short", values, lang))
    if found["exceeds"]:
        parts.append(say(SENTENCES, "exceeds", values, lang))
    return parts


def _change_sentences(
    found: dict[str, Any], values: dict[str, Any], lang: Lang, perception: bool
) -> list[str]:
    """Return what changed since the period before and, if sure, since the first one: overall and by dimension."""
    said = [_change_sentence(found, values, lang, perception)]
    if found["first"].get("sure"):
        said.append(_change_sentence(found["first"], {**values, **found["first"]}, lang, perception))
    said += [
        say(SENTENCES, f"terms_{name}", {**values, **found["first"]}, lang) for name in MOVES if found[name]
    ]
    return said


def _change_sentence(found: dict[str, Any], values: dict[str, Any], lang: Lang, perception: bool) -> str:
    if "change" not in found:
        return ""
    if not found["sure"]:
        return say(SENTENCES, "no_change_perception" if perception else "no_change", values, lang)
    if found["move"] == "moved":
        return say(SENTENCES, "moved", values, lang)
    low, high = found["change_interval"]
    up = found["change"] > 0
    sized = {"change": abs(found["change"]), "change_interval": (low, high) if up else (-high, -low)}
    return say(SENTENCES, found["move"], {**values, **sized}, lang)


def finding(result: GapsResult, figure: str, *, segment: str = "", lang: Lang = "en") -> tuple[str, str]:
    """Return the title (what a figure shows) and the subtitle (what is plotted) of a figure.

    Parameters
    ----------
    result : GapsResult
        The gap analysis.
    figure : {"dimensions", "items", "segments", "heatmap", "periods"}
        Which figure.
    segment : str
        The segment of ``"segments"`` and ``"heatmap"``.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text.
    """
    found = facts(result)
    values = _named(result, found, lang) | _settings(result, figure, segment, lang)
    alpha = 1 - result.context.ci_level
    if figure == "segments":
        values |= levels_of(result, segment, alpha) | {"segment": result.context.label(segment, lang)}
        code = "finding_segments" if values["wider"] + values["better"] else "finding_segments_none"
    elif figure == "heatmap":
        rows = result.segments[
            (result.segments["segment"] == segment) & (result.segments["term"] != "overall")
        ]
        marked = int((rows["p_adjusted"] < alpha).sum())
        values |= {"cells": len(rows), "marked": marked, "segment": result.context.label(segment, lang)}
        code = "finding_heatmap" if marked else "finding_heatmap_none"
    elif figure == "periods":
        change = found["first"] or {
            name: found[name]
            for name in ("change", "move", "start", "end", "sure", "period", "previous")
            if name in found
        }
        code = f"finding_periods_{change['move'] if change.get('sure') else 'none'}"
        values |= change or {"previous": result.periods["period"].iloc[0]}
    else:
        code, more = _finding(result, figure, found, alpha)
        values |= more
    sub = {"dimensions": "sub_dimensions", "items": "sub_items"}.get(figure, f"sub_{figure}")
    if result.mode == "perception_only" and figure in ("dimensions", "items"):
        sub = "sub_perception"
    return tuple(say(SENTENCES, one, values, lang, markdown=False) for one in (code, sub))  # type: ignore[return-value]


def _finding(
    result: GapsResult, figure: str, found: dict[str, Any], alpha: float
) -> tuple[str, dict[str, Any]]:
    table = result.items if figure == "items" else result.dimensions
    spread = {"low": table["perception"].min(), "high": table["perception"].max(), "items": len(table)}
    if result.mode == "perception_only":
        return ("finding_items_perception" if figure == "items" else "finding_perception"), spread
    if figure == "items":
        short = int(((table["p_adjusted"] < alpha) & (table["gap"] < 0)).sum())
        return ("finding_items_all" if short == len(table) else "finding_items"), {
            "short": short,
            "items": len(table),
        }
    if not found["short"]:
        return "finding_dimensions_none", {}
    return ("finding_dimensions_tied" if len(found["tied"]) > 1 else "finding_dimensions"), {}


def _settings(result: GapsResult, figure: str, segment: str, lang: Lang) -> dict[str, Any]:
    context = result.context
    table = {"items": result.items, "dimensions": result.dimensions, "periods": result.periods}.get(figure)
    if table is None:
        table = result.segments[
            (result.segments["segment"] == segment) & (result.segments["term"] == "overall")
        ]
    method = {"method": word(context.adjustment, lang)}
    adjusted = context.adjustment != "none"
    return {
        "ci": context.ci_level,
        "base": (table["n"].min(), table["n"].max()),
        "adjusted": say(SENTENCES, "adjusted", method, lang, markdown=False) if adjusted else "",
        "what": SENTENCES[lang]["word_gap" if result.mode == "gap" else "word_perception"],
        "weighted": SENTENCES[lang]["weighted_word"] if context.weight else "",
    }
