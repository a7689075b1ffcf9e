"""Where does service fall short of what customers expect? SERVQUAL's customer gap (gap 5), P − E."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from svcq_lib.analyses import estimates, spans
from svcq_lib.analyses.context import Context, base_notes, context_of, interval_note, suppressed_note
from svcq_lib.errors import Note, ParameterError, require_choice
from svcq_lib.evidence.collect import Evidence, collect
from svcq_lib.evidence.columns import Derived, Difference, Mean, PointsWeighted, Present
from svcq_lib.evidence.moments import Moments
from svcq_lib.evidence.needs import Cells, EvidenceNeeds
from svcq_lib.measures.reliability import cronbach_alpha_from_covariance
from svcq_lib.stats import intervals, matrices
from svcq_lib.stats.multiplicity import Method, adjust
from svcq_lib.study import Dimension, Study

Mode = Literal["gap", "perception_only"]
FIGURES = (
    "expectation",
    "perception",
    "gap",
    "std_error",
    "conf_low",
    "conf_high",
    "perception_low",
    "perception_high",
    "statistic",
    "df",
    "p_value",
    "effect_size",
    "n_eff",
)


@dataclass(frozen=True, eq=False, slots=True)
class GapsResult:
    """Expectation, perception and their gap, by item, dimension, segment and period.

    Attributes
    ----------
    mode : {"gap", "perception_only"}
        Whether expectations were asked. In perception-only mode every table speaks of perception alone and its
        ``estimate`` is the mean perception; otherwise it is the gap.
    items, dimensions : DataFrame, one row per item or dimension, widest gap first
        term, dimension (items only), expectation, perception, perception_low, perception_high, gap, estimate,
        std_error, conf_low, conf_high, statistic, df, p_value, p_adjusted, effect_size (mean / sd of the paired
        gap), n, n_eff, suppressed. Dimensions also: importance_points, contribution (to the weighted gap), share,
        share_low, share_high, alpha, alpha_low, alpha_high.
    overall : DataFrame, one or two rows
        The mean of the dimensions (``overall``) and, with importance points, the gap weighted by each
        respondent's own points (``weighted``).
    segments : DataFrame, one row per segment, level and dimension (and ``overall``)
        segment, level, term, estimate, std_error, conf_low, conf_high, difference (from all others) with interval
        (p_adjusted over the levels for ``overall``, over levels and dimensions together for the dimensions),
        p_value, p_adjusted, n, suppressed
    periods : DataFrame, one row per period and dimension (and ``overall``)
        period, term, estimate, std_error, conf_low, conf_high, n, suppressed
    changes : DataFrame, one row per dimension (and ``overall``) and earlier period
        term, since ("previous" or "first"), period, previous, estimate, change, change_low, change_high, p_value,
        p_adjusted, n
    notes : tuple of Note
        Caveats.
    context : Context
        Study, base, filters and settings.
    """

    mode: Mode
    items: pd.DataFrame
    dimensions: pd.DataFrame
    overall: pd.DataFrame
    segments: pd.DataFrame
    periods: pd.DataFrame
    changes: pd.DataFrame
    notes: tuple[Note, ...]
    context: Context


def mode_of(study: Study) -> Mode:
    """Return whether a study has gaps or perceptions only.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    {"gap", "perception_only"}
        ``"gap"`` if at least one item has both.

    Raises
    ------
    ParameterError
        If the study has no item with a perception.
    """
    if not any(item.perception for item in study.instrument.items):
        raise ParameterError(
            f"{study.path.name} has no perception items. Add [[instrument.dimensions]] with items."
        )
    return "gap" if study.instrument.has_gaps else "perception_only"


def _terms(study: Study) -> list[Dimension]:
    """Return the dimensions with the items that can be used."""
    paired = mode_of(study) == "gap"
    kept = []
    for one in study.instrument.dimensions:
        items = tuple(i for i in one.items if i.perception and (i.expectation or not paired))
        if items:
            kept.append(one.model_copy(update={"items": items}))
    return kept


def needs(study: Study) -> EvidenceNeeds:
    """Return what :func:`gaps` reads from the rows.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    EvidenceNeeds
        Paired item gaps, dimension means, the overall and the points-weighted gap, by segment and period.
    """
    terms = _terms(study)
    derived, columns = _derived(study, terms)
    levels = tuple(name for name in ("overall", *[one.name for one in terms]))
    main = tuple(f"estimate.{name}" for name in levels)
    cells = {"gaps": Cells(tuple(columns))}
    if study.responses.date:
        cells["gaps.period"] = Cells(main, by=("period",), all_periods=True)
    for name in study.responses.segments:
        cells[f"gaps.segment.{name}"] = Cells(main, by=(f"segment.{name}",))
    for one in terms:
        if len(one.items) > 1:
            cells[f"gaps.alpha.{one.name}"] = Cells(tuple(f"alpha.{i.name}" for i in one.items), cross=True)
    shares = tuple(name for name in derived if name.startswith("contribution."))
    if shares:
        cells["gaps.shares"] = Cells(shares, blocks=True)
    return EvidenceNeeds(derived, cells)


def _derived(study: Study, terms: list[Dimension]) -> tuple[dict[str, Derived], list[str]]:
    """Return the derived columns and the names of those that are averaged."""
    paired = mode_of(study) == "gap"
    roles = ["estimate", "expectation", "perception"] if paired else ["estimate"]
    derived: dict[str, Derived] = {}
    asked = ("perception", "expectation") if paired else ("perception",)
    everything = tuple(f"{role}.{item.name}" for one in terms for item in one.items for role in asked)
    for one in terms:
        for item in one.items:
            own = tuple(f"{role}.{item.name}" for role in asked)
            also = everything if study.missing == "listwise" else own
            for name in own:
                derived[f"paired.{name}"] = Present(name, also)
            kept = [f"paired.{name}" for name in own]
            derived[f"estimate.{item.name}"] = Difference(*kept) if paired else Mean((kept[0],))
            whole = tuple(f"perception.{other.name}" for other in one.items)
            derived[f"alpha.{item.name}"] = Present(own[0], whole if study.missing == "listwise" else own[:1])
        for role in roles:
            prefix = "estimate" if role == "estimate" else f"paired.{role}"
            parts = tuple(f"{prefix}.{item.name}" for item in one.items)
            least = len(parts) if study.missing == "listwise" else min(study.min_answered, len(parts))
            derived[f"{prefix}.{one.name}"] = Mean(parts, least)
    prefixes = ["estimate", *[f"paired.{role}" for role in roles[1:]]]
    for prefix in prefixes:
        derived[f"{prefix}.overall"] = Mean(tuple(f"{prefix}.{one.name}" for one in terms), len(terms))
    derived.update(_weighted(terms) if paired else {})
    names = [item.name for one in terms for item in one.items] + [one.name for one in terms] + ["overall"]
    columns = [f"{prefix}.{name}" for name in names for prefix in prefixes]
    columns += [name for name in derived if name.startswith("weighted.")]
    columns += [f"points.{one.name}" for one in terms if one.importance_points and paired]
    return derived, columns


def _weighted(terms: list[Dimension]) -> dict[str, Derived]:
    if not all(one.importance_points for one in terms):
        return {}
    points = tuple(f"points.{one.name}" for one in terms)
    found: dict[str, Derived] = {}
    for role, prefix in (
        ("gap", "estimate"),
        ("expectation", "paired.expectation"),
        ("perception", "paired.perception"),
    ):
        parts = tuple(f"{prefix}.{one.name}" for one in terms)
        found[f"weighted.{role}"] = PointsWeighted(parts, points)
    gaps_ = tuple(f"estimate.{one.name}" for one in terms)
    found.update(
        {f"contribution.{one.name}": PointsWeighted(gaps_, points, i) for i, one in enumerate(terms)}
    )
    return found


def gaps(
    study: Study, *, adjust_method: Method = "holm", ci_level: float = 0.95, n_boot: int = 1000, seed: int = 0
) -> GapsResult:
    """Measure the gap between what customers expect and what they perceive.

    Parameters
    ----------
    study : Study
        The study, with its filters and period.
    adjust_method : {"holm", "bh", "by", "none"}
        Multiplicity control over the items, over the dimensions, and over the levels of each segment.
    ci_level : float
        Level of the intervals.
    n_boot : int
        Bootstrap replicates for the dimensions' shares of the weighted gap.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    GapsResult
        Gaps with intervals and tests; perceptions only if expectations were not asked.

    Raises
    ------
    ParameterError
        If the study has no perception items.
    DataError
        If the data break the contract.
    """
    require_choice("adjust_method", adjust_method, get_args(Method))
    terms, mode = _terms(study), mode_of(study)
    evidence = collect(study, needs(study))
    table = estimates.means(evidence.moments["gaps"], evidence.design, ci_level=ci_level).set_index("column")
    items = _block(table, study, [item.name for one in terms for item in one.items], mode, adjust_method)
    items.insert(1, "dimension", [one.name for one in terms for _ in one.items])
    dimensions = _block(table, study, [one.name for one in terms], mode, adjust_method)
    dimensions = dimensions.join(_alphas(evidence, terms, study, ci_level), on="term")
    dimensions = dimensions.join(
        _importance(table, evidence, terms, study, ci_level, n_boot, seed), on="term"
    )
    overall = _block(table, study, ["overall"], mode, "none")
    if "weighted.gap" in table.index:
        overall = pd.concat([overall, _block(table, study, ["weighted"], mode, "none")], ignore_index=True)
    segments = _segments(study, evidence, adjust_method, ci_level)
    shared = (*base_notes(study, evidence), *interval_note(dimensions), *suppressed_note(segments, study))
    return GapsResult(
        mode=mode,
        items=_sorted(items),
        dimensions=_sorted(dimensions),
        overall=overall,
        segments=segments,
        periods=_periods(study, evidence, ci_level),
        changes=_changes(study, evidence, adjust_method, ci_level),
        notes=(*shared, *_notes(study, mode, items, evidence)),
        context=context_of(
            study, evidence, ci_level=ci_level, adjustment=adjust_method, seed=seed, n_boot=n_boot
        ),
    )


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("estimate", kind="stable", na_position="last", ignore_index=True)


def _names(term: str) -> tuple[str, str, str]:
    """Return the evidence columns of a term's estimate, expectation and perception."""
    if term == "weighted":
        return "weighted.gap", "weighted.expectation", "weighted.perception"
    return f"estimate.{term}", f"paired.expectation.{term}", f"paired.perception.{term}"


