"""The compared figure over time.

Reference: limits by hand (mean ± 2.66 mean moving range); signals by the published rules (see tests of stats.control).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.benchmark import BenchmarkResult, benchmark
from svcq_lib.errors import ParameterError
from svcq_lib.narrative import benchmark as narrative
from svcq_lib.study import Study

Make = Callable[..., Study]

TOML = """
[responses]
date = "day"
period = "year"
[responses.segments.unit]
[instrument]
[outcomes.rating]
kind = "score"
column = "y"
scale = [0, 100]
{more}
"""
TARGET = """
[[targets]]
outcome = "rating"
measure = "mean"
value = {value}
label = {{ en = "Goal", zh = "目标" }}
source = "board"
"""
EACH = 30


def study_of(make_study: Make, levels: Sequence[float], more: str = "", last: str = "") -> Study:
    """Return a study whose months have exactly the given means, from 2023-01 on."""
    months = pd.period_range("2023-01", periods=len(levels), freq="M")
    rows = [
        (str(day) if day else str(month.end_time.date()), f"u{i % 3}", level + (i % 2 - 0.5))
        for month, level, day in zip(months, levels, [""] * (len(levels) - 1) + [last], strict=True)
        for i in range(EACH)
    ]
    return make_study(pd.DataFrame(rows, columns=["day", "unit", "y"]), TOML.format(more=more))


def chart(study: Study, **settings: object) -> BenchmarkResult:
    return benchmark(study, n_boot=20, n_draws=100, **settings)  # type: ignore[arg-type]


def test_limits_are_those_of_the_moving_ranges(make_study: Make) -> None:
    levels = [50.0, 52.0] * 12
    found = chart(study_of(make_study, levels)).over_time
    assert len(found) == 24
    assert found["estimate"].tolist() == pytest.approx(levels)
    assert found["n"].tolist() == [EACH] * 24
    row = found.iloc[0]
    # every moving range is 2
    assert (row["centre"], row["lower"], row["upper"]) == pytest.approx((51, 51 - 5.32, 51 + 5.32))
    assert (found["signal"] == 0).all()


def test_a_shock_is_a_special_cause_and_screening_keeps_it_from_widening_the_limits(make_study: Make) -> None:
    levels = [50.0, 52.0] * 12
    levels[10] = 70.0
    screened = chart(study_of(make_study, levels))
    wide = chart(study_of(make_study, levels), screen=False)
    assert screened.over_time.query("signal > 0")["period"].tolist() == ["2023-11"]
    assert screened.over_time["rule"].iloc[10] == "outside"
    width = [(one.over_time["upper"] - one.over_time["centre"]).iloc[0] for one in (screened, wide)]
    assert width == pytest.approx([5.32, 2.66 * (21 * 2 + 2 * 18) / 23], rel=1e-6)
    row = screened.switches.query("default == 'bench_screen'").iloc[0]
    assert (row["used"], row["alternative"], row["estimate"]) == ("screened", "not_screened", 1.0)
    assert narrative.facts(screened)["control"]["side"] == "better"
    assert "Nov 2023" in narrative.describe(screened)


@pytest.mark.parametrize(
    ("rules", "first", "code"),
    [
        ("making_data_count", "2024-01", "run_7"),
        ("western_electric", "2024-08", "run_8"),
        ("nelson", "2024-09", "run_9"),
    ],
)
def test_rules_differ_in_the_run_that_they_ask_for(
    make_study: Make, rules: str, first: str, code: str
) -> None:
    # noise of ±4 hides the step of 1 from every rule but the run
    levels = [50 + 4 * (-1) ** i - 0.6 for i in range(12)] + [54.0 - (i % 2) * 3 for i in range(12)]
    found = chart(study_of(make_study, levels), rules=rules).over_time
    row = found[found["rule"] == code].iloc[0]
    assert row["period"] == first


@pytest.mark.parametrize(("value", "code"), [(40, "passes"), (51, "hit_or_miss"), (60, "fails")])
@pytest.mark.parametrize("better", ["high", "low"])
def test_a_target_is_reliably_met_or_not(make_study: Make, value: int, code: str, better: str) -> None:
    study = study_of(make_study, [50.0, 52.0] * 12, f'better = "{better}"' + TARGET.format(value=value))
    expected = code if better == "high" else {"passes": "fails", "fails": "passes"}.get(code, code)
    found = chart(study)
    assert found.assurance["assurance"].tolist() == [expected]
    for lang in ("en", "zh"):
        assert str(value) in narrative.describe(found, lang=lang)


def test_an_unfinished_month_is_left_out(make_study: Make) -> None:
    found = chart(study_of(make_study, [50.0, 52.0] * 12 + [99.0], last="2025-01-05"))
    assert found.over_time["period"].iloc[-1] == "2024-12"
    assert "control_unfinished" in {note.code for note in found.notes}


def test_few_months_give_the_periods_of_the_study(make_study: Make) -> None:
    year = chart(study_of(make_study, [50.0, 51.0, 52.0] * 4)).over_time
    assert len(year) == 12
    few = study_of(make_study, [50.0, 51.0, 52.0] * 3)
    assert chart(few).over_time.empty  # a single year that is not over
    quarters = chart(
        few.model_copy(update={"responses": few.responses.model_copy(update={"period": "quarter"})})
    )
    assert quarters.over_time["period"].tolist() == ["2023-Q1", "2023-Q2", "2023-Q3"]
    assert "control_few" in {note.code for note in quarters.notes}
    assert "too few" in narrative.finding(quarters, "control")[0]
    assert "special cause" not in narrative.describe(quarters)


def test_months_without_answers_interrupt_the_chart(make_study: Make) -> None:
    study = study_of(make_study, [50.0, 52.0] * 13)
    full = chart(study).over_time
    path = study.root / str(study.tables["responses"].path)
    rows = pd.read_csv(path)
    rows[~rows["day"].str.startswith("2023-06")].to_csv(path, index=False)
    found = chart(study).over_time
    assert found["period"].tolist() == full["period"].tolist()
    assert np.isnan(found["estimate"].iloc[5])
    assert found["signal"].iloc[5] == 0


def test_a_constant_figure_has_no_special_cause(make_study: Make) -> None:
    for rules in ("making_data_count", "western_electric", "nelson"):
        assert (chart(study_of(make_study, [50.0] * 24), rules=rules).over_time["signal"] == 0).all()


def test_rules_are_known(make_study: Make) -> None:
    with pytest.raises(ParameterError, match="rules"):
        chart(study_of(make_study, [50.0] * 3), rules="shewhart")
