"""Addresses of tables elsewhere: placeholders filled from the environment, passwords kept out of every text."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from svcq_lib.errors import DataError

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_USER_INFO = re.compile(r"(?<=://)([^/?#@]*):([^/?#]*)@")
_SECRET_QUERY = re.compile(r"(?i)([?&](?:password|passwd|pwd|token|secret|\w*key)=)([^&#\s]+)")


def mask_url(url: str) -> str:
    """Return a database url without its password.

    Parameters
    ----------
    url : str
        A url that may hold credentials.

    Returns
    -------
    str
        The url with the password, and any query value that looks like a secret, as ``***``.

    Examples
    --------
    >>> mask_url("postgres://ana:s3cret@db/survey?token=abc")
    'postgres://ana:***@db/survey?token=***'
    """
    return _SECRET_QUERY.sub(r"\1***", _USER_INFO.sub(r"\1:***@", url))


def expanded(url: str, where: str) -> str:
    """Return a url with its placeholders filled.

    Parameters
    ----------
    url : str
        A url that may hold ``${NAME}``.
    where : str
        Name of the table in the study, for messages.

    Returns
    -------
    str
        The url, with values of the environment.

    Raises
    ------
    DataError
        If a variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise DataError(
                f"table {where!r}: url in [tables.{where}] uses the environment variable {match[1]}, "
                f"which is not set. Set it: export {match[1]}=…"
            )
        return os.environ[match[1]]

    return _PLACEHOLDER.sub(value, url)


def engine_of(url: str) -> Literal["spark", "dask", "sql"]:
    """Return what reads the table at a url: a Spark or a Dask cluster, or a database.

    Parameters
    ----------
    url : str
        A url without placeholders.

    Returns
    -------
    {"spark", "dask", "sql"}
        ``spark://…``, ``spark+…`` and ``sc://…`` are Spark, ``dask+…`` is Dask.

    Examples
    --------
    >>> engine_of("spark+local[2]"), engine_of("dask+tcp://head:8786"), engine_of("sqlite:///a.db")
    ('spark', 'dask', 'sql')
    """
    if url.startswith(("spark://", "spark+", "sc://")):
        return "spark"
    return "dask" if url.startswith("dask+") else "sql"


def local_file(url: str, root: Path) -> Path | None:
    """Return the file of a DuckDB or SQLite url.

    Parameters
    ----------
    url : str
        Such as ``duckdb:///relative.duckdb`` or ``sqlite:////absolute/file.db``.
    root : Path
        Folder that the file is relative to.

    Returns
    -------
    Path or None
        The file, which need not exist; None for other databases.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in ("duckdb", "sqlite"):
        return None
    name = rest.split("?", 1)[0]
    relative = (root / name.removeprefix("/")).resolve()
    absolute = Path(name)
    return absolute if absolute.is_absolute() and not relative.is_file() and absolute.is_file() else relative


def without_secrets(text: str, shown: str, url: str) -> str:
    """Return what a driver says, without credentials.

    Parameters
    ----------
    text : str
        Its message, which may quote the url or a password.
    shown : str
        The url as it stands in the study file.
    url : str
        The url with its placeholders filled.

    Returns
    -------
    str
        At most 300 characters on one line.
    """
    secrets = {os.environ[name] for name in _PLACEHOLDER.findall(shown) if os.environ.get(name)}
    secrets |= {match[2] for pattern in (_USER_INFO, _SECRET_QUERY) for match in pattern.finditer(url)}
    text = text.replace(url, mask_url(shown))
    for secret in sorted({*secrets, *map(unquote, secrets)} - {""}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return mask_url(" ".join(text.split()))[:300]
