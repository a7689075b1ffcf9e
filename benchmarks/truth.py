"""The reports of the demonstration study against what is true of it: every parameter, its estimate, hit or miss.

    python benchmarks/truth.py            # analyse, write results/truth.json and truth.md, renew the README
    python benchmarks/truth.py --table    # the tables of the last results

The analyses are those of ``svcq run``, through the public interface, with one seed fixed beforehand. Each row says
which kind of truth it is held to (see KINDS). Nothing here is tuned to the study: rows, seeds and the number of
answers behind a long-run truth are the same whatever the estimates are.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from scipy.stats import binomtest
from simulation import demo, demo_models, demo_rows, results
from simulation.demo_rows import Truth

import svcq_lib as sq
from svcq_lib.sources import demo_world as world

SEED = 20261121
DRAWS, DRAW = 100, 10_000
"""Samples behind a long-run truth and answers of each: its error is a ninth of the estimate's."""
STUDY = results.HERE.parent / "data" / "demo"
KINDS = {
    "published": "the value in truth.json, of the generator itself",
    "these answers": "the value in truth.json, of the very respondents of the study: what misses it is only what "
    "missing answers hide, so that an interval for all customers nearly always holds it",
    "long run": "truth.json publishes a parameter of latent values; the figure's formula on a million complete "
    "answers (or a hundred draws of the provider's tables) of the same generator",
}
REPORTS = ("gaps", "instrument", "drivers", "benchmark", "returns", "effects")
PARTS = (
    *(demo_rows.gaps, demo_rows.provider_gaps, demo_rows.gap_segments, demo_rows.instrument),
    *(demo_models.drivers, demo_models.asymmetry, demo_models.benchmark),
    *(demo_models.effects, demo_models.returns, demo_models.scores),
)
BEYOND = 3.0
"""Standard errors beyond which an error is not put down to chance."""
BEFORE, AFTER = "2025-01..2025-06", "2025-09..2026-06"
"""Before the programme, and with its full effect."""


def truth_of(folder: Path, draws: int = DRAWS, n: int = DRAW) -> Truth:
    """Return what is true of a demonstration study.

    Parameters
    ----------
    folder : Path
        The study with its ``truth.json``.
    draws, n : int
        Samples behind a long-run truth, and answers of each.

    Returns
    -------
    Truth
        Published and computed.
    """
    published = demo.published(folder)
    seeds = [SEED + i for i in range(draws)]
    whole = demo.population(published["branch_effects"], seeds, n)
    return Truth(published, whole, demo.provider_levels(seeds))


def analysed(folder: Path, **settings: int) -> dict[str, Any]:
    """Return the results of the reports on a demonstration study.

    Parameters
    ----------
    folder : Path
        The study.
    **settings : int
        Of the analyses that draw: ``seed``, ``n_boot``.

    Returns
    -------
    dict
        Name → result.
    """
    study = sq.open_study(folder / "study.toml")
    found = {name: getattr(sq, name)(study, **settings) for name in REPORTS}
    return {**found, "scores": sq.scores(study), **more(folder, **settings)}


def more(folder: Path, **settings: int) -> dict[str, Any]:
    """Return the dimensions as drivers, and the gaps before and after the programme.

    Parameters
    ----------
    folder : Path
        The study.
    **settings : int
        As in :func:`analysed`.

    Returns
    -------
    dict
        driver_dimensions, gaps_before, and gaps_after in the programme's branches alone.
    """
    study = sq.open_study(folder / "study.toml")
    found: dict[str, Any] = {"driver_dimensions": sq.drivers(study, level="dimension", **settings)}
    found["gaps_before"] = sq.gaps(study.during(BEFORE), **settings)
    with tempfile.TemporaryDirectory() as copy:
        part = Path(shutil.copytree(folder, Path(copy) / "demo"))
        answers = pd.read_csv(part / "responses.csv", dtype=str, keep_default_na=False)
        answers = answers[answers["branch"].isin(world.PROGRAMME_BRANCHES)]
        answers.to_csv(part / "responses.csv", index=False)
        found["gaps_after"] = sq.gaps(sq.open_study(part / "study.toml").during(AFTER), **settings)
    return found


