"""What the usual conventions say of a questionnaire: each figure beside its mark."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from svcq_lib.analyses.instrument_structure import Structure

Verdict = Literal["met", "missed", "open"]
COLUMNS = ("criterion", "term", "estimate", "conf_low", "conf_high", "threshold", "at_least", "verdict", "n")


class Mark(NamedTuple):
    """A convention: the value that a figure should reach, from below or from above."""

    criterion: str
    threshold: float
    at_least: bool


RELIABILITY = Mark("reliability", 0.70, True)  # Nunnally and Bernstein (1994)
AVE = Mark("ave", 0.50, True)  # Fornell and Larcker (1981)
HTMT = Mark("htmt", 0.85, False)  # Henseler, Ringle and Sarstedt (2015)
KMO = Mark("kmo", 0.60, True)  # Kaiser (1974): mediocre or better
CFI, TLI = Mark("cfi", 0.95, True), Mark("tli", 0.95, True)  # Hu and Bentler (1999), as the next two
RMSEA, SRMR = Mark("rmsea", 0.06, False), Mark("srmr", 0.08, False)


def criteria(reliability: pd.DataFrame, structure: Structure) -> pd.DataFrame:
    """Hold the weakest figures against the conventions of the field.

    Parameters
    ----------
    reliability : DataFrame
        Of the dimensions.
    structure : Structure
        Factor analyses.

    Returns
    -------
    DataFrame
        criterion, term (the dimension with the lowest reliability or AVE, or the first of the pair with the highest
        HTMT; empty for the whole), estimate, conf_low, conf_high, threshold, at_least (else at most), verdict
        (``"met"``, ``"missed"``; ``"open"`` where the interval holds the threshold), n. Figures that could not be
        computed have no row.
    """
    rows = [
        _weakest(reliability, "estimate", "conf_low", "conf_high", RELIABILITY),
        *_fit(structure.fit),
        _weakest(reliability.assign(none=np.nan), "ave", "none", "none", AVE),
        _weakest(structure.correlations, "htmt", "htmt_low", "htmt_high", HTMT),
    ]
    if structure.whole:
        rows.append(
            _row(KMO, "", structure.whole["kmo"], np.nan, np.nan, int(structure.eigenvalues["n"].iloc[0]))
        )
    return pd.DataFrame([one for one in rows if one], columns=list(COLUMNS))


def _fit(fit: pd.DataFrame) -> list[tuple[object, ...]]:
    declared = fit[fit["model"] == "declared"]
    if declared.empty or not declared["df"].iloc[0] > 0 or not declared["converged"].iloc[0]:
        return []
    row = declared.iloc[0]
    limits = {"rmsea": (row["rmsea_low"], row["rmsea_high"])}
    return [
        _row(mark, "", row[mark.criterion], *limits.get(mark.criterion, (np.nan, np.nan)), row["n"])
        for mark in (CFI, TLI, RMSEA, SRMR)
    ]


def _weakest(table: pd.DataFrame, name: str, low: str, high: str, mark: Mark) -> tuple[object, ...] | None:
    known = table[table[name].notna()]
    if known.empty:
        return None
    values = known[name].to_numpy(dtype=float)
    row = known.iloc[int(values.argmin() if mark.at_least else values.argmax())]
    return _row(mark, row["term"], row[name], row[low], row[high], row["n"])


def _row(mark: Mark, term: str, value: float, low: float, high: float, n: int) -> tuple[object, ...]:
    ends = (value, value) if np.isnan(low) or np.isnan(high) else (low, high)
    worst, best = ends if mark.at_least else ends[::-1]
    reached = [one >= mark.threshold if mark.at_least else one <= mark.threshold for one in (worst, best)]
    verdict: Verdict = "met" if all(reached) else "open" if any(reached) else "missed"
    return mark.criterion, term, value, low, high, mark.threshold, mark.at_least, verdict, n
