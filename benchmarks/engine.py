"""The evidence scan beside pandas, plain polars and plain DuckDB: time, processor time, peak memory and growth.

    python benchmarks/engine.py                 1, 10 and 30 million rows; writes results/engine.json, renews README.md
    python benchmarks/engine.py --rows 1000000  fewer rows, for a look
    python benchmarks/engine.py --table         prints the table of the last results

Synthetic SERVQUAL answers: 46 whole-number columns (22 perceptions, 22 expectations, recommendation, satisfaction) with
2 % missing each, 500 branches, 36 months, one Parquet file in groups of 262,144 rows. Every figure is a process of its
own, imports included in memory but not in time; up to 10 million rows one that takes less than ten seconds is the best
of three that take turns with the others. The check of the data, which the others do not make, is done before, and not
counted. What the notebooks need is what `scores`, `gaps` and `drivers` ask of a study of that file, with 1,000
blocks; the other side computes the figures of the same notebooks with pandas, scipy and statsmodels, without the
bootstrap that the blocks are for. Some of them are compared. The columns alone are decoded by polars, by DuckDB and by
pyarrow.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from simulation import results

HERE = Path(__file__).resolve().parent
SEED = 20261126
ITEMS, BRANCHES, MONTHS = 22, 500, 36
ROWS = (1_000_000, 10_000_000, 30_000_000)
PART, GROUP = 1 << 19, 1 << 18  # rows made at once; rows of a group of the file, as polars writes it
SHORT_TIMES, SHORT = 3, 10.0
"""Each figure is one run, or the best of so many if the first takes less than so many seconds."""
PANDAS_ROWS = 10_000_000
"""Above this the tables of pandas would not fit into the memory of the machine that measures."""
P, E = ([f"{kind}{i}" for i in range(1, ITEMS + 1)] for kind in "PE")
COLUMNS = [*P, *E, "nps", "csat"]
STUDY = """[study]
name = "Engine"
[tables.responses]
path = "answers.parquet"
[responses]
id = "id"
date = "date"
period = "month"
{segment}
[instrument]
scale = [1, 7]
expectation = "E{{n}}"
perception = "P{{n}}"
{dimensions}
[outcomes.csat]
kind = "csat"
column = "csat"
scale = [1, 10]
[outcomes.nps]
kind = "nps"
column = "nps"
"""
SIZES = {"tangibles": 4, "reliability": 5, "responsiveness": 4, "assurance": 4, "empathy": 5}


def parts(rows: int, missing: float) -> Iterator[pl.DataFrame]:
    """Yield the answers in parts: a mood that all share, and what is each item's own."""
    rng = np.random.default_rng(SEED)
    for start in range(0, rows, PART):
        n = min(PART, rows - start)
        mood = rng.normal(size=(n, 1)).astype(np.float32)
        latent = 0.6 * mood + 0.8 * rng.standard_normal((n, len(COLUMNS)), dtype=np.float32)
        values = np.empty((n, len(COLUMNS)), dtype=np.int8)
        values[:, : 2 * ITEMS] = np.clip(np.round(4.8 + 1.2 * latent[:, : 2 * ITEMS]), 1, 7)
        values[:, -2] = np.clip(np.round(7 + 2 * latent[:, -2]), 0, 10)
        values[:, -1] = np.clip(np.round(6.5 + 1.8 * latent[:, -1]), 1, 10)
        frame = pl.DataFrame(values, schema=COLUMNS)
        if missing:
            gone = rng.random((n, len(COLUMNS)), dtype=np.float32) < missing
            frame = frame.with_columns(
                pl.when(pl.Series(~gone[:, i])).then(pl.col(name)).alias(name)
                for i, name in enumerate(COLUMNS)
            )
        months = pl.Series(rng.integers(0, MONTHS, n))
        yield frame.with_columns(
            id=pl.Series(np.arange(start, start + n)),
            branch=pl.format("B{}", pl.Series(rng.integers(0, BRANCHES, n)).cast(pl.String).str.zfill(3)),
            date=pl.date(2023 + months // 12, 1 + months % 12, 15),
        )


def write_study(folder: Path, rows: int, *, missing: float = 0.02, segment: bool = False) -> Path:
    """Write the answers and a study file; the file of answers is made once per folder."""
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    first, dimensions = 1, []
    for name, size in SIZES.items():
        items = ", ".join(map(str, range(first, first + size)))
        dimensions.append(f'[[instrument.dimensions]]\nname = "{name}"\nitems = [{items}]')
        first += size
    own = '[responses.segments.branch]\ncolumn = "branch"' if segment else ""
    text = STUDY.format(segment=own, dimensions="\n".join(dimensions))
    (folder / "study.toml").write_text(text, encoding="utf-8")
    target = folder / "answers.parquet"
    if not target.exists():
        writer = None
        for frame in parts(rows, missing):
            table = frame.to_arrow()
            writer = writer or pq.ParquetWriter(target, table.schema, compression="zstd")
            writer.write_table(table, row_group_size=GROUP)
        if writer is not None:
            writer.close()
    return folder


def decode(folder: Path) -> float:
    """Decode the 46 columns alone: their totals, which cost next to nothing more."""
    totals = pl.scan_parquet(folder / "answers.parquet").select(pl.col(COLUMNS).cast(pl.Int64).sum())
    return float(sum(totals.collect(engine="streaming").row(0)))


def decode_duckdb(folder: Path) -> float:
    """Decode the same columns with DuckDB."""
    import duckdb

    asked = ", ".join(f"sum({name})" for name in COLUMNS)
    (row,) = duckdb.sql(f"SELECT {asked} FROM '{folder / 'answers.parquet'}'").fetchall()
    return float(sum(row))


def decode_pyarrow(folder: Path) -> float:
    """Decode the same columns with pyarrow."""
    import pyarrow.parquet as pq

    batches = pq.ParquetFile(folder / "answers.parquet").iter_batches(1 << 17, columns=COLUMNS)
    return float(sum(batch.num_rows for batch in batches))


def _rated() -> tuple[str, ...]:
    return tuple(f"{kind}.q{i:02d}" for kind in ("perception", "expectation") for i in range(1, ITEMS + 1))


def products(folder: Path) -> float:
    """Return the sums of pairs of 46 columns, of all rows as one cell."""
    from svcq_lib.evidence import collect, needs
    from svcq_lib.sources.open import open_study

    cells = needs.Cells((*_rated(), "outcome.nps", "outcome.csat"), cross=True)
    found = collect.collect(open_study(folder), needs.EvidenceNeeds(cells={"pairs": cells}))
    return float(found.moments["pairs"].sums["swxy"].sum())


def correlations(folder: Path) -> float:
    """Return pandas' pairwise correlations."""
    frame = pd.read_parquet(folder / "answers.parquet", columns=COLUMNS)
    return float(frame.corr().to_numpy().sum())


def notebooks(folder: Path) -> float:
    """Compute what scores, gaps and drivers need: whole study, months and blocks of the bootstrap.

    Returns the sum of a few figures that the other side computes as well.
    """
    from svcq_lib.analyses import drivers, gaps, scores
    from svcq_lib.evidence.collect import collect
    from svcq_lib.sources.open import open_study
    from svcq_lib.stats.matrices import correlation_from_moments

    study = open_study(folder)
    found = collect(study, scores.needs(study) | gaps.needs(study) | drivers.needs(study)).moments

    def mean(request: str, name: str) -> float:
        moments = found[request]
        column = moments.column(name)
        return float(moments.sums["swx"][0, column] / moments.sums["n"][0, column])

    pairs = found["drivers.pairs.listwise"].sums
    matrix = correlation_from_moments(*(pairs[name][0] for name in ("n", "sw", "swx", "swxx", "swxy")))
    gap = sum(mean("gaps", f"estimate.q{i:02d}") for i in range(1, ITEMS + 1)) + mean(
        "gaps", "estimate.overall"
    )
    return gap + mean("scores", "outcome.csat") + mean("scores", "outcome.nps.net") + float(matrix.sum())


def usual(folder: Path) -> float:
    """Compute the figures of the same notebooks as an analyst does with pandas, scipy and statsmodels.

    Without what the blocks are for: intervals by bootstrap. Returns the sum of the same few figures.
    """
    frame = pd.read_parquet(folder / "answers.parquet", columns=[*COLUMNS, "date"])
    month = frame["date"].astype(str).str[:7]
    return _usual_scores(frame, month) + _usual_gaps(frame, month) + _usual_drivers(frame)


def _usual_scores(frame: pd.DataFrame, month: pd.Series) -> float:
    """Return satisfaction, recommendation and top box, by month, among those who answered both, and by level."""
    nps = frame["nps"]
    net = ((nps >= 9).astype(float) - (nps <= 6).astype(float)).where(nps.notna())
    top = (frame["csat"] >= 9).astype(float).where(frame["csat"].notna())
    figures = pd.DataFrame({"csat": frame["csat"], "net": net, "top": top})
    figures.agg(["mean", "std", "count"])
    figures.groupby(month).agg(["mean", "std", "count"])
    figures[frame[["csat", "nps"]].notna().all(axis=1)].agg(["mean", "std", "count"])
    for name in ("csat", "nps"):
        frame[name].value_counts()
    return float(frame["csat"].mean() + net.mean())


def _usual_gaps(frame: pd.DataFrame, month: pd.Series) -> float:
    """Return paired gaps of items and dimensions, their contrasts and months, reliability, and the gap model."""
    import statsmodels.api as sm
    from scipy import stats

    gaps = pd.DataFrame(frame[P].to_numpy() - frame[E].to_numpy(), columns=P).astype(float)
    pairs = gaps.notna().to_numpy()
    perceived, expected = (
        pd.DataFrame(np.where(pairs, frame[side].to_numpy(dtype=float), np.nan), columns=P) for side in (P, E)
    )
    for p, e in zip(P, E, strict=True):
        both = frame[[p, e]].dropna()
        both.agg(["mean", "std"])
        stats.ttest_rel(both[p], both[e])
        (both[e] == 7).mean()
    dimensions, first = {}, 0
    for name, size in SIZES.items():
        own = P[first : first + size]
        dimensions[name] = gaps[own].mean(axis=1)
        for side, items in ((perceived, own), (expected, own)):
            dimensions[f"{name} {'P' if side is perceived else 'E'}"] = side[items].mean(axis=1)
        for items in (own, E[first : first + size]):
            cover = frame[items].dropna().cov().to_numpy()
            size / (size - 1) * (1 - np.trace(cover) / cover.sum())
        first += size
    table = pd.DataFrame(dimensions)
    table["overall"] = table[list(SIZES)].mean(axis=1, skipna=False)
    table.agg(["mean", "std", "count"])
    table[[*SIZES, "overall"]].groupby(month).agg(["mean", "std", "count"])
    for i, one in enumerate(SIZES):
        for other in list(SIZES)[i + 1 :]:
            both = table[[one, other]].dropna()
            stats.ttest_rel(both[one], both[other])
        table[[f"{one} P", f"{one} E"]].corr()
    sides = [name for name in table if name.endswith((" P", " E"))]
    whole = table[sides].assign(csat=frame["csat"]).dropna().astype(float)
    sm.OLS(whole["csat"], sm.add_constant(whole[sides])).fit()
    return float(gaps.mean().sum() + table["overall"].mean())


def _usual_drivers(frame: pd.DataFrame) -> float:
    """Return correlations and regressions of satisfaction on all items, by each treatment of missing answers."""
    import statsmodels.api as sm

    columns = ["csat", *P]
    for name in P:
        frame[name].value_counts()
    frame[columns].corr()
    frame.loc[frame["csat"].notna(), columns].corr()
    whole = frame[columns].dropna().astype(float)
    sm.OLS(whole["csat"], sm.add_constant(whole[P])).fit()
    ends = pd.concat([(whole[P] >= 6).add_prefix("reward "), (whole[P] <= 2).add_prefix("penalty ")], axis=1)
    sm.OLS(whole["csat"], sm.add_constant(ends.astype(float))).fit()
    return float(whole.corr().to_numpy().sum())


def means_polars(folder: Path) -> float:
    """Return the means of 44 items by branch with plain polars."""
    frame = pl.scan_parquet(folder / "answers.parquet").group_by("branch").agg(pl.col(*P, *E).mean())
    return float(frame.collect(engine="streaming").height)


def means_duckdb(folder: Path) -> float:
    """Return the same with plain DuckDB SQL."""
    import duckdb

    asked = ", ".join(f"avg({name})" for name in (*P, *E))
    query = f"SELECT branch, {asked} FROM '{folder / 'answers.parquet'}' GROUP BY branch"
    return float(len(duckdb.sql(query).fetchall()))


def means_svcq(folder: Path) -> float:
    """Return the sums behind the same means, and their errors, from the scan."""
    from svcq_lib.evidence import collect, needs
    from svcq_lib.sources.open import open_study

    names = _rated()
    cells = needs.Cells(tuple(names), by=("segment.branch",))
    return float(
        len(collect.collect(open_study(folder), needs.EvidenceNeeds(cells={"m": cells})).moments["m"].keys)
    )


def rows_kept(folder: Path) -> float:
    """Keep each branch's rows for its own report; return how many units there are."""
    from svcq_lib.evidence import store
    from svcq_lib.sources.open import open_study

    path = store.write(open_study(folder), ["branch"])
    assert path is not None  # the folder can be written
    return float(len(store.Store(path).keys))


STEPS: dict[str, tuple[Callable[[Path], float], str, bool]] = {
    "decode": (decode, "complete", True),
    "decode, DuckDB": (decode_duckdb, "complete", True),
    "decode, pyarrow": (decode_pyarrow, "complete", True),
    "products": (products, "complete", True),
    "pairwise": (products, "answers", True),
    "pandas corr": (correlations, "answers", False),
    "notebooks": (notebooks, "answers", True),
    "pandas, scipy, statsmodels": (usual, "answers", False),
    "notebooks and 500 branches": (notebooks, "branches", True),
    "rows of 500 branches kept": (rows_kept, "branches", True),
    "means by branch": (means_svcq, "branches", True),
    "means by branch, polars": (means_polars, "answers", True),
    "means by branch, DuckDB": (means_duckdb, "answers", True),
}
"""Name → what is measured, on which file, and whether it is measured on tables larger than pandas can hold."""


IMPORTED = {
    "decode, DuckDB": ["duckdb"], "means by branch, DuckDB": ["duckdb"], "decode, pyarrow": ["pyarrow.parquet"],
    "pandas, scipy, statsmodels": ["scipy.stats", "statsmodels.api"], "decode": [], "pandas corr": [],
    "means by branch, polars": [],
}  # fmt: skip
OURS = [
    "analyses.drivers",
    "analyses.gaps",
    "analyses.scores",
    "evidence.collect",
    "evidence.store",
    "sources.open",
]


def one(step: str, folder: Path) -> dict[str, Any]:
    """Measure one step in this process, after its imports."""
    for module in IMPORTED.get(step, [f"svcq_lib.{name}" for name in OURS]):
        importlib.import_module(module)
    clock, used = time.perf_counter(), time.process_time()
    figure = STEPS[step][0](folder)
    return {
        "seconds": time.perf_counter() - clock, "processor": time.process_time() - used,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "figure": figure,
    }  # fmt: skip


def measured(step: str, folder: Path) -> dict[str, Any]:
    """Measure one step in a fresh process, which finds the report of the check but no sums."""
    cache = folder / ".svcq-cache"
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--one", step, str(folder)]
    for path in cache.glob("*") if cache.exists() else ():
        if path.is_dir():
            shutil.rmtree(path)
        elif not path.name.startswith(("check-", ".")):
            path.unlink()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def write_all(home: Path, n: int) -> None:
    """Write the answers without and with missing ones, and a study of the latter with its branches."""
    write_study(home / f"complete-{n}", n, missing=0.0)
    answers = write_study(home / f"answers-{n}", n)
    split = home / f"branches-{n}"
    split.mkdir(exist_ok=True)
    if not (split / "answers.parquet").exists():
        os.link(answers / "answers.parquet", split / "answers.parquet")
    write_study(split, n, segment=True)


def measure(sizes: list[int], home: Path) -> list[dict[str, Any]]:
    """Return one row per size and step."""
    rows = []
    for n in sizes:
        complete, answers, split = (home / f"{name}-{n}" for name in ("complete", "answers", "branches"))
        # in a process of its own: the most memory that a process ever used is handed on to those it starts
        subprocess.run(
            [sys.executable, __file__, "--write", str(home), str(n)], check=True, capture_output=True
        )
        folders = {"complete": complete, "answers": answers, "branches": split}
        for folder in folders.values():  # its report is kept: the steps find it
            subprocess.run(
                [sys.executable, __file__, "--check", str(folder)], check=True, capture_output=True
            )
        asked = [step for step, (_, _, large) in STEPS.items() if large or n <= PANDAS_ROWS]
        best: dict[str, dict[str, Any]] = {}
        # one after the other, so that a slow minute of the machine meets all of them
        for turn in range(SHORT_TIMES if n <= PANDAS_ROWS else 1):
            for step in asked:
                if turn and best[step]["seconds"] > SHORT:
                    continue
                found = measured(step, folders[STEPS[step][1]])
                print(
                    f"{n:>12,} {step:<30} {found['seconds']:8.2f} s {found['peak_mb']:8,.0f} MB", flush=True
                )
                if turn == 0 or found["seconds"] < best[step]["seconds"]:
                    best[step] = found
        rows += [{"rows": n, "step": step, **found} for step, found in best.items()]
        _agree(rows, n)
        results.write("engine", rows, seed=SEED, items=ITEMS, branches=BRANCHES, months=MONTHS)
    return rows


def _agree(rows: list[dict[str, Any]], n: int) -> None:
    """Stop if both sides, where both were measured, found different figures."""
    found = {row["step"]: row["figure"] for row in rows if row["rows"] == n}
    one, other = found.get("notebooks"), found.get("pandas, scipy, statsmodels")
    if one is not None and other is not None and not np.isclose(one, other, rtol=1e-9, atol=0):
        raise SystemExit(f"the figures of {n:,} rows differ: {one!r} and {other!r}")


def as_markdown(rows: list[dict[str, Any]]) -> str:
    """Return the tables of the README."""
    frame = pd.DataFrame(rows)
    ratios: dict[str, tuple[str, ...]] = {
        "products": ("decode", "decode, DuckDB", "decode, pyarrow"),
        "pairwise": ("pandas corr",),
        "notebooks": ("pandas, scipy, statsmodels",),
        "notebooks and 500 branches": ("notebooks",),
        "rows of 500 branches kept": ("notebooks",),
        "means by branch": ("means by branch, polars", "means by branch, DuckDB"),
    }
    made = []
    for n, part in frame.groupby("rows"):
        seconds = part.set_index("step")["seconds"]
        for row in part.to_dict(orient="records"):
            others = [one for one in ratios.get(row["step"], ()) if one in seconds]
            made.append({
                "measured": row["step"], "rows": f"{n:,}", "seconds": f"{row['seconds']:.2f}",
                "of processor": "" if row["processor"] is None else f"{row['processor']:.2f}",
                "peak MB": f"{row['peak_mb']:,.0f}",
                "ratio": "; ".join(f"{row['seconds'] / seconds[one]:.2f} × {one}" for one in others),
            })  # fmt: skip
    return results.markdown(pd.DataFrame(made))


def main() -> None:
    """Measure, write ``results/engine.json`` and renew the table of the README."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS))
    parser.add_argument(
        "--folder", type=Path, help="where the answers are kept; a temporary folder by default"
    )
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("STEP", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--check", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write", nargs=2, metavar=("FOLDER", "ROWS"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(one(chosen.one[0], Path(chosen.one[1]))))
        return
    if chosen.write:
        write_all(Path(chosen.write[0]), int(chosen.write[1]))
        return
    if chosen.check:
        from svcq_lib.sources import contracts
        from svcq_lib.sources.open import open_study

        contracts.check(open_study(chosen.check), keep=True)
        return
    if not chosen.table:
        with tempfile.TemporaryDirectory() as temporary:
            measure(chosen.rows, chosen.folder or Path(temporary))
    whole = results.read("engine")
    text = f"{results.stamp(whole)}\n\n{as_markdown(whole['rows'])}"
    results.renew("engine", text)
    print(text)


if __name__ == "__main__":
    main()
