"""What the benchmark says of the figure over time."""

from __future__ import annotations

from typing import Any

from svcq_lib import kinds
from svcq_lib.analyses.benchmark import BenchmarkResult
from svcq_lib.analyses.benchmark_control import FIRM
from svcq_lib.formats import Lang
from svcq_lib.narrative.benchmark_sentences import SENTENCES
from svcq_lib.narrative.benchmark_words import kind_of
from svcq_lib.narrative.phrases import say
from svcq_lib.vocabulary import word


def control_facts(result: BenchmarkResult) -> dict[str, Any]:
    """Return points, special causes and targets of the chart over time.

    Parameters
    ----------
    result : BenchmarkResult
        The benchmark.

    Returns
    -------
    dict
        Empty without a chart.
    """
    drawn = result.over_time[result.over_time["estimate"].notna()]
    if drawn.empty:
        return {}
    special = drawn[drawn["signal"] > 0]
    found: dict[str, Any] = {
        "k_points": len(drawn), "k_special": len(special), "firm": FIRM, "few": len(drawn) < FIRM,
        "base": (drawn["n"].min(), drawn["n"].max()), "assurance": result.assurance["assurance"].tolist(), "targets": result.assurance["target"].tolist(),
    }  # fmt: skip
    if special.empty:
        return found
    last = special.iloc[-1]
    better = (last["estimate"] > last["centre"]) == result.high_is_good
    return found | {
        "latest": last["period"],
        "latest_rule": last["rule"],
        "side": "better" if better else "worse",
    }


def said(result: BenchmarkResult, lang: Lang) -> list[str]:
    """Return what running text says of the figure over time: nothing where its limits are not firm.

    Parameters
    ----------
    result : BenchmarkResult
        The benchmark.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    list of str
        Sentences in Markdown.
    """
    found = control_facts(result)
    if not found or found["few"]:
        return []
    values = _named(found, lang)
    first = say(SENTENCES, "control_signal" if found["k_special"] else "control_none", values, lang)
    targets = zip(result.assurance["assurance"], result.assurance["target"], strict=True)
    return [
        first,
        *(say(SENTENCES, f"assurance_{code}", _target(result, one, lang), lang) for code, one in targets),
    ]


def control_finding(result: BenchmarkResult, values: dict[str, Any], lang: Lang) -> tuple[str, str]:
    """Return title and subtitle of the chart over time.

    Parameters
    ----------
    result : BenchmarkResult
        The benchmark.
    values : dict
        Names of what is compared.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text.
    """
    found = control_facts(result)
    more = "_few" if found["few"] else "" if found["k_special"] else "_none"
    named = {**values, **_named(found, lang), "rules": word(result.rules, lang)}
    named["target"] = "".join(
        say(SENTENCES, "target_word", _target(result, one, lang), lang, markdown=False)
        for one in result.assurance["target"]
    )
    code = f"finding_control{more}"
    return say(SENTENCES, code, named, lang, markdown=False), say(
        SENTENCES, "sub_control", named, lang, markdown=False
    )


def _target(result: BenchmarkResult, value: float, lang: Lang) -> dict[str, Any]:
    return {"target_text": kinds.shown(value, kind_of(result), lang)}


def _named(found: dict[str, Any], lang: Lang) -> dict[str, Any]:
    if not found["k_special"]:
        return found
    return {
        **found,
        "rule": word(found["latest_rule"], lang),
        "side": SENTENCES[lang][f"side_{found['side']}"],
    }
