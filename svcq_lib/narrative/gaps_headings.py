"""What the tables of the gap analysis show, as their headings."""

from __future__ import annotations

from typing import Any

from svcq_lib.analyses.gaps import GapsResult
from svcq_lib.formats import Lang
from svcq_lib.narrative.gaps_facts import MOVES, facts
from svcq_lib.narrative.gaps_sentences import SENTENCES
from svcq_lib.narrative.phrases import say
from svcq_lib.vocabulary import word

SUBTITLED = ("chain", "importance", "quality", "zone")
"""Tables with a line below their heading that says how to read them."""


def named(result: GapsResult, found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    """Return facts with display names instead of machine names, and the words for the scale."""
    label = result.context.label
    named = dict(found)
    for key in ("widest", "top", "segment", "outcome"):
        if key in named:
            named[key] = label(named[key], lang)
    for key in ("short", "unclear", "exceeds", "tied", "parts_unclear", "promised", *MOVES):
        if key in named:
            named[key] = [label(name, lang) for name in named[key]]
    named["things"] = SENTENCES[lang]["dimensions" if len(result.dimensions) > 1 else "items"]
    scale = result.context.scale
    for code in ("of_scale", "up_to", "scale"):
        named[code] = say(SENTENCES, code, dict(scale), lang, markdown=False) if scale else ""
    return named


def challenge_sentence(values: dict[str, Any], lang: Lang, *, markdown: bool = True) -> str:
    """Return whether gaps or perceptions alone predict satisfaction better; empty if that was not compared."""
    if "winner" not in values:
        return ""
    return say(SENTENCES, f"challenge_{values['winner']}", values, lang, markdown=markdown)


def heading(result: GapsResult, name: str, *, lang: Lang = "en") -> str:
    """Return the heading of a table that states a finding; empty for tables that only list figures.

    Parameters
    ----------
    result : GapsResult
        The gap analysis.
    name : {"contrasts", "importance", "challenge", "interactions"}
        Which table.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text.
    """
    found, alpha = facts(result), 1 - result.context.ci_level
    values = named(result, found, lang)
    if name == "contrasts":
        counts = {"k": len(result.contrasts), "told": int((result.contrasts["p_adjusted"] < alpha).sum())}
        return say(SENTENCES, "heading_contrasts", {**values, **counts}, lang, markdown=False)
    if name == "challenge":
        return challenge_sentence(values, lang, markdown=False).rstrip(".。")
    if name == "interactions":
        sure = result.interactions["segment"][result.interactions["p_adjusted"] < alpha]
        names = {"names": [result.context.label(one, lang) for one in sure]}
        code = "heading_interactions" if names["names"] else "heading_interactions_none"
        return say(SENTENCES, code, names, lang, markdown=False)
    if name == "importance":
        return (
            "；".join(_leader_words(result, found, lang))
            if lang == "zh"
            else "; ".join(_leader_words(result, found, lang))
        )
    return ""


def _leader_words(result: GapsResult, found: dict[str, Any], lang: Lang) -> list[str]:
    """Return which dimension weighs most, by choice of importance weights."""
    said = []
    for term, schemes in found["leaders"].items():
        named = {"leader": result.context.label(term, lang), "names": [word(one, lang) for one in schemes]}
        said.append(say(SENTENCES, "leader", named, lang, markdown=False))
    if found["leader_unclear"]:
        named = {"names": [word(one, lang) for one in found["leader_unclear"]]}
        said.append(say(SENTENCES, "leader_unclear", named, lang, markdown=False))
    return said


def subtitle(result: GapsResult, name: str, *, lang: Lang = "en") -> str:
    """Return how a table is to be read; empty where its columns say it.

    Parameters
    ----------
    result : GapsResult
        The gap analysis.
    name : str
        Which table.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text.
    """
    if name not in SUBTITLED:
        return ""
    return say(SENTENCES, f"table_{name}", {"ci": result.context.ci_level}, lang, markdown=False)
