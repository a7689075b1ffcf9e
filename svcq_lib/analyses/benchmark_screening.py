"""Units whose data look wrong: to be checked at the source, never to be smoothed over by shrinkage."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.analyses.benchmark_compared import Compared
from svcq_lib.stats.intervals import z_p_value

COLUMNS = ["unit", "check", "value", "usual", "limit", "n"]
LEAST_ANSWERS = 5
"""Columns that a row must have answered before two equal rows look copied."""
FAR = 6.0
"""Robust distance, in units of the spread between units and of the unit's own error, that no service explains."""
SIZE = 10.0
"""Times larger or smaller than the median unit."""
SPREAD = 3.0
"""Times wider or narrower than the answers of the median unit."""
MORE = 0.10
"""Share of missing, copied or constant rows above the usual one."""
ALPHA = 0.001
"""Level of the tests behind the shares, divided by the number of units."""
HOLDS = ("extreme", "spread", "copies")
"""Checks after which a unit is left out of shrinkage and ranks until its data are cleared."""


def screen(table: pd.DataFrame, rows: pd.DataFrame, compared: Compared, flag: int) -> pd.DataFrame:
    """Return every suspicion, one row per unit and check.

    Parameters
    ----------
    table : DataFrame
        From :func:`svcq_lib.analyses.benchmark_league.raw_table`.
    rows : DataFrame
        The answers: group column of the unit, the compared column and perceptions.
    compared : Compared
        What is compared.
    flag : int
        Smallest unit whose spread is judged.

    Returns
    -------
    DataFrame
        unit, check ("extreme", "size", "spread", "missing", "copies", "constant"), value, usual (median unit), limit
        (beyond which it is suspicious), n.
    """
    shown = table[~table["suppressed"]].set_index("unit")
    if len(shown) < 3:
        return pd.DataFrame(columns=COLUMNS)
    found = [*_extreme(shown), *_sizes(shown), *_spreads(shown, flag)]
    for check, share in _shares(rows, compared).items():
        found += _too_many(check, share.reindex(shown.index), shown["n"])
    made = pd.DataFrame(found, columns=COLUMNS)
    return made.astype({"value": float, "usual": float, "limit": float, "n": float})


def _extreme(shown: pd.DataFrame) -> list[tuple[object, ...]]:
    y, se = shown["estimate"].to_numpy(dtype=float), shown["std_error"].fillna(0).to_numpy(dtype=float)
    middle = float(np.nanmedian(y))
    spread = 1.4826 * float(np.nanmedian(np.abs(y - middle)))
    if not spread > 0:
        return []
    away = FAR * np.sqrt(spread**2 + se**2)
    bad = np.abs(y - middle) > away
    return [
        (unit, "extreme", value, middle, middle + np.sign(value - middle) * far, n)
        for unit, value, far, n in zip(shown.index[bad], y[bad], away[bad], shown["n"][bad], strict=True)
    ]


def _sizes(shown: pd.DataFrame) -> list[tuple[object, ...]]:
    middle = float(shown["n"].median())
    bad = shown[shown["n"] > SIZE * middle]
    return [(unit, "size", n, middle, SIZE * middle, n) for unit, n in bad["n"].items()]


def _spreads(shown: pd.DataFrame, flag: int) -> list[tuple[object, ...]]:
    large = shown[shown["n"] >= flag]
    spread = large["std_error"] * np.sqrt(large["n_eff"])
    middle = float(spread.median()) if len(spread) else float("nan")
    if not middle > 0:
        return []
    found: list[tuple[object, ...]] = []
    for unit, value in spread.items():
        if value > SPREAD * middle or value < middle / SPREAD:
            limit = SPREAD * middle if value > middle else middle / SPREAD
            found.append((unit, "spread", value, middle, limit, large.loc[unit, "n"]))
    return found


def _shares(rows: pd.DataFrame, compared: Compared) -> dict[str, pd.Series]:
    """Return by unit the shares of rows without the figure, with copied answers, and with one answer to everything."""
    key = rows[compared.unit_key]
    found = {"missing": rows[compared.column].isna().groupby(key).mean()}
    answers = [str(name) for name in rows if str(name).startswith("perception.")]
    if len(answers) < LEAST_ANSWERS:
        return found
    block = rows[answers].to_numpy(dtype=float)
    enough = np.isfinite(block).sum(axis=1) >= LEAST_ANSWERS
    with np.errstate(invalid="ignore"):
        constant = enough & (_spread_of(block) == 0)
    found["constant"] = pd.Series(constant, rows.index).groupby(key).mean()
    # without the figure five equal ratings are no rare coincidence
    told = enough & ~constant & rows[compared.column].notna().to_numpy()
    kept = rows[[compared.unit_key, compared.column, *answers]][told]
    copied = kept.duplicated(keep="first").reindex(rows.index, fill_value=False)
    return found | {"copies": copied.groupby(key).mean()}


def _spread_of(block: NDArray[np.float64]) -> NDArray[np.float64]:
    high = np.where(np.isfinite(block), block, -np.inf).max(axis=1)
    return np.asarray(high - np.where(np.isfinite(block), block, np.inf).min(axis=1))


def _too_many(check: str, share: pd.Series, n: pd.Series) -> list[tuple[object, ...]]:
    usual = float(share.median())
    error = np.sqrt(np.maximum(usual * (1 - usual), 1 / n) / n)
    p = pd.Series(z_p_value(((share - usual) / error).to_numpy()), share.index)
    bad = (share > usual + MORE) & (p < ALPHA / max(len(share), 1))
    return [(unit, check, share[unit], usual, usual + MORE, n[unit]) for unit in share.index[bad]]
