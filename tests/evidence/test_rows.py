"""Rows themselves, where sums cannot answer: as read, in order, within filters, and never more than the limit."""

import dataclasses

import pytest

import svcq_lib as sq
from svcq_lib.errors import DataError
from svcq_lib.evidence.collect import ROW_COLUMNS, collect
from svcq_lib.evidence.columns import Difference
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Rows


@pytest.fixture(scope="module")
def study(small_demo):
    return sq.open_study(small_demo)


def needs(**changes):
    rows = dataclasses.replace(Rows(("gap", "segment.region", "outcome.csat")), **changes)
    derived = {"gap": Difference("perception.q01", "expectation.q01")}
    return EvidenceNeeds(derived, {"sums": Cells(("gap",), blocks=True)}, rows={"all": rows})


def test_rows_agree_with_the_sums_of_the_same_scan(study):
    found = collect(study, needs())
    rows, sums = found.rows["all"], found.moments["sums"]
    assert list(rows.columns) == [*ROW_COLUMNS, "gap", "segment.region", "outcome.csat"]
    assert len(rows) == found.base.n
    by_block = (rows["gap"] * rows["weight"]).groupby(rows["block"]).sum()
    for block, total in zip(sums.keys["block"], sums.sums["swx"][:, 0], strict=True):
        assert by_block[block] == pytest.approx(total)


def test_filters_and_period_hold_for_rows_too(study):
    part = study.where(region="north").during("2025-Q2")
    rows = collect(part, needs()).rows["all"]
    assert set(rows["segment.region"]) == {"north"}
    assert set(rows["period"]) == {"2025-Q2"}
    more = collect(part, needs(all_periods=True)).rows["all"]
    assert len(more) > len(rows)
    assert set(more["segment.region"]) == {"north"}


def test_more_rows_than_the_limit_are_refused(study):
    with pytest.raises(DataError, match="all needs rows in memory and 'responses' has more than 10"):
        collect(study, needs(limit=10))
