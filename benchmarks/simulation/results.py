"""Results of the benchmarks: JSON with what they depend on, and tables of the README made from it."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import os
import platform
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).resolve().parents[1]
PACKAGES = ("numpy", "scipy", "pandas", "polars", "statsmodels", "seaborn")


def write(name: str, rows: list[dict[str, Any]], **facts: Any) -> None:
    """Write ``results/NAME.json``: rows, facts, date, versions and size of the machine."""
    versions = {"python": platform.python_version()}
    versions |= {one: importlib.metadata.version(one) for one in PACKAGES}
    whole = {
        "date": dt.date.today().isoformat(),
        "cores": os.cpu_count(),
        "versions": versions,
        **facts,
        "rows": rows,
    }
    _put(HERE / "results" / f"{name}.json", json.dumps(whole, indent=1) + "\n")


def read(name: str) -> dict[str, Any]:
    """Return what was written last."""
    found: dict[str, Any] = json.loads((HERE / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def replaced(name: str, rows: list[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
    """Return the rows written last with those of the same keys replaced by new ones."""
    path = HERE / "results" / f"{name}.json"
    before = read(name)["rows"] if path.exists() else []
    new = {tuple(row[key] for key in keys) for row in rows}
    return [row for row in before if tuple(row[key] for key in keys) not in new] + rows


def stamp(whole: dict[str, Any]) -> str:
    """Return date, machine, seed if there is any, and versions in a line."""
    versions = ", ".join(f"{name} {number}" for name, number in whole["versions"].items())
    seed = f", seed {whole['seed']}" if "seed" in whole else ""
    return f"{whole['date']}, {whole['cores']} cores{seed}; {versions}."


def markdown(frame: pd.DataFrame) -> str:
    """Return a table in Markdown; the first column is text."""
    lines = [" | ".join(map(str, frame.columns)), " | ".join(["---", *["---:"] * (frame.shape[1] - 1)])]
    lines += [
        " | ".join("" if pd.isna(one) else str(one) for one in row) for row in frame.itertuples(index=False)
    ]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def renew(name: str, text: str) -> None:
    """Replace what stands between ``<!-- NAME -->`` and ``<!-- /NAME -->`` in the README."""
    path = HERE / "README.md"
    before = path.read_text(encoding="utf-8")
    mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not mark.search(before):
        raise SystemExit(f"{path} has no <!-- {name} --> … <!-- /{name} --> to put the table between.")
    _put(path, mark.sub(lambda found: f"{found[1]}{text.rstrip()}\n{found[2]}", before))


def shown(parts: Iterable[Any], total: int, what: str = "studies") -> Iterator[Any]:
    """Pass parts on and show how many are done."""
    from rich.progress import track

    yield from track(parts, total=total, description=what)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
