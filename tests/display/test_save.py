import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

import svcq_lib as sq
from svcq_lib.display import blocks, saved
from svcq_lib.reports.resources import topics

TOPICS = topics()


def tables_of(result):
    """Return the names of the frames of a result."""
    return {
        name for name in type(result).__dataclass_fields__ if isinstance(getattr(result, name), pd.DataFrame)
    }


@pytest.mark.parametrize("topic", TOPICS)
def test_every_table_is_written_tidy(small_results, topic, tmp_path):
    shown = sq.save(small_results[topic], tmp_path)
    assert isinstance(shown, blocks.Blocks)
    assert list(shown) == []
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{topic}_{name}.csv" for name in tables_of(small_results[topic])
    } | {f"{topic}.json"}
    for name in tables_of(small_results[topic]):
        frame = getattr(small_results[topic], name)
        read = pd.read_csv(tmp_path / f"{topic}_{name}.csv")
        assert list(read.columns) == list(frame.columns)
        assert len(read) == len(frame)
        numbers = frame.select_dtypes("number").columns
        np.testing.assert_array_equal(read[numbers].to_numpy(float), frame[numbers].to_numpy(float))


@pytest.mark.parametrize("topic", TOPICS)
def test_json_holds_every_table_and_every_caveat(small_results, topic, tmp_path):
    result = small_results[topic]
    sq.save(result, tmp_path)

    def refuse(constant):
        raise AssertionError(constant)

    whole = json.loads((tmp_path / f"{topic}.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert set(whole["tables"]) == tables_of(small_results[topic])
    assert [note["code"] for note in whole["notes"]] == [note.code for note in result.notes]
    for name, rows in whole["tables"].items():
        assert len(rows) == len(getattr(result, name))


def test_infinite_and_missing_numbers_become_null(small_results, tmp_path):
    result = small_results["drivers"]
    table = result.importance.assign(vif=np.inf, beta=np.nan)
    notes = (sq.Note("collinear_terms", {"vif": np.float64("inf"), "limit": np.int64(5), "terms": ("a",)}),)
    sq.save(dataclasses.replace(result, importance=table, notes=notes), tmp_path)
    whole = json.loads((tmp_path / "drivers.json").read_text(encoding="utf-8"))
    assert whole["tables"]["importance"][0]["vif"] is None
    assert whole["tables"]["importance"][0]["beta"] is None
    assert whole["notes"] == [{"code": "collinear_terms", "vif": None, "limit": 5, "terms": ["a"]}]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_runs_no_label(small_results, tmp_path, start):
    result = small_results["gaps"]
    segments = result.segments.assign(level=f"{start}1+1")
    sq.save(dataclasses.replace(result, segments=segments), tmp_path)
    text = (tmp_path / "gaps_segments.csv").read_bytes().decode("utf-8")
    assert f"'{start}1+1" in text
    assert f",{start}1+1" not in text


def test_files_appear_whole(small_results, tmp_path, monkeypatch):
    replaced = []
    real = saved.os.replace
    monkeypatch.setattr(saved.os, "replace", lambda a, b: (replaced.append((a.name, b.name)), real(a, b)))
    sq.save(small_results["gaps"], tmp_path / "new" / "folder")
    assert len(replaced) == len(tables_of(small_results["gaps"])) + 1
    assert all(a == f".{b}.tmp" for a, b in replaced)
    assert not list((tmp_path / "new" / "folder").glob(".*"))


def test_the_same_result_gives_the_same_bytes(small_results, tmp_path):
    for folder in ("a", "b"):
        sq.save(small_results["scores"], tmp_path / folder)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize("nowhere", [None, ""])
def test_without_a_folder_nothing_is_written(small_results, tmp_path, monkeypatch, nowhere):
    monkeypatch.chdir(tmp_path)
    sq.save(small_results["gaps"], nowhere)
    assert not list(tmp_path.iterdir())
