"""From study.toml to a study: faults with key, line and remedy; patterns; what reaches the columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from svcq_lib.binding import bind
from svcq_lib.errors import StudyError
from svcq_lib.study import Scale, Study
from svcq_lib.studyfile import read_study_file

HEAD = """[study]
name = "Bank"
[tables.responses]
path = "responses.csv"
[responses]
"""


def written(folder: Path, toml: str) -> Path:
    path = folder / "study.toml"
    path.write_text(toml, encoding="utf-8")
    return path


def bound(folder: Path, toml: str, headers: list[str]) -> Study:
    path = written(folder, HEAD + toml)
    return bind(read_study_file(path), path, headers)


def faults(folder: Path, toml: str) -> list[str]:
    with pytest.raises(StudyError) as error:
        read_study_file(written(folder, toml))
    return str(error.value).splitlines()


def instrument(pattern: str, items: str, role: str = "perception") -> str:
    return (
        f"[instrument]\nscale = [1, 7]\n{role} = '{pattern}'\n"
        f'[[instrument.dimensions]]\nname = "d"\nitems = {items}\n'
    )


# hand-computed: what the file says reaches the study


def test_names_and_numbers_and_tables_are_items(tmp_path):
    toml = instrument(
        "P{n}", '[1, "wifi", { name = "queue", n = 12, label = { en = "Queue", zh = "排队" } }]'
    )
    study = bound(tmp_path, toml, ["P1"])
    assert {key: one.column for key, one in study.columns().items()} == {
        "perception.q01": "P1", "perception.wifi": "Pwifi", "perception.queue": "P12",
    }  # fmt: skip
    labels = study.labels()
    assert (labels["queue"].text("zh"), labels["queue"].text(), labels["wifi"].text("zh")) == (
        "排队", "Queue", "wifi",
    )  # fmt: skip


def test_without_patterns_an_item_is_its_column(tmp_path):
    study = bound(tmp_path, '[[instrument.dimensions]]\nname = "d"\nitems = ["A1", "A2"]\n', ["A1", "A2"])
    assert list(study.columns()) == ["perception.A1", "perception.A2"]
    assert not study.instrument.has_gaps


def test_reading_rules_reach_the_columns_and_an_item_overrides_them(tmp_path):
    toml = """
