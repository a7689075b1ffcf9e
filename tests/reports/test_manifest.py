import json
import os
import shutil
from pathlib import Path

import pytest

from svcq_lib.reports import manifest
from svcq_lib.reports.execute import Outcome
from svcq_lib.reports.publish import digest


def outcome(name="gaps_en", **other):
    return Outcome(**{"name": name, "topic": "gaps", "lang": "en", "status": "done", "key": "k", **other})


@pytest.fixture
def made(tmp_path):
    page = tmp_path / "gaps_en.html"
    page.write_text("page", encoding="utf-8")
    entry = outcome(outputs=[{"path": "gaps_en.html", "bytes": 4, "sha256": digest(page)}]).as_entry()
    return page, entry


def test_a_report_that_is_as_it_was_written_is_unchanged(made, tmp_path):
    _, entry = made
    assert manifest.unchanged(tmp_path, entry, "k")


@pytest.mark.parametrize("fault", ["other key", "failed", "no outputs", "no entry", "deleted", "edited"])
def test_a_report_is_made_again(made, tmp_path, fault):
    page, entry = made
    if fault == "deleted":
        page.unlink()
    if fault == "edited":
        page.write_text("PAGE", encoding="utf-8")
    entry |= {"failed": {"status": "failed"}, "no outputs": {"outputs": []}}.get(fault, {})
    assert not manifest.unchanged(
        tmp_path, None if fault == "no entry" else entry, "x" if fault == "other key" else "k"
    )


def test_entries_are_added_and_replaced(tmp_path):
    manifest.write(tmp_path, {"name": "s"}, [outcome(), outcome("gaps_zh")])
    whole = manifest.write(tmp_path, {"name": "s"}, [outcome(key="new")])
    assert (
        whole
        == manifest.read(tmp_path)
        == json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    )
    assert {name: one["key"] for name, one in whole["reports"].items()} == {"gaps_en": "new", "gaps_zh": "k"}
    assert {"svcq", "versions", "study", "reports"} == set(whole)
    assert set(whole["versions"]) >= {"python", "polars", "typst", "papermill"}
    assert not list(tmp_path.glob(".*"))


def test_the_same_record_is_not_written_again(tmp_path):
    manifest.write(tmp_path, {"name": "s"}, [outcome()])
    path = tmp_path / "manifest.json"
    os.utime(path, ns=(1, 1))
    manifest.write(tmp_path, {"name": "s"}, [])
    assert path.stat().st_mtime_ns == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"reports": []}', "\ufeffx"])
def test_a_record_that_cannot_be_read_counts_as_none(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    assert manifest.read(tmp_path) == {"reports": {}}


def test_keys_depend_on_every_part_and_on_no_order():
    assert manifest.key_of(a=1, b={"x": 1, "y": 2}) == manifest.key_of(b={"y": 2, "x": 1}, a=1)
    assert manifest.key_of(a=1) != manifest.key_of(a=2) != manifest.key_of(b=2)


def test_changed_code_has_another_fingerprint(tmp_path):
    package = Path(manifest.__file__).parents[1]
    copied = shutil.copytree(package, tmp_path / "copy", ignore=shutil.ignore_patterns("__pycache__"))
    before = manifest.code_fingerprint(copied)
    (copied / "notes.txt").write_text("no code", encoding="utf-8")
    assert manifest.code_fingerprint(copied) == before
    with (copied / "formats.py").open("a", encoding="utf-8") as file:
        file.write("# changed")
    changed = manifest.code_fingerprint(copied)
    (copied / "formats.py").rename(copied / "renamed.py")
    assert len({before, changed, manifest.code_fingerprint(copied)}) == 3
