"""Driver shares: exact, sampled and bootstrapped, against the public tools on the same data in the same run.

    python benchmarks/drivers.py            measures, writes results/drivers.json, renews the table of README.md
    python benchmarks/drivers.py --table    prints the table of the last results

Every measurement is a process of its own with one thread, so that nothing is warm; imports and reading of the data
are not counted. `dominance-analysis` needs an old numpy and gets an environment of its own, made once under
benchmarks/.environments (needs the network).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
MEASUREMENTS = HERE / "measurements" / "drivers.py"
RESULTS = HERE / "results" / "drivers.json"
ENVIRONMENT = HERE / ".environments" / "dominance-analysis"
# The newest that dominance-analysis 1.1.9 works with: it uses numpy.bool8, gone in numpy 1.24, and cufflinks.
PINS = (
    "dominance-analysis==1.1.9", "numpy==1.23.5", "pandas==1.5.3", "scikit-learn==1.7.2", "scipy==1.15.3",
    "statsmodels==0.15.0", "bokeh==2.4.3", "ipython==7.34.0", "plotly==7.1.0", "cufflinks==0.17.3", "setuptools<66",
)  # fmt: skip
TERMS = (5, 6, 7, 8, 9, 10, 11, 12)
WIDE = 22
RUNS = 5
TARGETS: dict[str, Any] = {
    "ratio_12": 1000.0,
    "exact": {22: 0.15, 28: 8.0},
    "relative_weights": 0.5,
    "lmg": 2.0,
}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main() -> None:
    """Measure everything, or print what was measured last."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--table", action="store_true", help="print the table of the last results")
    options = parser.parse_args()
    if not options.table:
        write_atomically(RESULTS, json.dumps(run(), indent=1) + "\n")
        renew_readme()
    print(table(json.loads(RESULTS.read_text(encoding="utf-8"))))


def run() -> dict[str, Any]:
    """Return every measurement, with what it was made on."""
    reference = reference_python()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = measure("data", folder, WIDE)
        exact = [side_by_side(folder, terms, reference) for terms in TERMS]
        wide = [{"terms": terms, **best("wide", folder, terms)} for terms in (WIDE, 28)]
        bootstrap = {one: best(one, folder, WIDE) for one in ("relative_weights", "lmg")}
        bootstrap["refit"] = best("refit", folder, WIDE)
        bootstrap["check"] = measure("check", folder, WIDE)
        versions = {
            "svcq": measure("versions", folder, 0),
            "reference": measure("versions", folder, 0, reference),
        }
    machine = {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.system(),
        "architecture": platform.machine(),
    }
    found = {"versions": versions, "exact": exact, "wide": wide, "bootstrap": bootstrap}
    return {"date": dt.date.today().isoformat(), **made, "runs": RUNS, "machine": machine, **found}


def side_by_side(folder: Path, terms: int, reference: str) -> dict[str, Any]:
    """Return both tools' seconds for the exact decomposition of the same table, and how far they disagree."""
    mine = best("exact", folder, terms)
    theirs = measure("dominance_analysis", folder, terms, reference)
    from_correlations = measure("dominance_analysis_correlations", folder, terms, reference)
    return {
        "terms": terms,
        "seconds": mine["seconds"],
        "reference_seconds": theirs["seconds"],
        "ratio": theirs["seconds"] / mine["seconds"],
        "reference_correlations_seconds": from_correlations["seconds"],
        "max_difference": float(np.abs(np.array(mine["shares"]) - np.array(theirs["shares"])).max()),
    }


def best(name: str, folder: Path, terms: int) -> dict[str, Any]:
    """Return the fastest of a few fresh processes: the machine may be busy with other work."""
    return min((measure(name, folder, terms) for _ in range(RUNS)), key=lambda one: one["seconds"])


