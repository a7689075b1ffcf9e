"""What the gap analysis reads from the rows: quantities of a respondent and the sums of them."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Literal

from svcq_lib.analyses.outcomes import column_of, derived_of
from svcq_lib.errors import ParameterError
from svcq_lib.evidence.columns import Between, Derived, Difference, Mean, PointsWeighted, Present
from svcq_lib.evidence.needs import Cells, EvidenceNeeds
from svcq_lib.study import Dimension, Item, Scale, Study

Mode = Literal["gap", "perception_only"]


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


def terms_of(study: Study) -> list[Dimension]:
    """Return the dimensions with the items that can be used: those with a perception and, in gap mode, a pair."""
    paired = mode_of(study) == "gap"
    kept = []
    for one in study.instrument.dimensions:
        items = tuple(i for i in one.items if i.perception and (i.expectation or not paired))
        if items:
            kept.append(one.model_copy(update={"items": items}))
    return kept


def compared(terms: list[Dimension]) -> list[str]:
    """Return the names that are compared with each other: dimensions, or the items of a single one."""
    return [one.name for one in terms] if len(terms) > 1 else [item.name for item in terms[0].items]


def pairs_of(terms: list[Dimension]) -> dict[str, tuple[str, str]]:
    """Return the paired contrasts: evidence column → the two names."""
    return {f"contrast.{one}.{other}": (one, other) for one, other in combinations(compared(terms), 2)}


def outcome_of(study: Study, outcome: str | None = None) -> str:
    """Return the satisfaction outcome that gaps are held against; empty if the study has none.

    Parameters
    ----------
    study : Study
        The study.
    outcome : str, optional
        A name; by default the first satisfaction score.

    Returns
    -------
    str
        Name of an outcome.
    """
    if outcome:
        return study.outcome(outcome).name
    kinds = ("csat", "score")
    return next((name for kind in kinds for name, one in study.outcomes.items() if one.kind == kind), "")


def needs(study: Study, *, outcome: str | None = None) -> EvidenceNeeds:
    """Return what :func:`svcq_lib.analyses.gaps.gaps` reads from the rows.

    Parameters
    ----------
    study : Study
        The study.
    outcome : str, optional
        Satisfaction outcome that gaps and perceptions are compared by; by default the first satisfaction score.

    Returns
    -------
    EvidenceNeeds
        Paired item gaps, dimension means, their contrasts, the overall and the points-weighted gap, by segment and
        period.
    """
    terms, paired = terms_of(study), mode_of(study) == "gap"
    derived, columns = _derived(study, terms)
    more = _contrasts(terms) | _alternatives(study, terms) | zone_columns(terms)
    more |= _ceilings(study, terms) if paired else {}
    columns += [name for name in more if not name.startswith("part.")]
    cells = {"gaps": Cells(tuple(columns)), **_groups(study, terms)}
    for one in terms:
        if len(one.items) > 1:
            cells[f"gaps.alpha.{one.name}"] = Cells(alpha_columns(one, paired), cross=True)
    if paired:
        if means := [name for one in terms if len(one.items) > 1 for name in mean_columns(one)]:
            cells["gaps.means"] = Cells(tuple(means), cross=True)  # apart: whole numbers are added up faster
        cells["gaps.shares"] = Cells(_share_columns(terms, derived), blocks=True)
    name = outcome_of(study, outcome)
    if paired and name:
        more |= _model(study, terms, name)
        cells["gaps.model"] = Cells(tuple(c for c in more if c.startswith("whole.")), cross=True, blocks=True)
    profile = _profile(terms)
    return EvidenceNeeds({**derived, **more, **profile}, cells)


def _groups(study: Study, terms: list[Dimension]) -> dict[str, Cells]:
    """Return the requests by period and by segment."""
    main = tuple(f"estimate.{name}" for name in ("overall", *[one.name for one in terms]))
    cells = {"gaps.period": Cells(main, by=("period",), all_periods=True)} if study.responses.date else {}
    for name in study.responses.segments:
        cells[f"gaps.segment.{name}"] = Cells(main, by=(f"segment.{name}",))
        if len(terms) > 1:
            by = (f"segment.{name}",)
            cells[f"gaps.profile.{name}"] = Cells(tuple(_profile(terms)), by=by, blocks=True)
    return cells


def _derived(study: Study, terms: list[Dimension]) -> tuple[dict[str, Derived], list[str]]:
    """Return the derived columns and the names of those that are averaged."""
    paired = mode_of(study) == "gap"
    roles = ["estimate", "expectation", "perception"] if paired else ["estimate"]
    derived: dict[str, Derived] = {}
    asked = _asked(paired)
    for one in terms:
        for item in one.items:
            own = tuple(f"{role}.{item.name}" for role in asked)
            also = _everything(terms, paired) if study.missing == "listwise" else own
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


def _asked(paired: bool) -> tuple[str, ...]:
    return ("perception", "expectation") if paired else ("perception",)


def _everything(terms: list[Dimension], paired: bool) -> tuple[str, ...]:
    return tuple(f"{role}.{item.name}" for one in terms for item in one.items for role in _asked(paired))


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


def _share_columns(terms: list[Dimension], derived: dict[str, Derived]) -> tuple[str, ...]:
    """Return the columns behind every choice of importance weights: contributions, gaps and points."""
    names = [one.name for one in terms]
    own = [f"contribution.{name}" for name in names if f"contribution.{name}" in derived]
    points = [f"points.{one.name}" for one in terms if one.importance_points] if own else []
    return (*own, *[f"estimate.{name}" for name in names], *points)


def alpha_columns(one: Dimension, paired: bool) -> tuple[str, ...]:
    """Return the columns behind the reliabilities of a dimension.

    Parameters
    ----------
    one : Dimension
        The dimension.
    paired : bool
        Whether expectations were asked.

    Returns
    -------
    tuple of str
        Perception items; in gap mode also expectation items.
    """
    names = [item.name for item in one.items]
    own = [f"alpha.{name}" for name in names]
    return (*own, *(f"paired.expectation.{name}" for name in names)) if paired else tuple(own)


def mean_columns(one: Dimension) -> tuple[str, str]:
    """Return the columns of the respondent's mean perception and mean expectation of a dimension."""
    return f"paired.perception.{one.name}", f"paired.expectation.{one.name}"


