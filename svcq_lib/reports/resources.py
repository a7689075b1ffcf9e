"""Where the notebooks lie, and in which order reports are made."""

from __future__ import annotations

from pathlib import Path

from svcq_lib.errors import ParameterError
from svcq_lib.sources.reference import folder_of

ORDER = ("scores", "gaps", "instrument", "drivers", "benchmark", "returns", "effects")


def notebooks_dir() -> Path:
    """Return the folder with the report notebooks."""
    return folder_of("notebooks", "notebooks")


def topics() -> list[str]:
    """Return the names of all reports."""
    order = {name: i for i, name in enumerate(ORDER)}
    return sorted(
        (path.stem for path in notebooks_dir().glob("*.ipynb")), key=lambda name: (order.get(name, 99), name)
    )


def notebook_of(topic: str) -> Path:
    """Return the notebook of a report.

    Parameters
    ----------
    topic : str
        Name of the report.

    Returns
    -------
    Path
        The notebook.

    Raises
    ------
    ParameterError
        If there is no such report.
    """
    import difflib

    if topic not in topics():
        near = difflib.get_close_matches(topic, topics(), n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise ParameterError(f"there is no report {topic!r}. {hint}Reports: {', '.join(topics())}.")
    return notebooks_dir() / f"{topic}.ipynb"
