"""Contested defaults, and what the headline would be without each: the data behind the switchboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

COLUMNS = (
    "default", "used", "alternative", "term", "kind", "estimate", "conf_low", "conf_high", "alternative_term",
    "alternative_estimate", "alternative_low", "alternative_high", "same_answer",
)  # fmt: skip


@dataclass(frozen=True)
class Headline:
    """The figure that a report leads with.

    Attributes
    ----------
    term : str
        Machine name of what it is about: the widest gap, the strongest driver, the best unit.
    kind : str
        How the figure is written: a kind of the vocabulary, such as ``"signed"`` or ``"share"``.
    estimate, conf_low, conf_high : float
        The figure and its interval (NaN where there is none).
    """

    term: str
    kind: str
    estimate: float
    conf_low: float = float("nan")
    conf_high: float = float("nan")


@dataclass(frozen=True)
class Switch:
    """One contested default: what it is called, what was used, and the headline under the alternative.

    Attributes
    ----------
    default, used, alternative : str
        Codes that the vocabulary puts in words, such as ``"missing"``, ``"pairwise"``, ``"listwise"``.
    headline : Headline or None
        The headline under the alternative; None if it cannot be computed there.
    same_answer : bool or None
        Whether the report would say the same; by default: whether it is about the same term.
    """

    default: str
    used: str
    alternative: str
    headline: Headline | None
    same_answer: bool | None = None


def switches(headline: Headline, found: Sequence[Switch]) -> pd.DataFrame:
    """Return one row per contested default.

    Parameters
    ----------
    headline : Headline
        As reported.
    found : sequence of Switch
        The same figure under each alternative.

    Returns
    -------
    DataFrame
        default, used, alternative, term, kind, estimate, conf_low, conf_high (as reported), alternative_term,
        alternative_estimate, alternative_low, alternative_high, same_answer (NA where the alternative has no figure).
    """
    rows = []
    for one in found:
        other = one.headline
        same = (
            one.same_answer if one.same_answer is not None or other is None else other.term == headline.term
        )
        figures = (
            (other.term, other.estimate, other.conf_low, other.conf_high)
            if other
            else ("", *[float("nan")] * 3)
        )
        rows.append((
            one.default, one.used, one.alternative, headline.term, headline.kind, headline.estimate,
            headline.conf_low, headline.conf_high, *figures, same,
        ))  # fmt: skip
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"same_answer": "boolean"})
