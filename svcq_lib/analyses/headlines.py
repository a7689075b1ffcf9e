"""Headline figures as data: what the cards of a page show, a catalogue lists and the next report compares with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypedDict

from svcq_lib.errors import Note
from svcq_lib.kinds import is_missing
from svcq_lib.vocabulary import Kind

Status = Literal["green", "amber", "red", "none"]
Good = Literal[1, -1, 0]
ABOUT_DATA = (
    "small_base", "uneven_weights", "unfinished_period", "suppressed_cells", "no_intervals", "missing_answers",
    "low_coverage", "units_to_check",
)  # fmt: skip
"""Caveats about the data beside those of the data contract (``data_…``)."""


class HeadlineFigure(TypedDict):
    """One headline figure, as JSON has it.

    ``code`` is its stable machine name, ``label`` its name in the report's language, ``kind`` how it is written (see
    `svcq_lib.kinds`), ``estimate`` with ``low`` and ``high`` at ``ci_level`` (None where there is none), ``n`` its
    base, ``good`` which way is better (1 up, -1 down, 0 neither), ``target`` what it is judged against, ``status`` how
    it stands (see :func:`status_of`), ``lead`` whether it is the one that the report leads with.
    """

    code: str
    label: str
    kind: Kind
    estimate: float | None
    low: float | None
    high: float | None
    ci_level: float
    n: float
    good: Good
    target: float | None
    status: Status
    lead: bool


def status_of(low: Any, high: Any, target: Any, good: Good) -> Status:
    """Return how a figure stands against its target.

    Parameters
    ----------
    low, high : float or None
        Its interval.
    target : float or None
        What it should reach.
    good : {1, -1, 0}
        Which way is better.

    Returns
    -------
    {"green", "amber", "red", "none"}
        The interval wholly on the good side, on both sides, wholly on the bad side; none without a target, a
        direction or an interval.

    Examples
    --------
    >>> status_of(0.2, 0.4, 0.5, -1), status_of(0.2, 0.4, 0.5, 1), status_of(0.2, 0.6, 0.5, 1)
    ('green', 'red', 'amber')
    """
    if not good or is_missing(target) or is_missing(low) or is_missing(high):
        return "none"
    worst, best = sorted((good * (float(low) - float(target)), good * (float(high) - float(target))))
    return "green" if worst > 0 else "red" if best < 0 else "amber"


def headline_figure(
    code: str,
    label: str,
    kind: Kind,
    estimate: Any,
    limits: tuple[Any, Any] = (None, None),
    *,
    n: Any,
    ci_level: float,
    good: Good = 0,
    target: Any = None,
    status: Status | None = None,
    lead: bool = False,
) -> HeadlineFigure:
    """Return a headline figure as plain data.

    Parameters
    ----------
    code : str
        Stable machine name, such as ``"nps"`` or ``"gap.reliability"``.
    label : str
        Its name in the report's language.
    kind : str
        How it is written.
    estimate : float
        The figure; missing where it is suppressed.
    limits : tuple of float
        Its interval.
    n : float
        Its base.
    ci_level : float
        Level of the interval.
    good : {1, -1, 0}
        Which way is better.
    target : float, optional
        What it should reach.
    status : {"green", "amber", "red", "none"}, optional
        The analysis' own verdict; by default the interval against the target.
    lead : bool
        Whether the report leads with it.

    Returns
    -------
    HeadlineFigure
        Python's numbers; None for what is missing.
    """
    shown = not is_missing(estimate)
    low, high = limits if shown else (None, None)
    return {
        "code": code, "label": label, "kind": kind, "estimate": _number(estimate), "low": _number(low),
        "high": _number(high), "ci_level": float(ci_level), "n": _number(n) or 0.0, "good": good,
        "target": _number(target), "lead": lead,
        "status": (status or status_of(low, high, target, good)) if shown else "none",
    }  # fmt: skip


def _number(value: Any) -> float | None:
    return None if is_missing(value) else float(value)


def data_notes(notes: Iterable[Note]) -> list[str]:
    """Return the codes of the caveats about the data.

    Parameters
    ----------
    notes : iterable of Note
        Caveats of a result.

    Returns
    -------
    list of str
        Sorted, each once.
    """
    return sorted({one.code for one in notes if one.code.startswith("data_") or one.code in ABOUT_DATA})
