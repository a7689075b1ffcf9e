"""Reports of every branch: one `svcq run` against the sequential `papermill` and `jupyter nbconvert` commands.

    python benchmarks/batch.py                       measures, writes results/batch.json, renews the table of README.md
    python benchmarks/batch.py --table               prints the table of the last results
    python benchmarks/batch.py --branches 4 --stock 1 --growth 10    fewer reports, for a look

Every figure counts a whole command from its start to its end; before each run the study's cache is removed. The stock
commands take the same time for each report, so a sample of them is measured and scaled; they find the cache full. Their
PDF is made by `jupyter nbconvert --to svcq-pdf`: nbconvert's own needs a LaTeX installation or a browser. Memory is the
proportional share (PSS) of the command and all it started.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import psutil
from simulation import commands, results

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
START_UP = "from svcq_lib.reports import lean; lean.spare_grammars(); import papermill, svcq_lib.reports.run"
"""What a run imports before it looks at anything."""
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
    parser.add_argument("--stock", type=int, default=3, help="branches measured with the stock commands")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--growth", default="10,100,500", help="numbers of reports of the fan-out; empty for none"
    )
    options = parser.parse_args()
    if not options.table:
        before = os.getloadavg()[0]
        with tempfile.TemporaryDirectory() as name:
            rows, facts = measured(Path(name), options)
        load = [before, os.getloadavg()[0]]
        machine = {"memory_gb": round(psutil.virtual_memory().total / 2**30), "load": load}
        results.write("batch", rows, seed=SEED, answers=ANSWERS, machine=machine, goal=GOAL, **facts)
        results.renew("batch", table(results.read("batch")))
    print(table(results.read("batch")))


def measured(folder: Path, options: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of the table, and what else was measured."""
    study = write_demo(folder / "demo", n_responses=ANSWERS)
    branches = sorted(pd.read_csv(study.parent / "responses.csv")["branch"].unique())[: options.branches]
    keep_only(study, branches)
    outs = {name: folder / name.replace(" ", "") for name in FORMATS}
    ours = {name: svcq(study, outs[name], formats, options.jobs) for name, formats in FORMATS.items()}
    stock = stock_commands(study, branches[: options.stock], folder / "stock")
    rows = []
    for name, formats in FORMATS.items():
        rows.append({"what": "svcq run", "formats": name, **ours[name]})
        rows.append({"what": "papermill, nbconvert", "formats": name, **together(stock, formats)})
    identical = np.sum([compared(folder / "stock", out) for out in outs.values()], axis=0).tolist()
    floor = [cells(study, topic, branches[: options.stock]) for topic in TOPICS]
    mean = {name: float(np.mean([one[name] for one in floor])) for name in ("seconds", "cpu")}
    facts = {"branches": len(branches), "jobs": options.jobs, "identical": identical, "floor": mean}
    facts["again"] = repeated(study, outs["HTML"], options.jobs, branches[-1])
    sizes = [int(one) for one in options.growth.split(",") if one]
    return rows, {**facts, "growth": [fan_out(folder / f"fan{size}", size, options.jobs) for size in sizes]}


def keep_only(study: Path, branches: list[str]) -> None:
    """Leave the answers of some branches in a study."""
    path = study.parent / "responses.csv"
    answers = pd.read_csv(path, dtype=str, keep_default_na=False)
    answers[answers["branch"].isin(branches)].to_csv(path, index=False)


def run_command(study: Path, topics: tuple[str, ...], out: Path, jobs: int, *more: str) -> list[Any]:
    """Return the command that makes the reports of all branches."""
    what = [study, *topics, "--by", "branch", "--jobs", jobs, "--out", out]
    return [sys.executable, "-m", "svcq_lib.cli", "run", *what, *more]


def svcq(study: Path, out: Path, formats: tuple[str, ...], jobs: int) -> dict[str, Any]:
    """Measure one run over all branches."""
    shutil.rmtree(study.parent / ".svcq-cache", ignore_errors=True)
    took, _ = commands.taken(run_command(study, TOPICS, out, jobs, "--to", ",".join(formats)), HERE)
    made = len(list(out.glob("*.html"))) - 1  # the catalogue
    return {"reports": made, **took}


def stock_commands(study: Path, branches: list[str], out: Path) -> dict[str, list[dict[str, float]]]:
    """Measure the stock commands one after the other: what each step of each report took."""
    out.mkdir()
    took: dict[str, list[dict[str, float]]] = {step: [] for step in ("papermill", *STOCK)}
    for topic in TOPICS:
        for branch in branches:
            made = out / f"{topic}_branch-{branch}_en.ipynb"
            where = json.dumps({"study": study.name, "where": {"branch": branch}})
            given = ["-y", where, "--cwd", study.parent, "-k", "python3"]
            took["papermill"].append(
                commands.taken([stock("papermill"), notebook_of(topic), made, *given], out)[0]
            )
            for step, form in STOCK.items():
                command = [stock("jupyter"), "nbconvert", "--to", form, made]
                took[step].append(commands.taken(command, out)[0])
    return took


def together(took: dict[str, list[dict[str, float]]], formats: tuple[str, ...]) -> dict[str, Any]:
    """Return what the stock commands took for some formats, execution included."""
    steps = [one for step in ("papermill", *formats) for one in took[step]]
    total = {name: sum(one[name] for one in steps) for name in ("seconds", "cpu", "stalled")}
    return {"reports": len(took["papermill"]), **total, "peak_mb": max(one["peak_mb"] for one in steps)}


def stock(name: str) -> Path:
    """Return a command of the same environment."""
    return Path(sys.executable).with_name(name)


