"""Whether the questionnaire measures alike in the groups of a segment."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svcq_lib.analyses.instrument_answers import Answers, Array, covariance, repaired, usable
from svcq_lib.errors import Note, ParameterError
from svcq_lib.stats.cfa import InvarianceLevel, invariance
from svcq_lib.study import Study

LEVELS = ("configural", "metric", "scalar")
CONFIGURAL_CFI = 0.90
"""CFI below which not even the same dimensions are taken to hold in every group (Bentler and Bonett 1980)."""
FEWEST, MOST = 2, 6
"""Numbers of groups that a segment may have to be chosen by default."""
PER_ITEM = 5
"""Fewest answers of a group per item."""
COLUMNS = (
    "segment", "level", "chi2", "df", "p_value", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high", "srmr", "delta_cfi",
    "allowed_drop", "chi2_difference", "df_difference", "p_difference", "level_holds", "groups", "n",
)  # fmt: skip


def invariant(
    answers: Answers, study: Study, rows: pd.DataFrame, segment: str | None, delta_cfi: float
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """Test measurement invariance between the groups of a segment.

    Parameters
    ----------
    answers : Answers
        Usable answers, in the order of ``rows``.
    study : Study
        The study.
    rows : DataFrame
        With a column ``segment.NAME`` per segment.
    segment : str or None
        A segment; None chooses the one of two to six groups whose smallest group is largest.
    delta_cfi : float
        Largest drop of CFI from one level to the next at which the next one is taken to hold.

    Returns
    -------
    table : DataFrame, one row per level
        segment, level, fit indices, delta_cfi, allowed_drop, χ² difference test, level_holds (with all before it),
        groups, n.
    notes : tuple of Note
        Groups that are too small, or why there is no test.

    Raises
    ------
    ParameterError
        If the study has no such segment.
    """
    have = study.responses.segments
    if segment is not None and segment not in have:
        raise ParameterError(
            f"segment {segment!r} is not in {study.path.name}, which has {', '.join(have) or 'none'}. "
            "Set segment to one of these, or leave it out."
        )
    fewest = max(study.thresholds.flag, PER_ITEM * len(answers.items))
    found = {name: _groups(rows[f"segment.{name}"], fewest) for name in ([segment] if segment else have)}
    if segment is None:
        found = {name: (big, small) for name, (big, small) in found.items() if FEWEST <= len(big) <= MOST}
    if len(answers.items) < 3 or not any(len(big) > 1 for big, _ in found.values()):
        return pd.DataFrame(columns=list(COLUMNS)), (Note("no_comparable_groups", {"fewest": fewest}),)
    name = max(found, key=lambda one: min(found[one][0].values()))
    return _tested(answers, rows[f"segment.{name}"], name, *found[name], fewest, delta_cfi)


def _groups(levels: pd.Series, fewest: int) -> tuple[dict[str, int], list[str]]:
    """Return the groups with enough rows, and the others."""
    counts = levels.value_counts()
    big = {str(level): int(n) for level, n in counts[counts >= fewest].items()}
    return dict(sorted(big.items())), sorted(str(level) for level in counts.index[counts < fewest])


def _tested(
    answers: Answers,
    levels: pd.Series,
    name: str,
    big: dict[str, int],
    small: list[str],
    fewest: int,
    delta: float,
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    parts = {level: answers.only((levels == level).to_numpy()) for level in big}
    # an item must vary in every group, so that one model fits them all
    kept = np.all([np.isin(answers.items, usable(one)[0].items) for one in parts.values()], axis=0)
    common = answers.keeping(kept)
    notes = (
        [Note("left_out_in_groups", {"terms": list(np.array(answers.items)[~kept])})]
        if not kept.all()
        else []
    )
    samples = {}
    for level, one in parts.items():
        sample = _sample(one.keeping(kept), fewest)
        if sample is None:
            small.append(level)
        else:
            samples[level] = sample
    notes += [Note("groups_too_small", {"groups": len(small), "fewest": fewest})] if small else []
    if len(samples) < 2 or len(common.items) < 3:
        return pd.DataFrame(columns=list(COLUMNS)), (*notes, Note("no_comparable_groups", {"fewest": fewest}))
    C, means, ns, pairs = (list(one) for one in zip(*samples.values(), strict=True))
    found = invariance(np.array(C), np.array(means), ns, common.factor_of)
    holds = _holding(found, delta)
    table = pd.DataFrame([one._asdict() for one in found]).assign(
        segment=name, level_holds=holds, allowed_drop=delta, groups=len(samples), n=sum(pairs)
    )
    if not all(one.converged for one in found):
        notes.append(Note("invariance_not_converged", {"levels": sum(not one.converged for one in found)}))
    return table[list(COLUMNS)], tuple(notes)


def _sample(answers: Answers, fewest: int) -> tuple[Array, Array, float, int] | None:
    """Return a group's covariances (divisor n), means, effective size and size; None if its pairs are too few."""
    found = covariance(answers)
    if found.n < fewest or not np.isfinite(found.matrix).all():
        return None
    square = float((answers.weights**2).sum())
    n = found.n * float(answers.weights.sum()) ** 2 / square / len(answers.weights)
    if not n > len(answers.items) + 1:
        return None
    answered = ~np.isnan(answers.values)
    if answers.missing == "listwise":
        answered &= answered.all(axis=1, keepdims=True)
    w = answers.weights[:, None] * answered
    means = (w * np.where(answered, answers.values, 0.0)).sum(axis=0) / w.sum(axis=0)
    return repaired(found)[0].matrix * (n - 1) / n, means, n, found.n


def _holding(levels: list[InvarianceLevel], delta: float) -> list[bool]:
    """Return which levels hold; none does after one that does not."""
    held, so_far = [], True
    for one in levels:
        # without degrees of freedom there is nothing that could fail
        fits = (
            (one.df == 0 or one.cfi >= CONFIGURAL_CFI) if np.isnan(one.delta_cfi) else one.delta_cfi >= -delta
        )
        so_far = so_far and one.converged and bool(fits)
        held.append(so_far)
    return held
