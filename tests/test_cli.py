import io
import json
import re
import shutil
import subprocess
import sys

import pytest
from rich.console import Console
from typer.testing import CliRunner

from svcq_lib import __version__, cli
from svcq_lib.reports import execute, kernels, progress

VERBS = ("demo", "init", "check", "list", "params", "run", "lab")


@pytest.fixture
def svcq(monkeypatch, capsys):
    """Runs the command line as a shell does: exit code, output and messages."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["svcq", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return call


@pytest.fixture
def quick(monkeypatch):
    """Reports without a kernel; returns the jobs made."""
    jobs = []

    def execute_(job, partial, outcome, arguments):
        jobs.append(job)
        outcome.seconds["execute"] = 0.1

    monkeypatch.setattr(execute, "_execute", execute_)
    monkeypatch.setattr(execute, "_exported", lambda form, notebook, job: job.key.encode())
    monkeypatch.setattr(kernels, "choose", lambda fork: False)
    return jobs


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", " ", text))


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_every_help_shows_an_example(verb):
    done = CliRunner().invoke(
        cli.app, [*([verb] if verb else []), "--help"], env={"COLUMNS": "120", "TERM": "dumb"}
    )
    assert done.exit_code == 0
    assert f"Example: svcq {verb}".strip() in plain(done.stdout).replace("`", "")


def test_without_a_verb_the_verbs_are_listed():
    said = plain(CliRunner().invoke(cli.app, [], env={"COLUMNS": "120"}).output)
    assert all(f" {verb} " in said for verb in VERBS)


def test_the_version_is_printed(svcq):
    assert svcq("--version") == (0, f"svcq {__version__}\n", "")


def test_a_demonstration_study_is_written_once(svcq, tmp_path):
    code, out, err = svcq("demo", tmp_path / "d", "--responses", "1000")
    assert (code, err) == (0, "")
    assert (tmp_path / "d" / "study.toml").is_file()
    assert f"svcq run {tmp_path / 'd' / 'study.toml'}" in out
    code, out, err = svcq("demo", tmp_path / "d")
    assert (code, out) == (2, "")
    assert "is not empty" in err


def test_names_are_printed_as_they_are(svcq, quick, small_demo, tmp_path):
    odd = ":smile: [red]"
    assert f"Wrote {tmp_path / odd / 'study.toml'}" in svcq("demo", tmp_path / odd, "--responses", "1000")[1]
    code, _, err = svcq("run", small_demo, "gaps", "--where", f"branch={odd}", "--out", tmp_path / "out")
    assert code == 2
    assert repr(odd) in err


def test_a_study_is_started_from_a_table(svcq, small_demo, tmp_path):
    code, out, err = svcq("init", tmp_path / "mine", "--data", small_demo.parent / "responses.csv")
    assert (code, err) == (0, "")
    assert (tmp_path / "mine" / "study.toml").is_file()
    assert "nps" in out
    assert svcq("check", tmp_path / "mine")[0] == 0
    assert svcq("init", tmp_path / "other", "--data", tmp_path / "gone.csv")[0] == 2
    assert not (tmp_path / "other").exists()


def test_good_data_pass_and_faults_stop(svcq, small_demo, tmp_path):
    code, out, err = svcq("check", small_demo)
    assert (code, err) == (0, "")
    assert "0 error(s), 2 warning(s)" in out
    shutil.copytree(small_demo.parent, tmp_path / "study")
    table = tmp_path / "study" / "responses.csv"
    table.write_bytes(table.read_bytes().replace(b"R00002,", b"R00001,", 1).replace(b"2025-", b"25/", 1))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    code, out, err = svcq("check", tmp_path / "study")
    assert code == 2
    assert "ids that an earlier row has" in out
    assert "no date" in out
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    code, out, err = svcq("run", tmp_path / "study", "--out", tmp_path / "out")
    assert code == 2
    assert "ids that an earlier row has" in err
    assert not (tmp_path / "out").exists()


def test_reports_and_parameters_are_listed(svcq):
    code, out, _ = svcq("list")
    assert code == 0
    assert all(one in out for one in ("scores", "gaps", "drivers", "Where does our service fall short"))
    code, out, _ = svcq("params", "drivers")
    assert code == 0
    assert "…" not in out
    assert all(one in plain(out) for one in ("n_boot", "lmg|relative_w", "list[str]", "None", "bootstrap"))
    code, out, err = svcq("params", "driver")
    assert (code, out) == (2, "")
    assert "Did you mean 'drivers'" in err


def test_options_of_a_run_reach_the_reports(svcq, quick, small_demo, tmp_path):
    code, out, err = svcq(
        "run", small_demo, "gaps", "drivers", "-p", "n_boot=50", "-p", "terms=q01, q02", "--where", "region=north",
        "--period", "2026-Q1", "--to", "html,pdf", "--lang", "en,zh", "--out", tmp_path / "out", "--jobs", "1",
    )  # fmt: skip
    assert (code, err.strip()) == (0, "")
    unit = "region-north_2026-Q1"
    names = [f"{topic}_{unit}_{lang}" for topic in ("gaps", "drivers") for lang in ("en", "zh")]
    assert [job.name for job in quick] == names
    given = {"where": {"region": "north"}, "period": "2026-Q1", "n_boot": 50}
    assert given.items() <= quick[0].parameters.items()
    assert quick[2].parameters["terms"] == ["q01", "q02"]
    assert quick[0].formats == ("html", "pdf")
    assert "gaps_region-north_2026-Q1_en: done (execute 0.1 s" in out
    assert "index.html" in out


def test_an_unchanged_run_says_so(svcq, quick, small_demo, tmp_path):
    for _ in range(2):
        code, out, _ = svcq("run", small_demo, "gaps", "--out", tmp_path / "out")
        assert code == 0
    assert len(quick) == 1
    assert "gaps_en: up to date" in out
    svcq("run", small_demo, "gaps", "--out", tmp_path / "out", "--force")
    assert len(quick) == 2


def test_a_batch_is_listed_before_it_is_made(svcq, quick, small_demo, tmp_path):
    out_folder = ("--out", tmp_path / "out")
    asked = ("run", small_demo, "gaps", "--by", "region", "--period", "2026-Q1..2026-Q2", "--each", "quarter")
    code, out, err = svcq(*asked, *out_folder, "--dry-run")
    assert (code, err.strip()) == (0, "")
    assert "8 to be made, 0 up to date, 0 left out" in out
    assert "gaps_region-north_2026-Q1_en" in out
    assert not (tmp_path / "out").exists()
    svcq(*asked, *out_folder, "--jobs", "1")
    assert len(quick) == 8
    (tmp_path / "out" / "gaps_region-north_2026-Q1_en.html").unlink()
    code, out, _ = svcq(*asked, *out_folder, "--dry-run", "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[0] == {"name": "gaps_region-north_2026-Q1_en", "state": "make", "why": "files"}
    assert lines[1] == {"name": "gaps_region-north_2026-Q2_en", "state": "make", "why": "previous"}
    assert [line["state"] for line in lines[2:]] == ["up_to_date"] * 6
    assert len(quick) == 8


def test_what_is_left_out_is_said_with_its_reason(svcq, quick, small_demo, tmp_path):
    asked = (
        "run",
        small_demo,
        "gaps",
        "--period",
        "2026-Q2..2027-Q1",
        "--each",
        "quarter",
        "--out",
        tmp_path / "o",
    )
    code, out, _ = svcq(*asked, "--jobs", "1")
    assert code == 0
    assert "2027-Q1: left out. no answers" in out
    line = json.loads(svcq(*asked, "--dry-run", "--json")[1].splitlines()[-1])
    assert line == {"name": "2027-Q1", "state": "left_out", "why": "no answers"}
    code, out, err = svcq("run", small_demo, "gaps", "--period", "2031", "--out", tmp_path / "p")
    assert (code, out) == (2, "")
    assert "2031" in err


def test_a_red_figure_ends_with_three_if_that_is_asked_for(svcq, quick, small_demo, tmp_path, monkeypatch):
    def execute_(job, partial, outcome, arguments):
        figure = {
            "code": "nps",
            "label": "NPS [all]",
            "kind": "score",
            "estimate": 1.0,
            "low": 0.0,
            "high": 2.0,
        }
        outcome.figures = [figure | {"n": 9.0, "good": 1, "target": 5.0, "status": "red", "lead": True}]

    monkeypatch.setattr(execute, "_execute", execute_)
    asked = ("run", small_demo, "gaps", "--out", tmp_path / "out")
    assert svcq(*asked)[0] == 0
    for _ in range(2):
        code, out, err = svcq(*asked, "--fail-on", "red")
        assert code == 3
        assert "red: NPS [all] (gaps_en)" in err
        assert "gaps_en: up to date" in out
    monkeypatch.setattr(execute, "_execute", lambda *_: 1 / 0)
    assert svcq(*asked, "--fail-on", "red", "--force")[0] == 1


def test_a_stopped_run_ends_with_130_and_says_how_to_go_on(svcq, quick, small_demo, tmp_path, monkeypatch):
    def stopped(job, partial, outcome, arguments):
        if job.topic == "gaps":
            raise KeyboardInterrupt

    monkeypatch.setattr(execute, "_execute", stopped)
    code, out, err = svcq("run", small_demo, "scores", "gaps", "--out", tmp_path / "out", "--jobs", "1")
    assert code == 130
    assert "scores_en: done" in out
    assert "1 of 2 reports are finished and kept; run the same command again" in plain(err)
    assert not list((tmp_path / "out").glob(".*.partial"))


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_a_bar_on_a_terminal_and_a_line_per_report_elsewhere(terminal):
    out, err = (
        Console(file=io.StringIO(), width=100, force_terminal=one, emoji=False) for one in (False, terminal)
    )
    names = [f"r{i} :smile: [red]" for i in range(2)]
    outcomes = [execute.Outcome(names[i], "gaps", "en", "failed" if i else "done", "k") for i in range(2)]
    with progress.shown(out, err) as tell:
        for one in outcomes:
            tell(one.name, None)
        tell(names[0], outcomes[0])
        assert (f"{names[0]}: done" in out.file.getvalue()) != terminal
        tell(names[1], outcomes[1])
    assert out.file.getvalue() == f"{names[0]}: done ()\n{names[1]}: FAILED\n"
    drawn = plain(err.file.getvalue())
    assert ("2/2 1 failed" in drawn, "/min" in drawn, names[1] in drawn) == (terminal, terminal, terminal)


def test_a_failed_report_ends_with_one(svcq, small_demo, tmp_path, monkeypatch):
    def fail(job, partial, outcome, arguments):
        raise ValueError(f"[red]no[/] luck with {job.topic}")

    monkeypatch.setattr(execute, "_execute", fail)
    code, out, err = svcq("run", small_demo, "gaps", "scores", "--out", tmp_path / "out", "--jobs", "1")
    assert code == 1
    assert "gaps_en: FAILED" in out
    assert "gaps_en failed: [red]no[/] luck with gaps" in err
    assert (tmp_path / "out" / "gaps_en.html").is_file()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["gasp"], "Did you mean 'gaps'"), (["gaps", "-p", "n_bot=5"], "Did you mean 'n_boot'"),
        (["gaps", "-p", "n_boot=many"], "'many' is not"), (["gaps", "-p", "n_boot"], "is not NAME=VALUE"),
        (["gaps", "-p", "lang=zh"], "set by the run itself"), (["--where", "planet=Mars"], "not a segment"),
        (["--where", "branch"], "is not NAME=VALUE"), (["--period", "soon"], "soon"), (["--to", "docx"], "docx"),
        (["--to", ""], "no format"), (["--lang", "fr"], "fr"), (["--nonsense"], "No such option"),
        (["--by", "planet"], "not a segment"), (["--each", "week"], "'month'"), (["--fail-on", "amber"], "'red'"),
        (["--json"], "--dry-run"), (["gaps", "--timeout", "0"], "timeout"),
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_two_and_writes_nothing(svcq, quick, small_demo, tmp_path, options, said):
    code, out, err = svcq("run", small_demo, *options, "--out", tmp_path / "out")
    assert code == 2
    assert said in plain(err)
    assert out == ""
    assert not quick
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_ends_with_two(svcq, quick, small_demo, tmp_path):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    code, out, err = svcq("run", small_demo, "gaps", "--out", tmp_path / "taken")
    assert (code, out) == (2, "")
    assert "--out" in err
    assert "Traceback" not in err
    code, out, err = svcq("demo", tmp_path / "taken" / "below")
    assert (code, out) == (2, "")
    assert "taken" in err


@pytest.mark.parametrize("verb", ["check", "run"])
def test_a_study_that_is_not_there_is_wrong_usage(svcq, tmp_path, verb):
    code, out, err = svcq(verb, tmp_path / "gone.toml")
    assert (code, out) == (2, "")
    assert "gone.toml" in plain(err)


def test_the_lab_opens_on_copies(svcq, tmp_path, monkeypatch):
    called = []
    monkeypatch.setattr(cli.subprocess, "call", lambda command: called.append(command) or 0)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "gaps.ipynb").write_text("mine", encoding="utf-8")
    assert svcq("lab", tmp_path / "work")[0] == 0
    assert (tmp_path / "work" / "gaps.ipynb").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "work" / "drivers.ipynb").is_file()
    assert called[0][1:3] == ["-m", "jupyterlab"]


def test_the_module_runs_as_a_program(repo_root, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "svcq_lib.cli", "check", str(tmp_path / "gone.toml")],
        cwd=repo_root, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error:")
    assert "Traceback" not in done.stderr
