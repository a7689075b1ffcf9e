"""Telling people about what was due: when they want it, once, without credentials."""

import logging

import pytest

from svcq_lib.errors import DataError
from svcq_lib.reports import deliver, schedule
from svcq_lib.reports.schedule_result import lines_of

from .scheduling import PLAN, figure, moment, statuses

PASSWORD = "s3cret-w0rd"


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
