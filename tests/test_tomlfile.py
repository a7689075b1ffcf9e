"""Reading a TOML file into a model: every fault at once, each with its line and its remedy."""

import pytest
from pydantic import BaseModel, ConfigDict, Field

from svcq_lib import tomlfile
from svcq_lib.errors import ReportError
from svcq_lib.tomlfile import line_of


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = Field(gt=0)


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    parts: dict[str, Part] = {}


def read(tmp_path, text, **other):
    (tmp_path / "whole.toml").write_text(text, encoding="utf-8")
    return tomlfile.read(tmp_path / "whole.toml", Whole, kind="whole", refuse=ReportError, **other)


def test_a_file_becomes_its_model(tmp_path):
    assert read(tmp_path, 'name = "a"\n[parts.x]\nsize = 2') == Whole(name="a", parts={"x": Part(size=2)})


def test_all_faults_are_said_at_once(tmp_path):
    with pytest.raises(ReportError) as raised:
        read(tmp_path, "[parts.x]\nsize = 0\n[parts.y]\nsiez = 1\n")
    first, *faults = str(raised.value).splitlines()
    assert first.endswith("whole.toml: 4 fault(s) in the whole file")
    assert faults == [
        "  whole.toml: name: is missing. Add it.",
        "  whole.toml:2: parts.x.size: Input should be greater than 0",
        "  whole.toml:3: parts.y.size: is missing. Add it.",
        "  whole.toml:4: parts.y.siez: unknown key. Did you mean 'size'? Known here: size",
    ]


def test_contradictions_are_faults(tmp_path):
    with pytest.raises(ReportError, match=r"whole\.toml:2: name: choose another"):
        read(tmp_path, '\nname = "a"', contradictions=lambda whole: [(("name",), "choose another")])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"name =", "not valid TOML"),
        (b'name = "\xff"', "a whole file is UTF-8; byte 8 is not"),
        (None, r"cannot be read .* such as whole\.toml"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, body, said):
    path = tmp_path / "whole.toml"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(ReportError, match=said):
        tomlfile.read(path, Whole, kind="whole", refuse=ReportError)


@pytest.mark.parametrize(
    ("loc", "line"),
    [
        (("study", "name", "en"), 2),
        (("tables", "a", "path"), 4),
        (("tables", "a", "url"), 3),
        (("instrument", "dimensions", 1, "name"), 8),
        (("instrument", "dimensions", 1, "items", 3), 9),
        (("targets", 0), 11),
        (("nothing",), None),
    ],
)
def test_line_of(loc, line):
    text = """[study]
name.en = "x"
[tables."a"]
path = "x"
[[instrument.dimensions]]
name = "d1"
[[instrument.dimensions]]
name = "d2"
items = [
  1, 2, 3, 4]
[[targets]]
"""
    assert line_of(text, loc) == line
