"""Canonical columns: one rule from text to number, dates, periods, levels; other tables as pandas frames."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.errors import DataError
from svcq_lib.sources import values
from svcq_lib.sources.open import open_study
from svcq_lib.sources.prepared import prepared, read_table
from svcq_lib.study import Column, Scale

STUDY = """
[study]
name = "Hotel"
[tables.responses]
path = "answers.csv"
date_formats = ["%Y-%m-%d", "%d/%m/%Y %H:%M"]
[tables.complaints]
path = "complaints.csv"
date_formats = ["%d-%m-%Y %H:%M"]
[responses]
id = "id"
date = "day"
weight = "w"
strata = "s"
[responses.segments.city]
column = "town"
missing = ["?"]
[instrument]
scale = [1, 7]
missing = [98, "n/a"]
perception = "P{n}"
[[instrument.dimensions]]
name = "room"
items = [1, {name = "rev", perception = "R", reverse = true}]
[outcomes.back]
kind = "binary"
column = "again"
positive = ["yes", "sure"]
missing = ["-"]
"""
ANSWERS = """id,day,w,s,town,P1,R,again
 a1 ,2026-07-01,1,1.0,1.0, 7 ,1,yes
a2,30/09/2026 23:59,0.5,x,Linz,98.0,7,no
a3,yesterday,1;5,,?,8,n/a,-
a4,,,y, ,"1,5",3.5,
"""


@pytest.fixture
def study(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "answers.csv").write_text(ANSWERS)
    (tmp_path / "complaints.csv").write_text(
        "no,tweet,opened,amount,note\n01,570306133677760513,29-02-2016 01:16,1.5, x \n"
        "02,570306133677760514,01-03-2016 00:00,,\n"
    )
    return open_study(tmp_path)


def test_canonical_columns(study):
    frame = prepared(study).collect()
    assert frame.columns == [
        "row_id", "date", "period", "weight", "stratum", "cluster", "duration", "segment.city",
        "perception.q01", "perception.rev", "outcome.back",
    ]  # fmt: skip
    assert frame["row_id"].to_list() == ["a1", "a2", "a3", "a4"]
    assert frame["date"].to_list() == [dt.date(2026, 7, 1), dt.date(2026, 9, 30), None, None]
    assert frame["period"].to_list() == ["2026-Q3", "2026-Q3", None, None]
    assert frame["weight"].to_list() == [1.0, 0.5, None, None]
    assert frame["stratum"].to_list() == ["1", "x", None, "y"]
    assert frame["cluster"].to_list() == [None] * 4
    assert frame["segment.city"].to_list() == ["1", "Linz", None, None]
    assert frame["perception.q01"].to_list() == [7.0, None, None, None]
    assert frame["perception.rev"].to_list() == [7.0, 1.0, None, 4.5]
    assert frame["outcome.back"].to_list() == [1.0, 0.0, None, None]


def test_filters_apply_and_periods_do_not(study):
    assert prepared(study.where(city="Linz").during("2026-01")).collect()["row_id"].to_list() == ["a2"]
    assert (
        prepared(study.where(city="Linz"), filtered=False).collect().height
        == prepared(study).collect().height
    )


@pytest.mark.parametrize(("grain", "name"), [("year", "2026"), ("quarter", "2026-Q3"), ("month", "2026-07")])
def test_period_grains(grain, name):
    days = pl.DataFrame({"d": [dt.date(2026, 7, 31), None]})
    assert days.select(values.period(pl.col("d"), grain)).to_series().to_list() == [name, None]


def test_missing_columns_are_all_named(study, tmp_path):
    (tmp_path / "answers.csv").write_text("id,date,town,P1,again\n1,,,,\n")
    with pytest.raises(DataError) as error:
        prepared(open_study(tmp_path))
    for part in (
        "lacks 4 column(s)",
        "'day' (responses.date)",
        "'w' (responses.weight)",
        "'R' (perception.rev)",
    ):
        assert part in str(error.value)


def read(texts, column, dtype=None):
    series = pl.Series("x", texts, dtype=dtype)
    return series.to_frame().select(values.numeric(pl.col("x"), column, series.dtype)).to_series().to_list()


ONE = Column(column="x", scale=Scale(low=1, high=7))


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), (" 5.0 ", 5), ("5.", 5), ("+5", 5), ("5e0", 5), ("1,5", None), ("five", None), ("inf", None),
     ("nan", None), ("8", None), ("0", None), ("", None), (None, None), ("0x5", None), ("1_0", None)],
)  # fmt: skip
def test_text_to_number(text, number):
    assert read([text], ONE, pl.String) == [number]


def test_values_positive_reverse_and_codes():
    worded = Column(
        column="x", scale=Scale(low=1, high=5), values={"Very good": 5, "poor": 1, "2": 4}, missing=["9"]
    )
    assert read([" Very good", "poor", "very good", "2", "2.0", "3", "9.0"], worded, pl.String) == [
        5,
        1,
        None,
        4,
        4,
        3,
        None,
    ]
    assert read([2, 3, 9], worded) == [4, 3, None]
    positive = Column(column="x", positive=["1", "true"], missing=["-1"])
    assert read(["1.0", "0", "-1", "", "true", "x"], positive, pl.String) == [1, 0, None, None, 1, 0]
    assert read([True, False, None], positive) == [1, 0, None]
    assert read([1.0, 0.0, -1.0, None], positive) == [1, 0, None, None]
    assert read([1, 7, 8], Column(column="x", scale=Scale(low=1, high=7), reverse=True)) == [7, 1, None]


numbers = st.floats(allow_nan=True, allow_infinity=True, width=32) | st.integers(-200, 200)


@given(st.lists(numbers, min_size=1), st.sampled_from([(), ("98",), ("98.0", "n/a")]))
def test_text_and_native_numbers_read_alike(found, missing):
    column = Column(column="x", scale=Scale(low=-50, high=100), missing=missing)
    as_text = read([repr(one) for one in found], column, pl.String)
    assert as_text == read([float(one) for one in found], column)
    for value, one in zip(as_text, found, strict=True):
        inside = math.isfinite(one) and -50 <= one <= 100 and not (missing and one == 98)
        assert value == (one if inside else None)


@given(st.lists(st.text(max_size=6)))
def test_no_text_breaks_reading(texts):
    column = Column(column="x", scale=Scale(low=0, high=10), values={"a": 1}, missing=["b"])
    assert len(read(texts, column, pl.String)) == len(texts)


def test_reading_many_distinct_texts_equals_reading_few(monkeypatch):
    texts = [str(i) for i in range(500)]
    plain = read(texts, ONE, pl.String)
    monkeypatch.setattr(values, "_REMEMBERED", 10)
    assert read(texts, ONE, pl.String) == plain


def test_other_tables_are_typed_by_all_of_their_values(study):
    table = read_table(study, "complaints")
    assert table["no"].to_list() == ["01", "02"]
    assert table["tweet"].to_list() == ["570306133677760513", "570306133677760514"]
    assert table["opened"].iloc[0] == dt.datetime(2016, 2, 29, 1, 16)
    assert table["amount"].iloc[0] == 1.5
    assert math.isnan(table["amount"].iloc[1])
    assert table["note"].iloc[0] == "x"
    with pytest.raises(DataError, match=r"Did you mean 'complaints'\?"):
        read_table(study, "complaint")


def test_zones_and_fractions():
    stamps = pl.DataFrame({"x": ["2015-02-24 23:35:52 -0800", "2015-02-24T10:00:00.250"]})
    formats = ["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S.%f"]
    moments = stamps.select(values.moment(pl.col("x"), formats)).to_series().to_list()
    assert moments == [dt.datetime(2015, 2, 25, 7, 35, 52), dt.datetime(2015, 2, 24, 10, 0, 0, 250_000)]
    days = stamps.select(values.day(pl.col("x"), formats)).to_series().to_list()
    assert days == [dt.date(2015, 2, 24), dt.date(2015, 2, 24)]


def test_real_answers_keep_their_published_bases(real_data, tmp_path):
    # Q7ALL weighted mean 4.0712 and NPS +39.84 (n 2,746): stated with the data, 0, 6 and "Blank" being no ratings
    (tmp_path / "study.toml").write_text(f"""
[study]
name = "Airport"
[tables.responses]
path = "{real_data / "sfo" / "2017_SFO_Customer_Survey.csv"}"
[responses]
id = "RESPNUM"
weight = "WEIGHT"
[outcomes.overall]
kind = "csat"
column = "Q7ALL"
scale = [1, 5]
missing = [0, 6, "Blank"]
[outcomes.nps]
kind = "nps"
column = "NETPRO"
missing = [11]
""")
    frame = prepared(open_study(tmp_path)).collect()
    overall = frame.drop_nulls("outcome.overall")
    mean = (overall["outcome.overall"] * overall["weight"]).sum() / overall["weight"].sum()
    assert mean == pytest.approx(4.0712, abs=5e-5)
    scores = frame["outcome.nps"].drop_nulls()
    assert len(scores) == 2746
    assert 100 * ((scores >= 9).mean() - (scores <= 6).mean()) == pytest.approx(39.84, abs=0.005)
