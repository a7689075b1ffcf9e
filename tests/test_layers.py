"""``import svcq_lib`` stays cheap: the heavy libraries are loaded where they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = {
    "great_tables",
    "ibis",
    "matplotlib.pyplot",
    "nbconvert",
    "pandera",
    "papermill",
    "scipy.stats",
    "seaborn",
    "statsmodels",
    "typst",
}


def test_importing_the_package_loads_no_heavy_library(repo_root: Path) -> None:
    code = "import sys, svcq_lib; print(*sorted(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=repo_root, capture_output=True, text=True, check=True
    )
    assert HEAVY & set(run.stdout.split()) == set()
