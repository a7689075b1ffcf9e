"""Errors that say what was asked, what was found and what to do, and caveats carried as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class SvcqError(Exception):
    """Base of every error that svcq raises on purpose."""


class StudyError(SvcqError):
    """The study file cannot be read or contradicts itself."""


class DataError(SvcqError):
    """A table does not hold what the study file says it holds."""


class ParameterError(SvcqError):
    """A parameter of a call or of a report is unknown or has an impossible value."""


class MethodError(SvcqError):
    """A method cannot be used on what it was given."""


class ReportError(SvcqError):
    """A report could not be executed or rendered."""


class ScheduleError(SvcqError):
    """The plan of a schedule contradicts itself, or its entry cannot be installed."""


class DeliveryError(SvcqError):
    """A message cannot be sent to an address."""


@dataclass(frozen=True)
class Note:
    """A caveat as data: the narrative words it, a test can see it.

    Attributes
    ----------
    code : str
        Name of the caveat, such as ``"small_base"``.
    facts : Mapping
        The numbers and names that the sentence needs.
    """

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def missing_extra(module: str, extra: str, purpose: str) -> SvcqError:
    """Return the error for an optional dependency that is not installed.

    Parameters
    ----------
    module : str
        The module that could not be imported.
    extra : str
        The extra of this package that brings it.
    purpose : str
        What it is needed for, to complete "… needs …".

    Returns
    -------
    SvcqError
        An error that names the command to run.
    """
    return SvcqError(f"{purpose} needs the package {module!r}. Install it with: pip install 'svcq[{extra}]'")


def require_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raise unless a parameter has one of its values.

    Parameters
    ----------
    name : str
        The parameter.
    value : object
        What was given.
    choices : sequence of str
        What is allowed.

    Raises
    ------
    ParameterError
        Naming the parameter, the value and the choices.
    """
    if value not in choices:
        raise ParameterError(f"{name} is {value!r}. Set it to one of {', '.join(map(repr, choices))}.")