def repeated(study: Path, out: Path, jobs: int, branch: str) -> dict[str, Any]:
    """Measure a second run, and list what is due after an answer of one branch has changed."""
    command = run_command(study, TOPICS, out, jobs)
    idle, _ = commands.taken([sys.executable, "-c", START_UP], HERE)
    took, said = commands.taken(command, HERE)
    found: dict[str, Any] = {"start_seconds": idle["seconds"], "executed": said.count(": done"), **took}
    with changed(study, branch):
        found["changed"] = branch
        found["with_peers"] = due(command)
    alone = [*command, "-p", "peers=false"]
    commands.taken(alone, HERE)
    with changed(study, branch):
        found["without_peers"] = due(alone)
    return found


@contextlib.contextmanager
def changed(study: Path, branch: str) -> Iterator[None]:
    """Change an answer of a branch, and change it back."""
    path = study.parent / "responses.csv"
    before = path.read_bytes()
    answers = pd.read_csv(path, dtype=str, keep_default_na=False)
    row = answers.index[(answers["branch"] == branch) & (answers["P1"] != "") & (answers["csat"] != "")][0]
    for name in ("P1", "csat"):
        answers.loc[row, name] = "4" if answers.loc[row, name] != "4" else "5"
    answers.to_csv(path, index=False)
    yield
    path.write_bytes(before)


def due(command: list[Any]) -> list[str]:
    """Return the reports that a run would make."""
    _, said = commands.taken([*command, "--dry-run", "--json"], HERE)
    listed = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return sorted(one["name"] for one in listed if one["state"] == "make")


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
    command = run_command(folder, ("scores",), folder / "out", jobs)
    took, _ = commands.taken(command, HERE)
    made = len(list((folder / "out").glob("*.html"))) - 1
    bytes_ = sum(path.stat().st_size for path in (folder / "out").rglob("*") if path.is_file())
    again, _ = commands.taken(command, HERE)
    found = {"branches": size, "reports": made, **took, "mb": bytes_ / 2**20}
    return {**found, "again_seconds": again["seconds"], **catalogue(folder / "out" / "index.html", size)}


def catalogue(index: Path, size: int) -> dict[str, float]:
    """Measure how the catalogue opens and filters in Chromium, if there is one."""
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        return {}
    command = [sys.executable, HERE / "measurements" / "catalogue.py", index, f"B{size - 1:03d}"]
    found: dict[str, float] = json.loads(commands.taken(command, HERE)[1].splitlines()[-1])
    return found


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
    floor, (same, total), (before, after) = whole["floor"], whole["identical"], whole["machine"]["load"]
    stalled = rows["stalled"].sum() + sum(one["stalled"] for one in whole["growth"])
    lines = [
        f"{results.stamp(whole)} {whole['branches']} branches × {len(TOPICS)} reports ({', '.join(TOPICS)}), "
        f"{whole['answers']:,} answers, {whole['jobs']} workers against one stock command after the other; start-up "
        f"included; load of the machine before and after {before:.1f} and {after:.1f}, the measurement's own "
        f"included; while these and the fan-out were measured it stood still for {stalled:.0f} s. Goal: a ratio of at "
        f"least {whole['goal']:g}.\n",
        results.markdown(shown),
        f"The floor, cells alone in one warm process: {floor['seconds']:.2f} s, {floor['cpu']:.2f} processor seconds "
        f"per report. Outputs identical to the stock commands': {same:,} of {total:,}.\n",
        _again(whole["again"]),
    ]
    if whole["growth"]:
        growth = pd.DataFrame(whole["growth"])
        fanned = pd.DataFrame({
            "branches": growth["branches"], "reports": growth["reports"],
            "seconds": growth["seconds"].map("{:.1f}".format),
            "seconds per report": (growth["seconds"] / growth["reports"]).map("{:.2f}".format),
            "peak memory, MB": growth["peak_mb"].map("{:,.0f}".format), "folder, MB": growth["mb"].map("{:.0f}".format),
            "again, nothing changed, s": growth["again_seconds"].map("{:.1f}".format),
            **_catalogue(growth),
        })  # fmt: skip
        lines += [
            f"Fan-out: the scores of each of many branches with {PER_BRANCH} answers each.\n",
            results.markdown(fanned),
        ]
    return "\n".join(lines)


def _again(again: dict[str, Any]) -> str:
    """Return what a second run did, in a paragraph."""
    rest = again["seconds"] - again["start_seconds"]
    lists = [
        f"- after a change of one answer of {again['changed']}, {how}: {_listed(again[key])}"
        for key, how in (("with_peers", "with peers"), ("without_peers", "without (`-p peers=false`)"))
    ]
    return (
        f"A second run with nothing changed: {again['executed']} reports made, {again['seconds']:.1f} s, of which "
        f"{again['start_seconds']:.1f} s are imports: {rest:.1f} s after start-up. What is made again\n\n"
        + "\n".join(lists)
        + "\n"
    )


def _listed(names: list[str]) -> str:
    """Return names of reports; where every branch has one, their number."""
    found = []
    for topic in TOPICS:
        own = [name for name in names if name.startswith(f"{topic}_")]
        found += [f"{topic} of all {len(own)} branches"] if len(own) > 1 else own
    return ", ".join(found)


def _catalogue(growth: pd.DataFrame) -> dict[str, Any]:
    """Return how the catalogue opened and filtered, if that was measured."""
    if "open_seconds" not in growth:
        return {}
    names = {"open_seconds": "catalogue opens, s", "filter_seconds": "filters, s"}
    return {shown: growth[name].map("{:.2f}".format) for name, shown in names.items()}


def _ratio(rows: pd.DataFrame, formats: str, what: str) -> str:
    pace = rows["seconds"] / rows["reports"]
    return f"{pace[formats, 'papermill, nbconvert'] / pace[formats, what]:.1f}"


if __name__ == "__main__":
    main()
