"""A local Dask cluster: the kernel on its files finds what a scan of the rows finds."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from svcq_lib.errors import DataError, SvcqError
from svcq_lib.evidence.collect import collect
from svcq_lib.evidence.finish import finish
from svcq_lib.evidence.plan import plan_of
from svcq_lib.evidence.remote import part_of_table
from svcq_lib.sources import connect, dask
from svcq_lib.sources.open import open_study
from svcq_lib.study import TableSpec

from .places import assert_equal, locally, moved
from .test_sql import DESIGNS, MARGINS, NEEDS, STREAMED, TOML, TOPICS, answers


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of a scheduler with two workers in processes of their own."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def two(address, tmp_path):
    """Make a study in several files on the cluster and the same one in one file here."""

    def make(frame: pd.DataFrame, design: str = "simple", margins: str = "", form: str = "csv"):
        for number, rows in enumerate(np.array_split(np.arange(len(frame)), 3)):
            part = frame.iloc[rows]
            if form == "csv":
                part.to_csv(tmp_path / f"part-{number}.csv", index=False)
            else:
                part.to_parquet(tmp_path / f"part-{number}.parquet", index=False)
        frame.to_csv(tmp_path / "answers.csv", index=False)
        where = {
            "there": f'url = "dask+{address}"\ntable = "part-*.{form}"',
            "here": 'path = "answers.csv"',
        }
        for name, place in where.items():
            text = TOML.replace("DESIGN", DESIGNS[design]).replace("MARGINS", margins)
            text = f'[study]\nname = "Test"\n[tables.responses]\n{place}\n{text}'
            (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        return [open_study(tmp_path / f"{name}.toml") for name in where]

    return make


def found(study, needs):
    plan = plan_of(study, needs)
    return finish(part_of_table(plan), plan)


@pytest.mark.service
@pytest.mark.parametrize(
    ("design", "margins", "n", "form"),
    [
        ("simple", "", 400, "parquet"),
        ("strata", MARGINS, 400, "csv"),
        ("cluster", "", 400, "csv"),
        ("strata", "", 2400, "parquet"),
    ],
    ids=["simple", "calibrated", "clusters", "hashed"],
)
def test_files_add_up_to_the_table(two, design, margins, n, form):
    there, here = two(answers(n), design, margins, form)
    one, other = found(there, NEEDS | STREAMED), locally(here, NEEDS | STREAMED)
    assert_equal(one, other)
    if margins:
        assert one.design.calibration.sw == pytest.approx(other.design.calibration.sw)


@pytest.mark.service
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_a_killed_worker_costs_no_row(two, tmp_path, monkeypatch):
    there, here = two(answers())
    real, mark = dask._worked, tmp_path / "killed"

    def dying(*task):
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*task)

    monkeypatch.setattr(dask, "_worked", dying)
    assert_equal(found(there, NEEDS | STREAMED), locally(here, NEEDS | STREAMED))
    assert mark.exists()


@pytest.mark.service
def test_large_files_are_cut_into_tasks(two, monkeypatch):
    there, here = two(answers())
    monkeypatch.setattr(dask, "_ROWS", 50)
    assert_equal(found(there, NEEDS | STREAMED), locally(here, NEEDS | STREAMED))


@pytest.mark.service
def test_needs_of_the_reports(address, small_demo, tmp_path):
    place = f'url = "dask+{address}"\ntable = "responses.csv"'
    there, here = moved(small_demo, tmp_path / "study", place), open_study(small_demo)
    for topic in TOPICS.values():
        assert_equal(collect(there, topic.needs(here)), collect(here, topic.needs(here)))


@pytest.mark.service
def test_the_fingerprint_follows_the_files(two, tmp_path):
    there, _ = two(answers())
    spec = there.tables["responses"]
    first = connect.fingerprint(spec, there.root)
    assert connect.fingerprint(spec, there.root) == first
    with (tmp_path / "part-1.csv").open("a") as file:
        file.write("R9999,2026-01-01,1,n,u,u1,1,1,1,1,1,1,1\n")
    assert connect.fingerprint(spec, there.root) != first


@pytest.mark.service
def test_what_a_worker_refuses_is_said(two, tmp_path):
    there, _ = two(answers())
    plan = plan_of(there, NEEDS)
    answers().drop(columns="o").to_csv(tmp_path / "part-1.csv", index=False)
    with pytest.raises(DataError, match=r"lacks 1 column\(s\) that there.toml names"):
        part_of_table(plan)
    with pytest.raises(DataError, match=r"part-1.csv has other columns than the first file \('o'\)"):
        open_study(tmp_path / "there.toml")


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(
        DataError, match=r"there is no file \*\.parquet. Correct table in \[tables.responses\]"
    ):
        connect.columns(TableSpec(url="dask+tcp://head:8786", table="*.parquet"), tmp_path, name="responses")


def test_missing_package_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("id\n1\n")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SvcqError, match=r"pip install 'svcq\[dask\]'"):
        connect.fingerprint(TableSpec(url="dask+tcp://head:8786", table="a.csv"), tmp_path)
