import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svcq_lib.reports import jsonl, manifest
from svcq_lib.reports.execute import Outcome
from svcq_lib.reports.publish import digest

STUDY = {"name": "s", "file": "study.toml", "fingerprints": {"responses": "abc"}}


def entry(name="gaps_en", **other):
    given = {"name": name, "topic": "gaps", "lang": "en", "status": "done", "key": "k", **other}
    return Outcome(**given).as_entry()


def lines(out):
    return (out / manifest.NAME).read_text(encoding="utf-8").splitlines()


@pytest.fixture
def made(tmp_path):
    page = tmp_path / "gaps_en.html"
    page.write_text("page", encoding="utf-8")
    return page, entry(outputs=[{"path": "gaps_en.html", "bytes": 4, "sha256": digest(page)}])


def test_a_report_that_is_as_it_was_written_is_unchanged(made, tmp_path):
    _, one = made
    assert manifest.stale(tmp_path, one, "k") == ""
    assert manifest.stale(tmp_path, one, "k", ("html",)) == ""


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("other key", "changed"), ("failed", "failed"), ("no outputs", "files"), ("no entry", "new"),
        ("deleted", "files"), ("edited", "files"), ("pdf", "format"),
    ],
)  # fmt: skip
def test_a_report_is_made_again(made, tmp_path, fault, why):
    page, one = made
    if fault == "deleted":
        page.unlink()
    if fault == "edited":
        page.write_text("PAGE", encoding="utf-8")
    one |= {"failed": {"status": "failed"}, "no outputs": {"outputs": []}}.get(fault, {})
    found = None if fault == "no entry" else one
    formats = ("pdf",) if fault == "pdf" else ()
    assert manifest.stale(tmp_path, found, "x" if fault == "other key" else "k", formats) == why


def test_the_last_line_of_a_report_counts(tmp_path):
    manifest.add_run(tmp_path, STUDY)
    for one in (entry(), entry("gaps_zh"), entry(key="new")):
        manifest.add_report(tmp_path, one)
    assert [json.loads(line)["kind"] for line in lines(tmp_path)] == ["run", "report", "report", "report"]
    whole = manifest.read(tmp_path)
    assert {name: one["key"] for name, one in whole["reports"].items()} == {"gaps_en": "new", "gaps_zh": "k"}
    assert set(whole) == {"svcq", "versions", "study", "reports"}
    assert whole["study"] == STUDY
    assert set(whole["versions"]) >= {"python", "polars", "typst", "papermill"}
    assert "kind" not in whole["reports"]["gaps_en"]
    assert whole["reports"]["gaps_en"]["made"].endswith("+00:00")


@settings(max_examples=30)
@given(st.text(), st.text())
def test_any_text_of_an_entry_comes_back(tmp_path_factory, unit, title):
    out = tmp_path_factory.mktemp("any")
    manifest.add_report(out, entry(unit=unit, title=title))
    manifest.add_report(out, entry("gaps_zh"))
    found = manifest.read(out)["reports"]
    assert (found["gaps_en"]["unit"], found["gaps_en"]["title"]) == (unit, title)
    assert set(found) == {"gaps_en", "gaps_zh"}


def test_a_line_is_on_the_disk_before_the_next_report_begins(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(jsonl.os, "fsync", lambda file: synced.append(os.fstat(file).st_size))
    manifest.add_report(tmp_path, entry())
    assert synced == [(tmp_path / manifest.NAME).stat().st_size]


def test_a_torn_last_line_is_ignored_and_mended(tmp_path):
    manifest.add_run(tmp_path, STUDY)
    manifest.add_report(tmp_path, entry())
    with (tmp_path / manifest.NAME).open("a", encoding="utf-8") as file:
        file.write('{"kind": "report", "name": "gaps_zh", "sta')
    with pytest.warns(RuntimeWarning, match="not whole"):
        assert set(manifest.read(tmp_path)["reports"]) == {"gaps_en"}
    manifest.begin(tmp_path)
    manifest.add_report(tmp_path, entry("drivers_en"))
    whole = manifest.read(tmp_path)
    assert set(whole["reports"]) == {"gaps_en", "drivers_en"}
    assert whole["study"] == STUDY


def test_what_was_overtaken_is_dropped_once_it_outweighs_the_rest(tmp_path):
    manifest.add_run(tmp_path, STUDY)
    for number in range(9):
        manifest.add_report(tmp_path, entry(key=str(number)))
    before = (tmp_path / manifest.NAME).stat()
    manifest.begin(tmp_path)
    assert (tmp_path / manifest.NAME).stat().st_ino == before.st_ino
    manifest.add_report(tmp_path, entry(key="last"))
    whole = manifest.read(tmp_path)
    manifest.begin(tmp_path)
    assert len(lines(tmp_path)) == 2
    assert manifest.read(tmp_path) == whole
    assert not list(tmp_path.glob(".*"))


def test_a_former_manifest_is_taken_over_once(tmp_path):
    former = {"svcq": "0.1", "versions": {}, "study": STUDY, "reports": {"gaps_en": entry()}}
    (tmp_path / manifest.FORMER).write_text(json.dumps(former), encoding="utf-8")
    assert manifest.read(tmp_path) == former
    manifest.begin(tmp_path)
    assert not (tmp_path / manifest.FORMER).exists()
    assert manifest.read(tmp_path) == former


@pytest.mark.parametrize("text", ["", "{", "[]", '{"reports": []}', "\ufeffx"])
def test_a_former_manifest_that_cannot_be_read_counts_as_none(tmp_path, text):
    (tmp_path / manifest.FORMER).write_text(text, encoding="utf-8")
    assert manifest.read(tmp_path) == {"reports": {}}


def test_keys_depend_on_every_part_and_on_no_order():
    assert manifest.key_of(a=1, b={"x": 1, "y": 2}) == manifest.key_of(b={"y": 2, "x": 1}, a=1)
    assert manifest.key_of(a=1) != manifest.key_of(a=2) != manifest.key_of(b=2)


@pytest.fixture
def copied(tmp_path):
    """A copy of the package."""
    package = Path(manifest.__file__).parents[1]
    return shutil.copytree(package, tmp_path / "copy", ignore=shutil.ignore_patterns("__pycache__"))


def test_a_template_of_the_catalogue_makes_no_report_again(copied):
    before = manifest.code_fingerprint(copied)
    templates = copied / "reports" / "templates"
    for path in templates.glob("site*"):
        path.write_text("changed", encoding="utf-8")
    assert manifest.code_fingerprint(copied) == before
    (templates / "page.html.j2").write_text("changed", encoding="utf-8")
    assert manifest.code_fingerprint(copied) != before


def test_changed_code_has_another_fingerprint(copied):
    before = manifest.code_fingerprint(copied)
    (copied / "notes.txt").write_text("no code", encoding="utf-8")
    assert manifest.code_fingerprint(copied) == before
    with (copied / "formats.py").open("a", encoding="utf-8") as file:
        file.write("# changed")
    changed = manifest.code_fingerprint(copied)
    (copied / "formats.py").rename(copied / "renamed.py")
    assert len({before, changed, manifest.code_fingerprint(copied)}) == 3
