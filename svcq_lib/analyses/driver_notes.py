"""What to be careful with in a driver analysis."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.analyses.driver_basis import IMPUTATIONS, Basis
from svcq_lib.analyses.driver_needs import Plan
from svcq_lib.analyses.driver_parts import EXACT_TERMS, NOISE_LEVEL, SAMPLED_ORDERS
from svcq_lib.errors import Note
from svcq_lib.study import Thresholds

HIGH_VIF = 5.0
LOW_FIT = 0.1


def left_out(plan: Plan, kept: list[int], basis: Basis, defined: bool) -> list[Note]:
    """Return a caveat for each driver that is left out, or for an outcome that is constant.

    Parameters
    ----------
    plan : Plan
        The columns.
    kept : list of int
        Positions of the drivers that are used.
    basis : Basis
        Correlations as estimated.
    defined : bool
        Whether the outcome varies.

    Returns
    -------
    list of Note
        Nothing is left out silently.
    """
    if not defined:
        return [Note("constant_outcome", {"term": plan.outcome})]
    gone = [(i, name) for i, name in enumerate(plan.terms, 1) if i not in kept]
    held = np.isfinite(basis.matrix[0])
    return [
        Note("held_term", {"term": name}) if basis.held and held[i] else Note("constant_term", {"term": name})
        for i, name in gone
    ]


def found(
    table: pd.DataFrame,
    groups: pd.DataFrame,
    segments: pd.DataFrame,
    fit: pd.DataFrame,
    thresholds: Thresholds,
    how: dict[str, str],
    repairs: tuple[float, int, int],
) -> list[Note]:
    """Return the caveats of a decomposition.

    Parameters
    ----------
    table, groups, segments, fit : DataFrame
        As in the result.
    thresholds : Thresholds
        Of the study.
    how : dict of str to str
        method, model, missing.
    repairs : tuple of (float, int, int)
        Largest change of a repaired correlation; replicates that failed, of how many.

    Returns
    -------
    list of Note
        In the order in which they are read.
    """
    one, terms = fit.iloc[0], len(table)
    base = float(one["n"])
    notes = [Note("repaired_correlation", {"max_change": repairs[0]})] if repairs[0] > 0 else []
    notes += _of_terms(table, float(one["noise_floor"]))
    if one["r_squared"] < LOW_FIT:
        notes.append(Note("low_fit", {"r_squared": float(one["r_squared"])}))
    if base < max(thresholds.flag, 10 * terms):
        notes.append(Note("small_base_for_drivers", {"n": base, "terms": terms}))
    if base < float(table["n"].min()):
        notes.append(Note("smallest_pair", {"n": base, "lowest": float(table["n"].min())}))
    if terms > EXACT_TERMS and how["method"] == "lmg":
        facts = {"terms": terms, "orders": SAMPLED_ORDERS, "error": float(table["mc_error"].max())}
        notes.append(Note("sampled_lmg", facts))
    if groups.empty and table["dimension"].nunique() > 1 and table["dimension"].duplicated().any():
        notes.append(Note("groups_too_many", {}))
    if how["model"] != "linear":
        notes.append(Note("latent_model", {"n": base}))
    if how["missing"] == "multiple_imputation":
        notes.append(Note("imputed", {"m": IMPUTATIONS}))
    if len(segments) and (how["model"] != "linear" or how["missing"] == "multiple_imputation"):
        notes.append(Note("segments_linear", {}))
    if len(segments) and segments["suppressed"].any():
        hidden = segments.loc[segments["suppressed"], "level"].nunique()
        notes.append(Note("segments_too_small", {"groups": hidden}))
    if repairs[1]:
        notes.append(Note("failed_replicates", {"failed": repairs[1], "n_boot": repairs[2]}))
    return [*notes, Note("shares_not_causes", {})]


def _of_terms(table: pd.DataFrame, floor: float) -> list[Note]:
    notes = []
    if table["vif"].max() > HIGH_VIF:
        notes.append(Note("collinear_terms", {"vif": float(table["vif"].max()), "limit": HIGH_VIF}))
    negative = table.loc[table["beta_high"] < 0, "term"].tolist()
    if negative:
        notes.append(Note("negative_drivers", {"terms": negative}))
    faint = table.loc[table["below_noise"], "term"].tolist()
    if faint:
        notes.append(Note("below_noise_floor", {"terms": faint, "floor": floor, "level": NOISE_LEVEL}))
    return notes
