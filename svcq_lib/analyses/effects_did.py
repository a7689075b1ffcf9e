"""Difference-in-differences: whether units with the programme changed more than those without it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.effects_panel import AFTER, BEFORE, Panel
from svcq_lib.errors import MethodError
from svcq_lib.stats import intervals, regression, wild

Array = NDArray[np.float64]
Errors = Literal["cluster", "wild", "permutation"]
Layout = Literal["two_way", "classic"]
NAN = float("nan")


@dataclass(frozen=True)
class Settings:
    """How differences-in-differences are estimated.

    Attributes
    ----------
    errors : {"cluster", "wild", "permutation"}
        CR2 errors with Satterthwaite's t, wild cluster bootstrap, or permutation of units without an interval.
    layout : {"two_way", "classic"}
        Unit and period effects, or the classic table of two groups before and after.
    weighted : bool
        Whether a cell counts by its answers' weights; otherwise each counts the same.
    ci_level : float
        Level of the intervals.
    n_boot, seed : int
        Of the bootstrap and of the permutations.
    """

    errors: Errors = "wild"
    layout: Layout = "two_way"
    weighted: bool = True
    ci_level: float = 0.95
    n_boot: int = 999
    seed: int = 0


class Effect(NamedTuple):
    """A difference-in-differences with its interval and test."""

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    statistic: float
    df: float
    p_value: float


class Rows(NamedTuple):
    """Cells with answers as rows of a regression; units are numbered anew, so that each number occurs."""

    unit: NDArray[np.intp]
    period: NDArray[np.intp]
    y: Array
    weight: Array
    treated: Array
    after: Array


def rows_of(panel: Panel, weighted: bool = True) -> Rows:
    """Return the cells of a panel that have answers."""
    unit, period = np.nonzero((panel.weight > 0) & np.isfinite(panel.mean))
    weight = panel.weight[unit, period] if weighted else np.ones(len(unit))
    return Rows(
        np.unique(unit, return_inverse=True)[1], period, panel.mean[unit, period], weight,
        panel.treated[unit].astype(float), (panel.phase[period] == AFTER).astype(float),
    )  # fmt: skip


def other_terms(rows: Rows, layout: Layout = "two_way") -> Array:
    """Return the regressors beside the effect: unit and period effects, or group, time and constant."""
    if layout == "classic":
        return np.column_stack([np.ones(len(rows.y)), rows.treated, rows.after])
    units, periods_ = (np.eye(code.max() + 1)[code] for code in (rows.unit, rows.period))
    return np.hstack([units, periods_[:, 1:]])


def difference(panel: Panel, settings: Settings) -> Effect:
    """Estimate the effect of a programme.

    Parameters
    ----------
    panel : Panel
        Units by periods; months of the ramp are left out.
    settings : Settings
        How.

    Returns
    -------
    Effect
        y = unit + period + effect · treated · after, by weighted least squares on cells, which for these regressors
        gives the estimate and the clustered error of the answers themselves. NaN where the data cannot tell.
    """
    rows = rows_of(panel.settled(), settings.weighted)
    if not _told(rows):
        return Effect(*[NAN] * 7)
    rest, asked = other_terms(rows, settings.layout), rows.treated * rows.after
    fit = regression.wls(np.column_stack([rest, asked]), rows.y, rows.weight)
    at = rest.shape[1]
    estimate = float(fit.coef[at])
    if settings.errors == "permutation":
        return Effect(estimate, NAN, NAN, NAN, NAN, NAN, permutation(panel, settings))
    error = float(np.sqrt(max(float(regression.cluster_covariance(fit, rows.unit, "CR2")[at, at]), 0.0)))
    if error <= 1e-12 * max(1.0, float(np.abs(rows.y).max())):
        return Effect(estimate, NAN, NAN, NAN, NAN, NAN, NAN)  # no variation: nothing to compare with
    df = float(regression.satterthwaite_df(fit, rows.unit, [at])[0])
    if settings.errors == "cluster":
        limits = intervals.t_interval(estimate, error, df, settings.ci_level)
        p = float(intervals.t_p_value(estimate / error, df))
        return Effect(estimate, error, float(limits[0]), float(limits[1]), estimate / error, df, p)
    scores = wild.scores_of(rest, asked, rows.y, rows.weight, rows.unit)
    signs = wild.draw_signs(rows.unit.max() + 1, settings.n_boot, settings.seed)
    low, high = wild.wild_interval(scores, signs, settings.ci_level)
    return Effect(estimate, error, low, high, estimate / error, df, wild.wild_test(scores, signs)[1])


def _told(rows: Rows) -> bool:
    """Say whether both groups have cells before and after, and a regression has rows left for an error."""
    four = {(a, b) for a, b in zip(rows.treated, rows.after, strict=True)}
    return len(four) == 4 and len(rows.y) > len(np.unique(rows.unit)) + len(np.unique(rows.period))


def permutation(panel: Panel, settings: Settings) -> float:
    """Return the p-value of giving the programme to other units (placebo units).

    Parameters
    ----------
    panel : Panel
        Units by periods.
    settings : Settings
        Weights, number of draws and seed.

    Returns
    -------
    float
        NaN where the data cannot tell.
    """
    rows = rows_of(panel.settled(), settings.weighted)
    if not _told(rows):
        return NAN
    rest = other_terms(rows)
    alone = np.eye(rows.unit.max() + 1)[rows.unit] * rows.after[:, None]
    bread, left = regression.wls(rest, rows.y, rows.weight).bread, np.column_stack([alone, rows.y])
    left = left - rest @ (bread @ (rest.T @ (rows.weight[:, None] * left)))
    chosen = np.bincount(rows.unit, weights=rows.treated) > 0
    return wild.permutation_test(
        left[:, :-1], left[:, -1], rows.weight, chosen, n_draws=settings.n_boot, seed=settings.seed
    )


def leads_and_lags(panel: Panel, settings: Settings) -> pd.DataFrame:
    """Return the difference between the groups in every period, against the last one before the start.

    Parameters
    ----------
    panel : Panel
        Units by periods, ramp included.
    settings : Settings
        Weights and level.

    Returns
    -------
    DataFrame
        period, phase, estimate, std_error, conf_low, conf_high, n: the event study, with CR2 errors and Satterthwaite's
        t, period by period. The reference period has estimate 0 and no interval.
    """
    reference = int(np.flatnonzero(panel.phase == BEFORE)[-1])
    others = [i for i in range(len(panel.periods)) if i != reference]
    table = pd.DataFrame(
        {"period": panel.periods, "phase": panel.phase, "n": panel.n.sum(axis=0).astype(int)}
    )
    table = table.assign(estimate=NAN, std_error=NAN, conf_low=NAN, conf_high=NAN)
    table.loc[reference, "estimate"] = 0.0
    rows = rows_of(panel, settings.weighted)
    if not _told(rows):
        return table
    rest = other_terms(rows)
    asked = np.eye(len(panel.periods))[rows.period][:, others] * rows.treated[:, None]
    whole = np.hstack([rest, asked])
    if len(rows.y) <= whole.shape[1]:  # a lone unit in each group: differences without an error
        root = np.sqrt(rows.weight)
        coef = np.linalg.lstsq(root[:, None] * whole, root * rows.y, rcond=None)[0]
        table.loc[others, "estimate"] = coef[rest.shape[1] :]
        return table
    fit = regression.wls(whole, rows.y, rows.weight)
    errors = np.sqrt(np.maximum(np.diag(regression.cluster_covariance(fit, rows.unit, "CR2")), 0))
    asked_at = np.arange(rest.shape[1], rest.shape[1] + len(others))
    df = regression.satterthwaite_df(fit, rows.unit, asked_at)
    for k, i, own in zip(asked_at, others, df, strict=True):
        if errors[k] > 1e-12:
            low, high = intervals.t_interval(fit.coef[k], errors[k], own, settings.ci_level)
            table.loc[i, ["std_error", "conf_low", "conf_high"]] = [errors[k], float(low), float(high)]
        table.loc[i, "estimate"] = fit.coef[k]
    return table


class Check(NamedTuple):
    """A test of the assumption behind the estimate."""

    statistic: float
    df: float
    p_value: float


def pre_trend(panel: Panel, settings: Settings) -> Check:
    """Test whether both groups ran alike before the start.

    Parameters
    ----------
    panel : Panel
        Units by periods.
    settings : Settings
        Errors, weights, draws and seed.

    Returns
    -------
    Check
        Joint test that all leads are zero, on the periods before the start alone: Hotelling's F with CR2 errors, or the
        wild cluster bootstrap of the Wald statistic, also where F has no degrees of freedom. NaN with fewer than two
        such periods, more leads than units allow, or permutation errors.
    """
    before = panel.during(panel.phase == BEFORE)
    rows = rows_of(before, settings.weighted)
    leads = len(before.periods) - 1
    free = len(rows.y) - len(np.unique(rows.unit)) - 2 * leads
    if leads < 1 or settings.errors == "permutation" or free < 1 or len(set(rows.treated)) < 2:
        return Check(NAN, float(max(leads, 0)), NAN)
    rest = other_terms(rows)
    asked = np.eye(len(before.periods))[rows.period][:, :-1] * rows.treated[:, None]
    fit = regression.wls(np.hstack([rest, asked]), rows.y, rows.weight)
    at = np.arange(rest.shape[1], rest.shape[1] + leads)
    statistic, _, _, p = regression.joint_test(fit, rows.unit, at)
    if np.isfinite(statistic) and (settings.errors == "wild" or not np.isfinite(p)):
        try:
            scores = wild.scores_of(rest, asked, rows.y, rows.weight, rows.unit)
        except MethodError:  # a period without answers of one group
            return Check(NAN, float(leads), NAN)
        signs = wild.draw_signs(rows.unit.max() + 1, settings.n_boot, settings.seed)
        p = wild.wild_test(scores, signs)[1]
    return Check(statistic, float(leads), p)


def placebo(panel: Panel, settings: Settings, date: str | None = None) -> tuple[str, Effect]:
    """Estimate the effect of a start that never was, on the periods before the true one.

    Parameters
    ----------
    panel : Panel
        Units by periods.
    settings : Settings
        How.
    date : str, optional
        A period before the start; the middle of those before it by default.

    Returns
    -------
    date : str
        The pretended start; empty if there are fewer than two periods before the true one.
    effect : Effect
        Its estimate.

    Raises
    ------
    MethodError
        If the date is not a period before the start other than the first.
    """
    before = panel.during(panel.phase == BEFORE)
    names = list(before.periods)
    if date is not None and date not in names[1:]:
        raise MethodError(
            f"placebo {date!r} is not among the periods before the start other than the first: "
            f"{', '.join(names[1:]) or 'there are none'}. Choose one of these, or leave placebo out."
        )
    if len(names) < 2:
        return "", Effect(*[NAN] * 7)
    cut = names.index(date) if date else len(names) // 2
    pretended = np.where(np.arange(len(names)) < cut, BEFORE, AFTER).astype(np.intp)
    return names[cut], difference(replace(before, phase=pretended), settings)


def group_means(panel: Panel) -> dict[str, float]:
    """Return the weighted means of both groups before and after.

    Parameters
    ----------
    panel : Panel
        Units by periods.

    Returns
    -------
    dict
        ``treated_before``, ``treated_after``, ``control_before``, ``control_after``.
    """
    found = {}
    for group, units in (("treated", panel.treated), ("control", ~panel.treated)):
        for when, code in (("before", BEFORE), ("after", AFTER)):
            mask = panel.phase == code
            weight = panel.weight[units][:, mask]
            mean = np.nan_to_num(panel.mean[units][:, mask])
            total = float(weight.sum())
            found[f"{group}_{when}"] = float((weight * mean).sum() / total) if total > 0 else NAN
    return found