[instrument]
scale = [1, 7]
missing = [99, "?"]
values = { good = 7 }
importance_scale = [0, 10]
expectation = "E{n}"
perception = "P{n}"
importance = "I{n}"
[[instrument.dimensions]]
name = "d"
importance_points = "pts"
items = [1, { name = "slow", n = 2, reverse = true, scale = [0, 4], missing = [], values = { bad = 4 } }]
[outcomes.again]
kind = "binary"
column = "again"
positive = ["yes", "sure"]
missing = ["?"]
[outcomes.effort]
kind = "ces"
columns = ["c1", "c2"]
scale = [1, 5]
high_is = "hard"
min_answered = 1
"""
    study = bound(tmp_path, toml, [])
    plain, slow = study.instrument.items
    assert plain.expectation is not None
    assert plain.expectation.model_dump() == {
        "column": "E1", "scale": {"low": 1, "high": 7}, "missing": ("99", "?"), "values": {"good": 7},
        "reverse": False, "positive": (),
    }  # fmt: skip
    assert slow.perception is not None
    assert slow.importance is not None
    assert (slow.perception.reverse, slow.perception.scale) == (True, Scale(low=0, high=4))
    assert (slow.perception.missing, dict(slow.perception.values)) == ((), {"bad": 4})
    assert (slow.importance.reverse, slow.importance.scale) == (False, Scale(low=0, high=10))
    assert study.columns()["points.d"].scale == Scale(low=0, high=100)
    again, effort = study.outcomes["again"], study.outcomes["effort"]
    assert (again.columns[0].positive, again.columns[0].scale) == (("yes", "sure"), None)
    assert [key for key in study.columns() if key.startswith("outcome.effort")] == [
        "outcome.effort.1", "outcome.effort.2",
    ]  # fmt: skip
    assert (effort.better, effort.min_answered, effort.combine) == ("low", 1, "mean")


def test_defaults_of_outcomes(tmp_path):
    study = bound(tmp_path, '[outcomes.nps]\nkind = "nps"\ncolumn = "n"\n', ["n"])
    one = study.outcome("nps")
    assert (one.scale, one.better, one.label.text("zh")) == (Scale(low=0, high=10), "high", "nps")
    assert (study.thresholds.suppress, study.thresholds.flag, study.missing) == (5, 30, "pairwise")


def test_segments_short_and_long_and_one_population_size(tmp_path):
    short = bound(tmp_path, 'segments = ["region", "branch"]\nfpc = 757\n', [])
    assert [one.column for one in short.responses.segments.values()] == ["region", "branch"]
    assert short.responses.fpc == {"": 757}
    long = bound(
        tmp_path, '[responses.segments.area]\ncolumn = "BAREA"\nmissing = [0]\nlevels = { A = "a" }\n', []
    )
    segment = long.responses.segments["area"]
    assert (segment.column, segment.missing, segment.label.text()) == ("BAREA", ("0",), "area")
    assert long.labels()["area=A"].text("zh") == "a"


def test_a_byte_order_mark_is_no_fault(tmp_path):
    path = tmp_path / "study.toml"
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert read_study_file(path).study.name.text() == "Bank"


# patterns


SENTENCES = [
    "Please rate (12): how promptly were you served?",
    "ID",
    "Please rate (2): how clean were the premises?",
    "Please rate (1): how friendly were the staff?",
]


def test_a_regular_expression_finds_sentences_in_any_order(tmp_path):
    study = bound(tmp_path, instrument(r"^Please rate \((?P<n>\d+)\)", "[1, 2, 12]"), SENTENCES)
    assert [item.perception.column for item in study.instrument.items if item.perception] == [
        SENTENCES[3], SENTENCES[2], SENTENCES[0],
    ]  # fmt: skip


def test_leading_zeros_are_the_same_number(tmp_path):
    study = bound(tmp_path, instrument(r"Q(?P<n>\d+)_", "[1, 10]"), ["Q010_x", "Q01_x"])
    assert [one.column for one in study.columns().values()] == ["Q01_x", "Q010_x"]


def test_headers_of_two_hundred_korean_characters(tmp_path):
    tail = "고객님께서 이용하신 서비스에 대하여 얼마나 만족하셨는지 응답하여 주십시오 " * 5
    headers = [f"[문{n}] {tail}{n}" for n in (3, 1, 2)]
    assert min(map(len, headers)) > 200
    study = bound(tmp_path, instrument(r"^\[문(?P<n>\d+)\]", "[1, 2, 3]"), headers)
    assert [one.column[:4] for one in study.columns().values()] == ["[문1]", "[문2]", "[문3]"]


def test_a_pattern_that_fits_nothing_stays_for_the_contract_to_report(tmp_path):
    study = bound(tmp_path, instrument(r"Q(?P<n>\d+)", "[7]"), ["Q1"])
    assert study.columns()["perception.q07"].column == r"Q(?P<n>\d+) with n = 7"


def test_a_pattern_that_fits_twice(tmp_path):
    with pytest.raises(StudyError, match="fits two columns for item 1: 'Q1 now' and 'Q1 before'") as error:
        bound(tmp_path, instrument(r"^Q(?P<n>\d+)", "[1]"), ["Q1 now", "Q1 before"])
    assert "instrument.perception" in str(error.value)
    assert "Make it stricter" in str(error.value)


def test_a_broken_pattern(tmp_path):
    with pytest.raises(StudyError, match=r"instrument\.expectation: pattern .* is not a regular expression"):
        bound(tmp_path, instrument(r"(?P<n>\d", "[1]", role="expectation"), ["Q1"])


# errors: key, line, remedy, and all at once


def test_all_faults_of_a_file_at_once(tmp_path):
    lines = faults(
        tmp_path,
        """[study]
