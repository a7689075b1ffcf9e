"""What the gap analysis says."""

from __future__ import annotations

from typing import Any

from svcq_lib.analyses.gaps import GapsResult
from svcq_lib.formats import Lang
from svcq_lib.narrative.gaps_facts import MOVES, facts, levels_of, move
from svcq_lib.narrative.gaps_headings import challenge_sentence, heading, named, subtitle
from svcq_lib.narrative.gaps_sentences import SENTENCES
from svcq_lib.narrative.phrases import one_sided, paragraph, say
from svcq_lib.vocabulary import word

__all__ = ["MOVES", "describe", "facts", "finding", "heading", "move", "profiled", "subtitle", "title"]

NAMED = 3
"""Most names that a title lists."""
PANELS = 6
"""Most groups that small multiples show."""


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
    values = named(result, found, lang)
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
    values = named(result, found, lang)
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
    first = paragraph([*parts, *_change_sentences(found, values, lang, False)], lang)
    why = paragraph([*_cause_sentences(result, found, values, lang), challenge_sentence(values, lang)], lang)
    return "\n\n".join(filter(None, (first, why)))


def _cause_sentences(
    result: GapsResult, found: dict[str, Any], values: dict[str, Any], lang: Lang
) -> list[str]:
    """Return which of gaps 1 to 3 is the largest part of gap 5, and where promises exceed what is delivered."""
    said = []
    for part, terms in found["largest"].items():
        named = {"part": word(part, lang), "names": [result.context.label(term, lang) for term in terms]}
        said.append(say(SENTENCES, "largest_rest" if part == "remainder" else "largest", named, lang))
    return said + [
        say(SENTENCES, code, values, lang) for code in ("parts_unclear", "promised") if found[code]
    ]


def profiled(result: GapsResult) -> str:
    """Return the segment whose profiles are drawn: the one that differs most surely, among those with few groups.

    Parameters
    ----------
    result : GapsResult
        The gap analysis.

    Returns
    -------
    str
        Name of a segment; empty if none has 2 to 6 groups and a test.
    """
    rows = result.interactions
    rows = rows[rows["p_value"].notna() & rows["levels"].between(2, PANELS)] if len(rows) else rows
    counts = result.segments.groupby("segment")["level"].nunique()
    rows = rows[rows["segment"].map(counts) <= PANELS] if len(rows) else rows
    return str(rows["segment"].to_numpy()[rows["p_value"].to_numpy().argmin()]) if len(rows) else ""


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
    figure : {"dimensions", "items", "chain", "segments", "heatmap", "profiles", "periods"}
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
    segment = profiled(result) if figure == "profiles" else segment
    values = named(result, found, lang) | _settings(result, figure, segment, lang)
    alpha = 1 - result.context.ci_level
    if figure in ("chain", "profiles"):
        code, more = (_finding_chain if figure == "chain" else _finding_profiles)(
            result, found, segment, lang
        )
        values |= more
    elif figure == "segments":
        values |= levels_of(result, segment, alpha) | {"segment": result.context.label(segment, lang)}
        code = f"finding_segments{one_sided(values['wider'], values['better'])}"
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


def _finding_chain(
    result: GapsResult, found: dict[str, Any], segment: str, lang: Lang
) -> tuple[str, dict[str, Any]]:
    del segment
    if not found["largest"]:
        return "finding_chain_none", {}
    part, terms = max(found["largest"].items(), key=lambda one: len(one[1]))
    dimensions = result.chain.loc[result.chain["dimension"] == "", "term"].nunique()
    return "finding_chain", {"part": word(part, lang), "dims": len(terms), "all": dimensions}


def _finding_profiles(
    result: GapsResult, found: dict[str, Any], segment: str, lang: Lang
) -> tuple[str, dict[str, Any]]:
    del found
    rows = result.interactions
    sure = rows.loc[rows["segment"] == segment, "p_adjusted"] < 1 - result.context.ci_level
    code = "finding_profiles" if sure.any() else "finding_profiles_none"
    return code, {"segment": result.context.label(segment, lang) if segment else ""}


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
    if figure == "chain" and len(result.chain):
        # the base of gap 5; those of the provider's tables are in the table below
        table = result.dimensions
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
