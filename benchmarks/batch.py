"""Reports of every branch: one `svcq run` against the sequential `papermill` and `jupyter nbconvert` commands.

    python benchmarks/batch.py                       measures, writes results/batch.json, renews the table of README.md
    python benchmarks/batch.py --table               prints the table of the last results
    python benchmarks/batch.py --branches 4 --stock 1 --growth 10    fewer reports, for a look

Every figure counts a whole command from its start to its end. The stock commands take the same time for each report,
so a sample of them is measured and scaled. Their PDF is made by `jupyter nbconvert --to svcq-pdf`: nbconvert's own
needs a LaTeX installation or a browser. Memory is the proportional share (PSS) of the command and all it started.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import psutil
from simulation import results

from svcq_lib.reports.resources import notebook_of
from svcq_lib.sources.demo import write_demo

HERE = Path(__file__).resolve().parent
TOPICS = ("scores", "gaps", "drivers")
FORMATS = {"HTML": ("html",), "HTML + PDF": ("html", "pdf")}
STOCK = {"html": "html", "pdf": "svcq-pdf"}
SEED = 20261125
GOAL = 4.0
ANSWERS = 12_000
PER_BRANCH = 60
SMALL = """
[study]
name = "Fan-out"
[tables.answers]
path = "answers.csv"
[responses]
table = "answers"
id = "id"
[responses.segments.branch]
column = "branch"
[outcomes.csat]
kind = "csat"
column = "csat"
scale = [1, 10]
[outcomes.nps]
kind = "nps"
column = "nps"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--table", action="store_true", help="print the table of the last results")
    parser.add_argument("--branches", type=int, default=24, help="how many of the 24 branches get reports")
    parser.add_argument("--stock", type=int, default=4, help="branches measured with the stock commands")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--growth", default="10,100,500", help="numbers of reports of the fan-out; empty for none"
    )
    options = parser.parse_args()
    if not options.table:
        with tempfile.TemporaryDirectory() as name:
            rows, facts = measured(Path(name), options)
        machine = {"memory_gb": round(psutil.virtual_memory().total / 2**30), "load": os.getloadavg()[0]}
        results.write("batch", rows, seed=SEED, answers=ANSWERS, machine=machine, goal=GOAL, **facts)
        results.renew("batch", table(results.read("batch")))
    print(table(results.read("batch")))


