"""DuckDB and SQLite: what the database adds up, and what is streamed, equals a scan of the file."""

from __future__ import annotations

import datetime as dt
import sqlite3

import numpy as np
import pandas as pd
import pytest

from svcq_lib.analyses import drivers, gaps, scores
from svcq_lib.errors import DataError
from svcq_lib.evidence import sql, sql_columns
from svcq_lib.evidence.collect import collect
from svcq_lib.evidence.columns import Between, Difference, Level, Mean, PointsWeighted, Present
from svcq_lib.evidence.finish import finish
from svcq_lib.evidence.needs import Cells, EvidenceNeeds, Rows, Tally
from svcq_lib.evidence.plan import plan_of
from svcq_lib.sources import databases
from svcq_lib.sources.open import open_study

from .places import assert_equal, locally, moved, responses

TOPICS = {"scores": scores, "gaps": gaps, "drivers": drivers}
ITEMS = ("perception.a", "perception.b", "perception.c", "outcome.o")
NEEDS = EvidenceNeeds(
    {
        "gap": Difference("perception.a", "perception.b"),
        "mean": Mean(ITEMS[:3], 2),
        "sum": Mean(ITEMS[:3], 1, total=True),
        "also": Present("outcome.o", ("perception.a", "gap")),
        "high": Between("outcome.o", 9, 10),
        "north": Level("segment.region", "n"),
        "points": PointsWeighted(ITEMS[:2], ("perception.c", "outcome.o")),
        "first": PointsWeighted(ITEMS[:2], ("perception.c", "outcome.o"), 0),
        "over": Difference("mean", "points"),
    },
    {
        "all": Cells((*ITEMS, "gap", "mean", "sum", "also", "high", "north", "points", "first", "over")),
        "once": Cells((*ITEMS, "mean"), weighted=False),
        "region": Cells((*ITEMS, "mean"), by=("segment.region",)),
        "months": Cells(ITEMS, by=("period", "segment.region"), all_periods=True),
        "month": Cells(ITEMS, by=("month",)),
        "pairs": Cells((*ITEMS, "gap"), cross=True),
        "pairs_once": Cells((*ITEMS, "mean"), by=("segment.region",), cross=True, weighted=False),
    },
    {"o": Tally("outcome.o", ("segment.region",)), "mean": Tally("mean")},
)
STREAMED = EvidenceNeeds(
    cells={"blocks": Cells(ITEMS[:2], cross=True, blocks=True)}, rows={"rows": Rows(("outcome.o", "period"))}
)
TOML = """
[responses]
id = "id"
date = "day"
period = "quarter"
weight = "w"
DESIGN
[responses.segments.region]
column = "region"
missing = ["?"]
MARGINS
[instrument]
scale = [1, 7]
missing = [99, "none"]
values = { "very good" = 7, "bad" = 1 }
[[instrument.dimensions]]
name = "dim"
items = ["a", "b", "c", "d", "e", "f"]
[outcomes.o]
kind = "csat"
column = "o"
scale = [1, 10]
"""
DESIGNS = {"simple": "", "strata": 'strata = "area"', "cluster": 'cluster = "branch"\nstrata = "area"'}
MARGINS = "[weights.margins.region]\ncounts = { n = 3, s = 2, e = 1 }"


def answers(n: int = 400) -> pd.DataFrame:
    """Answers as numbers and as words, some missing, off the scale or not stated; rows of one answer throughout."""
    rng = np.random.default_rng(5)
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=int(i)) for i in rng.integers(0, 300, n)]
    frame = pd.DataFrame({"id": [f"R{i:04d}" for i in range(n)], "day": days})
    frame["w"] = rng.choice([0.5, 1.0, 2.5], n)
    frame["region"] = rng.choice(["n", "s ", "e", "?"], n)
    frame["area"] = rng.choice(["u", "v"], n)
    frame["branch"] = frame["area"] + rng.integers(0, 4, n).astype(str)
    frame["a"] = rng.choice([1, 2, 5, 7, 99], n)
    frame["b"] = rng.integers(1, 8, n).astype(float)
    frame["c"] = rng.choice(["very good", "bad", "3", " 4", "none", None], n)
    for name in "def":
        frame[name] = np.where(rng.random(n) < 0.7, frame["b"], 2.0)
    frame.loc[rng.random(n) < 0.1, ["a", "c"]] = [99, "2"]
    frame["o"] = rng.integers(1, 11, n).astype(float)
    frame.loc[rng.random(n) < 0.15, "b"] = np.nan
    frame.loc[rng.random(n) < 0.10, "o"] = np.nan
    frame.loc[rng.random(n) < 0.05, "region"] = None
    straight = rng.random(n) < 0.05
    frame.loc[straight, ["a", "b", "d", "e", "f"]], frame.loc[straight, "c"] = 1, "bad"
    return frame


