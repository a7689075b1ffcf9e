"""What the effects report says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svcq_lib import formats, kinds
from svcq_lib.analyses.effects import EffectsResult
from svcq_lib.analyses.effects_power import PERIODS, UNITS, WANTED
from svcq_lib.formats import Lang
from svcq_lib.narrative.effects_sentences import SENTENCES
from svcq_lib.narrative.phrases import paragraph, say
from svcq_lib.vocabulary import WORDS, Kind, word

NAMED = 3
"""Most figures that a sentence gives with their numbers."""
CLAIMS = ("effect_improved", "effect_worsened")
MONTHS = PERIODS[1]
"""Length of the pilot that the power figure's title speaks of."""


def facts(result: EffectsResult) -> dict[str, Any]:
    """Return what the sentences may say, as raw numbers and machine names.

    Parameters
    ----------
    result : EffectsResult
        The evaluation.

    Returns
    -------
    dict
        Among others ``lead`` (the leading figure with its ``effect`` and ``limits``), ``claims`` (figures with an
        effect that may be claimed), ``diverging`` and ``untested``, and ``path``, the leading figure against its own
        earlier path.
    """
    table, programme = result.effects, result.programme.iloc[0]
    shown = table[~table["suppressed"]]
    found: dict[str, Any] = {"k": len(shown), "empty": shown.empty}
    found |= {name: int(programme[name]) for name in ("treated", "control", "before", "after")}
    if shown.empty:
        return found
    by = {
        code: shown.loc[shown["conclusion"] == code, "term"].tolist() for code in shown["conclusion"].unique()
    }
    found["claims"] = shown.loc[shown["conclusion"].isin(CLAIMS), "term"].tolist()
    found |= {name: by.get(f"effect_{name}", []) for name in ("diverging", "untested")}
    told = found["claims"] or found["diverging"] or found["untested"]
    rows = shown.set_index("term")
    lead = told[0] if told else str(_clearest(shown)["term"])
    row = rows.loc[lead]
    found |= {
        "lead": lead,
        "measure": row["measure"],
        "scale_top": row["scale_top"],
        "effect": row["estimate"],
        "pretrend": row["pretrend_p"],
    }
    found["limits"] = (row["conf_low"], row["conf_high"])
    found["effects"] = {term: rows.loc[term, ["estimate", "conf_low", "conf_high"]].tolist() for term in told}
    found["k_rest"] = len(shown) - len(found["claims"])
    return found | _path(result)


def _clearest(table: pd.DataFrame) -> pd.Series:
    """Return the figure with the smallest p-value, else the first."""
    return (
        table.iloc[0]
        if table["p_value"].isna().all()
        else table.iloc[int(table["p_value"].to_numpy(dtype=float, na_value=np.inf).argmin())]
    )


def _path(result: EffectsResult) -> dict[str, Any]:
    """Return the figure that left its own path most surely, for studies without units to compare with."""
    table = result.interrupted
    if table.empty or table["p_value"].isna().all():
        return {"path": {}}
    row = table.iloc[int(table["p_value"].to_numpy(dtype=float, na_value=np.inf).argmin())]
    sure = row["p_adjusted"] < 1 - result.context.ci_level
    return {"path": {**_distance(row), "term": row["term"], "sure": bool(sure)}}


def _distance(row: pd.Series) -> dict[str, Any]:
    return {
        "estimate": row["estimate"],
        "limits": (row["conf_low"], row["conf_high"]),
        "measure": row["measure"],
        "scale_top": row["scale_top"],
    }


def amount(value: float, measure: str, lang: Lang) -> str:
    """Return the size of an effect as text, in the unit of its measure.

    Parameters
    ----------
    value : float
        The effect; its sign is left to the words.
    measure : str
        Measure of the figure.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Shares in percentage points.

    Examples
    --------
    >>> amount(-0.484, "mean", "en"), amount(0.0312, "share", "zh")
    ('0.48', '3.1 个百分点')
    """
    kind = WORDS[measure].kind
    if kind == "share":
        return kinds.shown(abs(100 * value), "score", lang) + kinds.PP[lang]
    return kinds.shown(abs(value), _plain(kind), lang)


def points(measure: str, scale_top: float, lang: Lang) -> str:
    """Return the unit that follows an amount, such as ``points of 7``; empty for shares, which carry theirs."""
    if WORDS[measure].kind == "share":
        return ""
    code = "points" if kinds.is_missing(scale_top) else "points_of"
    return say(SENTENCES, code, {"top": scale_top}, lang, markdown=False)


def _plain(kind: Kind) -> Kind:
    return "number" if kind in ("signed", "text") else kind


def limits(low: float, high: float, measure: str) -> str:
    """Return an interval as text, in the unit of its measure; empty if there is none."""
    if kinds.is_missing(low) or kinds.is_missing(high):
        return ""
    kind = WORDS[measure].kind
    if kind == "share":
        return kinds.shown_interval(low, high, "percentage_points")
    return kinds.shown_interval(low, high, _plain(kind))


