"""What can be shown: the result of an analysis, and the topic that it belongs to."""

from __future__ import annotations

from typing import Protocol

from svcq_lib.analyses.context import Context
from svcq_lib.errors import Note, ParameterError


class Result(Protocol):
    """What every analysis returns: a frozen dataclass of frames with caveats and a context."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """Caveats."""

    @property
    def context(self) -> Context:
        """Study, base, filters and settings."""


def topic_of(result: Result) -> str:
    """Return the topic of a result: the name of the analysis that made it.

    Parameters
    ----------
    result : Result
        What an analysis returned.

    Returns
    -------
    str
        For example ``"gaps"``.

    Raises
    ------
    ParameterError
        If it is something else.
    """
    package, _, topic = type(result).__module__.rpartition(".")
    if package != "svcq_lib.analyses" or not hasattr(result, "context"):
        raise ParameterError(
            f"{type(result).__name__} is not a result of svcq. Pass what an analysis such as gaps returned."
        )
    return topic
