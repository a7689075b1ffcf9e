"""Effects of a programme.

References: Angrist and Pischke, *Mastering 'Metrics*, chapter 5 (banks in two districts: 20.5); simulated studies with
a known lift; the demonstration study's published truth. Missing answers: pairwise throughout, one test of listwise.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses.effects import EffectsResult, effects, needs
from svcq_lib.analyses.effects_did import Effect
from svcq_lib.analyses.effects_ledger import verdict
from svcq_lib.analyses.effects_panel import phases
from svcq_lib.errors import DataError, MethodError, ParameterError

ROLES = """
[responses]
date = "date"
[responses.segments]
unit = {column = "unit"}
other = {column = "other"}
"""
SCORE = """
[outcomes.score]
kind = "score"
column = "score"
scale = [-1000, 1000]
"""
ITEMS = """
[instrument]
scale = [1, 7]
perception = "P{n}"
expectation = "E{n}"
[[instrument.dimensions]]
name = "staff"
items = [1, 2]
"""
SHOWN = "[thresholds]\nsuppress = 1\n"
BANKS = {"six": (141, 135, 121, 113, 102, 102), "eight": (169, 165, 132, 120, 111, 109)}


def programme(treated: str, start: str = "2025-04", more: str = "") -> str:
    return f'[effects]\nunit = "unit"\ntreated = [{treated}]\nstart = "{start}"\n{more}\n'


def months(n: int) -> list[str]:
    return [f"{2025 + i // 12}-{i % 12 + 1:02d}-15" for i in range(n)]


def table(values: dict[str, tuple[float, ...]], answers: tuple[float, ...] = (-1.0, 1.0)) -> pd.DataFrame:
    """Return answers around a value per unit and month."""
    rows = [
        (unit, month, value + one, "a")
        for unit, series in values.items()
        for month, value in zip(months(len(series)), series, strict=True)
        for one in answers
    ]
    return pd.DataFrame(rows, columns=["unit", "date", "score", "other"])


def simulated(
    lift: float = 0.0, units: int = 24, n_months: int = 10, base: int = 8, seed: int = 0
) -> pd.DataFrame:
    """Return answers of units, half of them with a lift from the sixth month on."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), n_months * base)
    month = np.tile(np.repeat(np.arange(n_months), base), units)
    shock = rng.normal(0, 0.1, (units, n_months))[unit, month]
    mean = (
        50 + rng.normal(0, 1, units)[unit] + 0.1 * month + shock + lift * ((unit < units // 2) & (month >= 5))
    )
    names = [f"u{i:02d}" for i in range(units)]
    return pd.DataFrame({
        "unit": np.array(names)[unit], "date": np.array(months(n_months))[month],
        "score": (mean + rng.normal(0, 1, unit.size)).round(6), "other": rng.choice(["a", "b"], unit.size),
    })  # fmt: skip


HALF = ", ".join(f'"u{i:02d}"' for i in range(12))
STUDY = ROLES + SCORE + programme(HALF, "2025-06")


def quick(study, **given: object) -> EffectsResult:
    return effects(study, **{"n_boot": 199, **given})  # type: ignore[arg-type]


def one(found: EffectsResult, term: str = "score") -> pd.Series:
    return found.effects.set_index("term").loc[term]


# hand-computed and printed


@pytest.fixture
def banks(make_study):
    return make_study(
        table(BANKS), ROLES + SCORE + programme('"six"', "2025-03") + "[thresholds]\nsuppress = 1\n"
    )


def test_banks_of_two_districts(banks):
    found = quick(banks)
    row = one(found)
    assert row["estimate"] == pytest.approx(20.5)
    assert row[["treated_before", "treated_after", "control_before", "control_after"]].tolist() == [
        138,
        109.5,
        167,
        118,
    ]
    assert row["counterfactual"] == pytest.approx(109.5 - 20.5)
    assert row["relative"] == pytest.approx(20.5 / 89)
    assert row["n"] == 24
    assert quick(banks, layout="classic").effects["estimate"].iloc[0] == pytest.approx(20.5)


def test_with_one_unit_in_a_group_units_are_permuted(banks):
    found = quick(banks)
    row = one(found)
    assert found.programme["errors"].iloc[0] == "permutation"
    assert row["p_value"] == 1.0  # of two units each stands out as much as the other
    assert np.isnan(row[["conf_low", "conf_high", "std_error"]].astype(float)).all()
    assert row["conclusion"] == "effect_unclear"
    assert "effects_one_unit" in {note.code for note in found.notes}


def test_leads_and_lags_are_differences_from_the_last_period_before(banks):
    found = quick(banks).leads
    gap = np.array(BANKS["six"]) - np.array(BANKS["eight"])
    assert found["estimate"].tolist() == pytest.approx((gap - gap[1]).tolist())
    assert found["phase"].tolist() == [-1, -1, 1, 1, 1, 1]


@pytest.mark.parametrize(("start", "ramp", "wanted"), [
    ("2025-03", 0, [-1, -1, 1, 1]), ("2025-03", 1, [-1, -1, 0, 1]), ("2025-Q2", 0, [-1, -1, -1, 1]),
])  # fmt: skip
def test_phases(start, ramp, wanted):
    assert phases(["2025-01", "2025-02", "2025-03", "2025-04"], start, ramp).tolist() == wanted


def test_months_of_the_ramp_count_neither_as_before_nor_as_after(make_study):
    values = {"a": (1, 1, 99, 5), "b": (1, 1, 1, 1), "c": (2, 2, 2, 2), "d": (0, 0, 77, 4)}
    study = make_study(table(values), ROLES + SCORE + programme('"a", "d"', "2025-03", "ramp = 1") + SHOWN)
    assert one(quick(study))["estimate"] == pytest.approx(4)
    assert one(quick(study, ramp=0))["estimate"] == pytest.approx((98 + 4 + 77 + 4) / 4)


def test_quarters_are_cut_where_the_phases_meet(make_study):
    values = {unit: tuple(range(8)) for unit in "abcd"}
    found = quick(
        make_study(table(values), ROLES + SCORE + programme('"a", "b"', "2025-05")), grain="quarter"
    )
    assert found.leads["period"].tolist() == ["2025-Q1", "2025-04", "2025-05..2025-06", "2025-Q3"]


# invariants


def test_what_all_units_share_changes_nothing(make_study):
    frame = simulated(0.5)
    base = one(quick(make_study(frame, STUDY)))
    month = frame["date"].str[5:7].astype(int)
    moved = frame.assign(score=frame["score"] + 3 * month + 10 * frame["unit"].str[1:].astype(int))
    figures = ["estimate", "std_error", "conf_low", "conf_high", "p_value"]
    assert one(quick(make_study(moved, STUDY)))[figures].tolist() == pytest.approx(
        base[figures].tolist(), abs=1e-6
    )


def test_the_order_of_rows_changes_nothing(make_study):
    frame = simulated(0.3)
    first, second = (quick(make_study(f, STUDY)) for f in (frame, frame.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(first.effects, second.effects)


def test_weights_are_rows(make_study):
    frame = simulated(0.3, base=4)
    twice = pd.concat([frame, frame[frame["other"] == "a"]])
    weighted = STUDY.replace('date = "date"', 'date = "date"\nweight = "w"')
    found = one(quick(make_study(frame.assign(w=np.where(frame["other"] == "a", 2, 1)), weighted)))
    assert found[["estimate", "conf_low"]].tolist() == pytest.approx(
        one(quick(make_study(twice, STUDY)))[["estimate", "conf_low"]].tolist()
    )


# simulated truth


@pytest.mark.parametrize("errors", ["wild", "cluster"])
def test_a_true_lift_is_found(make_study, errors):
    found = quick(make_study(simulated(0.5, seed=3), STUDY), errors=errors)
    row = one(found)
    assert row["conf_low"] < 0.5 < row["conf_high"]
    assert row["conclusion"] == "effect_improved"
    assert found.checks["permutation_p"].iloc[0] < 0.05
    assert found.checks["placebo_p"].iloc[0] > 0.05


def test_groups_that_part_before_the_start_earn_no_credit(make_study):
    frame = simulated(0.0, seed=4)
    early = frame["unit"].isin([f"u{i:02d}" for i in range(12)]) * frame["date"].str[5:7].astype(int)
    row = one(quick(make_study(frame.assign(score=frame["score"] + 0.4 * early), STUDY)))
    assert row["p_adjusted"] < 0.05
    assert row["pretrend_p"] < 0.05
    assert row["conclusion"] == "effect_diverging"


def test_the_demonstration_study_finds_its_truth(demo, truth):
    found = effects(demo, n_boot=399, seed=1)
    by = found.effects.set_index("term")
    for term, lift in truth["programme_lift_observed"].items():
        assert by.loc[term, "conf_low"] < lift < by.loc[term, "conf_high"], term
    lifted = {"responsiveness", "reliability"}
    claimed = set(by.index[by["conclusion"] == "effect_improved"])
    assert lifted <= claimed
    assert not claimed & {"tangibles", "assurance", "empathy"}
    kept = found.ledger.set_index("term")["ledger_verdict"]
    assert kept.loc[["I1", "I2", "I5", "I6"]].tolist() == ["kept", "kept", "too_early", "too_early"]
    assert kept["I4"] in ("cannot_tell", "not_kept")  # its true lift is 0, the least promised .05
    codes = ("errors", "ramp", "cells", "grain", "layout", "measure", "lag")
    assert set(found.switches["default"]) == {f"effects_{code}" for code in codes}
    assert found.switches["same_answer"].all()


def test_an_interrupted_series_is_a_broken_line(make_study):
    line = tuple(10 + 0.5 * t + (2 + 0.25 * (t - 6)) * (t >= 6) for t in range(12))
    wiggle = np.array([0.01, -0.01] * 6)
    values = {"a": tuple(np.array(line) + wiggle), "b": tuple(np.array(line) - 0.5 * wiggle)}
    found = quick(make_study(table(values), ROLES + SCORE + programme('"a", "b"', "2025-07")))
    row = found.interrupted.iloc[0]
    assert row["break_level"] == pytest.approx(2, abs=0.05)
    assert row["break_slope"] == pytest.approx(0.25, abs=0.02)
    assert row["cumulative"] == pytest.approx(sum(2 + 0.25 * t for t in range(6)), abs=0.1)
    assert row["p_up"] > 0.99
    assert row["lag"] == 2


# edges


def test_without_units_to_compare_with_only_the_path_is_told(make_study):
    found = quick(make_study(simulated(1.0), STUDY), treated=[f"u{i:02d}" for i in range(24)])
    assert one(found)["conclusion"] == "effect_no_control"
    assert found.effects["estimate"].isna().all()
    assert len(found.interrupted) == 1
    assert "effects_no_control" in {note.code for note in found.notes}


def test_answers_that_are_all_alike_have_no_error(make_study):
    frame = simulated().assign(score=5.0)
    row = one(quick(make_study(frame, STUDY)))
    assert row["estimate"] == pytest.approx(0, abs=1e-9)
    assert np.isnan(row["p_value"])
    assert row["conclusion"] == "effect_unclear"


def test_a_unit_without_answers_in_a_month_is_left_out_there(make_study):
    frame = simulated(0.5)
    gone = frame[~((frame["unit"] == "u03") & (frame["date"] == "2025-02-15"))]
    found = quick(make_study(gone, STUDY))
    (note,) = [note for note in found.notes if note.code == "effects_empty_cells"]
    assert note.facts == {"cells": 1, "total": 240}
    assert one(found)["estimate"] == pytest.approx(0.5, abs=0.2)


def test_a_small_group_is_not_shown(make_study):
    study = make_study(simulated(0.5), STUDY + "[thresholds]\nsuppress = 2000\n")
    row = one(quick(study))
    assert row["suppressed"]
    assert np.isnan(row[["estimate", "treated_after", "effect_size"]].astype(float)).all()


def test_no_side_table_shows_what_few_answers_say(make_study):
    frame = simulated(0.5)
    thin = frame["date"].isin(["2025-02-15", "2025-09-15"])
    frame = frame[
        ~thin | ~frame.duplicated(["unit", "date"])
    ]  # one answer of each unit: twelve of each group
    found = quick(make_study(frame, STUDY + "[thresholds]\nsuppress = 20\n"))
    few = ["2025-02", "2025-09"]
    for shown in (found.leads, found.series):
        assert (shown["estimate"].isna() == shown["period"].isin(few)).all()
    assert (
        found.leads.loc[found.leads["period"].isin(few), ["std_error", "conf_low", "conf_high"]]
        .isna()
        .all(axis=None)
    )
    hidden = quick(make_study(frame, STUDY + "[thresholds]\nsuppress = 2000\n"))
    assert hidden.effects["suppressed"].all()
    assert hidden.interrupted.empty
    assert hidden.series.empty
    assert hidden.leads["estimate"].isna().all()
    assert hidden.checks[["statistic", "placebo", "placebo_low", "permutation_p"]].isna().all(axis=None)


def test_one_period_before_allows_no_test(make_study):
    found = quick(make_study(simulated(2.0), STUDY), start="2025-02")
    assert one(found)["conclusion"] == "effect_untested"
    assert "effects_short_before" in {note.code for note in found.notes}


def test_a_period_is_a_part_of_the_time_after(make_study):
    study = make_study(simulated(0.5), STUDY)
    found = quick(study.during("2025-08"))
    assert found.programme[["before", "after"]].iloc[0].tolist() == [5, 1]
    assert {"effects_period", "effects_part_of_after"} <= {note.code for note in found.notes}
    assert found.context.n == 24 * 8 * 8  # nothing after the period is read
    with pytest.raises(MethodError, match="no period counts as after"):
        quick(study.during("2025-04"))


def test_listwise_uses_complete_answers(make_study):
    rng = np.random.default_rng(0)
    frame = simulated(0.0).drop(columns="score")
    for name in ("P1", "P2", "E1", "E2"):
        frame[name] = rng.integers(1, 8, len(frame)).astype(float)
    frame.loc[rng.random(len(frame)) < 0.2, "P2"] = np.nan
    study = make_study(frame, ROLES + ITEMS + programme(HALF, "2025-06"))
    complete = make_study(frame.dropna(), ROLES + ITEMS + programme(HALF, "2025-06"))
    listwise = study.model_copy(update={"missing": "listwise"})
    assert one(quick(listwise), "staff")["estimate"] == pytest.approx(
        one(quick(complete), "staff")["estimate"]
    )
    gap = quick(study, measure="gap")
    assert gap.effects["measure"].tolist() == ["gap"]


@pytest.mark.parametrize(("low", "high", "promised", "said"), [
    (0.3, 0.5, 0.3, "kept"), (0.29, 0.5, 0.3, "cannot_tell"), (0.1, 0.2, 0.3, "not_kept"),
    (np.nan, np.nan, 0.3, "cannot_tell"),
])  # fmt: skip
def test_verdicts(low, high, promised, said):
    assert verdict(Effect(0.4, 0.1, low, high, 4.0, 20.0, 0.01), promised) == said


# errors


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"unit": "shop"}, "effects.unit is 'shop', which is not a segment"),
        ({"treated": ["nobody"]}, "no answer of study.toml is from a unit with the programme"),
        ({"start": "2025-01"}, "there is nothing before it"),
        ({"start": "2026-12"}, "no period counts as after"),
        ({"outcomes": ["joy"]}, "'joy' is to be evaluated"),
        ({"errors": "magic"}, "errors is 'magic'"),
        ({"grain": "year"}, "grain is 'year'"),
        ({"ramp": -1}, "ramp is -1"),
        ({"placebo": "2025-09"}, "placebo '2025-09' is not among the periods before the start"),
    ],
)  # fmt: skip
def test_impossible_choices_are_refused(make_study, given, said):
    with pytest.raises((ParameterError, MethodError), match=said):
        quick(make_study(simulated(), STUDY), **given)


