"""Response rate and coverage, by hand and on the demonstration study."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.base import response_notes, response_rate
from svcq_lib.errors import DataError

TOML = """
[responses]
date = "day"
period = "{grain}"
[responses.segments.unit]
[responses.segments.sex]
[outcomes.y]
kind = "score"
column = "y"
scale = [0, 10]
[tables.sample]
path = "sample.csv"
[response_rate]
table = "sample"
population = "customers"
period = "month"
segments = {{ unit = "unit" }}
coverage_target = 0.3
"""
SAMPLE = pd.DataFrame(
    {
        "unit": ["a", "a", "a", "b", "b", "b"],
        "month": ["2026-01", "2026-02", "2026-04"] * 2,
        "invited": [40, 60, 50, 10, 20, 30],
        "answered": [20, 30, 25, 5, 5, 5],
        "customers": [100, 120, 110, 50, 50, 50],
    }
)


@pytest.fixture
def invited(make_study):
    def make(sample=SAMPLE, grain="quarter"):
        days = ["2026-01-05", "2026-02-05", "2026-04-28"]
        frame = pd.DataFrame({"day": days, "unit": "a", "sex": "f", "y": 5})
        study = make_study(frame, TOML.format(grain=grain))
        sample.to_csv(study.root / "sample.csv", index=False)
        return study

    return make


# hand-computed


def test_rate_and_coverage_by_hand(invited):
    table = response_rate(invited())
    assert table["span"].tolist() == ["whole", "period", "period"]
    assert table["period"].tolist() == ["2026-Q1..2026-Q2", "2026-Q1", "2026-Q2"]
    assert table["invited"].tolist() == [210, 130, 80]
    assert table["response_rate"].tolist() == pytest.approx([90 / 210, 60 / 130, 30 / 80])
    # two months of the first quarter: 150 and 170 customers
    assert table["population"].tolist()[1:] == [160, 160]
    assert table["coverage"].tolist()[1:] == pytest.approx([60 / 160, 30 / 160])
    assert table["covered"].tolist()[1:] == [True, False]
    assert table["coverage"].isna().tolist() == [True, False, False]  # a target is one for each period


def test_the_interval_is_wilsons(invited):
    row = response_rate(invited(), ci_level=0.95).iloc[1]
    p, n, z = 60 / 130, 130, 1.959963984540054
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    expected = [(middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)]
    assert row[["response_rate_low", "response_rate_high"]].tolist() == pytest.approx(expected)


# restricting


def test_filters_and_period_apply(invited):
    study = invited()
    assert response_rate(study.where(unit="b"))["invited"].tolist() == [60, 30, 30]
    one = response_rate(study.during("2026-02"))
    assert (one["invited"].tolist(), one["period"].tolist()) == ([80], ["2026-02"])
    assert response_rate(study, ci_level=0.9)["n"].tolist() == [210, 130, 80]


def test_what_is_not_known_is_said(invited, demo):
    study = invited()
    elsewhere = study.where(sex="f")
    assert response_rate(elsewhere).empty
    assert [one.code for one in response_notes(elsewhere, response_rate(elsewhere))] == [
        "response_rate_elsewhere"
    ]
    without = demo.model_copy(update={"response_rate": None})
    assert [one.code for one in response_notes(without, response_rate(without))] == ["no_response_rate"]


def test_missed_targets_are_noted(invited):
    study = invited()
    (note,) = response_notes(study, response_rate(study))
    assert (note.code, note.facts["missed"], note.facts["periods"]) == ("low_coverage", 1, 2)
    assert note.facts["lowest"] == pytest.approx(30 / 160)
    reached = study.during("2026-Q1")
    assert response_notes(reached, response_rate(reached)) == ()


def test_the_demonstration_study(demo, repo_root):
    sample = pd.read_csv(repo_root / "data" / "demo" / "response_sample.csv")
    whole = response_rate(demo).iloc[0]
    assert whole["response_rate"] == pytest.approx(sample["answered"].sum() / sample["invited"].sum())
    assert whole["population"] == sample.groupby("month")["customers"].sum().mean()


# errors


def test_every_fault_of_the_table_is_reported_at_once(invited):
    wrong = SAMPLE.assign(answered=[41, 30, 25, 5, 5, -1], month=["2026-01", "May", "2026-04"] * 2)
    with pytest.raises(DataError) as error:
        response_rate(invited(wrong))
    text = str(error.value)
    assert "in 3 way(s)" in text
    assert "'answered' is larger than invited" in text
    assert "'answered' is no number of 0 or more" in text
    assert "'month' is no period" in text
    assert "Rows 2 of 6: 2, 5." in text


def test_missing_columns_are_named(invited):
    with pytest.raises(DataError, match="'customers' is missing"):
        response_rate(invited(SAMPLE.drop(columns="customers")))
