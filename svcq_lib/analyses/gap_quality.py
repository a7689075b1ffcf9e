"""How far gaps can be trusted: ceiling, reliability, the zone of tolerance, and perceptions as the rival."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import estimates
from svcq_lib.analyses.gap_columns import mean_columns
from svcq_lib.evidence.collect import Evidence
from svcq_lib.evidence.moments import Moments
from svcq_lib.measures.reliability import cronbach_alpha_from_covariance
from svcq_lib.measures.servqual import difference_score_reliability
from svcq_lib.stats import intervals, matrices
from svcq_lib.study import Dimension, Study

Array = NDArray[np.float64]
ALPHA = ["alpha", "alpha_low", "alpha_high"]
RELIABILITY = ["expectation_alpha", "correlation", "reliability"]
ZONE_MEANS, ZONE_SHARES = ("msa", "mss"), ("below", "within", "above")


def reliabilities(evidence: Evidence, terms: list[Dimension], study: Study, ci_level: float) -> pd.DataFrame:
    """Return Cronbach's α of each dimension's perceptions and expectations, and the reliability of their difference.

    Parameters
    ----------
    evidence : Evidence
        With requests ``gaps.alpha.DIMENSION`` and, in gap mode, ``gaps.means``.
    terms : list of Dimension
        The dimensions.
    study : Study
        The study, for its thresholds.
    ci_level : float
        Level of Feldt's interval, at the effective number of answers where weights are unequal.

    Returns
    -------
    DataFrame
        Index: dimension; alpha, alpha_low, alpha_high (perceptions) and, in gap mode, expectation_alpha, correlation
        (of the respondents' mean perception and expectation), reliability (of the gap). Dimensions of one item are
        absent.
    """
    rows, means = {}, evidence.moments.get("gaps.means")
    for one in terms:
        moments = evidence.moments.get(f"gaps.alpha.{one.name}")
        if moments is None:
            continue
        sums = {name: array[0] for name, array in moments.total().sums.items() if name != "swxx"}
        k, pairs = len(one.items), sums["n"][: len(one.items), : len(one.items)]
        if pairs.min() < study.thresholds.suppress:
            continue
        covariance = matrices.covariance_from_moments(**sums)
        alpha = cronbach_alpha_from_covariance(covariance[:k, :k])
        effective = evidence.base.n_eff / evidence.base.n
        low, high = intervals.feldt(alpha, float(pairs.min()) * effective, k, ci_level)
        found = {"alpha": float(alpha), "alpha_low": float(low), "alpha_high": float(high)}
        if means is not None:
            found |= _difference(covariance[k:, k:], means, one, float(alpha))
        rows[one.name] = found
    return pd.DataFrame.from_dict(rows, orient="index", columns=[*ALPHA, *RELIABILITY])


def _difference(expectations: Array, means: Moments, one: Dimension, alpha: float) -> dict[str, float]:
    """Return the reliability of the gap from the covariances of expectations and of the two means."""
    expected = float(cronbach_alpha_from_covariance(expectations))
    both = [means.column(name) for name in mean_columns(one)]
    sums = {
        name: array[0][np.ix_(both, both)] for name, array in means.total().sums.items() if name != "swxx"
    }
    covariance = matrices.covariance_from_moments(**sums)
    sd = np.sqrt(np.diag(covariance))
    r = float(covariance[0, 1] / (sd[0] * sd[1])) if (sd > 0).all() else np.nan
    return {
        "expectation_alpha": expected,
        "correlation": r,
        "reliability": float(difference_score_reliability(sd[0], alpha, sd[1], expected, r)),
    }


def quality(table: pd.DataFrame, dimensions: pd.DataFrame, study: Study, ci_level: float) -> pd.DataFrame:
    """Return how far the gap of each dimension can be trusted.

    Parameters
    ----------
    table : DataFrame
        Means by evidence column.
    dimensions : DataFrame
        The dimensions with their reliabilities.
    study : Study
        The study, for its thresholds.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        term, ceiling (share of expectation answers at the top of the scale) and at_top (share of respondents with
        all of them there), each with Wilson's interval, alpha, expectation_alpha, correlation, reliability, n,
        suppressed.
    """
    found = dimensions[["term", "alpha", *RELIABILITY]].copy()
    shares = {}
    for name in ("ceiling", "at_top"):
        rows = table.reindex([f"{name}.{term}" for term in found["term"]]).reset_index(drop=True)
        shares[name] = rows
        limits = estimates.share_intervals(rows, ci_level=ci_level)
        found[name] = rows["estimate"]
        found[f"{name}_low"], found[f"{name}_high"] = limits["conf_low"], limits["conf_high"]
    asked = shares["ceiling"]["n"]
    found["n"] = asked.where(asked.notna(), dimensions["n"].reset_index(drop=True))
    return estimates.suppress(found, study.thresholds.suppress, _figures(found))


def zone(table: pd.DataFrame, terms: list[Dimension], study: Study, ci_level: float) -> pd.DataFrame:
    """Return the zone of tolerance of the dimensions whose adequate and desired levels were asked.

    Parameters
    ----------
    table : DataFrame
        Means by evidence column.
    terms : list of Dimension
        The dimensions.
    study : Study
        The study, for its thresholds.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        term; msa (perception − adequate) and mss (perception − desired) with t intervals; below, within, above (share
        of respondents whose perception lies there) with Wilson intervals; n, suppressed. Empty if not asked.
    """
    names = [one.name for one in terms if f"msa.{one.name}" in table.index]
    found = pd.DataFrame({"term": names})
    for measure in (*ZONE_MEANS, *ZONE_SHARES):
        rows = table.loc[[f"{measure}.{name}" for name in names]].reset_index(drop=True)
        limits = estimates.share_intervals(rows, ci_level=ci_level) if measure in ZONE_SHARES else rows
        found[measure] = rows["estimate"]
        found[f"{measure}_low"], found[f"{measure}_high"] = limits["conf_low"], limits["conf_high"]
        found["n"] = rows["n"]
    found = found[[*[name for name in found if name != "n"], "n"]] if names else found.assign(n=0.0)
    return estimates.suppress(found, study.thresholds.suppress, _figures(found))


def _figures(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table if name not in ("term", "n")]
