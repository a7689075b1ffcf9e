"""Running what is due: once, in order, when the data are there."""

import pytest

from svcq_lib.errors import DataError, ParameterError, ReportError
from svcq_lib.reports import schedule, schedule_state
from svcq_lib.reports.lock import locked
from svcq_lib.reports.schedule_result import lines_of

from .scheduling import PLAN, moment, statuses


def test_what_is_due_is_made_once_oldest_first(planned, runs):
    plan = planned()
    assert statuses(schedule.run_due(plan, now=moment("2026-02-03T05:59"))) == []
    assert not list(plan.folder.glob("*.html"))
    first = schedule.run_due(plan, now=moment("2026-02-03T06:00"))
    assert statuses(first) == [("2026-01", "done")]
    assert statuses(schedule.run_due(plan, now=moment("2026-02-28T06:00"))) == []
    caught_up = schedule.run_due(plan, now=moment("2026-04-20T06:00"))
    assert statuses(caught_up) == [("2026-02", "done"), ("2026-03", "done")]
    assert statuses(schedule.run_due(plan, now=moment("2026-04-20T06:00"))) == []
    assert runs == ["2026-01", "2026-02", "2026-03"]


def test_a_second_call_touches_no_file(planned, runs):
    plan = planned()
    schedule.run_due(plan, now=moment("2026-02-03T06:00"))
    before = {path: path.stat().st_mtime_ns for path in plan.folder.rglob("*") if path.suffix != ".lock"}
    schedule.run_due(plan, now=moment("2026-02-04T06:00"))
    assert {
        path: path.stat().st_mtime_ns for path in plan.folder.rglob("*") if path.suffix != ".lock"
    } == before


def test_late_data_are_waited_for_and_then_taken_as_they_are(planned, runs, answers):
    answers("2026-01-01", "2026-01-20")
    plan = planned("[wait_for]\ndays = 5\n")
    waiting = schedule.run_due(plan, now=moment("2026-02-03T06:00"))
    assert statuses(waiting) == [("2026-01", "waiting")]
    assert lines_of(waiting.tried[0]) == [
        "2026-01: waiting for its data. The answers reach only to 2026-01-20; the period ends on 2026-01-31."
    ]
    assert statuses(schedule.run_due(plan, now=moment("2026-02-08T05:59"))) == [("2026-01", "waiting")]
    assert runs == []
    assert statuses(schedule.run_due(plan, now=moment("2026-02-08T06:00"))) == [("2026-01", "done")]
    assert runs == ["2026-01"]


def test_data_that_come_end_the_waiting(planned, runs, answers):
    answers("2026-01-01", "2026-01-30")
    plan = planned()
    assert statuses(schedule.run_due(plan, now=moment("2026-02-03T06:00"))) == [("2026-01", "waiting")]
    answers("2026-01-01", "2026-02-01")
    assert statuses(schedule.run_due(plan, now=moment("2026-02-04T06:00"))) == [("2026-01", "done")]


def test_a_last_day_without_answers_may_be_allowed(planned, runs, answers):
    answers("2026-01-01", "2026-01-30")
    assert statuses(
        schedule.run_due(planned("[wait_for]\nshort_by = 1\n"), now=moment("2026-02-03T06:00"))
    ) == [("2026-01", "done")]


def test_a_date_in_the_future_opens_no_gate(planned, runs, answers, tmp_path):
    answers("2026-01-01", "2026-01-20")
    with (tmp_path / "answers.csv").open("a", encoding="utf-8") as file:
        file.write("R9,2062-01-01,5\n")
    assert statuses(schedule.run_due(planned(), now=moment("2026-02-03T06:00"))) == [("2026-01", "waiting")]


def test_data_that_never_come_can_be_a_failure(planned, runs, sent, answers):
    answers("2026-01-01", "2026-01-20")
    plan = planned('[wait_for]\ndays = 1\nthen = "fail"\n[deliver]\nto = "env:A"\non = "failure"\n')
    for day in (3, 4, 5):
        result = schedule.run_due(plan, now=moment(f"2026-02-0{day}T06:00"))
    assert statuses(result) == [("2026-01", "late")]
    assert runs == []
    ((message, _, _),) = sent
    assert message.subject == "Harbour Bank, Jan 2026: reports were not made"
    assert "The answers reach only to 2026-01-20; the period ends on 2026-01-31." in message.lead
    answers("2026-01-01", "2026-01-31")
    assert statuses(schedule.run_due(plan, now=moment("2026-02-09T06:00"))) == [("2026-01", "done")]


def test_a_marker_file_says_that_the_data_are_complete(planned, runs, tmp_path):
    plan = planned('[wait_for]\ndata = false\nfile = "READY-{period}"\n')
    waiting = schedule.run_due(plan, now=moment("2026-02-03T06:00"))
    assert "READY-2026-01" in lines_of(waiting.tried[0])[0]
    (tmp_path / "READY-2026-01").touch()
    assert statuses(schedule.run_due(plan, now=moment("2026-02-03T07:00"))) == [("2026-01", "done")]


@pytest.mark.parametrize("gate", ["", "[wait_for]\ndata = false\n"])
def test_data_that_stop_coming_are_no_empty_period(planned, runs, answers, gate):
    answers("2026-01-01", "2026-01-31")
    plan = planned(gate)
    result = schedule.run_due(plan, now=moment("2026-03-20T06:00"))
    assert statuses(result) == [("2026-01", "done"), ("2026-02", "late")]
    assert result.exit_code() == 1
    assert statuses(schedule.run_due(plan, only="2026-02", now=moment("2026-03-20T06:00"))) == [
        ("2026-02", "late")
    ]
    answers("2026-01-01", "2026-02-28")
    assert statuses(schedule.run_due(plan, now=moment("2026-03-21T06:00"))) == [("2026-02", "done")]


