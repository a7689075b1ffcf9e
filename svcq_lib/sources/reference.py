"""The reference tables that are shipped with the product: in the installed package, or in the checkout."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from svcq_lib.errors import ParameterError, ReportError

_PACKAGE = Path(__file__).resolve().parents[1]
NAMES = ("benchmarks", "targets", "elasticities")


def folder_of(inside: str, checkout: str) -> Path:
    """Return a folder of files that belong to the product.

    Parameters
    ----------
    inside : str
        Its name in the installed package.
    checkout : str
        Its path in a checkout.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ReportError
        If it is in neither place.
    """
    for candidate in (_PACKAGE / "bundle" / inside, _PACKAGE.parent / checkout):
        if candidate.is_dir():
            return candidate
    raise ReportError(f"the {inside} of svcq are not installed. Install the package again.")


def reference_dir() -> Path:
    """Return the folder with benchmarks, targets and elasticities."""
    return folder_of("reference", "data/reference")


def read_reference(name: str) -> pd.DataFrame:
    """Return a reference table.

    Parameters
    ----------
    name : {"benchmarks", "targets", "elasticities"}
        Which one.

    Returns
    -------
    DataFrame
        One row per figure, with its unit, scale, definition, year and source.

    Raises
    ------
    ParameterError
        If there is no such table.
    """
    if name not in NAMES:
        raise ParameterError(f"there is no reference table {name!r}. Choose one of {', '.join(NAMES)}.")
    return pd.read_csv(reference_dir() / f"{name}.csv")
