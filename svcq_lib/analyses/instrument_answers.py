"""The answers of one block of the questionnaire as a matrix, and their covariances."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svcq_lib.errors import Note, ParameterError, require_choice
from svcq_lib.evidence.kernel import cross_sums
from svcq_lib.stats.matrices import (
    cov_to_cor,
    covariance_from_moments,
    is_positive_definite,
    repair_correlation,
)
from svcq_lib.study import Dimension, Missing, Study

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Role = Literal["perception", "expectation"]
PAIRS = 10
"""Fewest respondents with both answers for a covariance that is used."""
FLOOR = 1e-4
"""Smallest eigenvalue of a correlation matrix that is used as it is."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to the items of one role.

    Attributes
    ----------
    values : array, shape (n, p)
        Answers; NaN is no answer.
    weights : array, shape (n,)
        Survey weights.
    blocks : array of int, shape (n,)
        Bootstrap block of each row.
    items, dimensions : tuple of str
        Names of the columns, and of the dimensions in order.
    factor_of : array of int, shape (p,)
        Dimension of each item.
    effective : float
        Effective over actual sample size: what an answer is worth under the weights.
    missing : {"pairwise", "listwise"}
        How missing answers are treated.
    """

    values: Array
    weights: Array
    blocks: Index
    items: tuple[str, ...]
    dimensions: tuple[str, ...]
    factor_of: Index
    effective: float
    missing: Missing

    def only(self, rows: Any) -> Answers:
        """Return the answers of some rows."""
        return replace(self, values=self.values[rows], weights=self.weights[rows], blocks=self.blocks[rows])

    def of(self, dimension: str) -> Index:
        """Return the positions of a dimension's items."""
        return np.flatnonzero(self.factor_of == self.dimensions.index(dimension))

    def keeping(self, kept: NDArray[np.bool_]) -> Answers:
        """Return the answers to some items; dimensions without any are gone."""
        codes, factor = np.unique(self.factor_of[kept], return_inverse=True)
        return replace(
            self,
            values=self.values[:, kept],
            items=tuple(name for name, one in zip(self.items, kept, strict=True) if one),
            dimensions=tuple(self.dimensions[code] for code in codes),
            factor_of=factor.astype(np.intp),
        )


class Covariance(NamedTuple):
    """Covariances of items.

    Attributes
    ----------
    matrix : array, shape (p, p)
        With divisor n − 1.
    n : int
        Smallest number of respondents with both answers of a pair.
    """

    matrix: Array
    n: int


def terms_of(study: Study, role: Role) -> list[Dimension]:
    """Return the dimensions with the items that were asked in a role.

    Parameters
    ----------
    study : Study
        The study.
    role : {"perception", "expectation"}
        Which block of answers.

    Returns
    -------
    list of Dimension
        At least one.

    Raises
    ------
    ParameterError
        If the role is unknown or no item was asked in it.
    """
    require_choice("role", role, get_args(Role))
    kept = []
    for one in study.instrument.dimensions:
        items = tuple(item for item in one.items if getattr(item, role))
        if items:
            kept.append(one.model_copy(update={"items": items}))
    if not kept:
        asked = [name for name in get_args(Role) if any(getattr(i, name) for i in study.instrument.items)]
        raise ParameterError(
            f"{study.path.name} has no item with a column for role {role!r} (it has: {', '.join(asked) or 'none'}). "
            "Add [[instrument.dimensions]] with items, or set role to what was asked."
        )
    return kept


def answers_of(study: Study, rows: pd.DataFrame, role: Role) -> Answers:
    """Return the answers of a role.

    Parameters
    ----------
    study : Study
        The study.
    rows : DataFrame
        Rows of the evidence with the items' columns.
    role : {"perception", "expectation"}
        Which block of answers.

    Returns
    -------
    Answers
        All items that were asked.
    """
    terms = terms_of(study, role)
    items = tuple(item.name for one in terms for item in one.items)
    weights = rows["weight"].to_numpy(dtype=float)
    square = float((weights**2).sum())
    return Answers(
        values=rows[[f"{role}.{name}" for name in items]].to_numpy(dtype=float),
        weights=weights,
        blocks=rows["block"].to_numpy(dtype=np.intp),
        items=items,
        dimensions=tuple(one.name for one in terms),
        factor_of=np.repeat(np.arange(len(terms)), [len(one.items) for one in terms]).astype(np.intp),
        effective=float(weights.sum()) ** 2 / square / len(rows) if square else np.nan,
        missing=study.missing,
    )


def covariance(answers: Answers, items: Index | None = None) -> Covariance:
    """Return the weighted covariances of items, pairwise or listwise.

    Parameters
    ----------
    answers : Answers
        Answers.
    items : array of int, optional
        Positions of the items; all by default. Listwise means: complete in these.

    Returns
    -------
    Covariance
        NaN for pairs that fewer than two respondents answered.
    """
    values = answers.values if items is None else answers.values[:, items]
    weights = answers.weights
    if answers.missing == "listwise":
        complete = ~np.isnan(values).any(axis=1)
        values, weights = values[complete], weights[complete]
    if values.size == 0:
        return Covariance(np.full((values.shape[1],) * 2, np.nan), 0)
    # about the means, so that no digits are lost
    answered = ~np.isnan(values)
    centre = np.where(answered, values, 0.0).sum(axis=0) / np.maximum(answered.sum(axis=0), 1)
    sums = {
        name: array[0] for name, array in cross_sums(values - centre, weights, np.zeros(1, np.intp)).items()
    }
    sums.pop("swxx")
    return Covariance(covariance_from_moments(**sums), int(sums["n"].min()))


def usable(answers: Answers, fewest: int = PAIRS) -> tuple[Answers, tuple[Note, ...]]:
    """Leave out the items for which no covariance can be computed.

    Parameters
    ----------
    answers : Answers
        Answers.
    fewest : int
        Fewest respondents with both answers of a pair.

    Returns
    -------
    answers : Answers
        Without constant items and those that too few answered, alone or together with another item.
    notes : tuple of Note
        Which items were left out.
    """
    whole = replace(answers, missing="pairwise")
    answered = ~np.isnan(whole.values)
    pairs = answered.T.astype(float) @ answered
    variance = np.diagonal(covariance(whole).matrix)
    kept = (np.diagonal(pairs) >= fewest) & (variance > 0)
    while kept.any():
        short = (pairs < fewest) & kept & kept[:, None]
        if not short.any():
            break
        kept[short.sum(axis=1).argmax()] = False  # the item with most such pairs
    gone = [name for name, one in zip(answers.items, kept, strict=True) if not one]
    notes = (Note("left_out_items", {"items": len(gone), "terms": gone, "fewest": fewest}),) if gone else ()
    return answers.keeping(kept), notes


def repaired(found: Covariance) -> tuple[Covariance, float]:
    """Return covariances whose correlations are positive definite, and the largest change of a correlation.

    Parameters
    ----------
    found : Covariance
        Covariances without undefined elements.

    Returns
    -------
    covariance : Covariance
        As given, or repaired as :func:`svcq_lib.stats.matrices.repair_correlation` does.
    change : float
        0 if nothing was changed.
    """
    R = cov_to_cor(found.matrix)
    if is_positive_definite(R, FLOOR):
        return found, 0.0
    mended = repair_correlation(R)
    sd = np.sqrt(np.diagonal(found.matrix))
    return found._replace(matrix=mended.matrix * np.outer(sd, sd)), mended.max_change