def _block(
    table: pd.DataFrame, study: Study, terms: Sequence[str], mode: Mode, method: Method
) -> pd.DataFrame:
    """Return one row per term with expectation, perception, gap, test and effect size."""
    main = table.loc[[_names(term)[0] for term in terms]].reset_index(drop=True)
    main.insert(0, "term", list(terms))
    if mode == "gap":
        main["expectation"] = table.loc[[_names(term)[1] for term in terms], "estimate"].to_numpy()
        perceived = table.loc[[_names(term)[2] for term in terms]]
        main["gap"] = main["estimate"]
        main["statistic"] = main["estimate"] / main["std_error"].where(main["std_error"] > 0)
        main["p_value"] = intervals.t_p_value(main["statistic"].to_numpy(), main["df"].to_numpy())
        main["effect_size"] = main["estimate"] / main["std_dev"].where(main["std_dev"] > 0)
    else:
        perceived = main
        for name in ("expectation", "gap", "statistic", "p_value", "effect_size"):
            main[name] = np.nan
    main["perception"] = perceived["estimate"].to_numpy()
    main["perception_low"] = perceived["conf_low"].to_numpy()
    main["perception_high"] = perceived["conf_high"].to_numpy()
    main = estimates.suppress(main, study.thresholds.suppress, ("estimate", *FIGURES))
    main["p_adjusted"] = adjust(main["p_value"].to_numpy(), method)
    order = [
        "term",
        "expectation",
        "perception",
        "perception_low",
        "perception_high",
        "gap",
        "estimate",
        "std_error",
        "conf_low",
        "conf_high",
        "statistic",
        "df",
        "p_value",
        "p_adjusted",
        "effect_size",
        "n",
        "n_eff",
        "suppressed",
    ]
    return main[order]


