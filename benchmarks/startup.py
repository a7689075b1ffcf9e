"""Imports and start-up: svcq beside the packages that analysts import themselves.

    python benchmarks/startup.py            measures, writes results/startup.json, renews the table of README.md
    python benchmarks/startup.py --table    prints the table of the last results

Every figure is a process of its own from its start to its end, the interpreter's own start included. The processes take
turns, so that all meet the same load, and the best of several turns counts: files are in the system's cache by then.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
from simulation import commands, results

HERE = Path(__file__).resolve().parent
REFERENCE = "pandas, statsmodels, seaborn"
NOTEBOOK = "import svcq_lib as sq; [getattr(sq, name) for name in sq.__all__]"
STARTS: dict[str, list[str]] = {
    "the interpreter": ["-c", "pass"],
    "import svcq_lib": ["-c", "import svcq_lib"],
    "all that a notebook can call": ["-c", NOTEBOOK],
    "svcq --help": ["-m", "svcq_lib.cli", "--help"],
    "pandas": ["-c", "import pandas"],
    REFERENCE: ["-c", "import pandas, statsmodels.api, seaborn"],
}
WATCHED = ("polars", "pandas", "scipy.stats", "matplotlib", "matplotlib.pyplot", "seaborn", "statsmodels")
GOAL = 0.7
TURNS = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--table", action="store_true", help="print the table of the last results")
    parser.add_argument("--turns", type=int, default=TURNS, help="how often each is measured")
    options = parser.parse_args()
    if not options.table:
        load = os.getloadavg()[0]
        rows = measured(options.turns)
        machine = {"memory_gb": round(psutil.virtual_memory().total / 2**30), "load": load}
        results.write("startup", rows, machine=machine, goal=GOAL, turns=options.turns)
        results.renew("startup", table(results.read("startup")))
    print(table(results.read("startup")))


def measured(turns: int) -> list[dict[str, Any]]:
    """Return the best of several turns of every start, and what each has loaded."""
    took: dict[str, list[dict[str, float]]] = {name: [] for name in STARTS}
    for turn in range(turns + 1):
        for name, start in STARTS.items():
            one, _ = commands.taken([sys.executable, *start], HERE)
            if turn:  # the first fills the system's cache
                took[name].append(one)
    best = {
        name: {part: min(one[part] for one in ones) for part in ("seconds", "cpu")}
        for name, ones in took.items()
    }
    whole = best[REFERENCE]["seconds"]
    return [
        {"what": name, **one, "ratio": one["seconds"] / whole, "loaded": loaded(STARTS[name])}
        for name, one in best.items()
    ]


def loaded(start: list[str]) -> list[str]:
    """Return the large packages that a start has loaded when it ends."""
    probe = (
        "import atexit, json, runpy, sys\n"
        f"atexit.register(lambda: print(json.dumps([one for one in {WATCHED} if one in sys.modules])))\n"
    )
    how, what, *rest = start
    act = (
        what
        if how == "-c"
        else f"sys.argv = {[what, *rest]}; runpy.run_module({what!r}, run_name='__main__')"
    )
    _, said = commands.taken([sys.executable, "-c", probe + act], HERE)
    found: list[str] = json.loads(said.splitlines()[-1])
    return found


def table(whole: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    rows = pd.DataFrame(whole["rows"])
    shown = pd.DataFrame({
        "started": rows["what"], "seconds": rows["seconds"].map("{:.2f}".format),
        "of processor": rows["cpu"].map("{:.2f}".format), "ratio": rows["ratio"].map("{:.2f}".format),
        "loaded": rows["loaded"].map(lambda names: ", ".join(names) or "none of them"),
    })  # fmt: skip
    bare, ours = (
        rows.loc[rows["what"] == one, "seconds"].item() for one in ("the interpreter", "import svcq_lib")
    )
    return (
        f"{results.stamp(whole)} Best of {whole['turns']} processes each; load of the machine before "
        f"{whole['machine']['load']:.1f}. `import svcq_lib` itself, the interpreter's start taken off: "
        f"{max(ours - bare, 0):.3f} s (goal: at most {whole['goal']} s). Ratio to {REFERENCE}; *loaded* looks for "
        f"{', '.join(WATCHED)}.\n\n" + results.markdown(shown)
    )


if __name__ == "__main__":
    main()