def compared(found: Mapping[str, Any], truth: Truth) -> pd.DataFrame:
    """Return every true parameter with its estimate.

    Parameters
    ----------
    found : Mapping
        From :func:`analysed`.
    truth : Truth
        What is true.

    Returns
    -------
    DataFrame
        The columns of :class:`Row`, width, hit (missing without an interval) and z, the error in standard errors as
        the width of the interval has it.
    """
    table = pd.DataFrame([row for part in PARTS for row in part(found, truth)])
    width = table["conf_high"] - table["conf_low"]
    hit = (table["conf_low"] <= table["truth"]) & (table["truth"] <= table["conf_high"])
    z = (table["estimate"] - table["truth"]) * 2 * ndtri(0.975) / width.where(width > 0)
    return table.assign(width=width, hit=hit.astype(object).where(width.notna(), None), z=z)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Count hits by report and quantity, and over all rows that a 95 % interval should hold in 95 of 100.

    Parameters
    ----------
    table : DataFrame
        From :func:`compared`.

    Returns
    -------
    DataFrame
        report, quantity, kind, rows, hits, share, low, high (Clopper and Pearson, as if rows were independent),
        mean_z, without_interval.
    """
    made = []
    for (report, quantity, kind), part in table.groupby(["report", "quantity", "kind"], sort=False):
        made.append({"report": report, "quantity": quantity, "kind": kind, **_counted(part)})
    own = table["kind"] == "these answers"
    for name, part in (("all but these answers", table[~own]), ("these answers", table[own])):
        made.append({"report": "together", "quantity": name, "kind": "", **_counted(part)})
    return pd.DataFrame(made)


def _counted(part: pd.DataFrame) -> dict[str, float]:
    known = part[part["hit"].notna()]
    hits, n = int(known["hit"].sum()), len(known)
    found: dict[str, float] = {"rows": n, "hits": hits, "share": np.nan, "low": np.nan, "high": np.nan}
    if n:
        limits = binomtest(hits, n).proportion_ci()
        found |= {"share": hits / n, "low": float(limits.low), "high": float(limits.high)}
    return found | {"mean_z": float(known["z"].mean()), "without_interval": len(part) - n}


def _number(x: float) -> str:
    return "" if pd.isna(x) else f"{x:.4g}".replace("-", "−")


def _error(z: float) -> str:
    return "" if pd.isna(z) else f"{z:.2f}".replace("-", "−")


def _share(hits: float, n: float, low: float, high: float) -> str:
    return f"{hits} of {n}: {100 * hits / n:.1f} % [{100 * low:.1f}, {100 * high:.1f}]" if n else ""


def counts(table: pd.DataFrame) -> str:
    """Return the counts of hits in Markdown."""
    made = summary(table)
    shown = made[["report", "quantity", "kind"]].assign(
        hits=[_share(r.hits, r.rows, r.low, r.high) or "no interval" for r in made.itertuples()],
        mean_z=made["mean_z"].map(_error),
    )
    return results.markdown(shown.rename(columns={"mean_z": "mean z"}))


def misses(table: pd.DataFrame) -> str:
    """Return the misses in Markdown, each with its error and whether chance makes such errors.

    An error beyond three standard errors is not put down to chance.
    """
    missed = table[table["hit"].eq(False)]
    shown = pd.DataFrame({
        "what": [" ".join((r.report, r.quantity, r.of)) for r in missed.itertuples()],
        **{name: missed[name].map(_number) for name in ("truth", "estimate", "conf_low", "conf_high")},
        "z": missed["z"].map(_error),
        "so large an error by chance": [f"{200 * ndtr(-abs(z)):.1f} %" for z in missed["z"]],
        "beyond chance": np.where(missed["z"].abs() > BEYOND, "yes", "no"),
    })  # fmt: skip
    return results.markdown(shown)


def whole(table: pd.DataFrame) -> str:
    """Return every row in Markdown."""
    names = ["report", "quantity", "of", "parameter", "kind"]
    figures = ["truth", "estimate", "conf_low", "conf_high", "width"]
    shown = table[names].assign(**{name: table[name].map(_number) for name in figures})
    said = {True: "hit", False: "miss"}
    return results.markdown(shown.assign(hit=[said.get(one, "no interval") for one in table["hit"]]))


def main() -> None:
    """Analyse, write ``results/truth.json`` and ``results/truth.md`` and renew the README."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", action="store_true")
    if not parser.parse_args().table:
        table = compared(analysed(STUDY, seed=SEED), truth_of(STUDY))
        plain = table.astype(object).where(table.notna(), None)
        results.write(
            "truth", plain.to_dict(orient="records"), seed=SEED, draws=DRAWS, draw=DRAW, kinds=KINDS
        )
    last = results.read("truth")
    table = pd.DataFrame(last["rows"])
    stamp = (
        f"{results.stamp(last)} Truths in the long run: {last['draws']} samples of {last['draw']:,} answers."
    )
    every = f"# Every true parameter of the demonstration study\n\n{stamp}\n\n{whole(table)}"
    (results.HERE / "results" / "truth.md").write_text(every, encoding="utf-8")
    text = f"{stamp}\n\n{counts(table)}\nMisses:\n\n{misses(table)}"
    results.renew("truth", text)
    print(text)


if __name__ == "__main__":
    main()
