"""The measurements of benchmarks/drivers.py, each run in a process of its own.

    python benchmarks/measurements/drivers.py NAME TERMS FOLDER

prints one line of JSON. FOLDER holds the data that `data` writes. Runs on the old numpy of dominance-analysis as well.
"""

from __future__ import annotations

import contextlib
import io
import json
import platform
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

_begun = time.perf_counter()
with contextlib.suppress(ModuleNotFoundError):  # the environment of dominance-analysis is without svcq
    from svcq_lib.evidence.blocks import hash_blocks
    from svcq_lib.evidence.kernel import cross_sums, sort_cells
    from svcq_lib.stats import matrices, relimp, relimp_sampled, resample
IMPORT_SECONDS = time.perf_counter() - _begun

SEED = 20260401
ROWS, BLOCKS, REPLICATES = 10_000, 1_000, 1_000
MOST = 28
REFITS = 40
CHECKED = 20


def data(folder: Path, terms: int) -> dict[str, Any]:
    """Write answers on a 7-point scale that hang together like those of a survey, and an outcome; then scan them."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    general, p = rng.normal(size=(ROWS, 1)), MOST
    groups = np.repeat(rng.normal(size=(ROWS, 7)), 4, axis=1)
    latent = 0.6 * general + 0.5 * groups + 0.62 * rng.normal(size=(ROWS, p))
    answers = np.clip(np.rint(5 + 1.3 * latent), 1, 7)
    slopes = rng.permutation(np.linspace(0, 0.12, p))
    outcome = latent @ slopes + 0.9 * rng.normal(size=ROWS)
    columns = np.column_stack([outcome, answers])
    np.save(folder / "columns.npy", columns)
    order, starts, _ = sort_cells(hash_blocks([str(i) for i in range(ROWS)], BLOCKS).astype(np.intp))
    np.savez(folder / "blocks.npz", **cross_sums(columns[order, : terms + 1], np.ones(ROWS), starts))
    return {"rows": ROWS, "blocks": BLOCKS, "replicates": REPLICATES, "seed": SEED}


def _columns(folder: Path, terms: int) -> np.ndarray:
    return np.load(folder / "columns.npy")[:, : terms + 1]


def _block_sums(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "blocks.npz") as stored:
        return dict(stored)


def _timed(work: Callable[[], Any]) -> tuple[dict[str, float], Any]:
    """Return seconds on the clock and on the processor, and what the work found."""
    start, cpu = time.perf_counter(), time.process_time()
    found = work()
    return {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu}, found


def exact(folder: Path, terms: int) -> dict[str, Any]:
    """Measure correlations and exact LMG from the table."""
    columns = _columns(folder, terms)

    def work() -> np.ndarray:
        matrix = np.corrcoef(columns, rowvar=False)
        return relimp.lmg(matrix[1:, 1:], matrix[1:, 0])

    took, shares = _timed(work)
    return {**took, "shares": shares.tolist()}


def wide(folder: Path, terms: int) -> dict[str, Any]:
    """Measure exact LMG from the correlations; import of the code and error of the sum beside it."""
    matrix = np.corrcoef(_columns(folder, terms), rowvar=False)
    among, outcome = matrix[1:, 1:], matrix[1:, 0]
    took, shares = _timed(lambda: relimp.lmg(among, outcome))
    error = abs(float(shares.sum() - relimp.r_squared(among, outcome)))
    return {**took, "import_seconds": IMPORT_SECONDS, "sum_error": error}


def dominance_analysis(folder: Path, terms: int, correlations: bool = False) -> dict[str, Any]:
    """Measure dominance-analysis on the same table, or on its correlations."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        import pandas as pd
        from dominance_analysis import Dominance

        names = [f"q{i}" for i in range(terms)]
        frame = pd.DataFrame(_columns(folder, terms), columns=["y", *names])
        if correlations:
            frame = frame.corr()
        how = {"data_format": 2} if correlations else {"top_k": terms}
        took, shares = _timed(lambda: Dominance(data=frame, target="y", **how).incremental_rsquare())
    return {**took, "shares": [float(shares[name]) for name in names]}


