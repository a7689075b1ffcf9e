"""The command line of schedules, and one scheduled month seen end to end."""

import datetime as dt
import json
import os
import re
import shlex
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from svcq_lib import cli
from svcq_lib.reports import schedule
from svcq_lib.reports.schedule_gates import Late
from svcq_lib.reports.schedule_result import Result, Tried

PLAN = 'study = "study.toml"\nevery = "month"\nday = 3\nstart = "2026-01"\ntimezone = "Asia/Shanghai"\n'


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─┃┏┓┡┩└┘┳┻╇━┴┬┼├┤]", " ", text))


@pytest.fixture
def svcq(monkeypatch, capsys):
    """Runs the command line as a shell does: exit code, output and messages."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["svcq", "schedule", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return call


@pytest.fixture
def plan(tmp_path):
    """A plan beside a study file."""
    (tmp_path / "study.toml").touch()
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    return tmp_path / "plan.toml"


@pytest.fixture
def now(monkeypatch):
    """Sets the present moment."""

    def be(text):
        moment = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
        monkeypatch.setattr(schedule, "current_time", lambda: moment)

    be("2026-03-15T00:00")
    return be


@pytest.mark.parametrize("verb", ["", "show", "install", "run"])
def test_every_help_shows_an_example(verb):
    done = CliRunner().invoke(
        cli.app, ["schedule", *([verb] if verb else []), "--help"], env={"COLUMNS": "120", "TERM": "dumb"}
    )
    assert done.exit_code == 0
    assert f"Example: svcq schedule {verb}" in plain(done.stdout).replace("`", "")


def test_the_next_runs_and_how_periods_stand_are_shown(svcq, plan, now, monkeypatch):
    plan.write_text(PLAN + '[deliver]\nto = ["env:SVCQ_HERE", "env:SVCQ_GONE"]\n', encoding="utf-8")
    monkeypatch.setenv("SVCQ_HERE", "mailto://ada:s3cret@x")
    now("2026-03-02T23:00")
    code, out, err = svcq("show", plan)
    said = plain(out)
    assert (code, err) == (0, "")
    for line in (
        "2026-01 2026-02-03 06:00 CST missed", "2026-02 2026-03-03 06:00 CST due",
        "2026-03 2026-04-03 06:00 CST next", "2026-05 2026-06-03 06:00 CST next",
        "env:SVCQ_HERE: is there", "env:SVCQ_GONE: the environment has no SVCQ_GONE",
    ):  # fmt: skip
        assert line in said
    assert "s3cret" not in out
    assert not (plan.parent / "reports").exists()


@pytest.mark.parametrize(
    ("tried", "undelivered", "fail_on", "code"),
    [
        ([Tried("2026-01", "done", 3)], (), True, 0),
        ([Tried("2026-01", "waiting", late=(Late("late_file", {"file": "READY"}),))], (), True, 0),
        ([Tried("2026-01", "done", 3, red=("NPS (scores_en)",))], (), True, 3),
        ([Tried("2026-01", "done", 3, red=("NPS (scores_en)",))], (), False, 0),
        ([Tried("2026-01", "failed", 2, ("gaps_en: boom",), red=("NPS (scores_en)",))], (), True, 1),
        ([Tried("2026-01", "late")], (), True, 1),
        ([Tried("2026-01", "done", 3)], ("2026-01: env:A: refused",), False, 1),
        (
            [Tried("2026-01", "failed", reason="no table", wrong=True), Tried("2026-02", "failed")],
            (),
            True,
            2,
        ),
    ],
)
def test_the_exit_code_says_what_is_worst(svcq, plan, now, monkeypatch, tried, undelivered, fail_on, code):
    monkeypatch.setattr(schedule, "run_due", lambda *_, **__: Result(tuple(tried), undelivered=undelivered))
    ended, out, err = svcq("run", "--due", plan, *(["--fail-on", "red"] if fail_on else []))
    assert ended == code
    assert all(f"{one.period}: " in out + err for one in tried)
    assert ("red: NPS (scores_en)" in err) == (code == 3)
    assert all(f"not sent: {one}" in err for one in undelivered)


def test_nothing_due_says_nothing(svcq, plan, now, monkeypatch):
    monkeypatch.setattr(schedule, "run_due", lambda *_, **__: Result())
    assert svcq("run", "--due", plan) == (0, "", "")


def test_a_call_that_is_stopped_says_how_it_ended(svcq, plan, now, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt("stopped: 3 reports are made. Run the same command again.")

    monkeypatch.setattr(schedule, "run_due", stopped)
    assert svcq("run", "--due", plan) == (
        130,
        "",
        "stopped: 3 reports are made. Run the same command again.\n",
    )


def test_a_call_beside_another_does_nothing_and_is_no_failure(svcq, plan, now, monkeypatch):
    monkeypatch.setattr(schedule, "run_due", lambda *_, **__: Result(busy="another run works in x"))
    code, out, _ = svcq("run", "--due", plan)
    assert (code, out.strip()) == (0, "another run works in x")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "--due"), (["run", "--due", "--period", "2026-01"], "--due"), (["run", "--period", "soon"], "soon"),
        (["run", "--due", "--fail-on", "amber"], "'red'"), (["install", "--as", "at"], "'systemd'"),
        (["install", "--as", "cron", "--write", "--remove"], "opposites"), (["install"], "--as"),
        (["install", "--as", "github-actions"], "no git repository"),
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_two(svcq, plan, now, arguments, said):
    code, out, err = svcq(*arguments, plan)
    assert (code, out) == (2, "")
    assert said in plain(err)


def test_a_wrong_plan_ends_with_two(svcq, tmp_path):
    code, _, err = svcq("show", tmp_path / "gone.toml")
    assert code == 2
    assert "plan.toml" in err
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    code, _, err = svcq("run", "--due", tmp_path / "plan.toml")
    assert code == 2
    assert "plan.toml:1: study: 'study.toml' does not exist" in plain(err)


@pytest.fixture
def crontab(tmp_path, monkeypatch):
    """A crontab of this test: the file that a program of that name reads and writes."""
    table, program = tmp_path / "table", tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\n[ "$1" = -l ] || {{ cat > {table}; exit; }}\n'
        f'[ -f {table} ] || {{ echo "no crontab for ada" >&2; exit 1; }}\ncat {table}\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return table


def test_a_crontab_entry_is_printed_written_and_removed(svcq, plan, now, crontab):
    code, printed, err = svcq("install", plan, "--as", "cron")
    assert (code, err) == (0, "")
    assert not crontab.exists()
    assert svcq("install", plan, "--as", "cron", "--write")[1] == printed
    assert crontab.read_text(encoding="utf-8") == printed
    crontab.write_text(f"MAILTO=ada\n{printed}0 1 * * * backup\n", encoding="utf-8")
    svcq("install", plan, "--as", "cron", "--write", "--fail-on", "red")
    assert crontab.read_text(encoding="utf-8").count("--fail-on red") == 1
    assert svcq("install", plan, "--as", "cron", "--remove")[1] == "Removed from the crontab.\n"
    assert crontab.read_text(encoding="utf-8") == "MAILTO=ada\n0 1 * * * backup\n"
    assert svcq("install", plan, "--as", "cron", "--remove")[1] == "Nothing to remove.\n"


def test_systemd_units_are_printed_written_and_removed(svcq, plan, now, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    asked = ("install", plan, "--as", "systemd", "--user")
    code, printed, err = svcq(*asked)
    assert (code, err) == (0, "")
    assert not (tmp_path / "config").exists()
    code, out, _ = svcq(*asked, "--write")
    units = sorted((tmp_path / "config" / "systemd" / "user").iterdir())
    assert [path.suffix for path in units] == [".service", ".timer"]
    assert all(path.read_text(encoding="utf-8") in printed for path in units)
    assert f"systemctl --user enable --now {units[1].name}" in out
    assert f"systemctl --user disable --now {units[1].name}" in svcq(*asked, "--remove")[1]
    assert svcq(*asked, "--remove")[1] == "Nothing to remove.\n"


def test_a_workflow_is_written(svcq, plan, now):
    (plan.parent / ".git").mkdir()
    assert svcq("install", plan, "--as", "github-actions", "--write")[0] == 0
    (file,) = (plan.parent / ".github" / "workflows").iterdir()
    assert svcq("install", plan, "--as", "github-actions")[1].endswith(
        file.read_text(encoding="utf-8") + "\n"
    )


@pytest.mark.slow
def test_a_schedule_end_to_end(svcq, now, small_demo, tmp_path, inbox):
    """The crontab's own command: a missed month is caught up, mail arrives, red is 3, a second call does nothing."""
    plan = tmp_path / "our plan.toml"
    plan.write_text(
        f'study = "{Path(os.path.relpath(small_demo, tmp_path)).as_posix()}"\nreports = "scores"\nlangs = "zh"\n'
        'every = "month"\nstart = "2026-04"\njobs = 1\n[deliver]\nto = "env:SVCQ_MAIL_URL"\nattach = "html"\n',
        encoding="utf-8",
    )
    line = svcq("install", plan, "--as", "cron", "--fail-on", "red")[1].splitlines()[1]
    command = shlex.split(line.split(maxsplit=5)[5])
    now("2026-06-01T06:00")
    code, out, err = svcq(*command[command.index("schedule") + 1 :])
    assert code == 3, err
    assert re.findall(r"^(2026-\d\d): done, 1 report", out, re.MULTILINE) == ["2026-04", "2026-05"]
    assert "red: " in err
    assert ["2026年4月：已生成 1 份报告" in got["subject"] for got in inbox.messages] == [True, False]
    for got in inbox.messages:
        (file,) = got.iter_attachments()
        assert file.get_payload(decode=True) == (tmp_path / "reports" / file.get_filename()).read_bytes()
        assert "预警" in got.get_body(("plain",)).get_content()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.suffix != ".lock"}
    assert svcq(*command[command.index("schedule") + 1 :]) == (0, "", "")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.suffix != ".lock"} == before
    assert len(inbox.messages) == 2
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {".ipynb", ".html", ".log"} <= {path.suffix for path in written}
    assert not [path for path in written if b"s3cret" in path.read_bytes()]
    assert "s3cret" not in out + err
    kinds = [
        json.loads(one)["kind"]
        for one in (tmp_path / "reports/schedule/schedule.jsonl").open(encoding="utf-8")
    ]
    assert kinds == ["period", "message", "period", "message", "delivery", "delivery"]
    plan.write_text("keep = 1\n" + plan.read_text(encoding="utf-8"), encoding="utf-8")
    assert svcq("run", "--due", plan) == (0, "removed: 2026-04\n", "")
    assert not list((tmp_path / "reports").glob("*2026-04*"))
    index = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert "scores_2026-05_zh.html" in index
    assert "2026-04" not in index
