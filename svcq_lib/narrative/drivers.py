"""What the driver analysis says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.drivers import DriverResult
from svcq_lib.formats import Lang
from svcq_lib.narrative import driver_asymmetry, driver_map
from svcq_lib.narrative.drivers_sentences import SENTENCES
from svcq_lib.narrative.phrases import paragraph, say
from svcq_lib.vocabulary import word

NAMED = 3
OWN = {"quadrant": driver_map.finding, "asymmetry": driver_asymmetry.finding}
"""Figures whose sentences have a home of their own."""


def facts(result: DriverResult) -> dict[str, Any]:
    """Return what the sentences may say, as raw numbers and machine names.

    Parameters
    ----------
    result : DriverResult
        The driver analysis.

    Returns
    -------
    dict
        ``first`` (drivers of the first tier), ``tier`` ("one", "few", "many"), R² and its interval,
        what is said of dimensions, methods, groups, the map and both ends of the scale, ``empty``.
    """
    fit, table = result.fit.iloc[0], result.importance
    found: dict[str, Any] = {"terms": int(fit["terms"]), "outcome": fit["outcome"], "n": fit["n"]}
    found["empty"] = bool(table["share"].isna().all())
    found["needed"] = max(result.context.suppress, found["terms"] + 2)
    if found["empty"]:
        return found
    first = _leaders(table)["term"].tolist()
    top = table.iloc[0]
    found |= {
        "first": first,
        "k": len(first),
        "tier": _tier(first, table),
    }
    found |= {
        "top": top["term"],
        "share": top["share"],
        "share_interval": (top["conf_low"], top["conf_high"]),
    }
    found |= {"r_squared": fit["r_squared"], "interval": (fit["r_squared_low"], fit["r_squared_high"])}
    found |= {"method": fit["method"], "base": (table["n"].min(), table["n"].max())}
    found |= {"latent": fit["model"] != "linear", "held": fit["r_squared_covariates"]}
    for name, more in (("map", driver_map.facts(result)), ("ends", driver_asymmetry.facts(result))):
        found[name] = {key: value for key, value in more.items() if key != "ci"}  # a setting, no finding
    return found | _of_groups(result) | _of_methods(result) | _of_segments(result)


def _tier(leaders: list[str], table: pd.DataFrame) -> str:
    """Return how many lead: "one", "few" or "many", which they are too where nobody is left behind."""
    if len(leaders) == 1:
        return "one"
    return "few" if len(leaders) <= NAMED and len(leaders) < len(table) else "many"


def _leaders(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the first tier; without intervals those whose rank may be the best."""
    if table["tier"].notna().any():
        return table[table["tier"] == 1]
    return table[~(table["rank_low"] > table["rank_low"].min())]


def _of_groups(result: DriverResult) -> dict[str, Any]:
    """Return which dimensions lead, and whether the first adds most in every model."""
    if result.groups.empty:
        return {"k_groups": 0}
    leaders, top, wins = _leaders(result.groups), result.groups.iloc[0], result.dominance
    won = wins[
        (wins["level"] == "dimension") & (wins["first"] == top["dimension"]) & wins["complete"].eq(True)
    ]
    return {
        "dimensions": leaders["dimension"].tolist(),
        "k_groups": len(leaders),
        "group_tier": "all"
        if 1 < len(leaders) == len(result.groups)
        else "one"
        if len(leaders) == 1
        else "few",
        "group_share": top["share"],
        "group_interval": (top["conf_low"], top["conf_high"]),
        "group_base": (result.groups["n"].min(), result.groups["n"].max()),
        "always": len(leaders) == 1 and len(won) == len(result.groups) - 1,
    }


def _of_methods(result: DriverResult) -> dict[str, Any]:
    """Return which drivers every measure puts among the first three."""
    table = result.methods
    k = table["method"].nunique()
    count = table[table["rank"] <= NAMED].groupby("term", sort=False).size()
    order = result.importance["term"]
    return {
        "k_methods": k,
        "common": [term for term in order if count.get(term, 0) == k],
        "lowest": result.agreement["correlation"].min(),
    }


def _of_segments(result: DriverResult) -> dict[str, Any]:
    """Return which shares differ from those of everyone else."""
    table = result.segments
    shown = table[table["estimate"].notna()]
    if shown.empty:
        return {"k_compared": 0}
    sure = shown[shown["p_adjusted"] < 1 - result.context.ci_level]
    found: dict[str, Any] = {
        "segment": shown["segment"].iloc[0],
        "k_compared": len(shown),
        "k_sure": len(sure),
    }
    found["segment_base"] = (shown["n"].min(), shown["n"].max())
    if len(sure):
        most = sure.sort_values("p_value", kind="stable").iloc[0]
        found |= {"sure_term": most["term"], "sure_level": most["level"]}
    return found