def _replicates(sums: dict[str, np.ndarray]) -> np.ndarray:
    """Return the correlation matrices of all replicates, from the blocks' sums."""
    weights = resample.block_weights(BLOCKS, REPLICATES, SEED)
    return matrices.correlation_from_moments(
        **{name: resample.replicate_sums(weights, array) for name, array in sums.items()}
    )


def relative_weights(folder: Path, terms: int) -> dict[str, Any]:
    """Measure Johnson's weights of all replicates, from the blocks' sums to the shares."""
    sums = _block_sums(folder)

    def work() -> np.ndarray:
        drawn = _replicates(sums)
        return relimp.relative_weights(drawn[:, 1:, 1:], drawn[:, 1:, 0])

    took, shares = _timed(work)
    return {**took, "replicates": len(shares)}


def _lmg_replicates(sums: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    point = matrices.correlation_from_moments(**{name: array.sum(axis=0) for name, array in sums.items()})
    among, outcome, drawn = point[1:, 1:], point[1:, 0], _replicates(sums)
    shares = relimp_sampled.lmg_replicates(
        drawn[:, 1:, 1:],
        drawn[:, 1:, 0],
        point_R=among,
        point_r=outcome,
        point_shares=relimp.lmg(among, outcome),
        seed=SEED,
    )
    return shares, drawn


def lmg(folder: Path, terms: int) -> dict[str, Any]:
    """Measure LMG of all replicates, the exact decomposition of the sample included."""
    sums = _block_sums(folder)
    took, (shares, _) = _timed(lambda: _lmg_replicates(sums))
    return {**took, "replicates": len(shares)}


def check(folder: Path, terms: int) -> dict[str, Any]:
    """Compare replicates by the control variate with their exact decomposition."""
    found, drawn = _lmg_replicates(_block_sums(folder))
    parts = found / found.sum(axis=1, keepdims=True)
    exactly = np.array([relimp.lmg(one[1:, 1:], one[1:, 0]) for one in drawn[:CHECKED]])
    error = parts[:CHECKED] - exactly / exactly.sum(axis=1, keepdims=True)
    return {
        "checked": CHECKED,
        "max_error": float(np.abs(error).max()),
        "rms_error": float(np.sqrt((error**2).mean())),
        "mean_std_error": float(parts.std(axis=0).mean()),
        "largest_share": float(parts.mean(axis=0).max()),
    }


def refit(folder: Path, terms: int) -> dict[str, Any]:
    """Measure one statsmodels regression per replicate on resampled rows; scaled to all replicates."""
    import statsmodels.api as sm

    columns = _columns(folder, terms)
    rng = np.random.Generator(np.random.PCG64(SEED))

    def work() -> None:
        for _ in range(REFITS):
            rows = columns[rng.integers(0, ROWS, ROWS)]
            assert sm.OLS(rows[:, 0], sm.add_constant(rows[:, 1:])).fit().rsquared > 0

    took, _ = _timed(work)
    scaled = {name: seconds / REFITS * REPLICATES for name, seconds in took.items()}
    return {**scaled, "measured_replicates": REFITS}


def versions(folder: Path, terms: int) -> dict[str, Any]:
    """Return the versions that decide the speed."""
    found = {}
    for name in ("svcq", "numpy", "scipy", "pandas", "statsmodels", "dominance-analysis"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return {"python": platform.python_version(), **found}


MEASUREMENTS = {
    "data": data,
    "exact": exact,
    "wide": wide,
    "dominance_analysis": dominance_analysis,
    "dominance_analysis_correlations": lambda folder, terms: dominance_analysis(
        folder, terms, correlations=True
    ),
    "relative_weights": relative_weights,
    "lmg": lmg,
    "refit": refit,
    "check": check,
    "versions": versions,
}

if __name__ == "__main__":
    name, terms, folder = sys.argv[1:]
    print(json.dumps(MEASUREMENTS[name](Path(folder), int(terms))))