def _sized(
    value: float, ends: tuple[float, float], measure: str, scale_top: float, lang: Lang
) -> dict[str, str]:
    """Return an effect's size with its unit, and the interval of the size."""
    low, high = ends if value >= 0 else (-ends[1], -ends[0])
    size = amount(value, measure, lang) + points(measure, scale_top, lang)
    return {"amount": size, "interval": limits(low, high, measure)}


def title(result: EffectsResult, *, lang: Lang = "en") -> str:
    """Return the page's title: the answer.

    Parameters
    ----------
    result : EffectsResult
        The evaluation.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text.
    """
    found = facts(result)
    if found["empty"]:
        return say(SENTENCES, "title_empty", {}, lang, markdown=False)
    if not found["control"]:
        return _path_text(result, found, "title_path", lang, markdown=False)
    values = _values(result, found, lang)
    if found["claims"]:
        code = "title_rose" if found["effect"] > 0 else "title_fell"
    else:
        code = next((f"title_{name}" for name in ("diverging", "untested") if found[name]), "title_unclear")
    others = len(found["claims"]) - 1
    values["more"] = (
        say(SENTENCES, "title_more", {**values, "k_more": others}, lang, markdown=False) if others > 0 else ""
    )
    return say(SENTENCES, code, values, lang, markdown=False)