nme = "x"
[tables.responses]
path = "r.csv"
url = "sqlite:///x.db"
[responses]
tabl = "a"
period = "week"
[instrument]
scale = [7, 1]
[[instrument.dimensions]]
name = "d"
items = [{ nam = "x" }, 1.5]
[outcomes.a]
kind = "happy"
column = "a"
[outcomes.b]
kind = "ces"
column = "b"
scale = [1, 7]
[outcomes.c]
kind = "csat"
column = "c"
columns = ["c", "d"]
scale = 7
combine = "median"
[outcomes.e]
kind = "csat"
column = "e"
better = "up"
label = 3
[thresholds]
suppress = 0
""",
    )
    assert lines[0].endswith(f"{len(lines) - 1} fault(s) in the study file")
    text = "\n".join(lines)
    for expected in (
        "study.toml:1: study.name: is missing. Add it.",
        "study.toml:2: study.nme: unknown key. Did you mean 'name'? Known here: language, min_answered, missing, name",
        "study.toml:3: tables.responses: give one of path (a file), waves (several files) and url (a database)",
        "study.toml:7: responses.tabl: unknown key. Did you mean 'table'?",
        "study.toml:8: responses.period: Input should be 'year', 'quarter' or 'month'",
        "study.toml:10: instrument.scale: a scale runs upwards; [7, 1] does not",
        "study.toml:13: instrument.dimensions.0.items.0.nam: unknown key. Did you mean 'name'?",
        "study.toml:13: instrument.dimensions.0.items.1: an item is a number, a name or a table",
        "study.toml:15: outcomes.a.kind: Input should be 'csat', 'nps', 'ces', 'binary' or 'score'",
        'study.toml:17: outcomes.b: declare the direction of the effort scale: high_is = "easy" or high_is = "hard"',
        "study.toml:25: outcomes.c.scale: a scale is [lowest, highest], such as [1, 7]",
        "study.toml:26: outcomes.c.combine: Input should be 'mean' or 'sum'",
        "study.toml:30: outcomes.e.better: Input should be 'high' or 'low'",
        "study.toml:31: outcomes.e.label: a label is a text or",
        "study.toml:33: thresholds.suppress: Input should be greater than or equal to 1",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ('kind = "csat"\ncolumn = "a"', "a csat outcome needs scale, such as scale = [1, 7]"),
        ('kind = "nps"', "give either column (one) or columns (a list), not both"),
        (
            'kind = "nps"\ncolumn = "a"\ncolumns = ["a"]',
            "give either column (one) or columns (a list), not both",
        ),
        ('kind = "csat"\ncolumn = "a"\nscale = [1]', "a scale is [lowest, highest], such as [1, 7]"),
        (
            'kind = "csat"\ncolumns = ["a", "b"]\nscale = [1, 5]\ncombine = "sum"',
            'a csat outcome is read on its scale: combine = "sum" needs kind = "score"',
        ),
        (
            'kind = "score"\ncolumns = ["a", "b"]\nscale = [1, 5]\nmin_answered = 3',
            "min_answered is 3, but there are 2 columns",
        ),
        (
            'kind = "csat"\ncolumn = "a"\nscale = [1, 5]\ntop_box = 9',
            "top_box is 9, which is no answer from 1 to 5",
        ),
    ],
)
def test_incomplete_outcomes(tmp_path, toml, expected):
    assert expected in "\n".join(faults(tmp_path, f"{HEAD}[outcomes.o]\n{toml}\n"))


def test_contradictions_between_sections_at_once_with_their_lines(tmp_path):
    lines = faults(
        tmp_path,
        """[study]
name = "x"
[tables.answers]
path = "r.csv"
[responses]
table = "responses"
[instrument]
perception = "P"
[[instrument.dimensions]]
name = "staff"
items = ["staff", { name = "slow", reverse = true }]
[[instrument.dimensions]]
name = "overall"
items = ["slow"]
[outcomes.slow]
kind = "nps"
column = "n"
[[targets]]
outcome = "csat"
measure = "mean"
value = 4
label = "t"
source = "s"
[[benchmarks]]
outcome = "slow"
measure = "mean"
value = 4
label = "b"
source = "s"
""",
    )
    assert lines[1:] == [
        "  study.toml:6: responses.table: 'responses' is not in [tables], which has answers",
        "  study.toml:13: instrument.dimensions.1.name: 'overall' is the name of a computed figure; choose another",
        "  study.toml:11: instrument.dimensions.0.items.0: the name 'staff' is used twice, first in "
        "instrument.dimensions.0.name; each needs its own",
        "  study.toml:14: instrument.dimensions.1.items.0: the name 'slow' is used twice, first in "
        "instrument.dimensions.0.items.1; each needs its own",
        "  study.toml:15: outcomes.slow: the name 'slow' is used twice, first in "
        "instrument.dimensions.0.items.1; each needs its own",
        "  study.toml:8: instrument.perception: 'P' has no place for the item: write {n} or (?P<n>…) in it",
        "  study.toml:11: instrument.dimensions.0.items.1.reverse: an answer is mirrored on its scale: give scale, "
        "such as scale = [1, 7]",
        "  study.toml:19: targets.0.outcome: 'csat' is not in [outcomes], which has slow",
        "  study.toml:26: benchmarks.0.measure: a nps outcome has no 'mean'; set measure to one of nps",
    ]


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(StudyError, match=r"none\.toml: cannot be read .* Name a study file"):
        read_study_file(tmp_path / "none.toml")
    with pytest.raises(StudyError, match=r"not valid TOML: .*line 2.* Mend that line"):
        read_study_file(written(tmp_path, "[study]\nname = \n"))
    (tmp_path / "latin.toml").write_bytes('[study]\nname = "Café"\n'.encode("latin-1"))
    with pytest.raises(StudyError, match=r"a study file is UTF-8; byte 19 is not\. Save it as UTF-8"):
        read_study_file(tmp_path / "latin.toml")
