"""Running what is due: once, in order, when the data are there, and telling people about it."""

import datetime as dt
import logging

import pytest

from svcq_lib.errors import DataError, ParameterError, ReportError
from svcq_lib.reports import deliver, manifest, schedule, schedule_state, site
from svcq_lib.reports.execute import Outcome
from svcq_lib.reports.lock import locked
from svcq_lib.reports.publish import digest
from svcq_lib.reports.run import Summary
from svcq_lib.reports.schedule_plan import read_plan
from svcq_lib.reports.schedule_result import Result, lines_of

STUDY = """
[study]
name = { en = "Harbour Bank", zh = "海港银行" }
[tables.responses]
path = "answers.csv"
[responses]
id = "id"
date = "date"
[outcomes.nps]
kind = "nps"
column = "nps"
"""
PLAN = """
study = "study.toml"
reports = ["scores"]
every = "month"
day = 3
start = "2026-01"
"""
PASSWORD = "s3cret-w0rd"


def moment(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.fixture
def answers(tmp_path):
    """Writes answers, five a day, from one day to another."""

    def write(first, last):
        days = (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days + 1
        rows = [
            f"R{day}-{i},{dt.date.fromisoformat(first) + dt.timedelta(days=day)},{(day + 3 * i) % 11}"
            for day in range(days)
            for i in range(5)
        ]
        (tmp_path / "answers.csv").write_text("\n".join(["id,date,nps", *rows]) + "\n", encoding="utf-8")

    return write


@pytest.fixture
def planned(tmp_path, answers):
    """Writes a plan beside a small study with answers to the end of March 2026, and reads it."""
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    answers("2026-01-01", "2026-03-31")

    def read(more="", text=PLAN):
        (tmp_path / "plan.toml").write_text(text + more, encoding="utf-8")
        return read_plan(tmp_path / "plan.toml")

    return read


@pytest.fixture
def runs(monkeypatch):
    """Reports without a kernel: the periods that were run; `figures` and `fail` say what comes of it."""

    class Runs(list):
        figures, fail, changes = [], False, []

    made = Runs()

    def run(study_path, reports, *, period, out, langs, formats, **settings):
        made.append(period)
        if isinstance(made.fail, Exception):
            raise made.fail
        name = f"scores_{period}_en"
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{name}.html").write_text(f"page of {period}", encoding="utf-8")
        (out / name).mkdir(exist_ok=True)
        (out / name / "scores.csv").write_text("a,b", encoding="utf-8")
        outputs = [
            {"path": path, "bytes": (out / path).stat().st_size, "sha256": digest(out / path)}
            for path in (f"{name}.html", f"{name}/scores.csv")
        ]
        outcome = Outcome(
            name, "scores", "en", "failed" if made.fail else "done", "key", title=f"What {period} says", unit="all",
            error="cell 'load' failed: boom" if made.fail else "", parameters={"where": {}, "period": period},
            figures=[] if made.fail else made.figures, changes=made.changes, outputs=outputs,
        )  # fmt: skip
        manifest.add_report(out, outcome.as_entry())
        red = tuple((name, one["label"]) for one in outcome.figures if one["status"] == "red")
        return Summary((outcome,), (), out / "index.html", red=red)

    monkeypatch.setattr(schedule.running, "run", run)
    return made


@pytest.fixture
def sent(monkeypatch):
    """Messages that were sent, instead of sending them; `fail` says whether that works."""

    class Sent(list):
        fail = ""

    kept = Sent()

    def send(message, address, files=()):
        if kept.fail:
            raise deliver.DeliveryError(kept.fail)
        kept.append((message, address, [path.name for path in files]))

    monkeypatch.setattr(deliver, "send", send)
    return kept


def figure(status):
    return {
        "code": "nps", "label": "NPS", "kind": "points", "estimate": -3.0, "low": -6.0, "high": -1.0, "n": 900.0,
        "good": 1, "target": 10.0, "status": status, "lead": True,
    }  # fmt: skip


def statuses(result):
    return [(one.period, one.status) for one in result.tried]


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


@pytest.mark.parametrize(
    ("on", "january", "february", "subjects"),
    [
        ("always", "green", "green", 2), ("failure", "red", "red", 0), ("red", "green", "red", 1),
        ("change", "red", "red", 1), ("change", "green", "green", 0), ("change", "red", "green", 2),
    ],
)  # fmt: skip
def test_people_are_told_when_they_want(planned, runs, sent, on, january, february, subjects):
    plan = planned(f'[deliver]\nto = "env:A"\non = "{on}"\n')
    for status, now in ((january, "2026-02-03T06:00"), (february, "2026-03-03T06:00")):
        runs.figures = [figure(status)]
        schedule.run_due(plan, now=moment(now))
    assert len(sent) == subjects


def test_a_red_figure_counts_once_whatever_the_languages(planned, runs):
    runs.figures = [figure("red")]
    now = moment("2026-02-03T06:00")
    (both,) = schedule.run_due(planned("", 'langs = ["en", "zh"]\n' + PLAN), now=now).tried
    (other,) = schedule.run_due(planned("", 'langs = ["zh", "en"]\n' + PLAN), only="2026-01", now=now).tried
    assert (both.red, other.red) == (("NPS (scores_2026-01_en)",), ())
    assert lines_of(both) == ["2026-01: done, 1 report(s), 1 figure(s) red"]


def test_a_message_says_what_is_new_and_is_sent_once(planned, runs, sent):
    plan = planned('[deliver]\nto = ["env:A", "env:B"]\nattach = "html"\nlang = "zh"\n')
    runs.figures = [figure("red")]
    for _ in range(2):
        schedule.run_due(plan, now=moment("2026-02-03T06:00"))
    assert [address for _, address, _ in sent] == ["env:A", "env:B"]
    message, _, files = sent[0]
    assert message.subject == "海港银行，2026年1月：已生成 1 份报告，新增 1 项预警"
    assert files == ["scores_2026-01_en.html"]
    runs.figures = [figure("green")]
    schedule.run_due(plan, now=moment("2026-03-03T06:00"))
    assert sent[-1][0].sections[0].heading == "缓解或解除的预警"


def test_a_failure_is_told_once_while_it_stays_the_same(planned, runs, sent):
    plan = planned('[deliver]\nto = "env:A"\non = "failure"\n')
    runs.fail = True
    for day in (3, 4):
        schedule.run_due(plan, now=moment(f"2026-02-0{day}T06:00"))
    runs.fail = DataError("table 'responses' is gone. Put it back.")
    schedule.run_due(plan, now=moment("2026-02-05T06:00"))
    assert [message.subject for message, _, _ in sent] == [
        "Harbour Bank, Jan 2026: 1 report failed", "Harbour Bank, Jan 2026: reports were not made",
    ]  # fmt: skip


def test_a_delivery_that_fails_undoes_nothing_and_is_tried_again_for_a_week(planned, runs, sent):
    plan = planned('[deliver]\nto = "env:A"\n')
    sent.fail = "env:A: the message could not be sent."
    result = schedule.run_due(plan, now=moment("2026-02-03T06:00"))
    assert statuses(result) == [("2026-01", "done")]
    assert result.undelivered == ("2026-01: env:A: the message could not be sent.",)
    assert schedule.run_due(plan, now=moment("2026-02-04T06:00")).undelivered
    sent.fail = ""
    again = schedule.run_due(plan, now=moment("2026-02-05T06:00"))
    assert (again.sent, again.tried, len(sent)) == (("2026-01: env:A",), (), 1)
    assert schedule.run_due(plan, now=moment("2026-02-06T06:00")).sent == ()
    sent.fail = "still down"
    schedule.run_due(plan, now=moment("2026-03-03T06:00"))
    sent.fail = ""
    assert schedule.run_due(plan, now=moment("2026-03-20T06:00")).sent == ()
    assert runs == ["2026-01", "2026-02"]


def test_old_reports_are_removed_and_nothing_else(planned, runs, monkeypatch, tmp_path):
    monkeypatch.setattr(
        site, "write_index", lambda out, whole, study: (out / "index.html").write_text(str(whole))
    )
    plan = planned("", "keep = 2\n" + PLAN)
    assert schedule.run_due(plan, now=moment("2026-03-03T06:00")).removed == ()
    mine = plan.folder / "scores_2026-01_en" / "notes.txt"
    mine.write_text("mine", encoding="utf-8")
    outside = tmp_path / "outside.html"
    outside.write_text("keep me", encoding="utf-8")
    entry = manifest.read(plan.folder)["reports"]["scores_2026-01_en"]
    link = plan.folder / "link.html"
    link.symlink_to(outside)
    extra = [
        {"path": path, "bytes": 7, "sha256": digest(outside)} for path in ("../outside.html", "link.html")
    ]
    manifest.add_report(plan.folder, {**entry, "outputs": [*entry["outputs"], *extra]})
    result = schedule.run_due(plan, now=moment("2026-04-03T06:00"))
    assert result.removed == ("2026-01",)
    assert outside.read_text(encoding="utf-8") == "keep me"
    assert mine.is_file()
    assert sorted(path.name for path in plan.folder.glob("scores_*.html")) == [
        "scores_2026-02_en.html", "scores_2026-03_en.html",
    ]  # fmt: skip
    assert "scores_2026-01_en" not in manifest.read(plan.folder)["reports"]
    assert "scores_2026-01_en" not in (plan.folder / "index.html").read_text(encoding="utf-8")
    assert schedule.run_due(plan, now=moment("2026-04-04T06:00")) == Result()


def test_reports_of_an_earlier_plan_of_another_length_are_left_alone(planned, runs, monkeypatch):
    monkeypatch.setattr(site, "write_index", lambda *_: None)
    quarterly = PLAN.replace('"month"', '"quarter"').replace("2026-01", "2026-Q1")
    schedule.run_due(planned("", quarterly), now=moment("2026-04-03T06:00"))
    plan = planned("", "keep = 1\n" + PLAN)
    assert schedule.run_due(plan, now=moment("2026-04-03T06:00")).removed == ("2026-01", "2026-02")
    assert sorted(path.name for path in plan.folder.glob("scores_*.html")) == [
        "scores_2026-03_en.html", "scores_2026-Q1_en.html",
    ]  # fmt: skip


def test_a_report_that_was_edited_is_kept(planned, runs, monkeypatch):
    monkeypatch.setattr(site, "write_index", lambda *_: None)
    plan = planned("", "keep = 1\n" + PLAN)
    schedule.run_due(plan, now=moment("2026-02-03T06:00"))
    (plan.folder / "scores_2026-01_en.html").write_text("with my remarks", encoding="utf-8")
    assert schedule.run_due(plan, now=moment("2026-03-03T06:00")).removed == ("2026-01",)
    assert (plan.folder / "scores_2026-01_en.html").is_file()
    assert "is not as it was written" in (schedule_state.folder_of(plan) / schedule_state.LOG).read_text()


def test_no_credential_reaches_memory_log_or_result(planned, runs, monkeypatch, capfd, caplog):
    url = f"mailto://ada:{PASSWORD}@127.0.0.1:9?from=w@y.example&to=x@y.example"
    monkeypatch.setenv("SVCQ_MAIL_URL", url)
    monkeypatch.setattr(deliver.time, "sleep", lambda _: None)
    plan = planned('[deliver]\nto = "env:SVCQ_MAIL_URL"\n')
    runs.fail = DataError(f"cannot reach postgresql://ada:{PASSWORD}@db; environment: {url}")
    with caplog.at_level(logging.DEBUG):
        result = schedule.run_due(plan, now=moment("2026-03-03T06:00"))
    assert len(result.undelivered) == 2
    written = "".join(path.read_text("utf-8") for path in plan.folder.rglob("*") if path.is_file())
    assert "could not be sent" in written
    for text in (written, str(result), caplog.text, *capfd.readouterr()):
        assert PASSWORD not in text


def test_the_log_is_for_people_and_rotates(planned, runs, monkeypatch):
    plan = planned()
    monkeypatch.setattr(schedule_state, "_LARGEST_LOG", 100)
    schedule.run_due(plan, now=moment("2026-04-03T06:00"))
    logs = sorted(schedule_state.folder_of(plan).glob("schedule.log*"))
    assert [path.name for path in logs][:2] == ["schedule.log", "schedule.log.1"]
    assert "INFO 2026-03: done, 1 report(s)" in logs[0].read_text(encoding="utf-8")
