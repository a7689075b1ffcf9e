"""Periods: what a text names, what comes before it and how periods follow each other."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib import periods
from svcq_lib.errors import ParameterError

DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31))
GRAINS = st.sampled_from(["year", "quarter", "month"])

# hand-computed


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026-Q3", "2026-07-01", "2026-09-30"),
        ("2026-07", "2026-07-01", "2026-07-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-07-15", "2026-07-15", "2026-07-15"),
        ("2026-01..2026-06", "2026-01-01", "2026-06-30"),
        ("2025-Q4..2026", "2025-10-01", "2026-12-31"),
        ("2026-01-05 .. 2026-02-03", "2026-01-05", "2026-02-03"),
    ],
)
def test_parse(text, start, end):
    found = periods.parse(text)
    assert (found.start.isoformat(), found.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2026", "2025"),
        ("2026-Q1", "2025-Q4"),
        ("2026-Q3", "2026-Q2"),
        ("2026-01", "2025-12"),
        ("2026-01..2026-06", "2025-07..2025-12"),
        ("2026-01..2026-03", "2025-10..2025-12"),
        ("2026-01-08..2026-01-14", "2026-01-01..2026-01-07"),
        ("2026-03-01", "2026-02-28..2026-02-28"),
    ],
)
def test_previous(text, before):
    assert periods.previous(periods.parse(text)).name == before


def test_between_crosses_a_year():
    assert periods.between("2025-Q3", "2026-Q2") == ["2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"]
    assert periods.between("2025-11", "2026-01") == ["2025-11", "2025-12", "2026-01"]
    assert periods.between("2024", "2026") == ["2024", "2025", "2026"]
    assert periods.between("2026", "2025") == []


# invariants


@given(DAYS, GRAINS)
def test_a_day_lies_in_the_period_of_its_name(day, grain):
    span = periods.parse(periods.name_of(day, grain))
    assert span.start <= day <= span.end


@given(DAYS, GRAINS)
def test_the_previous_period_ends_the_day_before(day, grain):
    span = periods.parse(periods.name_of(day, grain))
    before = periods.previous(span)
    assert before.end == span.start - dt.timedelta(days=1)
    assert before == periods.parse(before.name)
    assert periods.name_of(before.start, grain) == before.name


@given(DAYS, st.integers(0, 800))
def test_the_previous_range_touches_and_can_be_parsed_back(day, length):
    span = periods.parse(f"{day}..{day + dt.timedelta(days=length)}")
    before = periods.previous(span)
    assert before.end == span.start - dt.timedelta(days=1)
    assert periods.parse(before.name).start == before.start


# errors


@pytest.mark.parametrize(
    "text", ["", "Q3", "2026-Q5", "2026-13", "2026-00", "2026-07-00", "2026-02-30", "26-01", "2026-7", "last"]
)
def test_what_is_no_period_is_named_with_examples(text):
    with pytest.raises(ParameterError, match="is not a period") as error:
        periods.parse(text)
    assert repr(text) in str(error.value)
    assert "2026-Q3" in str(error.value)


def test_a_range_that_runs_backwards():
    with pytest.raises(ParameterError, match=r"'2026-06\.\.2026-01' ends before it starts"):
        periods.parse("2026-06..2026-01")
