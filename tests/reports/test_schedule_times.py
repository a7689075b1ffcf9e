"""When periods are due: month ends, weeks, quarters and clocks that jump."""

import datetime as dt
import itertools
import zoneinfo
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib import periods
from svcq_lib.reports.schedule_plan import Plan
from svcq_lib.reports.schedule_times import clock_times, due_at, due_periods, next_runs, period_of

STARTS = {"month": "2025-01", "quarter": "2025-Q1", "week": "2025-01-06", "day": "2026-03-20"}
ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")


def a_plan(every="month", **other):
    return Plan(
        path=Path("plan.toml"), **{"study": "study.toml", "every": every, "start": STARTS[every], **other}
    )


def moment(text, zone="UTC"):
    return dt.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone))


@pytest.mark.parametrize(
    ("every", "setting", "period", "due"),
    [
        ("month", {"day": 3}, "2026-01", "2026-02-03T06:00+08:00"),
        ("month", {"day": "last"}, "2026-01", "2026-02-28T06:00+08:00"),
        ("month", {"day": "last"}, "2024-01", "2024-02-29T06:00+08:00"),
        ("month", {}, "2025-12", "2026-01-01T06:00+08:00"),
        ("month", {"at": "00:00"}, "2025-12", "2026-01-01T00:00+08:00"),
        ("quarter", {"day": 15}, "2025-Q4", "2026-01-15T06:00+08:00"),
        ("quarter", {"day": "last"}, "2026-Q1", "2026-04-30T06:00+08:00"),
        ("week", {}, "2026-07-13..2026-07-19", "2026-07-20T06:00+08:00"),
        ("week", {"weekday": "sunday"}, "2026-07-13..2026-07-19", "2026-07-26T06:00+08:00"),
        ("day", {"at": "23:59"}, "2026-02-28", "2026-03-01T23:59+08:00"),
    ],
)
def test_a_period_is_due_after_its_end(every, setting, period, due):
    plan = a_plan(every, timezone="Asia/Shanghai", **setting)
    assert due_at(plan, periods.parse(period)).isoformat(timespec="minutes") == due


@pytest.mark.parametrize(
    ("zone", "at", "day", "due"),
    [
        ("Europe/Berlin", "02:30", "2026-03-28", "2026-03-29T03:00+02:00"),  # 02:30 does not exist
        (
            "Europe/Berlin",
            "02:30",
            "2026-10-24",
            "2026-10-25T02:30+02:00",
        ),  # 02:30 comes twice: the first counts
        ("Europe/Berlin", "06:00", "2026-03-27", "2026-03-28T06:00+01:00"),
        ("Europe/Berlin", "06:00", "2026-03-28", "2026-03-29T06:00+02:00"),
        ("America/New_York", "06:00", "2026-10-31", "2026-11-01T06:00-05:00"),
    ],
)
def test_a_clock_that_jumps_moves_no_run_by_an_hour(zone, at, day, due):
    plan = a_plan("day", timezone=zone, at=at)
    assert due_at(plan, periods.parse(day)).isoformat(timespec="minutes") == due


settings_of_plans = st.sampled_from(list(STARTS)).flatmap(
    lambda every: st.fixed_dictionaries(
        {
            "every": st.just(every),
            "timezone": st.sampled_from(ZONES),
            "at": st.times().map(lambda one: f"{one:%H:%M}"),
            "day": st.none()
            if every in ("week", "day")
            else st.one_of(st.none(), st.just("last"), st.integers(1, 28)),
            "weekday": st.sampled_from(["monday", "thursday", "sunday"]) if every == "week" else st.none(),
        }
    )
)


@given(setting=settings_of_plans, days=st.integers(0, 500))
def test_every_period_is_due_once_and_in_the_period_after_it(setting, days):
    plan = a_plan(**setting)
    now = moment("2026-03-20", setting["timezone"]) + dt.timedelta(days=days)
    due, coming = due_periods(plan, now), next_runs(plan, now, 2)
    assert all(moment_ > now for moment_, _ in coming)
    whole = [*due, *(period for _, period in coming)]
    assert all(
        after.start == before.end + dt.timedelta(days=1) for before, after in itertools.pairwise(whole)
    )
    for period in whole[-6:]:
        at = due_at(plan, period)
        assert period_of(at.date(), plan.every).start == period.end + dt.timedelta(days=1)
        assert at <= now or period not in due
        usual = at.strftime("%H:%M") == plan.at
        jumped = (
            at.utcoffset()
            != (at - dt.timedelta(hours=3)).astimezone(dt.UTC).astimezone(plan.zone).utcoffset()
        )
        assert usual or jumped


@given(day=st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)), every=st.sampled_from(list(STARTS)))
def test_a_period_holds_its_days_and_is_read_back_from_its_name(day, every):
    period = period_of(day, every)
    assert period.start <= day <= period.end
    assert periods.parse(period.name) == period
    assert period_of(period.start, every) == period_of(period.end, every) == period


def test_nothing_is_due_before_the_first_period_is_complete():
    assert due_periods(a_plan(day=3), moment("2025-02-03T05:59")) == []
    assert [one.name for one in due_periods(a_plan(day=3), moment("2025-02-03T06:00"))] == ["2025-01"]


@pytest.mark.parametrize(
    ("zone", "at", "there", "times"),
    [
        ("UTC", "06:00", "UTC", ["06:00"]),
        ("Asia/Shanghai", "06:00", "UTC", ["22:00"]),
        ("Europe/Berlin", "06:00", "UTC", ["04:00", "05:00"]),
        ("Europe/Berlin", "06:00", "Europe/Paris", ["06:00"]),
        ("Europe/Berlin", "02:30", "UTC", ["00:30", "01:30"]),
        ("Asia/Kolkata", "06:00", "Europe/Berlin", ["01:30", "02:30"]),
    ],
)
def test_a_time_of_day_is_told_in_another_zone(zone, at, there, times):
    plan = a_plan(timezone=zone, at=at)
    found = clock_times(plan, zoneinfo.ZoneInfo(there), moment("2026-01-15"))
    assert [f"{one:%H:%M}" for one in found] == times
