"""What the benchmark says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib import kinds
from svcq_lib.analyses.benchmark import BenchmarkResult
from svcq_lib.analyses.benchmark_mix_effects import JOINT
from svcq_lib.formats import THIN, Lang
from svcq_lib.narrative import benchmark_control
from svcq_lib.narrative.benchmark_sentences import SENTENCES
from svcq_lib.narrative.benchmark_words import away_interval, away_text, kind_of
from svcq_lib.narrative.phrases import paragraph, say
from svcq_lib.vocabulary import Kind, word

NAMED = 4
"""Most units that a title lists."""
SHIFTS = 10
"""Most units whose shift by case mix is drawn."""


def facts(result: BenchmarkResult) -> dict[str, Any]:
    """Return what the sentences may say, as raw numbers and machine names.

    Parameters
    ----------
    result : BenchmarkResult
        The benchmark.

    Returns
    -------
    dict
        Among others ``better``, ``worse`` and ``unclear`` units by their adjusted test, the common figures, the units
        outside the funnel, the units whose verdict case mix changes, mix and performance, figures of others.
    """
    shown = result.league[result.league["estimate"].notna()]
    found: dict[str, Any] = {"k": len(shown), "empty": len(shown) < 2}
    for verdict in ("better", "worse", "unclear"):
        names = shown.loc[shown["verdict"] == verdict, "unit"].tolist()
        found |= {verdict: names, f"k_{verdict}": len(names)}
    row = result.overall.iloc[0]
    found |= {"overall": row["estimate"], "interval": (row["conf_low"], row["conf_high"])}
    found["ranked"] = bool(shown["rank"].notna().any())
    found["withheld"] = any(note.code == "ranking_withheld" for note in result.notes)
    found["apart"] = bool(row["p_value"] < 1 - result.context.ci_level)
    if found["ranked"]:
        found |= {"best": row["best"], "best_interval": (row["best_low"], row["best_high"])}
        behind = shown["distance_high"] < 0 if result.high_is_good else shown["distance_low"] > 0
        found["k_behind"] = int(behind.sum())
        width = shown["rank_high"] - shown["rank_low"] + 1
        found |= {"width_low": int(width.min()), "width_high": int(width.max())}
    outside = result.funnel.loc[result.funnel["outside"] == "limit", "unit"].tolist()
    found |= {"outside": outside, "k_outside": len(outside), "k_drawn": len(result.funnel)}
    found |= {"phi": result.dispersion["phi"].iloc[0], "widened": bool(result.dispersion["tau2"].iloc[0] > 0)}
    if result.basis == "adjusted":
        found["changed"] = shown.loc[shown["verdict"] != shown["verdict_raw"], "unit"].tolist()
    verdicts = result.external["verdict"]
    found |= {f"external_{one}": int((verdicts == one).sum()) for one in ("better", "worse", "unclear")}
    return found | {
        "change": _change(result), "k_external": len(verdicts), "control": benchmark_control.control_facts(result),
    }  # fmt: skip


def _change(result: BenchmarkResult) -> dict[str, Any]:
    """Return the longest comparison over time: all case-mix segments jointly if there are several."""
    rows = result.changes
    if rows.empty:
        return {}
    joint = rows[rows["segment"] == JOINT]
    rows = joint if len(joint) else rows[rows["segment"] == rows["segment"].iloc[0]]
    row = rows.iloc[-1]
    made = {
        name: row[name]
        for name in ("change", "mix", "performance", "period", "previous", "since", "segment", "n")
    }
    limits = {
        f"{name}_interval": (row[f"{name}_low"], row[f"{name}_high"])
        for name in ("change", "mix", "performance")
    }
    return {**made, **limits, "sure": bool(row["change_low"] > 0 or row["change_high"] < 0)}


def _named(result: BenchmarkResult, found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    context, kind = result.context, kind_of(result)
    units: dict[str, Any] = {
        name: [context.level(result.unit, one, lang) for one in found[name]]
        for name in ("better", "worse", "outside", "changed")
        if name in found
    }
    method = {"method": word(context.adjustment, lang), "k": found["k"]}
    adjusted = (
        say(SENTENCES, "adjusted", method, lang, markdown=False) if context.adjustment != "none" else ""
    )
    basis = SENTENCES[lang][f"basis_{result.basis}"]
    comma = "，" if lang == "zh" else ", "
    how = [one for one in (basis, adjusted) if one]
    values: dict[str, Any] = {
        **found, **units, "adjusted": adjusted if lang == "en" or not adjusted else f"{adjusted}后",
        "how": (f"（{comma.join(how)}）" if lang == "zh" else " ".join(how)) if how else "",
        "unit": context.label(result.unit, lang), "outcome": context.label(result.outcome, lang),
        "measure": word(result.measure, lang), "basis": f"{basis}{comma}" if basis else "", "thin": THIN,
        "overall_text": kinds.shown(found["overall"], kind, lang),
        "overall_interval": _span(found["interval"], kind),
        "weighted": SENTENCES[lang]["weighted_word"] if context.weight else "", "ci": context.ci_level,
    }  # fmt: skip
    if found["ranked"]:
        values |= {
            "best_text": kinds.shown(found["best"], kind, lang),
            "best_interval": _span(found["best_interval"], kind),
        }
    return values | _change_words(result, found["change"], lang)


def _span(limits: tuple[float, float], kind: Kind) -> str:
    return "" if kinds.is_missing(limits[0]) else kinds.shown_interval(*limits, kind)


def _change_words(result: BenchmarkResult, change: dict[str, Any], lang: Lang) -> dict[str, Any]:
    if not change:
        return {}
    values: dict[str, Any] = {
        "period": change["period"],
        "previous": change["previous"],
        "n_change": change["n"],
    }
    for name in ("change", "mix", "performance"):
        values[f"{name}_text"] = away_text(result, change[name], lang)
        values[f"{name}_interval"] = away_interval(result, *change[f"{name}_interval"])
    return values


def title(result: BenchmarkResult, *, lang: Lang = "en") -> str:
    """Return the page's title: the answer.

    Parameters
    ----------
    result : BenchmarkResult
        The benchmark.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Plain text.
    """
    found = facts(result)
    values = _named(result, found, lang)
    code = _title_code(found)
    text = say(SENTENCES, code, values, lang, markdown=False)
    if code in ("title_many", "title_none"):
        return say(SENTENCES, "by", values, lang, markdown=False) + (
            text if lang == "zh" else text[0].lower() + text[1:]
        )
    return text


def _title_code(found: dict[str, Any]) -> str:
    if found["empty"]:
        return "title_empty"
    if found["withheld"]:
        return "title_withheld"
    if not found["better"] and not found["worse"]:
        return "title_none"
    if max(found["k_better"], 0 if found["better"] else found["k_worse"]) > NAMED:
        return "title_many"
    if not found["unclear"] and found["better"] and 0 < found["k_worse"] <= NAMED:
        return "title_lead_all"
    return "title_lead" if found["better"] else "title_behind"


def describe(result: BenchmarkResult, *, lang: Lang = "en") -> str:
    """Return the answer in a few sentences.

    Parameters
    ----------
    result : BenchmarkResult
        The benchmark.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown.
    """
    found = facts(result)
    if found["empty"]:
        return ""
    values = _named(result, found, lang)
    codes = ["level", *[code for code in ("better", "worse") if found[code]]]
    codes += [] if found["better"] or found["worse"] else ["none"]
    if found["withheld"]:
        codes.append("withheld")
    elif found["ranked"]:
        practice = "practice" if result.high_is_good else "practice_low"
        codes.append(practice if found["apart"] else "alike")
    if "changed" in found:
        codes.append("changed" if found["changed"] else "unchanged")
    if found["change"]:
        codes.append("mix_both" if found["change"]["sure"] else "mix_none")
    codes += ["external"] if found["k_external"] else []
    clauses = {one: found[f"external_{one}"] for one in ("better", "worse", "unclear")}
    values["clauses"] = [
        say(SENTENCES, f"external_{one}", {**found, "count": count}, lang, markdown=False)
        for one, count in clauses.items()
        if count
    ]
    parts = [say(SENTENCES, code, values, lang) for code in codes[:2]]
    # how units were compared is said once
    parts += [say(SENTENCES, code, {**values, "how": ""}, lang) for code in codes[2:]]
    return paragraph([*parts, *benchmark_control.said(result, lang)], lang)


def finding(result: BenchmarkResult, figure: str, *, lang: Lang = "en") -> tuple[str, str]:
    """Return the title (what a figure shows) and the subtitle (what is plotted) of a figure.

    Parameters
    ----------
    result : BenchmarkResult
        The benchmark.
    figure : {"league", "ranks", "funnel", "adjusted", "changes", "control"}
        Which figure.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text.
    """
    found = facts(result)
    shown = result.league[result.league["estimate"].notna()]
    values = _named(result, found, lang) | {"base": (shown["n"].min(), shown["n"].max())}
    values |= _settings(result, found, lang)
    if figure == "control":
        return benchmark_control.control_finding(result, values, lang)
    code, sub = f"finding_{figure}", f"sub_{figure}"
    more = ""
    if figure == "ranks" and found.get("width_low") == found.get("width_high"):
        code = "finding_ranks_same"
    elif figure == "league" and not found["better"] and not found["worse"]:
        code = "finding_league_none"
    elif figure == "funnel":
        code += "_none" if not found["outside"] else "_many" if found["k_outside"] > NAMED else ""
        more = (
            say(SENTENCES, "finding_funnel_spread", values, lang, markdown=False) if found["widened"] else ""
        )
        sub += "_rate" if result.dispersion["form"].iloc[0] == "rate" else ""
    elif figure == "adjusted" and not found.get("changed"):
        code = "finding_adjusted_none"
    elif figure == "changes" and not found["change"].get("sure"):
        code = "finding_changes_none"
    return say(SENTENCES, code, values, lang, markdown=False) + more, say(
        SENTENCES, sub, values, lang, markdown=False
    )


def _settings(result: BenchmarkResult, found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    row, context = result.dispersion.iloc[0], result.context
    method, limits = {"method": word(row["method"], lang)}, "widened" if found["widened"] else result.limits
    segment = found["change"].get("segment", "")
    return {
        "limits": say(SENTENCES, f"limits_{limits}", method, lang, markdown=False),
        "mix": [context.label(one, lang) for one in result.case_mix],
        "shown": min(SHIFTS, found["k"]),
        "names": word(JOINT, lang) if segment == JOINT else context.label(segment, lang),
    }  # fmt: skip


def largest_shifts(result: BenchmarkResult) -> pd.DataFrame:
    """Return the units that case mix moves most, as the figure shows them."""
    shown = result.league[result.league["adjusted"].notna() & result.league["estimate"].notna()]
    shift = shown["adjusted"] - shown["estimate"]
    return shown.assign(shift=shift).loc[shift.abs().sort_values(ascending=False).index[:SHIFTS]]
