"""The switchboard of contested defaults in words."""

from __future__ import annotations

import pandas as pd

from svcq_lib import kinds
from svcq_lib.analyses.context import Context
from svcq_lib.formats import Lang
from svcq_lib.narrative.phrases import say, typeset
from svcq_lib.vocabulary import COLUMNS, WORDS, Kind, label, word

SENTENCES = {
    "en": {
        "heading": "Contested defaults and the headline without them",
        "same": "Each default below can be argued about. The headline stays the same under {k:n} {k:alternative|alternatives}.",
        "different": "Each default below can be argued about. A headline would change under {different:n} of {k:n} {k:alternative|alternatives}: {names:list}.",
        "none": "cannot be computed",
    },
    "zh": {
        "heading": "有争议的默认做法及其替代结果",
        "same": "下列每项默认做法都可商榷。在 {k:n} 种替代做法下，主要结论不变。",
        "different": "下列每项默认做法都可商榷。在 {k:n} 种替代做法中，有 {different:n} 种会改变主要结论：{names:list}。",
        "none": "无法计算",
    },
}


def heading(lang: Lang = "en") -> str:
    """Return the title of the table."""
    return SENTENCES[lang]["heading"]


def describe(switches: pd.DataFrame, *, lang: Lang = "en") -> str:
    """Return whether the headline depends on a contested default.

    Parameters
    ----------
    switches : DataFrame
        From :func:`svcq_lib.analyses.switches.switches`, at least one row.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        Markdown.
    """
    known = switches[switches["same_answer"].notna()]
    other = known[~known["same_answer"].astype(bool)]
    form = "{}（{}）" if lang == "zh" else "{} – {}"
    pairs = other[["default", "alternative"]].drop_duplicates().to_numpy()
    names = [form.format(*(_words(code, lang) for code in pair)) for pair in pairs]
    values = {"k": len(known), "different": len(other), "names": names}
    return say(SENTENCES, "different" if names else "same", values, lang)


def worded(switches: pd.DataFrame, context: Context, *, lang: Lang = "en") -> pd.DataFrame:
    """Return the switchboard as the reader sees it.

    Parameters
    ----------
    switches : DataFrame
        From :func:`svcq_lib.analyses.switches.switches`.
    context : Context
        Labels.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    DataFrame
        ``default``, ``used``, ``alternative``, ``headline``, ``headline_alternative``, ``same_answer``: words.
    """
    rows = []
    for row in switches.to_dict(orient="records"):
        names = {key: _words(str(row[key]), lang) for key in ("default", "used", "alternative")}
        own = _figure(
            row["term"], row["kind"], row["estimate"], row["conf_low"], row["conf_high"], context, lang
        )
        other = _figure(
            row["alternative_term"], row["kind"], row["alternative_estimate"], row["alternative_low"],
            row["alternative_high"], context, lang,
        )  # fmt: skip
        rows.append(
            {**names, "headline": own, "headline_alternative": other, "same_answer": row["same_answer"]}
        )
    return pd.DataFrame(rows)


def _words(code: str, lang: Lang) -> str:
    """Return a coded value or a column in words; a figure such as ``10 %`` says itself."""
    if code[:1].isdigit():
        return code
    return label(code, lang) if code in COLUMNS and code not in WORDS else word(code, lang)


def _figure(
    term: str, kind: Kind, value: float, low: float, high: float, context: Context, lang: Lang
) -> str:
    if kinds.is_missing(value):
        return SENTENCES[lang]["none"]
    name = context.label(term, lang) if term in context.labels or term not in WORDS else word(term, lang)
    limits = "" if kinds.is_missing(low) else f" {kinds.shown_interval(low, high, kind)}"
    colon = "：" if lang == "zh" else ": "
    return typeset(f"{name}{colon}{kinds.shown(value, kind, lang)}{limits}", lang)
