"""The tables of the gap analysis as they are shown."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.gaps import GapsResult
from svcq_lib.formats import MISSING, Lang
from svcq_lib.tables.model import DisplayTable, Tone, display_table
from svcq_lib.vocabulary import label, word

GAP_COLUMNS = ("expectation", "perception", "gap", "conf_low", "conf_high", "effect_size", "p_adjusted", "n")
PERCEPTION_COLUMNS = ("estimate", "conf_low", "conf_high", "n", "n_eff")
PARTS = ("knowledge_gap", "standards_gap", "delivery_gap", "remainder", "customer_gap", "communication_gap")
"""Order of the gaps: what adds up, its sum, and the communication gap beside it."""
SCHEMES = ("own_points", "mean_points", "derived_weights", "given_weights", "equal_weights")
"""Order of the choices of importance weights."""
COLUMNS = {
    "segments": ["level", "estimate", "conf_low", "conf_high", "difference", "p_adjusted", "n"],
    "changes": ["term", "previous", "estimate", "change", "p_adjusted", "n"],
    "contrasts": ["term", "other", "difference", "p_adjusted", "n"],
    "chain": ["term", *PARTS, "largest", "p_largest", "n"],
    "importance": ["term", *SCHEMES, "n"],
    "zone": ["term", "msa", "mss", "below", "within", "above", "n"],
    "quality": ["term", "ceiling", "at_top", "alpha", "expectation_alpha", "correlation", "reliability", "n"],
    "challenge": ["predictors", "r_squared", "difference", "folds", "n"],
    "interactions": ["segment", "levels", "statistic", "df", "df_residual", "p_adjusted", "n"],
}
"""Columns of the tables that look alike in both modes."""
CODED = {"largest": "chain", "predictors": "challenge"}
"""Columns whose codes are put in words, and their table."""


def shown(result: GapsResult, frame: pd.DataFrame, name: str, lang: Lang) -> DisplayTable:
    """Return a table of the result as it is shown.

    Parameters
    ----------
    result : GapsResult
        The result.
    frame : DataFrame
        Its table; for segments the groups of one, with their names.
    name : str
        Which table.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    DisplayTable
        The table.
    """
    paired = result.mode == "gap"
    if name in ("chain", "importance"):
        frame, tones = (_chain if name == "chain" else _importance)(result)
    else:
        tones = _tones(frame, name, 1 - result.context.ci_level)
    for column in (one for one, table in CODED.items() if table == name):
        frame = frame.assign(**{column: [word(code, lang) if code else MISSING for code in frame[column]]})
    columns = list(COLUMNS.get(name, ["term", *(GAP_COLUMNS if paired else PERCEPTION_COLUMNS)]))
    if name == "dimensions":
        columns += ["share"] if paired else ["alpha"]
    columns = [one for one in columns if one in frame and (one != "share" or frame[one].notna().any())]
    hidden = ["perception_low", "perception_high", "at_top_low", "at_top_high"]
    hidden += ["within_low", "within_high", "above_low", "above_high"]  # ten columns are enough
    frame = frame.drop(columns=hidden, errors="ignore")
    return display_table(
        frame,
        columns=columns,
        labels=result.context.labels,
        lang=lang,
        ci_level=result.context.ci_level,
        highlight=tones,
        kinds={
            "estimate": "signed" if paired else "number",
            **({"df": "count"} if name == "interactions" else {}),
        },
        headings=_headings(result, name, lang),
        digits={"share": 1, "correlation": 2},
    )


def _chain(result: GapsResult) -> tuple[pd.DataFrame, dict[str, dict[Any, Tone]]]:
    """Return one row per dimension with a column per gap, and the tones of those that differ from zero."""
    rows = result.chain[result.chain["dimension"] == ""]
    order = [term for term in result.dimensions["term"] if term in set(rows["term"])]
    wide = rows.pivot(index="term", columns="part", values="estimate").reindex(order)
    likely = rows[rows["p_largest"] >= result.context.ci_level].set_index("term")
    wide["largest"] = likely["part"].reindex(order).fillna("")
    wide["p_largest"] = rows.groupby("term")["p_largest"].max().reindex(order)
    wide["n"] = rows.groupby("term")["n"].max().reindex(order)
    sure = rows[rows["p_adjusted"] < 1 - result.context.ci_level]
    place = {term: i for i, term in enumerate(order)}
    tones: dict[str, dict[Any, Tone]] = {}
    for part, term, size in zip(sure["part"], sure["term"], sure["estimate"], strict=True):
        tones.setdefault(part, {})[place[term]] = "bad" if size < 0 else "good"
    return wide.reset_index(), tones


def _importance(result: GapsResult) -> tuple[pd.DataFrame, dict[str, dict[Any, Tone]]]:
    """Return each dimension's share of the gap under every choice of weights; what surely leads is strong."""
    rows = result.importance
    order = result.dimensions["term"].tolist()
    wide = rows.pivot(index="term", columns="scheme", values="share").reindex(order)
    wide["n"] = rows.groupby("term")["n"].min().reindex(order)
    sure = rows[(rows["rank"] == 1) & (rows["p_leads"] >= result.context.ci_level)]
    tones: dict[str, dict[Any, Tone]] = {
        scheme: {order.index(term): "strong"}
        for scheme, term in zip(sure["scheme"], sure["term"], strict=True)
    }
    return wide.reset_index(), tones


def _headings(result: GapsResult, name: str, lang: Lang) -> dict[str, str]:
    alone = len(result.dimensions) == 1
    return {
        "estimate": label("gap" if result.mode == "gap" else "perception", lang),
        "term": label("item" if name == "items" or (alone and name == "contrasts") else "dimension", lang),
    }


def _tones(frame: pd.DataFrame, name: str, alpha: float) -> dict[str, dict[Any, Tone]]:
    """Return which figures are set in the warning or the good colour: only those beyond noise."""
    column = {"segments": "difference", "changes": "change"}.get(name, "gap")
    if column not in frame or "p_adjusted" not in frame or name == "contrasts":
        return {}
    sure = frame["p_adjusted"] < alpha
    return {column: {i: "bad" if frame.loc[i, column] < 0 else "good" for i in frame.index[sure]}}
