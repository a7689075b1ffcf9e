"""Optional sections of a study file: what they accept, and what they name that the file does not declare."""

import pytest

from svcq_lib.errors import StudyError
from svcq_lib.studyfile import read_study_file

HEAD = """
[study]
name = "Small"
[tables.responses]
path = "r.csv"
[tables.population]
path = "p.csv"
[responses]
segments = ["age"]
[outcomes.csat]
kind = "csat"
column = "csat"
scale = [1, 5]
"""
WHOLE = """
[weights]
trim = 5
[weights.margins.age]
table = "population"
level = "age"
count = "people"
[response_rate]
table = "population"
segments = {age = "age"}
[gap_tables]
standards = {table = "population", value = "people"}
[benchmarking]
unit = "age"
case_mix = ["age"]
[returns]
initiatives = "population"
costs = "population"
economics = "population"
outcome = "csat"
[effects]
unit = "age"
treated = ["young"]
start = "2025-07"
"""


def read(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return read_study_file(path)


def test_sections_are_read(tmp_path):
    file = read(tmp_path, WHOLE)
    assert file.weights.margins["age"].count == "people"
    assert file.response_rate.coverage_target == 0.30
    assert file.gap_tables.standards.item == "item"
    assert file.gap_tables.managers is None
    assert file.effects.treated == ("young",)


def test_every_name_that_is_not_declared_is_reported_at_once(tmp_path):
    text = WHOLE.replace('"population"', '"people"').replace('unit = "age"', 'unit = "branch"')
    text = (
        text.replace('["age"]', '["channel"]')
        .replace('"csat"', '"nps"')
        .replace("margins.age", "margins.sex")
    )
    text = text.replace('{age = "age"}', '{town = "age"}')
    with pytest.raises(StudyError) as error:
        read(tmp_path, text)
    message = str(error.value)
    for where in (
        "weights.margins.sex:", "weights.margins.sex.table:", "response_rate.table:", "response_rate.segments.town:",
        "gap_tables.standards.table:", "benchmarking.unit:", "benchmarking.case_mix:", "returns.initiatives:",
        "returns.costs:", "returns.economics:", "returns.outcome:", "effects.unit:",
    ):  # fmt: skip
        assert where in message, where


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[weights.margins.age]\n", "give either counts"),
        ('[weights.margins.age]\ntable = "population"\n', "needs level and count"),
        ("[weights.margins.age]\ncounts = {a = -1, b = 2}\n", "not negative"),
        ("[weights]\ntrim = 0.5\n", "trim"),
        ('[response_rate]\ntable = "population"\ncoverage_target = 1.5\n', "coverage_target"),
    ],
)
def test_a_section_that_cannot_be_meant_is_refused(tmp_path, text, said):
    with pytest.raises(StudyError, match=said):
        read(tmp_path, text)
