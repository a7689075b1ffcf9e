"""Database tables: read-only, by name, streamed; credentials never shown."""

from __future__ import annotations

import datetime as dt
import sqlite3
import sys

import polars as pl
import pytest

from svcq_lib.errors import DataError, SvcqError
from svcq_lib.sources import connect, databases
from svcq_lib.sources.addresses import mask_url
from svcq_lib.study import TableSpec


@pytest.fixture
def folder(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(tmp_path / "s.duckdb")) as base:
        base.execute(
            "create table answers as select range as id, range % 7 + 1 as q, 1.5::decimal(4,2) as w from range(1000)"
        )
    base = sqlite3.connect(tmp_path / "s.db")
    base.execute("create table answers(id text, q integer)")
    base.executemany("insert into answers values (?, ?)", [(str(i), i % 7 + 1) for i in range(100)])
    base.commit()
    base.close()
    return tmp_path


@pytest.mark.parametrize(("url", "rows"), [("duckdb:///s.duckdb", 1000), ("sqlite:///s.db", 100)])
def test_tables_are_read_and_nothing_is_written(folder, url, rows):
    before = {one.name: (one.stat().st_size, one.stat().st_mtime_ns) for one in folder.iterdir()}
    table = TableSpec(url=url, table="answers")
    assert connect.columns(table, folder)[:2] == ["id", "q"]
    frame = connect.scan(table, folder).collect()
    assert frame.height == rows
    assert frame["q"].max() == 7
    assert len(connect.fingerprint(table, folder)) == 64
    assert {one.name: (one.stat().st_size, one.stat().st_mtime_ns) for one in folder.iterdir()} == before


def test_rows_in_the_log_of_a_database_are_another_state(folder):
    table = TableSpec(url="sqlite:///s.db", table="answers")
    base = sqlite3.connect(folder / "s.db")
    base.execute("pragma journal_mode = wal")
    base.execute("insert into answers values ('a', 1)")
    base.commit()
    seen = [(connect.state_of(table, folder), connect.scan(table, folder).collect().height)]
    base.execute("insert into answers values ('b', 1)")
    base.commit()
    seen += [(connect.state_of(table, folder), connect.scan(table, folder).collect().height)]
    base.close()
    assert seen[0][0] != seen[1][0]
    assert [rows for _, rows in seen] == [101, 102]


def test_decimals_become_floats(folder):
    frame = connect.scan(TableSpec(url="duckdb:///s.duckdb", table="answers"), folder).collect()
    assert frame["w"].dtype == pl.Float64


def test_absolute_urls(folder):
    table = TableSpec(url=f"duckdb:///{folder}/s.duckdb", table="answers")
    assert connect.scan(table, folder / "elsewhere").collect().height == 1000


def test_fingerprint_follows_rows_not_place(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "t.db").write_bytes((folder / "s.db").read_bytes())
    first = connect.fingerprint(TableSpec(url="sqlite:///s.db", table="answers"), folder)
    assert connect.fingerprint(TableSpec(url="sqlite:///t.db", table="answers"), other) == first


def test_faults(folder, monkeypatch):
    with pytest.raises(DataError, match=r"no table 'answer'. Did you mean 'answers'\?"):
        connect.scan(TableSpec(url="sqlite:///s.db", table="answer"), folder)
    with pytest.raises(DataError, match="has no table"):
        connect.scan(TableSpec(url="sqlite:///s.db", table="x'; drop table answers; --"), folder)
    with pytest.raises(DataError, match="no database at"):
        connect.scan(TableSpec(url="sqlite:///gone.db", table="answers"), folder)
    monkeypatch.delenv("SVCQ_TEST_URL", raising=False)
    with pytest.raises(DataError, match="SVCQ_TEST_URL, which is not set"):
        connect.scan(TableSpec(url="${SVCQ_TEST_URL}", table="answers"), folder)


@pytest.mark.parametrize("url", ["nobase://ana:s3cret@db/x?token=hush", "nobase://ana:${SVCQ_TEST_PW}@db/x"])
def test_credentials_are_masked_everywhere(folder, monkeypatch, url):
    monkeypatch.setenv("SVCQ_TEST_PW", "s3cret")
    table = TableSpec(url=url, table="answers")
    with pytest.raises(SvcqError) as error:
        connect.scan(table, folder)
    shown = f"{error.value} {error.value!r} {table} {table!r}"
    assert "s3cret" not in shown
    assert "hush" not in shown
    assert "ana:***@db" in shown
    assert error.value.__suppress_context__


def test_mask_url():
    assert mask_url("postgres://ana:p@ss@db/x") == "postgres://ana:***@db/x"
    assert mask_url("duckdb:///s.duckdb") == "duckdb:///s.duckdb"
    assert mask_url("snowflake://db/x?password=a&warehouse=w") == "snowflake://db/x?password=***&warehouse=w"


def test_missing_package_names_the_extra(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "ibis", None)
    with pytest.raises(SvcqError, match=r"pip install 'svcq\[sql\]'"):
        connect.scan(TableSpec(url="sqlite:///s.db?fresh", table="answers"), folder)


def test_only_the_columns_that_are_used_are_asked_for(folder, monkeypatch):
    asked = []
    fetched = databases.fetched

    def spy(connection, rows):
        asked.append(list(rows.columns))
        return fetched(connection, rows)

    monkeypatch.setattr(databases, "fetched", spy)
    frame = connect.scan(TableSpec(url="duckdb:///s.duckdb", table="answers"), folder)
    assert asked == []
    assert frame.select(pl.col("q").sum()).collect().item() == sum(i % 7 + 1 for i in range(1000))
    assert frame.head(3).collect().height == 3
    assert asked == [["q"], ["id", "q", "w"]]


def test_types_that_have_no_counterpart_are_text_and_dates_of_sqlite_are_dates(folder):
    base = sqlite3.connect(folder / "s.db")
    base.execute("create table days(day date, at timestamp, worth numeric)")
    base.execute("insert into days values ('2026-01-31', '2026-01-31 10:00:00', 2), (null, null, 2.5)")
    base.commit()
    base.close()
    frame = connect.scan(TableSpec(url="sqlite:///s.db", table="days"), folder).collect()
    assert frame["day"].to_list() == [dt.date(2026, 1, 31), None]
    assert frame["at"].to_list() == [dt.datetime(2026, 1, 31, 10), None]
    assert frame["worth"].to_list() == [2.0, 2.5]


def test_an_empty_table_has_its_columns(folder):
    base = sqlite3.connect(folder / "s.db")
    base.execute("create table nobody(id text, q integer)")
    base.close()
    frame = connect.scan(TableSpec(url="sqlite:///s.db", table="nobody"), folder)
    assert frame.collect().to_dict(as_series=False) == {"id": [], "q": []}
