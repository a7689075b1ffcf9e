"""The tables of a programme's effects: estimates, their checks, and what may be concluded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from svcq_lib.analyses import effects_did as did
from svcq_lib.analyses import estimates
from svcq_lib.analyses.effects_did import Settings
from svcq_lib.analyses.effects_its import INTERRUPTED, Path
from svcq_lib.analyses.effects_panel import AFTER, BEFORE, Panel, Quantity
from svcq_lib.stats.multiplicity import Method, adjust
from svcq_lib.study import Effects, Study

FIGURES = (
    "estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value", "effect_size",
    "effect_size_low", "effect_size_high", "counterfactual",
    "relative", "relative_low", "relative_high", "treated_before", "treated_after", "control_before", "control_after",
    "pretrend_p",
)  # fmt: skip


def effect_tables(
    panels: Mapping[Quantity, Panel], study: Study, settings: Settings, placebo: str | None, method: Method
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return effects and checks of every figure.

    Parameters
    ----------
    panels : Mapping of Quantity to Panel
        What is evaluated.
    study : Study
        The study.
    settings : Settings
        How differences-in-differences are estimated.
    placebo : str or None
        Pretended start.
    method : {"holm", "bh", "by", "none"}
        Multiplicity control over the figures.

    Returns
    -------
    effects, checks : DataFrame
        See :class:`svcq_lib.analyses.effects.EffectsResult`.
    """
    rows, checks = [], []
    for quantity, one in panels.items():
        effect, trend = did.difference(one, settings), did.pre_trend(one, settings)
        date, pretended = did.placebo(one, settings, placebo)
        n = int(one.settled().n.sum())
        rows.append({
            "term": quantity.term, "measure": quantity.measure, "high_is_good": quantity.high_is_good,
            "scale_top": quantity.scale_top,
            **did.group_means(one), **effect._asdict(), **_standardized(effect, one),
            "pretrend_p": trend.p_value, "n": n, "least": _least(one),
        })  # fmt: skip
        checks.append({
            "term": quantity.term, "statistic": trend.statistic, "df": trend.df, "pretrend_p": trend.p_value,
            "placebo_start": date, "placebo": pretended.estimate, "placebo_low": pretended.conf_low,
            "placebo_high": pretended.conf_high, "placebo_p": pretended.p_value,
            "permutation_p": did.permutation(one, settings), "n": n,
        })  # fmt: skip
    table = _related(pd.DataFrame(rows))
    table = estimates.suppress(table.assign(n=table["least"]), study.thresholds.suppress, FIGURES)
    table = table.assign(n=[row["n"] for row in rows]).drop(columns="least")
    table["p_adjusted"] = adjust(table["p_value"].to_numpy(), method)
    table["conclusion"] = [_conclusion(row, 1 - settings.ci_level) for _, row in table.iterrows()]
    claims = table["conclusion"].isin(["effect_improved", "effect_worsened"])
    order = table.assign(claim=claims, size=table["effect_size"].abs()).sort_values(
        ["claim", "size"], ascending=False, kind="stable", na_position="last"
    )
    return table.loc[order.index].reset_index(drop=True), pd.DataFrame(checks)


def _standardized(effect: did.Effect, one: Panel) -> dict[str, float]:
    """Return the effect and its limits in standard deviations of the answers."""
    unit = one.std_dev if one.std_dev > 0 else float("nan")
    return {
        "effect_size": effect.estimate / unit,
        "effect_size_low": effect.conf_low / unit,
        "effect_size_high": effect.conf_high / unit,
    }


def _least(one: Panel) -> int:
    """Return the smallest base of the groups that there are, before and after."""
    groups = set(one.treated.tolist())
    return min(one.answers(group, after) for group in groups for after in (False, True))


def _related(table: pd.DataFrame) -> pd.DataFrame:
    """Add what would have been without the programme, and the effect relative to it."""
    expected = table["treated_after"] - table["estimate"]
    whole = expected.where((expected > 0) & ~table["measure"].isin(["nps", "gap"]))
    return table.assign(
        counterfactual=expected, relative=table["estimate"] / whole, relative_low=table["conf_low"] / whole,
        relative_high=table["conf_high"] / whole,
    )  # fmt: skip


def _conclusion(row: pd.Series, alpha: float) -> str:
    if np.isnan(row["control_after"]) and not row["suppressed"]:
        return "effect_no_control"
    sure = row["p_adjusted"] < alpha and (row["conf_low"] > 0 or row["conf_high"] < 0)
    if not sure:
        return "effect_unclear"
    if np.isnan(row["pretrend_p"]):
        return "effect_untested"
    if row["pretrend_p"] < alpha:
        return "effect_diverging"
    return "effect_improved" if (row["estimate"] > 0) == row["high_is_good"] else "effect_worsened"


def programme_table(one: Panel, programme: Effects, settings: Settings) -> pd.DataFrame:
    """Return the programme with its numbers of units and periods, as one row."""
    row = {
        "segment": programme.unit, "start": programme.start, "treated": int(one.treated.sum()),
        "control": int((~one.treated).sum()), "ramp": programme.ramp, "before": int((one.phase == BEFORE).sum()),
        "after": int((one.phase == AFTER).sum()), "errors": settings.errors, "n": int(one.settled().n.sum()),
    }  # fmt: skip
    return pd.DataFrame([row])


def stacked(parts: Mapping[Quantity, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of all figures under each other."""
    made = []
    for quantity, part in parts.items():
        one = part.assign(term=quantity.term, measure=quantity.measure)
        ahead = ["term", "measure", "period", "phase"]
        made.append(one[[*ahead, *[name for name in one.columns if name not in ahead]]])
    return (
        pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=["term", "period", "estimate"])
    )


def interrupted_table(
    paths: Mapping[Quantity, Path | None], panels: Mapping[Quantity, Panel], method: Method
) -> pd.DataFrame:
    """Return the interrupted series of every figure that has one, with adjusted tests."""
    rows = []
    for quantity, path in paths.items():
        if path:
            own = panels[quantity].settled()
            rows.append({
                "term": quantity.term, "measure": quantity.measure, "scale_top": quantity.scale_top,
                **path.figures, "lag": path.lag, "harmonics": path.harmonics, "n": int(own.n[own.treated].sum()),
            })  # fmt: skip
    table = pd.DataFrame(
        rows, columns=["term", "measure", "scale_top", *INTERRUPTED, "lag", "harmonics", "n"]
    )
    return table.assign(p_adjusted=adjust(table["p_value"].to_numpy(dtype=float), method))
