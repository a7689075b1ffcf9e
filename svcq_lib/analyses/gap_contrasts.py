"""Which gaps differ: dimensions from each other within respondents, and their profile between groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import estimates
from svcq_lib.analyses.gap_columns import compared, pairs_of
from svcq_lib.evidence.collect import Evidence
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats import intervals
from svcq_lib.stats.multiplicity import Method, adjust
from svcq_lib.stats.wald import FTest, joint_test, mean_covariance
from svcq_lib.study import Dimension, Study

CONTRASTS = [
    "term", "other", "difference", "std_error", "difference_low", "difference_high", "statistic", "df", "p_value",
    "p_adjusted", "n", "suppressed",
]  # fmt: skip
INTERACTIONS = ["segment", "levels", "statistic", "df", "df_residual", "p_value", "p_adjusted", "n"]


def contrasts(table: pd.DataFrame, terms: list[Dimension], study: Study, method: Method) -> pd.DataFrame:
    """Return the difference of every two dimensions (or items of a single one), within respondents.

    Parameters
    ----------
    table : DataFrame
        Means by evidence column.
    terms : list of Dimension
        The dimensions.
    study : Study
        The study, for its thresholds.
    method : {"holm", "bh", "by", "none"}
        Multiplicity control over all pairs, so that what is said of the widest one holds however it was found.

    Returns
    -------
    DataFrame
        term (the wider gap), other, difference (term − other, not above zero) with interval, std_error,
        statistic, df, p_value, p_adjusted, n (who answered both), suppressed.
    """
    pairs = pairs_of(terms)
    if not pairs:
        return pd.DataFrame(columns=CONTRASTS)
    found = table.loc[list(pairs)].reset_index(drop=True)
    found["term"], found["other"] = zip(*pairs.values(), strict=True)
    wider = (found["estimate"] > 0).to_numpy()  # the pair is read from the wider gap
    found.loc[wider, ["term", "other"]] = found.loc[wider, ["other", "term"]].to_numpy()
    limits = ["estimate", "conf_low", "conf_high"]
    found.loc[wider, limits] = -found.loc[wider, ["estimate", "conf_high", "conf_low"]].to_numpy()
    found = found.rename(
        columns={"estimate": "difference", "conf_low": "difference_low", "conf_high": "difference_high"}
    )
    found["statistic"] = found["difference"] / found["std_error"].where(found["std_error"] > 0)
    found["p_value"] = intervals.t_p_value(found["statistic"].to_numpy(), found["df"].to_numpy())
    figures = ("difference", "std_error", "difference_low", "difference_high", "statistic", "df", "p_value")
    found = estimates.suppress(found, study.thresholds.suppress, figures)
    found = found.assign(p_adjusted=adjust(found["p_value"].to_numpy(), method))
    order = table.loc[[f"estimate.{name}" for name in compared(terms)], "estimate"]
    rank = order.set_axis(compared(terms)).rank(method="first")
    by = pd.DataFrame({"term": found["term"].map(rank), "other": found["other"].map(rank)})
    return found.loc[by.sort_values(["term", "other"], kind="stable").index, CONTRASTS].reset_index(drop=True)


def interactions(study: Study, evidence: Evidence, method: Method) -> pd.DataFrame:
    """Test, for each segment, whether the profile of gaps differs between its groups beyond an overall shift.

    Parameters
    ----------
    study : Study
        The study.
    evidence : Evidence
        With requests ``gaps.profile.SEGMENT``.
    method : {"holm", "bh", "by", "none"}
        Multiplicity control over the segments.

    Returns
    -------
    DataFrame
        segment, levels (groups tested: those not under the mark of small bases), statistic (F), df, df_residual,
        p_value, p_adjusted, n. NaN where sampling units are too few.
    """
    rows = []
    for name in study.responses.segments:
        moments = evidence.moments.get(f"gaps.profile.{name}")
        if moments is None:
            continue
        test, levels, n = _profile_test(moments, evidence, f"segment.{name}", study.thresholds.flag)
        rows.append((name, levels, *test, np.nan, n))
    found = pd.DataFrame(rows, columns=INTERACTIONS)
    return found.assign(p_adjusted=adjust(found["p_value"].to_numpy(dtype=float), method))


def _profile_test(moments: Moments, evidence: Evidence, key: str, flag: int) -> tuple[FTest, int, float]:
    """Test that deviations from the respondent's own mean gap are the same in all groups."""
    total = moments.total((key,))
    n = total.sums["n"].min(axis=1)
    shown = total.keys[key][n >= flag].tolist()
    bare = len(moments.columns) - 1  # deviations add up to zero: the last says nothing new
    if len(shown) < 2:
        return FTest(np.nan, np.nan, np.nan, np.nan), len(shown), float(n[n >= flag].sum())
    blocks = len(evidence.design.block_strata)
    sums = {name: np.zeros((blocks, len(shown), bare)) for name in ("n", "sw", "swx")}
    for i, level in enumerate(shown):
        part = moments.where(**{key: level})
        for name, array in sums.items():
            array[part.keys["block"].to_numpy(dtype=np.intp), i] = part.sums[name][:, :bare]
    fraction = evidence.design.units["fraction"].to_numpy(dtype=float)
    flat = {name: array.reshape(blocks, -1) for name, array in sums.items()}
    found = mean_covariance(flat["sw"], flat["swx"], evidence.design.block_strata, fraction)
    grow = _small_sample(sums["n"], bare)
    covariance = found.covariance * np.outer(grow, grow)
    against_last = np.hstack([np.eye(len(shown) - 1), -np.ones((len(shown) - 1, 1))])
    change = np.kron(against_last, np.eye(bare))
    test = joint_test(change @ found.estimate, change @ covariance @ change.T, found.df)
    return test, len(shown), float(n[n >= flag].sum())


def _small_sample(n: NDArray[np.float64], bare: int) -> NDArray[np.float64]:
    """Return how much the errors of each group must grow for the inverse of their covariance to be unbiased.

    The covariance of ``bare`` means from m units has an inverse that is (m − 1)/(m − bare − 2) too large; with many
    small groups that alone would call every profile different.
    """
    units = (n > 0).any(axis=2).sum(axis=0).astype(float)
    factor = np.where(units > bare + 3, (units - 1) / np.maximum(units - bare - 2, 1), np.nan)
    return np.asarray(np.repeat(np.sqrt(factor), bare))
