"""What the scorecard says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.scores import ScoresResult
from svcq_lib.formats import Lang, number
from svcq_lib.kinds import is_missing
from svcq_lib.narrative import score_peers
from svcq_lib.narrative.phrases import one_sided, paragraph, say
from svcq_lib.narrative.scores_sentences import SENTENCES
from svcq_lib.vocabulary import word

SPOKEN = 2
"""How many figures the opening sentences name; the cards show the others."""

GOALS = ("target", "benchmark")
VERDICTS = ("met", "missed", "unclear")


def lead(result: ScoresResult) -> str:
    """Return the outcome that the report leads with: the first one that is shown."""
    shown = result.headline[result.headline["primary"] & ~result.headline["suppressed"]]
    return str(shown["outcome"].iloc[0]) if len(shown) else ""


def facts(result: ScoresResult) -> dict[str, Any]:
    """Return what the sentences may say, as raw numbers and machine names.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.

    Returns
    -------
    dict
        ``levels`` (one dict per primary figure), ``previous`` and ``first`` (see :func:`changes_of`), ``target``
        and ``benchmark`` (verdict → how many), ``response`` (see :func:`response_of`), ``lead`` and ``empty``.
    """
    table = result.headline
    levels = []
    for row in table[table["primary"] & ~table["suppressed"]].to_dict(orient="records"):
        one = {name: row[name] for name in ("outcome", "measure", "estimate")}
        one["interval"] = (row["conf_low"], row["conf_high"])
        if row["measure"] == "nps":
            own = table[table["outcome"] == row["outcome"]].set_index("measure")["estimate"]
            one |= {name: own[name] for name in ("promoters", "detractors")}
        levels.append(one)
    found: dict[str, Any] = {"levels": levels, "lead": lead(result), "empty": not levels}
    for since in ("previous", "first"):
        found[since] = changes_of(result, since)
    for kind in GOALS:
        verdicts = result.goals.loc[result.goals["kind"] == kind, "verdict"]
        found[kind] = {one: int((verdicts == one).sum()) for one in VERDICTS}
    return {**found, "response": response_of(result)}


def response_of(result: ScoresResult) -> dict[str, Any]:
    """Return who was asked and who answered.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.

    Returns
    -------
    dict
        invited and response_rate of the whole; coverage and coverage_target of the latest period, which is named;
        empty if it is not known.
    """
    if result.response.empty:
        return {}
    whole, latest = (result.response.iloc[i] for i in (0, -1))
    found = {name: float(whole[name]) for name in ("invited", "response_rate")}
    covered = {name: float(latest[name]) for name in ("coverage", "coverage_target")}
    return {**found, **covered, "period": latest["period"]}


def changes_of(result: ScoresResult, since: str) -> dict[str, Any]:
    """Return which outcomes changed beyond noise.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.
    since : {"previous", "first"}
        The earlier period.

    Returns
    -------
    dict
        better, worse, same (outcomes), period, previous; empty if there is no such period.
    """
    table = result.changes[result.changes["since"] == since] if len(result.changes) else result.changes
    table = table.dropna(subset=["change"]) if len(table) else table
    if table.empty:
        return {}
    sure = (table["p_adjusted"] < 1 - result.context.ci_level).astype(bool)
    up = (table["change"] > 0) == table["high_is_good"].astype(bool)
    return {
        "better": table.loc[sure & up, "outcome"].tolist(),
        "worse": table.loc[sure & ~up, "outcome"].tolist(),
        "same": table.loc[~sure, "outcome"].tolist(),
        "period": table["period"].iloc[0],
        "previous": table["previous"].iloc[0],
    }


def title(result: ScoresResult, *, lang: Lang = "en") -> str:
    """Return the page's title: the answer.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.
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
    first = found["levels"][0]
    values = {**first, **found["previous"], "label": result.context.label(first["outcome"], lang)}
    text = say(SENTENCES, first["measure"], values, lang, markdown=False)
    if result.context.period is None and found["previous"]:
        return _whole(text, first["outcome"], found, lang)
    for group in ("better", "worse", "same"):
        if first["outcome"] in found["previous"].get(group, ()):
            text += say(SENTENCES, f"title_{group}", values, lang, markdown=False)
    return text


def _whole(level: str, outcome: str, found: dict[str, Any], lang: Lang) -> str:
    """Return the title of a page on all periods: a change between two of them is not one of the level over all."""
    text = say(SENTENCES, "title_whole", {"level": level}, lang, markdown=False)
    for since in ("first", "previous"):
        for group in ("better", "worse"):
            if outcome in found[since].get(group, ()):
                return text + say(SENTENCES, f"title_whole_{group}", found[since], lang, markdown=False)
    return text


