"""What the instrument report says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.instrument import InstrumentResult
from svcq_lib.formats import Lang
from svcq_lib.narrative.instrument_sentences import SENTENCES
from svcq_lib.narrative.phrases import paragraph, say

NAMED = 3
"""Most names that a title lists."""
INDICES = ("cfi", "tli", "rmsea", "srmr")


def facts(result: InstrumentResult) -> dict[str, Any]:
    """Return what the sentences may say, as raw numbers and machine names.

    Parameters
    ----------
    result : InstrumentResult
        The instrument report.

    Returns
    -------
    dict
        Among others ``weak`` and ``open`` (dimensions whose interval of reliability lies below or holds the mark), the
        fit indices with ``missed`` and ``open_indices``, ``invariance`` (the highest level that holds, ``"none"``, or
        empty without a test) and the highest HTMT.
    """
    criteria = result.criteria.set_index("criterion")
    return {
        **_reliability(result, criteria), **_fit(criteria), **_number(result), **_pairs(result, criteria),
        **_loadings(result), **_groups(result), **_straight(result),
    }  # fmt: skip


def _reliability(result: InstrumentResult, criteria: pd.DataFrame) -> dict[str, Any]:
    table = result.reliability[result.reliability["estimate"].notna()]
    if table.empty:
        return {"k": 0, "weak": [], "open": []}
    mark = criteria["threshold"]["reliability"]
    low, high = table.iloc[0], table.iloc[-1]
    # without an interval the figure itself decides
    floor, ceiling = (table[limit].fillna(table["estimate"]) for limit in ("conf_low", "conf_high"))
    weak, unclear = ceiling < mark, (floor < mark) & (ceiling >= mark)
    return {
        "k": len(table), "mark": mark, "weak": table.loc[weak, "term"].tolist(), "k_weak": int(weak.sum()),
        "open": table.loc[unclear, "term"].tolist(), "k_open": int(unclear.sum()),
        "weakest": low["term"], "low": low["estimate"], "low_interval": (low["conf_low"], low["conf_high"]),
        "strongest": high["term"], "high": high["estimate"], "high_interval": (high["conf_low"], high["conf_high"]),
    }  # fmt: skip


def _fit(criteria: pd.DataFrame) -> dict[str, Any]:
    rows = criteria[criteria.index.isin(INDICES)]
    if len(rows) < len(INDICES):
        return {}
    found: dict[str, Any] = {name: rows.loc[name, "estimate"] for name in INDICES}
    found["rmsea_interval"] = (rows.loc["rmsea", "conf_low"], rows.loc["rmsea", "conf_high"])
    for key, verdict in (("missed", "missed"), ("open_indices", "open")):
        found[key] = [name.upper() for name in rows.index[rows["verdict"] == verdict]]
    return found


def _number(result: InstrumentResult) -> dict[str, Any]:
    row = result.whole.iloc[0]
    if pd.isna(row["suggested"]):
        return {}
    return {"suggested": int(row["suggested"]), "declared": int(row["declared"])}


def _pairs(result: InstrumentResult, criteria: pd.DataFrame) -> dict[str, Any]:
    table = result.correlations[result.correlations["htmt"].notna()]
    if table.empty:
        return {}
    mark = criteria["threshold"]["htmt"]
    top = table.iloc[int(table["htmt"].to_numpy(dtype=float).argmax())]
    floor, ceiling = (table[limit].fillna(table["htmt"]) for limit in ("htmt_low", "htmt_high"))
    return {
        "pairs": len(table), "overlaps": int((floor > mark).sum()),
        "opens": int(((floor <= mark) & (ceiling > mark)).sum()), "htmt_mark": mark, "htmt": top["htmt"],
        "htmt_interval": (top["htmt_low"], top["htmt_high"]), "first": top["term"], "second": top["other"],
        "htmt_verdict": str(criteria.loc["htmt", "verdict"]),
    }  # fmt: skip


def _loadings(result: InstrumentResult) -> dict[str, Any]:
    table = result.loadings
    if table.empty:
        return {}
    values = table["estimate"].to_numpy(dtype=float)
    return {
        "load_low": values.min(), "load_high": values.max(), "load_term": table["term"].iloc[int(values.argmin())]
    }  # fmt: skip


def _groups(result: InstrumentResult) -> dict[str, Any]:
    table = result.invariance
    if table.empty:
        return {}
    held = table.loc[table["level_holds"].astype(bool), "level"].tolist()
    return {
        "invariance": held[-1] if held else "none", "segment": table["segment"].iloc[0],
        "groups": int(table["groups"].iloc[0]), "allowed": float(table["allowed_drop"].iloc[0]),
    }  # fmt: skip


def _straight(result: InstrumentResult) -> dict[str, Any]:
    rows = result.quality[result.quality["term"] == "straight_lining"]
    if rows.empty or pd.isna(rows["estimate"].iloc[0]):
        return {}
    row = rows.iloc[0]
    return {"straight": row["estimate"], "straight_interval": (row["conf_low"], row["conf_high"])}


def _named(result: InstrumentResult, found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    label, named = result.context.label, dict(found)
    for key in ("weakest", "strongest", "segment", "first", "second", "load_term"):
        if key in named:
            named[key] = label(named[key], lang)
    for key in ("weak", "open"):
        named[key] = [label(name, lang) for name in named[key]]
    if "first" in named:
        named["pair"] = say(SENTENCES, "pair", named, lang, markdown=False)
    return named


def title(result: InstrumentResult, *, lang: Lang = "en") -> str:
    """Return the page's title: the answer.

    Parameters
    ----------
    result : InstrumentResult
        The instrument report.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text.
    """
    found = facts(result)
    values = _named(result, found, lang)
    if not found["k"]:
        return say(SENTENCES, "title_empty", values, lang, markdown=False)
    side = "weak" if found["weak"] else "open" if found["open"] else ""
    many = "many_" if side and len(found[side]) > NAMED else ""
    reliable = "reliable" if found["k"] > 1 else "reliable_one"
    text = say(SENTENCES, f"title_{many}{side or reliable}", values, lang, markdown=False)
    if "missed" in found:
        text += say(SENTENCES, f"title_fit_{_fit_code(found, side)}", values, lang, markdown=False)
    return text


def _fit_code(found: dict[str, Any], side: str) -> str:
    """Return how the four indices agree; a good fit is joined by "and" only to good reliability."""
    if len(found["missed"]) == len(INDICES):
        return "missed"
    if found["missed"] or found["open_indices"]:
        return "mixed"
    return "met_but" if side else "met"


def describe(result: InstrumentResult, *, lang: Lang = "en") -> str:
    """Return the answer in a few sentences.

    Parameters
    ----------
    result : InstrumentResult
        The instrument report.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown.
    """
    found = facts(result)
    values = _named(result, found, lang)
    codes = [*_reliability_codes(found), *_structure_codes(found)]
    codes += [f"invariance_{found['invariance']}"] if found.get("invariance") else []
    codes += ["straight"] if "straight" in found else []
    return paragraph([say(SENTENCES, code, values, lang) for code in codes], lang)


def _reliability_codes(found: dict[str, Any]) -> list[str]:
    if not found["k"]:
        return []
    return ["range" if found["k"] > 1 else "one", *(code for code in ("weak", "open") if found[code])]


def _structure_codes(found: dict[str, Any]) -> list[str]:
    codes = []
    if "missed" in found:
        settled = not found["missed"] and not found["open_indices"]
        codes += ["fit", *(["fit_met"] if settled else [])]
        codes += [
            code for code, key in (("fit_missed", "missed"), ("fit_open", "open_indices")) if found[key]
        ]
    if "suggested" in found:
        codes.append("same_number" if found["suggested"] == found["declared"] else "other_number")
    if "htmt_verdict" in found:
        codes.append({"met": "distinct", "missed": "overlap", "open": "overlap_open"}[found["htmt_verdict"]])
    return codes


def finding(result: InstrumentResult, figure: str, *, lang: Lang = "en") -> tuple[str, str]:
    """Return the title (what a figure shows) and the subtitle (what is plotted) of a figure.

    Parameters
    ----------
    result : InstrumentResult
        The instrument report.
    figure : {"reliability", "loadings", "scree", "pairs"}
        Which figure.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text.
    """
    found = facts(result)
    frame = {
        "reliability": result.reliability, "loadings": result.loadings, "scree": result.eigenvalues,
        "pairs": result.correlations,
    }[figure]  # fmt: skip
    bases = frame["n"] if len(frame) else result.whole["n"]
    values = _named(result, found, lang) | {
        "ci": result.context.ci_level, "base": (int(bases.min()), int(bases.max())),
        "weighted": SENTENCES[lang]["weighted_word"] if result.context.weight else "",
    }  # fmt: skip
    codes = (f"finding_{figure}{_ending(figure, found)}", f"sub_{figure}")
    return tuple(say(SENTENCES, one, values, lang, markdown=False) for one in codes)  # type: ignore[return-value]


def _ending(figure: str, found: dict[str, Any]) -> str:
    shown = {"reliability": "low", "loadings": "load_low", "scree": "suggested", "pairs": "pairs"}[figure]
    if shown not in found:
        return "_none"
    if figure == "reliability":
        return "_weak" if found["weak"] and found["k"] > 1 else "_one" if found["k"] == 1 else ""
    if figure == "pairs":
        both = found["opens"] and found["overlaps"]
        return "_mixed" if both else "_open" if found["opens"] else "_overlap" if found["overlaps"] else ""
    return ""
