"""The period before and the first one, found among the periods that were scanned."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from svcq_lib.analyses import spans
from svcq_lib.analyses.scores import scores
from svcq_lib.stats.multiplicity import adjust

TOML = """
[responses]
{dates}
[outcomes.o]
kind = "score"
column = "o"
scale = [0, 100]
[outcomes.p]
kind = "score"
column = "p"
scale = [0, 100]
"""


def rows(first: str, last: str) -> pd.DataFrame:
    """Ten answers a month whose mean is the number of the month since January 2024."""
    found = []
    for month in pd.period_range(first, last, freq="M"):
        level = (month.year - 2024) * 12 + month.month
        found += [(month.start_time.date() + dt.timedelta(days=i), level + i % 2, 50) for i in range(10)]
    return pd.DataFrame(found, columns=["day", "o", "p"])


def found(
    make_study, period: str | None, grain: str = "month", first="2024-01", last="2026-06"
) -> pd.DataFrame:
    study = make_study(rows(first, last), TOML.format(dates=f'date = "day"\nperiod = "{grain}"')).during(
        period
    )
    changes = scores(study).changes
    return changes[changes["outcome"] == "o"].set_index("since")


@pytest.mark.parametrize(
    ("period", "previous", "change", "first"),
    [
        ("2026-05", "2026-04", 1, "2024-01"),
        ("2026-Q1", "2025-Q4", 3, "2024-Q1"),
        ("2026", "2025", 15 - 6, "2024"),  # half of 2026 so far: months 25–30 against 13–24
        ("2025", "2024", 12, None),
        ("2026-01..2026-06", "2025-07..2025-12", 6, None),
        ("2026-02..2026-03", "2025-12..2026-01", 2, None),
    ],
)
def test_the_period_before(make_study, period, previous, change, first):
    changes = found(make_study, period)
    row = changes.loc["previous"]
    assert (row["period"], row["previous"]) == (period, previous)
    assert row["change"] == pytest.approx(change)
    assert ("first" in changes.index) == (first is not None)
    if first is not None:
        assert changes.loc["first", "previous"] == first


@pytest.mark.parametrize(
    ("grain", "pair"), [("month", ("2026-06", "2026-05")), ("quarter", ("2026-Q2", "2026-Q1"))]
)
def test_without_a_period_the_last_two_are_compared(make_study, grain, pair):
    row = found(make_study, None, grain).loc["previous"]
    assert (row["period"], row["previous"]) == pair


@pytest.mark.parametrize("period", ["2024-01", "2024-Q1", "2024", "2026-05-03..2026-05-09"])
def test_nothing_to_compare_with(make_study, period):
    assert found(make_study, period).empty


def test_a_single_period_or_no_dates(make_study):
    assert found(make_study, None, last="2024-01").empty
    result = scores(make_study(rows("2024-01", "2024-02"), TOML.format(dates="")))
    assert result.changes.empty
    assert result.periods.empty


def test_a_hole_in_time_is_no_previous_period(make_study):
    frame = pd.concat([rows("2026-01", "2026-01"), rows("2026-03", "2026-03")])
    study = make_study(frame, TOML.format(dates='date = "day"\nperiod = "month"'))
    assert scores(study.during("2026-03")).changes.empty
    assert set(scores(study).changes["previous"]) == {"2026-01"}


def test_the_change_is_welchs_test_of_two_independent_means(make_study):
    row = found(make_study, "2026-05").loc["previous"]
    se = np.std([0, 1] * 5, ddof=1) / np.sqrt(10)
    half = stats.t.ppf(0.975, 18) * np.hypot(se, se)
    assert (row["change_low"], row["change_high"]) == pytest.approx((1 - half, 1 + half))
    assert row["n"] == 10


def test_p_values_are_adjusted_over_all_comparisons_that_are_read_together(make_study):
    study = make_study(rows("2024-01", "2024-06"), TOML.format(dates='date = "day"\nperiod = "month"'))
    changes = scores(study).changes
    assert changes["since"].tolist() == ["previous", "previous", "first", "first"]
    assert changes["p_adjusted"].to_numpy() == pytest.approx(
        adjust(changes["p_value"].to_numpy(), "holm"), nan_ok=True
    )


def test_periods_run_up_to_the_end_of_the_reports_period(make_study):
    study = make_study(rows("2025-10", "2026-06"), TOML.format(dates='date = "day"\nperiod = "quarter"'))
    assert scores(study).periods["period"].unique().tolist() == ["2025-Q4", "2026-Q1", "2026-Q2"]
    table = scores(study.during("2026-01")).periods
    assert table["period"].unique().tolist() == ["2025-10", "2025-11", "2025-12", "2026-01"]
    assert spans.upto(pd.DataFrame({"period": []}), study.during("2026")).empty