def describe(result: ScoresResult, *, lang: Lang = "en") -> str:
    """Return the answer in a few sentences.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown.
    """
    found, label = facts(result), result.context.label
    parts = [
        say(SENTENCES, f"level_{one['measure']}", {**one, "label": label(one["outcome"], lang)}, lang)
        for one in found["levels"][:SPOKEN]
    ]
    for since in ("previous", "first"):
        changed = found[since]
        for group in ("better", "worse"):
            if changed.get(group):
                names = [label(name, lang) for name in changed[group]]
                parts.append(say(SENTENCES, group, {**changed, group: names}, lang))
        if since == "previous" and changed and not (changed["better"] or changed["worse"]):
            parts.append(say(SENTENCES, "same", changed, lang))
    parts += score_peers.sentences(result, lang=lang)
    if not found["empty"]:
        parts.append(_goals(found, lang))
    if found["response"]:
        code = "response" if is_missing(found["response"]["coverage"]) else "response_covered"
        parts.append(say(SENTENCES, code, found["response"], lang))
    return paragraph(parts, lang)


def _goals(found: dict[str, Any], lang: Lang) -> str:
    """Return how many targets are met, and how many benchmarks the figures are better than."""
    clauses = []
    for kind in GOALS:
        counts = {one: count for one, count in found[kind].items() if count}
        if counts:
            said = [
                say(SENTENCES, f"{kind}_{one}", {"count": count}, lang, markdown=False)
                for one, count in counts.items()
            ]
            values = {"count": sum(counts.values()), "verdicts": said}
            clauses.append(say(SENTENCES, kind, values, lang))
    if not clauses:
        return ""
    text = SENTENCES[lang]["target_then_benchmark"].join(clauses) + SENTENCES[lang]["goals_end"]
    return text[:1].upper() + text[1:]


def finding(
    result: ScoresResult, figure: str, *, outcome: str = "", segment: str = "", lang: Lang = "en"
) -> tuple[str, str]:
    """Return the title (what a figure shows) and the subtitle (what is plotted) of a figure.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.
    figure : {"periods", "peers", "segments", "distribution", "response"}
        Which figure.
    outcome, segment : str
        What it is about.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text.
    """
    found = facts(result)
    if figure == "peers":
        return score_peers.finding(result, lang=lang)
    if figure == "response":
        rows = result.response[result.response["span"] == "period"]
        values = {
            **found["response"],
            "ci": result.context.ci_level,
            "base": (rows["n"].min(), rows["n"].max()),
        }
        said = [say(SENTENCES, f"{one}_response", values, lang, markdown=False) for one in ("finding", "sub")]
        return said[0], said[1]
    outcome = outcome or lead(result)
    table = getattr(result, figure)
    table = table[table["outcome"] == outcome]
    if figure == "segments":
        table = table[(table["segment"] == segment) & ~table["suppressed"].astype(bool)]
    measure = result.headline[(result.headline["outcome"] == outcome) & result.headline["primary"]][
        "measure"
    ].iloc[0]
    method = {"method": word(result.context.adjustment, lang)}
    adjusted = result.context.adjustment != "none"
    values = {
        **_since(result, found, outcome),
        "label": result.context.label(outcome, lang),
        "segment": result.context.label(segment, lang),
        "measure": word(measure, lang),
        "ci": result.context.ci_level,
        "adjusted": say(SENTENCES, "adjusted", method, lang, markdown=False) if adjusted else "",
        "base": (table["n"].sum(),) * 2 if figure == "distribution" else (table["n"].min(), table["n"].max()),
        "weighted": SENTENCES[lang]["weighted_word"] if result.context.weight else "",
        **_levels(result, table),
    }
    code = _finding(values, figure, outcome)
    return tuple(say(SENTENCES, one, values, lang, markdown=False) for one in (code, f"sub_{figure}"))  # type: ignore[return-value]


def _since(result: ScoresResult, found: dict[str, Any], outcome: str) -> dict[str, Any]:
    """Return the change that a trend is judged by: since the first period, else since the one before."""
    since = "first" if found["first"] else "previous"
    if not found[since]:
        return {}
    rows = result.changes[(result.changes["since"] == since) & (result.changes["outcome"] == outcome)]
    size = abs(rows["change"].iloc[0]) if len(rows) else float("nan")
    share = len(rows) and rows["measure"].iloc[0] == "share"
    return {**found[since], "change": number(100 * size if share else size, 1 if share else 2)}


def _finding(values: dict[str, Any], figure: str, outcome: str) -> str:
    if figure == "segments":
        return f"finding_segments{one_sided(values['worse'], values['better'])}"
    if figure == "distribution":
        return "finding_distribution"
    if "previous" not in values:
        return "finding_periods_only"
    for group in ("better", "worse"):
        if outcome in values[group]:
            return f"finding_periods_{group}"
    return "finding_periods_none"


def _levels(result: ScoresResult, table: pd.DataFrame) -> dict[str, Any]:
    if "p_adjusted" not in table:
        return {}
    sure = table[table["p_adjusted"] < 1 - result.context.ci_level]
    good = (sure["difference"] > 0) == sure["high_is_good"].astype(bool)
    return {"levels": len(table), "better": int(good.sum()), "worse": int((~good).sum())}
