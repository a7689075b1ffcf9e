"""A plan beside a small study, with stand-ins for the making and the sending of reports."""

import datetime as dt

import pytest

from svcq_lib.reports import deliver, manifest, schedule
from svcq_lib.reports.execute import Outcome
from svcq_lib.reports.publish import digest
from svcq_lib.reports.run import Summary
from svcq_lib.reports.schedule_plan import read_plan

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
