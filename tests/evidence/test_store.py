"""A store of rows by unit: what is collected from it equals a scan of the table bit by bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.errors import DataError, ParameterError
from svcq_lib.evidence import cache, store
from svcq_lib.evidence import plan as plans
from svcq_lib.evidence.collect import collect
from svcq_lib.evidence.needs import Cells, EvidenceNeeds
from svcq_lib.sources import contracts

from .test_collect import NEEDS, TOML, assert_same, rows
from .test_parts import DESIGNS, MARGINS, MORE

TWO = TOML.replace('segments = ["region"]', 'segments = ["region", "channel"]')


def table() -> pd.DataFrame:
    frame = rows().assign(area=lambda one: np.array(["u", "v", "x"])[one.index % 3])
    frame["branch"] = frame["area"] + (frame.index % 5).astype(str)
    frame["channel"] = np.where(frame.index % 4 == 0, "web", "desk")
    return frame


@pytest.fixture
def small_batches(monkeypatch):
    """Rows in batches of 64, and blocks by hash as in large tables."""
    monkeypatch.setattr(plans, "BATCH_ROWS", 64)
    monkeypatch.setattr(plans, "SMALL_TABLE", 100)


def study_with(make_study, role: str = "", margins: bool = False, frame: pd.DataFrame | None = None):
    toml = TWO.replace('weight = "w"', f'weight = "w"\n{role}')
    if margins:
        toml = toml.replace("[instrument]", MARGINS, 1)
    return make_study(table() if frame is None else frame, toml)


@pytest.mark.parametrize("role", DESIGNS.values(), ids=DESIGNS)
@pytest.mark.parametrize("margins", [False, True], ids=["plain", "margins"])
@pytest.mark.usefixtures("small_batches")
def test_a_unit_from_the_store_equals_a_scan(make_study, role, margins, monkeypatch):
    study = study_with(make_study, role, margins)
    chosen = [
        study.where(region="n"),
        study.where(region="s").during("2026-Q2"),
        study.where(region="s", channel="web"),
        study.where(region="e", channel="desk").during("2026-02"),
    ]
    scanned = [collect(one, MORE) for one in chosen]
    assert store.write(study, ["region", "channel"]).is_dir()
    monkeypatch.setattr(cache, "partitions", lambda *_: pytest.fail("the table was read"))
    for one, expected in zip(chosen, scanned, strict=True):
        found = collect(one, MORE)
        assert_same(found, expected, rel=0)
        calibration = expected.design.calibration
        if margins:
            assert np.array_equal(found.design.calibration.sw, calibration.sw)
            pd.testing.assert_frame_equal(found.weighting.margins, expected.weighting.margins)


def test_small_tables_have_a_block_for_every_row(make_study):
    study = study_with(make_study)
    expected = collect(study.where(region="n"), MORE)
    store.write(study, ["region"])
    assert store.find(study.where(region="n"), contracts.check(study)) is not None
    assert_same(collect(study.where(region="n"), MORE), expected, rel=0)


def test_other_filters_scan_the_table(make_study):
    study = study_with(make_study)
    expected = collect(study.where(channel="web"), NEEDS)
    store.write(study, ["region", "channel"])
    assert store.find(study.where(channel="web"), contracts.check(study)) is None
    assert_same(collect(study.where(channel="web"), NEEDS), expected, rel=0)


def test_a_level_that_does_not_occur_is_named(make_study):
    study = study_with(make_study)
    store.write(study, ["region"])
    with pytest.raises(DataError, match="no answers are left in 'responses' for region=x"):
        collect(study.where(region="x"), NEEDS)


def test_a_store_is_made_once_and_again_for_other_data(make_study):
    study = study_with(make_study)
    path = store.write(study, ["region"])
    made = path.stat().st_ino
    assert store.write(study.where(region="n"), ["region"]) == path
    assert path.stat().st_ino == made
    frame = table()
    frame.loc[0, "o"] = 3.0
    frame.to_csv(study.root / "responses.csv", index=False)
    assert store.write(study, ["region"]) != path


def test_names_that_are_no_segments_are_refused(make_study):
    with pytest.raises(ParameterError, match="'area' is not a segment"):
        store.write(study_with(make_study), ["area"])
    with pytest.raises(ParameterError, match="no segment is named"):
        store.write(study_with(make_study), [])


@pytest.mark.parametrize("spoil", ["truncate", "flip", "head"])
def test_a_corrupt_store_is_replaced_with_a_warning(make_study, spoil):
    study = study_with(make_study)
    one = study.where(region="n")
    expected = collect(one, NEEDS)
    path = store.write(study, ["region"])
    file = path / ("head.json" if spoil == "head" else "rows.arrow")
    data = bytearray(file.read_bytes())
    if spoil == "flip":
        middle = len(data) // 2
        data[middle : middle + 4000] = bytes(255 - one for one in data[middle : middle + 4000])
    file.write_bytes(data[: len(data) // 2] if spoil != "flip" else data)
    with pytest.warns(UserWarning, match="is corrupt"):
        assert_same(collect(one, NEEDS), expected, rel=0)
    assert not path.exists()
    assert store.write(study, ["region"]) == path
    assert_same(collect(one, NEEDS), expected, rel=0)


# digests


def digests(study, needs=NEEDS) -> dict[str, str]:
    return {level: store.digest(study.where(region=level), needs) for level in "nse"}


def test_a_digest_changes_with_the_units_rows_only(make_study):
    frame = table()
    study = study_with(make_study, frame=frame)
    store.write(study, ["region"])
    before = digests(study)
    assert len(set(before.values())) == 3
    assert digests(study) == before
    position = frame.index[(frame["region"] == "s") & frame["o"].notna()][0]
    frame.loc[position, "o"] = 11 - frame.loc[position, "o"]
    frame.to_csv(study.root / "responses.csv", index=False)
    after = digests(study)
    assert {level for level in "nse" if after[level] != before[level]} == {"s"}


def test_a_digest_holds_what_is_read_only(make_study):
    frame = table()
    study = study_with(make_study, frame=frame)
    needs = EvidenceNeeds(cells={"a": Cells(("perception.a",))})
    before = store.digest(study.where(region="s"), needs), store.digest(study.where(region="s"), NEEDS)
    position = frame.index[(frame["region"] == "s") & frame["o"].notna()][0]
    frame.loc[position, "o"] = 11 - frame.loc[position, "o"]
    frame.to_csv(study.root / "responses.csv", index=False)
    after = store.digest(study.where(region="s"), needs), store.digest(study.where(region="s"), NEEDS)
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_a_digest_tells_periods_and_new_rows_apart(make_study):
    frame = table()
    study = study_with(make_study, frame=frame)
    one = study.where(region="n")
    found = {store.digest(one, NEEDS), store.digest(one.during("2026-Q1"), NEEDS), store.digest(study, NEEDS)}
    assert len(found) == 3
    more = pd.concat([frame, frame.tail(1).assign(id="R9999", region="s")])
    more.to_csv(study.root / "responses.csv", index=False)
    assert store.digest(one, NEEDS) not in found  # the size of the sample is part of every standard error
