"""Gaps 1 to 4 and how they add up to gap 5: what managers know, what is set, delivered and promised."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.gap_tables import Judgements
from svcq_lib.errors import Note
from svcq_lib.stats import intervals
from svcq_lib.stats.multiplicity import Method, adjust
from svcq_lib.study import Dimension, Study

Array = NDArray[np.float64]
GAPS: Mapping[str, Mapping[str, int]] = {
    "knowledge_gap": {"managers": 1, "expectation": -1},
    "standards_gap": {"standards": 1, "managers": -1},
    "delivery_gap": {"delivered": 1, "standards": -1},
    "communication_gap": {"delivered": 1, "promised": -1},
    "customer_gap": {"perception": 1, "expectation": -1},
}
"""Each gap as a sum of levels: Parasuraman, Zeithaml and Berry (1985, *Journal of Marketing* 49(4):41)."""
ADDITIVE = ("knowledge_gap", "standards_gap", "delivery_gap", "remainder")
"""What adds up to gap 5; the communication gap does not: promises raise expectations."""
DRAWS = 10_000
LEVELS = [
    "term",
    "dimension",
    "source",
    "estimate",
    "std_error",
    "conf_low",
    "conf_high",
    "df",
    "n",
    "suppressed",
]
CHAIN = [
    "term", "dimension", "part", "estimate", "std_error", "conf_low", "conf_high", "df", "p_value", "p_adjusted",
    "share", "p_largest", "n", "suppressed",
]  # fmt: skip


def levels(
    study: Study,
    table: pd.DataFrame,
    terms: list[Dimension],
    found: Mapping[str, Judgements],
    paired: bool,
    ci_level: float,
) -> pd.DataFrame:
    """Return what managers, standards, deliveries, promises and customers say of each item and dimension.

    Parameters
    ----------
    study : Study
        The study, for its thresholds.
    table : DataFrame
        Means of the answers by evidence column.
    terms : list of Dimension
        The dimensions.
    found : Mapping of str to Judgements
        The provider's tables.
    paired : bool
        Whether expectations were asked.
    ci_level : float
        Level of the intervals (Student's t).

    Returns
    -------
    DataFrame
        term, dimension (empty in rows of dimensions), source ("expectation", "perception", "managers", "standards",
        "delivered", "promised"), estimate, std_error (0 for facts without raters; NaN for a single rater),
        conf_low, conf_high, df, n (respondents, raters, or rows of facts), suppressed (too few persons). A dimension
        is the mean of its items and absent where a table does not judge all of them.
    """
    if not found:
        return pd.DataFrame(columns=LEVELS)
    parts = [_customers(table, terms, paired)]
    parts += [_provider(name, one, terms) for name, one in found.items()]
    whole = pd.concat(parts, ignore_index=True)
    low, high = intervals.t_interval(
        whole["estimate"].to_numpy(), whole["std_error"].to_numpy(), whole["df"].to_numpy(), ci_level
    )
    whole = whole.assign(conf_low=low, conf_high=high)
    # customers and managers are persons; a visit or an advertisement is not
    persons = whole["source"].isin(["expectation", "perception", "managers"])
    hidden = persons & (whole["n"] < study.thresholds.suppress)
    whole.loc[hidden, ["estimate", "std_error", "conf_low", "conf_high", "df"]] = np.nan
    return whole.assign(suppressed=hidden)[LEVELS]


def _targets(terms: list[Dimension]) -> list[tuple[str, str, list[str]]]:
    """Return every row of results: its name, its dimension (empty for a dimension) and its items."""
    items = [(item.name, one.name, [item.name]) for one in terms for item in one.items]
    return [(one.name, "", [item.name for item in one.items]) for one in terms] + items


def _customers(table: pd.DataFrame, terms: list[Dimension], paired: bool) -> pd.DataFrame:
    rows = []
    for term, dimension, _ in _targets(terms):
        columns = {"perception": f"paired.perception.{term}" if paired else f"estimate.{term}"}
        columns |= {"expectation": f"paired.expectation.{term}"} if paired else {}
        for source, column in columns.items():
            figures = table.loc[column, ["estimate", "std_error", "df", "n"]]
            rows.append({"term": term, "dimension": dimension, "source": source, **figures.to_dict()})
    return pd.DataFrame(rows)


def _provider(source: str, one: Judgements, terms: list[Dimension]) -> pd.DataFrame:
    """Return means of items and dimensions with errors between raters."""
    rows = one.rows
    items, at = np.unique(rows["item"].to_numpy(dtype=str), return_inverse=True)
    raters, by = np.unique(
        rows["rater"].to_numpy(dtype=str) if one.rated else np.arange(len(rows)), return_inverse=True
    )
    value = rows["value"].to_numpy(dtype=float)
    count = np.bincount(at, minlength=len(items))
    mean = np.bincount(at, weights=value, minlength=len(items)) / count
    z, judged = np.zeros((len(raters), len(items))), np.zeros((len(raters), len(items)))
    np.add.at(z, (by, at), (value - mean[at]) / count[at])
    np.add.at(judged, (by, at), 1)
    position = {name: i for i, name in enumerate(items)}
    made = []
    for term, dimension, names in _targets(terms):
        if not set(names) <= set(position):
            continue
        own = [position[name] for name in names]
        r = int((judged[:, own].sum(axis=1) > 0).sum())
        variance = r / (r - 1) * float((z[:, own].mean(axis=1) ** 2).sum()) if r > 1 else np.nan
        error, df = (np.sqrt(variance), r - 1.0 if r > 1 else np.nan) if one.rated else (0.0, np.inf)
        made.append((term, dimension, source, float(mean[own].mean()), error, df, float(r)))
    return pd.DataFrame(made, columns=["term", "dimension", "source", "estimate", "std_error", "df", "n"])


def chain(
    found: pd.DataFrame, table: pd.DataFrame, *, method: Method, ci_level: float, seed: int
) -> pd.DataFrame:
    """Return gaps 1 to 5 of each item and dimension, and which part of gap 5 is the largest.

    Parameters
    ----------
    found : DataFrame
        From :func:`levels`.
    table : DataFrame
        Means of the answers by evidence column, for how expectation and perception vary together.
    method : {"holm", "bh", "by", "none"}
        Multiplicity control over gaps 1 to 4 of all dimensions, and of all items.
    ci_level : float
        Level of the intervals (Student's t with Satterthwaite's degrees of freedom).
    seed : int
        Seed of the draws.

    Returns
    -------
    DataFrame
        term, dimension, part (``knowledge_gap`` … ``customer_gap``, and ``remainder``: gap 5 minus the gaps 1 to 3 that
        can be computed, which with all three is perception − delivered), estimate, std_error, conf_low, conf_high,
        df, p_value, p_adjusted, share (of gap 5; parts of the sum only), p_largest (of dimensions: chance that the part
        adds most to gap 5, from draws of every level with its error), n (the smallest base), suppressed.
    """
    if found.empty:
        return pd.DataFrame(columns=CHAIN)
    rng = np.random.Generator(np.random.PCG64(seed))
    parts = [
        _of_term(term, rows.set_index("source"), _joint_variance(table, str(term)), rng)
        for term, rows in found.groupby("term", sort=False)
    ]
    whole = pd.concat(parts, ignore_index=True)
    low, high = intervals.t_interval(
        whole["estimate"].to_numpy(), whole["std_error"].to_numpy(), whole["df"].to_numpy(), ci_level
    )
    statistic = (whole["estimate"] / whole["std_error"].where(whole["std_error"] > 0)).to_numpy()
    whole = whole.assign(
        conf_low=low, conf_high=high, p_value=intervals.t_p_value(statistic, whole["df"].to_numpy())
    )
    whole["p_adjusted"] = whole["p_value"]
    tested = ~whole["part"].isin(["customer_gap", "remainder"])
    for family in (tested & (whole["dimension"] == ""), tested & (whole["dimension"] != "")):
        whole.loc[family, "p_adjusted"] = adjust(whole.loc[family, "p_value"].to_numpy(), method)
    return whole.assign(suppressed=whole["estimate"].isna())[CHAIN]


def _joint_variance(table: pd.DataFrame, term: str) -> float:
    """Return the variance of perception − expectation, within respondents."""
    return float(table.at[f"estimate.{term}", "std_error"]) ** 2  # type: ignore[arg-type]


def _of_term(
    term: object, rows: pd.DataFrame, paired_variance: float, rng: np.random.Generator
) -> pd.DataFrame:
    sums = {name: dict(one) for name, one in GAPS.items() if set(one) <= set(rows.index)}
    steps = [name for name in ADDITIVE if name in sums]
    if "customer_gap" in sums and steps:
        rest = dict(sums["customer_gap"])
        for name in steps:
            for source, sign in sums[name].items():
                rest[source] = rest.get(source, 0) - sign
        sums["remainder"] = {source: sign for source, sign in rest.items() if sign}
    sources = list(rows.index)
    signs = np.array([[one.get(source, 0) for source in sources] for one in sums.values()], dtype=float)
    covariance = _covariance(rows, sources, paired_variance)
    level = rows["estimate"].to_numpy(dtype=float)
    # a level that is hidden leaves alone the gaps that do without it
    estimate = np.where(np.abs(signs) @ np.isnan(level) > 0, np.nan, signs @ np.nan_to_num(level))
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.einsum("gi,ij,gj->g", signs, np.where(np.isnan(covariance), 0, covariance), signs)
        unknown = (np.abs(signs) @ np.isnan(np.diag(covariance))) > 0
        variance = np.where(unknown, np.nan, np.maximum(variance, 0))
    # facts such as standards have no base: that of a gap is its smallest sample
    base = rows["n"].where(rows["std_error"] != 0, np.inf).to_numpy(dtype=float)
    bases = [float(base[row != 0].min()) for row in signs]
    n = [one if np.isfinite(one) else float(rows["n"].min()) for one in bases]
    made = pd.DataFrame({"term": term, "dimension": rows["dimension"].iloc[0], "part": list(sums)})
    made = made.assign(estimate=estimate, std_error=np.sqrt(variance), n=n)
    made["df"] = _satterthwaite(signs, covariance, rows["df"].to_numpy(dtype=float), sources)
    adds = made["part"].isin(ADDITIVE).to_numpy() & ("remainder" in sums)
    whole = made.loc[made["part"] == "customer_gap", "estimate"].sum()
    made["share"] = np.where(adds & (whole != 0), estimate / (whole or np.nan), np.nan)
    made["p_largest"] = np.nan
    if adds.any() and np.isfinite(variance[adds]).all() and made["dimension"].iloc[0] == "":
        drawn = _draws(rows, covariance, rng) @ signs[adds].T * (-1 if whole < 0 else 1)
        made.loc[adds, "p_largest"] = np.bincount(drawn.argmax(axis=1), minlength=adds.sum()) / DRAWS
    return made


def _covariance(rows: pd.DataFrame, sources: list[str], paired_variance: float) -> Array:
    """Return how the levels vary together: only customers answer two of them."""
    variance = rows["std_error"].to_numpy(dtype=float) ** 2
    covariance = np.diag(variance)
    if {"expectation", "perception"} <= set(sources):
        i, j = sources.index("expectation"), sources.index("perception")
        covariance[i, j] = covariance[j, i] = (variance[i] + variance[j] - paired_variance) / 2
    return covariance


def _satterthwaite(signs: Array, covariance: Array, df: Array, sources: list[str]) -> Array:
    """Return the degrees of freedom of sums of levels; expectation and perception are one sample."""
    customers = np.array([source in ("expectation", "perception") for source in sources])
    variance = np.einsum("gi,ij,gj->gi", signs, np.where(np.isnan(covariance), 0, covariance), signs)
    own = variance[:, customers].sum(axis=1)
    parts = np.hstack([variance[:, ~customers], own[:, None]])
    shared = df[customers].min() if customers.any() else np.inf
    each = np.append(df[~customers], shared)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.where(parts > 0, parts**2 / each, 0.0).sum(axis=1)
        return np.asarray(np.where(below > 0, parts.sum(axis=1) ** 2 / below, np.inf))


def _draws(rows: pd.DataFrame, covariance: Array, rng: np.random.Generator) -> Array:
    """Return draws of the levels: Student's t around each estimate, customers' two levels together."""
    known = np.where(np.isnan(covariance), 0, covariance)
    values, vectors = np.linalg.eigh(known)
    root = vectors * np.sqrt(np.maximum(values, 0))
    normal = rng.standard_normal((DRAWS, len(known))) @ root.T
    df = rows["df"].to_numpy(dtype=float)
    few = np.isfinite(df)
    scale = np.ones((DRAWS, len(df)))
    scale[:, few] = np.sqrt(df[few] / rng.chisquare(df[few], (DRAWS, int(few.sum()))))
    return np.asarray(rows["estimate"].to_numpy(dtype=float) + normal * scale)


def notes(study: Study, found: Mapping[str, Judgements], terms: list[Dimension], paired: bool) -> list[Note]:
    """Return what is missing on the provider's side, and where its raters are few.

    Parameters
    ----------
    study : Study
        The study.
    found : Mapping of str to Judgements
        Its tables.
    terms : list of Dimension
        The dimensions.
    paired : bool
        Whether expectations were asked.

    Returns
    -------
    list of Note
        Caveats.
    """
    if not found:
        return [Note("no_gap_tables", {})] if paired else []
    said = [note for part, note in _ABSENT.items() if part not in found]
    flag = study.thresholds.flag
    for part, one in found.items():
        table = getattr(study.gap_tables, part).table
        raters = one.rows["rater"].nunique() if one.rated else flag
        if raters < flag:
            said.append(Note("few_raters", {"table": table, "raters": raters, "flag": flag}))
        lacking = {item.name for dim in terms for item in dim.items} - set(one.rows["item"])
        if lacking:
            said.append(Note("items_not_judged", {"table": table, "items": len(lacking)}))
    if "delivered" in found:
        said += _few_visits(study, found["delivered"])
    return said


_ABSENT = {
    "managers": Note("no_managers", {}),
    "standards": Note("no_standards", {}),
    "delivered": Note("no_deliveries", {}),
    "promised": Note("no_promises", {}),
}


def _few_visits(study: Study, one: Judgements) -> list[Note]:
    """Return the caveat that visits are too few for the groups that they are spread over."""
    made = []
    for name in one.rows.columns.intersection(list(study.responses.segments)):
        if name in study.filters or not one.rated:
            continue
        visits = one.rows.groupby(name)["rater"].nunique()
        if visits.median() < study.thresholds.flag:
            facts = {"term": name, "lowest": int(visits.min()), "highest": int(visits.max())}
            made.append(Note("few_visits", {**facts, "flag": study.thresholds.flag}))
    return made
