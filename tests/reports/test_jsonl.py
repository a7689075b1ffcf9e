"""Lines of JSON: what was written is read back, whatever a killed process has left between."""

import json

from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.reports import jsonl

EVENTS = st.dictionaries(st.text(max_size=5), st.text() | st.integers() | st.none(), max_size=3)


@given(events=st.lists(EVENTS, max_size=5))
def test_what_is_added_is_read_back(events, tmp_path_factory):
    path = tmp_path_factory.mktemp("lines") / "events.jsonl"
    for one in events:
        jsonl.append(path, one)
    assert jsonl.read(path) == (events, False)


@given(cut=st.integers(1, 30))
def test_a_torn_line_costs_only_itself(cut, tmp_path_factory):
    path = tmp_path_factory.mktemp("lines") / "events.jsonl"
    for n in (1, 2):
        jsonl.append(path, {"n": n, "name": "a name of some length, 名称"})
    path.write_bytes(path.read_bytes()[:-cut])
    found, torn = jsonl.read(path)
    assert torn
    jsonl.append(path, {"n": 3})
    assert [one["n"] for one in jsonl.read(path)[0]] == [*(one["n"] for one in found), 3]


def test_lines_that_are_no_objects_do_not_count(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text('1\n[2]\n{"n": 3}\n\n', encoding="utf-8")
    assert jsonl.read(path) == ([{"n": 3}], False)
    assert jsonl.read(tmp_path / "gone") == ([], False)
    assert json.loads(jsonl.line_of({"a": tmp_path})) == {"a": str(tmp_path)}