def measured(folder: Path, options: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of the table, and what else was measured."""
    study = write_demo(folder / "demo", n_responses=ANSWERS)
    branches = sorted(pd.read_csv(study.parent / "responses.csv")["branch"].unique())[: options.branches]
    rows, identical = [], [0, 0]
    for name, formats in FORMATS.items():
        out = folder / name.replace(" ", "")
        ours = svcq(study, TOPICS, out, formats, options.jobs, branches)
        rows.append({"what": "svcq run", "formats": name, **ours})
        stock = stock_commands(study, branches[: options.stock], formats, folder / "stock")
        rows.append({"what": "papermill, nbconvert", "formats": name, **stock})
        identical = [a + b for a, b in zip(identical, compared(folder / "stock", out), strict=True)]
    floor = [cells(study, topic, branches[: options.stock]) for topic in TOPICS]
    mean = {name: float(np.mean([one[name] for one in floor])) for name in ("seconds", "cpu")}
    facts = {"branches": len(branches), "jobs": options.jobs, "identical": identical, "floor": mean}
    sizes = [int(one) for one in options.growth.split(",") if one]
    return rows, {**facts, "growth": [fan_out(folder / f"fan{size}", size, options.jobs) for size in sizes]}


def svcq(
    study: Path, topics: tuple[str, ...], out: Path, formats: tuple[str, ...], jobs: int, branches: list[str]
) -> dict[str, Any]:
    """Measure one run over all branches; fewer of them only if there are fewer in the data."""
    keep_only(study, branches)
    command = [sys.executable, "-m", "svcq_lib.cli", "run", study, *topics, "--by", "branch", "--jobs", jobs]
    taken = command_taken([*command, "--to", ",".join(formats), "--out", out], HERE)
    made = len(list(out.glob("*.html"))) - 1  # the catalogue
    return {"reports": made, **taken}


def keep_only(study: Path, branches: list[str]) -> None:
    """Leave the answers of some branches in a study."""
    path = study.parent / "responses.csv"
    answers = pd.read_csv(path, dtype=str, keep_default_na=False)
    answers[answers["branch"].isin(branches)].to_csv(path, index=False)


def stock_commands(study: Path, branches: list[str], formats: tuple[str, ...], out: Path) -> dict[str, Any]:
    """Measure the stock commands one after the other."""
    out.mkdir(exist_ok=True)
    taken: list[dict[str, float]] = []
    for topic in TOPICS:
        for branch in branches:
            made = out / f"{topic}_branch-{branch}_en.ipynb"
            where = json.dumps({"study": study.name, "where": {"branch": branch}})
            run = [
                stock("papermill"),
                notebook_of(topic),
                made,
                "-y",
                where,
                "--cwd",
                study.parent,
                "-k",
                "python3",
            ]
            convert = [[stock("jupyter"), "nbconvert", "--to", STOCK[one], made] for one in formats]
            taken += [command_taken(one, out) for one in [run, *convert]]
    total = {name: sum(one[name] for one in taken) for name in ("seconds", "cpu")}
    count = len(TOPICS) * len(branches)
    return {"reports": count, **total, "peak_mb": max(one["peak_mb"] for one in taken)}


def stock(name: str) -> Path:
    """Return a command of the same environment."""
    return Path(sys.executable).with_name(name)


def command_taken(command: list[Any], folder: Path) -> dict[str, float]:
    """Run a command; return its seconds, processor seconds (with all it started) and peak memory."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(
        list(map(str, command)), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    peak = [0.0]
    threading.Thread(target=_follow, args=(process, peak), daemon=True).start()
    said, _ = process.communicate()
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{said[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": time.perf_counter() - begun, "cpu": processor, "peak_mb": peak[0]}


def _follow(process: subprocess.Popen[str], peak: list[float]) -> None:
    root = psutil.Process(process.pid)
    while process.poll() is None:
        held = 0
        for one in (root, *root.children(recursive=True)):
            try:
                held += one.memory_full_info().pss
            except psutil.Error:  # it has ended meanwhile
                continue
        peak[0] = max(peak[0], held / 2**20)
        time.sleep(1)


def compared(stock_out: Path, out: Path) -> tuple[int, int]:
    """Return how many outputs of the sample are the same in both, and how many there are."""
    same = total = 0
    for path in sorted(stock_out.glob("*.ipynb")):
        ours, theirs = (outputs(one) for one in (out / path.name, path))
        total += max(len(ours), len(theirs))
        same += sum(a == b for a, b in zip(ours, theirs, strict=False))
    return same, total


def outputs(path: Path) -> list[Any]:
    cells = nbformat.read(path, as_version=4).cells
    return [output for cell in cells for output in cell.get("outputs", [])]


def cells(study: Path, topic: str, branches: list[str]) -> dict[str, float]:
    """Measure the cells alone in a fresh process."""
    command = [sys.executable, str(HERE / "measurements" / "cells.py"), str(study), topic, *branches]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the cells of {topic} failed:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def fan_out(folder: Path, size: int, jobs: int) -> dict[str, Any]:
    """Measure the scores of a study with many branches."""
    folder.mkdir()
    rng = np.random.default_rng(SEED)
    rows = size * PER_BRANCH
    answers = {"id": np.arange(rows), "branch": [f"B{i % size:03d}" for i in range(rows)]}
    answers |= {"csat": rng.integers(1, 11, rows), "nps": rng.integers(0, 11, rows)}
    pd.DataFrame(answers).to_csv(folder / "answers.csv", index=False)
    (folder / "study.toml").write_text(SMALL, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "svcq_lib.cli",
        "run",
        folder,
        "scores",
        "--by",
        "branch",
        "--jobs",
        jobs,
    ]
    taken = command_taken([*command, "--out", folder / "out"], HERE)
    made = len(list((folder / "out").glob("*.html"))) - 1
    bytes_ = sum(path.stat().st_size for path in (folder / "out").rglob("*") if path.is_file())
    again = command_taken([*command, "--out", folder / "out"], HERE)
    return {
        "branches": size,
        "reports": made,
        **taken,
        "mb": bytes_ / 2**20,
        "again_seconds": again["seconds"],
    }


def table(whole: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    rows = pd.DataFrame(whole["rows"]).set_index(["formats", "what"])
    pace = rows["seconds"] / rows["reports"]
    shown = pd.DataFrame({
        "formats": rows.index.get_level_values(0), "command": rows.index.get_level_values(1),
        "reports": rows["reports"], "seconds per report": pace.map("{:.2f}".format),
        "reports per minute": (60 / pace).map("{:.1f}".format),
        "ratio": [_ratio(rows, *key) for key in rows.index],
        "processor seconds per report": (rows["cpu"] / rows["reports"]).map("{:.2f}".format),
        "peak memory, MB": rows["peak_mb"].map("{:,.0f}".format),
    })  # fmt: skip
    floor, (same, total) = whole["floor"], whole["identical"]
    lines = [
        f"{results.stamp(whole)} {whole['branches']} branches × {len(TOPICS)} reports ({', '.join(TOPICS)}), "
        f"{whole['answers']:,} answers, {whole['jobs']} workers against one stock command after the other; start-up "
        f"included; load of the machine at the end {whole['machine']['load']:.1f}. Goal: a ratio of at least "
        f"{whole['goal']:g}.\n",
        results.markdown(shown),
        f"The floor, cells alone in one warm process: {floor['seconds']:.2f} s, {floor['cpu']:.2f} processor seconds "
        f"per report. Outputs identical to the stock commands': {same:,} of {total:,}.\n",
    ]
    if whole["growth"]:
        growth = pd.DataFrame(whole["growth"])
        fanned = pd.DataFrame({
            "branches": growth["branches"], "reports": growth["reports"],
            "seconds": growth["seconds"].map("{:.1f}".format),
            "seconds per report": (growth["seconds"] / growth["reports"]).map("{:.2f}".format),
            "peak memory, MB": growth["peak_mb"].map("{:,.0f}".format), "folder, MB": growth["mb"].map("{:.0f}".format),
            "again, nothing changed, s": growth["again_seconds"].map("{:.1f}".format),
        })  # fmt: skip
        lines += [
            f"Fan-out: the scores of each of many branches with {PER_BRANCH} answers each.\n",
            results.markdown(fanned),
        ]
    return "\n".join(lines)


def _ratio(rows: pd.DataFrame, formats: str, what: str) -> str:
    pace = rows["seconds"] / rows["reports"]
    return f"{pace[formats, 'papermill, nbconvert'] / pace[formats, what]:.1f}"


if __name__ == "__main__":
    main()
