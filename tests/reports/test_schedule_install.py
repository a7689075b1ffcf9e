"""Entries of cron, systemd and GitHub Actions: what they call, when, and that nothing foreign is touched."""

import configparser
import datetime as dt
import functools
import shlex
import subprocess
import sys
import zoneinfo
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import ScheduleError
from svcq_lib.reports import schedule_actions, schedule_cron, schedule_install, schedule_systemd
from svcq_lib.reports.schedule_install import Options
from svcq_lib.reports.schedule_plan import Deliver, Plan

NOW = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)
PLACES = ["/data/plan.toml", "/data/my plans/100% 'full' \"$HOME\" `x` 计划.toml"]


def a_plan(path="/data/plan.toml", **other):
    given_ = {
        "study": "study.toml",
        "every": "month",
        "start": "2026-01",
        "timezone": "Europe/Berlin",
        **other,
    }
    return Plan(path=Path(path), **given_)


@pytest.mark.parametrize("path", PLACES)
def test_a_crontab_line_calls_the_plan_through_a_real_shell(path, monkeypatch, tmp_path):
    told = tmp_path / "svcq"
    told.write_text('#!/bin/sh\nprintf "%s\\n" "$SVCQ_MAIL_URL" "$@"\n')
    told.chmod(0o755)
    secrets = tmp_path / "mail settings"
    secrets.write_text("SVCQ_MAIL_URL='mailto://x y'\n")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    options = Options(env_file=secrets, fail_on_red=True)
    first, line, last = schedule_cron.block(a_plan(path), options, NOW, zoneinfo.ZoneInfo("UTC")).splitlines()
    assert (first, last) == (f"# svcq schedule begin: {path}", f"# svcq schedule end: {path}")
    assert line.startswith("0 4,5 * * * ")
    assert "%" not in line.replace(r"\%", "")
    command = line.split(maxsplit=5)[5].replace(r"\%", "%")  # as cron hands it to the shell
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["mailto://x y", "schedule", "run", "--due", path, "--fail-on", "red"]


def test_cron_gets_a_line_per_minute_of_its_own_clock():
    lines = schedule_cron.block(
        a_plan(timezone="Australia/Lord_Howe"), Options(), NOW, zoneinfo.ZoneInfo("UTC")
    ).splitlines()
    assert [line.split(" * * * ")[0] for line in lines[1:-1]] == [
        "0 19",
        "30 19",
    ]  # half an hour of summer time


@functools.cache
def blocks():
    return [schedule_cron.block(a_plan(), Options(fail_on_red=red), NOW) for red in (False, True)]


@given(
    before=st.lists(
        st.sampled_from(["", "MAILTO=ada", "0 1 * * * backup", "# svcq schedule begin: /else.toml"])
    ),
    after=st.lists(st.sampled_from(["5 4 * * * other", "# a note"])),
    end=st.sampled_from(["", "\n"]),
)
def test_everything_else_in_a_crontab_stays_as_it_is(before, after, end):
    plan, (lines, newer) = a_plan(), blocks()
    table = "".join(f"{line}\n" for line in [*before, *after[:-1]]) + "".join(after[-1:]) + end
    once = schedule_cron.with_block(table, plan, lines)
    assert once.startswith(table)
    assert once.endswith(lines)
    assert schedule_cron.with_block(once, plan, newer).count("svcq schedule begin: /data/plan.toml") == 1
    assert schedule_cron.with_block(once, plan, lines) == once
    assert schedule_cron.without_block(once, plan) in (table, table + "\n")
    assert schedule_cron.without_block(table, plan) == table


def test_a_block_without_an_end_is_left_alone():
    with pytest.raises(ScheduleError, match="crontab -e"):
        schedule_cron.without_block("# svcq schedule begin: /data/plan.toml\n0 1 * * * backup\n", a_plan())


def unquoted(line):
    """Return the words of a systemd command line as systemd reads them."""
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line)]


