"""A local Spark cluster: the kernel on its partitions finds what a scan of the file finds."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pandas as pd
import polars as pl
import pytest

from svcq_lib.errors import DataError, SvcqError
from svcq_lib.evidence.collect import collect
from svcq_lib.evidence.finish import finish
from svcq_lib.evidence.plan import plan_of
from svcq_lib.evidence.remote import part_of_table
from svcq_lib.sources import connect, contracts, spark
from svcq_lib.sources.open import open_study
from svcq_lib.study import TableSpec

from .places import assert_equal, locally, moved
from .test_sql import DESIGNS, MARGINS, NEEDS, STREAMED, TOML, TOPICS, answers

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
CLUSTER = "spark+local[2]"
SMALL = "8192"  # bytes: about four partitions of 400 rows


@pytest.fixture(scope="module")
def session() -> Iterator[object]:
    """A Spark session on two cores that cuts files into small partitions."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        (pytest.fail if IN_CI else pytest.skip)("pyspark is not installed")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.files.maxPartitionBytes": SMALL,
        "spark.sql.files.openCostInBytes": "0",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    builder = SparkSession.builder.master("local[2]").appName("svcq-tests")
    for key, value in settings.items():
        builder = builder.config(key, value)
    running = builder.getOrCreate()
    yield running
    running.stop()


@pytest.fixture
def two(session, tmp_path):
    """Make a study on the cluster and the same one here, from the same file."""

    def make(frame: pd.DataFrame, design: str = "simple", margins: str = "", table: str = "answers.csv"):
        frame.to_csv(tmp_path / "answers.csv", index=False)
        studies = []
        for name, where in (
            ("there", f'url = "{CLUSTER}"\ntable = "{table}"'),
            ("here", 'path = "answers.csv"'),
        ):
            text = TOML.replace("DESIGN", DESIGNS[design]).replace("MARGINS", margins)
            text = f'[study]\nname = "Test"\n[tables.responses]\n{where}\n{text}'
            (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
            studies.append(open_study(tmp_path / f"{name}.toml"))
        return studies

    return make


def found(study, needs):
    plan = plan_of(study, needs)
    return finish(part_of_table(plan), plan)


@pytest.mark.service
@pytest.mark.parametrize(
    ("design", "margins", "n"),
    [("simple", "", 400), ("strata", MARGINS, 400), ("cluster", "", 400), ("strata", "", 2400)],
    ids=["simple", "calibrated", "clusters", "hashed"],
)
def test_partitions_add_up_to_the_table(two, design, margins, n):
    there, here = two(answers(n), design, margins)
    one, other = found(there, NEEDS | STREAMED), locally(here, NEEDS | STREAMED)
    assert_equal(one, other)
    if margins:
        assert one.design.calibration.sw == pytest.approx(other.design.calibration.sw)


def without_a_partition(batches):
    first = next(batches, None)
    if first is not None and first.column("__partition__")[0].as_py() != 0:
        yield from (first, *batches)


def without_a_batch(batches):
    next(batches, None)
    yield from batches


@pytest.mark.service
@pytest.mark.parametrize("without", [without_a_partition, without_a_batch])
def test_rows_that_do_not_come_back_are_an_error(two, monkeypatch, without):
    whole = spark._worked

    def losing(work, offsets):
        run = whole(work, offsets)
        return lambda batches: run(without(batches))

    there, _ = two(answers(400), "simple", "")
    monkeypatch.setattr(spark, "_worked", losing)
    monkeypatch.setattr(spark, "_BATCH", 30)  # several to a partition
    with pytest.raises(DataError, match=r"[1-9]\d* of 400 rows came back"):
        found(there, NEEDS)


@pytest.mark.service
def test_needs_of_the_reports(session, small_demo, tmp_path):
    place = f'url = "{CLUSTER}"\ntable = "responses.csv"'
    session.conf.set("spark.sql.files.maxPartitionBytes", "262144")
    there, here = moved(small_demo, tmp_path / "study", place), open_study(small_demo)
    for topic in TOPICS.values():
        assert_equal(collect(there, topic.needs(here)), collect(here, topic.needs(here)))
    session.conf.set("spark.sql.files.maxPartitionBytes", SMALL)


@pytest.mark.service
def test_a_table_of_the_catalog_and_its_fingerprint(session, two, tmp_path):
    frame = answers()
    session.createDataFrame(frame.astype(object).where(frame.notna(), None)).repartition(
        3
    ).createOrReplaceTempView("kept")
    there, here = two(frame, table="kept")
    plain = NEEDS  # nothing by block: rows of a catalog have no order
    one, other = found(there, plain), locally(here, plain)
    assert_equal(one, other, blocks=False)
    spec = there.tables["responses"]
    first = connect.fingerprint(spec, there.root)
    session.table("kept").repartition(2).createOrReplaceTempView("kept")
    assert connect.fingerprint(spec, there.root) == first
    session.table("kept").limit(399).createOrReplaceTempView("kept")
    assert connect.fingerprint(spec, there.root) != first


@pytest.mark.service
def test_the_contract_finds_the_same_problems(two):
    frame = answers()
    frame.loc[5, "b"], frame.loc[6, "w"], frame.loc[7, "id"] = 9.0, -1.0, "R0001"
    one, other = (contracts.check(study) for study in two(frame))
    assert [(p.code, p.column, p.rows, p.examples) for p in one.problems] == [
        (p.code, p.column, p.rows, p.examples) for p in other.problems
    ]


@pytest.mark.service
def test_rows_stream_partition_by_partition(two):
    there, here = two(answers())
    rows = [connect.scan(study.tables["responses"], study.root) for study in (there, here)]
    assert rows[0].collect().equals(rows[1].collect())
    assert rows[0].select(pl.len()).collect().item() == 400
    assert rows[0].head(5).select("id").collect().to_series().to_list() == [f"R{i:04d}" for i in range(5)]


@pytest.mark.service
def test_a_table_that_is_not_there(session, tmp_path):
    with pytest.raises(DataError, match=r"'nothing' cannot be read on spark\+local\[2\]"):
        connect.columns(TableSpec(url=CLUSTER, table="nothing"), tmp_path)
    with pytest.raises(DataError, match="Check url and table"):
        connect.columns(TableSpec(url=CLUSTER, table="nothing.parquet"), tmp_path)


def test_missing_package_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(SvcqError, match=r"pip install 'svcq\[spark\]'"):
        connect.scan(TableSpec(url="spark://head:7077", table="answers"), tmp_path)
