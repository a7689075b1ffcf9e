"""From the sum of all parts to the evidence that analyses read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from svcq_lib.errors import DataError, Note
from svcq_lib.evidence.found import Base, Design, Evidence
from svcq_lib.evidence.moments import CROSS_SUMS, VECTOR_SUMS, Moments
from svcq_lib.evidence.needs import Cells
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
        {name: _moments(cells, part, name) for name, cells in needs.cells.items()},
        {name: _tally(part, name, tally.by) for name, tally in needs.tallies.items()},
        base,
        _design(part, plan),
        _own(notes, part),
        fingerprints or {},
        {name: table.to_pandas() for name, table in part.rows.items()},
        plan.fitting.weighting if plan.fitting else None,
    )


def _moments(cells: Cells, part: Part, name: str) -> Moments:
    """Return the cells in the order of their keys, so that a result does not depend on the order of rows."""
    found = part.cells[name]
    sums = dict(found.sums)
    if not found.keys.columns:
        keys = pd.DataFrame(index=range(1))
    else:
        keys = found.keys.to_pandas()
        later = ("stratum", "block", "margin_cell")
        order = [*cells.by, *[key for key in later if key in keys.columns]]
        position = keys.sort_values(order, kind="stable").index.to_numpy()
        keys = keys.loc[position].reset_index(drop=True)
        sums = {key: one[position] for key, one in sums.items()}
    names = CROSS_SUMS if cells.cross else VECTOR_SUMS
    return Moments(cells.columns, keys, {key: sums[key if key in sums else _EQUAL[key]] for key in names})


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
    strata = part.blocks["stratum"].unique(maintain_order=True).to_list()
    position = {name: i for i, name in enumerate(strata)}
    codes = np.array([position[name] for name in part.blocks["stratum"]], dtype=np.intp)
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