def _alphas(evidence: Evidence, terms: list[Dimension], study: Study, ci_level: float) -> pd.DataFrame:
    """Return Cronbach's α of each dimension's perception items with Feldt's interval."""
    rows = {}
    for one in terms:
        moments = evidence.moments.get(f"gaps.alpha.{one.name}")
        if moments is None:
            continue
        sums = {name: array[0] for name, array in moments.total().sums.items() if name != "swxx"}
        pairs = sums["n"]
        if pairs.min() < study.thresholds.suppress:
            continue
        alpha = cronbach_alpha_from_covariance(matrices.covariance_from_moments(**sums))
        low, high = intervals.feldt(alpha, float(pairs.min()), len(one.items), ci_level)
        rows[one.name] = {"alpha": float(alpha), "alpha_low": float(low), "alpha_high": float(high)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["alpha", "alpha_low", "alpha_high"])


def _importance(
    table: pd.DataFrame,
    evidence: Evidence,
    terms: list[Dimension],
    study: Study,
    ci_level: float,
    n_boot: int,
    seed: int,
) -> pd.DataFrame:
    """Return mean importance points and each dimension's share of the points-weighted gap."""
    columns = ["importance_points", "contribution", "share", "share_low", "share_high"]
    if "gaps.shares" not in evidence.moments:
        return pd.DataFrame(columns=columns, dtype=float)
    total = evidence.moments["gaps.shares"].total().sums
    if total["n"][0].min() < study.thresholds.suppress:
        return pd.DataFrame(columns=columns, dtype=float)
    contribution = (total["swx"] / total["sw"])[0]
    draws = estimates.draw_blocks(evidence.design, n_boot, seed)
    sums = estimates.bootstrap_sums(evidence, "gaps.shares", draws)
    with np.errstate(divide="ignore", invalid="ignore"):
        replicate = sums["swx"] / sums["sw"]
        shares = replicate / replicate.sum(axis=1, keepdims=True)
    low, high = intervals.percentile_interval(shares, ci_level, axis=0)
    names = [one.name for one in terms]
    points = table.loc[[f"points.{name}" for name in names], "estimate"].to_numpy()
    values = [points, contribution, contribution / contribution.sum(), low, high]
    return pd.DataFrame(dict(zip(columns, values, strict=True)), index=names)


