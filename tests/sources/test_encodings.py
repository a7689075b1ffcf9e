"""Encodings: valid UTF-8 is UTF-8, others only where they can be told apart, faults with byte and line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import DataError
from svcq_lib.sources import connect, encodings
from svcq_lib.study import TableSpec

CHINESE = "编号,城市\n1,上海\n2,北京\n"
KOREAN = "번호,도시\n1,서울 특별시\n2,부산\n"
FRENCH = "no,ville\n1,Besançon\n2,Forlì\n"  # an accent before a line end is no double byte


def write(folder, text, codec):
    path = folder / "a.csv"
    path.write_bytes(text.encode(codec))
    return path


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        (CHINESE, "utf-8", None), (CHINESE, "utf-8-sig", None), (CHINESE, "gb18030", None),
        (CHINESE, "gb18030", "GBK"), (CHINESE, "utf-16", None), (KOREAN, "cp949", "cp949"),
        (KOREAN, "cp949", "euc-kr"), (FRENCH, "latin-1", None), (FRENCH, "latin-1", "latin-1"),
        (CHINESE, "utf-8-sig", "utf-8-bom"),
    ],
)  # fmt: skip
def test_text_arrives_whole(tmp_path, text, codec, declared):
    write(tmp_path, text, codec)
    table = TableSpec(path="a.csv", encoding=declared)
    lines = [line.split(",") for line in text.splitlines()]
    assert connect.columns(table, tmp_path) == lines[0]
    assert connect.scan(table, tmp_path).collect().rows() == [tuple(line) for line in lines[1:]]
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_ambiguous_text_is_a_question_with_samples(tmp_path):
    path = write(tmp_path, KOREAN, "cp949")
    with pytest.raises(DataError) as error:
        encodings.encoding_of(path, None, "answers")
    message = str(error.value)
    assert "gb18030" in message
    assert "cp949: '번호,도시'" in message
    assert "[tables.answers]" in message


def test_wrong_declaration_names_byte_line_and_what_fits(tmp_path):
    path = write(tmp_path, "a,b\n1,x\n2,上海\n", "gb18030")
    with pytest.raises(DataError, match=r"declared utf-8, but byte 10 \(line 3\) is not") as error:
        encodings.encoding_of(path, "utf-8", "answers")
    assert 'encoding = "gb18030" in [tables.answers]' in str(error.value)


def test_unknown_name_and_undecodable_bytes(tmp_path):
    path = write(tmp_path, CHINESE, "utf-8")
    with pytest.raises(DataError, match="encoding 'utf-9' is unknown"):
        encodings.encoding_of(path, "utf-9", "answers")
    path.write_bytes(b"a\n\x81\xff\xff\xfe\x80\x81\xff\n")
    with pytest.raises(DataError, match="None of utf-8"):
        encodings.encoding_of(path, None, "answers")


def test_fault_position_across_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "_CHUNK", 7)
    path = tmp_path / "a.csv"
    for before in range(30):
        path.write_bytes("上".encode() * before + b"\xff" + b"tail")
        assert encodings.first_fault(path, "utf-8") == 3 * before
        path.write_bytes("上".encode("gb18030") * before + b"\xff" + b"tail")
        assert encodings.first_fault(path, "gb18030") == 2 * before


def test_old_mac_line_ends(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a,b\r1,2\r3,4\r")
    table = TableSpec(path="a.csv")
    assert connect.columns(table, tmp_path) == ["a", "b"]
    assert connect.scan(table, tmp_path).collect().rows() == [("1", "2"), ("3", "4")]


@given(st.text(st.characters(codec="gb18030", exclude_categories=["Cs"]), max_size=300))
def test_transcoding_loses_nothing(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("t") / "a.csv"
    path.write_bytes(b"\n" + text.encode("gb18030"))
    copy = encodings.utf8_file(path, "gb18030", "answers")
    assert copy.read_bytes().decode() == "\n" + text