def _contrasts(terms: list[Dimension]) -> dict[str, Derived]:
    return {
        name: Difference(f"estimate.{one}", f"estimate.{other}")
        for name, (one, other) in pairs_of(terms).items()
    }


def _profile(terms: list[Dimension]) -> dict[str, Derived]:
    """Return each dimension's deviation from the respondent's own mean: what is left of a profile of gaps."""
    if len(terms) < 2:
        return {}
    return {f"profile.{one.name}": Difference(f"estimate.{one.name}", "estimate.overall") for one in terms}


def _alternatives(study: Study, terms: list[Dimension]) -> dict[str, Derived]:
    """Return the dimensions (or items) under the other treatment of missing answers."""
    paired = mode_of(study) == "gap"
    names = {name: f"estimate.{name}" for name in compared(terms)}
    if study.missing == "pairwise":
        whole = _everything(terms, paired)
        return {f"alternative.{name}": Present(column, whole) for name, column in names.items()}
    found: dict[str, Derived] = {}
    for one in terms:
        for item in one.items:
            own = tuple(f"{role}.{item.name}" for role in _asked(paired))
            found[f"part.{item.name}"] = Difference(*own) if paired else Mean(own)
        parts = tuple(f"part.{item.name}" for item in one.items)
        found[f"alternative.{one.name}"] = Mean(parts, min(study.min_answered, len(parts)))
        found |= {f"alternative.{item.name}": Mean((f"part.{item.name}",)) for item in one.items}
    asked = {f"alternative.{name}" for name in names}
    return {name: one for name, one in found.items() if name in asked or name.startswith("part.")}


def scale_of(study: Study, item: Item) -> Scale | None:
    """Return the scale on which an item's expectation was answered, if one is declared."""
    return (item.expectation.scale if item.expectation else None) or study.instrument.scale


def _ceilings(study: Study, terms: list[Dimension]) -> dict[str, Derived]:
    """Return whether expectations are at the top of the scale: per item, per dimension, and in all its items."""
    found: dict[str, Derived] = {}
    for one in terms:
        scales = [scale_of(study, item) for item in one.items]
        tops = [scale.high for scale in scales if scale]
        if len(tops) < len(scales):
            continue
        for item, top in zip(one.items, tops, strict=True):
            found[f"part.ceiling.{item.name}"] = Between(f"paired.expectation.{item.name}", top, math.inf)
        found[f"ceiling.{one.name}"] = Mean(tuple(f"part.ceiling.{item.name}" for item in one.items))
        found[f"at_top.{one.name}"] = Between(f"ceiling.{one.name}", 1, 1)
    return found


def zone_columns(terms: list[Dimension]) -> dict[str, Derived]:
    """Return the columns of the zone of tolerance of dimensions whose adequate and desired levels are asked.

    Parameters
    ----------
    terms : list of Dimension
        The dimensions.

    Returns
    -------
    dict of str to Derived
        ``msa.NAME`` (perception − adequate), ``mss.NAME`` (perception − desired), and ``below.NAME``, ``within.NAME``,
        ``above.NAME``, 1 where a respondent's mean perception lies there; helpers begin with ``part.``.
    """
    found: dict[str, Derived] = {}
    for one in terms:
        items = [item.name for item in one.items if item.adequate and item.desired and item.perception]
        for measure, level in (("msa", "adequate"), ("mss", "desired")) if items else ():
            for name in items:
                own = (f"perception.{name}", f"{level}.{name}", f"adequate.{name}", f"desired.{name}")
                found[f"part.{measure}.raw.{name}"] = Difference(own[0], own[1])
                found[f"part.{measure}.{name}"] = Present(f"part.{measure}.raw.{name}", own)
            found[f"{measure}.{one.name}"] = Mean(tuple(f"part.{measure}.{name}" for name in items))
        if items:
            # respondents' means of few answers: equal levels may differ by rounding
            found[f"below.{one.name}"] = Between(f"msa.{one.name}", -math.inf, -1e-9)
            found[f"above.{one.name}"] = Between(f"mss.{one.name}", 1e-9, math.inf)
            outside = (f"below.{one.name}", f"above.{one.name}")
            found[f"part.outside.{one.name}"] = Mean(outside, 2, total=True)
            found[f"within.{one.name}"] = Between(f"part.outside.{one.name}", 0, 0)
    return found


def _model(study: Study, terms: list[Dimension], outcome: str) -> dict[str, Derived]:
    """Return outcome, perceptions and gaps of the respondents who have all of them: one base for both models."""
    column = column_of(study.outcome(outcome))
    also = (column, *[f"estimate.{one.name}" for one in terms])
    found = dict(derived_of(study, [study.outcome(outcome)]))
    found["whole.outcome"] = Present(column, also)
    for role, prefix in (("perception", "paired.perception"), ("gap", "estimate")):
        found |= {f"whole.{role}.{one.name}": Present(f"{prefix}.{one.name}", also) for one in terms}
    return found
