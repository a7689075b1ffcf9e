"""The importance–performance map: where each driver lies, by which convention, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.errors import ParameterError
from svcq_lib.evidence.collect import Evidence
from svcq_lib.evidence.columns import Derived, Present
from svcq_lib.evidence.needs import Cells, EvidenceNeeds
from svcq_lib.stats import intervals, quadrants
from svcq_lib.study import Dimension, Study

Array = NDArray[np.float64]
Lines = Literal["mean", "median", "scale", "diagonal"]
Importance = Literal["derived", "stated"]
QUADRANTS = ("concentrate_here", "keep_up", "low_priority", "possible_overkill")
"""Upper left, upper right, lower left, lower right."""
PLACED = [
    "importance", "performance", "quadrant", "p_quadrant", *[f"quadrant_{name}" for name in get_args(Lines)],
    "conventions_agree", "derived_importance", "stated_importance",
]  # fmt: skip


@dataclass(frozen=True)
class Stated:
    """How customers say what matters: a column of answers per driver, and what its mean is divided by."""

    column: str
    parts: int = 1


def stated_of(study: Study, chosen: dict[str, str], level: str) -> dict[str, Stated]:
    """Return where the stated importance of each driver stands.

    Parameters
    ----------
    study : Study
        The study.
    chosen : dict
        Driver → dimension.
    level : {"item", "dimension"}
        What the drivers are.

    Returns
    -------
    dict
        Driver → column: ratings of the items if all have one, else the points of the dimensions, which its items
        share equally; empty if neither is asked for all drivers.
    """
    dimensions = {one.name: one for one in study.instrument.dimensions}
    if level == "item":
        rated = {item.name for item in study.instrument.items if item.importance}
        if set(chosen) <= rated:
            return {name: Stated(f"importance.{name}") for name in chosen}
    if not all(dimensions[one].importance_points for one in chosen.values()):
        return {}
    return {
        name: Stated(f"points.{one}", _items(dimensions[one]) if level == "item" else 1)
        for name, one in chosen.items()
    }


def _items(one: Dimension) -> int:
    return sum(item.perception is not None for item in one.items)


def needs(stated: dict[str, Stated], complete: tuple[str, ...]) -> EvidenceNeeds:
    """Return what stated importance reads from the rows.

    Parameters
    ----------
    stated : dict
        From :func:`stated_of`.
    complete : tuple of str
        Columns that must be answered as well (listwise); none otherwise.

    Returns
    -------
    EvidenceNeeds
        Sums by bootstrap block; nothing without stated importance.
    """
    columns = tuple(dict.fromkeys(one.column for one in stated.values()))
    if not columns:
        return EvidenceNeeds()
    derived: dict[str, Derived] = {f"stated.{name}": Present(name, (name, *complete)) for name in columns}
    return EvidenceNeeds(derived, {"drivers.stated": Cells(tuple(derived), blocks=True)})


@dataclass(frozen=True)
class Points:
    """Coordinates of the drivers: the estimate (drivers,) and its replicates (replicates, drivers)."""

    estimate: Array
    draws: Array


def performance_points(evidence: Evidence, terms: list[str], names: list[str], weights: Array) -> Points:
    """Return the mean answer to each driver, and its replicates.

    Parameters
    ----------
    evidence : Evidence
        With the moments ``drivers.means`` by block: the outcome, then the drivers.
    terms : list of str
        The drivers in the order of those moments.
    names : list of str
        The drivers that are placed.
    weights : ndarray, shape (replicates, blocks)
        The draws that the shares were computed from.

    Returns
    -------
    Points
        Means over all who answered the driver.
    """
    return _means(evidence, "drivers.means", [1 + terms.index(name) for name in names], weights)


def stated_points(
    evidence: Evidence, stated: dict[str, Stated], names: list[str], weights: Array
) -> Points | None:
    """Return the mean stated importance of each driver, and its replicates.

    Parameters
    ----------
    evidence : Evidence
        With the moments ``drivers.stated``.
    stated : dict
        From :func:`stated_of`.
    names : list of str
        The drivers.
    weights : ndarray, shape (replicates, blocks)
        The draws that the shares were computed from.

    Returns
    -------
    Points or None
        None without stated importance.
    """
    if not stated:
        return None
    columns = evidence.moments["drivers.stated"].columns
    at = [columns.index(f"stated.{stated[name].column}") for name in names]
    found = _means(evidence, "drivers.stated", at, weights)
    parts = np.array([stated[name].parts for name in names], dtype=float)
    return Points(found.estimate / parts, found.draws / parts)


def _means(evidence: Evidence, request: str, at: list[int], weights: Array) -> Points:
    moments = evidence.moments[request]
    swx, sw = (moments.sums[name][:, at] for name in ("swx", "sw"))
    drawn = weights[:, moments.keys["block"].to_numpy(dtype=np.intp)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return Points(swx.sum(axis=0) / sw.sum(axis=0), (drawn @ swx) / (drawn @ sw))


def importance_map(
    names: list[str],
    performance: Points,
    derived: Points,
    stated: Points | None,
    *,
    importance: Importance,
    lines: Lines,
    centre: tuple[float | None, float | None],
    ci_level: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return where each driver lies and where the map is divided.

    Parameters
    ----------
    names : list of str
        The drivers.
    performance, derived, stated : Points
        Mean answers, shares of R² and stated importance, of the same replicates.
    importance : {"derived", "stated"}
        Which importance is drawn.
    lines : {"mean", "median", "scale", "diagonal"}
        Convention that divides the map.
    centre : tuple of float or None
        Middle of the scales of performance and importance; the means of the drivers without one.
    ci_level : float
        Level of the interval of the rank correlation.

    Returns
    -------
    map : DataFrame, one row per driver
        As :class:`~svcq_lib.analyses.drivers.DriverResult` describes it, without ``n``.
    lines : DataFrame, one row
        As described there.

    Raises
    ------
    ParameterError
        If stated importance is asked for and was not asked of customers.
    """
    if importance == "stated" and stated is None:
        raise ParameterError(
            "importance='stated' needs an importance rating of every item, or importance points of every dimension; "
            "the study has neither. Use importance='derived'."
        )
    up = stated if importance == "stated" and stated is not None else derived
    codes = {one: _codes(one, performance.estimate, up.estimate, centre) for one in get_args(Lines)}
    drawn = quadrants.shares(_codes(lines, performance.draws, up.draws, centre))
    table = pd.DataFrame({"term": names, "importance": up.estimate, "performance": performance.estimate})
    table["quadrant"] = _named(codes[lines])
    table["p_quadrant"] = drawn[np.arange(len(names)), codes[lines]]
    for one, code in codes.items():
        table[f"quadrant_{one}"] = _named(code)
    table["conventions_agree"] = np.ptp(np.stack(list(codes.values())), axis=0) == 0
    table["derived_importance"] = derived.estimate
    table["stated_importance"] = np.nan if stated is None else stated.estimate
    cut = _cut(lines, performance.estimate, up.estimate, centre)
    divided: dict[str, object] = {
        "lines": lines,
        "importance_kind": importance,
        "performance": cut[0],
        "importance": cut[1],
    }
    divided |= {"changed": int((~table["conventions_agree"]).sum()), "terms": len(names)}
    divided |= _agreement(derived, stated, ci_level)
    return table, pd.DataFrame([divided])


