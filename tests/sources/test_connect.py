"""Reading tables of every format: headers as written, text as text, nothing written beside the input."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
import xlsxwriter

from svcq_lib.errors import DataError
from svcq_lib.sources import connect
from svcq_lib.sources.headers import unique_names
from svcq_lib.study import TableSpec


def spec(path: Path | str, **more: object) -> TableSpec:
    return TableSpec.model_validate({"path": str(path), **more})


def write(folder: Path, name: str, raw: bytes | str) -> TableSpec:
    (folder / name).write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return spec(name)


def test_headers_keep_duplicates_and_lose_the_byte_order_mark(tmp_path):
    table = write(tmp_path, "a.csv", b'\xef\xbb\xbf"id",a,"two\nlines",a,,\n1,2,3,4,5,6\n')
    assert connect.columns(table, tmp_path) == ["id", "a", "two\nlines", "a", "", ""]
    frame = connect.scan(table, tmp_path).collect()
    assert frame.columns == ["id", "a", "two\nlines", "a_duplicated_0", "", "_duplicated_0"]
    assert frame.row(0) == ("1", "2", "3", "4", "5", "6")


def test_unique_names_never_collide():
    names = unique_names(["a", "a_duplicated_0", "a", "a"])
    assert names == ["a", "a_duplicated_0", "a_duplicated_1", "a_duplicated_2"]


def test_text_stays_text_with_quotes_and_line_breaks(tmp_path):
    table = write(tmp_path, "a.csv", 'id,comment\n007,"said ""hi"",\nthen left"\n008,\n')
    frame = connect.scan(table, tmp_path).collect()
    assert frame["id"].to_list() == ["007", "008"]
    assert frame["comment"].to_list() == ['said "hi",\nthen left', None]


def test_ragged_lines_are_read_not_raised(tmp_path):
    table = write(tmp_path, "a.csv", "a,b\n1,2,3\n4\n5,6\n")
    assert connect.scan(table, tmp_path).collect().rows() == [("1", "2"), ("4", None), ("5", "6")]


def test_tsv_delimiter_and_brackets_in_the_name(tmp_path):
    table = write(tmp_path, "a[1].tsv", "a\tb\n1\t2\n")
    assert connect.scan(table, tmp_path).collect().rows() == [("1", "2")]
    semicolon = spec("b.csv", delimiter=";")
    (tmp_path / "b.csv").write_text("a;b\n1;2\n")
    assert connect.columns(semicolon, tmp_path) == ["a", "b"]
    with pytest.raises(DataError, match=r"delimiter '\|\|' is not one ASCII character"):
        connect.columns(spec("b.csv", delimiter="||"), tmp_path)


def test_parquet_keeps_its_types(tmp_path):
    pl.DataFrame({"q": [1, 2], "day": [dt.date(2026, 7, 1), None]}).write_parquet(tmp_path / "a.parquet")
    frame = connect.scan(spec("a.parquet"), tmp_path).collect()
    assert frame.schema == {"q": pl.Int64, "day": pl.Date}


def workbook(path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("notes").write(0, 0, "nothing here")
    sheet = book.add_worksheet("answers")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for column, header in enumerate(["id", "q", "q", "day"]):
        sheet.write(0, column, header)
    for row, answer in enumerate([5, "Blank", 4.5], start=1):
        sheet.write(row, 0, row)
        sheet.write(row, 1, answer)
        sheet.write(row, 2, 1.0)
        sheet.write_datetime(row, 3, dt.datetime(2026, 7, row), day)
    book.close()


def test_excel_is_text_except_dates(tmp_path):
    workbook(tmp_path / "a.xlsx")
    table = spec("a.xlsx", sheet="answers")
    assert connect.columns(table, tmp_path) == ["id", "q", "q", "day"]
    frame = connect.scan(table, tmp_path).collect()
    assert frame["q"].to_list() == ["5", "Blank", "4.5"]
    assert frame["day"].cast(pl.Date).to_list() == [dt.date(2026, 7, day) for day in (1, 2, 3)]
    assert frame.columns[2] == "q_duplicated_0"
    with pytest.raises(DataError, match=r"no sheet 'answer'. Did you mean 'answers'\?"):
        connect.scan(spec("a.xlsx", sheet="answer"), tmp_path)


def test_spss_gives_values_and_loses_user_missing(tmp_path):
    import pyreadstat

    frame = pd.DataFrame({
        "id": [1.0, 2, 3], "name": ["a", "", "c"], "q": [1.0, 9, 7],
        "day": [dt.date(2026, 7, 1), None, dt.date(2026, 7, 3)],
    })  # fmt: skip
    pyreadstat.write_sav(
        frame, tmp_path / "a.sav", variable_value_labels={"q": {1: "bad"}}, missing_ranges={"q": [9]}
    )
    assert connect.columns(spec("a.sav"), tmp_path) == ["id", "name", "q", "day"]
    found = connect.scan(spec("a.sav"), tmp_path).collect()
    assert found["q"].to_list() == [1.0, None, 7.0]
    assert found["day"].to_list() == [dt.date(2026, 7, 1), None, dt.date(2026, 7, 3)]


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("gone.csv", None, "does not exist"),
        ("empty.csv", b"", "is empty"),
        ("a.dat", b"a,b\n", "format of a.dat is not known"),
        ("a.parquet", b"not parquet", "no readable Parquet"),
        ("a.xlsx", b"not a workbook", "cannot be read"),
        ("a.sav", b"not spss", "cannot be read"),
    ],
)
def test_what_cannot_be_read_names_table_and_remedy(tmp_path, name, raw, says):
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(DataError, match=says) as error:
        connect.columns(spec(name), tmp_path, name="answers")
    assert "'answers'" in str(error.value)


def test_fingerprint_follows_the_bytes(tmp_path):
    table = write(tmp_path, "a.csv", "a\n1\n")
    first = connect.fingerprint(table, tmp_path)
    assert len(first) == 64
    assert connect.fingerprint(write(tmp_path, "b.csv", "a\n1\n").model_copy(), tmp_path) == first
    write(tmp_path, "a.csv", "a\n12\n")
    assert connect.fingerprint(table, tmp_path) != first