def test_a_study_without_a_programme_says_what_to_add(make_study):
    study = make_study(simulated(), ROLES + SCORE)
    with pytest.raises(ParameterError, match=r"study.toml has no \[effects\].*treated.*start"):
        needs(study)
    assert one(quick(study, unit="unit", treated=["u00", "u01", "u02"], start="2025-06"))["n"] > 0


def test_a_single_unit_cannot_be_evaluated(make_study):
    with pytest.raises(ParameterError, match="restricted to unit = u01"):
        quick(make_study(simulated(), STUDY).where(unit="u01"))


def with_plan(make_study, plan: pd.DataFrame):
    study = make_study(
        simulated(),
        STUDY.replace("[effects]", '[tables.plan]\npath = "plan.csv"\n[effects]\ninitiatives = "plan"'),
    )
    plan.to_csv(study.root / "plan.csv", index=False)
    return study


def test_every_problem_of_the_plan_is_named_at_once(make_study):
    plan = pd.DataFrame({
        "initiative": ["A", "B", "B"], "items": "q1", "lift_low": [0.1, "much", 0.5], "lift_likely": [0.2, 0.3, 0.4],
        "lift_high": 0.6, "start": ["2025-06", "2025-06", "soon"],
    })  # fmt: skip
    with pytest.raises(
        DataError, match=r"row 2, lift_low: 'much'.*row 3: lift_low ≤.*row 3, start: 'soon'.*'B' stands"
    ):
        quick(with_plan(make_study, plan))
    with pytest.raises(DataError, match="table 'plan' has no column 'start'"):
        quick(with_plan(make_study, plan.drop(columns="start")))


