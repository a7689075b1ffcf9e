"""Every result column and coded value with its English and Chinese name and its kind: the home of labels.

Results keep machine names; figures, tables and narratives ask here for the words. The *kind* of a column says
how its numbers are written (see `kinds`), so that a table, a figure and a sentence agree.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from svcq_lib import formats
from svcq_lib.errors import SvcqError
from svcq_lib.formats import Lang
from svcq_lib.vocabulary import (
    benchmark,
    core,
    drivers,
    effects,
    gaps,
    instrument,
    returns,
    since,
    weights,
)
from svcq_lib.vocabulary.term import Kind, Term

__all__ = [
    "COLUMNS", "HOMES", "WORDS", "Kind", "Term", "UnknownNameError", "interval_label", "kind", "label", "word",
]  # fmt: skip


class UnknownNameError(SvcqError, KeyError):
    """A column or a coded value has no entry in the vocabulary."""

    __str__ = Exception.__str__  # KeyError would show the message in quotes


HOMES = (core, weights, gaps, instrument, drivers, benchmark, returns, effects, since)
"""Where entries are written: one module per report, a name in one of them only."""

COLUMNS: Mapping[str, Term] = MappingProxyType(
    {name: one for home in HOMES for name, one in home.COLUMNS.items()}
)
WORDS: Mapping[str, Term] = MappingProxyType(
    {name: one for home in HOMES for name, one in home.WORDS.items()}
)


def _entry(table: Mapping[str, Term], name: str, what: str) -> Term:
    if name in table:
        return table[name]
    near = difflib.get_close_matches(str(name), table, n=3)
    hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else "svcq_lib.vocabulary lists them."
    raise UnknownNameError(f"{name!r} is not a {what} of the vocabulary. {hint}")


def label(name: str, lang: Lang = "en") -> str:
    """Return the display label of a result column.

    Parameters
    ----------
    name : str
        Machine name of the column.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        The label.

    Raises
    ------
    UnknownNameError
        If the vocabulary has no such column.

    Examples
    --------
    >>> label("gap"), label("gap", "zh")
    ('Gap', '差距')
    """
    return _entry(COLUMNS, name, "column").text(lang)


def kind(name: str) -> Kind:
    """Return the kind of a result column.

    Parameters
    ----------
    name : str
        Machine name of the column.

    Returns
    -------
    str
        One of `Kind`.

    Raises
    ------
    UnknownNameError
        If the vocabulary has no such column.

    Examples
    --------
    >>> kind("share")
    'share'
    """
    return _entry(COLUMNS, name, "column").kind


def word(code: str, lang: Lang = "en") -> str:
    """Return a coded value in words.

    Parameters
    ----------
    code : str
        The code, such as ``"keep_up"`` or ``"pairwise"``.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        The words.

    Raises
    ------
    UnknownNameError
        If the vocabulary has no such code.

    Examples
    --------
    >>> word("keep_up", "zh")
    '继续保持'
    """
    return _entry(WORDS, code, "coded value").text(lang)


def interval_label(ci_level: float = 0.95, lang: Lang = "en") -> str:
    """Return the heading of a column of intervals.

    Parameters
    ----------
    ci_level : float
        Confidence level, between 0 and 1.
    lang : {"en", "zh"}
        Language.

    Returns
    -------
    str
        For example ``95 % interval``.
    """
    percent = f"{100 * ci_level:g}{formats.THIN}%"
    return f"{percent} 置信区间" if lang == "zh" else f"{percent} interval"
