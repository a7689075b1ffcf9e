"""One driver analysis while it is made: what was asked, what was found, and the parts that stand on both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses import driver_asymmetry, driver_basis, driver_map, driver_parts, estimates
from svcq_lib.analyses.context import Context
from svcq_lib.analyses.driver_basis import Basis
from svcq_lib.analyses.driver_map import Importance, Lines, Points
from svcq_lib.analyses.driver_needs import Missing, Plan, Unit
from svcq_lib.analyses.driver_parts import Method
from svcq_lib.errors import Note
from svcq_lib.evidence.collect import Evidence
from svcq_lib.study import Study

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """One analysis: what was asked and what was found in the rows.

    Attributes
    ----------
    study : Study
        The study, with the treatment of missing answers that was asked for.
    plan : Plan
        The columns.
    how : dict of str to str
        method, model, missing.
    level : {"item", "dimension"}
        What the drivers are.
    lines, drawn : str
        Where the map is divided, and which importance it shows.
    ends : float
        Part of the scale that counts as an end.
    ci_level : float
        Level of the intervals.
    seed : int
        Seed of the bootstrap.
    evidence : Evidence
        Sums.
    rows : DataFrame or None
        The rows themselves, where the model needs them or they are few.
    draws : array
        Replicates × blocks.
    context : Context
        Study, base, filters and settings.
    """

    study: Study
    plan: Plan
    how: dict[str, str]
    level: Unit
    lines: Lines
    drawn: Importance
    ends: float
    ci_level: float
    seed: int
    evidence: Evidence
    rows: pd.DataFrame | None
    draws: Array
    context: Context

    @property
    def method(self) -> Method:
        """Return how explained variance is shared."""
        return "lmg" if self.how["method"] == "lmg" else "relative_weights"

    @property
    def missing(self) -> Missing:
        """Return how answers missing from sums are treated."""
        asked = self.how["missing"]
        return "listwise" if asked == "listwise" else "dummy" if asked == "dummy" else "pairwise"


def basis(run: Run) -> Basis:
    """Return the correlations that are decomposed, with their replicates.

    Parameters
    ----------
    run : Run
        The analysis.

    Returns
    -------
    Basis
        From rows for models and treatments that need them, else from sums.
    """
    plan, draws = run.plan, run.draws
    if run.how["model"] != "linear" and run.rows is not None:
        return driver_basis.latent_basis(plan, run.rows, draws)
    if run.how["missing"] == "multiple_imputation" and run.rows is not None:
        return driver_basis.imputed_basis(plan, run.rows, draws, run.seed)
    sums = {name: array[0] for name, array in run.evidence.moments["drivers.pairs"].total().sums.items()}
    drawn = estimates.bootstrap_sums(run.evidence, "drivers.pairs", draws)
    return driver_basis.basis_of_sums(plan, sums, drawn, run.missing)


def mapped(
    run: Run, table: pd.DataFrame, names: list[str], share: Array, drawn: driver_parts.Replicates
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return drivers with their performance, the map and where it is divided.

    Parameters
    ----------
    run : Run
        The analysis.
    table : DataFrame
        One row per driver, strongest first.
    names : list of str
        Drivers in the order of `share`.
    share : array
        Share of each.
    drawn : Replicates
        The shares in each replicate.

    Returns
    -------
    table, placed, lines : DataFrame
        As :class:`svcq_lib.analyses.drivers.DriverResult` has them.
    """
    terms, weights = list(run.plan.terms), run.draws[drawn.good]
    stated = driver_map.stated_of(run.study, run.plan.terms, run.level)
    placed, lines = driver_map.importance_map(
        names,
        driver_map.performance_points(run.evidence, terms, names, weights),
        Points(share, drawn.share),
        driver_map.stated_points(run.evidence, stated, names, weights),
        importance=run.drawn,
        lines=run.lines,
        centre=driver_map.centre_of(run.study, stated, run.drawn),
        ci_level=run.ci_level,
    )
    placed = placed.set_index("term").loc[table["term"]].reset_index()
    means = estimates.means(run.evidence.moments["drivers.means"], run.evidence.design, ci_level=run.ci_level)
    means = means.iloc[1:].assign(term=terms).set_index("term").loc[table["term"]]
    table = table.assign(
        performance=means["estimate"].to_numpy(),
        performance_low=means["conf_low"].to_numpy(),
        performance_high=means["conf_high"].to_numpy(),
        quadrant=placed["quadrant"].to_numpy(),
    )
    return table, placed.assign(n=table["n"].to_numpy()), lines


def asymmetry(run: Run, names: list[str]) -> tuple[pd.DataFrame, list[Note]]:
    """Return how much more one end of a driver's scale moves the outcome than the other, and caveats.

    Parameters
    ----------
    run : Run
        The analysis.
    names : list of str
        Drivers.

    Returns
    -------
    table : DataFrame
        One row per driver, widest range first.
    notes : list of Note
        Caveats.
    """
    scales = driver_asymmetry.scales_of(run.study, run.plan.terms)
    return driver_asymmetry.asymmetry(
        run.study, run.evidence, names, scales, run.ends, weights=run.draws, ci_level=run.ci_level,
        better=run.study.outcome(run.plan.outcome).better,
    )  # fmt: skip