def written(folder, frame: pd.DataFrame, toml: str, place: str):
    """Return the study of a frame that lies in a database or a CSV file."""
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    if place == "duckdb":
        with duckdb.connect(str(folder / "d.duckdb")) as base:
            base.register("frame", frame)
            day = "day" if frame["day"].map(type).eq(str).all() else "day::date"
            base.execute(f"create table answers as select * replace ({day} as day) from frame")
    elif place == "sqlite":
        base = sqlite3.connect(folder / "d.db")
        frame.to_sql("answers", base, index=False)
        base.close()
    else:
        frame.to_csv(folder / "answers.csv", index=False)
    url = {"duckdb": "duckdb:///d.duckdb", "sqlite": "sqlite:///d.db"}.get(place)
    where = f'url = "{url}"\ntable = "answers"' if url else 'path = "answers.csv"'
    text = f'[study]\nname = "Test"\n[tables.responses]\n{where}\n{toml}'
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return open_study(folder)


@pytest.fixture(params=["duckdb", "sqlite"])
def two(request, tmp_path):
    """Make a study in a database and the same one in a file."""

    def make(frame: pd.DataFrame, toml: str = TOML, design: str = "simple", margins: str = ""):
        toml = toml.replace("DESIGN", DESIGNS[design]).replace("MARGINS", margins)
        return [written(tmp_path / place, frame, toml, place) for place in (request.param, "csv")]

    return make


@pytest.fixture
def streams(monkeypatch):
    """Keep which requests are streamed."""
    kept = []
    part_of = sql.part_of

    def spy(raw, plan, **how):
        kept.append({*plan.needs.cells, *plan.needs.tallies, *plan.needs.rows})
        return part_of(raw, plan, **how)

    monkeypatch.setattr(sql, "part_of", spy)
    return kept


def found(study, needs: EvidenceNeeds):
    plan = plan_of(study, needs)
    return finish(sql.part_of_database(plan), plan)


@pytest.mark.parametrize("design", ["simple", "strata"])
def test_the_database_adds_up_everything_that_is_not_by_block(two, streams, design):
    there, here = two(answers(), design=design)
    for one, other in (
        (there, here),
        (there.where(region="n").during("2026-Q2"), here.where(region="n").during("2026-Q2")),
    ):
        assert_equal(found(one, NEEDS), locally(other, NEEDS), blocks=not adds_up(there))
    assert bool(streams) != adds_up(there)


def adds_up(study) -> bool:
    """Whether the database adds up what it can; SQLite, whose queries take long, sends its rows."""
    return not study.tables["responses"].url.startswith("sqlite")


def test_straight_liners_are_counted_in_the_database(two):
    there, here = two(answers())
    counts = [
        sql.part_of_database(plan_of(there, NEEDS)).counts,
        sql.part_of([_rows(here)], plan_of(here, NEEDS)).counts,
    ]
    assert counts[0] == counts[1]
    assert counts[0].straight > 5


def _rows(study):
    from svcq_lib.sources import connect

    return connect.scan(study.tables["responses"], study.root)


def test_blocks_and_rows_are_streamed_with_what_they_carry_anyway(two, streams, monkeypatch):
    there, here = two(answers(2100))
    assert_equal(found(there, NEEDS | STREAMED), locally(here, NEEDS | STREAMED))
    (streamed,) = streams
    assert {"blocks", "rows"} <= streamed
    assert ("region" in streamed) != adds_up(there)  # its column is not carried