def _codes(lines: str, x: Array, y: Array, centre: tuple[float | None, float | None]) -> NDArray[np.intp]:
    if lines == "diagonal":
        return quadrants.by_diagonal(x, y)
    return quadrants.by_lines(x, y, *_cut(lines, x, y, centre))


def _cut(lines: str, x: Array, y: Array, centre: tuple[float | None, float | None]) -> tuple[Array, Array]:
    """Return where the lines stand; those of the diagonal stand at the means, which it goes through."""
    if lines == "median":
        return np.median(x, axis=-1), np.median(y, axis=-1)
    cut = [one.mean(axis=-1) for one in (x, y)]
    if lines == "scale":
        cut = [
            mean if middle is None else np.full_like(mean, middle)
            for mean, middle in zip(cut, centre, strict=True)
        ]
    return cut[0], cut[1]


def _named(codes: NDArray[np.intp]) -> list[str]:
    return [QUADRANTS[code] if code >= 0 else "" for code in codes]


def _agreement(derived: Points, stated: Points | None, ci_level: float) -> dict[str, float]:
    """Return the rank correlation of stated and derived importance with its interval."""
    found = dict.fromkeys(("rank_correlation", "rank_correlation_low", "rank_correlation_high"), np.nan)
    if stated is None:
        return found
    drawn = quadrants.rank_correlation(derived.draws, stated.draws)
    drawn = drawn[np.isfinite(drawn)]
    found["rank_correlation"] = float(quadrants.rank_correlation(derived.estimate, stated.estimate))
    if len(drawn):
        low, high = intervals.percentile_interval(drawn, ci_level)
        found |= {"rank_correlation_low": float(low), "rank_correlation_high": float(high)}
    return found


def centre_of(
    study: Study, stated: dict[str, Stated], importance: Importance
) -> tuple[float | None, float | None]:
    """Return the middle of the scale of performance, and of stated ratings of importance.

    Parameters
    ----------
    study : Study
        The study.
    stated : dict
        From :func:`stated_of`.
    importance : {"derived", "stated"}
        Which importance is drawn.

    Returns
    -------
    tuple of float or None
        None where there is no scale: shares and points are divided at their mean.
    """
    scale = study.instrument.scale
    middle = None if scale is None else (scale.low + scale.high) / 2
    columns = study.columns()
    rated = [
        columns[one.column].scale or scale for one in stated.values() if one.column.startswith("importance.")
    ]
    if importance == "derived" or not rated or rated[0] is None:
        return middle, None
    return middle, (rated[0].low + rated[0].high) / 2


def empty(
    names: list[str], n: float, lines: Lines, importance: Importance
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return map and lines without figures: the base does not carry a decomposition."""
    table = pd.DataFrame({"term": names}).assign(**dict.fromkeys(PLACED, np.nan), n=n)
    words = [name for name in PLACED if name.startswith("quadrant")]
    table[words], table["conventions_agree"] = "", False
    divided = {"lines": lines, "importance_kind": importance, "performance": np.nan, "importance": np.nan}
    divided |= {"changed": 0, "terms": len(names)}
    correlation = ("rank_correlation", "rank_correlation_low", "rank_correlation_high")
    return table, pd.DataFrame([divided | dict.fromkeys(correlation, np.nan)])
