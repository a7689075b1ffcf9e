"""What is said of a unit beside all others."""

from __future__ import annotations

from typing import Any

from svcq_lib.analyses.scores import ScoresResult
from svcq_lib.formats import Lang, join
from svcq_lib.narrative.phrases import one_sided, say
from svcq_lib.narrative.scores_sentences import SENTENCES
from svcq_lib.vocabulary import word


def facts(result: ScoresResult) -> dict[str, Any]:
    """Return how the unit stands beside all others.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.

    Returns
    -------
    dict
        better, worse, same (outcomes) and k; empty where nothing is compared.
    """
    table = result.peers[result.peers["difference"].notna()]
    if table.empty:
        return {}
    sure = (table["p_adjusted"] < 1 - result.context.ci_level).astype(bool)
    good = (table["difference"] > 0) == table["high_is_good"].astype(bool)
    return {
        "better": table.loc[sure & good, "outcome"].tolist(), "worse": table.loc[sure & ~good, "outcome"].tolist(),
        "same": table.loc[~sure, "outcome"].tolist(), "k": len(table),
    }  # fmt: skip


def sentences(result: ScoresResult, *, lang: Lang = "en") -> list[str]:
    """Return what is said of the unit beside all others.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    list of str
        Markdown; empty where nothing is compared.
    """
    found, said = facts(result), []
    for group in ("better", "worse"):
        if found.get(group):
            names = [result.context.label(name, lang) for name in found[group]]
            said.append(say(SENTENCES, f"peers_{group}", {"names": names}, lang))
    return said or ([say(SENTENCES, "peers_none", {}, lang)] if found else [])


def finding(result: ScoresResult, *, lang: Lang = "en") -> tuple[str, str]:
    """Return title and subtitle of the figure.

    Parameters
    ----------
    result : ScoresResult
        The scorecard.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    title, subtitle : str
        Plain text; empty where nothing is compared.
    """
    found, context, rows = facts(result), result.context, result.peers
    if not found:
        return "", ""
    method = {"method": word(context.adjustment, lang)}
    values = {
        "worse": len(found["worse"]), "better": len(found["better"]), "k": found["k"], "ci": context.ci_level,
        "unit": join([context.level(segment, level, lang) for segment, level in context.filters.items()], lang),
        "base": (rows["n"].min(), rows["n"].max()), "others": (rows["n_peers"].min(), rows["n_peers"].max()),
        "adjusted": "" if context.adjustment == "none" else say(SENTENCES, "adjusted", method, lang, markdown=False),
        "weighted": SENTENCES[lang]["weighted_word"] if context.weight else "",
    }  # fmt: skip
    code = f"finding_peers{one_sided(values['worse'], values['better'])}"
    heading, subtitle = (say(SENTENCES, one, values, lang, markdown=False) for one in (code, "sub_peers"))
    return heading, subtitle
