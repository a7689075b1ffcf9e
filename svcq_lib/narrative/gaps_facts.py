"""What the sentences of the gap analysis may say: facts of the result."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svcq_lib.analyses.gaps import GapsResult

MOVES = ("closed", "widened", "grew", "shrank", "moved", "rose", "fell")
"""What a change is called, see :func:`move`."""


def facts(result: GapsResult) -> dict[str, Any]:
    """Return what the sentences may say, as raw numbers and machine names.

    Parameters
    ----------
    result : GapsResult
        The gap analysis.

    Returns
    -------
    dict
        Among others ``short``, ``unclear``, ``exceeds`` (dimensions by their adjusted test; items if there is one
        dimension), ``tied`` (those that cannot be told apart from the widest), the overall gap, its change and the
        groups that differ.
    """
    table = result.dimensions if len(result.dimensions) > 1 else result.items
    shown = table[~table["suppressed"]]
    found: dict[str, Any] = {"mode": result.mode, "k": len(shown), "empty": shown.empty}
    alpha = 1 - result.context.ci_level
    if not shown.empty:
        widest = shown.iloc[0]
        overlap = shown[~shown["term"].isin(_told_apart(result, widest["term"], alpha))]
        found |= {"widest": widest["term"], "gap": widest["gap"], "perception": widest["perception"]}
        found |= {
            "tied": overlap["term"].tolist(),
            "k_tied": len(overlap),
            "gap_last": overlap["gap"].iloc[-1],
        }
        found |= {"perception_last": overlap["perception"].iloc[-1]}
        sure = shown["p_adjusted"] < alpha
        found["short"] = shown.loc[sure & (shown["gap"] < 0), "term"].tolist()
        found["exceeds"] = shown.loc[sure & (shown["gap"] > 0), "term"].tolist()
        found["unclear"] = shown.loc[~sure, "term"].tolist()
        found |= {"e_low": shown["expectation"].min(), "e_high": shown["expectation"].max()}
    overall = result.overall.set_index("term")
    if "overall" in overall.index:
        row = overall.loc["overall"]
        found |= {"expectation": row["expectation"], "overall_perception": row["perception"]}
        found |= {"overall": row["estimate"], "interval": (row["conf_low"], row["conf_high"])}
    found |= (
        _weighted(result, overall) | _change(result, alpha) | _levels(result, alpha, found.get("widest", ""))
    )
    found |= _causes(result, found, alpha) | _leaders(result) | _challenge(result)
    found["first"] = _change(result, alpha, "first")
    rows = result.changes
    rows = rows[(rows["since"] == "first") & (rows["term"] != "overall") & (rows["p_adjusted"] < alpha)]
    starts = rows["estimate"] - rows["change"]
    moves = [move(result.mode, *ends) for ends in zip(starts, rows["estimate"], strict=True)]
    for name in MOVES:
        found[name] = [term for term, made in zip(rows["term"], moves, strict=True) if made == name]
    return found


def _told_apart(result: GapsResult, term: str, alpha: float) -> set[str]:
    """Return what differs from a term by the adjusted test of their difference within respondents."""
    rows = result.contrasts
    sure = rows[rows["p_adjusted"] < alpha] if len(rows) else rows
    return {*sure.loc[sure["other"] == term, "term"], *sure.loc[sure["term"] == term, "other"]}


def _causes(result: GapsResult, found: dict[str, Any], alpha: float) -> dict[str, Any]:
    """Return which part of gap 5 is surely the largest, by part, and where promises surely exceed delivery."""
    chain = result.chain
    rows = (
        chain[(chain["dimension"] == "") & chain["term"].isin(found.get("short", []))]
        if len(chain)
        else chain
    )
    if rows.empty:
        return {"largest": {}, "parts_unclear": [], "promised": []}
    likely = rows[rows["p_largest"] >= result.context.ci_level]
    largest = {part: one["term"].tolist() for part, one in likely.groupby("part", sort=False)}
    added = rows.loc[rows["p_largest"].notna(), "term"].drop_duplicates()
    over = rows[(rows["part"] == "communication_gap") & (rows["p_adjusted"] < alpha) & (rows["estimate"] < 0)]
    return {
        "largest": largest,
        "parts_unclear": [term for term in added if term not in set(likely["term"])],
        "promised": over["term"].tolist(),
    }


def _leaders(result: GapsResult) -> dict[str, Any]:
    """Return which dimension surely weighs most under each choice of importance: dimension → choices."""
    rows = result.importance
    if rows.empty:
        return {"leaders": {}, "leader_unclear": []}
    sure = rows[(rows["rank"] == 1) & (rows["p_leads"] >= result.context.ci_level)]
    leaders = {term: one["scheme"].tolist() for term, one in sure.groupby("term", sort=False)}
    return {"leaders": leaders, "leader_unclear": sorted(set(rows["scheme"]) - set(sure["scheme"]))}


def _challenge(result: GapsResult) -> dict[str, Any]:
    """Return how well gaps and perceptions alone predict satisfaction out of sample."""
    if result.challenge.empty:
        return {}
    rows = result.challenge.set_index("predictors")
    low, high = (float(rows[f"difference_{end}"].iloc[-1]) for end in ("low", "high"))
    winner = "perception" if low > 0 else "gap" if high < 0 else "none"
    return {
        "winner": winner,
        "outcome": rows["outcome"].iloc[0],
        "r_gap": rows.loc["gap", "r_squared"],
        "r_perception": rows.loc["perception", "r_squared"],
        "r_difference": rows.loc["perception", "difference"],
        "r_interval": (low, high),
    }


def move(mode: str, start: float, end: float) -> str:
    """Return what a change is called: a gap closes or widens only while perception is below expectation.

    Parameters
    ----------
    mode : {"gap", "perception_only"}
        What the two figures are.
    start, end : float
        The earlier and the later figure.

    Returns
    -------
    str
        One of :data:`MOVES`: ``closed`` or ``widened`` (both gaps negative), ``grew`` or ``shrank`` (both positive: a
        surplus), ``moved`` (from one side to the other), ``rose`` or ``fell`` (perceptions alone).

    Examples
    --------
    >>> move("gap", -1.0, -0.4), move("gap", 0.2, 0.5), move("gap", -0.2, 0.3)
    ('closed', 'grew', 'moved')
    """
    up = end > start
    if mode == "perception_only":
        return "rose" if up else "fell"
    if max(start, end) < 0:
        return "closed" if up else "widened"
    if min(start, end) > 0:
        return "grew" if up else "shrank"
    return "moved"


def _weighted(result: GapsResult, overall: pd.DataFrame) -> dict[str, Any]:
    if "weighted" not in overall.index or "share" not in result.dimensions:
        return {}
    row, top = overall.loc["weighted"], result.dimensions.sort_values("share", ascending=False).iloc[0]
    if not (top["share_low"] >= 0 and (overall.loc[["weighted"], "conf_high"] < 0).all()):
        return {}
    return {
        "weighted": row["estimate"],
        "weighted_interval": (row["conf_low"], row["conf_high"]),
        "top": top["term"],
        "top_share": top["share"],
        "top_interval": (top["share_low"], top["share_high"]),
    }


def _change(result: GapsResult, alpha: float, since: str = "previous") -> dict[str, Any]:
    rows = result.changes
    rows = rows[(rows["term"] == "overall") & (rows["since"] == since)] if len(rows) else rows
    if rows.empty or pd.isna(rows["change"].iloc[0]):
        return {}
    row = rows.iloc[0]
    sure = row["p_adjusted"] < alpha
    return {
        "change": row["change"],
        "move": move(result.mode, row["estimate"] - row["change"], row["estimate"]),
        "start": row["estimate"] - row["change"],
        "end": row["estimate"],
        "change_interval": (row["change_low"], row["change_high"]),
        "sure": bool(sure),
        "period": row["period"],
        "previous": row["previous"],
    }


def _levels(result: GapsResult, alpha: float, term: str) -> dict[str, Any]:
    """Return the segment with most levels and in how many of them a term does worse or better than elsewhere."""
    rows = result.segments
    if rows.empty:
        return {}
    counts = rows[rows["term"] == "overall"].groupby("segment", sort=False)["level"].nunique()
    if counts.empty or counts.max() < 2:
        return {}
    segment = str(counts.idxmax())
    return {"segment": segment, **levels_of(result, segment, alpha, term)}


def levels_of(result: GapsResult, segment: str, alpha: float, term: str = "overall") -> dict[str, Any]:
    """Return how many levels of a segment do worse and better than all others.

    Parameters
    ----------
    result : GapsResult
        The gap analysis.
    segment : str
        A segment.
    alpha : float
        Level of the adjusted test.
    term : str
        A dimension, or ``"overall"``.

    Returns
    -------
    dict
        levels, wider, better.
    """
    rows = result.segments[(result.segments["segment"] == segment) & (result.segments["term"] == term)]
    sure = rows[rows["p_adjusted"] < alpha]
    worse, better = int((sure["difference"] < 0).sum()), int((sure["difference"] > 0).sum())
    return {"levels": len(rows), "wider": worse, "better": better}