def measure(name: str, folder: Path, terms: int, python: str = sys.executable) -> dict[str, Any]:
    """Return what a fresh process measured."""
    command = [python, str(MEASUREMENTS), name, str(terms), str(folder)]
    done = subprocess.run(command, env=os.environ | ONE_THREAD, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name} with {terms} drivers failed:\n{done.stderr[-2000:]}")
    print(f"{name} {terms or ''}".ljust(40), done.stdout.splitlines()[-1][:60], file=sys.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def reference_python() -> str:
    """Return the interpreter with dominance-analysis, in an environment that is made if it does not exist."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / "ready").exists():
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        (ENVIRONMENT / ".gitignore").write_text("*\n", encoding="utf-8")
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PINS]
        if subprocess.run(install, check=False).returncode:
            sys.exit(f"dominance-analysis could not be installed: {' '.join(PINS)}")
        (ENVIRONMENT / "ready").touch()
    return str(python)


def table(results: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    machine, versions, boot = results["machine"], results["versions"], results["bootstrap"]
    made = (
        f"{results['date']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']} "
        f"{machine['architecture']}; {results['rows']:,} rows, seed {results['seed']}; svcq on "
        f"{_listed(versions['svcq'])}; reference on {_listed(versions['reference'])}. One thread per process; svcq and "
        f"statsmodels: the best of {results['runs']} fresh processes, dominance-analysis: one."
    )
    head = "| drivers | svcq, s | dominance-analysis, s | ratio | from correlations, s | largest difference |"
    rows = [
        f"| {one['terms']} | {one['seconds']:.5f} | {one['reference_seconds']:.2f} | {one['ratio']:,.0f} | "
        f"{one['reference_correlations_seconds']:.2f} | {one['max_difference']:.0e} |"
        for one in results["exact"]
    ]
    goal = f"Goal at 12 drivers: a ratio of at least {TARGETS['ratio_12']:,.0f}."
    exact = [made, "", head, "| ---: | ---: | ---: | ---: | ---: | ---: |", *rows, "", goal, ""]
    head = "| measured | seconds | of processor | goal | ratio to statsmodels |"
    refit = boot["refit"]
    rows = []
    for one in results["wide"]:
        goal = TARGETS["exact"][one["terms"]]
        rows.append(f"| exact LMG of {one['terms']} drivers | {_seconds(one)} | ≤ {goal:g} | |")
    for name, text in (("relative_weights", "Johnson"), ("lmg", "LMG, control variate")):
        ratio = refit["seconds"] / boot[name]["seconds"]
        what = f"{results['replicates']:,} bootstrap replicates of {WIDE} shares, {text}"
        rows.append(f"| {what} | {_seconds(boot[name])} | ≤ {TARGETS[name]:g} | {ratio:,.0f} |")
    rows.append(f"| one statsmodels regression per replicate | {_seconds(refit)} | | 1 |")
    return "\n".join([*exact, head, "| --- | ---: | ---: | ---: | ---: |", *rows, "", _remarks(results)])


def _seconds(found: dict[str, Any]) -> str:
    return f"{found['seconds']:.3f} | {found['cpu_seconds']:.3f}"


def _remarks(results: dict[str, Any]) -> str:
    refit, check = results["bootstrap"]["refit"], results["bootstrap"]["check"]
    return (
        f"Bootstrap: from the sums of {results['blocks']:,} blocks to the shares. Regressions: "
        f"{refit['measured_replicates']} replicates measured and scaled, without any decomposition, so the ratios are "
        f"lower bounds. Control variate against {check['checked']} exactly decomposed replicates: shares of R² "
        f"differ by at most {check['max_error']:.5f} (root mean square {check['rms_error']:.5f}), beside a mean "
        f"bootstrap standard error of {check['mean_std_error']:.4f} and a largest share of "
        f"{check['largest_share']:.3f}. Imports ({results['wide'][0]['import_seconds']:.2f} s beside numpy) and "
        "reading of the data are not counted."
    )


def _listed(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items() if name != "svcq")


def renew_readme() -> None:
    """Put the table between its marks in README.md."""
    readme = HERE / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split("<!-- drivers -->")
    after = rest.split("<!-- /drivers -->")[1]
    made = table(json.loads(RESULTS.read_text(encoding="utf-8")))
    write_atomically(readme, f"{before}<!-- drivers -->\n{made}\n<!-- /drivers -->{after}")


def write_atomically(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".tmp")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


if __name__ == "__main__":
    main()
