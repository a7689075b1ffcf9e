"""The study's models: labels, scales, codes, restricting a study, and its names."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from svcq_lib.analyses.outcomes import measures_of
from svcq_lib.binding import bind
from svcq_lib.errors import ParameterError
from svcq_lib.study import GOAL_MEASURES, Column, Label, Scale, Study, TableSpec
from svcq_lib.studyfile import read_study_file

TOML = """
[study]
name = { zh = "银行" }
[tables.responses]
path = "r.csv"
[responses]
date = "day"
[responses.segments.region]
levels = { n = { en = "North", zh = "北区" } }
[instrument]
scale = [1, 7]
expectation = "E{n}"
perception = "P{n}"
[[instrument.dimensions]]
name = "a"
items = [1, 2]
[[instrument.dimensions]]
name = "b"
importance_points = "pts"
items = [3]
[outcomes.csat]
kind = "csat"
column = "c"
scale = [1, 10]
[outcomes.mix]
kind = "score"
columns = ["x", "y"]
scale = [1, 10]
[outcomes.nps]
kind = "nps"
column = "n"
[outcomes.ces]
kind = "ces"
column = "e"
scale = [1, 7]
high_is = "easy"
[outcomes.again]
kind = "binary"
column = "g"
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    path = tmp_path / "study.toml"
    path.write_text(TOML, encoding="utf-8")
    return bind(read_study_file(path), path, [])


def test_labels():
    assert Label.model_validate("Wi-Fi \n speed").text("zh") == "Wi-Fi speed"
    assert Label.model_validate({"zh": "速度"}).text("en") == "速度"
    both = Label(en="Speed", zh="速度")
    assert (both.text(), both.text("zh")) == ("Speed", "速度")


def test_scales_and_codes():
    assert Scale.model_validate([1, 7]) == Scale(low=1, high=7)
    assert Column.model_validate({"column": "a", "missing": 99}).missing == ("99",)
    assert Column.model_validate({"column": "a", "missing": [0, "?", 9.5]}).missing == ("0", "?", "9.5")
    with pytest.raises(ValidationError, match="runs upwards"):
        Scale(low=5, high=5)
    with pytest.raises(ValidationError, match="frozen"):
        Scale(low=1, high=5).low = 2  # type: ignore[misc]


def test_a_table_lies_in_one_place():
    with pytest.raises(ValidationError, match="give one of path"):
        TableSpec(encoding=None)
    with pytest.raises(ValidationError, match="needs table"):
        TableSpec(url="duckdb:///x.db")
    assert "secret" not in repr(TableSpec(url="postgres://u:secret@h/d", table="t"))


def test_names_of_evidence(study):
    assert list(study.columns()) == [
        "expectation.q01", "perception.q01", "expectation.q02", "perception.q02", "points.b", "expectation.q03",
        "perception.q03", "outcome.csat", "outcome.mix.1", "outcome.mix.2", "outcome.nps", "outcome.ces",
        "outcome.again",
    ]  # fmt: skip
    assert study.instrument.has_gaps
    assert study.instrument.dimension_of("q03").name == "b"
    assert {"a", "q01", "csat", "region", "region=n"} <= set(study.labels())
    assert study.root == study.path.parent


def test_a_goal_may_be_about_what_an_outcome_reports(study):
    for one in study.outcomes.values():
        reported = {measured.measure for measured in measures_of(one)}
        assert set(GOAL_MEASURES[one.kind]) == reported - {"promoters", "detractors"}


def test_restricting_keeps_the_original(study):
    north = study.where(region="n").during("2026-Q3")
    assert (dict(north.filters), north.period) == ({"region": "n"}, "2026-Q3")
    assert (dict(study.filters), study.period) == ({}, None)
    assert north.during("").period is None
    assert north.where(region="s").filters == {"region": "s"}


def test_errors_name_what_there_is(study):
    with pytest.raises(ParameterError, match=r"'brnch' is not a segment of study\.toml \(it has: region\)"):
        study.where(brnch="B1")
    with pytest.raises(ParameterError, match="is not a period"):
        study.during("Q3")
    with pytest.raises(ParameterError, match=r"outcome 'x' is not in study\.toml, which has csat, mix, nps"):
        study.outcome("x")
    undated = study.model_copy(update={"responses": study.responses.model_copy(update={"date": None})})
    with pytest.raises(ParameterError, match=r"names no date column\. Set responses\.date"):
        undated.during("2026")
