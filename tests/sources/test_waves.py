"""A table in several files whose headers differ."""

import pytest

import svcq_lib as sq
from svcq_lib.errors import StudyError
from svcq_lib.evidence.collect import collect
from svcq_lib.evidence.needs import Cells, EvidenceNeeds

STUDY = """
[study]
name = "Waves"
[[tables.responses.waves]]
path = "old.csv"
columns = {csat = "overall", town = "place"}
constants = {day = "2024-06-30"}
delimiter = ";"
[[tables.responses.waves]]
path = "new.csv"
[responses]
date = "day"
period = "year"
segments = ["town"]
[outcomes.csat]
kind = "csat"
column = "csat"
scale = [1, 5]
"""
OLD = "overall;place;csat\n4;A;99\n2;B;98\n;A;97\n"
NEW = "csat,town,day\n5,A,2025-01-31\n3,A,2025-02-28\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "old.csv").write_text(OLD, encoding="utf-8")
    (tmp_path / "new.csv").write_text(NEW, encoding="utf-8")
    return tmp_path


def sums(folder):
    needs = EvidenceNeeds(cells={"one": Cells(("outcome.csat",), by=("period",))})
    moments = collect(sq.open_study(folder), needs).moments["one"]
    return dict(zip(moments.keys["period"], moments.sums["swx"][:, 0], strict=True))


def test_headers_are_renamed_per_file_and_what_a_file_lacks_is_filled_in(folder):
    assert sums(folder) == {"2024": 6.0, "2025": 8.0}
    assert not sq.check(folder).errors


def test_a_column_that_bears_the_new_name_of_another_is_not_mistaken_for_it(folder):
    # old.csv has a column csat of its own, which is not the rating: reading it would be off the scale
    assert sums(folder)["2024"] == 6.0


def test_problems_name_the_file_and_its_own_row(folder):
    (folder / "new.csv").write_text(NEW.replace("3,A", "7,A"), encoding="utf-8")
    (problem,) = sq.check(folder).errors
    assert problem.code == "off_scale"
    assert str(problem.examples[0]) == "row 2: new.csv: 7"


def test_a_header_that_a_wave_renames_but_lacks_is_an_error_of_that_file(folder):
    (folder / "old.csv").write_text(OLD.replace("overall", "total"), encoding="utf-8")
    (problem,) = [one for one in sq.check(folder).errors if one.column == "overall"]
    assert "old.csv lacks this column" in problem.message


def test_ragged_lines_of_any_file_are_found(folder):
    (folder / "old.csv").write_text(OLD + "1;B;96;more\n", encoding="utf-8")
    assert [one.code for one in sq.check(folder).errors] == ["ragged_rows"]


def test_the_fingerprint_knows_every_file_and_how_they_are_put_together(folder):
    def print_():
        return sq.check(folder).fingerprint("responses")

    first = print_()
    (folder / "old.csv").write_text(OLD.replace("4;A", "5;A"), encoding="utf-8")
    second = print_()
    (folder / "study.toml").write_text(STUDY.replace("2024-06-30", "2023-06-30"), encoding="utf-8")
    assert len({first, second, print_()}) == 3


def test_a_table_lies_in_one_place(folder):
    text = STUDY + '[tables.other]\npath = "a.csv"\nwaves = [{path = "b.csv"}]\n'
    (folder / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match="give one of path"):
        sq.open_study(folder)
