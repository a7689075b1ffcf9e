"""What the return says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib import formats, kinds
from svcq_lib.analyses.returns import ReturnsResult
from svcq_lib.analyses.returns_model import money_name
from svcq_lib.analyses.returns_outcomes import BAND, verdict
from svcq_lib.formats import Lang
from svcq_lib.narrative.phrases import paragraph, say, typeset
from svcq_lib.narrative.returns_sentences import SENTENCES
from svcq_lib.vocabulary import WORDS, word

NAMED = 3
"""Most initiatives that a sentence lists."""
MOST_BARS = 12
"""Most inputs that the tornado draws; the table has all."""
WHOLE_FROM = 1000.0
"""Money and other quantities from here on are written without digits after the point."""


def facts(result: ReturnsResult) -> dict[str, Any]:
    """Return what the sentences may say, as raw numbers and machine names.

    Parameters
    ----------
    result : ReturnsResult
        The return.

    Returns
    -------
    dict
        Among others ``verdict`` (``"pays"`` only where enough draws gain), the value with its interval, the part and
        the link that matter most, and what the budget should fund.
    """
    level = result.context.ci_level
    rows = {row["measure"]: row for row in result.summary.to_dict(orient="records")}
    used = result.settings.to_dict(orient="records")[0]
    table = result.initiatives
    chosen = table[table["chosen"]]
    alone = [verdict(p, level) for p in table["p_positive"]]
    found: dict[str, Any] = {
        "k": len(table), "p": rows["p_positive"]["estimate"], "npv": rows["npv"]["estimate"],
        "rosq": rows["rosq"]["estimate"], "spend": rows["spend"]["estimate"],
        "payback": rows["payback"]["estimate"], "paid_share": rows["payback"]["share"],
        "discount_rate": used["discount_rate"], "years": used["horizon"], "budget": used["budget"],
        "draws": used["n_draws"], "chosen": chosen["term"].tolist(), "k_chosen": len(chosen),
        "k_pays": alone.count("pays"), "k_loses": alone.count("loses"),
    }  # fmt: skip
    for name in ("npv", "rosq", "payback"):
        found[f"{name}_interval"] = (rows[name]["conf_low"], rows[name]["conf_high"])
    found["verdict"] = verdict(found["p"], level)
    if len(chosen):
        found["least_chosen"] = chosen["chosen_share"].min()
    return found | _rules(table) | _parts(result) | _links(result)


def _rules(table: pd.DataFrame) -> dict[str, Any]:
    """Return what is funded only because another needs it, and what is left out only because another rules it out."""
    chosen = set(table.loc[table["chosen"], "term"])
    worth = dict(zip(table["term"], table["estimate"], strict=True))
    needs = [(one, other) for one, other in _pairs(table, "requires") if one in chosen and worth[other] < 0]
    rivals = [
        (one, other)
        for one, other in _pairs(table, "excludes")
        if one not in chosen and other in chosen and worth[one] > 0
    ]
    return {
        "carried": list(dict.fromkeys(other for _, other in needs)),
        "carriers": list(dict.fromkeys(one for one, _ in needs)),
        "left_out": list(dict.fromkeys(one for one, _ in rivals)),
        "rivals": list(dict.fromkeys(other for _, other in rivals)),
    }


def _pairs(table: pd.DataFrame, rule: str) -> list[tuple[str, str]]:
    return [
        (term, other) for term, others in zip(table["term"], table[rule], strict=True) for other in others.split(";")
        if other
    ]  # fmt: skip


def _parts(result: ReturnsResult) -> dict[str, Any]:
    table = result.parts.sort_values("estimate", ascending=False)
    found: dict[str, Any] = {}
    if len(table) and table["estimate"].iloc[0] > 0:
        row = table.iloc[0]
        found = {"best_part": row["term"], "best_part_value": row["estimate"],
                 "best_part_value_interval": (row["conf_low"], row["conf_high"])}  # fmt: skip
    return found | ({"worst_part": table["term"].iloc[-1]} if len(table) else {})


def _links(result: ReturnsResult) -> dict[str, Any]:
    if result.links.empty:
        return {}
    widest = result.links.iloc[0]
    found = {"widest": widest["term"], "widest_from": widest["npv_low"], "widest_to": widest["npv_high"],
             "inputs": len(result.links), "bars": min(MOST_BARS, len(result.links))}  # fmt: skip
    drawn = result.links[result.links["share"].notna()]
    if len(drawn):
        top = drawn.iloc[int(drawn["share"].to_numpy().argmax())]
        found |= {"top_link": top["term"], "top_share": top["share"], "break_even_value": top["break_even"]}
    return found


def unit(result: ReturnsResult, lang: Lang = "en") -> str:
    """Return the unit of money in words: ``M CNY`` or ``百万元``."""
    return money_name(result.currency, result.money).text(lang)


def digits(result: ReturnsResult) -> int:
    """Return the digits after the point that money of this size needs."""
    spend = result.summary.loc[result.summary["measure"] == "spend", "estimate"].to_numpy(dtype=float)[0]
    return 1 if spend >= 10 else 2


def money(result: ReturnsResult, value: float, lang: Lang = "en") -> str:
    """Return an amount with its unit, typeset.

    Parameters
    ----------
    result : ReturnsResult
        With the unit of money.
    value : float
        The amount.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        For example ``−14.2 M CNY``.
    """
    return typeset(f"{formats.number(value, digits(result))} {unit(result, lang)}", lang).replace(
        " \u2009", "\u2009"
    )


def between(limits: tuple[float, float], places: int) -> str:
    """Return an interval of money in words, without its unit."""
    low, high = limits
    return formats.interval(low, high, places)


def quantity(value: float, of: str, lang: Lang = "en") -> str:
    """Return a link's value as its unit asks.

    Parameters
    ----------
    value : float
        The value.
    of : str
        The link.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Shares as per cent, large numbers without digits after the point.
    """
    if kinds.is_missing(value):
        return formats.MISSING
    shares = (
        "contribution_margin",
        "retention",
        "cost_saving",
        "discount_rate",
        "contingency",
        "causal_share",
    )
    if of in shares or of.endswith("_per_csat_point"):
        return kinds.shown(value, "share", lang, digits=0 if round(1000 * value) % 10 == 0 else 1)
    if of == "horizon":
        return kinds.shown(value, "score", lang)
    return formats.number(value, 0 if abs(value) >= WHOLE_FROM else 2 if abs(value) < 10 else 1)


def name_of(result: ReturnsResult, term: str, lang: Lang = "en") -> str:
    """Return the name of an initiative, a link, a part or a choice."""
    if term in result.context.labels or term not in WORDS:
        return result.context.label(term, lang)
    return word(term, lang)


def _named(result: ReturnsResult, found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    places = digits(result)
    values = dict(found)
    for key in ("best_part", "worst_part", "widest", "top_link"):
        if key in found:
            values[key] = name_of(result, found[key], lang)
    for key in ("chosen", "carried", "carriers", "left_out", "rivals"):
        values[key] = [name_of(result, one, lang) for one in found[key]]
    values |= {
        "npv_text": money(result, found["npv"], lang), "loss_text": money(result, abs(found["npv"]), lang),
        "spend_text": money(result, found["spend"], lang), "budget_text": money(result, found["budget"], lang),
        "npv_text_interval": between(found["npv_interval"], places),
        "unit": unit(result, lang), "band": BAND, "ci": result.context.ci_level,
    }  # fmt: skip
    if "best_part" in found:
        values["best_part_text"] = money(result, found["best_part_value"], lang)
        values["best_part_text_interval"] = between(found["best_part_value_interval"], places)
    if "widest" in found:
        values["widest_low"] = formats.number(found["widest_from"], places)
        values["widest_high"] = money(result, found["widest_to"], lang)
    if "top_link" in found:
        values["break_even"] = quantity(found["break_even_value"], found["top_link"], lang)
    return values


def title(result: ReturnsResult, *, lang: Lang = "en") -> str:
    """Return the page's title: the answer.

    Parameters
    ----------
    result : ReturnsResult
        The return.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text; it says that something pays back only where enough draws gain.
    """
    found = facts(result)
    return say(SENTENCES, f"title_{found['verdict']}", _named(result, found, lang), lang, markdown=False)


def describe(result: ReturnsResult, *, lang: Lang = "en") -> str:
    """Return the answer in a few sentences.

    Parameters
    ----------
    result : ReturnsResult
        The return.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown.
    """
    found = facts(result)
    values = _named(result, found, lang)
    codes = ["level", "paid" if found["verdict"] == "pays" else "paid_share"]
    codes.append("part" if "best_part" in found else "no_part")
    if "top_link" in found:
        codes.append("link" if kinds.is_missing(found["break_even_value"]) else "link_even")
    listed = "choice" if found["k_chosen"] <= NAMED else "choice_all"
    choice = [listed if found["k_chosen"] else "choice_none"]
    choice += [code for code in ("carried", "left_out") if found[code]]
    parts = [[say(SENTENCES, code, values, lang) for code in one] for one in (codes, choice)]
    return "\n\n".join(paragraph(one, lang) for one in parts)


def finding(result: ReturnsResult, figure: str, *, lang: Lang = "en") -> tuple[str, str]:
    """Return the title (what a figure shows) and the subtitle (what is plotted) of a figure.

    Parameters
    ----------
    result : ReturnsResult
        The return.
    figure : {"cash", "initiatives", "tornado", "parts", "frontier"}
        Which figure.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text.
    """
    found = facts(result)
    values = _named(result, found, lang)
    code = f"finding_{figure}"
    if figure == "parts" and "best_part" not in found:
        code = "finding_parts_none"
    if figure == "frontier" and not result.frontier["k"].max():
        code = "finding_frontier_none"
    return tuple(say(SENTENCES, one, values, lang, markdown=False) for one in (code, f"sub_{figure}"))  # type: ignore[return-value]
