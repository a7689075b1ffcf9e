"""Parameters of a report, checked before a kernel starts.

papermill turns what it does not know into text and only warns of an unknown name; here both are errors.
"""

from __future__ import annotations

import ast
import datetime as dt
import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from svcq_lib.errors import ParameterError, ReportError
from svcq_lib.reports.resources import notebook_of

_TYPES: dict[str, Any] = {
    "str": str, "int": int, "float": float, "bool": bool, "date": dt.date,
    "list[str]": list[str], "list[float]": list[float], "list[int]": list[int], "dict[str,str]": dict[str, str],
}  # fmt: skip
_CHOICE = re.compile(r"\w+(\|\w+)+")
_SECRET = re.compile(r"password|passwd|secret|token|api_?key|credential", re.IGNORECASE)
_LOGIN = re.compile(r"\w+://[^/\s:@]*:[^/\s@]+@")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a report.

    Attributes
    ----------
    name : str
        Its name.
    type_name : str
        Declared type, such as ``"list[str]"``, or choices such as ``"en|zh"``.
    default : Any
        Value if none is given.
    help : str
        What it means.
    """

    name: str
    type_name: str
    default: Any
    help: str


def parameters_of(topic: str) -> dict[str, Parameter]:
    """Return the parameters that a report's notebook declares.

    Parameters
    ----------
    topic : str
        Name of the report.

    Returns
    -------
    dict of str to Parameter
        In the notebook's order.

    Raises
    ------
    ReportError
        If a parameter has no type comment that svcq knows.
    """
    import papermill

    declared = papermill.inspect_notebook(str(notebook_of(topic)))
    found = {}
    for name, one in declared.items():
        type_name = one["inferred_type_name"]
        if type_name not in _TYPES and not _CHOICE.fullmatch(type_name):
            raise ReportError(
                f"{topic}.ipynb: parameter {name!r} needs a type comment, one of {', '.join(_TYPES)}, or choices a|b."
            )
        found[name] = Parameter(name, type_name, ast.literal_eval(one["default"]), one["help"])
    return found


def _adapter(type_name: str) -> TypeAdapter[Any]:
    kind: Any = _TYPES[type_name] if type_name in _TYPES else Literal[tuple(type_name.split("|"))]
    return TypeAdapter(kind)


def from_text(topic: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Return values of a command line in the types that the notebook declares.

    Parameters
    ----------
    topic : str
        Name of the report.
    given : Mapping of str to str
        Name → text. Lists and mappings are JSON, or comma-separated words; ``null`` is None.

    Returns
    -------
    dict
        Name → value.

    Raises
    ------
    ParameterError
        If a name is unknown or a text does not fit its type.
    """
    known = parameters_of(topic)
    _refuse_unknown(topic, given, known)
    return {name: _parsed(known[name], text) for name, text in given.items()}


def _parsed(parameter: Parameter, text: str) -> Any:
    if text in ("null", "None"):
        return None
    if parameter.type_name == "str":
        return text
    if parameter.type_name.startswith(("list", "dict")):
        if text.lstrip().startswith(("[", "{")):
            try:
                return json.loads(text)
            except json.JSONDecodeError as error:
                raise ParameterError(
                    f"parameter {parameter.name!r}: {text!r} is not JSON ({error.msg})."
                ) from None
        return [part.strip() for part in text.split(",")]
    try:
        return _adapter(parameter.type_name).validate_python(text)
    except ValidationError:
        raise ParameterError(
            f"parameter {parameter.name!r} is {parameter.type_name}; {text!r} is not."
        ) from None


def validate(topic: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as papermill can carry them without changing their type.

    Parameters
    ----------
    topic : str
        Name of the report.
    given : Mapping
        Name → value. Dates become ISO text; tuples and sets of a list parameter become lists; numpy numbers
        become Python's.

    Returns
    -------
    dict
        Name → JSON value.

    Raises
    ------
    ParameterError
        With every unknown name, wrong type and value that looks like a credential.
    """
    known = parameters_of(topic)
    _refuse_unknown(topic, given, known)
    faults, checked = [], {}
    for name, value in given.items():
        try:
            checked[name] = _carried(known[name], value)
        except ParameterError as error:
            faults.append(str(error))
    if faults:
        raise ParameterError("\n".join(faults))
    return checked


def _carried(parameter: Parameter, value: Any) -> Any:
    if _SECRET.search(parameter.name) or _LOGIN.search(str(value)):
        raise ParameterError(
            f"parameter {parameter.name!r} looks like a credential; a report would keep it. Put it in the environment "
            "and write ${NAME} in the study file's url."
        )
    if value is None:
        return None
    value = value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value
    if isinstance(value, (tuple, set, frozenset)):
        value = sorted(value) if not isinstance(value, tuple) else list(value)
    if parameter.type_name == "str" and isinstance(value, dt.date):
        return value.isoformat()
    try:
        adapted = _adapter(parameter.type_name).validate_python(value, strict=parameter.type_name != "date")
    except ValidationError as error:
        raise ParameterError(
            f"parameter {parameter.name!r} is {parameter.type_name}; {value!r} is {type(value).__name__} "
            f"({error.errors()[0]['msg']})."
        ) from None
    return adapted.isoformat() if isinstance(adapted, dt.date) else adapted


def _refuse_unknown(topic: str, given: Mapping[str, Any], known: Mapping[str, Parameter]) -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ParameterError(f"{topic} has no parameter {name!r}. {hint}It has: {', '.join(known)}.")
