"""Opening a study: the study file, its faults, and its column patterns bound to the response table."""

from __future__ import annotations

from pathlib import Path

from svcq_lib.binding import bind
from svcq_lib.sources import connect
from svcq_lib.study import Study
from svcq_lib.studyfile import read_study_file


def open_study(path: str | Path) -> Study:
    """Open a study.

    Parameters
    ----------
    path : str or Path
        A study file, or the folder that holds a ``study.toml``.

    Returns
    -------
    Study
        The study with its column patterns resolved; no rows are read yet.

    Raises
    ------
    StudyError
        If the study file cannot be read or has faults (all of them are listed).
    DataError
        If the response table is missing or its headers cannot be read.
    """
    file_path = Path(path)
    if file_path.is_dir():
        file_path = file_path / "study.toml"
    file_path = file_path.resolve()
    file = read_study_file(file_path)
    table = file.responses.table
    return bind(file, file_path, connect.columns(file.tables[table], file_path.parent, name=table))
