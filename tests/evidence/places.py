"""One study whose responses lie in several places, and what has to be the same wherever they lie."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from svcq_lib.evidence.finish import finish
from svcq_lib.evidence.found import Evidence
from svcq_lib.evidence.needs import EvidenceNeeds
from svcq_lib.evidence.parts import part_of
from svcq_lib.evidence.plan import plan_of
from svcq_lib.sources import connect
from svcq_lib.sources.open import open_study
from svcq_lib.study import Study

REL = 1e-9


def moved(demo: Path, target: Path, place: str) -> Study:
    """Return the demonstration study with its responses in another place (lines of ``[tables.responses]``)."""
    target.mkdir(exist_ok=True, parents=True)
    for path in demo.parent.iterdir():
        if path.suffix == ".csv" and not (target / path.name).exists():
            (target / path.name).symlink_to(path)
    text = demo.read_text(encoding="utf-8").replace('path = "responses.csv"', place, 1)
    (target / "study.toml").write_text(text, encoding="utf-8")
    return open_study(target / "study.toml")


def responses(demo: Path) -> pd.DataFrame:
    """Return the responses with the types that a database gives them."""
    frame = pd.read_csv(demo.parent / "responses.csv", keep_default_na=True)
    return frame.convert_dtypes()


def locally(study: Study, needs: EvidenceNeeds) -> Evidence:
    """Return what one scan of the rows in this process finds."""
    plan = plan_of(study, needs)
    name = study.responses.table
    return finish(part_of([connect.scan(study.tables[name], study.root, name=name)], plan), plan)


def assert_equal(one: Evidence, other: Evidence, *, blocks: bool = True) -> None:
    """Both have the same cells, counts, rows, base and design, and sums that agree to 1e-9."""
    assert set(one.moments) == set(other.moments)
    for name, moments in other.moments.items():
        pd.testing.assert_frame_equal(one.moments[name].keys, moments.keys, check_dtype=False)
        for key, array in moments.sums.items():
            scale = np.abs(array).max(initial=1.0)
            np.testing.assert_allclose(
                one.moments[name].sums[key], array, rtol=REL, atol=REL * scale, err_msg=f"{name} {key}"
            )
    assert set(one.tallies) == set(other.tallies)
    for name, tally in other.tallies.items():
        pd.testing.assert_frame_equal(one.tallies[name], tally, rtol=REL)
    for name, kept in other.rows.items():
        pd.testing.assert_frame_equal(one.rows[name], kept, rtol=REL)
    if not blocks:  # without the order of rows, strata are in that of their names
        other = replace(other, design=replace(other.design, units=_sorted(other.design.units)))
        one = replace(one, design=replace(one.design, units=_sorted(one.design.units)))
    pd.testing.assert_frame_equal(one.design.units, other.design.units, check_dtype=False)
    if blocks:
        assert one.design.block_strata.tolist() == other.design.block_strata.tolist()
    np.testing.assert_allclose(one.base.n_eff, other.base.n_eff, rtol=REL)
    assert (one.base.n, one.base.date_min, one.base.date_max, one.base.date_last) == (
        other.base.n, other.base.date_min, other.base.date_max, other.base.date_last,
    )  # fmt: skip


def _sorted(units: pd.DataFrame) -> pd.DataFrame:
    return units.sort_values("stratum", ignore_index=True)
