"""A PostgreSQL server of this module: what it adds up, and what is streamed from it, equals a scan of the file."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from svcq_lib.errors import DataError
from svcq_lib.evidence import sql
from svcq_lib.evidence.collect import collect
from svcq_lib.evidence.finish import finish
from svcq_lib.evidence.plan import plan_of
from svcq_lib.sources import connect, contracts
from svcq_lib.sources.open import open_study

from .places import assert_equal, locally, moved, responses
from .test_sql import MARGINS, NEEDS, STREAMED, TOML, TOPICS, answers

pytestmark = pytest.mark.service
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}


def _binary(name: str) -> str:
    found = shutil.which(name) or next(
        iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))[::-1]), None
    )
    if found is None:
        (pytest.fail if IN_CI else pytest.skip)(f"{name} of PostgreSQL is not installed")
    return os.path.realpath(found)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The folder of the socket of a new server with a database ``survey``; it runs without privileges."""
    folder = Path(tempfile.mkdtemp(prefix="svcq-pg-"))
    who = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    if who:
        shutil.chown(folder, **who)
    run = {"check": True, "capture_output": True, "cwd": folder, "timeout": 60, **who}
    data, log = folder / "data", folder / "log"
    subprocess.run(
        [_binary("initdb"), "-D", data, "-U", "ana", "-A", "trust", "-E", "UTF8", "--no-sync"], **run
    )
    start = ["-o", f"-k {folder} -c listen_addresses= -c fsync=off -c unix_socket_permissions=0777"]
    control = _binary("pg_ctl")
    subprocess.run(
        [control, "-D", data, "-l", log, "-w", *start, "start"], **{**run, "capture_output": False}
    )
    try:
        yield str(folder)
    finally:
        subprocess.run([control, "-D", data, "-m", "immediate", "-w", "stop"], **run)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def url(server):
    return f"postgres://ana@/postgres?host={server}"


def put(server: str, table: str, frame: pd.DataFrame) -> None:
    """Copy a frame into a new table of the server, with the types that its columns have."""
    import psycopg

    kinds = {
        "Int64": "smallint",
        "Float64": "double precision",
        "float64": "numeric(8, 3)",
        "int64": "integer",
    }
    columns = ", ".join(
        f'"{name}" {"date" if name in ("day", "date") else kinds.get(str(dtype), "text")}'
        for name, dtype in frame.dtypes.items()
    )
    with psycopg.connect(host=server, user="ana", dbname="postgres") as base, base.cursor() as cursor:
        cursor.execute(f'create table "{table}" ({columns})')
        with cursor.copy(f'copy "{table}" from stdin with (format csv)') as copy:
            copy.write(frame.to_csv(index=False, header=False))


@pytest.fixture(scope="module")
def demo_there(server, url, small_demo, tmp_path_factory):
    put(server, "responses", responses(small_demo))
    place = f'url = "{url}"\ntable = "responses"'
    return moved(small_demo, tmp_path_factory.mktemp("postgres") / "study", place)


@pytest.fixture(scope="module")
def pair(server, url, tmp_path_factory):
    """Make a study on the server and the same one in a file."""
    made = iter(range(100))

    def make(frame: pd.DataFrame, margins: str = ""):
        table, folder = f"answers{next(made)}", tmp_path_factory.mktemp("pair")
        put(server, table, frame)
        frame.to_csv(folder / "answers.csv", index=False)
        studies = []
        for name, where in (("there", f'url = "{url}"\ntable = "{table}"'), ("here", 'path = "answers.csv"')):
            text = TOML.replace("DESIGN", 'strata = "area"').replace("MARGINS", margins)
            text = f'[study]\nname = "Test"\n[tables.responses]\n{where}\n{text}'
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
            studies.append(open_study(folder / f"{name}.toml"))
        return studies

    return make


def found(study, needs):
    plan = plan_of(study, needs)
    return finish(sql.part_of_database(plan), plan)


@pytest.mark.parametrize("topic", TOPICS)
def test_needs_of_the_reports(demo_there, small_demo, topic):
    here = open_study(small_demo)
    needs = TOPICS[topic].needs(here)
    assert_equal(found(demo_there, needs), locally(here, needs), blocks=topic != "scores")


def test_the_server_adds_up_what_it_can(pair, monkeypatch):
    there, here = pair(answers())
    monkeypatch.setattr(sql, "part_of", None)  # nothing may be streamed
    chosen = [one.where(region="n").during("2026-Q2..2026-Q3") for one in (there, here)]
    assert_equal(found(chosen[0], NEEDS), locally(chosen[1], NEEDS), blocks=False)


def test_blocks_and_calibrated_weights_are_streamed(pair):
    there, here = pair(answers(2100), MARGINS)
    assert_equal(found(there, NEEDS | STREAMED), locally(here, NEEDS | STREAMED))


def test_the_contract_finds_the_same_problems(pair):
    frame = answers()
    frame.loc[5, "b"], frame.loc[6, "w"], frame.loc[7, "id"] = 9.0, -1.0, "R0001"
    there, here = pair(frame)
    one, other = contracts.check(there), contracts.check(here)
    assert [(p.code, p.column, p.rows, len(p.examples)) for p in one.problems] == [
        (p.code, p.column, p.rows, len(p.examples)) for p in other.problems
    ]
    assert {"off_scale", "weight_not_positive", "repeated_id"} <= {p.code for p in one.errors}
    with pytest.raises(DataError, match="break the contract in 3 way"):
        collect(there, NEEDS)


def test_rows_come_in_batches_and_the_fingerprint_follows_them(pair, monkeypatch):
    from svcq_lib.sources import databases

    there, _ = pair(answers())
    monkeypatch.setattr(databases, "_BATCH", 64)
    table = there.tables["responses"]
    first = connect.fingerprint(table, there.root)
    with databases.opened(table, there.root, "responses") as (connection, rows):
        sizes = [len(batch) for batch in databases.fetched(connection, rows)]
    assert sizes == [0, *[64] * 6, 16]
    assert connect.scan(table, there.root).select(pl.col("w").sum()).collect().item() == answers()["w"].sum()
    assert connect.fingerprint(table, there.root) == first
    other, _ = pair(answers().assign(a=2))
    assert connect.fingerprint(other.tables["responses"], other.root) != first


def test_a_wrong_password_is_not_shown(server, pair, monkeypatch):
    monkeypatch.setenv("SVCQ_TEST_PW", "s3cret")
    there, _ = pair(answers())
    place = there.tables["responses"].model_copy(
        update={"url": f"postgres://nobody:${{SVCQ_TEST_PW}}@/postgres?host={server}"}
    )
    with pytest.raises(DataError, match=r'role "nobody" does not exist') as error:
        connect.columns(place, there.root)
    assert "s3cret" not in str(error.value)
