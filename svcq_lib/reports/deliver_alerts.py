"""Headline figures that miss their targets, and how that compares with the period before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Entry = Mapping[str, Any]
Key = tuple[tuple[tuple[str, str], ...], str]


@dataclass(frozen=True)
class Alert:
    """A headline figure of a unit.

    Attributes
    ----------
    unit : str
        The unit, as its report names it.
    figure : Mapping
        The headline figure, as the manifest has it.
    """

    unit: str
    figure: Mapping[str, Any]


@dataclass(frozen=True)
class Alerts:
    """Figures that are red now, were red before, or both.

    Attributes
    ----------
    new, still, cleared : tuple of Alert
        Red now only; red in both periods; red in the period before and judged otherwise now.
    """

    new: tuple[Alert, ...]
    still: tuple[Alert, ...]
    cleared: tuple[Alert, ...]


def compared(now: Iterable[Entry], before: Iterable[Entry]) -> Alerts:
    """Compare the alerts of two periods.

    Parameters
    ----------
    now, before : iterable of Mapping
        Entries of the manifest, of one language.

    Returns
    -------
    Alerts
        A figure that several reports of a unit share counts once. One that is not judged now (its report failed, its
        base is too small) is not cleared.
    """
    here, there = _figures(now), _figures(before)
    red = {key for key, one in here.items() if one.figure["status"] == "red"}
    was = {key for key, one in there.items() if one.figure["status"] == "red"}
    judged = {key for key, one in here.items() if one.figure["status"] in ("green", "amber")}
    return Alerts(
        *(tuple(here[key] for key in here if key in some) for some in (red - was, red & was, was & judged))
    )


def unit_of(entry: Entry) -> str:
    """Return the unit that a report is about; of one that failed, as it was asked for."""
    return entry.get("unit") or ", ".join(_where(entry).values())


def _where(entry: Entry) -> Mapping[str, str]:
    return (entry.get("parameters") or {}).get("where") or {}


def _figures(entries: Iterable[Entry]) -> dict[Key, Alert]:
    return {
        (tuple(sorted(_where(entry).items())), figure["code"]): Alert(unit_of(entry), figure)
        for entry in entries
        if entry.get("status") == "done"
        for figure in entry.get("figures") or ()
    }
