"""The strongest driver under every contested default of the driver analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

import pandas as pd

from svcq_lib.analyses.driver_basis import (
    Basis,
    Model,
    basis_of_sums,
    imputed_basis,
    latent_basis,
    reduced,
    varying,
)
from svcq_lib.analyses.driver_map import QUADRANTS, Lines
from svcq_lib.analyses.driver_needs import CHEAP, Missing, Plan
from svcq_lib.analyses.driver_parts import Method, decompose
from svcq_lib.analyses.switches import Headline, Switch, switches
from svcq_lib.errors import MethodError
from svcq_lib.evidence.collect import Evidence

OTHER: dict[Method, Method] = {"lmg": "relative_weights", "relative_weights": "lmg"}
FEW = 5
"""Imputations behind a figure that is only compared."""
TO_CONCENTRATE = "drivers_to_concentrate"
"""Name of the map's headline: the number of drivers that are important and rated low."""
ORDERED = 12
"""Most categories of an outcome that is also modelled as ordinal."""


def alternatives(
    evidence: Evidence,
    plan: Plan,
    rows: pd.DataFrame | None,
    used: dict[str, str],
    table: pd.DataFrame,
    *,
    suppress: int,
    seed: int,
) -> pd.DataFrame:
    """Return the strongest driver with another treatment of missing answers, another method, another model.

    Parameters
    ----------
    evidence : Evidence
        With the sums of pairs in each treatment.
    plan : Plan
        The columns.
    rows : DataFrame or None
        Rows of ``drivers.rows``; without them alternatives that need rows are not computed.
    used : dict of str to str
        method, model, missing, as reported.
    table : DataFrame
        Drivers as reported, strongest first.
    suppress : int
        Smallest base that is shown.
    seed : int
        Seed of the imputation.

    Returns
    -------
    DataFrame
        See :func:`svcq_lib.analyses.switches.switches`.
    """
    top = table.iloc[0]
    own = Headline(top["term"], "share", *(float(top[name]) for name in ("share", "conf_low", "conf_high")))
    method: Method = "lmg" if used["method"] == "lmg" else "relative_weights"
    found = [Switch("method", method, OTHER[method], _of_table(table, OTHER[method]))]
    for default, code, build in _bases(evidence, plan, rows, used, seed):
        found.append(Switch(default, used[default], code, _strongest(build, plan, method, suppress)))
    return switches(own, found)


def map_alternatives(placed: pd.DataFrame, lines: Lines) -> pd.DataFrame:
    """Return how many drivers to concentrate on there would be with other lines on the map.

    Parameters
    ----------
    placed : DataFrame
        Drivers on the map, with their quadrant under each convention.
    lines : {"mean", "median", "scale", "diagonal"}
        The convention that was used.

    Returns
    -------
    DataFrame
        See :func:`svcq_lib.analyses.switches.switches`; the answer is the same if the same drivers are named.
    """
    named = {
        one: set(placed.loc[placed[f"quadrant_{one}"] == QUADRANTS[0], "term"])
        for one in get_args(Lines)
        if placed[f"quadrant_{one}"].ne("").any()
    }
    if lines not in named:
        return switches(Headline("", "number", float("nan")), [])
    count = {one: Headline(TO_CONCENTRATE, "count", float(len(terms))) for one, terms in named.items()}
    others = [
        Switch("lines", f"quadrant_{lines}", f"quadrant_{one}", count[one], terms == named[lines])
        for one, terms in named.items()
        if one != lines
    ]
    return switches(count[lines], others)


def _bases(
    evidence: Evidence, plan: Plan, rows: pd.DataFrame | None, used: dict[str, str], seed: int
) -> Iterator[tuple[str, str, Callable[[], Basis]]]:
    """Yield every other treatment of missing answers and every other model, as far as the data allow."""
    linear = used["model"] == "linear"

    def of_sums(one: Missing) -> Basis:
        sums = evidence.moments[f"drivers.pairs.{one}"].total().sums
        return basis_of_sums(plan, {name: array[0] for name, array in sums.items()}, None, one)

    others: list[Missing] = [one for one in CHEAP if one != used["missing"]]
    for one in others if linear else ():
        yield "missing", one, lambda one=one: of_sums(one)  # type: ignore[misc]
    if rows is not None and linear:
        if used["missing"] != "multiple_imputation":
            yield "missing", "multiple_imputation", lambda: imputed_basis(plan, rows, None, seed, FEW)
        if 2 < rows[plan.columns[0]].nunique() <= ORDERED:
            yield "model", "ordinal", lambda: latent_basis(plan, rows, None)
    if not linear:
        yield "model", "linear", lambda: of_sums("listwise")


def _of_table(table: pd.DataFrame, method: Method) -> Headline:
    share = table[method] / table[method].sum()
    return Headline(str(table["term"].iloc[int(share.argmax())]), "share", float(share.max()))


def _strongest(build: Callable[[], Basis], plan: Plan, method: Method, suppress: int) -> Headline | None:
    try:
        basis = build()
    except MethodError:
        return None
    kept = varying(basis)
    pairs = basis.n[[0, *kept]][:, [0, *kept]]
    if len(kept) < 2 or pairs.min() < max(suppress, len(kept) + len(basis.held) + 2):
        return None
    share = decompose(reduced(basis, kept)).share(method)
    return Headline(list(plan.terms)[kept[int(share.argmax())] - 1], "share", float(share.max()))


def model_of(model: str, kind: str) -> Model:
    """Return the model of an outcome: a logit for yes/no, else linear, unless asked otherwise.

    Parameters
    ----------
    model : {"auto", "linear", "logit", "ordinal"}
        As asked.
    kind : str
        Kind of the outcome.

    Returns
    -------
    {"linear", "logit", "ordinal"}
        The model.
    """
    if model == "auto":
        return "logit" if kind == "binary" else "linear"
    return "logit" if model == "logit" else "ordinal" if model == "ordinal" else "linear"
