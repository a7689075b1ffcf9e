"""The examples of docs/scheduling.md: read by what they are written for, and all calling the same command."""

import configparser
import re
import shlex

import apprise
import pytest
import yaml
from typer.testing import CliRunner

from svcq_lib import cli
from svcq_lib.reports.schedule_plan import Deliver, PlanFile, WaitFor, read_plan


@pytest.fixture(scope="module")
def page(repo_root):
    return (repo_root / "docs" / "scheduling.md").read_text(encoding="utf-8")


def examples(page, language):
    found = re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert found
    return found


def test_the_plan_can_be_read(page, tmp_path):
    (tmp_path / "study.toml").touch()
    (text,) = examples(page, "toml")
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    assert read_plan(tmp_path / "plan.toml").deliver.on == "change"


@pytest.mark.parametrize("model", [PlanFile, WaitFor, Deliver])
def test_every_key_is_explained(page, model):
    explained = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", page, re.MULTILINE))))
    sections = set(re.findall(r"^`\[(\w+)\]` says", page, re.MULTILINE))
    assert set(model.model_fields) <= explained | sections


def test_every_example_calls_the_same_command(page):
    (cron,) = examples(page, "cron")
    (unit,) = examples(page, "ini")
    (workflow,) = examples(page, "yaml")
    airflow, prefect = examples(page, "python")
    parser = configparser.RawConfigParser()
    parser.read_string(unit)
    steps = yaml.safe_load(workflow)["jobs"]["reports"]["steps"]
    called = [
        shlex.split(cron.splitlines()[1]),
        shlex.split(parser["Service"]["ExecStart"]),
        *[shlex.split(step["run"]) for step in steps if "svcq schedule" in step.get("run", "")],
        shlex.split(re.search(r'bash_command="(.*)"', airflow)[1]),
        re.findall(r'"([^"]+)"', re.search(r"command = \[(.*)\]", prefect)[1]),
    ]
    assert len(called) == 5
    for words in called:
        at = words.index("schedule")
        assert words[at - 1].split("/")[-1] == "svcq"
        assert words[at : at + 3] == ["schedule", "run", "--due"]


def test_python_examples_compile(page):
    for text in examples(page, "python"):
        compile(text, "docs/scheduling.md", "exec")


def test_every_option_that_the_page_names_exists(page):
    helps = "".join(
        CliRunner()
        .invoke(cli.app, ["schedule", verb, "--help"], env={"COLUMNS": "160", "TERM": "dumb"})
        .output
        for verb in ("show", "install", "run")
    )
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page))
    assert {"--due", "--env-file", "--fail-on", "--remove"} <= options
    assert {one for one in options if one not in helps} == set()


def test_apprise_knows_every_address(page):
    fill = {"KEY": "a" * 32, "SECRET": "SEC" + "b" * 20, "TOKEN_A": "T1JJ3T3L2", "TOKEN_B": "A1BRTD4JD",
            "TOKEN_C": "TIiajkdnlazkcOXrIdevi7FQ", "TOKEN": "c" * 32}  # fmt: skip
    urls = re.findall(r"\| `(\w+://[^`]+)` \|", page)
    assert len(urls) == 5
    for url in urls:
        for name in sorted(fill, key=len, reverse=True):
            url = url.replace(name, fill[name])
        assert apprise.Apprise().add(url), url