def _values(result: EffectsResult, found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    label = result.context.label
    own = _sized(found["effect"], found["limits"], found["measure"], found["scale_top"], lang)
    return {**found, **own, "lead": label(found["lead"], lang)}


def _path_text(result: EffectsResult, found: dict[str, Any], stem: str, lang: Lang, *, markdown: bool) -> str:
    path = found["path"]
    if not path or not path["sure"]:
        return say(SENTENCES, f"{stem}_none", {}, lang, markdown=markdown)
    up = path["estimate"] > 0
    values = _sized(path["estimate"], path["limits"], path["measure"], path["scale_top"], lang)
    values["lead"] = result.context.label(path["term"], lang)
    return say(SENTENCES, f"{stem}_{'up' if up else 'down'}", values, lang, markdown=markdown)


def describe(result: EffectsResult, *, lang: Lang = "en") -> str:
    """Return the conclusion: two honest sentences.

    Parameters
    ----------
    result : EffectsResult
        The evaluation.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown: what may be claimed, and what the claim rests on.
    """
    found = facts(result)
    if found["empty"]:
        return ""
    if not found["control"]:
        first = _path_text(result, found, "path", lang, markdown=True)
        return paragraph([first, say(SENTENCES, "path_limits", {}, lang)], lang)
    values = _values(result, found, lang)
    if found["claims"]:
        return paragraph([_claims(result, found, values, lang), _ground(found, lang)], lang)
    told = found["diverging"] or found["untested"]
    if told:
        values["names"] = [result.context.label(term, lang) for term in told]
        second = say(SENTENCES, "not_credited", {}, lang) if found["diverging"] else (
            say(SENTENCES, "not_tested", {}, lang)
        )  # fmt: skip
        return paragraph([say(SENTENCES, "diverging", values, lang), second], lang)
    known = limits(found["limits"][0], found["limits"][1], found["measure"])
    second = say(SENTENCES, "not_none" if known else "not_none_bare", {**values, "interval": known}, lang)
    return paragraph([say(SENTENCES, "unclear", values, lang), second], lang)


def _ground(found: dict[str, Any], lang: Lang) -> str:
    return say(SENTENCES, "parallel", {"before": found["before"]}, lang)


def _claims(result: EffectsResult, found: dict[str, Any], values: dict[str, Any], lang: Lang) -> str:
    """Return the sentence with the claimed effects: the first with their numbers, the others by name."""
    label, rows = result.context.label, result.effects.set_index("term")
    measures, tops = rows["measure"], rows["scale_top"]
    sizes = [found["effects"][term][0] for term in found["claims"]]
    up, down = all(one > 0 for one in sizes), all(one < 0 for one in sizes)
    parts = []
    for term in found["claims"][:NAMED]:
        value, low, high = found["effects"][term]
        sized = _sized(value, (low, high), measures[term], tops[term], lang)
        if not (up or down):
            sized = {
                "amount": signed_amount(value, measures[term], lang)
                + points(measures[term], tops[term], lang),
                "interval": limits(low, high, measures[term]),
            }
        parts.append(say(SENTENCES, "by", {"name": label(term, lang), **sized}, lang))
    others = [label(term, lang) for term in found["claims"][NAMED:]]
    also = say(SENTENCES, "also", {"others": others}, lang) if others else ""
    rest = say(SENTENCES, "rest", values, lang) if found["k_rest"] else ""
    code = "rose" if up else "fell" if down else "moved"
    return say(_verbatim(code, formats.join(parts, lang), also, rest), code, values, lang)


def signed_amount(value: float, measure: str, lang: Lang) -> str:
    """Return an effect as text with its sign, in the unit of its measure."""
    size = amount(value, measure, lang)
    if not any(digit in size for digit in "123456789"):
        return size
    return ("+" if value > 0 else formats.MINUS) + size


def _verbatim(code: str, list_: str, also: str, rest: str) -> dict[str, dict[str, str]]:
    """Return a sentence with parts that are escaped already filled in."""
    parts = {"{list}": list_, "{also}": also, "{rest}": rest}
    made = {}
    for lang in SENTENCES:
        text = SENTENCES[lang][code]
        for field, part in parts.items():
            text = text.replace(field, part.replace("{", "{{").replace("}", "}}"))
        made[lang] = {code: text}
    return made


def finding(result: EffectsResult, figure: str, *, lang: Lang = "en") -> tuple[str, str]:
    """Return the title (what a figure shows) and the subtitle (what is plotted) of a figure.

    Parameters
    ----------
    result : EffectsResult
        The evaluation.
    figure : {"effects", "leads", "series", "power"}
        Which figure.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text.
    """
    found = facts(result)
    made = {"effects": _of_effects, "leads": _of_leads, "series": _of_series, "power": _of_power}
    code, values = made[figure](result, found, lang)
    context = result.context
    adjusted = {"method": word(context.adjustment, lang)}
    values |= {
        "ci": context.ci_level, "weighted": SENTENCES[lang]["weighted_word"] if context.weight else "",
        "adjusted": say(SENTENCES, "adjusted", adjusted, lang, markdown=False) if context.adjustment != "none" else "",
    }  # fmt: skip
    heading = say(SENTENCES, code, values, lang, markdown=False)
    return heading, say(SENTENCES, f"sub_{figure}", values, lang, markdown=False)


def _of_effects(result: EffectsResult, found: dict[str, Any], lang: Lang) -> tuple[str, dict[str, Any]]:
    names = [result.context.label(term, lang) for term in found.get("claims", [])]
    values = {"names": names, "k": found["k"], "k_rest": found.get("k_rest", 0)}
    values["base"] = (result.effects["n"].min(), result.effects["n"].max())
    code = "finding_effects" if values["k_rest"] else "finding_effects_all"
    return (code if names else "finding_effects_none"), values


def leading(result: EffectsResult) -> str:
    """Return the figure that the single-figure charts are about."""
    return str(facts(result).get("lead", result.effects["term"].iloc[0]))


def _of_leads(result: EffectsResult, found: dict[str, Any], lang: Lang) -> tuple[str, dict[str, Any]]:
    del found
    term = leading(result)
    rows = result.leads[result.leads["term"] == term]
    before = rows.loc[rows["phase"] == -1, "period"]
    p = float(result.checks.loc[result.checks["term"] == term, "pretrend_p"].iloc[0])
    values = {"lead": result.context.label(term, lang), "p": p, "base": (rows["n"].min(), rows["n"].max())}
    values["reference"] = before.iloc[-1] if len(before) else result.programme["start"].iloc[0]
    if kinds.is_missing(p):
        return "finding_leads_untested", values
    alike = p >= 1 - result.context.ci_level
    return f"finding_leads_{'parallel' if alike else 'differ'}", values


def _of_series(result: EffectsResult, found: dict[str, Any], lang: Lang) -> tuple[str, dict[str, Any]]:
    del found
    term = leading(result)
    rows = result.series[result.series["term"] == term]
    values: dict[str, Any] = {"lead": result.context.label(term, lang), "base": (0, 0)}
    own = result.interrupted[result.interrupted["term"] == term]
    if rows.empty or own.empty:
        return "finding_series_none", values
    row = own.iloc[0]
    values |= {
        "base": (rows["n"].min(), rows["n"].max()),
        "amount": amount(row["estimate"], row["measure"], lang)
        + points(row["measure"], row["scale_top"], lang),
    }
    if not row["p_adjusted"] < 1 - result.context.ci_level:
        return "finding_series_none", values
    return f"finding_series_{'up' if row['estimate'] > 0 else 'down'}", values


def _of_power(result: EffectsResult, found: dict[str, Any], lang: Lang) -> tuple[str, dict[str, Any]]:
    del found
    table = result.power
    term = str(table["term"].iloc[0])
    row = result.effects[result.effects["term"] == term].iloc[0]
    lift = amount(table["lift"].iloc[0], row["measure"], lang)
    enough = table[(table["periods_after"] == MONTHS) & (table["power"] >= WANTED)]
    values = {
        "lead": result.context.label(term, lang), "lift": lift + points(row["measure"], row["scale_top"], lang),
        "months": MONTHS, "units": UNITS[-1] if enough.empty else int(enough["units_each"].min()),
        "wanted": WANTED, "respondents": table["respondents"].iloc[0],
    }  # fmt: skip
    return ("finding_power_none" if enough.empty else "finding_power"), values