def _named(result: DriverResult, found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    label, named = result.context.label, dict(found)
    named["outcome"] = label(found["outcome"], lang)
    if "top" in found:
        named |= {"top": label(found["top"], lang), "method": word(found["method"], lang)}
        marks = "“{}”"
        named["first"] = [marks.format(label(name, lang)) for name in found["first"]]
        named["common"] = [marks.format(label(name, lang)) for name in found["common"]]
        named["dimensions"] = [marks.format(label(name, lang)) for name in found.get("dimensions", ())]
    if "segment" in found:
        named["segment"] = label(found["segment"], lang)
    if "sure_term" in found:
        named["sure_term"] = label(found["sure_term"], lang)
        named["sure_level"] = result.context.level(found["segment"], found["sure_level"], lang)
    return named


def title(result: DriverResult, *, lang: Lang = "en") -> str:
    """Return the page's title: the answer.

    Parameters
    ----------
    result : DriverResult
        The driver analysis.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text.
    """
    found = facts(result)
    code = "title_empty" if found["empty"] else f"title_{found['tier']}"
    return say(SENTENCES, code, _named(result, found, lang), lang, markdown=False)


def describe(result: DriverResult, *, lang: Lang = "en") -> str:
    """Return the answer in a few sentences.

    Parameters
    ----------
    result : DriverResult
        The driver analysis.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown.
    """
    found = facts(result)
    values = _named(result, found, lang)
    if found["empty"]:
        constant = any(note.code == "constant_outcome" for note in result.notes)
        return say(SENTENCES, "empty_outcome" if constant else "empty", values, lang)
    codes = [_fit_code(found), f"first_{found['tier']}"]
    if found["k_groups"] and (found["k_groups"] <= NAMED or found["group_tier"] == "all"):
        codes.append(f"groups_{found['group_tier']}")
    said = [say(SENTENCES, code, values, lang) for code in codes]
    said += [driver_map.describe(result, lang=lang), say(SENTENCES, "cause", values, lang)]
    return paragraph(said, lang)


def _fit_code(found: dict[str, Any]) -> str:
    if found["latent"]:
        return "fit_latent"
    return "fit_beyond" if found["held"] > 0 else "fit"


def method_codes(result: DriverResult) -> tuple[str, ...]:
    """Return the sentences of :mod:`svcq_lib.narrative.method` that are true of this result."""
    fit = result.fit.iloc[0]
    how = str(fit["method"])
    if how == "lmg" and any(note.code == "sampled_lmg" for note in result.notes):
        how = "sampled"
    codes = [f"drivers_{how}", "drivers"]
    codes += ["drivers_latent"] if fit["model"] != "linear" else []
    codes += ["drivers_held"] if fit["r_squared_covariates"] > 0 else []
    codes += ["drivers_tiers"]
    codes += ["drivers_groups"] if len(result.groups) else []
    codes += ["drivers_segments"] if len(result.segments) else []
    codes += [f"drivers_map_{result.lines['lines'].iloc[0]}", "drivers_map"]
    return (*codes, *([] if driver_asymmetry.facts(result)["empty"] else ["drivers_asymmetry"]))


def finding(result: DriverResult, figure: str, *, lang: Lang = "en", segment: str = "") -> tuple[str, str]:
    """Return the title (what a figure shows) and the subtitle (what is plotted) of a figure.

    Parameters
    ----------
    result : DriverResult
        The driver analysis.
    figure : {"importance", "groups", "quadrant", "asymmetry", "methods", "segments"}
        Which figure.
    lang : {"en", "zh"}
        Language.
    segment : str
        The segment whose groups are compared; only one is.

    Returns
    -------
    title, subtitle : str
        Plain text; empty if there is nothing to show.
    """
    found = facts(result)
    if figure in OWN and not found["empty"]:
        return OWN[figure](result, lang=lang)
    code = _finding_code(found, figure, segment)
    if not code:
        return "", ""
    values = _named(result, found, lang) | {
        "ci": result.context.ci_level,
        "weighted": SENTENCES[lang]["weighted_word"] if result.context.weight else "",
    }
    return tuple(say(SENTENCES, one, values, lang, markdown=False) for one in (code, f"sub_{figure}"))  # type: ignore[return-value]


def _finding_code(found: dict[str, Any], figure: str, segment: str) -> str:
    """Return the sentence that a figure shows; empty if there is no such figure."""
    if found["empty"]:
        return ""
    if figure == "importance":
        return f"finding_importance_{found['tier']}"
    if figure == "groups":
        if not found["k_groups"]:
            return ""
        return f"finding_groups_{'always' if found['always'] else found['group_tier']}"
    if figure == "segments":
        if not found["k_compared"] or segment not in ("", found["segment"]):
            return ""
        return "finding_segments" if found["k_sure"] else "finding_segments_none"
    return "finding_methods" if found["common"] else "finding_methods_none"
