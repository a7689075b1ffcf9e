"""Hostile studies and credentials, executed for real."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from svcq_lib.errors import DataError
from svcq_lib.reports import execute, resources
from svcq_lib.reports.execute import Job, safe_name
from svcq_lib.reports.publish import publish, sweep
from svcq_lib.reports.run import run
from svcq_lib.sources.cache import unfinished

STUDY = """
[study]
name = {{en = '''{name}''', zh = '''{name}'''}}
[tables.answers]
path = "answers.csv"
{extra}
[responses]
table = "answers"
id = "id"
[responses.segments.shop]
column = "shop"
label = '''{name}'''
[instrument]
scale = [1, 7]
[[instrument.dimensions]]
name = "d1"
label = '''{name}'''
items = [{{name = "q1", perception = "P1", expectation = "E1", label = '''{name}'''}}]
[[instrument.dimensions]]
name = "d2"
label = "Second"
items = [{{name = "q2", perception = "P2", expectation = "E2", label = "Second question"}}]
[outcomes.csat]
kind = "csat"
column = "csat"
scale = [1, 10]
label = '''{name}'''
"""
SHOPS = ("<script>alert(1)</script>", "../../etc", "=1+1", "x" * 200, "*b* $x$ [a](b)")
NAME = "<script>alert(1)</script> ../.. =1+1 $x$ *b* " + "long " * 40


def write_study(folder, *, name="Harbour", shops=("a", "b", "c", "d", "e"), extra=""):
    folder.mkdir()
    rows = ["id,shop,E1,P1,E2,P2,csat"]
    rows += [
        f'{i},"{shops[i % 5]}",{5 + i % 3},{3 + i * 7 % 5},{5 + i % 2},{2 + i * 3 % 5},{1 + i * 7 % 10}'
        for i in range(300)
    ]
    (folder / "answers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    path = folder / "study.toml"
    path.write_text(STUDY.format(name=name, extra=extra), encoding="utf-8")
    return path


@pytest.mark.slow
def test_hostile_labels_survive_and_act_nowhere(tmp_path):
    study = write_study(tmp_path / "study", name=NAME, shops=SHOPS)
    summary = run(
        study,
        ["gaps"],
        parameters={"n_boot": 20},
        formats=("html", "pdf"),
        langs=("zh",),
        out=tmp_path / "out",
    )
    assert not summary.failed, summary.failed[0].error
    page = (tmp_path / "out" / "gaps_zh.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in summary.index.read_text(encoding="utf-8")  # it has a script of its own
    groups = (tmp_path / "out" / "gaps_zh" / "gaps_segments.csv").read_text(encoding="utf-8")
    assert ",'=1+1," in groups
    assert "x" * 200 in groups
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "study"]


@pytest.mark.slow
def test_credentials_of_a_table_appear_nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("SVCQ_TEST_FOLDER", str(tmp_path / "hidden-folder"))
    (tmp_path / "hidden-folder").mkdir()
    with sqlite3.connect(tmp_path / "hidden-folder" / "extra.db") as database:
        database.execute("create table more (id integer, note text)")
        database.execute("insert into more values (1, 'x')")
    extra = '[tables.more]\nurl = "sqlite:///${SVCQ_TEST_FOLDER}/extra.db"\ntable = "more"'
    study = write_study(tmp_path / "study", extra=extra)
    summary = run(study, ["gaps"], parameters={"n_boot": 20}, out=tmp_path / "out")
    assert not summary.failed, summary.failed[0].error
    for path in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        assert b"hidden-folder" not in path.read_bytes(), path.name


@pytest.mark.parametrize(
    "url", ["duckdb://me:topsecret@host/x", "sqlite:///nowhere/topsecret.db?password=topsecret"]
)
def test_credentials_appear_in_no_error(tmp_path, url):
    study = write_study(tmp_path / "study", extra=f'[tables.more]\nurl = "{url}"\ntable = "more"')
    with pytest.raises(Exception) as caught:  # noqa: PT011  (whichever layer refuses it)
        run(study, ["gaps"], out=tmp_path / "out")
    shown = "".join(str(one) for one in (caught.value, caught.value.__cause__) if one)
    assert "me:topsecret" not in shown
    assert "password=topsecret" not in shown
    assert not (tmp_path / "out").exists()


def test_a_url_written_as_a_path_shows_no_password(tmp_path):
    extra = '[tables.more]\npath = "postgres://me:topsecret@host/x.csv?password=topsecret"'
    study = write_study(tmp_path / "study", extra=extra)
    with pytest.raises(DataError, match="is a url") as caught:
        run(study, ["gaps"], out=tmp_path / "out")
    assert "topsecret" not in str(caught.value)


def test_an_older_report_is_replaced_whole(tmp_path):
    (tmp_path / "gaps_en").mkdir()
    for name in ("gaps_en.pdf", "gaps_en.ipynb", "gaps_en/old.csv", "other.txt"):
        (tmp_path / name).write_text("old", encoding="utf-8")
    partial = unfinished(tmp_path, "gaps_en")
    (partial / "gaps_en").mkdir(parents=True)
    (partial / "gaps_en.html").write_text("new", encoding="utf-8")
    (partial / "gaps_en" / "gaps.json").write_text("{}", encoding="utf-8")
    outputs = publish(tmp_path, "gaps_en", partial)
    assert [one["path"] for one in outputs] == ["gaps_en.html", "gaps_en/gaps.json"]
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["gaps_en.html", "gaps_en/gaps.json", "other.txt"]


def test_a_report_that_cannot_be_rendered_leaves_only_its_reason(tmp_path, monkeypatch):
    job = Job("gaps", "zh", tmp_path / "study.toml", {}, ("html", "pdf"), tmp_path, "k")
    monkeypatch.setattr(execute, "_execute", lambda job, partial, *_: (partial / "gaps_zh.ipynb").touch())

    def refuse(form, notebook, job):
        if form == "pdf":
            raise MemoryError
        return b"page"

    monkeypatch.setattr(execute, "_exported", refuse)
    outcome = execute.make(job)
    assert outcome.status == "failed"
    assert outcome.error == "MemoryError"
    assert [path.name for path in tmp_path.iterdir()] == ["gaps_zh.html"]
    assert "差距分析" in (tmp_path / "gaps_zh.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("level", ["../../etc", "东湾 支行", "a/b\\c", "x" * 300, "..", "con?*|<>"])
def test_a_unit_is_a_safe_part_of_a_file_name(level):
    name = safe_name(f"branch-{level}")
    assert Path(name).name == name
    assert ".." not in name
    assert len(name) <= 80
    assert not set(name) & set('/\\:*?"<>| ')
    assert safe_name(f"branch-{level}x") != name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": "b-c"}, {"a-b": "c"}),
        ({"a": "b_c-d"}, {"a": "b", "c": "d"}),
        ({"a": "b_2025-Q3"}, {"a": "b"}),
        ({"a": "b_c-d"}, {"a": "b-c_d"}),
        ({"a-b_c": "d"}, {"a": "b", "c": "d"}),
        ({"2025": "Q3"}, {}),
        ({"a": "b", "c": "d_e"}, {"a": "b_c", "d": "e"}),
    ],
)
def test_no_two_units_share_a_name(one, other):
    named = [
        Job("gaps", "en", Path("s"), {"where": where, "period": period}, (), Path("o"), "k").name
        for where, period in [(one, None), (other, None), (one, "2025-Q3"), (other, "2025-Q3")]
    ]
    assert len(set(named)) == 4


def test_a_plain_unit_keeps_its_name():
    job = Job("gaps", "en", Path("s"), {"where": {"age_group": "18-24", "area": "n"}}, (), Path("o"), "k")
    assert job.name == "gaps_age_group-18-24_area-n_en"
    assert safe_name("branch-B07_2025-Q3") == "branch-B07_2025-Q3"
    assert safe_name("region-东区") == "region-东区"


def test_two_runs_do_not_share_what_is_unfinished(tmp_path):
    first, second = unfinished(tmp_path, "gaps_en"), unfinished(tmp_path, "gaps_en")
    for path, text in ((first, "one"), (second, "two")):
        (path / "gaps_en").mkdir(parents=True)
        (path / "gaps_en" / "gaps.json").write_text(text, encoding="utf-8")
        (path / "gaps_en.html").write_text(text, encoding="utf-8")
    for path in (first, second):
        publish(tmp_path, "gaps_en", path)
    assert (tmp_path / "gaps_en.html").read_text(encoding="utf-8") == "two"
    assert (tmp_path / "gaps_en" / "gaps.json").read_text(encoding="utf-8") == "two"
    assert not list(tmp_path.rglob(".*"))


def test_leftovers_of_an_ended_process_are_removed_and_work_in_progress_is_not(tmp_path):
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    mine = unfinished(tmp_path, "gaps_en")
    left = tmp_path / f".gaps_en.{done.pid}-0123abcd.partial"
    for path in (mine, left, tmp_path / ".my.partial"):
        path.mkdir()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([mine.name, ".my.partial"])


@pytest.mark.parametrize("declared", ["previous = None  # type: str  the report before\n", ""])
def test_the_report_before_reaches_a_notebook_that_asks_for_it(tmp_path, monkeypatch, declared):
    """As a file beside what is not finished; no path of this run stays in the published notebook."""
    cells = [
        new_code_cell(f"{declared}save_to = None  # type: str  folder", metadata={"tags": ["parameters"]}),
        new_code_cell(
            "import json\nprint(json.load(open(previous))['period'] if 'previous' in globals() else 'none')"
        ),
    ]
    kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), tmp_path / "odd.ipynb")
    monkeypatch.setattr(resources, "notebooks_dir", lambda: tmp_path)
    before = {"period": "2025-12", "title": "", "figures": [], "data_notes": []}
    job = Job("odd", "en", tmp_path / "study.toml", {}, (), tmp_path / "out", "k", previous=before)
    outcome = execute.make(job)
    assert outcome.status == "done", outcome.error
    text = (tmp_path / "out" / "odd_en.ipynb").read_text(encoding="utf-8")
    assert ("2025-12" in text) == bool(declared)
    assert ".partial" not in text
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["odd_en.ipynb"]