def _tidy(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(term=table["column"].str.removeprefix("estimate.")).drop(
        columns=["column", "df", "std_dev"]
    )


def _segments(study: Study, evidence: Evidence, method: Method, ci_level: float) -> pd.DataFrame:
    parts = []
    for name in study.responses.segments:
        key = f"segment.{name}"
        cells = evidence.moments[f"gaps.{key}"]
        table = _tidy(estimates.means(cells, evidence.design, (key,), ci_level=ci_level))
        rest = _tidy(estimates.means(cells.complements(key), evidence.design, (key,), ci_level=ci_level))
        rest = estimates.aligned(rest, table, [key, "term"])
        limit, figures = study.thresholds.suppress, (*estimates.INTERVAL, "n_eff")
        # a difference from a hidden rest would give that rest away
        table = estimates.suppress(table, limit, figures, parts_of="term")
        rest = estimates.suppress(rest, limit, figures)
        table = table.join(estimates.compare(table, rest, "difference", ci_level=ci_level))
        # one family for the overall figure, one for all groups and dimensions that are read side by side
        table["p_adjusted"] = table.groupby(table["term"] == "overall")["p_value"].transform(
            lambda p: adjust(p.to_numpy(), method)
        )
        parts.append(table.rename(columns={key: "level"}).assign(segment=name))
    first = ["segment", "level", "term"]
    if not parts:
        return pd.DataFrame(columns=[*first, *estimates.INTERVAL, "n", "suppressed"])
    table = pd.concat(parts, ignore_index=True)
    return table[[*first, *[name for name in table if name not in first]]]


def _periods(study: Study, evidence: Evidence, ci_level: float) -> pd.DataFrame:
    if not study.responses.date:
        return pd.DataFrame(columns=["period", "term", *estimates.INTERVAL, "n", "n_eff", "suppressed"])
    table = _tidy(
        estimates.means(evidence.moments["gaps.period"], evidence.design, ("period",), ci_level=ci_level)
    )
    table = spans.upto(table.sort_values(["term", "period"], kind="stable", ignore_index=True), study)
    figures = (*estimates.INTERVAL, "n_eff")
    return estimates.suppress(table, study.thresholds.suppress, figures)


def _changes(study: Study, evidence: Evidence, method: Method, ci_level: float) -> pd.DataFrame:
    columns = [
        "term",
        "since",
        "period",
        "previous",
        "estimate",
        "change",
        "change_low",
        "change_high",
        "p_value",
        "p_adjusted",
        "n",
    ]
    found = spans.latest_two(evidence.moments["gaps.period"], study) if study.responses.date else None
    if found is None:
        return pd.DataFrame(columns=columns)

    def shown(moments: Moments) -> pd.DataFrame:
        table = _tidy(estimates.means(moments, evidence.design, ci_level=ci_level))
        return estimates.suppress(table, study.thresholds.suppress, estimates.INTERVAL)

    return spans.changes(found, shown, method, ci_level=ci_level)[columns]


def _notes(study: Study, mode: Mode, items: pd.DataFrame, evidence: Evidence) -> list[Note]:
    notes = []
    if mode == "perception_only":
        notes.append(Note("no_expectations", {"items": len(items)}))
    elif not all(one.importance_points for one in _terms(study)):
        notes.append(Note("no_importance_points", {}))
    dropped = len(study.instrument.items) - len(items)
    if dropped:
        notes.append(Note("items_without_pair", {"items": dropped}))
    answered = items["n"] / evidence.base.n
    if answered.min() < 0.8:
        notes.append(
            Note("missing_answers", {"lowest": float(answered.min()), "highest": float(answered.max())})
        )
    return notes
