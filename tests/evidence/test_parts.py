"""Parts: what is found partition by partition adds up to what one scan finds, and survives as bytes."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from svcq_lib.errors import DataError
from svcq_lib.evidence import plan as plans
from svcq_lib.evidence.finish import finish
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Rows, Tally
from svcq_lib.evidence.parts import Part, added, part_of
from svcq_lib.evidence.plan import plan_of

from .test_collect import COLUMNS, NEEDS, TOML, assert_same, raw, rows

MORE = NEEDS | EvidenceNeeds(
    cells={
        "both": Cells(COLUMNS, by=("period", "segment.region"), blocks=True, all_periods=True),
        "once": Cells(COLUMNS, weighted=False),
    },
    tallies={"mean": Tally("mean")},
    rows={"rows": Rows(("gap", "segment.region"))},
)
DESIGNS = {
    "simple": "",
    "strata": 'strata = "area"',
    "clusters": 'cluster = "branch"',
    "clusters_in_strata": 'strata = "area"\ncluster = "branch"',
}
MARGINS = "[weights.margins.region]\ncounts = { n = 3, s = 2, e = 1 }\n[instrument]"


@pytest.fixture(params=[(role, margins) for role in DESIGNS for margins in (False, True)], ids=str)
def study(request, make_study):
    frame = rows().assign(area=lambda one: np.array(["u", "v", "x"])[one.index % 3])
    frame["branch"] = frame["area"] + (frame.index % 5).astype(str)
    toml = TOML.replace('weight = "w"', f'weight = "w"\n{DESIGNS[request.param[0]]}')
    return make_study(frame, toml.replace("[instrument]", MARGINS, 1) if request.param[1] else toml)


def split(study, plan, cuts: list[int]) -> list[Part]:
    """One part for each run of rows between two cuts."""
    ends = [*sorted(cuts), 400]
    starts = [0, *ends[:-1]]
    return [
        part_of([raw(study).slice(one, end - one)], plan, offset=one)
        for one, end in zip(starts, ends, strict=True)
    ]


@pytest.mark.parametrize("filters", [{}, {"region": "n"}], ids=["all", "filtered"])
@pytest.mark.parametrize("period", [None, "2026-Q2"])
def test_partitions_add_up_to_the_table(study, filters, period, monkeypatch):
    chosen = study.where(**filters).during(period)
    for small in (2000, 100):
        monkeypatch.setattr(plans, "SMALL_TABLE", small)
        plan = plan_of(chosen, MORE)
        whole = finish(part_of([raw(study)], plan), plan)
        parts = split(study, plan, [7, 7, 150])
        assert_same(finish(added(parts), plan), whole)
        calibration = whole.design.calibration
        if calibration is not None:
            found = finish(added(parts), plan).design.calibration
            assert found.sw == pytest.approx(calibration.sw)


def test_the_order_of_partitions_does_not_matter(study):
    plan = plan_of(study, NEEDS)
    one, two, three = split(study, plan, [100, 300])
    assert_same(finish(three + (one + two), plan), finish((one + two) + three, plan))
    assert_same(finish(two + three + one, plan), finish(one + two + three, plan))


def test_a_plan_can_be_sent_and_a_part_sent_back(study):
    plan = plan_of(study, MORE)
    sent = pickle.loads(pickle.dumps(plan))
    part = part_of([raw(study)], sent)
    assert_same(finish(Part.from_bytes(part.to_bytes()), plan), finish(part, plan), rel=0)
    assert_same(finish(pickle.loads(pickle.dumps(part)), plan), finish(part, plan), rel=0)


@pytest.mark.parametrize("cuts", [[1], [64, 65], [399], list(range(0, 400, 9))], ids=len)
def test_how_rows_arrive_changes_no_bit(make_study, cuts, monkeypatch):
    monkeypatch.setattr(plans, "BATCH_ROWS", 64)
    study = make_study(rows(), TOML).where(region="n")
    plan = plan_of(study, MORE)
    ends = [*cuts, 400]
    pieces = [raw(study).slice(a, b - a) for a, b in zip([0, *cuts], ends, strict=True)]
    assert_same(finish(part_of(pieces, plan), plan), finish(part_of([raw(study)], plan), plan), rel=0)


def test_rows_beyond_the_limit_are_refused_in_a_part_and_in_the_sum(make_study):
    study = make_study(rows(), TOML)
    plan = plan_of(study, EvidenceNeeds(rows={"rows": Rows(("outcome.o",), limit=250)}))
    with pytest.raises(DataError, match="rows needs rows in memory and 'responses' has more than 250"):
        part_of([raw(study)], plan)
    with pytest.raises(DataError, match="more than 250"):
        finish(added(split(study, plan, [200])), plan)


def test_a_part_without_rows_adds_nothing(make_study):
    study = make_study(rows(), TOML)
    plan = plan_of(study, MORE)
    none, whole = part_of([raw(study).head(0)], plan), part_of([raw(study)], plan)
    assert_same(finish(none + whole + none, plan), finish(whole, plan), rel=0)
    with pytest.raises(DataError, match="no answers are left"):
        finish(none, plan)
