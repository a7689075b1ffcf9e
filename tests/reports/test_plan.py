"""Which reports a batch makes: levels as they occur, periods inside a range, small bases left out with a reason."""

from pathlib import Path

import pytest

from svcq_lib.errors import DataError, ParameterError
from svcq_lib.reports import plan as planning
from svcq_lib.reports.plan_units import units_of
from svcq_lib.sources.open import open_study

HOSTILE = "../../<b>" + "\u884c" * 200


@pytest.fixture
def study(unit_study):
    """Branch A answers in every month, B in January only, C twice, some rows have no branch."""
    rows = [("A", "web", month) for month in (1, 2, 3) for _ in range(4)]
    rows += [("B", "web", 1)] * 3 + [("B", "shop", 1)] * 2 + [("C", "web", 2)] * 2 + [("", "web", 2)] * 9
    return open_study(unit_study(rows))


def named(units):
    return {unit.name: unit.n for unit in units}


def test_without_levels_and_periods_there_is_one_unit(study):
    units, few = units_of(study, (), None)
    assert (named(units), few) == ({"": 28}, {})


def test_one_unit_per_level_that_has_enough_answers(study):
    units, few = units_of(study, ("branch",), None)
    assert named(units) == {"branch=A": 12, "branch=B": 5}
    assert few == {"branch=C": "2 answers, fewer than 3 (thresholds.suppress)"}


def test_combinations_that_do_not_occur_are_not_mentioned(study):
    units, few = units_of(study, ("branch", "channel"), None)
    assert named(units) == {"branch=A, channel=web": 12, "branch=B, channel=web": 3}
    assert set(few) == {"branch=B, channel=shop", "branch=C, channel=web"}


def test_periods_inside_a_range_in_the_order_of_time_and_a_missing_one_with_its_reason(study):
    units, few = units_of(study.during("2025-01..2025-04"), ("branch",), "month")
    assert list(named(units)) == [
        "branch=A, 2025-01",
        "branch=B, 2025-01",
        "branch=A, 2025-02",
        "branch=A, 2025-03",
    ]
    assert few["branch=B, 2025-02"] == few["branch=A, 2025-04"] == "no answers"
    quarters, few = units_of(study.during("2025"), (), "quarter")
    assert named(quarters) == {"2025-Q1": 28}
    assert few == dict.fromkeys(["2025-Q2", "2025-Q3", "2025-Q4"], "no answers")


def test_without_a_range_the_periods_are_those_with_answers(study):
    units, few = units_of(study, (), "month")
    assert (named(units), few) == ({"2025-01": 9, "2025-02": 15, "2025-03": 4}, {})


def test_filters_hold_for_every_unit(study):
    units, _ = units_of(study.where(channel="shop"), ("branch",), None)
    assert units == []
    units, _ = units_of(study.where(branch="A"), ("channel",), "month")
    assert [unit.where for unit in units] == [{"branch": "A", "channel": "web"}] * 3


@pytest.mark.parametrize(
    ("by", "each", "period", "said"),
    [
        (("brunch",), None, None, "Did you mean 'branch'"), ((), "week", None, "'quarter', 'month'"),
        ((), "quarter", "2025-01..2025-04", "not made of whole quarters"),
        ((), "month", "2025-01-15..2025-02", "not made of whole months"),
    ],
)  # fmt: skip
def test_wrong_units_are_refused(study, by, each, period, said):
    with pytest.raises(ParameterError, match=said):
        units_of(study.during(period), by, each)


def test_periods_need_dates(study):
    undated = study.model_copy(update={"responses": study.responses.model_copy(update={"date": None})})
    with pytest.raises(ParameterError, match="names no date column"):
        units_of(undated, (), "month")


def planned(study, reports=("scores",), **options):
    return planning.plan(study, reports, {}, ("html",), ("en", "zh"), Path("out"), **options)


def test_a_plan_has_each_report_in_each_language_for_each_unit(study):
    found, left_out = planned(study.during("2025-01..2025-02"), by=("branch",), each="month")
    assert [one.job.name for one in found] == [
        f"scores_branch-{unit}_{lang}"
        for unit in ("A_2025-01", "B_2025-01", "A_2025-02")
        for lang in ("en", "zh")
    ]
    assert [one.n for one in found] == [4, 4, 5, 5, 4, 4]
    assert found[0].job.parameters["where"] == {"branch": "A"}
    assert found[0].job.parameters["period"] == "2025-01"
    assert set(left_out) == {"branch=B, 2025-02", "branch=C, 2025-01", "branch=C, 2025-02"}


def test_a_report_that_compares_itself_knows_the_one_before(study, monkeypatch):
    known = planning.parameters_of
    with_previous = {**known("scores"), "previous": known("scores")["period"]}
    monkeypatch.setattr(planning, "parameters_of", lambda topic: with_previous)
    found, _ = planned(study.during("2025-Q1").where(branch="A"), each="month")
    assert [one.before for one in found if one.job.lang == "en"] == [
        f"scores_branch-A_{period}_en" for period in ("2024-12", "2025-01", "2025-02")
    ]
    assert {one.before for one in planned(study)[0]} == {""}


def test_a_unit_with_a_hostile_name_stays_in_the_folder(study):
    table = study.root / "answers.csv"
    table.write_text(table.read_text().replace(",A,", f',"{HOSTILE}",'), encoding="utf-8")
    found, _ = planned(open_study(study.path), by=("branch",))
    names = [one.job.name for one in found]
    assert len(set(names)) == 4
    assert all("/" not in name and ".." not in name and len(name) < 100 for name in names)
    assert {one.job.parameters["where"]["branch"] for one in found} == {HOSTILE, "B"}


def test_nothing_to_report_on_says_what_was_found(study):
    with pytest.raises(DataError, match=r"'answers' for branch=C.*Widen") as error:
        planned(study.where(branch="C"), by=("channel",))
    assert "channel=web: 2 answers, fewer than 3" in str(error.value)
    with pytest.raises(DataError, match="2031"):
        planned(study.during("2031"))
