"""What papermill does silently to parameters (007 becomes 7, tuples become text) must not happen here."""

import datetime as dt

import nbformat
import numpy as np
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from svcq_lib.errors import ParameterError, ReportError
from svcq_lib.reports import parameters, resources

CELL = """code = "x"  # type: str  a code
n = 1  # type: int  a count
level = 0.5  # type: float  a share
flag = False  # type: bool  a switch
day = None  # type: date  a day
names = None  # type: list[str]  names
cuts = None  # type: list[float]  cuts
where = {}  # type: dict[str,str]  segments
how = "holm"  # type: holm|bh  a choice
api_token = None  # type: str  a secret"""


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    """A folder of reports with one tiny notebook; returns a function that replaces its parameters cell."""
    monkeypatch.setattr(resources, "notebooks_dir", lambda: tmp_path)

    def write(cell=CELL):
        notebook = new_notebook(
            metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}},
            cells=[
                new_code_cell(cell, metadata={"tags": ["parameters"]}),
                new_code_cell("print([code, n, level, flag, day, names, cuts, where, how])"),
            ],
        )
        nbformat.write(notebook, tmp_path / "tiny.ipynb")

    write()
    return write


@pytest.mark.usefixtures("notebooks")
def test_values_survive_an_execution(tmp_path):
    given = {
        "code": "007", "n": np.int64(3), "level": np.float64(0.25), "flag": np.True_, "day": dt.date(2026, 7, 1),
        "names": ("a", "0123"), "cuts": (1.5, 2.0), "where": {"branch": "007"}, "how": "bh",
    }  # fmt: skip
    checked = parameters.validate("tiny", given)
    made = papermill.execute_notebook(
        str(tmp_path / "tiny.ipynb"), None, parameters=checked, kernel_name="python3", progress_bar=False
    )
    shown = made.cells[-1].outputs[0].text.strip()
    assert shown == (
        "['007', 3, 0.25, True, '2026-07-01', ['a', '0123'], [1.5, 2.0], {'branch': '007'}, 'bh']"
    )


@pytest.mark.usefixtures("notebooks")
@pytest.mark.parametrize(
    ("name", "value", "carried"),
    [
        ("code", "007", "007"), ("code", dt.date(2026, 7, 1), "2026-07-01"), ("code", None, None),
        ("code", np.str_("a"), "a"), ("n", np.int64(3), 3), ("n", None, None), ("level", 1, 1.0),
        ("level", np.float32(0.5), 0.5), ("flag", True, True), ("day", dt.date(2026, 7, 1), "2026-07-01"),
        ("day", "2026-07-01", "2026-07-01"), ("names", ("a", "b"), ["a", "b"]), ("names", {"b", "a"}, ["a", "b"]),
        ("names", [], []), ("names", None, None), ("where", {}, {}), ("how", "bh", "bh"),
    ],
)  # fmt: skip
def test_values_are_carried_in_their_type(name, value, carried):
    found = parameters.validate("tiny", {name: value})[name]
    assert found == carried
    assert type(found) is type(carried)


@pytest.mark.usefixtures("notebooks")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code", 7), ("n", "3"), ("n", 3.5), ("n", True), ("level", "0.5"), ("flag", "true"), ("flag", 1),
        ("day", "soon"),
        ("names", "a,b"), ("names", [1]), ("where", [("a", "b")]), ("where", {"a": 1}), ("how", "bonferroni"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_an_error_not_a_text(name, value):
    with pytest.raises(ParameterError, match=f"parameter '{name}' is"):
        parameters.validate("tiny", {name: value})


@pytest.mark.usefixtures("notebooks")
def test_all_faults_are_told_at_once():
    with pytest.raises(ParameterError) as caught:
        parameters.validate("tiny", {"n": "x", "flag": "y", "how": "z"})
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.usefixtures("notebooks")
@pytest.mark.parametrize(
    "value",
    [
        "postgresql://me:secret@host/db", "see duckdb://me:secret@h", "redis://:secret@host",
        ["postgresql://me:secret@host/db"], {"a": "postgresql://me:secret@host/db"},
    ],
)  # fmt: skip
def test_credentials_are_refused_and_not_repeated(value):
    name = "where" if isinstance(value, dict) else "names" if isinstance(value, list) else "code"
    with pytest.raises(ParameterError, match="looks like a credential") as caught:
        parameters.validate("tiny", {name: value})
    assert "secret" not in str(caught.value)


@pytest.mark.usefixtures("notebooks")
def test_a_parameter_named_like_a_secret_is_refused():
    with pytest.raises(ParameterError, match=r"api_token.*looks like a credential"):
        parameters.validate("tiny", {"api_token": "abc"})


@pytest.mark.parametrize(
    ("topic", "name", "hint"),
    [
        ("gaps", "n_bot", "Did you mean 'n_boot'"),
        ("drivers", "outcom", "Did you mean 'outcome'"),
        ("gaps", "zzz", "It has: study"),
    ],
)
def test_an_unknown_name_says_what_was_meant_before_a_kernel_starts(topic, name, hint, monkeypatch):
    monkeypatch.setattr(papermill, "execute_notebook", lambda *a, **k: pytest.fail("a kernel was started"))
    for check in (parameters.validate, parameters.from_text):
        with pytest.raises(ParameterError, match=hint):
            check(topic, {name: "1"})


@pytest.mark.usefixtures("notebooks")
@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("code", "007", "007"), ("code", "1e5", "1e5"), ("code", "true", "true"), ("code", "null", None),
        ("code", "", ""),
        ("n", "50", 50), ("level", "0.9", 0.9), ("flag", "true", True), ("flag", "False", False),
        ("day", "2026-07-01", dt.date(2026, 7, 1)), ("names", "a, 007", ["a", "007"]), ("names", '["a,b"]', ["a,b"]),
        ("names", "None", None), ("where", '{"branch": "007"}', {"branch": "007"}), ("how", "bh", "bh"),
    ],
)  # fmt: skip
def test_text_of_a_command_line_is_read_by_the_declared_type(name, text, value):
    assert parameters.from_text("tiny", {name: text}) == {name: value}


@pytest.mark.usefixtures("notebooks")
@pytest.mark.parametrize(
    ("name", "text"),
    [("n", "many"), ("n", "1.5"), ("flag", "perhaps"), ("how", "x"), ("where", "{a"), ("names", "[1")],
)
def test_text_that_does_not_fit_is_an_error(name, text):
    with pytest.raises(ParameterError, match=f"parameter '{name}'"):
        parameters.from_text("tiny", {name: text})


@pytest.mark.parametrize("cell", ["n = 1", "n: int | None = None", "n = 1  # type: complex  odd"])
def test_a_parameter_without_a_known_type_is_an_error_of_the_report(notebooks, cell):
    notebooks(f"{cell}\ncode = 'x'  # type: str  a code")
    if cell.startswith("n:"):  # papermill does not see it at all: the name is unknown, not silently passed
        with pytest.raises(ParameterError, match="no parameter 'n'"):
            parameters.validate("tiny", {"n": 1})
    else:
        with pytest.raises(ReportError, match="parameter 'n' needs a type comment"):
            parameters.parameters_of("tiny")


@pytest.mark.parametrize("topic", resources.topics())
def test_the_reports_declare_their_parameters(topic):
    known = parameters.parameters_of(topic)
    assert list(known)[:4] == ["study", "where", "period", "lang"]
    assert list(known)[-1] == "save_to"
    assert all(one.help for one in known.values())
    own = {name: one.default for name, one in known.items()}
    assert parameters.validate(topic, own) == own