def test_items_that_were_not_asked_cannot_be_measured(make_study):
    plan = pd.DataFrame({
        "initiative": ["A"], "items": "q1;q2", "lift_low": 0.1, "lift_likely": 0.2, "lift_high": 0.3,
        "start": "2025-06",
    })  # fmt: skip
    assert quick(with_plan(make_study, plan)).ledger["ledger_verdict"].tolist() == ["not_measurable"]


@pytest.mark.parametrize("periods", [(6, 10), (12, 12)])
def test_the_broken_line_keeps_its_level_in_short_series(periods):
    from svcq_lib.analyses import effects_its
    from svcq_lib.stats import regression

    rng, hits, series = np.random.default_rng(12), 0, 400
    t, start = np.arange(sum(periods), dtype=float), float(periods[0])
    for _ in range(series):
        fit = regression.wls(effects_its.design(t, start, harmonics=0, length=12), rng.normal(size=len(t)))
        errors = (
            regression.newey_west(fit, t, regression.default_lag(len(t))),
            regression.classic_covariance(fit, len(t)),
        )
        found = effects_its._figures(fit, errors, t, start, 0.95)
        hits += found["conf_low"] <= 0 <= found["conf_high"]
    assert hits / series > 0.92  # Newey and West alone: 73 % and 84 %
