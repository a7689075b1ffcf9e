"""From the sum of all parts to the evidence that analyses read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from svcq_lib.errors import DataError, Note
from svcq_lib.evidence import follow
from svcq_lib.evidence.columns import Masks
from svcq_lib.evidence.found import Base, Design, Evidence
from svcq_lib.evidence.grouping import Codes
from svcq_lib.evidence.moments import CROSS_SUMS, VECTOR_SUMS, Array, Moments
from svcq_lib.evidence.parts import Part
from svcq_lib.evidence.plan import Plan
from svcq_lib.evidence.scan import named, refuse_more
from svcq_lib.stats.stratified import Calibration

_EQUAL = {"sw": "n", "sw2": "n", "sw4": "n", "sw2x": "swx", "sw2x2": "swx2"}
"""Sums of rows that count once, and the sum that each equals."""


def finish(
    part: Part, plan: Plan, notes: tuple[Note, ...] = (), fingerprints: Mapping[str, str] | None = None
) -> Evidence:
    """Return the evidence of the whole table.

    Parameters
    ----------
    part : Part
        All parts added up.
    plan : Plan
        What was needed.
    notes : tuple of Note
        Warnings of the data contract.
    fingerprints : Mapping of str to str, optional
        Table → what identifies its contents.

    Returns
    -------
    Evidence
        Moments and tallies in the order of their keys.

    Raises
    ------
    DataError
        If no row is left, or a request for rows finds more than its limit.
    """
    counts, study = part.counts, plan.study
    if counts.n == 0:
        raise DataError(
            f"no answers are left in {study.responses.table!r} for {named(study)}. Widen the choice."
        )
    for name, table in part.rows.items():
        refuse_more(plan, name, len(table))
    base = Base(counts.n, counts.sw**2 / counts.sw2, counts.date_min, counts.date_max, part.date_last)
    needs = plan.needs
    return Evidence(
        _all_moments(plan, part),
        {name: _tally(part, name, tally.by) for name, tally in needs.tallies.items()},
        base,
        _design(part, plan),
        _own(notes, part),
        fingerprints or {},
        {name: table.to_pandas() for name, table in part.rows.items()},
        plan.fitting.weighting if plan.fitting else None,
    )


def _all_moments(plan: Plan, part: Part) -> dict[str, Moments]:
    """Return the moments of every request: of those that follow from others, too."""
    asked = plan.needs.cells
    found = {name: _moments(plan, part, name) for name in part.cells}
    for name in asked.keys() - found.keys():
        source = follow.source_of(asked, name, weighted=plan.weighted)
        assert source is not None  # a part holds what does not follow
        found[name] = follow.followed(asked[name], found[source])
    return {name: found[name] for name in asked}


def _moments(plan: Plan, part: Part, name: str) -> Moments:
    """Return the cells in the order of their keys, so that a result does not depend on the order of rows."""
    cells, found = plan.needs.cells[name], part.cells[name]
    sums = _whole(found.sums, Masks(plan.needs.derived).kinds(cells.columns).masks)
    if not found.keys.columns:
        table = pd.DataFrame(index=range(1))
    else:
        table = found.keys.to_pandas()
        later = ("stratum", "block", "margin_cell")
        order = [*cells.by, *[key for key in later if key in table.columns]]
        position = table.sort_values(order, kind="stable").index.to_numpy()
        table = table.loc[position].reset_index(drop=True)
        if (np.diff(position) != 1).any():
            sums = {key: one[position] for key, one in sums.items()}
    names = CROSS_SUMS if cells.cross else VECTOR_SUMS
    return Moments(cells.columns, table, {key: sums[key if key in sums else _EQUAL[key]] for key in names})


def _whole(sums: Mapping[str, Array], masks: Codes) -> dict[str, Array]:
    """Return sums with a column for each, where those that are answered in the same rows have one for all."""
    found = {}
    for name, one in sums.items():
        if name in ("n", "sw") and one.ndim > 2 and one.shape[1] != len(masks):
            one = one[:, masks]
        found[name] = one[:, :, masks] if one.ndim > 2 and one.shape[2] != len(masks) else one
    return found


def _tally(part: Part, name: str, by: tuple[str, ...]) -> pd.DataFrame:
    table = part.tallies[name]
    levels = [key for key in table.columns if key not in ("n", "sw", *by)]
    return table.select(*by, *levels, "n", "sw").sort([*by, *levels]).to_pandas()


def _own(notes: tuple[Note, ...], part: Part) -> tuple[Note, ...]:
    """Return the warnings of the data, with the straight-liners of the study's rows instead of all rows."""
    counted = {"rows": part.counts.straight, "total": part.counts.n}
    own = [
        Note(one.code, {**one.facts, **counted}) if one.code == "data_straight_line" else one for one in notes
    ]
    return tuple(one for one in own if one.code != "data_straight_line" or part.counts.straight)


def _design(part: Part, plan: Plan) -> Design:
    # blocks are numbered by their first rows, and the strata in the order of the blocks
    strata = (
        part.blocks["stratum"].unique(maintain_order=True).to_list()
        if plan.blocked
        else sorted(part.strata["stratum"])
    )
    position = {name: i for i, name in enumerate(strata)}
    codes = np.array([position[name] for name in part.blocks["stratum"] if plan.blocked], dtype=np.intp)
    rows = dict(part.strata.select("stratum", "n").iter_rows())
    clusters = np.bincount(codes, minlength=len(strata)).tolist()
    counts = clusters if plan.kind == "cluster" else [rows[name] for name in strata]
    sizes = plan.study.responses.fpc
    fraction = [n / sizes[name] if name in sizes else 0.0 for name, n in zip(strata, counts, strict=True)]
    units = pd.DataFrame({"stratum": strata, "n": counts, "fraction": fraction})
    return Design(plan.kind, units, codes, _calibration(part, plan, position))


def _calibration(part: Part, plan: Plan, position: Mapping[str, int]) -> Calibration | None:
    if plan.fitting is None:
        return None
    clusters, whole = plan.kind == "cluster", part.whole
    unit = whole["unit"].to_numpy() if clusters else np.array([position[name] for name in whole["unit"]])
    sums = np.zeros((2, len(part.blocks) if clusters else len(position), len(plan.fitting.factors)))
    for total, name in zip(sums, ("sw", "sw2"), strict=True):
        total[unit, whole["margin_cell"].to_numpy()] = whole[name].to_numpy()
    return Calibration(plan.fitting.levels, plan.fitting.factors, sums[0], sums[1])