def test_a_period_without_answers_is_no_failure(planned, runs, answers):
    answers("2026-03-01", "2026-03-31")
    plan = planned()
    assert statuses(schedule.run_due(plan, now=moment("2026-04-03T06:00"))) == [
        ("2026-01", "empty"), ("2026-02", "empty"), ("2026-03", "done"),
    ]  # fmt: skip
    assert statuses(schedule.run_due(plan, now=moment("2026-04-04T06:00"))) == []
    assert runs == ["2026-03"]


def test_a_failed_period_is_tried_again_and_stops_no_other(planned, runs):
    plan, now = planned(), moment("2026-03-03T06:00")
    runs.fail = True
    assert statuses(schedule.run_due(plan, now=now)) == [("2026-01", "failed"), ("2026-02", "failed")]
    runs.fail = False
    assert statuses(schedule.run_due(plan, now=now)) == [("2026-01", "done"), ("2026-02", "done")]
    runs.fail = DataError("table 'responses' is gone. Put it back.")
    result = schedule.run_due(plan, now=moment("2026-04-03T06:00"))
    assert [(one.period, one.wrong, one.reason) for one in result.tried] == [
        ("2026-03", True, "table 'responses' is gone. Put it back.")
    ]


def test_a_done_period_is_looked_at_again_only_where_the_plan_says_so_and_inputs_changed(
    planned, runs, answers
):
    now = moment("2026-03-03T06:00")
    schedule.run_due(planned(), now=now)
    answers("2026-01-02", "2026-03-31")
    assert statuses(schedule.run_due(planned(), now=now)) == []
    revising = planned("", "revise = 1\n" + PLAN)
    assert statuses(schedule.run_due(revising, now=now)) == [("2026-02", "done")]
    assert statuses(schedule.run_due(revising, now=now)) == []
    assert statuses(schedule.run_due(planned("", 'revise = 2\nlangs = "zh"\n' + PLAN), now=now)) == [
        ("2026-01", "done"), ("2026-02", "done"),
    ]  # fmt: skip


def test_a_named_period_is_made_whenever_it_is_asked_for(planned, runs):
    plan, now = planned(), moment("2026-01-15T00:00")
    for _ in range(2):
        assert statuses(schedule.run_due(plan, only="2026-02", now=now)) == [("2026-02", "done")]
    assert runs == ["2026-02", "2026-02"]


@pytest.mark.parametrize("name", ["2026", "2026-Q1", "2026-01-05", "soon"])
def test_a_named_period_has_the_plan_s_length(planned, runs, name):
    with pytest.raises(ParameterError, match=name):
        schedule.run_due(planned(), only=name, now=moment("2026-03-03T06:00"))
    assert runs == []


def test_a_run_that_is_stopped_leaves_its_period_open(planned, runs, monkeypatch):
    plan, now = planned(), moment("2026-03-03T06:00")
    with monkeypatch.context() as patch:
        patch.setattr(schedule.running, "run", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            schedule.run_due(plan, now=now)
    assert "stopped by KeyboardInterrupt" in (schedule_state.folder_of(plan) / schedule_state.LOG).read_text()
    assert statuses(schedule.run_due(plan, now=now)) == [("2026-01", "done"), ("2026-02", "done")]


def test_a_torn_line_of_the_memory_costs_one_period(planned, runs):
    plan, now = planned(), moment("2026-03-03T06:00")
    schedule.run_due(plan, now=now)
    path = schedule_state.folder_of(plan) / schedule_state.NAME
    path.write_bytes(path.read_bytes()[:-20])
    assert statuses(schedule.run_due(plan, now=now)) == [("2026-02", "done")]
    assert statuses(schedule.run_due(plan, now=now)) == []


@pytest.mark.parametrize("folder_of", [schedule_state.folder_of, lambda plan: plan.folder])
def test_a_call_beside_another_or_beside_a_run_by_hand_does_nothing(planned, runs, folder_of):
    plan = planned()
    schedule_state.folder_of(plan).mkdir(parents=True)
    with locked(folder_of(plan)):
        result = schedule.run_due(plan, now=moment("2026-02-03T06:00"))
    assert "another run" in result.busy
    assert (result.tried, runs) == ((), [])


def test_a_folder_that_cannot_be_written_is_an_error(planned, tmp_path):
    (tmp_path / "reports").write_text("a file", encoding="utf-8")
    with pytest.raises(ReportError, match=r"out in plan\.toml"):
        schedule.run_due(planned(), now=moment("2026-02-03T06:00"))


def test_the_log_is_for_people_and_rotates(planned, runs, monkeypatch):
    plan = planned()
    monkeypatch.setattr(schedule_state, "_LARGEST_LOG", 100)
    schedule.run_due(plan, now=moment("2026-04-03T06:00"))
    logs = sorted(schedule_state.folder_of(plan).glob("schedule.log*"))
    assert [path.name for path in logs][:2] == ["schedule.log", "schedule.log.1"]
    assert "INFO 2026-03: done, 1 report(s)" in logs[0].read_text(encoding="utf-8")