@pytest.mark.parametrize("path", PLACES)
def test_systemd_units_call_the_plan_at_its_own_clock_and_catch_up(path):
    options = Options(env_file=Path("/data/my plans/100% mail.env"))
    files = schedule_systemd.files_of(a_plan(path, at="06:30"), options)
    service, timer = (configparser.RawConfigParser(strict=True) for _ in range(2))
    for one, (name, text) in zip((service, timer), files.items(), strict=True):
        one.optionxform = str
        one.read_string(text)
        assert name.parent == schedule_systemd.MACHINE
        assert name.name.isascii()
    assert unquoted(service["Service"]["ExecStart"])[-4:] == ["schedule", "run", "--due", path]
    assert Path(unquoted(service["Service"]["ExecStart"])[0]).is_absolute()
    assert service["Service"]["WorkingDirectory"] == str(Path(path).parent)
    assert service["Service"]["EnvironmentFile"] == "/data/my plans/100%% mail.env"
    assert dict(timer["Timer"]) == {"OnCalendar": "*-*-* 06:30:00 Europe/Berlin", "Persistent": "true"}


def test_plans_of_one_name_have_units_of_their_own():
    names = {schedule_install.slug_of(Path(path)) for path in ("/a/plan.toml", "/b/plan.toml")}
    assert len(names) == 2


def test_units_are_written_again_and_removed_but_foreign_ones_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    options = Options(user=True)
    files = schedule_systemd.files_of(a_plan(), options)
    for _ in range(2):
        schedule_install.write(files)
    assert {path.read_text(encoding="utf-8") for path in files} == set(files.values())
    assert schedule_install.remove(files) == list(files)
    assert schedule_install.remove(files) == []
    foreign = list(files)[1]
    foreign.write_text("[Timer]\n", encoding="utf-8")
    for act in (schedule_install.write, schedule_install.remove):
        with pytest.raises(ScheduleError, match="is left alone"):
            act(files)
    assert [path.name for path in foreign.parent.iterdir()] == [foreign.name]


def test_a_line_break_in_a_path_is_refused():
    for make in (
        lambda plan: schedule_cron.block(plan, Options(), NOW),
        lambda plan: schedule_systemd.files_of(plan, Options()),
    ):
        with pytest.raises(ScheduleError, match="line break"):
            make(a_plan("/data/x\n* * * * * rm/plan.toml"))


@pytest.fixture
def repository(tmp_path):
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_a_workflow_is_yaml_that_calls_the_same_command(repository):
    path = repository / "my plans" / "100% 'full' 计划.toml"
    plan = a_plan(path, deliver=Deliver(to=("env:SVCQ_MAIL_URL", "env:SVCQ_MAIL_URL")), out="made here")
    ((file, text),) = schedule_actions.files_of(plan, Options(fail_on_red=True), NOW).items()
    assert file.parent == repository / ".github" / "workflows"
    assert str(repository) not in text
    whole = yaml.safe_load(text)
    assert whole[True]["schedule"] == [{"cron": "0 4 * * *"}, {"cron": "0 5 * * *"}]
    steps = whole["jobs"]["reports"]["steps"]
    (call,) = [step for step in steps if "svcq schedule" in step.get("run", "")]
    assert shlex.split(call["run"]) == [
        "svcq", "schedule", "run", "--due", "my plans/100% 'full' 计划.toml", "--fail-on", "red",
    ]  # fmt: skip
    assert call["env"] == {"SVCQ_MAIL_URL": "${{ secrets.SVCQ_MAIL_URL }}"}
    assert {step["with"]["path"] for step in steps if "path" in step.get("with", {})} == {
        "my plans/made here"
    }
    assert whole["concurrency"]["cancel-in-progress"] is False


def test_a_workflow_needs_a_repository_and_secrets(repository, tmp_path_factory):
    with pytest.raises(ScheduleError, match="no git repository"):
        schedule_actions.files_of(a_plan(tmp_path_factory.mktemp("none") / "plan.toml"), Options(), NOW)
    with pytest.raises(ScheduleError, match="outside of"):
        schedule_actions.files_of(a_plan(repository / "plan.toml", out="../out"), Options(), NOW)
    kept = a_plan(repository / "plan.toml", deliver=Deliver(to=("keyring:svcq/mail",)))
    with pytest.raises(ScheduleError, match="no keyring"):
        schedule_actions.files_of(kept, Options(), NOW)