@pytest.mark.parametrize(("design", "margins"), [("cluster", ""), ("simple", MARGINS), ("strata", MARGINS)])
def test_clusters_and_calibrated_weights_are_streamed(two, streams, design, margins):
    there, here = two(answers(), design=design, margins=margins)
    one, other = found(there, NEEDS), locally(here, NEEDS)
    assert_equal(one, other)
    assert len(streams) == 1
    if margins:
        assert one.design.calibration.sw == pytest.approx(other.design.calibration.sw)
        assert one.weighting.n_eff == pytest.approx(other.weighting.n_eff)


def test_sums_are_asked_for_in_tiles(two, monkeypatch):
    there, here = two(answers())
    monkeypatch.setattr(sql, "TILE", 7)
    assert_equal(found(there, NEEDS), locally(here, NEEDS), blocks=False)


def test_columns_with_many_texts_and_large_matrices_are_streamed(two, streams, monkeypatch):
    there, here = two(answers())
    monkeypatch.setattr(sql_columns, "MOST_TEXTS", 3)
    monkeypatch.setattr(sql, "MOST_PAIR_SUMS", 10)
    assert_equal(found(there, NEEDS), locally(here, NEEDS))
    assert streams == [{*NEEDS.cells, *NEEDS.tallies}]


def test_dates_in_words_are_read_by_the_rule_of_the_table(two, streams):
    frame = answers()
    frame["day"] = [f"{day:%d/%m/%Y}" for day in frame["day"]]
    frame.loc[3, "day"] = "soon"
    there, here = two(frame, 'date_formats = ["%d/%m/%Y"]' + TOML)
    assert_equal(found(there, NEEDS), locally(here, NEEDS), blocks=not adds_up(there))
    assert bool(streams) != adds_up(there)


def test_a_filter_that_leaves_nobody_is_an_error(two):
    there, _ = two(answers())
    with pytest.raises(DataError, match="no answers are left in 'responses' for region=x"):
        found(there.where(region="n").model_copy(update={"filters": {"region": "x"}}), NEEDS)


def test_the_contract_reads_a_database_without_copying_it(two, monkeypatch):
    there, here = two(answers())
    asked = []
    fetched = databases.fetched

    def spy(connection, rows):
        asked.append(rows.columns)
        return fetched(connection, rows)

    monkeypatch.setattr(databases, "fetched", spy)
    one, other = collect(there, NEEDS), collect(here, NEEDS)
    assert one.notes == other.notes
    assert one.fingerprints["responses"]
    assert asked


def in_duckdb(demo, folder):
    import duckdb

    frame = responses(demo)
    folder.mkdir(exist_ok=True)
    with duckdb.connect(str(folder / "survey.duckdb")) as base:
        base.register("frame", frame)
        base.execute("create table responses as select * from frame")
    return moved(demo, folder, 'url = "duckdb:///survey.duckdb"\ntable = "responses"')


def in_sqlite(demo, folder):
    folder.mkdir(exist_ok=True)
    base = sqlite3.connect(folder / "survey.db")
    responses(demo).to_sql("responses", base, index=False)
    base.close()
    return moved(demo, folder, 'url = "sqlite:///survey.db"\ntable = "responses"')


@pytest.fixture(scope="module", params=[in_duckdb, in_sqlite], ids=["duckdb", "sqlite"])
def study(request, small_demo, tmp_path_factory):
    return request.param(small_demo, tmp_path_factory.mktemp(request.param.__name__) / "study")


@pytest.fixture(scope="module")
def local(small_demo):
    return open_study(small_demo)


@pytest.mark.parametrize(("topic", "restricted"), [("scores", True), ("gaps", False), ("drivers", False)])
def test_needs_of_the_reports(study, local, topic, restricted):
    needs = TOPICS[topic].needs(local)
    chosen = [one.where(region="north").during("2025-Q2") if restricted else one for one in (study, local)]
    assert_equal(found(chosen[0], needs), locally(chosen[1], needs), blocks=topic != "scores")
