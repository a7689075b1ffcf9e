"""Customer Effort Score: how easy a customer found it, with the scale's direction always declared."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from svcq_lib.errors import ParameterError
from svcq_lib.measures.answers import refuse_levels, tally
from svcq_lib.measures.satisfaction import top_box_from_tally

HighIs = Literal["easy", "hard"]


class CesScore(NamedTuple):
    """Effort of customers.

    Attributes
    ----------
    mean : float
        Mean answer, turned so that higher is easier.
    share_easy : float
        Share of the easiest answers, 0 to 1.
    """

    mean: float
    share_easy: float


def ces(
    scores: ArrayLike,
    low: float,
    high: float,
    *,
    high_is: HighIs,
    weights: ArrayLike | None = None,
    easy_boxes: int = 2,
) -> CesScore:
    """Return the Customer Effort Score.

    Parameters
    ----------
    scores : array-like, shape (n,)
        Answers; NaN are left out.
    low, high : float
        Lowest and highest answer of the scale.
    high_is : {"easy", "hard"}
        What a high answer means. It cannot be guessed: both wordings are in use.
    weights : array-like, shape (n,), optional
        Weights.
    easy_boxes : int
        Number of points of the scale that count as easy.

    Returns
    -------
    CesScore
        Mean and share, both higher when service is easier; NaN without answers.

    Raises
    ------
    DataError
        An answer outside the scale; the message names it.
    ParameterError
        Another direction.

    Notes
    -----
    An answer x of a scale where high is hard counts as low + high − x. Dixon, Freeman and Toman (2010,
    *Harvard Business Review* 88(7):116).

    Examples
    --------
    >>> ces([7, 6, 3, 4], 1, 7, high_is="easy")
    CesScore(mean=5.0, share_easy=0.5)
    >>> ces([1, 2, 5, 4], 1, 7, high_is="hard")
    CesScore(mean=5.0, share_easy=0.5)
    """
    return ces_from_tally(*tally(scores, weights), low, high, high_is=high_is, easy_boxes=easy_boxes)


def ces_from_tally(
    levels: ArrayLike, counts: ArrayLike, low: float, high: float, *, high_is: HighIs, easy_boxes: int = 2
) -> CesScore:
    """Return the Customer Effort Score from counts.

    Parameters
    ----------
    levels, counts : array-like, shape (k,)
        Answers found and their counts, or sums of weights.
    low, high : float
        Lowest and highest answer of the scale.
    high_is : {"easy", "hard"}
        What a high answer means.
    easy_boxes : int
        Number of points of the scale that count as easy.

    Returns
    -------
    CesScore
        As `ces`.

    Raises
    ------
    DataError
        An answer outside the scale.
    ParameterError
        Another direction.

    Examples
    --------
    >>> ces_from_tally([1, 7], [1, 3], 1, 7, high_is="easy").share_easy
    0.75
    """
    if high_is not in get_args(HighIs):
        raise ParameterError(
            f"high_is must be 'easy' or 'hard'; got {high_is!r}. Read it off the question's wording."
        )
    levels, counts = np.asarray(levels, dtype=float), np.asarray(counts, dtype=float)
    wrong = (counts > 0) & ((levels < low) | (levels > high))
    refuse_levels(levels, wrong, "CES", f"answers from {low:g} to {high:g}")
    ease = levels if high_is == "easy" else low + high - levels
    total = counts.sum()
    mean = float((ease * counts).sum() / total) if total > 0 else np.nan
    return CesScore(mean, top_box_from_tally(ease, counts, high - easy_boxes + 1))
