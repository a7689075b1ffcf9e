"""TOML files that people write: read into a model, or refused with every fault, its line and its remedy."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from svcq_lib.errors import SvcqError

M = TypeVar("M", bound=BaseModel)
Fault = tuple[tuple[str | int, ...], str]


def _none(_: Any) -> Iterable[Fault]:
    return ()


def read(
    path: Path,
    model: type[M],
    *,
    kind: str,
    refuse: type[SvcqError],
    contradictions: Callable[[M], Iterable[Fault]] = _none,
) -> M:
    """Read a TOML file into a model.

    Parameters
    ----------
    path : Path
        The file.
    model : type of BaseModel
        What it may say.
    kind : str
        What it is called in messages, such as ``"study"``: a "study file", such as ``study.toml``.
    refuse : type of SvcqError
        The error to raise.
    contradictions : callable, optional
        Yields the faults that no single key shows: where, and what to do.

    Returns
    -------
    BaseModel
        What the file says.

    Raises
    ------
    SvcqError
        Of type ``refuse``, with every fault of the file: its key, its line where it can be found, and the remedy.
    """
    text, raw = _loaded(path, kind, refuse)
    try:
        file = model.model_validate(raw)
        faults = [_located(path, text, *one) for one in contradictions(file)]
    except ValidationError as error:
        faults = [_fault(path, text, one, model) for one in error.errors()]
    if faults:
        raise refuse("\n".join([f"{path}: {len(faults)} fault(s) in the {kind} file", *faults]))
    return file


def _loaded(path: Path, kind: str, refuse: type[SvcqError]) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except OSError as error:
        why = f"cannot be read ({error.strerror}). Name a {kind} file, such as {kind}.toml."
    except UnicodeDecodeError as error:
        why = f"a {kind} file is UTF-8; byte {error.start} is not. Save it as UTF-8."
    except tomllib.TOMLDecodeError as error:
        why = f"not valid TOML: {error}. Mend that line."
    raise refuse(f"{path}: {why}")


def _located(path: Path, text: str, loc: Sequence[str | int], message: str) -> str:
    line = line_of(text, loc)
    where = f"{path.name}:{line}: " if line else f"{path.name}: "
    return f"  {where}{'.'.join(map(str, loc)) or '(whole file)'}: {message}"


def _fault(path: Path, text: str, error: Any, model: type[BaseModel]) -> str:
    loc = tuple(error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        known = _known_keys(loc, model)
        near = difflib.get_close_matches(str(loc[-1]), known, n=1)
        message = (
            f"unknown key. {f'Did you mean {near[0]!r}? ' if near else ''}Known here: {', '.join(known)}"
        )
    elif error["type"] == "missing":
        message = "is missing. Add it."
    return _located(path, text, loc, message)


def _known_keys(loc: Sequence[Any], model: type[BaseModel]) -> list[str]:
    """Return the keys that the model holding ``loc`` knows."""
    here: Any = model
    for part in loc[:-1]:
        if isinstance(part, str) and hasattr(here, "model_fields") and part in here.model_fields:
            here = here.model_fields[part].annotation
        found = _models_in(here)
        here = found[0] if found else here
    return sorted(here.model_fields) if hasattr(here, "model_fields") else []


def _models_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [one for arg in getattr(annotation, "__args__", ()) for one in _models_in(arg)]


def line_of(text: str, loc: Sequence[Any]) -> int | None:
    """Return the line on which a key stands.

    Parameters
    ----------
    text : str
        The TOML text.
    loc : sequence of str and int
        Path of the key, as pydantic gives it.

    Returns
    -------
    int or None
        The 1-based line of the key, else of the nearest table that holds it.
    """
    wanted = [part for part in loc if not (isinstance(part, str) and part.startswith("function-"))]
    best, best_depth = None, 0
    here: tuple[Any, ...] = ()
    counts: dict[tuple[Any, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if match := re.match(r"\s*\[\[?([^\[\]]+)\]?\]", line):
            here = _table_path(match[1], line.lstrip().startswith("[["), counts)
            found: tuple[Any, ...] = here
        elif match := re.match(r'\s*([A-Za-z0-9_."-]+)\s*=', line):
            found = (*here, *(part.strip('"') for part in match[1].split(".")))
        else:
            continue
        if list(found) == wanted[: len(found)] and len(found) > best_depth:
            best, best_depth = number, len(found)
    return best


def _table_path(header: str, repeated: bool, counts: dict[tuple[Any, ...], int]) -> tuple[Any, ...]:
    here: tuple[Any, ...] = ()
    parts = [part.strip().strip('"') for part in header.split(".")]
    for depth, part in enumerate(parts):
        here = (*here, part)
        if repeated and depth == len(parts) - 1:
            counts[here] = counts.get(here, -1) + 1
        if here in counts:
            here = (*here, counts[here])
    return here
