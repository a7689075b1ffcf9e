"""Do the same drivers matter in every group? Shares of each group against those of everyone else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import estimates
from svcq_lib.analyses.driver_basis import basis_of_sums, reduced
from svcq_lib.analyses.driver_needs import Missing, Plan
from svcq_lib.analyses.driver_parts import Method, decompose, replicates
from svcq_lib.evidence.collect import Evidence
from svcq_lib.evidence.moments import Moments
from svcq_lib.stats import intervals
from svcq_lib.stats.multiplicity import adjust

Array = NDArray[np.float64]
MOST_REPLICATES = 200
ORDERS = 100
"""Orders of entry behind a standard error: fewer than behind a share."""
FIGURES = (
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "difference",
    "difference_low",
    "difference_high",
    "p_value",
)
COLUMNS = ("segment", "level", "term", *FIGURES, "p_adjusted", "n", "suppressed")


def segments(
    evidence: Evidence,
    plan: Plan,
    kept: list[int],
    missing: Missing,
    method: Method,
    draws: Array,
    *,
    threshold: int,
    ci_level: float,
    seed: int,
) -> pd.DataFrame:
    """Return the shares of drivers by group, and how they differ from those of everyone else.

    Parameters
    ----------
    evidence : Evidence
        With the moments ``drivers.by``.
    plan : Plan
        The columns.
    kept : list of int
        Positions of the drivers.
    missing : {"pairwise", "listwise", "dummy"}
        How missing answers are treated.
    method : {"lmg", "relative_weights"}
        How R² is shared out.
    draws : ndarray, shape (n_boot, blocks)
        How often each block counts; 200 replicates give the standard errors.
    threshold : int
        Smallest base of a pair that is shown.
    ci_level : float
        Level of the intervals.
    seed : int
        Seed of sampled orders.

    Returns
    -------
    DataFrame, one row per group and driver
        segment, level, term, estimate (share), std_error, conf_low, conf_high, difference (from all others),
        difference_low, difference_high, p_value, p_adjusted (Holm, over groups and drivers), n (smallest pair),
        suppressed. A group and the others are drawn with the same blocks; intervals are normal with the bootstrap's
        standard error.
    """
    if not plan.by or "drivers.by" not in evidence.moments:
        return pd.DataFrame(columns=list(COLUMNS))
    key, moments = f"segment.{plan.by}", evidence.moments["drivers.by"]
    levels = sorted(moments.keys[key].unique().tolist())
    size = max(threshold, len(kept) + len(plan.held) + 2)
    names = [list(plan.terms)[i - 1] for i in kept]
    parts = [
        _Sums.of(moments, (moments.keys[key] == one).to_numpy(), draws[:MOST_REPLICATES]) for one in levels
    ]
    whole, rows = _Sums.added(parts), []
    for level, part in zip(levels, parts, strict=True):
        own, others = (
            _shares(one, plan, kept, missing, method, size, seed) for one in (part, whole.without(part))
        )
        table = pd.DataFrame(_compared(own, others, ci_level))
        rows.append(table.assign(segment=plan.by, level=level, term=names, n=own[2]))
    found = pd.concat(rows, ignore_index=True)
    shown = estimates.suppress(found, size, FIGURES)
    shown["p_adjusted"] = adjust(shown["p_value"].to_numpy(), "holm")
    return shown[list(COLUMNS)]


@dataclass(frozen=True)
class _Sums:
    """Sums of pairs of some rows, once and in every replicate."""

    point: dict[str, Array]
    drawn: dict[str, Array]

    @classmethod
    def of(cls, moments: Moments, mask: NDArray[np.bool_], draws: Array) -> _Sums:
        """Return the sums of the cells that a mask chooses."""
        weights = draws[:, moments.keys["block"].to_numpy(dtype=np.intp)[mask]]
        cells = {name: array[mask] for name, array in moments.sums.items()}
        drawn = {
            name: (weights @ array.reshape(len(array), -1)).reshape(len(draws), *array.shape[1:])
            for name, array in cells.items()
        }
        return cls({name: array.sum(axis=0) for name, array in cells.items()}, drawn)

    @classmethod
    def added(cls, parts: list[_Sums]) -> _Sums:
        """Return the sums of disjoint rows taken together."""
        names = parts[0].point
        return cls(
            {name: np.sum([one.point[name] for one in parts], axis=0) for name in names},
            {name: np.sum([one.drawn[name] for one in parts], axis=0) for name in names},
        )

    def without(self, part: _Sums) -> _Sums:
        """Return the sums of all rows but some of them."""
        return _Sums(
            {name: array - part.point[name] for name, array in self.point.items()},
            {name: array - part.drawn[name] for name, array in self.drawn.items()},
        )


def _shares(
    sums: _Sums, plan: Plan, kept: list[int], missing: Missing, method: Method, size: int, seed: int
) -> tuple[Array, Array, float]:
    """Return shares, their replicates and the base of some rows; NaN where the base does not carry them."""
    n_draws = len(sums.drawn["n"])
    blank = np.full(len(kept), np.nan), np.full((n_draws, len(kept)), np.nan)
    rows = np.ix_([0, *kept], [0, *kept])
    n = float(sums.point["n"][rows].min())
    if n < size:
        return *blank, n
    basis = basis_of_sums(plan, sums.point, sums.drawn, missing)
    if not np.isfinite(basis.matrix[rows]).all():
        return *blank, n
    proper = reduced(basis, kept)
    point = decompose(proper)
    found = replicates(proper, point, method, seed, ORDERS)
    spread = blank[1]
    spread[found.good] = found.share
    return point.share(method), spread, n


def _compared(
    own: tuple[Array, Array, float], others: tuple[Array, Array, float], ci_level: float
) -> dict[str, Array]:
    error = _spread(own[1])
    low, high = intervals.normal_interval(own[0], error, ci_level)
    difference, unsure = own[0] - others[0], _spread(own[1] - others[1])
    down, up = intervals.normal_interval(difference, unsure, ci_level)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = intervals.z_p_value(np.where(unsure > 0, difference / unsure, np.nan))
    return {
        "estimate": own[0],
        "std_error": error,
        "conf_low": np.maximum(low, 0),
        "conf_high": np.minimum(high, 1),
        "difference": difference,
        "difference_low": down,
        "difference_high": up,
        "p_value": p,
    }


def _spread(draws: Array) -> Array:
    good = draws[np.isfinite(draws).all(axis=1)]
    return good.std(axis=0, ddof=1) if len(good) > 1 else np.full(draws.shape[1], np.nan)
