"""What one scan found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.errors import Note
from svcq_lib.evidence.moments import Moments
from svcq_lib.evidence.weights import Weighting
from svcq_lib.stats.stratified import Calibration


@dataclass(frozen=True)
class Base:
    """The rows that a result stands on.

    Attributes
    ----------
    n : int
        Rows in the study's period and filters, with a usable weight.
    n_eff : float
        Kish's effective sample size (Σw)² / Σw².
    date_min, date_max : date or None
        First and last date among them.
    date_last : date or None
        Last date of the whole table, inside the study's period and filters or not.
    """

    n: int
    n_eff: float
    date_min: dt.date | None
    date_max: dt.date | None
    date_last: dt.date | None = None


@dataclass(frozen=True)
class Design:
    """How the sample was drawn.

    Attributes
    ----------
    kind : str
        ``"simple"``, ``"strata"`` (rows drawn within strata) or ``"cluster"`` (clusters drawn, in strata if any).
    units : DataFrame
        One row per stratum: ``stratum``, ``n`` (rows or clusters drawn, inside the study's filters and period or
        not, since the sample was drawn before anyone was left out) and ``fraction`` (of the population; 0 if no
        population size is declared).
    block_strata : ndarray of int
        Stratum of each block.
    calibration : Calibration or None
        How weights were fitted to margins: its units are the strata, or the clusters where clusters were drawn.
    """

    kind: str
    units: pd.DataFrame
    block_strata: NDArray[np.intp]
    calibration: Calibration | None = None


@dataclass(frozen=True)
class Evidence:
    """What one scan found: moments, tallies and rows under the names they were asked for.

    A frame of rows has ``row_id``, ``date``, ``period``, ``weight``, ``stratum``, ``cluster``, ``block`` (bootstrap
    block, as in the moments) and the columns asked for, in the order of the table; no answer is NaN or None.
    ``weighting`` says how weights were fitted to the population, if they were.
    """

    moments: Mapping[str, Moments]
    tallies: Mapping[str, pd.DataFrame]
    base: Base
    design: Design
    notes: tuple[Note, ...] = ()
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    weighting: Weighting | None = None
