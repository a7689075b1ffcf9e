"""The same sums from a file, databases and clusters: time, memory and agreement of each path, in one run.

    python benchmarks/engines.py --postgres postgres://ana@/survey   measures, writes results/engines.json, renews the
                                                                     table of docs/scale.md
    python benchmarks/engines.py --table                             prints the table of the last results

The PostgreSQL database is one that a table may be written to and removed from; without it, or without pyspark, that
path is left out and nothing is written. Every path is measured in a process of its own: the data contract, then the
sums twice (a cluster's workers are cold at first). Filling the databases and starting a cluster is not counted. Memory
is that of the process that asks, not that of a server or of workers.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "engines.json"
PAGE = HERE.parent / "docs" / "scale.md"
MARK = "<!-- engines -->", "<!-- /engines -->"
SEED, ITEMS = 20261121, 22
PATHS = {
    "file": 'path = "answers.parquet"',
    "DuckDB": 'url = "duckdb:///answers.duckdb"\ntable = "answers"',
    "SQLite": 'url = "sqlite:///answers.db"\ntable = "answers"',
    "PostgreSQL": 'url = "${SVCQ_BENCH_POSTGRES}"\ntable = "svcq_bench"',
    "Spark": 'url = "spark+local[2]"\ntable = "answers.parquet"',
    "Dask": 'url = "${SVCQ_BENCH_DASK}"\ntable = "answers.parquet"',
}
STUDY = """[study]
name = "Engines"
[tables.responses]
{place}
[responses]
table = "responses"
id = "id"
date = "day"
period = "month"
weight = "w"
segments = ["region"]
[instrument]
scale = [1, 7]
perception = "P{{n}}"
expectation = "E{{n}}"
[[instrument.dimensions]]
name = "service"
items = [{items}]
[outcomes.nps]
kind = "nps"
column = "nps"
"""


def main() -> None:
    """Measure, or print the table of the last results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--postgres", help="url of a database that may be written to")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--measure", nargs=2, metavar=("STUDY", "OUT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measured(Path(given.measure[0]), Path(given.measure[1]))))
        return
    results = (
        json.loads(RESULTS.read_text(encoding="utf-8")) if given.table else run(given.rows, given.postgres)
    )
    absent = [] if given.table else left_out(given.postgres)
    if absent:
        print(f"Nothing is written, since {' and '.join(absent)} could not be measured.")
    elif not given.table:
        write_atomically(RESULTS, json.dumps(results, indent=2) + "\n")
        before, rest = PAGE.read_text(encoding="utf-8").split(MARK[0])
        write_atomically(PAGE, f"{before}{MARK[0]}\n{table(results)}\n{MARK[1]}{rest.split(MARK[1])[1]}")
    print(table(results))


def left_out(postgres: str | None) -> list[str]:
    """Return the paths that cannot be measured here: a server has to be named, and pyspark is not in the lock."""
    absent = [] if postgres else ["PostgreSQL"]
    return absent if find_spec("pyspark") else [*absent, "Spark"]


def run(rows: int, postgres: str | None) -> dict[str, Any]:
    """Return what every path took, and how far its sums are from those of the file."""
    found: dict[str, Any] = {}
    where = machine()
    with tempfile.TemporaryDirectory() as name, dask_cluster() as address:
        folder = Path(name)
        os.environ |= {"SVCQ_BENCH_DASK": f"dask+{address}", "SVCQ_BENCH_POSTGRES": postgres or ""}
        fill(folder, answers(rows), postgres)
        for path, place in PATHS.items():
            if path in left_out(postgres):
                continue
            own = folder / path
            own.mkdir()
            for file in folder.glob("answers.*"):
                (own / file.name).symlink_to(file)
            items = ", ".join(map(str, range(1, ITEMS + 1)))
            (own / "study.toml").write_text(STUDY.format(place=place, items=items), encoding="utf-8")
            asked = [
                sys.executable,
                "-W",
                "ignore",
                __file__,
                "--measure",
                own / "study.toml",
                own / "sums.npz",
            ]
            said = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout
            found[path] = json.loads(said.splitlines()[-1]) | {"difference": difference(folder, path)}
    return {"rows": rows, "columns": 2 * ITEMS + 1, "machine": where, "paths": found}


def measured(study_file: Path, out: Path) -> dict[str, Any]:
    """Return the seconds of the contract and of two kinds of sums, each twice, and the peak memory."""
    from svcq_lib.evidence import remote
    from svcq_lib.evidence.columns import Difference
    from svcq_lib.evidence.finish import finish
    from svcq_lib.evidence.needs import Cells, EvidenceNeeds
    from svcq_lib.evidence.parts import part_of
    from svcq_lib.evidence.plan import plan_of
    from svcq_lib.sources import connect, contracts
    from svcq_lib.sources.open import open_study

    study = open_study(study_file)
    start = time.perf_counter()
    report = contracts.check(study)
    report.raise_for_errors()
    found: dict[str, Any] = {"check": time.perf_counter() - start}
    gaps = {
        f"gap.{i}": Difference(f"perception.q{i:02d}", f"expectation.q{i:02d}") for i in range(1, ITEMS + 1)
    }
    answers = tuple(f"perception.q{i:02d}" for i in range(1, ITEMS + 1))
    kinds = {
        "groups": EvidenceNeeds(gaps, {"groups": Cells((*answers, *gaps), by=("month", "segment.region"))}),
        "blocks": EvidenceNeeds(cells={"blocks": Cells((*answers, "outcome.nps"), cross=True, blocks=True)}),
    }
    kept = {}
    for kind, needs in kinds.items():
        for run in ("first", "again"):
            start = time.perf_counter()
            plan = plan_of(study, needs, rows=report.rows("responses"))
            part = (
                remote.part_of_table(plan)
                if remote.is_remote(study)
                else part_of([connect.scan(study.tables["responses"], study.root)], plan)
            )
            moments = finish(part, plan).moments[kind]
            found[f"{kind}_{run}"] = time.perf_counter() - start
        # the numbers of blocks follow the order of rows, which a database need not keep
        compared = moments.total() if kind == "blocks" else moments
        kept |= {f"{kind}_{name}": array for name, array in compared.sums.items()}
    np.savez(out, **kept)
    return found | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def difference(folder: Path, path: str) -> float:
    """Return the largest difference between the sums of a path and the file's, relative to the largest sum."""
    with np.load(folder / "file" / "sums.npz") as own, np.load(folder / path / "sums.npz") as other:
        return max(
            float(np.abs(other[name] - own[name]).max() / np.abs(own[name]).max()) for name in own.files
        )


def answers(rows: int) -> pl.DataFrame:
    """Return correlated answers of 22 items, expected and perceived, 2 % of them missing."""
    rng = np.random.default_rng(SEED)
    trait = rng.normal(size=rows)
    columns: dict[str, Any] = {"id": [f"R{i:08d}" for i in range(rows)]}
    columns["day"] = np.datetime64("2024-01-01") + rng.integers(0, 1096, rows).astype("timedelta64[D]")
    columns["w"] = rng.uniform(0.5, 1.5, rows).round(3)
    columns["region"] = rng.choice(["north", "south", "east", "west"], rows)
    for name in (*(f"P{i}" for i in range(1, ITEMS + 1)), *(f"E{i}" for i in range(1, ITEMS + 1)), "nps"):
        low, high = (0, 10) if name == "nps" else (1, 7)
        value = np.clip(np.rint((low + high) / 2 + trait + rng.normal(size=rows)), low, high).astype(np.int8)
        columns[name] = pl.Series(value).set(pl.Series(rng.random(rows) < 0.02), None)
    return pl.DataFrame(columns)


def fill(folder: Path, frame: pl.DataFrame, postgres: str | None) -> None:
    """Write the answers to a file and to the databases."""
    import sqlite3

    import duckdb

    frame.write_parquet(folder / "answers.parquet", row_group_size=1 << 17)
    with duckdb.connect(str(folder / "answers.duckdb")) as base:
        base.execute(f"create table answers as select * from '{folder / 'answers.parquet'}'")
    kinds = {pl.String: "text", pl.Date: "date", pl.Float64: "double precision", pl.Int8: "smallint"}
    columns = ", ".join(f'"{name}" {kinds[dtype.base_type()]}' for name, dtype in frame.schema.items())
    with sqlite3.connect(folder / "answers.db") as lite:
        lite.execute(f"create table answers ({columns})")
        plain = frame.with_columns(pl.col("day").cast(pl.String))
        for batch in plain.iter_slices(100_000):
            lite.executemany(
                f"insert into answers values ({', '.join('?' * len(frame.columns))})", batch.iter_rows()
            )
    if postgres:
        import psycopg

        with psycopg.connect(postgres) as base, base.cursor() as cursor:
            cursor.execute("drop table if exists svcq_bench")
            cursor.execute(f"create table svcq_bench ({columns})")
            with cursor.copy("copy svcq_bench from stdin with (format csv)") as copy:
                for batch in frame.iter_slices(100_000):
                    copy.write(batch.write_csv(include_header=False))
        with psycopg.connect(postgres, autocommit=True) as base:
            base.execute("vacuum analyze svcq_bench")


@contextmanager
def dask_cluster() -> Iterator[str]:
    """Start two workers and yield the address of their scheduler."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        yield cluster.scheduler_address


def machine() -> str:
    """Return the size of the machine, how busy it is and the versions that are measured."""
    import datetime as dt
    import platform
    from importlib.metadata import version

    names = ["polars", "numpy", "ibis-framework", "duckdb", "psycopg", "distributed"]
    names += ["pyspark"] if find_spec("pyspark") else []
    said = ", ".join(f"{name} {version(name)}" for name in names)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    size = f"{os.cpu_count()} cores, {memory:.0f} GB, load {os.getloadavg()[0]:.1f} before"
    return f"{dt.date.today()}, {size}; python {platform.python_version()}, {said}"


def table(results: dict[str, Any]) -> str:
    """Return results as Markdown."""
    head = ("check", "groups", "groups, again", "blocks", "blocks, again")
    lines = [
        f"{results['machine']}. {results['rows']:,} rows × {results['columns']} answers, seed {SEED}.",
        "",
        f"| rows lie in | {', s | '.join(head)}, s | memory, MB | largest difference |",
        "| --- | " + "---: | " * 7,
    ]
    for path, one in results["paths"].items():
        times = [
            one[name] for name in ("check", "groups_first", "groups_again", "blocks_first", "blocks_again")
        ]
        seconds = " | ".join(f"{value:.1f}" for value in times)
        difference = f"{one['difference']:.0e}" if one["difference"] else "none"
        lines.append(f"| {path} | {seconds} | {one['peak_mb']:.0f} | {difference} |")
    return "\n".join(lines)


def write_atomically(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    partial = path.with_name(path.name + ".tmp")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


if __name__ == "__main__":
    main()
